/**
 * Arithmetic: integers are exact, a float among the operands makes a float, dividing by zero is an error of its own.
 *
 * What grows is bounded *before* the work is done: a product or power whose digits would be too many is refused, and
 * work on large integers is paid for by their size. Small numbers, nearly all there are, take the short way.
 */
import {
  absolute,
  add,
  decrement,
  divide,
  greaterThan,
  increment,
  isZero,
  lessThan,
  modulo,
  multiply,
  negate,
  type NumberValue,
  quotient,
  remainder,
  subtract,
} from '../../value/number.ts';
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { raise } from '../raise.ts';
import { integerArgument, numberArgument } from './arguments.ts';
import { chargeProduct, digitsOf, isFree, limitDigits, paid } from './integer-cost.ts';
import type { Primitive } from './primitive.ts';

const MANY = Number.POSITIVE_INFINITY;
function isSmall(value: Value): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

function sum(a: Value, b: Value, meter: Meter): NumberValue {
  if (isSmall(a) && isSmall(b)) return a + b;
  return paid(add(numberArgument('+', a), numberArgument('+', b)), meter);
}

function difference(a: Value, b: Value, meter: Meter): NumberValue {
  if (isSmall(a) && isSmall(b)) return a - b;
  return paid(subtract(numberArgument('-', a), numberArgument('-', b)), meter);
}

function product(a: Value, b: Value, meter: Meter): NumberValue {
  const x = numberArgument('*', a);
  const y = numberArgument('*', b);
  if (!isFree(x) || !isFree(y)) {
    const xDigits = digitsOf(x);
    const yDigits = digitsOf(y);
    // What `digitsOf` says may be two too many for each.
    if (!isFree(x) && !isFree(y)) limitDigits(meter, xDigits + yDigits - 5);
    chargeProduct(meter, xDigits, yDigits);
  }
  return paid(multiply(x, y), meter);
}

type Division = (a: NumberValue, b: NumberValue) => NumberValue | null;

function divided(operation: string, division: Division, a: Value, b: Value, meter: Meter): NumberValue {
  const x = numberArgument(operation, a);
  const y = numberArgument(operation, b);
  if (!isFree(x)) chargeProduct(meter, digitsOf(x), digitsOf(y));
  return division(x, y) ?? raise('arithmetic', 'Division by zero');
}

function dividing(name: string, division: Division): Primitive {
  return { name, min: 2, max: 2, f2: (a, b, meter) => divided(name, division, a, b, meter) };
}

function fold(args: readonly Value[], meter: Meter, step: (a: Value, b: Value, meter: Meter) => NumberValue): Value {
  let result: Value = args[0]!;
  for (let i = 1; i < args.length; i++) result = step(result, args[i]!, meter);
  return result;
}

const addition: Primitive = {
  name: '+',
  min: 1,
  max: MANY,
  f1: (a) => numberArgument('+', a),
  f2: sum,
  rest: (args, meter) => fold(args, meter, sum),
};

const subtraction: Primitive = {
  name: '-',
  min: 1,
  max: MANY,
  f1: (a) => negate(numberArgument('-', a)),
  f2: difference,
  rest: (args, meter) => fold(args, meter, difference),
};

const multiplication: Primitive = {
  name: '*',
  min: 0,
  max: MANY,
  f0: () => 1,
  f1: (a) => numberArgument('*', a),
  f2: product,
  rest: (args, meter) => fold(args, meter, product),
};

function quotientOf(a: Value, b: Value, meter: Meter): NumberValue {
  return divided('/', divide, a, b, meter);
}

const division: Primitive = {
  name: '/',
  min: 1,
  max: MANY,
  f1: (a, meter) => quotientOf(1, a, meter),
  f2: quotientOf,
  rest: (args, meter) => fold(args, meter, quotientOf),
};

/** The winner keeps its kind; of equals the later wins, and a NaN wins over all, as in Clojure. One argument is given back unlooked. */
function extreme(name: string, wins: (a: NumberValue, b: NumberValue) => boolean): Primitive {
  const better = (a: Value, b: Value): NumberValue => {
    const x = numberArgument(name, a);
    const y = numberArgument(name, b);
    return x !== x || wins(x, y) ? x : y;
  };
  return { name, min: 1, max: MANY, f1: (a) => a, f2: better, rest: (args, meter) => fold(args, meter, better) };
}

function isEven(operation: string, value: Value): boolean {
  const integer = integerArgument(operation, value);
  return typeof integer === 'number' ? integer % 2 === 0 : (integer & 1n) === 0n;
}

function test(name: string, holds: (value: NumberValue) => boolean): Primitive {
  return { name, min: 1, max: 1, f1: (value) => holds(numberArgument(name, value)) };
}

const tests: readonly Primitive[] = [
  { name: 'even?', min: 1, max: 1, f1: (value) => isEven('even?', value) },
  { name: 'odd?', min: 1, max: 1, f1: (value) => !isEven('odd?', value) },
  test('zero?', isZero),
  test('pos?', (value) => greaterThan(value, 0)),
  test('neg?', (value) => lessThan(value, 0)),
];

function changing(name: string, change: (value: NumberValue) => NumberValue): Primitive {
  return { name, min: 1, max: 1, f1: (value, meter) => paid(change(numberArgument(name, value)), meter) };
}

export const arithmetic: readonly Primitive[] = [
  addition,
  subtraction,
  multiplication,
  division,
  dividing('quot', quotient),
  dividing('rem', remainder),
  dividing('mod', modulo),
  changing('inc', increment),
  changing('dec', decrement),
  changing('abs', absolute),
  extreme('max', greaterThan),
  extreme('min', lessThan),
  ...tests,
];
