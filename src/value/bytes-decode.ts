/**
 * Canonical bytes to values; the format is specified in `bytes.ts`. Strict: what the encoder would not have written is
 * refused, so that decoding and encoding undo one another in both directions.
 *
 * One pass over the bytes with a stack of the composites that are open. Everything that can be shared is remembered by
 * content, as the encoder does, so a part that is written out twice is found out; and because equal parts are therefore
 * one object, comparing the keys of maps costs no more than the first difference. Counts are checked against the bytes
 * that are left before anything is allocated for them.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { ByteReader } from './binary.ts';
import { Contents, SMALL_BASE } from './bytes-content.ts';
import * as tag from './bytes-tags.ts';
import { bytesToHex } from './hex.ts';
import type { LargeMap } from './large-map.ts';
import { List } from './list.ts';
import { MapValue } from './map.ts';
import { Comparison } from './order.ts';
import { SetValue } from './set.ts';
import { EPOCH_MS_MAX, EPOCH_MS_MIN } from './time.ts';
import {
  Closure,
  type CodeUnit,
  ErrorValue,
  Handle,
  Keyword,
  keyword,
  makeFloat,
  PrimitiveFunction,
  symbol,
  Timestamp,
  Uuid,
  type Value,
} from './value.ts';
import { Vector } from './vector.ts';

export interface DecodeOptions {
  /** The unit of code that a closure names, or null when there is none. Without it closures are refused. */
  readonly resolveCode?: (group: string, unit: number) => CodeUnit | null;
  /** How many values a closure of the code captures. Without it any number is taken. */
  readonly captureCount?: (code: CodeUnit) => number;
  /** Whether there is a kernel function of that name. Without it every name is taken. */
  readonly knowsPrimitive?: (name: string) => boolean;
  /** Longer documents are refused; `DOCUMENT_BYTES_MAX` unless given. */
  readonly sizeMaxBytes?: number;
}

export interface DecodeFault {
  readonly message: string;
  /** In bytes from the beginning of the document. */
  readonly offset: number;
  /** The code that a closure needs and `resolveCode` did not have. */
  readonly missingCode?: { readonly group: string; readonly unit: number };
}

/**
 * Reading takes about 40 bytes of memory for each byte of plain data, and at worst (nothing but openings) about 300.
 * Who reads documents of strangers sets a limit that fits the memory there is.
 */
const DOCUMENT_BYTES_MAX = 67_108_864;

export function decodeDocument(bytes: Uint8Array, options: DecodeOptions, contents: Contents = new Contents()): Result<Value[], DecodeFault> {
  const { sizeMaxBytes = DOCUMENT_BYTES_MAX } = options;
  if (bytes.length > sizeMaxBytes) return { ok: false, error: { message: `more than ${sizeMaxBytes} bytes`, offset: 0 } };
  const decoder = new Decoder(bytes, options, contents);
  const roots = decoder.run();
  return decoder.fault === null ? { ok: true, value: roots } : { ok: false, error: decoder.fault };
}

/** The one root of a document. */
export function decodeOne(bytes: Uint8Array, options: DecodeOptions, contents?: Contents): Result<Value, DecodeFault> {
  const decoded = decodeDocument(bytes, options, contents);
  if (!decoded.ok) return decoded;
  const [value] = decoded.value;
  if (value === undefined || decoded.value.length !== 1) {
    return { ok: false, error: { message: `expected one value, found ${decoded.value.length}`, offset: 0 } };
  }
  return { ok: true, value };
}

/** The hash of a group of code: met only inside closures. No value is an array, which is told at a look. */
type Group = readonly [hash: string];

type Item = Value | Group;

/** A composite that is being read. There is one for each depth, for whatever lies there: all of these together would be a third of what reading allocates. */
class Open {
  /** As in its codes; 0 for the roots. */
  kind!: number;
  offset!: number;
  /** Its items lie on the decoder's stack from here on. */
  start!: number;
  /** Where its items will end. */
  end!: number;
  codesStart!: number;
  normal!: boolean;
  /** The number under which it is shared, or -1. */
  shared!: number;
  /** Of a closure. */
  unit!: number;
  /** Every how many items there is a key; 0 for never. */
  keys!: number;
  readonly outer: Open | null;
  inner: Open | null = null;
  constructor(outer: Open | null) {
    this.outer = outer;
  }
}

interface Shared {
  /** Undefined while it is being read. */
  item: Item | undefined;
  /** Its number among all that can be shared. */
  id: number;
  /** Whether it may stand in a key. */
  normal: boolean;
  used: boolean;
  readonly offset: number;
}

/** What begins with a byte, of that which has a count. */
const SIZED: readonly (tag.SizedTag | undefined)[] = sizedTags();

function sizedTags(): tag.SizedTag[] {
  const tags: tag.SizedTag[] = [];
  for (const sized of [tag.STRING, tag.KEYWORD, tag.VECTOR, tag.MAP, tag.LIST, tag.SET, tag.REFERENCE]) tags.fill((tags[sized.long] = sized), sized.first, sized.first + sized.limit);
  return tags;
}

const ERROR_PARTS = 5;
const CLOSURE_PARTS = 2;

class Decoder extends ByteReader {
  declare fault: DecodeFault | null;
  private readonly options: DecodeOptions;
  /** The innermost composite that is open. */
  private top = new Open(null);
  /** What has been read of the composites that are open; its codes are in `contents`. */
  private readonly items: Item[] = [null];
  private height = 0;
  private readonly shared: Shared[] = [];
  /** What has been written out so far. */
  private readonly contents: Contents;
  private readonly comparison = new Comparison();
  /** One array for all closures that have the same captures. */
  private readonly captures = new Map<Vector, readonly Value[]>();
  /** The number that the next value has announced to be shared under, or -1. */
  private pending = -1;
  private pendingOffset = 0;
  /** Where the item begins that is being read. */
  private itemAt = 0;

  constructor(bytes: Uint8Array, options: DecodeOptions, contents: Contents) {
    super(bytes);
    this.options = options;
    this.contents = contents;
  }

  run(): Value[] {
    this.readHeader();
    while (this.fault === null) {
      const { top } = this;
      if (this.height < top.end) this.readItem();
      else if (top.outer === null) break;
      else this.close(top);
    }
    this.checkEnd();
    return this.items.slice(0, this.height) as Value[];
  }

  private readHeader(): void {
    for (const byte of tag.MAGIC) if (this.byte() !== byte) this.fail('these are not the bytes of a value', 0);
    const version = this.byte();
    if (version !== tag.VERSION) this.fail(`format version ${version} is not known here`, tag.MAGIC.length);
    const count = this.varint();
    this.begin(0, count, count, tag.MAGIC.length + 1);
  }

  private checkEnd(): void {
    if (this.fault !== null) return;
    if (this.left > 0) this.fail('there are bytes after the end');
    for (const { used, offset } of this.shared) if (!used) this.fail('a value is marked as shared and occurs once', offset);
  }

  private readItem(): void {
    this.itemAt = this.offset;
    const first = this.byte();
    if (first < 0x40) this.atom(first, SMALL_BASE + first);
    else if (first < 0x50) this.atom(0x3f - first, SMALL_BASE + 0x3f - first);
    else {
      const sized = SIZED[first];
      if (sized === undefined) this.readTagged(first);
      else this.sized(sized, first === sized.long ? this.varint() + sized.limit : first - sized.first);
    }
  }

  private readTagged(first: number): void {
    if (first === tag.SHARED) this.announce();
    else if (first === tag.NIL) this.atom(null, -first);
    else if (first === tag.FALSE) this.atom(false, -first);
    else if (first === tag.TRUE) this.atom(true, -first);
    else if (first === tag.INTEGER.long) this.integer(tag.INTEGER.limit, 1);
    else if (first === tag.NEGATIVE.long) this.integer(tag.NEGATIVE.limit + 1, -1);
    else if (first === tag.FLOAT) this.float();
    else if (first === tag.CLOSURE) this.open(first, CLOSURE_PARTS, this.varint());
    else if (first === tag.ERROR) this.open(first, ERROR_PARTS);
    else if (first === tag.BIG_POSITIVE || first === tag.BIG_NEGATIVE) this.big(first === tag.BIG_NEGATIVE);
    else this.readText(first);
  }

  private sized(kind: tag.SizedTag, count: number): void {
    if (kind === tag.STRING) this.string(count);
    else if (kind === tag.KEYWORD) this.keyword(count);
    else if (kind === tag.REFERENCE) this.reference(count);
    else this.open(kind.first, count);
  }

  private readText(first: number): void {
    if (first === tag.SYMBOL) {
      const name = this.name();
      this.leaf(symbol(name), `symbol:${name}`);
    } else if (first === tag.HANDLE) {
      const uri = this.name();
      this.leaf(new Handle(uri), `resource:${uri}`);
    } else if (first === tag.PRIMITIVE) this.primitive(this.name());
    else if (first === tag.TIMESTAMP) this.timestamp();
    else if (first === tag.UUID) {
      const hex = bytesToHex(this.bytes(16));
      const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
      this.leaf(new Uuid(text), `uuid:${text}`);
    } else if (first === tag.GROUP) {
      const hash = bytesToHex(this.bytes(tag.GROUP_BYTES));
      this.leaf([hash], hash);
    } else this.fail(`no value begins with the byte ${first}`, this.itemAt);
  }

  private name(): string {
    return this.text(this.varint());
  }

  // Values that cannot be shared.

  /** Without a code the value itself says what it is. */
  private atom(value: Value, code: number = 0, normal: boolean = true): void {
    if (this.pending >= 0) this.fail('this value cannot be shared', this.pendingOffset);
    if (code === 0) this.contents.atom(value);
    else this.contents.push(code);
    this.deliver(value, normal);
  }

  private integer(least: number, sign: 1 | -1): void {
    const magnitude = this.varint() + least;
    if (magnitude > Number.MAX_SAFE_INTEGER) this.fail('an integer is not in its one form', this.itemAt);
    this.atom(magnitude * sign);
  }

  private float(): void {
    const number = this.double();
    this.atom(makeFloat(number), 0, !Object.is(number, -0));
  }

  private timestamp(): void {
    const epochMs = this.varint() + EPOCH_MS_MIN;
    if (epochMs > EPOCH_MS_MAX) this.fail('a timestamp is after the year 9999', this.itemAt);
    this.atom(new Timestamp(epochMs));
  }

  // Values that can be shared and have no parts.

  private string(size: number): void {
    const text = this.text(size);
    this.leaf(text, text, this.contents.strings);
  }

  private keyword(size: number): void {
    const name = this.text(size);
    this.leaf(keyword(name), name, this.contents.keywords);
  }

  private primitive(name: string): void {
    if (this.fault === null && this.options.knowsPrimitive?.(name) === false) this.fail(`there is no kernel function named ${name}`, this.itemAt);
    this.leaf(new PrimitiveFunction(name), `function:${name}`);
  }

  private big(negative: boolean): void {
    const digits = bytesToHex(this.bytes(this.varint()));
    if (this.fault !== null) return;
    const magnitude = BigInt(`0x0${digits}`);
    const canonical = !digits.startsWith('00') && magnitude > BigInt(Number.MAX_SAFE_INTEGER);
    if (!canonical) this.fail('an integer is not in its one form', this.itemAt);
    const value = negative ? -magnitude : magnitude;
    this.leaf(value, `b:${value.toString(16)}`);
  }

  private leaf(item: Item, text: string, numbers: LargeMap<string, number> = this.contents.others): void {
    const { contents, pending } = this;
    const { count } = contents;
    const id = contents.text(text, numbers);
    if (text.length < tag.SHARED_TEXT_MIN) {
      if (pending >= 0) this.fail('this value cannot be shared', this.pendingOffset);
      this.deliverPart(item, id, true);
    } else {
      this.pending = -1;
      this.deliverNew(item, id, count, true, pending, this.itemAt);
    }
  }

  // Sharing.

  private announce(): void {
    if (this.pending >= 0) return this.fail('a value is marked as shared twice', this.itemAt);
    this.pending = this.shared.length;
    this.pendingOffset = this.itemAt;
    this.shared.push({ item: undefined, id: 0, normal: true, used: false, offset: this.itemAt });
    this.readItem();
  }

  private reference(number: number): void {
    const shared = this.shared[number];
    if (this.pending >= 0) return this.fail('a reference is marked as shared', this.itemAt);
    if (shared?.item === undefined) return this.fail(`there is no shared value ${number} yet`, this.itemAt);
    shared.used = true;
    this.deliverPart(shared.item, shared.id, shared.normal);
  }

  /** Delivers what can be shared; it is new when its number is `count`. */
  private deliverNew(item: Item, id: number, count: number, normal: boolean, number: number, offset: number): void {
    if (id !== count) this.fail('a value that occurs again is written out', offset);
    if (number >= 0) {
      const shared = this.shared[number]!;
      shared.item = item;
      shared.id = id;
      shared.normal = normal;
    }
    this.deliverPart(item, id, normal);
  }

  private deliverPart(item: Item, id: number, normal: boolean): void {
    this.contents.push(id);
    if (Array.isArray(item) && (this.top.kind !== tag.CLOSURE || this.height > this.top.start)) return this.fail('the hash of a group stands where a value should be');
    this.deliver(item, normal);
  }

  // Composites.

  private open(kind: number, count: number, unit: number = count): void {
    const wanted = kind === tag.MAP.first ? count * 2 : count;
    if (wanted === 0) return this.atom(this.build(kind, this.height, this.height, this.top)!, -kind);
    this.begin(kind, unit, wanted, this.itemAt);
    this.pending = -1;
  }

  private begin(kind: number, count: number, wanted: number, offset: number): void {
    if (wanted > this.left) this.fail('the bytes end too early', offset);
    const { height, top } = this;
    const open = kind === 0 ? top : (top.inner ??= new Open(top));
    this.top = open;
    open.kind = kind;
    open.offset = offset;
    open.start = height;
    open.end = height + wanted;
    open.codesStart = this.contents.open(kind, count);
    open.normal = true;
    open.shared = this.pending;
    open.unit = count;
    open.keys = kind === tag.MAP.first ? 2 : kind === tag.SET.first ? 1 : 0;
  }

  /** Hands an item to what contains it; `normal`: whether it may stand in a key. */
  private deliver(item: Item, normal: boolean): void {
    const { top, height } = this;
    const { keys } = top;
    if (keys > 0 && (height - top.start) % keys === 0) this.checkKey(item, normal, keys);
    if (!normal) top.normal = false;
    this.items[height] = item;
    this.height = height + 1;
  }

  /** `distance` is how far below the top of the stack the key before lies, if there is one. */
  private checkKey(item: Item, normal: boolean, distance: number): void {
    const { height } = this;
    if (!normal) return this.fail('a key holds -0.0');
    if (height === this.top.start) return;
    const before = this.items[height - distance] as Value;
    if (this.comparison.compare(before, item as Value) >= 0) this.fail('keys are not in order');
  }

  private close(open: Open): void {
    const { contents, height } = this;
    const { kind, start } = open;
    const { count } = contents;
    const id = contents.close(open.codesStart);
    this.height = start;
    this.top = open.outer!;
    const value = this.build(kind, start, height, open);
    if (value !== undefined) this.deliverNew(value, id, count, open.normal || kind >= tag.ERROR, open.shared, open.offset);
  }

  /** The items between. Undefined when they do not make a value; the fault is set then. */
  private build(kind: number, start: number, end: number, open: Open): Value | undefined {
    const items = this.items as Value[]; // groups come only in closures
    if (kind === tag.MAP.first) return buildMap(items, start, (end - start) >> 1);
    const parts = copy(items, start, end);
    if (kind === tag.VECTOR.first) return Vector.adopt(parts);
    if (kind === tag.LIST.first) return List.adopt(parts);
    if (kind === tag.SET.first) return SetValue.fromSorted(parts);
    return kind === tag.ERROR ? this.buildError(open, parts) : this.buildClosure(open, parts);
  }

  private buildError(open: Open, items: readonly Value[]): ErrorValue | undefined {
    const [type, message, data, span, stack] = items;
    if (type instanceof Keyword && typeof message === 'string') return new ErrorValue(type, message, data!, span!, stack!);
    this.fail('an error has no proper type and message', open.offset);
    return undefined;
  }

  private buildClosure(open: Open, items: readonly Item[]): Closure | undefined {
    const [group, captured] = items;
    if (!Array.isArray(group) || !(captured instanceof Vector)) {
      this.fail('a closure has no group or no captures', open.offset);
      return undefined;
    }
    const [hash] = group as Group;
    const code = this.options.resolveCode?.(hash, open.unit) ?? null;
    if (code === null) {
      const missingCode = { group: hash, unit: open.unit };
      this.fault ??= { message: `unknown code: unit ${open.unit} of ${hash}`, offset: open.offset, missingCode };
      return undefined;
    }
    if (captured.size !== (this.options.captureCount?.(code) ?? captured.size)) {
      this.fail('a closure captures another number of values than its code', open.offset);
      return undefined;
    }
    let captures = this.captures.get(captured);
    if (captures === undefined) this.captures.set(captured, (captures = captured.toArray()));
    return new Closure(code, captures);
  }
}

/** What lies there. Engines make what is short sooner when it is written out. */
function copy(items: readonly Value[], start: number, end: number): Value[] {
  const first = items[start]!;
  if (end - start === 1) return [first];
  if (end - start === 2) return [first, items[start + 1]!];
  return end - start === 3 ? [first, items[start + 1]!, items[start + 2]!] : items.slice(start, end);
}

function buildMap(items: readonly Value[], start: number, size: number): MapValue {
  // Copies, since arrays that grow have room for more.
  const keys = copy(items, start, start + size);
  const values = copy(items, start, start + size);
  for (let i = 0, at = start; i < size; i++, at += 2) {
    keys[i] = items[at]!;
    values[i] = items[at + 1]!;
  }
  return MapValue.fromSorted(keys, values);
}
