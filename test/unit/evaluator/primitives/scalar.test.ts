import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuelLeft } from '../../../../src/evaluator/limits.ts';
import { compare, equals } from '../../../../src/value/order.ts';
import { ErrorValue, keyword, makeFloat, type Value } from '../../../../src/value/value.ts';
import { List } from '../../../../src/value/list.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { call, evaluate, meterOf, raised, rows } from './scalar-harness.ts';

describe('equality', () => {
  rows([
    ['(= nil nil)', 'true'],
    ['(= nil false)', 'false'],
    ['(= "a" :a)', 'false'],
    ['(= ##NaN ##NaN)', 'false'],
    ['(= 0.0 -0.0)', 'true'],
    ["(= [1 [2]] '(1 (2)))", 'true'],
    ['(= #{1 2} #{2 1})', 'true'],
    ['(= {} [])', 'false'],
    ['(= 1 1 1 2)', 'false'],
    ['(!= 1 2)', 'true'],
    ['(not= 1 1 2)', 'true'],
    ['(identical? [1] [1])', 'true'],
    ['(= + +)', 'true'],
    ['(= + -)', 'false'],
    ['(= 2024-01-15T10:30:00Z 2024-01-15T10:30:00.000Z)', 'true'],
    ['(== 1 1.0 1)', 'true'],
    ['(== 9007199254740993 9007199254740992.0)', 'false'],
    ['(== :a)', '! type Type error in ==: expected number, got keyword'],
    ['(==)', '! arity'],
  ]);

  it('is that of the value room for values of any kind', () => {
    const leaf = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom<Value>(null, true, false, 'a', 'b', makeFloat(1), 0.5, Number.NaN, keyword('a'), 2n ** 60n));
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 3 }).map((items) => Vector.adopt(items)), fc.array(tie('value'), { maxLength: 3 }).map((items) => List.adopt(items))),
    }));
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(call('=', [a, b])).toBe(equals(a, b));
        expect(call('=', [a, a])).toBe(equals(a, a));
        expect(call('not=', [a, b])).toBe(!equals(a, b));
        expect(call('compare', [a, b])).toBe(Math.sign(compare(a, b)));
      }),
      { numRuns: 1000 },
    );
  });

  it('costs the same for parts that are one object and parts that are equal', () => {
    const cost = (a: Value, b: Value): number => {
      const meter = meterOf();
      call('=', [a, b], meter);
      return meter.limits.fuel - fuelLeft(meter);
    };
    const shared = Vector.of(1, 2, 3);
    expect(cost(Vector.of(shared, shared), Vector.of(shared, shared))).toBe(cost(Vector.of(Vector.of(1, 2, 3), Vector.of(1, 2, 3)), Vector.of(shared, shared)));
    expect(cost('a'.repeat(1600), 'a'.repeat(1600))).toBe(100);
  });

  it('ends with the fuel for values that are huge as trees', () => {
    let a: Vector = Vector.of(1);
    let b: Vector = Vector.of(1);
    for (let i = 0; i < 200; i++) {
      a = Vector.of(a, a);
      b = Vector.of(b, b);
    }
    expect(raised(() => call('=', [a, b]))).toContain('! budget');
    expect(raised(() => call('compare', [a, b]))).toContain('! budget');
    expect(raised(() => call('hash', [a]))).toContain('! budget');
  });
});

describe('order', () => {
  rows([
    ['(< 1)', 'true'],
    ['(> "x")', 'true'],
    ['(< 1 2 2)', 'false'],
    ['(<= 1 2 2)', 'true'],
    ['(< "B" "a" "b")', 'true'],
    ['(< :a :b)', 'true'],
    ['(< false true)', 'true'],
    ['(< 2024-01-15T10:30:00Z 2024-01-15T10:30:00.001Z)', 'true'],
    ['(< ##NaN 1)', 'false'],
    ['(< 9007199254740992.0 9007199254740993)', 'true'],
    ['(> "s" 5)', '! type Type error in >: expected comparable types, got integer'],
    ['(< 2 1 "a")', '! type Type error in <: expected comparable types, got string'],
    ['(< nil 1)', '! type Type error in <: expected comparable types, got nil'],
    ["(< 'a 'b)", '! type Type error in <: expected comparable types, got symbol'],
    ['(>= {} {})', '! type Type error in >=: expected comparable types, got map'],
    ['(<)', '! arity'],
    ['(compare 1 1.0)', '-1'],
    ['(compare ##NaN ##NaN)', '0'],
    ['(compare :a "a")', '1'],
    ['(compare 1)', '! arity'],
  ]);
});

describe('numbers from anything', () => {
  rows([
    ['(int -3.7)', '-3'],
    ['(int "  42 ")', '42'],
    ['(int "3.7")', '0'],
    ['(int "")', '0'],
    ['(int "+")', '0'],
    ['(int false)', '0'],
    ['(int ##NaN)', '0'],
    ['(int ##Inf)', '0'],
    ['(int 1.0e20)', '100000000000000000000'],
    ['(int "123456789012345678901234567890")', '123456789012345678901234567890'],
    ['(int :a)', '0'],
    ['(float 2.5)', '2.5'],
    ['(float false)', '0.0'],
    ['(float "1e400")', '0.0'],
    ['(float 9007199254740993)', '9007199254740992.0'],
    ['(parse-int "0x10")', 'nil'],
    ['(parse-int "1e3")', 'nil'],
    ['(parse-int "-0")', '0'],
    ['(parse-int "007")', '7'],
    ['(parse-int "٣")', 'nil'],
    ['(parse-int "1 2")', 'nil'],
    ['(parse-int -3.7)', '-3'],
    ['(parse-int ##Inf)', 'nil'],
    ['(parse-int true)', 'nil'],
    ['(parse-float "")', 'nil'],
    ['(parse-float ".")', 'nil'],
    ['(parse-float "-.5")', '-0.5'],
    ['(parse-float "5.")', '5.0'],
    ['(parse-float "5.e2")', '500.0'],
    ['(parse-float "-0")', '0.0'],
    ['(parse-float "-0.0")', '-0.0'],
    ['(parse-float "0x10")', 'nil'],
    ['(parse-float "1_000")', 'nil'],
    ['(parse-float "1e400")', 'nil'],
    ['(parse-float "NaN")', '##NaN'],
    ['(parse-float "-Infinity")', '##-Inf'],
    ['(parse-float "##Inf")', '##Inf'],
    ['(parse-float "0.1000000000000000055511151231257827021181583404541015625")', '0.1'],
    ['(parse-float nil)', 'nil'],
    ['(parse-long "5")', '5'],
    ['(parse-double "5")', '5.0'],
  ]);

  it('refuses to call a huge integer infinite', () => {
    expect(raised(() => call('float', [10n ** 400n]))).toBe('! arithmetic The integer is too large for a float');
  });

  it('reads what numbers print', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.double({ noNaN: true }), (integer, double) => {
        expect(BigInt(call('parse-int', [`${integer}`]) as bigint)).toBe(integer);
        expect(call('parse-float', [call('str', [makeFloat(double)])])).toEqual(makeFloat(double));
      }),
    );
  });
});

describe('names', () => {
  rows([
    ['(keyword "a/b")', ':a/b'],
    ["(keyword 'x)", ':x'],
    ['(keyword nil "a")', ':a'],
    ['(keyword :n :a)', ':n/a'],
    ['(keyword "a" nil)', '! type'],
    ['(symbol :a/b)', 'a/b'],
    ['(symbol "")', '! argument Invalid argument: symbol expects a name that is not empty'],
    ['(name :com.acme:v1.0/f)', '"f"'],
    ['(namespace :com.acme:v1.0/f)', '"com.acme:v1.0"'],
    ["(name '/)", '"/"'],
    ["(namespace '/)", 'nil'],
    ['(name 1)', '! type Type error in name: expected keyword, symbol or string, got integer'],
    ['(namespace "a")', '! type'],
  ]);
});

describe('uuids, hashes, kinds', () => {
  rows([
    ['(parse-uuid "550e8400-e29b-41d4-a716-44665544000g")', 'nil'],
    ['(parse-uuid "550e8400xe29b-41d4-a716-446655440000")', 'nil'],
    ['(parse-uuid "")', 'nil'],
    ['(= (hash [1]) (hash (quote (1))))', 'false'],
    ['(= (hash "a") (hash :a))', 'false'],
    ['(re-matches "[0-9a-f]{64}" (hash nil))', evaluate('(hash nil)')],
    ['(type-name :a)', '"keyword"'],
    ["(type-name '())", '"list"'],
    ['(type-name #{})', '"set"'],
    ['(type-name 123456789012345678901234567890)', '"integer"'],
    ['(type-name resource://a)', '"resource"'],
    ['(type-name (ex-info "m" nil))', '"error"'],
    ['(type true)', ':boolean'],
    ['(integer? 1)', 'true'],
    ['(double? 1.5)', 'true'],
    ['(string-p 1)', 'false'],
    ['(bool? true)', 'true'],
    ['(ifn? [])', 'true'],
    ['(ifn? "a")', 'false'],
    ['(fn? inc)', 'true'],
    ['(nan? 1.5)', 'false'],
    ['(infinite? ##NaN)', 'false'],
    ['(infinite? nil)', 'false'],
    ['(nil? nil nil)', '! arity'],
    ['(not)', '! arity'],
  ]);
});

describe('errors as values', () => {
  rows([
    ['(ex-message (Exception. "m" 1))', '"m"'],
    ['(getMessage (ex-info "m" nil))', '"m"'],
    ['(getMessage {:message "m"})', 'nil'],
    ['(ex-info "m")', '! arity'],
    ['(ex-info "m" [1])', '! type Type error in ex-info: expected map, got vector'],
    ['(Exception. nil)', '! type Type error in Exception.: expected string, got nil'],
  ]);

  it('have the kind of the user, a place to come and data as given', () => {
    expect(call('ex-info', ['boom', null])).toEqual(new ErrorValue(keyword('error/user'), 'boom', null, null, null));
  });
});

describe('timestamps', () => {
  rows([
    ['(timestamp->millis 2024-02-29T00:00:00.001Z)', '1709164800001'],
    ['(millis->timestamp 1709164800001)', '2024-02-29T00:00:00.001Z'],
    ['(millis->timestamp -62167219200000)', '0000-01-01T00:00:00Z'],
    ['(millis->timestamp -62167219200001)', '! argument'],
    ['(millis->timestamp 253402300800000)', '! argument'],
    ['(millis->timestamp 123456789012345678901234567890)', '! argument'],
    ['(parse-timestamp "2024-02-30T00:00:00Z")', 'nil'],
    ['(parse-timestamp 2024-02-29T00:00:00Z)', '2024-02-29T00:00:00Z'],
    ['(parse-timestamp 5)', '! type'],
    ['(format-timestamp "2024")', '! type'],
  ]);
});

describe('JSON', () => {
  rows([
    ['(parse-json "{\\"a\\": {\\"a\\": []}, \\"b\\": \\"\\\\u00e9\\"}")', '{"a" {"a" []} "b" "é"}'],
    ['(parse-json "  true ")', 'true'],
    ['(parse-json "")', '! argument JSON parsing error: expected a value, found the end (at index 0)'],
    ['(parse-json "[\\"😀\\" x]")', '! argument JSON parsing error: expected `,` or `]` (at index 5)'],
    ['(tool/parse-json "1e400")', '! argument JSON parsing error'],
    ['(parse-json {})', '! type'],
    ['(serialize-json {"b" :k})', '! argument JSON serialization error: a keyword has no JSON form (:k)'],
    ['(serialize-json {:a 1 "a" 2})', '! argument JSON serialization error'],
    ['(tool/serialize-json [1.0 123456789012345678901234567890 nil "a"])', '"[1.0,123456789012345678901234567890,null,\\"a\\"]"'],
    ["(serialize-json '(1 2))", '"[1,2]"'],
    ['(serialize-json +)', '! argument'],
    ['(parse-json (serialize-json-pretty {:a [1 {:b nil}]}))', '{"a" [1 {"b" nil}]}'],
  ]);

  it('is paid for', () => {
    expect(raised(() => call('parse-json', [`[${'1,'.repeat(10_000)}1]`], meterOf({ allocation: 5000 })))).toContain('! budget');
    expect(raised(() => call('serialize-json', ['a'.repeat(10_000)], meterOf({ allocation: 100 })))).toContain('! budget');
  });

  it('nests as deep as its text', () => {
    const depth = 300_000;
    const value = call('parse-json', ['['.repeat(depth) + ']'.repeat(depth)]);
    expect(call('serialize-json', [value])).toBe('['.repeat(depth) + ']'.repeat(depth));
    expect(call('str', [value])).toBe('['.repeat(depth) + ']'.repeat(depth));
    expect(call('=', [value, call('parse-json', ['['.repeat(depth) + ']'.repeat(depth)])])).toBe(true);
  });
});

describe('comparing values with long texts in them', () => {
  it('is paid for by the length of the texts', () => {
    const meter = meterOf({ fuel: 1000 });
    const texts = (): Vector => Vector.adopt(Array.from({ length: 100 }, () => 'a'.repeat(16_000)));
    expect(raised(() => call('=', [texts(), texts()], meter))).toBe('! budget Resource budget exhausted: fuel (limit: 1000)');
  });
});
