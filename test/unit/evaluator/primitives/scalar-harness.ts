/**
 * Calls the scalar primitives without a machine: text is read, calls in it are done from the inside out, symbols that
 * name primitives are functions, everything else is data. Answers are printed text, `! kind message` for an error.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS, type Limits, type Meter, meterOf as newMeterOf } from '../../../../src/evaluator/limits.ts';
import { arithmetic } from '../../../../src/evaluator/primitives/arithmetic.ts';
import { bits } from '../../../../src/evaluator/primitives/bits.ts';
import { collection, element } from '../../../../src/evaluator/primitives/collection.ts';
import { comparison } from '../../../../src/evaluator/primitives/comparison.ts';
import { convert } from '../../../../src/evaluator/primitives/convert.ts';
import { error } from '../../../../src/evaluator/primitives/error.ts';
import { internalMachine } from '../../../../src/evaluator/primitives/internal-machine.ts';
import { json } from '../../../../src/evaluator/primitives/json.ts';
import { literals } from '../../../../src/evaluator/primitives/literals.ts';
import { logic } from '../../../../src/evaluator/primitives/logic.ts';
import { powers } from '../../../../src/evaluator/primitives/powers.ts';
import { predicate } from '../../../../src/evaluator/primitives/predicate.ts';
import type { Primitive } from '../../../../src/evaluator/primitives/primitive.ts';
import { createRe2Engine } from '../../../../src/evaluator/primitives/re2.ts';
import { regexPrimitives } from '../../../../src/evaluator/primitives/regex.ts';
import { PrimitiveTable } from '../../../../src/evaluator/primitives/registry.ts';
import { rounding } from '../../../../src/evaluator/primitives/rounding.ts';
import { formatPrimitive } from '../../../../src/evaluator/primitives/format.ts';
import { string } from '../../../../src/evaluator/primitives/string.ts';
import { time } from '../../../../src/evaluator/primitives/time.ts';
import { Raised } from '../../../../src/evaluator/raise.ts';
import { formToValue } from '../../../../src/parser/datum.ts';
import type { Form, ListForm } from '../../../../src/parser/form.ts';
import { read } from '../../../../src/parser/reader.ts';
import { List } from '../../../../src/value/list.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { printValue } from '../../../../src/value/print.ts';
import { SetValue } from '../../../../src/value/set.ts';
import { ErrorValue, PrimitiveFunction, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';

export const primitives: readonly Primitive[] = [
  ...arithmetic, ...rounding, ...powers, ...bits,
  ...comparison,
  ...logic,
  ...string, formatPrimitive,
  ...regexPrimitives(createRe2Engine()),
  ...json,
  ...convert,
  ...predicate, ...internalMachine.filter(({ name }) => name === '%not-nil?'),
  ...error,
  ...time,
];
/** The examples make lists and the like with the neighbours' functions. */
const table = new PrimitiveTable([...primitives, ...element, ...collection, ...literals]);

/** One `(defprimitive …)` of the declarations. */
export interface Declared {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly doc: string;
}

export const declarations: { readonly declared: readonly Declared[]; readonly aliases: ReadonlyMap<string, string> } = readDeclarations();

function readDeclarations(): typeof declarations {
  const file = join(import.meta.dirname, '../../../../stdlib/primitives-scalar.rtfs');
  const reading = read(readFileSync(file, 'utf8'), file);
  if (reading.diagnostics.length > 0) throw new Error(reading.diagnostics[0]!.message);
  const declared: Declared[] = [];
  const aliases = new Map<string, string>();
  for (const form of reading.forms as ListForm[]) {
    const [head, name, third, doc] = form.items;
    if (nameOf(head) === 'defalias') aliases.set(nameOf(name), nameOf(third));
    else declared.push({ name: nameOf(name), ...arityOf(third!), doc: (doc as { value: string }).value });
  }
  return { declared, aliases };
}

function nameOf(form: Form | undefined): string {
  if (form?.kind !== 'symbol') throw new Error('expected a symbol');
  return form.name;
}

function arityOf(form: Form): { readonly min: number; readonly max: number } {
  const vectors = form.kind === 'list' ? form.items : [form];
  const sizes = vectors.map((vector) => {
    const names = (vector as ListForm).items.map(nameOf);
    const rest = names.indexOf('&');
    return rest < 0 ? { min: names.length, max: names.length } : { min: rest, max: Number.POSITIVE_INFINITY };
  });
  return { min: Math.min(...sizes.map((size) => size.min)), max: Math.max(...sizes.map((size) => size.max)) };
}

export function meterOf(limits: Partial<Limits> = {}): Meter {
  return newMeterOf({ ...DEFAULT_LIMITS, ...limits });
}

function find(name: string): ReturnType<PrimitiveTable['get']> {
  return table.get(declarations.aliases.get(name) ?? name);
}

/** Calls a primitive as the machine would. */
export function call(name: string, args: readonly Value[], meter: Meter = meterOf()): Value {
  const primitive = find(name);
  if (primitive === null) throw new Error(`no primitive ${name}`);
  return primitive.rest([...args], meter);
}

/** The error that `work` raises, as `! kind message`. */
export function raised(work: () => unknown): string {
  try {
    work();
  } catch (problem) {
    if (problem instanceof Raised && problem.value instanceof ErrorValue) {
      return `! ${problem.value.type.name.replace('error/', '')} ${problem.value.message}`;
    }
    throw problem;
  }
  return 'nothing raised';
}

export function evaluate(text: string, meter: Meter = meterOf()): string {
  const reading = read(text, '<test>');
  if (reading.diagnostics.length > 0 || reading.forms.length !== 1) throw new Error(`cannot read ${text}`);
  let answer = '';
  const problem = raised(() => {
    answer = printValue(valueOf(reading.forms[0]!, meter))!;
  });
  return problem === 'nothing raised' ? answer : problem;
}

function valueOf(form: Form, meter: Meter): Value {
  switch (form.kind) {
    case 'atom':
    case 'keyword':
      return formToValue(form);
    case 'symbol':
      return find(form.name) === null ? formToValue(form) : new PrimitiveFunction(form.name);
    case 'vector':
      return Vector.adopt(valuesOf(form.items, meter));
    case 'map':
      return MapValue.of(...valuesOf(form.items, meter));
    case 'set':
      return SetValue.from(valuesOf(form.items, meter));
    case 'list': {
      const [head, ...args] = form.items;
      if (head === undefined) return List.empty();
      return nameOf(head) === 'quote' ? formToValue(args[0]!) : call(nameOf(head), valuesOf(args, meter), meter);
    }
  }
}

function valuesOf(forms: readonly Form[], meter: Meter): Value[] {
  return forms.map((form) => valueOf(form, meter));
}

/** Rows of a call and what it gives: printed text, or the start of `! kind message`. */
export function rows(cases: readonly (readonly [string, string])[]): void {
  it.each(cases)('%s is %s', (text, expected) => {
    const answer = evaluate(text);
    expect(expected.startsWith('!') ? answer.slice(0, expected.length) : answer).toBe(expected);
  });
}
