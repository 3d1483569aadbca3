/**
 * Driving one run that is kept in a store: begun here, or taken up where another process left it. While it is driven this process holds
 * its lease, and looks for what people say to it.
 */
import { storedValues } from '../../evaluator/fetching.ts';
import { mergeContext } from '../../evaluator/kernel.ts';
import type { Advance, Event, State } from '../../evaluator/state.ts';
import type { Stored } from '../../evaluator/stored.ts';
import type { MapValue } from '../../value/map.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import { BranchKernel } from '../branch/kernel.ts';
import { Leases, type WorkersOptions } from '../branch/lease.ts';
import { withBranches } from '../branch/run.ts';
import type { Callback, CallbackRuns } from '../callback/callback.ts';
import { underParent } from '../callback/policy.ts';
import { defectsOf } from '../callback/unkept.ts';
import type { Environment } from '../compile.ts';
import type { Sha256 } from '../journal/digest.ts';
import { recordData } from '../journal/record.ts';
import { Loop, type LoopHost, type RunResult } from '../loop.ts';
import type { PatchRequest } from '../recorder.ts';
import { afterTurn } from '../memory.ts';
import { type Keys, signHead } from '../journal/signature.ts';
import { loopKernel } from '../kernel.ts';
import type { Clock, Kernel, Observer, Turn } from '../port.ts';
import { type Amounts, amountsValue, readAmounts, softValue } from '../amounts.ts';
import { type Governed, governFirst, Governor, governsContexts, isTracing } from '../security/governance.ts';
import { emptyLineage } from '../security/lineage.ts';
import { EMPTY_HEAD, type Lease, type Owner, type RunRow, type Store, StoreProblem } from '../store/port.ts';
import { checkNewRunId } from '../store/problem.ts';
import { believedAuthority, signedAuthority } from './authority.ts';
import { branchLogText, branchOf } from './branch-log.ts';
import { callbackData, keptCallbacks, readParent } from './callback.ts';
import { Facts } from './facts.ts';
import { follow } from './follow.ts';
import type { Refused } from './history.ts';
import { keepProgram, type Runnable } from './program.ts';
import { begin, codeOptions, DURABLE_QUANTUM, openRun, recover, type NewStart, type Recovered, startData, startOptions } from './recover.ts';
import { memoryAtStart } from './remember.ts';
import { chained } from './record-data.ts';
import { type CheckpointPolicy, DEFAULT_CHECKPOINTS, type ParkPolicy, type Position, RunRecorder } from './recorder.ts';
import type { StateKeeper } from './state-keeper.ts';

/** What runs are kept with: one for each process and store. */
export interface Keeping {
  readonly store: Store;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly owner: Owner;
  /** A keeper of states for one run. */
  readonly newKeeper: () => StateKeeper;
  /** Signs heads and what runs were allowed, and believes signatures; null: nobody does. */
  readonly keys: Keys | null;
  /** Programs that were loaded before, by hash. */
  readonly programs: Map<string, Runnable>;
}

export interface DriveOptions {
  readonly host: LoopHost & Governed;
  readonly signal?: AbortSignal;
  readonly observer?: Observer<Event>;
  readonly maxConcurrent?: number;
  readonly checkpoints?: Partial<CheckpointPolicy>;
  readonly park?: Partial<ParkPolicy>;
  /** Whether questions to persons are put here; else the run is put away when it waits for one. */
  readonly asks?: boolean;
  /** Who answers those: `human:ann`. Default: `human:terminal`. */
  readonly person?: string;
  /** Carry on branches of the plan. Not for runs with a budget or under a constitution. */
  readonly workers?: WorkersOptions;
  /** More of the budget than the run was given before. */
  readonly budget?: Amounts;
  /** Goes into the root of the plan's contexts before the run goes on. */
  readonly patch?: Pick<PatchRequest, 'data' | 'policy' | 'who'>;
  /** Aborted when nobody wants the plan's result any more: it is cancelled, and undoes what it began. */
  readonly givenUp?: AbortSignal;
}

export interface NewRunOptions {
  readonly id: string;
  readonly name: string;
  readonly start?: NewStart;
  /** What the run was allowed, to be looked at again by whoever goes on with it (see `authority.ts`). */
  readonly authority?: MapValue;
  /** It is a callback, and begins with its function in place of the program. */
  readonly callback?: Pick<Callback, 'fn' | 'args' | 'parent'>;
}

const LEASE_MS = 15_000;
const CONCURRENT_CALLS = 256;
/** How often messages of other processes are looked for. */
const MESSAGES_MS = 250;

export async function startRun(keeping: Keeping, program: Runnable, run: NewRunOptions, options: DriveOptions): Promise<RunResult<State>> {
  const { store, clock, owner, sha256, keys } = keeping;
  checkNewRunId(run.id);
  const kept = keepProgram(program);
  const now = clock.nowMs();
  const { id, name, start, authority, callback } = run;
  const { host } = options;
  const data = { ...startData(kept.hash, name, start), ...(authority === undefined ? {} : signedAuthority(id, authority, keys)), budget: host.budget === undefined ? undefined : amountsValue(host.budget.grant), 'budget-source': host.budget?.source, 'soft-budget': softValue(host.budget?.soft), ...(callback === undefined ? {} : callbackData(callback)), traced: isTracing(host.constitution) || undefined };
  const content = [...kept.content];
  const records = chained(run.id, EMPTY_HEAD, [{ timeMs: now, kind: 'run-started', data }], content, sha256);
  const lease = await store.create(
    { id: run.id, name: run.name, createdMs: now, leaseUntilMs: now + LEASE_MS }, { records, content, signature: null, change: {}, taken: [] }, owner,
  );
  keeping.programs.set(kept.hash, program);
  const head = records[0]!;
  const position: Position = { head, turn: 0, known: new Set(), open: new Map(), isCancelled: false, isAhead: false, goes: [DURABLE_QUANTUM], sinceCheckpoint: { effects: 0, bytes: 0, atMs: now } };
  const started = new Facts(recordData(data));
  const memory = memoryAtStart(started);
  const take = (refused: Refused): ReturnType<typeof begin> => begin(program, started, position.goes, refused);
  const { turn: first, refusals, question } = governFirst(host.constitution, memory, take);
  const held = question === null ? null : { question, take };
  const remembered = held === null ? afterTurn(memory, first.events, 'calls' in first.outcome ? first.outcome.calls : []) : memory;
  return new Driven(keeping, lease, { first, program, started, position, memory: remembered, refusals, held }, options, keeping.newKeeper()).run();
}

/** Why a run cannot be gone on with. */
export interface ResumeProblem {
  readonly kind: 'unknown' | 'busy' | 'ended' | 'damaged' | 'patch';
  readonly message: string;
}

/** How a run is driven that is taken up: what it was granted is among the facts of its start. */
export type OptionsFor = (recovered: Pick<Recovered, 'started' | 'program'>, row: RunRow) => DriveOptions | Promise<DriveOptions>;

export async function resumeRun(keeping: Keeping, id: string, optionsFor: OptionsFor): Promise<Result<RunResult<State>, ResumeProblem>> {
  const { store, clock, owner, environment, programs } = keeping;
  const now = clock.nowMs();
  const acquired = await store.acquire(id, owner, now, now + LEASE_MS);
  if (acquired.kind === 'unknown') return problem('unknown', `there is no run ${id} in the store`);
  if (acquired.kind === 'busy') return problem('busy', `process ${acquired.owner.processId} on ${acquired.owner.host} drives the run ${id}`);
  const { lease, row } = acquired;
  try {
    if (row.status !== 'running' && row.status !== 'waiting') return problem('ended', `the run ${id} is over: it is ${row.status}`);
    const keeper = keeping.newKeeper();
    const world = { store, environment, keeper, programs };
    const opened = await openRun(world, id);
    if (!opened.ok) return problem('damaged', opened.error);
    const whose = branchOf(opened.value.started);
    if (whose !== null) return problem('ended', branchLogText(id, whose));
    const options = await optionsFor(opened.value, row);
    const recovered = await recover(world, row, opened.value, options.host.constitution ?? null);
    if (!recovered.ok) return problem('damaged', recovered.error);
    const driven = new Driven(keeping, lease, recovered.value, options, keeper);
    const { patch } = options;
    if (patch !== undefined && recovered.value.held !== null) return problem('patch', 'the context cannot be patched while a merge waits for somebody to allow it');
    const patched = patch === undefined ? null : driven.kernel.patch(recovered.value.first.state, patch.data, patch.policy);
    if (patched?.ok === false) return problem('patch', `the context cannot be patched: ${patched.error}`);
    driven.recorder.resumed(owner);
    if (options.budget !== undefined) driven.grant(options.budget);
    return { ok: true, value: await driven.run() };
  } finally {
    await store.release(lease);
  }
}

function problem(kind: ResumeProblem['kind'], message: string): { ok: false; error: ResumeProblem } {
  return { ok: false, error: { kind, message } };
}

/** The budget of the run as it was said at its start: what is left of it is remembered. */
function budgetOf(started: Facts): Pick<LoopHost, 'budget'> {
  const [grant, source] = [readAmounts(started.value('budget')), started.text('budget-source')];
  return grant === null ? {} : { budget: { grant, source: source ?? 'none' } };
}

interface Parted extends Pick<DriveOptions, 'host'> {
  readonly leases: Leases;
  readonly kernel: Driven['kernel'];
  readonly first: Turn<State, Event>;
}

/** One run while this process drives it. */
class Driven {
  private readonly keeping: Keeping;
  private readonly lease: Lease;
  readonly recorder: RunRecorder;
  readonly kernel: Required<Omit<Kernel<never, State, never, Event>, 'start' | 'shows'>> & Pick<Kernel<never, State>, 'shows'>;
  private readonly loop: Loop<State, Event>;
  private readonly stopping = new AbortController();
  private readonly over = new AbortController();
  private readonly program: Runnable;
  private readonly seen = new Set<number>();
  private lost: StoreProblem | null = null;
  private readonly leases: Leases | null;

  constructor(keeping: Keeping, lease: Lease, { first, program, started, position, memory, refusals, held }: Recovered, options: DriveOptions, keeper: StateKeeper) {
    const { store, clock, sha256, keys } = keeping;
    const { host, observer = {} } = options;
    const parent = readParent(started);
    this.keeping = keeping;
    this.lease = lease;
    this.program = program;
    this.recorder = new RunRecorder({
      store, lease, clock, sha256, keeper, position,
      sign: keys === null ? null : (run, head) => signHead(keys, run, head),
      checkpoints: { ...DEFAULT_CHECKPOINTS, ...options.checkpoints },
      park: { timers: false, graceMs: 1_000, ...options.park },
      asks: options.asks ?? false,
      person: options.person ?? 'human:terminal',
      lookAround: () => this.takeMessages(),
      memory: () => this.loop.memory,
    });
    const { signal } = options;
    if (signal?.aborted === true) this.stopping.abort();
    // One signal may stop thousands of runs, one after the other.
    signal?.addEventListener('abort', () => this.stopping.abort(), { signal: this.over.signal });
    const { constitution } = host;
    const governor = constitution === undefined || !governsContexts(constitution) ? null : new Governor(constitution, { lineage: () => this.loop.memory.lineage ?? emptyLineage(), refused: (more) => this.recorder.refusedMerges(more) });
    const own = this.kernelOver(keeper, governor);
    const parted = options.workers === undefined ? null : this.parted(own, { first, host, workers: options.workers, keeper, started });
    this.leases = parted?.leases ?? null;
    this.kernel = parted?.kernel ?? own;
    this.loop = new Loop({
      kernel: this.kernel, first: held === null || governor === null ? (parted?.first ?? first) : governor.hold(first, held.question, held.take), host: { ...(parted?.host ?? host), ...(parent === null ? {} : { policy: underParent(host.policy, parent) }), ...budgetOf(started) }, signal: this.stopping.signal, quantum: DURABLE_QUANTUM, maxConcurrent: options.maxConcurrent ?? CONCURRENT_CALLS,
      observer, recorder: this.recorder, goes: position.goes,
      memory, follow: afterTurn, callbacks: this.callbacks(program, started, parent?.hops ?? 0, options), ...(options.givenUp === undefined ? {} : { givenUp: options.givenUp }),
    });
    if (options.patch !== undefined) this.loop.patch({ ...options.patch, message: null });
    // Those of a turn that is held come when it happens.
    if (held === null) this.recorder.refusedMerges(refusals);
  }

  /** Each is a run of its own in the same store, and gone on with when its call is made again. */
  private callbacks(program: Runnable, started: Facts, hops: number, options: DriveOptions): CallbackRuns {
    const { keeping, lease: { run } } = this;
    // Branches of callbacks stay here, where what is said of their call is looked at.
    const { patch: _, budget: __, workers: ___, ...same } = options;
    const driving = ({ left, givenUp, parent }: Callback): DriveOptions => {
      const { budget, ...host } = options.host;
      const limited = Object.keys(left).length === 0 ? host : { ...host, budget: { grant: left, source: budget?.source ?? parent.capability } };
      // Whoever made the call has to be there for it, so the process waits as well.
      return { ...same, host: limited, observer: defectsOf(options.observer ?? {}), signal: this.stopping.signal, givenUp, park: { never: true } };
    };
    return keptCallbacks({
      run, hops, keeping, readOptions: codeOptions(program), stop: this.stopping.signal,
      begin: (id, callback) => {
        this.recorder.draft('callback-started', { call: callback.parent.call, number: callback.parent.number, run: id });
        const authority = believedAuthority(run, started, keeping.keys);
        const { limits, isolations } = startOptions(started);
        const start = { ...(limits === undefined ? {} : { limits }), ...(isolations === undefined ? {} : { isolations }), variables: callback.variables };
        const allowed = authority.ok && authority.value.size > 0 ? { authority: authority.value } : {};
        return startRun(keeping, program, { id, name: `${callback.parent.capability} of ${run}`, start, callback, ...allowed }, driving(callback));
      },
      goOn: (id, callback) => resumeRun(keeping, id, () => driving(callback)),
      fault: (cause) => {
        this.lost ??= cause;
        this.stopping.abort();
      },
    });
  }

  /** The kernel over this run's store: what lies there is fetched when the machine looks at it, and the journal says so. */
  private kernelOver(keeper: StateKeeper, governor: Governor | null): Driven['kernel'] {
    const fetch = (state: State, values: readonly Stored[]): ReturnType<StateKeeper['fetch']> => this.fetch(keeper, state, values);
    const kernel = loopKernel(fetch);
    return {
      // Once for each effect: where there are no rules there is nothing between the loop and the machine.
      resume: governor === null ? kernel.resume : (state, answers, quantum) => governor.take((refused) => kernel.resume(state, answers, { ...quantum, refused })),
      cancel: governor === null ? kernel.cancel : (state, reason, quantum) => governor.take((refused) => kernel.cancel(state, reason, { ...quantum, refused })),
      exposed: kernel.exposed,
      ...(governor === null ? {} : { shows: (call, exposed) => governor.shows(call, exposed) }),
      variables: kernel.variables,
      patch: (state, data, policy) => {
        const stored = storedValues(state);
        const whole = stored.length === 0 ? ({ ok: true, value: state } as const) : fetch(state, stored);
        return whole.ok ? mergeContext(whole.value, data, policy) : { ok: false, error: whole.error.message };
      },
    };
  }

  private fetch(keeper: StateKeeper, state: State, values: readonly Stored[]): ReturnType<StateKeeper['fetch']> {
    const fetched = keeper.fetch(state, values, this.keeping.store);
    if (fetched.ok) this.recorder.fetched(values);
    return fetched;
  }

  /** The same run, with branches that workers carry on. */
  private parted(own: Driven['kernel'], { first, host, workers, keeper, started }: { readonly first: Advance; readonly started: Facts; readonly host: DriveOptions['host']; readonly workers: WorkersOptions; readonly keeper: StateKeeper }): Parted | null {
    if (budgetOf(started).budget !== undefined) throw new Error('a run with a budget cannot be given to workers');
    const leases = new Leases(this.program, { ...workers, environment: this.keeping.environment, run: this.lease.run }, (kind, data) => this.recorder.draft(kind, data));
    const kernel = new BranchKernel(own, leases);
    // What goes away must be whole.
    const stored = storedValues(first.state);
    const whole = stored.length === 0 ? null : this.fetch(keeper, first.state, stored);
    // When it cannot be had, the run goes on here until it is looked at, and says so.
    if (whole?.ok === false) return null;
    const turn = whole === null ? first : { ...first, state: whole.value };
    return { leases, first: kernel.part(turn), kernel: { ...own, resume: kernel.resume, cancel: kernel.cancel, exposed: kernel.exposed }, host: withBranches(host, kernel, leases).host };
  }

  /** The run may take more than it was given before. */
  grant(more: Amounts): void {
    this.loop.grant(more);
    this.recorder.draft('grant-changed', { budget: amountsValue(more) });
  }

  async run(): Promise<RunResult<State>> {
    const { store } = this.keeping;
    const { over } = this;
    const running = this.loop.run();
    const beside = [this.every(MESSAGES_MS, over.signal, () => this.takeMessages()), this.every(LEASE_MS / 3, over.signal, () => this.renew())];
    try {
      const result = await running;
      if (result.kind === 'cancelled' && this.lost === null) await this.recorder.settle('stopped', this.loop.goes);
      if (this.lost !== null) throw this.lost;
      return result;
    } finally {
      this.leases?.closeAll();
      over.abort();
      await Promise.all(beside);
      await store.release(this.lease);
    }
  }

  private async every(ms: number, signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      await this.keeping.clock.sleep(ms, signal);
      if (signal.aborted) return;
      await work();
    }
  }

  private async renew(): Promise<void> {
    const { store, clock } = this.keeping;
    if (await store.renew(this.lease, clock.nowMs() + LEASE_MS)) return;
    this.lost = new StoreProblem('lease-lost', `another process has taken over the run ${this.lease.run}`);
    this.stopping.abort();
  }

  /** True when there were new ones. */
  private async takeMessages(): Promise<boolean> {
    const before = this.seen.size;
    for (const message of await this.keeping.store.messages(this.lease.run)) {
      if (this.seen.has(message.id)) continue;
      this.seen.add(message.id);
      const reason = follow(message.id, message.bytes, { run: this.lease.run, loop: this.loop, recorder: this.recorder, nowMs: this.keeping.clock.nowMs(), code: codeOptions(this.program) });
      if (reason !== null) this.recorder.ignoring(message.id, reason);
    }
    return this.seen.size > before;
  }
}
