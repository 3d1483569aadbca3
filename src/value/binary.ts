/**
 * Writing and reading bytes: the alphabet that every format of the house is spelled in.
 *
 * - varint: a whole number from 0 to 2^53-1, seven bits to a byte, lowest first, the top bit set on all but the last
 *   byte. The shortest form is the only one.
 * - double: eight bytes, big-endian IEEE 754; every NaN is 7ff8000000000000.
 * - text: UTF-8, but a surrogate without a partner stands for itself in three bytes (WTF-8), so that every string of
 *   the language has exactly one form and comes back as it was.
 *
 * The reader never throws: the first thing that is wrong is kept in `fault`, and from then on it yields zeros and
 * empty texts. Who reads in a loop looks at `fault` in every turn.
 */

export interface ReadFault {
  readonly message: string;
  /** Where in the bytes. */
  readonly offset: number;
}

export const NAN_BITS = 0x7ff8000000000000n;

export class ByteWriter {
  protected buffer: Uint8Array;
  protected size = 0;

  /** `room`: so many bytes to begin with, or the bytes that are written over as long as they are enough. */
  constructor(room: number | Uint8Array = 64) {
    this.buffer = typeof room === 'number' ? new Uint8Array(room) : room;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.size;
  }

  byte(value: number): void {
    if (this.size === this.buffer.length) this.grow(1);
    this.buffer[this.size++] = value;
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  double(value: number): void {
    if (this.size + 8 > this.buffer.length) this.grow(8);
    const view = new DataView(this.buffer.buffer, this.buffer.byteOffset + this.size, 8);
    if (value === value) view.setFloat64(0, value);
    else view.setBigUint64(0, NAN_BITS);
    this.size += 8;
  }

  bytes(bytes: Uint8Array): void {
    if (this.size + bytes.length > this.buffer.length) this.grow(bytes.length);
    this.buffer.set(bytes, this.size);
    this.size += bytes.length;
  }

  /** The bytes of the text, without their count (`textSize`). */
  text(text: string): void {
    if (this.size + text.length > this.buffer.length) this.grow(text.length);
    let i = 0;
    // The buffer has room for as many one-byte characters as there are.
    for (let code = text.charCodeAt(0); i < text.length && code < 0x80; code = text.charCodeAt(i)) {
      this.buffer[this.size++] = code;
      i += 1;
    }
    for (; i < text.length; i++) {
      const point = text.codePointAt(i)!;
      if (point > 0xffff) i += 1;
      this.codePoint(point);
    }
  }

  private codePoint(point: number): void {
    if (point < 0x80) {
      this.byte(point);
      return;
    }
    if (point < 0x800) this.byte(0xc0 | (point >> 6));
    else {
      if (point < 0x10000) this.byte(0xe0 | (point >> 12));
      else {
        this.byte(0xf0 | (point >> 18));
        this.byte(0x80 | ((point >> 12) & 0x3f));
      }
      this.byte(0x80 | ((point >> 6) & 0x3f));
    }
    this.byte(0x80 | (point & 0x3f));
  }

  /** A copy of what has been written. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.size);
  }

  /** What has been written, as long as nothing more is. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.size);
  }

  private grow(extra: number): void {
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.size + extra, 64));
    larger.set(this.buffer.subarray(0, this.size));
    this.buffer = larger;
  }
}

/** How many bytes `ByteWriter.text` writes for the text. */
export function textSize(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    size += code < 0x800 ? 1 : 2;
    if (code >= 0xd800 && code < 0xdc00 && isLow(text.charCodeAt(i + 1))) i += 1; // two units, four bytes
  }
  return size;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

const TEXT_CHUNK = 4096;

export class ByteReader {
  /** The first thing that was wrong, or null. */
  fault: ReadFault | null = null;
  protected readonly source: Uint8Array;
  protected position: number;

  constructor(source: Uint8Array, start: number = 0) {
    this.source = source;
    this.position = start;
  }

  get offset(): number {
    return this.position;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.source.length - this.position;
  }

  fail(message: string, offset: number = this.position): void {
    this.fault ??= { message, offset };
  }

  byte(): number {
    if (this.fault !== null) return 0;
    if (this.position >= this.source.length) {
      this.fail('the bytes end too early');
      return 0;
    }
    return this.source[this.position++]!;
  }

  varint(): number {
    const start = this.position;
    let value = 0;
    let unit = 1;
    for (let count = 1; ; count++) {
      const byte = this.byte();
      if (this.fault !== null) return 0;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) {
        if (byte === 0 && count > 1) this.fail('a number is not in its shortest form', start);
        if (value > Number.MAX_SAFE_INTEGER) this.fail('a number is too large', start);
        return this.fault === null ? value : 0;
      }
      unit *= 0x80;
      if (count === 8) {
        this.fail('a number is too large', start);
        return 0;
      }
    }
  }

  double(): number {
    const start = this.position;
    if (!this.has(8)) return 0;
    const view = new DataView(this.source.buffer, this.source.byteOffset + start, 8);
    const value = view.getFloat64(0);
    const canonical = value === value || view.getBigUint64(0) === NAN_BITS;
    if (!canonical) this.fail('a NaN is not in its one form', start);
    this.position += 8;
    return value;
  }

  /** The next `count` bytes: a view, not a copy. */
  bytes(count: number): Uint8Array {
    if (!this.has(count)) return new Uint8Array(0);
    this.position += count;
    return this.source.subarray(this.position - count, this.position);
  }

  /** The text that the next `count` bytes spell. */
  text(count: number): string {
    if (!this.has(count)) return '';
    const end = this.position + count;
    let out = '';
    let units: number[] = [];
    let previous = 0;
    while (this.position < end) {
      const point = this.codePoint(end, previous);
      if (this.fault !== null) return '';
      if (point > 0xffff) units.push(0xd7c0 + (point >> 10), 0xdc00 + (point & 0x3ff));
      else units.push(point);
      previous = point;
      if (units.length >= TEXT_CHUNK) {
        out += String.fromCharCode(...units);
        units = [];
      }
    }
    return out + String.fromCharCode(...units);
  }

  /** `previous` is the code point before, because two surrogates that make a pair must be written as one. */
  private codePoint(end: number, previous: number): number {
    const start = this.position;
    const first = this.source[this.position++]!;
    if (first < 0x80) return first;
    const more = first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
    if (more === 0 || start + more >= end) return this.badText(start);
    let point = first & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const byte = this.source[this.position++]!;
      if ((byte & 0xc0) !== 0x80) return this.badText(start);
      point = (point << 6) | (byte & 0x3f);
    }
    const tooLong = (more === 2 && point < 0x800) || (more === 3 && point < 0x10000);
    const splitPair = isLow(point) && previous >= 0xd800 && previous < 0xdc00;
    return tooLong || splitPair || point > 0x10ffff ? this.badText(start) : point;
  }

  private badText(offset: number): number {
    this.fail('a text is not well-formed', offset);
    return 0;
  }

  private has(count: number): boolean {
    if (this.fault === null && count > this.left) this.fail('the bytes end too early');
    return this.fault === null;
  }
}
