/** Sets without history: the keys of a map whose values do not matter. Elements are met in canonical order. */
import { type Cursor, CursorIterator } from './cursor.ts';
import { type Entry, MapValue } from './map.ts';
import type { Value } from './value.ts';

export class SetValue {
  declare readonly kind: 'set';
  readonly map: MapValue;

  /** For who has a map in which every value is true; everybody else says `from`. */
  constructor(map: MapValue) {
    this.map = map;
  }

  static empty(): SetValue {
    return new SetValue(MapValue.empty()); // no constant: `map.ts` may not be loaded yet when this file is
  }

  static from(items: Iterable<Value>): SetValue {
    const entries: Entry[] = [];
    for (const item of items) entries.push([item, true]);
    return new SetValue(MapValue.from(entries));
  }

  static of(...items: Value[]): SetValue {
    return SetValue.from(items);
  }

  /** Takes ownership of `items`, which must be normal, each before the next in canonical order. */
  static fromSorted(items: Value[]): SetValue {
    return new SetValue(MapValue.fromSorted(items, new Array<Value>(items.length).fill(true)));
  }

  get size(): number {
    return this.map.size;
  }

  has(value: Value): boolean {
    return this.map.has(value);
  }

  /** The element as stored, or undefined. */
  get(value: Value): Value | undefined {
    return this.map.find(value)?.[0];
  }

  add(value: Value): SetValue {
    const map = this.map.set(value, true);
    return map === this.map ? this : new SetValue(map);
  }

  delete(value: Value): SetValue {
    const map = this.map.delete(value);
    return map === this.map ? this : new SetValue(map);
  }

  toArray(): Value[] {
    return this.map.keys();
  }

  cursor(): Cursor {
    return this.map.keyCursor();
  }

  [Symbol.iterator](): IterableIterator<Value> {
    return new CursorIterator(this.cursor());
  }
}

Object.defineProperty(SetValue.prototype, 'kind', { value: 'set' });
