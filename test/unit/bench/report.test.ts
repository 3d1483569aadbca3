import { describe, expect, test } from 'vitest';
import { geometricMean, median } from '../../../bench/measure.ts';
import { ordinaryCode } from '../../../bench/ordinary-code.ts';
import { renderJson, renderTable, row, unavailable } from '../../../bench/report.ts';
import { benchEnvironment } from '../../../bench/subject.ts';
import { compile } from '../../../src/host/compile.ts';

describe('the rows of a report', () => {
  test.each([
    [3, 'µs', 3, true],
    [3.1, 'µs', 3, false],
    [8, 'MB/s', 8, true],
    [7.9, 'MB/s', 8, false],
    [7.9, '×', null, null],
  ])('%d %s against the target %d', (value, unit, target, ok) => {
    expect(row('a', value, unit, target).ok).toBe(ok);
  });

  test('a value is rounded to three digits, but not onto its target', () => {
    expect(row('a', 14.04, '×', 15)).toMatchObject({ value: 14, ok: true });
    expect(row('a', 15.04, '×', 15)).toMatchObject({ value: 15.04, ok: false });
  });

  test('what could not be measured has no value and no verdict', () => {
    expect(unavailable('a', '×', 2.5, 'no file')).toEqual({ name: 'a', value: null, unit: '×', target: 2.5, ok: null, note: 'not available: no file' });
  });

  test('the table says which targets are missed, which were not measured, and where the time went', () => {
    const text = renderTable([row('fast', 1, '×', 2), row('slow', 3, '×', 2), unavailable('gone', 'kB', 55, 'no file')], [{ suite: 'short', seconds: 1.2 }, { suite: 'long', seconds: 7 }]);
    expect(text).toContain('MISSED: slow is 3 ×, the target is 2');
    expect(text).toContain('not measured: gone (not available: no file)');
    expect(text).toContain('1 of 3 targets met');
    expect(text).toContain('measured in 8 s: long 7.0, short 1.2');
  });

  test('the document for tools has all rows', () => {
    const rows = [row('fast', 1, '×', 2), row('slow', 3, '×', null)];
    const took = [{ suite: 'both', seconds: 2.5 }];
    expect(JSON.parse(renderJson(rows, took))).toEqual({ rows, took });
  });
});

describe('the arithmetic of measuring', () => {
  test('the median is the one in the middle, or between the two', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test('the geometric mean of 2 and 8 is 4', () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
  });
});

test('ordinary code compiles without a finding', () => {
  expect(compile(benchEnvironment(), { file: '<bench>', text: ordinaryCode(10_000) }).diagnostics).toEqual([]);
});
