/**
 * The calls of one run that are under way: judged, started, cancelled, and their answers gathered as they come.
 *
 * - At most `maxConcurrent` capabilities work at the same time; the others wait their turn, in the order of the calls.
 *   None starts while an answer lies here that the machine has not seen.
 * - A call that the program gave up is told so through its signal, and whatever it still answers is dropped.
 * - A call that waits for time, for a person, or for somebody's word on whether it may be made at all is *held*: it is under way
 *   and nothing works on it, so a run all of whose calls are held can be put away (see `waits`).
 */
import type { Value } from '../value/value.ts';
import type { DraftData } from './journal/record.ts';
import type { Book } from './book.ts';
import { CallbackQueue, type CallbackRuns } from './callback/callback.ts';
import { added, BY_CAPABILITY, type Flight, type From, type Given, type LoopEngine, newFlight } from './flight.ts';
import { approvalPrompt, type ApprovalHold, askPerson, dueOf, type Hold, isMerge, merging, pausing, type Recalled, refusedWith, type Waiting, workHold } from './hold.ts';
import type { Attempting } from './memory.ts';
import { answerOf, attemptOf, hintsIn, judge, perform, refusalOf, timeoutAnswer } from './perform.ts';
import { Performing } from './performing.ts';
import { prepare } from './prepare.ts';
import { isPassing } from './hint/plan.ts';
import type { Answer, ApprovalQuestion, Ask, CallObserver, Clock, Exposure, Host, HostCall, Word } from './port.ts';
import type { Amounts } from './amounts.ts';
import type { Recorder } from './recorder.ts';

export interface FlightOptions {
  readonly host: Pick<Host, 'capabilities' | 'policy' | 'clock' | 'ask'>;
  readonly observer: CallObserver;
  readonly maxConcurrent: number;
  /** Of what a person is shown of a call: binds their word to it. */
  readonly approvalHash: (approval: ApprovalQuestion, callId: string) => string;
  /** Of a call: the same in every process that drives the run. */
  readonly idempotencyKey: (callId: string) => string;
  /** What earlier processes did with a call that has no answer yet. */
  readonly recall: (callId: string) => Recalled | null;
  /** False when questions to persons are left to those who look after paused runs. */
  readonly asks: boolean;
  /** Is told what a person who was asked here said to a call. */
  readonly said: NonNullable<Recorder<unknown, unknown>['said']>;
  readonly book: Book;
  /** The id of the run; null when it has none. */
  readonly run: string | null;
  /** What the journal says of a call that it names for the first time. */
  readonly factsOf: (call: HostCall) => DraftData;
  /** Who waits and makes calls in place of this process; null: nobody. */
  readonly engine: LoopEngine | null;
  /** Who carries out callbacks; null: nobody. */
  readonly callbacks: CallbackRuns | null;
  /** Of the program, where it made the call. */
  readonly variables: (callId: string) => ReadonlyMap<string, Value>;
  /** What the step of the call shows of its context, as far as rules let it. */
  readonly exposure: (call: HostCall) => Exposure;
}

export class Flights {
  private readonly options: FlightOptions;
  private readonly clock: Clock;
  private readonly ask: Ask | null;
  /** By the id of the call: all that are not answered yet, and those of them that have not started. */
  private readonly flights = new Map<string, Flight>();
  private readonly queue = new Set<Flight>();
  /** Of calls that call back. */
  private readonly queues = new Set<CallbackQueue>();
  /** In the order in which they came. */
  private answers = new Map<string, Given>();
  private working = 0;
  /** Persons are being asked right now. */
  private asking = 0;
  private wakeUp: () => void = () => undefined;
  /** Calls taken up so far, refused ones included. */
  taken = 0;

  constructor(options: FlightOptions) {
    this.options = options;
    this.clock = options.host.clock;
    this.ask = options.asks ? (options.host.ask ?? nobody) : null;
  }

  /** Takes up the calls that are new and drops those that are no longer among `calls`. */
  reconcile(calls: readonly HostCall[]): void {
    if (this.flights.size > 0 || this.answers.size > 0) this.dropMissing(calls);
    for (const call of calls) if (!this.flights.has(call.id) && !this.answers.has(call.id)) this.take(call);
  }

  private dropMissing(calls: readonly HostCall[]): void {
    const wanted = new Set(calls.map((call) => call.id));
    for (const flight of [...this.flights.values()]) if (!wanted.has(flight.call.id)) this.drop(flight);
    for (const id of [...this.answers.keys()]) if (!wanted.has(id)) this.answers.delete(id);
  }

  /** Takes from the queue what may start now. None while an answer lies here: the machine may give up what waits. */
  startable(): readonly Flight[] {
    if (this.queue.size === 0 || this.answers.size > 0) return NONE;
    let chosen: Flight[] | null = null;
    for (const flight of this.queue) {
      if (flight.hold === null && this.working >= this.options.maxConcurrent) continue;
      this.queue.delete(flight);
      if (flight.hold === null) this.working += 1;
      if (flight.hold?.kind !== 'approval') this.options.book.made(flight.call.id);
      flight.startedMs = this.clock.nowMs();
      flight.dueMs ??= dueOf(flight);
      if (flight.hold?.kind === 'approval') flight.askedMs ??= flight.startedMs;
      // Mostly there is one: an array that grows begins with room for many.
      if (chosen === null) chosen = [flight];
      else chosen.push(flight);
    }
    return chosen ?? NONE;
  }

  launch(flights: readonly Flight[]): void {
    for (const flight of flights) {
      // A call that was given up while its request was written.
      if (this.flights.get(flight.call.id) !== flight) this.workEnded(flight);
      else if (flight.hold === null) this.work(flight);
      else void this.wait(flight, flight.hold);
    }
  }

  get hasAnswers(): boolean {
    return this.answers.size > 0;
  }

  get isEmpty(): boolean {
    return this.flights.size === 0;
  }

  /** All calls that are under way, when each of them is held and nobody is being asked; null otherwise. */
  waits(): readonly Waiting[] | null {
    if (this.working > 0 || this.asking > 0 || this.queue.size > 0 || this.answers.size > 0 || this.flights.size === 0) return null;
    return [...this.flights.values()].map(({ call, hold, dueMs }) => ({ call, hold: hold!, dueMs }));
  }

  /** Resolves when something has changed here, or somebody calls `wake`. */
  changed(): Promise<void> {
    return this.options.engine?.changed() ?? new Promise((resolve) => (this.wakeUp = resolve));
  }

  wake(): void {
    this.wakeUp();
  }

  /** The answers that have come since they were last asked for. */
  arrived(): readonly Given[] {
    const { answers } = this;
    if (answers.size === 0) return NO_ANSWERS;
    const given = [...answers.values()];
    // A map that is emptied is made anew.
    if (given.length === 1) answers.delete(given[0]!.call.id);
    else this.answers = new Map();
    return given;
  }

  /** The call that is held under this id. */
  held(callId: string): Flight | null {
    const flight = this.flights.get(callId);
    return flight === undefined || flight.hold === null ? null : flight;
  }

  /** What somebody says to a call that is held. */
  answerHeld(flight: Flight, answer: Answer, from: From): void {
    flight.controller?.abort();
    this.answer(flight, answer, from);
  }

  /** Somebody has allowed the call: it is made, or waited for, when the policy still has nothing against it. */
  approve(flight: Flight): void {
    flight.controller?.abort();
    if (isMerge(flight)) return this.answer(flight, { id: flight.call.id, ok: true, value: true }, BY_CAPABILITY);
    const { host, observer, book } = this.options;
    const judged = judge(flight.made, host, false, book.origins(flight.call));
    if (!judged.allowed) {
      observer.decided?.(flight.made, judged.decision);
      book.denied(flight.made, judged.decision);
      return this.answer(flight, judged.answer, { by: 'policy', who: null, message: null });
    }
    const hold = workHold(flight.made, flight.judged, null);
    if (hold !== null && 'id' in hold) this.answer(flight, hold, BY_CAPABILITY);
    else this.again({ ...flight, hold, dueMs: null, controller: null });
  }

  /** Somebody does not allow the call, or what its capability was to see of the context: then it is made without that. */
  deny(flight: Flight, reason: string, who: string | null): void {
    const { made, judged, hold } = flight;
    const withheld = hold?.kind === 'approval' ? hold.withheld : undefined;
    if (withheld === undefined) return this.answerHeld(flight, refusedWith(reason, flight), { by: 'person', who, message: null });
    flight.controller?.abort();
    const work = workHold(made, judged, null);
    if (work !== null && 'id' in work) this.answer(flight, work, BY_CAPABILITY);
    else this.again({ ...flight, hold: work, exposed: withheld ?? flight.exposed, dueMs: null, controller: null });
  }

  /** Asks whether a merge may happen, as if it were a call. Not null: that is known, because somebody has said so, or nobody can be asked. */
  askAbout(call: HostCall, approval: ApprovalQuestion): Word | null {
    if (this.ask === nobody) return { isAllowed: false, reason: null };
    if (this.flights.has(call.id)) return null;
    const hash = this.options.approvalHash(approval, call.id);
    const recalled = this.options.recall(call.id);
    if (recalled?.approved === hash) return { isAllowed: true };
    this.enqueue({ ...newFlight(call, call, merging()), hold: { kind: 'approval', approval, hash }, askedMs: recalled?.askedMs ?? null });
    return null;
  }

  /** What was said to it, once. */
  said(callId: string): Answer | null {
    const given = this.answers.get(callId);
    this.answers.delete(callId);
    return given?.answer ?? null;
  }

  /** It is asked for no longer. */
  withdraw(callId: string): void {
    const flight = this.flights.get(callId);
    if (flight !== undefined) this.drop(flight);
  }

  /** What a person said to a question. */
  answerText(flight: Flight, text: string, from: From): Answer {
    const { hold, call } = flight;
    const answer = hold?.kind === 'person' ? answerOf(call, hold, text) : ({ id: call.id, ok: true, value: text } as const);
    this.answerHeld(flight, answer, from);
    return answer;
  }

  /** A call of which nobody knew whether it happened is made again. */
  repeat(flight: Flight): void {
    this.again({ ...flight, hold: null, dueMs: null });
  }

  private again(flight: Flight): void {
    this.flights.set(flight.call.id, flight);
    this.queue.add(flight);
    this.wakeUp();
  }

  dropAll(): void {
    for (const flight of [...this.flights.values()]) this.drop(flight);
  }

  /** Resolves when no callback is under way any more; those that wait are not begun. */
  async callbacksEnded(): Promise<void> {
    if (this.queues.size > 0) await Promise.all([...this.queues].map((queue) => queue.close(true)));
  }

  private take(call: HostCall): void {
    this.taken += 1;
    const hints = hintsIn(call);
    if (hints === 'none' && !this.isDelegated(call)) return this.begin(call, call, null);
    if (typeof hints !== 'string') return this.put(call, hints, { by: 'hint', who: null, message: null }, 0);
    const { book, factsOf } = this.options;
    book.beginHinted(call, factsOf);
    const attempt = book.attempt(call.id);
    if (attempt === null) this.goOn(call, BY_CAPABILITY);
    else this.begin(call, attemptOf(call, attempt), attempt);
  }

  /** Several could carry out the call, and it does not say who. */
  private isDelegated({ capability, args }: HostCall): boolean {
    const found = this.options.host.capabilities.find(capability);
    return found !== undefined && 'providers' in found && found.providers !== undefined && found.providers.candidates(args) !== null;
  }

  /** What is next with a call that has hints, or several who could carry it out. */
  private goOn(call: HostCall, from: From): void {
    const { book } = this.options;
    const plan = book.plan(call.id);
    switch (plan.kind) {
      case 'answer':
        return this.put(call, { id: call.id, ...plan.outcome }, plan.history.attempts.length === 0 || from.by === 'policy' || from.by === 'budget' ? { ...from, by: 'hint' } : from, this.clock.nowMs() - plan.history.firstMs);
      case 'wait':
        return this.enqueue({ ...newFlight(call, call, pausing(call)), hold: { kind: 'pause' }, dueMs: plan.untilMs });
      case 'call': {
        const attempt = book.attemptBegins(call.id, plan);
        return this.begin(call, attemptOf(call, attempt), attempt);
      }
    }
  }

  /** It waits for its turn, when it may be made. */
  private begin(call: HostCall, made: HostCall, attempt: Attempting | null): void {
    const prepared = prepare(call, made, attempt, this.options, this.ask === nobody);
    if ('by' in prepared) this.over({ call, attempt }, prepared.answer, { by: prepared.by, who: null, message: null }, 0);
    else this.enqueue(prepared);
  }

  private enqueue(flight: Flight): void {
    this.flights.set(flight.call.id, flight);
    this.queue.add(flight);
  }

  private work(flight: Flight): void {
    const { made, judged: { capability } } = flight;
    if ('wait' in capability) return;
    const performance = new Performing(flight, capability, this.options, this);
    const answer = this.options.engine?.make(flight, performance) ?? perform(made, performance);
    if (answer instanceof Promise) void answer.then((late) => this.worked(flight, late));
    else this.worked(flight, answer);
  }

  isUnderWay(flight: Flight): boolean {
    return this.flights.get(flight.call.id) === flight;
  }

  callbacksOf(flight: Flight, runs: CallbackRuns, givenUp: AbortSignal): CallbackQueue {
    const { book } = this.options;
    const { call } = flight;
    const origins = book.origins(call) ?? call.derivedFrom?.map(({ key }) => key) ?? null;
    const queue = new CallbackQueue({
      runs, call, origins, givenUp, variables: this.options.variables(call.id), isTried: flight.attempt !== null, left: () => book.leftFor(call), used: (usage) => (flight.usage = added(flight.usage, usage)), closed: (one) => void this.queues.delete(one),
    });
    this.queues.add(queue);
    return queue;
  }

  private worked(flight: Flight, made: Answer | Hold): void {
    this.workEnded(flight);
    if (this.flights.get(flight.call.id) !== flight) return;
    if ('id' in made) this.answer(flight, made, BY_CAPABILITY);
    else this.again({ ...flight, hold: made, controller: null });
  }

  private workEnded(flight: Flight): void {
    if (flight.hold === null) this.working -= 1;
    this.wakeUp();
  }

  private async wait(flight: Flight, hold: Hold): Promise<void> {
    const { signal } = (flight.controller = new AbortController());
    if (flight.dueMs !== null) void this.waitUntil(flight, hold, flight.dueMs, signal);
    if (hold.kind === 'timer' || hold.kind === 'pause' || hold.kind === 'unsure' || this.ask === null) return;
    this.asking += 1;
    if (hold.kind === 'approval') await this.askApproval(flight, hold, this.ask, signal);
    else {
      const answer = await askPerson(this.ask, flight.call, hold, signal);
      if (!signal.aborted) this.answerHeld(flight, answer, { by: 'person', who: null, message: null });
    }
    this.asking -= 1;
    this.wakeUp();
  }

  private async askApproval(flight: Flight, { approval, hash }: ApprovalHold, ask: Ask, signal: AbortSignal): Promise<void> {
    const said = await ask(approvalPrompt(approval), signal).catch(() => null);
    if (signal.aborted) return;
    const isAllowed = said !== null && /^\s*(y|yes)\s*$/i.test(said);
    if (said !== null) this.options.said(flight.call.id, { verdict: isAllowed ? 'approve' : 'deny', hash });
    if (isAllowed) return this.approve(flight);
    this.deny(flight, said === null ? `${refusalOf(flight.judged.decision)}; nobody could be asked` : 'a person said no', null);
  }

  private async waitUntil(flight: Flight, hold: Hold, dueMs: number, signal: AbortSignal): Promise<void> {
    await this.clock.sleep(Math.max(0, dueMs - this.clock.nowMs()), signal);
    if (signal.aborted) return;
    const { call, made } = flight;
    if (hold.kind === 'pause') {
      this.flights.delete(call.id);
      this.goOn(call, BY_CAPABILITY);
      return this.wakeUp();
    }
    const answer = hold.kind === 'timer' ? ({ id: call.id, ok: true, value: null } as const) : timeoutAnswer(made);
    this.answerHeld(flight, answer, { by: 'timer', who: null, message: null });
  }

  private answer(flight: Flight, answer: Answer, from: From): void {
    this.flights.delete(flight.call.id);
    this.queue.delete(flight);
    const durationMs = this.clock.nowMs() - flight.startedMs;
    const isWait = flight.hold !== null || 'wait' in flight.judged.capability;
    this.over(flight, answer, from, durationMs, this.options.book.used(flight.made, flight.judged.capability, answer, isWait ? 0 : durationMs, flight.usage));
  }

  /** The call has its answer, or its attempt is over and something else comes next. */
  private over({ call, attempt }: Pick<Flight, 'call' | 'attempt'>, answer: Answer, from: From, durationMs: number, used?: Amounts): void {
    if (attempt === null) return this.put(call, answer, from, durationMs, used);
    const { book } = this.options;
    const provider = book.attempt(call.id)?.provider ?? null;
    book.attemptEnds(call.id, attempt, answer, used, from.message);
    if (provider !== null && provider.kind !== 'person' && !answer.ok && isPassing(answer.error)) {
      const next = book.attemptBegins(call.id, attempt);
      this.begin(call, attemptOf(call, next), next);
    } else this.goOn(call, { ...from, message: null });
    this.wakeUp();
  }

  private put(call: HostCall, answer: Answer, from: From, durationMs: number, used?: Amounts): void {
    // Field by field: this happens once for each call, and engines copy unknown objects slowly.
    const { by, who, message } = from;
    this.answers.set(call.id, used === undefined ? { call, answer, by, who, message, durationMs } : { call, answer, by, who, message, durationMs, used });
    this.options.observer.answered?.(call, answer);
    this.wakeUp();
  }

  private drop(flight: Flight): void {
    this.flights.delete(flight.call.id);
    this.queue.delete(flight);
    this.options.observer.dropped?.(flight.call);
    flight.controller?.abort();
  }
}

const NONE: readonly Flight[] = [];

const NO_ANSWERS: readonly Given[] = [];



const nobody: Ask = () => Promise.resolve(null);
