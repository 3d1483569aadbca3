import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeValue } from '../../../src/value/bytes.ts';
import { parseJson } from '../../../src/value/json-read.ts';
import { fromTaggedJson, toTaggedJson } from '../../../src/value/json-tagged.ts';
import { writeJson } from '../../../src/value/json-write.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { SetValue } from '../../../src/value/set.ts';
import { ErrorValue, Handle, keyword, makeFloat, symbol, Timestamp, Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue, testCode } from '../../support/arbitraries.ts';

function textOf(value: Value): string {
  const text = writeJson(toTaggedJson(value));
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
}

function read(text: string): ReturnType<typeof fromTaggedJson> {
  const json = parseJson(text);
  if (!json.ok) throw new Error(json.error.message);
  return fromTaggedJson(json.value, { resolveCode: testCode });
}

const k = keyword;

test('every value comes back as it was', () => {
  fc.assert(fc.property(arbitraryValue(), (value) => {
    const back = read(textOf(value));
    expect(back.ok && encodeValue(back.value)).toEqual(encodeValue(value));
  }));
});

test.each<[Value, string]>([
  [null, 'null'],
  [Vector.of(1, -7, 1.5, true, 'a'), '[1,-7,1.5,true,"a"]'],
  [MapValue.of('a', 1, k('b'), Vector.empty()), '{":b":[],"a":1}'],
  [9007199254740992n, '{"$integer":"9007199254740992"}'],
  [makeFloat(1), '{"$float":"1.0"}'],
  [makeFloat(-0), '{"$float":"-0.0"}'],
  [Number.NEGATIVE_INFINITY, '{"$float":"##-Inf"}'],
  [Number.NaN, '{"$float":"##NaN"}'],
  [k('a/b'), '{"$keyword":"a/b"}'],
  [symbol('x'), '{"$symbol":"x"}'],
  [List.of(1, 2), '{"$list":[1,2]}'],
  [SetValue.of(1, 2), '{"$set":[1,2]}'],
  [MapValue.of(1, 'one'), '{"$map":[[1,"one"]]}'],
  [MapValue.of('$set', 1), '{"$map":[["$set",1]]}'],
  [MapValue.of(':a', 1), '{"$map":[[":a",1]]}'],
  [new Timestamp(0), '{"$timestamp":"1970-01-01T00:00:00Z"}'],
  [new Uuid('00112233-4455-6677-8899-aabbccddeeff'), '{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"}'],
  [new Handle('resource://a'), '{"$resource":"resource://a"}'],
  [new ErrorValue(k('error/host'), 'no', k('x'), null, null), '{"$error":{"data":{"$keyword":"x"},"message":"no","span":null,"stack":null,"type":"error/host"}}'],
])('%s is written as %s', (value, text) => {
  expect(textOf(value)).toBe(text);
});

test.each<[string, Value]>([
  ['1.0', makeFloat(1)],
  ['9007199254740993', 9007199254740993n],
  ['{"$integer":"7"}', 7],
  ['{"$float":"2.5"}', 2.5],
  ['{"$error":{"type":"my/error","message":"m"}}', new ErrorValue(k('my/error'), 'm', null, null, null)],
  ['{"$uuid":"00112233-4455-6677-8899-AABBCCDDEEFF"}', new Uuid('00112233-4455-6677-8899-aabbccddeeff')],
])('%s may be written too', (text, value) => {
  const back = read(text);
  expect(back.ok && encodeValue(back.value)).toEqual(encodeValue(value));
});

describe('what is none is refused, with its place', () => {
  test.each([
    ['{"a":[1,{"$foo":1}]}', '.a[1]', 'there is no tag $foo'],
    ['{"$set":[1],"b":2}', '', '$set must be the only key'],
    ['[{"$set":[1,1]}]', '[0]', 'an element stands twice'],
    ['{"$map":[[1,2],[1,3]]}', '', 'a key stands twice'],
    ['{"$map":[[1,2],[3]]}', '', 'arrays of a key and a value'],
    ['{"x":{"$map":[[1,{"$list":[0,{"$keyword":""}]}]]}}', '.x.$map[0][1].$list[1]', 'must have a name'],
    ['{"$keyword":1}', '', '$keyword must be a string'],
    ['{"$integer":"1.0"}', '', 'text of an integer'],
    ['{"$float":"1"}', '', 'text of a float'],
    ['{"$timestamp":"today"}', '', '$timestamp must be a time'],
    ['{"$uuid":"0"}', '', '$uuid must be'],
    ['{":":1}', '', 'must have a name'],
    ['{"$error":{"type":"a"}}', '', 'strings type and message'],
    ['{"$error":{"type":"a","message":"m","cause":1}}', '', '$error has no cause'],
    ['{"$function":"zz"}', '', '$function must be what stood in an answer'],
  ])('%s', (text, path, message) => {
    const back = read(text);
    expect(back).toMatchObject({ ok: false, error: { path, message: expect.stringContaining(message) as string } });
  });

  test('a function where its code is not', () => {
    const json = parseJson('{"$function":"00"}');
    expect(json.ok && fromTaggedJson(json.value)).toMatchObject({ ok: false, error: { message: expect.stringContaining('has no meaning here') as string } });
  });
});

test('depth takes no stack', () => {
  let deep: Value = 1;
  for (let i = 0; i < 100_000; i++) deep = List.of(deep);
  const back = read(textOf(deep));
  expect(back.ok && Buffer.compare(encodeValue(back.value), encodeValue(deep))).toBe(0);
});

test('what is shared is turned once', () => {
  let wide: Value = Vector.of(1n << 60n);
  for (let i = 0; i < 60; i++) wide = Vector.of(wide, wide);
  expect(writeJson(toTaggedJson(wide), { maxLength: 1_000 })).toMatchObject({ ok: false, error: { tooLong: true } });
});
