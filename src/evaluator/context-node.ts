/**
 * The contexts of a tree as rows of one persistent map, from id to vector: a row is a value of the language, so forking
 * shares, and what a tree is made of can be written as it stands.
 *
 *   row = [mode isolation data entered view children size]
 *
 * N1  Parent, name and depth follow from the id (`context-id.ts`) and are not stored.
 * N2  `children` and `size` follow from the other rows and the data. They are kept at hand and never written to bytes.
 */
import { List } from '../value/list.ts';
import { type Entry, MapValue } from '../value/map.ts';
import { encodeMany } from '../value/bytes.ts';
import { type Keyword, keyword, type Value } from '../value/value.ts';
import { SetValue } from '../value/set.ts';
import { Vector } from '../value/vector.ts';
import type { Isolation } from './context.ts';
import { placeOf } from './context-id.ts';

/** How a context was begun: by `enterStep`, `createParallelContext` or `beginIsolated`. */
export type Mode = 'step' | 'parallel' | 'block';

export interface Node {
  readonly mode: Mode;
  readonly isolation: Isolation;
  /** Its own; the keys are keywords. */
  readonly data: MapValue;
  /** From name to how often it has been entered here. */
  readonly entered: MapValue;
  /**
   * The data of the contexts around it as they were when it was entered, the nearest first, as far as they were visible
   * from its parent. Null unless it is isolated or was told to keep them.
   */
  readonly view: List | null;
  /** The ids of the contexts that are alive right below it. */
  readonly children: SetValue;
  /** Of its own data, by `entrySizeBytes`. */
  readonly sizeBytes: number;
}

export function newNode(mode: Mode, isolation: Isolation, data: MapValue, view: List | null): Node {
  return { mode, isolation, data, entered: MapValue.empty(), view, children: SetValue.empty(), sizeBytes: dataSizeBytes(data) };
}

export function rowOf(node: Node): Vector {
  const { mode, isolation, data, entered, view, children, sizeBytes } = node;
  return Vector.of(keyword(mode), keyword(isolation), data, entered, view, children, sizeBytes);
}

export function nodeAt(contexts: MapValue, id: string): Node | undefined {
  const row = contexts.get(id) as Vector | undefined;
  if (row === undefined) return undefined;
  return {
    mode: (row.get(0) as Keyword).name as Mode,
    isolation: (row.get(1) as Keyword).name as Isolation,
    data: row.get(2) as MapValue,
    entered: row.get(3) as MapValue,
    view: row.get(4) as List | null,
    children: row.get(5) as SetValue,
    sizeBytes: row.get(6) as number,
  };
}

/** What one entry of a context counts: the length of the canonical document of its key and its value. */
export function entrySizeBytes(key: Value, value: Value): number {
  return encodeMany([key, value]).length;
}

export function dataSizeBytes(data: MapValue): number {
  let sum = 0;
  data.forEach((value, key) => {
    sum += entrySizeBytes(key, value);
  });
  return sum;
}

/** The value that is visible from the context; undefined when there is none. */
export function visibleFrom(contexts: MapValue, id: string, key: Value): Value | undefined {
  for (let at: string | undefined = id; at !== undefined; at = placeOf(at)?.parent) {
    const { data, isolation, view } = nodeAt(contexts, at)!;
    const own = data.get(key);
    if (own !== undefined || isolation === 'sandboxed') return own;
    if (isolation === 'isolated') return viewed(view!, key);
  }
  return undefined;
}

export function viewed(view: List, key: Value): Value | undefined {
  for (const data of view) {
    const value = (data as MapValue).get(key);
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * What is visible from the context now, as a view for a child: no data is copied. It takes as long as there are contexts
 * from here to the next one that is isolated or sandboxed, whatever is in them.
 */
export function captureView(contexts: MapValue, id: string): List {
  const seen: MapValue[] = [];
  let view = List.empty();
  for (let at: string | undefined = id; at !== undefined; at = placeOf(at)?.parent) {
    const node = nodeAt(contexts, at)!;
    seen.push(node.data);
    if (node.isolation === 'isolated') view = node.view!;
    if (node.isolation !== 'inherit') break;
  }
  return seen.reduceRight<List>((list, data) => list.cons(data), view);
}

/** How many contexts a view captured here has. */
export function viewSize(contexts: MapValue, id: string): number {
  let size = 0;
  for (let at: string | undefined = id; at !== undefined; at = placeOf(at)?.parent) {
    const node = nodeAt(contexts, at)!;
    size += 1;
    if (node.isolation === 'isolated') return size + node.view!.size;
    if (node.isolation === 'sandboxed') return size;
  }
  return size;
}

/** The data with the entries put in, and what that adds to its size. */
export function withEntries(data: MapValue, entries: readonly Entry[]): { readonly data: MapValue; readonly addedBytes: number } {
  let [result, addedBytes] = [data, 0];
  for (const [key, value] of entries) {
    const old = result.get(key);
    addedBytes += entrySizeBytes(key, value) - (old === undefined ? 0 : entrySizeBytes(key, old));
    result = result.set(key, value);
  }
  return { data: result, addedBytes };
}
