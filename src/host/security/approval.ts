/**
 * Approvals: the word of a person on one call. It is bound to the hash of what they were shown, which names the run, the call
 * and the arguments: an altered call has another hash, and a word on one call says nothing about another one.
 *
 * - P1 Shown is everything that decides: capability, arguments, step, which context values went into the arguments, the rule.
 *   Secrets are shown as names, because that is all that there is of them.
 * - P2 A word counts once: a run has each call once, and whoever keeps words (a journal) refuses a second one on the same call.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { hashValue } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import { isInteger, Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { ExposureQuestion, PolicyRequest } from '../port.ts';

/** What a person is shown of a call, before it is known which run and which call it is. */
export function shownForApproval({ capability, args, isolation, step, derivedFrom, origins, rule }: PolicyRequest & { readonly rule: string }): MapValue {
  const made = (derivedFrom ?? []).map((origin) => MapValue.of(keyword('key'), keyword(origin.key), keyword('context'), origin.context, keyword('value-hash'), origin.valueHash));
  const shown = MapValue.of(
    keyword('capability'), keyword(capability),
    keyword('args'), Vector.adopt([...args]),
    keyword('step'), step ?? null,
    keyword('isolation'), keyword(isolation ?? 'inherit'),
    keyword('derived-from'), Vector.adopt(made),
    keyword('rule'), rule,
  );
  return origins === undefined || origins.length === 0 ? shown : shown.set(keyword('origins'), Vector.adopt(origins.map((key) => keyword(key))));
}

/** The same with the keys of the context that the capability is going to see once it is allowed. */
export function withExposure(shown: MapValue, { keys }: ExposureQuestion): MapValue {
  const exposes = keys.map(({ key, rule, valueHash }) => MapValue.of(keyword('key'), keyword(key), keyword('value-hash'), valueHash, keyword('rule'), rule));
  return shown.set(keyword('exposes'), Vector.adopt(exposes));
}

/** The same, bound to its place: no two calls of all runs have the same one. */
export function approvalHash(shown: MapValue, run: string, call: string): string {
  return hashValue(MapValue.of(keyword('approval'), 1, keyword('run'), run, keyword('call'), call, keyword('shown'), shown));
}

export interface Approval {
  readonly verdict: 'approve' | 'deny';
  /** What the person was shown: `approvalHash`. */
  readonly hash: string;
  /** `human:ann`. */
  readonly by: string;
  readonly timeMs: number;
  /** What they said to it. */
  readonly comment: string | null;
}

/** `human:` and a name; null when the text is no person. */
export function readPerson(text: string): string | null {
  const name = text.startsWith('human:') ? text.slice('human:'.length) : text;
  return /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/.test(name) ? `human:${name}` : null;
}

/** What an approval is checked against. */
export interface OpenQuestion {
  readonly run: string;
  readonly call: string;
  readonly shown: MapValue;
  readonly askedMs: number;
  /** Null: it never does. */
  readonly expiresMs: number | null;
}

/** Why the approval does not count for the question; null when it does. No full stop. */
export function approvalProblem(approval: Approval, question: OpenQuestion, nowMs: number): string | null {
  if (approval.hash !== approvalHash(question.shown, question.run, question.call)) return 'it was given for something else than what is asked now';
  if (readPerson(approval.by) !== approval.by) return `${JSON.stringify(approval.by)} is nobody who can approve (a person is written human:NAME)`;
  if (approval.timeMs < question.askedMs) return 'it is older than the question';
  if (approval.timeMs > nowMs) return 'it comes from the future';
  if (question.expiresMs !== null && nowMs > question.expiresMs) return 'the question has expired';
  return null;
}

/** What is remembered of it while its call has no answer: the hash of what was allowed, or of what was not. */
export function wordIn({ verdict, hash }: Approval): { readonly approved: string } | { readonly denied: string } {
  return verdict === 'approve' ? { approved: hash } : { denied: hash };
}

/** As a value, for journals. */
export function approvalValue({ verdict, hash, by, timeMs, comment }: Approval): MapValue {
  return MapValue.of(keyword('verdict'), keyword(verdict), keyword('hash'), hash, keyword('by'), by, keyword('time-ms'), timeMs, keyword('comment'), comment);
}

export function readApproval(value: Value): Result<Approval, string> {
  const field = (name: string): Value => (value instanceof MapValue ? (value.get(keyword(name)) ?? null) : null);
  const [verdict, hash, by, timeMs, comment] = [field('verdict'), field('hash'), field('by'), field('time-ms'), field('comment')];
  const word = verdict instanceof Keyword ? (['approve', 'deny'] as const).find((one) => one === verdict.name) : undefined;
  if (word === undefined || typeof hash !== 'string' || typeof by !== 'string' || !isInteger(timeMs) || (comment !== null && typeof comment !== 'string')) {
    return { ok: false, error: 'this is no approval' };
  }
  return { ok: true, value: { verdict: word, hash, by, timeMs: Number(timeMs), comment } };
}
