import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeValue } from '../../../src/value/bytes.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { compare, isSame } from '../../../src/value/order.ts';
import { printValue } from '../../../src/value/print.ts';
import { SetValue } from '../../../src/value/set.ts';
import { Closure, keyword, makeFloat, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue } from '../../support/arbitraries.ts';

interface TreeNode {
  readonly leaf: boolean;
  readonly keys: readonly Value[];
  readonly values?: readonly Value[];
  readonly children?: readonly TreeNode[];
  readonly size?: number;
}

/** The depth of the tree, after making sure that it is one: sorted, balanced, of allowed widths, counted rightly. */
function checkTree(map: MapValue): number {
  const root = (map as unknown as { root: TreeNode }).root;
  const { depth, size } = checkNode(root, true);
  expect(size).toBe(map.size);
  const keys = map.keys();
  for (let i = 1; i < keys.length; i++) expect(compare(keys[i - 1]!, keys[i]!)).toBeLessThan(0);
  return depth;
}

function checkNode(node: TreeNode, isRoot: boolean): { depth: number; size: number } {
  expect(node.keys.length).toBeLessThanOrEqual(32);
  if (!isRoot) expect(node.keys.length).toBeGreaterThanOrEqual(5);
  if (node.leaf) {
    expect(node.values?.length).toBe(node.keys.length);
    return { depth: 1, size: node.keys.length };
  }
  if (isRoot) expect(node.keys.length).toBeGreaterThanOrEqual(2);
  const below = node.children!.map((child) => checkNode(child, false));
  expect(new Set(below.map(({ depth }) => depth)).size).toBe(1);
  node.children!.forEach((child, i) => expect(child.keys[0]).toBe(node.keys[i]));
  const size = below.reduce((total, child) => total + child.size, 0);
  expect(node.size).toBe(size);
  return { depth: below[0]!.depth + 1, size };
}

/** A generator of numbers that are the same in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

describe('a map against a model', () => {
  const keyKinds: readonly (readonly [string, (n: number) => Value])[] = [
    ['integers', (n) => n],
    ['strings', (n) => `key ${n}`],
    ['keywords', (n) => keyword(`k${n}`)],
    ['vectors', (n) => Vector.of(n % 7, n)],
  ];

  test.each(keyKinds)('ten thousand random changes with %s as keys', (_, makeKey) => {
    const next = sequence(42);
    let map = MapValue.empty();
    const model = new Map<number, number>();
    for (let step = 0; step < 10_000; step++) {
      const n = next(3000);
      // First it grows, then it shrinks again.
      if (next(10) < (step < 6000 ? 8 : 2)) {
        map = map.set(makeKey(n), step);
        model.set(n, step);
      } else {
        map = map.delete(makeKey(n));
        model.delete(n);
      }
      if (step % 1000 === 0) checkTree(map);
    }
    checkTree(map);
    expect(map.size).toBe(model.size);
    for (let n = 0; n < 3000; n++) {
      expect(map.get(makeKey(n))).toBe(model.get(n));
      expect(map.has(makeKey(n))).toBe(model.has(n));
    }
  });

  test.each([1, 2, 31, 32, 33, 1024, 1025, 2500])('emptied one by one from %i entries', (count) => {
    const next = sequence(count);
    let map = MapValue.from(Array.from({ length: count }, (_, n) => [n, n] as const));
    checkTree(map);
    const left = Array.from({ length: count }, (_, n) => n);
    while (left.length > 0) {
      const [key] = left.splice(next(left.length), 1);
      map = map.delete(key!);
      if (left.length % 131 === 0) checkTree(map);
    }
    expect(map).toBe(MapValue.empty());
  });

  test('filled in ascending, descending and mixed order it is the same map', () => {
    const ascending = Array.from({ length: 4000 }, (_, n) => n);
    const mixed = ascending.map((n) => (n * 2654435761) % 4000);
    const filled = [ascending, [...ascending].reverse(), mixed].map((keys) => {
      return keys.reduce<MapValue>((map, key) => map.set(key, key), MapValue.empty());
    });
    filled.forEach(checkTree);
    for (const map of filled) expect(map.keys()).toEqual(ascending.filter((key) => map.has(key)));
    expect(isSame(filled[0]!, filled[1]!)).toBe(true);
    expect(printValue(filled[0]!)).toBe(printValue(filled[1]!));
  });

  test('old versions stay as they were', () => {
    const base = MapValue.from(Array.from({ length: 500 }, (_, n) => [n, 'old'] as const));
    const changed = Array.from({ length: 500 }, (_, n) => (n % 2 === 0 ? base.set(n, 'new') : base.delete(n)));
    expect(base.values().every((value) => value === 'old')).toBe(true);
    expect(base.size).toBe(500);
    changed.forEach((map, n) => expect(map.get(n)).toBe(n % 2 === 0 ? 'new' : undefined));
  });
});

describe('history does not show', () => {
  test('whatever the order of its entries, a map has the same bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(arbitraryValue(), arbitraryValue()), { maxLength: 40 }), fc.infiniteStream(fc.nat()), (entries, dice) => {
        const distinct = MapValue.from(entries);
        const shuffled = [...distinct].map((entry) => [dice.next().value!, entry] as const).sort(([a], [b]) => a - b);
        const oneByOne = shuffled.reduce<MapValue>((map, [, [key, value]]) => map.set(key, value), MapValue.empty());
        expect(encodeValue(oneByOne)).toEqual(encodeValue(distinct));
        expect([...oneByOne]).toEqual([...distinct]);
      }),
    );
  });

  test('a list and a vector with equal elements are one key; the vector stays, whichever came first', () => {
    const list = List.of(1, List.of(2));
    const vector = Vector.of(1, Vector.of(2));
    expect(printValue(MapValue.empty().set(list, 'a').set(vector, 'b'))).toBe('{[1 [2]] "b"}');
    expect(printValue(MapValue.empty().set(vector, 'a').set(list, 'b'))).toBe('{[1 [2]] "b"}');
    expect(printValue(MapValue.of(list, 'a', vector, 'b'))).toBe('{[1 [2]] "b"}');
    expect(MapValue.of(list, 'a').get(List.of(1, Vector.of(2)))).toBe('a');
  });

  test('a list alone as a key stays a list: code in a map is still code', () => {
    expect(printValue(MapValue.of(List.of(1, 2), 'a'))).toBe('{(1 2) "a"}');
    expect(printValue(SetValue.of(List.of(1, 2)))).toBe('#{(1 2)}');
  });

  test('of keys with lists in different places, the first difference decides in any order', () => {
    const a = Vector.of(List.of(1), Vector.of(2));
    const b = Vector.of(Vector.of(1), List.of(2));
    expect(printValue(SetValue.of(a, b))).toBe('#{[[1] (2)]}');
    expect(printValue(SetValue.of(b, a))).toBe('#{[[1] (2)]}');
  });

  test('-0.0 and 0.0 are one key, stored as 0.0, also inside a vector and a map', () => {
    const minus = makeFloat(-0);
    expect(printValue(MapValue.of(minus, 1))).toBe('{0.0 1}');
    expect(printValue(MapValue.of(Vector.of(minus), 1, Vector.of(makeFloat(0)), 2))).toBe('{[0.0] 2}');
    expect(printValue(SetValue.of(MapValue.of('a', List.of(minus))))).toBe('#{{"a" (0.0)}}');
  });

  test('1 and 1.0 are two keys', () => {
    expect(MapValue.of(1, 'a', makeFloat(1), 'b').size).toBe(2);
  });

  test('NaN is one key', () => {
    const map = MapValue.of(Number.NaN, 1).set(Number.NaN, 2);
    expect(printValue(map)).toBe('{##NaN 2}');
  });

  test('functions that hold a list and a vector are two keys: they behave differently', () => {
    const code = { group: 'ab'.repeat(32), unit: 0, name: null };
    const set = SetValue.of(new Closure(code, [List.of(1)]), new Closure(code, [Vector.of(1)]));
    expect(set.size).toBe(2);
  });

  test('of entries with one key the last counts', () => {
    expect(printValue(MapValue.from([['a', 1], ['b', 2], ['a', 3]]))).toBe('{"a" 3 "b" 2}');
  });
});

describe('keys that attack', () => {
  test('16,384 strings whose 31-polynomial hashes collide are kept apart quickly', () => {
    // "Aa" and "BB" have the same hash in Java and in Immutable, and so has every sequence of them.
    const keys = Array.from({ length: 16_384 }, (_, n) => {
      return Array.from({ length: 14 }, (_bit, bit) => ((n >> bit) & 1) === 0 ? 'Aa' : 'BB').join('');
    });
    let map = MapValue.empty();
    for (const key of keys) map = map.set(key, key);
    expect(map.size).toBe(16_384);
    for (const key of keys) expect(map.get(key)).toBe(key);
  });

  test('names of object properties are keys like any other', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '0', '-1'];
    const map = MapValue.from(names.map((name, i) => [name, i] as const));
    expect(names.map((name) => map.get(name))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(MapValue.empty().get('__proto__')).toBe(undefined);
    expect(MapValue.empty().has('constructor')).toBe(false);
  });
});

describe('a set', () => {
  test('has each element once, in canonical order', () => {
    expect(printValue(SetValue.of(3, 'a', 1, 3, null, List.of(1), Vector.of(1)))).toBe('#{nil 1 3 "a" [1]}');
  });

  test('adds and deletes without touching the old one', () => {
    const one = SetValue.of(1);
    const two = one.add(2);
    expect([printValue(one), printValue(two), printValue(two.delete(1))]).toEqual(['#{1}', '#{1 2}', '#{2}']);
    expect(one.add(1)).toBe(one);
    expect(one.delete(9)).toBe(one);
  });

  test('walks what it says it holds', () => {
    fc.assert(
      fc.property(fc.array(arbitraryValue(), { maxLength: 60 }), (items) => {
        const set = SetValue.from(items);
        expect([...set]).toEqual(set.toArray());
        expect(set.toArray().length).toBe(set.size);
        expect(items.every((item) => set.has(item))).toBe(true);
      }),
    );
  });
});
