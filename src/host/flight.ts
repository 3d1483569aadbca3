/**
 * The calls of one run that are under way: judged, started, cancelled, and their answers gathered as they come.
 *
 * - At most `maxConcurrent` capabilities work at the same time; the others wait their turn, in the order of the calls.
 *   None starts while an answer lies here that the machine has not seen.
 * - A call that the program gave up is told so through its signal, and whatever it still answers is dropped.
 * - A call that waits for time, for a person, or for somebody's word on whether it may be made at all is *held*: it is under way
 *   and nothing works on it, so a run all of whose calls are held can be put away (see `waits`).
 */
import { MapValue } from '../value/map.ts';
import { printBrief } from '../value/print.ts';
import { Keyword } from '../value/value.ts';
import { HostFailure } from './failure.ts';
import { type Hold, holdOf, type Recalled, workHold } from './hold.ts';
import { answerOf, failed, type Judged, judge, perform, type Performance, timeoutAnswer, timeoutOf } from './perform.ts';
import type { Answer, ApprovalQuestion, Ask, CallObserver, Clock, Decision, Host, HostCall, Wait } from './port.ts';

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
  /** Who waits and makes calls in place of this process; null: nobody. */
  readonly engine: LoopEngine | null;
}

/**
 * A durable engine: it makes calls and writes down what came of them, and says what comes next, the same each time that it is
 * asked again.
 */
export interface LoopEngine {
  /** What came of the call; a hold: nothing yet, and that is what it waits for. */
  readonly make: (flight: Flight, performance: Performance) => Promise<Answer | Hold>;
  /** Resolves when something has come and was told to whom it is for. */
  readonly changed: () => Promise<void>;
  /** The machine is preempted: what has come meanwhile is told, if there is any. */
  readonly breathe: () => Promise<void>;
}

export interface Flight {
  readonly call: HostCall;
  readonly judged: Extract<Judged, { allowed: true }>;
  readonly exposed: MapValue;
  readonly hold: Hold | null;
  /** When its wait or its time is over; null for never. Reckoned when it starts. */
  dueMs: number | null;
  /** It was made before, by a process that ended. */
  readonly isRepeated: boolean;
  /** When somebody was first asked to allow it. */
  askedMs: number | null;
  startedMs: number;
  controller: AbortController | null;
}

/** Who gave an answer: the capability, the policy that refused the call, time, a person. */
export type AnswerSource = 'capability' | 'policy' | 'timer' | 'person';

export interface Given {
  readonly call: HostCall;
  readonly answer: Answer;
  readonly by: AnswerSource;
  /** The person, as they are known; null when nobody said. */
  readonly who: string | null;
  readonly durationMs: number;
  /** The message that brought it; null for none. */
  readonly message: number | null;
}

/** A call that is held, for whoever shows or keeps it. */
export interface Waiting {
  readonly call: HostCall;
  readonly hold: Hold;
  readonly dueMs: number | null;
}

export class Flights {
  private readonly options: FlightOptions;
  private readonly clock: Clock;
  private readonly ask: Ask | null;
  /** By the id of the call: all that are not answered yet, and those of them that have not started. */
  private readonly flights = new Map<string, Flight>();
  private readonly queue = new Set<Flight>();
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
  reconcile(calls: readonly HostCall[], exposed: (callId: string) => MapValue): void {
    if (this.flights.size > 0 || this.answers.size > 0) this.dropMissing(calls);
    for (const call of calls) if (!this.flights.has(call.id) && !this.answers.has(call.id)) this.take(call, exposed);
  }

  private dropMissing(calls: readonly HostCall[]): void {
    const wanted = new Set(calls.map((call) => call.id));
    for (const flight of [...this.flights.values()]) if (!wanted.has(flight.call.id)) this.drop(flight);
    for (const id of [...this.answers.keys()]) if (!wanted.has(id)) this.answers.delete(id);
  }

  /** Takes from the queue what may start now. None while an answer lies here: the machine may give up what waits. */
  startable(): readonly Flight[] {
    if (this.queue.size === 0 || this.answers.size > 0) return NONE;
    const chosen: Flight[] = [];
    for (const flight of this.queue) {
      if (flight.hold === null && this.working >= this.options.maxConcurrent) continue;
      this.queue.delete(flight);
      if (flight.hold === null) this.working += 1;
      flight.startedMs = this.clock.nowMs();
      flight.dueMs ??= dueOf(flight);
      if (flight.hold?.kind === 'approval') flight.askedMs ??= flight.startedMs;
      chosen.push(flight);
    }
    return chosen;
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
    if (this.answers.size === 0) return NO_ANSWERS;
    const answers = [...this.answers.values()];
    this.answers = new Map();
    return answers;
  }

  /** The call that is held under this id. */
  held(callId: string): Flight | null {
    const flight = this.flights.get(callId);
    return flight === undefined || flight.hold === null ? null : flight;
  }

  /** What somebody says to a call that is held. */
  answerHeld(flight: Flight, answer: Answer, from: Pick<Given, 'by' | 'who' | 'message'>): void {
    flight.controller?.abort();
    this.answer(flight, answer, from);
  }

  /** Somebody has allowed the call: it is made, or waited for. */
  approve(flight: Flight): void {
    flight.controller?.abort();
    const hold = workHold(flight.call, flight.judged, null);
    if (hold !== null && 'id' in hold) this.answer(flight, hold, { by: 'capability', who: null, message: null });
    else this.again({ ...flight, hold, dueMs: null, controller: null });
  }

  /** What a person said to a question. */
  answerText(flight: Flight, text: string, from: Pick<Given, 'by' | 'who' | 'message'>): Answer {
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

  private take(call: HostCall, exposed: (callId: string) => MapValue): void {
    const { host, observer } = this.options;
    this.taken += 1;
    const judged = judge(call, host);
    observer.decided?.(call, judged.decision);
    if (!judged.allowed) return this.put(call, judged.answer, { by: 'policy', who: null, message: null }, 0);
    const recalled = this.options.recall(call.id);
    if (judged.approval !== null && this.ask === nobody) return this.put(call, judged.refusal(refusalOf(judged.decision)), { by: 'policy', who: null, message: null }, 0);
    const hold = holdOf(call, judged, recalled, this.options.approvalHash);
    if (hold !== null && 'id' in hold) return this.put(call, hold, { by: 'capability', who: null, message: null }, 0);
    const maySee = host.policy.exposes?.(judged.capability) === true;
    const flight: Flight = {
      call, judged, hold, exposed: maySee ? exposed(call.id) : MapValue.empty(), dueMs: recalled?.dueMs ?? null, isRepeated: recalled?.wasMade === true,
      askedMs: recalled?.askedMs ?? null, startedMs: 0, controller: null,
    };
    this.flights.set(call.id, flight);
    this.queue.add(flight);
  }

  private work(flight: Flight): void {
    const { call, judged } = flight;
    const { observer, host } = this.options;
    if ('wait' in judged.capability) return;
    const performance: Performance = {
      capability: judged.capability,
      grants: judged.grants,
      exposed: flight.exposed,
      idempotencyKey: this.options.idempotencyKey(call.id),
      clock: host.clock,
      signal: () => (flight.controller ??= abortable(this.flights.get(call.id) !== flight)).signal,
      defect: (cause) => observer.defect?.(call, cause),
    };
    const answer = this.options.engine?.make(flight, performance) ?? perform(call, performance);
    if (answer instanceof Promise) void answer.then((late) => this.worked(flight, late));
    else this.worked(flight, answer);
  }

  private worked(flight: Flight, made: Answer | Hold): void {
    this.workEnded(flight);
    if (this.flights.get(flight.call.id) !== flight) return;
    if ('id' in made) this.answer(flight, made, { by: 'capability', who: null, message: null });
    else this.again({ ...flight, hold: made, controller: null });
  }

  private workEnded(flight: Flight): void {
    if (flight.hold === null) this.working -= 1;
    this.wakeUp();
  }

  private async wait(flight: Flight, hold: Hold): Promise<void> {
    const { signal } = (flight.controller = new AbortController());
    if (flight.dueMs !== null) void this.waitUntil(flight, hold, flight.dueMs, signal);
    if (hold.kind === 'timer' || hold.kind === 'unsure' || this.ask === null) return;
    this.asking += 1;
    if (hold.kind === 'approval') await this.askApproval(flight, hold.approval, this.ask, signal);
    else {
      const answer = await askPerson(this.ask, flight.call, hold, signal);
      if (!signal.aborted) this.answerHeld(flight, answer, { by: 'person', who: null, message: null });
    }
    this.asking -= 1;
    this.wakeUp();
  }

  private async askApproval(flight: Flight, approval: ApprovalQuestion, ask: Ask, signal: AbortSignal): Promise<void> {
    const said = await ask(approvalPrompt(approval), signal).catch(() => null);
    if (signal.aborted) return;
    if (said !== null && /^\s*(y|yes)\s*$/i.test(said)) return this.approve(flight);
    const reason = said === null ? `${refusalOf(flight.judged.decision)}; nobody could be asked` : 'a person said no';
    this.answerHeld(flight, flight.judged.refusal(reason), { by: 'person', who: null, message: null });
  }

  private async waitUntil(flight: Flight, hold: Hold, dueMs: number, signal: AbortSignal): Promise<void> {
    await this.clock.sleep(Math.max(0, dueMs - this.clock.nowMs()), signal);
    if (signal.aborted) return;
    const { call } = flight;
    const answer = hold.kind === 'timer' ? ({ id: call.id, ok: true, value: null } as const) : timeoutAnswer(call);
    this.answerHeld(flight, answer, { by: 'timer', who: null, message: null });
  }

  private answer(flight: Flight, answer: Answer, from: Pick<Given, 'by' | 'who' | 'message'>): void {
    this.flights.delete(flight.call.id);
    this.queue.delete(flight);
    this.put(flight.call, answer, from, this.clock.nowMs() - flight.startedMs);
  }

  private put(call: HostCall, answer: Answer, from: Pick<Given, 'by' | 'who' | 'message'>, durationMs: number): void {
    this.answers.set(call.id, { call, answer, ...from, durationMs });
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

function abortable(isOver: boolean): AbortController {
  const controller = new AbortController();
  if (isOver) controller.abort();
  return controller;
}

/** When a wait that begins now is over: a timer's end, or the end of the time that the call gives a person. */
function dueOf({ call, hold, startedMs }: Flight): number | null {
  if (hold === null) return null;
  if (hold.kind === 'timer') return startedMs + hold.durationMs;
  const timeoutMs = hold.kind === 'person' ? timeoutOf(call) : null;
  return timeoutMs === null ? null : startedMs + timeoutMs;
}

function refusalOf(decision: Decision): string {
  return decision.allowed ? '' : decision.reason;
}

/** The question, and all that the word is about. */
function approvalPrompt({ question, shown }: ApprovalQuestion): string {
  const lines = [...shown].map(([key, value]) => `  ${key instanceof Keyword ? key.name : String(key)}: ${printBrief(value, 500)}\n`);
  return `${question}\n${lines.join('')}Allow it? [y/N] `;
}

async function askPerson(ask: Ask, call: HostCall, wait: Extract<Wait, { kind: 'person' }>, signal: AbortSignal): Promise<Answer> {
  try {
    return answerOf(call, wait, await ask(wait.question, signal));
  } catch {
    return failed(call, new HostFailure('host', `${call.capability}: the question cannot be shown: the output is closed`));
  }
}
