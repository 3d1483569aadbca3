/** What a run did to the world, as lines of text that tests can read and compare. */
import type { Program } from '../host/compile.ts';
import type { RunResult } from '../host/loop.ts';
import type { Answer, Host, HostCall } from '../host/port.ts';
import { run, type RunOptions } from '../host/run.ts';
import type { Event, State } from '../evaluator/state.ts';
import { printBrief } from '../value/print.ts';

/** One call that a run made, and what it got. */
export interface Effect {
  /** `:shop.price "lamp"` */
  readonly call: string;
  /** `89`, or `! host: the shop is closed`. */
  readonly answer: string;
  /** Whether the policy refused it. */
  readonly denied: boolean;
  /** The id of its step; null outside of steps. */
  readonly step: string | null;
}

export interface RunRecord {
  readonly result: RunResult<State>;
  /** In the order in which the answers came. */
  readonly effects: readonly Effect[];
  readonly events: readonly Event[];
}

/** Runs the program to its end, and writes down what it did. */
export async function recordRun(program: Pick<Program, 'main' | 'table'>, host: Pick<Host, 'capabilities' | 'policy' | 'clock' | 'ask'>, options: Omit<RunOptions, 'observer'> = {}): Promise<RunRecord> {
  const effects: Effect[] = [];
  const events: Event[] = [];
  const denied = new Set<string>();
  const result = await run(program, host, {
    ...options,
    observer: {
      events: (more) => events.push(...more),
      decided: (call, decision) => {
        if (!decision.allowed) denied.add(call.id);
      },
      answered: (call, answer) => effects.push({ call: callText(call), answer: answerText(answer), denied: denied.has(call.id), step: call.step }),
    },
  });
  return { result, effects, events };
}

const SHOWN_MAX = 500;

/** `:shop.price "lamp"` */
export function callText({ capability, args }: Pick<HostCall, 'capability' | 'args'>): string {
  return [`:${capability}`, ...args.map((arg) => printBrief(arg, SHOWN_MAX))].join(' ');
}

function answerText(answer: Answer): string {
  if (answer.ok) return printBrief(answer.value, SHOWN_MAX);
  return `! ${answer.error.type.name.replace('error/', '')}: ${answer.error.message}`;
}

/**
 * Throws an `Error` that shows both lists unless the run made exactly these calls in this order. A line is a call (`:shop.price "lamp"`),
 * or a call and its answer (`:shop.price "lamp" → 89`).
 */
export function assertEffects(record: Pick<RunRecord, 'effects'>, expected: readonly string[]): void {
  const fits = ({ call, answer }: Effect, line: string | undefined): boolean => line === call || line === `${call} → ${answer}`;
  const { effects } = record;
  if (effects.length === expected.length && effects.every((effect, at) => fits(effect, expected[at]))) return;
  const found = effects.map((effect, at) => `${fits(effect, expected[at]) ? ' ' : '+'} ${effect.call} → ${effect.answer}`);
  const wanted = expected.map((line, at) => `${effects[at] !== undefined && fits(effects[at], line) ? ' ' : '-'} ${line}`);
  throw new Error(`the run had other effects\nexpected:\n${wanted.join('\n')}\nfound:\n${found.join('\n')}`);
}
