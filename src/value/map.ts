/**
 * Maps without history (V2): entries are always met in canonical order, no hash can be attacked (V3), and equality,
 * printing and encoding walk in step. Keys are normalised on the way in (see `key.ts`), so that two keys that compare
 * equal are also the same bytes. The tree is in `tree.ts`; a small map is one leaf: two flat arrays.
 */
import type { Cursor } from './cursor.ts';
import { normaliseKey } from './key.ts';
import { compare, preferredKey } from './order.ts';
import { build, EMPTY_LEAF, EntryCursor, find, KeyCursor, leafOf, Leaves, type Node, sizeOf, withEntry, withoutKey } from './tree.ts';
import type { Value } from './value.ts';

export type Entry = readonly [Value, Value];

export class MapValue {
  declare readonly kind: 'map';
  readonly size: number;
  readonly root: Node;

  private static readonly EMPTY: MapValue = new MapValue(EMPTY_LEAF);

  /** For who has a tree as `tree.ts` makes them; everybody else says `from`. */
  constructor(root: Node) {
    this.root = root;
    this.size = sizeOf(root);
  }

  static empty(): MapValue {
    return MapValue.EMPTY;
  }

  /** The last of several entries with one key counts. O(n log n), O(n) when they come in order. */
  static from(entries: Iterable<Entry>): MapValue {
    const sorted: Entry[] = [];
    for (const [key, value] of entries) sorted.push([normaliseKey(key), value]);
    return MapValue.fromNormalised(sorted);
  }

  /** `{a 1 b 2}` from `[a, 1, b, 2]`. */
  static of(...keysAndValues: Value[]): MapValue {
    const entries: Entry[] = [];
    for (let i = 0; i + 1 < keysAndValues.length; i += 2) entries.push([keysAndValues[i]!, keysAndValues[i + 1]!]);
    return MapValue.from(entries);
  }

  /** Takes ownership of both; the keys must be normal, and each must stand before the next in canonical order. */
  static fromSorted(keys: Value[], values: Value[]): MapValue {
    return keys.length === 0 ? MapValue.EMPTY : new MapValue(build(keys, values));
  }

  private static fromNormalised(entries: Entry[]): MapValue {
    let ordered = true;
    for (let i = 1; i < entries.length && ordered; i++) ordered = compare(entries[i - 1]![0], entries[i]![0]) < 0;
    if (!ordered) {
      entries.sort((a, b) => compare(a[0], b[0])); // stable, so the last of equals stays last
      let kept = 0;
      for (let i = 0; i < entries.length; i++) {
        const [key, value] = entries[i]!;
        const next = entries[i + 1];
        if (next !== undefined && compare(key, next[0]) === 0) entries[i + 1] = [preferredKey(key, next[0]), next[1]];
        else entries[kept++] = [key, value];
      }
      entries.length = kept;
    }
    return MapValue.fromSorted(
      entries.map(([key]) => key),
      entries.map(([, value]) => value),
    );
  }

  /** The value, or undefined when the key is absent. */
  get(key: Value): Value | undefined {
    const leaf = leafOf(this.root, key);
    const index = find(leaf.keys, key);
    return index >= 0 ? leaf.values[index] : undefined;
  }

  has(key: Value): boolean {
    return this.get(key) !== undefined;
  }

  /** The entry as stored, or undefined. */
  find(key: Value): Entry | undefined {
    const leaf = leafOf(this.root, key);
    const index = find(leaf.keys, key);
    return index >= 0 ? [leaf.keys[index]!, leaf.values[index]!] : undefined;
  }

  set(key: Value, value: Value): MapValue {
    const root = withEntry(this.root, normaliseKey(key), value);
    return root === this.root ? this : new MapValue(root);
  }

  delete(key: Value): MapValue {
    const root = withoutKey(this.root, key);
    if (root === null) return MapValue.EMPTY;
    return root === this.root ? this : new MapValue(root);
  }

  /** Entries in canonical order. */
  [Symbol.iterator](): IterableIterator<Entry> {
    return new EntryIterator(this.root);
  }

  /** Walks key, value, key, value … in canonical order. */
  cursor(): Cursor {
    return new EntryCursor(this.root);
  }

  /** Walks the keys in canonical order. */
  keyCursor(): Cursor {
    return new KeyCursor(this.root);
  }

  /** Calls `visit` for each entry in canonical order; faster than the iterator. */
  forEach(visit: (value: Value, key: Value) => void): void {
    const leaves = new Leaves(this.root);
    for (let leaf = leaves.next(); leaf !== undefined; leaf = leaves.next()) {
      for (let i = 0; i < leaf.keys.length; i++) visit(leaf.values[i]!, leaf.keys[i]!);
    }
  }

  keys(): Value[] {
    const keys: Value[] = [];
    const leaves = new Leaves(this.root);
    for (let leaf = leaves.next(); leaf !== undefined; leaf = leaves.next()) for (const key of leaf.keys) keys.push(key);
    return keys;
  }

  values(): Value[] {
    const values: Value[] = [];
    const leaves = new Leaves(this.root);
    for (let leaf = leaves.next(); leaf !== undefined; leaf = leaves.next()) for (const value of leaf.values) values.push(value);
    return values;
  }
}

Object.defineProperty(MapValue.prototype, 'kind', { value: 'map' });

class EntryIterator implements IterableIterator<Entry> {
  private readonly cursor: EntryCursor;

  constructor(root: Node) {
    this.cursor = new EntryCursor(root);
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this;
  }

  next(): IteratorResult<Entry> {
    const key = this.cursor.next();
    return key === undefined ? { done: true, value: undefined } : { done: false, value: [key, this.cursor.next()!] };
  }
}
