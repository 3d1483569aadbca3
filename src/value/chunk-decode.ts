/**
 * Chunks to values; the format is in `chunk-format.ts`. Strict where it matters: nothing is taken that the encoder could
 * not have written of some value, but the cuts and the shapes of trees are taken as they come.
 *
 * Iterative, with a stack of the chunks and composites that are open. Each chunk is read once; what is met again is the
 * same object again, so the work is linear in the bytes, and in the elements of arrays, which are counted.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { ByteReader } from './binary.ts';
import type { DecodeOptions } from './bytes-decode.ts';
import * as tag from './bytes-tags.ts';
import { BRANCH, type ChunkHead, chunkHash, LEAF, readHead, RECORD, SET_LEAF, STORED, TREE_MAP, TREE_SET } from './chunk-format.ts';
import { Builder, type Item, type Kind, Problem, type RecordRules, Run, type Span } from './chunk-build.ts';
import { readLeaf } from './chunk-leaf.ts';
import type { ChunkMemory } from './chunk-memory.ts';
import { LargeMap } from './large-map.ts';
import { NODE_MAX } from './tree.ts';
import { PrimitiveFunction, type Value } from './value.ts';
import type { Vector } from './vector.ts';

export interface ChunkDecodeOptions extends Pick<DecodeOptions, 'resolveCode' | 'captureCount' | 'knowsPrimitive'> {
  /** The bytes of a chunk, null when there is none of that name. They are checked. */
  readonly read: (hash: string) => Uint8Array | null;
  readonly records: RecordRules;
  /** What was read is remembered here. */
  readonly memory: ChunkMemory;
  /** What stands for a value that need not be fetched now; null when it has to be. Without it all are fetched. */
  readonly away?: (hash: string, bytes: number) => Value | null;
  /** So many elements and entries at most; shared parts count once. */
  readonly itemsMax?: number;
}

export interface ChunkFault {
  readonly message: string;
  /** The chunk that there is not. */
  readonly missing?: string;
}

export interface Decoded {
  /** The record that the root is, as a vector; or the value. */
  readonly value: Value;
  /** Which elements of a vector or record came from which chunks: of those where that may be worth knowing. */
  readonly spans: ReadonlyMap<Vector, readonly Span[]>;
  /** Values that were marked as to be fetched later, with the bytes of their documents as they were told. */
  readonly stored: readonly { readonly value: Value; readonly bytes: number }[];
}

const ITEMS_MAX = 2 ** 27;

export function decodeChunks(root: string, options: ChunkDecodeOptions): Result<Decoded, ChunkFault> {
  return new Decoder(options).run(root);
}

/** A composite, or a chunk, that is being read. */
interface Open {
  readonly kind: Kind | 'chunk';
  /** The chunk that its text is in. */
  readonly source: Source;
  /** Its items lie on the decoder's stack from here on. */
  readonly start: number;
  /** Items that are still to come; of a chunk those that came. */
  left: number;
  /** The number of a closure's unit, the kind of a record, the bytes of a stored value. */
  readonly detail: number;
  readonly group: string;
}

class Source {
  readonly hash: string;
  readonly reader: ByteReader;
  readonly head: ChunkHead;
  childrenUsed = 0;
  groupsUsed = 0;

  constructor(hash: string, bytes: Uint8Array) {
    this.hash = hash;
    this.reader = new ByteReader(bytes);
    this.head = readHead(this.reader);
  }
}

class Decoder {
  private fault: ChunkFault | null = null;
  private readonly options: ChunkDecodeOptions;
  private readonly builder: Builder;
  private readonly stack: Open[] = [];
  private readonly items: Item[] = [];
  /** What has been read of each chunk; null while it is being read. */
  private readonly runs = new LargeMap<string, Run>();
  private itemsLeft: number;

  constructor(options: ChunkDecodeOptions) {
    this.options = options;
    this.builder = new Builder(options);
    this.itemsLeft = options.itemsMax ?? ITEMS_MAX;
  }

  run(root: string): Result<Decoded, ChunkFault> {
    this.enter(root);
    while (this.fault === null && this.stack.length > 0) this.step(this.stack[this.stack.length - 1]!);
    if (this.fault !== null) return { ok: false, error: this.fault };
    const value = this.builder.rootOf(this.runs.get(root)!);
    if (value === undefined) return { ok: false, error: { message: `the chunk ${root} is no root` } };
    return { ok: true, value: { value, spans: this.builder.spans, stored: this.builder.stored } };
  }

  private step(top: Open): void {
    const { reader } = top.source;
    if (reader.fault !== null) return this.fail(top.source, reader.fault.message, reader.fault.offset);
    if (top.kind === 'chunk') {
      if (reader.left > 0) this.item(top.source);
      else this.leave(top);
    } else if (top.left > 0) this.item(top.source);
    else this.close(top, top.kind);
  }

  private fail(source: Source, message: string, offset: number = source.reader.offset): void {
    this.fault ??= { message: `the chunk ${source.hash} is damaged at byte ${offset}: ${message}` };
  }

  // --- chunks --------------------------------------------------------------------------------------------------------

  private enter(hash: string): void {
    const bytes = this.options.read(hash);
    if (bytes === null) {
      this.fault ??= { message: `the chunk ${hash} is missing`, missing: hash };
      return;
    }
    if (chunkHash(bytes) !== hash) {
      this.fault ??= { message: `the chunk ${hash} holds something else than its name says` };
      return;
    }
    this.open('chunk', new Source(hash, bytes), 0);
  }

  private leave(chunk: Open): void {
    const { source, start, left } = chunk;
    if (this.items.length === start) return this.fail(source, 'there is nothing in it');
    const { children, groups } = source.head;
    if (source.childrenUsed < children.length || source.groupsUsed < groups.length) return this.fail(source, 'a name in a table is not used');
    this.stack.pop();
    const run = new Run(source.hash, this.items.slice(start), left);
    this.items.length = start;
    this.runs.set(source.hash, run);
    this.builder.note(run);
    this.options.memory.tell(source.hash);
    if (this.stack.length > 0) this.deliver(run);
  }

  /** The name of a child; undefined when the number is wrong. */
  private child(source: Source, number: number): string | undefined {
    const hash = number > source.childrenUsed ? undefined : source.head.children[number];
    if (hash === undefined) this.fail(source, 'a reference has another number than its turn');
    else if (number === source.childrenUsed) source.childrenUsed += 1;
    return hash;
  }

  private stored(source: Source, bytes: number): void {
    const { reader } = source;
    const first = reader.byte();
    const { first: short, long, limit } = tag.REFERENCE;
    if (first !== long && (first < short || first >= short + limit)) return this.fail(source, 'what can be fetched later is no reference');
    const hash = this.child(source, first === long ? reader.varint() + limit : first - short);
    if (hash === undefined) return;
    const away = this.runs.get(hash) === undefined ? (this.options.away?.(hash, bytes) ?? null) : null;
    if (away !== null) return this.deliver(this.builder.away(away));
    this.open('stored', source, 1, bytes);
    this.fetch(hash);
  }

  private reference(source: Source, number: number): void {
    const hash = this.child(source, number);
    if (hash !== undefined) this.fetch(hash);
  }

  private fetch(hash: string): void {
    const run = this.runs.get(hash);
    if (run === undefined) this.enter(hash);
    else this.deliver(run);
  }

  // --- items ---------------------------------------------------------------------------------------------------------

  private item(source: Source): void {
    const { reader } = source;
    const first = reader.byte();
    const leaf = readLeaf(reader, first);
    if (reader.fault !== null) return;
    if (leaf !== undefined) {
      if (leaf instanceof PrimitiveFunction && this.options.knowsPrimitive?.(leaf.name) === false) return this.fail(source, `there is no kernel function named ${leaf.name}`);
      return this.deliver(leaf);
    }
    if (first >= tag.VECTOR.first && first < tag.REFERENCE.first) this.short(source, first);
    else if (first >= tag.REFERENCE.first && first < tag.NIL) this.reference(source, first - tag.REFERENCE.first);
    else this.long(source, first);
  }

  private short(source: Source, first: number): void {
    if (first < tag.MAP.first) this.open('vector', source, first - tag.VECTOR.first);
    else if (first < tag.LIST.first) this.open('map', source, 2 * (first - tag.MAP.first));
    else if (first < tag.SET.first) this.open('list', source, first - tag.LIST.first);
    else this.open('set', source, first - tag.SET.first);
  }

  private long(source: Source, first: number): void {
    const { reader } = source;
    switch (first) {
      case tag.VECTOR.long:
        return this.open('vector', source, reader.varint() + tag.VECTOR.limit);
      case tag.LIST.long:
        return this.open('list', source, reader.varint() + tag.LIST.limit);
      case tag.MAP.long:
        return this.open('map', source, 2 * this.width(reader, tag.MAP.limit));
      case tag.SET.long:
        return this.open('set', source, this.width(reader, tag.SET.limit));
      case LEAF:
        return this.open('leaf', source, 2 * this.width(reader, 0));
      case SET_LEAF:
        return this.open('set-leaf', source, this.width(reader, 0));
      case BRANCH:
        return this.open('branch', source, this.width(reader, 0));
      case TREE_MAP:
        return this.open('tree-map', source, 1);
      case TREE_SET:
        return this.open('tree-set', source, 1);
      case tag.REFERENCE.long:
        return this.reference(source, reader.varint() + tag.REFERENCE.limit);
      case tag.ERROR:
        return this.open('error', source, 5);
      case tag.CLOSURE:
        return this.closure(source);
      case STORED:
        return this.stored(source, reader.varint());
      case RECORD: {
        const kind = reader.byte();
        return this.open('record', source, reader.varint(), kind);
      }
      default:
        return this.fail(source, `no item begins with the byte ${first}`, reader.offset - 1);
    }
  }

  /** How many entries, elements or children one node has. */
  private width(reader: ByteReader, least: number): number {
    const count = reader.varint() + least;
    if (count > NODE_MAX || count === 0) reader.fail(`a node has ${count} entries`);
    return count;
  }

  private closure(source: Source): void {
    const { reader } = source;
    const unit = reader.varint();
    const number = reader.varint();
    const group = source.head.groups[number];
    if (group === undefined || number > source.groupsUsed) return this.fail(source, 'a group has another number than its turn');
    if (number === source.groupsUsed) source.groupsUsed += 1;
    this.open('closure', source, reader.varint(), unit, group);
  }

  private open(kind: Kind | 'chunk', source: Source, left: number, detail: number = 0, group: string = ''): void {
    this.itemsLeft -= left;
    if (this.itemsLeft < 0) return this.fail(source, 'there are more elements than may be');
    this.stack.push({ kind, source, start: this.items.length, left, detail, group });
  }

  /** Hands an item, or those of a chunk, to what is open. */
  private deliver(item: Item): void {
    const top = this.stack[this.stack.length - 1]!;
    const count = item instanceof Run ? item.count : 1;
    if (top.kind === 'chunk') {
      top.left += count;
      if (top.left > ITEMS_MAX) this.fail(top.source, 'there are more elements than may be');
    } else {
      top.left -= count;
      if (top.left < 0) this.fail(top.source, 'a chunk holds more items than belong there');
    }
    this.items.push(item instanceof Run ? item.item : item);
  }

  private close(open: Open, kind: Kind): void {
    this.stack.pop();
    const items = this.items.slice(open.start);
    this.items.length = open.start;
    const built = this.builder.build(kind, items, open);
    if (built instanceof Problem) this.fail(open.source, built.message);
    else this.deliver(built);
  }
}
