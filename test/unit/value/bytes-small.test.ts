/** Small documents in one walk: the bytes are those of the other encoder, or there are none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeValue } from '../../../src/value/bytes.ts';
import { SmallWriter } from '../../../src/value/bytes-small.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { SetValue } from '../../../src/value/set.ts';
import { keyword, makeFloat, Timestamp, Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue } from '../../support/arbitraries.ts';

const BEFORE = new Uint8Array([1, 2, 3]);

function written(writer: SmallWriter, value: Value): Uint8Array | null {
  writer.restart();
  if (!writer.value(value)) return null;
  expect(writer.documentFrom(0).subarray(0, BEFORE.length)).toEqual(BEFORE);
  return writer.documentFrom(BEFORE.length);
}

test('whatever is written has the bytes of the other encoder, and stays as it is', () => {
  let count = 0;
  fc.assert(
    fc.property(fc.array(arbitraryValue(), { minLength: 1, maxLength: 5 }), (values) => {
      const writer = new SmallWriter(BEFORE);
      const all = values.map((value) => written(writer, value));
      values.forEach((value, i) => {
        if (all[i] === null) return;
        count += 1;
        expect(all[i]).toEqual(encodeValue(value));
      });
    }),
    { numRuns: 1000 },
  );
  expect(count).toBeGreaterThan(500);
});

describe('is written', () => {
  const nested = (depth: number): Value => (depth === 0 ? 5 : Vector.of(nested(depth - 1)));
  test.each<[string, Value]>([
    ['small things that occur often', Vector.of(1, 1, 'a', 'a', keyword('b'), keyword('b'), null, null, true, true, Vector.empty(), Vector.empty(), makeFloat(2), makeFloat(2), new Timestamp(5), new Timestamp(5))],
    ['a keyword and a string of one name', Vector.of('name', keyword('name'))],
    ['a list and a vector of one content', Vector.of(List.of(1, 2), Vector.of(1, 2))],
    ['texts that are not ASCII', Vector.of('é', 'naïve', '\u{1f600}', '\ud800', keyword('größe'), 'x'.repeat(31), 'y'.repeat(32), 'é'.repeat(31))],
    ['maps and sets', Vector.of(MapValue.of(keyword('a'), 1, keyword('bc'), SetValue.from([3, 1, 2])), -17, 2 ** 52, 0.5)],
    ['what is eight deep', nested(8)],
    ['many numbers', Vector.adopt(Array.from({ length: 40_000 }, (_, i) => i))],
  ])('%s', (_, value) => {
    const writer = new SmallWriter(BEFORE);
    expect(written(writer, value)).toEqual(encodeValue(value));
    expect(written(writer, 'next')).toEqual(encodeValue('next'));
  });

  test.each<[string, Value]>([
    ['not: a text that occurs twice', Vector.of('ab', 'ab')],
    ['not: a keyword that occurs twice', Vector.of(keyword('ab'), keyword('ab'))],
    ['not: a composite that occurs twice', Vector.of(Vector.of(1, 2), Vector.of(1, 2))],
    ['not: one inside another', Vector.of(Vector.of(3), Vector.of(Vector.of(3)))],
    ['not: a large integer', Vector.of(2n ** 60n)],
    ['not: a uuid', new Uuid('00000000-0000-0000-0000-000000000000')],
    ['not: what is nine deep', nested(9)],
    ['not: 33 different texts', Vector.adopt(Array.from({ length: 33 }, (_, i) => `text ${i}`))],
    ['not: a huge text', 'x'.repeat(100_000)],
  ])('%s', (_, value) => {
    const writer = new SmallWriter(BEFORE);
    expect(written(writer, value)).toBe(null);
    expect(written(writer, 'next')).toEqual(encodeValue('next'));
  });
});
