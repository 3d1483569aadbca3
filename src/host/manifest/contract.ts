/**
 * The types of a manifest, held against a call: arguments before the executor runs, the answer before the program gets it. How arguments
 * become the input is said in `manifest.ts`.
 */
import { DEFAULT_LIMITS, meterOf } from '../../evaluator/limits.ts';
import type { RegexEngine } from '../../evaluator/primitives/regex-engine.ts';
import { Raised } from '../../evaluator/raise.ts';
import { Validator } from '../../evaluator/validate.ts';
import { headOf } from '../../ir/type.ts';
import { type RecordView, viewType } from '../../ir/type-view.ts';
import { MapValue } from '../../value/map.ts';
import type { Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { checkArity } from '../argument.ts';
import { HostFailure } from '../failure.ts';
import type { Manifest } from './manifest.ts';

/** What looking at one value may cost. */
const FUEL = 50_000_000;

/** The types of one capability. Both ways fail with a `HostFailure` of the kind `validation` that says where and what. */
export class Contract {
  private readonly manifest: Pick<Manifest, 'id' | 'input' | 'output'>;
  private readonly validator: Validator;
  /** The input as a record, when it is one. */
  private readonly record: RecordView | null;

  constructor(manifest: Pick<Manifest, 'id' | 'input' | 'output'>, regex: RegexEngine | null) {
    this.manifest = manifest;
    this.validator = new Validator({ regex });
    const root = manifest.input === null ? null : (viewType(manifest.input)?.root ?? null);
    this.record = root?.kind === 'record' ? root : null;
  }

  /** The input that the arguments are. */
  input(args: readonly Value[]): Value {
    const { id, input: type } = this.manifest;
    if (type === null) return Vector.adopt([...args]);
    const input = this.record !== null ? this.named(args, this.record) : isTuple(type) ? Vector.adopt([...args]) : this.only(args);
    this.check(type, input, `input of ${id}`);
    return input;
  }

  output(answer: Value): Value {
    const { id, output: type } = this.manifest;
    if (type !== null) this.check(type, answer, `answer of ${id}`);
    return answer;
  }

  /** One map, or the values of the required entries in the order of their declaration. */
  private named(args: readonly Value[], record: RecordView): Value {
    if (args.length === 1 && args[0] instanceof MapValue) return args[0];
    const required = record.entries.filter((entry) => !entry.optional).map((entry) => entry.key);
    if (args.length === required.length) return MapValue.from(required.map((key, index) => [key, args[index]!] as const));
    const counts = required.length === 1 ? '1' : `1 (a map) or ${required.length}`;
    throw new HostFailure('arity', `Arity mismatch in ${this.manifest.id}: expected ${counts}, got ${args.length}`);
  }

  private only(args: readonly Value[]): Value {
    checkArity(this.manifest.id, args, 1, 1);
    return args[0]!;
  }

  private check(type: Value, value: Value, what: string): void {
    const violation = this.violation(type, value, what);
    if (violation !== null) throw new HostFailure('validation', `Type validation error: ${what}: ${violation}`);
  }

  private violation(type: Value, value: Value, what: string): string | null {
    try {
      return this.validator.validate(type, value, meterOf(DEFAULT_LIMITS, FUEL, FUEL));
    } catch (cause) {
      if (!(cause instanceof Raised)) throw cause;
      throw new HostFailure('validation', `Type validation error: ${what}: it is too large to be checked`);
    }
  }
}

/** A tuple, or several for arguments that may be left out. */
function isTuple(type: Value): boolean {
  const head = headOf(type)?.name;
  return head === 'tuple' || (head === 'union' && (type as Vector).toArray().slice(1).every((one) => headOf(one)?.name === 'tuple'));
}
