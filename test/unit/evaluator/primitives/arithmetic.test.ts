import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuelLeft } from '../../../../src/evaluator/limits.ts';
import { normaliseInteger } from '../../../../src/value/number.ts';
import { makeFloat, type Value } from '../../../../src/value/value.ts';
import { call, evaluate, meterOf, raised, rows } from './scalar-harness.ts';

describe('sums, differences and products', () => {
  rows([
    ['(+ 1)', '1'],
    ['(+ 1 2 3 4 5)', '15'],
    ['(+ 0.1 0.2)', '0.30000000000000004'],
    ['(+ 1 ##NaN)', '##NaN'],
    ['(+ "a")', '! type Type error in +: expected number, got string'],
    ['(+ 1 nil)', '! type Type error in +: expected number, got nil'],
    ['(+ 1 2 :a)', '! type Type error in +: expected number, got keyword'],
    ['(+)', '! arity Arity mismatch in +: expected at least 1, got 0'],
    ['(-)', '! arity'],
    ['(- 9007199254740993 0)', '9007199254740993'],
    ['(- -9007199254740991 1)', '-9007199254740992'],
    ['(- 0)', '0'],
    ['(* 0 -5)', '0'],
    ['(* -0.0 5)', '-0.0'],
    ['(* "a")', '! type'],
    ['(inc 1 2)', '! arity Arity mismatch in inc: expected 1, got 2'],
    ['(inc 9007199254740991)', '9007199254740992'],
    ['(dec -9007199254740991)', '-9007199254740992'],
    ['(abs -9007199254740993)', '9007199254740993'],
    ['(abs -0.0)', '0.0'],
  ]);
});

describe('division', () => {
  rows([
    ['(/ 10 2 2)', '2.5'],
    ['(/ 6.0 2)', '3'],
    ['(/ 6.0 3.0)', '2'],
    ['(/ 4)', '0.25'],
    ['(/ 1)', '1'],
    ['(/ 0 5)', '0'],
    ['(/ 0.0 5)', '0'],
    ['(/ 1 3)', '0.3333333333333333'],
    ['(/ 18014398509481986 2)', '9007199254740993'],
    ['(/ 1 0)', '! arithmetic Division by zero'],
    ['(/ 0)', '! arithmetic Division by zero'],
    ['(/ 1 0.0)', '! arithmetic Division by zero'],
    ['(/ 1 -0.0)', '! arithmetic Division by zero'],
    ['(/ 8 2 0)', '! arithmetic Division by zero'],
    ['(/ ##Inf 2)', '##Inf'],
    ['(/ 1 nil)', '! type Type error in /'],
    ['(/ 1 "x" 0)', '! type'],
    ['(quot -7 2)', '-3'],
    ['(rem -7 2)', '-1'],
    ['(mod -7 2)', '1'],
    ['(mod 7 -2)', '-1'],
    ['(mod -6 3)', '0'],
    ['(mod 5.5 -2)', '-0.5'],
    ['(quot 1 0.0)', '! arithmetic'],
    ['(rem 1.5 0)', '! arithmetic'],
    ['(mod nil 2)', '! type Type error in mod'],
  ]);
});

describe('extremes and tests', () => {
  rows([
    ['(max 1 2.5 2)', '2.5'],
    ['(min 2 1.5 3)', '1.5'],
    ['(max 1 1.0)', '1.0'],
    ['(min 1.0 1)', '1'],
    ['(max 9007199254740993 9007199254740992.0)', '9007199254740993'],
    ['(max 1 ##NaN 2)', '##NaN'],
    ['(min ##NaN 1)', '##NaN'],
    ['(max "a")', '"a"'],
    ['(max "a" 1)', '! type Type error in max: expected number, got string'],
    ['(max)', '! arity'],
    ['(even? 9007199254740993)', 'false'],
    ['(odd? -9007199254740993)', 'true'],
    ['(odd? 1.0)', '! type Type error in odd?: expected integer, got float'],
    ['(zero? -0.0)', 'true'],
    ['(zero? ##NaN)', 'false'],
    ['(pos? 9007199254740993)', 'true'],
    ['(neg? -9007199254740993)', 'true'],
  ]);
});

describe('rounding, roots and powers', () => {
  rows([
    ['(floor -0.5)', '-1'],
    ['(ceil -0.5)', '0'],
    ['(round 0.49999999999999994)', '0'],
    ['(round -0.5)', '0'],
    ['(round 1.5)', '2'],
    ['(trunc 1.0e300)', `${BigInt(1e300)}`],
    ['(floor ##NaN)', '! arithmetic'],
    ['(floor nil)', '! type'],
    ['(sqrt 0)', '0.0'],
    ['(sqrt -0.0)', '-0.0'],
    ['(sqrt 9007199254740993)', '94906265.62425156'],
    ['(sqrt -0.1)', '! argument Invalid argument: sqrt of a negative number'],
    ['(sqrt "4")', '! type'],
    ['(pow 0 0)', '1'],
    ['(pow -2 3)', '-8'],
    ['(pow 2 0.5)', '1.4142135623730951'],
    ['(pow -8 0.5)', '##NaN'],
    ['(pow 10 -2)', '0.01'],
    ['(pow 1 123456789012345678901234567890)', '1'],
    ['(pow -1 123456789012345678901234567891)', '-1'],
    ['(pow 2 123456789012345678901234567890)', '! overflow Limit exceeded: integer-digits'],
    ['(factorial 1)', '1'],
    ['(factorial 30)', '265252859812191058636308480000000'],
    ['(factorial 25)', '15511210043330985984000000'],
    ['(factorial 100000)', '! overflow Limit exceeded: integer-digits'],
    ['(factorial 123456789012345678901234567890)', '! overflow'],
    ['(exp 0.5)', '1.6487212707001282'],
    ['(exp 1000)', '##Inf'],
    ['(ln 10)', '2.302585092994046'],
  ]);

  it('takes roots of integers beyond all floats as long as the root is one', () => {
    expect(call('sqrt', [10n ** 400n])).toEqual(makeFloat(1e200));
    expect(raised(() => call('sqrt', [10n ** 1000n]))).toBe('! arithmetic The integer is too large for a float');
    expect(raised(() => call('ln', [10n ** 400n]))).toBe('! arithmetic The integer is too large for a float');
  });
});

describe('bits', () => {
  rows([
    ['(bit-and 6 3)', '2'],
    ['(bit-and 255 127 15)', '15'],
    ['(bit-not 9007199254740991)', '-9007199254740992'],
    ['(bit-not -9007199254740992)', '9007199254740991'],
    ['(bit-shift-left -1 3)', '-8'],
    ['(bit-shift-left 0 1000000000000000)', '0'],
    ['(bit-shift-right 5 1000000000000000)', '0'],
    ['(bit-shift-right -5 123456789012345678901234567890)', '-1'],
    ['(bit-shift-right 18446744073709551616 60)', '16'],
    ['(bit-shift-left 1 0.5)', '! type'],
    ['(bit-and 1)', '! arity'],
  ]);
});

const bigInteger = fc.oneof(
  fc.bigInt({ min: -20n, max: 20n }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 1n - 2n ** 53n, 2n ** 31n, -(2n ** 31n), 2n ** 31n - 1n),
);

/** The answer in the one representation of integers; anything else fails the comparison. */
function exactly(name: string, a: bigint, b: bigint, expected: bigint): void {
  expect(call(name, [normaliseInteger(a), normaliseInteger(b)])).toBe(normaliseInteger(expected));
}

function floorMod(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b;
}

describe('integer arithmetic is exact', () => {
  it('in sums, differences, products and bits', () => {
    fc.assert(
      fc.property(bigInteger, bigInteger, (a, b) => {
        exactly('+', a, b, a + b);
        exactly('-', a, b, a - b);
        exactly('*', a, b, a * b);
        exactly('bit-and', a, b, a & b);
        exactly('bit-or', a, b, a | b);
        exactly('bit-xor', a, b, a ^ b);
      }),
      { numRuns: 2000 },
    );
  });

  it('in quotients and remainders', () => {
    fc.assert(
      fc.property(bigInteger, bigInteger.filter((b) => b !== 0n), (a, b) => {
        exactly('quot', a, b, a / b);
        exactly('rem', a, b, a % b);
        exactly('mod', a, b, b > 0n ? floorMod(a, b) : -floorMod(-a, -b));
        exactly('/', a * b, b, a);
      }),
      { numRuns: 2000 },
    );
  });

  it('in shifts', () => {
    fc.assert(
      fc.property(bigInteger, fc.integer({ min: 0, max: 300 }), (a, count) => {
        exactly('bit-shift-left', a, BigInt(count), a << BigInt(count));
        exactly('bit-shift-right', a, BigInt(count), a >> BigInt(count));
      }),
    );
  });

  it('in comparisons, also with floats', () => {
    fc.assert(
      fc.property(bigInteger, fc.double({ noNaN: true }), (a, b) => {
        const args: Value[] = [normaliseInteger(a), makeFloat(b)];
        expect(call('<', args)).toBe(a < b);
        expect(call('>=', args)).toBe(a >= b);
        expect(call('==', args)).toBe(!(a < b) && !(a > b));
      }),
    );
  });
});

describe('work on large integers', () => {
  it('stops before the digits are too many', () => {
    const meter = meterOf({ integerDigits: 1000 });
    const large = 10n ** 600n;
    expect(raised(() => call('*', [large, large], meter))).toBe('! overflow Limit exceeded: integer-digits (limit: 1000)');
    expect(raised(() => call('pow', [10, 1001], meter))).toContain('! overflow');
    expect(raised(() => call('bit-shift-left', [1, 4000], meter))).toContain('! overflow');
    expect(raised(() => call('factorial', [1000], meter))).toContain('! overflow');
    expect(raised(() => call('parse-int', ['9'.repeat(1001)], meter))).toContain('! overflow');
    expect(call('pow', [10, 900], meter)).toBe(10n ** 900n);
  });

  it('cannot grow a number for ever by squaring it', () => {
    const meter = meterOf();
    let value: Value = 3;
    const problem = raised(() => {
      for (let i = 0; i < 100; i++) value = call('*', [value, value], meter);
    });
    expect(problem).toContain('! overflow Limit exceeded: integer-digits');
  });

  it('costs more for larger ones', () => {
    const cost = (digits: bigint): number => {
      const meter = meterOf();
      call('*', [10n ** digits, 10n ** digits], meter);
      return meter.limits.fuel - fuelLeft(meter);
    };
    expect(cost(10n)).toBe(0);
    expect(cost(10_000n)).toBeGreaterThan(10 * cost(1_000n));
  });

  it('names huge integers in messages without writing them out', () => {
    expect(evaluate(`(substring "abc" ${10n ** 50n})`)).toBe('! index Index out of bounds: index a huge integer is not in range [0, 3)');
    expect(evaluate(`(repeat-string "abc" -${10n ** 50n})`)).toContain('a huge negative integer');
  });
});
