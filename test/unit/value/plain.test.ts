import fc from 'fast-check';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { isSame } from '../../../src/value/order.ts';
import { fromPlain, toPlain } from '../../../src/value/plain.ts';
import { printValue } from '../../../src/value/print.ts';
import { SetValue } from '../../../src/value/set.ts';
import { ErrorValue, keyword, makeFloat, PrimitiveFunction, symbol, Timestamp, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue } from '../../support/arbitraries.ts';

function read(data: unknown): string {
  const value = fromPlain(data);
  return value.ok ? printValue(value.value)! : `${value.error.message} at ${value.error.path || 'the top'}`;
}

describe('from plain data', () => {
  test.each([
    [null, 'nil'],
    [undefined, 'nil'],
    [true, 'true'],
    ['a', '"a"'],
    [1, '1'],
    [-0, '0'],
    [1.5, '1.5'],
    [2 ** 53, '9007199254740992'],
    [1e21, '1000000000000000000000'],
    [Number.NaN, '##NaN'],
    [Number.POSITIVE_INFINITY, '##Inf'],
    [5n, '5'],
    [10n ** 20n, '100000000000000000000'],
    [[1, [undefined], []], '[1 [nil] []]'],
    [{ b: 1, a: { c: [] } }, '{"a" {"c" []} "b" 1}'],
    [Object.assign(Object.create(null) as object, { a: 1 }), '{"a" 1}'],
    [JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'), '{"__proto__" {"polluted" true} "constructor" 1}'],
    [[makeFloat(1), keyword('k'), SetValue.of(1)], '[1.0 :k #{1}]'],
  ])('%#', (data, printed) => {
    expect(read(data)).toBe(printed);
  });

  class Point {
    readonly x = 1;
  }
  const cycle: Record<string, unknown> = { list: [1] };
  (cycle['list'] as unknown[]).push(cycle);
  test.each([
    [() => 1, 'a function cannot become a value at the top'],
    [{ a: [0, Symbol('s')] }, 'a symbol cannot become a value at .a[1]'],
    [[new Date(0)], 'only arrays and plain objects can become values, not instances of a class at [0]'],
    [{ p: new Point() }, 'only arrays and plain objects can become values, not instances of a class at .p'],
    [new Map(), 'only arrays and plain objects can become values, not instances of a class at the top'],
    [Uint8Array.of(1), 'only arrays and plain objects can become values, not instances of a class at the top'],
    [cycle, 'data that contains itself cannot become a value at .list[1]'],
  ])('%#: refused', (data, message) => {
    expect(read(data)).toBe(message);
  });

  test('objects of another realm are plain too', () => {
    expect(read(runInContext('({ a: [1, { b: 2 }] })', createContext()))).toBe('{"a" [1 {"b" 2}]}');
  });

  test('keys can become keywords', () => {
    const value = fromPlain({ a: { b: 1 } }, { keys: 'keywords' });
    expect(value.ok && printValue(value.value)).toBe('{:a {:b 1}}');
  });

  test('data used twice becomes one value used twice, in linear time', () => {
    let data: unknown = [1];
    for (let i = 0; i < 1000; i++) data = { a: data, b: data };
    const value = fromPlain(data);
    expect(value.ok && printValue(value.value, { maxLength: 1000 })).toBe(null);
  });
});

describe('to plain data', () => {
  test.each([
    [null, null],
    [makeFloat(1), 1],
    [10n ** 20n, 10n ** 20n],
    [keyword('ns/a'), 'ns/a'],
    [symbol('s'), 's'],
    [Vector.of(1, List.of(2), SetValue.of(4, 3)), [1, [2], [3, 4]]],
    [MapValue.of(keyword('a'), 1, 'b', MapValue.empty(), 3, 4, Vector.of(1), 5), { a: 1, b: {}, '3': 4, '[1]': 5 }],
    [MapValue.of('a', 1, keyword('a'), 2), { a: 1, ':a': 2 }],
    [MapValue.of('a', 1, ':a', 2, keyword('a'), 3, ':a (2)', 4), { a: 1, ':a': 2, ':a (2)': 4, ':a (3)': 3 }],
    [MapValue.of(1, 'integer', '1', 'string'), { '1': 'string', '1 (2)': 'integer' }],
    [new Timestamp(0), '1970-01-01T00:00:00Z'],
    [new PrimitiveFunction('+'), '#<fn +>'],
    [new ErrorValue(keyword('error/user'), 'm', MapValue.of(keyword('k'), 1), null, null), { type: 'error/user', message: 'm', data: { k: 1 } }],
  ] as [Value, unknown][])('%#', (value, data) => {
    expect(toPlain(value)).toEqual(data);
  });

  test('__proto__ becomes an own property and pollutes nothing', () => {
    const data = toPlain(MapValue.of('__proto__', MapValue.of('polluted', true), 'constructor', 1)) as Record<string, unknown>;
    expect(Object.keys(data)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect((data as { polluted?: unknown }).polluted).toBe(undefined);
    expect(({} as { polluted?: unknown }).polluted).toBe(undefined);
  });

  test('a value of 2^1000 paths becomes data that shares its parts', () => {
    let value: Value = Vector.of(1);
    for (let i = 0; i < 1000; i++) value = MapValue.of('a', value, 'b', value);
    const data = toPlain(value) as Record<string, unknown>;
    expect(data['a']).toBe(data['b']);
  });
});

/** Whole numbers become integers: exact ones beyond 2^53, and no -0. */
function expected(data: unknown): unknown {
  if (typeof data === 'number') return Number.isInteger(data) ? (Number.isSafeInteger(data) ? data + 0 : BigInt(data)) : data;
  if (Array.isArray(data)) return data.map(expected);
  if (typeof data !== 'object' || data === null) return data;
  const copy = {};
  for (const [key, value] of Object.entries(data)) Object.defineProperty(copy, key, { value: expected(value), enumerable: true });
  return copy;
}

test('no entry is lost, whatever the keys', () => {
  fc.assert(
    fc.property(fc.array(arbitraryValue(), { maxLength: 30 }), (keys) => {
      const map = MapValue.from(keys.map((key) => [key, 1] as const));
      expect(Object.keys(toPlain(map) as object).length).toBe(map.size);
    }),
  );
});

test('data goes through values and comes back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (data) => {
      const value = fromPlain(data);
      expect(value.ok && toPlain(value.value)).toEqual(expected(data));
    }),
    { numRuns: 500 },
  );
});

test('a value comes through fromPlain untouched', () => {
  fc.assert(
    fc.property(arbitraryValue(), (value) => {
      const through = fromPlain(value);
      // A whole JavaScript number is an integer, and every plain number of a value is what fromPlain makes of it.
      expect(through.ok && isSame(through.value, value)).toBe(true);
    }),
  );
});
