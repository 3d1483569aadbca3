/**
 * `format`: text with places for values, as Clojure has it from Java: `%[number$][flags][width][.digits]conversion`.
 *
 * Numbers are rounded half up on their shortest decimal form, so what rounds is what `str` shows: 1.005 is 1.01 with
 * two digits. Negative integers in `%x` and `%o` are a sign and their magnitude. Nothing depends on a locale.
 */
import { toDouble } from '../../value/number.ts';
import { Float, isInteger, isNumber, isTruthy, type Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { raise, raiseType } from '../raise.ts';
import { stringArgument } from './arguments.ts';
import { upperCase } from './casing.ts';
import type { Primitive } from './primitive.ts';
import { displayed } from './display.ts';
import { chargeText, codePointCount, TextBuilder, unitOfCodePoint } from './text.ts';

const FLAGS = '-+ 0,(#';
const DEFAULT_FRACTION_DIGITS = 6;

interface Directive {
  /** Which argument, counted from 1; 0 for the next one. */
  readonly position: number;
  readonly flags: string;
  readonly width: number;
  /** Digits behind the point, or the most code points of a text; -1 when not given. */
  readonly precision: number;
  readonly conversion: string;
  /** The code unit behind the directive. */
  readonly end: number;
}

function fail(problem: string): never {
  return raise('argument', `Invalid argument: format: ${problem}`);
}

/** Reads the directive whose percent sign is at `at`. */
function directiveAt(source: string, at: number): Directive {
  let unit = at + 1;
  const number = (): number => {
    const start = unit;
    while (isDigit(source.charCodeAt(unit))) unit += 1;
    return start === unit ? -1 : Number(source.slice(start, unit));
  };
  let position = 0;
  const first = number();
  if (first > 0 && source[unit] === '$') {
    position = first;
    unit += 1;
  } else unit = at + 1;
  const flagStart = unit;
  while (unit < source.length && FLAGS.includes(source[unit]!)) unit += 1;
  const flags = source.slice(flagStart, unit);
  const width = Math.max(0, number());
  let precision = -1;
  if (source[unit] === '.') {
    unit += 1;
    precision = number();
    if (precision < 0) return fail('digits are missing behind the point of a directive');
  }
  if (unit >= source.length) return fail('the text ends inside a directive (write %% for a percent sign)');
  return { position, flags, width, precision, conversion: source[unit]!, end: unit + 1 };
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** A number in decimal: digits with the point behind the first `point` of them. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly point: number;
}

/** Null for NaN and the infinities. */
function decimalOf(value: number | bigint | Float): Decimal | null {
  if (isInteger(value)) {
    const digits = String(value < 0 ? -value : value);
    return { negative: value < 0, digits, point: digits.length };
  }
  const double = value instanceof Float ? value.value : value;
  if (!Number.isFinite(double)) return null;
  const negative = double < 0 || Object.is(double, -0);
  const [mantissa, exponent] = String(Math.abs(double)).split('e') as [string, string | undefined];
  const [whole, fraction] = mantissa.split('.') as [string, string | undefined];
  return { negative, digits: whole + (fraction ?? ''), point: whole.length + Number(exponent ?? 0) };
}

/** The first `count` digits, rounded half up by the next; `carried` when a digit was won in front. */
function roundedDigits(digits: string, count: number): { readonly digits: string; readonly carried: boolean } {
  if (count >= digits.length) return { digits, carried: false };
  if (count < 0) return { digits: '', carried: false };
  const kept = digits.slice(0, count);
  if (digits.charCodeAt(count) < 0x35) return { digits: kept, carried: false };
  let end = count;
  while (end > 0 && kept[end - 1] === '9') end -= 1;
  const zeros = '0'.repeat(count - end);
  if (end === 0) return { digits: `1${zeros}`, carried: true };
  return { digits: kept.slice(0, end - 1) + String.fromCharCode(kept.charCodeAt(end - 1) + 1) + zeros, carried: false };
}

/** `1234.50`: whole part and fraction, without sign. */
function fixed(decimal: Decimal, fractionDigits: number): { readonly whole: string; readonly fraction: string } {
  const rounded = roundedDigits(decimal.digits, decimal.point + fractionDigits);
  const point = decimal.point + (rounded.carried ? 1 : 0);
  if (rounded.digits === '') return { whole: '0', fraction: '0'.repeat(fractionDigits) };
  const digits = rounded.digits.padEnd(Math.max(0, point), '0');
  const whole = point > 0 ? digits.slice(0, point) : '0';
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  return { whole, fraction: fraction.padEnd(fractionDigits, '0').slice(0, fractionDigits) };
}

/** `1.234500e+03`, without sign. */
function scientific(decimal: Decimal, fractionDigits: number): string {
  let zeros = 0;
  while (decimal.digits[zeros] === '0') zeros += 1;
  const significant = decimal.digits.slice(zeros);
  if (significant === '') return `${dotted('0', '0'.repeat(fractionDigits))}e+00`;
  const rounded = roundedDigits(significant, fractionDigits + 1);
  const exponent = decimal.point - zeros - 1 + (rounded.carried ? 1 : 0);
  const digits = rounded.digits.padEnd(fractionDigits + 1, '0');
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${dotted(digits.slice(0, 1), digits.slice(1, fractionDigits + 1))}e${exponent < 0 ? '-' : '+'}${size}`;
}

function dotted(whole: string, fraction: string): string {
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** `1,234,567`. */
function grouped(digits: string): string {
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 3) groups.push(digits.slice(Math.max(0, end - 3), end));
  return groups.reverse().join(',');
}

/** Sign, digits and zeros between them, as the flags say. */
function signed(negative: boolean, digits: string, directive: Directive): string {
  const { flags, width } = directive;
  const inBrackets = negative && flags.includes('(');
  const sign = inBrackets ? '(' : negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const close = inBrackets ? ')' : '';
  const zeros = flags.includes('0') && !flags.includes('-') ? width - sign.length - close.length - digits.length : 0;
  return sign + '0'.repeat(Math.max(0, zeros)) + digits + close;
}

function integerText(value: Value, directive: Directive): string {
  if (!isInteger(value)) return raiseType(`format %${directive.conversion}`, 'integer', value);
  const negative = value < 0;
  const magnitude = negative ? -value : value;
  switch (directive.conversion) {
    case 'x':
    case 'X':
      return signed(negative, (directive.flags.includes('#') ? '0x' : '') + magnitude.toString(16), directive);
    case 'o':
      return signed(negative, (directive.flags.includes('#') ? '0' : '') + magnitude.toString(8), directive);
    default:
      return signed(negative, directive.flags.includes(',') ? grouped(String(magnitude)) : String(magnitude), directive);
  }
}

function decimalText(value: Value, directive: Directive, meter: Meter): string {
  if (!isNumber(value)) return raiseType(`format %${directive.conversion}`, 'number', value);
  const fractionDigits = directive.precision < 0 ? DEFAULT_FRACTION_DIGITS : directive.precision;
  chargeText(meter, fractionDigits);
  const decimal = decimalOf(value);
  if (decimal === null) return String(toDouble(value)); // NaN, Infinity, -Infinity
  if (directive.conversion !== 'f') return signed(decimal.negative, scientific(decimal, fractionDigits), directive);
  const { whole, fraction } = fixed(decimal, fractionDigits);
  return signed(decimal.negative, dotted(directive.flags.includes(',') ? grouped(whole) : whole, fraction), directive);
}

function textOf(value: Value, directive: Directive, meter: Meter): string {
  const text = displayed(value, meter);
  const end = directive.precision < 0 ? -1 : unitOfCodePoint(text, directive.precision);
  return end < 0 ? text : text.slice(0, end);
}

function characterText(value: Value): string {
  if (typeof value === 'string' && codePointCount(value) === 1) return value;
  const isCharacter = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x10ffff && (value & ~0x7ff) !== 0xd800;
  return isCharacter ? String.fromCodePoint(value) : raiseType('format %c', 'one character or its number', value);
}

function converted(value: Value, directive: Directive, meter: Meter): string {
  switch (directive.conversion) {
    case 's':
    case 'S':
      return textOf(value, directive, meter);
    case 'd':
    case 'x':
    case 'X':
    case 'o':
      return integerText(value, directive);
    case 'f':
    case 'e':
    case 'E':
      return decimalText(value, directive, meter);
    case 'b':
    case 'B':
      return isTruthy(value) ? 'true' : 'false';
    case 'c':
      return characterText(value);
    default:
      return fail(`unknown conversion %${directive.conversion} (write %% for a percent sign)`);
  }
}

function padded(text: string, directive: Directive, meter: Meter): string {
  const missing = directive.width - codePointCount(text);
  if (missing <= 0) return text;
  chargeText(meter, directive.width);
  return directive.flags.includes('-') ? text + ' '.repeat(missing) : ' '.repeat(missing) + text;
}

function format(args: readonly Value[], meter: Meter): Value {
  const source = stringArgument('format', args[0]!);
  const built = new TextBuilder(meter);
  let next = 1;
  let start = 0;
  for (let at = source.indexOf('%'); at >= 0; at = source.indexOf('%', start)) {
    built.add(source.slice(start, at));
    const directive = directiveAt(source, at);
    start = directive.end;
    if (directive.conversion === 'n') built.add('\n');
    else if (directive.conversion === '%') built.add(padded('%', directive, meter));
    else {
      const position = directive.position === 0 ? next++ : directive.position;
      const value = args[position];
      if (value === undefined) return fail(`there is no argument ${position} for %${directive.conversion}`);
      chargeText(meter, directive.width);
      const text = padded(converted(value, directive, meter), directive, meter);
      built.add('SXEB'.includes(directive.conversion) ? upperCase(text) : text);
    }
  }
  built.add(source.slice(start));
  return built.text();
}

export const formatPrimitive: Primitive = { name: 'format', min: 1, max: Number.POSITIVE_INFINITY, rest: format };
