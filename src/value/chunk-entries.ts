/** Maps and the nodes of their trees; the data of contexts, in which values can be fetched later. */
import * as tag from './bytes-tags.ts';
import { BRANCH, LEAF, SET_LEAF, STORED, TREE_MAP } from './chunk-format.ts';
import type { ChunkMemory, Known, KnownStore } from './chunk-memory.ts';
import { byPosition, type HeadWriter, type Part, Reference, Stretch } from './chunk-stretch.ts';
import type { MapValue } from './map.ts';
import type { Node } from './tree.ts';
import { Keyword, SymbolValue, type Value } from './value.ts';

/** How values are written in the data of contexts: those of `min` bytes and more can be fetched later. */
export interface DataSizes {
  readonly min: number;
  /** The bytes of a value's document. */
  bytesOf(value: Value): number;
  /** The name of the chunk that stands for a value, where the value itself is not here. */
  nameOf(value: Value): string | null;
}

/** A map; with `data`, that of a context. */
export class MapStretch extends Stretch {
  private readonly map: MapValue;
  private readonly store: KnownStore;
  private readonly root: NodeStretch;
  private done = false;

  constructor(map: MapValue, memory: ChunkMemory, data: DataSizes | null) {
    super();
    this.map = map;
    this.store = data === null ? memory.values : memory.data;
    this.root = new NodeStretch(map.root, false, memory, data);
  }

  override head(out: HeadWriter): void {
    if (this.map.root.leaf) out.sized(tag.MAP, this.map.size);
    else out.byte(TREE_MAP);
  }

  override next(): Part | undefined {
    if (this.map.root.leaf) return this.root.next();
    if (this.done) return undefined;
    this.done = true;
    return this.root;
  }

  override known(): Known | undefined {
    return this.store.get(this.map);
  }

  override remember(known: Known): void {
    this.store.set(this.map, known);
  }

  override boundary(count: number): number {
    return this.map.root.leaf ? this.root.boundary(count) : -1;
  }
}

export class NodeStretch extends Stretch {
  private readonly node: Node;
  private readonly isSet: boolean;
  private readonly memory: ChunkMemory;
  private readonly data: DataSizes | null;
  private readonly store: KnownStore;
  private at = 0;

  constructor(node: Node, isSet: boolean, memory: ChunkMemory, data: DataSizes | null) {
    super();
    this.node = node;
    this.isSet = isSet;
    this.memory = memory;
    this.data = data;
    this.store = data === null ? memory.runs : memory.data;
  }

  override head(out: HeadWriter): void {
    out.byte(!this.node.leaf ? BRANCH : this.isSet ? SET_LEAF : LEAF);
    out.varint(this.node.keys.length);
  }

  override next(): Part | undefined {
    const at = this.at++;
    const { node, isSet, data } = this;
    if (!node.leaf) {
      const child = node.children[at];
      return child === undefined ? undefined : new NodeStretch(child, isSet, this.memory, data);
    }
    if (isSet) return node.keys[at];
    if ((at & 1) === 0) return node.keys[at >> 1];
    const value = node.values[at >> 1]!;
    const bytes = data?.bytesOf(value) ?? 0;
    const name = data?.nameOf(value) ?? null;
    if (name !== null) return new StoredStretch(new Reference(name), bytes);
    return data !== null && bytes >= data.min ? new StoredStretch(value, bytes) : value;
  }

  override known(): Known | undefined {
    return this.store.get(this.node);
  }

  override remember(known: Known): void {
    this.store.set(this.node, known);
  }

  override boundary(count: number): number {
    const isEntry = this.node.leaf && !this.isSet;
    if (isEntry && (count & 1) === 1) return -1;
    return byKey(this.node.keys[(isEntry ? count >> 1 : count) - 1]!, count);
  }
}

/** A value that can be fetched later. */
class StoredStretch extends Stretch {
  private value: Part | undefined;
  private readonly bytes: number;
  private readonly isAway: boolean;

  constructor(value: Part, bytes: number) {
    super();
    this.value = value;
    this.isAway = value instanceof Reference;
    this.bytes = bytes;
  }

  override head(out: HeadWriter): void {
    out.byte(STORED);
    out.varint(this.bytes);
  }

  override next(): Part | undefined {
    const { value } = this;
    this.value = undefined;
    return value;
  }

  override get cutting(): 'inside' | 'never' {
    return this.isAway ? 'never' : 'inside';
  }
}

const HASH_START = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

/** Bits that depend on nothing but the key, where it is a short word or a number; whoever chooses keys badly gets larger or smaller groups. */
function byKey(key: Value, count: number): number {
  const text = typeof key === 'string' ? key : key instanceof Keyword || key instanceof SymbolValue ? key.name : null;
  if (text === null && typeof key !== 'number') return byPosition(count);
  let hash = HASH_START;
  if (text === null) hash = Math.imul(hash ^ (key as number), HASH_PRIME);
  else for (let i = Math.max(0, text.length - KEY_UNITS); i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), HASH_PRIME);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) & 0xff;
}

/** Of a long key the last units are looked at. */
const KEY_UNITS = 64;
