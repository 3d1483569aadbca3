/**
 * What has been written as chunks already, by identity: values and their parts never change, so what was one chunk once
 * is the same chunk for ever. It holds nothing alive, but for a bounded number of names and of long strings.
 */
import type { Value } from './value.ts';

/** A place in a text where a name belongs: that of a chunk, or of a group of code. */
export interface Mark {
  readonly at: number;
  readonly hash: string;
  readonly isGroup: boolean;
}

/** A short text with references. */
export interface Snippet {
  readonly bytes: Uint8Array;
  readonly marks: readonly Mark[];
}

/** How something was written: as a chunk of that name, or, when that is shorter, in place. */
export type Known = string | Snippet;

export type KnownStore = WeakMap<object, Known>;

/** Names of chunks, and strings, of two generations: the older one goes when the younger one is full. */
const NAMES_MAX = 65_536;
const TEXT_UNITS_MAX = 8 * 1024 * 1024;

export class ChunkMemory {
  /** Values. */
  readonly values: KnownStore = new WeakMap();
  /** What is written without a beginning of its own: nodes of trees, the rest of a list from a cell on. */
  readonly runs: KnownStore = new WeakMap();
  /** Nodes and maps of the data of contexts, which are written in their own way. */
  readonly data: KnownStore = new WeakMap();
  /** Stretches of arrays that only ever grow, by `arrayPlace`. */
  private readonly arrays = new WeakMap<readonly Value[], Map<number, Known>>();
  private readonly texts = new Recent<string>(TEXT_UNITS_MAX);
  private readonly sizes = new Recent<number>(TEXT_UNITS_MAX);
  private readonly told = new Recent<true>(NAMES_MAX);

  array(items: readonly Value[], place: number): Known | undefined {
    return this.arrays.get(items)?.get(place);
  }

  setArray(items: readonly Value[], place: number, known: Known): void {
    let places = this.arrays.get(items);
    if (places === undefined) this.arrays.set(items, (places = new Map()));
    places.set(place, known);
  }

  text(text: string): string | undefined {
    return this.texts.get(text);
  }

  setText(text: string, hash: string): void {
    this.texts.set(text, hash, text.length);
  }

  /** What `measure` says of the text. */
  textBytes(text: string, measure: (text: string) => number): number {
    let bytes = this.sizes.get(text);
    if (bytes === undefined) this.sizes.set(text, (bytes = measure(text)), text.length);
    return bytes;
  }

  /** Whether the chunk is told for the first time, as far as is remembered. */
  tell(hash: string): boolean {
    if (this.told.get(hash) === true) return false;
    this.told.set(hash, true, 1);
    return true;
  }
}

/** A number for the stretch of 32^(level + 1) elements that is the `index`th of its length. */
export function arrayPlace(level: number, index: number): number {
  return index * 8 + level;
}

class Recent<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();
  private weight = 0;
  private readonly weightMax: number;

  constructor(weightMax: number) {
    this.weightMax = weightMax;
  }

  get(key: string): T | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  set(key: string, value: T, weight: number): void {
    if (this.weight + weight > this.weightMax) {
      this.old = this.young;
      this.young = new Map();
      this.weight = 0;
    }
    this.young.set(key, value);
    this.weight += weight;
  }
}
