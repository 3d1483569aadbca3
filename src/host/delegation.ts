/**
 * Delegation: who carries out a call that several could. A pure function of the call and of the signals, so that the same signals give the same
 * decision and a decision can be written down: a fixed rule first, then an answer that is known already, then the best of the candidates
 * by weighted score, then whoever is left for the rest. Who has failed at the call is not asked again; when nobody is left, a person is.
 */

import { Keyword, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';

export type Target =
  | { readonly kind: 'local-pure' }
  | { readonly kind: 'local-model' | 'remote-model'; readonly id: string }
  | { readonly kind: 'cache'; readonly key: string }
  | { readonly kind: 'person' };

export interface DelegatedCall {
  readonly capability: string;
  /** Tells calls with the same arguments. */
  readonly argsHash: string;
  /** `local`: nothing of it may leave this machine, whatever that costs. */
  readonly privacy: 'local' | 'any';
}

export interface Candidate {
  readonly target: Exclude<Target, { kind: 'cache' | 'person' }>;
  /** Expected, in the operator's unit of money. */
  readonly cost: number;
  readonly latencyMs: number;
  /** From 0 to 1. */
  readonly trust: number;
}

export interface Weights {
  readonly cost: number;
  readonly latency: number;
  readonly privacy: number;
  readonly trust: number;
}

/** What the operator says of the choice. */
export interface DelegationChoice extends Pick<Signals, 'rules' | 'weights' | 'threshold' | 'fallback'>, Pick<DelegatedCall, 'privacy'> {}

export interface Signals {
  /** The first whose pattern covers the capability counts: an id, or a family with a dot at its end. */
  readonly rules: readonly { readonly capability: string; readonly target: Candidate['target'] }[];
  /** Calls whose answer is known. */
  readonly cached: ReadonlySet<string>;
  readonly candidates: readonly Candidate[];
  /** Not negative, and not all 0. */
  readonly weights: Weights;
  /** Scores below it are not good enough; from 0 to 1. */
  readonly threshold: number;
  /** Who takes what nobody is good enough for; null for a person. */
  readonly fallback: Candidate['target'] | null;
  /** Who has failed at this call already. */
  readonly failed: readonly Target[];
}

export interface Delegation {
  readonly target: Target;
  readonly reason: 'rule' | 'cache' | 'score' | 'fallback' | 'nobody-left';
  /** Of the target; null where none was reckoned. */
  readonly score: number | null;
}

export function delegate(call: DelegatedCall, signals: Signals): Delegation {
  const mayTake = (target: Target): boolean => !(call.privacy === 'local' && target.kind === 'remote-model') && !signals.failed.some((one) => sameTarget(one, target));
  const rule = signals.rules.find((one) => covers(one.capability, call.capability));
  if (rule !== undefined && mayTake(rule.target)) return { target: rule.target, reason: 'rule', score: null };
  const known: Target = { kind: 'cache', key: call.argsHash };
  if (signals.cached.has(call.argsHash) && mayTake(known)) return { target: known, reason: 'cache', score: null };
  const best = bestOf(signals.candidates.filter((one) => mayTake(one.target)), signals.weights);
  if (best !== null && best.score >= signals.threshold) return { target: best.target, reason: 'score', score: best.score };
  if (signals.fallback !== null && mayTake(signals.fallback)) return { target: signals.fallback, reason: 'fallback', score: null };
  return { target: { kind: 'person' }, reason: 'nobody-left', score: null };
}

/** The first of those with the highest score. */
function bestOf(candidates: readonly Candidate[], weights: Weights): { readonly target: Candidate['target']; readonly score: number } | null {
  const dearest = Math.max(0, ...candidates.map((one) => one.cost));
  const slowest = Math.max(0, ...candidates.map((one) => one.latencyMs));
  let best: { readonly target: Candidate['target']; readonly score: number } | null = null;
  for (const candidate of candidates) {
    const score = scoreOf(candidate, weights, dearest, slowest);
    if (best === null || score > best.score) best = { target: candidate.target, score };
  }
  return best;
}

/** From 0 to 1. What is free and at once counts full, the dearest and the slowest of the candidates nothing. */
function scoreOf({ target, cost, latencyMs, trust }: Candidate, weights: Weights, dearest: number, slowest: number): number {
  const total = weights.cost + weights.latency + weights.privacy + weights.trust;
  if (total === 0) return 0;
  const thrift = dearest === 0 ? 1 : 1 - cost / dearest;
  const speed = slowest === 0 ? 1 : 1 - latencyMs / slowest;
  const privacy = target.kind === 'remote-model' ? 0 : 1;
  return (weights.cost * thrift + weights.latency * speed + weights.privacy * privacy + weights.trust * trust) / total;
}

function covers(pattern: string, capability: string): boolean {
  return pattern.endsWith('.') ? capability.startsWith(pattern) : capability === pattern;
}

// ── as a value ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** `[:remote-model "large"]`, `[:person]`. */
export function targetValue(target: Target): Vector {
  return 'id' in target || 'key' in target ? Vector.of(keyword(target.kind), nameOf(target)) : Vector.of(keyword(target.kind));
}

/** Null for what is no such value. */
export function readTarget(value: Value): Target | null {
  const [kind, name] = value instanceof Vector ? value.toArray() : [];
  if (!(kind instanceof Keyword)) return null;
  if (kind.name === 'person' || kind.name === 'local-pure') return { kind: kind.name };
  if (typeof name !== 'string') return null;
  if (kind.name === 'cache') return { kind: 'cache', key: name };
  return kind.name === 'local-model' || kind.name === 'remote-model' ? { kind: kind.name, id: name } : null;
}

function sameTarget(a: Target, b: Target): boolean {
  return a.kind === b.kind && nameOf(a) === nameOf(b);
}

function nameOf(target: Target): string {
  return 'id' in target ? target.id : 'key' in target ? target.key : '';
}
