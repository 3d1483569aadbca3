/**
 * Every function of the library that calls a function, with marks in the callback and at every argument. The value is
 * by hand. The test holds this table against the library's sources: a function that is missing here fails it.
 */
import type { Row } from './forms.ts';

export const CALLBACKS: Readonly<Record<string, readonly Row[]>> = {
  // functions that make functions
  'complement': [
    ['((complement ⟦(fn [x] ⟦(nil? x)⟧)⟧) ⟦1⟧)', 'true'],
    ['((complement (fn [x y] ⟦(< x y)⟧)) ⟦1⟧ ⟦2⟧)', 'false'],
  ],
  'apply': [
    ['(apply (fn [a b c] ⟦[a b c]⟧) ⟦1⟧ ⟦2⟧ ⟦[3]⟧)', '[1 2 3]'],
    ['(apply (fn [& r] ⟦r⟧) 1 2 3 ⟦[4]⟧)', '(1 2 3 4)'],
    ['[(apply (fn [] ⟦1⟧) ⟦nil⟧)]', '[1]'],
  ],
  'comp': [
    ['((comp ⟦(fn [x] ⟦(* x 2)⟧)⟧ ⟦(fn [x] ⟦(inc x)⟧)⟧) ⟦3⟧)', '8'],
    ['((comp (fn [x] ⟦x⟧) (fn [x y] ⟦(+ x y)⟧)) 1 2)', '3'],
    ['((comp (fn [x] ⟦(* x 10)⟧) (fn [x] ⟦(inc x)⟧) (fn [& r] ⟦(count r)⟧)) 1 2)', '30'],
  ],
  'partial': [
    ['((partial ⟦(fn [a b] ⟦(- a b)⟧)⟧ ⟦10⟧) ⟦4⟧)', '6'],
    ['((partial (fn [& r] ⟦r⟧) 1))', '(1)'],
    ['((partial (fn [& r] ⟦r⟧) 1) 2 3)', '(1 2 3)'],
    ['((partial (fn [& r] ⟦r⟧) 1) 2 3 4)', '(1 2 3 4)'],
    ['((partial (fn [& r] ⟦r⟧) ⟦1⟧ ⟦2⟧) ⟦3⟧)', '(1 2 3)'],
  ],
  'juxt': [['((juxt ⟦(fn [x] ⟦(inc x)⟧)⟧ ⟦(fn [x] ⟦(dec x)⟧)⟧) ⟦5⟧)', '[6 4]']],
  'fnil': [
    ['((fnil ⟦(fn [x] ⟦(inc x)⟧)⟧ ⟦0⟧) ⟦nil⟧)', '1'],
    ['((fnil (fn [& r] ⟦r⟧) 0) nil 2)', '(0 2)'],
    ['((fnil (fn [x y] ⟦[x y]⟧) ⟦1⟧ ⟦2⟧) nil ⟦nil⟧)', '[1 2]'],
    ['((fnil (fn [x y z] ⟦[x y z]⟧) 1 2 3) nil ⟦9⟧ nil)', '[1 9 3]'],
  ],
  'every-pred': [['((every-pred ⟦(fn [x] ⟦(> x 0)⟧)⟧ ⟦(fn [x] ⟦(even? x)⟧)⟧) ⟦2⟧ ⟦4⟧)', 'true']],
  'some-fn': [['((some-fn ⟦(fn [x] ⟦(if (> x 9) x)⟧)⟧ ⟦(fn [x] ⟦(even? x)⟧)⟧) ⟦1⟧ ⟦2⟧)', 'true']],
  'trampoline': [
    ['(trampoline ⟦(fn [n] ⟦(fn [] ⟦(* n 2)⟧)⟧)⟧ ⟦4⟧)', '8'],
    ['(trampoline (fn [] ⟦(fn [] ⟦:end⟧)⟧))', ':end'],
  ],
  // one result for each element
  'map': [
    ['(map ⟦(fn [x] ⟦(inc x)⟧)⟧ ⟦[1 2]⟧)', '[2 3]'],
    ['(map (fn [[k v]] ⟦[k v]⟧) {:a 1 :b 2})', '[[:a 1] [:b 2]]'],
    ['(map (fn [x y] ⟦(+ x y)⟧) ⟦[1 2]⟧ ⟦[10 20]⟧)', '[11 22]'],
    ['(map (fn [x y z] ⟦[x y z]⟧) ⟦[1 2]⟧ ⟦[3 4]⟧ ⟦[5 6]⟧)', '[[1 3 5] [2 4 6]]'],
    ['(map (fn [x] (map (fn [y] ⟦(* x y)⟧) ⟦[1 x]⟧)) [2 3])', '[[2 4] [3 9]]'],
  ],
  'pmap': [
    ['(pmap ⟦(fn [x] ⟦(inc x)⟧)⟧ ⟦[1 2]⟧)', '[2 3]'],
    ['(pmap (fn [[k v]] ⟦[k v]⟧) ⟦{:a 1 :b 2}⟧)', '[[:a 1] [:b 2]]'],
    ['(pmap (fn [x y] ⟦(+ x y)⟧) ⟦[1 2]⟧ ⟦[10 20]⟧)', '[11 22]'],
    ['(pmap (fn [x y z] ⟦[x y z]⟧) ⟦[1 2]⟧ ⟦[3 4]⟧ ⟦[5]⟧)', '[[1 3 5]]'],
    ['(pmap (fn [x] (pmap (fn [y] ⟦(* x y)⟧) ⟦[1 x]⟧)) [2 3])', '[[2 4] [3 9]]'],
    ['(pmap (fn [x] ⟪x⟫) ⟦nil⟧)', '[]'],
  ],
  'map-indexed': [['(map-indexed ⟦(fn [i x] ⟦[i x]⟧)⟧ ⟦[:a :b]⟧)', '[[0 :a] [1 :b]]']],
  'mapcat': [
    ['(mapcat ⟦(fn [x] ⟦[x x]⟧)⟧ ⟦[1 2]⟧)', '[1 1 2 2]'],
    ['(mapcat (fn [x y] ⟦[x y]⟧) ⟦[1]⟧ ⟦[2]⟧)', '[1 2]'],
  ],
  'keep': [['(keep ⟦(fn [x] ⟦(if (odd? x) x)⟧)⟧ ⟦[1 2 3]⟧)', '[1 3]']],
  'keep-indexed': [['(keep-indexed ⟦(fn [i x] ⟦(if (odd? i) x)⟧)⟧ ⟦[:a :b]⟧)', '[:b]']],
  'run!': [['(run! ⟦(fn [x] ⟦x⟧)⟧ ⟦[1 2]⟧)', 'nil']],
  // choosing
  'filter': [['(filter ⟦(fn [x] ⟦(odd? x)⟧)⟧ ⟦[1 2 3]⟧)', '[1 3]']],
  'remove': [['(remove ⟦(fn [x] ⟦(odd? x)⟧)⟧ ⟦[1 2 3]⟧)', '[2]']],
  'take-while': [['(take-while ⟦(fn [x] ⟦(< x 3)⟧)⟧ ⟦[1 2 3 1]⟧)', '[1 2]']],
  'drop-while': [['(drop-while ⟦(fn [x] ⟦(< x 3)⟧)⟧ ⟦[1 2 3 1]⟧)', '[3 1]']],
  'split-with': [['(split-with ⟦(fn [x] ⟦(< x 3)⟧)⟧ ⟦[1 2 3 1]⟧)', '[[1 2] [3 1]]']],
  'partition-by': [['(partition-by ⟦(fn [x] ⟦(odd? x)⟧)⟧ ⟦[1 3 2]⟧)', '[[1 3] [2]]']],
  // questions
  'some': [['(some ⟦(fn [x] ⟦(if (even? x) x)⟧)⟧ ⟦[1 2 4]⟧)', '2']],
  'some?': [['(some? ⟦(fn [x] ⟦(even? x)⟧)⟧ ⟦[1 2]⟧)', 'true']],
  'every?': [['(every? ⟦(fn [x] ⟦(even? x)⟧)⟧ ⟦[2 3]⟧)', 'false']],
  'not-any?': [['(not-any? ⟦(fn [x] ⟦(even? x)⟧)⟧ ⟦[1 3]⟧)', 'true']],
  'not-every?': [['(not-every? ⟦(fn [x] ⟦(even? x)⟧)⟧ ⟦[2 3]⟧)', 'true']],
  'find-first': [['(find-first ⟦(fn [x] ⟦(even? x)⟧)⟧ ⟦[1 2 4]⟧)', '2']],
  // reducing
  'reduce': [
    ['(reduce ⟦(fn [a x] ⟦(+ a x)⟧)⟧ ⟦[1 2 3]⟧)', '6'],
    ['(reduce (fn [a x] ⟦(conj a x)⟧) ⟦[]⟧ ⟦(list 1 2)⟧)', '[1 2]'],
    ['(reduce (fn [a x] (if (> x 1) (reduced ⟦[a x]⟧) ⟦x⟧)) ⟦0⟧ [1 2 3])', '[1 2]'],
    ['(reduce (fn [a x] ⟦(if (> x 1) (reduced [a x]) x)⟧) 0 [1 2 3])', '[1 2]'],
  ],
  'reduce-kv': [
    ['(reduce-kv ⟦(fn [m k v] ⟦(assoc m v k)⟧)⟧ ⟦{}⟧ ⟦{:a 1}⟧)', '{1 :a}'],
    ['(reduce-kv (fn [s i x] ⟦(reduced [s i x])⟧) 0 ⟦[5]⟧)', '[0 0 5]'],
  ],
  'reductions': [
    ['(reductions ⟦(fn [a x] ⟦(+ a x)⟧)⟧ ⟦[1 2 3]⟧)', '[1 3 6]'],
    ['(reductions (fn [a x] ⟦(if (> x 1) (reduced :end) x)⟧) ⟦0⟧ [1 2 3])', '[0 1 :end]'],
  ],
  // grouping, sorting
  'group-by': [['(group-by ⟦(fn [x] ⟦(odd? x)⟧)⟧ ⟦[1 2 3]⟧)', '{false [2] true [1 3]}']],
  'count-by': [['(count-by ⟦(fn [x] ⟦(odd? x)⟧)⟧ ⟦[1 2 3]⟧)', '{false 1 true 2}']],
  'index-by': [['(index-by ⟦(fn [x] ⟦(:id x)⟧)⟧ ⟦[{:id 1}]⟧)', '{1 {:id 1}}']],
  'sort': [['(sort ⟦(fn [a b] ⟦(> a b)⟧)⟧ ⟦[3 1 2]⟧)', '[3 2 1]']],
  'sort-by': [
    ['(sort-by ⟦(fn [x] ⟦(- x)⟧)⟧ ⟦[1 3 2]⟧)', '[3 2 1]'],
    ['(sort-by (fn [x] ⟦(- x)⟧) ⟦(fn [a b] ⟦(compare b a)⟧)⟧ ⟦[1 3 2]⟧)', '[1 2 3]'],
  ],
  'max-key': [['(max-key ⟦(fn [x] ⟦(count x)⟧)⟧ ⟦"a"⟧ ⟦"ccc"⟧ ⟦"bb"⟧)', '"ccc"']],
  'min-key': [['(min-key ⟦(fn [x] ⟦(count x)⟧)⟧ ⟦"aa"⟧ ⟦"b"⟧)', '"b"']],
  // making
  'iterate-n': [['(iterate-n ⟦3⟧ ⟦(fn [x] ⟦(* 2 x)⟧)⟧ ⟦1⟧)', '[1 2 4]']],
  'repeatedly': [['(repeatedly ⟦2⟧ ⟦(fn [] ⟦1⟧)⟧)', '[1 1]']],
  // maps
  'update': [
    ['(update ⟦{:n 1}⟧ ⟦:n⟧ ⟦(fn [x] ⟦(inc x)⟧)⟧)', '{:n 2}'],
    ['(update {:n 1} :n (fn [x y z] ⟦(+ x y z)⟧) ⟦2⟧ ⟦3⟧)', '{:n 6}'],
  ],
  'update-in': [['(update-in ⟦{:a {:n 1}}⟧ ⟦[:a :n]⟧ ⟦(fn [x y] ⟦(+ x y)⟧)⟧ ⟦5⟧)', '{:a {:n 6}}']],
  'update-vals': [['(update-vals ⟦{:a 1 :b 2}⟧ ⟦(fn [x] ⟦(inc x)⟧)⟧)', '{:a 2 :b 3}']],
  'update-keys': [['(update-keys ⟦{:a 1 :b 2}⟧ ⟦(fn [k] ⟦(name k)⟧)⟧)', '{"a" 1 "b" 2}']],
  'merge-with': [['(merge-with ⟦(fn [a b] ⟦(+ a b)⟧)⟧ ⟦{:a 1 :b 1}⟧ ⟦{:a 10}⟧ ⟦nil⟧)', '{:a 11 :b 1}']],
  // trees
  'walk': [
    ['(walk ⟦(fn [x] ⟦(inc x)⟧)⟧ ⟦(fn [x] ⟦(count x)⟧)⟧ ⟦[1 2]⟧)', '2'],
    ['(walk (fn [[k v]] ⟦[k (inc v)]⟧) identity ⟦{:a 1}⟧)', '{:a 2}'],
    ['(walk (fn [x] ⟦(inc x)⟧) identity ⟦(list 1 2)⟧)', '(2 3)'],
    ['(walk (fn [x] ⟦(inc x)⟧) identity ⟦#{1 2}⟧)', '#{2 3}'],
    ['(walk (fn [x] ⟪x⟫) (fn [x] ⟦(inc x)⟧) ⟦1⟧)', '2'],
  ],
  'postwalk': [['(postwalk ⟦(fn [x] ⟦(if (int? x) (inc x) x)⟧)⟧ ⟦{:a [1 {:b 2}]}⟧)', '{:a [2 {:b 3}]}']],
  'prewalk': [['(prewalk ⟦(fn [x] ⟦(if (= x :more) [1 2] x)⟧)⟧ ⟦[:more 3]⟧)', '[[1 2] 3]']],
  'tree-seq': [['(tree-seq ⟦(fn [x] ⟦(vector? x)⟧)⟧ ⟦(fn [x] ⟦x⟧)⟧ ⟦[1 [2]]⟧)', '[[1 [2]] 1 [2] 2]']],
};

/** Functions that call what they are given, but take no callback: they look at a `reduced` value. */
export const NO_CALLBACK: ReadonlySet<string> = new Set(['unreduced']);
