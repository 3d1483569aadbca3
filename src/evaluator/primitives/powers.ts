/** Roots, powers, factorials and the exponential function; the same bits on every engine. */
import { integerSquareRoot, lessThan, normaliseInteger, type NumberValue, toDouble } from '../../value/number.ts';
import { exponential, naturalLogarithm, power } from '../../value/power.ts';
import { isInteger, makeFloat, type Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { chargeFuel, raise, raiseLimit } from '../raise.ts';
import { integerArgument, numberArgument } from './arguments.ts';
import { chargeProduct, digitsOf, limitDigits, paid } from './integer-cost.ts';
import type { Primitive } from './primitive.ts';

/** The number as a float; an integer beyond all floats is refused: infinity would be a silent lie (R2). */
function finiteDouble(value: NumberValue): number {
  const double = toDouble(value);
  return isInteger(value) && !Number.isFinite(double) ? raise('arithmetic', 'The integer is too large for a float') : double;
}

function sqrt(value: Value, meter: Meter): Value {
  const number = numberArgument('sqrt', value);
  if (lessThan(number, 0)) return raise('argument', 'Invalid argument: sqrt of a negative number');
  if (typeof number !== 'bigint' || Number.isFinite(Number(number))) return makeFloat(Math.sqrt(toDouble(number)));
  chargeProduct(meter, digitsOf(number), digitsOf(number));
  return makeFloat(finiteDouble(integerSquareRoot(number)));
}

function pow(base: Value, exponent: Value, meter: Meter): Value {
  const x = numberArgument('pow', base);
  const y = numberArgument('pow', exponent);
  const exact = isInteger(x) && isInteger(y) && y >= 0;
  if (!exact) {
    finiteDouble(x);
    finiteDouble(y);
  }
  const result = power(x, y, meter.limits.integerDigits) ?? raiseLimit('integerDigits', meter.limits.integerDigits);
  chargeProduct(meter, digitsOf(result), digitsOf(result));
  return paid(result, meter);
}

/** n! has at least this many bits: each factor from 2^b up to the next power of two adds b. */
function factorialBitsAtLeast(n: number): number {
  let bits = 0;
  for (let b = 1, from = 2; from <= n; b += 1, from *= 2) bits += b * (Math.min(2 * from - 1, n) - from + 1);
  return bits;
}

function factorial(value: Value, meter: Meter): Value {
  const n = integerArgument('factorial', value);
  if (n < 0) return raise('argument', 'Invalid argument: factorial of a negative number');
  // n! has more than n digits from 25 on, so a large n needs no look at all.
  if (n >= 25) limitDigits(meter, Number(n));
  limitDigits(meter, Math.floor(factorialBitsAtLeast(Number(n)) * 0.30103));
  chargeFuel(meter, Number(n));
  const result = normaliseInteger(productOfRange(1, Number(n)));
  chargeProduct(meter, digitsOf(result), digitsOf(result));
  return paid(result, meter);
}

/** The product of the integers from `first` to `last`, in halves: factors of equal size multiply fastest. */
function productOfRange(first: number, last: number): bigint {
  if (first > last) return 1n;
  let factors: bigint[] = [];
  for (let k = first; k <= last; k++) factors.push(BigInt(k));
  while (factors.length > 1) {
    const next: bigint[] = [];
    for (let i = 0; i < factors.length; i += 2) next.push(i + 1 < factors.length ? factors[i]! * factors[i + 1]! : factors[i]!);
    factors = next;
  }
  return factors[0]!;
}

function ofFloat(name: string, compute: (x: number) => number): Primitive {
  return { name, min: 1, max: 1, f1: (value) => makeFloat(compute(finiteDouble(numberArgument(name, value)))) };
}

export const powers: readonly Primitive[] = [
  { name: 'sqrt', min: 1, max: 1, f1: sqrt },
  { name: 'pow', min: 2, max: 2, f2: pow },
  { name: 'factorial', min: 1, max: 1, f1: factorial },
  ofFloat('exp', exponential),
  ofFloat('ln', naturalLogarithm),
];
