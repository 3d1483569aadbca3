import { describe, expect, test } from 'vitest';
import { exponential, naturalLogarithm, power, powerOf } from '../../../src/value/power.ts';
import { formatNumber } from '../../../src/value/numeral.ts';
import { makeFloat, type Float } from '../../../src/value/value.ts';

const INF = Number.POSITIVE_INFINITY;

describe('powers of floats', () => {
  test.each([
    [2, 10, 1024],
    [2, -1, 0.5],
    [2, 0.5, Math.SQRT2],
    [9, 0.5, 3],
    [10, 22, 1e22],
    [10, -3, 0.001],
    [-2, 3, -8],
    [2, -1074, 5e-324],
    [2, 1023, 8.98846567431158e307],
    [1.1, 10, 2.593742460100003], // 1.1 is 1.100000000000000088817841970012523, and its tenth power 2.59374246010000231…
  ])('%f to the power %f', (x, y, expected) => {
    expect(powerOf(x, y)).toBeCloseTo(expected, 14);
  });

  test('exact results are exact', () => {
    for (let n = 0; n <= 33; n++) expect(powerOf(3, n)).toBe(Number(3n ** BigInt(n)));
    for (let n = -1074; n <= 1023; n++) expect(powerOf(powerOf(2, n), 1)).toBe(powerOf(2, n));
    for (let n = 1; n < 200; n++) expect(powerOf(n * n, 0.5)).toBe(n);
  });

  test.each([
    [5, 0, 1],
    [Number.NaN, 0, 1],
    [Number.NaN, 1, Number.NaN],
    [1, Number.NaN, Number.NaN],
    [1, INF, Number.NaN],
    [-1, INF, Number.NaN],
    [2, INF, INF],
    [2, -INF, 0],
    [0.5, INF, 0],
    [0.5, -INF, INF],
    [0, 3, 0],
    [-0, 3, -0],
    [-0, 2, 0],
    [0, -1, INF],
    [-0, -1, -INF],
    [-0, -2, INF],
    [INF, 2, INF],
    [INF, -2, 0],
    [-INF, 3, -INF],
    [-INF, 2, INF],
    [-INF, -3, -0],
    [-INF, 2.5, INF],
    [-8, 1 / 3, Number.NaN],
    [2, 1024, INF],
    [-2, 1025, -INF],
    [2, -1076, 0],
    [1e308, 1e308, INF],
    [1.0000000000000002, -1e300, 0],
  ])('the special case %f to the power %f', (x, y, expected) => {
    expect(powerOf(x, y)).toBe(expected);
  });
});

describe('exponential and logarithm', () => {
  test('known values, correctly rounded', () => {
    expect(exponential(0)).toBe(1);
    expect(exponential(1)).toBe(2.718281828459045);
    expect(exponential(-1)).toBe(0.36787944117144233);
    expect(exponential(10)).toBe(22026.465794806718);
    expect(naturalLogarithm(1)).toBe(0);
    expect(naturalLogarithm(2)).toBe(0.6931471805599453);
    expect(naturalLogarithm(10)).toBe(2.302585092994046);
    expect(naturalLogarithm(0.5)).toBe(-0.6931471805599453);
    expect(naturalLogarithm(1 + 2 ** -52)).toBe(2 ** -52 - 2 ** -105);
  });

  test('the ends of the range', () => {
    expect([exponential(INF), exponential(-INF), exponential(710), exponential(-746), exponential(-745)]).toEqual([INF, 0, INF, 0, 5e-324]);
    expect([naturalLogarithm(0), naturalLogarithm(-0), naturalLogarithm(-1), naturalLogarithm(INF)]).toEqual([-INF, -INF, Number.NaN, INF]);
    expect([exponential(Number.NaN), naturalLogarithm(Number.NaN)]).toEqual([Number.NaN, Number.NaN]);
    expect(naturalLogarithm(5e-324)).toBeCloseTo(-744.4400719213812, 12);
  });

  test('undo one another within a unit in the last place', () => {
    for (let x = -700; x <= 700; x += 0.37) {
      const back = naturalLogarithm(exponential(x));
      expect(Math.abs(back - x)).toBeLessThanOrEqual(2 ** -52 * Math.max(1, Math.abs(x)));
    }
  });
});

describe('pow on numbers of the language', () => {
  const shown = (base: number | bigint | Float, exponent: number | bigint | Float, digitsMax = 1000): string => {
    const result = power(base, exponent, digitsMax);
    return result === null ? 'too large' : formatNumber(result);
  };

  test('integers to whole powers stay integers', () => {
    expect(shown(2, 10)).toBe('1024');
    expect(shown(2, 100)).toBe('1267650600228229401496703205376');
    expect(shown(-2, 3)).toBe('-8');
    expect(shown(7, 0)).toBe('1');
    expect([shown(0, 0), shown(0, 5), shown(1, 10n ** 30n), shown(-1, 10n ** 30n), shown(-1, 10n ** 30n + 1n)]).toEqual(['1', '0', '1', '1', '-1']);
  });

  test('anything else is a float', () => {
    expect(shown(2, -1)).toBe('0.5');
    expect(shown(2, makeFloat(3))).toBe('8.0');
    expect(shown(makeFloat(2), 3)).toBe('8.0');
  });

  test('an integer with too many digits is refused without being computed', () => {
    expect(shown(10, 2000)).toBe('too large');
    expect(shown(2, 10n ** 30n)).toBe('too large');
    expect(shown(10, 900)).toHaveLength(901);
  });
});
