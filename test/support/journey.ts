/**
 * Running a program from its start to its end in every way that must not make a difference: straight on, saved to
 * bytes and loaded again at every pause, in small quanta, and twice from each state. What a run did is written down
 * as a `Journey` of plain texts, so that two runs can be compared with `toEqual`.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { remaining, resume } from '../../src/evaluator/kernel.ts';
import type { Limits } from '../../src/evaluator/limits.ts';
import { restore, snapshot } from '../../src/evaluator/snapshot.ts';
import type { Advance, Answer, HostCall, State } from '../../src/evaluator/state.ts';
import { compile, type CompileOptions, type Environment, type Program, startProgram } from '../../src/host/compile.ts';
import { encodeValue } from '../../src/value/bytes.ts';
import { List } from '../../src/value/list.ts';
import { printBrief } from '../../src/value/print.ts';
import { type ErrorValue, keyword, symbol, type Value } from '../../src/value/value.ts';

/** What the host says to a call: a value, or that it failed. `count` is the number of calls before it. */
export type Answering = (call: HostCall, count: number) => Value | Refusal;

/** An answer that says that the call failed. */
export class Refusal {
  readonly error: ErrorValue;
  constructor(error: ErrorValue) {
    this.error = error;
  }
}

export interface Travel {
  readonly answer?: Answering;
  readonly limits?: Partial<Limits>;
  readonly quantum?: number;
  /** Save and load the state at every pause. */
  readonly reload?: boolean;
  readonly variables?: Iterable<readonly [string, Value]>;
  /** Pauses after which quanta are no longer used. Default: 2,000. */
  readonly pausesMax?: number;
}

/** What can be seen of a run from outside. Two runs of one program must agree in all of it. */
export interface Journey {
  /** `=> value` or `! :error/kind message`. */
  readonly end: string;
  /** The bytes of the value or of the error with its place and stack. */
  readonly bytes: string;
  /** Each call as it would be written, with its id and step. */
  readonly calls: readonly string[];
  /** The hash of the state's bytes at each call. */
  readonly states: readonly string[];
  readonly events: readonly string[];
  readonly fuel: number;
  readonly allocation: number;
}

/** Calls of one run before a test gives up: a program that never ends is a mistake of the test. */
const CALLS_MAX = 20_000;

/** The first argument comes back as the answer. */
export const ECHO: Answering = (call) => call.args[0] ?? null;

export function compiled(environment: Environment, text: string, options: CompileOptions = {}): Program {
  const { program, diagnostics } = compile(environment, { file: 'test.rtfs', text }, options);
  if (program !== null) return program;
  const problems = diagnostics.filter((one) => one.severity === 'error').map((one) => `${one.code} ${one.message}`);
  throw new Error(`does not compile: ${problems.join('; ')}\n${text.slice(0, 500)}`);
}

/** The codes of the errors that keep the text from being a program. */
export function errorCodes(environment: Environment, text: string, options: CompileOptions = {}): readonly string[] {
  const { diagnostics } = compile(environment, { file: 'test.rtfs', text }, options);
  return diagnostics.filter((one) => one.severity === 'error').map((one) => one.code);
}

export function travel(program: Program, how: Travel = {}): Journey {
  const start = startProgram(program, options(how));
  return goOn(start, program, how);
}

function options(how: Travel): { limits?: Partial<Limits>; quantum?: number; variables?: Iterable<readonly [string, Value]> } {
  return {
    ...(how.limits === undefined ? {} : { limits: how.limits }),
    ...(how.quantum === undefined ? {} : { quantum: how.quantum }),
    ...(how.variables === undefined ? {} : { variables: how.variables }),
  };
}

/** From an advance to the end. `visit` sees every state that waits for an answer, before it is answered. */
export function goOn(from: Advance, program: Program, how: Travel, visit: (state: State, answer: Answer) => void = () => {}): Journey {
  const answering = how.answer ?? ECHO;
  const calls: string[] = [];
  const states: string[] = [];
  const events: string[] = [];
  let pauses = 0;
  let advance = from;
  for (;;) {
    events.push(...advance.events.map(eventText));
    const { outcome, state } = advance;
    if (outcome.kind === 'complete' || outcome.kind === 'failed') return arrived(advance, calls, states, events);
    let answers: readonly Answer[] = [];
    const here = how.reload === true ? reloaded(state, program) : state;
    if (outcome.kind === 'requires-host') {
      const call = here.pending.find((one) => one.capability !== 'step.deadline')!;
      if (calls.length >= CALLS_MAX) throw new Error('the program does not end');
      answers = [answerOf(call, answering(call, calls.length))];
      calls.push(callText(call));
      states.push(bytesToHex(sha256(snapshot(here))));
      visit(here, answers[0]!);
    } else pauses += 1;
    const quantum = how.quantum !== undefined && pauses < (how.pausesMax ?? 2_000) ? how.quantum : Number.POSITIVE_INFINITY;
    advance = resume(here, answers, { quantum });
  }
}

function spare(state: State): { readonly fuel: number; readonly allocation: number } {
  const { fuel, allocation } = remaining(state);
  return { fuel, allocation };
}

function arrived(advance: Advance, calls: readonly string[], states: readonly string[], events: readonly string[]): Journey {
  const { outcome, state } = advance;
  const value = outcome.kind === 'complete' ? outcome.value : outcome.kind === 'failed' ? outcome.error : null;
  return {
    end: endText(advance), bytes: bytesToHex(encodeValue(value)), calls, states, events, ...spare(state),
  };
}

export function endText({ outcome }: Advance): string {
  switch (outcome.kind) {
    case 'complete':
      return `=> ${printBrief(outcome.value, 2_000)}`;
    case 'failed':
      return `! :${outcome.error.type.name} ${outcome.error.message}`;
    default:
      return outcome.kind;
  }
}

export function answerOf(call: HostCall, answer: Value | Refusal): Answer {
  return answer instanceof Refusal ? { id: call.id, ok: false, error: answer.error } : { id: call.id, ok: true, value: answer };
}

function callText(call: HostCall): string {
  const form = printBrief(List.of(symbol('call'), keyword(call.capability), ...call.args), 2_000);
  return `${call.id} ${form} ${printBrief(call.options, 500)} in ${call.step ?? 'no step'}`;
}

function eventText(event: Advance['events'][number]): string {
  return event.kind === 'step-failed' ? `${event.kind} ${event.step} ${printBrief(event.error, 500)}` : `${event.kind} ${event.step}`;
}

/** The state after a trip through bytes; the bytes of what comes back must be the same. */
export function reloaded(state: State, program: Program): State {
  const bytes = snapshot(state);
  const back = restore(bytes, program.table);
  if (!back.ok) throw new Error(`the state could not be restored: ${back.error.message}`);
  if (bytesToHex(snapshot(back.value)) !== bytesToHex(bytes)) throw new Error('a restored state has other bytes');
  return back.value;
}

/**
 * Every state that waits is resumed a second time after the first future has run to its end. Both futures must be the
 * same and the state's bytes must not have moved. Gives what differs, or null.
 */
export function forkProblem(program: Program, how: Travel = {}): string | null {
  const seen: { readonly state: State; readonly answer: Answer; readonly bytes: string; readonly call: number }[] = [];
  const first = goOn(startProgram(program, options(how)), program, how, (state, answer) => {
    seen.push({ state, answer, bytes: bytesToHex(snapshot(state)), call: seen.length });
  });
  for (const { state, answer, bytes, call } of seen) {
    const again = goOn(resume(state, [answer]), program, { ...how, answer: (next, count) => (how.answer ?? ECHO)(next, count + call + 1) });
    if (again.end !== first.end || again.bytes !== first.bytes) return `the second future of call ${call + 1} ends with ${again.end}, the first with ${first.end}`;
    if (again.fuel !== first.fuel || again.allocation !== first.allocation) return `the second future of call ${call + 1} costs something else`;
    if (again.calls.join('\n') !== first.calls.slice(call + 1).join('\n')) return `the second future of call ${call + 1} makes other calls`;
    if (again.states.join('\n') !== first.states.slice(call + 1).join('\n')) return `the second future of call ${call + 1} has other states`;
    if (bytesToHex(snapshot(state)) !== bytes) return `the state at call ${call + 1} has changed`;
  }
  return null;
}
