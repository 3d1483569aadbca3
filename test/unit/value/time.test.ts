import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { civilTime, EPOCH_MS_MAX, EPOCH_MS_MIN, epochMsOf, formatTimestamp, makeTimestamp, parseTimestamp } from '../../../src/value/time.ts';

describe('timestamps as text', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1969-12-31T23:59:59.999Z', -1],
    ['2024-01-02T03:04:05.678Z', 1704164645678],
    ['2024-02-29T12:00:00Z', 1709208000000],
    ['2000-02-29T00:00:00.001Z', 951782400001],
    ['1900-03-01T00:00:00Z', -2203891200000],
    ['0000-01-01T00:00:00Z', EPOCH_MS_MIN],
    ['9999-12-31T23:59:59.999Z', EPOCH_MS_MAX],
  ])('%s', (text, epochMs) => {
    expect(parseTimestamp(text)?.epochMs).toBe(epochMs);
    expect(formatTimestamp(epochMs)).toBe(text);
  });

  test('milliseconds may be written with an underscore, and .000 is not printed', () => {
    expect(parseTimestamp('2024-01-02T03:04:05_678Z')?.epochMs).toBe(1704164645678);
    expect(formatTimestamp(parseTimestamp('2024-01-02T03:04:05.000Z')!.epochMs)).toBe('2024-01-02T03:04:05Z');
  });

  test.each([
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00:00',
    '2024-01-01 00:00:00Z',
    '2024-01-01T00:00:00.1Z',
    '2024-01-01T00:00:00.12345Z',
    '2024-01-01T00:00:00,123Z',
    '+024-01-01T00:00:00Z',
    '2024-1-001T00:00:00Z',
    '',
  ])('%j is not a timestamp', (text) => {
    expect(parseTimestamp(text)).toBe(null);
  });

  test('agrees with the calendar of the engine on every instant, and reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: EPOCH_MS_MIN, max: EPOCH_MS_MAX }), (epochMs) => {
        const text = formatTimestamp(epochMs);
        expect(text).toBe(new Date(epochMs).toISOString().replace('.000Z', 'Z'));
        expect(parseTimestamp(text)?.epochMs).toBe(epochMs);
        expect(epochMsOf(civilTime(epochMs))).toBe(epochMs);
      }),
      { numRuns: 3000 },
    );
  });
});

test('there are no timestamps outside the years 0000 to 9999, nor between milliseconds', () => {
  expect(makeTimestamp(EPOCH_MS_MAX)?.epochMs).toBe(EPOCH_MS_MAX);
  expect([EPOCH_MS_MAX + 1, EPOCH_MS_MIN - 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY].map(makeTimestamp)).toEqual([null, null, null, null, null]);
  expect(Object.is(makeTimestamp(-0)?.epochMs, 0)).toBe(true);
});
