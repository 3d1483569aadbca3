/** Walking collections without an object for every element: what the iterators of the language would cost. */
import type { Value } from './value.ts';

export interface Cursor {
  /** The next element; undefined at the end, and from then on. */
  next(): Value | undefined;
}

export class ArrayCursor<T = Value> {
  private readonly items: readonly T[];
  private at: number;
  private readonly end: number;

  constructor(items: readonly T[], start: number = 0, end: number = items.length) {
    this.items = items;
    this.at = start;
    this.end = end;
  }

  next(): T | undefined {
    return this.at < this.end ? this.items[this.at++] : undefined;
  }
}

/** A cursor for `for … of`. */
export class CursorIterator implements IterableIterator<Value> {
  private readonly cursor: Cursor;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  [Symbol.iterator](): IterableIterator<Value> {
    return this;
  }

  next(): IteratorResult<Value> {
    const value = this.cursor.next();
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }
}
