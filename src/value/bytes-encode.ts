/**
 * Values to canonical bytes; the format is specified in `bytes.ts`.
 *
 * Two walks. The first goes bottom-up and gives one `Part` to all values of equal content, found by identity where
 * that is possible and else by a content key; it counts how often each part is used. The second writes, top-down.
 * Both are iterative and linear in the number of different objects.
 */
import { ByteWriter, textSize } from './binary.ts';
import { Codes, ContentTable, isAtom, pushAtomCodes } from './bytes-content.ts';
import * as tag from './bytes-tags.ts';
import { ArrayCursor } from './cursor.ts';
import { hexToBytes } from './hex.ts';
import { LargeMap } from './large-map.ts';
import { EPOCH_MS_MIN } from './time.ts';
import { Closure, type Value } from './value.ts';
import { Vector } from './vector.ts';

export function encodeDocument(roots: readonly Value[]): Uint8Array {
  const items = new Interner().intern(roots);
  const writer = new ByteWriter(256);
  for (const byte of tag.MAGIC) writer.byte(byte);
  writer.byte(tag.VERSION);
  writer.varint(roots.length);
  writeItems(writer, items);
  return writer.finish();
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

/** What a part can be made from: a value, a group, or the captures of a closure. */
type Source = Value | Group | readonly Value[];
/** What is looked into. */
type Composite = Exclude<Extract<Source, object>, Group>;

/** All values of one content that can be shared. */
class Part {
  readonly source: Source;
  /** Its parts in the order of writing; empty for texts and the like. */
  readonly items: readonly Item[];
  /** Stands for the content in the keys of what contains it. */
  readonly id: number;
  uses = 0;
  /** Given when it is written for the first time, if it is used more than once. */
  number = -1;
  constructor(source: Source, items: readonly Item[], id: number) {
    this.source = source;
    this.items = items;
    this.id = id;
  }
}

/** A part, or a value that cannot be shared. */
type Item = Part | Value;

const NO_ITEMS: readonly Item[] = [];

/** A composite whose parts are being interned; they lie on the interner's stacks from `start` on. */
interface Open {
  readonly source: Composite;
  readonly children: { next(): Source | undefined };
  readonly start: number;
  readonly codesStart: number;
  /** What was walked before it. */
  readonly walked: number;
}

/** What has so few values in it, counted as often as they are walked, is walked again where it occurs again: less than remembering it costs. */
const SMALL = 12;

class Interner {
  /** By what they say: one map for each kind of text, so that no keys have to be made up. */
  private readonly texts = new Map<string, LargeMap<string | bigint, Part>>();
  private readonly contents = new ContentTable();
  private readonly composites: Part[] = [];
  /** Composites met before, by identity. */
  private readonly known = new LargeMap<Composite, Part>();
  /** Parts of the composites that are open, and their codes for the content keys. */
  private readonly items: Item[] = [];
  private height = 0;
  private readonly codes = new Codes();
  private count = 0;
  private walked = 0;

  intern(roots: readonly Value[]): readonly Item[] {
    const stack: Open[] = [{ source: roots, children: new ArrayCursor(roots), start: 0, codesStart: 0, walked: 0 }];
    for (let top = stack[0]!; ; top = stack[stack.length - 1]!) {
      const child = top.children.next();
      if (child !== undefined) {
        this.walked += 1;
        const item = this.lookUp(child);
        if (item !== undefined) this.push(item);
        else stack.push(this.open(child as Composite));
        continue;
      }
      stack.pop();
      if (stack.length === 0) break;
      this.push(this.close(top));
    }
    return this.counted(0);
  }

  /** The items from there on, taken from the stack and counted. */
  private counted(start: number): readonly Item[] {
    const items = this.items.slice(start, this.height);
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      if (item instanceof Part) item.uses += 1;
    }
    return items;
  }

  private push(item: Item): void {
    this.items[this.height++] = item;
    if (item instanceof Part) this.codes.push(item.id);
    else pushAtomCodes(this.codes, item);
  }

  private open(source: Composite): Open {
    const { codes } = this;
    const codesStart = codes.size;
    const kind = kindOf(source);
    codes.push(kind);
    if (kind === tag.CLOSURE) pushAtomCodes(codes, (source as Closure).code.unit);
    return { source, children: childrenOf(source), start: this.height, codesStart, walked: this.walked };
  }

  /** The item when it needs no look inside. */
  private lookUp(source: Source): Item | undefined {
    if (typeof source === 'object' && source !== null) {
      if (source instanceof Group) return this.text('group', source.hash, source);
      if (isCaptures(source)) return this.known.get(source);
    }
    if (isAtom(source)) return source;
    if (typeof source === 'string') return this.text('string', source, source);
    if (typeof source === 'bigint') return this.text('bigint', source, source);
    return this.lookUpObject(source as Extract<Value, object>);
  }

  private lookUpObject(source: Extract<Value, object>): Item | undefined {
    switch (source.kind) {
      case 'keyword':
      case 'symbol':
        return this.text(source.kind, source.name, source);
      case 'resource':
        return this.text('resource', source.uri, source);
      case 'uuid':
        return this.text('uuid', source.text, source);
      case 'function':
        return source.primitive ? this.text('primitive', source.name, source) : this.known.get(source);
      default:
        return this.known.get(source);
    }
  }

  private text(kind: string, text: string | bigint, source: Source): Part {
    let parts = this.texts.get(kind);
    if (parts === undefined) this.texts.set(kind, (parts = new LargeMap()));
    let part = parts.get(text);
    if (part === undefined) parts.set(text, (part = this.part(source, NO_ITEMS)));
    return part;
  }

  private close({ source, start, codesStart, walked }: Open): Part {
    const { codes, contents, composites } = this;
    let number = contents.find(codes, codesStart);
    if (number < 0) {
      number = contents.add();
      composites.push(this.part(source, this.counted(start)));
    }
    this.height = start;
    codes.size = codesStart;
    const part = composites[number]!;
    if (this.walked - walked >= SMALL || source instanceof Closure) this.known.set(source, part);
    return part;
  }

  private part(source: Source, items: readonly Item[]): Part {
    return new Part(source, items, this.count++);
  }
}

function isCaptures(source: Extract<Source, object>): source is readonly Value[] {
  return Array.isArray(source);
}

/** Captures are encoded as a vector is. Only what has parts is asked for. */
function kindOf(source: Composite): number {
  return isCaptures(source) ? tag.VECTOR.first : tag.COMPOSITES[source.kind]!;
}

function childrenOf(source: Composite): Open['children'] {
  if (isCaptures(source)) return new ArrayCursor(source);
  switch (source.kind) {
    case 'vector':
    case 'list':
    case 'set':
    case 'map':
      return source.cursor();
    case 'error':
      return new ArrayCursor([source.type, source.message, source.data, source.span, source.stack]);
    case 'function': {
      if (source.primitive) break;
      const captures = source.captures.length === 0 ? Vector.empty() : source.captures;
      return new ArrayCursor<Source>([new Group(source.code.group), captures]);
    }
    default:
  }
  return new ArrayCursor<Source>([]); // what has no parts is not looked into
}

/** Writes the items and everything below them, numbering shared parts as they come. */
function writeItems(writer: ByteWriter, roots: readonly Item[]): void {
  let numbered = 0;
  const stack: { readonly items: readonly Item[]; next: number }[] = [{ items: roots, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    if (top.next === top.items.length) {
      stack.pop();
      continue;
    }
    const item = top.items[top.next++]!;
    if (!(item instanceof Part)) {
      writeAtom(writer, item);
      continue;
    }
    if (item.number >= 0) {
      tag.writeSized(writer, tag.REFERENCE, item.number);
      continue;
    }
    if (item.uses > 1) {
      item.number = numbered++;
      writer.byte(tag.SHARED);
    }
    writeHead(writer, item.source);
    if (item.items.length > 0) stack.push({ items: item.items, next: 0 });
  }
}

function writeAtom(writer: ByteWriter, value: Value): void {
  if (typeof value === 'number') {
    if (Number.isInteger(value)) writeInteger(writer, value);
    else writeFloat(writer, value);
  } else if (value === null) writer.byte(tag.NIL);
  else if (typeof value === 'boolean') writer.byte(value ? tag.TRUE : tag.FALSE);
  else writeHead(writer, value);
}

function writeInteger(writer: ByteWriter, value: number): void {
  if (value >= 0) tag.writeSized(writer, tag.INTEGER, value);
  else tag.writeSized(writer, tag.NEGATIVE, -1 - value);
}

function writeFloat(writer: ByteWriter, value: number): void {
  writer.byte(tag.FLOAT);
  writer.double(value);
}

/** Everything but the parts that can be shared. */
export function writeHead(writer: ByteWriter, source: Source): void {
  if (typeof source === 'string') writeSizedText(writer, tag.STRING, source);
  else if (typeof source === 'bigint') writeBig(writer, source);
  else if (typeof source !== 'object' || source === null) writeAtom(writer, source);
  else if (isCaptures(source)) tag.writeSized(writer, tag.VECTOR, source.length);
  else if (source instanceof Group) {
    writer.byte(tag.GROUP);
    writeHex(writer, source.hash);
  } else writeObjectHead(writer, source);
}

function writeObjectHead(writer: ByteWriter, value: Extract<Value, object>): void {
  switch (value.kind) {
    case 'float':
      return writeFloat(writer, value.value);
    case 'keyword':
      return writeSizedText(writer, tag.KEYWORD, value.name);
    case 'symbol':
      return writeText(writer, tag.SYMBOL, value.name);
    case 'vector':
      return tag.writeSized(writer, tag.VECTOR, value.size);
    case 'map':
      return tag.writeSized(writer, tag.MAP, value.size);
    case 'list':
      return tag.writeSized(writer, tag.LIST, value.size);
    case 'set':
      return tag.writeSized(writer, tag.SET, value.size);
    case 'timestamp':
      writer.byte(tag.TIMESTAMP);
      return writer.varint(value.epochMs - EPOCH_MS_MIN);
    case 'uuid':
      writer.byte(tag.UUID);
      return writeHex(writer, value.text.replaceAll('-', ''));
    case 'resource':
      return writeText(writer, tag.HANDLE, value.uri);
    case 'error':
      return writer.byte(tag.ERROR);
    case 'function':
      if (value.primitive) return writeText(writer, tag.PRIMITIVE, value.name);
      writer.byte(tag.CLOSURE);
      return writer.varint(value.code.unit);
  }
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
