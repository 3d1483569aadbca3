import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFloat, formatNumber, parseNumber } from '../../../src/value/numeral.ts';
import { makeFloat, type Float } from '../../../src/value/value.ts';
import { arbitraryNumber } from '../../support/arbitraries.ts';

function read(text: string): number | bigint | Float | string {
  const parsed = parseNumber(text);
  return parsed.ok ? parsed.value : parsed.error;
}

describe('reading', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['+5', 5],
    ['007', 7],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-123456789012345678901234567890', -123456789012345678901234567890n],
    ['0x2A', 42],
    ['0XffFF', 65535],
    ['-0o17', -15],
    ['+0b101', 5],
    ['0x20000000000000', 9007199254740992n],
    ['1.5', 1.5],
    ['-1.5e-3', -0.0015],
  ] as [string, number | bigint][])('%s', (text, value) => {
    expect(read(text)).toBe(value);
  });

  test.each([
    ['1.0', 1],
    ['1e10', 1e10],
    ['1E+2', 100],
    ['-0.0', -0],
    ['0e5', 0],
    ['1e-400', 0],
    ['9007199254740993.0', 9007199254740992],
    ['9007199254740993.00000000000000000000000001', 9007199254740994],
  ])('%s is a whole float', (text, value) => {
    expect(read(text)).toEqual(makeFloat(value));
  });

  test.each(['', '+', '-', '.5', '1.', '1.e5', '1e', '1e+', '0x', '0xg', '0o8', '0b2', '1_000', '10N', '1/2', '--1', ' 1', '1 ', '1.5.2', 'e5', '٣'])(
    '%j is not a number',
    (text) => {
      expect(read(text)).toBe('malformed');
    },
  );

  test('a float beyond the range is refused, one below it is zero', () => {
    expect(read('1e400')).toBe('out-of-range');
    expect(read('-1e999999999999999999999')).toBe('out-of-range');
    expect(read('1e-999999999999999999999')).toEqual(makeFloat(0));
    expect(read(`0.${'0'.repeat(500)}1e501`)).toEqual(makeFloat(1));
  });

  test('more digits than asked for are refused before they cost anything', () => {
    expect(parseNumber('12345', 4)).toEqual({ ok: false, error: 'too-long' });
    expect(parseNumber('0xfffff', 4)).toEqual({ ok: false, error: 'too-long' });
    expect(parseNumber('1.2345', 4)).toEqual({ ok: false, error: 'too-long' });
    expect(parseNumber('1234', 4)).toEqual({ ok: true, value: 1234 });
  });

  test('long literals are rounded as if with infinite precision', () => {
    // Exactly half way between two doubles: to even; the least bit more: up. 2^53 + 1 and the like.
    expect(read('9007199254740993.000')).toEqual(makeFloat(9007199254740992));
    expect(read('9007199254740995.0')).toEqual(makeFloat(9007199254740996));
    expect(read(`9007199254740993.${'0'.repeat(900)}1`)).toEqual(makeFloat(9007199254740994));
    expect(read('2.4703282292062327208299e-324')).toEqual(makeFloat(0));
    expect(read('2.4703282292062327209e-324')).toBe(5e-324);
    expect(read('0.1000000000000000055511151231257827021181583404541015625')).toBe(0.1);
  });
});

describe('writing', () => {
  test.each([
    [0, '0'],
    [-17, '-17'],
    [10n ** 21n, '1000000000000000000000'],
    [makeFloat(1), '1.0'],
    [makeFloat(-0), '-0.0'],
    [makeFloat(100), '100.0'],
    [makeFloat(1e20), '100000000000000000000.0'],
    [makeFloat(1e21), '1.0e21'],
    [makeFloat(1.5e300), '1.5e300'],
    [0.1, '0.1'],
    [1e-7, '1.0e-7'],
    [1.25e-9, '1.25e-9'],
    [5e-324, '5.0e-324'],
    [Number.NaN, '##NaN'],
    [Number.POSITIVE_INFINITY, '##Inf'],
    [Number.NEGATIVE_INFINITY, '##-Inf'],
  ] as [number | bigint | Float, string][])('%s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

test('what is written reads back as the same number', () => {
  fc.assert(
    fc.property(arbitraryNumber(), (value) => {
      const text = formatNumber(value);
      if (!text.startsWith('##')) expect(read(text)).toEqual(value);
    }),
    { numRuns: 2000 },
  );
});

test('every double survives in full decimal expansion as well', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }), (x) => {
      // toFixed is exact up to 100 digits for numbers of this size, so the text is x itself or very near to it.
      const long = x.toFixed(100);
      if (Math.abs(x) > 1e-60) expect(read(long)).toEqual(makeFloat(x));
      expect(formatFloat(x)).toMatch(/^-?[0-9]+\.[0-9]+(e-?[0-9]+)?$/);
    }),
  );
});
