/**
 * Small documents in one walk: the bytes that `bytes-encode.ts` gives, which first finds all that occurs twice. Here everything is written
 * at once, and given up as soon as something occurs again that would have to be shared, or when there is more than fits: then
 * the other encoder begins anew. For who writes many small documents, as journals do.
 */
import { ByteWriter } from './binary.ts';
import { writeHead, writeSizedText } from './bytes-encode.ts';
import * as tag from './bytes-tags.ts';
import type { Value } from './value.ts';

/** So many different texts, and so many composites, are compared one by one. */
const DIFFERENT_MAX = 32;
/** How deep composites may lie in each other. */
const DEPTH_MAX = 8;
/** Documents lie behind each other in so much memory, which lives as long as any of them. */
const ROOM_BYTES = 65_536;
/** Where less than this is left, new memory is begun. */
const ROOM_BYTES_MIN = 2048;

/** Counts below it are one byte as a varint, and so are characters of ASCII. */
const ONE_BYTE = 0x80;

type Composite = Extract<Value, { readonly kind: 'vector' | 'list' | 'set' | 'map' }>;

export class SmallWriter extends ByteWriter {
  private readonly beginning: readonly number[];
  private start = 0;
  private readonly strings: string[] = [];
  private stringCount = 0;
  private readonly keywords: string[] = [];
  private keywordCount = 0;
  /** Where composites begin and end. */
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private compositeCount = 0;

  /** `before` is to stand before each document. */
  constructor(before: Uint8Array) {
    super(ROOM_BYTES);
    this.beginning = [...before, ...tag.MAGIC, tag.VERSION, 1];
  }

  /** Begins a document of one root. */
  restart(): void {
    if (this.buffer.length - this.size < ROOM_BYTES_MIN || this.buffer.length > ROOM_BYTES) {
      this.buffer = new Uint8Array(ROOM_BYTES);
      this.size = 0;
    }
    this.start = this.size;
    this.stringCount = 0;
    this.keywordCount = 0;
    this.compositeCount = 0;
    const { beginning, buffer } = this;
    for (let i = 0; i < beginning.length; i++) buffer[this.size++] = beginning[i]!;
  }

  /** What was written since, without the first so many bytes of it. Nobody writes there again. */
  documentFrom(skipped: number): Uint8Array {
    return this.buffer.subarray(this.start + skipped, this.size);
  }

  vectorHead(size: number): void {
    tag.writeSized(this, tag.VECTOR, size);
  }

  /** Behind it come keys and values, the keys normal and in canonical order. */
  mapHead(size: number): void {
    tag.writeSized(this, tag.MAP, size);
  }

  /** All of these say whether it was written; after the first that was not, nothing that was is of use. */
  string(text: string): boolean {
    // Texts that were compared are held on to: no large ones.
    if (text.length > ROOM_BYTES) return false;
    this.sizedText(tag.STRING, text);
    if (text.length < tag.SHARED_TEXT_MIN) return true;
    return isNew(this.strings, this.stringCount++, text);
  }

  keyword(name: string): boolean {
    this.sizedText(tag.KEYWORD, name);
    if (name.length < tag.SHARED_TEXT_MIN) return true;
    return isNew(this.keywords, this.keywordCount++, name);
  }

  value(value: Value, depth: number = 0): boolean {
    if (typeof value === 'string') return this.string(value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      writeHead(this, value);
      return true;
    }
    if (typeof value === 'bigint') return false;
    switch (value.kind) {
      case 'keyword':
        return this.keyword(value.name);
      case 'vector':
      case 'list':
      case 'set':
      case 'map':
        return this.composite(value, depth);
      default:
        if (value.kind !== 'float' && value.kind !== 'timestamp') return false;
        writeHead(this, value);
        return true;
    }
  }

  /** What is short and ASCII, hashes among it, is written without being counted first. */
  private sizedText(kind: tag.SizedTag, text: string): void {
    const { length } = text;
    const rest = length - kind.limit;
    if (rest >= ONE_BYTE || length + 2 > this.buffer.length - this.size) return writeSizedText(this, kind, text);
    const { buffer } = this;
    let at = this.size;
    if (rest < 0) buffer[at++] = kind.first + length;
    else {
      buffer[at++] = kind.long;
      buffer[at++] = rest;
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= ONE_BYTE) return writeSizedText(this, kind, text);
      buffer[at++] = code;
    }
    this.size = at;
  }

  private composite(value: Composite, depth: number): boolean {
    const start = this.size;
    writeHead(this, value);
    if (value.size === 0) return true;
    if (depth === DEPTH_MAX) return false;
    const parts = value.cursor();
    for (let part = parts.next(); part !== undefined; part = parts.next()) if (!this.value(part, depth + 1)) return false;
    return this.isNewFrom(start);
  }

  /** Whether no other composite has the same bytes: nothing in them is shared, so those that do are the same. */
  private isNewFrom(start: number): boolean {
    const { starts, ends, size } = this;
    const count = this.compositeCount++;
    for (let i = 0; i < count; i++) if (ends[i]! - starts[i]! === size - start && this.areSame(starts[i]!, start)) return false;
    starts[count] = start;
    ends[count] = size;
    return count < DIFFERENT_MAX;
  }

  private areSame(first: number, second: number): boolean {
    const { buffer, size } = this;
    for (let i = second; i < size; i++) if (buffer[i] !== buffer[first + i - second]) return false;
    return true;
  }
}

/** Whether the text is none of the first `count`; it becomes the one behind them. */
function isNew(texts: string[], count: number, text: string): boolean {
  for (let i = 0; i < count; i++) if (texts[i] === text) return false;
  texts[count] = text;
  return count < DIFFERENT_MAX;
}
