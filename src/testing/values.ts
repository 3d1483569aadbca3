/**
 * Values for property tests. They come from small pools often enough that equal and nearly equal values meet, and
 * cover what is known to go wrong: both forms of integers, whole floats, -0.0, NaN, surrogates without a partner,
 * lists beside vectors, closures, empty collections.
 */
import fc from 'fast-check';
import { List } from '../value/list.ts';
import { MapValue } from '../value/map.ts';
import { normaliseInteger } from '../value/number.ts';
import { SetValue } from '../value/set.ts';
import { EPOCH_MS_MAX, EPOCH_MS_MIN } from '../value/time.ts';
import {
  Closure,
  type CodeUnit,
  ErrorValue,
  Float,
  Handle,
  keyword,
  makeFloat,
  PrimitiveFunction,
  symbol,
  Timestamp,
  Uuid,
  type Value,
} from '../value/value.ts';
import { Vector } from '../value/vector.ts';

/** Integers of every size, with those around the end of the safe range. */
export function arbitraryInteger(): fc.Arbitrary<number | bigint> {
  return fc.oneof(
    fc.integer({ min: -20, max: 80 }),
    fc.maxSafeInteger().map((n) => n + 0),
    fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }).map(normaliseInteger),
    fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }).map(normaliseInteger),
  );
}

/** Every double as a float of the language: boxed when whole. */
export function arbitraryFloat(): fc.Arbitrary<number | Float> {
  const edges = [0, -0, 1, -1, 0.5, 1e21, 1e300, 5e-324, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return fc.oneof(fc.constantFrom(...edges), fc.double()).map(makeFloat);
}

export function arbitraryNumber(): fc.Arbitrary<number | bigint | Float> {
  return fc.oneof(arbitraryInteger(), arbitraryFloat());
}

/** Any UTF-16 code units, partnerless surrogates included. */
export function arbitraryText(): fc.Arbitrary<string> {
  const units = fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7ff, max: 0xe001 }));
  return fc.oneof(
    fc.constantFrom('', 'a', 'b', 'ab', '__proto__', 'constructor', 'toString', '😀', '\ud800', '\udc00\ud800'),
    fc.array(units, { maxLength: 12 }).map((codes) => String.fromCharCode(...codes)),
  );
}

const GROUPS = ['00', '7f', 'ff'].map((byte) => byte.repeat(32));

/** The code that arbitrary closures have: to be given to decoders. */
export function testCode(group: string, unit: number): CodeUnit | null {
  return GROUPS.includes(group) && unit < 4 ? { group, unit, name: `f${unit}` } : null;
}

/** Values without parts. */
export function arbitraryAtom(): fc.Arbitrary<Value> {
  const name = fc.constantFrom('a', 'b', 'ab', 'ns/x', 'error/type', 'k?');
  return fc.oneof(
    fc.constantFrom<Value>(null, true, false, 0, 1, 2),
    arbitraryInteger(),
    arbitraryFloat(),
    arbitraryText(),
    name.map(keyword),
    name.map(symbol),
    fc.integer({ min: EPOCH_MS_MIN, max: EPOCH_MS_MAX }).map((ms) => new Timestamp(ms)),
    fc.uuid().map((text) => new Uuid(text)),
    fc.constantFrom('resource://a', 'resource://b/c').map((uri) => new Handle(uri)),
    fc.constantFrom('+', 'map', 'str').map((primitive) => new PrimitiveFunction(primitive)),
  );
}

/** Any value. `opaque: false` leaves functions and errors out. */
export function arbitraryValue(options: { readonly opaque?: boolean } = {}): fc.Arbitrary<Value> {
  const { value } = fc.letrec<{ value: Value; items: Value[]; collection: Value; opaque: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { arbitrary: options.opaque === false ? arbitraryAtom().filter((atom) => !(atom instanceof PrimitiveFunction)) : arbitraryAtom(), weight: 4 },
      { arbitrary: tie('collection'), weight: 4 },
      { arbitrary: options.opaque === false ? tie('collection') : tie('opaque'), weight: 1 },
    ),
    items: fc.array(tie('value'), { maxLength: 5 }),
    collection: fc.oneof(
      tie('items').map((items) => Vector.adopt([...items])),
      tie('items').map((items) => List.adopt([...items])),
      tie('items').map((items) => items.reduceRight<List>((list, item) => list.cons(item), List.empty())),
      tie('items').map((items) => SetValue.from(items)),
      fc.tuple(tie('items'), tie('items')).map(([keys, values]) => MapValue.from(keys.map((key, i) => [key, values[i] ?? null] as const))),
      // The same part twice: once the same object, once built again.
      tie('items').map((items) => Vector.of(Vector.adopt([...items]), Vector.adopt([...items]), 'twice', 'twice')),
    ),
    opaque: fc.oneof(
      fc
        .tuple(fc.constantFrom(...GROUPS), fc.integer({ min: 0, max: 3 }), tie('items'))
        .map(([group, unit, captures]) => new Closure(testCode(group, unit)!, captures)),
      fc
        .tuple(arbitraryText(), tie('value'))
        .map(([message, data]) => new ErrorValue(keyword('error/user'), message, data, null, null)),
    ),
  }));
  return value;
}

/** The same value built from new objects as far as possible, each part on its own: no two parts are one object. */
export function rebuilt(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  switch (value.kind) {
    case 'vector':
      return Vector.adopt(value.toArray().map(rebuilt));
    case 'list':
      return value.toArray().map(rebuilt).reduceRight<List>((list, item) => list.cons(item), List.empty());
    case 'set':
      return value.toArray().reverse().map(rebuilt).reduce<SetValue>((set, item) => set.add(item), SetValue.empty());
    case 'map':
      return [...value].reverse().reduce<MapValue>((map, [key, item]) => map.set(rebuilt(key), rebuilt(item)), MapValue.empty());
    case 'error':
      return new ErrorValue(value.type, value.message, rebuilt(value.data), rebuilt(value.span), rebuilt(value.stack));
    case 'function':
      return value.primitive ? new PrimitiveFunction(value.name) : new Closure({ ...value.code }, value.captures.map(rebuilt));
    case 'float':
      return new Float(value.value);
    default:
      return value;
  }
}
