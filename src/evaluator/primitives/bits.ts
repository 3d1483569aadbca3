/** Integers as rows of bits, in two's complement without an end: any size, negative ones too. */
import { type IntegerValue, normaliseInteger, subtract } from '../../value/number.ts';
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { countArgument, integerArgument } from './arguments.ts';
import { digitsOf, limitDigits, paid } from './integer-cost.ts';
import type { Primitive } from './primitive.ts';

const MANY = Number.POSITIVE_INFINITY;
/** Decimal digits per bit. */
const DIGITS_PER_BIT = 0.30103;
/** The most bits that JavaScript's own shifts and masks see. */
const WORD_BITS = 32;

function isWord(value: IntegerValue): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

function combining(name: string, words: (a: number, b: number) => number, wide: (a: bigint, b: bigint) => bigint): Primitive {
  const combine = (a: Value, b: Value, meter: Meter): IntegerValue => {
    const x = integerArgument(name, a);
    const y = integerArgument(name, b);
    return isWord(x) && isWord(y) ? words(x, y) : paid(normaliseInteger(wide(BigInt(x), BigInt(y))), meter);
  };
  return {
    name,
    min: 2,
    max: MANY,
    f2: combine,
    rest: (args, meter) => args.reduce((result, next) => combine(result, next, meter)),
  };
}

function not(value: Value, meter: Meter): Value {
  const integer = integerArgument('bit-not', value);
  return paid(subtract(-1, integer), meter);
}

function shiftLeft(value: Value, by: Value, meter: Meter): Value {
  const integer = integerArgument('bit-shift-left', value);
  const count = countArgument('bit-shift-left', by);
  if (integer === 0) return 0;
  // The result has more bits than `count`: refused before it is made.
  limitDigits(meter, Math.floor(count * DIGITS_PER_BIT) + Math.max(0, digitsOf(integer) - 3));
  return paid(normaliseInteger(BigInt(integer) << BigInt(count)), meter);
}

/** Rounds towards negative infinity: the sign comes in from the left. */
function shiftRight(value: Value, by: Value, meter: Meter): Value {
  const integer = integerArgument('bit-shift-right', value);
  const count = countArgument('bit-shift-right', by);
  if (isWord(integer)) return integer >> Math.min(count, WORD_BITS - 1);
  // No integer that the limits allow has that many bits.
  if (count * DIGITS_PER_BIT > meter.limits.integerDigits + 20) return integer < 0 ? -1 : 0;
  return paid(normaliseInteger(BigInt(integer) >> BigInt(count)), meter);
}

export const bits: readonly Primitive[] = [
  combining('bit-and', (a, b) => a & b, (a, b) => a & b),
  combining('bit-or', (a, b) => a | b, (a, b) => a | b),
  combining('bit-xor', (a, b) => a ^ b, (a, b) => a ^ b),
  { name: 'bit-not', min: 1, max: 1, f1: not },
  { name: 'bit-shift-left', min: 2, max: 2, f2: shiftLeft },
  { name: 'bit-shift-right', min: 2, max: 2, f2: shiftRight },
];
