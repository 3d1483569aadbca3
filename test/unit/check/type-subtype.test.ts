import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCompatible, isSubtype } from '../../../src/check/subtype.ts';
import { Validator } from '../../../src/evaluator/validate.ts';
import { andType, ANY, enumType, INT, mapType, NEVER, NUMBER, optionalType, predicate, STRING, structRef, structType, unionType, valType, vectorType } from '../../../src/ir/type.ts';
import { printType } from '../../../src/ir/type-text.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { CHAIN, EXPRESSION, literals, newMeter, show, typeOf, types, UNROLLED_CHAIN, values, valuesOf, WIDE_CHAIN } from '../../support/types.ts';

const STRUCTS = { Chain: CHAIN, Unrolled: UNROLLED_CHAIN, Wide: WIDE_CHAIN, Expression: EXPRESSION };

function has(type: Value, value: Value): boolean {
  return new Validator({ regex: null }).validate(type, value, newMeter()) === null;
}

describe('isSubtype', () => {
  it.each([
    ['never', 'int'],
    ['int', 'any'],
    ['[:vector int]', 'any'],
    ['int', 'float'],
    ['int', 'number'],
    ['float', 'number'],
    ['number', 'float'],
    ['list', 'vector'],
    ['nil', 'int?'],
    ['int', 'int?'],
    ['int?', '[:union nil float]'],
    ['int', '[:union string int]'],
    ['[:union int nil]', 'float?'],
    ['[:val 1]', 'int'],
    ['[:enum 1 2]', '[:and int [:> 0]]'],
    ['[:enum :a]', '[:enum :a :b]'],
    ['[:enum nil 1]', 'int?'],
    ['[:val "ab"]', '[:and string [:length 2]]'],
    ['[:vector int]', '[:vector float]'],
    ['[:vector int]', 'vector'],
    ['vector', '[:vector any]'],
    ['list', '[:vector any]'],
    ['[:tuple int int]', '[:vector int]'],
    ['[:tuple int 	string]', '[:tuple float any]'],
    ['[:tuple]', '[:vector never]'],
    ['[:array int [2 3]]', '[:array float [2 ?]]'],
    ['[:array int [2]]', '[:tuple int float]'],
    ['[:tuple int int]', '[:array int [2]]'],
    ['[:array int [2]]', '[:and vector [:count 2]]'],
    ['[:set int]', '[:set float]'],
    ['set', '[:set any]'],
    ['[:map [:a int]]', 'map'],
    ['map', '[:map]'],
    ['map', '[:map-of any any]'],
    ['[:map [:a int] [:b string]]', '[:map [:a float]]'],
    ['[:map [:a int]]', '[:map [:a int ?]]'],
    ['[:map [:a int] [:* never]]', '[:map-of keyword int]'],
    ['[:map [:a int] [:* never]]', '[:map [:* int]]'],
    ['[:map-of keyword int]', '[:map [:a int ?]]'],
    ['[:map-of string int]', '[:map [:a string ?]]'],
    ['[:map-of string int]', '[:map-of any float]'],
    ['[:map [:a int]]', '[:and map [:has-key :a] [:min-count 1]]'],
    ['[:and int [:> 5]]', '[:and int [:> 0]]'],
    ['[:and int [:> 5]]', 'int'],
    ['[:and int [:> 5]]', 'float?'],
    ['[:and int [:> 5]]', '[:union string [:and number [:>= 5]]]'],
    ['[:and [:map [:a int]] [:map [:b int]]]', '[:map [:b int]]'],
    ['[:and [:union int string] [:!= 0]]', '[:union string int]'],
    ['[:fn [int] int]', 'fn'],
    ['[:fn [float] int]', '[:fn [int] float]'],
    ['[:fn [& any] int]', '[:fn [int string] int]'],
    ['[:fn [int & any] int]', '[:fn [int & string] any]'],
    ['[:resource File]', 'resource'],
    ['[:stream int]', '[:stream float]'],
    ['Chain', 'Chain'],
    ['Chain', 'Unrolled'],
    ['Unrolled', 'Chain'],
    ['Chain', 'Wide'],
    ['Chain', '[:map [:value int]]'],
    ['Expression', '[:map [:of any]]'],
  ])('%s is a subtype of %s', (a, b) => {
    expect(isSubtype(typeOf(a, STRUCTS), typeOf(b, STRUCTS))).toBe(true);
  });

  it.each([
    ['any', 'int'],
    ['int', 'never'],
    ['float', 'int'],
    ['vector', 'list'],
    ['[:vector int]', 'list'],
    ['int?', 'int'],
    ['[:union int string]', 'int'],
    ['[:val 1.0]', 'int'],
    ['[:enum :a :c]', '[:enum :a :b]'],
    ['int', '[:enum 1 2]'],
    ['[:vector float]', '[:vector int]'],
    ['vector', '[:vector int]'],
    ['[:vector int]', '[:tuple int int]'],
    ['[:tuple int]', '[:tuple int int]'],
    ['[:array int [?]]', '[:array int [2]]'],
    ['[:map]', '[:map [:a int]]'],
    ['[:map]', '[:map [:a int ?]]'],
    ['[:map [:a int ?]]', '[:map [:a int]]'],
    ['[:map [:a int]]', '[:map-of keyword int]'],
    ['[:map [:a int]]', '[:map [:* int]]'],
    ['[:map [:a int] [:* never]]', '[:map-of string int]'],
    ['[:map [:a string]]', '[:map [:a int]]'],
    ['[:map-of keyword int]', '[:map [:a int]]'],
    ['[:map-of keyword string]', '[:map [:a int ?]]'],
    ['[:and int [:> 0]]', '[:and int [:> 5]]'],
    ['int', '[:and int [:> 0]]'],
    ['[:fn [int] int]', '[:fn [float] int]'],
    ['[:fn [int] int]', '[:fn [int int] int]'],
    ['[:fn [int] int]', '[:fn [int & int] int]'],
    ['fn', '[:fn [int] int]'],
    ['resource', '[:resource File]'],
    ['[:resource File]', '[:resource Socket]'],
    ['Wide', 'Chain'],
    ['[:map [:value int]]', 'Chain'],
  ])('%s is no subtype of %s', (a, b) => {
    expect(isSubtype(typeOf(a, STRUCTS), typeOf(b, STRUCTS))).toBe(false);
  });

  it('is reflexive', () => {
    fc.assert(fc.property(types, (type) => isSubtype(type, type)), { numRuns: 1000 });
  });

  it('sees that a type widened anywhere is a supertype', () => {
    fc.assert(
      fc.property(
        types.chain((type) => fc.tuple(fc.constant(type), widened(type))),
        ([type, wider]) => {
          expect(isSubtype(type, wider), `${printType(type)} is a subtype of ${printType(wider)}`).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('holds only when every value of the one is a value of the other', () => {
    let related = 0;
    const related_ = fc.oneof(
      types.chain((type) => fc.tuple(fc.constant(type), widened(type))),
      types.chain((type) => widened(type).map((wider) => [wider, type] as const)),
      fc.tuple(types, types),
    );
    fc.assert(
      fc.property(
        related_.chain(([a, b]) => fc.tuple(fc.constant(a), fc.constant(b), fc.array(fc.oneof(valuesOf(a), values), { minLength: 5, maxLength: 5 }))),
        ([a, b, samples]) => {
          if (!isSubtype(a, b)) return;
          for (const value of samples) {
            if (!has(a, value)) continue;
            related += 1;
            expect(has(b, value), `${printType(a)} ≤ ${printType(b)}, but not for ${show(value)}`).toBe(true);
          }
        },
      ),
      { numRuns: 3000 },
    );
    expect(related).toBeGreaterThan(1000);
  });

  it('ends for types made to take long', () => {
    const names = Array.from({ length: 12 }, (_, i) => `S${i}`);
    const group = (field: Value): Value[] => names.map((name) => structType(name, names.map((other) => ({ key: keyword(other), type: unionType([field, ...names.map((each) => structRef(each))]), optional: true }))));
    const a = Vector.of(keyword('rec'), 'S0', ...group(INT));
    const b = Vector.of(keyword('rec'), 'S1', ...group(STRING));
    expect(isSubtype(a, b)).toBe(false);
    expect(isCompatible(a, b)).toBe(true);
  });

  it('cycles of different lengths are compared all around', () => {
    const cycle = (length: number, last: Value): Value => {
      const members = Array.from({ length }, (_, i) =>
        structType(`C${i}`, [
          { key: keyword('v'), type: i === length - 1 ? last : INT, optional: false },
          { key: keyword('next'), type: optionalType(structRef(`C${(i + 1) % length}`)), optional: false },
        ]),
      );
      return Vector.of(keyword('rec'), 'C0', ...members);
    };
    expect(isSubtype(cycle(6, INT), cycle(7, NUMBER))).toBe(true);
    expect(isSubtype(cycle(6, INT), cycle(7, STRING))).toBe(false);
  });

  it('what was assumed in vain is not taken for proved later', () => {
    const a = structType('A', [{ key: keyword('v'), type: INT, optional: false }]);
    const b = structType('B', [{ key: keyword('v'), type: STRING, optional: false }]);
    const either = unionType([optionalType(structRef('B')), structRef('B')]);
    const holder = structType('Holder', [{ key: keyword('p'), type: either, optional: false }]);
    expect(isSubtype(mapType([{ key: keyword('p'), type: a, optional: false }], null), Vector.of(keyword('rec'), 'Holder', b, holder))).toBe(false);
  });

  it('what is no type is a subtype of nothing', () => {
    expect(isSubtype(keyword('intt'), ANY)).toBe(false);
  });
});

describe('isCompatible', () => {
  it.each([
    ['int', 'string'],
    ['int', 'never'],
    ['nil', 'int'],
    ['[:vector int]', 'map'],
    ['[:tuple int]', '[:tuple int int]'],
    ['[:tuple int]', '[:vector string]'],
    ['[:array int [1]]', '[:tuple string]'],
    ['[:map [:a int]]', '[:map [:a string]]'],
    ['[:map [:a int]]', '[:map-of string any]'],
    ['[:map [:a int]]', '[:map [:* string]]'],
    ['[:val 1]', '[:enum 2 3]'],
    ['[:val 1]', '[:and int [:> 5]]'],
    ['[:union int nil]', '[:union string keyword]'],
    ['[:and int [:> 0]]', 'string?'],
    ['fn', 'map'],
    ['[:map [:kind [:val :a]]]', '[:map [:kind [:val :b]] [:x int]]'],
  ])('%s and %s share no value', (a, b) => {
    expect(isCompatible(typeOf(a, STRUCTS), typeOf(b, STRUCTS))).toBe(false);
    expect(isCompatible(typeOf(b, STRUCTS), typeOf(a, STRUCTS))).toBe(false);
  });

  it.each([
    ['any', 'int'],
    ['number', 'int'],
    ['float', 'int'],
    ['int?', 'string?'],
    ['[:vector int]', '[:vector string]'],
    ['list', '[:vector int]'],
    ['[:map [:a int]]', '[:map [:b string]]'],
    ['[:map [:a int ?]]', '[:map [:a string ?]]'],
    ['[:and string [:matches-regex "a"]]', '[:val "b"]'],
    ['Chain', 'Wide'],
    ['[:fn [int] int]', '[:fn [string] string]'],
  ])('%s and %s may share one', (a, b) => {
    expect(isCompatible(typeOf(a, STRUCTS), typeOf(b, STRUCTS))).toBe(true);
    expect(isCompatible(typeOf(b, STRUCTS), typeOf(a, STRUCTS))).toBe(true);
  });

  it('is never denied for types that share a value', () => {
    let shared = 0;
    let denied = 0;
    fc.assert(
      fc.property(
        fc.tuple(types, types).chain(([a, b]) => fc.tuple(fc.constant(a), fc.constant(b), fc.array(fc.oneof(valuesOf(a), valuesOf(b)), { minLength: 4, maxLength: 4 }))),
        ([a, b, samples]) => {
          const compatible = isCompatible(a, b);
          if (!compatible) denied += 1;
          for (const value of samples) {
            if (!has(a, value) || !has(b, value)) continue;
            shared += 1;
            expect(compatible, `${show(value)} is both ${printType(a)} and ${printType(b)}`).toBe(true);
          }
        },
      ),
      { numRuns: 3000 },
    );
    expect(shared).toBeGreaterThan(200);
    expect(denied).toBeGreaterThan(200);
  });
});

/** A type that has at least the values of `type`: some part of it made wider. */
function widened(type: Value): fc.Arbitrary<Value> {
  const here: fc.Arbitrary<Value>[] = [
    fc.constant(type),
    fc.constant(optionalType(type)),
    types.map((other) => unionType([other, type])),
    fc.constant(ANY),
  ];
  if (type === INT) here.push(fc.constant(NUMBER));
  if (!(type instanceof Vector)) return fc.oneof(...here);
  const [head, ...parts] = type.toArray();
  switch ((head as { name: string }).name) {
    case 'vector':
      here.push(widened(parts[0]!).map(vectorType));
      break;
    case 'optional':
      here.push(widened(parts[0]!).map(optionalType));
      break;
    case 'union':
      here.push(fc.tuple(...parts.map(widened)).map(unionType));
      break;
    case 'enum':
    case 'val':
      here.push(literals.map((literal) => enumType([...parts, literal])));
      break;
    case 'map':
      if (parts.length > 0) here.push(fc.nat(parts.length - 1).chain((index) => withoutRest(parts, index)));
      break;
    case 'and':
      here.push(fc.constant(parts[0]!));
      break;
    default:
      break;
  }
  return fc.oneof(...here);
}

/** A map type with one entry wider and optional; without its wildcard, which would ask more of a key that was named. */
function withoutRest(parts: readonly Value[], index: number): fc.Arbitrary<Value> {
  const entries = parts
    .map((part) => (part as Vector).toArray())
    .filter(([key]) => key !== keyword('*'))
    .map(([key, type, mark]) => ({ key: key!, type: type!, optional: mark !== undefined }));
  const chosen = entries[index];
  if (chosen === undefined) return fc.constant(mapType(entries, null));
  return widened(chosen.type).map((type) => mapType(entries.map((entry) => (entry === chosen ? { ...entry, type, optional: true } : entry)), null));
}

it('a refinement is a subtype of what it refines, and never of everything', () => {
  const positive = andType([INT], [predicate('>', [0])]);
  expect(isSubtype(positive, INT) && !isSubtype(INT, positive) && isSubtype(NEVER, positive) && isSubtype(valType(1), positive)).toBe(true);
});
