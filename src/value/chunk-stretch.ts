/** What the text of chunks is put together from; see `chunk-format.ts` for how it is written. */
import type { ByteWriter } from './binary.ts';
import type * as tag from './bytes-tags.ts';
import { RECORD } from './chunk-format.ts';
import type { ChunkMemory, Known, KnownStore } from './chunk-memory.ts';
import type { Value } from './value.ts';

export type Part = Value | Stretch;

/** What heads are written to; a group of code is written by its place in the chunk's table. */
export interface HeadWriter extends Pick<ByteWriter, 'byte' | 'varint'> {
  sized(kind: tag.SizedTag, count: number): void;
  group(hash: string): void;
}

/** A stretch of text: perhaps a head, then its parts. */
export abstract class Stretch {
  /** What stands in front of the parts. */
  head(_out: HeadWriter): void {}

  abstract next(): Part | undefined;

  /** How it was written before. */
  known(): Known | undefined {
    return undefined;
  }

  remember(_known: Known): void {}

  /**
   * Where several parts may be cut out together: whether after the `count`th part, for the smallest groups in the lowest
   * bit, for groups of groups in the next. Said by what stands there, so that an insertion moves few boundaries. -1: not here.
   */
  boundary(_count: number): number {
    return -1;
  }

  /** When it becomes a chunk: when it is long; never; or never, but its one part does in any case. */
  get cutting(): 'long' | 'never' | 'inside' {
    return 'long';
  }
}

export interface Parts {
  next(): Part | undefined;
}

export class Items implements Parts {
  private readonly items: readonly Part[];
  private at = 0;

  constructor(items: readonly Part[]) {
    this.items = items;
  }

  next(): Part | undefined {
    return this.items[this.at++];
  }
}

/** Groups of four, and of sixteen. */
export function byPosition(count: number): number {
  return (count & 3) !== 0 ? 0 : (count & 15) !== 0 ? 1 : 3;
}

/** A record: what its owner keeps that is no value. What always changes together stays together. */
export class RecordStretch extends Stretch {
  private readonly kind: number;
  private readonly size: number;
  private readonly parts: Parts;
  private readonly grouped: boolean;

  /** `size`: how many parts it has in the end, those of runs counted one by one. */
  constructor(kind: number, size: number, parts: readonly Part[], options: { readonly grouped?: boolean } = {}) {
    super();
    this.kind = kind;
    this.size = size;
    this.parts = new Items(parts);
    this.grouped = options.grouped ?? false;
  }

  override head(out: HeadWriter): void {
    out.byte(RECORD);
    out.byte(this.kind);
    out.varint(this.size);
  }

  override next(): Part | undefined {
    return this.parts.next();
  }

  override boundary(count: number): number {
    return this.grouped ? byPosition(count) : -1;
  }

  override get cutting(): 'long' | 'never' {
    return this.grouped ? 'long' : 'never';
  }
}

/** A chunk of which nothing is here but the name. */
export class Reference extends Stretch {
  private readonly hash: string;

  constructor(hash: string) {
    super();
    this.hash = hash;
  }

  override next(): undefined {
    return undefined;
  }

  override known(): string {
    return this.hash;
  }
}

/** Parts that follow one another, known by what they were made from. */
export class RunStretch extends Stretch {
  private readonly runs: KnownStore;
  private readonly key: object;
  private readonly make: () => readonly Part[];
  private parts: Parts | null = null;

  /** `make` gives the parts when they are needed: a run may begin with another one, and so on. */
  constructor(memory: ChunkMemory, key: object, make: () => readonly Part[]) {
    super();
    this.runs = memory.runs;
    this.key = key;
    this.make = make;
  }

  override next(): Part | undefined {
    this.parts ??= new Items(this.make());
    return this.parts.next();
  }

  override known(): Known | undefined {
    return this.runs.get(this.key);
  }

  override remember(known: Known): void {
    this.runs.set(this.key, known);
  }
}
