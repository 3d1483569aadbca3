/** Small programs that would be huge: each meets a limit, or is simply done, and soon. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/host/compile.ts';
import { parseJson } from '../../src/value/json-read.ts';
import { testEnvironment } from '../support/environment.ts';
import { compiled, travel } from '../support/journey.ts';

const environment = testEnvironment();

/** Without a limit each would take hours or all the memory: the time-out of the runner would tell. Times decide nothing here. */
const endOf = (text: string, limits = {}): string => travel(compiled(environment, text), { limits }).end;
const refusalOf = (text: string): string | undefined => compile(environment, { file: 'bomb', text }).diagnostics.find((one) => one.severity === 'error')?.message;

/** A vector of two references to a vector of two references …: 2^n parts, n objects. */
const doubled = (n: number, base = '[1]'): string => `(loop [i 0 v ${base}] (if (= i ${n}) v (recur (inc i) [v v])))`;

describe('macros', () => {
  test('that double what they are given', () => {
    const levels = Array.from({ length: 40 }, (_, i) => `(defmacro m${i + 1} [x] \`(m${i} [~x ~x]))`).join('\n');
    expect(refusalOf(`(defmacro m0 [x] x)\n${levels}\n(m40 1)`)).toMatch(/limit|nodes|large|expan/i);
  });

  test('that expand to themselves', () => {
    expect(refusalOf('(defmacro m [x] `(m ~x)) (m 1)')).toMatch(/limit|depth|expan/i);
  });

  test('that never end', () => {
    expect(refusalOf('(defmacro m [] (loop [] (recur))) (m)')).toMatch(/limit|fuel|budget/i);
  });

  test('that build what has no end in sight', () => {
    expect(refusalOf(`(defmacro m [] ${doubled(100)}) (m)`)).toMatch(/limit|nodes|large|expan|budget|exhausted/i);
  });
});

describe('shared structure that prints to 10^30 nodes', () => {
  test.each([
    ['printed', `(count (pr-str ${doubled(100)}))`],
    ['put in a string', `(str "x" ${doubled(100)})`],
    ['flattened', `(count (flatten ${doubled(100)}))`],
    ['written as JSON', `(count (serialize-json ${doubled(100)}))`],
    ['walked', `(postwalk identity ${doubled(60)})`],
    ['a map of maps', `(count (pr-str (loop [i 0 v {:a 1}] (if (= i 100) v (recur (inc i) {:a v :b v})))))`],
  ])('%s', (_, text) => {
    expect(endOf(text, { fuel: 5_000_000, allocation: 5_000_000, stringLength: 1_000_000 })).toMatch(/^! :error\/(overflow|budget) /);
  });

  test('compared: the parts are counted as if nothing were shared, and found equal in no time', () => {
    expect(endOf(`(= ${doubled(100)} ${doubled(100)})`)).toMatch(/^! :error\/budget .*fuel/);
    expect(endOf(`(= ${doubled(18)} ${doubled(18)})`)).toBe('=> true');
  });

  test('is the result of the program', () => {
    expect(endOf(doubled(100))).toMatch(/^=> \[\[\[\[/);
  });
});

describe('keys that collide', () => {
  // In many hash functions "Aa" and "BB" are the same, and so is every word made of them.
  test('in 16,384 words', () => {
    const text = `(loop [i 0 words [""]] (if (= i 14) (let [m (zipmap words (range 16384))] [(count m) (get m "AaBBAaBBAaBBAaBBAaBBAaBBAaBB") (count (frequencies words))]) (recur (inc i) (mapcat (fn [w] [(str w "Aa") (str w "BB")]) words))))`;
    // AaBB… is 0101…: the first pair is the most significant digit.
    expect(endOf(text)).toBe(`=> [16384 ${0b01010101010101} 16384]`);
  });

  test('in integers that are equal modulo powers of two', () => {
    expect(endOf('(count (reduce (fn [m i] (assoc m (* i 4294967296) i)) {} (range 20000)))')).toBe('=> 20000');
  });
});

describe('very many in one another', () => {
  const DEPTH = 1_000_000;

  test.each([
    ['brackets', '['.repeat(DEPTH) + ']'.repeat(DEPTH)],
    ['quotes', `${"'".repeat(DEPTH / 10)}x`],
    ['calls', '(inc '.repeat(200_000) + '1' + ')'.repeat(200_000)],
    ['lets', '(let [x 1] '.repeat(100_000) + 'x' + ')'.repeat(100_000)],
    ['functions', '(fn [] '.repeat(100_000) + '1' + ')'.repeat(100_000)],
    ['quasiquotes', '`'.repeat(100_000) + 'x'],
    ['patterns', `(let [${'['.repeat(100_000)}a${']'.repeat(100_000)} nil] a)`],
    ['patterns of maps', `(let [${'{'.repeat(100_000)}a${' :k}'.repeat(100_000)} nil] a)`],
    ['patterns of match', `(match nil ${'['.repeat(100_000)}a${']'.repeat(100_000)} 1)`],
    ['alternatives of match', `(match nil ${'(or 1 '.repeat(100_000)}2${')'.repeat(100_000)} 1)`],
    ['types', `(let [x:${'[:vector '.repeat(100_000)}int${']'.repeat(100_000)} nil] x)`],
    ['threads', `(-> 1 ${'(-> inc '.repeat(100_000)}${')'.repeat(100_000)})`],
    ['quoted data', `(quote ${'(a '.repeat(100_000)}${')'.repeat(100_000)})`],
    ['brackets that are not closed', '('.repeat(DEPTH)],
  ])('%s are a program, or refused', (_, text) => {
    const compilation = compile(environment, { file: 'bomb', text });
    if (compilation.program === null) expect(compilation.diagnostics[0]!.code).toMatch(/^E0/);
    else expect(travel(compiled(environment, text), {}).end).toMatch(/^(=>|! :error\/)/);
  });

  test('JSON', () => {
    expect(parseJson('['.repeat(DEPTH) + ']'.repeat(DEPTH)).ok).toBe(true);
    expect(parseJson('[{"a":'.repeat(DEPTH)).ok).toBe(false);
  });

  test('calls of functions', () => {
    expect(endOf('(defn f [n] (if (= n 0) 0 (inc (f (dec n))))) (f 1000000)')).toBe('=> 1000000');
    expect(endOf('(defn f [n] (inc (f (inc n)))) (f 0)')).toMatch(/^! :error\/\S+ .*depth/);
  });
});

describe('giant numbers', () => {
  test.each([
    ['powers of powers', '(pow 10 (pow 10 10))'],
    ['squares of squares', '(loop [n 10] (recur (* n n)))'],
    ['factorials', '(factorial 1000000)'],
    ['shifts', '(bit-shift-left 1 10000000000)'],
    ['text that is repeated', '(repeat-string "abc" 100000000000)'],
    ['text that doubles', '(loop [s "x"] (recur (str s s)))'],
    ['ranges', '(range 100000000000)'],
    ['vectors that double', '(loop [v [1]] (recur (into v v)))'],
    ['padding', '(pad-left "x" 100000000000)'],
    ['formats', '(format "%99999999999d" 1)'],
    ['numerals in text', '(parse-int (repeat-string "9" 10000000))'],
  ])('%s', (_, text) => {
    expect(endOf(text)).toMatch(/^! :error\//);
  });
});

describe('regular expressions that make others run for ever', () => {
  test.each([
    ['nested stars', '(re-matches "(a*)*b" (repeat-string "a" 20000))', 'nil'],
    ['alternatives of the same', '(re-matches "(a|a)*b" (repeat-string "a" 20000))', 'nil'],
    ['many dots', '(re-find "(.*)(.*)(.*)(.*)[^x]$" (repeat-string "x" 5000))', 'nil'],
  ])('%s', (_, text, value) => {
    expect(endOf(text)).toBe(`=> ${value}`);
  });

  test('counts of counts are refused', () => {
    expect(endOf('(re-find "((a{1000}){1000}){1000}" "a")')).toMatch(/^! :error\//);
  });
});
