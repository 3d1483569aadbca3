/** Vectors that loops build may grow in place where nobody can see it; here somebody tries to. */
import { describe, expect, test } from 'vitest';
import { resume } from '../../src/evaluator/kernel.ts';
import { type Environment, startProgram } from '../../src/host/compile.ts';
import { printValue } from '../../src/value/print.ts';
import { compiled as programIn } from '../support/journey.ts';
import { compiled, machine, mixed, travelWhole } from './tiers.ts';

const PROGRAMS: Readonly<Record<string, string>> = {
  'every version is kept': '(loop [i 0 out [] all []] (if (< i 6) (recur (inc i) (conj out i) (conj all out)) [out all]))',
  'two names for one vector': '(loop [i 0 a [] b []] (if (< i 6) (recur (inc i) (conj a i) a) [a b]))',
  'both branches come from one vector': '(loop [i 0 out [] seen []] (if (< i 8) (let [longer (conj out i)] (if (even? i) (recur (inc i) longer seen) (recur (inc i) out (conj seen longer)))) [out seen]))',
  'one that was there before': '(let [start [1 2 3]] [(loop [i 0 out start] (if (< i 5) (recur (inc i) (conj out i)) out)) (loop [i 5 out start] (if (< i 9) (recur (inc i) (conj out i)) out)) start])',
  'the part of a longer one': '(let [all [1 2 3 4 5] part (subvec all 0 3) tail (subvec all 2)] [(loop [i 0 out part] (if (< i 4) (recur (inc i) (conj out i)) out)) (loop [i 0 out tail] (if (< i 4) (recur (inc i) (conj out i)) out)) all part tail])',
  'a loop in a loop': '(loop [i 0 out []] (if (< i 4) (recur (inc i) (loop [k 0 out out] (if (< k i) (recur (inc k) (conj out [i k])) out))) out))',
  'begun anew by each turn': '(loop [i 0 out []] (if (< i 4) (let [row (loop [k 0 row []] (if (< k i) (recur (inc k) (conj row k)) row))] (recur (inc i) (conj out row))) out))',
  'exchanged at each turn': '(loop [i 0 a [:a] b [:b]] (if (< i 7) (recur (inc i) (conj b i) a) [a b]))',
  'captured by functions': '(map (fn [f] (f)) (loop [i 0 out [] fs []] (if (< i 5) (recur (inc i) (conj out i) (conj fs (fn [] out))) fs)))',
  'captured before it grows': '(map (fn [f] (f)) (loop [i 0 out [] fs []] (if (< i 5) (let [f (fn [] out)] (recur (inc i) (conj out i) (conj fs f))) fs)))',
  'kept before it grows': '(loop [i 0 out [] all []] (if (< i 6) (let [kept (conj all out)] (recur (inc i) (conj out i) kept)) [out all]))',
  'given back by a call': '(defn same [v] v) (loop [i 0 out [] all []] (if (< i 5) (let [v (same out)] (recur (inc i) (conj out i) (conj all v))) all))',
  'lists, sets and maps as well': '(map (fn [into] (loop [i 0 out into] (if (< i 5) (recur (inc i) (conj out [i i])) out))) [[] (list) #{} {} nil])',
  'given to calls': '(defn size [v] (count v)) (loop [i 0 out []] (if (< i 5) (recur (inc i) (conj out (size out))) out))',
  'over the sizes at which arrays are left': '(let [a (loop [i 0 out []] (if (< i 300) (recur (inc i) (conj out i)) out)) b (conj a :b) c (conj a :c)] [(count a) (last b) (last c) (nth a 299) (reduce + a)])',
  'an error half-way': '(defn build [n] (loop [i 0 out []] (if (< i n) (recur (inc i) (conj out (/ 6 (- 3 i)))) out))) [(try (build 5) (catch e (:message e))) (build 3)]',
  'filtered, with calls of the host in between': '(filter even? (map (fn [x] (if (= (rem x 3) 0) (call :world.next x) (* 2 x))) (range 10)))',
};

const environments: readonly (readonly [string, Environment])[] = [['compiled', compiled], ['mixed', mixed(11)], ['mixed in another way', mixed(12)]];

describe.each(Object.entries(PROGRAMS))('%s', (_, text) => {
  const repeated = `(defn once [] ${text.startsWith('(defn') ? 0 : text}) ${text.startsWith('(defn') ? text : '[(once) (once) (once)]'}`;
  test.each([{}, { quantum: 5 }, { quantum: 7, reload: true }, { limits: { allocation: 60 } }, { limits: { fuel: 40 } }])('is the same: %o', (how) => {
    const expected = travelWhole(programIn(machine, repeated), how);
    for (const [name, environment] of environments) expect({ name, journey: travelWhole(programIn(environment, repeated), how) }).toEqual({ name, journey: expected });
  });
});

test.each(environments)('both futures of a state in the middle of a loop have their own vector: %s', (_, environment) => {
  const program = programIn(environment, '(loop [i 0 out []] (if (< i 6) (recur (inc i) (conj (conj out i) (if (= i 3) (call :world.ask) :none))) out))');
  const { outcome, state } = startProgram(program);
  if (outcome.kind !== 'requires-host') throw new Error(outcome.kind);
  const futures = [1, 2, 1].map((value) => {
    const { outcome: end } = resume(state, [{ id: outcome.calls[0]!.id, ok: true, value }]);
    return end.kind === 'complete' ? end.value : null;
  });
  expect(futures.map((value) => printValue(value))).toEqual([
    '[0 :none 1 :none 2 :none 3 1 4 :none 5 :none]', '[0 :none 1 :none 2 :none 3 2 4 :none 5 :none]', '[0 :none 1 :none 2 :none 3 1 4 :none 5 :none]',
  ]);
});
