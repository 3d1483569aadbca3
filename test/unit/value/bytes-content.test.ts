/** Composites by content: found where they should be, however many there are and whatever their hashes. */
import { describe, expect, it } from 'vitest';
import { Codes, ContentTable } from '../../../src/value/bytes-content.ts';

function codesOf(codes: readonly number[]): Codes {
  const stack = new Codes();
  for (const code of codes) stack.push(code);
  return stack;
}

/** Numbers all of them, in order, and finds each again, at once and at the end. */
function checkAll(composites: readonly (readonly number[])[]): void {
  const table = new ContentTable();
  const numbers = composites.map((_, number) => number);
  const found = composites.map((codes) => [table.find(codesOf(codes), 0), table.add(), table.find(codesOf(codes), 0)]);
  expect(found).toEqual(numbers.map((number) => [-1, number, number]));
  expect(composites.map((codes) => table.find(codesOf(codes), 0))).toEqual(numbers);
}

describe('numbers of composites', () => {
  it('are found again, whether they are few or many', () => {
    checkAll([[1], [1, 2], [2, 1], []]);
    checkAll(Array.from({ length: 5000 }, (_, i) => [i % 70, i, -i]));
  });

  it('look at the codes from where they are told to', () => {
    const table = new ContentTable();
    table.find(codesOf([9, 1, 2]), 1);
    table.add();
    expect(table.find(codesOf([1, 2]), 0)).toBe(0);
    expect(table.find(codesOf([9, 1, 2]), 0)).toBe(-1);
  });

  it('are right for composites that are made up to have one hash', () => {
    const once = (hash: number, code: number): number => {
      const mixed = Math.imul(hash ^ code, 0x9e3779b1);
      return mixed ^ (mixed >>> 15);
    };
    // Before the last code is mixed in, all of them stand at 7.
    checkAll(Array.from({ length: 3000 }, (_, i) => [i, once(0, i) ^ 7]));
  });

  it('tell large numbers apart whose low halves are equal', () => {
    checkAll([[2 ** 32 + 5], [5], [2 ** 33 + 5], [-5]]);
  });
});
