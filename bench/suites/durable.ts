/** What keeping a run costs: effects beside the bare appends of the same store, going on after many effects, runs that wait. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compile, type Environment } from '../../src/host/compile.ts';
import { userCapabilities } from '../../src/host/capability/user.ts';
import { systemClock } from '../../src/host/clock.ts';
import { type DriveOptions, type Keeping, startRun } from '../../src/host/durable/driver.ts';
import type { Runnable } from '../../src/host/durable/program.ts';
import { openRun, recover } from '../../src/host/durable/recover.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import { openMemoryKeeping } from '../../src/host/memory-keeping.ts';
import { openKeeping } from '../../src/host/open-store.ts';
import type { Capability, Determinism } from '../../src/host/port.ts';
import { capabilityRegistry } from '../../src/host/registry.ts';
import { run } from '../../src/host/run.ts';
import type { Batch, Lease, NewRun, Owner, Store } from '../../src/host/store/port.ts';
import { rowInOwnProcess } from '../alone.ts';
import { median } from '../measure.ts';
import { type Row, row } from '../report.ts';
import type { Suite, SuiteInput } from './suite.ts';

const FREE = 'effects a second, nothing kept';
const LIVE = 'durable effects, request and answer each durable';
const RIDING = 'durable effects, request with its answer';
const TOGETHER = 'durable effects of 50 runs, of the grouped appends';
const PAST = [10, 1_000, 100_000] as const;
const resumeName = (past: number): string => `going on after ${past} effects`;
const WAITING_BYTES = 'bytes of a waiting run, 1,000 in a store';
const WAITING_MEMORY = 'memory of 10,000 waiting runs in one process';

const FREE_EFFECTS = 100_000;
const FREE_ROUNDS = 5;
const EFFECTS = 500;
const GROUP = 50;
const TURNS = 5;
/** Where half of all is the most that there can be, a few hundredths decide, and what a run costs that has one effect is one of them. */
const LIVE_EFFECTS = 1000;
const LIVE_TURNS = 8;
/** What was optimised in memory is thrown away when the file is first written to, and made anew within some thousand effects. */
const UNCOUNTED_TURNS = 2;
/** Until the engine knows what it runs; in memory, since what is asked is what goes on beside the disk. */
const WARM_UP_EFFECTS = 10_000;

export const durable: Suite = {
  names: [FREE, LIVE, RIDING, TOGETHER, ...PAST.map(resumeName), WAITING_BYTES, WAITING_MEMORY],
  run: async ({ environment, root, wants, isAlone }: SuiteInput): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    if (wants(FREE)) rows.push(row(FREE, await freeRate(environment), '/s', 200_000));
    const shares: readonly (readonly [string, Determinism, number, number])[] = [[LIVE, 'live', 1, 45], [RIDING, 'idempotent', 1, 80], [TOGETHER, 'idempotent', GROUP, 50]];
    for (const [name, determinism, runs, target] of shares) {
      if (!wants(name)) continue;
      const { share, rate } = await shareOfAppends(environment, determinism, runs);
      rows.push(row(name, share, '% of appends', target, `${Math.round(rate)}/s`));
    }
    for (const past of PAST) if (wants(resumeName(past))) rows.push(row(resumeName(past), await resumeMs(environment, past), 'ms', 20, 'reading the store until the machine stands'));
    if (wants(WAITING_BYTES)) rows.push(row(WAITING_BYTES, (await waiting(environment, 1_000)).bytes, 'bytes', 2_000, 'the whole file'));
    if (wants(WAITING_MEMORY)) rows.push(isAlone ? row(WAITING_MEMORY, (await waiting(environment, 10_000)).megabytes, 'MB', 200, 'all that the process has') : rowInOwnProcess(root, WAITING_MEMORY));
    return rows;
  },
};

function programOf(environment: Environment, text: string): Runnable {
  const { program, diagnostics } = compile(environment, { file: 'bench.rtfs', text });
  if (program === null) throw new Error(diagnostics[0]!.message);
  return program;
}

const ticking = (effects: number): string => `(loop [i 0 sum 0] (if (< i ${effects}) (recur (inc i) (+ sum (call :tick i))) sum))`;

function hostOf(...capabilities: readonly Capability[]): DriveOptions['host'] {
  return { capabilities: capabilityRegistry(capabilities, new Map()), policy: { decide: () => ({ allowed: true, grants: [] }) }, clock: systemClock };
}

function ticker(determinism: Determinism): Capability {
  return { id: 'tick', summary: '', determinism, call: () => 1 };
}

async function freeRate(environment: Environment): Promise<number> {
  const program = programOf(environment, ticking(FREE_EFFECTS));
  const rates: number[] = [];
  // The first is for the engine to get to know them.
  for (let round = 0; round <= FREE_ROUNDS; round++) {
    const startMs = performance.now();
    const result = await run(program, hostOf(ticker('idempotent')));
    if (result.kind !== 'complete' || result.value !== FREE_EFFECTS) throw new Error('another result');
    if (round > 0) rates.push((FREE_EFFECTS * 1000) / (performance.now() - startMs));
  }
  return median(rates);
}

async function inStore<Result>(environment: Environment, use: (keeping: Keeping, file: string) => Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-bench-'));
  const file = path.join(directory, 'store.db');
  const keeping = await openKeeping(file, { environment, keyDirectory: path.join(directory, 'keys') });
  if (!keeping.ok) throw new Error(keeping.error);
  try {
    return await use(keeping.value, file);
  } finally {
    await keeping.value.store.close();
    rmSync(directory, { recursive: true });
  }
}

/**
 * Rounds of bare appends and of effects in turns, in one store, and the median of what each round of effects is of the appends before and after it: what
 * the machine does besides touches both, and how fast its disk is changes from second to second.
 */
async function shareOfAppends(environment: Environment, determinism: Determinism, runs: number): Promise<{ readonly share: number; readonly rate: number }> {
  const isLive = determinism === 'live';
  const each = isLive ? LIVE_EFFECTS : EFFECTS / (runs === 1 ? 1 : 5);
  const program = programOf(environment, ticking(each));
  const host = hostOf(ticker(determinism));
  await warmUp(environment, program, each, host);
  return inStore(environment, async (keeping) => {
    const written = await writtenBy(keeping, program);
    const shares: number[] = [];
    const kept: number[] = [];
    const bareRate = (round: number): Promise<number> => rateOf(each * runs, () => appends(keeping.store, `bare-${round}`, runs, written));
    let before = await bareRate(0);
    for (let round = 0; round < UNCOUNTED_TURNS + (isLive ? LIVE_TURNS : TURNS); round++) {
      const rate = await rateOf(each * runs, () => Promise.all(Array.from({ length: runs }, (_, i) => startRun(keeping, program, { id: `run-${round}-${i}`, name: 'bench' }, { host }))));
      const after = await bareRate(round + 1);
      // The times are what is averaged, not the rates.
      const bare = 2 / (1 / before + 1 / after);
      before = after;
      if (round < UNCOUNTED_TURNS) continue;
      kept.push(rate);
      shares.push((rate / bare) * 100);
    }
    return { share: median(shares), rate: median(kept) };
  });
}

async function warmUp(environment: Environment, program: Runnable, effects: number, host: DriveOptions['host']): Promise<void> {
  for (let done = 0; done < WARM_UP_EFFECTS; done += effects) await startRun({ ...openMemoryKeeping({ environment }), sha256: nodeSha256 }, program, { id: 'run', name: 'bench' }, { host });
}

async function rateOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (count * 1000) / (performance.now() - startMs);
}

/** The batches of a run whose requests ride with their answers: one for each effect. */
async function writtenBy(keeping: Keeping, program: Runnable): Promise<readonly Batch[]> {
  const written: Batch[] = [];
  const { store } = keeping;
  const watched = Object.create(store, {
    create: { value: (run: NewRun, batch: Batch, owner: Owner) => (written.push(batch), store.create(run, batch, owner)) },
    append: { value: (lease: Lease, batch: Batch) => (written.push(batch), store.append(lease, batch)) },
  }) as Store;
  await startRun({ ...keeping, store: watched }, program, { id: 'run', name: 'bench' }, { host: hostOf(ticker('idempotent')) });
  return written;
}

/** Writes what was made before, for runs that nobody drives: each waits for its batch to be durable before it gives the next. */
async function appends(store: Store, name: string, runs: number, [first, ...rest]: readonly Batch[]): Promise<void> {
  await Promise.all(Array.from({ length: runs }, async (_, i) => {
    const owner = { host: 'bench', processId: 1, token: name };
    const lease = await store.create({ id: `${name}-${i}`, name: 'bench', createdMs: 0, leaseUntilMs: 2 ** 50 }, first!, owner);
    for (const batch of rest) await store.append(lease, batch);
  }));
}

/** From the open store to the machine that stands where it stood, with 100 effects at a time in the past. */
async function resumeMs(environment: Environment, past: number): Promise<number> {
  const width = Math.min(past, 100);
  const text = `(loop [i 0 sum 0] (if (< i ${past / width}) (recur (inc i) (+ sum (reduce + 0 (pmap (fn [n] (call :tick n)) (range ${width}))))) (do (call :user.ask "?") sum)))`;
  const program = programOf(environment, text);
  return inStore(environment, async (keeping) => {
    const result = await startRun(keeping, program, { id: 'run', name: 'bench' }, { host: hostOf(ticker('idempotent'), ...userCapabilities()) });
    if (result.kind !== 'waiting') throw new Error(`the run is ${result.kind}`);
    const row = (await keeping.store.run('run'))!;
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const startMs = performance.now();
      const world = { store: keeping.store, environment, keeper: keeping.newKeeper(), programs: new Map() };
      const opened = await openRun(world, row.id);
      if (!opened.ok) throw new Error(opened.error);
      const recovered = await recover(world, row, opened.value, null);
      times.push(performance.now() - startMs);
      if (!recovered.ok) throw new Error(recovered.error);
    }
    return median(times);
  });
}

async function waiting(environment: Environment, count: number): Promise<{ readonly bytes: number; readonly megabytes: number }> {
  const program = programOf(environment, '(step "order" (let [who (call :tick 1)] (if (= "yes" (call :user.ask "Order 3 lamps?")) {:ordered 3 :by who} :no)))');
  return inStore(environment, async (keeping, file) => {
    const host = hostOf(ticker('idempotent'), ...userCapabilities());
    for (let first = 0; first < count; first += GROUP) {
      const results = await Promise.all(Array.from({ length: GROUP }, (_, i) => startRun(keeping, program, { id: `order-${first + i}`, name: 'order.rtfs' }, { host })));
      if (results.some(({ kind }) => kind !== 'waiting')) throw new Error('a run does not wait');
    }
    const megabytes = process.memoryUsage().rss / 1e6;
    await keeping.store.close();
    return { bytes: statSync(file).size / count, megabytes };
  });
}
