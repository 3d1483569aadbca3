import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  absolute,
  add,
  ceiling,
  decrement,
  divide,
  floor,
  greaterThan,
  increment,
  type IntegerValue,
  integerDigits,
  integerPower,
  integerSquareRoot,
  lessOrEqual,
  lessThan,
  modulo,
  multiply,
  negate,
  normaliseInteger,
  type NumberValue,
  quotient,
  ratioToDouble,
  remainder,
  round,
  subtract,
  truncate,
} from '../../../src/value/number.ts';
import { formatNumber } from '../../../src/value/numeral.ts';
import { makeFloat } from '../../../src/value/value.ts';
import { arbitraryInteger, arbitraryNumber } from '../../support/arbitraries.ts';

const SAFE = Number.MAX_SAFE_INTEGER;

function shown(value: NumberValue | null): string {
  return value === null ? 'nothing' : formatNumber(value);
}

/** A number of the program is an integer number that is safe and not -0, a bigint that is not safe, or a float. */
function expectNormal(value: NumberValue | null): void {
  if (typeof value === 'number' && Number.isInteger(value)) {
    expect(Number.isSafeInteger(value)).toBe(true);
    expect(Object.is(value, -0)).toBe(false);
  }
  if (typeof value === 'bigint') expect(value > BigInt(SAFE) || value < BigInt(-SAFE)).toBe(true);
  if (typeof value === 'object' && value !== null) expect(Number.isInteger(value.value)).toBe(true);
}

describe('integers', () => {
  test('add, subtract and multiply exactly, whatever the size', () => {
    fc.assert(
      fc.property(arbitraryInteger(), arbitraryInteger(), (a, b) => {
        expect(add(a, b)).toBe(normaliseInteger(BigInt(a) + BigInt(b)));
        expect(subtract(a, b)).toBe(normaliseInteger(BigInt(a) - BigInt(b)));
        expect(multiply(a, b)).toBe(normaliseInteger(BigInt(a) * BigInt(b)));
        expect(increment(a)).toBe(normaliseInteger(BigInt(a) + 1n));
        expect(decrement(a)).toBe(normaliseInteger(BigInt(a) - 1n));
        expect(negate(a)).toBe(normaliseInteger(-BigInt(a)));
      }),
      { numRuns: 1000 },
    );
  });

  test('leave the range of machine numbers and come back', () => {
    expect(increment(SAFE)).toBe(2n ** 53n);
    expect(decrement(2n ** 53n)).toBe(SAFE);
    expect(multiply(2 ** 30, 2 ** 30)).toBe(2n ** 60n);
    expect(subtract(-SAFE, 1)).toBe(-(2n ** 53n));
    expect(add(SAFE, SAFE)).toBe(18014398509481982n);
  });

  test('are never -0', () => {
    for (const zero of [multiply(0, -5), negate(0), quotient(-1, 5), remainder(-4, 2), modulo(4, -2), divide(0, -3), subtract(0, 0)]) {
      expect(Object.is(zero, 0)).toBe(true);
    }
  });

  test('quotient and remainder put the dividend together again, and mod has the sign of the divisor', () => {
    fc.assert(
      fc.property(arbitraryInteger(), arbitraryInteger(), (a, b) => {
        fc.pre(b !== 0);
        const [q, r, m] = [quotient(a, b), remainder(a, b), modulo(a, b)] as [IntegerValue, IntegerValue, IntegerValue];
        [q, r, m].forEach(expectNormal);
        expect(BigInt(q) * BigInt(b) + BigInt(r)).toBe(BigInt(a));
        if (r !== 0) expect(r < 0).toBe(a < 0);
        if (m !== 0) expect(m < 0).toBe(b < 0);
        expect((BigInt(a) - BigInt(m)) % BigInt(b)).toBe(0n);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [7, 3, '2', '1', '1'],
    [-7, 3, '-2', '-1', '2'],
    [7, -3, '-2', '1', '-2'],
    [-7, -3, '2', '-1', '-1'],
    [6, 3, '2', '0', '0'],
  ])('%i and %i: quot, rem, mod as in Clojure', (a, b, q, r, m) => {
    expect([shown(quotient(a, b)), shown(remainder(a, b)), shown(modulo(a, b))]).toEqual([q, r, m]);
  });

  test.each([
    [0, 0],
    [1, 1],
    [15, 3],
    [16, 4],
    [2n ** 53n, 94906265],
    [10n ** 40n, 10n ** 20n],
    [10n ** 40n - 1n, 10n ** 20n - 1n],
  ] as [IntegerValue, IntegerValue][])('the root of %s is %s', (value, root) => {
    expect(integerSquareRoot(value)).toBe(root);
  });

  test('square roots are the greatest that fit', () => {
    fc.assert(
      fc.property(arbitraryInteger(), (a) => {
        const value = absolute(a) as IntegerValue;
        const root = BigInt(integerSquareRoot(value));
        expect(root * root <= BigInt(value) && (root + 1n) * (root + 1n) > BigInt(value)).toBe(true);
      }),
    );
  });

  test('powers', () => {
    expect(integerPower(2, 0)).toBe(1);
    expect(integerPower(0, 0)).toBe(1);
    expect(integerPower(-3, 3)).toBe(-27);
    expect(integerPower(10, 30)).toBe(10n ** 30n);
  });

  test('digits are never underestimated, and by 2 too many at most', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }), (n) => {
        const digits = (n < 0n ? -n : n).toString().length;
        const estimate = integerDigits(normaliseInteger(n));
        expect(estimate).toBeGreaterThanOrEqual(digits);
        expect(estimate).toBeLessThanOrEqual(digits + 2);
      }),
    );
    expect([0, 9, 10, -999].map(integerDigits)).toEqual([1, 1, 2, 3]);
  });
});

describe('floats', () => {
  test('make floats, boxed when whole', () => {
    expect([add(0.5, 0.5), add(1, makeFloat(1)), multiply(makeFloat(2), 3), subtract(1.5, 1)].map(shown)).toEqual(['1.0', '2.0', '6.0', '0.5']);
    expect([negate(makeFloat(0)), multiply(makeFloat(0), -1), absolute(makeFloat(-0))].map(shown)).toEqual(['-0.0', '-0.0', '0.0']);
    expect([add(Number.POSITIVE_INFINITY, 1), subtract(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)].map(shown)).toEqual(['##Inf', '##NaN']);
  });

  test('take large integers as the nearest float', () => {
    expect(shown(add(10n ** 25n, 0.5))).toBe('1.0e25');
    expect(shown(multiply(10n ** 400n, makeFloat(1)))).toBe('##Inf');
  });

  test('quot, rem and mod', () => {
    expect([quotient(7.5, 2), remainder(7.5, 2), modulo(-7.5, 2), quotient(-7.5, 2)].map(shown)).toEqual(['3.0', '1.5', '0.5', '-3.0']);
  });

  test.each([
    [0.5, 0, 0, 1, 1],
    [1.5, 1, 1, 2, 2],
    [2.5, 2, 2, 3, 3],
    [-0.5, 0, -1, 0, 0],
    [-1.5, -1, -2, -1, -1],
    [0.49999999999999994, 0, 0, 1, 0],
    [4503599627370495.5, 4503599627370495, 4503599627370495, 4503599627370496, 4503599627370496],
  ])('%f: truncate %i, floor %i, ceiling %i, round %i', (x, cut, below, above, near) => {
    const results = [truncate(x), floor(x), ceiling(x), round(x)];
    expect(results).toEqual([cut, below, above, near]);
    results.forEach(expectNormal);
  });

  test('whole ones of any size become exact integers; NaN and the infinities none', () => {
    expect(truncate(makeFloat(2 ** 60))).toBe(2n ** 60n);
    expect(round(makeFloat(-0))).toBe(0);
    expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(floor)).toEqual([null, null, null]);
  });
});

describe('division', () => {
  test.each([
    [7, 2, '3.5'],
    [6, 3, '2'],
    [makeFloat(6), 2, '3'],
    [makeFloat(6), makeFloat(3), '2'],
    [1, 3, '0.3333333333333333'],
    [makeFloat(1e300), 10, '1.0e299'],
    [1.5, 0.5, '3'],
    [10n ** 30n, 10n ** 29n, '10'],
    [10n ** 30n, 10n, '100000000000000000000000000000'],
    [10n ** 400n, 3n * 10n ** 399n, '3.3333333333333335'],
    [10n ** 400n, 3, '##Inf'],
    [1, 10n ** 400n, '0.0'],
    [5, Number.POSITIVE_INFINITY, '0'],
    [makeFloat(-0), 5, '0'],
  ] as [NumberValue, NumberValue, string][])('%s / %s', (a, b, expected) => {
    expect(shown(divide(a, b))).toBe(expected);
  });

  test('by any zero gives nothing', () => {
    for (const zero of [0, makeFloat(0), makeFloat(-0)]) {
      for (const operation of [divide, quotient, remainder, modulo]) {
        expect(operation(1, zero)).toBe(null);
        expect(operation(0.5, zero)).toBe(null);
        expect(operation(2n ** 70n, zero)).toBe(null);
      }
    }
  });

  test('of large integers is rounded once: nothing is nearer to the ratio', () => {
    // d·x is compared with n exactly, for x and its neighbours as fractions over 2^1074.
    const exact = (x: number): bigint => BigInt(ldexp(x));
    const ldexp = (x: number): bigint => {
      const bits = new DataView(new ArrayBuffer(8));
      bits.setFloat64(0, x);
      const exponent = Number((bits.getBigInt64(0) >> 52n) & 0x7ffn);
      const fraction = bits.getBigInt64(0) & 0xfffffffffffffn;
      return exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
    };
    const neighbour = (x: number, by: bigint): number => {
      const bits = new DataView(new ArrayBuffer(8));
      bits.setFloat64(0, x);
      bits.setBigInt64(0, bits.getBigInt64(0) + by);
      return bits.getFloat64(0);
    };
    const size = fc.bigInt({ min: 1n, max: 2n ** 1200n });
    const narrow = fc.tuple(size, fc.integer({ min: 0, max: 1190 })).map(([n, shift]) => (n >> BigInt(shift)) + 1n);
    fc.assert(
      fc.property(narrow, narrow, (n, d) => {
        const x = ratioToDouble(n, d);
        if (!Number.isFinite(x) || x === 0) return;
        const distance = (y: number): bigint => {
          const difference = (n << 1074n) - d * exact(y);
          return difference < 0n ? -difference : difference;
        };
        expect(distance(x) <= distance(neighbour(x, 1n))).toBe(true);
        expect(distance(x) <= distance(neighbour(x, -1n))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('comparison', () => {
  test('is exact between integers and floats', () => {
    expect(lessThan(2n ** 53n, makeFloat(2 ** 53))).toBe(false);
    expect(lessThan(makeFloat(2 ** 53), 2n ** 53n + 1n)).toBe(true);
    expect(lessOrEqual(1, makeFloat(1))).toBe(true);
    expect(greaterThan(10n ** 400n, Number.POSITIVE_INFINITY)).toBe(false);
  });

  test('is false with NaN on either side', () => {
    expect([lessThan(Number.NaN, 1), lessThan(1, Number.NaN), lessOrEqual(Number.NaN, Number.NaN)]).toEqual([false, false, false]);
  });
});

test('no operation yields a number in the wrong form', () => {
  const operations = [add, subtract, multiply, divide, quotient, remainder, modulo];
  fc.assert(
    fc.property(arbitraryNumber(), arbitraryNumber(), fc.constantFrom(...operations), (a, b, operation) => {
      expectNormal(operation(a, b));
      for (const unary of [negate, absolute, truncate, floor, ceiling, round]) expectNormal(unary(a));
    }),
    { numRuns: 2000 },
  );
});
