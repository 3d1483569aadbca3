/**
 * A persistent array: a tree of nodes of 32, in which changing one element copies the few nodes above it. What large
 * vectors become when they are changed in the middle. (Immutable's List does the same and weighs more than the whole
 * kernel's machine; see `bench/NOTES.md`.)
 *
 * A trie shows the elements [start, end) of its tree. Slices share the tree; a slice that hides much more than it shows
 * is built anew, so that little data never holds much memory.
 */
import type { Cursor } from './cursor.ts';
import type { Value } from './value.ts';

export const BITS = 5;
const WIDTH = 1 << BITS;
const MASK = WIDTH - 1;
/** A slice may hide this many elements for each one that it shows. */
const HIDDEN_MAX = 8;

/** Elements at the bottom (`shift` 0), nodes above. */
export type Node = readonly (Value | Node)[];

export class Trie {
  readonly size: number;
  readonly start: number;
  readonly root: Node;
  readonly shift: number;
  /** How many places of the tree are filled, in sight or not. */
  private readonly held: number;

  private constructor(root: Node, shift: number, start: number, size: number, held: number) {
    this.root = root;
    this.shift = shift;
    this.start = start;
    this.size = size;
    this.held = held;
  }

  static from(items: readonly Value[]): Trie {
    let level: Node[] = [];
    for (let i = 0; i < items.length; i += WIDTH) level.push(items.slice(i, i + WIDTH));
    let shift = 0;
    while (level.length > 1) {
      const next: Node[] = [];
      for (let i = 0; i < level.length; i += WIDTH) next.push(level.slice(i, i + WIDTH) as unknown as Node);
      level = next;
      shift += BITS;
    }
    return new Trie(level[0] ?? [], shift, 0, items.length, items.length);
  }

  /** The element at an index in [0, size). */
  get(index: number): Value {
    const at = this.start + index;
    let node = this.root;
    for (let shift = this.shift; shift > 0; shift -= BITS) node = node[(at >>> shift) & MASK] as Node;
    return node[at & MASK] as Value;
  }

  /** With another element at an index in [0, size). */
  set(index: number, value: Value): Trie {
    const root = store(this.root, this.shift, this.start + index, value);
    return new Trie(root, this.shift, this.start, this.size, this.held);
  }

  push(value: Value): Trie {
    const end = this.start + this.size;
    const full = end >>> this.shift === WIDTH;
    const root = full ? [this.root] : this.root;
    const shift = full ? this.shift + BITS : this.shift;
    return new Trie(store(root, shift, end, value), shift, this.start, this.size + 1, Math.max(this.held, end + 1));
  }

  /** The elements in [from, to), which must be within the trie. */
  slice(from: number, to: number = this.size): Trie {
    const size = to - from;
    if (this.held - size > HIDDEN_MAX * size) return Trie.from(this.toArray(from, to));
    return new Trie(this.root, this.shift, this.start + from, size, this.held);
  }

  /** A fresh array of the elements in [from, to). */
  toArray(from: number = 0, to: number = this.size): Value[] {
    const items = new Array<Value>(to - from);
    for (let at = this.start + from, i = 0; i < items.length; ) {
      const leaf = this.leaf(at);
      for (let j = at & MASK; j < WIDTH && i < items.length; j++, at++) items[i++] = leaf[j] as Value;
    }
    return items;
  }

  /** Walks the elements from `from` on. */
  cursor(from: number = 0): Cursor {
    return new TrieCursor((at) => this.leaf(at), this.start + from, this.start + this.size);
  }

  private leaf(at: number): Node {
    let node = this.root;
    for (let shift = this.shift; shift > 0; shift -= BITS) node = node[(at >>> shift) & MASK] as Node;
    return node;
  }
}

/** The node with `value` at the place `at`, which may be one beyond what it has. As deep as the tree: seven at most. */
function store(node: Node, shift: number, at: number, value: Value): Node {
  const copy = node.slice();
  const index = (at >>> shift) & MASK;
  copy[index] = shift === 0 ? value : store((node[index] as Node | undefined) ?? [], shift - BITS, at, value);
  return copy;
}

class TrieCursor implements Cursor {
  private readonly leafAt: (at: number) => Node;
  private leaf: Node = [];
  private at: number;
  private readonly end: number;

  constructor(leafAt: (at: number) => Node, start: number, end: number) {
    this.leafAt = leafAt;
    this.at = start;
    this.end = end;
    if (start < end) this.leaf = leafAt(start);
  }

  next(): Value | undefined {
    if (this.at >= this.end) return undefined;
    const value = this.leaf[this.at & MASK] as Value;
    this.at += 1;
    if ((this.at & MASK) === 0 && this.at < this.end) this.leaf = this.leafAt(this.at);
    return value;
  }
}
