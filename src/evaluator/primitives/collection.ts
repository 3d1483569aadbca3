/**
 * One element or entry at a time: making small collections, asking for their size, taking out and adding single
 * elements. What works on whole sequences is in `sequence.ts`, what makes new maps and sets in `map-set.ts`.
 *
 * Reading is forgiving where Clojure is (nil is an empty collection), and strict where a mistake would pass unseen:
 * a vector is read by integers only, and text and numbers are not looked up in.
 */
import { List } from '../../value/list.ts';
import { MapValue } from '../../value/map.ts';
import { equals } from '../../value/order.ts';
import { SetValue } from '../../value/set.ts';
import { isInteger, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeCells, chargeFuel, raise, raiseLimit, raiseType } from '../raise.ts';
import { raiseIndex } from './arguments.ts';
import { COLLECTION, elementAt, elementsOf, entriesToAdd, entryFrom, errorMap, isSequential, listOf, mapFrom, sliceOf } from './elements.ts';
import type { Primitive } from './primitive.ts';
import { containsText } from './search.ts';
import { chargeScan, codePointCount, unitOfCodePoint, widthAt, widthBefore } from './text.ts';
import { chargeKey, weightOf } from './weight.ts';

// --- size -----------------------------------------------------------------------------------------------------

function sizeOf(operation: string, value: Value, meter: Meter): number {
  if (typeof value === 'string') {
    chargeScan(meter, value.length);
    return codePointCount(value);
  }
  if (typeof value !== 'object' || value === null) return raiseType(operation, COLLECTION, value);
  switch (value.kind) {
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return value.size;
    case 'error':
      return errorMap(value).size;
    default:
      return raiseType(operation, COLLECTION, value);
  }
}

function count(value: Value, meter: Meter): Value {
  return value === null ? 0 : sizeOf('count', value, meter);
}

function length(value: Value, meter: Meter): Value {
  return sizeOf('length', value, meter);
}

function isEmpty(operation: string, value: Value, meter: Meter): boolean {
  if (value === null) return true;
  return typeof value === 'string' ? value === '' : sizeOf(operation, value, meter) === 0;
}

/** The empty collection of the same kind; nil for what is no collection, as in Clojure. */
function empty(value: Value): Value {
  if (typeof value !== 'object' || value === null) return null;
  switch (value.kind) {
    case 'list':
      return List.empty();
    case 'vector':
      return Vector.empty();
    case 'map':
      return MapValue.empty();
    case 'set':
      return SetValue.empty();
    default:
      return null;
  }
}

// --- from the front and the back ------------------------------------------------------------------------------

function first(value: Value, meter: Meter): Value {
  return firstOf('first', value, meter);
}

function firstOf(operation: string, value: Value, meter: Meter): Value {
  if (value === null) return null;
  if (typeof value === 'string') return value === '' ? null : value.slice(0, widthAt(value, 0));
  if (value instanceof Vector) return value.get(0) ?? null;
  if (value instanceof List) return value.first() ?? null;
  if (value instanceof SetValue) return value.cursor().next() ?? null;
  if (value instanceof MapValue) {
    const cursor = value.cursor();
    const key = cursor.next();
    return key === undefined ? null : Vector.of(key, cursor.next()!);
  }
  return elementsOf(operation, value, meter).get(0) ?? null;
}

function restOf(operation: string, value: Value, meter: Meter): List {
  return value instanceof List ? value.rest() : List.view(elementsOf(operation, value, meter), 1);
}

function next(value: Value, meter: Meter): Value {
  const more = restOf('next', value, meter);
  return more.size === 0 ? null : more;
}

function last(value: Value, meter: Meter): Value {
  if (typeof value === 'string') return value === '' ? null : value.slice(value.length - widthBefore(value, value.length));
  if (isSequential(value)) return elementAt(value, value.size - 1, meter) ?? null;
  const items = elementsOf('last', value, meter);
  return items.get(items.size - 1) ?? null;
}

function butlast(value: Value, meter: Meter): Value {
  const items = elementsOf('butlast', value, meter);
  return items.size < 2 ? null : sliceOf(items, 0, items.size - 1, meter);
}

function nth(value: Value, index: Value, fallback: Value | undefined, meter: Meter): Value {
  if (!isInteger(index)) return raiseType('nth', 'integer', index);
  if (value === null) return fallback ?? null;
  const found = nthOf('nth', value, index, meter);
  if (found !== undefined) return found;
  return fallback !== undefined ? fallback : raiseIndex(index, sizeOf('nth', value, meter));
}

/** The element of a list, vector or string, or undefined when there is none at that place. */
export function nthOf(operation: string, value: Value, index: number | bigint, meter: Meter): Value | undefined {
  if (isSequential(value)) return elementAt(value, index, meter);
  if (typeof value === 'string') return codePointAt(value, index, meter);
  return raiseType(operation, 'a vector, list or string', value);
}

function codePointAt(text: string, index: number | bigint, meter: Meter): string | undefined {
  if (typeof index === 'bigint' || index < 0 || index >= text.length) return undefined;
  chargeScan(meter, index);
  const unit = unitOfCodePoint(text, index);
  return unit < 0 || unit >= text.length ? undefined : text.slice(unit, unit + widthAt(text, unit));
}

function peek(value: Value): Value {
  if (value === null) return null;
  if (value instanceof Vector) return value.get(value.size - 1) ?? null;
  return value instanceof List ? (value.first() ?? null) : raiseType('peek', 'a vector or list', value);
}

function pop(value: Value): Value {
  if (value === null) return null;
  if (!isSequential(value)) return raiseType('pop', 'a vector or list', value);
  if (value.size === 0) return raise('argument', `Invalid argument: pop of an empty ${value.kind}`);
  return value instanceof List ? value.rest() : value.slice(0, value.size - 1);
}

// --- by key ---------------------------------------------------------------------------------------------------

function get(value: Value, key: Value, fallback: Value, meter: Meter): Value {
  const found = lookup(value, key, meter);
  if (found !== undefined) return found;
  if (isSequential(value) && !isInteger(key)) return raiseType('get', 'integer', key);
  return hasKeys(value) ? fallback : raiseType('get', 'a map, vector, list or set', value);
}

/** What is at that key; undefined when nothing is, or when the value is nothing to look up in. */
export function lookup(value: Value, key: Value, meter: Meter): Value | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  switch (value.kind) {
    case 'map':
    case 'set':
      chargeKey(meter, key);
      return value.get(key);
    case 'list':
    case 'vector':
      return isInteger(key) ? elementAt(value, key, meter) : undefined;
    case 'error':
      return errorMap(value).get(key);
    default:
      return undefined;
  }
}

function hasKeys(value: Value): boolean {
  return value instanceof SetValue || isSequential(value) || mapFrom(value) !== null;
}

/** Along a path nothing is an error: what cannot be looked up in has nothing at any key. */
function getIn(value: Value, path: Value, fallback: Value, meter: Meter): Value {
  let at: Value | undefined = value;
  for (const key of elementsOf('get-in', path, meter)) {
    chargeFuel(meter, 1);
    at = lookup(at, key, meter);
    if (at === undefined) return fallback;
  }
  return at;
}

function contains(value: Value, key: Value, meter: Meter): Value {
  if (value === null) return false;
  if (typeof value === 'string') {
    if (typeof key !== 'string') return raiseType('contains?', 'string', key);
    chargeScan(meter, value.length + key.length);
    return containsText(value, key);
  }
  if (isSequential(value)) return hasElement(value, key, meter);
  if (!hasKeys(value)) return raiseType('contains?', COLLECTION, value);
  return lookup(value, key, meter) !== undefined;
}

/** Whether an element is equal to `wanted`. */
function hasElement(items: Vector | List, wanted: Value, meter: Meter): boolean {
  chargeFuel(meter, items.size * (1 + weightOf(wanted)));
  for (const item of items) if (equals(item, wanted)) return true;
  return false;
}

function part(operation: string, entry: Value, index: 0 | 1): Value {
  const pair = entryFrom(entry);
  return pair === null ? raiseType(operation, 'a pair of key and value', entry) : pair[index];
}

// --- adding ---------------------------------------------------------------------------------------------------

/** What one more element in a collection of `size` costs. */
export function chargeOneMore(meter: Meter, size: number): void {
  if (size >= meter.limits.collectionSize) raiseLimit('collectionSize', meter.limits.collectionSize);
  chargeCells(meter, 1);
}

function cons(item: Value, value: Value, meter: Meter): Value {
  const list = listOf('cons', value, meter);
  chargeOneMore(meter, list.size);
  return list.cons(item);
}

/** Adds where the collection takes it best: a list in front, a vector at the end; a map takes pairs and maps. */
export function conj(value: Value, item: Value, meter: Meter): Value {
  if (value === null) return conj(List.empty(), item, meter);
  if (typeof value !== 'object') return raiseType('conj', COLLECTION, value);
  switch (value.kind) {
    case 'vector':
      chargeOneMore(meter, value.size);
      return value.push(item);
    case 'list':
      chargeOneMore(meter, value.size);
      return value.cons(item);
    case 'set':
      chargeKey(meter, item);
      chargeOneMore(meter, value.size);
      return value.add(item);
    case 'map':
      return conjMap(value, item, meter);
    case 'error':
      return conjMap(errorMap(value), item, meter);
    default:
      return raiseType('conj', COLLECTION, value);
  }
}

function conjMap(map: MapValue, item: Value, meter: Meter): MapValue {
  let result = map;
  for (const [key, added] of entriesToAdd('conj', item)) {
    chargeKey(meter, key);
    chargeOneMore(meter, result.size);
    result = result.set(key, added);
  }
  return result;
}

function conjAll(args: Value[], meter: Meter): Value {
  let result: Value = args[0]!;
  for (let i = 1; i < args.length; i++) result = conj(result, args[i]!, meter);
  return result;
}

// --- making ---------------------------------------------------------------------------------------------------

function seq(value: Value, meter: Meter): Value {
  const items = listOf('seq', value, meter);
  return items.size === 0 ? null : items;
}

/** What instructions do for the kinds that are commonest, and leave to these for the others. */
export const element: readonly Primitive[] = [
  { name: 'count', min: 1, max: 1, f1: count },
  { name: 'first', min: 1, max: 1, f1: first },
  { name: 'nth', min: 2, max: 3, f2: (value, index, meter) => nth(value, index, undefined, meter), f3: nth },
  { name: 'get', min: 2, max: 3, f2: (value, key, meter) => get(value, key, null, meter), f3: get },
  { name: 'conj', min: 0, max: Number.POSITIVE_INFINITY, f0: () => Vector.empty(), f2: conj, rest: conjAll },
];

export const collection: readonly Primitive[] = [
  { name: 'empty?', min: 1, max: 1, f1: (value, meter) => isEmpty('empty?', value, meter) },
  { name: 'rest', min: 1, max: 1, f1: (value, meter) => restOf('rest', value, meter) },
  { name: 'next', min: 1, max: 1, f1: next },
  { name: 'cons', min: 2, max: 2, f2: cons },
  { name: 'seq', min: 1, max: 1, f1: seq },
  { name: 'length', min: 1, max: 1, f1: length },
  { name: 'not-empty', min: 1, max: 1, f1: (value, meter) => (isEmpty('not-empty', value, meter) ? null : value) },
  { name: 'empty', min: 1, max: 1, f1: empty },
  { name: 'second', min: 1, max: 1, f1: (value, meter) => firstOf('second', restOf('second', value, meter), meter) },
  { name: 'ffirst', min: 1, max: 1, f1: (value, meter) => firstOf('ffirst', firstOf('ffirst', value, meter), meter) },
  { name: 'last', min: 1, max: 1, f1: last },
  { name: 'butlast', min: 1, max: 1, f1: butlast },
  { name: 'peek', min: 1, max: 1, f1: peek },
  { name: 'pop', min: 1, max: 1, f1: pop },
  { name: 'get-in', min: 2, max: 3, f2: (value, path, meter) => getIn(value, path, null, meter), f3: getIn },
  { name: 'contains?', min: 2, max: 2, f2: contains },
  { name: 'key', min: 1, max: 1, f1: (entry) => part('key', entry, 0) },
  { name: 'val', min: 1, max: 1, f1: (entry) => part('val', entry, 1) },
  { name: 'vec', min: 1, max: 1, f1: (value, meter) => elementsOf('vec', value, meter) },
];
