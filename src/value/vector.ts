/**
 * Vectors: persistent, indexable, cheap to append to, to slice and to walk.
 *
 * Two representations behind one face:
 * - *flat*: a slice `[offset, offset+size)` of a JavaScript array. Arrays are shared between vectors and may be longer
 *   than any one of them sees. `push` on the vector that ends exactly where its array ends appends in place: nobody
 *   else looks beyond their own end, so this is invisible and amortised O(1). Everybody else copies.
 * - *trie*: an Immutable.List, used when a large vector is changed in the middle, or appended to from an old version.
 *   A flat vector remembers its trie, so that changing the same old vector again and again does not copy it each time.
 */
import { List as Trie } from 'immutable';
import type { Value } from './value.ts';

/** Up to this size copying the array beats a trie. */
const FLAT_COPY_MAX = 64;

export class Vector {
  declare readonly kind: 'vector';
  readonly size: number;
  private readonly flat: Value[] | null;
  private readonly offset: number;
  private trie: Trie<Value> | null;

  private constructor(flat: Value[] | null, offset: number, size: number, trie: Trie<Value> | null) {
    this.flat = flat;
    this.offset = offset;
    this.size = size;
    this.trie = trie;
  }

  /** Takes ownership of `items`: the caller must not touch the array afterwards. */
  static adopt(items: Value[]): Vector {
    return items.length === 0 ? EMPTY_VECTOR : new Vector(items, 0, items.length, null);
  }

  static of(...items: Value[]): Vector {
    return Vector.adopt(items);
  }

  static empty(): Vector {
    return EMPTY_VECTOR;
  }

  /** The element, or undefined when `index` is not an integer in [0, size). */
  get(index: number): Value | undefined {
    if (!(index >= 0 && index < this.size)) return undefined;
    return this.flat !== null ? this.flat[this.offset + index] : this.trie!.get(index);
  }

  push(value: Value): Vector {
    const { flat, size } = this;
    if (flat !== null) {
      const end = this.offset + size;
      if (flat.length === end) {
        if (end === 0) return new Vector([value], 0, 1, null);
        flat.push(value);
        return new Vector(flat, this.offset, size + 1, null);
      }
      if (size < FLAT_COPY_MAX) {
        const copy = flat.slice(this.offset, end);
        copy.push(value);
        return new Vector(copy, 0, size + 1, null);
      }
    }
    return fromTrie(this.toTrie().push(value));
  }

  /** A vector with `index` changed; `index` must be in [0, size). */
  set(index: number, value: Value): Vector {
    const { flat, size } = this;
    if (flat !== null && size <= FLAT_COPY_MAX) {
      const copy = flat.slice(this.offset, this.offset + size);
      copy[index] = value;
      return new Vector(copy, 0, size, null);
    }
    return fromTrie(this.toTrie().set(index, value));
  }

  /** The elements in [start, end), which must be within the vector. O(1) for flat vectors. */
  slice(start: number, end: number): Vector {
    if (start >= end) return EMPTY_VECTOR;
    if (start === 0 && end === this.size) return this;
    if (this.flat !== null) return new Vector(this.flat, this.offset + start, end - start, null);
    return fromTrie(this.trie!.slice(start, end));
  }

  /** A fresh array of the elements, which the caller owns. */
  toArray(): Value[] {
    return this.flat !== null ? this.flat.slice(this.offset, this.offset + this.size) : this.trie!.toArray();
  }

  [Symbol.iterator](): IterableIterator<Value> {
    if (this.flat === null) return this.trie![Symbol.iterator]();
    return new FlatIterator(this.flat, this.offset, this.offset + this.size);
  }

  private toTrie(): Trie<Value> {
    this.trie ??= Trie(this.toArray());
    return this.trie;
  }

  /** Only for this file. */
  static ofTrie(trie: Trie<Value>): Vector {
    return new Vector(null, 0, trie.size, trie);
  }

  /** Only for this file. */
  static makeEmpty(): Vector {
    return new Vector([], 0, 0, null);
  }
}

Object.defineProperty(Vector.prototype, 'kind', { value: 'vector' });

class FlatIterator implements IterableIterator<Value> {
  private readonly items: Value[];
  private index: number;
  private readonly end: number;
  constructor(items: Value[], start: number, end: number) {
    this.items = items;
    this.index = start;
    this.end = end;
  }
  [Symbol.iterator](): IterableIterator<Value> {
    return this;
  }
  next(): IteratorResult<Value> {
    if (this.index >= this.end) return { done: true, value: undefined };
    return { done: false, value: this.items[this.index++]! };
  }
}

// The empty vector never owns its array: pushing to it makes a new one.
const EMPTY_VECTOR: Vector = Vector.makeEmpty();

function fromTrie(trie: Trie<Value>): Vector {
  return trie.size === 0 ? EMPTY_VECTOR : Vector.ofTrie(trie);
}
