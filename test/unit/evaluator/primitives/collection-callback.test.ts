/** Functions of the library that call functions: a host call in any callback stops the run and goes on with the answer. */
import { describe, expect, it } from 'vitest';
import { checkExpectation, MODES, readConformance } from '../../../../src/host/conformance.ts';
import { environment, outcomeOf, run } from './collection-program.ts';

/** In each form `(w x)` is x: once by itself, once as the answer of the host. */
const forms: readonly (readonly [form: string, expected: string, calls: number])[] = [
  ['(map (fn [x] (w (inc x))) [1 2])', '[2 3]', 2],
  ['(map (fn [x y] (w (+ x y))) [1 2] [3 4])', '[4 6]', 2],
  ['(map (fn [x y z] (w (+ x y z))) [1 2] [3 4] [5 6])', '[9 12]', 2],
  ['(map-indexed (fn [i x] (w [i x])) [:a])', '[[0 :a]]', 1],
  ['(mapcat (fn [x] (w [x x])) [1 2])', '[1 1 2 2]', 2],
  ['(keep (fn [x] (w (if (odd? x) x))) [1 2 3])', '[1 3]', 3],
  ['(keep-indexed (fn [i x] (w (if (odd? i) x))) [1 2 3])', '[2]', 3],
  ['(run! (fn [x] (w x)) [1 2])', 'nil', 2],
  ['(filter (fn [x] (w (even? x))) [1 2 3])', '[2]', 3],
  ['(remove (fn [x] (w (even? x))) [1 2 3])', '[1 3]', 3],
  ['(take-while (fn [x] (w (< x 3))) [1 2 3 4])', '[1 2]', 3],
  ['(drop-while (fn [x] (w (< x 3))) [1 2 3 4])', '[3 4]', 3],
  ['(split-with (fn [x] (w (< x 2))) [1 2 3])', '[[1] [2 3]]', 2],
  ['(partition-by (fn [x] (w (odd? x))) [1 3 2])', '[[1 3] [2]]', 3],
  ['(some (fn [x] (w (if (> x 1) x))) [1 2 3])', '2', 2],
  ['(some? (fn [x] (w (> x 1))) [1 2 3])', 'true', 2],
  ['(every? (fn [x] (w (< x 2))) [1 2 3])', 'false', 2],
  ['(not-any? (fn [x] (w (> x 5))) [1 2])', 'true', 2],
  ['(not-every? (fn [x] (w (< x 2))) [1 2 3])', 'true', 2],
  ['(find-first (fn [x] (w (> x 1))) [1 2 3])', '2', 2],
  ['(reduce (fn [a x] (w (+ a x))) [1 2 3])', '6', 2],
  ['(reduce (fn [a x] (w (+ a x))) 10 [1 2 3])', '16', 3],
  ['(reduce-kv (fn [a k v] (w (+ a v))) 0 {:a 1 :b 2})', '3', 2],
  ['(reductions (fn [a x] (w (+ a x))) [1 2 3])', '[1 3 6]', 2],
  ['(group-by (fn [x] (w (odd? x))) [1 2 3])', '{false [2] true [1 3]}', 3],
  ['(count-by (fn [x] (w (odd? x))) [1 2 3])', '{false 1 true 2}', 3],
  ['(index-by (fn [x] (w (:id x))) [{:id 1}])', '{1 {:id 1}}', 1],
  ['(sort (fn [a b] (w (< a b))) [2 1])', '[1 2]', 1],
  ['(sort (fn [a b] (w (compare b a))) [1 2])', '[2 1]', 1],
  ['(sort-by (fn [x] (w (- x))) [1 3 2])', '[3 2 1]', 3],
  ['(sort-by (fn [x] (w x)) (fn [a b] (w (> a b))) [1 2])', '[2 1]', 3],
  ['(max-key (fn [x] (w (abs x))) 1 -3 2)', '-3', 3],
  ['(min-key (fn [x] (w (abs x))) 4 -3)', '-3', 2],
  ['(iterate-n 3 (fn [x] (w (inc x))) 0)', '[0 1 2]', 2],
  ['(repeatedly 2 (fn [] (w 5)))', '[5 5]', 2],
  ['(update {:a 1} :a (fn [x] (w (inc x))))', '{:a 2}', 1],
  ['(update {:a 1} :a (fn [x y] (w (+ x y))) 5)', '{:a 6}', 1],
  ['(update-in {:a {:b 1}} [:a :b] (fn [x] (w (inc x))))', '{:a {:b 2}}', 1],
  ['(update-vals {:a 1} (fn [x] (w (inc x))))', '{:a 2}', 1],
  ['(update-keys {:a 1} (fn [k] (w (name k))))', '{"a" 1}', 1],
  ['(merge-with (fn [a b] (w (+ a b))) {:a 1} {:a 2})', '{:a 3}', 1],
  ['(walk (fn [x] (w (inc x))) (fn [x] (w (sum x))) [1 2])', '5', 3],
  ['(postwalk (fn [x] (w (if (int? x) (inc x) x))) [1 [2]])', '[2 [3]]', 4],
  ['(prewalk (fn [x] (w (if (int? x) (inc x) x))) [1 [2]])', '[2 [3]]', 4],
  ['(tree-seq (fn [x] (w (vector? x))) (fn [x] (w x)) [1 [2]])', '[[1 [2]] 1 [2] 2]', 6],
  ['(apply (fn [a b] (w (+ a b))) [1 2])', '3', 1],
  ['((comp (fn [x] (w (inc x))) (fn [x] (w (* 2 x))) (fn [x] (w (dec x)))) 5)', '9', 3],
  ['((partial (fn [a b] (w (+ a b))) 1) 2)', '3', 1],
  ['((juxt (fn [x] (w (inc x))) (fn [x] (w (dec x)))) 1)', '[2 0]', 2],
  ['((complement (fn [x] (w (nil? x)))) 1)', 'true', 1],
  ['((fnil (fn [x] (w (inc x))) 0) nil)', '1', 1],
  ['((every-pred (fn [x] (w (pos? x))) (fn [x] (w (even? x)))) 2)', 'true', 2],
  ['((some-fn (fn [x] (w (neg? x))) (fn [x] (w (even? x)))) 2)', 'true', 2],
  ['(trampoline (fn [] (w (fn [] (w 5)))))', '5', 2],
];

describe('a host call in the callback', () => {
  it.each(forms)('%s', (form, expected, calls) => {
    expect(outcomeOf(form.replaceAll('(w ', '(identity '))).toBe(expected);
    const happened = run(form.replaceAll('(w ', '(call :host.same '), (call) => call.args[0]!);
    expect(happened.at(-1)).toEqual(['=>', expected]);
    expect(happened.filter(([mark]) => mark === '>>').length).toBe(calls);
    expect(run(form.replaceAll('(w ', '(call :host.same '), (call) => call.args[0]!, { quantum: 1 })).toEqual(happened);
  });
});

describe('a function whose first act is a call', () => {
  // The pause before the call and the wait inside of it stand at one address, and need different registers.
  it.each([
    '(defn f [g args] (let [x (%apply g args)] (if x x 5)))\n(f (fn [n] n) [4]) ;=> 4',
    '(defn f [g y] (let [x (g)] (+ x y)))\n(f (fn [] 3) 4) ;=> 7',
    '(defn f [capability y] (let [x (call capability)] (+ x y)))\n(f :host.three 4) ;>> (call :host.three)\n;<< 3\n;=> 7',
  ])('%s', (text) => {
    for (const expectation of readConformance(text, 'first-act')) {
      for (const mode of MODES) expect(checkExpectation(environment, expectation, mode), mode).toBe(null);
    }
  });
});

describe('what may be called', () => {
  it.each([
    ['(map :a [{:a 1} nil 5])', '[1 nil nil]'],
    ['(map {:a 1} [:a :b])', '[1 nil]'],
    ['(filter #{1 2} [1 3 2])', '[1 2]'],
    ['(map [7 8] [1 0])', '[8 7]'],
    ['(group-by :k [{:k 1} {:k nil}])', '{nil [{:k nil}] 1 [{:k 1}]}'],
    ['(sort-by :n [{:n 2} {:n 1}])', '[{:n 1} {:n 2}]'],
    ['(apply :a [{:a 1}])', '1'],
    ['(map 5 [1])', '! not-callable'],
  ])('%s is %s', (form, expected) => {
    expect(outcomeOf(form).slice(0, expected.startsWith('!') ? expected.length : undefined)).toBe(expected);
  });
});

describe('sorting with a comparison', () => {
  it('is stable and agrees with the natural order', () => {
    const items = Array.from({ length: 200 }, (_, i) => `[${(i * 7919) % 23} ${i}]`).join(' ');
    const byFirst = outcomeOf(`(sort (fn [a b] (< (nth a 0) (nth b 0))) [${items}])`);
    expect(byFirst).toBe(outcomeOf(`(sort [${items}])`));
    expect(outcomeOf(`(sort-by first < [${items}])`)).toBe(byFirst);
    expect(outcomeOf(`(sort (fn [a b] (compare (nth a 0) (nth b 0))) [${items}])`)).toBe(byFirst);
  });

  it.each(Array.from({ length: 18 }, (_, size) => size))('sorts %i elements', (size) => {
    const items = Array.from({ length: size }, (_, i) => (i * 7) % 18);
    const sorted = [...items].sort((a, b) => b - a);
    expect(outcomeOf(`(sort > [${items.join(' ')}])`)).toBe(`[${sorted.join(' ')}]`);
  });
});

describe('many elements', () => {
  it.each([
    ['(count (map inc (range 200000)))', '200000'],
    ['(reduce + (filter even? (range 200000)))', '9999900000'],
    ['(count (group-by (fn [x] (mod x 10)) (range 200000)))', '10'],
    ['(take 3 (sort > (range 20000)))', '[19999 19998 19997]'],
    ['(count (reduce (fn [m x] (assoc m (mod x 1000) x)) {} (range 200000)))', '1000'],
    ['(count (postwalk identity (reduce (fn [deep _] [deep]) [] (range 100000))))', '1'],
    ['(count (tree-seq seq identity (reduce (fn [deep _] [deep]) [] (range 100000))))', '100001'],
    ['(count (flatten (repeat 1000 (range 100))))', '100000'],
  ])('%s is %s', (form, expected) => {
    expect(outcomeOf(form)).toBe(expected);
  });
});

describe('stopping a reduction', () => {
  it.each([
    ['(reduce (fn [a x] (if (= x 3) (reduced a) (+ a x))) [1 2 3 4])', '3'],
    ['(reduce (fn [a x] (reduced nil)) 0 [1 2])', 'nil'],
    ['(reduce (fn [a x] (if (= x 2) (reduced a) x)) 0 [1 2])', '1'],
    ['(reduce-kv (fn [a k v] (if (= k :b) (reduced a) (+ a v))) 0 {:a 1 :b 2 :c 3})', '1'],
    ['(reductions (fn [a x] (if (= x 3) (reduced :end) (+ a x))) [1 2 3 4])', '[1 3 :end]'],
    ['(do (defn thunk [x] (fn [] x)) (fn? (reduce (fn [a x] (thunk x)) 0 [1 2])))', 'true'],
    ['(reduce (fn [a x] x) nil [{:rtfs/reduced 1} 2])', '2'],
    ['(unreduced (reduced (reduced 1)))', '#<fn reduced/fn>'],
  ])('%s is %s', (form, expected) => {
    expect(outcomeOf(form)).toBe(expected);
  });

  it('works when the answer comes from the host', () => {
    expect(run('(reduce (fn [a x] (call :host.same (reduced x))) 0 [1 2])', (call) => call.args[0]!).at(-1)).toEqual(['=>', '1']);
  });
});

describe('limits inside callbacks', () => {
  it('stops a map that would run for ever at the fuel limit', () => {
    expect(outcomeOf('(map (fn [x] (loop [] (recur))) [1])', { fuel: 10000 })).toBe('! budget Resource budget exhausted: fuel (limit: 10000)');
  });

  it('names the function of the library that was called wrongly', () => {
    expect(outcomeOf('(filter even? 5)')).toBe('! type Type error in filter: expected a collection, got integer');
    expect(outcomeOf('(merge-with + {} 5)')).toBe('! type Type error in merge-with: expected map, got integer');
    expect(outcomeOf('(reduce + 0 :a)')).toBe('! type Type error in reduce: expected a collection, got keyword');
  });
});
