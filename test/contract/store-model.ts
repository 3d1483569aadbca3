/** A store as simple as can be, and random histories that it and a real one must tell alike. */
import fc from 'fast-check';
import type { Lease, Store } from '../../src/host/store/port.ts';
import { batchOf, bytesOfText, content, hashOfText, newRun, owner, problemKind, storedRecord } from '../support/store-data.ts';

/** One step of a history. Runs, owners and texts come from small pools, so that steps meet. */
export type StoreStep =
  | { readonly kind: 'create'; readonly run: number; readonly by: number; readonly records: number }
  | { readonly kind: 'acquire'; readonly run: number; readonly by: number; readonly nowMs: number }
  | { readonly kind: 'renew' | 'release'; readonly lease: number; readonly nowMs: number }
  | { readonly kind: 'append'; readonly lease: number; readonly from: number; readonly records: number; readonly ends: boolean; readonly wakeMs: number | null; readonly text: number; readonly takes: boolean }
  | { readonly kind: 'send'; readonly run: number; readonly text: number }
  | { readonly kind: 'due'; readonly nowMs: number }
  | { readonly kind: 'sweep'; readonly keep: number }
  | { readonly kind: 'remove'; readonly run: number };

export function arbitraryHistory(): fc.Arbitrary<readonly StoreStep[]> {
  const small = fc.nat({ max: 2 });
  const nowMs = fc.constantFrom(0, 100, 200, 300, 400);
  const lease = fc.nat({ max: 5 });
  return fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('create' as const), run: small, by: small, records: small }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('acquire' as const), run: small, by: small, nowMs }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('renew' as const, 'release' as const), lease, nowMs }) },
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('append' as const), lease, from: fc.constantFrom(0, 0, 0, 0, 1, -1), records: small, ends: fc.constantFrom(false, false, true),
          wakeMs: fc.option(nowMs), text: small, takes: fc.boolean(),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('send' as const), run: small, text: small }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('due' as const), nowMs }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const), keep: small }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), run: small }) },
    ),
    { maxLength: 40 },
  );
}

const LEASE_MS = 150;

interface ModelRun {
  status: string;
  head: number;
  wakeMs: number | null;
  epoch: number;
  holder: number | null;
  untilMs: number;
  messages: string[];
}

interface ModelLease {
  readonly run: number;
  readonly epoch: number;
  readonly by: number;
}

/** What the history should tell, worked out with plain arrays. Runs keep the order in which they were made. */
export class StoreModel {
  readonly runs = new Map<number, ModelRun>();
  readonly leases: ModelLease[] = [];
  contents = new Set<string>();

  step(step: StoreStep): string {
    switch (step.kind) {
      case 'create': {
        if (this.runs.has(step.run)) return 'run-exists';
        this.runs.set(step.run, { status: 'running', head: step.records, wakeMs: null, epoch: 1, holder: step.by, untilMs: LEASE_MS, messages: [] });
        this.leases.push({ run: step.run, epoch: 1, by: step.by });
        return 'made';
      }
      case 'acquire': {
        const run = this.runs.get(step.run);
        if (run === undefined) return 'unknown';
        if (run.holder !== null && run.untilMs > step.nowMs) return `busy ${run.holder} ${run.untilMs}`;
        Object.assign(run, { epoch: run.epoch + 1, holder: step.by, untilMs: step.nowMs + LEASE_MS });
        this.leases.push({ run: step.run, epoch: run.epoch, by: step.by });
        return `held ${run.head}`;
      }
      case 'renew': {
        const run = this.heldBy(step.lease);
        if (run !== null) run.untilMs = step.nowMs + LEASE_MS;
        return `${run !== null}`;
      }
      case 'release': {
        const run = this.heldBy(step.lease);
        if (run !== null) run.holder = null;
        return 'done';
      }
      case 'append':
        return this.append(step);
      case 'send': {
        const run = this.runs.get(step.run);
        run?.messages.push(`${step.text}`);
        return run === undefined ? 'unknown-run' : 'done';
      }
      case 'due':
        return this.due(step.nowMs).join(' ');
      case 'sweep': {
        const gone = [...this.contents].filter((text) => text !== textOf(step.keep));
        this.contents = new Set([...this.contents].filter((text) => text === textOf(step.keep)));
        return `${gone.length} ${gone.reduce((sum, text) => sum + text.length, 0)}`;
      }
      case 'remove': {
        const run = this.runs.get(step.run);
        if (run === undefined) return 'unknown-run';
        if (run.status !== 'complete') return 'not-ended';
        this.runs.delete(step.run);
        return 'done';
      }
    }
  }

  private heldBy(index: number): ModelRun | null {
    const lease = this.leases[index];
    const run = lease === undefined ? undefined : this.runs.get(lease.run);
    return run !== undefined && run.epoch === lease!.epoch && run.holder === lease!.by ? run : null;
  }

  private append(step: Extract<StoreStep, { kind: 'append' }>): string {
    const run = this.heldBy(step.lease);
    if (run === null) return 'lease-lost';
    if (step.records > 0 && step.from !== 0) return 'out-of-order';
    run.head += step.records;
    run.wakeMs = step.wakeMs;
    if (step.ends) run.status = 'complete';
    this.contents.add(textOf(step.text));
    if (step.takes) run.messages.shift();
    return 'done';
  }

  private due(nowMs: number): string[] {
    const free = [...this.runs].filter(([, run]) => run.status === 'running' && (run.holder === null || run.untilMs <= nowMs));
    const timed = free.filter(([, run]) => run.wakeMs !== null && run.wakeMs <= nowMs).sort(([, a], [, b]) => a.wakeMs! - b.wakeMs!);
    const others = free.filter((one) => one[1].messages.length > 0 && !timed.includes(one));
    return [...timed.map(([id]) => `r${id}`), ...others.map(([id]) => `r${id}`).sort()];
  }
}

function textOf(number: number): string {
  return 'x'.repeat(number + 1);
}

/** The same histories told by a real store. */
export class StoreTeller {
  private readonly store: Store;
  private readonly leases: Lease[] = [];

  constructor(store: Store) {
    this.store = store;
  }

  async step(step: StoreStep): Promise<string> {
    const { store } = this;
    const done = async (promise: Promise<unknown>): Promise<string> => ((await problemKind(promise)) === 'resolved: undefined' ? 'done' : problemKind(promise));
    switch (step.kind) {
      case 'create': {
        const records = Array.from({ length: step.records }, (_, i) => storedRecord(i + 1));
        const made = store.create(newRun(`r${step.run}`, LEASE_MS), batchOf({ records }), owner(step.by));
        const problem = await problemKind(made);
        if (!problem.startsWith('resolved')) return problem;
        this.leases.push(await made);
        return 'made';
      }
      case 'acquire': {
        const answer = await store.acquire(`r${step.run}`, owner(step.by), step.nowMs, step.nowMs + LEASE_MS);
        if (answer.kind === 'unknown') return 'unknown';
        if (answer.kind === 'busy') return `busy ${answer.owner.processId - 1000} ${answer.untilMs}`;
        this.leases.push(answer.lease);
        return `held ${answer.row.head.seq}`;
      }
      case 'renew':
        return this.leases[step.lease] === undefined ? 'false' : `${await store.renew(this.leases[step.lease]!, step.nowMs + LEASE_MS)}`;
      case 'release':
        return this.leases[step.lease] === undefined ? 'done' : done(store.release(this.leases[step.lease]!));
      case 'append':
        return this.append(step, done);
      case 'send':
        return done(store.send(`r${step.run}`, bytesOfText(`${step.text}`)));
      case 'due':
        return (await this.inModelOrder(await store.due(step.nowMs, 10), step.nowMs)).join(' ');
      case 'sweep': {
        const { count, bytes } = await store.sweep(new Set([hashOfText(textOf(step.keep))]));
        return `${count} ${bytes}`;
      }
      case 'remove':
        return done(store.remove(`r${step.run}`));
    }
  }

  private async append(step: Extract<StoreStep, { kind: 'append' }>, done: (promise: Promise<unknown>) => Promise<string>): Promise<string> {
    const lease = this.leases[step.lease];
    if (lease === undefined) return 'lease-lost';
    const head = (await this.store.run(lease.run))?.head.seq ?? 0;
    const messages = await this.store.messages(lease.run);
    const records = Array.from({ length: step.records }, (_, i) => storedRecord(head + step.from + i + 1));
    const taken = step.takes && messages.length > 0 ? [messages[0]!.id] : [];
    const change = { wakeMs: step.wakeMs, ...(step.ends ? { status: 'complete' as const } : {}) };
    return done(this.store.append(lease, batchOf({ records, taken, change, content: [content(textOf(step.text))] })));
  }

  /** The model does not number messages: those that have only messages are compared as a set. */
  private async inModelOrder(ids: readonly string[], nowMs: number): Promise<readonly string[]> {
    const rows = await Promise.all(ids.map((id) => this.store.run(id)));
    const isTimed = (i: number): boolean => rows[i]!.wakeMs !== null && rows[i]!.wakeMs! <= nowMs;
    return [...ids.filter((_, i) => isTimed(i)), ...ids.filter((_, i) => !isTimed(i)).sort()];
  }

  /** What is left: for each run its head, its records and its messages. */
  async view(): Promise<readonly string[]> {
    const rows = await this.store.runs();
    return Promise.all(rows.map(async (row) => `${row.id} ${row.status} ${row.head.seq} ${(await this.store.records(row.id)).length} ${(await this.store.messages(row.id)).map(({ bytes }) => Buffer.from(bytes).toString()).join('')}`));
  }
}

/** The same of the model. */
export function modelView(model: StoreModel): readonly string[] {
  return [...model.runs].reverse().map(([id, run]) => `r${id} ${run.status} ${run.head} ${run.head} ${run.messages.join('')}`);
}
