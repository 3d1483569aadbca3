/** Values that can never pass an annotation are found before the program runs; whatever might pass is left alone. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/host/compile.ts';
import { testEnvironment } from '../../support/environment.ts';
import { compiled, travel } from '../../support/journey.ts';

const environment = testEnvironment();

function findings(text: string): readonly string[] {
  const { diagnostics } = compile(environment, { file: 'plan', text }, { lint: true, variables: ['*x*'] });
  return diagnostics.map(({ code, span, message, expected, found }) => `${code} ${text.slice(span?.start, span?.end)} | ${message} | ${expected} | ${found}`);
}

const ANNOTATED = 'this can never be what its annotation asks for';

describe('what never passes', () => {
  test.each<[string, readonly string[]]>([
    ['(let [port : int "80"] port)', [`W0612 "80" | ${ANNOTATED} | \`int\` | "80"`]],
    ['(def limit : string 5)', [`W0612 5 | ${ANNOTATED} | \`string\` | 5`]],
    ['(defn f [] :int :none) (f)', [`W0612 :none | ${ANNOTATED} | \`int\` | :none`]],
    ['(defn f [] :int (inc 1) nil) (f)', [`W0612 nil | ${ANNOTATED} | \`int\` | nil`]],
    ['(defn total [items :[:vector int]] (sum items)) (total "1,2")', ['W0612 "1,2" | this can never be what `total` takes | `[:vector int]` | "1,2"']],
    ['(defn port [n :[:and int [:> 0]]] n) (port -1)', ['W0612 -1 | this can never be what `port` takes | `[:and int [:> 0]]` | -1']],
    ['(defn name-of [] :string (str *x*)) (defn f [n :int] n) (f (name-of))', [
      'W0612 (name-of) | this can never be what `f` takes | `int` | a value of the type `string`',
    ]],
    ['(defn f ([a :int] a) ([a b :string] b)) [(f "x") (f "x" 1)]', ['W0612 "x" | this can never be what `f` takes | `int` | "x"', 'W0612 1 | this can never be what `f` takes | `string` | 1']],
  ])('%s', (text, expected) => {
    expect(findings(text)).toEqual(expected);
    // The run agrees: the check fails.
    if (!text.includes('*x*')) expect(travel(compiled(environment, text), {}).end).toMatch(/^! :error\/validation /);
  });
});

describe('what may pass', () => {
  test.each([
    '(let [port : int 80] port)',
    '(let [x : float 1] x)',
    '(let [x : int? nil] x)',
    '(let [x : [:union int string] "a"] x)',
    '(let [x : int *x*] x)',
    '(defn f [n :int] n) (f *x*)',
    '(defn f [n :float] n) (defn g [] :int 1) (f (g))',
    '(defn f [n :int & more :string] [n more]) (f 1 2)',
    '(defstruct Item :name string) (defn f [i :Item] i) (f {:name "pen"})',
    '(defn f [x :any] x) (f "x")',
  ])('%s', (text) => {
    expect(findings(text)).toEqual([]);
  });
});
