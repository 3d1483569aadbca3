/**
 * How the encoder and the decoder recognise that two texts, or two composites, have equal content.
 *
 * A composite is compared by its codes, 32-bit integers: its kind, how many items or entries it has, and for each item what it is. A
 * part that can be shared is its number (≥ 0), which all parts of that content have; what cannot be shared is a negative
 * code, and behind some of them stand two halves of a number. The codes of all different composites together are all that a document says.
 */
import { NAN_BITS } from './binary.ts';
import * as tag from './bytes-tags.ts';
import { LargeMap } from './large-map.ts';
import type { Value } from './value.ts';

/** Followed by two halves of a number; all other codes stand alone. */
export const FLOAT = -1;
export const INTEGER = -2;
export const TIMESTAMP = -3;
/** What is one byte in the document is minus that byte. Small integers are this plus the integer. */
export const SMALL_BASE = -1_073_741_824;
const SMALL_LIMIT = 536_870_912;

/** To begin with: engines have room for so many inside of the object. */
const SLOTS = 16;
/** In so many places of the table a composite may be. With four slots or more for each composite, nature needs a few. */
const PLACES = 16;

/** In front of the codes of a composite: their hash, the length of both, its number. */
const HEAD = 3;
const NUMBER = 2;
/** The codes of its items begin so far behind its beginning. */
export const ITEMS = 5;

/** What needed more room than this is not kept for the next document. */
const KEPT_MAX = 16_384;

/**
 * Numbers for what can be shared, by content. A composite is looked for by a hash in a few places, and compared code by code. Those that
 * find no place are found by a string, which engines hash with a secret of their own: no attacker can aim at that.
 */
export class Contents {
  /** The codes of what is open, which goes down without a call of the engine, as `length` would need. */
  private readonly codes: number[] = [];
  size = 0;
  /** All different composites, one after the other: head, kind, count, items. From `end` on the one that was looked for last. */
  readonly kept: number[] = [];
  end = 0;
  /** By number: where it is kept; what has no parts is whatever the encoder says. */
  readonly places: number[] = [];
  /** By number: how often it is used. */
  readonly uses: number[] = [];
  /** How many numbers have been given. */
  count = 0;
  /** Where composites are kept, plus one, by hash. */
  private slots: Int32Array = new Int32Array(SLOTS);
  private readonly view = new DataView(new ArrayBuffer(8));
  strings!: LargeMap<string, number>;
  keywords!: LargeMap<string, number>;
  /** Other texts by a letter and what they say, and composites that have no slot by their codes. */
  others!: LargeMap<string, number>;

  constructor() {
    this.clear();
  }

  push(code: number): void {
    this.codes[this.size++] = code | 0;
  }

  /** Begins a composite; the result is for `close`. */
  open(kind: number, count: number): number {
    const start = this.size;
    this.push(kind);
    this.push(count);
    return start;
  }

  /** Appends the codes of a value that is never shared. */
  atom(value: Value): void {
    if (typeof value === 'number') this.number(value);
    else if (value === null) this.push(-tag.NIL);
    else if (typeof value === 'boolean') this.push(value ? -tag.TRUE : -tag.FALSE);
    else if (typeof value === 'object') {
      if (value.kind === 'float') this.wide(FLOAT, value.value);
      else if (value.kind === 'timestamp') this.wide(TIMESTAMP, value.epochMs);
      else this.push(-tag.COMPOSITES[value.kind]!); // empty
    }
  }

  number(value: number): void {
    const whole = value | 0;
    if (whole === value && whole > -SMALL_LIMIT && whole < SMALL_LIMIT) this.push(SMALL_BASE + whole);
    else this.wide(Number.isInteger(value) ? INTEGER : FLOAT, value);
  }

  private wide(code: number, value: number): void {
    const { view } = this;
    if (value === value) view.setFloat64(0, value);
    else view.setBigUint64(0, NAN_BITS);
    this.push(code);
    this.push(view.getInt32(0));
    this.push(view.getInt32(4));
  }

  /** The number whose halves are kept there. */
  wideAt(at: number): number {
    const { view, kept } = this;
    view.setInt32(0, kept[at]!);
    view.setInt32(4, kept[at + 1]!);
    return view.getFloat64(0);
  }

  /** The number of the text among those of one kind; it is new when it is what `count` was. */
  text(text: string, numbers: LargeMap<string, number>): number {
    let number = numbers.get(text);
    if (number === undefined) numbers.set(text, (number = this.next()));
    return number;
  }

  /** Ends the composite that began at `start`. Its number; it is new when it is what `count` was. */
  close(start: number): number {
    const { codes, size, kept, end, slots } = this;
    const length = HEAD + size - start;
    kept[end] = 0;
    kept[end + 1] = length;
    kept[end + NUMBER] = this.count;
    let hash = 0;
    for (let i = start, to = end + HEAD; i < size; i++, to++) {
      const code = codes[i]!;
      kept[to] = code;
      hash = Math.imul(hash ^ code, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    kept[end] = hash;
    this.size = start;
    const mask = slots.length - 1;
    for (let place = 0; place < PLACES; place++) {
      const at = slots[(hash + place) & mask]! - 1;
      if (at < 0) return this.add();
      if (this.isThere(at)) return kept[at + NUMBER]!;
    }
    return this.others.get(this.keyAt(end)) ?? this.add();
  }

  /** Keeps the composite that has just not been found. */
  private add(): number {
    const { end, slots } = this;
    this.places[this.count] = end;
    this.end += this.kept[end + 1]!;
    if (this.count * 4 < slots.length) this.place(end, slots);
    else this.enlarge();
    return this.next();
  }

  private next(): number {
    this.uses[this.count] = 0;
    return this.count++;
  }

  /** This, ready for the next document and with no value in it; null when it has become so large that nobody should keep it. */
  clear(): Contents | null {
    this.size = this.end = this.count = 0;
    this.strings = new LargeMap();
    this.keywords = new LargeMap();
    this.others = new LargeMap();
    this.slots.fill(0);
    return this.kept.length > KEPT_MAX ? null : this;
  }

  private place(at: number, slots: Int32Array): void {
    const hash = this.kept[at]!;
    for (let place = 0; place < PLACES; place++) {
      const slot = (hash + place) & (slots.length - 1);
      if (slots[slot] !== 0) continue;
      slots[slot] = at + 1;
      return;
    }
    this.others.set(this.keyAt(at), this.kept[at + NUMBER]!);
  }

  private enlarge(): void {
    const slots = (this.slots = new Int32Array(this.slots.length * 4));
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
