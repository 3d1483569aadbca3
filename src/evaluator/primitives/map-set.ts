/**
 * Maps and sets: making them, changing them by key, and what is done with whole ones. Entries and elements come in
 * canonical order. nil is taken for the empty map or set, an error for the map that it reads like.
 */
import { List } from '../../value/list.ts';
import { type Entry, MapValue } from '../../value/map.ts';
import { preferredKey } from '../../value/order.ts';
import { SetValue } from '../../value/set.ts';
import { isInteger, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeCells, chargeFuel, raise, raiseType } from '../raise.ts';
import { raiseIndex } from './arguments.ts';
import { addAll, BULK_FACTOR, mapOf, putAll, setOf } from './building.ts';
import { lookup } from './collection.ts';
import { elementsOf, entriesToAdd, limitSize, mapArgument, mapFrom, vectorOf } from './elements.ts';
import type { Primitive } from './primitive.ts';
import { arityError } from './registry.ts';
import { groupsOf, membersOf } from './sorting.ts';
import { chargeKey, chargeKeys } from './weight.ts';

const MANY = Number.POSITIVE_INFINITY;

// --- making ---------------------------------------------------------------------------------------------------

function toSet(value: Value, meter: Meter): Value {
  return value instanceof SetValue ? value : setOf(elementsOf('set', value, meter).toArray(), meter);
}

function zipmap(keysValue: Value, valuesValue: Value, meter: Meter): Value {
  const keys = elementsOf('zipmap', keysValue, meter);
  const values = elementsOf('zipmap', valuesValue, meter);
  const size = Math.min(keys.size, values.size);
  return mapOf(
    Array.from({ length: size }, (_, i) => [keys.get(i)!, values.get(i)!] as const),
    meter,
  );
}

// --- into -----------------------------------------------------------------------------------------------------

function into(to: Value, from: Value, meter: Meter): Value {
  if (to instanceof MapValue) return putAll(to, entriesFrom(from, meter), meter);
  const items = elementsOf('into', from, meter);
  if (to === null) return pushFront(List.empty(), items, meter);
  if (to instanceof Vector) return append(to, items, meter);
  if (to instanceof List) return pushFront(to, items, meter);
  if (to instanceof SetValue) return addAll(to, items.toArray(), meter);
  return raiseType('into', 'a collection to put elements in', to);
}

function append(to: Vector, items: Vector, meter: Meter): Vector {
  limitSize(meter, to.size + items.size);
  chargeCells(meter, items.size);
  if (items.size * BULK_FACTOR > to.size) {
    const all = to.toArray();
    for (const item of items) all.push(item);
    return Vector.adopt(all);
  }
  let result = to;
  for (const item of items) result = result.push(item);
  return result;
}

function pushFront(to: List, items: Vector, meter: Meter): List {
  limitSize(meter, to.size + items.size);
  chargeCells(meter, items.size);
  let result = to;
  for (const item of items) result = result.cons(item);
  return result;
}

function entriesFrom(from: Value, meter: Meter): Entry[] {
  const map = mapFrom(from);
  if (map !== null) return [...map];
  const entries: Entry[] = [];
  for (const item of elementsOf('into', from, meter)) for (const entry of entriesToAdd('into', item)) entries.push(entry);
  return entries;
}

// --- changing by key ------------------------------------------------------------------------------------------

function assoc(args: Value[], meter: Meter): Value {
  if (args.length % 2 === 0) return arityError('assoc', 'a value for each key', args.length);
  let result: Value = args[0]!;
  for (let i = 1; i < args.length; i += 2) result = put('assoc', result, args[i]!, args[i + 1]!, meter);
  return result;
}

function put(operation: string, value: Value, key: Value, item: Value, meter: Meter): Value {
  if (value instanceof Vector) return putInVector(operation, value, key, item, meter);
  const map = mapFrom(value) ?? raiseType(operation, 'a map or vector', value);
  chargeKey(meter, key);
  chargeCells(meter, 1);
  const result = map.set(key, item);
  limitSize(meter, result.size);
  return result;
}

/** Index `size` appends. */
function putInVector(operation: string, vector: Vector, index: Value, item: Value, meter: Meter): Vector {
  if (!isInteger(index)) return raiseType(operation, 'integer', index);
  if (typeof index === 'bigint' || index < 0 || index > vector.size) return raiseIndex(index, vector.size);
  chargeCells(meter, 1);
  if (index < vector.size) return vector.set(index, item);
  limitSize(meter, vector.size + 1);
  return vector.push(item);
}

function assocIn(value: Value, path: Value, item: Value, meter: Meter): Value {
  return changeAt('assoc-in', value, path, meter, (inner, key) => put('assoc-in', inner, key, item, meter));
}

/** Goes down along all of the path but its last key, lets `change` act there, and puts everything back together. */
function changeAt(operation: string, value: Value, path: Value, meter: Meter, change: (inner: Value, key: Value) => Value): Value {
  const keys = elementsOf(operation, path, meter);
  if (keys.size === 0) return raise('argument', `Invalid argument: ${operation} with an empty path`);
  const levels: Value[] = [value];
  for (let i = 0; i + 1 < keys.size; i++) levels.push(inside(operation, levels[i]!, keys.get(i)!, meter));
  let result = change(levels[keys.size - 1]!, keys.get(keys.size - 1)!);
  for (let i = keys.size - 2; i >= 0; i--) result = put(operation, levels[i]!, keys.get(i)!, result, meter);
  return result;
}

/** What is at that key of something that can be changed there: nil when nothing is. */
function inside(operation: string, value: Value, key: Value, meter: Meter): Value {
  if (value instanceof Vector) {
    if (!isInteger(key)) return raiseType(operation, 'integer', key);
    return typeof key === 'number' ? (value.get(key) ?? null) : null;
  }
  chargeKey(meter, key);
  const map = mapFrom(value) ?? raiseType(operation, 'a map or vector', value);
  return map.get(key) ?? null;
}

/** What `update` gives to its function. An element of a vector that does not exist is not updated. */
function getForUpdate(value: Value, key: Value, meter: Meter): Value {
  if (value instanceof Vector && isInteger(key) && (typeof key === 'bigint' || value.get(key) === undefined)) return raiseIndex(key, value.size);
  return inside('update', value, key, meter);
}

export function without(operation: string, value: Value, keys: Iterable<Value>, meter: Meter): Value {
  if (value === null) return null;
  let map = mapArgument(operation, value);
  for (const key of keys) {
    chargeKey(meter, key);
    chargeFuel(meter, 1);
    map = map.delete(key);
  }
  return map;
}

/** Nothing changes when the path leads nowhere. */
function dissocIn(value: Value, path: Value, meter: Meter): Value {
  const keys = elementsOf('dissoc-in', path, meter);
  let at: Value | undefined = value;
  for (const key of keys) {
    at = lookup(at, key, meter);
    if (at === undefined) return value;
  }
  return changeAt('dissoc-in', value, path, meter, (inner, key) => without('dissoc-in', inner, [key], meter));
}

// --- reading --------------------------------------------------------------------------------------------------

function find(value: Value, key: Value, meter: Meter): Value {
  if (value instanceof Vector) {
    const item = isInteger(key) && typeof key === 'number' ? value.get(key) : undefined;
    return item === undefined ? null : Vector.of(key, item);
  }
  chargeKey(meter, key);
  const entry = mapArgument('find', value).find(key);
  return entry === undefined ? null : Vector.of(entry[0], entry[1]);
}

function keys(operation: string, value: Value, meter: Meter): Value {
  return vectorOf(mapArgument(operation, value).keys(), meter);
}

function values(operation: string, value: Value, meter: Meter): Value {
  return vectorOf(mapArgument(operation, value).values(), meter);
}

function selectKeys(value: Value, wanted: Value, meter: Meter): Value {
  const map = mapArgument('select-keys', value);
  const entries: Entry[] = [];
  for (const key of elementsOf('select-keys', wanted, meter)) {
    chargeKey(meter, key);
    const entry = map.find(key);
    if (entry !== undefined) entries.push(entry);
  }
  return mapOf(entries, meter);
}

/** All renaming happens at once, so that names may be swapped. */
function renameKeys(value: Value, names: Value, meter: Meter): Value {
  if (value === null) return null;
  const map = mapArgument('rename-keys', value);
  let rest: MapValue = map;
  const entries: Entry[] = [];
  for (const [from, to] of mapArgument('rename-keys', names)) {
    chargeKey(meter, from);
    const item = map.get(from);
    if (item === undefined) continue;
    rest = rest.delete(from);
    entries.push([to, item]);
  }
  return putAll(rest, entries, meter);
}

function merge(args: Value[], meter: Meter): Value {
  let result: MapValue | null = null;
  for (const arg of args) {
    if (arg === null) continue;
    const map = mapArgument('merge', arg);
    result = result === null ? map : putAll(result, [...map], meter);
  }
  return result;
}

// --- sets -----------------------------------------------------------------------------------------------------

function setArgument(operation: string, value: Value): SetValue {
  return value === null ? SetValue.empty() : value instanceof SetValue ? value : raiseType(operation, 'set', value);
}

function disj(args: Value[], meter: Meter): Value {
  if (args[0] === null) return null;
  let set = setArgument('disj', args[0]!);
  for (const item of args.slice(1)) {
    chargeKey(meter, item);
    set = set.delete(item);
  }
  return set;
}

function union(args: Value[], meter: Meter): Value {
  return args.map((arg) => setArgument('union', arg)).reduce((all, set) => unionOf(all, set, meter), SetValue.empty());
}

function unionOf(a: SetValue, b: SetValue, meter: Meter): SetValue {
  if (b.size === 0) return a;
  return a.size < b.size ? unionOf(b, a, meter) : addAll(a, b.toArray(), meter);
}

function intersection(args: Value[], meter: Meter): Value {
  const sets = args.map((arg) => setArgument('intersection', arg)).sort((a, b) => a.size - b.size);
  return sets.slice(1).reduce((common, set) => elementsWhere(common, (item) => set.has(item), meter), sets[0]!);
}

function difference(args: Value[], meter: Meter): Value {
  const [first, ...others] = args.map((arg) => setArgument('difference', arg));
  return others.reduce((left, set) => elementsWhere(left, (item) => !set.has(item), meter), first!);
}

function elementsWhere(set: SetValue, keep: (item: Value) => boolean, meter: Meter): SetValue {
  const items = set.toArray();
  chargeCells(meter, items.length);
  chargeKeys(meter, items, 1);
  const kept = items.filter(keep);
  return kept.length === items.length ? set : SetValue.from(kept);
}

function isSubset(operation: string, small: Value, large: Value, meter: Meter): Value {
  const part = setArgument(operation, small);
  const whole = setArgument(operation, large);
  chargeFuel(meter, part.size);
  chargeKeys(meter, part, 1);
  return part.size <= whole.size && part.toArray().every((item) => whole.has(item));
}

// --- grouping -------------------------------------------------------------------------------------------------

function frequencies(value: Value, meter: Meter): Value {
  const items = elementsOf('frequencies', value, meter).toArray();
  const groups = groupsOf(items, meter);
  const entries = Array.from(groups.heads, (head): Entry => [keyOfGroup(items, membersOf(groups, head)), sizeOfGroup(membersOf(groups, head))]);
  return mapOf(entries, meter);
}

/** Of equal keys the one that a map keeps, whatever their order. */
function keyOfGroup(keys: readonly Value[], members: Iterable<number>): Value {
  let kept: Value | undefined;
  for (const member of members) kept = kept === undefined ? keys[member]! : preferredKey(kept, keys[member]!);
  return kept ?? null;
}

function sizeOfGroup(members: Iterable<number>): number {
  let size = 0;
  for (const _ of members) size += 1;
  return size;
}

/** A map from each key to the vector of the elements that have it, in their order. */
function group(keysValue: Value, value: Value, meter: Meter): Value {
  const keys = elementsOf('group-by', keysValue, meter).toArray();
  const items = elementsOf('group-by', value, meter);
  const groups = groupsOf(keys, meter);
  chargeCells(meter, items.size);
  const entries = Array.from(groups.heads, (head): Entry => {
    const members = Array.from(membersOf(groups, head), (position) => items.get(position)!);
    return [keyOfGroup(keys, membersOf(groups, head)), Vector.adopt(members)];
  });
  return mapOf(entries, meter);
}

export const mapSet: readonly Primitive[] = [
  { name: 'set', min: 1, max: 1, f1: toSet },
  { name: 'zipmap', min: 2, max: 2, f2: zipmap },
  { name: 'into', min: 0, max: 2, f0: () => Vector.empty(), f1: (to) => to, f2: into },
  { name: 'assoc', min: 3, max: MANY, f3: (value, key, item, meter) => put('assoc', value, key, item, meter), rest: assoc },
  { name: 'assoc-in', min: 3, max: 3, f3: assocIn },
  { name: '%get-for-update', min: 2, max: 2, f2: getForUpdate },
  { name: 'dissoc', min: 1, max: MANY, rest: (args, meter) => without('dissoc', args[0]!, args.slice(1), meter) },
  { name: 'dissoc-in', min: 2, max: 2, f2: dissocIn },
  { name: 'find', min: 2, max: 2, f2: find },
  { name: 'keys', min: 1, max: 1, f1: (value, meter) => keys('keys', value, meter) },
  { name: 'vals', min: 1, max: 1, f1: (value, meter) => values('vals', value, meter) },
  { name: '%keys', min: 2, max: 2, f2: (value, operation, meter) => keys(operation as string, value, meter) },
  { name: '%vals', min: 2, max: 2, f2: (value, operation, meter) => values(operation as string, value, meter) },
  { name: 'select-keys', min: 2, max: 2, f2: selectKeys },
  { name: 'rename-keys', min: 2, max: 2, f2: renameKeys },
  { name: 'merge', min: 0, max: MANY, rest: merge },
  { name: 'disj', min: 1, max: MANY, rest: disj },
  { name: 'union', min: 0, max: MANY, rest: union },
  { name: 'intersection', min: 1, max: MANY, rest: intersection },
  { name: 'difference', min: 1, max: MANY, rest: difference },
  { name: 'subset?', min: 2, max: 2, f2: (small, large, meter) => isSubset('subset?', small, large, meter) },
  { name: 'superset?', min: 2, max: 2, f2: (large, small, meter) => isSubset('superset?', small, large, meter) },
  { name: 'frequencies', min: 1, max: 1, f1: frequencies },
  { name: '%group', min: 2, max: 2, f2: group },
];
