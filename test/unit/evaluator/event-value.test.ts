import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/evaluator/event.ts';
import { EVENT_FIELDS, eventToJson } from '../../../src/evaluator/event-value.ts';
import { errorValue } from '../../../src/evaluator/raise.ts';
import { encodeValue } from '../../../src/value/bytes.ts';
import { sha256Hex } from '../../../src/value/hash.ts';
import { MapValue } from '../../../src/value/map.ts';
import { keyword } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';

const at = { at: '4.0.2', step: 'root/trip' } as const;
const error = errorValue('timeout', 'Too late\n"really"', keyword('slow'));
const ERROR = String.raw`{"kind":"timeout","message":"Too late\n\"really\"","data":":slow"}`;
const secret = 'a very secret text';
const declared = MapValue.empty().set(keyword('effects'), Vector.adopt([keyword('net')])).set(keyword('timeout-ms'), 100);

const TABLE: readonly (readonly [Event, string])[] = [
  [{ ...at, kind: 'step-started', name: 'trip', form: 'step', parent: null, isolation: 'inherit', declared }, '"name":"trip","form":"step","parent":null,"isolation":"inherit","declared":{"effects":"[:net]","timeout-ms":100}'],
  [{ ...at, kind: 'step-completed', name: 'a "b"' }, String.raw`"name":"a \"b\""`],
  [{ ...at, kind: 'step-failed', name: 'trip', error }, `"name":"trip","error":${ERROR}`],
  [{ ...at, kind: 'step-failed', name: 'trip', error: keyword('oops') }, '"name":"trip","error":{"kind":"thrown","message":":oops","data":":oops"}'],
  [{ ...at, kind: 'step-retrying', name: 'trip', attempt: 1, delayMs: 250, error }, `"name":"trip","attempt":1,"delayMs":250,"error":${ERROR}`],
  [{ ...at, kind: 'step-recovered', name: 'trip', by: 'fallback', error }, `"name":"trip","by":"fallback","error":${ERROR}`],
  [{ ...at, kind: 'pass-started', index: 0 }, '"index":0'],
  [{ ...at, kind: 'pass-completed', index: 0 }, '"index":0'],
  [{ ...at, kind: 'pass-failed', index: 7, error }, `"index":7,"error":${ERROR}`],
  [{ ...at, kind: 'branch-started', index: 1 }, '"index":1'],
  [{ ...at, kind: 'branch-completed', index: 1 }, '"index":1'],
  [{ ...at, kind: 'branch-failed', index: 1, error }, `"index":1,"error":${ERROR}`],
  [{ ...at, kind: 'branch-cancelled', index: 1, error }, `"index":1,"error":${ERROR}`],
  [
    { ...at, kind: 'context-set', key: keyword('user'), value: secret, derivedFrom: [{ key: 'id', context: 'root', valueHash: 'ab' }] },
    `"key":"user","hash":"${sha256Hex(encodeValue(secret))}","sizeBytes":${encodeValue(secret).length},"derivedFrom":[{"key":"id","context":"root","valueHash":"ab"}]`,
  ],
  [
    {
      ...at, kind: 'merged', into: 'root', policy: keyword('merge'), added: [keyword('a')], kept: [], overwritten: [keyword('ns/b'), keyword('c')], merged: [],
      conflicts: [{ key: keyword('c'), path: [keyword('x'), 1], target: 10n ** 20n, source: Vector.adopt([keyword('x')]), winner: 'source', reason: 'merge: the source wins', branches: [null, 1] }],
    },
    '"into":"root","policy":":merge","added":["a"],"kept":[],"overwritten":["ns/b","c"],"merged":[],"conflicts":[{"key":"c","path":["x","1"],"target":100000000000000000000,"source":"[:x]","winner":"source","reason":"merge: the source wins","branches":[null,1]}]',
  ],
  [{ ...at, kind: 'compensation-started', name: 'trip' }, '"name":"trip"'],
  [{ ...at, kind: 'compensation-completed', name: 'trip' }, '"name":"trip"'],
  [{ ...at, kind: 'compensation-failed', name: 'trip', error }, `"name":"trip","error":${ERROR}`],
  [{ ...at, kind: 'answer-dropped', call: '4.1.3' }, '"call":"4.1.3"'],
];

describe('an event as JSON', () => {
  test.each(TABLE.map(([event, fields]) => [event.kind, event, fields] as const))('%s has the same fields in the same order', (kind, event, fields) => {
    const json = eventToJson(event);
    expect(json).toBe(`{"kind":"${kind}","at":"4.0.2","step":"root/trip",${fields}}`);
    expect(json).not.toContain('\n');
    expect(() => JSON.parse(json) as unknown).not.toThrow();
  });

  test('shows every field of each kind', () => {
    for (const [event] of TABLE) expect([...EVENT_FIELDS[event.kind], 'at', 'kind', 'step'].sort()).toEqual(Object.keys(event).sort());
    expect(new Set(TABLE.map(([event]) => event.kind))).toEqual(new Set(Object.keys(EVENT_FIELDS)));
  });

  test('never shows what was written to a context', () => {
    expect(eventToJson(TABLE.find(([event]) => event.kind === 'context-set')![0])).not.toContain(secret);
  });

  test('cuts values that are longer than a line bears', () => {
    const event: Event = { ...at, kind: 'step-failed', name: 'trip', error: errorValue('user', 'no', 'x'.repeat(1_000_000)) };
    const { error: shown } = JSON.parse(eventToJson(event)) as { error: { data: string } };
    expect(shown.data.length).toBe(10_000);
    expect(shown.data.endsWith('…')).toBe(true);
  });
});
