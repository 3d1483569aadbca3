/**
 * Keys of maps and elements of sets, made history-free: `=` takes a list for a vector and -0.0 for 0.0, so they are
 * one key, and which of them came first must not show (V2). A key is stored with every -0.0 as 0.0. Of two equal keys
 * that differ in where they have lists, the one with a vector at the first difference stays, whichever came first
 * (`preferredKey`): so a list remains a list (code in a map is still code), and the order of building never shows.
 * Functions and errors are stored as they are: what they hold is compared by sameness (`order.ts`).
 *
 * Maps normalise their keys, and normalising may build maps, so this file and `map.ts` import one another. That is
 * sound because neither calls the other while it is being loaded.
 */
import { ArrayCursor, type Cursor } from './cursor.ts';
import { LargeMap } from './large-map.ts';
import { List } from './list.ts';
import { MapValue } from './map.ts';
import { SetValue } from './set.ts';
import { Float, type Value } from './value.ts';
import { Vector } from './vector.ts';

export function normaliseKey(key: Value): Value {
  if (typeof key !== 'object' || key === null) return key;
  switch (key.kind) {
    case 'float':
      return isMinusZero(key) ? new Float(0) : key;
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return needsWork(key) ? rebuild(key) : key;
    default:
      return key;
  }
}

type Collection = Extract<Value, { kind: 'list' | 'vector' | 'map' | 'set' }>;

function isCollection(value: Value): value is Collection {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value.kind === 'vector' || value.kind === 'list' || value.kind === 'map' || value.kind === 'set')
  );
}

/** Keys inside a map or set are normal already: only values of maps and elements of sequences are looked at. */
function children(value: Collection): Cursor {
  switch (value.kind) {
    case 'map':
      return new ArrayCursor(value.values());
    case 'set':
      return NOTHING;
    default:
      return value.cursor();
  }
}

const NOTHING: Cursor = { next: () => undefined };

function isMinusZero(value: Value): boolean {
  return value instanceof Float && Object.is(value.value, -0);
}

function needsWork(root: Collection): boolean {
  // The first level alone, which is all there is to most keys, needs no memory of what has been seen.
  const nested: Collection[] = [];
  if (addNested(root, nested)) return true;
  if (nested.length === 0) return false;
  const seen = new LargeMap<Collection, true>();
  seen.set(root, true);
  for (let value = nested.pop(); value !== undefined; value = nested.pop()) {
    if (seen.get(value) === true) continue;
    seen.set(value, true);
    if (addNested(value, nested)) return true;
  }
  return false;
}

/** Collects the collections right inside of `value`; true as soon as something is not normal. */
function addNested(value: Collection, nested: Collection[]): boolean {
  const cursor = children(value);
  for (let child = cursor.next(); child !== undefined; child = cursor.next()) {
    if (typeof child !== 'object' || child === null) continue;
    if (isMinusZero(child)) return true;
    if (isCollection(child)) nested.push(child);
  }
  return false;
}

/** Post-order with an explicit stack; shared parts are rebuilt once. */
function rebuild(root: Collection): Value {
  const done = new LargeMap<Collection, Value>();
  const open: Collection[] = [root];
  while (open.length > 0) {
    const value = open[open.length - 1]!;
    if (done.get(value) !== undefined) {
      open.pop();
      continue;
    }
    const before = open.length;
    const cursor = children(value);
    for (let child = cursor.next(); child !== undefined; child = cursor.next()) {
      if (isCollection(child) && done.get(child) === undefined) open.push(child);
    }
    if (open.length > before) continue;
    open.pop();
    done.set(value, rebuildOne(value, (child) => (isCollection(child) ? done.get(child)! : normaliseKey(child))));
  }
  return done.get(root)!;
}

function rebuildOne(value: Collection, normal: (child: Value) => Value): Value {
  switch (value.kind) {
    case 'list':
      return List.adopt(value.toArray().map(normal));
    case 'vector':
      return Vector.adopt(value.toArray().map(normal));
    case 'map':
      return MapValue.from([...value].map(([key, item]) => [key, normal(item)] as const));
    case 'set':
      return SetValue.from(value);
  }
}
