/** What has happened to a call with hints, as a value, so that it can be written down with the run and read back. */
import { MapValue } from '../../value/map.ts';
import { ErrorValue, isInteger, keyword, Keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Attempt, History } from './plan.ts';

export function historyValue(history: History): Value {
  return MapValue.of(
    keyword('first'), history.firstMs, keyword('admitted'), history.admitted, keyword('seen'), history.seen,
    keyword('attempts'), Vector.adopt(history.attempts.map(attemptValue)),
  );
}

function attemptValue({ target, startedMs, endedMs, outcome }: Attempt): Value {
  const given = outcome.ok ? outcome.value : outcome.error;
  return MapValue.of(keyword('target'), keyword(target), keyword('started'), startedMs, keyword('ended'), endedMs, keyword('ok'), outcome.ok, keyword('given'), given);
}

/** Null for what was not written by `historyValue`. */
export function readHistory(value: Value): History | null {
  const [firstMs, admitted, seen, list] = ['first', 'admitted', 'seen', 'attempts'].map((name) => part(value, name));
  if (!isTime(firstMs) || typeof admitted !== 'boolean' || !isTime(seen) || !(list instanceof Vector)) return null;
  const attempts = list.toArray().map(readAttempt);
  return attempts.every((one) => one !== null) ? { firstMs, admitted, seen, attempts } : null;
}

function readAttempt(value: Value): Attempt | null {
  const [target, startedMs, endedMs, ok, given = null] = ['target', 'started', 'ended', 'ok', 'given'].map((name) => part(value, name));
  if (!(target instanceof Keyword) || (target.name !== 'own' && target.name !== 'fallback') || !isTime(startedMs) || !isTime(endedMs)) return null;
  if (ok === true) return { target: target.name, startedMs, endedMs, outcome: { ok, value: given } };
  return ok === false && given instanceof ErrorValue ? { target: target.name, startedMs, endedMs, outcome: { ok, error: given } } : null;
}

function part(value: Value, name: string): Value {
  return value instanceof MapValue ? (value.get(keyword(name)) ?? null) : null;
}

function isTime(value: Value | undefined): value is number {
  return typeof value === 'number' && isInteger(value);
}
