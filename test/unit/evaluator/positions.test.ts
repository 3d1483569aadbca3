import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePositions } from '../../../src/evaluator/event.ts';

test.each([
  ['9', '10', -1], ['10', '9', 1], ['4', '4', 0], ['4', '4.0.1', -1], ['4.0.1', '4', 1], ['4.0.9', '4.0.10', -1], ['4.2.1', '4.10.1', -1], ['4.1', '41', -1], ['41', '4.1', 1],
  ['5', '4.0.1', 1], ['4.0.1', '4.0.1.0.1', -1], ['4.0.12', '4.0.1.7.3', 1],
] as const)('of %s and %s', (a, b, order) => {
  expect(Math.sign(comparePositions(a, b))).toBe(order);
});

test('positions are ordered number by number, and what is longer comes later', () => {
  const numbers = fc.array(fc.oneof(fc.nat(3), fc.nat(12), fc.nat(2000)), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(numbers, numbers, fc.nat(5), (left, other, shared) => {
      const right = [...left.slice(0, shared), ...other];
      const place = left.findIndex((number, index) => number !== right[index]);
      const parts = place < 0 ? left.length - right.length : right[place] === undefined ? 1 : left[place]! - right[place];
      expect(Math.sign(comparePositions(left.join('.'), right.join('.')))).toBe(Math.sign(parts));
    }),
    { numRuns: 2000 },
  );
});
