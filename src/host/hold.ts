/**
 * What stands between a call and its being made: time or a person that it waits for, somebody's word on whether it may be made at all, or
 * that nobody knows whether an earlier process made it.
 */
import { type Judged, waitOf } from './perform.ts';
import type { Answer, ApprovalQuestion, HostCall, Wait } from './port.ts';

/** What earlier processes did with a call that has no answer yet. */
export interface Recalled {
  /** When its wait is over, as it was reckoned when it began; null for never. */
  readonly dueMs: number | null;
  /** It may have happened: it was about to be made when the process ended. */
  readonly wasMade: boolean;
  /** When somebody was first asked to allow it; null when nobody was. */
  readonly askedMs: number | null;
  /** What somebody has allowed: the hash of what they were shown. */
  readonly approved: string | null;
}

/** What a call that is held waits for. `unsure`: somebody must say whether it happened. `approval`: somebody must allow it. `pause`: its hints let time pass. */
export type Hold = Wait | { readonly kind: 'pause' } | { readonly kind: 'unsure' } | { readonly kind: 'approval'; readonly approval: ApprovalQuestion; readonly hash: string };

type Accepted = Extract<Judged, { allowed: true }>;

/** Null: the call can be made at once. An answer: its arguments say nothing that could be waited for. */
export function holdOf(call: HostCall, judged: Accepted, recalled: Recalled | null, approvalHash: (approval: ApprovalQuestion, callId: string) => string): Hold | Answer | null {
  const { approval } = judged;
  if (approval !== null) {
    const hash = approvalHash(approval, call.id);
    if (recalled?.approved !== hash) return { kind: 'approval', approval, hash };
  }
  return workHold(call, judged, recalled);
}

/** The same of a call that is allowed. */
export function workHold(call: HostCall, { capability }: Accepted, recalled: Recalled | null): Hold | Answer | null {
  if ('wait' in capability) return waitOf(call, capability);
  return recalled?.wasMade === true && capability.determinism === 'live' ? { kind: 'unsure' } : null;
}
