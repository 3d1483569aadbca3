/**
 * How the encoder and the decoder recognise that two composites have equal content.
 *
 * A composite is compared by its kind and, for each item, one or more codes, whole numbers: a part that can be shared is its
 * number (≥ 0), a value that cannot is a negative code with what it needs behind it. The first code of an item says how
 * many follow, so different items never give the same codes.
 */
import { SHARED_TEXT_MIN } from './bytes-tags.ts';
import { LargeMap } from './large-map.ts';
import type { Value } from './value.ts';

const NIL = -1;
const FALSE = -2;
const TRUE = -3;
const EMPTY = { list: -4, vector: -5, map: -6, set: -7 } as const;
/** Followed by the one unit, or by -1 when there is none. */
const STRING = -8;
const KEYWORD = -9;
/** Followed by two halves. */
const FLOAT = -10;
/** Followed by the number. */
const INTEGER = -11;
const TIMESTAMP = -12;
/** Small integers are one code: this plus the integer. */
const SMALL_BASE = -1_073_741_824;
const SMALL_LIMIT = 536_870_912;

/** Whether the value is never shared; see `bytes.ts`. */
export function isAtom(value: Value): boolean {
  switch (typeof value) {
    case 'string':
      return value.length < SHARED_TEXT_MIN;
    case 'bigint':
      return false;
    case 'object':
      return value === null || isAtomObject(value);
    default:
      return true;
  }
}

function isAtomObject(value: Extract<Value, object>): boolean {
  switch (value.kind) {
    case 'float':
    case 'timestamp':
      return true;
    case 'keyword':
      return value.name.length < SHARED_TEXT_MIN;
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return value.size === 0;
    default:
      return false;
  }
}

/** The codes of what lies on the stack of an encoder or decoder, which goes down without a call of the engine, as `length` would need. */
export class Codes {
  readonly units: number[] = [];
  size = 0;

  push(code: number): void {
    this.units[this.size++] = code;
  }
}

/** Appends the codes of a value for which `isAtom` holds. */
export function pushAtomCodes(codes: Codes, value: Value): void {
  if (typeof value === 'number') pushNumber(codes, value);
  else if (typeof value === 'string') pushAll(codes, STRING, unitOf(value));
  else if (value === null) codes.push(NIL);
  else if (typeof value === 'boolean') codes.push(value ? TRUE : FALSE);
  else if (typeof value === 'object') pushObject(codes, value);
}

function pushAll(codes: Codes, ...more: readonly number[]): void {
  for (const code of more) codes.push(code);
}

function unitOf(text: string): number {
  return text.length === 0 ? -1 : text.charCodeAt(0);
}

function pushNumber(codes: Codes, value: number): void {
  if (!Number.isInteger(value)) pushDouble(codes, value);
  else if (value > -SMALL_LIMIT && value < SMALL_LIMIT) codes.push(SMALL_BASE + value);
  else pushAll(codes, INTEGER, value);
}

function pushDouble(codes: Codes, value: number): void {
  const view = new DataView(new ArrayBuffer(8));
  if (value === value) view.setFloat64(0, value);
  else view.setUint32(0, 0x7ff80000); // all NaN are one
  pushAll(codes, FLOAT, view.getInt32(0), view.getInt32(4));
}

function pushObject(codes: Codes, value: Extract<Value, object>): void {
  switch (value.kind) {
    case 'float':
      return pushDouble(codes, value.value);
    case 'keyword':
      return pushAll(codes, KEYWORD, unitOf(value.name));
    case 'timestamp':
      return pushAll(codes, TIMESTAMP, value.epochMs);
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return codes.push(EMPTY[value.kind]);
    default:
      return; // not an atom
  }
}

/** So few are looked through: most documents are small, and room for slots would cost more than they do. */
const FEW = 8;
/** In so many places of the table a composite may be. With four slots or more for each composite, nature needs a few. */
const PLACES = 16;

/** In front of the codes of a composite: their hash, the length of both, its number. */
const HEAD = 3;
const NUMBER = 2;

/**
 * Numbers for composites, by content. A composite is looked for by a hash in a few places, and compared code by code. Those that
 * find no place are found by a string, which engines hash with a secret of their own: no attacker can aim at that.
 */
export class ContentTable {
  /** Where composites are kept, plus one, by hash. */
  private slots: Int32Array | null = null;
  /** One composite after the other, and from `end` on the one that was looked for last. */
  private readonly kept: number[] = [];
  private end = 0;
  private count = 0;
  private others: LargeMap<string, number> | null = null;

  /** The number of the composite that has the codes from `start` on: its kind and what else belongs to it itself, and its items. -1: none has. */
  find({ units, size }: Codes, start: number): number {
    const { slots, kept, end } = this;
    kept[end] = 0;
    kept[end + 1] = HEAD + size - start;
    kept[end + NUMBER] = this.count;
    let hash = 0;
    for (let i = start, to = end + HEAD; i < size; i++, to++) {
      const code = units[i]!;
      kept[to] = code;
      hash = Math.imul(hash ^ code, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    kept[end] = hash;
    if (slots === null) {
      for (let at = 0; at < end; at += kept[at + 1]!) if (this.isThere(at)) return kept[at + NUMBER]!;
      return -1;
    }
    for (let place = hash; place < hash + PLACES; place++) {
      const at = slots[place & (slots.length - 1)]! - 1;
      if (at < 0) break;
      if (this.isThere(at)) return kept[at + NUMBER]!;
    }
    return this.others?.get(this.keyAt(end)) ?? -1;
  }

  /** Keeps the composite that has just not been found. */
  add(): number {
    const { end, slots } = this;
    this.end += this.kept[end + 1]!;
    if (slots !== null && this.count * 4 < slots.length) this.place(end, slots);
    else if (this.count >= FEW) this.enlarge();
    return this.count++;
  }

  private place(at: number, slots: Int32Array): void {
    const hash = this.kept[at]!;
    for (let place = hash; place < hash + PLACES; place++) {
      const slot = place & (slots.length - 1);
      if (slots[slot] !== 0) continue;
      slots[slot] = at + 1;
      return;
    }
    this.others ??= new LargeMap();
    this.others.set(this.keyAt(at), this.kept[at + NUMBER]!);
  }

  private enlarge(): void {
    const slots = new Int32Array(this.slots === null ? 16 * FEW : this.slots.length * 4);
    this.slots = slots;
    for (let at = 0; at < this.end; at += this.kept[at + 1]!) this.place(at, slots);
  }

  /** Whether what lies there is what is looked for; the hash decides soonest. */
  private isThere(at: number): boolean {
    const { kept, end } = this;
    for (let i = 0; i < kept[end + 1]!; i++) if (i !== NUMBER && kept[at + i] !== kept[end + i]) return false;
    return true;
  }

  private keyAt(at: number): string {
    return this.kept.slice(at + HEAD, at + this.kept[at + 1]!).join();
  }
}
