/** What a server holds ready changes no answer, and is bounded. */
import { describe, expect, test } from 'vitest';
import { createProtocol } from '../../../../src/host/protocol/protocol.ts';
import { Recent } from '../../../../src/host/protocol/recent.ts';
import { testEnvironment } from '../../../support/environment.ts';
import { ask, exchange, newKeys } from './support.ts';

type Turn = { readonly outcome: { readonly kind: string; readonly value?: unknown; readonly calls?: readonly { readonly id: string }[] }; readonly state: string | null };

describe('a server that has seen it all before', () => {
  const keys = newKeys();
  const newServer = () => createProtocol({ environment: testEnvironment(), keys, server: { name: 'test', version: '0' } });

  test('answers each request as a new one does', () => {
    const warm = newServer();
    const start = { source: { text: '(step "all" (context/set :n (call :a)) (reduce + (map (fn [x] (call :b x)) [1 (context/get :n)])))' }, run: 'r', limits: { calls: 10 } };
    for (let round = 0; round < 2; round++) {
      let turn = ask(warm, 'start', start) as unknown as Turn;
      expect(ask(newServer(), 'start', start)).toEqual(turn);
      for (let value = 2; turn.state !== null; value++) {
        const params = { state: turn.state, answers: turn.outcome.calls!.map(({ id }) => ({ id, value })) };
        expect(ask(warm, 'inspect', { state: turn.state })).toEqual(ask(newServer(), 'inspect', { state: turn.state }));
        turn = ask(warm, 'resume', params) as unknown as Turn;
        expect(ask(newServer(), 'resume', params)).toEqual(turn);
      }
      // Answers 2, 3, 4: two calls of :b.
      expect(turn.outcome).toEqual({ kind: 'complete', value: 7 });
    }
  });

  test('takes the same text with other modules, files or variables for another program', () => {
    const server = newServer();
    const value = (params: Parameters<typeof ask>[2]): unknown => (ask(server, 'start', params) as unknown as Turn).outcome.value;
    const source = { text: '(import m) (m/f 1)' };
    expect(value({ source, modules: { m: '(module m (:exports [f]) (defn f [x] (+ x 1)))' } })).toBe(2);
    expect(value({ source, modules: { m: '(module m (:exports [f]) (defn f [x] (+ x 10)))' } })).toBe(11);
    expect(value({ source: { text: '(+ n 1)' }, variables: { n: 1 } })).toBe(2);
    expect(value({ source: { text: '(+ n 1)' }, variables: { n: 5 } })).toBe(6);
    expect(exchange(server, { jsonrpc: '2.0', id: 1, method: 'start', params: { source: { text: '(+ n 1)' } } }).error?.code).toBe(-32001);
    const failing = (file: string): unknown => JSON.stringify(ask(server, 'start', { source: { file, text: '(/ 1 0)' } }));
    expect([failing('a.rtfs'), failing('b.rtfs')].map((text) => /[ab]\.rtfs/.exec(String(text))?.[0])).toEqual(['a.rtfs', 'b.rtfs']);
  });
});

describe('what was used last', () => {
  test('is kept within its number', () => {
    const recent = new Recent<number>({ entries: 2, size: 100 });
    recent.set('a', 1);
    recent.set('b', 2);
    recent.get('a');
    recent.set('c', 3);
    expect(['a', 'b', 'c'].map((key) => recent.get(key))).toEqual([1, undefined, 3]);
  });

  test('is kept within its size, the same key counted once; what is larger than that is not kept', () => {
    const recent = new Recent<number>({ entries: 10, size: 10 });
    for (let i = 0; i < 5; i++) recent.set('aaaa', i);
    recent.set('bbbb', 1);
    expect([recent.get('aaaa'), recent.get('bbbb')]).toEqual([4, 1]);
    recent.set('cccc', 2);
    expect([recent.get('aaaa'), recent.get('bbbb'), recent.get('cccc')]).toEqual([undefined, 1, 2]);
    recent.set('d'.repeat(11), 3);
    expect([recent.get('cccc'), recent.get('d'.repeat(11))]).toEqual([undefined, undefined]);
    recent.set('eeee', 4);
    expect(recent.get('eeee')).toBe(4);
  });
});
