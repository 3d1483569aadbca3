import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuelLeft } from '../../../src/evaluator/limits.ts';
import { checkPrimitives } from '../../../src/evaluator/primitives/check.ts';
import { PrimitiveTable } from '../../../src/evaluator/primitives/registry.ts';
import { Raised } from '../../../src/evaluator/raise.ts';
import type { ValidationServices } from '../../../src/evaluator/validate-flat.ts';
import { Validator } from '../../../src/evaluator/validate.ts';
import { INT, optionalType, predicate, recursiveType, structRef, structType, unionType, vectorType } from '../../../src/ir/type.ts';
import { printType } from '../../../src/ir/type-text.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { ErrorValue, Handle, keyword, PrimitiveFunction, symbol, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { CHAIN, EXPRESSION, hasType, newMeter, show, type StructTable, typeOf, types, valueOf, values, valuesOf } from '../../support/types.ts';

const NO_SERVICES: ValidationServices = { regex: null };

function violation(type: Value, value: Value, services: ValidationServices = NO_SERVICES): string | null {
  return new Validator(services).validate(type, value, newMeter());
}

/** As `violation`, but it fails when more than `fuel` steps are taken. */
function violationWithin(fuel: number, type: Value, value: Value): string | null {
  return new Validator(NO_SERVICES).validate(type, value, newMeter(fuel));
}

function raised(action: () => unknown): ErrorValue {
  try {
    action();
  } catch (problem) {
    if (problem instanceof Raised && problem.value instanceof ErrorValue) return problem.value;
    throw problem;
  }
  throw new Error('nothing was raised');
}

const POINT = structType('Point', [
  { key: keyword('x'), type: INT, optional: false },
  { key: keyword('y'), type: optionalType(INT), optional: false },
]);
const STRUCTS: StructTable = { Point: POINT, Chain: CHAIN };

describe('a value has a type', () => {
  it.each([
    ['any', '[1 nil]'],
    ['nil', 'nil'],
    ['bool', 'false'],
    ['boolean', 'true'],
    ['int', '1'],
    ['int', '9007199254740993'],
    ['float', '1.5'],
    ['float', '1.0'],
    ['float', '##NaN'],
    ['number', '1'],
    ['number', '0.5'],
    ['string', '""'],
    ['keyword', ':a'],
    ['timestamp', '2025-01-31T09:30:00Z'],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000'],
    ['resource', 'resource://a/b'],
    ['vector', '[]'],
    ['vector', '(1 2)'],
    ['list', '(1 2)'],
    ['set', '#{1}'],
    ['map', '{}'],
    ['int?', 'nil'],
    ['int?', '1'],
    ['[:vector int]', '[1 2 3]'],
    ['[:vector int]', '()'],
    ['[:set keyword]', '#{:a :b}'],
    ['[:tuple int string]', '[1 "a"]'],
    ['[:tuple]', '[]'],
    ['[:array int]', '[1 2]'],
    ['[:array int [2]]', '[1 2]'],
    ['[:array int [2 ?]]', '[[1] (2 3)]'],
    ['[:map [:a int] [:b string ?]]', '{:a 1}'],
    ['[:map [:a int] [:b string ?]]', '{:a 1 :b "x" :c nil}'],
    ['[:map [:a int] [:* string]]', '{:a 1 :b "x" "c" "y"}'],
    ['[:map ["name" string]]', '{"name" "Ann"}'],
    ['{:a int :b {:c string}}', '{:a 1 :b {:c "x"}}'],
    ['[:map-of string int]', '{"a" 1 "b" 2}'],
    ['[:map-of [:vector int] any]', '{[1 2] nil}'],
    ['[:union int string]', '"a"'],
    ['[:union [:vector int] [:vector string]]', '["a" "b"]'],
    ['[:enum :a 1 "b" nil]', 'nil'],
    ['[:val 1.0]', '1.0'],
    ['[:and int [:> 0] [:<= 10]]', '10'],
    ['[:and [:map [:a int]] [:map [:b int]]]', '{:a 1 :b 2}'],
    ['[:resource File]', 'resource://a'],
    ['[:stream int]', 'resource://a'],
    ['Point', '{:x 1 :y 2}'],
    ['Point', '{:x 1 :y nil}'],
    ['Point', '{:x 1 :z 3}'],
    ['Point?', 'nil'],
    ['Chain', '{:value 1 :next {:value 2}}'],
    ['[:vector Point]', '[{:x 1}]'],
  ])('%s: %s', (type, value) => {
    expect(violation(typeOf(type, STRUCTS), valueOf(value))).toBeNull();
  });

  it('accepts an integer in a vector of floats and leaves it as it is', () => {
    const check = new PrimitiveTable(checkPrimitives(NO_SERVICES)).get('%check')!;
    const ints = valueOf('[1 2.5]');
    expect(check.f3(typeOf('[:vector float]'), ints, 'let x', newMeter())).toBe(ints);
  });

  it('takes symbols, functions and errors by kind', () => {
    expect(violation(typeOf('symbol'), symbol('a'))).toBeNull();
    expect(violation(typeOf('fn'), new PrimitiveFunction('inc'))).toBeNull();
    expect(violation(typeOf('[:fn [int] int]'), new PrimitiveFunction('inc'))).toBeNull();
    expect(violation(typeOf('error'), new ErrorValue(keyword('error/user'), 'm', null, null, null))).toBeNull();
    expect(violation(typeOf('resource'), new Handle('resource://x'))).toBeNull();
  });
});

describe('a violation says what and where', () => {
  it.each([
    ['int', '"a"', 'Type mismatch: expected int, got string'],
    ['int', '1.0', 'Type mismatch: expected int, got float'],
    ['string', '1', 'Type mismatch: expected string, got integer'],
    ['bool', 'nil', 'Type mismatch: expected bool, got nil'],
    ['never', '1', 'Type mismatch: expected never, got integer'],
    ['int?', '"a"', 'Type mismatch: expected int?, got string'],
    ['list', '[1]', 'Type mismatch: expected list, got vector'],
    ['[:vector int]', '{}', 'Type mismatch: expected [:vector int], got map'],
    ['[:vector int]', '[1 "a"]', 'Type mismatch at [1]: expected int, got string'],
    ['[:vector [:vector int]]', '[[1] [2 :x]]', 'Type mismatch at [1][1]: expected int, got keyword'],
    ['[:set int]', '#{:a}', 'Type mismatch: expected int, got keyword'],
    ['[:map [:a [:vector string]]]', '{:a ["x" 1]}', 'Type mismatch at .a[1]: expected string, got integer'],
    ['[:map ["a b" int]]', '{"a b" nil}', 'Type mismatch at ["a b"]: expected int, got nil'],
    ['[:map [7 int]]', '{7 nil}', 'Type mismatch at [7]: expected int, got nil'],
    ['[:map [:a int]]', '{:b 1}', 'Missing required key :a'],
    ['[:map [:a [:map [:b int]]]]', '{:a {}}', 'Missing required key :b at .a'],
    ['[:map [:a int]]', '{"a" 1}', 'Missing required key :a (the map has the string "a" as a key, not the keyword)'],
    ['[:map [:a int ?]]', '{:a nil}', 'Type mismatch at .a: expected int, got nil'],
    ['[:map [:a int] [:* int]]', '{:a 1 :b "x"}', 'Type mismatch at .b: expected int, got string'],
    ['[:map [:* [:vector int]]]', '{:b ["x"]}', 'Type mismatch at .b[0]: expected int, got string'],
    ['[:map-of string int]', '{"a" "x"}', 'Type mismatch at ["a"]: expected int, got string'],
    ['[:map-of string int]', '{:a 1}', 'Type mismatch at key :a: expected string, got keyword'],
    ['[:map [:m [:map-of string int]]]', '{:m {:a 1}}', 'Type mismatch at .m key :a: expected string, got keyword'],
    ['[:tuple int string]', '[1]', 'Shape violation: expected 2 elements, got 1'],
    ['[:tuple int]', '[1 2]', 'Shape violation: expected 1 element, got 2'],
    ['[:tuple int string]', '[1 2]', 'Type mismatch at [1]: expected string, got integer'],
    ['[:array int [2]]', '[1 2 3]', 'Shape violation: expected 2 elements, got 3'],
    ['[:array int [2 2]]', '[[1 2] [3]]', 'Shape violation at [1]: expected 2 elements, got 1'],
    ['[:array int [1 2]]', '[3]', 'Type mismatch at [0]: expected [:array int [2]], got integer'],
    ['[:array int [1 1]]', '[["a"]]', 'Type mismatch at [0][0]: expected int, got string'],
    ['[:enum :a :b]', ':c', 'Type mismatch: expected [:enum :a :b], got :c'],
    ['[:enum :a :b]', '[:a]', 'Type mismatch: expected [:enum :a :b], got vector'],
    ['[:val 1]', '1.0', 'Type mismatch: expected [:val 1], got 1.0'],
    ['[:optional [:enum :a]]', ':b', 'Type mismatch: expected [:optional [:enum :a]], got :b'],
    ['[:and int [:> 0]]', '-5', 'Predicate violation: > 0 failed for value -5'],
    ['[:and int [:> 0]]', '"a"', 'Type mismatch: expected int, got string'],
    ['[:map [:age [:and int [:in-range 0 150]]]]', '{:age 200}', 'Predicate violation at .age: in-range 0 150 failed for value 200'],
    ['[:and string [:min-length 3]]', '"ab"', 'Predicate violation: min-length 3 failed for value "ab"'],
    ['[:and [:vector int] [:min-count 2]]', '[1]', 'Predicate violation: min-count 2 failed for value [1]'],
    ['[:and [:vector int] [:min-count 1]]', '["a"]', 'Type mismatch at [0]: expected int, got string'],
    ['[:and map [:has-key :id]]', '{}', 'Predicate violation: has-key :id failed for value {}'],
    ['[:union int string]', ':a', 'Type mismatch: expected [:union int string], got keyword'],
    ['[:union nil [:map [:a int]]]', '{:a "x"}', 'Type mismatch at .a: expected int, got string'],
    ['[:union [:vector int] [:vector string]]', '[1 "a"]', 'Type mismatch: expected [:union [:vector int] [:vector string]], got vector'],
    ['[:resource File]', '1', 'Type mismatch: expected [:resource File], got integer'],
    ['fn', '1', 'Type mismatch: expected fn, got integer'],
    ['Point', '1', 'Type mismatch: expected Point, got integer'],
    ['Point?', '1', 'Type mismatch: expected Point, got integer'],
    ['[:vector Point]', '[{:x 1} {:y 1}]', 'Missing required key :x at [1]'],
    ['Chain', '{:value 1 :next {:value "a"}}', 'Type mismatch at .next.value: expected int, got string'],
  ])('%s, %s: %s', (type, value, message) => {
    expect(violation(typeOf(type, STRUCTS), valueOf(value))).toBe(message);
  });

  it('follows the alternative of a tagged union that the tag names', () => {
    const shape = typeOf('[:union [:map [:kind [:val :circle]] [:radius float]] [:map [:kind [:val :square]] [:side float]]]');
    expect(violation(shape, valueOf('{:kind :square :side "1"}'))).toBe('Type mismatch at .side: expected float, got string');
    expect(violation(shape, valueOf('{:kind :circle :side 1.0}'))).toBe('Missing required key :radius');
    expect(violation(shape, valueOf('{:kind :circle :radius 1}'))).toBeNull();
    expect(violation(typeOf('[:union nil [:map [:kind [:val :a]]]]'), valueOf('{}'))).toBe('Missing required key :kind');
    expect(violation(shape, valueOf('{:kind :oval}'))).toMatch(/^Type mismatch: expected \[:union .*\], got map$/);
  });

  it('forgets the alternatives of a union once one of them has fitted', () => {
    const type = typeOf('[:tuple [:union [:vector int] [:vector string]] [:map [:a int]]]');
    expect(violation(type, valueOf('[["a"] {:a :x}]'))).toBe('Type mismatch at [1].a: expected int, got keyword');
    const nested = typeOf('[:union [:tuple [:union [:vector int] [:vector string]] int] [:tuple any string]]');
    expect(violation(nested, valueOf('[["a"] "b"]'))).toBeNull();
    expect(violation(nested, valueOf('[["a"] :c]'))).toMatch(/^Type mismatch: expected \[:union .*\], got vector$/);
  });

  it('does not take the verdict on a key for one on the value beside it', () => {
    const type = typeOf('[:vector T]', { T: valueOf('[:struct "T" [:m [:optional [:and [:map-of [:struct-ref "T"] [:struct-ref "T"]] [:map-of :any [:struct-ref "T"]]]]]]') });
    expect(violation(type, valueOf('[{:m {{} {}}}]'))).toBeNull();
    expect(violation(type, valueOf('[{:m {{} {:m 5}}}]'))).toBe('Type mismatch at [0].m[{}].m: expected [:map-of T T], got integer');
  });

  it('keeps messages short whatever the type, the value and the path', () => {
    const wide = typeOf(`[:enum ${Array.from({ length: 5000 }, (_, i) => `:k${i}`).join(' ')}]`);
    expect(violation(wide, 'x'.repeat(100_000))!.length).toBeLessThan(500);
    expect(violation(typeOf('[:and string [:max-length 5]]'), 'y'.repeat(100_000))!.length).toBeLessThan(500);
    expect(violation(CHAIN, chain(100_000, 'wrong'))!.length).toBeLessThan(500);
  });
});

describe('predicates', () => {
  it.each([
    ['[:> 0]', '0.5', true],
    ['[:> 0]', '0.0', false],
    ['[:>= 0]', '-0.0', true],
    ['[:< 1.5]', '1', true],
    ['[:<= 2]', '2.0', true],
    ['[:<= 2]', '9007199254740993', false],
    ['[:> 9007199254740992]', '9007199254740993', true],
    ['[:> 0]', '##NaN', false],
    ['[:<= 0]', '##NaN', false],
    ['[:> 0]', '"a"', false],
    ['[:= 1]', '1.0', true],
    ['[:= :a]', ':a', true],
    ['[:!= 1]', '1.0', false],
    ['[:!= 1]', '"1"', true],
    ['[:in-range 1 3]', '1', true],
    ['[:in-range 1 3]', '3', true],
    ['[:in-range 1 3]', '3.5', false],
    ['[:>= "b"]', '"b"', true],
    ['[:< 2025-01-01T00:00:00Z]', '2024-12-31T23:59:59Z', true],
    ['[:length 1]', '"😀"', true],
    ['[:max-length 2]', '"a😀b"', false],
    ['[:min-length 1]', '[1]', false],
    ['[:count 2]', '{:a 1 :b 2}', true],
    ['[:count 2]', '(1 2)', true],
    ['[:max-count 1]', '#{1 2}', false],
    ['[:count 1]', '"a"', false],
    ['[:non-empty]', '"a"', true],
    ['[:non-empty]', '[]', false],
    ['[:non-empty]', '1', false],
    ['[:has-key :a]', '{:a nil}', true],
    ['[:required-keys [:a "b"]]', '{:a 1 "b" 2}', true],
    ['[:required-keys [:a :b]]', '{:a 1}', false],
    ['[:is-url]', '"https://example.org/a?b=c#d"', true],
    ['[:is-url]', '"ftp://h"', true],
    ['[:is-url]', '"example.org"', false],
    ['[:is-url]', '"http://"', false],
    ['[:is-url]', '"http:///path"', false],
    ['[:is-url]', '"http://a b"', false],
    ['[:is-url]', '"1http://a"', false],
    ['[:is-email]', '"ann.lee+x@mail.example.org"', true],
    ['[:is-email]', '"ann@localhost"', false],
    ['[:is-email]', '"ann@@example.org"', false],
    ['[:is-email]', '".ann@example.org"', false],
    ['[:is-email]', '"ann@-example.org"', false],
    ['[:is-email]', '"ann@example..org"', false],
    ['[:is-email]', '"a b@example.org"', false],
  ])('%s on %s: %s', (form, value, expected) => {
    expect(violation(typeOf(`[:and any ${form}]`), valueOf(value)) === null).toBe(expected);
  });

  it('a regular expression is searched for by the engine that was handed in', () => {
    const asked: string[] = [];
    const engine = {
      compile: (pattern: string) => ({
        program: null as never,
        run: (text: string, from: number, mode: string) => {
          asked.push(`${pattern} ${text} ${from} ${mode}`);
          return text.includes('b') ? [0, 0] : null;
        },
      }),
    };
    const services = { regex: engine as unknown as NonNullable<ValidationServices['regex']> };
    const type = typeOf('[:and string [:matches-regex "b"]]');
    expect(violation(type, 'abc', services)).toBeNull();
    expect(violation(type, 'a', services)).toBe('Predicate violation: matches-regex "b" failed for value "a"');
    expect(new Set(asked)).toEqual(new Set(['b abc 0 search', 'b a 0 search']));
  });

  it('a malformed pattern and a missing engine are errors, not violations', () => {
    const type = typeOf('[:and string [:matches-regex "("]]');
    const broken = { regex: { compile: () => 'missing )' } };
    expect(raised(() => violation(type, 'a', broken)).message).toBe('Invalid argument: malformed regular expression in a type: missing )');
    expect(raised(() => violation(type, 'a')).type.name).toBe('error/not-implemented');
  });
});

describe('function types', () => {
  const accepts = (type: string, arity: { min: number; max: number } | null): boolean =>
    violation(typeOf(type), new PrimitiveFunction('f'), { regex: null, arityOf: () => arity }) === null;

  it('check the arity of a function when it is known', () => {
    expect(accepts('[:fn [int int] int]', { min: 2, max: 2 })).toBe(true);
    expect(accepts('[:fn [int] int]', { min: 2, max: 2 })).toBe(false);
    expect(accepts('[:fn [int] int]', { min: 0, max: Number.POSITIVE_INFINITY })).toBe(true);
    expect(accepts('[:fn [int & int] int]', { min: 1, max: 1 })).toBe(false);
    expect(accepts('[:fn [int & int] int]', { min: 1, max: Number.POSITIVE_INFINITY })).toBe(true);
    expect(accepts('[:fn [int] int]', null)).toBe(true);
    expect(accepts('fn', { min: 9, max: 9 })).toBe(true);
  });
});

function chain(length: number, last: Value): Value {
  let value: Value = MapValue.of(keyword('value'), last);
  for (let i = 1; i < length; i++) value = MapValue.of(keyword('value'), i, keyword('next'), value);
  return value;
}

describe('large and deep values', () => {
  it('a chain of a million structs is checked without overflow', () => {
    expect(violation(CHAIN, chain(1_000_000, 1))).toBeNull();
    expect(violation(CHAIN, chain(1_000_000, 'x'))).toMatch(/^Type mismatch at (\.next)+….*\.next\.value: expected int, got string$/);
  });

  it('a vector of a million records is checked, and the one that is wrong is found', () => {
    const row = valueOf('{:id 1 :tags ["a"]}');
    const rows: Value[] = Array.from({ length: 1_000_000 }, () => row);
    const type = typeOf('[:vector [:map [:id int] [:tags [:vector string]]]]');
    expect(violation(type, Vector.adopt(rows.slice()))).toBeNull();
    rows[999_999] = valueOf('{:id 1 :tags ["a" :b]}');
    expect(violation(type, Vector.adopt(rows))).toBe('Type mismatch at [999999].tags[1]: expected string, got keyword');
  });

  it('a value nested a million deep that the type does not describe is refused at once', () => {
    let deep: Value = Vector.empty();
    for (let i = 0; i < 1_000_000; i++) deep = Vector.of(deep);
    expect(violation(typeOf('[:vector [:vector int]]'), deep)).toBe('Type mismatch at [0][0]: expected int, got vector');
    expect(violation(typeOf('[:enum 1 2]'), deep)).toBe('Type mismatch: expected [:enum 1 2], got vector');
    expect(violation(typeOf('[:and vector [:count 2]]'), deep)).toMatch(/^Predicate violation: count 2 failed for value \[+…$/);
  });

  it('alternatives that only a deep leaf tells apart are not tried again and again', () => {
    // Without remembering verdicts this takes 2^400 steps; with them, some for each level.
    let value: Value = 1;
    for (let i = 0; i < 400; i++) value = MapValue.of(keyword('of'), value, keyword('and'), 1);
    expect(violationWithin(10_000, EXPRESSION, value)).toBeNull();
    const leaf = valueOf('{:of "wrong" :and 1}');
    let wrong: Value = leaf;
    for (let i = 0; i < 400; i++) wrong = MapValue.of(keyword('of'), wrong, keyword('and'), 1);
    expect(violationWithin(10_000, EXPRESSION, wrong)).toMatch(/^Type mismatch at \.of: expected \[:union int Neg Sum\], got map$/);
  });

  it('the same struct twice in an :and does not double the work at each level', () => {
    const twice = Vector.of(keyword('and'), structRef('T'), structRef('U'));
    const next = [{ key: keyword('next'), type: optionalType(twice), optional: false }];
    const type = recursiveType('T', [structType('T', next), structType('U', next)]);
    let value: Value = MapValue.empty();
    for (let i = 0; i < 300; i++) value = MapValue.of(keyword('next'), value);
    expect(violationWithin(10_000, type, value)).toBeNull();
  });
});

describe('fuel', () => {
  const spent = (type: Value, value: Value): number => {
    const meter = newMeter();
    const before = fuelLeft(meter);
    new Validator(NO_SERVICES).validate(type, value, meter);
    return before - fuelLeft(meter);
  };

  it('is paid for every element and field', () => {
    const vector = Vector.adopt(Array.from({ length: 1000 }, (_, i): Value => i));
    expect(spent(vectorType(INT), vector)).toBe(1000);
    expect(spent(typeOf('[:vector [:map [:a int] [:b int]]]'), valueOf('[{:a 1 :b 2} {:a 1 :b 2}]'))).toBe(2 + 2 * 2);
  });

  it('running out of it raises the budget error', () => {
    const vector = Vector.adopt(Array.from({ length: 1000 }, (_, i): Value => i));
    const error = raised(() => new Validator(NO_SERVICES).validate(vectorType(INT), vector, newMeter(999)));
    expect(error.type.name).toBe('error/budget');
  });

  it('does not depend on which parts of a value are one object', () => {
    fc.assert(
      fc.property(
        types.chain((type) => fc.tuple(fc.constant(type), valuesOf(type))),
        ([type, value]) => {
          const shared = Vector.of(value, value);
          const separate = Vector.of(value, rebuilt(value));
          expect(spent(vectorType(type), shared)).toBe(spent(vectorType(type), separate));
        },
      ),
      { numRuns: 300 },
    );
    const both = unionType([structType('A', [{ key: keyword('l'), type: optionalType(structRef('A')), optional: false }, { key: keyword('r'), type: optionalType(structRef('A')), optional: false }])]);
    const either = unionType([both, structType('B', [{ key: keyword('l'), type: optionalType(structRef('B')), optional: false }, { key: keyword('q'), type: INT, optional: true }])]);
    const leaf = MapValue.empty();
    const same = MapValue.of(keyword('l'), leaf, keyword('r'), leaf);
    const other = MapValue.of(keyword('l'), MapValue.of(keyword('r'), null), keyword('r'), MapValue.of(keyword('r'), null));
    const sameAgain = MapValue.of(keyword('l'), other.get(keyword('l'))!, keyword('r'), other.get(keyword('l'))!);
    expect(spent(either, same)).toBeGreaterThan(0);
    expect(spent(either, sameAgain)).toBe(spent(either, other));
  });
});

/** An equal value none of whose collections is the same object. */
function rebuilt(value: Value): Value {
  if (value instanceof Vector) return Vector.adopt(value.toArray().map(rebuilt));
  if (value instanceof List) return List.adopt(value.toArray().map(rebuilt));
  if (value instanceof MapValue) return MapValue.from([...value].map(([key, item]) => [rebuilt(key), rebuilt(item)] as const));
  return value;
}

describe('validation agrees with the grammar', () => {
  it('for arbitrary types and values', () => {
    fc.assert(
      fc.property(types, values, (type, value) => {
        expect(violation(type, value) === null, `${printType(type)} on ${show(value)}`).toBe(hasType(type, value));
      }),
      { numRuns: 3000 },
    );
  });

  it('for arbitrary types and values made after them', () => {
    let fitting = 0;
    fc.assert(
      fc.property(
        types.chain((type) => fc.tuple(fc.constant(type), valuesOf(type))),
        ([type, value]) => {
          const fits = hasType(type, value);
          if (fits) fitting += 1;
          expect(violation(type, value) === null, `${printType(type)} on ${show(value)}`).toBe(fits);
        },
      ),
      { numRuns: 3000 },
    );
    expect(fitting).toBeGreaterThan(1000);
  });
});

describe('%check', () => {
  const check = new PrimitiveTable(checkPrimitives(NO_SERVICES)).get('%check')!;

  it('gives the value itself when it has the type', () => {
    const value = valueOf('{:a 1}');
    expect(check.f3(typeOf('[:map [:a int]]'), value, 'param m', newMeter())).toBe(value);
  });

  it.each([
    ['param x', 'Type validation error: param x: Type mismatch: expected int, got string'],
    ['fn return', 'Type validation error: fn return: Type mismatch: expected int, got string'],
    ['variadic argument 2', 'Type validation error: variadic argument 2: Type mismatch: expected int, got string'],
  ])('raises a validation error that names %s', (prefix, message) => {
    const error = raised(() => check.f3(INT, 'a', prefix, newMeter()));
    expect(error.type.name).toBe('error/validation');
    expect(error.message).toBe(message);
  });

  it('refuses what is no type without a crash', () => {
    for (const type of [null, 1, 'int', keyword('intt'), Vector.empty(), Vector.of(keyword('vector')), structRef('Nobody'), predicate('>', [0])]) {
      expect(raised(() => check.f3(type, 1, 'let x', newMeter())).type.name).toBe('error/internal');
    }
  });
});

describe('%struct', () => {
  const struct = new PrimitiveTable(checkPrimitives(NO_SERVICES)).get('%struct')!;
  const make = (value: string): Value => struct.f2(POINT, valueOf(value), newMeter());

  it('gives the map itself, extra keys included', () => {
    const map = valueOf('{:x 1 :y 2 :label "p"}');
    expect(struct.f2(POINT, map, newMeter())).toBe(map);
  });

  it('lets a field of type T? be absent or nil', () => {
    expect(show(make('{:x 1}'))).toBe('{:x 1}');
    expect(show(make('{:x 1 :y nil}'))).toBe('{:x 1 :y nil}');
  });

  it.each([
    ['{:y 1}', 'Type validation error: Required field x is missing'],
    ['{:x "a"}', 'Type validation error: Field x failed type validation: Type mismatch: expected int, got string'],
    ['{:x 1 :y "a"}', 'Type validation error: Field y failed type validation: Type mismatch: expected int?, got string'],
  ])('refuses %s: %s', (value, message) => {
    const error = raised(() => make(value));
    expect([error.type.name, error.message]).toEqual(['error/validation', message]);
  });

  it('refuses what is no map with a type error that names the struct', () => {
    const error = raised(() => make('[1]'));
    expect([error.type.name, error.message]).toEqual(['error/type', 'Type error in Point: expected map, got vector']);
  });

  it('checks fields that mention the struct itself, with a path inside the field', () => {
    const error = raised(() => struct.f2(CHAIN, valueOf('{:value 1 :next {:value 2 :next {:value "x"}}}'), newMeter()));
    expect(error.message).toBe('Type validation error: Field next failed type validation: Type mismatch at .next.value: expected int, got string');
  });

  it('makes a struct without fields from any map', () => {
    expect(show(struct.f2(structType('Empty', []), valueOf('{:a 1}'), newMeter()))).toBe('{:a 1}');
  });
});
