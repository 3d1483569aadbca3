/**
 * Values to chunks; the format is in `chunk-format.ts`.
 *
 * One walk, parts before what they are part of. The text grows at the end of one buffer; what has become long enough is
 * cut off there and leaves a reference. What is known to be a chunk is not looked into, so the work is in proportion to
 * what is written. Iterative: the depth of values is on a stack of its own.
 */
import { ByteWriter } from './binary.ts';
import { writeHead } from './bytes-encode.ts';
import * as tag from './bytes-tags.ts';
import { type Chunk, chunkHash, MAGIC, NAME_BYTES, VERSION } from './chunk-format.ts';
import type { ChunkMemory, Known, Mark } from './chunk-memory.ts';
import { isComposite, stretchOf } from './chunk-parts.ts';
import { type HeadWriter, type Part, Reference, Stretch } from './chunk-stretch.ts';
import { hexToBytes } from './hex.ts';
import type { Value } from './value.ts';

/** What is longer than this, in bytes, is a chunk of its own. */
const APART_MIN = 112;
/** Parts are cut out together from so many bytes on where they may end, and from so many on wherever they end. */
const GROUP_MIN = 110;
const GROUP_MAX = 180;
/** What a reference costs. */
const REFERENCE_BYTES = NAME_BYTES + 2;
/** A text of up to so many bytes stays in one piece, but for what is not here. */
const WHOLE_MAX = 2048;
/** No such text has more parts. */
const WHOLE_PARTS_MAX = 4096;

export interface Encoded {
  readonly root: string;
  /** Those that the memory had not told before, children before what refers to them. */
  readonly chunks: readonly Chunk[];
}

/** The text of the part in chunks, or in one when it is short. `make` gives the part anew each time. */
export function encodeChunks(make: () => Stretch, memory: ChunkMemory): Encoded {
  return new Encoder(memory, true).run(make()) ?? new Encoder(memory, false).run(make())!;
}

/** A writer whose end can be cut off. */
class TextWriter extends ByteWriter {
  /** The bytes from `start` on: a view. */
  from(start: number): Uint8Array {
    return this.buffer.subarray(start, this.size);
  }

  cutTo(size: number): void {
    this.size = size;
  }
}

/** Where the present groups begin, the smallest first: places in the text and in the marks. */
interface Groups {
  readonly starts: number[];
  readonly marks: number[];
}

interface Open {
  readonly stretch: Stretch;
  readonly start: number;
  readonly marksStart: number;
  count: number;
  /** Null as long as none has been cut out. */
  groups: Groups | null;
  readonly bodyStart: number;
  readonly bodyMarks: number;
}

class Encoder implements HeadWriter {
  private readonly memory: ChunkMemory;
  /** Whether nothing is cut, and one gives up when it gets too long. */
  private readonly whole: boolean;
  private readonly text = new TextWriter(1024);
  private readonly marks: Mark[] = [];
  private readonly stack: Open[] = [];
  private readonly chunks: Chunk[] = [];
  private parts = 0;

  constructor(memory: ChunkMemory, whole: boolean) {
    this.memory = memory;
    this.whole = whole;
  }

  /** Null when it is too long to stay whole. */
  run(root: Stretch): Encoded | null {
    this.open(root);
    while (this.stack.length > 0) {
      const top = this.stack[this.stack.length - 1]!;
      const part = top.stretch.next();
      if (this.whole && this.isTooLong(part)) return null;
      if (part === undefined) this.close();
      else if (part instanceof Stretch) this.add(part);
      else if (isComposite(part)) this.add(stretchOf(part, this.memory));
      else this.leaf(part);
    }
    return { root: this.chunk(0, 0), chunks: this.chunks };
  }

  private isTooLong(next: Part | undefined): boolean {
    this.parts += 1;
    const more = typeof next === 'string' ? next.length : 0;
    return this.text.length + more > WHOLE_MAX || this.parts > WHOLE_PARTS_MAX;
  }

  // --- heads --------------------------------------------------------------------------------------------------------

  byte(value: number): void {
    this.text.byte(value);
  }

  varint(value: number): void {
    this.text.varint(value);
  }

  sized(kind: tag.SizedTag, count: number): void {
    tag.writeSized(this.text, kind, count);
  }

  group(hash: string): void {
    this.marks.push({ at: this.text.length, hash, isGroup: true });
  }

  // --- parts --------------------------------------------------------------------------------------------------------

  private add(stretch: Stretch): void {
    const known = this.whole && !(stretch instanceof Reference) ? undefined : stretch.known();
    if (known === undefined) this.open(stretch);
    else {
      this.again(known);
      this.added();
    }
  }

  private again(known: Known): void {
    if (typeof known === 'string') return this.refer(known);
    const start = this.text.length;
    for (const { at, hash, isGroup } of known.marks) this.marks.push({ at: start + at, hash, isGroup });
    this.text.bytes(known.bytes);
  }

  private open(stretch: Stretch): void {
    const start = this.text.length;
    const marksStart = this.marks.length;
    if (!this.whole || stretch.cutting !== 'inside') stretch.head(this);
    this.stack.push({ stretch, start, marksStart, count: 0, groups: null, bodyStart: this.text.length, bodyMarks: this.marks.length });
  }

  private close(): void {
    const { stretch, start, marksStart } = this.stack.pop()!;
    if (this.stack.length === 0) return;
    if (!this.whole && stretch.cutting === 'long') {
      if (this.sizeFrom(start, marksStart) > APART_MIN) stretch.remember(this.cut(start, marksStart));
      else if (this.refersFrom(marksStart)) stretch.remember(this.snippet(start, marksStart));
    }
    this.added();
  }

  private leaf(value: Value): void {
    const start = this.text.length;
    const isLong = typeof value === 'string' && value.length > APART_MIN && !this.whole;
    const known = isLong ? this.memory.text(value) : undefined;
    if (known !== undefined) this.refer(known);
    else {
      writeHead(this.text, value);
      if (!this.whole && this.text.length - start > APART_MIN) {
        const hash = this.cut(start, this.marks.length);
        if (isLong) this.memory.setText(value, hash);
      }
    }
    this.added();
  }

  /** The innermost open stretch has one part more. */
  private added(): void {
    const open = this.stack[this.stack.length - 1]!;
    const count = ++open.count;
    if (this.whole) return;
    if (open.stretch.cutting === 'inside') {
      const isReference = this.text.length === open.bodyStart && this.marks.length === open.bodyMarks + 1;
      if (!isReference) this.cut(open.bodyStart, open.bodyMarks);
      return;
    }
    const boundary = open.stretch.boundary(count);
    if (boundary >= 0) this.cutGroups(open, boundary);
  }

  /** Cuts out the present group if it is large enough; and the group of groups that this completes. */
  private cutGroups(open: Open, boundary: number): void {
    for (let level = 0; ; level++) {
      const start = open.groups?.starts[level] ?? open.bodyStart;
      const marksStart = open.groups?.marks[level] ?? open.bodyMarks;
      const size = this.sizeFrom(start, marksStart);
      if (size < GROUP_MIN || (size < GROUP_MAX && ((boundary >> level) & 1) === 0)) return;
      this.cut(start, marksStart);
      open.groups ??= { starts: [], marks: [] };
      for (let below = 0; below <= level; below++) {
        open.groups.starts[below] = this.text.length;
        open.groups.marks[below] = this.marks.length;
      }
    }
  }

  private refersFrom(marksStart: number): boolean {
    for (let i = marksStart; i < this.marks.length; i++) if (!this.marks[i]!.isGroup) return true;
    return false;
  }

  private sizeFrom(start: number, marksStart: number): number {
    let size = this.text.length - start;
    for (let i = marksStart; i < this.marks.length; i++) size += this.marks[i]!.isGroup ? 1 : REFERENCE_BYTES;
    return size;
  }

  /** What is short and refers to others is worth remembering: what it refers to may be large. */
  private snippet(start: number, marksStart: number): Known {
    return { bytes: this.text.from(start).slice(), marks: this.marks.slice(marksStart).map(({ at, hash, isGroup }) => ({ at: at - start, hash, isGroup })) };
  }

  private refer(hash: string): void {
    this.marks.push({ at: this.text.length, hash, isGroup: false });
  }

  /** Puts a reference in the place of the text from `start` on. */
  private cut(start: number, marksStart: number): string {
    const hash = this.chunk(start, marksStart);
    this.text.cutTo(start);
    this.marks.length = marksStart;
    this.refer(hash);
    return hash;
  }

  /** The name of the chunk with the text from `start` on, which is told if it is new. */
  private chunk(start: number, marksStart: number): string {
    const children = new Map<string, number>();
    const groups = new Map<string, number>();
    for (let i = marksStart; i < this.marks.length; i++) {
      const { hash, isGroup } = this.marks[i]!;
      const table = isGroup ? groups : children;
      if (!table.has(hash)) table.set(hash, table.size);
    }
    const text = this.text.from(start);
    const out = new ByteWriter(text.length + 16 + (children.size + groups.size) * NAME_BYTES + 2 * (this.marks.length - marksStart));
    for (const byte of MAGIC) out.byte(byte);
    out.byte(VERSION);
    out.varint(children.size);
    out.varint(groups.size);
    for (const hash of children.keys()) out.bytes(hexToBytes(hash)!);
    for (const hash of groups.keys()) out.bytes(hexToBytes(hash)!);
    let written = 0;
    for (let i = marksStart; i < this.marks.length; i++) {
      const { at, hash, isGroup } = this.marks[i]!;
      out.bytes(text.subarray(written, at - start));
      written = at - start;
      if (isGroup) out.varint(groups.get(hash)!);
      else tag.writeSized(out, tag.REFERENCE, children.get(hash)!);
    }
    out.bytes(text.subarray(written));
    const bytes = out.finish();
    const hash = chunkHash(bytes);
    if (this.memory.tell(hash)) this.chunks.push({ hash, bytes, children: [...children.keys()] });
    return hash;
  }
}
