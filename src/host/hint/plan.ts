/**
 * What to do next with a call that has hints: a pure function of the hints, of what has happened to the call so far, of what is
 * remembered from other calls, and of the time. Whoever drives a call asks, does what is said, adds it to the history, and asks again until
 * there is an answer. History and state are data: a run that goes on in another process goes on in the middle of a pause.
 *
 * Hints wrap each other, the outermost first: metrics, cache, circuit breaker, rate limit, retry, timeout, fallback. So a cached answer costs nothing of
 * the rate, all attempts of a call are one for the breaker and for the rate, and each attempt has the whole time, its fallback included.
 */
import type { FailureKind } from '../port.ts';
import type { ErrorValue, Value } from '../../value/value.ts';
import type { Hints } from './hints.ts';
import type { HintName } from '../../ir/hints.ts';
import { CLOSED, DURATIONS_MAX, type HintState, type Metric, UNMEASURED, withEntry } from './state.ts';

export type Outcome = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: ErrorValue };

export interface Attempt {
  /** The capability that was called: the call's own, or that of the fallback. */
  readonly target: 'own' | 'fallback';
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: Outcome;
}

export interface History {
  readonly firstMs: number;
  /** Whether cache, breaker and rate have let it through. */
  readonly admitted: boolean;
  readonly attempts: readonly Attempt[];
  /** How many of the attempts have been looked at. */
  readonly seen: number;
}

/** A hint that did something, for the record of the run. `detail` says what: `{retry: 2, waitMs: 200}`. */
export interface HintApplied {
  readonly hint: HintName;
  readonly capability: string;
  readonly atMs: number;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

export interface PlannedCall {
  readonly capability: string;
  /** Tells calls with the same arguments; see `hashValue`. */
  readonly argsHash: string;
}

export type Plan = { readonly history: History; readonly state: HintState; readonly applied: readonly HintApplied[] } & (
  | { readonly kind: 'call'; readonly target: Attempt['target']; readonly capability: string; readonly passArgs: boolean; readonly timeoutMs: number | null }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'answer'; readonly outcome: Outcome }
);

/** `refuse` makes the error of a call that the breaker does not let through. */
export interface PlanPorts {
  readonly refuse: (kind: FailureKind, message: string) => ErrorValue;
}

export function begin(nowMs: number): History {
  return { firstMs: nowMs, admitted: false, attempts: [], seen: 0 };
}

export function attempted(history: History, attempt: Attempt): History {
  return { ...history, attempts: [...history.attempts, attempt] };
}

export function plan(hints: Hints, call: PlannedCall, history: History, state: HintState, nowMs: number, ports: PlanPorts): Plan {
  const run = new Planner(hints, call, nowMs, state);
  return history.admitted ? run.goOn(history) : run.admit(history, ports);
}

/** One question and its answer. */
class Planner {
  private readonly hints: Hints;
  private readonly call: PlannedCall;
  private readonly nowMs: number;
  private state: HintState;
  private readonly applied: HintApplied[] = [];

  constructor(hints: Hints, call: PlannedCall, nowMs: number, state: HintState) {
    this.hints = hints;
    this.call = call;
    this.nowMs = nowMs;
    this.state = state;
  }

  // ── before the first attempt ─────────────────────────────────────────────────────────────────────────────────────

  admit(history: History, { refuse }: PlanPorts): Plan {
    const known = this.cached();
    if (known !== null) return this.answer(history, { ok: true, value: known.value });
    const refusal = this.brokenCircuit();
    if (refusal !== null) return this.answer(history, { ok: false, error: refuse('host', refusal) });
    const dueMs = this.pace();
    if (dueMs !== null) return this.planned(history, { kind: 'wait', untilMs: dueMs });
    return this.attempt({ ...history, admitted: true }, 'own');
  }

  private cached(): { readonly value: Value } | null {
    const { cache } = this.hints;
    if (cache === undefined) return null;
    const found = this.state.cache.get(this.call.capability)?.find((one) => one.key === this.call.argsHash);
    if (found === undefined || this.nowMs - found.storedMs >= cache.ttlMs) return null;
    this.say('cache', { hit: true, ageMs: this.nowMs - found.storedMs });
    return found;
  }

  /** Why the call is not made; null when it may be. */
  private brokenCircuit(): string | null {
    const { circuitBreaker } = this.hints;
    const { failures, openedMs } = this.state.breakers.get(this.call.capability) ?? CLOSED;
    if (circuitBreaker === undefined || openedMs === null) return null;
    const leftMs = openedMs + circuitBreaker.cooldownMs - this.nowMs;
    if (leftMs <= 0) return null;
    this.say('circuit-breaker', { open: true, leftMs });
    return `Circuit open: ${this.call.capability} failed ${failures} times in a row; the next try is in ${leftMs} ms`;
  }

  /** When a call may be made; null for now. The generic cell rate: a burst at once, then one each interval. */
  private pace(): number | null {
    const { rateLimit } = this.hints;
    if (rateLimit === undefined) return null;
    const intervalMs = 1000 / rateLimit.perSecond;
    const dueMs = Math.max(this.state.paces.get(this.call.capability) ?? 0, this.nowMs);
    const earliestMs = Math.ceil(dueMs - (rateLimit.burst - 1) * intervalMs);
    if (earliestMs > this.nowMs) {
      this.say('rate-limit', { waitMs: earliestMs - this.nowMs });
      return earliestMs;
    }
    this.state = { ...this.state, paces: withEntry(this.state.paces, this.call.capability, dueMs + intervalMs) };
    return null;
  }

  // ── after an attempt ─────────────────────────────────────────────────────────────────────────────────────────────

  goOn(before: History): Plan {
    const history = { ...before, seen: before.attempts.length };
    const last = history.attempts.at(-1);
    if (last === undefined) return this.attempt(history, 'own');
    if (last.outcome.ok) return this.settle(history, last.outcome);
    const { error } = last.outcome;
    if (isTimeout(error) && this.hints.timeout !== undefined && history.seen > before.seen) this.say('timeout', { afterMs: last.endedMs - last.startedMs });
    if (last.target === 'own' && this.mayFallBack(error, history)) return this.attempt(history, 'fallback');
    return this.retry(history, last) ?? this.settle(history, last.outcome);
  }

  private mayFallBack(error: ErrorValue, history: History): boolean {
    const { fallback } = this.hints;
    if (fallback === undefined || error.type.name === 'error/cancelled' || this.timeLeft(history, 'fallback') === 0) return false;
    this.say('fallback', { to: fallback.capability, ...(fallback.reason === null ? {} : { reason: fallback.reason }), error: error.message });
    return true;
  }

  /** Another attempt, now or later; null when there is none. */
  private retry(history: History, last: Attempt): Plan | null {
    const { retry } = this.hints;
    const { attempts } = history;
    const done = attempts.filter((one) => one.target === 'own').length;
    if (retry === undefined || done > retry.maxRetries || !attempts.slice(attempts.findLastIndex((one) => one.target === 'own')).some(isWorthRepeating)) return null;
    const pauseMs = Math.min(retry.maxBackoffMs, Math.round(retry.backoffMs * raised(retry.multiplier, done - 1)));
    const dueMs = last.endedMs + pauseMs;
    if (dueMs > this.nowMs) return this.planned(history, { kind: 'wait', untilMs: dueMs });
    this.say('retry', { attempt: done + 1, waitedMs: pauseMs });
    return this.attempt(history, 'own');
  }

  private attempt(history: History, target: Attempt['target']): Plan {
    const { fallback } = this.hints;
    const other = target === 'fallback' ? fallback : undefined;
    return this.planned(history, {
      kind: 'call', target, capability: other?.capability ?? this.call.capability, passArgs: other?.passArgs ?? true, timeoutMs: this.timeLeft(history, target),
    });
  }

  /** A fallback has what its attempt has left. */
  private timeLeft(history: History, target: Attempt['target']): number | null {
    const { timeout } = this.hints;
    if (timeout === undefined) return null;
    const begun = target === 'fallback' ? (history.attempts.findLast((one) => one.target === 'own')?.startedMs ?? this.nowMs) : this.nowMs;
    return Math.max(0, begun + timeout.absoluteMs - this.nowMs);
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private settle(history: History, outcome: Outcome): Plan {
    this.judgeCircuit(outcome.ok);
    if (outcome.ok) this.remember(outcome.value);
    return this.answer(history, outcome);
  }

  private judgeCircuit(ok: boolean): void {
    const { circuitBreaker } = this.hints;
    if (circuitBreaker === undefined) return;
    const { capability } = this.call;
    const before = this.state.breakers.get(capability) ?? CLOSED;
    const isHalfOpen = before.openedMs !== null;
    let after = CLOSED;
    if (!ok) {
      const failures = before.failures + 1;
      const opens = isHalfOpen || failures >= circuitBreaker.failureThreshold;
      after = { failures, openedMs: opens ? this.nowMs : null, successes: 0 };
      if (opens) this.say('circuit-breaker', { opened: true, failures });
    } else if (isHalfOpen && before.successes + 1 < circuitBreaker.successThreshold) after = { ...before, successes: before.successes + 1 };
    else if (isHalfOpen) this.say('circuit-breaker', { closed: true });
    this.state = { ...this.state, breakers: withEntry(this.state.breakers, capability, after) };
  }

  private remember(value: Value): void {
    const { cache } = this.hints;
    if (cache === undefined) return;
    const { capability, argsHash } = this.call;
    const others = (this.state.cache.get(capability) ?? []).filter((one) => one.key !== argsHash && this.nowMs - one.storedMs < cache.ttlMs);
    const kept = [...others, { key: argsHash, value, storedMs: this.nowMs }].slice(-cache.maxEntries);
    this.state = { ...this.state, cache: withEntry(this.state.cache, capability, kept) };
    this.say('cache', { stored: true });
  }

  private answer(history: History, outcome: Outcome): Plan {
    const { metrics } = this.hints;
    if (metrics !== undefined) {
      const durationMs = this.nowMs - history.firstMs;
      const before = this.state.metrics.get(metrics.label) ?? UNMEASURED;
      this.state = { ...this.state, metrics: withEntry(this.state.metrics, metrics.label, measured(before, outcome.ok, durationMs, metrics.trackPercentiles)) };
      if (metrics.emitToChain) this.say('metrics', { label: metrics.label, durationMs, ok: outcome.ok, attempts: history.attempts.length });
    }
    return this.planned(history, { kind: 'answer', outcome });
  }

  private say(hint: HintName, detail: HintApplied['detail']): void {
    this.applied.push({ hint, capability: this.call.capability, atMs: this.nowMs, detail });
  }

  private planned<Next>(history: History, next: Next): Next & { readonly history: History; readonly state: HintState; readonly applied: readonly HintApplied[] } {
    return { ...next, history, state: this.state, applied: this.applied };
  }
}

/** Trouble of the world passes; a call that is wrong or not allowed stays so. */
const LASTING: ReadonlySet<string> = new Set(['security', 'capability', 'argument', 'type', 'arity', 'validation', 'cancelled', 'budget'].map((kind) => `error/${kind}`));

function isWorthRepeating({ outcome }: Attempt): boolean {
  return !outcome.ok && isPassing(outcome.error);
}

/** Whether the same call, or another provider of it, may do better. */
export function isPassing(error: ErrorValue): boolean {
  return !LASTING.has(error.type.name);
}

function isTimeout(error: ErrorValue): boolean {
  return error.type.name === 'error/timeout';
}

/** Times itself `times` times. */
function raised(base: number, times: number): number {
  let product = 1;
  for (let i = 0; i < times && product < Number.MAX_SAFE_INTEGER; i++) product *= base;
  return product;
}

function measured(before: Metric, ok: boolean, durationMs: number, keep: boolean): Metric {
  return {
    calls: before.calls + 1,
    failures: before.failures + (ok ? 0 : 1),
    totalMs: before.totalMs + durationMs,
    maxMs: Math.max(before.maxMs, durationMs),
    durationsMs: keep ? [...before.durationsMs, durationMs].slice(-DURATIONS_MAX) : [],
  };
}
