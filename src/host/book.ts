/** The memory of a run while it is driven: changed as things happen, with a note of each change for whoever writes it down. */
import { encodeValue } from '../value/bytes.ts';
import { MapValue } from '../value/map.ts';
import { keyword, makeFloat, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { hashValue } from '../value/hash.ts';
import { delegate, type Target, targetValue } from './delegation.ts';
import { failureValue } from './failure.ts';
import type { Attempt, HintApplied, Plan } from './hint/plan.ts';
import type { DraftData, RecordKind } from './journal/record.ts';
import { manifestOf } from './manifest/manifest.ts';
import { attemptBegins, attemptEnds, type Attempting, beginHinted, claim, ended, type Memory, made, planCall, withPassed } from './memory.ts';
import type { Answer, Capability, Clock, Decision, HostCall, Providers, Usage } from './port.ts';
import { type AmountName, AMOUNT_NAMES, type Amounts, amountsValue, millionths } from './amounts.ts';
import { available, exhaustion, newlyPassed, type Passed, spent } from './security/budget.ts';
import { denialFacts } from './security/denial.ts';
import { originsWithin } from './security/lineage.ts';

/** Writes something down that has happened to a call. `message` is what was said to the run and brought it; null for nothing. */
export type Note = (kind: RecordKind, data: DraftData, message?: number | null) => void;

export interface BookParts {
  readonly memory: Memory;
  readonly clock: Clock;
  /** Whatever set the budget, in words. */
  readonly source: string;
  readonly note: Note;
  /** A hint has done something. */
  readonly applied: (callId: string, what: HintApplied) => void;
  /** The run has taken more than a soft amount of its budget. */
  readonly passed: (what: Passed) => void;
}

export class Book {
  memory: Memory;
  private readonly parts: Omit<BookParts, 'memory'>;

  constructor({ memory, ...parts }: BookParts) {
    this.memory = memory;
    this.parts = parts;
  }

  // ── budgets ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Holds what the call may take; an answer when there is not enough. Null when nothing is counted. */
  claim(call: HostCall, capability: Capability): Amounts | Answer | null {
    const { budget } = this.memory;
    if (budget === null) return null;
    const amounts = this.amountsFor(call, capability);
    const claimed = claim(this.memory, call.id, call.step, amounts);
    if (claimed.ok) {
      this.memory = claimed.memory;
      return amounts;
    }
    const { lack } = claimed;
    this.parts.note('budget-exhausted', { call: call.id, budget: keyword(lack.budget), step: lack.step, granted: lack.granted, left: lack.left, wanted: lack.wanted });
    return { id: call.id, ok: false, error: failureValue(exhaustion(lack, this.parts.source)) };
  }

  private amountsFor(call: HostCall, capability: Capability): Amounts {
    const { cost, tokens } = manifestOf(capability);
    const least = (name: AmountName): number => (isMetered(capability) && this.isLimited(call, name) ? 1 : 0);
    return {
      calls: 1,
      cost: Math.max(millionths(cost), least('cost')),
      tokens: Math.max(tokens, least('tokens')),
      // How long it takes is not known before; what has no time left at all is not begun.
      ...('call' in capability && this.isLimited(call, 'time-ms') ? { 'time-ms': 1 } : {}),
      ...(this.isLimited(call, 'bytes') ? { bytes: sizeOf(call.args) } : {}),
    };
  }

  private isLimited(call: HostCall, name: AmountName): boolean {
    return Number.isFinite(this.left(call, name));
  }

  private left({ step }: HostCall, name: AmountName): number {
    const { budget } = this.memory;
    return budget === null ? Infinity : available(budget, step ?? 'root', name);
  }

  /** What the call may use besides the call itself. Empty when nothing is limited. */
  leftFor(call: HostCall): Amounts {
    return Object.fromEntries(AMOUNT_NAMES.flatMap((name) => (this.isLimited(call, name) ? [[name, Math.max(0, this.left(call, name))]] : [])));
  }

  /** How long a call may work that holds its part of the budget already; null for as long as it likes. */
  timeLeft(call: HostCall): number | null {
    const left = this.left(call, 'time-ms');
    return Number.isFinite(left) ? left + 1 : null;
  }

  /** What the call has taken that worked for so long. Undefined when nothing is counted. */
  used(call: HostCall, capability: Capability, answer: Answer, workedMs: number, usage: Usage | null): Amounts | undefined {
    if (this.memory.calls.get(call.id)?.isHeld !== true) return undefined;
    const { cost, tokens } = usage ?? manifestOf(capability);
    return {
      calls: 1 + (usage?.calls ?? 0),
      cost: millionths(cost),
      tokens: Math.max(0, Math.round(tokens)),
      'time-ms': Math.max(0, Math.round(workedMs)),
      ...(this.isLimited(call, 'bytes') || this.memory.budget?.soft.bytes !== undefined ? { bytes: sizeOf(call.args) + sizeOf([answer.ok ? answer.value : answer.error]) + (usage?.bytes ?? 0) } : {}),
    };
  }

  /** Tells of soft amounts that the run has passed, each once: who goes on with it reads in the journal what was told. */
  tellPassed(): void {
    if (this.memory.budget === null) return;
    for (const what of newlyPassed(this.memory.budget)) {
      this.memory = withPassed(this.memory, what.budget);
      this.parts.note('budget-passed', { budget: keyword(what.budget), soft: what.soft, used: what.used });
      this.parts.passed(what);
    }
  }

  /** What the run has used in all; null when nothing is counted. */
  get spent(): Amounts | null {
    return this.memory.budget === null ? null : spent(this.memory.budget);
  }

  /** For whoever asks why. */
  denied(call: HostCall, decision: Decision): void {
    this.parts.note('governance-denied', denialFacts(call, decision));
  }

  made(callId: string): void {
    this.memory = made(this.memory, callId);
  }

  /** The machine is given the answer. */
  ended(callId: string, used: Amounts | undefined): void {
    this.memory = ended(this.memory, callId, used ?? {});
  }

  /** All keys that went into the arguments of the call; undefined when nobody asks. */
  origins({ derivedFrom }: HostCall): readonly string[] | undefined {
    const { lineage } = this.memory;
    return lineage === null || derivedFrom === undefined ? undefined : originsWithin(lineage, derivedFrom);
  }

  // ── calls with hints ───────────────────────────────────────────────────────────────────────────────────────────────

  beginHinted(call: HostCall, data: (call: HostCall) => DraftData): void {
    if (this.memory.calls.get(call.id)?.hinted != null) return;
    const nowMs = this.parts.clock.nowMs();
    this.memory = beginHinted(this.memory, call, nowMs);
    this.parts.note('call-requested', { ...data(call), first: nowMs });
  }

  /** The attempt under way, begun by whoever drove the run before; null between attempts. */
  attempt(callId: string): Attempting | null {
    return this.memory.calls.get(callId)?.hinted?.attempt ?? null;
  }

  plan(callId: string): Plan {
    const at = this.parts.clock.nowMs();
    const { memory, plan } = planCall(this.memory, callId, at);
    this.memory = memory;
    this.parts.note('call-planned', { call: callId, at, next: keyword(plan.kind), until: plan.kind === 'wait' ? plan.untilMs : undefined });
    for (const one of plan.applied) {
      this.parts.note('hint-applied', { call: callId, hint: keyword(one.hint), capability: one.capability, detail: detailValue(one) });
      this.parts.applied(callId, one);
    }
    return plan;
  }

  /** Who carries out the attempt, of several that could; as it was chosen when it was begun before. Null when there is nothing to choose. */
  provider(call: HostCall, made: HostCall, attempt: Attempting, { candidates, choice }: Providers): Target | null {
    if (attempt.provider !== null) return attempt.provider;
    const several = candidates(made.args);
    if (several === null) return null;
    const failed = this.memory.calls.get(call.id)?.hinted?.failed ?? [];
    const asked = { capability: made.capability, argsHash: hashValue(Vector.adopt([...made.args])), privacy: choice.privacy };
    const { target, reason, score } = delegate(asked, { ...choice, candidates: several, cached: NONE_CACHED, failed });
    this.memory = attemptBegins(this.memory, call.id, { ...attempt, provider: target });
    this.parts.note('delegated', {
      call: call.id, target: targetValue(target), reason: keyword(reason), score: score === null ? undefined : makeFloat(score),
      failed: failed.length === 0 ? undefined : Vector.adopt(failed.map(targetValue)),
    });
    return target;
  }

  attemptBegins(callId: string, plan: Pick<Attempting, 'target' | 'capability' | 'passArgs' | 'timeoutMs'>): Attempting {
    const { target, capability, passArgs, timeoutMs } = plan;
    const attempt = { target, capability, passArgs, timeoutMs, startedMs: this.parts.clock.nowMs(), provider: null };
    this.memory = attemptBegins(this.memory, callId, attempt);
    return attempt;
  }

  attemptEnds(callId: string, { target, capability, startedMs }: Attempting, answer: Answer, used: Amounts | undefined, message: number | null): void {
    const endedMs = this.parts.clock.nowMs();
    const outcome = answer.ok ? ({ ok: true, value: answer.value } as const) : ({ ok: false, error: answer.error } as const);
    this.memory = attemptEnds(this.memory, callId, { target, startedMs, endedMs, outcome }, used ?? {});
    this.parts.note('attempt-ended', attemptFacts(callId, capability, { target, startedMs, endedMs, outcome }, used), message);
  }
}

/** Answers that are known are hints' business: a call that comes here has none. */
const NONE_CACHED: ReadonlySet<string> = new Set();

function isMetered(capability: Capability): boolean {
  if ('wait' in capability) return false;
  const { isMetered: said, manifest } = capability;
  const kind = manifest?.executor?.kind;
  return said ?? (manifest === undefined || kind === 'function' || kind === 'rtfs');
}

/** What the journal says of an attempt that is over. */
function attemptFacts(callId: string, capability: string, { target, startedMs, endedMs, outcome }: Attempt, used: Amounts | undefined): DraftData {
  return {
    call: callId, target: keyword(target), capability, started: startedMs, ended: endedMs, used: used === undefined ? undefined : amountsValue(used),
    ...(outcome.ok ? { value: outcome.value } : { error: outcome.error }),
  };
}

function detailValue({ detail }: HintApplied): Value {
  const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return MapValue.from(Object.entries(detail).map(([name, value]) => [keyword(dashed(name)), value] as const));
}

function sizeOf(values: readonly Value[]): number {
  return encodeValue(Vector.adopt([...values])).length;
}
