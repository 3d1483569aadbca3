/**
 * A text with nothing wrong in it is read the quick way, by the scanner, all others by the grammar. Both must see the same
 * in every text that is right, and the scanner must leave everything to the grammar that has a mistake in it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Form } from '../../../src/parser/form.ts';
import { readAny, readRight } from '../../../src/parser/reader.ts';
import { MUTATED, PIECE, PROGRAM, SOUP } from './reader-texts.ts';

/** The first difference between two things made of objects, arrays and plain values; null when there is none. However deep. */
function difference(left: unknown, right: unknown): string | null {
  const open: [unknown, unknown][] = [[left, right]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [a, b] = pair;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      if (!Object.is(a, b)) return `${String(a)} and ${String(b)}`;
      continue;
    }
    const [keys, others] = [Object.keys(a), Object.keys(b)];
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || keys.join() !== others.join()) return `${keys.join()} and ${others.join()}`;
    for (const key of keys) open.push([(a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]]);
  }
  return null;
}

/** Whether the text was right; throws when the two ways differ. */
function compare(text: string): boolean {
  const slow = readAny(text, 'ways');
  const quick = readRight(text, 'ways');
  if (quick === null) {
    if (slow.diagnostics.length === 0) throw new Error(`not read the quick way: ${JSON.stringify(text)}`);
    return false;
  }
  const found = difference(quick, slow);
  if (found !== null) throw new Error(`${found}: ${JSON.stringify(text.slice(0, 1000))}`);
  return true;
}

function filesUnder(directory: string, ending: string): string[] {
  const names = readdirSync(join(import.meta.dirname, '../../..', directory), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith(ending)).map((name) => readFileSync(join(import.meta.dirname, '../../..', directory, name), 'utf8'));
}

describe('both ways see the same in', () => {
  test('a program with a little of everything, and all its beginnings', () => {
    expect(compare(PROGRAM)).toBe(true);
    for (let end = 0; end < PROGRAM.length; end++) compare(PROGRAM.slice(0, end));
  });

  test.each([
    ['stdlib', '.rtfs', 5],
    ['examples', '.rtfs', 3],
    ['test/conformance', '.rtfs', 20],
  ])('all files of %s', (directory, ending, least) => {
    const right = filesUnder(directory, ending).filter(compare);
    expect(right.length).toBeGreaterThan(least);
  });

  test('any pieces of the grammar', () => {
    let right = 0;
    fc.assert(fc.property(SOUP, (text) => void (compare(text) && right++)), { numRuns: 3000 });
    expect(right).toBeGreaterThan(0);
  });

  test('a few pieces, which are often right', () => {
    let right = 0;
    const few = fc.array(PIECE, { maxLength: 6 }).map((pieces) => pieces.join(' '));
    fc.assert(fc.property(few, (text) => void (compare(text) && right++)), { numRuns: 5000 });
    expect(right).toBeGreaterThan(100);
  });

  test('any pieces in brackets that fit', () => {
    const atom = fc.constantFrom('a', 'x:int', ':k', '%', '%2', '%&', '1', '-0', '1e3', '2.5', '9007199254740993', 'nil', '"s"', '"a\\n\\u{41}"', '"a\r\nb"', '<a/b>', '@c', '@:d', '##NaN', '##-Inf', 'é', '\u4e2d', '; c\n', '#| c |#', ',', 'def', 'defn', 'fn', 'resource://a');
    const prefix = fc.constantFrom('', '', '', "'", '`', '~', '~@', '#_', '^{:a 1} ', '^:k ');
    const { tree } = fc.letrec<{ tree: string; inside: string }>((tie) => ({
      tree: fc.oneof({ maxDepth: 4, withCrossShrink: true }, atom, fc.tuple(prefix, tie('inside')).map((parts) => parts.join(''))),
      inside: fc.tuple(fc.constantFrom(['(', ')'], ['[', ']'], ['#(', ')'], ['{', '}'], ['#{', '}'], ['(def a ', ')'], ['(defn ', ')']), fc.array(tie('tree'), { maxLength: 5 }), fc.constantFrom(' ', '\n', ', ', '\t', '\u00a0', '\u2003', '\ufeff')).map(([[open, close], parts, blank]) => open + parts.join(blank) + close),
    }));
    let right = 0;
    fc.assert(fc.property(fc.array(tree, { maxLength: 4 }).map((all) => all.join(' ')), (text) => void (compare(text) && right++)), { numRuns: 4000 });
    expect(right).toBeGreaterThan(500);
  });

  test('a right program with pieces cut out, doubled and put in', () => {
    let right = 0;
    fc.assert(fc.property(MUTATED, (text) => void (compare(text) && right++)), { numRuns: 3000 });
    expect(right).toBeGreaterThan(20);
  });

  test('any string', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => void compare(text)), { numRuns: 2000 });
  });

  test('every character, at the beginning, inside of words, strings and comments, and after what makes it special', () => {
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code);
      for (const text of [`${character}a`, `(a${character}b)`]) compare(text);
      if (code > 0xff) continue;
      for (const text of [`(a ${character})`, `"${character}"`, `;${character}\na`, `#|${character}|#`, `#${character}`, `##Inf${character}`, `~${character}`]) compare(text);
    }
  });
});

describe('however large', () => {
  test.each<[string, string]>([
    ['brackets in each other', '('.repeat(300_000) + ')'.repeat(300_000)],
    ['maps in each other', '{:a '.repeat(200_000) + '1' + '}'.repeat(200_000)],
    ['shorthands before each other', "'".repeat(300_000) + 'a'],
    ['metadata before each other', '^{:a 1} '.repeat(50_000) + 'a'],
    ['discarded forms', '#_ '.repeat(200_000) + 'a '.repeat(200_000) + 'b'],
    ['words that fall into one slot', Array.from({ length: 100_000 }, (_, i) => `a${String(i).padStart(8, '0')}ab`).join(' ')],
    ['block comments', '#||#'.repeat(300_000)],
  ])('%s', (_, text) => {
    expect(compare(text)).toBe(true);
  });

  test('as many words as are read, and one more', () => {
    const most = '[]'.repeat(1_550_000);
    expect(readRight(most, 'ways')).not.toBe(null);
    expect(readAny(most, 'ways').diagnostics).toEqual([]);
    expect(readRight(`${most}a`, 'ways')).toBe(null);
    expect(readAny(`${most}a`, 'ways').diagnostics.map(({ code }) => code)).toEqual(['E0117']);
  });
});

test('a form is what the grammar makes of it, with all that belongs to it', () => {
  const [form] = readRight(' ^{:a 1} [x]', 'ways')!.forms as [Form];
  expect(form).toEqual({
    kind: 'vector',
    items: [{ kind: 'symbol', name: 'x', span: { file: 'ways', start: 10, end: 11 } }],
    span: { file: 'ways', start: 9, end: 12 },
    meta: {
      kind: 'map',
      items: [
        { kind: 'keyword', name: 'a', span: { file: 'ways', start: 3, end: 5 } },
        { kind: 'atom', value: 1, span: { file: 'ways', start: 6, end: 7 } },
      ],
      span: { file: 'ways', start: 2, end: 8 },
    },
  });
});
