/**
 * What the host remembers of one run beside the machine's state: what its calls may still take (`security/budget.ts`), what hints have
 * seen (`hint/state.ts`), where values come from (`security/lineage.ts`), and how far each call is that has more than one attempt.
 *
 * Immutable data that changes in a few ways, each a pure function. The loop changes it as things happen and the journal says what happened; who
 * goes on with a run, or forks one, takes the memory of a checkpoint and makes the same changes again (`durable/remember.ts`). Calls
 * without hints in a run without a budget leave no trace here, and cost nothing.
 */
import { hashValue } from '../value/hash.ts';
import { MapValue } from '../value/map.ts';
import { keyword, Keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Event } from '../evaluator/event.ts';
import { readTarget, type Target, targetValue } from './delegation.ts';
import { failureValue, HostFailure } from './failure.ts';
import { historyValue, readHistory } from './hint/history.ts';
import { hintsOf } from './hint/hints.ts';
import { type Attempt, attempted, begin, type History, type Plan, plan } from './hint/plan.ts';
import { hintStateValue, type HintState, NO_HINT_STATE, readHintState } from './hint/state.ts';
import type { FailureKind, HostCall } from './port.ts';
import { type Ledger, ledgerValue, followSteps, grantMore, isCounting, markPassed, openLedger, readLedger, release, type Reservation, reserve, settle } from './security/budget.ts';
import type { AmountName, Amounts } from './amounts.ts';
import { emptyLineage, followEvents, type Lineage, lineageValue, readLineage } from './security/lineage.ts';

export interface Memory {
  /** Null: nothing is counted. */
  readonly budget: Ledger | null;
  readonly hints: HintState;
  /** Null: nobody asks where values come from. */
  readonly lineage: Lineage | null;
  /** Calls under way that a budget or hints have to do with, by id. */
  readonly calls: ReadonlyMap<string, CallMemory>;
}

export interface CallMemory {
  /** The step of the call; null outside of steps. */
  readonly step: string | null;
  /** Something of the budget is held for it. */
  readonly isHeld: boolean;
  /** It is being made: from here on it costs, whatever comes of it. */
  readonly isMade: boolean;
  /** Null: it has no hints. */
  readonly hinted: Hinted | null;
}

/** A call that is carried out as its hints say. */
export interface Hinted {
  readonly capability: string;
  readonly argsHash: string;
  readonly options: Value;
  readonly history: History;
  /** The attempt under way; null between attempts. */
  readonly attempt: Attempting | null;
  /** Providers that have failed at the call. */
  readonly failed: readonly Target[];
}

export interface Attempting {
  readonly target: Attempt['target'];
  readonly capability: string;
  readonly passArgs: boolean;
  /** Null for no limit. */
  readonly timeoutMs: number | null;
  readonly startedMs: number;
  /** Who carries it out, when several could; null when there was nothing to choose, or nobody has chosen yet. */
  readonly provider: Target | null;
}

const NO_MEMORY: Memory = { budget: null, hints: NO_HINT_STATE, lineage: null, calls: new Map() };

/** At the start of a run. `grant` is its budget, `soft` what it is told of; empty for none. `isTraced` when somebody asks where values come from. */
export function newMemory({ grant, soft = {} }: { readonly grant: Amounts; readonly soft?: Amounts }, isTraced: boolean): Memory {
  const isCounted = Object.keys(grant).length > 0 || Object.keys(soft).length > 0;
  return { ...NO_MEMORY, budget: isCounted ? openLedger(grant, soft) : null, lineage: isTraced ? emptyLineage() : null };
}

// ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** After a turn: calls that the program gave up are paid for when they were being made; steps have opened and closed their accounts. */
export function afterTurn(memory: Memory, events: readonly Event[], pending: readonly { readonly id: string }[]): Memory {
  let now = memory;
  if (memory.calls.size > 0) {
    const wanted = new Set(pending.map(({ id }) => id));
    for (const id of memory.calls.keys()) if (!wanted.has(id)) now = ended(now, id, {});
  }
  if (events.length === 0) return now;
  const budget = now.budget ?? (isCounting(events) ? openLedger({}) : null);
  if (budget === null && now.lineage === null) return now;
  return { ...now, budget: budget === null ? null : followSteps(budget, events), lineage: now.lineage === null ? null : followEvents(now.lineage, events) };
}

/** Who goes on with the run gives it more. */
export function withMore(memory: Memory, more: Amounts): Memory {
  return memory.budget === null ? memory : { ...memory, budget: grantMore(memory.budget, more) };
}

/** It has been told that the run took more than the soft amount. */
export function withPassed(memory: Memory, name: AmountName): Memory {
  return memory.budget === null ? memory : { ...memory, budget: markPassed(memory.budget, name) };
}

// ── the budget of a call ─────────────────────────────────────────────────────────────────────────────────────────────

export type Claim = { readonly ok: true; readonly memory: Memory } | { readonly ok: false; readonly lack: Extract<Reservation, { ok: false }> };

/** Holds what the call may take, once: a call that holds something already keeps that. */
export function claim(memory: Memory, id: string, step: string | null, amounts: Amounts): Claim {
  const call = memory.calls.get(id) ?? { ...UNHINTED, step };
  if (memory.budget === null || call.isHeld) return { ok: true, memory };
  const reservation = reserve(memory.budget, id, step, amounts);
  if (!reservation.ok) return { ok: false, lack: reservation };
  return { ok: true, memory: withCall({ ...memory, budget: reservation.ledger }, id, { ...call, isHeld: true }) };
}

const UNHINTED: Omit<CallMemory, 'step'> = { isHeld: false, isMade: false, hinted: null };

/** The call goes to its capability, or waits for what it waits for. */
export function made(memory: Memory, id: string): Memory {
  const call = memory.calls.get(id);
  return call === undefined || call.isMade ? memory : withCall(memory, id, { ...call, isMade: true });
}

/** The call was not made after all: somebody else than the loop has refused it. */
export function unmade(memory: Memory, id: string): Memory {
  const call = memory.calls.get(id);
  return call === undefined || !call.isMade ? memory : withCall(memory, id, { ...call, isMade: false });
}

/** The call is over: it took `used`, and what is not named there as much as was held; one that was never made took nothing. */
export function ended(memory: Memory, id: string, used: Amounts): Memory {
  const call = memory.calls.get(id);
  if (call === undefined) return memory;
  const calls = new Map(memory.calls);
  calls.delete(id);
  return { ...memory, calls, budget: paid(memory, id, call, used) };
}

/** The call is forgotten, and has taken nothing. */
export function given(memory: Memory, id: string): Memory {
  const call = memory.calls.get(id);
  return call === undefined ? memory : ended(unmade(memory, id), id, {});
}

function paid({ budget }: Memory, id: string, { isHeld, isMade, step }: CallMemory, used: Amounts): Ledger | null {
  if (budget === null || !isHeld) return budget;
  return isMade ? settle(budget, id, step, used) : release(budget, id);
}

// ── a call with hints ────────────────────────────────────────────────────────────────────────────────────────────────

/** Begins to carry out a call as its hints say. */
export function beginHinted(memory: Memory, call: Pick<HostCall, 'id' | 'capability' | 'args' | 'options' | 'step'>, nowMs: number): Memory {
  const { id, capability, args, options, step } = call;
  const hinted = { capability, options, argsHash: hashValue(Vector.adopt([...args])), history: begin(nowMs), attempt: null, failed: [] };
  return withCall(memory, id, { ...UNHINTED, step, hinted });
}

/** What to do next with it. */
export function planCall(memory: Memory, id: string, nowMs: number): { readonly memory: Memory; readonly plan: Plan } {
  const call = memory.calls.get(id)!;
  const hinted = call.hinted!;
  const next = plan(hintsOf(hinted) ?? {}, hinted, hinted.history, memory.hints, nowMs, { refuse });
  return { plan: next, memory: withCall({ ...memory, hints: next.state }, id, { ...call, hinted: { ...hinted, history: next.history } }) };
}

function refuse(kind: FailureKind, message: string): ReturnType<typeof failureValue> {
  return failureValue(new HostFailure(kind, message));
}

export function attemptBegins(memory: Memory, id: string, attempt: Attempting): Memory {
  const call = memory.calls.get(id)!;
  return withCall(memory, id, { ...call, hinted: { ...call.hinted!, attempt } });
}

/** The attempt is over and paid for; the call goes on. */
export function attemptEnds(memory: Memory, id: string, attempt: Attempt, used: Amounts): Memory {
  const call = memory.calls.get(id)!;
  const before = call.hinted!;
  const provider = before.attempt?.provider ?? null;
  const failed = provider === null || attempt.outcome.ok ? before.failed : [...before.failed, provider];
  const hinted = { ...before, attempt: null, failed, history: attempted(before.history, attempt) };
  return withCall({ ...memory, budget: paid(memory, id, call, used) }, id, { ...call, isHeld: false, isMade: false, hinted });
}

function withCall(memory: Memory, id: string, call: CallMemory): Memory {
  return { ...memory, calls: new Map(memory.calls).set(id, call) };
}

// ── as a value ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Undefined when there is nothing to remember. */
export function memoryValue({ budget, hints, lineage, calls }: Memory): MapValue | undefined {
  const parts: (readonly [string, Value])[] = [];
  if (budget !== null) parts.push(['budget', ledgerValue(budget)]);
  if (hints !== NO_HINT_STATE) parts.push(['hints', hintStateValue(hints)]);
  if (lineage !== null) parts.push(['lineage', lineageValue(lineage)]);
  if (calls.size > 0) parts.push(['calls', MapValue.from([...calls].map(([id, call]) => [id, callValue(call)] as const))]);
  return parts.length === 0 ? undefined : MapValue.from(parts.map(([name, value]) => [keyword(name), value] as const));
}

function callValue({ step, isHeld, isMade, hinted }: CallMemory): Value {
  return record({ 'step': step, 'held': isHeld, 'made': isMade, 'hinted': hinted === null ? null : hintedValue(hinted) });
}

function hintedValue({ capability, argsHash, options, history, attempt, failed }: Hinted): Value {
  return record({ 'capability': capability, 'args-hash': argsHash, 'options': options, 'history': historyValue(history), 'attempt': attempt === null ? null : attemptingValue(attempt), 'failed': Vector.adopt(failed.map(targetValue)) });
}

export function attemptingValue({ target, capability, passArgs, timeoutMs, startedMs, provider }: Attempting): MapValue {
  return record({ 'target': keyword(target), 'capability': capability, 'pass-args': passArgs, 'timeout': timeoutMs, 'started': startedMs, 'provider': provider === null ? null : targetValue(provider) });
}

function record(entries: Readonly<Record<string, Value>>): MapValue {
  return MapValue.from(Object.entries(entries).map(([name, value]) => [keyword(name), value] as const));
}

/** Null for what is no such value. */
export function readMemory(value: Value): Memory | null {
  if (value === null) return NO_MEMORY;
  if (!(value instanceof MapValue)) return null;
  const [budget, hints, lineage, calls] = ['budget', 'hints', 'lineage', 'calls'].map((name) => value.get(keyword(name)) ?? null);
  const ledger = budget === null ? null : readLedger(budget!);
  const state = hints === null ? NO_HINT_STATE : readHintState(hints!);
  const origins = lineage === null ? null : readLineage(lineage!);
  const open = calls === null ? new Map<string, CallMemory>() : readCalls(calls!);
  if (ledger?.ok === false || state === null || open === null || (lineage !== null && origins === null)) return null;
  return { budget: ledger === null ? null : ledger.value, hints: state, lineage: origins, calls: open };
}

function readCalls(value: Value): Map<string, CallMemory> | null {
  if (!(value instanceof MapValue)) return null;
  const calls = new Map<string, CallMemory>();
  for (const [id, item] of value) {
    const [step, held, made, written] = ['step', 'held', 'made', 'hinted'].map((name) => field(item, name));
    const hinted = written === null ? null : readHinted(written!);
    if (typeof id !== 'string' || (step !== null && typeof step !== 'string') || (written !== null && hinted === null)) return null;
    calls.set(id, { step: step ?? null, isHeld: held === true, isMade: made === true, hinted });
  }
  return calls;
}

function readHinted(value: Value): Hinted | null {
  const [capability, argsHash, options = null, written, attempting, failed = null] = ['capability', 'args-hash', 'options', 'history', 'attempt', 'failed'].map((name) => field(value, name));
  const history = readHistory(written ?? null);
  const attempt = attempting === null ? null : readAttempting(attempting!);
  if (typeof capability !== 'string' || typeof argsHash !== 'string' || history === null || (attempting !== null && attempt === null)) return null;
  const targets = failed instanceof Vector ? failed.toArray().map(readTarget).filter((one) => one !== null) : [];
  return hasRightHints({ capability, options }) ? { capability, argsHash, options, history, attempt, failed: targets } : null;
}

/** Whether the hints of the options, if there are any, are right: only such calls are remembered. */
export function hasRightHints({ capability, options }: Pick<HostCall, 'capability' | 'options'>): boolean {
  try {
    hintsOf({ capability, options });
    return true;
  } catch (cause) {
    if (cause instanceof HostFailure) return false;
    throw cause;
  }
}

export function readAttempting(value: Value): Attempting | null {
  const [target, capability, passArgs, timeoutMs, startedMs, provider = null] = ['target', 'capability', 'pass-args', 'timeout', 'started', 'provider'].map((name) => field(value, name));
  const which = (['own', 'fallback'] as const).find((one) => target instanceof Keyword && target.name === one);
  if (which === undefined || typeof capability !== 'string' || typeof passArgs !== 'boolean' || typeof startedMs !== 'number') return null;
  return { target: which, capability, passArgs, timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : null, startedMs, provider: readTarget(provider) };
}

function field(value: Value, name: string): Value {
  return value instanceof MapValue ? (value.get(keyword(name)) ?? null) : null;
}
