/** What people and other processes say to a run, done while it is driven. */
import type { State, Event } from '../../evaluator/state.ts';
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { MapValue } from '../../value/map.ts';
import { keyword } from '../../value/value.ts';
import type { Loop } from '../loop.ts';
import { type Approval, approvalProblem, readApproval } from '../security/approval.ts';
import type { Facts } from './facts.ts';
import { decodeMessage } from './message.ts';

/** Writes down what was said, where answers and cancelling are written by the loop. */
export interface Listener {
  /** Somebody says that a call did not happen: it is about to be made again. */
  readonly repeating: (callId: string, who: string | null, message: number) => void;
  /** Somebody allows a call, or does not. */
  readonly judged: (callId: string, approval: Approval, message: number) => void;
}

export interface Hearing {
  readonly run: string;
  readonly loop: Pick<Loop<State, Event>, 'cancel' | 'patch' | 'flights'>;
  readonly recorder: Listener;
  readonly nowMs: number;
  /** Reads values with the code of the run's program. */
  readonly code: DecodeOptions;
}

/** Does what the message says; why not, when it cannot be done. */
export function follow(id: number, bytes: Uint8Array, hearing: Hearing): string | null {
  const message = decodeMessage(bytes, hearing.code);
  if (message === null) return 'it cannot be read';
  const { kind, facts } = message;
  const who = facts.text('who');
  switch (kind) {
    case 'cancel':
      hearing.loop.cancel({ reason: facts.text('reason') ?? 'the run was cancelled', who, message: id });
      return null;
    case 'answer':
      return answer(id, facts, who, hearing);
    case 'repeat':
      return repeat(id, facts, who, hearing);
    case 'patch':
      return patch(id, facts, who, hearing);
    case 'approve':
    case 'deny':
      return judge(id, facts, hearing);
  }
}

function answer(id: number, facts: Facts, who: string | null, { loop: { flights } }: Hearing): string | null {
  const call = facts.text('call') ?? '';
  const flight = flights.held(call);
  if (flight === null) return `no call ${call} waits for an answer`;
  const from = { by: 'person', who, message: id } as const;
  const text = facts.text('text');
  const error = facts.error('error');
  if (text !== null) flights.answerText(flight, text, from);
  else if (error !== null) flights.answerHeld(flight, { id: call, ok: false, error }, from);
  else flights.answerHeld(flight, { id: call, ok: true, value: facts.value('value') }, from);
  return null;
}

function patch(id: number, facts: Facts, who: string | null, { loop }: Hearing): string | null {
  const data = facts.value('data');
  if (!(data instanceof MapValue)) return 'what is to be put into the context is no map';
  loop.patch({ data, policy: facts.value('policy') ?? keyword('keep-existing'), who, message: id });
  return null;
}

function judge(id: number, facts: Facts, { run, loop: { flights }, recorder, nowMs }: Hearing): string | null {
  const call = facts.text('call') ?? '';
  const flight = flights.held(call);
  const approval = readApproval(facts.value('approval'));
  if (flight?.hold?.kind !== 'approval') return `no call ${call} waits for approval`;
  if (!approval.ok) return `the approval cannot be read: ${approval.error}`;
  const question = { run, call, shown: flight.hold.approval.shown, askedMs: flight.askedMs ?? 0, expiresMs: flight.dueMs };
  const problem = approvalProblem(approval.value, question, nowMs);
  if (problem !== null) return problem;
  const { verdict, by, comment } = approval.value;
  recorder.judged(call, approval.value, id);
  if (verdict === 'approve') flights.approve(flight);
  else flights.deny(flight, `denied by ${by}${comment === null ? '' : `: ${comment}`}`, by);
  return null;
}

function repeat(id: number, facts: Facts, who: string | null, { loop: { flights }, recorder }: Hearing): string | null {
  const call = facts.text('call') ?? '';
  const flight = flights.held(call);
  if (flight?.hold?.kind !== 'unsure') return `of call ${call} it is known whether it happened`;
  recorder.repeating(call, who, id);
  flights.repeat(flight);
  return null;
}
