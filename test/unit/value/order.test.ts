import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { BudgetSpent, compare, equals, isSame, preferredKey } from '../../../src/value/order.ts';
import { printValue } from '../../../src/value/print.ts';
import { SetValue } from '../../../src/value/set.ts';
import { Closure, ErrorValue, Handle, keyword, makeFloat, PrimitiveFunction, symbol, Timestamp, Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue, rebuilt } from '../../support/arbitraries.ts';

const code = { group: 'aa'.repeat(32), unit: 0, name: 'f' };
const error = new ErrorValue(keyword('error/user'), 'm', null, null, null);

describe('the total order', () => {
  const ascending: readonly (readonly [Value, string])[] = [
    [null, 'nil'],
    [false, 'false'],
    [true, 'true'],
    [Number.NEGATIVE_INFINITY, '##-Inf'],
    [-(10n ** 20n), 'a large negative integer'],
    [-1, '-1'],
    [makeFloat(-1), '-1.0 after -1'],
    [0, '0'],
    [makeFloat(0), '0.0 after 0'],
    [0.5, '0.5'],
    [1, '1'],
    [makeFloat(1), '1.0'],
    [2 ** 53 - 1, 'the greatest machine integer'],
    [2n ** 53n, 'the first large integer'],
    [makeFloat(2 ** 53), 'the float of the same value'],
    [2n ** 53n + 1n, 'an integer that no float can hold'],
    [Number.POSITIVE_INFINITY, '##Inf'],
    [Number.NaN, '##NaN after every number'],
    ['', 'the empty string'],
    ['a', '"a"'],
    ['a\u0000', 'a longer string'],
    ['b', '"b"'],
    ['\ud83d\ude00', 'a pair, by its first UTF-16 unit'],
    ['\uffff', 'the last unit'],
    [keyword('a'), ':a'],
    [keyword('b'), ':b'],
    [symbol('a'), 'a symbol'],
    [Vector.empty(), '[]'],
    [Vector.of(1), '[1]'],
    [Vector.of(1, 2), 'a longer vector'],
    [List.of(1, 3), 'a list by its elements'],
    [Vector.of(2), '[2]'],
    [MapValue.empty(), '{}'],
    [MapValue.of(1, 1), '{1 1}'],
    [MapValue.of(1, 1, 2, 2), '{1 1 2 2}'],
    [MapValue.of(1, 2), '{1 2}'],
    [SetValue.of(1), '#{1}'],
    [SetValue.of(1, 2), '#{1 2}'],
    [new Timestamp(-1), 'a timestamp'],
    [new Timestamp(0), 'a later one'],
    [new Uuid('00000000-0000-0000-0000-000000000001'), 'a uuid'],
    [new Handle('resource://a'), 'a handle'],
    [error, 'an error'],
    [new PrimitiveFunction('+'), 'a kernel function'],
    [new Closure(code, []), 'a closure'],
    [new Closure({ ...code, unit: 1 }, []), 'another unit of the same group'],
  ];

  test('each value of the table stands before all that follow', () => {
    for (const [i, [a, nameA]] of ascending.entries()) {
      for (const [j, [b, nameB]] of ascending.entries()) {
        expect(Math.sign(compare(a, b)), `${nameA} against ${nameB}`).toBe(Math.sign(i - j));
      }
    }
  });

  test('lists tie with vectors and 0.0 with -0.0, also deep inside', () => {
    expect(compare(List.of(1, makeFloat(-0)), Vector.of(1, makeFloat(0)))).toBe(0);
    expect(compare(MapValue.of(1, List.of(1)), MapValue.of(1, Vector.of(1)))).toBe(0);
  });

  test('is antisymmetric and reflexive', () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), (a, b) => {
        expect(Math.sign(compare(a, b)) + Math.sign(compare(b, a))).toBe(0);
        expect(compare(a, rebuilt(a))).toBe(0);
      }),
    );
  });

  test('is transitive', () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), arbitraryValue(), (a, b, c) => {
        const [x, y, z] = [a, b, c].sort(compare) as [Value, Value, Value];
        expect(compare(x, y)).toBeLessThanOrEqual(0);
        expect(compare(y, z)).toBeLessThanOrEqual(0);
        expect(compare(x, z)).toBeLessThanOrEqual(0);
        if (compare(x, z) === 0) expect([compare(x, y), compare(y, z)]).toEqual([0, 0]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('equality', () => {
  const equal: readonly (readonly [Value, Value])[] = [
    [1, 1],
    [10n ** 20n, 10n ** 20n],
    [makeFloat(0), makeFloat(-0)],
    [Vector.of(1), List.of(1)],
    [Vector.of(Vector.of(makeFloat(0))), List.of(List.of(makeFloat(-0)))],
    [SetValue.of(1, List.of(2)), SetValue.of(Vector.of(2), 1)],
    [MapValue.of('a', List.of(1), 'b', 2), MapValue.of('b', 2, 'a', Vector.of(1))],
    [error, new ErrorValue(keyword('error/user'), 'm', null, null, null)],
    [new Closure(code, [1]), new Closure({ ...code, name: 'other' }, [1])],
    [new PrimitiveFunction('+'), new PrimitiveFunction('+')],
    [symbol('x'), symbol('x')],
    [new Timestamp(5), new Timestamp(5)],
  ];
  test.each(equal)('%# holds', (a, b) => {
    expect(equals(a, b)).toBe(true);
    expect(equals(b, a)).toBe(true);
  });

  const different: readonly (readonly [Value, Value])[] = [
    [1, makeFloat(1)],
    [makeFloat(2 ** 60), 2n ** 60n],
    ['a', keyword('a')],
    [keyword('a'), symbol('a')],
    [null, false],
    [Vector.empty(), null],
    [Vector.of(1), SetValue.of(1)],
    [Vector.of(1), Vector.of(1, 2)],
    [MapValue.of(1, 1), MapValue.of(1, 1, 2, 2)],
    [Number.NaN, Number.NaN],
    [Vector.of(Number.NaN), Vector.of(Number.NaN)],
    [MapValue.of('a', Number.NaN), MapValue.of('a', Number.NaN)],
    [new Closure(code, [Vector.of(1)]), new Closure(code, [List.of(1)])],
    [new Closure(code, [makeFloat(0)]), new Closure(code, [makeFloat(-0)])],
  ];
  test.each(different)('%# does not hold', (a, b) => {
    expect(equals(a, b)).toBe(false);
    expect(equals(b, a)).toBe(false);
  });

  test('a vector with NaN is not even equal to itself, because identity does not survive saving and restoring', () => {
    const vector = Vector.of(1, Vector.of(Number.NaN));
    expect(equals(vector, vector)).toBe(false);
  });

  test('a function is equal to itself whatever it holds', () => {
    const closure = new Closure(code, [Number.NaN, Vector.of(Number.NaN)]);
    expect(equals(closure, closure)).toBe(true);
    expect(equals(closure, rebuilt(closure))).toBe(true);
  });

  test('agrees with the order wherever there is no NaN', () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), (a, b) => {
        for (const [x, y] of [[a, b], [a, rebuilt(a)], [a, a]] as const) {
          const hasNaN = printValue(x)!.includes('##NaN') || printValue(y)!.includes('##NaN');
          if (!hasNaN) expect(equals(x, y)).toBe(compare(x, y) === 0);
        }
      }),
    );
  });
});

describe('sameness', () => {
  test('knows lists from vectors and the two zeros, and takes all NaN for one', () => {
    expect(isSame(List.of(1), Vector.of(1))).toBe(false);
    expect(isSame(makeFloat(0), makeFloat(-0))).toBe(false);
    expect(isSame(Vector.of(Number.NaN), Vector.of(Number.NaN))).toBe(true);
    expect(isSame(1, makeFloat(1))).toBe(false);
  });

  test('holds between a value and the same value built again', () => {
    fc.assert(
      fc.property(arbitraryValue(), (value) => {
        expect(isSame(value, rebuilt(value))).toBe(true);
      }),
    );
  });
});

describe('shared parts', () => {
  /** 2^depth paths; `twice` builds each level from two objects of equal content instead of one object. */
  function bomb(depth: number, leaf: Value, twice: boolean): Value {
    let value: Value = Vector.of(leaf);
    for (let i = 0; i < depth; i++) value = Vector.of(value, twice ? Vector.adopt((value as Vector).toArray()) : value);
    return value;
  }

  test('two values of 2^1000 paths compare in no time', () => {
    const a = bomb(1000, 1, true);
    expect(compare(a, bomb(1000, 1, false))).toBe(0);
    expect(equals(a, bomb(1000, 1, false))).toBe(true);
    expect(equals(a, bomb(1000, 2, true))).toBe(false);
    expect(isSame(a, bomb(1000, 1, false))).toBe(true);
  });

  test('a value of 2^1000 paths with a NaN at the bottom is found unequal to itself', () => {
    const value = bomb(1000, Number.NaN, true);
    expect(equals(value, value)).toBe(false);
  });

  test('of two equal keys of 2^1000 paths the one to keep is found in no time', () => {
    let lists: Value = List.of(1);
    for (let i = 0; i < 1000; i++) lists = Vector.of(lists, Vector.adopt((lists as Vector).toArray()));
    const vectors = bomb(1000, 1, true);
    expect(compare(lists, vectors)).toBe(0);
    expect(preferredKey(lists, vectors)).toBe(vectors);
    expect(preferredKey(vectors, lists)).toBe(vectors);
    expect(preferredKey(vectors, bomb(1000, 1, false))).toBe(vectors);
  });

  test('a budget counts parts as if nothing were shared, so that sharing does not show', () => {
    const cost = (a: Value, b: Value): number => {
      const budget = { left: 1e9 };
      equals(a, b, budget);
      return 1e9 - budget.left;
    };
    const shared = bomb(12, 'x', false);
    const unshared = rebuilt(shared);
    // A tree of 12 levels of two and one leaf below each last vector: 2 + 4 + … + 2^12 vectors and 2^12 leaves.
    const parts = 2 ** 13 - 2 + 2 ** 12;
    expect([cost(shared, shared), cost(shared, unshared), cost(unshared, rebuilt(shared))]).toEqual([parts, parts, parts]);
  });

  test('a spent budget stops the walk', () => {
    expect(() => equals(bomb(1000, 1, true), bomb(1000, 1, true), { left: 10_000 })).toThrow(BudgetSpent);
    expect(() => compare(bomb(1000, 1, true), bomb(1000, 1, false), { left: 10_000 })).toThrow(BudgetSpent);
  });
});
