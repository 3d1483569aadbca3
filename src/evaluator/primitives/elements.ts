/**
 * Values as the library's sequences. nil, lists, vectors, maps (as `[key value]` pairs), sets and strings (as strings
 * of one code point) are sequences; nothing else is. What a sequence costs depends on the value alone, never on how
 * it is represented, so that a run that was saved and loaded goes on to cost the same.
 */
import { List } from '../../value/list.ts';
import { type Entry, MapValue } from '../../value/map.ts';
import { type ErrorValue, isInteger, type Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeFuel, raise, raiseLimit, raiseType } from '../raise.ts';
import { integerArgument } from './arguments.ts';
import { chargeElements, codePoints } from './text.ts';

/** What messages call a sequence. */
export const COLLECTION = 'a collection';

/** All elements, to be walked by index. O(1) for a vector; a vector of that length is paid for otherwise. */
export function elementsOf(operation: string, value: Value, meter: Meter): Vector {
  if (value === null) return Vector.empty();
  if (typeof value === 'string') {
    chargeElements(meter, value.length);
    return Vector.adopt(codePoints(value));
  }
  if (typeof value !== 'object') return raiseType(operation, COLLECTION, value);
  switch (value.kind) {
    case 'vector':
      return value;
    case 'list':
      chargeElements(meter, value.size);
      return value.toVector();
    case 'set':
      chargeElements(meter, value.size);
      return Vector.adopt(value.toArray());
    case 'map':
      chargeElements(meter, value.size);
      return Vector.adopt(pairs(value));
    default:
      return raiseType(operation, COLLECTION, value);
  }
}

/** All elements as a list. O(1) for a list and a vector. */
export function listOf(operation: string, value: Value, meter: Meter): List {
  return value instanceof List ? value : List.view(elementsOf(operation, value, meter), 0);
}

/** Fails when a collection of `size` elements would be too large; to be called before it is built. */
export function limitSize(meter: Meter, size: number): void {
  if (size > meter.limits.collectionSize) raiseLimit('collectionSize', meter.limits.collectionSize);
}

/** A vector of new elements, paid for. */
export function vectorOf(items: Value[], meter: Meter): Vector {
  chargeElements(meter, items.length);
  return Vector.adopt(items);
}

/** A part of a vector, paid for as if it were copied: to change it afterwards costs as much. */
export function sliceOf(items: Vector, start: number, end: number, meter: Meter): Vector {
  const from = Math.min(Math.max(start, 0), items.size);
  const to = Math.min(Math.max(end, from), items.size);
  chargeFuel(meter, to - from);
  return items.slice(from, to);
}

function pairs(map: MapValue): Value[] {
  const items: Value[] = [];
  map.forEach((value, key) => items.push(Vector.of(key, value)));
  return items;
}

export function isSequential(value: Value): value is List | Vector {
  return value instanceof Vector || value instanceof List;
}

/** The element of a list or vector; undefined when `index` is out of range. A list is walked. */
export function elementAt(items: List | Vector, index: number | bigint, meter: Meter): Value | undefined {
  if (typeof index === 'bigint') return undefined;
  if (items.kind === 'list' && index > 0) chargeFuel(meter, Math.min(index, items.size));
  return items.get(index);
}

/** An integer that says how many: less than zero counts as zero, and no collection is longer than the most it gives. */
export function howMany(operation: string, value: Value): number {
  const count = integerArgument(operation, value);
  return count <= 0 ? 0 : typeof count === 'bigint' ? Number.MAX_SAFE_INTEGER : count;
}

/** An integer from 1 on, for the size of a part or a step. */
export function positive(operation: string, value: Value): number {
  if (!isInteger(value)) return raiseType(operation, 'a positive integer', value);
  if (value <= 0) return raise('type', `Type error in ${operation}: expected a positive integer, got ${value < 0 ? 'a negative one' : '0'}`);
  return typeof value === 'bigint' ? Number.MAX_SAFE_INTEGER : value;
}

const TYPE: Keyword = keyword('type');
const MESSAGE: Keyword = keyword('message');
const DATA: Keyword = keyword('data');
const SPAN: Keyword = keyword('span');
const STACK: Keyword = keyword('stack');

/** The map that an error value reads like. */
export function errorMap(error: ErrorValue): MapValue {
  return MapValue.of(TYPE, error.type, MESSAGE, error.message, DATA, error.data, SPAN, error.span, STACK, error.stack);
}

/** A map, an error as the map that it reads like, or the empty map for nil; null for anything else. */
export function mapFrom(value: Value): MapValue | null {
  if (value === null) return MapValue.empty();
  if (typeof value !== 'object') return null;
  return value.kind === 'map' ? value : value.kind === 'error' ? errorMap(value) : null;
}

/** `mapFrom`, or a type error. */
export function mapArgument(operation: string, value: Value): MapValue {
  return mapFrom(value) ?? raiseType(operation, 'map', value);
}

/** The two parts of an element that stands for an entry of a map; null when it cannot. */
export function entryFrom(value: Value): Entry | null {
  return isSequential(value) && value.size === 2 ? [value.get(0)!, value.get(1)!] : null;
}

/** What a map takes in: a pair is one entry, a map gives all of its own, nil none. */
export function entriesToAdd(operation: string, value: Value): Iterable<Entry> {
  const entry = entryFrom(value);
  if (entry !== null) return [entry];
  return mapFrom(value) ?? raiseType(operation, 'a pair or a map to put in a map', value);
}
