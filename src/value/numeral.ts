/**
 * Numbers as text, both ways, the same on every engine.
 *
 * Reading: `42 -7 007 0x2A 0o7 0b1 1.5 1e10`, with a sign before if wanted; floats are rounded correctly whatever
 * their length. Writing: integers as decimal digits; floats in the shortest form that reads back as the same float,
 * always with a point (`1.0`, `1.0e21`, `-0.0`), `##Inf ##-Inf ##NaN` for the rest.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { integerPower, normaliseInteger, type NumberValue, ratioToDouble } from './number.ts';
import { Float, makeFloat } from './value.ts';

/** `malformed`: not a number at all. `too-long`: more digits than asked for. `out-of-range`: too large for a float. */
export type NumeralFault = 'malformed' | 'too-long' | 'out-of-range';

/** Digits of one number that are read unless somebody asks for more. */
export const NUMERAL_DIGITS_MAX = 1_000_000;

export function parseNumber(text: string, digitsMax: number = NUMERAL_DIGITS_MAX): Result<NumberValue, NumeralFault> {
  const signed = text.startsWith('-') || text.startsWith('+');
  const start = signed ? 1 : 0;
  const radix = radixAt(text, start);
  if (radix !== 10) return radixInteger(text, start, radix, digitsMax);
  const end = skipDigits(text, start);
  if (end === start) return fault('malformed');
  if (end - start > digitsMax) return fault('too-long');
  return end === text.length ? { ok: true, value: decimalInteger(text, start) } : decimalFloat(text, start, end, digitsMax);
}

function fault(error: NumeralFault): { readonly ok: false; readonly error: NumeralFault } {
  return { ok: false, error };
}

function radixAt(text: string, start: number): 2 | 8 | 10 | 16 {
  if (text.charAt(start) !== '0') return 10;
  const letter = text.charAt(start + 1);
  if (letter === 'x' || letter === 'X') return 16;
  if (letter === 'o' || letter === 'O') return 8;
  return letter === 'b' || letter === 'B' ? 2 : 10;
}

function digitValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : 99;
}

function radixInteger(text: string, start: number, radix: number, digitsMax: number): Result<NumberValue, NumeralFault> {
  if (text.length === start + 2) return fault('malformed');
  for (let i = start + 2; i < text.length; i++) if (digitValue(text.charCodeAt(i)) >= radix) return fault('malformed');
  if (text.length - start - 2 > digitsMax) return fault('too-long');
  const magnitude = BigInt(text.slice(start).toLowerCase());
  return { ok: true, value: normaliseInteger(text.startsWith('-') ? -magnitude : magnitude) };
}

/** The index after the run of decimal digits that begins at `from`. */
function skipDigits(text: string, from: number): number {
  let i = from;
  while (i < text.length && isDigit(text.charCodeAt(i))) i++;
  return i;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function decimalInteger(text: string, start: number): number | bigint {
  if (text.length - start <= 15) return Number(text) + 0; // + 0: never -0
  const magnitude = BigInt(text.slice(start));
  return normaliseInteger(text.startsWith('-') ? -magnitude : magnitude);
}

/** `text` holds digits from `start` to `wholeEnd` and something behind them, which must be a fraction, an exponent or both. */
function decimalFloat(text: string, start: number, wholeEnd: number, digitsMax: number): Result<NumberValue, NumeralFault> {
  let end = wholeEnd;
  let fraction = '';
  if (text.charAt(end) === '.') {
    end = skipDigits(text, wholeEnd + 1);
    fraction = text.slice(wholeEnd + 1, end);
    if (fraction === '') return fault('malformed');
  }
  let exponent = 0;
  if (text.charAt(end) === 'e' || text.charAt(end) === 'E') {
    const sign = text.charAt(end + 1);
    const from = sign === '-' || sign === '+' ? end + 2 : end + 1;
    end = skipDigits(text, from);
    if (end === from) return fault('malformed');
    exponent = Number(text.slice(from, end)) * (sign === '-' ? -1 : 1);
  }
  if (end !== text.length) return fault('malformed');
  if (wholeEnd - start + fraction.length > digitsMax) return fault('too-long');
  const digits = text.slice(start, wholeEnd) + fraction;
  const size = digits.length <= 17 ? Number(text.slice(start)) : decimalToDouble(digits, exponent - fraction.length);
  if (size === Number.POSITIVE_INFINITY) return fault('out-of-range');
  return { ok: true, value: makeFloat(text.startsWith('-') ? -size : size) };
}

/** More significant digits than this never matter but for being there at all. */
const SIGNIFICANT_MAX = 800;

/**
 * The double nearest to digits · 10^exponent. Engines are free to round literals of more than 20 digits as they like,
 * so long ones are computed here.
 */
function decimalToDouble(digits: string, exponent: number): number {
  let first = 0;
  while (first < digits.length && digits.charAt(first) === '0') first++;
  if (first === digits.length) return 0;
  let significant = digits.slice(first);
  let scale = exponent;
  if (significant.length + scale > 310) return Number.POSITIVE_INFINITY;
  if (significant.length + scale < -330) return 0;
  if (significant.length > SIGNIFICANT_MAX) {
    scale += significant.length - SIGNIFICANT_MAX - 1;
    significant = `${significant.slice(0, SIGNIFICANT_MAX)}1`;
  }
  const power = BigInt(integerPower(10, Math.abs(scale)));
  const whole = BigInt(significant);
  return scale >= 0 ? ratioToDouble(whole * power, 1n) : ratioToDouble(whole, power);
}

export function formatNumber(value: NumberValue): string {
  if (value instanceof Float) return formatFloat(value.value);
  return typeof value === 'bigint' || Number.isInteger(value) ? String(value) : formatFloat(value);
}

/** A double in the form of a float literal, also when it is whole. */
export function formatFloat(value: number): string {
  if (value !== value) return '##NaN';
  if (!Number.isFinite(value)) return value > 0 ? '##Inf' : '##-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const text = String(value);
  const e = text.indexOf('e');
  const mantissa = e < 0 ? text : text.slice(0, e);
  const exponent = e < 0 ? '' : `e${text.slice(text.charAt(e + 1) === '+' ? e + 2 : e + 1)}`;
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}${exponent}`;
}
