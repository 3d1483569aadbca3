/**
 * Keys of maps and elements of sets, made history-free: `=` takes a list for a vector and -0.0 for 0.0, so they are
 * one key, and which of them came first must not show (V2). A key is stored with every list in it as a vector and
 * every -0.0 as 0.0; bigints, strings, keywords and plain numbers are stored as they are.
 */
import { MapValue } from './map.ts';
import { SetValue } from './set.ts';
import { Float, type Value } from './value.ts';
import { Vector } from './vector.ts';

export function normaliseKey(key: Value): Value {
  if (typeof key !== 'object' || key === null) return key;
  switch (key.kind) {
    case 'float':
      return Object.is(key.value, -0) ? new Float(0) : key;
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
function children(value: Collection): Iterable<Value> {
  return value.kind === 'map' ? value.values() : value.kind === 'set' ? [] : value;
}

function needsWork(root: Collection): boolean {
  const seen = new Set<Collection>();
  const open: Collection[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value.kind === 'list') return true;
    if (seen.has(value)) continue;
    seen.add(value);
    for (const child of children(value)) {
      if (child instanceof Float && Object.is(child.value, -0)) return true;
      if (isCollection(child)) open.push(child);
    }
  }
  return false;
}

/** Post-order with an explicit stack; shared parts are rebuilt once. */
function rebuild(root: Collection): Value {
  const done = new Map<Collection, Value>();
  const open: Collection[] = [root];
  while (open.length > 0) {
    const value = open[open.length - 1]!;
    if (done.has(value)) {
      open.pop();
      continue;
    }
    let ready = true;
    for (const child of children(value)) {
      if (isCollection(child) && !done.has(child)) {
        open.push(child);
        ready = false;
      }
    }
    if (!ready) continue;
    open.pop();
    done.set(value, rebuildOne(value, (child) => (isCollection(child) ? done.get(child)! : normaliseKey(child))));
  }
  return done.get(root)!;
}

function rebuildOne(value: Collection, normal: (child: Value) => Value): Value {
  switch (value.kind) {
    case 'list':
    case 'vector':
      return Vector.adopt(value.toArray().map(normal));
    case 'map':
      return MapValue.from([...value].map(([key, item]) => [key, normal(item)] as const));
    case 'set':
      return SetValue.from(value);
  }
}
