/** Recursion deeper than the native stack: many native stretches, one below the other, which nobody can tell from the machine's one stack. */
import { describe, expect, test } from 'vitest';
import { CompiledTier } from '../../src/evaluator/compiled/tier.ts';
import { compiled as programIn, Refusal, type Travel } from '../support/journey.ts';
import { errorValue } from '../../src/evaluator/raise.ts';
import type { Environment } from '../../src/host/compile.ts';
import { compiled, machine, mixed, travelWhole } from './tiers.ts';

/** Some 1,400 frames make a stretch. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'one value': '(defn down [n] (if (= n 0) 0 (+ 1 (down (- n 1))))) (down 6000)',
  'no values': '(defn down [n] (if (= n 0) 0 (inc (down (dec n))))) (down 6000)',
  'many values, floats among them': `
    (defn down [n a b c] (if (= n 0) [a b c] (let [x (+ 0.5 (* a 2.0)) y (str "v" (rem n 7)) r (down (- n 1) b c (+ a 1)) z (+ x 1.5)] (if (= (rem n 1000) 0) (conj r n x y z a b c) r))))
    (down 5000 1 2.5 3)`,
  'big integers': '(defn down [n big] (if (= n 0) 1 (let [m (* big 3)] (rem (+ m (down (- n 1) (rem m 1000000007000000007))) 1000000009)))) (down 4000 99999999999999999999)',
  'two functions': '(defn a [n] (if (= n 0) [] (conj (b (dec n)) (rem n 3)))) (defn b [n] (if (= n 0) [] (let [r (a (dec n))] (if (= (rem n 512) 0) (conj r n) r)))) (count (a 7000))',
  'tail calls between': `
    (defn a [n] (if (= n 0) 0 (b n)))
    (defn b [n] (c (- n 1) 5))
    (defn c [n k] (if (= k 0) (+ 1 (a n)) (c n (- k 1))))
    (a 3000)`,
  'only tail calls': '(defn ping [n] (if (= n 0) :done (pong (- n 1)))) (defn pong [n] (if (= n 0) :done (ping (- n 1)))) (+ 1 (count (str (ping 20000))))',
  'twice at each level': '(defn both [n] (if (< n 2) n (+ (both (- n 1)) (if (= (rem n 1000) 0) (both 12) 1)))) (both 5000)',
  'in a loop': `
    (defn tree [n] (if (= n 0) 1 (loop [i 0 sum 0] (if (< i 2) (recur (inc i) (+ sum (if (= i 0) (tree (- n 1)) (leaf i)))) (+ sum i)))))
    (defn leaf [i] (+ i 1))
    (tree 4000)`,
  'closures and siblings': `
    (defn maker [k] (letfn [(f [n] (if (= n 0) k (+ 1 (g (- n 1))))) (g [n] (if (= n 0) (- k) (+ 2 (f (- n 1)))))] f))
    [((maker 10) 4001) ((maker 20) 4000)]`,
  'functions of the library': '(defn down [n] (if (= n 0) 0 (+ 1 (reduce + 0 (map (fn [x] (down x)) [(- n 1)]))))) (down 1500)',
  'applied': '(defn down [n & more] (if (= n 0) (count more) (+ 1 (apply down (- n 1) (conj more n))))) (down 300)',
  'more arguments than are passed one by one': '(defn down [n a b c d e] (if (= n 0) [a b c d e] (let [r (down (- n 1) b c d e a)] (if (= n 3000) (conj r n a) r)))) (down 4000 1 2 3 4 5)',
  'the rest of arguments, in tail calls': '(defn f [n & more] (if (= n 0) (count more) (g n 1 2 3))) (defn g [n & more] (+ (count more) (f (- n 1) :x))) (f 3000)',
  'a call of the host at the bottom': '(defn down [n] (if (= n 0) (call :bottom 1) (+ 1 (down (- n 1))))) [(down 4000) (down 1500)]',
  'calls of the host on the way back': '(defn down [n] (if (= n 0) 0 (let [r (down (- n 1))] (if (= (rem n 1999) 0) (+ r (call :at n)) (+ 1 r))))) (down 5000)',
  'an error at the bottom': '(defn down [n] (if (= n 0) (+ 1 :x) (+ 1 (down (- n 1))))) (down 5000)',
  'an error at the bottom, after tail calls': '(defn down [n] (if (= n 0) (nth [] 5) (+ 1 (over (- n 1))))) (defn over [n] (down n)) (down 5000)',
  'an error on the way back': '(defn down [n] (if (= n 0) 0 (let [r (down (- n 1))] (if (= r 3000) (throw {:at n}) (+ 1 r))))) (down 5000)',
  'errors that are caught half-way': `
    (defn down [n] (if (= n 0) (throw {:message "deep"}) (+ 1 (if (= (rem n 2000) 0) (caught n) (down (- n 1))))))
    (defn caught [n] (try (down (- n 1)) (catch e (if (> n 3000) (throw e) n))))
    [(down 5000) (try (down 2500) (catch e (:message e)))]`,
  'a wrong number of arguments': '(defn down [n] (if (= n 0) ((fn [a b] a) 1) (+ 1 (down (- n 1))))) (down 3000)',
  'a handler that needs what is live': '(defn down [n] (if (= n 0) (quot 1 0) (let [k (* n 2)] (if (= n 2500) (try (+ k (down (- n 1))) (catch e [n k (:kind e)])) (down (- n 1)))))) (down 4000)',
};

const environments: readonly (readonly [string, Environment])[] = [['compiled', compiled], ['mixed', mixed(5)]];

function same(text: string, how: Travel): void {
  const expected = travelWhole(programIn(machine, text), how);
  for (const [name, environment] of environments) expect({ name, journey: travelWhole(programIn(environment, text), how) }).toEqual({ name, journey: expected });
}

describe.each(Object.entries(PROGRAMS))('%s', (_, text) => {
  test('is the same', () => {
    same(text, {});
  });
  test('is the same where the host fails', () => {
    same(text, { answer: (call, count) => (count % 2 === 1 ? new Refusal(errorValue('host', 'no')) : (call.args[0] ?? null)) });
  });
  test('is the same with states that are saved and loaded', () => {
    same(text, { reload: true, quantum: 2_345, pausesMax: 12 });
  });
  test.each([1_399, 2_000, 2_801])('is the same with a depth of %d', (depth) => {
    same(text, { limits: { depth } });
  });
  test.each([2_900, 4_321])('is the same with fuel for %d', (fuel) => {
    same(text, { limits: { fuel } });
  });
  test.each([500, 2_000])('is the same with %d cells', (allocation) => {
    same(text, { limits: { allocation } });
  });
});

test('nothing comes to the machine that only needs more stack', () => {
  const tiers: CompiledTier[] = [];
  const makeFunction = (parameters: readonly string[], body: string): ((...args: unknown[]) => unknown) => new Function(...parameters, body) as (...args: unknown[]) => unknown;
  const newTier = (table: ConstructorParameters<typeof CompiledTier>[0]): CompiledTier => {
    const tier = new CompiledTier(table, { makeFunction, threshold: 0 });
    tiers.push(tier);
    return tier;
  };
  const { end } = travelWhole(programIn({ ...machine, newTier }, PROGRAMS['two functions']!), {});
  expect(end).toBe('=> 3500');
  expect(tiers.map(({ statistics }) => statistics.left)).toEqual([0]);
});
