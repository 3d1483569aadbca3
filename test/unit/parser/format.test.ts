import { describe, expect, test } from 'vitest';
import { format } from '../../../src/parser/format.ts';

function formatted(text: string): string {
  const result = format(text, 'test');
  if ('diagnostics' in result) throw new Error(result.diagnostics.map(({ message }) => message).join());
  return result.text;
}

/** Each example is shown as lines, without the last line break. */
function check(before: readonly string[], after: readonly string[]): void {
  const expected = `${after.join('\n')}\n`;
  expect(formatted(before.join('\n'))).toBe(expected);
  expect(formatted(expected)).toBe(expected);
}

describe('spacing', () => {
  test.each([
    ['(defn   f  [ x ]   (+ x    1) )  ', '(defn f [x] (+ x 1))'],
    ['(a(b)[c]"d"{:e 1}#{2})', '(a (b) [c] "d" {:e 1} #{2})'],
    ["' x ` (a ~ b ~@ c) @ d @ :e", "'x `(a ~b ~@c) @d @:e"],
    ['~ @x', '~ @x'],
    ['#_ a b #_ #_ c d e', '#_a b #_#_c d e'],
    ['^ {:a 1}   x', '^{:a 1} x'],
    ['#( f  % )', '#(f %)'],
    ['[1,2,  3 ,4]', '[1, 2, 3, 4]'],
    ['[,1,]', '[1]'],
    ['{:a 1,,:b 2}', '{:a 1, :b 2}'],
    ['[x:int y :int]', '[x:int y :int]'],
    ['x:[:vector  int] [a]:int "s":k', 'x:[:vector int] [a]:int "s":k'],
    ['[x : [:vector int]]', '[x : [:vector int]]'],
    ['0x2A 1e3 007 "\\u0041"  \ttrue', '0x2A 1e3 007 "\\u0041" true'],
    ['\ufeff(a)', '(a)'],
    ['(f\u00a0x)', '(f x)'],
    ['<a/b>  (.m x)', '<a/b> (.m x)'],
  ])('%s', (before, after) => {
    check([before], [after]);
  });

  test('an empty text stays empty, blanks alone become empty', () => {
    expect(formatted('')).toBe('');
    expect(formatted(' \n\n\t')).toBe('');
  });
});

describe('lines', () => {
  test('at most one blank line is kept, none at the start and end, and there is a last line break', () => {
    check(['', '', '(a)', '', '', '', '(b)', '(c)  ', '', ''], ['(a)', '', '(b)', '(c)']);
  });

  test('brackets are gathered', () => {
    check(['(let [', 'a 1', ']', '(f a', ')', ')'], ['(let [a 1]', '  (f a))']);
  });

  test('line ends become line feeds, in strings too, where they read the same', () => {
    expect(formatted('(a\r\n b)\r(c "x\r\ny")\r\n')).toBe('(a\n b)\n(c "x\ny")\n');
  });

  test('the lines of a string are left alone', () => {
    check(['(f    "one  ', '   two"', 'x)'], ['(f "one  ', '   two"', '   x)']);
  });

  test('the author decides what stands on one line', () => {
    check(['(if a b c) (d)', '(if a', 'b c)'], ['(if a b c) (d)', '(if a', '  b c)']);
  });
});

describe('indentation', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['of a definition is two', ['(defn f', '"doc"', '[x]', '(g x))'], ['(defn f', '  "doc"', '  [x]', '  (g x))']],
    ['of a value', ['(def x', '1)'], ['(def x', '  1)']],
    ['of a function', ['(fn [x]', 'x)', '(λ [x]', 'x)'], ['(fn [x]', '  x)', '(λ [x]', '  x)']],
    ['of what looks like a definition', ['(deftask t', 'x)', '(with-file f', 'x)', '(default a', 'b)'], ['(deftask t', '  x)', '(with-file f', '  x)', '(default a', '         b)']],
    ['of a macro', ['(defmacro m [x]', '`(f ~x', '~@y))'], ['(defmacro m [x]', '  `(f ~x', '      ~@y))']],
    ['of let: bindings under each other, body by two', ['(let [a 1', 'b 2]', 'a', 'b)'], ['(let [a 1', '      b 2]', '  a', '  b)']],
    ['of if with its branches on lines of their own', ['(if a', 'b', 'c)'], ['(if a', '  b', '  c)']],
    ['of if that begins its branches on the first line', ['(if a b', 'c)'], ['(if a b', '    c)']],
    ['of if with the test on a line of its own', ['(if', 'a', 'b', 'c)'], ['(if', '  a', '  b', '  c)']],
    ['of do and cond', ['(do', 'a)', '(do a', 'b)', '(cond', 'a b', ':else c)'], ['(do', '  a)', '(do a', '    b)', '(cond', '  a b', '  :else c)']],
    ['of case and match', ['(case x', '1 :a', ':b)', '(match x', '[a b] a', '_ nil)'], ['(case x', '  1 :a', '  :b)', '(match x', '  [a b] a', '  _ nil)']],
    [
      'of try, catch and finally',
      ['(try', '(f)', '(catch :error/type e', '(g e))', '(finally', '(h)))'],
      ['(try', '  (f)', '  (catch :error/type e', '    (g e))', '  (finally', '    (h)))'],
    ],
    ['of a step', ['(step "s" :timeout-ms 10', '(f)', '(g))'], ['(step "s" :timeout-ms 10', '  (f)', '  (g))']],
    ['of the other steps', ['(step-if a', 'b', 'c)', '(step-parallel', 'a', 'b)'], ['(step-if a', '  b', '  c)', '(step-parallel', '  a', '  b)']],
    ['of a plan and a module', ['(plan p', ':x 1)', '(module m', '(:export [a])', '(def a 1))'], ['(plan p', '  :x 1)', '(module m', '  (:export [a])', '  (def a 1))']],
    ['of loops', ['(for [x xs', 'y ys]', '[x y])', '(loop [i 0]', '(recur i))'], ['(for [x xs', '      y ys]', '  [x y])', '(loop [i 0]', '  (recur i))']],
    ['of a call: under its first argument', ['(f a', 'b', '(g c', 'd))'], ['(f a', '   b', '   (g c', '      d))']],
    ['of a call with its first argument on a line of its own', ['(f', 'a', 'b)'], ['(f', ' a', ' b)']],
    ['of threading', ['(->> xs', '(map f)', '(filter g))'], ['(->> xs', '     (map f)', '     (filter g))']],
    ['of data', ['[1', '2]', '{:a 1', ':b 2}', '#{1', '2}', "'(1", '2)'], ['[1', ' 2]', '{:a 1', ' :b 2}', '#{1', '  2}', "'(1", '  2)']],
    ['of a value on a line of its own', ['{:a', '1}'], ['{:a', ' 1}']],
    ['of a function literal', ['#(let [x %]', 'x)', '#(f %', '1)'], ['#(let [x %]', '   x)', '#(f %', '    1)']],
    ['after metadata', ['(defn ^{:a 1}', 'f', '[x]', 'x)'], ['(defn ^{:a 1}', '  f', '  [x]', '  x)']],
    ['with discarded forms, which count for nothing', ['(if #_ x a', 'b', '#_c', 'd)'], ['(if #_x a', '  b', '  #_c', '  d)']],
    ['of a list whose head is no word', ['((f x) a', 'b)', '(:k', 'm)'], ['((f x) a', '       b)', '(:k', ' m)']],
  ])('%s', (_, before, after) => {
    check(before, after);
  });
});

describe('comments', () => {
  test('stay on their line, with the distance the author gave them', () => {
    check(['(a b)   ; one  ', '(c);two'], ['(a b)   ; one', '(c) ;two']);
  });

  test('on lines of their own are indented like what follows', () => {
    check(['(let [a 1', '; about b', 'b 2]', ';; body', 'a)'], ['(let [a 1', '      ; about b', '      b 2]', '  ;; body', '  a)']);
  });

  test('keep a bracket from joining them', () => {
    check(['(f a ; why', ')'], ['(f a ; why', '   )']);
    check(['[', '; first', 'a]'], ['[', ' ; first', ' a]']);
  });

  test('of the block kind are kept as they are', () => {
    check(['(f #| why |#   a)', '#| one', '     two  ', '|#', 'b'], ['(f #| why |# a)', '#| one', '     two', '|#', 'b']);
  });

  test('at the start and the end, and alone', () => {
    check(['', ';; head', '', '(a)', '; tail'], [';; head', '', '(a)', '; tail']);
    check(['; alone'], ['; alone']);
  });

  test('a first line for the shell stays first', () => {
    check(['#!/usr/bin/env rtfs', '(a', 'b)'], ['#!/usr/bin/env rtfs', '(a', ' b)']);
  });

  test('between a comma and the next form, or a shorthand and its form', () => {
    check(['[a, ; one', 'b ; two', ', c]'], ['[a, ; one', ' b, ; two', ' c]']);
    check(["(f ' ; odd", 'x)'], ["(f ' ; odd", '   x)']);
  });
});

describe('what stood on one line and does not fit', () => {
  const WIDE = 'x'.repeat(60);

  test('a map gets one entry a line', () => {
    check([`{:a "${WIDE}" :b "${WIDE}" :c 1}`], [`{:a "${WIDE}"`, ` :b "${WIDE}"`, ' :c 1}']);
  });

  test('bindings get one pair a line', () => {
    check([`(let [a "${WIDE}" b (f 1 2 3 4 5 6 7 8 9 10 11 12 13 14)] a)`], [`(let [a "${WIDE}"`, '      b (f 1 2 3 4 5 6 7 8 9 10 11 12 13 14)]', '  a)']);
  });

  test('a call gets its arguments under the first', () => {
    check([`(call :fs.read "${WIDE}" {:a 1 :b 2 :c 3 :d 4 :e 5})`], ['(call :fs.read', `      "${WIDE}"`, '      {:a 1 :b 2 :c 3 :d 4 :e 5})']);
  });

  test('a definition keeps its parameters on the first line', () => {
    check([`(defn f [a b c] (g "${WIDE}") (h "ten more characters than fit"))`], ['(defn f [a b c]', `  (g "${WIDE}")`, '  (h "ten more characters than fit"))']);
  });

  test('a step keeps its options on the first line', () => {
    check([`(step "s" :timeout-ms 10 (f "${WIDE}") (g "ten more characters than"))`], ['(step "s" :timeout-ms 10', `  (f "${WIDE}")`, '  (g "ten more characters than"))']);
  });

  test('a step whose options are too many gets one a line', () => {
    check(
      ['(step-parallel :name "ask" :on-error :best-effort :min-success 3 :max-concurrency 4 :merge-policy :merge (ask! "a") (ask! "b"))'],
      ['(step-parallel', '  :name "ask"', '  :on-error :best-effort', '  :min-success 3', '  :max-concurrency 4', '  :merge-policy :merge', '  (ask! "a")', '  (ask! "b"))'],
    );
    check(
      ['(step "flight" :retries {:max 4 :backoff-ms 50} :compensate (cancel! "flight" %result) :timeout-ms 10000 (create! agency flight))'],
      ['(step "flight"', '  :retries {:max 4 :backoff-ms 50}', '  :compensate (cancel! "flight" %result)', '  :timeout-ms 10000', '  (create! agency flight))'],
    );
  });

  test('branches and bodies of steps stand on lines of their own, away from the options', () => {
    check([`(step.parallel (ask! "${WIDE}") (ask! "one more source here"))`], ['(step.parallel', `  (ask! "${WIDE}")`, '  (ask! "one more source here"))']);
    check([`(step-parallel :max-concurrency 2 (ask! "${WIDE}") :a :b)`], ['(step-parallel :max-concurrency 2', `  (ask! "${WIDE}")`, '  :a', '  :b)']);
    check([`(step-if (ready? x) (f "${WIDE}") (g "ten more characters than"))`], ['(step-if (ready? x)', `  (f "${WIDE}")`, '  (g "ten more characters than"))']);
    check([`(step-if :name "choose" (ready? x) (f "${WIDE}") (g "ten more characters than"))`], ['(step-if :name "choose"', '  (ready? x)', `  (f "${WIDE}")`, '  (g "ten more characters than"))']);
    check([`(step.loop [x xs] (f "${WIDE}") (g "ten more characters than fit"))`], ['(step.loop [x xs]', `  (f "${WIDE}")`, '  (g "ten more characters than fit"))']);
    check([`(step "s" {:timeout-ms 10} (f "${WIDE}") (g "ten more characters than"))`], ['(step "s" {:timeout-ms 10}', `  (f "${WIDE}")`, '  (g "ten more characters than"))']);
    check([`(step "s" (f "${WIDE}") (g "ten more characters than fit here"))`], ['(step "s"', `  (f "${WIDE}")`, '  (g "ten more characters than fit here"))']);
  });

  test('of a step with options on several lines the body leaves theirs; what the author arranged stays', () => {
    check(['(step "s" :timeout-ms 10 (let [a 1]', '(f a)) (g))'], ['(step "s" :timeout-ms 10', '  (let [a 1]', '    (f a))', '  (g))']);
    check(['(step-parallel :max-concurrency 2 (f)', '(g) (h))'], ['(step-parallel :max-concurrency 2', '  (f)', '  (g) (h))']);
    check(['(step "s"', ':timeout-ms 10 :retries 2', '(f) (g))'], ['(step "s"', '  :timeout-ms 10 :retries 2', '  (f) (g))']);
    check(['(step "s" (let [a 1]', 'a))'], ['(step "s" (let [a 1]', '            a))']);
    check(
      [`(step "s" :metadata "${WIDE}" :compensate (cancel! %result) :timeout-ms 10`, '(f) (g))'],
      ['(step "s"', `  :metadata "${WIDE}"`, '  :compensate (cancel! %result)', '  :timeout-ms 10', '  (f) (g))'],
    );
  });

  test('an option that is too long by itself is broken within', () => {
    check(
      [`(step "s" :retries {:max 4 :backoff-ms 50} :metadata {:a "${WIDE}" :b "${WIDE}"} (f))`],
      ['(step "s"', '  :retries {:max 4 :backoff-ms 50}', `  :metadata {:a "${WIDE}"`, `             :b "${WIDE}"}`, '  (f))'],
    );
  });

  test('cond gets one pair a line', () => {
    check([`(cond (= a 1) "${WIDE}" (= a 2) "something else again" :else nil)`], ['(cond', `  (= a 1) "${WIDE}"`, '  (= a 2) "something else again"', '  :else nil)']);
  });

  test('a vector is filled', () => {
    const numbers = Array.from({ length: 40 }, (_, i) => 1000 + i);
    check([`[${numbers.join(' ')}]`], [`[${numbers.slice(0, 20).join(' ')}`, ` ${numbers.slice(20, 39).join(' ')}`, ` ${numbers.slice(39).join(' ')}]`]);
  });

  test('exactly a hundred columns fit, brackets that follow included', () => {
    const hundred = `[{:a 1 :b "${'x'.repeat(100 - 14)}"}]`;
    expect(hundred.length).toBe(100);
    check([hundred], [hundred]);
    check([hundred.replace('x', 'xx')], ['[{:a 1', `  :b "${'x'.repeat(100 - 13)}"}]`]);
  });

  test('what the author broke, or what is a text of several lines, is left as it is', () => {
    check([`{:a "${WIDE}" :b "${WIDE}"`, ':c 1}'], [`{:a "${WIDE}" :b "${WIDE}"`, ' :c 1}']);
    check([`(f "${WIDE}" "${WIDE}`, '")'], [`(f "${WIDE}" "${WIDE}`, '")']);
  });
});

describe('refusals', () => {
  test('a text with mistakes is not touched, and the mistakes are given', () => {
    const result = format('(a', 'test');
    expect('diagnostics' in result && result.diagnostics.map(({ code }) => code)).toEqual(['E0102']);
  });

  test('a text whose indentation would be larger than anybody can use is refused', () => {
    const depth = 100_000;
    const result = format('(a\n'.repeat(depth) + ')'.repeat(depth), 'test');
    expect('diagnostics' in result && result.diagnostics.map(({ code }) => code)).toEqual(['E0117']);
  });

  test('depth alone is no reason to refuse', () => {
    const text = `${'['.repeat(500_000)}${']'.repeat(500_000)}\n`;
    expect(formatted(text)).toBe(text);
  });
});
