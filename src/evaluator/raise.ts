/**
 * How a primitive fails: it throws `Raised`, which the machine (and only the machine) catches and turns into an error
 * of the program. `Raised` is not a JavaScript Error: it has no stack, costs little and never leaves this room.
 */
import { ErrorValue, keyword, type KindName, kindOf, type Value } from '../value/value.ts';
import { limitLabel, type LimitName, type Meter } from './limits.ts';

/** The kinds of errors that the kernel itself raises; as keywords `:error/type` and so on. */
export type ErrorKind =
  | 'type'
  | 'arity'
  | 'undefined-symbol'
  | 'arithmetic'
  | 'index'
  | 'key'
  | 'match'
  | 'validation'
  | 'argument'
  | 'syntax'
  | 'security'
  | 'capability'
  | 'host'
  | 'timeout'
  | 'cancelled'
  | 'budget'
  | 'overflow'
  | 'stack'
  | 'not-callable'
  | 'thrown'
  | 'user'
  | 'internal'
  | 'not-implemented'
  /** A step that misses what it was told: too few branches succeeded, a merge met a conflict. */
  | 'step';

export class Raised {
  readonly value: Value;
  /** A plan may not catch it: what it ran out of is gone (fuel, allocation). */
  readonly fatal: boolean;
  constructor(value: Value, fatal: boolean) {
    this.value = value;
    this.fatal = fatal;
  }
}

/** An error value without place or stack; the machine adds them. */
export function errorValue(kind: ErrorKind, message: string, data: Value = null): ErrorValue {
  return new ErrorValue(keyword(`error/${kind}`), message, data, null, null);
}

export function raise(kind: ErrorKind, message: string, data: Value = null): never {
  throw new Raised(errorValue(kind, message, data), false);
}

/** `Type error in OP: expected E, got A`. */
export function raiseType(operation: string, expected: string, actual: Value): never {
  const found: KindName = kindOf(actual);
  return raise('type', `Type error in ${operation}: expected ${expected}, got ${found}`);
}

/** `option`: the option of a step that set the limit, where it is not the run's own. */
export function raiseLimit(limit: LimitName, value: number, option?: string): never {
  const kind: ErrorKind = limit === 'depth' ? 'stack' : BUDGETS.has(limit) ? 'budget' : 'overflow';
  const name = limitLabel(limit);
  const message =
    limit === 'depth'
      ? `Stack overflow: more than ${value} calls below one another (limit: depth)`
      : kind === 'budget'
        ? `Resource budget exhausted: ${name} (limit: ${option === undefined ? value : `${value}, by :${option}`})`
        : `Limit exceeded: ${name} (limit: ${value})`;
  throw new Raised(errorValue(kind, message, keyword(`limit/${option ?? name}`)), SPENT.has(limit));
}

/** Limits of work, and those of them that leave nothing to go on with. */
const BUDGETS: ReadonlySet<LimitName> = new Set(['fuel', 'allocation', 'calls', 'contextDepth', 'contextBytes', 'branches', 'iterations']);
const SPENT: ReadonlySet<LimitName> = new Set(['fuel', 'allocation', 'calls']);

/** Charges `steps` of fuel for work that grows with the data. */
export function chargeFuel(meter: Meter, steps: number): void {
  const left = meter.fuel - steps;
  // Whole and small, whatever the engine made of the difference.
  if (left >= 0) meter.fuel = left | 0;
  else chargeReserve(meter, -left);
}

/** The stretch does not pay for it. */
function chargeReserve(meter: Meter, steps: number): void {
  meter.reserve += 1 - steps;
  // Whoever counts next has a look.
  meter.fuel = -1;
  if (meter.reserve >= 1) return;
  meter.reserve = 0;
  raiseLimit('fuel', meter.limits.fuel);
}

/** Charges `cells` of allocation, and as much fuel. */
export function chargeCells(meter: Meter, cells: number): void {
  meter.allocation -= cells;
  if (meter.allocation < 0) raiseLimit('allocation', meter.limits.allocation);
  chargeFuel(meter, cells);
}
