/** The same plan in memory, in a file and on Restate: steps a second, and how long it takes until the machine stands again where it stood. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts, type RunningServer, serverProgram, startServer } from '../../scripts/restate-server.mjs';
import { userCapabilities } from '../../src/host/capability/user.ts';
import { systemClock } from '../../src/host/clock.ts';
import type { Environment } from '../../src/host/compile.ts';
import { startRun } from '../../src/host/durable/driver.ts';
import { openRun, recover } from '../../src/host/durable/recover.ts';
import { deployPlan, engineStatus, startPlan } from '../../src/host/engine/client.ts';
import { createMemoryEngine } from '../../src/host/engine/memory.ts';
import type { DriveSegment, Engine } from '../../src/host/engine/port.ts';
import { restateAddress, restateEngine } from '../../src/host/engine/restate/engine.ts';
import { type RestateWorker, serveRestate } from '../../src/host/engine/restate/worker.ts';
import { segmentDriver } from '../../src/host/engine/segment.ts';
import { openKeeping } from '../../src/host/open-store.ts';
import type { EngineWorld } from '../../src/host/engine/world.ts';
import { capabilityRegistry } from '../../src/host/registry.ts';
import { type Row, row, unavailable } from '../report.ts';
import { compiled } from '../subject.ts';
import type { Suite, SuiteInput } from './suite.ts';

/** The last but one: where a segment has the longest past. */
const PAST = [10, 999, 9_999] as const;
/** A quarter of an hour on Restate: measured when it is asked for (`--long`). */
const LONG_PAST = 99_999;
const PLACES = ['an engine in memory', 'a store in a file', 'Restate', 'Restate without segments'] as const;
type Place = (typeof PLACES)[number];

function pastsOf(place: Place, isLong: boolean): readonly number[] {
  return isLong && place !== 'Restate without segments' ? [...PAST, LONG_PAST] : PAST;
}

const rateName = (past: number, place: Place): string => `steps a second, ${past} of them, on ${place}`;
const resumeName = (past: number, place: Place): string => `standing again after ${past} steps, on ${place}`;

/** What the engine alone takes at 10,000 steps. */
const RESUME_MS = 300;

interface Measured {
  readonly rate: number;
  readonly resumeMs: number;
}

export const engines: Suite = {
  names: PLACES.flatMap((place) => pastsOf(place, true).flatMap((past) => [rateName(past, place), resumeName(past, place)])),
  run: async ({ environment, wants, isLong }: SuiteInput): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    const wanted = (place: Place): readonly number[] => pastsOf(place, isLong).filter((past) => wants(rateName(past, place)) || wants(resumeName(past, place)));
    const note = (place: Place, past: number, { rate, resumeMs }: Measured): void => {
      rows.push(row(rateName(past, place), rate, '/s', null));
      rows.push(row(resumeName(past, place), resumeMs, 'ms', place === 'Restate' && past > 10 ? RESUME_MS : null, place === 'a store in a file' ? 'reading the store' : 'one attempt, from its beginning'));
    };
    for (const past of wanted('an engine in memory')) note('an engine in memory', past, await inMemory(environment, past));
    for (const past of wanted('a store in a file')) note('a store in a file', past, await inFile(environment, past));
    const onServer = (['Restate', 'Restate without segments'] as const).filter((place) => wanted(place).length > 0);
    if (onServer.length === 0) return rows;
    try {
      serverProgram();
    } catch (cause) {
      for (const place of onServer) for (const past of wanted(place)) rows.push(unavailable(rateName(past, place), '/s', null, (cause as Error).message));
      return rows;
    }
    for (const place of onServer) for (const past of wanted(place)) note(place, past, await onRestate(environment, past, place === 'Restate' ? 1_000 : Number.POSITIVE_INFINITY));
    return rows;
  },
};

const plan = (past: number): string => `(loop [i 0 sum 0] (if (< i ${past}) (recur (inc i) (+ sum (call :tick i))) (do (call :user.ask "?") sum)))`;

const HOST: EngineWorld['host'] = {
  capabilities: capabilityRegistry([{ id: 'tick', summary: '', determinism: 'idempotent', call: () => 1 }, ...userCapabilities()], new Map()),
  policy: { decide: () => ({ allowed: true, grants: [] }) },
  clock: systemClock,
};

async function inFile(environment: Environment, past: number): Promise<Measured> {
  const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-bench-'));
  const keeping = await openKeeping(path.join(directory, 'store.db'), { environment, keyDirectory: path.join(directory, 'keys') });
  if (!keeping.ok) throw new Error(keeping.error);
  const { store, newKeeper } = keeping.value;
  try {
    const startMs = performance.now();
    const result = await startRun(keeping.value, compiled(environment, plan(past)), { id: 'run', name: 'bench' }, { host: HOST });
    const rate = (past * 1_000) / (performance.now() - startMs);
    if (result.kind !== 'waiting') throw new Error(`the run is ${result.kind}`);
    const resumeStartMs = performance.now();
    const world = { store, environment, keeper: newKeeper(), programs: new Map() };
    const opened = await openRun(world, 'run');
    if (!opened.ok) throw new Error(opened.error);
    const recovered = await recover(world, (await store.run('run'))!, opened.value, null);
    if (!recovered.ok) throw new Error(recovered.error);
    return { rate, resumeMs: performance.now() - resumeStartMs };
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

async function inMemory(environment: Environment, past: number): Promise<Measured> {
  const engine = createMemoryEngine(systemClock);
  const drive = segmentDriver({ environment, host: HOST });
  try {
    return await onEngine(environment, past, engine, (wrapped) => Promise.resolve(engine.serve(wrapped)), drive, () => Promise.resolve(engine.crash()));
  } finally {
    engine.crash();
  }
}

async function onRestate(environment: Environment, past: number, calls: number): Promise<Measured> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-bench-'));
  let server: RunningServer | null = null;
  let worker: RestateWorker | null = null;
  const crash = async (): Promise<void> => void (await worker?.close());
  try {
    server = await startServer({ folder, ports: await freePorts() });
    const address = await restateAddress(server.admin, null);
    if (!address.ok) throw new Error(address.error);
    const keeping = await serveRestate({ address: address.value, port: 0, drive: () => Promise.resolve(), offers: 'keep' });
    await keeping.register();
    let port = 0;
    const serve = async (drive: DriveSegment): Promise<void> => {
      worker = await serveRestate({ address: address.value, port, drive, offers: 'drive' });
      if (port === 0) await worker.register();
      port = worker.port;
    };
    const measured = await onEngine(environment, past, restateEngine(address.value), serve, segmentDriver({ environment, host: HOST, segment: { calls, bytes: Number.POSITIVE_INFINITY } }), crash);
    await crash();
    await keeping.close();
    return measured;
  } finally {
    await server?.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Long enough to say that nothing comes any more. */
const QUIET_MS = 1_000;

async function onEngine(environment: Environment, past: number, engine: Engine, serve: (drive: DriveSegment) => Promise<void>, drive: DriveSegment, crash: () => Promise<void>): Promise<Measured> {
  let begunMs = 0;
  let lastMs = 0;
  /** Sees when the attempt begins, and when it was last told something. */
  const seen: DriveSegment = (segment, input) => {
    begunMs = lastMs = performance.now();
    const first: typeof segment.first = async (pending) => {
      const settled = await segment.first(pending);
      lastMs = performance.now();
      return settled;
    };
    const { run, content, signal, step, timer, message, write, handOver } = segment;
    return drive({ run, content, signal, step, timer, message, write, handOver, first }, input);
  };
  const run = `bench-${past}`;
  await serve(seen);
  await deployPlan(engine, run, compiled(environment, plan(past)));
  const startMs = performance.now();
  await startPlan(engine, { id: run, plan: run });
  while ((await engineStatus(engine, run))?.status !== 'waiting') await new Promise((resolve) => setTimeout(resolve, 2));
  const rate = (past * 1_000) / (performance.now() - startMs);
  await crash();
  const before = begunMs;
  await serve(seen);
  while (begunMs === before || performance.now() - lastMs < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, 20));
  return { rate, resumeMs: lastMs - begunMs };
}
