/**
 * Primitives over one text: its length, parts, letters and edges. What looks for one text in another is in
 * `string-search.ts`, what builds text from values of all kinds in `string-build.ts`.
 *
 * Lengths and indexes are in code points. Nothing here depends on a locale.
 */
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { raise } from '../raise.ts';
import { countArgument, integerArgument, raiseIndex, stringArgument } from './arguments.ts';
import { lowerCase, upperCase } from './casing.ts';
import type { Primitive } from './primitive.ts';
import { buildingPrimitives } from './string-build.ts';
import { searchPrimitives } from './string-search.ts';
import {
  chargeScan,
  chargeText,
  codePointCount,
  endBeforeWhitespace,
  skipWhitespace,
  unitOfCodePoint,
  widthAt,
  widthBefore,
} from './text.ts';

/** Code units gathered before they become a piece of text. */
const PIECE_UNITS = 4096;
const CODE_POINT_MAX = 0x10ffff;

function stringLength(value: Value, meter: Meter): Value {
  const text = stringArgument('string-length', value);
  chargeScan(meter, text.length);
  return codePointCount(text);
}

/** The code unit of the code point `index`; a failure with the index when the text has no such place. */
function unitAt(text: string, index: number | bigint, meter: Meter): number {
  const unit = typeof index === 'number' && index >= 0 ? unitOfCodePoint(text, index) : -1;
  chargeScan(meter, unit < 0 ? text.length : unit);
  return unit >= 0 ? unit : raiseIndex(index, codePointCount(text));
}

function substring(value: Value, from: Value, to: Value | undefined, meter: Meter): Value {
  const text = stringArgument('substring', value);
  const start = integerArgument('substring', from);
  const startUnit = unitAt(text, start, meter);
  if (to === undefined) {
    chargeText(meter, text.length - startUnit);
    return startUnit === 0 ? text : text.slice(startUnit);
  }
  const endUnit = unitAt(text, integerArgument('substring', to), meter);
  if (endUnit < startUnit) return raiseIndex(start, codePointCount(text, endUnit));
  chargeText(meter, endUnit - startUnit);
  return text.slice(startUnit, endUnit);
}

/** A primitive that turns one text into another, at most a few times as long (`ß` becomes `SS`). */
function rewriting(name: string, rewrite: (text: string) => string): Primitive {
  return {
    name,
    min: 1,
    max: 1,
    f1: (value, meter) => {
      const text = stringArgument(name, value);
      chargeText(meter, text.length);
      const rewritten = rewrite(text);
      if (rewritten.length > text.length) chargeText(meter, rewritten.length);
      return rewritten;
    },
  };
}

function trimNewline(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  return text.slice(0, end);
}

function capitalize(text: string): string {
  if (text === '') return text;
  const width = widthAt(text, 0);
  return upperCase(text.slice(0, width)) + lowerCase(text.slice(width));
}

function reverse(text: string): string {
  const pieces: string[] = [];
  let units: number[] = [];
  for (let unit = text.length; unit > 0; ) {
    const width = widthBefore(text, unit);
    unit -= width;
    units.push(text.charCodeAt(unit));
    if (width === 2) units.push(text.charCodeAt(unit + 1));
    if (units.length < PIECE_UNITS) continue;
    pieces.push(String.fromCharCode(...units));
    units = [];
  }
  pieces.push(String.fromCharCode(...units));
  return pieces.join('');
}

function isBlank(value: Value, meter: Meter): Value {
  if (value === null) return true;
  const text = stringArgument('blank?', value);
  const unit = skipWhitespace(text);
  chargeScan(meter, unit);
  return unit === text.length;
}

function repeatString(value: Value, times: Value, meter: Meter): Value {
  const text = stringArgument('repeat-string', value);
  const count = countArgument('repeat-string', times);
  if (text === '') return '';
  chargeText(meter, text.length * count);
  return text.repeat(count);
}

/** What must stand beside `text` to make it `width` code points long: whole and then cut copies of the filler. */
function padding(operation: string, text: string, width: Value, filler: Value, meter: Meter): string {
  const wanted = countArgument(operation, width);
  const fill = stringArgument(operation, filler);
  if (fill === '') return raise('argument', `Invalid argument: ${operation} expects a text to pad with that is not empty`);
  chargeScan(meter, text.length + fill.length);
  const missing = wanted - codePointCount(text);
  if (missing <= 0) return '';
  const fillPoints = codePointCount(fill);
  const whole = Math.floor(missing / fillPoints);
  const partUnits = unitOfCodePoint(fill, missing % fillPoints);
  chargeText(meter, text.length + whole * fill.length + partUnits);
  return fill.repeat(whole) + fill.slice(0, partUnits);
}

function padLeft(value: Value, width: Value, filler: Value, meter: Meter): Value {
  const text = stringArgument('pad-left', value);
  return padding('pad-left', text, width, filler, meter) + text;
}

function padRight(value: Value, width: Value, filler: Value, meter: Meter): Value {
  const text = stringArgument('pad-right', value);
  return text + padding('pad-right', text, width, filler, meter);
}

function charCode(value: Value, index: Value, meter: Meter): Value {
  const text = stringArgument('char-code', value);
  const place = integerArgument('char-code', index);
  const unit = unitAt(text, place, meter);
  return unit < text.length ? text.codePointAt(unit)! : raiseIndex(place, codePointCount(text));
}

function fromCharCode(value: Value): Value {
  const code = integerArgument('from-char-code', value);
  const isCharacter = typeof code === 'number' && code >= 0 && code <= CODE_POINT_MAX && !(code >= 0xd800 && code <= 0xdfff);
  if (!isCharacter) return raise('argument', 'Invalid argument: from-char-code expects the number of a character: 0 to 1114111, no surrogate');
  return String.fromCodePoint(code);
}

const edges: readonly Primitive[] = [
  rewriting('trim', (text) => text.slice(skipWhitespace(text), endBeforeWhitespace(text, skipWhitespace(text)))),
  rewriting('triml', (text) => text.slice(skipWhitespace(text))),
  rewriting('trimr', (text) => text.slice(0, endBeforeWhitespace(text))),
  rewriting('trim-newline', trimNewline),
  { name: 'blank?', min: 1, max: 1, f1: isBlank },
  { name: 'pad-left', min: 2, max: 3, f2: (text, width, meter) => padLeft(text, width, ' ', meter), f3: padLeft },
  { name: 'pad-right', min: 2, max: 3, f2: (text, width, meter) => padRight(text, width, ' ', meter), f3: padRight },
];

const letters: readonly Primitive[] = [
  rewriting('upper-case', upperCase),
  rewriting('lower-case', lowerCase),
  rewriting('capitalize', capitalize),
  rewriting('string-reverse', reverse),
  { name: 'char-code', min: 1, max: 2, f1: (text, meter) => charCode(text, 0, meter), f2: charCode },
  { name: 'from-char-code', min: 1, max: 1, f1: fromCharCode },
];

const parts: readonly Primitive[] = [
  { name: 'string-length', min: 1, max: 1, f1: stringLength },
  { name: 'substring', min: 2, max: 3, f2: (text, from, meter) => substring(text, from, undefined, meter), f3: substring },
  { name: 'repeat-string', min: 2, max: 2, f2: repeatString },
];

export const string: readonly Primitive[] = [...parts, ...edges, ...letters, ...searchPrimitives, ...buildingPrimitives];
