/**
 * The loop: the one place where a run waits. It drives the synchronous machine, gives its calls to the host and the
 * answers back to the machine (policy → journal → capability → journal → resume), until the program is done, everything
 * that it waits for can wait without a process, or nobody wants it any more.
 *
 * The loop owns: which calls are under way, in which order answers are handed over, when to stop.
 * The machine owns: everything that makes the result. The same answers in the same order give the same result.
 * The recorder owns: what must be on disk before the next step may happen. A run that is not kept has none.
 * - L1 A call is taken up once. A refused one never reaches a capability.
 * - L2 Calls that wait together work together; each answer goes back as soon as it is there.
 * - L3 A pure stretch is cut by the quantum, so that timers, answers and cancelling get their turn.
 * - L4 When the loop returns, every call still under way has been told to stop; late answers are dropped.
 * - L5 No call starts before `starting` has resolved, and no answer reaches the machine before `answering` has (H1).
 * - L6 A turn that is held has not happened: no event of it is told, no call of it taken up, until a person has said what they think of its merge.
 */
import { MapValue } from '../value/map.ts';
import { keyword, ErrorValue, type Value } from '../value/value.ts';
import { Book } from './book.ts';
import { breathe } from './breathe.ts';
import type { CallbackRuns } from './callback/callback.ts';
import type { Given, LoopEngine } from './flight.ts';
import { Flights } from './flights.ts';
import type { Waiting } from './hold.ts';
import { afterTurn, type Memory, newMemory, unmade, withMore } from './memory.ts';
import type { Answer, Exposure, HeldMerge, Host, HostCall, Kernel, Observer, Turn, Word } from './port.ts';
import type { Amounts } from './amounts.ts';
import type { CancelRequest, Ended, PatchRequest, Recorder } from './recorder.ts';

export interface LoopOptions<State, Event> {
  readonly kernel: Pick<Kernel<never, State, never, Event>, 'resume' | 'exposed' | 'shows' | 'cancel' | 'patch' | 'variables'>;
  /** Where the machine stands: fresh from `start`, or from a saved state. */
  readonly first: Turn<State, Event>;
  readonly host: LoopHost;
  readonly signal: AbortSignal;
  /** Fuel of one go of the machine. */
  readonly quantum: number;
  readonly maxConcurrent: number;
  readonly observer: Observer<Event>;
  readonly recorder?: Recorder<State, Event>;
  /** The goes of the machine that led to `first`, when that is preempted. Default: one. */
  readonly goes?: readonly number[];
  readonly engine?: LoopEngine;
  /** Who carries out callbacks of capabilities. Default: nobody. */
  readonly callbacks?: CallbackRuns;
  /** The keys that calls of a run that is not kept have. Default: their ids. */
  readonly keyOf?: (callId: string) => string;
  /** Aborted when nobody wants the plan's result any more: it is cancelled, and undoes what it began. */
  readonly givenUp?: AbortSignal;
  /** What the run remembers, the turn `first` included. Default: nothing, as at the start. */
  readonly memory?: Memory;
  /** Whether somebody asks where values come from. Default: nobody does. */
  readonly isTraced?: boolean;
  /** What comes of that with a turn. Default: calls that were given up are forgotten. */
  readonly follow?: (memory: Memory, events: readonly Event[], pending: readonly HostCall[]) => Memory;
}

export type LoopHost = Pick<Host, 'capabilities' | 'policy' | 'clock' | 'ask' | 'budget' | 'stretchMs'>;

/**
 * `calls` counts the calls made, refused ones included; `spent` is what they took, where that is counted. `waiting`: the run is on disk and waits for time or people.
 * A stopped run (`cancelled`) can be taken up again from its `state`.
 */
export type RunResult<State> =
  | { readonly kind: 'complete'; readonly value: Value; readonly calls: number; readonly spent?: Amounts }
  | { readonly kind: 'failed'; readonly error: ErrorValue; readonly calls: number; readonly spent?: Amounts }
  | { readonly kind: 'waiting'; readonly state: State; readonly waits: readonly Waiting[]; readonly calls: number }
  | { readonly kind: 'cancelled'; readonly state: State; readonly calls: number };

export function drive<State, Event>(options: LoopOptions<State, Event>): Promise<RunResult<State>> {
  return new Loop(options).run();
}

/** Turns after which timers and other runs of the process get their chance, should no call have made us wait. */
const TURNS_AT_ONCE = 500;

export class Loop<State, Event> {
  readonly flights: Flights;
  private readonly options: LoopOptions<State, Event>;
  private readonly recorder: Recorder<State, Event> | null;
  private readonly book: Book;
  /** Where the machine stands. */
  private state: State;
  private cancelRequest: CancelRequest | null = null;
  private readonly patches: PatchRequest[] = [];
  /** The goes of the machine since the last answers, as long as it is preempted at the end of each. */
  private quanta: number[];
  private turns = 0;
  /** How long the machine has worked since it waited. */
  private workedMs = 0;
  private wasOverdue = false;
  /** As the signal says, which is slow to ask. */
  private isStopped = false;

  constructor(options: LoopOptions<State, Event>) {
    const { recorder = null, host, observer, maxConcurrent } = options;
    this.options = options;
    this.state = options.first.state;
    this.quanta = [...(options.goes ?? [options.quantum])];
    this.recorder = recorder;
    const note = recorder?.note ?? (() => undefined);
    this.book = new Book({
      memory: options.memory ?? newMemory(host.budget ?? { grant: {} }, options.isTraced ?? false), clock: host.clock, source: host.budget?.source ?? 'none', note,
      applied: (callId, what) => observer.applied?.(callId, what), passed: (what) => observer.passed?.(what),
    });
    this.flights = new Flights({
      host, observer, maxConcurrent, book: this.book,
      run: recorder?.run ?? null,
      factsOf: recorder?.factsOf ?? (() => ({})),
      recall: recorder?.recall ?? (() => null),
      idempotencyKey: recorder?.idempotencyKey ?? options.keyOf ?? ((callId) => callId),
      approvalHash: recorder?.approvalHash ?? (() => ''),
      asks: recorder?.asks ?? true,
      said: recorder?.said ?? (() => undefined),
      engine: options.engine ?? null,
      callbacks: options.callbacks ?? null,
      variables: (callId) => options.kernel.variables?.(this.state, callId) ?? new Map(),
      exposure: (call) => this.exposure(call),
    });
  }

  async run(): Promise<RunResult<State>> {
    const { signal, givenUp } = this.options;
    const wake = (): void => {
      this.isStopped = true;
      this.flights.wake();
    };
    this.isStopped = signal.aborted;
    const giveUp = (): void => this.cancel({ reason: 'nobody waits for its result any more', who: null, message: null });
    signal.addEventListener('abort', wake);
    givenUp?.addEventListener('abort', giveUp);
    if (givenUp?.aborted === true) giveUp();
    try {
      return await this.go();
    } finally {
      signal.removeEventListener('abort', wake);
      givenUp?.removeEventListener('abort', giveUp);
      this.flights.dropAll();
      await this.flights.callbacksEnded();
    }
  }

  /** Stops the plan: its `finally` parts and compensations run. */
  cancel(request: CancelRequest): void {
    this.cancelRequest ??= request;
    this.flights.wake();
  }

  /** Changes the root of the plan's contexts. */
  patch(request: PatchRequest): void {
    this.patches.push(request);
    this.flights.wake();
  }

  /** Nothing has come that the machine has not seen. */
  get isCaughtUp(): boolean {
    return !this.flights.hasAnswers && this.cancelRequest === null && this.patches.length === 0;
  }

  /** The goes that led to where the machine is preempted; empty when it waits. */
  get goes(): readonly number[] {
    return this.quanta;
  }

  /** The run may take more than it was given before. */
  grant(more: Amounts): void {
    this.book.memory = withMore(this.book.memory, more);
  }

  /** The call was refused by whoever makes calls in place of this process: it costs nothing. */
  refused(callId: string): void {
    this.book.memory = unmade(this.book.memory, callId);
  }

  get memory(): Memory {
    return this.book.memory;
  }

  private async go(): Promise<RunResult<State>> {
    const { observer, follow = forgetting } = this.options;
    const { first: given } = this.options;
    const first = given.held === undefined ? given : await this.allowed(given, null);
    if (isResult(first)) return first;
    for (let turn = first; ; ) {
      observer.events?.(turn.events);
      this.recorder?.turned(turn);
      const { outcome, state } = turn;
      this.state = state;
      if (turn !== this.options.first || this.options.memory === undefined) this.book.memory = follow(this.book.memory, turn.events, 'calls' in outcome ? outcome.calls : NO_CALLS);
      this.book.tellPassed();
      if (outcome.kind === 'complete' || outcome.kind === 'failed') return this.end(outcome);
      if (outcome.kind === 'requires-values') return this.end({ kind: 'failed', error: unfetched(), byHost: true });
      this.flights.reconcile(outcome.calls);
      if (outcome.kind === 'preempted') {
        await (this.options.engine?.breathe() ?? breathe());
        if (this.isOverdue()) return this.end({ kind: 'failed', error: overdue(), byHost: true });
      } else {
        // It does not matter in how many goes it came to where it waits.
        this.quanta = [];
        const waiting = this.waitForAnswers(state);
        const stopped = waiting === null ? null : await waiting;
        if (stopped !== null) return stopped;
      }
      if (this.isStopped) return { kind: 'cancelled', state, calls: this.flights.taken };
      const coming = this.next(turn);
      const next = coming instanceof Promise ? await coming : coming;
      if (isResult(next)) return next;
      turn = next;
    }
  }

  private exposure(call: HostCall): Exposure {
    const { kernel } = this.options;
    const shown = kernel.exposed?.(this.state, call.id) ?? MapValue.empty();
    return kernel.shows?.(call, shown) ?? { shown };
  }

  /** The machine works for too long: the plan is cancelled, and when it goes on even so that is its end. */
  private isOverdue(): boolean {
    const { stretchMs } = this.options.host;
    if (stretchMs === undefined || this.workedMs <= stretchMs) return false;
    if (this.wasOverdue) return true;
    this.wasOverdue = true;
    this.workedMs = 0;
    this.cancel({ reason: `the plan has worked for more than ${stretchMs} ms without a call (time-ms of its policy)`, who: null, message: null });
    return this.options.kernel.cancel === undefined;
  }

  /** Not a promise when nothing has to be waited for: this happens once for each effect. */
  private next(turn: Turn<State, Event>): Turn<State, Event> | RunResult<State> | Promise<Turn<State, Event> | RunResult<State>> {
    const { state } = turn;
    if (turn.outcome.kind !== 'preempted') this.workedMs = 0;
    if (this.cancelRequest !== null && this.options.kernel.cancel !== undefined) return this.cancelled(state, this.cancelRequest);
    const patch = this.patches.shift();
    if (patch !== undefined) return this.patched(turn, patch);
    const given = this.flights.arrived();
    const written = this.taken(given);
    return written === null ? this.resumed(state, given) : written.then(() => this.resumed(state, given));
  }

  private async cancelled(state: State, request: CancelRequest): Promise<Turn<State, Event>> {
    const { kernel, quantum } = this.options;
    this.cancelRequest = null;
    await this.recorder?.cancelling(request, this.quanta);
    this.quanta = [quantum];
    return refusing(this.timed(() => kernel.cancel!(state, request.reason, { quantum })));
  }

  private resumed(state: State, given: readonly Given[]): Turn<State, Event> | Promise<Turn<State, Event> | RunResult<State>> {
    const { kernel, quantum } = this.options;
    this.quanta = given.length > 0 ? [quantum] : [...this.quanta, quantum];
    const answers = given.map((one) => one.answer);
    const { stretchMs } = this.options.host;
    const next = stretchMs === undefined ? kernel.resume(state, answers, { quantum }) : this.timed(() => kernel.resume(state, answers, { quantum }));
    return next.held === undefined ? next : this.allowed(next, { state, answers });
  }

  /** Writes down the answers; null: nothing has to be waited for. */
  private taken(answers: readonly Given[]): Promise<void> | null {
    if (answers.length === 0) return null;
    const written = this.recorder?.answering(answers, this.quanta) ?? null;
    // A checkpoint that is written with them is one of before.
    for (const { call, used } of answers) this.book.ended(call.id, used);
    return written;
  }

  /**
   * The turn, when all its merges may happen; until then it has not happened, and people are waited for. What is answered meanwhile is given with it. `from` is
   * what was resumed; null: the turn is none of ours.
   */
  private async allowed(held: Turn<State, Event>, from: { readonly state: State; readonly answers: readonly Answer[] } | null): Promise<Turn<State, Event> | RunResult<State>> {
    const { flights } = this;
    const { kernel, quantum } = this.options;
    let turn = held;
    let answers = from?.answers ?? [];
    while (turn.held !== undefined) {
      const word = await this.wordOn(turn.held, from?.state ?? turn.state);
      if (word !== 'more' && 'isAllowed' in word) turn = turn.held.again(word);
      else {
        // The machine has not gone as far as the last go says.
        this.quanta.pop();
        if (word !== 'more') return word;
        // It is one turn for the journal too, which knows that the machine has not seen the first of them.
        const more = flights.arrived();
        await this.taken(more);
        answers = [...answers, ...more.map((one) => one.answer)];
        this.quanta = [quantum];
        turn = this.timed(() => kernel.resume(from!.state, answers, { quantum }));
      }
    }
    return turn;
  }

  /** What a person says to the merge. `more`: other calls were answered meanwhile. A result: the run ends, or waits on disk. */
  private async wordOn({ call, approval }: HeldMerge<State, Event>, state: State): Promise<Word | 'more' | RunResult<State>> {
    const { flights } = this;
    const known = flights.askAbout(call, approval);
    if (known !== null) return known;
    for (;;) {
      const stopped = await this.waitForAnswers(state);
      if (stopped !== null) return stopped;
      const said = flights.said(call.id);
      if (said !== null) return said.ok ? { isAllowed: true } : { isAllowed: false, reason: said.error.message };
      if (this.cancelRequest !== null) {
        flights.withdraw(call.id);
        return { isAllowed: false, reason: this.cancelRequest.reason, cancels: true };
      }
      for (const patch of this.patches.splice(0)) this.recorder?.refusing(patch, `a merge waits for somebody to allow it (${call.id})`);
      if (flights.hasAnswers) return 'more';
    }
  }

  private timed<Result>(go: () => Result): Result {
    const { clock, stretchMs } = this.options.host;
    if (stretchMs === undefined) return go();
    const startedMs = clock.nowMs();
    const result = go();
    this.workedMs += clock.nowMs() - startedMs;
    return result;
  }

  private async patched({ outcome, state }: Turn<State, Event>, request: PatchRequest): Promise<Turn<State, Event>> {
    const { kernel, quantum } = this.options;
    const patched = kernel.patch?.(state, request.data, request.policy) ?? ({ ok: false, error: 'this kernel cannot do it' } as const);
    if (!patched.ok) {
      this.recorder?.refusing(request, patched.error);
      return { outcome, state, events: [] };
    }
    await this.recorder?.patching(request, this.quanta);
    if (outcome.kind !== 'preempted') return { outcome, state: patched.value, events: [] };
    this.quanta = [quantum];
    return refusing(this.timed(() => kernel.resume(patched.value, [], { quantum })));
  }

  /** Starts what may start, until an answer is there or the plan is cancelled; what it gives otherwise ends the loop. */
  private waitForAnswers(state: State): Promise<RunResult<State> | null> | null {
    // Most calls are answered at once: for those there is no promise of its own.
    const written = ++this.turns % TURNS_AT_ONCE === 0 ? breathe() : this.startAll();
    return written === null && !this.isStopped && !this.isCaughtUp ? null : this.waitLonger(state, written);
  }

  /** Null: nothing is being written, and all that may start has started. */
  private startAll(): Promise<void> | null {
    const { flights } = this;
    while (this.isCaughtUp && !this.isStopped) {
      const starting = flights.startable();
      if (starting.length === 0) return null;
      const written = this.recorder?.starting(starting) ?? null;
      if (written !== null) return written.then(() => flights.launch(starting));
      flights.launch(starting);
    }
    return null;
  }

  private async waitLonger(state: State, started: Promise<void> | null): Promise<RunResult<State> | null> {
    const { flights } = this;
    let written = started;
    for (;;) {
      if (written !== null) await written;
      if (this.isStopped) return { kind: 'cancelled', state, calls: flights.taken };
      if (!this.isCaughtUp) return null;
      if (flights.isEmpty) return this.end({ kind: 'failed', error: stuck(), byHost: true });
      written = this.startAll();
      if (written !== null || !this.isCaughtUp) continue;
      const waits = this.recorder === null ? null : flights.waits();
      const parking = waits === null ? null : this.recorder!.park(waits);
      if (parking === null) await flights.changed();
      else if (await parking) return { kind: 'waiting', state, waits: waits!, calls: flights.taken };
    }
  }

  private async end(ended: Ended): Promise<RunResult<State>> {
    // What was cancelled while a merge was held may have come to its end in the turn that was held.
    const isCancelled = ended.kind === 'failed' && ended.error.type.name === 'error/cancelled';
    await this.recorder?.ended(ended, isCancelled ? this.cancelRequest : null);
    const { spent } = this.book;
    return { ...ended, calls: this.flights.taken, ...(spent === null ? {} : { spent }) };
  }
}

/** The turn without the merges that a person would have to allow: nobody is asked. */
export function refusing<State, Event>(turn: Turn<State, Event>): Turn<State, Event> {
  let taken = turn;
  while (taken.held !== undefined) taken = taken.held.again({ isAllowed: false, reason: null });
  return taken;
}

function isResult<State, Event>(one: Turn<State, Event> | RunResult<State>): one is RunResult<State> {
  return 'kind' in one;
}

const NO_CALLS: readonly HostCall[] = [];

function forgetting(memory: Memory, _events: readonly unknown[], pending: readonly HostCall[]): Memory {
  return afterTurn(memory, [], pending);
}

/** It works on although it was cancelled for working too long. */
function overdue(): ErrorValue {
  return new ErrorValue(keyword('error/budget'), 'Time used up: the plan was cancelled because it worked for too long, and did not come to an end', null, null, null);
}

/** Nobody has fetched what lies in a store. */
function unfetched(): ErrorValue {
  return new ErrorValue(keyword('error/internal'), 'The program needs a value that lies in a store, and this host has none', null, null, null);
}

/** The machine waits for the host, and names nothing that it waits for. */
function stuck(): ErrorValue {
  return new ErrorValue(keyword('error/internal'), 'The program waits for the host without a call', null, null, null);
}
