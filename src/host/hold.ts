/** What calls wait for that nothing works on: time, people, somebody's word. */
import { printBrief } from '../value/print.ts';
import { Keyword } from '../value/value.ts';
import { HostFailure } from './failure.ts';
import { answerOf, failed, type Judged, timeoutOf } from './perform.ts';
import type { Answer, ApprovalQuestion, Ask, HostCall, Wait, WaitCapability } from './port.ts';

/** What a call that is held waits for. `unsure`: somebody must say whether it happened. `approval`: somebody must allow it. `pause`: its hints let time pass. */
export type Hold = Wait | { readonly kind: 'pause' } | { readonly kind: 'unsure' } | { readonly kind: 'approval'; readonly approval: ApprovalQuestion; readonly hash: string };

/** A call that is held, for whoever shows or keeps it. */
export interface Waiting {
  readonly call: HostCall;
  readonly hold: Hold;
  readonly dueMs: number | null;
}

/** Between two attempts nothing is called. */
export function pausing(call: HostCall): Extract<Judged, { allowed: true }> {
  const capability: WaitCapability = { id: call.capability, summary: '', determinism: 'recorded', wait: () => ({ kind: 'timer', durationMs: 0 }) };
  return { allowed: true, decision: { allowed: true, grants: [] }, capability, grants: [], approval: null, refusal: (reason) => failed(call, new HostFailure('security', reason)) };
}
/** When a wait that begins now is over: a timer's end, or the end of the time that the call gives a person. */
export function dueOf({ made, hold, startedMs }: { readonly made: HostCall; readonly hold: Hold | null; readonly startedMs: number }): number | null {
  if (hold === null || hold.kind === 'pause') return null;
  if (hold.kind === 'timer') return startedMs + hold.durationMs;
  const timeoutMs = hold.kind === 'person' ? timeoutOf(made) : null;
  return timeoutMs === null ? null : startedMs + timeoutMs;
}

/** The question, and all that the word is about. */
export function approvalPrompt({ question, shown }: ApprovalQuestion): string {
  const lines = [...shown].map(([key, value]) => `  ${key instanceof Keyword ? key.name : String(key)}: ${printBrief(value, 500)}\n`);
  return `${question}\n${lines.join('')}Allow it? [y/N] `;
}

export async function askPerson(ask: Ask, call: HostCall, wait: Extract<Wait, { kind: 'person' }>, signal: AbortSignal): Promise<Answer> {
  try {
    return answerOf(call, wait, await ask(wait.question, signal));
  } catch {
    return failed(call, new HostFailure('host', `${call.capability}: the question cannot be shown: the output is closed`));
  }
}
