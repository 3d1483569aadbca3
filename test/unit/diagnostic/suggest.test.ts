import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, suggest } from '../../../src/diagnostic/suggest.ts';

const LIBRARY = ['count', 'conj', 'cons', 'concat', 'contains?', 'filter', 'first', 'map', 'mapcat', 'parse-int', 'parse-json', 'reduce', 'remove', 'string-upper', 'string-lower', 'str', 'group-by', 'join', '->', '->>', '-', '_'];

describe('did you mean', () => {
  test.each([
    ['two neighbours swapped', 'coutn', ['count']],
    ['a letter missing', 'fiter', ['filter']],
    ['a letter too many', 'reducee', ['reduce']],
    ['a letter replaced', 'nap', ['map']],
    ['camel case', 'parseInt', ['parse-int']],
    ['snake case', 'parse_json', ['parse-json']],
    ['capitals', 'FILTER', ['filter']],
    ['a namespace of another language in front', 'clojure.string/join', ['join']],
    ['the beginning of a name', 'string-up', ['string-upper']],
    ['a name with something added', 'reduce-kv', ['reduce']],
    ['nothing near', 'frobnicate', []],
    ['the name itself is not an answer', 'join', []],
    ['a name of one letter is near nothing', 'x', []],
    ['an empty name', '', []],
  ])('%s: %s', (_, wrong, expected) => {
    expect(suggest(wrong, LIBRARY)).toEqual(expected);
  });

  test('fewer edits come first, then the longer common beginning, then the shorter name, then the alphabet', () => {
    // con: one edit from cons, conj and con2; `can` shares only the first letter; contains? begins with it.
    expect(suggest('con', ['contains?', 'can', 'conj', 'cons', 'CON', 'con2'], 9)).toEqual(['CON', 'con2', 'conj', 'cons', 'can', 'contains?']);
  });

  test('three are given unless another number is asked for', () => {
    const near = ['word1', 'word2', 'word3', 'word4'];
    expect(suggest('word', near)).toEqual(['word1', 'word2', 'word3']);
    expect(suggest('word', near, 1)).toEqual(['word1']);
    expect(suggest('word', near, 0)).toEqual([]);
  });

  test('a name given twice is suggested once', () => {
    expect(suggest('coutn', ['count', 'count'])).toEqual(['count']);
  });

  test('the order of the candidates does not matter', () => {
    const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'A', '-', '/'), maxLength: 6 }), { maxLength: 12 });
    fc.assert(fc.property(names, fc.string({ unit: fc.constantFrom('a', 'b', '-', '/'), maxLength: 6 }), (candidates, wrong) => {
      expect(suggest(wrong, [...candidates].reverse())).toEqual(suggest(wrong, candidates));
    }));
  });

  test('ten thousand candidates and names of a million characters are no trouble', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `${'a'.repeat(90)}${i}`);
    expect(suggest(`${'a'.repeat(90)}12345`, [...many, 'b'.repeat(1_000_000)])).toEqual([`${'a'.repeat(90)}1234`, `${'a'.repeat(90)}1235`, `${'a'.repeat(90)}1245`]);
    expect(suggest('a'.repeat(1_000_000), many)).toEqual([]);
  });
});

describe('the edit distance', () => {
  test.each([
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['abc', 'abc', 0],
    ['', 'abc', 3],
    // Without editing a stretch twice: swapping first and inserting between is not allowed.
    ['ca', 'abc', 3],
  ])('of %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b, 5)).toBe(distance);
    expect(editDistance(b, a, 5)).toBe(distance);
    expect(editDistance(a, b, distance)).toBe(distance);
    expect(editDistance(a, b, distance - 1)).toBeNull();
  });

  test('is the same as that of the whole table, up to the limit', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 9 });
    fc.assert(fc.property(word, word, fc.nat({ max: 4 }), (a, b, limit) => {
      const distance = wholeTableDistance(a, b);
      expect(editDistance(a, b, limit)).toBe(distance <= limit ? distance : null);
    }), { numRuns: 1_000 });
  });
});

/** By the recursive definition, without any band. */
function wholeTableDistance(a: string, b: string): number {
  const table = new Map<string, number>();
  const distance = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i},${j}`;
    const known = table.get(key);
    if (known !== undefined) return known;
    let least = Math.min(distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
    if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, distance(i - 2, j - 2) + 1);
    table.set(key, least);
    return least;
  };
  return distance(a.length, b.length);
}
