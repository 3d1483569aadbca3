/** What calls wait for that nothing works on: time, people, somebody's word. */
import type { MapValue } from '../value/map.ts';
import { printBrief } from '../value/print.ts';
import { Keyword } from '../value/value.ts';
import { HostFailure } from './failure.ts';
import { answerOf, failed, type Judged, refusedByPerson, timeoutOf, waitOf } from './perform.ts';
import type { Answer, ApprovalQuestion, Ask, Exposure, HostCall, Wait, WaitCapability } from './port.ts';
import { shownForApproval, withExposure } from './security/approval.ts';

/** What earlier processes did with a call that has no answer yet. */
export interface Recalled {
  /** When its wait is over, as it was reckoned when it began; null for never. */
  readonly dueMs: number | null;
  /** It may have happened: it was about to be made when the process ended. */
  readonly wasMade: boolean;
  /** When somebody was first asked to allow it; null when nobody was. */
  readonly askedMs: number | null;
  /** What somebody has allowed, and what somebody has not: the hash of what they were shown. */
  readonly approved: string | null;
  readonly denied: string | null;
}

/** What a call that is held waits for. `unsure`: somebody must say whether it happened. `approval`: somebody must allow it. `pause`: its hints let time pass. */
export type Hold = Wait | { readonly kind: 'pause' } | { readonly kind: 'unsure' } | ApprovalHold;

export interface ApprovalHold {
  readonly kind: 'approval';
  readonly approval: ApprovalQuestion;
  readonly hash: string;
  /** When somebody says no the call is made all the same, and its capability sees that of the context; null: what, is decided as it is made. Absent: it is not made. */
  readonly withheld?: MapValue | null;
}

type Accepted = Extract<Judged, { allowed: true }>;

/** A call that is held, for whoever shows or keeps it. */
export interface Waiting {
  readonly call: HostCall;
  readonly hold: Hold;
  readonly dueMs: number | null;
}

/** Between two attempts nothing is called. */
export function pausing(call: HostCall): Accepted {
  const capability: WaitCapability = { id: call.capability, summary: '', determinism: 'recorded', wait: () => ({ kind: 'timer', durationMs: 0 }) };
  return { allowed: true, decision: { allowed: true, grants: [] }, capability, grants: [], approval: null };
}

/** A merge that a person has to allow is asked about as calls are, and nothing works on it. */
export function merging(): Accepted {
  return { allowed: true, decision: { allowed: true, grants: [] }, capability: MERGING, grants: [], approval: null };
}

export function isMerge({ judged }: { readonly judged: Accepted }): boolean {
  return judged.capability === MERGING;
}

/** The answer to a call, or the word on a merge, when a person does not allow it. */
export function refusedWith(reason: string, { made, judged }: { readonly made: HostCall; readonly judged: Accepted }): Answer {
  return isMerge({ judged }) ? failed(made, new HostFailure('security', reason)) : refusedByPerson(made, reason);
}

const MERGING: WaitCapability = { id: 'context.merge', summary: '', determinism: 'pure', wait: () => ({ kind: 'timer', durationMs: 0 }) };

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

/** What a call waits for, and what its capability sees of the context when it is made. */
interface Readiness {
  /** Null: the call can be made at once. An answer: its arguments say nothing that could be waited for. */
  readonly hold: Hold | Answer | null;
  readonly exposed: MapValue;
}

type ApprovalHash = (approval: ApprovalQuestion, callId: string) => string;

export function readinessOf(call: HostCall, judged: Accepted, { shown, asks }: Exposure, recalled: Recalled | null, approvalHash: ApprovalHash): Readiness {
  const { approval } = judged;
  if (asks !== undefined) return exposing(call, judged, { shown, asks }, recalled, approvalHash);
  if (approval !== null) {
    const hash = approvalHash(approval, call.id);
    if (recalled?.approved !== hash) return { hold: { kind: 'approval', approval, hash }, exposed: shown };
  }
  return { hold: workHold(call, judged, recalled), exposed: shown };
}

function requestWith({ capability, args, isolation, step, derivedFrom }: HostCall, rule: string): Parameters<typeof shownForApproval>[0] {
  return { capability, args, isolation, step, rule, ...(derivedFrom === undefined ? {} : { derivedFrom }) };
}

/** One question for both: whether the call may be made, where somebody has to allow that, and what its capability sees. */
function exposing(call: HostCall, judged: Accepted, { shown, asks }: Required<Exposure>, recalled: Recalled | null, approvalHash: ApprovalHash): Readiness {
  const { approval, grants } = judged;
  const { rule, keys, question, withheld } = asks;
  const isAllowed = approval === null;
  const asked: ApprovalQuestion = isAllowed
    ? { rule, question: question ?? `May ${call.capability} see ${keys.map(({ key }) => `:${key}`).join(' ')}?`, shown: withExposure(shownForApproval(requestWith(call, rule)), asks), grants }
    : { ...approval, shown: withExposure(approval.shown, asks) };
  const hash = approvalHash(asked, call.id);
  if (recalled?.approved === hash) return { hold: workHold(call, judged, recalled), exposed: shown };
  if (isAllowed && recalled?.denied === hash) return { hold: workHold(call, judged, recalled), exposed: withheld };
  return { hold: { kind: 'approval', approval: asked, hash, ...(isAllowed ? { withheld } : {}) }, exposed: shown };
}

/** The same of a call that is allowed. */
export function workHold(call: HostCall, { capability }: Accepted, recalled: Recalled | null): Hold | Answer | null {
  if ('wait' in capability) return waitOf(call, capability);
  return recalled?.wasMade === true && capability.determinism === 'live' ? { kind: 'unsure' } : null;
}
