/** Branches carried on by other processes, one of which is killed in the middle of one (EC-18). */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../src/evaluator/kernel.ts';
import { runWithWorkers } from '../../src/host/branch/run.ts';
import type { LeaseOptions } from '../../src/host/branch/lease.ts';
import type { BranchTurns } from '../../src/host/branch/turns.ts';
import { compile, type Program as Compiled } from '../../src/host/compile.ts';
import { HostFailure } from '../../src/host/failure.ts';
import { functionHost } from '../../src/host/function-host.ts';
import { openKeys } from '../../src/host/journal/keys.ts';
import { readPolicyDocument } from '../../src/host/open.ts';
import { Tokens } from '../../src/host/protocol/token.ts';
import { run } from '../../src/host/run.ts';
import { fromPlain } from '../../src/value/plain.ts';
import { printValue } from '../../src/value/print.ts';
import { testEnvironment } from '../support/environment.ts';
import { Ledger } from './ledger.ts';
import { bundleProgram, type Program, startProgram } from './process.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-workers-'));
const keyDirectory = path.join(folder, 'keys');
const environment = testEnvironment();
const started = new Set<Program>();
let file = '';

let ledger = new Ledger();

beforeAll(async () => {
  file = await bundleProgram('worker', folder, 'esm');
  openKeys(keyDirectory);
}, 120_000);

afterEach(() => {
  for (const one of started) one.process.kill('SIGKILL');
  started.clear();
  ledger.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function workers(...names: readonly string[]): Promise<{ readonly name: string; readonly url: string; readonly process: Program['process'] }[]> {
  ledger = new Ledger();
  await ledger.open();
  return Promise.all(names.map(async (name) => {
    const program = startProgram(file, [keyDirectory, ledger.url, name]);
    started.add(program);
    return { name, url: (await program.line('at ')).slice(3), process: program.process };
  }));
}

const PLAN = `
(step "trip"
  (let [found (step-parallel :merge :deep
                (step "flight" (context/set :seats (call :shop.order "flight")) (+ 1 (call :shop.order "seat")))
                (step "hotel" (try (call :shop.order "moon") (catch :error/host e nil)) (context/set :beds (call :shop.order "hotel")) (call :shop.order "room"))
                (step "insurance" 7))]
    [found (context/get :seats nil) (context/get :beds nil) (call :here)]))`;

function compiled(text: string): Compiled {
  const { program, diagnostics } = compile(environment, { file: 'trip.rtfs', text });
  if (program === null) throw new Error(diagnostics.map((one) => one.message).join('; '));
  return program;
}

/** What one process makes of it: orders answer with the length of their names. */
async function alone(text: string): Promise<string> {
  const order = (item: string): number => item.length;
  return shown(await run(compiled(text), functionHost({ 'shop.order': order, here: () => 'home' })));
}

function shown(result: Awaited<ReturnType<typeof run>>): string {
  return result.kind === 'complete' ? (printValue(result.value) ?? '') : result.kind === 'failed' ? `${result.error.type.name}: ${result.error.message}` : result.kind;
}

function leases(addresses: readonly { readonly url: string }[], more: Partial<LeaseOptions> = {}): LeaseOptions {
  return {
    environment, keys: openKeys(keyDirectory), workers: addresses.map(({ url }) => ({ url, token: null })), run: 'trip-1', grants: [{ capability: 'shop.order', scope: null }], leaseMs: 2_000, ...more,
  };
}

/** Here nothing can be ordered: who does it is another process. */
const home = (): ReturnType<typeof functionHost> => functionHost({ here: () => 'home', 'shop.order': () => { throw new HostFailure('security', 'not here'); } });

/** A worker that tells these lines of every branch. */
async function telling(lines: (session: string) => readonly unknown[]): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => void (async () => {
    let text = '';
    for await (const piece of request as AsyncIterable<Buffer>) text += piece.toString('utf8');
    const { params } = JSON.parse(text) as { readonly params: { readonly session: string } };
    response.end(lines(params.session).map((line) => `${typeof line === 'string' ? line : JSON.stringify({ jsonrpc: '2.0', ...(line as object) })}\n`).join(''));
  })());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

function turnsLine(session: string, index: number, turns: BranchTurns, keys = openKeys(keyDirectory)): unknown {
  return { method: 'turns', params: { turns: new Tokens(environment, keys).sealTurns(session, index, turns), last: false } };
}

const items = (): string[] => [...ledger.orders.values()].map(({ item }) => item).sort();

describe('branches on other machines', () => {
  test('give what they give at home', async () => {
    const both = await workers('a', 'b');
    expect(shown(await runWithWorkers(compiled(PLAN), home(), leases(both)))).toBe(await alone(PLAN));
    expect(items()).toEqual(['flight', 'hotel', 'moon', 'room', 'seat']);
    expect([...ledger.orders.keys()].every((key) => /^trip-1\/[\d.]+$/.test(key))).toBe(true);
    expect(new Set([...ledger.orders.values()].flatMap(({ by }) => [...by]))).toEqual(new Set(['a', 'b']));
  });

  test('are given to another worker when one is killed in the middle, and nothing is ordered twice', async () => {
    const both = await workers('a', 'b');
    let killed = '';
    ledger.hold = (item, by) => {
      if (item !== 'seat' || killed !== '') return false;
      killed = by;
      both.find(({ name }) => name === by)!.process.kill('SIGKILL');
      return true;
    };
    const lost: string[] = [];
    const result = await runWithWorkers(compiled(PLAN), home(), leases(both, { lost: (_, __, reason) => lost.push(reason) }));
    expect(shown(result)).toBe(await alone(PLAN));
    expect(lost.length).toBeGreaterThan(0);
    expect(items()).toEqual(['flight', 'hotel', 'moon', 'room', 'seat']);
    // Under the key that the first one asked under.
    const seat = [...ledger.orders.values()].find(({ item }) => item === 'seat')!;
    expect(seat.by).toEqual(new Set(['a', 'b']));
  });

  test('are taken from a worker that says nothing any more', async () => {
    const both = await workers('a', 'b');
    let stopped = '';
    ledger.hold = (item, by) => {
      if (item !== 'flight' || stopped !== '') return false;
      stopped = by;
      both.find(({ name }) => name === by)!.process.kill('SIGSTOP');
      return true;
    };
    const lost: string[] = [];
    const result = await runWithWorkers(compiled(PLAN), home(), leases(both, { leaseMs: 4_000, lost: (_, __, reason) => lost.push(reason) }));
    expect(shown(result)).toBe(await alone(PLAN));
    expect(lost).toContain('nothing was heard of it for 4000 ms');
  });

  test('are carried on at home when there is nobody', async () => {
    await workers();
    const order = { 'shop.order': (item: string) => item.length, here: () => 'home' };
    expect(shown(await runWithWorkers(compiled(PLAN), functionHost(order), leases([{ url: 'http://127.0.0.1:9/' }])))).toBe(await alone(PLAN));
  });

  test('do no more than they were granted', async () => {
    const [one] = await workers('a');
    const text = '(step-parallel (call :shop.order "flight") 1)';
    expect(shown(await runWithWorkers(compiled(text), home(), leases([one!], { grants: [] })))).toContain('Unknown capability: shop.order');
    expect(items()).toEqual([]);
  });

  test('do no more than the policy says of whoever gives them out', async () => {
    const [one] = await workers('a');
    const document = fromPlain({ level: 'full', 'denied-capabilities': ['shop.*'], limits: { 'time-ms': 5_000 } });
    const policy = readPolicyDocument('mine', document.ok ? document.value : null, '/');
    if (!policy.ok) throw new Error(policy.error[0]?.message);
    const text = '(step-parallel (try (call :shop.order "flight") (catch :error/security e (:message e))) 1)';
    const result = shown(await runWithWorkers(compiled(text), home(), leases([one!], { ceiling: { policy: policy.value, strict: false } })));
    expect(result).toContain("capability 'shop.order' not allowed");
    expect(result).toContain('the policy mine denies it (shop.*)');
    expect(items()).toEqual([]);
  });

  test('of a run with a budget are refused, as nobody would count', async () => {
    const host = { ...home(), budget: { grant: { calls: 1 }, source: 'the test' } };
    await expect(runWithWorkers(compiled('1'), host, leases([]))).rejects.toThrow('a run with a budget cannot be given to workers');
  });

  test('in which something was begun that must not happen twice go to no other worker', async () => {
    const both = await workers('a', 'b');
    ledger.hold = (item, by) => {
      if (item !== 'fare') return false;
      both.find(({ name }) => name === by)!.process.kill('SIGKILL');
      return true;
    };
    const text = '(step-parallel [(call :shop.order "seat") (try (call :shop.pay "fare") (catch :error/host e (:message e)))] 1)';
    const grants = ['shop.order', 'shop.pay'].map((capability) => ({ capability, scope: null }));
    const here = functionHost({ 'shop.order': () => 4, 'shop.pay': () => { throw new HostFailure('internal', 'paid again'); } });
    expect(shown(await runWithWorkers(compiled(text), here, leases(both, { grants })))).toBe('[[4 ":shop.pay was begun by a worker that was lost: nobody knows whether it happened"] 1]');
    const fare = [...ledger.orders.values()].filter(({ item }) => item === 'fare');
    expect(fare.map(({ by }) => by.size)).toEqual([1]);
  });

  test.each<[string, (session: string) => readonly unknown[], string]>([
    ['no JSON', () => ['hello'], 'it answered no JSON'],
    ['nothing', () => [], 'it ended without an answer'],
    ['turns that nobody signed', () => [{ method: 'turns', params: { turns: 'rtfs1.turn.x.y.z', last: true } }], 'the turn is damaged'],
    ['turns of another key', (session) => [turnsLine(session, 0, [[{ id: '1', ok: true, value: 7 }]], openKeys(path.join(folder, 'other')))], 'signed with a key that this server does not know'],
    ['turns of another session', () => [turnsLine('another', 0, [[{ id: '1', ok: true, value: 7 }]])], 'what it tells of the branch cannot be read'],
    ['turns a second time', (session) => [turnsLine(session, 0, []), turnsLine(session, 0, [])], 'what it tells of the branch cannot be read'],
    ['an answer to what nobody asked', (session) => [turnsLine(session, 0, [[{ id: '99', ok: true, value: 7 }]]), { result: { home: false, state: '' } }], 'it has ended the branch, which has not ended here'],
  ])('are not believed of a worker that tells %s', async (_, lines, reason) => {
    await workers();
    const { server, url } = await telling(lines);
    const lost = new Set<string>();
    const result = await runWithWorkers(compiled(PLAN), functionHost({ 'shop.order': (item: string) => item.length, here: () => 'home' }), leases([{ url }], { lost: (_worker, _path, why) => lost.add(why) }));
    server.close();
    expect(shown(result)).toBe(await alone(PLAN));
    expect([...lost].join('; ')).toContain(reason);
  });

  test('in which what must not happen twice is answered go to another worker', async () => {
    const [one] = await workers('a');
    const program = compiled('(step-parallel [(call :shop.pay "fare") (call :shop.order "seat")] 1)');
    const [call] = start(program.table, program.table.closureOf(program.main), []).state.pending;
    const fake = await telling((session) => [{ method: 'begins', params: { call: call!.id } }, turnsLine(session, 0, [[{ id: call!.id, ok: true, value: 5 }]])]);
    const grants = ['shop.order', 'shop.pay'].map((capability) => ({ capability, scope: null }));
    expect(shown(await runWithWorkers(program, home(), leases([fake, one!], { grants })))).toBe('[[5 4] 1]');
    fake.server.close();
    expect(items()).toEqual(['seat']);
  });

  test('fail as they fail at home, and the others are told', async () => {
    const both = await workers('a', 'b');
    const text = '(step-parallel (do (call :shop.order "flight") (throw {:message "no seat"})) (do (call :shop.order "hotel") (call :shop.order "for ever")))';
    ledger.hold = (item) => item === 'for ever';
    expect(shown(await runWithWorkers(compiled(text), home(), leases(both)))).toContain('no seat');
  });
});
