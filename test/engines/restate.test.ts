/** The contract of engines on a real server of Restate. The worker is in this process; that processes are killed is in `test/crash/restate.test.ts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RestateWorker, serveRestate } from '../../src/host/engine/restate/worker.ts';
import { engineContract } from '../contract/engine.ts';
import { eventToJson } from '../../src/evaluator/event-value.ts';
import { engineEvents, inLogicalOrder } from '../../src/host/engine/client.ts';
import { askJson } from '../../src/host/engine/restate/http.ts';
import { segmentDriver } from '../../src/host/engine/segment.ts';
import { Facts } from '../../src/host/durable/facts.ts';
import { readRecords } from '../../src/host/durable/history.ts';
import { run } from '../../src/host/run.ts';
import { openSqliteStore } from '../../src/host/store/sqlite.ts';
import type { Store } from '../../src/host/store/port.ts';
import { printValue } from '../../src/value/print.ts';
import { hashValue } from '../../src/value/hash.ts';
import { Vector } from '../../src/value/vector.ts';
import { PLANS, planWorld } from '../unit/host/durable/plans.ts';
import { programOf } from '../unit/host/durable/support.ts';
import { begin, calledBack, ended, planEffects } from '../unit/host/engine/support.ts';
import { openRestateServer, type RestateServer } from '../support/restate.ts';

let server: RestateServer;
let keeping: RestateWorker;
let port = 0;
const nothing = (): Promise<never> => new Promise(() => undefined);

/** On a port below those that systems give to whoever asks for any: nobody takes it while the worker is gone. */
async function drivingOnPortOfItsOwn(): Promise<RestateWorker> {
  for (let tried = 0; ; tried++) {
    try {
      return await serveRestate({ address: server.address, port: 15_000 + Math.floor(Math.random() * 15_000), drive: nothing, offers: 'drive' });
    } catch (cause) {
      if (tried > 20) throw cause;
    }
  }
}

beforeAll(async () => {
  server = await openRestateServer();
  // Of two workers one may end without the other: here the one that drives runs does, again and again.
  keeping = await serveRestate({ address: server.address, port: 0, drive: nothing, offers: 'keep' });
  await keeping.register();
  const driving = await drivingOnPortOfItsOwn();
  port = driving.port;
  await driving.register();
  await driving.close();
});
afterAll(async () => {
  await keeping.close();
  await server.close();
});

engineContract('Restate', () => {
  let worker: RestateWorker | null = null;
  const crash = async (): Promise<void> => {
    await worker?.close();
    worker = null;
  };
  return Promise.resolve({
    engine: server.engine,
    serve: async (drive) => void (worker = await serveRestate({ address: server.address, port, drive, offers: 'drive' })),
    crash,
    cancel: server.cancel,
    close: crash,
  });
});

/** What a run gives, and the hash of all that happens in it. */
interface Seen {
  readonly value: string;
  readonly events: string;
}

const hashOf = (lines: readonly string[]): string => hashValue(Vector.adopt([...inLogicalOrder(lines)]));

async function inMemory(text: string): Promise<Seen> {
  const lines: string[] = [];
  const result = await run(programOf(text), planEffects().world().host, { observer: { events: (events) => void lines.push(...events.map(eventToJson)) } });
  return { value: result.kind === 'complete' ? (printValue(result.value) ?? '') : result.kind, events: hashOf(lines) };
}

/** In a file, whose records are read back from the disk. */
async function inFile(text: string): Promise<Seen> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-engines-'));
  const file = path.join(folder, 'store.db');
  try {
    const written = await openSqliteStore(file);
    const result = await planWorld().process(written).start(programOf(text));
    await written.close();
    const store = await openSqliteStore(file);
    const seen = await recorded(result, store);
    await store.close();
    return seen;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function recorded(result: Awaited<ReturnType<typeof run>>, store: Store): Promise<Seen> {
  const records = await readRecords(store, 'run');
  if (!records.ok) throw new Error(records.error);
  const lines = records.value.filter(({ kind }) => kind === 'turn-ended').flatMap(({ data }) => new Facts(data).items('events').map(String));
  return { value: result.kind === 'complete' ? (printValue(result.value) ?? '') : result.kind, events: hashOf(lines) };
}

describe('plans', () => {
  let worker: RestateWorker;
  const effects = calledBack(planEffects());
  beforeAll(async () => {
    worker = await serveRestate({ address: server.address, port, drive: segmentDriver({ ...effects.world({ calls: 10 }), engine: server.engine }), offers: 'drive' });
  });
  afterAll(() => worker.close());

  test.each(PLANS)('%s: the same value and the same events in memory, in a file, on Restate', async (_name, text) => {
    const memory = await inMemory(text);
    expect(await inFile(text)).toEqual(memory);
    const id = await begin(server.engine, text);
    const status = await ended(server.engine, id);
    expect({ value: printValue(status.value), events: hashOf(await engineEvents(server.engine, id)) }).toEqual(memory);
  });

  test('capabilities call back, in runs of their own', async () => {
    const id = await begin(server.engine, '(do (def rate (call :echo 10)) (call :each (fn [n] (* rate (call :pay (call :echo n)))) [1 2]))');
    expect(printValue((await ended(server.engine, id)).value)).toBe('[10 20]');
    expect((await server.engine.runs()).filter((run) => run.startsWith(`${id}~`)).sort()).toEqual([`${id}~2~1`, `${id}~2~2`]);
    expect(effects.made.filter(({ key }) => key.startsWith(id)).map(({ key }) => key.slice(id.length))).toEqual(['/1', '~2~1/1', '~2~1/2', '~2~2/1', '~2~2/2']);
  });

  test('the journal of a long run stays short', async () => {
    const id = await begin(server.engine, '(loop [i 0 sum 0] (if (< i 60) (recur (inc i) (+ sum (call :echo i))) sum))');
    expect(printValue((await ended(server.engine, id)).value)).toBe('1770');
    const query = `select journal_size from sys_invocation where target_service_name = 'rtfs.drive' and target_service_key = '${id}'`;
    const { rows } = (await askJson(`${server.address.admin}/query`, { json: { query }, patience: null })) as { readonly rows: readonly { readonly journal_size: number }[] };
    // At most ten calls of each segment, each with its end, and what little goes with a segment.
    expect(rows.length).toBeGreaterThanOrEqual(6);
    expect(Math.max(...rows.map((row) => row.journal_size))).toBeLessThan(40);
  });
});
