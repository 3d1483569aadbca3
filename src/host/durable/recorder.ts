/**
 * What a run writes to its journal, and when (H1): before a call that the world would feel twice, before an answer reaches the machine,
 * before the run is put away, at its end. What may wait for the next of these moments waits for it, so an effect that may be repeated
 * costs one write: request and answer go together.
 *
 * A checkpoint is the state before the answers that follow it in the same batch: whoever goes on reads the last checkpoint and gives
 * the answers after it again, so the way back is never longer than `checkpoint.effects` answers.
 */
import { eventToJson } from '../../evaluator/event-value.ts';
import type { Event, State } from '../../evaluator/state.ts';
import type { Stored } from '../../evaluator/stored.ts';
import { encodeValue } from '../../value/bytes.ts';
import { hashValue } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import { keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Flight, Given } from '../flight.ts';
import type { Recalled, Waiting } from '../hold.ts';
import type { Sha256 } from '../journal/digest.ts';
import type { DraftData, RecordDraft, RecordKind } from '../journal/record.ts';
import type { Note } from '../book.ts';
import { type Memory, memoryValue } from '../memory.ts';
import type { CancelRequest, Ended, PatchRequest, Recorder } from '../recorder.ts';
import type { ApprovalQuestion, Clock, HostCall, Turn } from '../port.ts';
import { type Approval, approvalHash, approvalValue, wordIn } from '../security/approval.ts';
import { spentValue } from '../security/budget.ts';
import { type Refusal, refusalFacts } from '../security/governance.ts';
import type { Batch, Content, Hash, Head, Lease, Owner, RowChange, SignedHead, Store } from '../store/port.ts';
import { answeredData, askedData, attemptData, callFacts, chained, labelIn, type OpenCall, openValue, quantaValue, refusedData, requestedData, UNASKED, waitValue } from './record-data.ts';
import type { StateKeeper } from './state-keeper.ts';

/** When the state is written besides the answers; each alone is enough. */
export interface CheckpointPolicy {
  /** After so many answers. */
  readonly effects: number;
  /** After so many bytes of records. */
  readonly bytes: number;
  /** After every step that ended. */
  readonly steps: boolean;
  /** After so much time, looked at when an answer comes. */
  readonly everyMs: number;
}

export const DEFAULT_CHECKPOINTS: CheckpointPolicy = { effects: 50, bytes: 256 * 1024, steps: false, everyMs: Number.POSITIVE_INFINITY };

/** When a run that waits for time or people is put away. */
export interface ParkPolicy {
  /** Also when it waits for nothing but time. */
  readonly timers: boolean;
  /** Not when something is due within this time. */
  readonly graceMs: number;
  /** The process waits for everything. */
  readonly never?: boolean;
}

export type SignHead = (run: string, head: Head) => Promise<SignedHead>;

export interface RecorderParts {
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly keeper: StateKeeper;
  readonly checkpoints: CheckpointPolicy;
  readonly park: ParkPolicy;
  /** Signs heads; null: nobody does. */
  readonly sign: SignHead | null;
  /** Whether questions to persons are put by this process, and to whom: `human:ann`. */
  readonly asks: boolean;
  readonly person: string;
  readonly position: Position;
  /** Looks for messages before the run is put away; true when there were some. */
  readonly lookAround: () => Promise<boolean>;
  /** What the run remembers now. */
  readonly memory: () => Memory;
}

/** Where a journal stands. */
export interface Position {
  readonly head: Head;
  /** The number of the last turn. */
  readonly turn: number;
  /** The events of that turn that are in the journal, as lines. */
  readonly known: ReadonlySet<string>;
  /** The calls that are under way, by id. */
  readonly open: ReadonlyMap<string, OpenCall>;
  /** Somebody has cancelled the run; it undoes what it began. */
  readonly isCancelled: boolean;
  /** That turn is held: what began it is written, and it has not happened. */
  readonly isAhead: boolean;
  /** The goes of the machine since that turn began, as long as it is preempted. */
  readonly goes: readonly number[];
  readonly sinceCheckpoint: { readonly effects: number; readonly bytes: number; readonly atMs: number };
}

export class RunRecorder implements Recorder<State, Event> {
  readonly asks: boolean;
  readonly run: string;
  private readonly parts: RecorderParts;
  private head: Head;
  private turn: number;
  private known: ReadonlySet<string>;
  private readonly open: Map<string, OpenCall>;
  private state: State | null = null;
  private drafts: RecordDraft[] = [];
  private content: Content[] = [];
  private taken: number[] = [];
  private change: RowChange = NO_CHANGE;
  /** The last checkpoint among the drafts: which of them it is, and its state. */
  private saved: { readonly at: number; readonly root: Hash } | null = null;
  private effects: number;
  private bytes: number;
  private checkpointMs: number;
  private stepEnded = false;
  /** The hash of what it waits for, as the store says while the run is driven; null: nothing. */
  private shown: Hash | null = null;
  /** An attempt is not in the store yet: it has to be before there is another one, so that attempts are counted right. */
  private attemptEnded = false;
  private isCancelled: boolean;
  /** What the machine has not come to terms with is written already: its state is one of before, and no checkpoint. */
  private isAhead: boolean;

  constructor(parts: RecorderParts) {
    const { head, turn, known, open, sinceCheckpoint } = parts.position;
    this.parts = parts;
    this.run = parts.lease.run;
    this.asks = parts.asks;
    this.head = head;
    this.turn = turn;
    this.known = known;
    this.open = new Map(open);
    this.isCancelled = parts.position.isCancelled;
    this.isAhead = parts.position.isAhead;
    this.effects = sinceCheckpoint.effects;
    this.bytes = sinceCheckpoint.bytes;
    this.checkpointMs = sinceCheckpoint.atMs;
  }

  recall = (callId: string): Recalled | null => this.open.get(callId) ?? null;

  factsOf = (call: HostCall): DraftData => callFacts(call, this.turn);

  note: Note = (kind, data, message = null) => {
    this.draft(kind, data);
    if (message !== null) this.taken.push(message);
    const call = data['call'];
    if (typeof call !== 'string') return;
    // Between its attempts nothing of a call with hints is in doubt.
    if (kind === 'call-requested') this.open.set(call, { ...UNASKED, wasRequested: true });
    else if (kind === 'attempt-ended') {
      this.open.set(call, { ...(this.open.get(call) ?? UNASKED), dueMs: null, wasMade: false });
      this.attemptEnded = true;
    }
  };

  idempotencyKey = (callId: string): string => `${this.run}/${callId}`;

  turned = ({ state, events, outcome }: Turn<State, Event>): void => {
    this.state = state;
    this.isAhead = false;
    if ('calls' in outcome && this.open.size > 0) this.forgetDropped(outcome.calls);
    if (events.length === 0) return;
    const lines = events.map(eventToJson).filter((line) => !this.known.has(line));
    if (lines.length > 0) this.draft('turn-ended', { turn: this.turn, events: Vector.adopt(lines) });
    if (events.some((event) => event.kind === 'step-completed' || event.kind === 'step-failed')) this.stepEnded = true;
  };

  /** Calls that the program gave up. */
  private forgetDropped(calls: readonly HostCall[]): void {
    const wanted = new Set(calls.map((call) => call.id));
    for (const id of [...this.open.keys()]) if (!wanted.has(id)) this.open.delete(id);
  }

  starting = (flights: readonly Flight[]): Promise<void> | null => {
    let mustWrite = false;
    for (const flight of flights) {
      const { call, judged, hold, dueMs, askedMs } = flight;
      if (hold?.kind === 'pause') {
        mustWrite = true;
        continue;
      }
      const before = this.open.get(call.id);
      const wasMade = hold === null;
      if (hold?.kind === 'approval') {
        if (before?.askedMs == null) this.draft('approval-requested', askedData(flight, hold, this.turn));
      } else if (wasMade && flight.isRepeated) this.draft('call-repeated', { call: call.id });
      else if (flight.attempt !== null) this.draft('attempt-started', attemptData(flight, flight.attempt));
      else if (before === undefined || !before.wasRequested) this.draft('call-requested', requestedData(flight, this.turn));
      const wasRequested = hold?.kind !== 'approval' || flight.attempt !== null;
      this.open.set(call.id, { dueMs, wasMade: wasMade || flight.isRepeated, askedMs, approved: before?.approved ?? null, denied: before?.denied ?? null, wasRequested });
      mustWrite ||= wasMade && judged.capability.determinism === 'live';
    }
    // Nothing of the run has changed but what is under way: records alone are quicker to write.
    return mustWrite || this.attemptEnded ? this.write(false) : null;
  };

  answering = (answers: readonly Given[], quanta: readonly number[]): Promise<void> => {
    const { checkpoints, clock } = this.parts;
    const isDue = this.effects >= checkpoints.effects || this.bytes >= checkpoints.bytes || (checkpoints.steps && this.stepEnded);
    const label = labelIn(answers);
    const isTime = checkpoints.everyMs < Number.POSITIVE_INFINITY && clock.nowMs() - this.checkpointMs >= checkpoints.everyMs;
    if (label !== null || isDue || isTime) this.checkpoint(label === null ? 'policy' : 'plan', label, quanta);
    // What comes while a turn is held is given with it.
    const before = this.isAhead ? [] : quanta;
    if (!this.isAhead) this.beginTurn();
    for (const given of answers) this.answered(given, before);
    if (this.shown !== null) {
      this.shown = null;
      this.change = { ...this.change, waits: new Uint8Array(0) };
    }
    return this.write();
  };

  cancelling = ({ reason, who, message }: CancelRequest, quanta: readonly number[]): Promise<void> => {
    this.isCancelled = true;
    this.beginTurn();
    this.draft('cancel-requested', { turn: this.turn, reason, who: who ?? undefined, quanta: quantaValue(quanta) });
    if (message !== null) this.taken.push(message);
    return this.write();
  };

  /** The context of the run is changed from outside while it waits. */
  patching = ({ data, policy, who, message }: PatchRequest, quanta: readonly number[]): Promise<void> => {
    this.beginTurn();
    this.draft('context-patched', { turn: this.turn, data, policy, who: who ?? undefined, quanta: quantaValue(quanta) });
    if (message !== null) this.taken.push(message);
    return this.write();
  };

  refusing = ({ message }: PatchRequest, reason: string): void => {
    if (message !== null) this.ignoring(message, reason);
  };

  /** A message that cannot be followed: it is taken all the same, and the journal says why. */
  ignoring(message: number, reason: string): void {
    this.draft('message-ignored', { message, reason });
    this.taken.push(message);
  }

  refusedMerges(refusals: readonly Refusal[]): void {
    for (const refusal of refusals) this.draft('governance-denied', refusalFacts(refusal, this.turn));
  }

  /** Large values of contexts were read from the store. */
  fetched(values: readonly Stored[]): void {
    for (const { hash, bytes } of values) this.draft('value-fetched', { hash, bytes });
  }

  repeating(callId: string, who: string | null, message: number): void {
    this.draft('call-repeated', { call: callId, who: who ?? undefined });
    this.taken.push(message);
  }

  park = (waits: readonly Waiting[]): Promise<boolean> | null => {
    const { park, clock } = this.parts;
    if (park.never === true) return this.told(waits);
    const dues = waits.map((wait) => wait.dueMs).filter((due) => due !== null);
    const wakeMs = dues.length === 0 ? null : Math.min(...dues);
    const forTimeAlone = waits.every(({ hold }) => hold.kind === 'timer' || hold.kind === 'pause');
    if ((forTimeAlone && !park.timers) || (wakeMs !== null && wakeMs - clock.nowMs() <= park.graceMs)) return null;
    return this.putAway(waits, wakeMs);
  };

  /** Whoever looks at the runs of the store sees what this one waits for, though it is not put away. */
  private told(waits: readonly Waiting[]): Promise<boolean> | null {
    const shown = Vector.adopt(waits.map(waitValue));
    const hash = hashValue(shown);
    if (hash === this.shown) return null;
    this.shown = hash;
    this.draft('run-waiting', { waits: shown, budget: this.budget() });
    this.change = { ...this.change, waits: encodeValue(shown) };
    return this.write().then(() => false);
  }

  private async putAway(waits: readonly Waiting[], wakeMs: number | null): Promise<boolean> {
    if (await this.parts.lookAround()) return false;
    // A turn that is held waits in the midst of what it does: who goes on takes it again.
    if (this.state?.status === 'waiting' && (this.effects > 0 || this.turn === 0)) this.checkpoint('waiting', null, []);
    const shown = Vector.adopt(waits.map(waitValue));
    this.draft('run-waiting', { waits: shown, budget: this.budget() });
    this.change = { ...this.change, status: 'waiting', wakeMs, waits: encodeValue(shown) };
    await this.writeSigned();
    return true;
  }

  ended = (result: Ended, request: CancelRequest | null): Promise<void> => {
    if (request !== null) this.isCancelled = true;
    if (request?.message != null) this.taken.push(request.message);
    if (result.kind === 'complete') this.draft('run-complete', { value: result.value, budget: this.budget() });
    else this.draft(this.wasCancelled(result) ? 'run-cancelled' : 'run-failed', { error: result.error, budget: this.budget(), by: result.byHost === true ? keyword('host') : undefined, who: request?.who ?? undefined });
    const status = result.kind === 'complete' ? 'complete' : this.wasCancelled(result) ? 'cancelled' : 'failed';
    this.change = { ...this.change, status, wakeMs: null, waits: new Uint8Array(0) };
    return this.writeSigned();
  };

  private budget(): Value | undefined {
    const { budget } = this.parts.memory();
    return budget === null ? undefined : spentValue(budget);
  }

  private wasCancelled(result: Ended): boolean {
    return this.isCancelled && result.kind === 'failed' && result.error.type.name === 'error/cancelled';
  }

  /** Everything that is pending, and the state, is written: the run can go on from here in another process. */
  async settle(reason: string, quanta: readonly number[]): Promise<void> {
    this.checkpoint(reason, null, quanta);
    await this.writeSigned();
  }

  /** This process goes on with the run. */
  resumed({ host, processId }: Owner): void {
    this.draft('run-resumed', { host, process: processId });
    this.change = { ...this.change, status: 'running', wakeMs: null, waits: new Uint8Array(0) };
  }

  draft(kind: RecordKind, data: DraftData): void {
    this.drafts.push({ timeMs: this.parts.clock.nowMs(), kind, data });
  }

  private beginTurn(): void {
    this.turn += 1;
    this.isAhead = true;
    if (this.known.size > 0) this.known = NOTHING;
    this.stepEnded = false;
  }

  private answered(given: Given, quanta: readonly number[]): void {
    const { call, answer, by, message } = given;
    if (by === 'policy' || by === 'budget') this.draft('call-requested', refusedData(call, this.turn, answer));
    this.open.delete(call.id);
    this.draft('call-answered', answeredData(given, this.turn, quanta));
    if (message !== null) this.taken.push(message);
    this.effects += 1;
  }

  /** The word of a person on a call that waits for it. */
  judged(callId: string, approval: Approval, message: number | null): void {
    const before = this.open.get(callId);
    const kind = approval.verdict === 'approve' ? 'approval-granted' : 'approval-denied';
    this.draft(kind, { call: callId, approval: approvalValue(approval) });
    if (message !== null) this.taken.push(message);
    if (before !== undefined) this.open.set(callId, { ...before, ...wordIn(approval) });
  }

  said = (callId: string, { verdict, hash }: Pick<Approval, 'verdict' | 'hash'>): void => {
    this.judged(callId, { verdict, hash, by: this.parts.person, timeMs: this.parts.clock.nowMs(), comment: null }, null);
  };

  approvalHash = ({ shown }: ApprovalQuestion, callId: string): string => approvalHash(shown, this.run, callId);

  /** `quanta` are the goes of the machine since its turn began, when it is preempted. */
  private checkpoint(reason: string, label: string | null, quanta: readonly number[]): void {
    if (this.state === null || this.isAhead) return;
    const { root, content } = this.parts.keeper.write(this.state);
    this.content.push(...content);
    this.saved = { at: this.drafts.length, root };
    const open = MapValue.from([...this.open].map(([id, call]) => [id, openValue(call)] as const));
    this.draft('checkpoint', { root, turn: this.turn, open, memory: memoryValue(this.parts.memory()), reason: keyword(reason), label: label ?? undefined, cancelled: this.isCancelled || undefined, quanta: quantaValue(quanta) });
    this.effects = 0;
    this.bytes = 0;
    this.checkpointMs = this.parts.clock.nowMs();
    this.stepEnded = false;
  }

  /** Writes all that is pending as one batch; whether the row says when. */
  write(isDated: boolean = true): Promise<void> {
    return this.hasPending ? this.parts.store.append(this.parts.lease, this.batch(isDated)) : Promise.resolve();
  }

  private async writeSigned(): Promise<void> {
    if (!this.hasPending) return;
    const batch = this.batch(true);
    const signature = (await this.parts.sign?.(this.run, this.head)) ?? null;
    await this.parts.store.append(this.parts.lease, { ...batch, signature });
  }

  private get hasPending(): boolean {
    return this.drafts.length > 0 || this.taken.length > 0;
  }

  /** What is pending, which is no more. The head is that of its records. */
  private batch(isDated: boolean): Batch {
    const { drafts, content, taken, saved } = this;
    const records = chained(this.run, this.head, drafts, content, this.parts.sha256);
    const last = records.at(-1);
    let { change } = this;
    if (change !== NO_CHANGE || isDated) {
      const updatedMs = this.parts.clock.nowMs();
      change = change === NO_CHANGE ? { updatedMs } : { ...change, updatedMs };
    }
    if (saved !== null) change = { ...change, checkpoint: { seq: records[saved.at]!.seq, hash: saved.root } };
    this.drafts = [];
    if (content.length > 0) this.content = [];
    if (taken.length > 0) this.taken = [];
    this.change = NO_CHANGE;
    this.saved = null;
    this.attemptEnded = false;
    if (last !== undefined) this.head = { seq: last.seq, hash: last.hash };
    for (const record of records) this.bytes += record.bytes.length;
    // An array that is empty is written to again.
    return { records, content: content.length > 0 ? content : NO_CONTENT, signature: null, change, taken: taken.length > 0 ? taken : NONE_TAKEN };
  }
}

const NO_CHANGE: RowChange = {};
const NO_CONTENT: readonly Content[] = [];
const NONE_TAKEN: readonly number[] = [];
const NOTHING: ReadonlySet<string> = new Set();
