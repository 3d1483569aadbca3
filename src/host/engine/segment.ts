/**
 * One segment of a run, driven on an engine: the house's own loop, where the engine says what comes next. The loop, the machine and all
 * that is here do the same in every attempt, for everything that they learn comes through `Segment.first`; what only the world knows (the
 * time, what the policy says today, what came of a call) is inside of steps.
 *
 * - A call is a step, named by the capability and the call's place in the run. One that the world would feel twice is two: the first says
 *   that it may be made, and only the attempt that wrote this makes it; in a later one nobody knows, and somebody is asked.
 * - A call that is held (`hold.ts`) was a step as well, whose result says what it waits for.
 * - After some calls the segment hands over the state to the next one as soon as no call works, so that the way back never gets longer:
 *   the smaller the state, the sooner, for going through an answered call again takes as long as reading a kilobyte of state. After ten
 *   times as many it makes no more, whatever works.
 */
import { randomBytes } from 'node:crypto';
import { exposedContext, mergeContext, variablesAt } from '../../evaluator/kernel.ts';
import { snapshot } from '../../evaluator/snapshot.ts';
import type { Event, State } from '../../evaluator/state.ts';
import type { Note } from '../book.ts';
import type { CallbackRuns } from '../callback/callback.ts';
import { readParent } from '../durable/callback.ts';
import { recordFields } from '../durable/facts.ts';
import { follow, type Listener } from '../durable/follow.ts';
import type { Runnable } from '../durable/program.ts';
import { waitValue } from '../durable/record-data.ts';
import { DURABLE_QUANTUM } from '../durable/recover.ts';
import type { Flight, Given, LoopEngine } from '../flight.ts';
import type { Hold, Recalled, Waiting } from '../hold.ts';
import type { DraftData } from '../journal/record.ts';
import { Loop } from '../loop.ts';
import type { CancelRequest, Ended, PatchRequest, Recorder } from '../recorder.ts';
import { afterTurn } from '../memory.ts';
import { adapted, type Performance } from '../perform.ts';
import type { Answer, ApprovalQuestion, Clock, HostCall, Turn } from '../port.ts';
import { type Approval, approvalHash, wordIn } from '../security/approval.ts';
import { spentValue } from '../security/budget.ts';
import { Governor } from '../security/governance.ts';
import { emptyLineage, originsWithin } from '../security/lineage.ts';
import { engineCallbacks } from './callback.ts';
import { encodeSegment, encodeStatus, type EngineStatus, STATUS_NAME } from './documents.ts';
import { decodeMade, encodeMade, type Made } from './made.ts';
import { make, type Making, readerOf } from './make.ts';
import { type Opening, openSegment } from './opening.ts';
import type { DriveSegment, Pending, Segment, Settled } from './port.ts';
import { encodePiece, pieceName, Records } from './records.ts';
import { governedKernel } from './rules.ts';
import { DEFAULT_SEGMENT, type EngineWorld, everything, type SegmentLimits, worldOf } from './world.ts';

const CONCURRENT_CALLS = 256;
/** The share of the calls of a segment after which it hands over when the state is small. */
const EARLY = 0.1;
/** Of the state that a segment began with, for each call that it may make before it hands over. */
const STATE_BYTES_A_CALL = 1_000;
const OVERFULL_BYTES = 4;
/** A wait for time alone that is over sooner is not told to those who ask. */
const SHORT_WAIT_MS = 5_000;

/** Drives the segments of all runs of an engine. */
export function segmentDriver(world: EngineWorld): DriveSegment {
  const programs = new Map<string, Runnable>();
  return async (segment, input) => {
    const opening = await openSegment(world, segment, input, programs);
    return new SegmentRun({ world: worldOf(world, opening.facts), segment, opening }).drive();
  };
}

interface SegmentParts {
  readonly world: EngineWorld;
  readonly segment: Segment;
  readonly opening: Opening;
}

/** Is told when what it waits for is there. */
type Arrival = (bytes: Uint8Array, atMs: number | null) => void | Promise<void>;

class SegmentRun implements LoopEngine, Recorder<State, Event>, Listener {
  readonly asks = false;
  readonly run: string;
  private readonly parts: SegmentParts;
  private readonly limits: SegmentLimits;
  private readonly loop: Loop<State, Event>;
  private readonly stopping = new AbortController();
  /** All that is waited for, in the order in which it was asked for. */
  private readonly pending = new Map<Pending, Arrival>();
  /** The steps that are under way, by the ids of their calls. */
  private readonly steps = new Map<string, { readonly step: Pending; readonly resolve: (made: Answer | Hold) => void }>();
  private readonly open: Map<string, Recalled>;
  /** Those of the calls that this attempt may make although the world would feel them twice. */
  private readonly tokens = new Set<string>();
  private readonly records: Records;
  /** How many pieces of them are written. */
  private pieces: number;
  /** The newest time that has come out of a step or with a message. */
  private nowMs: number;
  private message: number;
  private answered: number;
  private isCancelled: boolean;
  private ignored: string | null = null;
  private working = 0;
  /** Calls wait for the next segment: how each is begun. */
  private heldBack: (() => void)[] = [];
  /** A turn has begun and not happened, since somebody is asked about a merge of it: its answers are in no state yet. */
  private isAhead = false;
  private calls = 0;
  /** After so many calls the segment hands over when it can. */
  private readonly early: number;
  private bytes = 0;
  private goes = 0;
  /** The calls that were last said to be waited for; null: something is to be said anew. */
  private told: string | null = '';
  private ending: Ended | null = null;

  constructor(parts: SegmentParts) {
    const { world, segment, opening } = parts;
    const { handover, first, held, memory, nowMs, budgetSource, rules } = opening;
    this.parts = parts;
    this.run = segment.run;
    this.limits = { ...DEFAULT_SEGMENT, ...world.segment };
    this.early = Math.max(this.limits.calls * EARLY, (handover?.state.length ?? 0) / STATE_BYTES_A_CALL);
    this.open = new Map(handover?.open);
    this.nowMs = nowMs;
    this.pieces = handover?.pieces ?? 0;
    this.records = new Records(handover?.turn ?? 0, handover?.open.keys() ?? [], () => this.nowMs);
    if (handover === null) this.records.draft('run-started', { ...recordFields(opening.facts), ...opening.granted });
    if (held === null) this.records.refused(opening.refusals);
    this.message = handover?.message ?? 1;
    this.answered = handover?.answered ?? 0;
    this.isCancelled = handover?.cancelled ?? false;
    const governor = rules === null ? null : new Governor(rules, { lineage: () => this.loop.memory.lineage ?? emptyLineage(), refused: (refusals) => this.records.refused(refusals) });
    this.isAhead = held !== null;
    this.loop = new Loop<State, Event>({
      kernel: { ...governedKernel(governor), patch: mergeContext, exposed: exposedContext, variables: variablesAt },
      first: held === null || governor === null ? first : governor.hold(first, held.question, held.take), memory, follow: afterTurn, host: { ...everything(world.host), clock: this.clock(), budget: { grant: {}, source: budgetSource } }, signal: this.stopping.signal, quantum: DURABLE_QUANTUM, maxConcurrent: world.maxConcurrent ?? CONCURRENT_CALLS,
      observer: { ...world.observer, dropped: this.dropped }, recorder: this, engine: this, ...this.callbacks(),
    });
  }

  async drive(): Promise<void> {
    const { handover, wasCancelled } = this.parts.opening;
    this.listen();
    if (wasCancelled) this.loop.cancel(BY_ENGINE);
    if (handover !== null) await this.report({ status: 'running' });
    const result = await this.loop.run();
    if (this.ending !== null) return this.report(endOf(this.ending, this.isCancelled));
    if (result.kind === 'cancelled') await this.handOver(result.state);
  }

  /** Begun from inside of steps, so that what becomes of them is in what the step of their call gives. */
  private callbacks(): { readonly callbacks?: CallbackRuns } {
    const { world: { engine, host }, segment, opening: { facts, code } } = this.parts;
    if (engine === undefined) return {};
    return { callbacks: engineCallbacks({ engine, run: this.run, hops: readParent(facts)?.hops ?? 0, started: facts, code, clock: host.clock, over: segment.signal }) };
  }

  // ── as the engine of the loop ──────────────────────────────────────────────────────────────────────────────────────

  make = (flight: Flight, performance: Performance): Promise<Answer | Hold> =>
    new Promise((resolve) => {
      // Calls that earlier segments left are no new ones, else segments could follow each other without end.
      const isLeft = this.recall(flight.call.id) !== null;
      if (this.isOverfull && !isLeft) {
        // What is not begun here is begun by the next segment.
        this.heldBack.push(() => this.makeIn(flight.made, performance, 'first', resolve));
        return;
      }
      if (!isLeft) this.calls += 1;
      this.makeIn(flight.made, performance, 'first', resolve);
    });

  changed = async (): Promise<void> => {
    if (this.heldBack.length > 0 && this.working === 0) {
      if (!this.isAhead) return this.stopping.abort();
      // There is no next one before somebody has spoken.
      for (const begin of this.heldBack.splice(0)) begin();
    }
    await this.next();
  };

  breathe = async (): Promise<void> => {
    this.goes += 1;
    if (this.isFull && this.working === 0 && this.loop.isCaughtUp) return this.stopping.abort();
    // The machine could go on, and something may have come: the engine says which it was.
    const goOn = this.parts.segment.step('go on', () => Promise.resolve(NO_BYTES));
    this.pending.set(goOn, () => undefined);
    await this.next();
    this.pending.delete(goOn);
  };

  private async next(): Promise<void> {
    const settled = await this.parts.segment.first([...this.pending.keys()]);
    await this.arrived(settled);
    // Whoever waited for it goes on before the loop does.
    await new Promise((resolve) => setImmediate(resolve));
  }

  private async arrived(settled: Settled): Promise<void> {
    if (settled.kind === 'cancelled') return this.loop.cancel(BY_ENGINE);
    const arrival = this.pending.get(settled.pending);
    this.pending.delete(settled.pending);
    await arrival?.(settled.bytes, settled.atMs);
  }

  /** The segment hands over as soon as nothing works. */
  private get isFull(): boolean {
    const { calls, bytes, goes } = this.limits;
    return this.calls >= Math.min(calls, this.early) || this.bytes >= bytes || this.goes >= goes;
  }

  /** Something has been working for so long that it cannot be waited for without an end to what others do meanwhile. */
  private get isOverfull(): boolean {
    const { calls, bytes } = this.limits;
    return this.calls >= calls || this.bytes >= bytes * OVERFULL_BYTES;
  }

  private makeIn(call: HostCall, performance: Performance, phase: 'first' | string, resolve: (made: Answer | Hold) => void): void {
    const { segment, opening, world } = this.parts;
    const traces = { origins: this.originsOf(call), lineage: this.loop.memory.lineage };
    const name = `${call.capability} ${call.id}`;
    const step = segment.step(phase === 'first' ? name : `${name} made`, () => this.work(call, performance, traces, phase));
    this.working += 1;
    this.steps.set(call.id, { step, resolve });
    this.pending.set(step, async (bytes) => {
      this.working -= 1;
      this.steps.delete(call.id);
      this.bytes += bytes.length;
      const { made, nowMs } = await decodeMade(bytes, call, (one) => readerOf(one, world.host), segment.content, opening.code);
      this.nowMs = Math.max(this.nowMs, nowMs);
      if (made.kind === 'answered') this.account(call, made, performance);
      if (made.kind === 'ready') this.makeIn(call, performance, made.token, resolve);
      else resolve(made.kind === 'answered' ? made.answer : made.hold);
    });
  }

  private account({ id }: HostCall, { usage, isRefused, denial }: Extract<Made, { kind: 'answered' }>, performance: Performance): void {
    if (denial !== null) this.records.draft('governance-denied', { call: id, denial });
    if (usage !== null) performance.used(usage);
    if (isRefused) this.loop.refused(id);
  }

  /** The plan waits for it no more. */
  private dropped = ({ id }: HostCall): void => {
    const under = this.steps.get(id);
    if (under === undefined) return;
    this.steps.delete(id);
    this.pending.delete(under.step);
    this.working -= 1;
    // Nobody looks at it; the loop counts what works.
    under.resolve({ id, ok: true, value: null });
  };

  /** All keys that went into the arguments; undefined when nobody asks. */
  private originsOf({ derivedFrom }: HostCall): readonly string[] | undefined {
    const { lineage } = this.loop.memory;
    return lineage === null || derivedFrom === undefined ? undefined : originsWithin(lineage, derivedFrom);
  }

  /** Inside of a step: nothing here may change what the attempt does, but for the tokens, which later attempts do not have. */
  private async work(call: HostCall, performance: Performance, traces: Pick<Making, 'origins' | 'lineage'>, phase: 'first' | string): Promise<Uint8Array> {
    const { world, segment } = this.parts;
    const signal = AbortSignal.any([performance.signal(), segment.signal]);
    const newToken = (): string => {
      const token = randomBytes(16).toString('hex');
      this.tokens.add(token);
      return token;
    };
    const made: Made =
      phase !== 'first' && !this.tokens.delete(phase)
        ? { kind: 'held', hold: { kind: 'unsure' } }
        : await make(call, {
            host: world.host, ...traces, performance: adapted(performance, { signal: () => signal }), recalled: this.recall(call.id), approvalHash: this.approvalHash,
            newToken: phase === 'first' ? newToken : null,
          });
    return encodeMade(made, world.host.clock.nowMs(), segment.content);
  }

  private clock(): Clock {
    return {
      nowMs: () => this.nowMs,
      sleep: (durationMs, signal) =>
        new Promise((resolve) => {
          const overMs = this.nowMs + durationMs;
          const timer = this.parts.segment.timer(durationMs);
          this.pending.set(timer, () => {
            this.nowMs = Math.max(this.nowMs, overMs);
            resolve();
          });
          signal.addEventListener('abort', () => {
            this.pending.delete(timer);
            resolve();
          });
        }),
    };
  }

  private listen(): void {
    const number = this.message;
    this.pending.set(this.parts.segment.message(number), (bytes, atMs) => {
      this.nowMs = Math.max(this.nowMs, atMs ?? 0);
      this.message = number + 1;
      this.ignored = follow(number, bytes, { run: this.run, loop: this.loop, recorder: this, nowMs: this.nowMs, code: this.parts.opening.code });
      // So that whoever said it hears of it.
      if (this.ignored !== null) this.told = null;
      this.listen();
    });
  }

  // ── as the recorder of the loop ────────────────────────────────────────────────────────────────────────────────────

  factsOf = (call: HostCall): DraftData => this.records.factsOf(call);

  note: Note = (kind, data) => this.records.draft(kind, data);

  recall = (callId: string): Recalled | null => this.open.get(callId) ?? null;

  idempotencyKey = (callId: string): string => `${this.run}/${callId}`;

  approvalHash = ({ shown }: ApprovalQuestion, callId: string): string => approvalHash(shown, this.run, callId);

  turned = (turn: Turn<State, Event>): void => {
    const { outcome } = turn;
    this.isAhead = false;
    this.records.turned(turn);
    if (!('calls' in outcome)) return;
    if (this.open.size > 0) this.forgetAnswered(outcome.calls);
    if (this.isFull && this.working === 0 && this.loop.isCaughtUp) this.stopping.abort();
  };

  private forgetAnswered(calls: readonly HostCall[]): void {
    const waited = new Set(calls.map((call) => call.id));
    for (const id of [...this.open.keys()]) if (!waited.has(id)) this.open.delete(id);
  }

  starting = (flights: readonly Flight[]): Promise<void> | null => {
    this.records.starting(flights);
    for (const { call, hold, dueMs, askedMs } of flights) {
      if (hold !== null) this.open.set(call.id, { dueMs, wasMade: hold.kind === 'unsure', askedMs, approved: this.recall(call.id)?.approved ?? null, denied: this.recall(call.id)?.denied ?? null });
    }
    if (this.told === '' || flights.every(({ hold }) => hold !== null)) return null;
    this.told = '';
    return this.report({ status: 'running' });
  };

  answering = (answers: readonly Given[], quanta: readonly number[]): null => {
    // Until the machine has come to terms with them they are in no state.
    this.isAhead = true;
    this.records.answering(answers, quanta);
    this.answered += answers.length;
    this.goes = 0;
    return null;
  };

  cancelling = (request: CancelRequest, quanta: readonly number[]): null => {
    this.records.cancelling(request, quanta);
    this.isCancelled = true;
    return null;
  };

  patching = (request: PatchRequest, quanta: readonly number[]): null => {
    this.records.patching(request, quanta);
    return null;
  };

  refusing = (_request: PatchRequest, reason: string): void => {
    this.ignored = reason;
    this.told = null;
  };

  repeating = (callId: string, who: string | null): void => {
    this.records.draft('call-repeated', { call: callId, who: who ?? undefined });
    this.open.set(callId, { ...(this.recall(callId) ?? UNKNOWN), wasMade: false });
  };

  judged = (callId: string, approval: Approval): void => {
    this.records.judged(callId, approval);
    this.open.set(callId, { ...(this.recall(callId) ?? UNKNOWN), ...wordIn(approval) });
  };

  /** The process waits with the engine; what for is told to those who ask. */
  park = (waits: readonly Waiting[]): Promise<boolean> | null => {
    const isShort = waits.every(({ hold, dueMs }) => hold.kind === 'timer' && (dueMs ?? 0) - this.nowMs < SHORT_WAIT_MS);
    const ids = isShort ? '' : waits.map(({ call }) => call.id).join(' ');
    if (ids === this.told) return null;
    this.told = ids;
    return this.report(isShort ? { status: 'running' } : { status: 'waiting', waits: waits.map(waitValue) }).then(() => false);
  };

  ended = (ended: Ended): Promise<void> => {
    this.ending = ended;
    this.records.ended(ended, endOf(ended, this.isCancelled).status, this.loop.memory);
    return Promise.resolve();
  };

  // ── what is written ────────────────────────────────────────────────────────────────────────────────────────────────

  private async report(what: Pick<EngineStatus, 'status'> & Partial<EngineStatus>): Promise<void> {
    const { segment, opening: { facts } } = this.parts;
    await this.keepRecords();
    const { answered, pieces, nowMs, ignored } = this;
    const { budget } = this.loop.memory;
    const status = {
      name: facts.text('name') ?? '', program: facts.text('program') ?? '', answered, waits: [], value: null, error: null, pieces, nowMs, budget: budget === null ? null : spentValue(budget), ignored, ...what,
    };
    segment.write(STATUS_NAME, await encodeStatus(status, segment.content));
  }

  private async keepRecords(): Promise<void> {
    const { segment } = this.parts;
    const drafts = this.records.take();
    if (drafts.length > 0) segment.write(pieceName(++this.pieces), await encodePiece(drafts, segment.content));
  }

  private async handOver(state: State): Promise<void> {
    const { segment, opening: { facts, handover, budgetSource } } = this.parts;
    await this.keepRecords();
    const { open, message, answered, pieces, nowMs, isCancelled } = this;
    const start = Object.fromEntries(LASTING.flatMap((name) => (facts.value(name) === null ? [] : [[name, facts.value(name)]])));
    const next = { state: snapshot(state), number: (handover?.number ?? 1) + 1, nowMs, open, message, cancelled: isCancelled, answered, turn: this.records.turn, pieces, memory: this.loop.memory, budgetSource };
    segment.handOver(await encodeSegment(start, next, segment.content));
  }
}

/** What the start said that later segments need. */
const LASTING = ['program', 'name', 'limits', 'isolations', 'parent'] as const;

const NO_BYTES = new Uint8Array(0);
const UNKNOWN: Recalled = { dueMs: null, wasMade: false, askedMs: null, approved: null, denied: null };

const BY_ENGINE: CancelRequest = { reason: 'the run was cancelled through the engine', who: null, message: null };

function endOf(ended: Ended, isCancelled: boolean): Partial<EngineStatus> & { readonly status: 'complete' | 'failed' | 'cancelled' } {
  if (ended.kind === 'complete') return { status: 'complete', value: ended.value };
  return { status: isCancelled && ended.error.type.name === 'error/cancelled' ? 'cancelled' : 'failed', error: ended.error };
}
