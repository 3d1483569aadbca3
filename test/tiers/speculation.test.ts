/** Code that speculates on small integers and vectors: what comes instead is left to the machine where it is met, and not for ever. */
import { describe, expect, test } from 'vitest';
import { CompiledTier, SourceCache, type TierOptions } from '../../src/evaluator/compiled/tier.ts';
import type { Environment } from '../../src/host/compile.ts';
import { compiled as programIn, type Travel } from '../support/journey.ts';
import { compiled, machine, mixed, travelWhole } from './tiers.ts';

const makeFunction: TierOptions['makeFunction'] = (parameters, body) => new Function(...parameters, body) as (...args: unknown[]) => unknown;

function environmentOf(options: Partial<TierOptions>, tiers: CompiledTier[] = []): Environment {
  const newTier = (table: ConstructorParameters<typeof CompiledTier>[0]): CompiledTier => {
    const tier = new CompiledTier(table, { makeFunction, threshold: 0, ...options });
    tiers.push(tier);
    return tier;
  };
  return { ...machine, newTier };
}

/** Each does one thing that is quick for small integers and for vectors, behind something that must not be done twice. */
const OPERATIONS: Readonly<Record<string, string>> = {
  plus: '(+ a b)', minus: '(- a b)', times: '(* a b)', 'plus a literal': '(+ a 1)', 'minus a literal': '(- a 2147483647)', inc: '(inc a)', dec: '(dec a)',
  less: '(if (< a b) :yes :no)', 'less than a literal': '(if (< a 3) :yes :no)', 'a comparison as a value': '[(<= a b) (> a b)]', equal: '(if (= a b) :yes :no)', 'equality as a value': '[(= a b)]', 'equal to a literal': '(if (= a 3) :yes :no)',
  nth: '(nth a b)', count: '(count a)', max: '(max a b)', rem: '(rem a b)', mod: '(mod a b)', quot: '(quot a b)', divided: '(/ a b)', abs: '(abs a)', 'zero?': '(if (zero? a) :yes :no)', 'even?': '(if (even? a) :yes :no)',
  'onto itself': '(let [c (+ a b) c (* c c) c (- c a)] c)',
  'a loop that counts': '(loop [i 0 s a] (if (< i 5) (recur (inc i) (+ s b)) s))',
  'a loop that looks': '(loop [i 0 s 0] (if (< i 3) (recur (inc i) (+ s (nth a i))) s))',
  'a loop in a loop': '(loop [i 0 s a] (if (< i 3) (recur (inc i) (loop [k 0 s s] (if (< k 3) (recur (inc k) (+ s (* k b))) s))) s))',
  'a loop that returns early': '(loop [i 0] (if (< i 4) (if (= (* i b) a) [:at i] (recur (inc i))) :none))',
};

const VALUES = ['3', '0', '-1', '2147483647', '-2147483648', '4294967296', '9007199254740991', '123456789012345678901', '1.5', '2.0', '-0.0', '"x"', ':k', 'nil', 'true', '[1 2 3]', '[1 "x" 3]', '(subvec [0 4 5 6 7] 1 4)', '(list 1 2 3)', '{:a 1}'];

const program = (operation: string): string => `
  (defn one [seen a b] (let [seen (conj seen (count seen))] [seen ${operation}]))
  (defn safely [f] (try (f) (catch e [(:kind e) (:message e)])))
  (let [values [${VALUES.join(' ')}]]
    (for [a values b [5 2147483647 1.5 -0.0 123456789012345678901 :k [1]]] [(safely (fn [] (one [] 4 7))) (safely (fn [] (one [:x] a b)))]))`;

function same(text: string, how: Travel, seed: number): void {
  const expected = travelWhole(programIn(machine, text), how);
  const environments = { compiled, never: environmentOf({ bailouts: 0 }), once: environmentOf({ bailouts: 1 }), always: environmentOf({ bailouts: Number.POSITIVE_INFINITY }), mixed: mixed(seed) };
  for (const [name, environment] of Object.entries(environments)) expect({ name, journey: travelWhole(programIn(environment, text), how) }).toEqual({ name, journey: expected });
}

describe.each(Object.entries(OPERATIONS))('%s', (_, operation) => {
  test('is the same for values of every kind', () => {
    same(program(operation), {}, 3);
  });
  test('is the same with pauses, and states that are saved', () => {
    same(program(operation), { quantum: 777, pausesMax: 30, reload: true }, 4);
  });
});

test('fuel ends at the same place, whatever was counted before speculation ended', () => {
  const text = `
    (defn sum [n v] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s (nth v (rem i 4)))) s)))
    (defn all [v] (loop [i 0 out []] (if (< i 3) (recur (inc i) (conj out (sum 12 v))) out)))
    [(all [1 2 3 4]) (all [1 2 3 2147483647]) (all [1 2.5 3 4]) (all [1 2 3 4])]`;
  for (let fuel = 1; fuel < 230; fuel += 3) same(text, { limits: { fuel } }, fuel);
  for (let quantum = 1; quantum < 40; quantum += 3) same(text, { quantum, pausesMax: 200 }, quantum);
});

test('an arm that was left a few times does not speculate any more', () => {
  const text = `
    (defn add [a b] (+ a b))
    (defn run [n] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s (add 0.5 i))) s)))
    [(add 1 2) (run 10) (run 1000)]`;
  const tiers: CompiledTier[] = [];
  const environment = environmentOf({ bailouts: 3 }, tiers);
  expect(travelWhole(programIn(environment, text), {}).end).toBe('=> [3 50.0 500000.0]');
  // `run` is left twice and goes on in code for its loop; `add` is left three times.
  expect(tiers.map(({ statistics }) => statistics.left <= 6)).toEqual([true]);
  expect(tiers.map(({ statistics }) => statistics.left >= 3)).toEqual([true]);
});

test('what would be left at once does not speculate at all', () => {
  const text = `
    (defn kind [k] (if (= k :a) 1 (if (= k "b") 2 3)))
    (defn half [x] (* x 0.5))
    (defn more [x y] (+ x y))
    (defn size [m] (count m))
    [(kind :a) (kind "b") (kind :c) (half 3) (half 4) (more 123456789012345678901 1) (more 1 123456789012345678901) (size {:a 1}) (size "four")]`;
  const tiers: CompiledTier[] = [];
  expect(travelWhole(programIn(environmentOf({}, tiers), text), {}).end).toBe('=> [1 2 3 1.5 2.0 123456789012345678902 123456789012345678902 1 4]');
  expect(tiers.map(({ statistics }) => statistics.left)).toEqual([0]);
});

test('another table of the same code begins with what was learned', () => {
  const text = '(defn add [a b] (+ a b)) [(add 1 2) (add 1.5 2) (add 1 2.5) (add 2 2)]';
  const cache = new SourceCache();
  const left = [1, 2].map(() => {
    const tiers: CompiledTier[] = [];
    expect(travelWhole(programIn(environmentOf({ bailouts: 2, cache }, tiers), text), {}).end).toBe('=> [3 3.5 3.5 4]');
    return tiers[0]!.statistics.left;
  });
  expect(left).toEqual([2, 0]);
});
