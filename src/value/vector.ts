/**
 * Vectors: persistent, indexable, cheap to append to, to slice and to walk.
 *
 * Two representations behind one face:
 * - *flat*: a slice `[offset, offset+size)` of a JavaScript array. Arrays are shared between vectors and may be longer
 *   than any one of them sees. `push` on the vector that ends exactly where its array ends appends in place: nobody
 *   else looks beyond their own end, so this is invisible and amortised O(1). Everybody else copies.
 * - *trie*: a persistent tree (`trie.ts`), used when a large vector is changed in the middle, or appended to from an old
 *   version. A flat vector remembers its trie, so that changing the same old vector again and again does not copy it each time.
 *
 * What a vector keeps alive is bounded by its own size, so that nobody can hold much memory with little data: an array
 * that grows in place is left for a fresh one at every power of two, a slice of less than an eighth of its array is
 * copied, and so is one that is pushed to while most of what is in front of it is out of sight.
 */
import { ArrayCursor, type Cursor, CursorIterator } from './cursor.ts';
import { Trie } from './trie.ts';
import type { Value } from './value.ts';

/** Up to this size copying the array beats a trie. */
const FLAT_COPY_MAX = 64;
/** A slice may hide this many elements of its array for each one that it shows. */
const HIDDEN_MAX = 8;

export class Vector {
  declare readonly kind: 'vector';
  readonly size: number;
  readonly flat: Value[] | null;
  readonly offset: number;
  trie: Trie | null;
  /** Whether the array has been copied to push to it: the next time a trie is cheaper. */
  private moved = false;

  // Its array is nobody's: pushing to it makes a new one.
  private static readonly EMPTY: Vector = new Vector([], 0, 0, null);

  private constructor(flat: Value[] | null, offset: number, size: number, trie: Trie | null) {
    this.flat = flat;
    this.offset = offset;
    this.size = size;
    this.trie = trie;
  }

  /** Takes ownership of `items`: the caller must not touch the array afterwards. */
  static adopt(items: Value[]): Vector {
    return items.length === 0 ? Vector.EMPTY : new Vector(items, 0, items.length, null);
  }

  static of(...items: Value[]): Vector {
    return Vector.adopt(items);
  }

  static empty(): Vector {
    return Vector.EMPTY;
  }

  /** The element, or undefined when `index` is not an integer in [0, size). */
  get(index: number): Value | undefined {
    if (!(index >= 0 && index < this.size)) return undefined;
    if (this.flat !== null) return this.flat[this.offset + index];
    return Number.isInteger(index) ? this.trie!.get(index) : undefined;
  }

  push(value: Value): Vector {
    const { flat, offset, size } = this;
    if (flat !== null) {
      const end = offset + size;
      if (flat.length === end && mayGrow(offset, size)) {
        flat.push(value);
        return new Vector(flat, offset, size + 1, null);
      }
      if (size < FLAT_COPY_MAX || (flat.length === end && !this.moved)) {
        this.moved = true;
        // Where another vector has appended there is room for one more as it is; an array that grows makes room for sixteen.
        const copy = flat.slice(offset, end + 1);
        copy[size] = value;
        return new Vector(copy, 0, size + 1, null);
      }
    }
    return Vector.ofTrie(this.toTrie().push(value));
  }

  /** A vector with `index` changed; `index` must be in [0, size). */
  set(index: number, value: Value): Vector {
    const { flat, size } = this;
    if (flat !== null && size <= FLAT_COPY_MAX) {
      const copy = flat.slice(this.offset, this.offset + size);
      copy[index] = value;
      return new Vector(copy, 0, size, null);
    }
    return Vector.ofTrie(this.toTrie().set(index, value));
  }

  /** The elements in [start, end), which must be within the vector. O(1), or linear in what it yields when that is little. */
  slice(start: number, end: number): Vector {
    if (start >= end) return Vector.EMPTY;
    if (start === 0 && end === this.size) return this;
    const { flat, offset } = this;
    if (flat === null) return Vector.ofTrie(this.trie!.slice(start, end));
    const hidden = flat.length - (end - start);
    if (hidden > HIDDEN_MAX * (end - start)) return new Vector(flat.slice(offset + start, offset + end), 0, end - start, null);
    return new Vector(flat, offset + start, end - start, null);
  }

  /** A fresh array of the elements from `start` on, which the caller owns. */
  toArray(start: number = 0): Value[] {
    const { flat, offset, size } = this;
    if (flat !== null) return flat.slice(offset + start, offset + size);
    return this.trie!.toArray(start);
  }

  /** Walks the elements from `start` on. */
  cursor(start: number = 0): Cursor {
    const { flat, offset, size } = this;
    if (flat !== null) return new ArrayCursor(flat, offset + start, offset + size);
    return this.trie!.cursor(start);
  }

  [Symbol.iterator](): IterableIterator<Value> {
    return new CursorIterator(this.cursor());
  }

  private toTrie(): Trie {
    this.trie ??= Trie.from(this.toArray());
    return this.trie;
  }

  private static ofTrie(trie: Trie): Vector {
    return trie.size === 0 ? Vector.EMPTY : new Vector(null, 0, trie.size, trie);
  }
}

Object.defineProperty(Vector.prototype, 'kind', { value: 'vector' });

/** Whether the vector may append to its array, which ends where the vector ends. The empty vector's array is nobody's. */
export function mayGrow(offset: number, size: number): boolean {
  const end = offset + size;
  const isPowerOfTwo = (end & (end - 1)) === 0;
  return offset <= size && (!isPowerOfTwo || end < FLAT_COPY_MAX) && end > 0;
}
