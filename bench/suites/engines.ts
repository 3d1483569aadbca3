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
import type { Capability } from '../../src/host/port.ts';
import { capabilityRegistry } from '../../src/host/registry.ts';
import { type Row, row, unavailable } from '../report.ts';
import { compiled } from '../subject.ts';
import type { Suite, SuiteInput } from './suite.ts';

/** The last but one: where a segment has the longest past. */
const PAST = [10, 999, 9_999] as const;
/** Takes minutes on Restate: measured when it is asked for (`--long`). What many steps cost without segments is for comparison, and takes up to half a minute: then as well. */
const LONG_PAST = 99_999;
const PLACES = ['an engine in memory', 'a store in a file', 'Restate', 'Restate without segments'] as const;
type Place = (typeof PLACES)[number];

function pastsOf(place: Place, isLong: boolean): readonly number[] {
  if (place === 'Restate without segments') return isLong ? PAST : PAST.slice(0, 1);
  return isLong ? [...PAST, LONG_PAST] : PAST;
}

const rateName = (past: number, place: Place): string => `steps a second, ${past} of them, on ${place}`;
const resumeName = (past: number, place: Place): string => `standing again after ${past} steps, on ${place}`;

/** The last steps alone are made one after the other, and those before them so many at a time: their number is what counts, and each takes up to some milliseconds. */
const ALONE = 999;
const TOGETHER = 100;

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
      const rateNote = past > ALONE ? `the last ${ALONE}; those before ${TOGETHER} at a time` : '';
      rows.push(row(rateName(past, place), rate, '/s', null, rateNote));
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
    await withServer(async (server) => {
      for (const place of onServer) for (const past of wanted(place)) note(place, past, await onRestate(environment, server, past, place === 'Restate' ? 1_000 : Number.POSITIVE_INFINITY));
    });
    return rows;
  },
};

/** `together` calls `TOGETHER` at a time, the others of the `past` one after the other, then one that waits. */
const plan = (past: number, together: number): string => `
  (loop [i 0] (if (< i ${together}) (do (pmap (fn [n] (call :tick n)) (range i (+ i ${TOGETHER}))) (recur (+ i ${TOGETHER})))))
  (loop [i ${together} sum 0] (if (< i ${past}) (recur (inc i) (+ sum (call :tick i))) (do (call :user.ask "?") sum)))`;

/** `ticked` is told which call is made. */
function hostOf(ticked: (call: unknown) => void): EngineWorld['host'] {
  const tick: Capability = {
    id: 'tick', summary: '', determinism: 'idempotent',
    call: ([number]) => {
      ticked(number);
      return 1;
    },
  };
  return { capabilities: capabilityRegistry([tick, ...userCapabilities()], new Map()), policy: { decide: () => ({ allowed: true, grants: [] }) }, clock: systemClock };
}

/** How many of the past are made together, a host that sees when the first of the others is called, and the rate of these others. */
function watched(past: number): { readonly host: EngineWorld['host']; readonly together: number; readonly rate: (startMs: number, endMs: number) => number } {
  const together = Math.max(0, past - ALONE);
  let aloneMs = 0;
  const host = hostOf((call) => {
    if (call === together) aloneMs = performance.now();
  });
  return { host, together, rate: (startMs, endMs) => ((past - together) * 1_000) / (endMs - (together === 0 ? startMs : aloneMs)) };
}

async function inFile(environment: Environment, past: number): Promise<Measured> {
  const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-bench-'));
  const keeping = await openKeeping(path.join(directory, 'store.db'), { environment, keyDirectory: path.join(directory, 'keys') });
  if (!keeping.ok) throw new Error(keeping.error);
  const { store, newKeeper } = keeping.value;
  try {
    const { host, together, rate } = watched(past);
    const startMs = performance.now();
    const result = await startRun(keeping.value, compiled(environment, plan(past, together)), { id: 'run', name: 'bench' }, { host });
    const waitingMs = performance.now();
    if (result.kind !== 'waiting') throw new Error(`the run is ${result.kind}`);
    const resumeStartMs = performance.now();
    const world = { store, environment, keeper: newKeeper(), programs: new Map() };
    const opened = await openRun(world, 'run');
    if (!opened.ok) throw new Error(opened.error);
    const recovered = await recover(world, (await store.run('run'))!, opened.value, null);
    if (!recovered.ok) throw new Error(recovered.error);
    return { rate: rate(startMs, waitingMs), resumeMs: performance.now() - resumeStartMs };
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

async function inMemory(environment: Environment, past: number): Promise<Measured> {
  const engine = createMemoryEngine(systemClock);
  const { host, together, rate } = watched(past);
  const drive = segmentDriver({ environment, host });
  const crash = (): Promise<void> => Promise.resolve(engine.crash());
  try {
    return await onEngine({ engine, name: `bench-${past}`, serve: (wrapped) => Promise.resolve(engine.serve(wrapped)), drive, crash, rate, askMs: 2 }, environment, past, together);
  } finally {
    engine.crash();
  }
}

async function withServer(use: (server: RunningServer) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-bench-'));
  let server: RunningServer | null = null;
  try {
    server = await startServer({ folder, ports: await freePorts() });
    await use(server);
  } finally {
    await server?.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onRestate(environment: Environment, server: RunningServer, past: number, calls: number): Promise<Measured> {
  let worker: RestateWorker | null = null;
  const crash = async (): Promise<void> => void (await worker?.close());
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
  const { host, together, rate } = watched(past);
  const drive = segmentDriver({ environment, host, segment: { calls, bytes: Number.POSITIVE_INFINITY } });
  try {
    const name = `bench-${past}-${calls}`;
    return await onEngine({ engine: restateEngine(address.value), name, serve, drive, crash, rate, askMs: 10 }, environment, past, together);
  } finally {
    await crash();
    await keeping.close();
  }
}

/** Long enough to say that nothing comes any more. */
const QUIET_MS = 500;

interface Subject {
  readonly engine: Engine;
  /** Of the plan and its run. */
  readonly name: string;
  readonly serve: (drive: DriveSegment) => Promise<void>;
  readonly drive: DriveSegment;
  readonly crash: () => Promise<void>;
  readonly rate: (startMs: number, endMs: number) => number;
  /** After so long the engine is asked again how the run stands; each question takes its time from the run. */
  readonly askMs: number;
}

async function onEngine({ engine, name, serve, drive, crash, rate, askMs }: Subject, environment: Environment, past: number, together: number): Promise<Measured> {
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
  await serve(seen);
  await deployPlan(engine, name, compiled(environment, plan(past, together)));
  const startMs = performance.now();
  await startPlan(engine, { id: name, plan: name });
  while ((await engineStatus(engine, name))?.status !== 'waiting') await new Promise((resolve) => setTimeout(resolve, askMs));
  const waitingMs = performance.now();
  await crash();
  const before = begunMs;
  await serve(seen);
  while (begunMs === before || performance.now() - lastMs < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, 20));
  return { rate: rate(startMs, waitingMs), resumeMs: lastMs - begunMs };
}
