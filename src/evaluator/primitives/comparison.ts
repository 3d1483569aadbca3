/**
 * Equality and order: `=` takes any values, `<` and its kin values of one comparable kind, `compare` any two values.
 *
 * What a comparison costs depends on the values alone, never on which parts of them are one object or on where the
 * first difference is: a run that was saved and loaded goes on to cost the same.
 */
import { compare, equals } from '../../value/order.ts';
import { Float, isNumber, type Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { chargeFuel, raiseType } from '../raise.ts';
import { numberArgument } from './arguments.ts';
import type { Primitive } from './primitive.ts';
import { chargeScan } from './text.ts';
import { weightOf } from './weight.ts';

/** `=` of two values, paid for. */
function equalValues(a: Value, b: Value, meter: Meter): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b; // NaN is not equal to itself
  if (!mayBeEqual(a, b)) return false;
  chargeComparison(a, meter);
  return equals(a, b);
}

/** Told from the outside alone: the kinds, and how long the two are. */
function mayBeEqual(a: Value, b: Value): boolean {
  if (typeof a === 'string') return typeof b === 'string' && a.length === b.length;
  if (!isObject(a) || !isObject(b)) return a === b;
  if (a.kind === 'list' || a.kind === 'vector') return (b.kind === 'list' || b.kind === 'vector') && a.size === b.size;
  if (a.kind === 'map' || a.kind === 'set') return a.kind === b.kind && a.size === b.size;
  return a.kind === b.kind;
}

function isObject(value: Value): value is Extract<Value, object> {
  return typeof value === 'object' && value !== null;
}

/** No comparison looks at more parts than its first value has. */
function chargeComparison(a: Value, meter: Meter): void {
  if (typeof a === 'string') chargeScan(meter, a.length);
  else if (isObject(a)) chargeFuel(meter, weightOf(a));
}

/** The order of `compare`, paid for: any negative number, 0 or any positive number. */
function compareValues(a: Value, b: Value, meter: Meter): number {
  if (typeof a === 'string' && typeof b === 'string') chargeScan(meter, Math.min(a.length, b.length));
  else if (isObject(a) && isObject(b)) chargeFuel(meter, weightOf(a));
  return compare(a, b);
}

function allEqual(values: readonly Value[], meter: Meter): boolean {
  for (let i = 1; i < values.length; i++) if (!equalValues(values[i - 1]!, values[i]!, meter)) return false;
  return true;
}

type Order = (a: Scalar, b: Scalar) => boolean;
/** What JavaScript's own comparison gets right: numbers of both sorts, texts by code units, false before true. */
type Scalar = number | bigint | string | boolean;

type ComparableKind = 'number' | 'string' | 'keyword' | 'boolean' | 'timestamp';

function comparableKind(operation: string, value: Value): ComparableKind {
  if (isNumber(value)) return 'number';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (value !== null && (value.kind === 'keyword' || value.kind === 'timestamp')) return value.kind;
  return raiseType(operation, 'comparable types', value);
}

function scalar(value: Value): Scalar {
  if (typeof value !== 'object' || value === null) return value as Scalar;
  if (value instanceof Float) return value.value;
  return value.kind === 'keyword' ? value.name : value.kind === 'timestamp' ? value.epochMs : (value as never);
}

function inOrder(operation: string, holds: Order, a: Value, b: Value, meter: Meter): boolean {
  if (typeof a === 'number' && typeof b === 'number') return holds(a, b);
  if (comparableKind(operation, a) !== comparableKind(operation, b)) return raiseType(operation, 'comparable types', b);
  if (typeof a === 'string') chargeScan(meter, Math.min(a.length, (b as string).length));
  return holds(scalar(a), scalar(b));
}

/** Every argument is looked at, also behind a pair that decides: a wrong kind never passes unseen. */
function allInOrder(operation: string, holds: Order, values: readonly Value[], meter: Meter): boolean {
  let result = true;
  for (let i = 1; i < values.length; i++) if (!inOrder(operation, holds, values[i - 1]!, values[i]!, meter)) result = false;
  return result;
}

function ordering(name: string, holds: Order): Primitive {
  return {
    name,
    min: 1,
    max: Number.POSITIVE_INFINITY,
    f1: () => true,
    f2: (a, b, meter) => inOrder(name, holds, a, b, meter),
    rest: (values, meter) => allInOrder(name, holds, values, meter),
  };
}

/** Numbers by value, an integer and a float alike; anything else is a type error. */
function numericallyEqual(values: readonly Value[]): boolean {
  let result = true;
  for (let i = 0; i < values.length; i++) {
    const current = scalar(numberArgument('==', values[i]!));
    // Loosely: a bigint and a float of one value are one number.
    if (i > 0 && !(scalar(values[i - 1]!) == current)) result = false;
  }
  return result;
}

function orderOf(a: Value, b: Value, meter: Meter): Value {
  const order = compareValues(a, b, meter);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

export const comparison: readonly Primitive[] = [
  {
    name: '=',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    f1: () => true,
    f2: (a, b, meter) => equalValues(a, b, meter),
    rest: (values, meter) => allEqual(values, meter),
  },
  {
    name: 'not=',
    min: 1,
    max: Number.POSITIVE_INFINITY,
    f1: () => false,
    f2: (a, b, meter) => !equalValues(a, b, meter),
    rest: (values, meter) => !allEqual(values, meter),
  },
  { name: '==', min: 1, max: Number.POSITIVE_INFINITY, rest: numericallyEqual },
  ordering('<', (a, b) => a < b),
  ordering('<=', (a, b) => a <= b),
  ordering('>', (a, b) => a > b),
  ordering('>=', (a, b) => a >= b),
  { name: 'compare', min: 2, max: 2, f2: orderOf },
];
