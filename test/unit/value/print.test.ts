import { describe, expect, test } from 'vitest';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { displayValue, printBrief, printValue, quoteString } from '../../../src/value/print.ts';
import { SetValue } from '../../../src/value/set.ts';
import { Closure, ErrorValue, Handle, keyword, makeFloat, PrimitiveFunction, symbol, Timestamp, Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';

const code = { group: 'aa'.repeat(32), unit: 0 };

describe('the readable form', () => {
  test.each([
    [null, 'nil'],
    [true, 'true'],
    [false, 'false'],
    [-12, '-12'],
    [makeFloat(1), '1.0'],
    [Number.NaN, '##NaN'],
    ['a', '"a"'],
    [keyword('ns/a'), ':ns/a'],
    [symbol('a-b'), 'a-b'],
    [Vector.empty(), '[]'],
    [List.empty(), '()'],
    [MapValue.empty(), '{}'],
    [SetValue.empty(), '#{}'],
    [Vector.of(1, 'a', keyword('b'), null), '[1 "a" :b nil]'],
    [MapValue.of(keyword('b'), 2, keyword('a'), 1), '{:a 1 :b 2}'],
    [SetValue.of(2, 1), '#{1 2}'],
    [List.of(1, List.of(2, Vector.empty()), 3), '(1 (2 []) 3)'],
    [MapValue.of(Vector.of(1), SetValue.of(MapValue.empty())), '{[1] #{{}}}'],
    [new Timestamp(1704164645678), '2024-01-02T03:04:05.678Z'],
    [new Timestamp(0), '1970-01-01T00:00:00Z'],
    [new Uuid('01234567-89ab-cdef-0123-456789abcdef'), '01234567-89ab-cdef-0123-456789abcdef'],
    [new Handle('resource://a/b'), 'resource://a/b'],
    [new PrimitiveFunction('+'), '#<fn +>'],
    [new Closure({ ...code, name: 'f' }, []), '#<fn f>'],
    [new Closure({ ...code, name: null }, []), '#<fn>'],
    [new ErrorValue(keyword('error/arithmetic'), 'Division by zero', null, null, null), '#<error :error/arithmetic "Division by zero">'],
  ] as [Value, string][])('%# %s', (value, text) => {
    expect(printValue(value)).toBe(text);
  });

  test('strings are escaped wherever a character could be lost or misread', () => {
    expect(quoteString('a"b\\c')).toBe('"a\\"b\\\\c"');
    expect(quoteString('\n\t\r\b\f')).toBe('"\\n\\t\\r\\b\\f"');
    expect(quoteString('\u0000\u001b\u007f\u0085\u2028\ufeff')).toBe('"\\u0000\\u001b\\u007f\\u0085\\u2028\\ufeff"');
    expect(quoteString('é😀 \u00a0')).toBe('"é😀 \u00a0"');
    expect(quoteString('\ud800x\udc00\udc00')).toBe('"\\ud800x\\udc00\\udc00"');
    expect(quoteString('\ud83d\ud83d\ude00')).toBe('"\\ud83d😀"');
  });
});

describe('what str shows', () => {
  test('a string as it is at the top, quoted inside', () => {
    expect(displayValue('a"\n')).toBe('a"\n');
    expect(displayValue(Vector.of('a'))).toBe('["a"]');
    expect(displayValue(null)).toBe('nil');
  });
});

describe('the limit', () => {
  test('text of exactly the limit is given, longer text is not', () => {
    expect(printValue(Vector.of(1, 22), { maxLength: 6 })).toBe('[1 22]');
    expect(printValue(Vector.of(1, 22), { maxLength: 5 })).toBe(null);
    expect(printValue('abc', { maxLength: 5 })).toBe('"abc"');
    expect(printValue('abc', { maxLength: 4 })).toBe(null);
    expect(displayValue('abc', { maxLength: 3 })).toBe('abc');
    expect(displayValue('abc', { maxLength: 2 })).toBe(null);
    expect(printValue(MapValue.of(1, 2), { maxLength: 5 })).toBe('{1 2}');
    expect(printValue(Vector.of(Vector.of(Vector.of())), { maxLength: 5 })).toBe(null);
  });

  test('a value that prints to 2^1000 characters stops at once', () => {
    let value: Value = 'x';
    for (let i = 0; i < 1000; i++) value = i % 2 === 0 ? Vector.of(value, value) : MapValue.of('k', value, 'l', value);
    expect(printValue(value, { maxLength: 100_000 })).toBe(null);
    expect(printBrief(value, 20)).toHaveLength(20);
  });

  test('the brief form is cut with an ellipsis, never inside a surrogate pair', () => {
    expect(printBrief(Vector.of(1, 2, 3), 100)).toBe('[1 2 3]');
    expect(printBrief(Vector.of(1, 2, 3), 7)).toBe('[1 2 3]');
    expect(printBrief(Vector.of(1, 2, 3), 5)).toBe('[1 2…');
    expect(printBrief('😀😀', 4)).toBe('"😀…');
    expect(printBrief('😀😀', 5)).toBe('"😀…');
  });

  test('only as much is looked at as can be shown', () => {
    const large = Vector.adopt(new Array<Value>(1_000_000).fill(7));
    for (let i = 0; i < 1000; i++) expect(printBrief(large, 10)).toBe('[7 7 7 7 …');
  });
});
