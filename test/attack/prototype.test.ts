/** Names that every object of JavaScript has, through every door at which names come in: each is a name like others, and nothing else learns of it. */
import { afterEach, describe, expect, test } from 'vitest';
import { userCapabilities } from '../../src/host/capability/user.ts';
import { readRecords } from '../../src/host/durable/history.ts';
import { encodeMessage } from '../../src/host/durable/message.ts';
import { startRun } from '../../src/host/durable/driver.ts';
import { readCapabilities } from '../../src/host/manifest/read.ts';
import { decodeRecord, encodeRecord, WITHOUT_CODE } from '../../src/host/journal/record.ts';
import { capabilityRegistry } from '../../src/host/registry.ts';
import { readConstitution } from '../../src/host/security/constitution-text.ts';
import { readDocument } from '../../src/host/security/document.ts';
import { readPolicy } from '../../src/host/security/policy-text.ts';
import { decodeValue, encodeValue } from '../../src/value/bytes.ts';
import { parseJson } from '../../src/value/json-read.ts';
import { MapValue } from '../../src/value/map.ts';
import { fromPlain, toPlain } from '../../src/value/plain.ts';
import { printValue } from '../../src/value/print.ts';
import { keyword, type Value } from '../../src/value/value.ts';
import { GRANT_CONTEXT } from '../unit/host/security/support.ts';
import { programOf, World } from '../unit/host/durable/support.ts';

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__', 'then'];
const before = new Map(Object.getOwnPropertyNames(Object.prototype).map((name) => [name, Object.getOwnPropertyDescriptor(Object.prototype, name)]));

afterEach(() => {
  const after = new Map(Object.getOwnPropertyNames(Object.prototype).map((name) => [name, Object.getOwnPropertyDescriptor(Object.prototype, name)]));
  expect(after).toEqual(before);
  expect(Object.getOwnPropertyNames([])).toEqual(['length']);
  expect(({} as Record<string, unknown>)['polluted']).toBe(undefined);
});

function documentOf(text: string): Value {
  const read = readDocument(text, 'x.json');
  if (!read.ok) throw new Error(read.error.map((one) => one.message).join('\n'));
  return read.value;
}

describe.each(NAMES)('%s', (name) => {
  const json = `{${JSON.stringify(name)}: {"polluted": true}, "a": [{${JSON.stringify(name)}: 1}]}`;
  const value = MapValue.of(name, MapValue.of('polluted', true), keyword(name), 1);

  test('as a key of JSON, of JavaScript data and of bytes', () => {
    const parsed = parseJson(json);
    expect(parsed.ok && printValue(parsed.value)).toContain(`${JSON.stringify(name)} {"polluted" true}`);
    const plain = fromPlain(JSON.parse(json));
    expect(plain.ok && parsed.ok && printValue(plain.value)).toBe(parsed.ok && printValue(parsed.value));
    const back = toPlain(MapValue.of(name, MapValue.of('polluted', true))) as object;
    expect(Object.keys(back)).toEqual([name]);
    expect(Object.getPrototypeOf(back)).not.toEqual({ polluted: true });
    const decoded = decodeValue(encodeValue(value));
    expect(decoded.ok && printValue(decoded.value)).toBe(printValue(value));
  });

  test('as arguments and answers of calls, in variables, limits and contexts, and from people', async () => {
    const one = new World().add('echo', 'recorded', (args) => args[0]!).put(...userCapabilities());
    const { keeping, host } = one.process();
    const program = programOf('(step "all" (let [e (call :echo v)] (context/set :got e) (call :user.ask "?") [(= e v) (context/get :seen) (context/get :got)]))', ['v']);
    const start = { variables: new Map<string, Value>([['v', value], [name, 1]]), context: MapValue.of(keyword('seen'), value, keyword(name), 2), limits: { [name]: 5 } as Record<string, number> };
    const result = await startRun(keeping, program, { id: name, name, start }, { host });
    if (result.kind !== 'waiting') throw new Error(result.kind === 'failed' ? result.error.message : result.kind);
    await one.store.send(name, encodeMessage('patch', { data: MapValue.of(keyword(name), value), policy: keyword('overwrite'), [name]: 1 }));
    await one.store.send(name, encodeMessage('answer', { call: result.waits[0]!.call.id, text: name, who: `human:${name}`, [name]: value }));
    const ended = await one.process().resume(name);
    expect(ended.kind === 'complete' && printValue(ended.value)).toBe(`[true ${printValue(value)} ${printValue(value)}]`);
    const records = await readRecords(one.store, name);
    expect(records.ok && records.value.map(({ kind }) => kind)).toContain('context-patched');
  });

  test('as the name of a capability', async () => {
    const one = new World();
    const process = one.process();
    const empty = { ...process.host, capabilities: capabilityRegistry([], new Map()) };
    const text = `(try (call :${name} 1) (catch e (:message e)))`;
    expect(await process.start(programOf(text), { host: empty })).toMatchObject({ kind: 'complete', value: `Unknown capability: ${name}` });
    const known = { ...process.host, capabilities: capabilityRegistry([{ id: name, summary: '', determinism: 'pure', call: () => 'mine' }], new Map()) };
    expect(await process.start(programOf(text), { host: known, id: 'other' })).toMatchObject({ kind: 'complete', value: 'mine' });
  });

  test('as a kind of record or message, and among their fields', () => {
    const record = { run: name, seq: 1, previous: '0'.repeat(64), timeMs: 0, kind: 'checkpoint', data: MapValue.of(keyword(name), value) } as const;
    expect(decodeRecord(encodeRecord(record), WITHOUT_CODE).ok).toBe(true);
    expect(decodeRecord(encodeRecord({ ...record, kind: name as 'checkpoint' }), WITHOUT_CODE)).toMatchObject({ ok: false, error: { message: 'the kind of the record is not known' } });
  });

  test('as a key, and as the value of every key, of manifests, policies and constitutions', () => {
    const strange = [json, `{"level": ${JSON.stringify(name)}}`, `{"level": "full", ${JSON.stringify(name)}: 1}`, `{"level": "full", "limits": {${JSON.stringify(name)}: 1}}`, `{"rules": [{${JSON.stringify(name)}: 1}]}`, `{"rules": {${JSON.stringify(name)}: 1}}`];
    for (const text of strange) {
      const policy = readPolicy(name, documentOf(text), GRANT_CONTEXT);
      const constitution = readConstitution(name, documentOf(text));
      const manifest = readCapabilities(text, 'capabilities.json');
      for (const read of [policy, constitution, manifest]) {
        if (read.ok) throw new Error(`${text} was read`);
        expect(read.error.every(({ message }) => message !== '' && !/undefined|\[object|native code/.test(message))).toBe(true);
      }
    }
  });
});
