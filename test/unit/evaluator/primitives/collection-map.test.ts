import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { List } from '../../../../src/value/list.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { equals } from '../../../../src/value/order.ts';
import { printValue } from '../../../../src/value/print.ts';
import { SetValue } from '../../../../src/value/set.ts';
import { keyword, makeFloat, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { call, rows } from './collection-harness.ts';

describe('changing maps and vectors by key', () => {
  rows([
    ['(assoc {:a 1} :b 2)', '{:a 1 :b 2}'],
    ['(assoc nil :a 1)', '{:a 1}'],
    ['(assoc {} [1] 1 (list 1) 2)', '{[1] 2}'],
    ['(assoc [1 2] 0 :x)', '[:x 2]'],
    ['(assoc [1 2] 2 3 3 4)', '[1 2 3 4]'],
    ['(assoc [1 2] 3 :x)', '! index Index out of bounds: index 3 is not in range [0, 2)'],
    ['(assoc [1 2] -1 :x)', '! index'],
    ['(assoc [1 2] :a 1)', '! type Type error in assoc: expected integer, got keyword'],
    ['(assoc "ab" 0 "c")', '! type Type error in assoc: expected a map or vector, got string'],
    ['(assoc {} :a 1 :b)', '! arity Arity mismatch in assoc: expected a value for each key, got 4'],
    ['(assoc {} :a)', '! arity Arity mismatch in assoc: expected at least 3, got 2'],
    ['(assoc-in {} [:a :b :c] 1)', '{:a {:b {:c 1}}}'],
    ['(assoc-in nil [:a] 1)', '{:a 1}'],
    ['(assoc-in [[1]] [0 0] 2)', '[[2]]'],
    ['(assoc-in {:a 1} [:a :b] 2)', '! type Type error in assoc-in: expected a map or vector, got integer'],
    ['(assoc-in {} [] 1)', '! argument'],
    ['(dissoc {:a 1 :b 2} :a)', '{:b 2}'],
    ['(dissoc {:a 1})', '{:a 1}'],
    ['(dissoc nil :a)', 'nil'],
    ['(dissoc [1] 0)', '! type Type error in dissoc: expected map, got vector'],
    ['(dissoc-in {:a {:b 1}} [:a :b])', '{:a {}}'],
    ['(dissoc-in {:a [{:b 1}]} [:a 0 :b])', '{:a [{}]}'],
    ['(dissoc-in {:a 1} [:b])', '{:a 1}'],
    ['(dissoc-in {:a 1} [:a :b])', '{:a 1}'],
    ['(dissoc-in {:a [1]} [:a 0])', '! type'],
    ['(dissoc-in {:a 1} [])', '! argument'],
    ['(%get-for-update {:a 1} :b)', 'nil'],
    ['(%get-for-update [1] 0)', '1'],
    ['(%get-for-update [1] 1)', '! index Index out of bounds: index 1 is not in range [0, 1)'],
    ['(%get-for-update 5 1)', '! type Type error in update: expected a map or vector, got integer'],
  ]);

  it('follows a path of a hundred thousand keys', () => {
    const path = Vector.adopt(Array.from({ length: 100_000 }, (_, i) => i));
    const deep = call('assoc-in', [null, path, true]);
    expect(call('get-in', [deep, path])).toBe(true);
    expect(call('get-in', [call('dissoc-in', [deep, path]), path, 'gone'])).toBe('gone');
  });
});

describe('whole maps', () => {
  rows([
    ['(keys {:b 2 :a 1})', '[:a :b]'],
    ['(vals {:b 2 :a 1})', '[1 2]'],
    ['(keys nil)', '[]'],
    ['(vals {})', '[]'],
    ['(keys [1])', '! type Type error in keys: expected map, got vector'],
    ['(%keys 5 "update-keys")', '! type Type error in update-keys: expected map, got integer'],
    ['(select-keys {:a 1 :b nil} [:b :c])', '{:b nil}'],
    ['(select-keys nil [:a])', '{}'],
    ['(select-keys {:a 1} 5)', '! type'],
    ['(rename-keys {:a 1 :b 2} {:a :c :x :y})', '{:b 2 :c 1}'],
    ['(rename-keys {:a 1 :b 2} {:a :b :b :a})', '{:a 2 :b 1}'],
    ['(rename-keys {:a 1 :b 2} {:a :b})', '{:b 1}'],
    ['(rename-keys nil {:a :b})', 'nil'],
    ['(merge {:a 1} {:a 2} nil {:b 3})', '{:a 2 :b 3}'],
    ['(merge)', 'nil'],
    ['(merge nil nil)', 'nil'],
    ['(merge {:a 1} [:b 2])', '! type Type error in merge: expected map, got vector'],
    ['(zipmap [:a :b :a] [1 2 3])', '{:a 3 :b 2}'],
    ['(zipmap nil [1])', '{}'],
  ]);

  it('merges as adding entry by entry would', () => {
    const entries = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 9 })), { maxLength: 60 });
    fc.assert(
      fc.property(entries, entries, (left, right) => {
        let expected = MapValue.from(left);
        for (const [key, value] of right) expected = expected.set(key, value);
        expect(equals(call('merge', [MapValue.from(left), MapValue.from(right)]), expected)).toBe(true);
        const pairs = Vector.adopt(right.map(([key, value]) => Vector.of(key, value)));
        expect(equals(call('into', [MapValue.from(left), pairs]), expected)).toBe(true);
      }),
    );
  });
});

describe('sets', () => {
  rows([
    ['(disj #{1 2 3} 1 9)', '#{2 3}'],
    ['(disj nil 1)', 'nil'],
    ['(disj #{1})', '#{1}'],
    ['(union #{1} nil #{2 3})', '#{1 2 3}'],
    ['(union)', '#{}'],
    ['(union #{1} [2])', '! type Type error in union: expected set, got vector'],
    ['(intersection #{1 2 3} #{2 3} #{3 4})', '#{3}'],
    ['(intersection #{1})', '#{1}'],
    ['(intersection #{1} nil)', '#{}'],
    ['(difference #{1 2 3} #{1} #{2})', '#{3}'],
    ['(difference nil #{1})', '#{}'],
    ['(subset? #{} #{1})', 'true'],
    ['(subset? #{1 2} #{1})', 'false'],
    ['(superset? #{1 2} #{1})', 'true'],
    ['(subset? #{1} [1])', '! type Type error in subset?: expected set, got vector'],
  ]);

  it('has the algebra of JavaScript sets', () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 40 });
    fc.assert(
      fc.property(numbers, numbers, (left, right) => {
        const [a, b] = [SetValue.from(left), SetValue.from(right)];
        const of = (name: string): Value[] => [...(call(name, [a, b]) as SetValue)];
        const ascending = (items: Iterable<number>): number[] => [...new Set(items)].sort((x, y) => x - y);
        expect(of('union')).toEqual(ascending([...left, ...right]));
        expect(of('intersection')).toEqual(ascending(left.filter((n) => right.includes(n))));
        expect(of('difference')).toEqual(ascending(left.filter((n) => !right.includes(n))));
        expect(call('subset?', [a, b])).toBe(left.every((n) => right.includes(n)));
      }),
    );
  });
});

describe('map literals', () => {
  it('hold what a map built entry by entry holds, in whatever order and however large', () => {
    const key: fc.Arbitrary<Value> = fc.oneof(
      fc.integer({ min: 0, max: 20 }),
      fc.constantFrom<Value>(keyword('a'), keyword('b'), keyword('c'), 'a', null, true, makeFloat(0), makeFloat(-0), 0.5),
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }).map((items) => List.adopt(items)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.nat()), { maxLength: 40 }), (entries) => {
        let expected = MapValue.empty();
        for (const [at, value] of entries) expected = expected.set(at, value);
        const made = call('hash-map', entries.flat());
        expect(printValue(made)).toBe(printValue(expected));
      }),
    );
  });
});
