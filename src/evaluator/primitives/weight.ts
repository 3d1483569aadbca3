/**
 * What it costs to compare a value with another: its weight, the number of parts that it prints.
 *
 * Comparing stops early more often than not, and two references to one part need no comparing at all; but both depend
 * on how a value came about, so they must not show in what a run costs. The weight depends on the value alone. It is
 * counted without walking a shared part twice; a value that shares its parts so much that nobody could print it
 * weighs more than any run may spend.
 */
import type { Closure, ErrorValue, Value } from '../../value/value.ts';
import type { List } from '../../value/list.ts';
import type { MapValue } from '../../value/map.ts';
import type { SetValue } from '../../value/set.ts';
import type { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeFuel } from '../raise.ts';
import { scanSteps } from './text.ts';

type Composite = List | Vector | MapValue | SetValue | ErrorValue | Closure;

const HEAVIEST = Number.MAX_SAFE_INTEGER;

function isComposite(value: Value): value is Composite {
  if (typeof value !== 'object' || value === null) return false;
  switch (value.kind) {
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
    case 'error':
      return true;
    case 'function':
      return !value.primitive;
    default:
      return false;
  }
}

function parts(value: Composite): Iterable<Value> {
  switch (value.kind) {
    case 'list':
    case 'vector':
    case 'set':
      return value;
    case 'map':
      return [...value.keys(), ...value.values()];
    case 'error':
      return [value.type, value.message, value.data, value.span, value.stack];
    case 'function':
      return value.captures;
  }
}

/** 0 for a value without parts, but for long texts, which are compared letter by letter. */
export function weightOf(value: Value): number {
  return isComposite(value) ? weigh(value) : atomWeight(value);
}

function atomWeight(value: Value): number {
  return typeof value === 'string' ? scanSteps(value.length) : 0;
}

/** Post-order with an explicit stack. */
function weigh(root: Composite): number {
  const known = new Map<Composite, number>();
  const open: Composite[] = [root];
  for (let value = open.at(-1); value !== undefined; value = open.at(-1)) {
    const weight = known.has(value) ? undefined : weighOne(value, known, open);
    if (weight !== undefined) known.set(value, weight);
    if (known.has(value)) open.pop();
  }
  return known.get(root)!;
}

/** The weight, or undefined when parts were put on `open` that have to be weighed before. */
function weighOne(value: Composite, known: ReadonlyMap<Composite, number>, open: Composite[]): number | undefined {
  let sum = 1;
  let ready = true;
  for (const part of parts(value)) {
    sum += 1;
    if (!isComposite(part)) {
      sum += atomWeight(part);
      continue;
    }
    const weight = known.get(part);
    if (weight === undefined) {
      open.push(part);
      ready = false;
    } else sum += weight;
  }
  return ready ? Math.min(sum, HEAVIEST) : undefined;
}

/** Pays for a search by `key`. */
export function chargeKey(meter: Meter, key: Value): void {
  const weight = weightOf(key);
  if (weight > 0) chargeFuel(meter, weight);
}

/** Pays for comparing `keys` with one another, in `rounds` rounds. */
export function chargeKeys(meter: Meter, keys: Iterable<Value>, rounds: number): void {
  for (const key of keys) {
    const weight = weightOf(key);
    if (weight > 0) chargeFuel(meter, weight * rounds);
  }
}
