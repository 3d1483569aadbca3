import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  andType,
  ANY,
  arrayType,
  enumType,
  fitsTypeLimits,
  INT,
  isPredicateName,
  mapType,
  NIL,
  optionalType,
  predicate,
  PREDICATE_NAMES,
  recursiveType,
  STRING,
  structRef,
  structType,
  TYPE_DEPTH_MAX,
  unionType,
  vectorType,
} from '../../../src/ir/type.ts';
import { isImplied, readPredicate } from '../../../src/ir/type-predicate.ts';
import { printPredicate, printType } from '../../../src/ir/type-text.ts';
import { viewType } from '../../../src/ir/type-view.ts';
import { keyword, makeFloat, symbol, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { CHAIN, EXPRESSION, hasType, predicates, show, typeOf, types, UNROLLED_CHAIN, valueOf, values } from '../../support/types.ts';

describe('the normalised form', () => {
  it('says each thing once', () => {
    expect(show(optionalType(optionalType(INT)))).toBe('[:optional :int]');
    expect(optionalType(ANY)).toBe(ANY);
    expect(optionalType(NIL)).toBe(NIL);
    expect(show(unionType([INT, unionType([STRING, INT]), NIL]))).toBe('[:union :int :string :nil]');
    expect(unionType([INT, INT])).toBe(INT);
    expect(show(andType([INT, andType([ANY], [predicate('>', [0])])], [predicate('<', [9]), predicate('>', [0])]))).toBe('[:and :int :any [:> 0] [:< 9]]');
    expect(andType([INT], [])).toBe(INT);
    expect(show(enumType([1, keyword('a'), 1, makeFloat(1)]))).toBe('[:enum 1 :a 1.0]');
  });

  it('is a value like any other', () => {
    const type = mapType([{ key: keyword('a'), type: vectorType(INT), optional: true }], STRING);
    expect(show(type)).toBe('[:map [:a [:vector :int] :optional] [:* :string]]');
    expect(show(arrayType(INT, [2, null]))).toBe('[:array :int [2 :?]]');
    expect(show(CHAIN)).toBe('[:struct "Chain" [:value :int] [:next [:optional [:struct-ref "Chain"]]]]');
  });

  it('orders the members of a group, so that the order of declaration does not show', () => {
    const a = structType('A', []);
    const b = structType('B', []);
    expect(show(recursiveType('A', [b, a]))).toBe(show(recursiveType('A', [a, b])));
  });
});

describe('printType', () => {
  it.each([
    'int',
    'int?',
    '[:vector int]',
    '[:optional [:vector int?]]',
    '[:map [:a int] [:b string ?] ["c d" [:vector any]] [1 nil] [:* float]]',
    '[:map]',
    '[:map-of string [:set keyword]]',
    '[:tuple int string]',
    '[:array int [2 ?]]',
    '[:union int [:vector int] nil]',
    '[:and int [:> 0] [:in-range 1 2.5]]',
    '[:and string [:matches-regex "^a\\"\\\\d"] [:non-empty]]',
    '[:and map [:required-keys [:a "b"]]]',
    '[:enum :a "b" 1 1.0 nil true]',
    "[:enum 'a]",
    '[:val ##NaN]',
    '[:fn [int [:vector int] & string] bool]',
    '[:fn [] any]',
    '[:resource File]',
    '[:resource "a file"]',
    '[:stream int]',
    'Chain',
    'Chain?',
    '[:vector Chain]',
  ])('writes %s as a program does', (text) => {
    expect(printType(typeOf(text, { Chain: CHAIN }))).toBe(text);
  });

  it('writes a predicate without brackets', () => {
    expect(printPredicate(predicate('in-range', [1, 2]))).toBe('in-range 1 2');
    expect(printPredicate(predicate('non-empty', []))).toBe('non-empty');
  });

  it('prints every type so that it is read back as the same type', () => {
    const structs = { Chain: CHAIN, Neg: EXPRESSION };
    fc.assert(
      fc.property(types, (type) => {
        const text = printType(type);
        fc.pre(!show(type).includes('"S"') && !show(type).includes('"Wide"'));
        expect(show(typeOf(text, structs)), text).toBe(show(type));
      }),
      { numRuns: 1000 },
    );
  });

  it('cuts what is too long and survives what is no type', () => {
    expect(printType(enumType(Array.from({ length: 1000 }, (_, i) => i)), 20)).toBe('[:enum 0 1 2 3 4 5 …');
    let deep: Value = INT;
    for (let i = 0; i < 100_000; i++) deep = Vector.of(keyword('vector'), deep);
    expect(printType(deep)).toContain('…');
    for (const odd of [null, 1, Vector.empty(), valueOf('[:fn]'), valueOf('[:map 1]'), valueOf('[:array]'), valueOf('[:struct]')]) {
      expect(typeof printType(odd)).toBe('string');
    }
  });
});

describe('viewType', () => {
  it('reads every type that the constructors make', () => {
    fc.assert(fc.property(types, (type) => viewType(type) !== null));
  });

  it.each([
    '1',
    ':integer',
    'int',
    '[]',
    '[:int]',
    '[vector :int]',
    '[:vector]',
    '[:vector :int :int]',
    '[:union]',
    '[:and]',
    '[:and [:> 0]]',
    '[:and :int [:> :a]]',
    '[:and :int [:> 0 1]]',
    '[:and :string [:min-length -1]]',
    '[:and :string [:length 1.0]]',
    '[:and :string [:matches-regex 1]]',
    '[:and :map [:required-keys :a]]',
    '[:and :int [:in-range 1 "2"]]',
    '[:enum]',
    '[:enum [1]]',
    '[:val]',
    '[:val 1 2]',
    '[:map :a]',
    '[:map [:a]]',
    '[:map [:a :int :maybe]]',
    '[:map [:a :int] [:a :int]]',
    '[:map [[1] :int]]',
    '[:map [:* :int] [:a :int]]',
    '[:map [:* :int :optional]]',
    '[:map-of :int]',
    '[:array :int]',
    '[:array :int []]',
    '[:array :int [-1]]',
    '[:array :int [:x]]',
    '[:fn :int]',
    '[:fn [:& :int :int] :int]',
    '[:fn [:&] :int]',
    '[:fn [:int]]',
    '[:resource :a]',
    '[:struct :A]',
    '[:struct "A" [:a]]',
    '[:struct-ref "A"]',
    '[:struct "A" [:a [:struct-ref "B"]]]',
    '[:rec "A"]',
    '[:rec "A" [:struct "B"]]',
    '[:rec "A" [:map]]',
    '{:a :int}',
    '(:vector :int)',
  ])('refuses %s', (text) => {
    expect(viewType(valueOf(text))).toBeNull();
  });

  it('never throws, whatever the value', () => {
    const heads = fc.constantFrom<Value>(...['vector', 'map', 'and', 'fn', 'array', 'struct', 'rec', 'struct-ref', 'optional', 'enum', '>', 'has-key', '*', '&'].map((name) => keyword(name)));
    const odd = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, heads, values, fc.constantFrom<Value>(INT, 'A', symbol('a')), fc.array(tie('value'), { maxLength: 4 }).map((items) => Vector.adopt(items))),
    })).value;
    fc.assert(
      fc.property(odd, (value) => {
        const graph = viewType(value);
        expect(graph === null || typeof printType(value) === 'string').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('turns references into the struct they mean, so a recursive type is a cycle', () => {
    const graph = viewType(CHAIN);
    const { root } = graph!;
    if (root.kind !== 'record') throw new Error('no record');
    const next = root.entries[1]!.view;
    expect(graph!.recursive && next.kind === 'optional' && next.item === root).toBe(true);
    expect(viewType(UNROLLED_CHAIN)!.root).not.toBe(root);
  });

  it('a struct inside another of the same name hides it', () => {
    const inner = structType('A', [{ key: keyword('x'), type: optionalType(structRef('A')), optional: false }, { key: keyword('inner'), type: INT, optional: false }]);
    const outer = structType('A', [{ key: keyword('sub'), type: inner, optional: false }]);
    expect(hasType(outer, valueOf('{:sub {:inner 1 :x {:inner 2}}}'))).toBe(true);
    const { root } = viewType(outer)!;
    const sub = root.kind === 'record' ? root.entries[0]!.view : root;
    const again = sub.kind === 'record' ? sub.entries[0]!.view : sub;
    expect(again.kind === 'optional' && again.item === sub).toBe(true);
  });

  it('refuses what is too deep or too large, however it is shared', () => {
    let deep: Value = INT;
    for (let i = 0; i < 1_000_000; i++) deep = vectorType(deep);
    expect(viewType(deep)).toBeNull();
    let doubled: Value = INT;
    for (let i = 0; i < 100; i++) doubled = Vector.of(keyword('tuple'), doubled, doubled);
    expect(viewType(doubled)).toBeNull();
    let fits: Value = INT;
    for (let i = 0; i < TYPE_DEPTH_MAX; i++) fits = vectorType(fits);
    expect(fitsTypeLimits(fits) && viewType(fits) !== null).toBe(true);
    expect(fitsTypeLimits(vectorType(fits))).toBe(false);
  });
});

describe('isImplied', () => {
  it.each([
    ['[:> 5]', '[:> 0]', true],
    ['[:> 5]', '[:>= 5]', true],
    ['[:>= 5]', '[:> 5]', false],
    ['[:>= 5]', '[:> 4.5]', true],
    ['[:< 5]', '[:<= 5]', true],
    ['[:in-range 1 5]', '[:> 0]', true],
    ['[:in-range 1 5]', '[:< 5]', false],
    ['[:in-range 2 3]', '[:in-range 1 5]', true],
    ['[:in-range 0 3]', '[:in-range 1 5]', false],
    ['[:= 3]', '[:in-range 1 5]', true],
    ['[:= :a]', '[:!= :b]', true],
    ['[:= :a]', '[:!= :a]', false],
    ['[:= 1]', '[:!= 1.0]', false],
    ['[:> 5]', '[:!= 5]', true],
    ['[:> 5]', '[:!= 6]', false],
    ['[:> 5]', '[:!= "a"]', true],
    ['[:> 5]', '[:< 0]', false],
    ['[:> 5]', '[:> "a"]', false],
    ['[:length 3]', '[:min-length 2]', true],
    ['[:length 3]', '[:max-length 2]', false],
    ['[:count 3]', '[:min-length 2]', false],
    ['[:min-count 1]', '[:non-empty]', true],
    ['[:min-count 0]', '[:non-empty]', false],
    ['[:required-keys [:a :b]]', '[:has-key :a]', true],
    ['[:has-key :a]', '[:required-keys [:a]]', true],
    ['[:has-key :a]', '[:required-keys [:a :b]]', false],
    ['[:matches-regex "a"]', '[:matches-regex "a"]', true],
    ['[:matches-regex "ab"]', '[:matches-regex "a"]', false],
    ['[:is-url]', '[:is-email]', false],
  ])('%s implies %s: %s', (fact, wanted, expected) => {
    expect(isImplied(readPredicate(valueOf(wanted))!, [readPredicate(valueOf(fact))!])).toBe(expected);
  });

  it('never claims what some value contradicts', () => {
    const any = (form: Value): Value => andType([ANY], [form]);
    let implied = 0;
    fc.assert(
      fc.property(predicates, predicates, fc.array(values, { minLength: 10, maxLength: 10 }), (fact, wanted, samples) => {
        const [a, b] = [readPredicate(fact), readPredicate(wanted)];
        if (a === null || b === null || !isImplied(b, [a])) return;
        implied += 1;
        for (const value of samples) if (hasType(any(fact), value)) expect(hasType(any(wanted), value), `${show(fact)} implies ${show(wanted)}, on ${show(value)}`).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(implied).toBeGreaterThan(100);
  });
});

it('names of predicates and of constructors do not overlap', () => {
  for (const name of PREDICATE_NAMES) expect(viewType(Vector.of(keyword(name), INT))).toBeNull();
  expect(isPredicateName('vector')).toBe(false);
});
