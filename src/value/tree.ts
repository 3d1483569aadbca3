/**
 * The tree behind maps: a persistent B+tree in the canonical order of its keys, which must be normal (`key.ts`). All
 * changes copy the path that they touch. Every leaf has the same depth. A node has at most `NODE_MAX` entries or
 * children; but for the root it has at least 5, since filling in ascending order cuts full nodes unevenly (so that they
 * stay full) and removing joins what gets thinner than `NODE_MIN`.
 */
import type { Cursor } from './cursor.ts';
import { compare, preferredKey } from './order.ts';
import { Keyword, type Value } from './value.ts';

export const NODE_MAX = 32;
const NODE_MIN = 16;
/** Of a node that is cut at its end so many stay in the left half. */
const LEFT_FULL = 28;
/** Up to this many keys a search by reference goes first: it finds keywords and small integers at once. */
const SCAN_MAX = 8;

export interface Leaf {
  readonly leaf: true;
  readonly keys: readonly Value[];
  readonly values: readonly Value[];
}
export interface Branch {
  readonly leaf: false;
  /** The least key of each child. */
  readonly keys: readonly Value[];
  readonly children: readonly Node[];
  /** Entries below. */
  readonly size: number;
}
export type Node = Leaf | Branch;

export const EMPTY_LEAF: Leaf = { leaf: true, keys: [], values: [] };

/** The leaf that holds `key` if any does. */
export function leafOf(root: Node, key: Value): Leaf {
  let node = root;
  while (!node.leaf) node = node.children[childIndex(node.keys, key)]!;
  return node;
}

/** The tree with `key` at `value`; the tree itself when that is so already. */
export function withEntry(root: Node, key: Value, value: Value): Node {
  const result = insert(root, key, value);
  return result instanceof Split ? branch([result.left, result.right]) : result;
}

/** The tree without `key`; the tree itself when it is not there; null when nothing is left. */
export function withoutKey(root: Node, key: Value): Node | null {
  const result = remove(root, key);
  return result !== null && !result.leaf && result.children.length === 1 ? result.children[0]! : result;
}

class Split {
  readonly left: Node;
  readonly right: Node;
  constructor(left: Node, right: Node) {
    this.left = left;
    this.right = right;
  }
}

export function sizeOf(node: Node): number {
  return node.leaf ? node.keys.length : node.size;
}

function branch(children: readonly Node[]): Branch {
  let size = 0;
  const keys: Value[] = [];
  for (const child of children) {
    size += sizeOf(child);
    keys.push(child.keys[0]!);
  }
  return { leaf: false, keys, children, size };
}

/** Where `key` is in `keys`, or `~insertionPoint`. */
export function find(keys: readonly Value[], key: Value): number {
  if (keys.length <= SCAN_MAX) {
    for (let i = 0; i < keys.length; i++) if (keys[i] === key) return i;
  }
  const after = upperBound(keys, key);
  return after > 0 && isSameKey(keys[after - 1]!, key) ? after - 1 : ~after;
}

/** The child that holds `key` if there is one. `keys` are the least keys of the children. */
function childIndex(keys: readonly Value[], key: Value): number {
  const after = upperBound(keys, key);
  return after === 0 ? 0 : after - 1;
}

/** How many of the keys do not stand after `key`. The commonest kinds of keys are compared without a call. */
function upperBound(keys: readonly Value[], key: Value): number {
  if (typeof key === 'string') return upperBoundOfText(keys, key);
  if (typeof key === 'number') return upperBoundOfNumber(keys, key);
  if (key instanceof Keyword) return upperBoundOfKeyword(keys, key);
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(key, keys[middle]!) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function upperBoundOfNumber(keys: readonly Value[], key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = keys[middle]!;
    if (other === key) return middle + 1;
    if (typeof other === 'number' && key === key && other === other ? key < other : compare(key, other) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function upperBoundOfText(keys: readonly Value[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = keys[middle]!;
    if (typeof other === 'string' ? key < other : compare(key, other) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function upperBoundOfKeyword(keys: readonly Value[], key: Keyword): number {
  const { name } = key;
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = keys[middle]!;
    if (other === key) return middle + 1;
    if (other instanceof Keyword ? name < other.name : compare(key, other) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isSameKey(a: Value, b: Value): boolean {
  return a === b || compare(a, b) === 0;
}

function insert(node: Node, key: Value, value: Value): Node | Split {
  return node.leaf ? insertIntoLeaf(node, key, value) : insertIntoBranch(node, key, value);
}

function insertIntoLeaf(node: Leaf, key: Value, value: Value): Node | Split {
  const index = find(node.keys, key);
  if (index >= 0) {
    const before = node.keys[index]!;
    const kept = preferredKey(before, key);
    const keys = kept === before ? node.keys : replaceAt(node.keys, index, kept);
    if (keys === node.keys && node.values[index] === value && (value !== 0 || Object.is(node.values[index], value))) return node;
    return { leaf: true, keys, values: replaceAt(node.values, index, value) };
  }
  const at = ~index;
  const keys = insertAt(node.keys, at, key);
  const values = insertAt(node.values, at, value);
  if (keys.length <= NODE_MAX) return { leaf: true, keys, values };
  // Appending in order keeps leaves full; otherwise halves.
  const middle = at === keys.length - 1 ? LEFT_FULL : keys.length >>> 1;
  return new Split(
    { leaf: true, keys: keys.slice(0, middle), values: values.slice(0, middle) },
    { leaf: true, keys: keys.slice(middle), values: values.slice(middle) },
  );
}

function insertIntoBranch(node: Branch, key: Value, value: Value): Node | Split {
  const at = childIndex(node.keys, key);
  const child = node.children[at]!;
  const result = insert(child, key, value);
  if (result === child) return node;
  if (!(result instanceof Split)) {
    return withChildren(node, replaceAt(node.children, at, result), at);
  }
  const children = insertAt(node.children, at + 1, result.right);
  children[at] = result.left;
  if (children.length <= NODE_MAX) return branch(children);
  const middle = at >= children.length - 2 ? LEFT_FULL : children.length >>> 1;
  return new Split(branch(children.slice(0, middle)), branch(children.slice(middle)));
}

function insertAt<T>(array: readonly T[], index: number, item: T): T[] {
  const copy = new Array<T>(array.length + 1);
  for (let i = 0; i < index; i++) copy[i] = array[i]!;
  copy[index] = item;
  for (let i = index; i < array.length; i++) copy[i + 1] = array[i]!;
  return copy;
}

function replaceAt<T>(array: readonly T[], index: number, item: T): T[] {
  const copy = array.slice();
  copy[index] = item;
  return copy;
}

function removeAt<T>(array: readonly T[], index: number): T[] {
  const copy = new Array<T>(array.length - 1);
  for (let i = 0; i < index; i++) copy[i] = array[i]!;
  for (let i = index + 1; i < array.length; i++) copy[i - 1] = array[i]!;
  return copy;
}

/** The node without the key; the node itself when the key is not there; null when nothing is left. */
function remove(node: Node, key: Value): Node | null {
  if (node.leaf) {
    const index = find(node.keys, key);
    if (index < 0) return node;
    if (node.keys.length === 1) return null;
    return { leaf: true, keys: removeAt(node.keys, index), values: removeAt(node.values, index) };
  }
  const at = childIndex(node.keys, key);
  const child = node.children[at]!;
  const result = remove(child, key);
  if (result === child) return node;
  if (result === null) return node.children.length === 1 ? null : branch(removeAt(node.children, at));
  const children = replaceAt(node.children, at, result);
  if (width(result) >= NODE_MIN || children.length === 1) return withChildren(node, children, at);
  rebalance(children, at);
  return branch(children);
}

/** The branch with other children, of which only the one at `at` has changed. */
function withChildren(node: Branch, children: Node[], at: number): Branch {
  const least = children[at]!.keys[0]!;
  const keys = least === node.keys[at] ? node.keys : replaceAt(node.keys, at, least);
  return { leaf: false, keys, children, size: node.size + sizeOf(children[at]!) - sizeOf(node.children[at]!) };
}

function width(node: Node): number {
  return node.leaf ? node.keys.length : node.children.length;
}

/** Joins the thin child with a neighbour; shares evenly when both together are too wide for one node. */
function rebalance(children: Node[], at: number): void {
  const left = at > 0 ? at - 1 : at;
  const a = children[left]!;
  const b = children[left + 1]!;
  let joined: Node[];
  if (a.leaf && b.leaf) {
    const keys = a.keys.concat(b.keys);
    const values = a.values.concat(b.values);
    const middle = keys.length >>> 1;
    joined =
      keys.length <= NODE_MAX
        ? [{ leaf: true, keys, values }]
        : [
            { leaf: true, keys: keys.slice(0, middle), values: values.slice(0, middle) },
            { leaf: true, keys: keys.slice(middle), values: values.slice(middle) },
          ];
  } else {
    const all = (a as Branch).children.concat((b as Branch).children);
    const middle = all.length >>> 1;
    joined = all.length <= NODE_MAX ? [branch(all)] : [branch(all.slice(0, middle)), branch(all.slice(middle))];
  }
  children.splice(left, 2, ...joined);
}

export function build(allKeys: Value[], allValues: Value[]): Node {
  if (allKeys.length <= NODE_MAX) return { leaf: true, keys: allKeys, values: allValues };
  let level: Node[] = cut(allKeys.length, (start, end) => {
    return { leaf: true, keys: allKeys.slice(start, end), values: allValues.slice(start, end) };
  });
  while (level.length > 1) {
    const children = level;
    level = cut(children.length, (start, end) => branch(children.slice(start, end)));
  }
  return level[0]!;
}

/** Cuts 0…n into the fewest runs of at most NODE_MAX, of even width. */
function cut(n: number, make: (start: number, end: number) => Node): Node[] {
  const count = Math.ceil(n / NODE_MAX);
  const nodes: Node[] = [];
  for (let i = 0; i < count; i++) nodes.push(make(Math.floor((i * n) / count), Math.floor(((i + 1) * n) / count)));
  return nodes;
}

/** The leaves below a node, from left to right. */
export class Leaves {
  private readonly path: Branch[] = [];
  private readonly at: number[] = [];
  private first: Node | null;

  constructor(root: Node) {
    this.first = root;
  }

  next(): Leaf | undefined {
    let node = this.first ?? this.step();
    this.first = null;
    while (node !== undefined && !node.leaf) {
      this.path.push(node);
      this.at.push(0);
      node = this.step();
    }
    return node;
  }

  /** The next child that has not been entered; leaves the branches that are done. */
  private step(): Node | undefined {
    const { path, at } = this;
    while (path.length > 0) {
      const top = path.length - 1;
      const child = path[top]!.children[at[top]!++];
      if (child !== undefined) return child;
      path.pop();
      at.pop();
    }
    return undefined;
  }
}

export class KeyCursor implements Cursor {
  private readonly leaves: Leaves;
  private leaf: Leaf = EMPTY_LEAF;
  private at = 0;

  constructor(root: Node) {
    this.leaves = new Leaves(root);
  }

  next(): Value | undefined {
    if (this.at === this.leaf.keys.length) {
      this.leaf = this.leaves.next() ?? EMPTY_LEAF;
      this.at = 0;
    }
    return this.leaf.keys[this.at++];
  }
}

export class EntryCursor implements Cursor {
  private readonly leaves: Leaves;
  private leaf: Leaf = EMPTY_LEAF;
  private at = 0;
  private key = true;

  constructor(root: Node) {
    this.leaves = new Leaves(root);
  }

  next(): Value | undefined {
    if (!this.key) {
      this.key = true;
      return this.leaf.values[this.at++];
    }
    if (this.at === this.leaf.keys.length) {
      this.leaf = this.leaves.next() ?? EMPTY_LEAF;
      this.at = 0;
    }
    if (this.at === this.leaf.keys.length) return undefined;
    this.key = false;
    return this.leaf.keys[this.at];
  }
}
