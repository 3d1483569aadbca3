/**
 * Values to canonical bytes; the format is specified in `bytes.ts`.
 *
 * Two walks. The first goes bottom-up and gives one number to all values of equal content, found by identity where
 * that is possible and else by their codes (`bytes-content.ts`). The second writes the codes, top-down, once it has counted how
 * often each number is used in them. Both are iterative and linear in the number of different objects.
 */
import { ByteWriter, textSize } from './binary.ts';
import { Contents, FLOAT, INTEGER, ITEMS, SMALL_BASE, TIMESTAMP } from './bytes-content.ts';
import * as tag from './bytes-tags.ts';
import { hexToBytes } from './hex.ts';
import { LargeMap } from './large-map.ts';
import { MapValue } from './map.ts';
import { EPOCH_MS_MIN } from './time.ts';
import { Closure, Handle, Keyword, type PrimitiveFunction, SymbolValue, Uuid, type Value } from './value.ts';
import { Vector } from './vector.ts';

export function encodeDocument(roots: readonly Source[], contents: Contents = new Contents()): Uint8Array {
  return new Encoder(contents).run(roots);
}

/** The length of the document of a nil, boolean, small integer, string or keyword; null for all other values. */
export function atomSize(value: Value): number | null {
  const head = tag.MAGIC.length + 2; // the version, and that there is one root
  if (typeof value === 'string') return head + sizedTextSize(tag.STRING, value);
  if (typeof value === 'number') return Number.isInteger(value) ? head + integerSize(value) : null;
  if (value === null || typeof value === 'boolean') return head + 1;
  return typeof value === 'object' && value.kind === 'keyword' ? head + sizedTextSize(tag.KEYWORD, value.name) : null;
}

function sizedTextSize(kind: tag.SizedTag, text: string): number {
  const size = textSize(text);
  return tag.sizedSize(kind, size) + size;
}

function integerSize(value: number): number {
  return value >= 0 ? tag.sizedSize(tag.INTEGER, value) : tag.sizedSize(tag.NEGATIVE, -1 - value);
}

/** The hash of a group of code: not a value, but a part of closures. */
class Group {
  readonly hash: string;
  constructor(hash: string) {
    this.hash = hash;
  }
}

/** A vector in two pieces, for who has many that begin alike: nobody has to put them together. Each of the first is one code. */
export class Row {
  readonly first: readonly Value[];
  readonly rest: readonly Value[];
  constructor(first: readonly Value[], rest: readonly Value[]) {
    this.first = first;
    this.rest = rest;
  }
}

/** What is encoded: a value, or an array of such that stands for a vector. */
export type Source = Value | Row | readonly Source[];
/** What is looked into. */
type Composite = Extract<Source, object>;
/** What has no parts and can be shared. */
type Leaf = string | bigint | Keyword | SymbolValue | Uuid | Handle | PrimitiveFunction | Group;

/** A composite whose parts are being looked at; there is one for each depth, for whatever lies there. */
class Open {
  source!: Composite;
  /** Its parts, or the keys of a map with their values beside them. */
  items!: readonly (Source | Group)[];
  values!: readonly Value[] | null;
  at!: number;
  end!: number;
  /** Where its codes begin. */
  start!: number;
  /** What was walked before it. */
  walked!: number;
  readonly outer: Open | null;
  inner: Open | null = null;
  constructor(outer: Open | null) {
    this.outer = outer;
  }
}

/** What is written as a reference has this and its number in place of how often it is used. */
const NUMBERED = 1_073_741_824;

/** What has so few values in it, counted as often as they are walked, is walked again where it occurs again: less than remembering it costs. */
const SMALL = 12;

class Encoder extends ByteWriter {
  private readonly contents: Contents;
  /** What has no parts, by its number. */
  private readonly leaves: Leaf[] = [];
  /** Composites met before, by identity. */
  private readonly known = new LargeMap<Composite, number>();
  /** The innermost composite that is open. */
  private top = new Open(null);
  private walked = 0;
  /** The last row that was walked whole, and where the codes of it are kept. */
  private whole: Row | null = null;
  private wholeAt = 0;

  constructor(contents: Contents) {
    super(0);
    this.contents = contents;
  }

  run(roots: readonly Source[]): Uint8Array {
    this.number(roots);
    // Codes are about as many as bytes.
    this.buffer = new Uint8Array(this.contents.end + 64);
    for (const byte of tag.MAGIC) this.byte(byte);
    this.byte(tag.VERSION);
    this.varint(roots.length);
    this.write();
    return this.finish();
  }

  // --- the first walk ------------------------------------------------------------------------------------------------

  private number(roots: readonly Source[]): void {
    const { contents } = this;
    this.begin(0, roots, 0, roots, roots.length);
    for (let { top } = this; top.outer !== null; top = this.top) {
      const { items, values, end, source } = top;
      const { walked } = this;
      let { at } = top;
      while (at < end && this.walked === walked) {
        const child: Source | Group = values === null ? items[at]! : (at % 2 === 0 ? items : values)[at >> 1]!;
        at += 1;
        // No `switch`, for which engines would make the word that `typeof` gives.
        if (typeof child === 'number') contents.number(child);
        else if (typeof child === 'string') this.leaf(child, child, contents.strings);
        else if (typeof child === 'object' && child !== null) this.object(child);
        else if (typeof child === 'bigint') this.leaf(child, `b:${child.toString(16)}`);
        else contents.atom(child);
      }
      top.at = at;
      if (this.walked !== walked) continue;
      const number = contents.close(top.start);
      this.top = top.outer;
      if (source === this.whole) this.wholeAt = contents.places[number]! + ITEMS;
      if (walked - top.walked >= SMALL) this.known.set(source, number);
      contents.push(number);
    }
  }

  /** Numbers it, or opens it when it has to be looked into first. */
  private object(child: Composite | Group): void {
    const { contents } = this;
    if (child instanceof Keyword) return this.leaf(child, child.name, contents.keywords);
    const number = this.known.get(child as Composite);
    if (number !== undefined) return contents.push(number);
    if (child instanceof Vector) {
      const { flat, offset, size } = child;
      return flat === null ? this.begin(tag.VECTOR.first, child, size, child.toArray(), size) : this.begin(tag.VECTOR.first, child, size, flat, size, offset);
    }
    if (child instanceof MapValue) {
      const { root, size } = child;
      return this.begin(tag.MAP.first, child, size, root.leaf ? root.keys : child.keys(), 2 * size, 0, root.leaf ? root.values : child.values());
    }
    if (isArray(child)) return this.begin(tag.VECTOR.first, child, child.length, child, child.length);
    if (child instanceof Row) return this.row(child);
    if (child instanceof Closure) {
      this.begin(tag.CLOSURE, child, child.code.unit, [new Group(child.code.group), child.captures], 2);
      // It is remembered, however little there is in it.
      this.top.walked -= SMALL;
      return;
    }
    if (child instanceof Group) return this.leaf(child, child.hash);
    switch (child.kind) {
      case 'list':
      case 'set':
        return this.begin(tag.COMPOSITES[child.kind]!, child, child.size, child.toArray(), child.size);
      case 'error':
        return this.begin(tag.ERROR, child, 0, [child.type, child.message, child.data, child.span, child.stack], 5);
      case 'float':
      case 'timestamp':
        return contents.atom(child);
      default:
        this.leaf(child, `${child.kind}:${'name' in child ? child.name : 'uri' in child ? child.uri : child.text}`);
    }
  }

  private leaf(source: Leaf, text: string, numbers: LargeMap<string, number> = this.contents.others): void {
    const { contents, leaves } = this;
    const { count } = contents;
    const number = contents.text(text, numbers);
    if (number === count) {
      contents.places[number] = -1;
      leaves[number] = source;
      // However often it occurs.
      if (text.length < tag.SHARED_TEXT_MIN) contents.uses[number] = -NUMBERED;
    }
    contents.push(number);
  }

  private row(row: Row): void {
    const { first, rest } = row;
    const { contents, whole } = this;
    const count = first.length + rest.length;
    if (first !== whole?.first) {
      this.whole = row;
      return this.begin(tag.VECTOR.first, row, count, [...first, ...rest], count);
    }
    this.begin(tag.VECTOR.first, row, count, rest, rest.length);
    for (let i = 0; i < first.length; i++) contents.push(contents.kept[this.wholeAt + i]!);
  }

  /** `length` parts, which `items` has from `at` on. */
  private begin(kind: number, source: Composite, count: number, items: Open['items'], length: number, at: number = 0, values: Open['values'] = null): void {
    const { contents, walked, top } = this;
    if (count + length === 0 && kind > 0) return contents.push(-kind);
    const open = (this.top = top.inner ??= new Open(top));
    open.source = source;
    open.items = items;
    open.values = values;
    open.at = at;
    open.end = at + length;
    open.start = contents.open(kind, count);
    open.walked = walked;
    this.walked = walked + length + 1;
  }

  // --- the second walk -----------------------------------------------------------------------------------------------

  /** How often each number occurs. */
  private count(): void {
    const { kept, end, uses } = this.contents;
    for (let at = 0; at < end; ) {
      const next = at + kept[at + 1]!;
      for (at += ITEMS; at < next; at++) {
        const code = kept[at]!;
        if (code >= 0) uses[code]! += 1;
        else if (code >= TIMESTAMP) at += 2;
      }
    }
  }

  /** Writes all codes from the last composite down, numbering shared parts as they come. */
  private write(): void {
    const { contents, leaves } = this;
    const { kept, places, uses } = contents;
    this.count();
    let numbered = 0;
    const stack: number[] = [];
    let height = 0;
    let end = contents.end;
    let at = places[contents.count - 1]! + ITEMS;
    for (;;) {
      if (at === end) {
        if (height === 0) return;
        end = stack[--height]!;
        at = stack[--height]!;
        continue;
      }
      const code = kept[at++]!;
      if (code < 0) {
        if (code < -0xff) writeInteger(this, code - SMALL_BASE);
        else if (code < TIMESTAMP) this.byte(-code);
        else {
          const number = contents.wideAt(at);
          at += 2;
          if (code === INTEGER) writeInteger(this, number);
          else if (code === FLOAT) writeFloat(this, number);
          else writeTimestamp(this, number);
        }
        continue;
      }
      const use = uses[code]!;
      if (use >= NUMBERED) {
        tag.writeSized(this, tag.REFERENCE, use - NUMBERED);
        continue;
      }
      if (use > 1) {
        uses[code] = NUMBERED + numbered++;
        this.byte(tag.SHARED);
      }
      const place = places[code]!;
      if (place < 0) writeLeaf(this, leaves[code]!);
      else {
        stack[height++] = at;
        stack[height++] = end;
        at = place + ITEMS;
        end = place + kept[place + 1]!;
        writeCompositeHead(this, kept[at - 2]!, kept[at - 1]!);
      }
    }
  }
}

function isArray(source: Composite | Group): source is readonly Source[] {
  return Array.isArray(source);
}

/** All of a value that has no parts; of a collection what stands in front of them. */
export function writeHead(writer: ByteWriter, value: Value): void {
  if (typeof value === 'number') {
    if (Number.isInteger(value)) writeInteger(writer, value);
    else writeFloat(writer, value);
  } else if (value === null) writer.byte(tag.NIL);
  else if (typeof value === 'boolean') writer.byte(value ? tag.TRUE : tag.FALSE);
  else if (typeof value !== 'object') writeLeaf(writer, value);
  else if (value.kind === 'float') writeFloat(writer, value.value);
  else if (value.kind === 'timestamp') writeTimestamp(writer, value.epochMs);
  else if ('size' in value) writeCompositeHead(writer, tag.COMPOSITES[value.kind]!, value.size);
  else writeLeaf(writer, value as Leaf);
}

function writeInteger(writer: ByteWriter, value: number): void {
  if (value >= 0) tag.writeSized(writer, tag.INTEGER, value);
  else tag.writeSized(writer, tag.NEGATIVE, -1 - value);
}

function writeFloat(writer: ByteWriter, value: number): void {
  writer.byte(tag.FLOAT);
  writer.double(value);
}

function writeTimestamp(writer: ByteWriter, epochMs: number): void {
  writer.byte(tag.TIMESTAMP);
  writer.varint(epochMs - EPOCH_MS_MIN);
}

function writeLeaf(writer: ByteWriter, leaf: Leaf): void {
  if (typeof leaf === 'string') writeSizedText(writer, tag.STRING, leaf);
  else if (leaf instanceof Keyword) writeSizedText(writer, tag.KEYWORD, leaf.name);
  else if (typeof leaf === 'bigint') writeBig(writer, leaf);
  else if (leaf instanceof Group) {
    writer.byte(tag.GROUP);
    writeHex(writer, leaf.hash);
  } else if (leaf instanceof SymbolValue) writeText(writer, tag.SYMBOL, leaf.name);
  else if (leaf instanceof Handle) writeText(writer, tag.HANDLE, leaf.uri);
  else if (leaf instanceof Uuid) {
    writer.byte(tag.UUID);
    writeHex(writer, leaf.text.replaceAll('-', ''));
  } else writeText(writer, tag.PRIMITIVE, leaf.name);
}

function writeCompositeHead(writer: ByteWriter, kind: number, count: number): void {
  if (kind < tag.ERROR) return tag.writeSized(writer, kind === tag.VECTOR.first ? tag.VECTOR : kind === tag.MAP.first ? tag.MAP : kind === tag.LIST.first ? tag.LIST : tag.SET, count);
  writer.byte(kind);
  if (kind === tag.CLOSURE) writer.varint(count);
}

export function writeSizedText(writer: ByteWriter, kind: tag.SizedTag, text: string): void {
  tag.writeSized(writer, kind, textSize(text));
  writer.text(text);
}

function writeText(writer: ByteWriter, first: number, text: string): void {
  writer.byte(first);
  writer.varint(textSize(text));
  writer.text(text);
}

function writeBig(writer: ByteWriter, value: bigint): void {
  writer.byte(value < 0n ? tag.BIG_NEGATIVE : tag.BIG_POSITIVE);
  const digits = (value < 0n ? -value : value).toString(16);
  writer.varint((digits.length + 1) >> 1);
  writeHex(writer, digits.length % 2 === 0 ? digits : `0${digits}`);
}

function writeHex(writer: ByteWriter, digits: string): void {
  writer.bytes(hexToBytes(digits)!);
}
