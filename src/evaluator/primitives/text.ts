/**
 * Text as the language sees it: a sequence of code points, although a JavaScript string is one of UTF-16 code units.
 * A lone surrogate counts as one code point. Indexes and lengths that a program sees are in code points; everything
 * here that says `unit` counts code units.
 */
import { fuelLeft, type Meter } from '../limits.ts';
import { chargeCells, chargeFuel, raiseLimit } from '../raise.ts';

/** Code units that one step of fuel pays for when text is only looked at. */
const UNITS_PER_STEP = 16;
/** Code units that one cell holds when text is built. */
const UNITS_PER_CELL = 8;

/** What a look at `units` code units costs, in steps. */
export function scanSteps(units: number): number {
  return Math.floor(units / UNITS_PER_STEP);
}

/** Pays for a look at `units` code units. */
export function chargeScan(meter: Meter, units: number): void {
  if (units >= UNITS_PER_STEP) chargeFuel(meter, scanSteps(units));
}

/** Fails when a text of `units` code units would be too long, and pays for it; to be called before the text is built. */
export function chargeText(meter: Meter, units: number): void {
  if (units > meter.limits.stringLength) raiseLimit('stringLength', meter.limits.stringLength);
  chargeCells(meter, Math.floor(units / UNITS_PER_CELL) + 1);
}

/** The length of the longest text that what is left of fuel and allocation pays for. */
export function affordableUnits(meter: Meter): number {
  return Math.max(0, Math.floor(Math.min(fuelLeft(meter), meter.allocation))) * UNITS_PER_CELL - 1;
}

/** Fails when a collection of `size` elements would be too large, and pays for it. */
export function chargeElements(meter: Meter, size: number): void {
  if (size > meter.limits.collectionSize) raiseLimit('collectionSize', meter.limits.collectionSize);
  chargeCells(meter, size);
}

/** Grows a text by pieces; fails as soon as it gets too long, and is paid for as it grows. */
export class TextBuilder {
  private readonly pieces: string[] = [];
  private units = 0;
  private readonly meter: Meter;
  constructor(meter: Meter) {
    this.meter = meter;
  }

  add(piece: string): void {
    if (piece === '') return;
    this.units += piece.length;
    if (this.units > this.meter.limits.stringLength) raiseLimit('stringLength', this.meter.limits.stringLength);
    chargeText(this.meter, piece.length);
    this.pieces.push(piece);
  }

  text(): string {
    return this.pieces.join('');
  }
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/** How many code units the code point that starts at `unit` takes: 1 or 2. */
export function widthAt(text: string, unit: number): 1 | 2 {
  return isHighSurrogate(text.charCodeAt(unit)) && isLowSurrogate(text.charCodeAt(unit + 1)) ? 2 : 1;
}

/** How many code units the code point that ends before `unit` takes: 1 or 2. */
export function widthBefore(text: string, unit: number): 1 | 2 {
  return unit >= 2 && isLowSurrogate(text.charCodeAt(unit - 1)) && isHighSurrogate(text.charCodeAt(unit - 2)) ? 2 : 1;
}

/** The number of code points in the code units [0, endUnit). */
export function codePointCount(text: string, endUnit: number = text.length): number {
  let pairs = 0;
  for (let unit = 0; unit + 1 < endUnit; unit++) {
    if (isHighSurrogate(text.charCodeAt(unit)) && isLowSurrogate(text.charCodeAt(unit + 1))) {
      pairs += 1;
      unit += 1;
    }
  }
  return endUnit - pairs;
}

/**
 * The code unit where the code point number `count` starts, counted from code unit `from`: the end of the text when
 * there are exactly `count` code points, -1 when there are fewer.
 */
export function unitOfCodePoint(text: string, count: number, from: number = 0): number {
  if (count > text.length - from) return -1;
  let unit = from;
  for (let left = count; left > 0; left--) {
    if (unit >= text.length) return -1;
    unit += widthAt(text, unit);
  }
  return unit;
}

/** One string per code point. */
export function codePoints(text: string): string[] {
  const points: string[] = [];
  for (let unit = 0; unit < text.length; ) {
    const width = widthAt(text, unit);
    points.push(width === 1 ? text[unit]! : text.slice(unit, unit + 2));
    unit += width;
  }
  return points;
}

/** The characters of Unicode's White_Space property, the same in every version that there is. */
function isWhitespace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit < 0x1680) return unit === 0x85 || unit === 0xa0;
  return (
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  );
}

/** The first code unit at or after `from` that is no white space, or the end. */
export function skipWhitespace(text: string, from: number = 0): number {
  let unit = from;
  while (unit < text.length && isWhitespace(text.charCodeAt(unit))) unit += 1;
  return unit;
}

/** The end of the text without white space at its end; at least `from`. */
export function endBeforeWhitespace(text: string, from: number = 0): number {
  let end = text.length;
  while (end > from && isWhitespace(text.charCodeAt(end - 1))) end -= 1;
  return end;
}

export function trim(text: string): string {
  const start = skipWhitespace(text);
  return text.slice(start, endBeforeWhitespace(text, start));
}
