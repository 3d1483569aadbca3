/**
 * Sameness while merging, paid for.
 *
 * It is that of bytes (`isSame`), not the `=` of the language: a key has changed when anybody could tell. A list that
 * took the place of an equal vector has, and a NaN that was read and stored again has not.
 */
import { isSame } from '../value/order.ts';
import type { Value } from '../value/value.ts';
import type { Meter } from './limits.ts';
import { chargeFuel } from './raise.ts';
import { weightOf } from './primitives/weight.ts';

/** Undefined is absence. What it costs depends on the two values alone, never on which parts are one object. */
export function sameValue(a: Value | undefined, b: Value | undefined, meter: Meter): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (!mayBeSame(a, b)) return false;
  chargeFuel(meter, weightOf(a));
  return isSame(a, b);
}

/** Told from the outside alone. */
function mayBeSame(a: Value, b: Value): boolean {
  if (typeof a !== typeof b) return false;
  if (typeof a === 'string') return a.length === (b as string).length;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (a.kind !== b.kind) return false;
  return 'size' in a && 'size' in b ? a.size === b.size : true;
}
