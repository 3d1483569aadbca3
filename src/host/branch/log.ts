/**
 * What a worker writes down of a branch: a run of its own in the worker's store, `RUN~branch~PATH` (a second one is `…+2`), whose start says whose branch it is, and
 * in which state it was given out. Home writes down the same hash, and at the end that of the last record here, so both journals can be held side by side
 * (`rtfs verify`). Nobody goes on with such a run: that is the business of home.
 *
 *   branch = {:run :path :state}, in the start
 */
import type { Event, Fiber, State } from '../../evaluator/state.ts';
import type { Keeping } from '../durable/driver.ts';
import { keepProgram, type Runnable } from '../durable/program.ts';
import { chained } from '../durable/record-data.ts';
import { startData } from '../durable/recover.ts';
import { RunRecorder } from '../durable/recorder.ts';
import { recordData } from '../journal/record.ts';
import { signHead } from '../journal/signature.ts';
import { newMemory } from '../memory.ts';
import type { Recorder } from '../recorder.ts';
import { EMPTY_HEAD, type Lease, StoreProblem } from '../store/port.ts';
import { checkNewRunId } from '../store/problem.ts';
import { branchHash } from './lease.ts';

export interface BranchLog {
  readonly recorder: Recorder<State, Event>;
  /** The branch has come so far, and is given back. Resolves with the last record. */
  readonly end: (branch: Fiber, comesHome: boolean) => Promise<{ readonly run: string; readonly seq: number; readonly hash: string }>;
  readonly close: () => Promise<void>;
}

export interface LoggedBranch {
  readonly program: Runnable;
  /** As it was given out. */
  readonly branch: Fiber;
  /** Whose branch it is. */
  readonly run: string;
}

const LEASE_MS = 15_000;
/** The end is what is written last: what lies between is looked at, not gone on with. */
const NO_CHECKPOINTS = { effects: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY, steps: false, everyMs: Number.POSITIVE_INFINITY };

/** Rejects with a `StoreProblem` when the store cannot be written to. */
export async function openBranchLog(keeping: Keeping, { program, branch, run }: LoggedBranch): Promise<BranchLog> {
  const { store, clock, sha256, keys } = keeping;
  const { hash, content } = keepProgram(program);
  const { path } = branch;
  const now = clock.nowMs();
  const name = `branch ${withoutDot(path)} of ${run}`;
  const data = { ...startData(hash, name), branch: recordData({ run, path, state: branchHash(branch) }) };
  const lease = await createdUnderNewId(keeping, `${run}~branch~${withoutDot(path)}`, async (id) => {
    const all = [...content];
    const records = chained(id, EMPTY_HEAD, [{ timeMs: now, kind: 'run-started', data }], all, sha256);
    return { lease: await store.create({ id, name, createdMs: now, leaseUntilMs: now + LEASE_MS }, { records, content: all, signature: null, change: {}, taken: [] }, keeping.owner), head: records[0]! };
  });
  const recorder = new RunRecorder({
    store, lease: lease.lease, clock, sha256, keeper: keeping.newKeeper(),
    position: { head: lease.head, turn: 0, known: new Set(), open: new Map(), isCancelled: false, isAhead: false, goes: [], sinceCheckpoint: { effects: 0, bytes: 0, atMs: now } },
    sign: keys === null ? null : (id, head) => signHead(keys, id, head),
    checkpoints: NO_CHECKPOINTS, park: { timers: false, graceMs: 0, never: true }, asks: false, person: 'human:nobody', lookAround: () => Promise.resolve(false), memory: () => NOTHING_COUNTED,
  });
  const over = new AbortController();
  const renewing = renew(keeping, lease.lease, over.signal);
  return {
    recorder,
    end: async (ended, comesHome) => {
      recorder.draft('branch-returned', { path, state: branchHash(ended), home: comesHome || undefined });
      await recorder.ended({ kind: 'complete', value: null }, null);
      const row = await store.run(lease.lease.run);
      return { run: lease.lease.run, seq: row?.head.seq ?? 0, hash: row?.head.hash ?? '' };
    },
    close: async () => {
      over.abort();
      await renewing;
      await store.release(lease.lease);
    },
  };
}

const NOTHING_COUNTED = newMemory({ grant: {} }, false);

type Created = { readonly lease: Lease; readonly head: { readonly seq: number; readonly hash: string } };

async function createdUnderNewId({ store }: Keeping, id: string, create: (id: string) => Promise<Created>): Promise<Created> {
  for (let variant = 1; ; variant++) {
    const name = variant === 1 ? id : `${id}+${variant}`;
    checkNewRunId(name);
    if ((await store.run(name)) !== null) continue;
    try {
      return await create(name);
    } catch (cause) {
      // Another worker with the same store was quicker.
      if (!(cause instanceof StoreProblem && cause.problem === 'run-exists')) throw cause;
    }
  }
}

/** Others see that somebody is at it. A lease that is lost shows with the next record. */
async function renew({ store, clock }: Keeping, lease: Lease, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(LEASE_MS / 3, signal);
    if (signal.aborted) return;
    await store.renew(lease, clock.nowMs() + LEASE_MS);
  }
}

function withoutDot(path: string): string {
  return path.endsWith('.') ? path.slice(0, -1) : path;
}
