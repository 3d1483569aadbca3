/** Composites by content: found where they should be, however many there are and whatever their hashes. */
import { describe, expect, it } from 'vitest';
import { Contents } from '../../../src/value/bytes-content.ts';

/** The number of the composite that has these codes. */
function numberOf(contents: Contents, codes: readonly number[]): number {
  const start = contents.size;
  for (const code of codes) contents.push(code);
  return contents.close(start);
}

/** Numbers all of them, in order, and finds each again, at once and at the end. */
function checkAll(composites: readonly (readonly number[])[], contents: Contents = new Contents()): void {
  const numbers = composites.map((_, number) => number);
  expect(composites.map((codes) => [numberOf(contents, codes), numberOf(contents, codes)])).toEqual(numbers.map((number) => [number, number]));
  expect(composites.map((codes) => numberOf(contents, codes))).toEqual(numbers);
  expect(contents.count).toBe(numbers.length);
}

describe('numbers of composites', () => {
  it('are found again, whether they are few or many', () => {
    checkAll([[1], [1, 2], [2, 1], []]);
    checkAll(Array.from({ length: 5000 }, (_, i) => [i % 70, i, -i]));
  });

  it('look at the codes from where they are told to', () => {
    const contents = new Contents();
    contents.push(9);
    expect(numberOf(contents, [1, 2])).toBe(0);
    expect(contents.size).toBe(1);
    contents.push(1);
    contents.push(2);
    expect(contents.close(0)).toBe(1);
    expect(numberOf(contents, [1, 2])).toBe(0);
  });

  it('are given from 0 on for each document, unless the one before was large', () => {
    const contents = new Contents();
    for (let round = 0; round < 3; round++) {
      checkAll(Array.from({ length: 200 }, (_, i) => [i, round]), contents);
      expect(contents.text('a', contents.strings)).toBe(200);
      expect(contents.clear()).toBe(contents);
    }
    checkAll(Array.from({ length: 5000 }, (_, i) => [i]), contents);
    expect(contents.clear()).toBeNull();
  });

  it('are right for composites that are made up to have one hash', () => {
    const once = (hash: number, code: number): number => {
      const mixed = Math.imul(hash ^ code, 0x9e3779b1);
      return mixed ^ (mixed >>> 15);
    };
    // Before the last code is mixed in, all of them stand at 7.
    checkAll(Array.from({ length: 3000 }, (_, i) => [i, once(0, i) ^ 7]));
  });
});
