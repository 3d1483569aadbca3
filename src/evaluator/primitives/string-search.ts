/**
 * Primitives that look for one text in another: containing, finding, splitting, replacing. All take texts literally;
 * the ones that take patterns are in `regex.ts`. All are linear in the texts.
 */
import type { Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { raiseLimit } from '../raise.ts';
import { integerArgument, stringArgument } from './arguments.ts';
import type { Primitive } from './primitive.ts';
import { containsText, endsWithText, searcher, startsWithText } from './search.ts';
import { chargeElements, chargeScan, chargeText, codePointCount, codePoints, unitOfCodePoint } from './text.ts';

type TextTest = (text: string, other: string) => boolean;

/** A test of two texts; `ofNil` is the answer for nil in the place of the first, when there is one. */
function testing(name: string, test: TextTest, ofNil?: false): Primitive {
  return {
    name,
    min: 2,
    max: 2,
    f2: (value, other, meter) => {
      if (value === null && ofNil !== undefined) return ofNil;
      const text = stringArgument(name, value);
      const wanted = stringArgument(name, other);
      chargeScan(meter, text.length);
      return test(text, wanted);
    },
  };
}

/** The unit of a position to search from, clamped to the text: before the start is the start, behind the end the end. */
function clampedUnit(text: string, index: number | bigint): number {
  if (index <= 0) return 0;
  const unit = typeof index === 'number' ? unitOfCodePoint(text, index) : -1;
  return unit < 0 ? text.length : unit;
}

function indexOf(value: Value, wanted: Value, from: Value, meter: Meter): Value {
  const text = stringArgument('index-of', value);
  const needle = stringArgument('index-of', wanted);
  const start = clampedUnit(text, integerArgument('index-of', from));
  chargeScan(meter, text.length + needle.length);
  const unit = searcher(needle).first(text, start);
  return unit < 0 ? null : codePointCount(text, unit);
}

function lastIndexOf(value: Value, wanted: Value, from: Value | undefined, meter: Meter): Value {
  const text = stringArgument('last-index-of', value);
  const needle = stringArgument('last-index-of', wanted);
  const start = from === undefined ? Number.MAX_SAFE_INTEGER : integerArgument('last-index-of', from);
  if (start < 0) return null;
  chargeScan(meter, text.length + needle.length);
  const unit = searcher(needle).last(text, clampedUnit(text, start));
  return unit < 0 ? null : codePointCount(text, unit);
}

function partLimit(limit: number | bigint): number {
  return typeof limit === 'number' && limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** At most `limit` parts, the last with everything that is left; no limit when it is not positive. */
function split(value: Value, by: Value, limit: Value, meter: Meter): Value {
  if (value === null) return Vector.of('');
  const text = stringArgument('split', value);
  const separator = stringArgument('split', by);
  const most = partLimit(integerArgument('split', limit));
  chargeScan(meter, text.length + separator.length);
  return Vector.adopt(separator === '' ? splitPoints(text, most, meter) : splitAt(text, separator, most, meter));
}

function splitPoints(text: string, most: number, meter: Meter): Value[] {
  if (text === '') return [''];
  chargeElements(meter, Math.min(most, text.length));
  const headUnits = most === Number.POSITIVE_INFINITY ? -1 : unitOfCodePoint(text, most - 1);
  if (headUnits < 0 || headUnits === text.length) return codePoints(text);
  return [...codePoints(text.slice(0, headUnits)), text.slice(headUnits)];
}

function splitAt(text: string, separator: string, most: number, meter: Meter): Value[] {
  const search = searcher(separator);
  const parts: Value[] = [];
  let start = 0;
  while (parts.length + 1 < most) {
    const at = search.first(text, start);
    if (at < 0) break;
    pushPart(parts, text.slice(start, at), meter);
    start = at + separator.length;
  }
  pushPart(parts, text.slice(start), meter);
  return parts;
}

/** Adds a part to a result that grows, paying as it grows. */
export function pushPart(parts: Value[], part: Value, meter: Meter): void {
  if (parts.length >= meter.limits.collectionSize) raiseLimit('collectionSize', meter.limits.collectionSize);
  chargeText(meter, typeof part === 'string' ? part.length : 0);
  parts.push(part);
}

/** Lines without their ends (`\n` or `\r\n`); empty ones at the end of the text are left out, as in Clojure. */
function splitLines(value: Value, meter: Meter): Value {
  const text = stringArgument('split-lines', value);
  chargeScan(meter, text.length);
  const lines: Value[] = [];
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) {
    pushPart(lines, text.slice(start, at > start && text[at - 1] === '\r' ? at - 1 : at), meter);
    start = at + 1;
  }
  pushPart(lines, text.slice(start), meter);
  while (lines.length > 1 && lines[lines.length - 1] === '') lines.pop();
  return Vector.adopt(lines);
}

function replace(value: Value, wanted: Value, by: Value, meter: Meter): Value {
  const text = stringArgument('replace', value);
  const needle = stringArgument('replace', wanted);
  const replacement = stringArgument('replace', by);
  chargeScan(meter, text.length + needle.length);
  if (needle === '') return interleave(text, replacement, meter);
  const search = searcher(needle);
  const pieces: string[] = [];
  let units = text.length;
  let start = 0;
  for (let at = search.first(text, 0); at >= 0; at = search.first(text, start)) {
    units += replacement.length - needle.length;
    if (units > meter.limits.stringLength + text.length) raiseLimit('stringLength', meter.limits.stringLength);
    pieces.push(text.slice(start, at));
    start = at + needle.length;
  }
  if (start === 0) return text;
  chargeText(meter, units);
  pieces.push(text.slice(start));
  return pieces.join(replacement);
}

/** The empty text is found around every code point. */
function interleave(text: string, replacement: string, meter: Meter): string {
  const count = codePointCount(text) + 1;
  chargeText(meter, text.length + count * replacement.length);
  return replacement === '' ? text : ['', ...codePoints(text), ''].join(replacement);
}

function replaceFirst(value: Value, wanted: Value, by: Value, meter: Meter): Value {
  const text = stringArgument('replace-first', value);
  const needle = stringArgument('replace-first', wanted);
  const replacement = stringArgument('replace-first', by);
  chargeScan(meter, text.length + needle.length);
  const at = searcher(needle).first(text, 0);
  if (at < 0) return text;
  chargeText(meter, text.length - needle.length + replacement.length);
  return text.slice(0, at) + replacement + text.slice(at + needle.length);
}

export const searchPrimitives: readonly Primitive[] = [
  testing('string-contains?', containsText),
  testing('starts-with?', startsWithText, false),
  testing('ends-with?', endsWithText, false),
  { name: 'index-of', min: 2, max: 3, f2: (text, wanted, meter) => indexOf(text, wanted, 0, meter), f3: indexOf },
  { name: 'last-index-of', min: 2, max: 3, f2: (text, wanted, meter) => lastIndexOf(text, wanted, undefined, meter), f3: lastIndexOf },
  { name: 'split', min: 2, max: 3, f2: (text, separator, meter) => split(text, separator, 0, meter), f3: split },
  { name: 'split-lines', min: 1, max: 1, f1: splitLines },
  { name: 'replace', min: 3, max: 3, f3: replace },
  { name: 'replace-first', min: 3, max: 3, f3: replaceFirst },
];
