/** Values nested far too deep for a native stack: nothing here may recurse over data. */
import { describe, expect, test } from 'vitest';
import { decodeValue, encodeValue } from '../../../src/value/bytes.ts';
import { parseJson } from '../../../src/value/json-read.ts';
import { writeJson } from '../../../src/value/json-write.ts';
import { normaliseKey } from '../../../src/value/key.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { compare, equals, isSame, preferredKey } from '../../../src/value/order.ts';
import { fromPlain, toPlain } from '../../../src/value/plain.ts';
import { printValue } from '../../../src/value/print.ts';
import { SetValue } from '../../../src/value/set.ts';
import { ErrorValue, keyword, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';

/** Far beyond what fits on a native stack, in any function. */
const DEPTH = 250_000;

function nest(depth: number, core: Value, wrap: (inner: Value, level: number) => Value): Value {
  let value = core;
  for (let level = 0; level < depth; level++) value = wrap(value, level);
  return value;
}

const vectors = (core: Value): Value => nest(DEPTH, core, (inner) => Vector.of(inner));

describe('vectors in one another', () => {
  const deep = vectors(1);

  test('compare, equal and unequal only at the bottom', () => {
    expect(equals(deep, vectors(1))).toBe(true);
    expect(compare(deep, vectors(2))).toBeLessThan(0);
  });

  test('print', () => {
    const text = printValue(deep)!;
    expect(text.length).toBe(2 * DEPTH + 1);
    expect(text.slice(DEPTH - 1, DEPTH + 2)).toBe('[1]');
  });

  test('to bytes and back', () => {
    const bytes = encodeValue(deep);
    expect(bytes.length).toBe(5 + DEPTH + 1);
    const decoded = decodeValue(bytes);
    expect(decoded.ok && isSame(decoded.value, deep)).toBe(true);
  });

  test('to JSON and back', () => {
    const text = writeJson(deep);
    expect(text.ok && text.value.length).toBe(2 * DEPTH + 1);
    const back = parseJson(text.ok ? text.value : '');
    expect(back.ok && isSame(back.value, deep)).toBe(true);
  });

  test('to plain data and back', () => {
    const back = fromPlain(toPlain(deep));
    expect(back.ok && isSame(back.value, deep)).toBe(true);
  });
});

describe('other kinds of nesting', () => {
  const mixed = (core: Value): Value => {
    return nest(50_000, core, (inner, level) => {
      switch (level % 5) {
        case 0:
          return List.of(inner);
        case 1:
          return MapValue.of(keyword('k'), inner);
        case 2:
          return SetValue.of(inner);
        case 3:
          return new ErrorValue(keyword('error/user'), 'm', inner, null, null);
        default:
          return Vector.of(0, inner);
      }
    });
  };

  test('errors and sequences of all kinds, which are printed, encoded and compared', () => {
    const wrap = (inner: Value, level: number): Value => (level % 2 === 0 ? List.of(inner) : new ErrorValue(keyword('error/user'), 'm', inner, null, null));
    const [a, b] = [1, 1].map((core) => nest(100_000, core, wrap));
    expect(compare(a!, b!)).toBe(0);
    expect(printValue(a!)).toBe('#<error :error/user "m">');
    const decoded = decodeValue(encodeValue(a!));
    expect(decoded.ok && isSame(decoded.value, b!)).toBe(true);
    expect(writeJson(a!, { lossy: true }).ok).toBe(true);
  });

  test('deep keys: a set in a set in a set', () => {
    // Each level is an element, so each level is made normal and compared; what is normal is not looked at again.
    const a = nest(2000, 1, (inner) => SetValue.of(inner));
    const b = nest(2000, 1, (inner) => SetValue.of(inner));
    expect(equals(a, b)).toBe(true);
    const bytes = encodeValue(a);
    const decoded = decodeValue(bytes);
    expect(decoded.ok && isSame(decoded.value, a)).toBe(true);
  });

  test('of a deep list and the equal deep vector as one key, the vector stays', () => {
    const lists = nest(DEPTH, 1, (inner) => List.of(inner));
    expect(normaliseKey(lists)).toBe(lists);
    expect(isSame(preferredKey(lists, vectors(1)), vectors(1))).toBe(true);
  });

  test('a long list', () => {
    let list = List.empty();
    for (let i = 0; i < DEPTH; i++) list = list.cons(i);
    const decoded = decodeValue(encodeValue(list));
    expect(decoded.ok && isSame(decoded.value, list)).toBe(true);
    expect(equals(list, list.toVector())).toBe(true);
    expect(printValue(list)!.startsWith('(249999 249998 ')).toBe(true);
  });

  test('mixed nesting', () => {
    const value = mixed(1);
    const decoded = decodeValue(encodeValue(value));
    expect(decoded.ok && isSame(decoded.value, value)).toBe(true);
  });
});
