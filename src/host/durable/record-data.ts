/**
 * What the recorder writes, kind by kind (`facts.ts` says what stands where). Records of calls and answers are made for every effect: each is one
 * literal with its names in their order, since objects that are spread together cost as much as all the rest of a record.
 */
import { keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { amountsValue } from '../amounts.ts';
import { CHECKPOINT, checkpointLabel } from '../checkpoint.ts';
import type { Flight, Given } from '../flight.ts';
import type { ApprovalHold, Hold, Recalled, Waiting } from '../hold.ts';
import { chainRecords } from '../journal/chain.ts';
import type { Sha256 } from '../journal/digest.ts';
import { type DraftData, recordData, type RecordDraft } from '../journal/record.ts';
import { type Attempting, attemptingValue } from '../memory.ts';
import type { Answer, HostCall } from '../port.ts';
import { hashValue } from '../../value/hash.ts';
import type { Content, Head, StoredRecord } from '../store/port.ts';
import { lighten, RECORD_BYTES_MAX } from './facts.ts';

/** The drafts as records; what is large in them becomes content. */
export function chained(run: string, head: Head, drafts: readonly RecordDraft[], content: Content[], sha256: Sha256): readonly StoredRecord[] {
  const records = chainRecords(run, head, drafts, sha256);
  if (records.every((record) => record.bytes.length <= RECORD_BYTES_MAX)) return records;
  const light = drafts.map((draft, index) => (records[index]!.bytes.length > RECORD_BYTES_MAX ? { ...draft, data: lighten(draft.data, content) } : draft));
  return chainRecords(run, head, light, sha256);
}

/** What a record says of a call: what of it has to be the same when the run is done again (H4). */
export function callFacts(call: HostCall, turn: number): DraftData {
  return factsOfCall(call, turn, NOT_STARTING);
}

export function requestedData(flight: Flight, turn: number): DraftData {
  return factsOfCall(flight.call, turn, startingOf(flight));
}

export function attemptData(flight: Flight, attempt: Attempting): DraftData {
  const { determinism, due, exposed, held, id } = startingOf(flight);
  return { attempt: attemptingValue(attempt), call: flight.call.id, determinism, due, exposed, held, id };
}

export function refusedData(call: HostCall, turn: number, answer: Answer): DraftData {
  return { ...callFacts(call, turn), refused: answer.ok ? '' : answer.error.message };
}

export function askedData({ call, held }: Flight, { approval, hash, withheld }: ApprovalHold, turn: number): DraftData {
  return { ...callFacts(call, turn), rule: approval.rule, question: approval.question, shown: approval.shown, hash, withholds: withheld !== undefined || undefined, held: heldValue(held) };
}

export function answeredData({ call, answer, by, who, durationMs, used }: Given, turn: number, quanta: readonly number[]): DraftData {
  return {
    by: by === 'capability' ? undefined : keyword(by),
    call: call.id,
    'duration-ms': durationMs === 0 ? undefined : durationMs,
    error: answer.ok ? undefined : answer.error,
    quanta: quantaValue(quanta),
    turn,
    used: used === undefined ? undefined : amountsValue(used),
    value: answer.ok ? answer.value : undefined,
    who: who ?? undefined,
  };
}

/** What a record says of a call when it goes to its capability. */
interface Starting {
  readonly determinism: Value | undefined;
  readonly due: Value | undefined;
  readonly exposed: Value | undefined;
  readonly held: Value | undefined;
  readonly id: Value | undefined;
}

const NOT_STARTING: Starting = { determinism: undefined, due: undefined, exposed: undefined, held: undefined, id: undefined };

function startingOf({ call, attempt, judged, dueMs, exposed, held }: Flight): Starting {
  const { id, determinism } = judged.capability;
  return {
    determinism: keyword(determinism),
    due: dueMs ?? undefined,
    exposed: exposed.size > 0 ? hashValue(exposed) : undefined,
    held: heldValue(held),
    id: id === (attempt?.capability ?? call.capability) ? undefined : id,
  };
}

function factsOfCall({ id, capability, args, options, step, isolation, derivedFrom }: HostCall, turn: number, starting: Starting): DraftData {
  return {
    args: Vector.adopt([...args]),
    call: id,
    capability,
    'derived-from': derivedFrom === undefined || derivedFrom.length === 0 ? undefined : Vector.adopt(derivedFrom.map(({ key, context, valueHash }) => Vector.of(key, context, valueHash))),
    determinism: starting.determinism,
    due: starting.due,
    exposed: starting.exposed,
    held: starting.held,
    id: starting.id,
    isolation: isolation === 'inherit' ? undefined : keyword(isolation),
    options: options ?? undefined,
    step: step ?? undefined,
    turn,
  };
}

function heldValue(held: Flight['held']): Value | undefined {
  return held === null ? undefined : amountsValue(held);
}

/** A call that is under way, as the journal knows it. */
export interface OpenCall extends Recalled {
  /** Its request is written; else only that somebody has to allow it. */
  readonly wasRequested: boolean;
}

/** Nothing was done with it. */
export const UNASKED: OpenCall = { dueMs: null, wasMade: false, wasRequested: false, askedMs: null, approved: null, denied: null };

/** As it is in a checkpoint. */
export function openValue({ dueMs, wasMade, wasRequested, askedMs, approved, denied }: OpenCall): Value {
  return Vector.of(dueMs, wasMade, wasRequested, askedMs, approved, ...(denied === null ? [] : [denied]));
}

export function quantaValue(quanta: readonly number[]): Value | undefined {
  return quanta.length === 0 ? undefined : Vector.adopt([...quanta]);
}

/** What the plan calls the checkpoint that it asks for with one of the calls; null when it asks for none. */
export function labelIn(answers: readonly Given[]): string | null {
  if (answers.length === 1 && answers[0]!.call.capability !== CHECKPOINT) return null;
  const asked = answers.find(({ call, answer }) => call.capability === CHECKPOINT && answer.ok);
  return asked === undefined ? null : checkpointLabel(asked.call.args);
}

/** What a run waits for, for people. */
export function waitValue({ call, hold, dueMs }: Waiting): Value {
  return recordData({
    call: call.id,
    capability: call.capability,
    kind: keyword(hold.kind),
    question: questionOf(call, hold) ?? undefined,
    due: dueMs ?? undefined,
    shown: hold.kind === 'approval' ? hold.approval.shown : undefined,
    hash: hold.kind === 'approval' ? hold.hash : undefined,
  });
}

function questionOf(call: HostCall, hold: Hold): string | null {
  switch (hold.kind) {
    case 'person':
      return hold.question.trimEnd();
    case 'unsure':
      return `Did :${call.capability} happen? The process ended while it was being made, and it must not happen twice.`;
    case 'approval':
      return hold.approval.question;
    case 'timer':
    case 'pause':
      return null;
  }
}
