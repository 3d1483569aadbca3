/** Runs that are kept, whose branches other processes carry on: what is lost when home is killed, or a worker, and what both have written down (CC-4, EC-18). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CONTENT_RULES } from '../../src/host/durable/content-rules.ts';
import { Facts } from '../../src/host/durable/facts.ts';
import { resumeRun, startRun } from '../../src/host/durable/driver.ts';
import { readRecords } from '../../src/host/durable/history.ts';
import { replayRun } from '../../src/host/durable/replay.ts';
import { compile } from '../../src/host/compile.ts';
import { functionHost } from '../../src/host/function-host.ts';
import { openKeys } from '../../src/host/journal/keys.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import { verifyStore } from '../../src/host/journal/verify.ts';
import { openKeeping } from '../../src/host/open-store.ts';
import type { Keeping } from '../../src/host/durable/driver.ts';
import type { Capability } from '../../src/host/port.ts';
import type { JournalRecord } from '../../src/host/journal/record.ts';
import { printValue } from '../../src/value/print.ts';
import { testEnvironment } from '../support/environment.ts';
import { Ledger } from './ledger.ts';
import { bundleProgram, type Program, startProgram } from './process.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-kept-workers-'));
const keys = path.join(folder, 'keys');
const environment = testEnvironment();
const running = new Set<Program>();
const opened = new Set<Keeping>();
let files: Readonly<Record<'home' | 'worker', string>> = { home: '', worker: '' };
let ledger = new Ledger();

beforeAll(async () => {
  files = { home: await bundleProgram('home', folder), worker: await bundleProgram('worker', folder) };
  openKeys(keys);
}, 120_000);

afterEach(async () => {
  for (const one of running) one.process.kill('SIGKILL');
  running.clear();
  ledger.close();
  for (const { store } of opened) await store.close();
  opened.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface World {
  readonly store: string;
  readonly logs: string;
  readonly plan: string;
  readonly workers: readonly { readonly name: string; readonly url: string; readonly program: Program }[];
}

async function world(plan: string, ...names: readonly string[]): Promise<World> {
  ledger = new Ledger();
  await ledger.open();
  const directory = mkdtempSync(path.join(folder, 'world-'));
  const logs = path.join(directory, 'logs.db');
  writeFileSync(path.join(directory, 'trip.rtfs'), plan);
  const workers = await Promise.all(names.map(async (name) => {
    const program = startProgram(files.worker, [keys, ledger.url, name, logs]);
    running.add(program);
    return { name, program, url: (await program.line('at ')).slice(3) };
  }));
  return { store: path.join(directory, 'runs.db'), logs, plan: path.join(directory, 'trip.rtfs'), workers };
}

function home({ store, plan, workers }: World): Program {
  const program = startProgram(files.home, [store, keys, plan, ...workers.map(({ url }) => url)]);
  running.add(program);
  return program;
}

async function keepingOf(file: string): Promise<Keeping> {
  const keeping = await openKeeping(file, { environment, keyDirectory: keys });
  if (!keeping.ok) throw new Error(keeping.error);
  opened.add(keeping.value);
  return keeping.value;
}

async function recordsOf({ store }: Keeping, run: string): Promise<readonly JournalRecord[]> {
  const records = await readRecords(store, run);
  if (!records.ok) throw new Error(records.error);
  return records.value;
}

async function faults(keeping: Keeping, others: readonly Keeping[]): Promise<readonly string[]> {
  const { runs } = await verifyStore(keeping.store, { keys: keeping.keys!, rules: CONTENT_RULES, sha256: nodeSha256, others: others.map(({ store }) => store) });
  return runs.flatMap(({ run, fault, content }) => [...(fault === null ? [] : [`${run} ${fault.seq} ${fault.reason}: ${fault.message}`]), ...content.map(({ hash }) => `${run} lacks ${hash}`)]);
}

async function replayed({ store, environment: own, newKeeper, programs }: Keeping): Promise<string> {
  const report = await replayRun({ store, environment: own, keeper: newKeeper(), programs }, 'trip');
  return report.ok ? report.value.kind : report.error;
}

const PLAN = `
(defn leg [name]
  (loop [i 0 all []]
    (if (< i 4)
      (recur (inc i) (conj all (call :shop.order (str name i " for " (call :shop.quote (str name i))))))
      (do (context/set name (count all)) all))))
(step "trip" [(step-parallel (leg "flight") (leg "hotel") 7) (context/get "flight" nil)])`;

test('home is killed again and again: what was answered is not asked again, and nothing follows from what was not written down', async () => {
  const here = await world(PLAN, 'a', 'b');
  // A quote is another one each time; an order of one is longer than its name.
  let quotes = 0;
  ledger.answer = (item) => (item.includes(' for ') ? item.slice(0, item.indexOf(' ')) : ++quotes);
  let end = '';
  let kills = 0;
  for (; end === '' && kills < 60; ) {
    const asked = ledger.asked;
    const program = home(here);
    await program.line('begun');
    // As soon as something has happened, and later each time.
    const limit = asked + 2 + Math.floor(kills / 4);
    const timer = setInterval(() => {
      if (ledger.asked >= limit) program.process.kill('SIGKILL');
    }, 1);
    await program.ended;
    clearInterval(timer);
    end = program.lines().find((line) => /^(complete|failed) /.test(line)) ?? '';
    if (end === '') kills += 1;
  }
  expect(kills).toBeGreaterThan(1);
  const legs = ['flight', 'hotel'].map((name) => `[${[0, 1, 2, 3].map((i) => `"${name}${i}"`).join(' ')}]`);
  expect(end).toBe(`complete [[${legs.join(' ')} 7] 4]`);
  // 2 legs × 4 × (a quote and an order), each key for one thing only: an order is never made twice with two quotes.
  expect(ledger.orders.size).toBe(16);
  expect([...ledger.orders.entries()].filter(([, { items }]) => items.size > 1)).toEqual([]);
  const [keeping, logs] = [await keepingOf(here.store), await keepingOf(here.logs)];
  expect(await replayed(keeping)).toBe('identical');
  expect(await faults(keeping, [logs])).toEqual([]);
  expect(await faults(logs, [])).toEqual([]);
}, 120_000);

test('a worker is killed: another one goes on from the last answer, and both journals tell of the same branches', async () => {
  const here = await world(PLAN, 'a', 'b');
  ledger.answer = (item) => (item.includes(' for ') ? item.slice(0, item.indexOf(' ')) : 1);
  let killed = '';
  ledger.hold = (item, by) => {
    if (item !== 'hotel2' || killed !== '') return false;
    killed = by;
    here.workers.find(({ name }) => name === by)!.program.process.kill('SIGKILL');
    return true;
  };
  const program = home(here);
  expect(await program.line('complete')).toContain('"hotel3"');
  await program.ended;
  expect(killed).not.toBe('');
  expect(program.lines().filter((line) => line.startsWith('lost '))).not.toEqual([]);
  const asked = [...ledger.orders.values()].map(({ item, by }) => [item, by.size] as const);
  expect(asked.find(([item]) => item === 'hotel1')?.[1]).toBe(1);
  expect(asked.find(([item]) => item === 'hotel2')?.[1]).toBe(2);

  const [keeping, logs] = [await keepingOf(here.store), await keepingOf(here.logs)];
  const records = await recordsOf(keeping, 'trip');
  const returned = records.filter(({ kind }) => kind === 'branch-returned').map(({ data }) => new Facts(data));
  expect(returned.map((facts) => facts.text('path')!.replace(/^\d+\./, '')).sort()).toEqual(['0.', '1.']);
  for (const facts of returned) {
    const log = await recordsOf(logs, facts.text('run')!);
    expect(new Facts(new Facts(log[0]!.data).value('branch') as never).text('state')).toBe(facts.text('given'));
    const last = log.findLast(({ kind }) => kind === 'branch-returned')!;
    expect(new Facts(last.data).text('state')).toBe(facts.text('state'));
    expect(facts.text('worker-state')).toBe(null);
    expect((await logs.store.run(facts.text('run')!))?.head).toEqual({ seq: facts.number('seq'), hash: facts.text('hash') });
  }
  expect(await faults(keeping, [logs])).toEqual([]);
  // The log of another trip under the same name is not taken for it.
  const [first] = returned;
  const mixed = await keepingOf(path.join(path.dirname(here.store), 'mixed.db'));
  const id = first!.text('run')!;
  await startRun(mixed, programOf('1'), { id, name: 'other' }, { host: functionHost({}) });
  expect(await faults(keeping, [mixed])).toEqual([`trip ${records.find(({ data }) => new Facts(data).text('run') === id)!.seq} link: the run ${id} is not of this branch as it was given out, as its first record says`]);
  // The log of the worker that was killed has no end. Whose branch it is stands in it: it is not gone on with.
  const left = (await logs.store.runs()).filter(({ status }) => status === 'running');
  expect(left).toHaveLength(1);
  expect(await resumeRun(logs, left[0]!.id, () => ({ host: functionHost({}) }))).toMatchObject({ ok: false, error: { kind: 'ended', message: expect.stringContaining('of trip: that is the run to go on with') as string } });
}, 120_000);

test('what must not happen twice is done at home, once', async () => {
  const here = await world('(step-parallel [(call :shop.order "seat") (call :shop.pay "fare") (call :shop.order "meal")] (call :shop.order "hotel"))', 'a');
  const program = home(here);
  expect(await program.line('complete')).toBe('complete [[4 "paid" 4] 5]');
  await program.ended;
  expect(program.lines().filter((line) => line.startsWith('paid '))).toEqual(['paid fare']);
}, 120_000);

test('branches of callbacks stay at home', async () => {
  const here = await world('', 'a');
  const keeping = await keepingOf(here.store);
  const workers = { keys: openKeys(keys), workers: here.workers.map(({ url }) => ({ url, token: null })), grants: [{ capability: 'shop.order', scope: null }] };
  const each: Capability = { id: 'each', summary: '', determinism: 'idempotent', call: ([fn], { callBack }) => callBack!(fn!, [1]) };
  const host = functionHost({ 'shop.order': (item: string) => `${item} at home` }, { capabilities: [each] });
  const result = await startRun(keeping, programOf('(call :each (fn [n] (step-parallel (call :shop.order "seat") (call :shop.order "meal"))))'), { id: 'trip', name: 'trip' }, { host, workers });
  expect(result.kind === 'complete' && printValue(result.value)).toBe('["seat at home" "meal at home"]');
  expect(ledger.asked).toBe(0);
}, 120_000);

test('a run that was stopped while a worker had a branch goes on without workers', async () => {
  const here = await world('', 'a');
  ledger.hold = (item) => item === 'meal';
  const keeping = await keepingOf(here.store);
  const stopping = new AbortController();
  const workers = { keys: openKeys(keys), workers: here.workers.map(({ url }) => ({ url, token: null })), grants: [{ capability: 'shop.order', scope: null }] };
  const order = { 'shop.order': (item: string) => `${item} at home` };
  const begun = startRun(keeping, programOf('(step-parallel [(call :shop.order "seat") (call :shop.order "meal")] (call :shop.order "hotel"))'), { id: 'trip', name: 'trip' }, { host: functionHost(order), workers, signal: stopping.signal });
  const answered = async (): Promise<number> => ((await keeping.store.run('trip')) === null ? 0 : (await recordsOf(keeping, 'trip')).filter(({ kind }) => kind === 'call-answered').length);
  while (![...ledger.orders.values()].some(({ item }) => item === 'meal') || (await answered()) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  stopping.abort();
  expect((await begun).kind).toBe('cancelled');
  const resumed = await resumeRun(keeping, 'trip', () => ({ host: functionHost(order) }));
  expect(resumed).toMatchObject({ ok: true, value: { kind: 'complete' } });
  // Seat and hotel were ordered there, the meal is ordered here.
  const ended = (await recordsOf(keeping, 'trip')).at(-1)!;
  expect(String(printValue(new Facts(ended.data).value('value')))).toBe('[[4 "meal at home"] 5]');
  expect(await replayed(keeping)).toBe('identical');
}, 120_000);

function programOf(text: string): NonNullable<ReturnType<typeof compile>['program']> {
  const { program } = compile(environment, { file: 'other.rtfs', text });
  if (program === null) throw new Error('it does not compile');
  return program;
}
