/** The values whose bytes are kept under `test/golden/value/v1`. Add documents; never change one. */
import { List } from '../../src/value/list.ts';
import { MapValue } from '../../src/value/map.ts';
import { SetValue } from '../../src/value/set.ts';
import {
  Closure,
  type CodeUnit,
  ErrorValue,
  Handle,
  keyword,
  makeFloat,
  PrimitiveFunction,
  symbol,
  Timestamp,
  Uuid,
  type Value,
} from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';

const GROUP_A = '0123456789abcdef'.repeat(4);
const GROUP_B = 'f0e1d2c3b4a59687'.repeat(4);

/** The code of the golden closures. */
export function goldenResolve(group: string, unit: number): CodeUnit | null {
  return group === GROUP_A || group === GROUP_B ? { group, unit, name: `unit-${unit}` } : null;
}

function closure(group: string, unit: number, ...captures: Value[]): Closure {
  return new Closure(goldenResolve(group, unit)!, captures);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function ladder(height: number): Value {
  return upTo(height).reduce<Value>((step) => Vector.of(step, step), Vector.of('bottom'));
}

/** Documents by name; each is a list of roots. */
export function goldenValues(): Record<string, Value[]> {
  return {
    atoms: [null, true, false],
    integers: [
      ...[0, 1, 63, 64, 191, 192, 16447, 16448, 2 ** 31, 2 ** 32, 2 ** 53 - 1],
      ...[-1, -16, -17, -144, -145, -(2 ** 31), -(2 ** 53 - 1)],
      ...[2n ** 53n, -(2n ** 53n), 2n ** 64n, -(2n ** 64n) - 1n, 10n ** 40n, -(10n ** 40n)],
    ],
    floats: [
      ...[0, -0, 1, -1, 0.1, -2.5, 1e21, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740993],
      ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ].map(makeFloat),
    strings: ['', 'a', 'ab', 'é', '€', '😀', '\u0000\n"\\', '\ud800', '\udc00\ud800', 'x'.repeat(31), 'y'.repeat(32), 'z'.repeat(200)],
    names: [
      ...['a', 'ab', 'ns/name', 'com.acme:v1.0/f', 'k'.repeat(31), 'k'.repeat(32)].map(keyword),
      ...['x', '+', 'ns/name', '%1'].map(symbol),
    ],
    sequences: [
      ...[0, 1, 3, 15, 16, 17, 200].map((count) => Vector.adopt(upTo(count))),
      ...[0, 1, 7, 8, 9].map((count) => List.adopt(upTo(count))),
      Vector.of(List.of(Vector.of(List.empty())), List.of(1).cons(0)),
    ],
    maps: [
      MapValue.empty(),
      MapValue.of(keyword('b'), 1, keyword('a'), 2),
      MapValue.from(upTo(15).map((i) => [i, -i] as const)),
      MapValue.from(upTo(16).map((i) => [`key-${i}`, i] as const)),
      MapValue.of(null, 1, true, 2, 1, 3, makeFloat(1), 4, 's', 5, keyword('k'), 6, Vector.of(1), 7, MapValue.empty(), 8, SetValue.of(1), 9, Number.NaN, 10),
      // These keys are made normal: a list becomes a vector, -0.0 becomes 0.0.
      MapValue.of(List.of(1, makeFloat(-0)), makeFloat(-0)),
    ],
    sets: [...[0, 1, 7, 8].map((count) => SetValue.from(upTo(count))), SetValue.of('b', 'a', List.of(2), Vector.of(1), symbol('s'))],
    'times-and-names': [
      ...[-62_167_219_200_000, -1, 0, 1_704_164_645_678, 253_402_300_799_999].map((ms) => new Timestamp(ms)),
      new Uuid('01234567-89ab-cdef-0123-456789abcdef'),
      new Handle('resource://files/report.txt'),
    ],
    sharing: [
      Vector.of('again', 'again', keyword('again'), keyword('again'), symbol('s'), symbol('s')),
      ladder(5),
      Vector.of(Vector.of(1, 2), List.of(1, 2), Vector.of(1, 2), List.of(1, 2), SetValue.of(1, 2), SetValue.of(1, 2)),
      MapValue.of('again', Vector.of('inner', 'again'), 'other', Vector.of('inner', 'again')),
      Vector.adopt([...upTo(40), ...upTo(40)].map((i) => `text ${i}`)),
      Vector.of(10n ** 30n, 10n ** 30n, 0.5, 0.5, 'a', 'a', new Timestamp(5), new Timestamp(5), Vector.empty(), Vector.empty()),
    ],
    functions: [
      new PrimitiveFunction('+'),
      closure(GROUP_A, 0),
      closure(GROUP_A, 200, 1, 'captured'),
      Vector.of(closure(GROUP_B, 1, 'x1', keyword('y1')), closure(GROUP_B, 2, 'x1', keyword('y1')), Vector.of('x1', keyword('y1'))),
      closure(GROUP_A, 3, closure(GROUP_B, 4, List.of(1), makeFloat(-0))),
    ],
    errors: [
      new ErrorValue(keyword('error/arithmetic'), 'Division by zero', null, null, null),
      new ErrorValue(
        keyword('error/user'),
        'no such order',
        MapValue.of(keyword('id'), 17),
        MapValue.of(keyword('file'), 'orders.rtfs', keyword('line'), 3, keyword('column'), 5),
        Vector.of(MapValue.of(keyword('function'), 'find-order', keyword('span'), null)),
      ),
    ],
    record: [
      MapValue.of(
        keyword('users'),
        Vector.of(
          MapValue.of(keyword('id'), 1, keyword('name'), 'Ada', keyword('roles'), SetValue.of(keyword('admin'), keyword('author'))),
          MapValue.of(keyword('id'), 2, keyword('name'), 'Émile', keyword('roles'), SetValue.of(keyword('author'))),
          MapValue.of(keyword('id'), 3, keyword('name'), '雪', keyword('roles'), SetValue.of(keyword('admin'), keyword('author'))),
        ),
        keyword('total'),
        makeFloat(3),
        keyword('at'),
        new Timestamp(1_704_164_645_678),
      ),
    ],
    'no-roots': [],
  };
}
