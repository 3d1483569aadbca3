/**
 * Runs of one plan under hosts that answer in different ways: other orders, one answer or several at a time, answers
 * that come twice or too late, saved and loaded in between, in small quanta. What a run told is written down as a `Told`,
 * so that two runs can be compared.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { comparePositions, type Event } from '../../src/evaluator/event.ts';
import { resume } from '../../src/evaluator/kernel.ts';
import { errorValue } from '../../src/evaluator/raise.ts';
import type { Advance, Answer, HostCall } from '../../src/evaluator/state.ts';
import { type Program, startProgram } from '../../src/host/compile.ts';
import { encodeValue } from '../../src/value/bytes.ts';
import { List } from '../../src/value/list.ts';
import { printBrief } from '../../src/value/print.ts';
import type { Value } from '../../src/value/value.ts';
import { endText, reloaded } from './journey.ts';

/** What a host says to a call: a function of the call alone, so that it does not matter when it is asked. */
export type World = (call: HostCall) => Answer;

/** How a host behaves. What is left out does not happen. */
export interface Manner {
  /** Which of the calls are answered now, in which order; at least one. */
  readonly choose: (calls: readonly HostCall[]) => readonly HostCall[];
  /** Whether an answer that nobody waits for is sent too. Asked before each resume. */
  readonly late?: () => boolean;
  /** Whether the state is saved and loaded before it goes on. */
  readonly reload?: () => boolean;
  /** Fuel until the next pause. */
  readonly quantum?: () => number;
}

export interface Told {
  readonly end: string;
  /** The bytes of the value or of the error. */
  readonly bytes: string;
  /** Each call that was made, as `id: (call …)`, sorted by position. */
  readonly calls: readonly string[];
  /** Events in the order of their positions, without those about answers that were dropped. */
  readonly events: readonly Event[];
  /** What must never be, whatever the plan. */
  readonly problems: readonly string[];
}

/** Answers of one run before a test gives up. */
const ANSWERS_MAX = 2_000;
/** Pauses of one run after which quanta are no longer used. */
const PAUSES_MAX = 120;

export function run(program: Program, world: World, manner: Manner): Told {
  const log = new Log();
  let advance = startProgram(program, { quantum: manner.quantum?.() ?? Number.POSITIVE_INFINITY });
  let pauses = 0;
  for (let answered = 0; answered < ANSWERS_MAX; ) {
    log.heard(advance);
    const { outcome } = advance;
    if (outcome.kind === 'complete' || outcome.kind === 'failed') return log.told(advance);
    const state = manner.reload?.() === true ? reloaded(advance.state, program) : advance.state;
    const answers: Answer[] = [];
    if (outcome.kind === 'requires-host') {
      const stale = manner.late?.() === true ? log.stale(world) : null;
      if (stale !== null) answers.push(stale);
      for (const call of manner.choose(answerable(outcome.calls))) answers.push(log.answered(call, world));
      answered += 1;
    } else pauses += 1;
    const quantum = pauses < PAUSES_MAX ? (manner.quantum?.() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    advance = resume(state, answers, { quantum });
  }
  throw new Error('the plan does not end');
}

/** All orders in which single answers can come, up to that many. Every run shares what it has in common with others. */
export function explore(program: Program, world: World, runsMax: number, visit: (told: Told) => void): number {
  let runs = 0;
  const goOn = (advance: Advance, log: Log): void => {
    log.heard(advance);
    const { outcome, state } = advance;
    if (outcome.kind !== 'requires-host') {
      runs += 1;
      visit(log.told(advance));
      return;
    }
    const calls = answerable(outcome.calls);
    for (const call of calls.length <= 5 ? calls : calls.slice(0, 1)) {
      if (runs >= runsMax) return;
      const branch = log.copy();
      goOn(resume(state, [branch.answered(call, world)]), branch);
    }
  };
  goOn(startProgram(program), new Log());
  return runs;
}

/** Deadlines pass with time, and no time passes here. */
function answerable(calls: readonly HostCall[]): readonly HostCall[] {
  return calls.filter((call) => call.capability !== 'step.deadline');
}

/** What one run has told so far. */
class Log {
  private readonly calls: Map<string, HostCall>;
  private readonly events: Event[];
  private readonly problems: string[];
  private readonly sent: Set<string>;
  private readonly late: string[];
  private pending: ReadonlySet<string>;

  constructor(from?: Log) {
    this.calls = new Map(from?.calls);
    this.events = [...(from?.events ?? [])];
    this.problems = [...(from?.problems ?? [])];
    this.sent = new Set(from?.sent);
    this.late = [...(from?.late ?? [])];
    this.pending = from?.pending ?? new Set();
  }

  copy(): Log {
    return new Log(this);
  }

  heard({ outcome, events }: Advance): void {
    this.events.push(...(events as readonly object[] as readonly Event[]));
    if (outcome.kind !== 'requires-host') return;
    const now = new Set(outcome.calls.map((call) => call.id));
    if (now.size < outcome.calls.length) this.problems.push('two calls of one outcome have the same id');
    if (answerable(outcome.calls).length === 0) this.problems.push('the plan waits for nothing but deadlines');
    for (const call of outcome.calls) {
      const known = this.calls.get(call.id);
      if (known !== undefined && (!this.pending.has(call.id) || this.sent.has(call.id))) this.problems.push(`the id ${call.id} comes a second time`);
      if (known !== undefined && callText(known) !== callText(call)) this.problems.push(`the call ${call.id} has changed`);
      if (call.capability === 'leak') this.problems.push('data of a failed branch is visible');
      this.calls.set(call.id, call);
    }
    this.pending = now;
  }

  answered(call: HostCall, world: World): Answer {
    this.sent.add(call.id);
    return world(call);
  }

  /** An answer to a call that nobody waits for: given before, or dropped with its branch or step. */
  stale(world: World): Answer | null {
    const gone = [...this.calls.values()].filter((call) => !this.pending.has(call.id));
    const call = gone[this.late.length % Math.max(1, gone.length)];
    if (call === undefined) return null;
    this.late.push(call.id);
    return world(call);
  }

  told(advance: Advance): Told {
    const { outcome } = advance;
    const value = outcome.kind === 'complete' ? outcome.value : outcome.kind === 'failed' ? outcome.error : null;
    const dropped = this.events.flatMap((event) => (event.kind === 'answer-dropped' ? [event.call] : []));
    const problems = [...this.problems];
    if ([...dropped].sort().join(' ') !== [...this.late].sort().join(' ')) problems.push(`late answers ${this.late.join(' ')}, reported ${dropped.join(' ')}`);
    const events = this.events.filter((event) => event.kind !== 'answer-dropped').sort((a, b) => comparePositions(a.at, b.at));
    const calls = [...this.calls.values()].sort((a, b) => comparePositions(a.id, b.id)).map((call) => `${call.id}: ${callText(call)}`);
    return { end: endText(advance), bytes: bytesToHex(encodeValue(value)), calls, events, problems: [...problems, ...edgeProblems(events), ...positionProblems(events, this.calls)] };
  }
}

function callText(call: HostCall): string {
  return `(call :${call.capability} ${printBrief(List.of(...call.args), 2_000)}) in ${call.step ?? 'no step'}`;
}

// --- what events must say ------------------------------------------------------------------------------------------

/** Every step, pass and branch that has begun ends, once. A branch that never began can only be cancelled. */
function edgeProblems(events: readonly Event[]): readonly string[] {
  const open = new Map<string, number>();
  const problems: string[] = [];
  for (const event of events) {
    const edge = edgeOf(event);
    if (edge === null) continue;
    const [what, begins] = edge;
    const count = (open.get(what) ?? 0) + (begins ? 1 : -1);
    if (begins && count > 1) problems.push(`${what} begins at ${event.at} before it has ended`);
    if (count < 0 && event.kind !== 'branch-cancelled') problems.push(`${what} ends at ${event.at} without having begun`);
    open.set(what, Math.max(0, count));
  }
  for (const [what, count] of open) if (count > 0) problems.push(`${what} does not end`);
  return problems;
}

function edgeOf(event: Event): readonly [what: string, begins: boolean] | null {
  switch (event.kind) {
    case 'step-started':
    case 'step-completed':
    case 'step-failed':
      return [`the step ${event.step}`, event.kind === 'step-started'];
    case 'pass-started':
    case 'pass-completed':
    case 'pass-failed':
      return [`the pass ${event.step} ${event.index}`, event.kind === 'pass-started'];
    case 'branch-started':
    case 'branch-completed':
    case 'branch-failed':
    case 'branch-cancelled':
      return [`the branch ${event.step} ${event.index}`, event.kind === 'branch-started'];
    default:
      return null;
  }
}

/** Events and calls are counted together: no two have the same position. */
function positionProblems(events: readonly Event[], calls: ReadonlyMap<string, HostCall>): readonly string[] {
  const seen = new Set(calls.keys());
  return events.flatMap((event) => {
    if (seen.has(event.at)) return [`two things happen at ${event.at}, one is ${event.kind}`];
    seen.add(event.at);
    return [];
  });
}

// --- comparing -----------------------------------------------------------------------------------------------------

/** What differs between two runs that must be the same; null when nothing does. */
export function differs(a: Told, b: Told): string | null {
  if (a.end !== b.end) return `it ends with ${b.end}\n instead of ${a.end}`;
  if (a.bytes !== b.bytes) return `the result has other bytes: ${b.end}`;
  return firstDifference('call', a.calls, b.calls) ?? firstDifference('event', a.events.map(eventText), b.events.map(eventText));
}

function firstDifference(what: string, a: readonly string[], b: readonly string[]): string | null {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== b[i]) return `${what} ${i} is ${b[i] ?? 'missing'}\n instead of ${a[i] ?? 'nothing'}`;
  }
  return null;
}

export function eventText(event: Event): string {
  return `${event.at} ${textOf(event)}`;
}

/** Fields of events are plain data with values of the language in it. */
function textOf(field: unknown): string {
  if (Array.isArray(field)) return `[${field.map(textOf).join(' ')}]`;
  if (typeof field === 'object' && field !== null && Object.getPrototypeOf(field) === Object.prototype) {
    const entries = Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, value]) => `${key} ${textOf(value)}`).join(', ')}}`;
  }
  return printBrief(field as Value, 1_000);
}

// --- a world -------------------------------------------------------------------------------------------------------

/** Answers that follow from the seed, the call's id, its capability and its arguments. */
export function worldOf(seed: number): World {
  return (call) => {
    const number = mix(`${seed} ${call.id} ${call.capability} ${printBrief(List.of(...call.args), 2_000)}`);
    switch (call.capability) {
      case 'coin':
        return { id: call.id, ok: true, value: number % 2 === 0 };
      case 'risky':
        if (number % 5 < 2) return { id: call.id, ok: false, error: errorValue(number % 3 === 0 ? 'timeout' : 'host', `no answer to ${call.id}`) };
        return { id: call.id, ok: true, value: number % 10 };
      case 'step.sleep':
      case 'undo':
        return { id: call.id, ok: true, value: null };
      default:
        return { id: call.id, ok: true, value: number % 10 };
    }
  };
}

/** FNV-1a with a last round of mixing. */
function mix(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
