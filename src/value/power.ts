/**
 * Powers, exponentials and logarithms that are the same on every engine: only + - * / on doubles, no `Math.pow`.
 *
 * Everything is computed in pairs of doubles (about 104 bits) and rounded once. The error is below 0.5001 units in the
 * last place for normal results and below 1 for subnormal ones; whole and dyadic results that a double can hold come
 * out exactly. Special cases follow IEEE 754 as Java's `Math.pow` does: 1 to an infinite power is NaN, and anything to
 * the power 0 is 1.
 */
import { bitLength, integerPower, type NumberValue, timesPowerOfTwo, toDouble } from './number.ts';
import { isInteger, makeFloat } from './value.ts';

/**
 * `pow`: an integer to a whole power ≥ 0 is an exact integer, everything else a float. Null when the integer would
 * have more than `digitsMax` decimal digits.
 */
export function power(base: NumberValue, exponent: NumberValue, digitsMax: number): NumberValue | null {
  if (!isInteger(base) || !isInteger(exponent) || exponent < 0) return makeFloat(powerOf(toDouble(base), toDouble(exponent)));
  if (base === 0 || base === 1) return exponent === 0 ? 1 : base;
  if (base === -1) return BigInt(exponent) % 2n === 0n ? 1 : -1;
  const bitsAtLeast = (bitLength(BigInt(base < 0 ? -base : base)) - 1) * Number(exponent);
  return bitsAtLeast * 0.30102 > digitsMax ? null : integerPower(base, Number(exponent));
}

/** x to the power y. */
export function powerOf(x: number, y: number): number {
  if (y === 0) return 1;
  if (x !== x || y !== y) return Number.NaN;
  const size = Math.abs(x);
  if (!Number.isFinite(y)) return size === 1 ? Number.NaN : size > 1 === y > 0 ? Number.POSITIVE_INFINITY : 0;
  const negative = (x < 0 || Object.is(x, -0)) && isOdd(y);
  if (x < 0 && Number.isFinite(x) && !Number.isInteger(y)) return Number.NaN;
  const result = powerOfSize(size, y);
  return negative ? -result : result;
}

function isOdd(y: number): boolean {
  return Math.abs(y % 2) === 1;
}

function powerOfSize(size: number, y: number): number {
  if (size === 0 || size === Number.POSITIVE_INFINITY) return (size === 0) === y > 0 ? 0 : Number.POSITIVE_INFINITY;
  if (size === 1) return 1;
  const logarithm = logarithmOf(size);
  const estimate = logarithm.high * y;
  if (estimate > EXPONENT_MAX) return Number.POSITIVE_INFINITY;
  return estimate < EXPONENT_MIN ? 0 : exponentialOf(times(logarithm, { high: y, low: 0 }));
}

/** e to the power x. */
export function exponential(x: number): number {
  if (x !== x) return x;
  if (x > EXPONENT_MAX) return Number.POSITIVE_INFINITY;
  return x < EXPONENT_MIN ? 0 : exponentialOf({ high: x, low: 0 });
}

/** The logarithm to base e; NaN below zero. */
export function naturalLogarithm(x: number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return x < 0 ? Number.NaN : x;
  return logarithmOf(x).high;
}

/** Beyond these e to the power x is infinite, or zero. */
const EXPONENT_MAX = 710;
const EXPONENT_MIN = -746;

/** An unevaluated sum of two doubles of which `low` is at most half a unit in the last place of `high`. */
interface Pair {
  readonly high: number;
  readonly low: number;
}

/** a + b without error. */
function sum(a: number, b: number): Pair {
  const high = a + b;
  const part = high - a;
  return { high, low: a - (high - part) + (b - part) };
}

/** a · b without error, if the factors are below 2^995 and the product above 2^-960. */
function product(a: number, b: number): Pair {
  const high = a * b;
  const a1 = upperHalf(a);
  const b1 = upperHalf(b);
  const a2 = a - a1;
  const b2 = b - b1;
  return { high, low: a2 * b2 - (high - a1 * b1 - a2 * b1 - a1 * b2) };
}

/** The first 26 bits. */
function upperHalf(a: number): number {
  const shifted = a * 134_217_729; // 2^27 + 1
  return shifted - (shifted - a);
}

function plus(a: Pair, b: Pair): Pair {
  const high = sum(a.high, b.high);
  const low = sum(a.low, b.low);
  const first = sum(high.high, high.low + low.high);
  return sum(first.high, first.low + low.low);
}

function times(a: Pair, b: Pair): Pair {
  const { high, low } = product(a.high, b.high);
  return sum(high, low + (a.high * b.low + a.low * b.high));
}

function over(a: Pair, b: Pair): Pair {
  const first = a.high / b.high;
  const rest = plus(a, times({ high: -first, low: 0 }, b));
  const second = rest.high / b.high;
  const last = plus(rest, times({ high: -second, low: 0 }, b)).high / b.high;
  const { high, low } = sum(first, second);
  return sum(high, low + last);
}

const LN_2: Pair = { high: 0.6931471805599453, low: 2.3190468138462996e-17 };

/** Terms of the series that a ratio of at most 0.1716 needs for 110 bits. */
const LOGARITHM_TERMS = 22;

/** ln x = k · ln 2 + 2 · artanh((m - 1) / (m + 1)) for x = m · 2^k with m between √½ and √2; x is positive and finite. */
function logarithmOf(x: number): Pair {
  const { fraction, exponent } = parts(x);
  const ratio = over({ high: fraction - 1, low: 0 }, sum(fraction, 1));
  const square = times(ratio, ratio);
  let series: Pair = { high: 0, low: 0 };
  for (let i = LOGARITHM_TERMS; i >= 0; i--) series = plus(times(series, square), over({ high: 1, low: 0 }, { high: 2 * i + 1, low: 0 }));
  const twice = times(ratio, series);
  return plus(times(LN_2, { high: exponent, low: 0 }), { high: twice.high * 2, low: twice.low * 2 });
}

/** fraction · 2^exponent, the fraction between √½ and √2. */
function parts(x: number): { fraction: number; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  const subnormal = x < 2.2250738585072014e-308;
  view.setFloat64(0, subnormal ? x * 18_014_398_509_481_984 : x); // 2^54
  const head = view.getUint32(0);
  view.setUint32(0, (head & 0x000f_ffff) | 0x3ff0_0000);
  const fraction = view.getFloat64(0);
  const exponent = (head >>> 20) - 1023 - (subnormal ? 54 : 0);
  return fraction > Math.SQRT2 ? { fraction: fraction / 2, exponent: exponent + 1 } : { fraction, exponent };
}

const HALVINGS = 8;
const EXPONENTIAL_TERMS = 11;

/** e^x = (e^r)^256 · 2^k for x = 256 · r + k · ln 2; between EXPONENT_MIN and EXPONENT_MAX. */
function exponentialOf(x: Pair): number {
  const k = Math.round(x.high / LN_2.high);
  const rest = plus(x, times(LN_2, { high: -k, low: 0 }));
  const scale = 1 / (1 << HALVINGS);
  const r: Pair = { high: rest.high * scale, low: rest.low * scale };
  // e^r - 1, which keeps its digits when r is small: r · (1 + r/2 · (1 + r/3 · …)).
  let series: Pair = { high: 1, low: 0 };
  for (let i = EXPONENTIAL_TERMS; i >= 2; i--) series = plus({ high: 1, low: 0 }, over(times(series, r), { high: i, low: 0 }));
  let lessOne = times(series, r);
  for (let i = 0; i < HALVINGS; i++) lessOne = plus({ high: lessOne.high * 2, low: lessOne.low * 2 }, times(lessOne, lessOne));
  return timesPowerOfTwo(plus({ high: 1, low: 0 }, lessOne).high, k);
}
