/**
 * Lists: sequences that are cheap to take apart and to extend at the front.
 *
 * A list is a chain of cells in front of a *view*: `rest` of a vector is a view that starts one further on, so walking
 * a vector with `first` and `rest` costs no copies, and `cons` costs one cell. All methods are iterative.
 */
import { type Cursor, CursorIterator } from './cursor.ts';
import type { Value } from './value.ts';
import { Vector } from './vector.ts';

export class List {
  declare readonly kind: 'list';
  readonly size: number;
  /** A cell: `head` in front of `tail`. Or, when `tail` is null, a view on `items` from `start`. */
  private readonly head: Value;
  private readonly tail: List | null;
  readonly items: Vector;
  readonly start: number;

  private static readonly EMPTY: List = new List(0, null, null, Vector.empty(), 0);

  private constructor(size: number, head: Value, tail: List | null, items: Vector, start: number) {
    this.size = size;
    this.head = head;
    this.tail = tail;
    this.items = items;
    this.start = start;
  }

  static empty(): List {
    return List.EMPTY;
  }

  /** Takes ownership of `items`. */
  static adopt(items: Value[]): List {
    return List.view(Vector.adopt(items), 0);
  }

  static of(...items: Value[]): List {
    return List.adopt(items);
  }

  /** The elements of `items` from index `start` on. O(1). */
  static view(items: Vector, start: number): List {
    if (start >= items.size) return List.EMPTY;
    return new List(items.size - start, null, null, items, start);
  }

  /** The first element, or undefined when there is none. */
  first(): Value | undefined {
    return this.tail !== null ? this.head : this.items.get(this.start);
  }

  /** All but the first; the empty list when there is nothing more. */
  rest(): List {
    return this.tail ?? List.view(this.items, this.start + 1);
  }

  cons(value: Value): List {
    return new List(this.size + 1, value, this, Vector.empty(), 0);
  }

  /** The element, or undefined when `index` is not an integer in [0, size). O(cells in front). */
  get(index: number): Value | undefined {
    if (!(index >= 0 && index < this.size)) return undefined;
    let list: List = this;
    let left = index;
    while (list.tail !== null) {
      if (left === 0) return list.head;
      left -= 1;
      list = list.tail;
    }
    return list.items.get(list.start + left);
  }

  /** A fresh array of the elements, which the caller owns. */
  toArray(): Value[] {
    if (this.tail === null) return this.items.toArray(this.start);
    const array: Value[] = [];
    const cursor = this.cursor();
    for (let value = cursor.next(); value !== undefined; value = cursor.next()) array.push(value);
    return array;
  }

  /** The same elements as a vector; O(1) when no cells are in front. */
  toVector(): Vector {
    return this.tail === null ? this.items.slice(this.start, this.items.size) : Vector.adopt(this.toArray());
  }

  cursor(): Cursor {
    return this.tail === null ? this.items.cursor(this.start) : new CellCursor(this);
  }

  [Symbol.iterator](): IterableIterator<Value> {
    return new CursorIterator(this.cursor());
  }

  /** For who walks cells: what is behind the first cell, or null when the list is a view. */
  behind(): List | null {
    return this.tail;
  }
}

Object.defineProperty(List.prototype, 'kind', { value: 'list' });

/** Walks the cells, then the view behind them. */
class CellCursor implements Cursor {
  private list: List;
  private view: Cursor | null = null;

  constructor(list: List) {
    this.list = list;
  }

  next(): Value | undefined {
    if (this.view !== null) return this.view.next();
    const behind = this.list.behind();
    if (behind === null) {
      this.view = this.list.cursor();
      return this.view.next();
    }
    const value = this.list.first();
    this.list = behind;
    return value;
  }
}
