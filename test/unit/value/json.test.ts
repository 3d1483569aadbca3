import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../src/value/json-read.ts';
import { type JsonWriteOptions, writeJson } from '../../../src/value/json-write.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { isSame } from '../../../src/value/order.ts';
import { printValue } from '../../../src/value/print.ts';
import { SetValue } from '../../../src/value/set.ts';
import { Closure, ErrorValue, Handle, keyword, makeFloat, PrimitiveFunction, symbol, Timestamp, Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue } from '../../support/arbitraries.ts';

function read(text: string): string {
  const parsed = parseJson(text);
  return parsed.ok ? printValue(parsed.value)! : `${parsed.error.message} at ${parsed.error.offset}`;
}

function write(value: Value, options?: JsonWriteOptions): string {
  const written = writeJson(value, options);
  return written.ok ? written.value : written.error.message;
}

describe('reading', () => {
  test.each([
    ['null', 'nil'],
    [' true\n', 'true'],
    ['\tfalse\r', 'false'],
    ['0', '0'],
    ['-0', '0'],
    ['-0.0', '-0.0'],
    ['12', '12'],
    ['1.0', '1.0'],
    ['1e2', '100.0'],
    ['1E-2', '0.01'],
    ['9007199254740993', '9007199254740993'],
    ['-123456789012345678901234567890', '-123456789012345678901234567890'],
    ['""', '""'],
    ['"a\\"\\\\\\/\\b\\f\\n\\r\\t"', '"a\\"\\\\/\\b\\f\\n\\r\\t"'],
    ['"\\u00e9\\ud83d\\uDE00"', '"é😀"'],
    ['"\\ud800"', '"\\ud800"'],
    ['"\u007f\u2028"', '"\\u007f\\u2028"'],
    ['[]', '[]'],
    ['{}', '{}'],
    ['[1,[2 , {}],"x"]', '[1 [2 {}] "x"]'],
    ['{"b":1,"a":{"c":[null]}}', '{"a" {"c" [nil]} "b" 1}'],
    ['{"a":1,"a":2}', '{"a" 2}'],
    ['{"__proto__":{"x":1},"constructor":2}', '{"__proto__" {"x" 1} "constructor" 2}'],
  ])('%s', (text, printed) => {
    expect(read(text)).toBe(printed);
  });

  test.each([
    ['', 'expected a value, found the end at 0'],
    ['  ', 'expected a value, found the end at 2'],
    ['[1', 'expected `,` or `]`, found the end at 2'],
    ['[1,]', 'expected a value at 3'],
    ['[1 2]', 'expected `,` or `]` at 3'],
    ['[1}', 'expected `,` or `]` at 2'],
    ['{"a" 1}', 'expected `:` at 5'],
    ['{"a":}', 'expected a value at 5'],
    ['{a:1}', 'expected a string as key at 1'],
    ['{"a":1,}', 'expected a string as key at 7'],
    ['{"a":1', 'expected `,` or `}`, found the end at 6'],
    ['1 2', 'there is something after the end at 2'],
    ['[]]', 'there is something after the end at 2'],
    ['nul', 'expected a value at 0'],
    ['NaN', 'expected a value at 0'],
    ["'a'", 'expected a value at 0'],
    ['01', 'a number must not begin with 0 at 0'],
    ['+1', 'expected a value at 0'],
    ['.5', 'expected a value at 0'],
    ['-', 'expected a value at 0'],
    ['1.', 'expected a digit after the point, found the end at 2'],
    ['1e', 'expected a digit in the exponent, found the end at 2'],
    ['1e400', 'a number is too large for a float at 0'],
    ['"a', 'a string has no end at 0'],
    ['"a\nb"', 'a control character must be escaped in a string at 2'],
    ['"\\x"', 'there is no such escape at 1'],
    ['"\\u12g4"', 'there is no such escape at 1'],
    ['"\\u12', 'there is no such escape at 1'],
    ['"\\', 'there is no such escape at 1'],
    ['\ufeff1', 'expected a value at 0'],
    ['// x\n1', 'expected a value at 0'],
  ])('%j is refused', (text, message) => {
    expect(read(text)).toBe(message);
  });

  test('numbers with more digits than allowed are refused', () => {
    expect(parseJson('[123456]', { digitsMax: 5 })).toEqual({ ok: false, error: { message: 'a number has too many digits', offset: 1 } });
  });

  test('accepts what the engine accepts and nothing else', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"\\n"', '1', '-', '.5', 'e3', 'null', 'true', ' ', '"', '\\', '0');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 10 }), (parts) => {
        const text = parts.join('');
        const engine = ((): boolean => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        })();
        expect(parseJson(text).ok).toBe(engine);
      }),
      { numRuns: 5000 },
    );
  });
});

const record = MapValue.of(keyword('b'), Vector.of(1, makeFloat(2)), 'a', List.of(null, true), 3, 'x');

describe('writing', () => {
  test.each([
    [null, 'null'],
    [makeFloat(1), '1.0'],
    [makeFloat(-0), '-0.0'],
    [makeFloat(1e21), '1.0e21'],
    [10n ** 25n, '10000000000000000000000000'],
    ['é"\\\n\u0001\ud800', '"é\\"\\\\\\n\\u0001\\ud800"'],
    [Vector.empty(), '[]'],
    [MapValue.empty(), '{}'],
    [record, '{"3":"x","a":[null,true],"b":[1,2.0]}'],
    [new Timestamp(0), '"1970-01-01T00:00:00Z"'],
    [new Uuid('01234567-89ab-cdef-0123-456789abcdef'), '"01234567-89ab-cdef-0123-456789abcdef"'],
    [new Handle('resource://a'), '"resource://a"'],
  ] as [Value, string][])('%#: %s', (value, text) => {
    expect(write(value)).toBe(text);
    expect(write(value, { lossy: true })).toBe(text);
  });

  test('pretty text has one entry to a line', () => {
    expect(write(MapValue.of('a', Vector.of(1, MapValue.of('b', Vector.empty())), 'c', MapValue.empty()), { pretty: true })).toBe(
      ['{', '  "a": [', '    1,', '    {', '      "b": []', '    }', '  ],', '  "c": {}', '}'].join('\n'),
    );
  });

  const code = { group: 'aa'.repeat(32), unit: 0, name: 'f' };
  const error = new ErrorValue(keyword('error/user'), 'oh', Vector.of(keyword('k')), null, null);
  test.each([
    [keyword('a/b'), 'a keyword has no JSON form (:a/b)', '"a/b"'],
    [symbol('s'), 'a symbol has no JSON form (s)', '"s"'],
    [SetValue.of(1, 2), 'a value of kind set has no JSON form', '[1,2]'],
    [Number.NaN, '##NaN has no JSON form', 'null'],
    [Number.NEGATIVE_INFINITY, '##-Inf has no JSON form', 'null'],
    [new PrimitiveFunction('+'), 'a function has no JSON form', '"#<fn +>"'],
    [new Closure(code, []), 'a function has no JSON form', '"#<fn f>"'],
    [error, 'a value of kind error has no JSON form', '{"type":"error/user","message":"oh","data":["k"]}'],
    [MapValue.of(Vector.of(1), 2), 'a vector cannot be a key in JSON', '{"[1]":2}'],
    [MapValue.of(1.5, 2), 'a float cannot be a key in JSON', '{"1.5":2}'],
    [MapValue.of('a', 1, keyword('a'), 2), 'two keys have the same JSON form "a"', '{"a":1,":a":2}'],
    [Vector.of(Vector.of(keyword('deep'))), 'a keyword has no JSON form (:deep)', '[["deep"]]'],
  ] as [Value, string, string][])('%#: refused, or lossy if asked for', (value, message, text) => {
    expect(write(value)).toBe(message);
    expect(write(value, { lossy: true })).toBe(text);
  });

  test('text longer than allowed is refused, also when it would have 2^1000 characters', () => {
    expect(write(Vector.of(1, 2), { maxLength: 5 })).toBe('[1,2]');
    expect(write(Vector.of(1, 2), { maxLength: 4 })).toBe('the text is longer than 4 characters');
    let value: Value = 'x';
    for (let i = 0; i < 1000; i++) value = i % 2 === 0 ? Vector.of(value, value) : MapValue.of('k', value, 'l', value);
    expect(write(value, { maxLength: 10_000 })).toBe('the text is longer than 10000 characters');
    expect(write(value, { maxLength: 10_000, pretty: true })).toBe('the text is longer than 10000 characters');
  });
});

describe('both', () => {
  test('what strict writing accepts reads back, with lists as vectors and keys as strings', () => {
    fc.assert(
      fc.property(arbitraryValue({ opaque: false }), (value) => {
        const written = writeJson(value);
        if (!written.ok) return;
        expect(() => void JSON.parse(written.value)).not.toThrow();
        const back = parseJson(written.value);
        // The second text may have its entries in another order: keys that were keywords or integers are strings now.
        const again = parseJson(back.ok ? write(back.value) : '');
        expect(back.ok && again.ok && isSame(again.value, back.value)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('lossy writing accepts everything and yields JSON', () => {
    fc.assert(
      fc.property(arbitraryValue(), fc.boolean(), (value, pretty) => {
        const written = writeJson(value, { lossy: true, pretty });
        expect(written.ok).toBe(true);
        if (written.ok) expect(parseJson(written.value).ok).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('JSON of the engine reads as the same data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const parsed = parseJson(JSON.stringify(data));
        expect(parsed.ok).toBe(true);
        if (parsed.ok) {
          const again = parseJson(write(parsed.value));
          expect(again.ok && isSame(again.value, parsed.value)).toBe(true);
          expect(JSON.parse(write(parsed.value))).toEqual(JSON.parse(JSON.stringify(data)));
        }
      }),
      { numRuns: 500 },
    );
  });
});
