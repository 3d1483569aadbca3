/**
 * From one kind of value to another: numbers out of text, names of keywords and symbols, uuids, content hashes.
 * `int` and `float` always give a number; the `parse-…` functions give nil for what they cannot read.
 */
import { hashValue } from '../../value/hash.ts';
import { toDouble, truncate } from '../../value/number.ts';
import { parseNumber } from '../../value/numeral.ts';
import { Float, isFloat, isInteger, isNumber, keyword, type Keyword, makeFloat, symbol, type SymbolValue, Uuid, type Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { chargeFuel, raise, raiseLimit, raiseType } from '../raise.ts';
import { stringArgument } from './arguments.ts';
import type { Primitive } from './primitive.ts';
import { chargeScan, chargeText, trim } from './text.ts';
import { weightOf } from './weight.ts';

// --- numbers --------------------------------------------------------------------------------------------------

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function afterSign(text: string): number {
  return text.startsWith('+') || text.startsWith('-') ? 1 : 0;
}

/** The number that `parseNumber` reads, or null; a limit when it has more digits than an integer may have. */
function readNumber(text: string, meter: Meter): Value {
  const number = parseNumber(text, meter.limits.integerDigits);
  if (number.ok) return number.value;
  return number.error === 'too-long' ? raiseLimit('integerDigits', meter.limits.integerDigits) : null;
}

/** Decimal digits with a sign before them if wanted; nil for anything else. */
function integerOf(source: string, meter: Meter): Value {
  chargeScan(meter, source.length);
  const text = trim(source);
  const start = afterSign(text);
  if (start === text.length) return null;
  for (let unit = start; unit < text.length; unit++) if (!isDigit(text.charCodeAt(unit))) return null;
  return readNumber(text, meter);
}

/** A decimal number, with digits missing on one side of the point if wanted, or one of the special floats. */
function floatOf(source: string, meter: Meter): Value {
  chargeScan(meter, source.length);
  const text = trim(source);
  const special = specialFloat(text);
  if (special !== null) return special;
  const start = afterSign(text);
  const letter = text.charCodeAt(start + 1) | 0x20;
  const hasRadix = text[start] === '0' && (letter === 0x78 || letter === 0x6f || letter === 0x62);
  if (hasRadix || text.length === start) return null;
  const number = readNumber(withDigitsAtPoint(text, start), meter);
  return isNumber(number) ? makeFloat(toDouble(number)) : null;
}

function specialFloat(text: string): number | null {
  switch (text) {
    case 'NaN':
    case '##NaN':
      return Number.NaN;
    case 'Infinity':
    case '+Infinity':
    case '##Inf':
      return Number.POSITIVE_INFINITY;
    case '-Infinity':
    case '##-Inf':
      return Number.NEGATIVE_INFINITY;
    default:
      return null;
  }
}

/** `.5` as `0.5`, `5.` and `5.e1` as `5.0` and `5.0e1`; a point alone stays what it is, no number. */
function withDigitsAtPoint(text: string, start: number): string {
  const point = text.indexOf('.');
  if (point < 0) return text;
  const before = point > start && isDigit(text.charCodeAt(point - 1));
  const after = isDigit(text.charCodeAt(point + 1));
  if (before === after) return text;
  return before ? `${text.slice(0, point + 1)}0${text.slice(point + 1)}` : `${text.slice(0, point)}0${text.slice(point)}`;
}

function parseInt(value: Value, meter: Meter): Value {
  if (typeof value === 'string') return integerOf(value, meter);
  return isNumber(value) ? truncate(value) : null;
}

function parseFloat(value: Value, meter: Meter): Value {
  if (typeof value === 'string') return floatOf(value, meter);
  if (isFloat(value)) return value;
  return isInteger(value) ? finiteFloat(value) : null;
}

/** An integer as a float. An integer beyond all floats is refused: infinity would be a silent lie (R2). */
function finiteFloat(value: number | bigint): number | Float {
  const double = Number(value);
  return Number.isFinite(double) ? makeFloat(double) : raise('arithmetic', 'The integer is too large for a float');
}

function int(value: Value, meter: Meter): Value {
  return value === true ? 1 : (parseInt(value, meter) ?? 0);
}

/** What hashing the smallest value costs, in steps. */
const HASH_STEPS = 64;
const ZERO: Float = new Float(0);
const ONE: Float = new Float(1);

function float(value: Value, meter: Meter): Value {
  return value === true ? ONE : (parseFloat(value, meter) ?? ZERO);
}

// --- names ----------------------------------------------------------------------------------------------------

type Named = Keyword | SymbolValue;

function isNamed(value: Value): value is Named {
  return typeof value === 'object' && value !== null && (value.kind === 'keyword' || value.kind === 'symbol');
}

/** The full name, `ns/name` or `name`, that one or two arguments give. */
function fullName(operation: string, parts: readonly Value[], meter: Meter): string {
  const names = parts.map((part) => (isNamed(part) ? part.name : stringArgument(operation, part)));
  if (names.includes('')) return raise('argument', `Invalid argument: ${operation} expects a name that is not empty`);
  const name = names.join('/');
  chargeText(meter, name.length);
  return name;
}

function naming(name: string, make: (fullName: string) => Named, kind: Named['kind']): Primitive {
  return {
    name,
    min: 1,
    max: 2,
    f1: (value, meter) => (value === null || (isNamed(value) && value.kind === kind) ? value : make(fullName(name, [value], meter))),
    f2: (space, own, meter) => make(fullName(name, space === null ? [own] : [space, own], meter)),
  };
}

/** Where the slash between namespace and name stands; -1 when there is no namespace. `/` alone is a name. */
function slashOf(name: string): number {
  const slash = name.indexOf('/');
  return slash > 0 && slash < name.length - 1 ? slash : -1;
}

function nameOf(value: Value): Value {
  if (typeof value === 'string') return value;
  if (!isNamed(value)) return raiseType('name', 'keyword, symbol or string', value);
  return value.name.slice(slashOf(value.name) + 1);
}

function namespaceOf(value: Value): Value {
  if (!isNamed(value)) return raiseType('namespace', 'keyword or symbol', value);
  const slash = slashOf(value.name);
  return slash < 0 ? null : value.name.slice(0, slash);
}

// --- uuids ----------------------------------------------------------------------------------------------------

const UUID_LENGTH = 36;

function isHexDigit(unit: number): boolean {
  return isDigit(unit) || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x66);
}

function parseUuid(value: Value): Value {
  const text = stringArgument('parse-uuid', value);
  if (text.length !== UUID_LENGTH) return null;
  for (let unit = 0; unit < UUID_LENGTH; unit++) {
    const isDash = unit === 8 || unit === 13 || unit === 18 || unit === 23;
    if (isDash ? text[unit] !== '-' : !isHexDigit(text.charCodeAt(unit))) return null;
  }
  return new Uuid(text.toLowerCase());
}

// --- hashes ---------------------------------------------------------------------------------------------------

function hash(value: Value, meter: Meter): Value {
  chargeFuel(meter, HASH_STEPS + weightOf(value));
  return hashValue(value);
}

export const convert: readonly Primitive[] = [
  { name: 'int', min: 1, max: 1, f1: int },
  { name: 'float', min: 1, max: 1, f1: float },
  { name: 'parse-int', min: 1, max: 1, f1: parseInt },
  { name: 'parse-float', min: 1, max: 1, f1: parseFloat },
  naming('keyword', keyword, 'keyword'),
  naming('symbol', symbol, 'symbol'),
  { name: 'name', min: 1, max: 1, f1: nameOf },
  { name: 'namespace', min: 1, max: 1, f1: namespaceOf },
  { name: 'parse-uuid', min: 1, max: 1, f1: parseUuid },
  { name: 'hash', min: 1, max: 1, f1: hash },
];
