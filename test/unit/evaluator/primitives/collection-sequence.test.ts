import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { List } from '../../../../src/value/list.ts';
import { compare, equals } from '../../../../src/value/order.ts';
import { keyword, makeFloat, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { call, rows } from './collection-harness.ts';

describe('parts of a sequence', () => {
  rows([
    ['(take 2 [1 2 3])', '[1 2]'],
    ['(take 0 [1])', '[]'],
    ['(take -3 [1])', '[]'],
    ['(take 99999999999999999999 [1])', '[1]'],
    ["(take 2 '(1 2 3))", '[1 2]'],
    ['(take 1 {:b 1 :a 2})', '[[:a 2]]'],
    ['(take 1 nil)', '[]'],
    ['(take 1 "ab")', '["a"]'],
    ['(take [1] 1)', '! type'],
    ['(take 1 5)', '! type Type error in take: expected a collection, got integer'],
    ['(drop 1 [1 2])', '[2]'],
    ['(drop -1 [1])', '[1]'],
    ['(drop 5 [1])', '[]'],
    ['(take-last 2 [1 2 3])', '[2 3]'],
    ['(take-last 9 [1])', '[1]'],
    ['(drop-last [1 2])', '[1]'],
    ['(drop-last 5 [1 2])', '[]'],
    ['(split-at 1 [1 2 3])', '[[1] [2 3]]'],
    ['(split-at 5 [1])', '[[1] []]'],
    ['(take-nth 2 [1 2 3 4 5])', '[1 3 5]'],
    ['(take-nth -1 [1])', '! type Type error in take-nth: expected a positive integer, got a negative one'],
    ['(subvec [1 2 3] 1)', '[2 3]'],
    ['(subvec [1 2 3] 3 3)', '[]'],
    ['(subvec [1 2 3] 4)', '! index Index out of bounds: index 4 is not in range [0, 4)'],
    ['(subvec [1 2 3] 2 1)', '! index Index out of bounds: the end 1 is before the start 2'],
    ['(subvec [1] "a")', '! type'],
    ['(subvec "abc" 1)', '! type'],
  ]);
});

describe('partitions', () => {
  rows([
    ['(partition 2 [1 2 3 4 5])', '[[1 2] [3 4]]'],
    ['(partition 2 [])', '[]'],
    ['(partition 3 [1 2])', '[]'],
    ['(partition 2 1 [1 2 3])', '[[1 2] [2 3]]'],
    ['(partition 1 2 [1 2 3])', '[[1] [3]]'],
    ['(partition 3 3 [:x :y :z] [1 2 3 4])', '[[1 2 3] [4 :x :y]]'],
    ['(partition 3 3 nil [1 2 3 4])', '[[1 2 3] [4]]'],
    ['(partition 3 1 [:x] [1 2 3 4])', '[[1 2 3] [2 3 4] [3 4 :x]]'],
    ['(partition 0 [1])', '! type Type error in partition: expected a positive integer, got 0'],
    ['(partition 1.5 [1])', '! type'],
    ['(partition-all 2 [1 2 3])', '[[1 2] [3]]'],
    ['(partition-all 3 1 [1 2 3])', '[[1 2 3] [2 3] [3]]'],
    ['(%split-runs [1 1 2 1] [:a :b :c :d])', '[[:a :b] [:c] [:d]]'],
    ['(%split-runs [] [])', '[]'],
    ['(dedupe [1 1 [2] (list 2) 1])', '[1 [2] 1]'],
    ['(dedupe nil)', '[]'],
  ]);
});

describe('joining, mixing and repeating', () => {
  rows([
    ['(concat)', '[]'],
    ['(concat [1] nil (list 2) #{3} {:a 4} "b")', '[1 2 3 [:a 4] "b"]'],
    ['(concat [1] 2)', '! type Type error in concat: expected a collection, got integer'],
    ['(%concat-all [[1] (list 2)])', '[1 2]'],
    ['(%concat-list (list 1) [2])', '(1 2)'],
    ['(reverse [1 2 3])', '[3 2 1]'],
    ['(reverse "a😀")', '["😀" "a"]'],
    ['(zip [1 2 3] "ab")', '[[1 "a"] [2 "b"]]'],
    ['(zip [1])', '[[1]]'],
    ['(interleave)', '[]'],
    ['(interleave [1 2] [3])', '[1 3]'],
    ['(interpose 0 [1 2])', '[1 0 2]'],
    ['(interpose 0 [1])', '[1]'],
    ['(flatten [1 [[] (list 2 [nil])] #{3}])', '[1 2 nil #{3}]'],
    ['(flatten 5)', '[]'],
    ['(repeat 2 nil)', '[nil nil]'],
    ['(repeat -1 0)', '[]'],
    ['(repeat 0)', '! arity Arity mismatch in repeat: expected 2, got 1'],
    ['(cycle-n 3 "ab")', '["a" "b" "a"]'],
    ['(cycle-n 3 nil)', '[]'],
    ['(distinct [2 1 2 1.0 (list 1) [1] nil nil])', '[2 1 1.0 (1) nil]'],
    ['(distinct? 1 1.0 "1")', 'true'],
    ['(distinct? [1] (list 1))', 'false'],
  ]);
});

describe('runs of numbers', () => {
  rows([
    ['(range 3)', '[0 1 2]'],
    ['(range -3)', '[]'],
    ['(range 1 3)', '[1 2]'],
    ['(range 0 7 3)', '[0 3 6]'],
    ['(range 3 0 -1)', '[3 2 1]'],
    ['(range 0 3 -1)', '[]'],
    ['(range 0 1 0.25)', '[0 0.25 0.5 0.75]'],
    ['(range 0.5 3)', '[0.5 1.5 2.5]'],
    ['(range 0 2.5)', '[0 1 2]'],
    ['(range 0 0.3 0.1)', '[0 0.1 0.2]'],
    ['(range 9007199254740990 9007199254740993)', '[9007199254740990 9007199254740991 9007199254740992]'],
    ['(range 0 40000000000000000000 20000000000000000000)', '[0 20000000000000000000]'],
    ['(range 0 ##Inf)', '! overflow Limit exceeded: collection-size'],
    ['(range 0 ##NaN)', '[]'],
    ['(range 0 5 0)', '! argument'],
    ['(range 0 5 0.0)', '! argument'],
    ['(range "a")', '! type Type error in range: expected number, got string'],
    ['(range)', '! arity Arity mismatch in range: expected 1 to 3, got 0'],
    ['(numbers 1 3)', '[1 2 3]'],
    ['(numbers 3 1)', '[]'],
    ['(numbers 1 2.5)', '! type'],
  ]);

  it('goes exactly as far as the end, whatever the floats', () => {
    const bound = fc.double({ min: -100, max: 100, noNaN: true });
    // The quotient is rounded to 2, and the third element lies before the end.
    expect([...(call('range', [makeFloat(-99.99999999999991), makeFloat(5e-324), makeFloat(49.99999999999996)]) as Vector)]).toHaveLength(3);
    fc.assert(
      fc.property(bound, bound, fc.double({ min: 0.05, max: 50, noNaN: true }), (start, end, step) => {
        const items = [...(call('range', [makeFloat(start), makeFloat(end), makeFloat(step)]) as Vector)].map(toNumber);
        expect(items.every((item) => item < end)).toBe(true);
        if (start < end) expect(start + items.length * step).toBeGreaterThanOrEqual(end);
        else expect(items).toEqual([]);
      }),
    );
  });
});

function toNumber(value: Value): number {
  return typeof value === 'object' && value !== null && value.kind === 'float' ? value.value : Number(value);
}

/** Any small value, with many repetitions and with ties between kinds (lists and vectors, zeros). */
const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer({ min: -3, max: 3 }).map((n) => (n === 0 ? 0 : n)),
    fc.constantFrom<Value>(null, true, false, 'a', 'b', 'ab', 0.5, -2.5, 12345678901234567890n, keyword('k'), keyword('l')),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => Vector.adopt(items)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => List.adopt(items)),
  ),
})).value;

describe('sorting and grouping', () => {
  rows([
    ['(%sort [3 1 2])', '[1 2 3]'],
    ['(%sort [1.5 ##NaN -1 ##Inf 1])', '[-1 1 1.5 ##Inf ##NaN]'],
    ['(%sort [:b nil 2 "a" true [1] 1.0 1])', '[nil true 1 1.0 2 "a" :b [1]]'],
    ['(%sort {:b 1 :a 2})', '[[:a 2] [:b 1]]'],
    ['(%sort nil)', '[]'],
    ['(%sort 5)', '! type Type error in sort: expected a collection, got integer'],
    ['(%sort-by-keys [2 1 2 1] [:a :b :c :d])', '[:b :d :a :c]'],
    ['(%before? -1)', 'true'],
    ['(%before? 0)', 'false'],
    ['(%before? -0.5)', 'true'],
    ['(%before? true)', 'true'],
    ['(%before? nil)', 'false'],
    ['(%before? :a)', '! type Type error in sort: expected a number or a boolean from the comparison, got keyword'],
    ['(%append-slice [0] [1 2 3] 1 3)', '[0 2 3]'],
    ['(frequencies [:b :a :b (list 1) [1]])', '{:a 1 :b 2 [1] 2}'],
    ['(%group [true false true] [1 2 3])', '{false [2] true [1 3]}'],
    ['(%group [] [])', '{}'],
  ]);

  it('orders any values stably', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 40 }), (items) => {
        const sorted = [...(call('%sort', [Vector.adopt([...items])]) as Vector)];
        const expected = items.map((item, index) => ({ item, index })).sort((a, b) => compare(a.item, b.item) || a.index - b.index);
        expect(sorted.length).toBe(items.length);
        sorted.forEach((item, index) => expect(item).toBe(expected[index]!.item));
      }),
    );
  });

  it('keeps the first of each of the equal elements', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 60 }), (items) => {
        const kept: Value[] = [];
        for (const item of items) if (!kept.some((other) => equals(other, item))) kept.push(item);
        const distinct = [...(call('distinct', [Vector.adopt([...items])]) as Vector)];
        expect(distinct.length).toBe(kept.length);
        distinct.forEach((item, index) => expect(item).toBe(kept[index]));
      }),
    );
  });

  it('counts as many elements as there are', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 60 }), (items) => {
        const counts = call('frequencies', [Vector.adopt([...items])]);
        let total = 0;
        for (const item of items) {
          const same = items.filter((other) => equals(other, item)).length;
          expect(call('get', [counts, item])).toBe(same);
          total += 1 / same;
        }
        expect(call('count', [counts])).toBe(Math.round(total));
      }),
    );
  });

  it('groups a million elements of few kinds, and a million different ones', () => {
    const few = Vector.adopt(Array.from({ length: 1_000_000 }, (_, i) => keyword(`k${i % 7}`)));
    expect(call('count', [call('frequencies', [few])])).toBe(7);
    const different = Vector.adopt(Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1_000_003));
    expect(call('count', [call('frequencies', [different])])).toBe(1_000_000);
  });
});
