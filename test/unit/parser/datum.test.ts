import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formToValue, type Origins, readValue, valueToForm } from '../../../src/parser/datum.ts';
import type { Form } from '../../../src/parser/form.ts';
import { read } from '../../../src/parser/reader.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { isSame } from '../../../src/value/order.ts';
import { printValue } from '../../../src/value/print.ts';
import { SetValue } from '../../../src/value/set.ts';
import { Handle, keyword, makeFloat, PrimitiveFunction, symbol, Timestamp, Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { show } from './reader-support.ts';

const SPAN = { file: 'made', start: 7, end: 9 };

function only(text: string): Form {
  const { forms, diagnostics } = read(text, 'test');
  expect(diagnostics).toEqual([]);
  expect(forms.length).toBe(1);
  return forms[0]!;
}

function formOf(value: Value, origins?: Origins): Form {
  const form = valueToForm(value, SPAN, origins);
  if ('unreadable' in form) throw new Error('unreadable');
  return form;
}

describe('a quoted form is data', () => {
  test.each<[string, Value]>([
    ['nil', null],
    ['1', 1],
    ['1.0', makeFloat(1)],
    ['"a"', 'a'],
    [':a/b', keyword('a/b')],
    ['x', symbol('x')],
    ['(a 1)', List.of(symbol('a'), 1)],
    ['[1 [2]]', Vector.of(1, Vector.of(2))],
    ['{:b 1 :a (x)}', MapValue.of(keyword('a'), List.of(symbol('x')), keyword('b'), 1)],
    ['#{2 1}', SetValue.of(1, 2)],
    ["'x", List.of(symbol('quote'), symbol('x'))],
    ['()', List.empty()],
    ['^{:a 1} [x]', Vector.of(symbol('x'))],
  ])('%s', (text, expected) => {
    const value = formToValue(only(text));
    expect(isSame(value, expected)).toBe(true);
    expect(printValue(value)).toBe(printValue(expected));
  });
});

describe('a value is a form again', () => {
  test('with the one span that was given', () => {
    const form = formOf(List.of(symbol('f'), Vector.of(1, keyword('k'))));
    expect(show(form)).toBe('(f [1 :k])');
    const open: Form[] = [form];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      expect(next.span).toEqual(SPAN);
      if ('items' in next) open.push(...next.items);
    }
  });

  test.each<[string, Value]>([
    ['a function', new PrimitiveFunction('+')],
    ['a function deep inside', Vector.of(1, MapValue.of(keyword('a'), List.of(new PrimitiveFunction('+'))))],
  ])('but not %s, which no text stands for', (_, value) => {
    const result = valueToForm(value, SPAN);
    expect('unreadable' in result && result.unreadable).toBeInstanceOf(PrimitiveFunction);
  });

  test('what a macro passes on is its own form again: places, metadata, and the order of a map', () => {
    const origins: Origins = new WeakMap();
    const argument = only('(f ^{:m 1} x {:b (g) :a 2})');
    const value = formToValue(argument, origins) as List;
    const [, x, map] = value.toArray();
    const expansion = formOf(List.of(symbol('do'), x!, map!, value.rest()), origins);
    expect(show(expansion)).toBe('(do ^{:m 1} x {:b (g) :a 2} (^{:m 1} x {:b (g) :a 2}))');
    const [head, same, sameMap] = (expansion as { items: readonly Form[] }).items;
    expect(head!.span).toEqual(SPAN);
    expect([same, sameMap]).toEqual((argument as { items: readonly Form[] }).items.slice(1));
  });

  test('empty collections, which are one object for all, get the span of the expansion', () => {
    const origins: Origins = new WeakMap();
    formToValue(only('[() [] {}]'), origins);
    expect(formOf(Vector.empty(), origins).span).toEqual(SPAN);
  });
});

const NAME_START = fc.constantFrom(...'abzAZ_$*!?%&λé');
const NAME_REST = fc.string({ unit: fc.constantFrom(...'abz09_-$*!?.+<>=#λé'), maxLength: 6 });
const NAME = fc.tuple(NAME_START, NAME_REST).map(([start, rest]) => start + rest);
const FULL_NAME = fc.oneof(NAME, fc.tuple(NAME, NAME).map(([space, name]) => `${space}/${name}`), fc.constantFrom('__proto__', 'constructor', '/', 'com.acme:v1.0/f'));
const SYMBOL_NAME = FULL_NAME.filter((name) => !['true', 'false', 'nil'].includes(name));
const hex = (length: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });

const ATOM: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(null, true, false, 0, -1, Number.MAX_SAFE_INTEGER, makeFloat(0), makeFloat(-0), makeFloat(1e300), NaN, Infinity, -Infinity),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
  fc.double().map(makeFloat),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
  FULL_NAME.map((name) => keyword(name)),
  SYMBOL_NAME.map((name) => symbol(name)),
  fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }).map((ms) => new Timestamp(ms)),
  fc.tuple(hex(8), hex(4), hex(4), hex(4), hex(12)).map((parts) => new Uuid(parts.join('-'))),
  NAME.map((name) => new Handle(`resource://${name}/x?y=1`)),
);

const VALUE: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => {
  const items = fc.array(tie('value'), { maxLength: 5 });
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      ATOM,
      items.map((all) => Vector.adopt(all.slice())),
      items.map((all) => List.adopt(all.slice())),
      items.map((all) => SetValue.from(all)),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => MapValue.from(entries)),
    ),
  };
}).value;

describe('what is printed is read back', () => {
  test('as the same value, whatever the value', () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        const text = printValue(value)!;
        const result = readValue(text);
        if (!result.ok) throw new Error(`${text}: ${result.error.map(({ message }) => message).join()}`);
        expect(printValue(result.value)).toBe(text);
        expect(isSame(result.value, value)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test('as a form and as a value again', () => {
    fc.assert(
      fc.property(VALUE, (value) => {
        const back = formToValue(formOf(value));
        expect(printValue(back)).toBe(printValue(value));
      }),
      { numRuns: 1000 },
    );
  });

  test('nested a million deep', () => {
    let value: Value = 1;
    for (let i = 0; i < 1_000_000; i++) value = Vector.of(value);
    const text = printValue(value)!;
    const result = readValue(text);
    expect(result.ok && printValue(result.value) === text).toBe(true);
    expect(formOf(value).kind).toBe('vector');
  });
});

test('a form that is small as a graph and huge as a tree costs what the graph costs', () => {
  let value: Value = symbol('x');
  for (let i = 0; i < 60; i++) value = List.of(value, value);
  const form = formOf(value);
  const back = formToValue(form);
  let depth = 0;
  for (let at: Value = back; at instanceof List; at = at.first()!) depth++;
  expect(depth).toBe(60);
});

describe('text that is not one value', () => {
  test.each([
    ['', 'E0120'],
    [' ; nothing', 'E0120'],
    ['1 2', 'E0120'],
    ['(1', 'E0102'],
    ['#<function f>', 'E0114'],
  ])('%j', (text, code) => {
    const result = readValue(text);
    expect(!result.ok && result.error[0]!.code).toBe(code);
  });
});
