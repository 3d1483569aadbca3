/**
 * What a primitive is: a first-order function of the kernel (M2). It takes values and gives a value, never calls a
 * function of the program, never suspends, and charges the meter for work that grows with its data.
 *
 * A primitive defines the arities it takes: `f1` for one argument and so on, `rest` for any number. `arity` names what
 * is allowed, so that calls with another number fail the same way everywhere.
 */
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';

export interface Primitive {
  readonly name: string;
  readonly min: number;
  /** Infinity when there is no most. */
  readonly max: number;
  readonly f0?: (meter: Meter) => Value;
  readonly f1?: (a: Value, meter: Meter) => Value;
  readonly f2?: (a: Value, b: Value, meter: Meter) => Value;
  readonly f3?: (a: Value, b: Value, c: Value, meter: Meter) => Value;
  /** Used for every allowed number of arguments that has no function of its own. May keep `args`. */
  readonly rest?: (args: Value[], meter: Meter) => Value;
}
