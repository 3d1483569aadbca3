/**
 * What happens in a run on an engine, as the records that a journal in a store has (`durable/facts.ts`): so whatever reads those (`log`,
 * `replay`, `debug`, `why-denied`) reads these. They are written in pieces beside the status, and are no part of going on.
 *
 *   piece = the canonical document of one vector: ["rtfs/records" 1 {:records [[kind time data] …]}], each data lightened
 */
import { eventToJson } from '../../evaluator/event-value.ts';
import type { Event, State } from '../../evaluator/state.ts';
import { MapValue } from '../../value/map.ts';
import { Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { lighten } from '../durable/facts.ts';
import { answeredData, askedData, callFacts, quantaValue, refusedData } from '../durable/record-data.ts';
import type { Flight, Given } from '../flight.ts';
import { type DraftData, RECORD_KINDS, recordData, type RecordDraft, type RecordKind, WITHOUT_CODE } from '../journal/record.ts';
import type { CancelRequest, Ended, PatchRequest } from '../recorder.ts';
import { attemptingValue, type Memory } from '../memory.ts';
import type { HostCall, Turn } from '../port.ts';
import { type Approval, approvalValue } from '../security/approval.ts';
import { spentValue } from '../security/budget.ts';
import { type Refusal, refusalFacts } from '../security/governance.ts';
import type { Content } from '../store/port.ts';
import { decodeLight, encodeLight } from './made.ts';
import type { EngineContent } from './port.ts';

const PIECE = ['rtfs/records', 1] as const;

/** Under what name the piece with this number is written; the first is 1. */
export function pieceName(number: number): string {
  return `records/${number}`;
}

/** Collects records until they are written. */
export class Records {
  /** The number of the last turn. */
  turn: number;
  private readonly requested: Set<string>;
  private readonly nowMs: () => number;
  private drafts: RecordDraft[] = [];
  /** The turn has begun, and what comes of it is not known: what is answered while a merge is asked about belongs to it. */
  private isAhead = false;

  /** `requested`: the calls under way that earlier segments have told of. */
  constructor(turn: number, requested: Iterable<string>, nowMs: () => number) {
    this.turn = turn;
    this.requested = new Set(requested);
    this.nowMs = nowMs;
  }

  /** Those that were not taken yet. */
  take(): readonly RecordDraft[] {
    const { drafts } = this;
    this.drafts = [];
    return drafts;
  }

  draft(kind: RecordKind, data: DraftData): void {
    this.drafts.push({ timeMs: this.nowMs(), kind, data });
  }

  turned({ events, outcome }: Turn<State, Event>): void {
    this.isAhead = false;
    if (events.length > 0) this.draft('turn-ended', { turn: this.turn, events: Vector.adopt(events.map(eventToJson)) });
    if (this.requested.size === 0) return;
    const wanted = new Set('calls' in outcome ? outcome.calls.map(({ id }) => id) : []);
    for (const id of [...this.requested]) if (!wanted.has(id)) this.requested.delete(id);
  }

  factsOf(call: HostCall): DraftData {
    return callFacts(call, this.turn);
  }

  starting(flights: readonly Flight[]): void {
    for (const flight of flights) {
      const { call, attempt, hold, askedMs, isRepeated } = flight;
      if (hold?.kind === 'pause') continue;
      if (hold?.kind === 'approval') {
        if (!this.requested.has(`${call.id} asked`) && askedMs !== null) this.draft('approval-requested', askedData(flight, hold, this.turn));
        this.requested.add(`${call.id} asked`);
      } else if (hold === null && isRepeated) this.draft('call-repeated', { call: call.id });
      // Which capability it is in truth, and what it is shown, is only known inside of the step.
      else if (attempt !== null) {
        if (hold === null) this.draft('attempt-started', { call: call.id, attempt: attemptingValue(attempt) });
      } else if (!this.requested.has(call.id)) this.draft('call-requested', this.factsOf(call));
      this.requested.add(call.id);
    }
  }

  answering(answers: readonly Given[], quanta: readonly number[]): void {
    const before = this.isAhead ? [] : quanta;
    if (!this.isAhead) this.turn += 1;
    this.isAhead = true;
    for (const given of answers) {
      const { call, answer, by } = given;
      if ((by === 'policy' || by === 'budget') && !this.requested.has(call.id)) this.draft('call-requested', refusedData(call, this.turn, answer));
      this.draft('call-answered', answeredData(given, this.turn, before));
    }
  }

  cancelling({ reason, who }: CancelRequest, quanta: readonly number[]): void {
    this.turn += 1;
    this.draft('cancel-requested', { turn: this.turn, reason, who: who ?? undefined, quanta: quantaValue(quanta) });
  }

  patching({ data, policy, who }: PatchRequest, quanta: readonly number[]): void {
    this.turn += 1;
    this.draft('context-patched', { turn: this.turn, data, policy, who: who ?? undefined, quanta: quantaValue(quanta) });
  }

  refused(refusals: readonly Refusal[]): void {
    for (const refusal of refusals) this.draft('governance-denied', refusalFacts(refusal, this.turn));
  }

  judged(callId: string, approval: Approval): void {
    this.draft(approval.verdict === 'approve' ? 'approval-granted' : 'approval-denied', { call: callId, approval: approvalValue(approval) });
  }

  ended(ended: Ended, status: 'complete' | 'failed' | 'cancelled', { budget }: Memory): void {
    const spent = budget === null ? undefined : spentValue(budget);
    if (ended.kind === 'complete') this.draft('run-complete', { value: ended.value, budget: spent });
    else this.draft(status === 'cancelled' ? 'run-cancelled' : 'run-failed', { error: ended.error, budget: spent, by: ended.byHost === true ? keyword('host') : undefined });
  }
}

export async function encodePiece(drafts: readonly RecordDraft[], store: EngineContent): Promise<Uint8Array> {
  const content: Content[] = [];
  const records = drafts.map(({ kind, timeMs, data }) => Vector.of(keyword(kind), timeMs, recordData(lightened(data, content))));
  for (const one of content) await store.write(one.hash, one.bytes);
  return encodeLight(...PIECE, { records: Vector.adopt(records) }, store);
}

/** Values that steps have put into content already stay there; others are small, or are put there now. */
function lightened(data: DraftData, content: Content[]): DraftData {
  return isSmall(data) ? data : lighten(data, content);
}

const SMALL = new Set(['number', 'boolean', 'undefined']);

function isSmall({ value, error, args }: DraftData): boolean {
  return error === undefined && (value === null || SMALL.has(typeof value)) && (args === undefined || (args instanceof Vector && args.toArray().every((one) => one === null || SMALL.has(typeof one))));
}

/** The records of a piece. Throws for what is none. */
export async function decodePiece(bytes: Uint8Array, store: EngineContent): Promise<readonly RecordDraft[]> {
  const facts = await decodeLight(...PIECE, bytes, store, WITHOUT_CODE);
  return facts.items('records').map((item) => {
    const [kind, timeMs, data] = item instanceof Vector ? item.toArray() : [];
    const found = RECORD_KINDS.find((one) => kind === keyword(one));
    if (found === undefined || typeof timeMs !== 'number' || !(data instanceof MapValue)) throw new Error('a record of the run is damaged');
    return { kind: found, timeMs, data: Object.fromEntries([...data].map(([key, value]) => [nameOf(key), value])) };
  });
}

function nameOf(key: Value): string {
  return key instanceof Keyword ? key.name : '';
}
