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
import { Codes, ContentTable, pushAtomCodes } from './bytes-content.ts';
import * as tag from './bytes-tags.ts';
import { bytesToHex } from './hex.ts';
import { LargeMap } from './large-map.ts';
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

export function decodeDocument(bytes: Uint8Array, options: DecodeOptions): Result<Value[], DecodeFault> {
  const { sizeMaxBytes = DOCUMENT_BYTES_MAX } = options;
  if (bytes.length > sizeMaxBytes) return { ok: false, error: { message: `more than ${sizeMaxBytes} bytes`, offset: 0 } };
  const decoder = new Decoder(bytes, options);
  const roots = decoder.run();
  return decoder.fault === null ? { ok: true, value: roots } : { ok: false, error: decoder.fault };
}

/** The hash of a group of code: met only inside closures. */
class Group {
  readonly hash: string;
  constructor(hash: string) {
    this.hash = hash;
  }
}

type Item = Value | Group;

/** A value as it is handed to what contains it. */
interface Piece {
  readonly item: Item;
  /** Its number among all that can be shared, or -1. */
  readonly id: number;
  /** Whether it may stand in a key. */
  readonly normal: boolean;
}

type CompositeKind = 'roots' | 'vector' | 'list' | 'map' | 'set' | 'error' | 'closure';

interface Open {
  readonly kind: CompositeKind;
  readonly offset: number;
  /** Its items lie on the decoder's stack from here on. */
  readonly start: number;
  /** Where its items will end. */
  readonly end: number;
  readonly codesStart: number;
  normal: boolean;
  /** The number under which it is shared, or -1. */
  readonly shared: number;
  /** Of a closure. */
  readonly unit: number;
}

interface Shared {
  /** Null while it is being read. */
  piece: Piece | null;
  used: boolean;
  readonly offset: number;
}

const ERROR_PARTS = 5;
const CLOSURE_PARTS = 2;

class Decoder {
  fault: DecodeFault | null = null;
  private readonly reader: ByteReader;
  private readonly options: DecodeOptions;
  private readonly stack: Open[] = [];
  /** What has been read of the composites that are open, and its codes for the content keys. */
  private readonly items: Item[] = [];
  private height = 0;
  private readonly codes = new Codes();
  private readonly shared: Shared[] = [];
  /** What has been written out so far: composites, and the rest by a letter and their text. */
  private readonly composites = new ContentTable();
  private readonly texts = new LargeMap<string, true>();
  private readonly comparison = new Comparison();
  /** One array for all closures that have the same captures. */
  private readonly captures = new Map<Vector, readonly Value[]>();
  /** The number that the next value has announced to be shared under, or -1. */
  private pending = -1;
  private pendingOffset = 0;
  private count = 0;

  constructor(bytes: Uint8Array, options: DecodeOptions) {
    this.reader = new ByteReader(bytes);
    this.options = options;
  }

  run(): Value[] {
    this.readHeader();
    while (this.alive()) {
      const top = this.stack[this.stack.length - 1]!;
      if (this.height < top.end) this.readItem();
      else if (top.kind === 'roots') break;
      else {
        this.stack.pop();
        this.close(top);
      }
    }
    this.checkEnd();
    return this.items.slice(0, this.height) as Value[];
  }

  private alive(): boolean {
    if (this.fault === null && this.reader.fault !== null) this.fault = this.reader.fault;
    return this.fault === null;
  }

  private fail(message: string, offset: number): void {
    this.fault ??= { message, offset };
  }

  private readHeader(): void {
    for (const byte of tag.MAGIC) if (this.reader.byte() !== byte) this.reader.fail('these are not the bytes of a value', 0);
    const version = this.reader.byte();
    if (version !== tag.VERSION) this.reader.fail(`format version ${version} is not known here`, tag.MAGIC.length);
    this.open('roots', this.reader.varint(), tag.MAGIC.length + 1);
  }

  private checkEnd(): void {
    if (!this.alive()) return;
    if (this.reader.left > 0) this.fail('there are bytes after the end', this.reader.offset);
    for (const { used, offset } of this.shared) if (!used) this.fail('a value is marked as shared and occurs once', offset);
  }

  private readItem(): void {
    const offset = this.reader.offset;
    const first = this.reader.byte();
    if (!this.alive()) return;
    if (first < 0x40) this.atom(first);
    else if (first < 0x50) this.atom(0x3f - first);
    else if (first < 0x70) this.string(first - 0x50, offset);
    else if (first < 0x90) this.keyword(first - 0x70, offset);
    else if (first < 0xa0) this.open('vector', first - 0x90, offset);
    else if (first < 0xb0) this.open('map', first - 0xa0, offset);
    else if (first < 0xb8) this.open('list', first - 0xb0, offset);
    else if (first < 0xc0) this.open('set', first - 0xb8, offset);
    else if (first < 0xe0) this.reference(first - 0xc0, offset);
    else this.readTagged(first, offset);
  }

  private readTagged(first: number, offset: number): void {
    switch (first) {
      case tag.NIL:
        return this.atom(null);
      case tag.FALSE:
        return this.atom(false);
      case tag.TRUE:
        return this.atom(true);
      case tag.INTEGER.long:
        return this.integer(tag.INTEGER.limit, 1, offset);
      case tag.NEGATIVE.long:
        return this.integer(tag.NEGATIVE.limit + 1, -1, offset);
      case tag.BIG_POSITIVE:
      case tag.BIG_NEGATIVE:
        return this.big(first === tag.BIG_NEGATIVE, offset);
      case tag.FLOAT:
        return this.float();
      case tag.STRING.long:
        return this.string(this.reader.varint() + tag.STRING.limit, offset);
      case tag.KEYWORD.long:
        return this.keyword(this.reader.varint() + tag.KEYWORD.limit, offset);
      case tag.VECTOR.long:
        return this.open('vector', this.reader.varint() + tag.VECTOR.limit, offset);
      case tag.MAP.long:
        return this.open('map', this.reader.varint() + tag.MAP.limit, offset);
      case tag.LIST.long:
        return this.open('list', this.reader.varint() + tag.LIST.limit, offset);
      case tag.SET.long:
        return this.open('set', this.reader.varint() + tag.SET.limit, offset);
      case tag.REFERENCE.long:
        return this.reference(this.reader.varint() + tag.REFERENCE.limit, offset);
      case tag.ERROR:
        return this.open('error', ERROR_PARTS, offset);
      case tag.CLOSURE:
        return this.open('closure', CLOSURE_PARTS, offset, this.reader.varint());
      case tag.SHARED:
        return this.announce(offset);
      default:
        return this.readText(first, offset);
    }
  }

  private readText(first: number, offset: number): void {
    switch (first) {
      case tag.SYMBOL: {
        const name = this.reader.text(this.reader.varint());
        return this.leaf(symbol(name), `y:${name}`, offset);
      }
      case tag.HANDLE: {
        const uri = this.reader.text(this.reader.varint());
        return this.leaf(new Handle(uri), `r:${uri}`, offset);
      }
      case tag.PRIMITIVE:
        return this.primitive(this.reader.text(this.reader.varint()), offset);
      case tag.TIMESTAMP:
        return this.timestamp(offset);
      case tag.UUID: {
        const hex = bytesToHex(this.reader.bytes(16));
        const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
        return this.leaf(new Uuid(text), `u:${hex}`, offset);
      }
      case tag.GROUP: {
        const hash = bytesToHex(this.reader.bytes(tag.GROUP_BYTES));
        return this.leaf(new Group(hash), `g:${hash}`, offset);
      }
      default:
        return this.fail(`no value begins with the byte ${first}`, offset);
    }
  }

  // Values that cannot be shared.

  private atom(value: Value, normal: boolean = true): void {
    if (this.pending >= 0) this.fail('this value cannot be shared', this.pendingOffset);
    this.deliver(value, -1, normal);
  }

  private integer(least: number, sign: 1 | -1, offset: number): void {
    const magnitude = this.reader.varint() + least;
    if (magnitude > Number.MAX_SAFE_INTEGER) this.fail('an integer is not in its one form', offset);
    this.atom(magnitude * sign);
  }

  private float(): void {
    const number = this.reader.double();
    this.atom(makeFloat(number), !Object.is(number, -0));
  }

  private timestamp(offset: number): void {
    const epochMs = this.reader.varint() + EPOCH_MS_MIN;
    if (epochMs > EPOCH_MS_MAX) this.fail('a timestamp is after the year 9999', offset);
    this.atom(new Timestamp(epochMs));
  }

  // Values that can be shared and have no parts.

  private string(size: number, offset: number): void {
    const text = this.reader.text(size);
    if (text.length < tag.SHARED_TEXT_MIN) this.atom(text);
    else this.leaf(text, `s:${text}`, offset);
  }

  private keyword(size: number, offset: number): void {
    const name = this.reader.text(size);
    const value = keyword(name);
    if (name.length < tag.SHARED_TEXT_MIN) this.atom(value);
    else this.leaf(value, `k:${name}`, offset);
  }

  private primitive(name: string, offset: number): void {
    const known = this.options.knowsPrimitive;
    if (this.alive() && known !== undefined && !known(name)) this.fail(`there is no kernel function named ${name}`, offset);
    this.leaf(new PrimitiveFunction(name), `p:${name}`, offset);
  }

  private big(negative: boolean, offset: number): void {
    const digits = bytesToHex(this.reader.bytes(this.reader.varint()));
    if (!this.alive()) return;
    const magnitude = BigInt(`0x0${digits}`);
    const canonical = !digits.startsWith('00') && magnitude > BigInt(Number.MAX_SAFE_INTEGER);
    if (!canonical) this.fail('an integer is not in its one form', offset);
    this.leaf(negative ? -magnitude : magnitude, `${negative ? '-' : '+'}:${digits}`, offset);
  }

  private leaf(item: Item, key: string, offset: number): void {
    if (!this.alive()) return;
    const number = this.pending;
    this.pending = -1;
    const isNew = this.texts.get(key) === undefined;
    this.texts.set(key, true);
    this.deliverNew(item, isNew, true, number, offset);
  }

  // Sharing.

  private announce(offset: number): void {
    if (this.pending >= 0) return this.fail('a value is marked as shared twice', offset);
    this.pending = this.shared.length;
    this.pendingOffset = offset;
    this.shared.push({ piece: null, used: false, offset });
    this.readItem();
  }

  private reference(number: number, offset: number): void {
    const shared = this.shared[number];
    if (this.pending >= 0) return this.fail('a reference is marked as shared', offset);
    if (shared === undefined || shared.piece === null) return this.fail(`there is no shared value ${number} yet`, offset);
    shared.used = true;
    const { item, id, normal } = shared.piece;
    this.deliver(item, id, normal);
  }

  /** Delivers what can be shared; `isNew`: nothing of that content has been written out before. */
  private deliverNew(item: Item, isNew: boolean, normal: boolean, number: number, offset: number): void {
    if (!isNew) this.fail('a value that occurs again is written out', offset);
    const id = this.count++;
    if (number >= 0) this.shared[number]!.piece = { item, id, normal };
    this.deliver(item, id, normal);
  }

  // Composites.

  private open(kind: CompositeKind, count: number, offset: number, unit: number = 0): void {
    const wanted = kind === 'map' ? count * 2 : count;
    if (wanted > this.reader.left) this.reader.fail('the bytes end too early', offset);
    if (this.pending >= 0 && wanted === 0) this.fail('this value cannot be shared', this.pendingOffset);
    const start = this.height;
    const codesStart = this.codes.size;
    this.codes.push(tag.COMPOSITES[kind] ?? 0);
    if (kind === 'closure') pushAtomCodes(this.codes, unit);
    this.stack.push({ kind, offset, start, end: start + wanted, codesStart, normal: true, shared: this.pending, unit });
    this.pending = -1;
  }

  /** Hands an item to what contains it; `id` is its number among all that can be shared, or -1, `normal` whether it may stand in a key. */
  private deliver(item: Item, id: number, normal: boolean): void {
    if (!this.alive()) return;
    const top = this.stack[this.stack.length - 1]!;
    const index = this.height - top.start;
    if (item instanceof Group && !(top.kind === 'closure' && index === 0)) {
      return this.fail('the hash of a group stands where a value should be', this.reader.offset);
    }
    if (top.kind === 'set') this.checkKey(item, normal, index > 0 ? 1 : 0);
    else if (top.kind === 'map' && index % 2 === 0) this.checkKey(item, normal, index > 0 ? 2 : 0);
    if (!normal && !isOpaque(top.kind)) top.normal = false;
    this.items[this.height++] = item;
    if (id >= 0) this.codes.push(id);
    else pushAtomCodes(this.codes, item as Value);
  }

  /** `distance` is how far below the top of the stack the key before lies; 0 when there is none. */
  private checkKey(item: Item, normal: boolean, distance: number): void {
    if (!normal) return this.fail('a key holds -0.0', this.reader.offset);
    if (distance === 0) return;
    const before = this.items[this.height - distance] as Value;
    if (this.comparison.compare(before, item as Value) >= 0) this.fail('keys are not in order', this.reader.offset);
  }

  private close(open: Open): void {
    const { codes, composites } = this;
    const items = this.items.slice(open.start, this.height);
    this.height = open.start;
    const isNew = items.length > 0 && composites.find(codes, open.codesStart) < 0;
    codes.size = open.codesStart;
    if (isNew) composites.add();
    const value = this.build(open, items);
    if (value === undefined) return;
    if (items.length === 0) this.deliver(value, -1, open.normal);
    else this.deliverNew(value, isNew, open.normal, open.shared, open.offset);
  }

  /** Undefined when the parts do not make a value; the fault is set then. */
  private build(open: Open, items: Item[]): Value | undefined {
    const values = items as Value[]; // groups come only in closures
    switch (open.kind) {
      case 'vector':
        return Vector.adopt(values);
      case 'list':
        return List.adopt(values);
      case 'set':
        return SetValue.fromSorted(values);
      case 'map':
        return MapValue.fromSorted(
          values.filter((_, index) => index % 2 === 0),
          values.filter((_, index) => index % 2 === 1),
        );
      case 'error':
        return this.buildError(open, values);
      case 'closure':
        return this.buildClosure(open, items);
      case 'roots':
        return undefined; // never closed
    }
  }

  private buildError(open: Open, items: readonly Value[]): ErrorValue | undefined {
    const [type, message, data, span, stack] = items;
    if (type instanceof Keyword && typeof message === 'string') return new ErrorValue(type, message, data!, span!, stack!);
    this.fail('an error has no proper type and message', open.offset);
    return undefined;
  }

  private buildClosure(open: Open, items: readonly Item[]): Closure | undefined {
    const [group, captured] = items;
    if (!(group instanceof Group) || !(captured instanceof Vector)) {
      this.fail('a closure has no group or no captures', open.offset);
      return undefined;
    }
    const code = this.options.resolveCode?.(group.hash, open.unit) ?? null;
    if (code === null) {
      const missingCode = { group: group.hash, unit: open.unit };
      this.fault ??= { message: `unknown code: unit ${open.unit} of ${group.hash}`, offset: open.offset, missingCode };
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

/** What is inside of these does not matter for keys. */
function isOpaque(kind: CompositeKind): boolean {
  return kind === 'closure' || kind === 'error';
}
