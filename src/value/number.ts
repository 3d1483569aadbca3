/**
 * Arithmetic on the numbers of the language, by the representation rules at the head of `value.ts`.
 *
 * - Integers are exact: a result that leaves ±(2^53-1) becomes a bigint, one that comes back becomes a number.
 * - A float among the operands makes a float (`makeFloat` boxes it when it is whole); -0 exists only as a float.
 * - Dividing by zero has no value: the operations that can meet it give null, and the caller raises.
 * - Nothing here limits the size of integers: who multiplies bigints asks `integerDigits` first.
 */
import { Float, isInteger, makeFloat } from './value.ts';

export type NumberValue = number | bigint | Float;
export type IntegerValue = number | bigint;

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** The one representation of an integer: a number when it is safe, else a bigint. */
export function normaliseInteger(value: bigint): IntegerValue {
  return value <= SAFE_MAX && value >= -SAFE_MAX ? Number(value) : value;
}

/** The nearest JavaScript number; infinite when the integer is too large for a float. */
export function toDouble(value: NumberValue): number {
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : value.value;
}

function isSmall(value: NumberValue): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

export function add(a: NumberValue, b: NumberValue): NumberValue {
  if (isSmall(a) && isSmall(b)) return a + b;
  if (!isInteger(a) || !isInteger(b)) return makeFloat(toDouble(a) + toDouble(b));
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum; // a rounded sum is never a safe one
  }
  return normaliseInteger(BigInt(a) + BigInt(b));
}

export function subtract(a: NumberValue, b: NumberValue): NumberValue {
  if (isSmall(a) && isSmall(b)) return a - b;
  if (!isInteger(a) || !isInteger(b)) return makeFloat(toDouble(a) - toDouble(b));
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return normaliseInteger(BigInt(a) - BigInt(b));
}

export function multiply(a: NumberValue, b: NumberValue): NumberValue {
  if (!isInteger(a) || !isInteger(b)) return makeFloat(toDouble(a) * toDouble(b));
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0; // + 0: never -0
  }
  return normaliseInteger(BigInt(a) * BigInt(b));
}

export function increment(a: NumberValue): NumberValue {
  return add(a, 1);
}

export function decrement(a: NumberValue): NumberValue {
  return subtract(a, 1);
}

export function negate(a: NumberValue): NumberValue {
  if (typeof a === 'number') return a === 0 ? 0 : -a;
  return typeof a === 'bigint' ? -a : makeFloat(-a.value);
}

export function absolute(a: NumberValue): NumberValue {
  if (typeof a === 'bigint') return a < 0n ? -a : a;
  return typeof a === 'number' ? Math.abs(a) : makeFloat(Math.abs(a.value));
}

/** -1, 0 or 1; 0 for NaN. */
export function signOf(a: NumberValue): -1 | 0 | 1 {
  const value = a instanceof Float ? a.value : a;
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

/** 0, 0.0 or -0.0. */
export function isZero(a: NumberValue): boolean {
  return a === 0 || (a instanceof Float && a.value === 0);
}

/**
 * `/`: exact when both are integers and the quotient is whole, else the correctly rounded float; a whole quotient of
 * floats becomes an integer as long as it is a safe one. Null when `b` is zero of any kind.
 */
export function divide(a: NumberValue, b: NumberValue): NumberValue | null {
  if (isZero(b)) return null;
  if (isInteger(a) && isInteger(b)) return divideIntegers(a, b);
  const quotient = toDouble(a) / toDouble(b);
  return Number.isSafeInteger(quotient) ? quotient + 0 : makeFloat(quotient);
}

function divideIntegers(a: IntegerValue, b: IntegerValue): NumberValue {
  if (typeof a === 'number' && typeof b === 'number') {
    return a % b === 0 ? a / b + 0 : makeFloat(a / b);
  }
  const n = BigInt(a);
  const d = BigInt(b);
  return n % d === 0n ? normaliseInteger(n / d) : makeFloat(ratioToDouble(n, d));
}

/** `quot`: the quotient cut towards zero. Null when `b` is zero. */
export function quotient(a: NumberValue, b: NumberValue): NumberValue | null {
  if (isZero(b)) return null;
  if (!isInteger(a) || !isInteger(b)) return makeFloat(Math.trunc(toDouble(a) / toDouble(b)));
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0;
  return normaliseInteger(BigInt(a) / BigInt(b));
}

/** `rem`: what `quot` leaves; it has the sign of `a`. Null when `b` is zero. */
export function remainder(a: NumberValue, b: NumberValue): NumberValue | null {
  if (isZero(b)) return null;
  if (!isInteger(a) || !isInteger(b)) return makeFloat(toDouble(a) % toDouble(b));
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return normaliseInteger(BigInt(a) % BigInt(b));
}

/** `mod`: the remainder that has the sign of `b`. Null when `b` is zero. */
export function modulo(a: NumberValue, b: NumberValue): NumberValue | null {
  const rest = remainder(a, b);
  if (rest === null || signOf(rest) === 0 || signOf(rest) === signOf(b)) return rest;
  return add(rest, b);
}

// Comparisons are exact, also between an integer and a float; a NaN compares as false with everything.

function plain(a: NumberValue): number | bigint {
  return a instanceof Float ? a.value : a;
}

export function lessThan(a: NumberValue, b: NumberValue): boolean {
  return plain(a) < plain(b);
}

export function lessOrEqual(a: NumberValue, b: NumberValue): boolean {
  return plain(a) <= plain(b);
}

export function greaterThan(a: NumberValue, b: NumberValue): boolean {
  return plain(a) > plain(b);
}

/** The integer of a whole double of any size; null for NaN and the infinities. */
export function integerOfWhole(value: number): IntegerValue | null {
  if (Number.isSafeInteger(value)) return value + 0;
  return Number.isInteger(value) ? BigInt(value) : null;
}

// The next four give null for NaN and the infinities: no integer is near them.

/** The nearest integer towards zero. */
export function truncate(a: NumberValue): IntegerValue | null {
  return isInteger(a) ? a : integerOfWhole(Math.trunc(toDouble(a)));
}

/** The greatest integer that is not above. */
export function floor(a: NumberValue): IntegerValue | null {
  return isInteger(a) ? a : integerOfWhole(Math.floor(toDouble(a)));
}

/** The least integer that is not below. */
export function ceiling(a: NumberValue): IntegerValue | null {
  return isInteger(a) ? a : integerOfWhole(Math.ceil(toDouble(a)));
}

/** The nearest integer; of two equally near ones the greater, as in Clojure. */
export function round(a: NumberValue): IntegerValue | null {
  if (isInteger(a)) return a;
  const value = toDouble(a);
  const below = Math.floor(value);
  return integerOfWhole(value - below >= 0.5 ? below + 1 : below); // the difference is exact
}

/**
 * How many decimal digits an integer has, at most: exact for numbers, up to 2 too many for bigints. Linear in the
 * size and the same everywhere, so that limits can be set by it.
 */
export function integerDigits(value: IntegerValue): number {
  if (typeof value === 'number') return String(Math.abs(value)).length;
  return Math.floor(bitLength(value < 0n ? -value : value) * 0.30103) + 1;
}

/** Bits of an integer that is not negative; 0 for 0. */
export function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return (digits.length - 1) * 4 + 32 - Math.clz32(Number.parseInt(digits.charAt(0), 16));
}

/** `base` to the power of a whole exponent ≥ 0, by squaring. The caller has made sure that the result may be that large. */
export function integerPower(base: IntegerValue, exponent: number): IntegerValue {
  let result = 1n;
  let square = BigInt(base);
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    if (left > 1) square *= square;
  }
  return normaliseInteger(result);
}

/** The greatest integer whose square is not above `value`, which must not be negative. */
export function integerSquareRoot(value: IntegerValue): IntegerValue {
  if (value < 2) return value;
  const n = BigInt(value);
  // Newton's method from above falls until it arrives.
  let root = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return normaliseInteger(root);
    root = next;
  }
}

/** The double nearest to n/d, ties to even; `d` is not zero. */
export function ratioToDouble(n: bigint, d: bigint): number {
  const negative = n < 0n !== d < 0n;
  const size = positiveRatio(n < 0n ? -n : n, d < 0n ? -d : d);
  return negative ? -size : size;
}

function positiveRatio(n: bigint, d: bigint): number {
  if (n === 0n) return 0;
  // The quotient lies strictly between 2^(exponent-1) and 2^(exponent+1).
  const exponent = bitLength(n) - bitLength(d);
  if (exponent > 1025) return Number.POSITIVE_INFINITY;
  if (exponent < -1080) return 0;
  // Counted in units of 2^-scale the quotient has 56 or 57 bits, fewer only where doubles themselves have fewer.
  const scale = Math.min(56 - exponent, 1074);
  const top = scale > 0 ? n << BigInt(scale) : n;
  const bottom = scale < 0 ? d << BigInt(-scale) : d;
  const whole = top / bottom;
  const rest = top % bottom;
  if (whole <= SAFE_MAX) return roundHalfEven(whole, rest, bottom) * Number.MIN_VALUE;
  // One more bit that says "and something" makes the single rounding of Number() the right one.
  const sticky = (whole << 1n) | (rest === 0n ? 0n : 1n);
  return timesPowerOfTwo(Number(sticky), -scale - 1);
}

function roundHalfEven(whole: bigint, rest: bigint, divisor: bigint): number {
  const twice = rest * 2n;
  const up = twice > divisor || (twice === divisor && whole % 2n === 1n);
  return Number(up ? whole + 1n : whole);
}

/** value · 2^exponent with one rounding, for |exponent| ≤ 2000 and a value far from both ends of the range. */
export function timesPowerOfTwo(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * powerOfTwo(half) * powerOfTwo(exponent - half);
}

function powerOfTwo(exponent: number): number {
  let result = 1;
  let square = exponent < 0 ? 0.5 : 2;
  for (let left = Math.abs(exponent); left > 0; left = left >> 1) {
    if ((left & 1) === 1) result *= square;
    square *= square;
  }
  return result;
}
