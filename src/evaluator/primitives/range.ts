/** Runs of numbers at equal distances. */
import { add, increment, isZero, lessThan, multiply, type NumberValue, signOf, toDouble } from '../../value/number.ts';
import { isInteger, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { raise } from '../raise.ts';
import { integerArgument, numberArgument } from './arguments.ts';
import { chargeElements } from './text.ts';

/** From `start` in steps towards `end`, which is not part of it. Every element is `start + i * step`, computed afresh. */
export function range(startValue: Value, endValue: Value, stepValue: Value, meter: Meter): Value {
  const start = numberArgument('range', startValue);
  const end = numberArgument('range', endValue);
  const step = numberArgument('range', stepValue);
  if (isZero(step)) return raise('argument', 'Invalid argument: range with a step of 0 has no end');
  const size = sizeOfRange(start, end, step);
  chargeElements(meter, size);
  const items: Value[] = [];
  if (isSmall(start) && isSmall(step) && isSmall(start + step * size)) {
    for (let i = 0, element = start; i < size; i++, element = (element + step) | 0) items.push(element);
  } else for (let i = 0; i < size; i++) items.push(elementOf(start, step, i));
  return Vector.adopt(items);
}

/** Whether it is an integer of 31 bits, whose sums with others engines find at once. */
function isSmall(value: NumberValue): value is number {
  return typeof value === 'number' && (value << 1) >> 1 === value;
}

function elementOf(start: NumberValue, step: NumberValue, i: number): NumberValue {
  return i === 0 ? start : add(start, multiply(i, step));
}

function sizeOfRange(start: NumberValue, end: NumberValue, step: NumberValue): number {
  const isBefore = (a: NumberValue, b: NumberValue): boolean => (signOf(step) > 0 ? lessThan(a, b) : lessThan(b, a));
  if (!isBefore(start, end)) return 0;
  if (isInteger(start) && isInteger(end) && isInteger(step)) return integerSteps(BigInt(end) - BigInt(start), BigInt(step));
  const size = Math.max(1, Math.ceil((toDouble(end) - toDouble(start)) / toDouble(step))) || 0;
  if (!Number.isFinite(size)) return size;
  // The division rounds: what it lets in beyond the end is taken off again, and what it leaves out before the end is put in.
  if (size > 1 && !isBefore(elementOf(start, step, size - 1), end)) return size - 1;
  return isBefore(elementOf(start, step, size), end) ? size + 1 : size;
}

/** How many steps it takes to cover `distance`, which has the sign of `step`. */
function integerSteps(distance: bigint, step: bigint): number {
  const whole = distance / step;
  return Number(whole * step === distance ? whole : whole + 1n);
}

/** The integers from `first` to `last`, both included. */
export function numbers(firstValue: Value, lastValue: Value, meter: Meter): Value {
  const first = integerArgument('numbers', firstValue);
  const last = integerArgument('numbers', lastValue);
  return range(first, increment(last), 1, meter);
}
