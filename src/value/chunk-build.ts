/** Putting values together from what chunks hold: the checks that need to know the parts. */
import type { DecodeOptions } from './bytes-decode.ts';
import { arrayPlace, type ChunkMemory } from './chunk-memory.ts';
import { CELLS } from './chunk-elements.ts';
import { List } from './list.ts';
import { MapValue } from './map.ts';
import { Comparison } from './order.ts';
import { SetValue } from './set.ts';
import { type Branch, type Leaf, type Node, sizeOf } from './tree.ts';
import { Closure, ErrorValue, Float, Keyword, type Value } from './value.ts';
import { Vector } from './vector.ts';

export type Kind = 'vector' | 'list' | 'map' | 'set' | 'error' | 'closure' | 'tree-map' | 'tree-set' | 'leaf' | 'set-leaf' | 'branch' | 'record' | 'stored';

/** What may be the part of a record: a record of that kind, or nil; the data of a context, or any value; any value. */
export type RecordPart = number | 'data' | 'value';

export interface RecordRules {
  /** The kind of the root; null for a value. */
  readonly root: number | null;
  partOf(kind: number, index: number): RecordPart;
}

/** What is no value, and stands only in certain places. */
abstract class Special {}

class NodeItem extends Special {
  readonly node: Node;
  readonly isSet: boolean;
  /** Levels below it. */
  readonly height: number;
  readonly isData: boolean;
  readonly last: Value;

  constructor(node: Node, isSet: boolean, height: number, isData: boolean, last: Value) {
    super();
    this.node = node;
    this.isSet = isSet;
    this.height = height;
    this.isData = isData;
    this.last = last;
  }
}

class RecordItem extends Special {
  readonly kind: number;
  readonly value: Vector;

  constructor(kind: number, value: Vector) {
    super();
    this.kind = kind;
    this.value = value;
  }
}

/** A map in which something can be fetched later. */
class DataItem extends Special {
  readonly map: MapValue;

  constructor(map: MapValue) {
    super();
    this.map = map;
  }
}

class StoredItem extends Special {
  readonly value: Value;

  constructor(value: Value) {
    super();
    this.value = value;
  }
}

/** All items of a chunk. */
export class Run {
  readonly hash: string;
  readonly items: readonly Item[];
  /** With those of the runs among them. */
  readonly count: number;

  constructor(hash: string, items: readonly Item[], count: number) {
    this.hash = hash;
    this.items = items;
    this.count = count;
  }

  /** What it is to those who contain it: the one item that it holds, but records keep the name of their chunk. */
  get item(): Item {
    const [item] = this.items;
    return this.count === 1 && item !== undefined && !(item instanceof RecordItem) ? item : this;
  }
}

export type Item = Value | Special | Run;

/** Why parts do not make anything. */
export class Problem extends Special {
  readonly message: string;
  constructor(message: string) {
    super();
    this.message = message;
  }
}

/** The items from `start` on that a chunk gave. */
export interface Span {
  readonly start: number;
  readonly count: number;
  readonly hash: string;
}

export interface BuildOptions extends Pick<DecodeOptions, 'resolveCode' | 'captureCount'> {
  readonly records: RecordRules;
  readonly memory: ChunkMemory;
}

interface Detail {
  readonly detail: number;
  readonly group: string;
}

export class Builder {
  readonly spans: Map<Vector, Span[]> = new Map();
  readonly stored: { readonly value: Value; readonly bytes: number }[] = [];
  private readonly options: BuildOptions;
  private readonly comparison = new Comparison();
  /** Collections and nodes that hold -0.0, so that they cannot be in keys. */
  private readonly abnormal = new Set<object>();
  /** The lists that begin where runs begin. */
  private readonly lists = new Map<Run, List>();

  constructor(options: BuildOptions) {
    this.options = options;
  }

  build(kind: Kind, items: readonly Item[], { detail, group }: Detail): Item {
    switch (kind) {
      case 'vector':
        return this.vector(items);
      case 'list':
        return this.list(items);
      case 'error':
        return this.error(items);
      case 'closure':
        return this.closure(items, group, detail);
      case 'map':
      case 'leaf':
        return this.entries(kind, items);
      case 'set':
      case 'set-leaf':
        return this.elements(kind, items);
      case 'branch':
        return this.branch(items);
      case 'tree-map':
      case 'tree-set':
        return this.tree(items[0]!, kind === 'tree-set');
      case 'record':
        return this.record(items, detail);
      case 'stored':
        return this.storedValue(items, detail);
    }
  }

  /** The root's record as a vector, or its value, if that is all that the run is; undefined otherwise. */
  rootOf({ items, count }: Run): Value | undefined {
    const [item] = items;
    const { root } = this.options.records;
    if (count !== 1 || item === undefined || item instanceof Run) return undefined;
    if (item instanceof RecordItem) return item.kind === root ? item.value : undefined;
    return root !== null || item instanceof Special ? undefined : item;
  }

  /** What stands for a value that stays where it is. */
  away(value: Value): Item {
    return new StoredItem(value);
  }

  /** Keeps in mind of which chunk something is all. */
  note({ hash, items, count }: Run): void {
    const [item] = items;
    if (count !== 1 || item === undefined || item instanceof Run) return;
    const { memory } = this.options;
    if (typeof item === 'string') memory.setText(item, hash);
    if (typeof item !== 'object' || item === null) return;
    if (item instanceof NodeItem) {
      memory.data.set(item.node, hash);
      if (!item.isData) memory.runs.set(item.node, hash);
    } else if (item instanceof DataItem) memory.data.set(item.map, hash);
    else if (!(item instanceof Special)) {
      memory.values.set(item, hash);
      if (item instanceof MapValue) memory.data.set(item, hash);
    }
  }

  // --- sequences -----------------------------------------------------------------------------------------------------

  private vector(items: readonly Item[]): Item {
    const values = plain(items);
    if (values instanceof Problem) return values;
    const vector = Vector.adopt(values);
    this.judge(vector, values);
    if (items.some((item) => item instanceof Run)) this.noteSpans(vector, values, items);
    return vector;
  }

  /** Stretches of the array that are chunks, and from its beginning what may be a chunk with something before it. */
  private noteSpans(vector: Vector, values: readonly Value[], items: readonly Item[]): void {
    const prefixes: Span[] = [];
    for (const span of spansOf(items)) {
      if (span.start === 0) prefixes.push(span);
      for (let level = 0, width = 32; width <= span.count; level++, width *= 32) {
        if (width === span.count && span.start % width === 0) this.options.memory.setArray(values, arrayPlace(level, span.start / width), span.hash);
      }
    }
    if (prefixes.length > 0) this.spans.set(vector, prefixes);
  }

  /** A list whose text ends with runs of cells has these cells again, once for all lists that share them. */
  private list(items: readonly Item[]): Item {
    const outer: (readonly Item[])[] = [];
    const runs: Run[] = [];
    let list: List | undefined;
    let inner = items;
    for (let run = cellsBehind(inner); run !== null && list === undefined; run = cellsBehind(inner)) {
      outer.push(inner.slice(0, -1));
      runs.push(run);
      inner = run.items;
      list = this.lists.get(run);
    }
    if (list === undefined) {
      const vector = this.vector(inner);
      if (!(vector instanceof Vector)) return vector;
      list = List.view(vector, 0);
      if (this.abnormal.has(vector)) this.abnormal.add(list);
    }
    for (let i = outer.length - 1; i >= 0; i--) {
      this.lists.set(runs[i]!, list);
      this.options.memory.runs.set(list, runs[i]!.hash);
      const cells = plain(outer[i]!);
      if (cells instanceof Problem) return cells;
      const isNormal = !this.abnormal.has(list);
      for (let j = cells.length - 1; j >= 0; j--) list = list.cons(cells[j]!);
      if (isNormal) this.judge(list, cells);
      else this.abnormal.add(list);
    }
    return list;
  }

  private judge(collection: object, values: readonly Value[]): void {
    if (values.some((value) => this.isAbnormal(value))) this.abnormal.add(collection);
  }

  private isAbnormal(value: Value): boolean {
    if (typeof value !== 'object' || value === null) return false;
    return value instanceof Float ? Object.is(value.value, -0) : this.abnormal.has(value);
  }

  private error(items: readonly Item[]): Item {
    const values = plain(items);
    if (values instanceof Problem) return values;
    const [type, message, data, span, stack] = values;
    if (type instanceof Keyword && typeof message === 'string') return new ErrorValue(type, message, data!, span!, stack!);
    return new Problem('an error has no proper type and message');
  }

  private closure(items: readonly Item[], group: string, unit: number): Item {
    const values = plain(items);
    if (values instanceof Problem) return values;
    const code = this.options.resolveCode?.(group, unit) ?? null;
    if (code === null) return new Problem(`unknown code: unit ${unit} of ${group}`);
    if (values.length !== (this.options.captureCount?.(code) ?? values.length)) return new Problem('a closure captures another number of values than its code');
    return new Closure(code, values);
  }

  // --- entries -------------------------------------------------------------------------------------------------------

  private entries(kind: 'map' | 'leaf', items: readonly Item[]): Item {
    const keys: Value[] = [];
    const values: Value[] = [];
    let isData = false;
    for (const [at, item] of flatten(items).entries()) {
      if (at % 2 === 1 && item instanceof StoredItem) {
        isData = true;
        values.push(item.value);
      } else if (item instanceof Special) return misplaced();
      else (at % 2 === 0 ? keys : values).push(item);
    }
    const problem = this.keysProblem(keys);
    if (problem !== null) return problem;
    if (keys.length === 0) return MapValue.empty();
    const leaf: Leaf = { leaf: true, keys, values };
    this.judge(leaf, values);
    return kind === 'leaf' ? new NodeItem(leaf, false, 0, isData, keys[keys.length - 1]!) : this.mapOf(leaf, isData);
  }

  private elements(kind: 'set' | 'set-leaf', items: readonly Item[]): Item {
    const keys = plain(items);
    if (keys instanceof Problem) return keys;
    const problem = this.keysProblem(keys);
    if (problem !== null) return problem;
    if (keys.length === 0) return SetValue.empty();
    const leaf: Leaf = { leaf: true, keys, values: new Array<Value>(keys.length).fill(true) };
    return kind === 'set-leaf' ? new NodeItem(leaf, true, 0, false, keys[keys.length - 1]!) : new SetValue(new MapValue(leaf));
  }

  private keysProblem(keys: readonly Value[]): Problem | null {
    for (let i = 0; i < keys.length; i++) {
      if (this.isAbnormal(keys[i]!)) return new Problem('a key holds -0.0');
      if (i > 0 && this.comparison.compare(keys[i - 1]!, keys[i]!) >= 0) return new Problem('keys are not in order');
    }
    return null;
  }

  private branch(items: readonly Item[]): Item {
    const children: NodeItem[] = [];
    for (const item of flatten(items)) {
      if (!(item instanceof NodeItem)) return new Problem('what is below a branch is no node');
      children.push(item);
    }
    const [first] = children;
    if (first === undefined || children.length < 2) return new Problem('a branch has one child');
    if (children.some(({ height, isSet }) => height !== first.height || isSet !== first.isSet)) return new Problem('the leaves of a tree are not alike');
    const keys = children.map(({ node }) => node.keys[0]!);
    for (let i = 1; i < children.length; i++) if (this.comparison.compare(children[i - 1]!.last, keys[i]!) >= 0) return new Problem('keys are not in order');
    const nodes = children.map(({ node }) => node);
    const branch: Branch = { leaf: false, keys, children: nodes, size: nodes.reduce((sum, node) => sum + sizeOf(node), 0) };
    if (nodes.some((node) => this.abnormal.has(node))) this.abnormal.add(branch);
    return new NodeItem(branch, first.isSet, first.height + 1, children.some(({ isData }) => isData), children[children.length - 1]!.last);
  }

  private tree(item: Item, isSet: boolean): Item {
    if (!(item instanceof NodeItem) || item.node.leaf || item.isSet !== isSet) return new Problem('a tree has no proper root');
    return isSet ? new SetValue(new MapValue(item.node)) : this.mapOf(item.node, item.isData);
  }

  private mapOf(root: Node, isData: boolean): Item {
    const map = new MapValue(root);
    if (this.abnormal.has(root)) this.abnormal.add(map);
    return isData ? new DataItem(map) : map;
  }

  // --- records -------------------------------------------------------------------------------------------------------

  private record(items: readonly Item[], kind: number): Item {
    const values: Value[] = [];
    for (const item of flatten(items)) {
      const part = this.options.records.partOf(kind, values.length);
      if (item instanceof RecordItem && item.kind === part) values.push(item.value);
      else if (item instanceof DataItem && part === 'data') values.push(item.map);
      else if (item instanceof Special || (typeof part === 'number' && item !== null)) return misplaced();
      else values.push(item);
    }
    const vector = Vector.adopt(values);
    const spans = spansOf(items);
    if (spans.length > 0) this.spans.set(vector, spans);
    return new RecordItem(kind, vector);
  }

  private storedValue(items: readonly Item[], bytes: number): Item {
    const values = plain(items);
    if (values instanceof Problem) return values;
    this.stored.push({ value: values[0]!, bytes });
    return new StoredItem(values[0]!);
  }
}

function misplaced(): Problem {
  return new Problem('something stands where it cannot stand');
}

/** The run that the items end with, if they look like cells of a list in front of it. */
function cellsBehind(items: readonly Item[]): Run | null {
  const last = items[items.length - 1];
  const isCells = last instanceof Run && items.length > 1 && items.length <= CELLS + 1 && !items.slice(0, -1).some((item) => item instanceof Run);
  return isCells ? last : null;
}

/** The items with those of runs in their places, as an array that the caller owns. */
function flatten(items: readonly Item[]): Exclude<Item, Run>[] {
  const flat: Exclude<Item, Run>[] = [];
  walk(items, (item) => void flat.push(item), () => {});
  return flat;
}

/** The runs among the items, and those inside of them. */
function spansOf(items: readonly Item[]): Span[] {
  const spans: Span[] = [];
  let start = 0;
  walk(items, () => (start += 1), ({ count, hash }) => void spans.push({ start, count, hash }));
  return spans;
}

function walk(items: readonly Item[], visit: (item: Exclude<Item, Run>) => void, enter: (run: Run) => void): void {
  const stack = [{ items, at: 0 }];
  for (let top = stack[0]; top !== undefined; top = stack[stack.length - 1]) {
    if (top.at === top.items.length) {
      stack.pop();
      continue;
    }
    const item = top.items[top.at++]!;
    if (item instanceof Run) {
      enter(item);
      stack.push({ items: item.items, at: 0 });
    } else visit(item);
  }
}

/** The items as values, if they are nothing else. */
function plain(items: readonly Item[]): Value[] | Problem {
  const flat = flatten(items);
  for (const item of flat) if (item instanceof Special) return misplaced();
  return flat as Value[];
}
