/** M5 for elements of vectors: whatever kind of vector a loop looks into, and with whatever index, each tier gives the same. */
import { expect, test } from 'vitest';
import { compiled as programIn } from '../support/journey.ts';
import { compiled, machine, mixed, travelWhole } from './tiers.ts';

/** Of ten elements each: an array of their own, what is behind the first of another's, what is in front of a longer one's, a tree. */
const VECTORS = [
  '[0 1 2 3 4 5 6 7 8 9]', '(subvec [99 0 1 2 3 4 5 6 7 8 9 98] 1 11)', '(let [v (reduce conj [] (range 10))] (conj v 10) (conj v 11) v)',
  '(subvec (assoc (vec (range 200)) 150 :x) 0 10)', '(assoc (vec (range 200)) 150 :x)', '[0.5 1.5 2.0 nil :a "b" 6 7 8 9]', '[]', '(list 0 1 2 3 4 5 6 7 8 9)', 'nil', '{:a 1}',
];
const INDEXES = ['i', '(- i)', '(+ i 0.5)', '(* i 1.0)', '(- 9 i)', '(+ i 123456789012345678901)', '(if (= i 4) 10 i)', '(if (= i 4) :k i)'];

const program = (vector: string, index: string): string => `
  (defn safely [f] (try (f) (catch e [(:kind e) (:message e)])))
  (defn look [v] (loop [i 0 last nil] (if (< i 10) (recur (inc i) (nth v ${index})) last)))
  (defn sum [v] (loop [i 0 n 0] (if (< i (count v)) (recur (inc i) (if (= (nth v ${index}) i) (+ n 1) n)) n)))
  (defn walk [v] (loop [i 0 v v n 0] (if (< i 10) (recur (inc i) (conj v i) (if (= (nth v ${index}) i) (inc n) n)) [n v])))
  (let [v ${vector}] [(safely (fn [] (look v))) (safely (fn [] (sum v))) (safely (fn [] (walk v)))])`;

test('the same elements', () => {
  const ends = new Set<string>();
  VECTORS.forEach((vector, row) => {
    INDEXES.forEach((index, column) => {
      const text = program(vector, index);
      const expected = travelWhole(programIn(machine, text), {});
      ends.add(expected.end);
      for (const environment of [compiled, mixed(row * 10 + column)]) expect({ text, journey: travelWhole(programIn(environment, text), {}) }).toEqual({ text, journey: expected });
    });
  });
  expect(ends).toContain('=> [9 10 [10 [0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9]]]');
  expect(ends.size).toBeGreaterThan(20);
});

/** Fuel is a turn's and a call's; what a turn that needs the slow way has charged comes on top, at the same place. */
test('turns that are only counted are paid before anything else is', () => {
  const text = `
    (defn look [v n] (loop [i 0 s 0] (if (< i n) (recur (inc i) (+ s (nth v (mod i 5)))) s)))
    [(look [1 2 3 4 5] 50) (look (list 1 2 3 4 5) 50) (look [1 2 9007199254740991 4 5] 20)]`;
  for (let fuel = 1; fuel < 400; fuel += 7) {
    const expected = travelWhole(programIn(machine, text), { limits: { fuel } });
    for (const environment of [compiled, mixed(fuel)]) expect({ fuel, journey: travelWhole(programIn(environment, text), { limits: { fuel } }) }).toEqual({ fuel, journey: expected });
  }
});
