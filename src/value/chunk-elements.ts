/** The elements of vectors and lists as they are kept: aligned stretches of arrays, nodes of tries, runs of cells. */
import { arrayPlace, type ChunkMemory, type Known } from './chunk-memory.ts';
import { byPosition, type Part, type Parts, Stretch } from './chunk-stretch.ts';
import type { List } from './list.ts';
import { BITS, type Node as TrieNode } from './trie.ts';
import type { Value } from './value.ts';
import type { Vector } from './vector.ts';

/** The elements from `from` on, in aligned stretches: what is appended or changed moves no boundary. */
export function elements(vector: Vector, from: number, memory: ChunkMemory): Stretch {
  const { flat, trie } = vector;
  if (flat !== null) {
    const start = vector.offset + from;
    const end = vector.offset + vector.size;
    let level = 0;
    while (indexAt(start, level) !== indexAt(end - 1, level)) level += 1;
    return new ArrayRun(memory, flat, { level, index: indexAt(start, level), from: start, to: end });
  }
  const { root, shift, start, size } = trie!;
  let node = root;
  let level = shift / BITS;
  const range = { from: start + from, to: start + size };
  for (; level > 0 && indexAt(range.from, level - 1) === indexAt(range.to - 1, level - 1); level--) node = node[indexAt(range.from, level - 1) & MASK] as TrieNode;
  return new TrieRun(memory, node, { level, index: indexAt(range.from, level), ...range });
}

const MASK = (1 << BITS) - 1;

/** Which stretch of 32^(level + 1) elements the place is in. */
function indexAt(place: number, level: number): number {
  return Math.floor(place / widthOf(level));
}

function widthOf(level: number): number {
  let width = 1 << BITS;
  for (let at = 0; at < level; at++) width *= 1 << BITS;
  return width;
}

/** The `index`th stretch of 32^(level + 1) elements, as far as it is inside of `from` to `to`. */
interface RunPlace {
  readonly level: number;
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

abstract class Run extends Stretch {
  protected readonly memory: ChunkMemory;
  protected readonly place: RunPlace;
  /** How many parts of the whole array are before its own, those out of sight included. */
  private readonly before: number;
  private at: number;
  private readonly end: number;
  /** Whether all of it is in sight: then nothing can be added to it any more. */
  protected readonly isWhole: boolean;

  constructor(memory: ChunkMemory, place: RunPlace) {
    super();
    const width = widthOf(place.level);
    this.memory = memory;
    this.place = place;
    this.at = Math.max(place.from, place.index * width);
    this.before = place.level === 0 ? this.at : indexAt(this.at, place.level - 1);
    this.end = Math.min(place.to, (place.index + 1) * width);
    this.isWhole = this.end - this.at === width;
  }

  override next(): Part | undefined {
    if (this.at >= this.end) return undefined;
    const { level } = this.place;
    if (level === 0) return this.element(this.at++);
    const index = indexAt(this.at, level - 1);
    this.at = (index + 1) * widthOf(level - 1);
    return this.below({ ...this.place, level: level - 1, index });
  }

  override boundary(count: number): number {
    return byPosition(this.before + count);
  }

  protected abstract element(at: number): Value;
  protected abstract below(place: RunPlace): Run;
}

class ArrayRun extends Run {
  private readonly items: readonly Value[];

  constructor(memory: ChunkMemory, items: readonly Value[], place: RunPlace) {
    super(memory, place);
    this.items = items;
  }

  override known(): Known | undefined {
    return this.isWhole ? this.memory.array(this.items, arrayPlace(this.place.level, this.place.index)) : undefined;
  }

  override remember(known: Known): void {
    if (this.isWhole) this.memory.setArray(this.items, arrayPlace(this.place.level, this.place.index), known);
  }

  protected element(at: number): Value {
    return this.items[at]!;
  }

  protected below(place: RunPlace): Run {
    return new ArrayRun(this.memory, this.items, place);
  }
}

class TrieRun extends Run {
  private readonly node: TrieNode;

  constructor(memory: ChunkMemory, node: TrieNode, place: RunPlace) {
    super(memory, place);
    this.node = node;
  }

  override known(): Known | undefined {
    return this.isWhole ? this.memory.runs.get(this.node) : undefined;
  }

  override remember(known: Known): void {
    if (this.isWhole) this.memory.runs.set(this.node, known);
  }

  protected element(at: number): Value {
    return this.node[at & MASK] as Value;
  }

  protected below(place: RunPlace): Run {
    return new TrieRun(this.memory, this.node[place.index & MASK] as TrieNode, place);
  }
}

/** So many cells of a list, or frames, make one run. */
export const CELLS = 8;

/** The elements of a list: each run of cells ends with the next one, so that what is put in front leaves the rest as it is. */
export class Cells implements Parts {
  private readonly first: List;
  private readonly memory: ChunkMemory;
  private list: List | null;

  constructor(list: List, memory: ChunkMemory) {
    this.first = list;
    this.memory = memory;
    this.list = list;
  }

  next(): Part | undefined {
    const { list } = this;
    if (list === null) return undefined;
    const behind = list.behind();
    if (behind !== null && (list === this.first || list.size % CELLS !== 0)) {
      this.list = behind;
      return list.first();
    }
    this.list = null;
    if (list !== this.first) return list.size === 0 ? undefined : new CellRun(list, this.memory);
    return list.size === 0 ? undefined : elements(list.items, list.start, this.memory);
  }
}

class CellRun extends Stretch {
  private readonly list: List;
  private readonly memory: ChunkMemory;
  private readonly cells: Cells;

  constructor(list: List, memory: ChunkMemory) {
    super();
    this.list = list;
    this.memory = memory;
    this.cells = new Cells(list, memory);
  }

  override next(): Part | undefined {
    return this.cells.next();
  }

  override known(): Known | undefined {
    return this.memory.runs.get(this.list);
  }

  override remember(known: Known): void {
    this.memory.runs.set(this.list, known);
  }
}
