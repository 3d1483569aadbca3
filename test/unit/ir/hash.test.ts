/** What moves the hash of a definition, and what does not (C1). */
import { describe, expect, test } from 'vitest';
import { archiveCode } from '../../../src/host/code-archive.ts';
import { compile } from '../../../src/host/compile.ts';
import { testEnvironment } from '../../support/environment.ts';

const environment = testEnvironment();

/** The hash of the group with this definition in it. */
function hashOf(text: string, name = 'twice'): string {
  const { program, diagnostics } = compile(environment, { file: 'test', text });
  if (program === null) throw new Error(diagnostics[0]!.message);
  const found = archiveCode(environment, program).filter(([, , names]) => names.includes(name));
  expect(found.length).toBe(1);
  return found[0]![0];
}

const PLAIN = '(defn twice [f x] (f (f x))) (twice inc 1)';

describe('the hash stays the same when', () => {
  test.each([
    ['locals have other names', '(defn twice [g y] (g (g y))) (twice inc 1)'],
    ['there are comments and other line breaks', ';; a comment\n(defn twice [f x]\n  (f (f x)))  #| more |#\n(twice inc 1)'],
    ['there is a docstring', '(defn twice "Calls f twice." [f x] (f (f x))) (twice inc 1)'],
    ['there is metadata', '(defn ^:private twice [f x] (f (f x))) (twice inc 1)'],
    ['another definition stands before it that is not used', '(defn other [] 5) (defn twice [f x] (f (f x))) (twice inc 1)'],
    ['definitions stand in another order', '(defn main [] (twice inc 1)) (defn twice [f x] (f (f x))) (twice inc 1)'],
  ])('%s', (_, text) => {
    expect(hashOf(text)).toBe(hashOf(PLAIN));
  });
});

describe('the hash moves when', () => {
  test.each([
    ['a literal changes', '(+ x 2)'],
    ['an integer becomes a float', '(+ x 1.0)'],
    ['operands change places', '(+ 1 x)'],
    ['another function is used', '(- x 1)'],
    ['another function of the program is used', '(more x)'],
  ])('%s', (_, body) => {
    const plan = (part: string): string => `(defn more [x] (* x 3)) (defn twice [x] [(more x) ${part}]) (twice 1)`;
    expect(hashOf(plan(body))).not.toBe(hashOf(plan('(+ x 1)')));
  });

  test('only a function behind it changes', () => {
    const plan = (more: string): string => `(defn more [x] ${more}) (defn twice [x] (more (more x))) (twice 1)`;
    expect(hashOf(plan('(inc x)'))).not.toBe(hashOf(plan('(dec x)')));
  });
});

describe('functions that call each other', () => {
  const pair = (first: string, second: string): string => `${first} ${second} (even 4)`;
  const groupOf = (text: string): string => hashOf(text, 'even');
  const even = '(defn even [n] (if (= n 0) true (odd (dec n))))';
  const odd = '(defn odd [n] (if (= n 0) false (even (dec n))))';

  test('have one hash as a group, in whatever order they are written', () => {
    expect(groupOf(pair(odd, even))).toBe(groupOf(pair(even, odd)));
  });

  test('have another hash when one of them changes', () => {
    expect(groupOf(pair(even, odd.replace('false', 'nil')))).not.toBe(groupOf(pair(even, odd)));
  });
});
