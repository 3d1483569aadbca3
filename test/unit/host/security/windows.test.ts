/** Times of the week, in UTC (MK-5). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commonStretches, isWithin, momentText, nextBeginning, normalStretches, parseWindow, type Stretch, windowTexts } from '../../../../src/host/security/windows.ts';
import { stretch } from './support.ts';

const at = (text: string): number => Date.parse(`${text}:00Z`);

function windows(...texts: string[]): readonly Stretch[] {
  return normalStretches(texts.flatMap((text) => {
    const read = parseWindow(text);
    if (!read.ok) throw new Error(read.error.message);
    return read.value;
  }));
}

// 2026-11-27 is a Friday.
test.each([
  ['mon-fri 08:00-18:00', '2026-11-27T08:00', true, null],
  ['mon-fri 08:00-18:00', '2026-11-27T17:59', true, null],
  ['mon-fri 08:00-18:00', '2026-11-27T18:00', false, '2026-11-30T08:00'],
  ['mon-fri 08:00-18:00', '2026-11-27T07:59', false, '2026-11-27T08:00'],
  ['mon-fri 08:00-18:00', '2026-11-28T12:00', false, '2026-11-30T08:00'],
  ['MON-FRI 08:00-18:00 UTC', '2026-11-26T12:00', true, null],
  ['22:00-06:00', '2026-11-27T23:30', true, null],
  ['22:00-06:00', '2026-11-28T05:59', true, null],
  ['22:00-06:00', '2026-11-28T06:00', false, '2026-11-28T22:00'],
  // A window over midnight belongs to the day on which it begins, on the last day of the week too.
  ['fri 22:00-06:00', '2026-11-28T05:00', true, null],
  ['fri 22:00-06:00', '2026-11-27T05:00', false, '2026-11-27T22:00'],
  ['sun 22:00-06:00', '2026-11-30T05:59', true, null],
  ['sun 22:00-06:00', '2026-11-30T06:00', false, '2026-12-06T22:00'],
  ['sat-mon 10:00-11:00', '2026-11-29T10:30', true, null],
  ['sat-mon 10:00-11:00', '2026-12-01T10:30', false, '2026-12-05T10:00'],
  ['mon,wed 00:00-24:00', '2026-12-02T23:59', true, null],
  ['mon,wed 00:00-24:00', '2026-12-03T00:00', false, '2026-12-07T00:00'],
  ['12:00-12:00', '2026-12-02T12:00', true, null],
  ['thu 00:00-00:01', '1970-01-01T00:00', true, null],
  ['wed 23:00-24:00', '1969-12-31T23:30', true, null],
])('%s at %s: %s, and then %s', (text, moment, isOpen, next) => {
  const open = windows(text);
  expect(isWithin(open, at(moment))).toBe(isOpen);
  if (next !== null) expect(nextBeginning(open, at(moment))).toBe(at(next));
});

test.each(['', 'mon', '8:00-18:00', '08:00', '08:00-25:00', '08:60-09:00', '24:00-08:00', 'mon-fri-sat 08:00-09:00', 'mo 08:00-09:00', 'mon, 08:00-09:00', '08:00-18:00 mon', '08:00-18:00 CET', '08:00-09:00-10:00'])('%j is no window', (text) => {
  expect(parseWindow(text).ok).toBe(false);
});

describe('as text', () => {
  test.each([
    [['mon-fri 08:00-18:00'], ['mon-fri 08:00-18:00']],
    [['22:00-06:00'], ['22:00-06:00']],
    [['sun 22:00-06:00'], ['sun 22:00-06:00']],
    [['mon 08:00-12:00', 'mon 11:00-13:00', 'wed,fri 08:00-13:00'], ['mon,wed,fri 08:00-13:00']],
    [['sat-sun 00:00-24:00'], ['sat-sun 00:00-24:00']],
    [['00:00-24:00'], ['00:00-24:00']],
    [[], []],
  ])('%j is %j', (texts, written) => {
    expect(windowTexts(windows(...texts))).toEqual(written);
  });

  test('comes to the same when it is read, and what two have in common is in both', () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 5 }), fc.array(stretch, { maxLength: 5 }), fc.integer({ min: 0, max: 20_000 }), (a, b, minute) => {
        const [one, other] = [normalStretches(a), normalStretches(b)];
        expect(windows(...windowTexts(one))).toEqual(one);
        const common = commonStretches(one, other);
        expect(commonStretches(other, one)).toEqual(common);
        expect(isWithin(common, minute * 60_000)).toBe(isWithin(one, minute * 60_000) && isWithin(other, minute * 60_000));
        const next = isWithin(one, minute * 60_000) ? null : nextBeginning(one, minute * 60_000);
        if (next !== null) expect([isWithin(one, next), isWithin(one, next - 60_000), next > minute * 60_000]).toEqual([true, false, true]);
      }),
      { numRuns: 500 },
    );
  });

  test('moments say the day and that they are UTC', () => {
    expect(momentText(at('2026-11-30T08:00'))).toBe('mon 2026-11-30 08:00 UTC');
  });
});
