import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFloat } from '../../../../src/value/value.ts';
import { call, raised, rows } from './scalar-harness.ts';

describe('format', () => {
  rows([
    ['(format "plain")', '"plain"'],
    ['(format "")', '""'],
    ['(format "%s %s %s" nil :k [1 "a"])', '"nil :k [1 \\"a\\"]"'],
    ['(format "%S|%.2s|%5.1s|" "ß" "abc" "😀b")', '"SS|ab|    😀|"'],
    ['(format "%d %d" -5 123456789012345678901234567890)', '"-5 123456789012345678901234567890"'],
    ['(format "%+d % d %(d" 5 5 -5)', '"+5  5 (5)"'],
    ['(format "%,d %,d" 999 -1000)', '"999 -1,000"'],
    ['(format "%06d|%-6d|%6d" -42 -42 -42)', '"-00042|-42   |   -42"'],
    ['(format "%x %X %#x %o %#o" 255 255 255 8 8)', '"ff FF 0xff 10 010"'],
    ['(format "%x" -255)', '"-ff"'],
    ['(format "%f" 1)', '"1.000000"'],
    ['(format "%.0f %.0f" 0.5 1.5)', '"1 2"'],
    ['(format "%.2f" 1.005)', '"1.01"'],
    ['(format "%.2f" -0.001)', '"-0.00"'],
    ['(format "%.3f" 9.9996)', '"10.000"'],
    ['(format "%.1f" 0.05)', '"0.1"'],
    ['(format "%.2f" 1.0e-7)', '"0.00"'],
    ['(format "%.6f" 5.0e-7)', '"0.000001"'],
    ['(format "%.1f" 1.0e21)', '"1000000000000000000000.0"'],
    ['(format "%.2f" 123456789012345678901234567890)', '"123456789012345678901234567890.00"'],
    ['(format "%,.2f" 1234567.891)', '"1,234,567.89"'],
    ['(format "%08.2f|%-8.2f|" 3.14159 3.14159)', '"00003.14|3.14    |"'],
    ['(format "%f %f %f" ##NaN ##Inf ##-Inf)', '"NaN Infinity -Infinity"'],
    ['(format "%e" 12345.678)', '"1.234568e+04"'],
    ['(format "%.2e %.0e %E" 0.00012345 9.9 1.0e100)', '"1.23e-04 1e+01 1.000000E+100"'],
    ['(format "%e" 0.0)', '"0.000000e+00"'],
    ['(format "%.2e" 0)', '"0.00e+00"'],
    ['(format "%b %b %b" nil false 0)', '"false false true"'],
    ['(format "%c%c" "x" 128512)', '"x😀"'],
    ['(format "%n%%")', '"\\n%"'],
    ['(format "%1$s %1$s %s %s" 1 2)', '"1 1 1 2"'],
    ['(format "%s" 1 2 3)', '"1"'],
    ['(format "%s")', '! argument Invalid argument: format: there is no argument 1 for %s'],
    ['(format "%3$s" 1 2)', '! argument Invalid argument: format: there is no argument 3'],
    ['(format "100%")', '! argument Invalid argument: format: the text ends inside a directive'],
    ['(format "%5")', '! argument'],
    ['(format "%.s" 1)', '! argument Invalid argument: format: digits are missing'],
    ['(format "50% off")', '! argument Invalid argument: format: there is no argument 1 for %o'],
    ['(format "%z" 1)', '! argument Invalid argument: format: unknown conversion %z'],
    ['(format "%d" 1.5)', '! type Type error in format %d: expected integer, got float'],
    ['(format "%d" "1")', '! type'],
    ['(format "%f" "1")', '! type Type error in format %f: expected number, got string'],
    ['(format "%c" "ab")', '! type'],
    ['(format :a)', '! type'],
    ['(format)', '! arity'],
  ]);

  it('rounds to the nearest decimal, as a second way of computing it says', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.integer({ min: 0, max: 6 }), (scaled, digits) => {
        // A number with six decimals exactly as written: scaled / 10^6, rounded half away from zero.
        const magnitude = scaled < 0n ? -scaled : scaled;
        const unit = 10n ** BigInt(6 - digits);
        const rounded = (magnitude + unit / 2n) / unit;
        const text = rounded.toString().padStart(digits + 1, '0');
        const expected = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
        const decimal = magnitude.toString().padStart(7, '0');
        const value = Number(`${scaled < 0n ? '-' : ''}${decimal.slice(0, -6)}.${decimal.slice(-6)}`);
        expect(call('format', [`%.${digits}f`, makeFloat(value)])).toBe(`${scaled < 0n ? '-' : ''}${expected}`);
      }),
    );
  });

  it('reads back as the number within the digits shown', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(call('format', ['%.16e', makeFloat(value)]))).toBe(value);
      }),
    );
  });

  it('takes any template and any number without an error of the machine', () => {
    const template = fc.string({ unit: fc.constantFrom(...'%%%sdxofeEbcnS0123456789.$-+ ,(#ab') });
    fc.assert(
      fc.property(template, fc.array(fc.oneof(fc.integer(), fc.double().map(makeFloat), fc.string(), fc.constant(null)), { maxLength: 4 }), (source, args) => {
        expect(raised(() => call('format', [source, ...args]))).toMatch(/^(nothing raised|! (argument|type|overflow) )/);
      }),
      { numRuns: 3000 },
    );
  });
});
