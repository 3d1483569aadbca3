/**
 * How a capability fails, and how failures become errors of the program. What the JavaScript engine or the system says
 * never passes: messages are ours, and of a system error only its code (`ENOENT`) is kept, as data.
 */
import { MapValue } from '../value/map.ts';
import { ErrorValue, keyword, kindOf, type Value } from '../value/value.ts';
import { printBrief } from '../value/print.ts';
import type { FailureKind } from './port.ts';

/** The one rejection that a capability is expected to give. */
export class HostFailure extends Error {
  readonly kind: FailureKind;
  readonly data: Value;
  constructor(kind: FailureKind, message: string, data: Value = null) {
    super(message);
    this.name = 'HostFailure';
    this.kind = kind;
    this.data = data;
  }
}

/** An error value without place or stack; the machine adds them. */
export function failureValue(failure: HostFailure): ErrorValue {
  return new ErrorValue(keyword(`error/${failure.kind}`), failure.message, failure.data, null, null);
}

/** `Type error in OP: expected E, got A`. */
export function typeFailure(operation: string, expected: string, actual: Value): HostFailure {
  return new HostFailure('type', `Type error in ${operation}: expected ${expected}, got ${kindOf(actual)}`);
}

export function argumentFailure(operation: string, problem: string): HostFailure {
  return new HostFailure('argument', `Invalid argument: ${operation}: ${problem}`);
}

/** `reason` says what is refused; `grant` is the text of a grant that would allow it, when there is one. */
export function securityFailure(name: string, reason: string, grant: string | null): HostFailure {
  const cure = grant === null ? '' : ` (to allow it: --allow ${shellWord(grant)})`;
  const message = `Security violation: call operation on capability '${name}' not allowed in context: ${reason}${cure}`;
  return new HostFailure('security', message, MapValue.of(keyword('capability'), name, keyword('grant'), grant));
}

/** Quoted where a shell would take it apart. */
function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function cancelledFailure(name: string): HostFailure {
  return new HostFailure('cancelled', `Cancelled: ${name}`);
}

/** The code of a system error (`ENOENT`), or null when the cause is something else. */
export function systemCode(cause: unknown): string | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}

/** Data that goes with a failure of the system: `{:code "ENOENT" :path "…"}`. */
export function systemData(code: string, what: string, of: string): Value {
  return MapValue.of(keyword('code'), code, keyword(what), of);
}

const SHOWN_MAX = 200;

/** A value of the program as a message may hold it: readable, on one line, cut when long. */
export function shown(value: Value): string {
  return printBrief(value, SHOWN_MAX);
}

/** ` (did you mean a or b?)`, or nothing. */
export function didYouMean(names: readonly string[]): string {
  return names.length === 0 ? '' : ` (did you mean ${names.join(' or ')}?)`;
}
