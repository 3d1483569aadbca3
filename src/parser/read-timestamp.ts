/** Timestamps in source text; the calendar is in `value/time.ts`. */
import { parseTimestamp } from '../value/time.ts';
import type { Timestamp } from '../value/value.ts';
import { type Problem, problem, shown } from './read-problem.ts';

/** What is meant as a date, well formed or not. */
const DATE_LIKE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[^0-9])/;
const TIMESTAMP_LIKE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[._][0-9]{3})?Z$/;

export function looksLikeDate(word: string): boolean {
  return DATE_LIKE.test(word);
}

export function readTimestamp(word: string): { readonly value: Timestamp } | { readonly problem: Problem } {
  const value = parseTimestamp(word);
  if (value !== null) return { value };
  const help = TIMESTAMP_LIKE.test(word)
    ? 'The calendar has no such day, or the day no such time.'
    : 'A timestamp is written `2024-05-01T10:00:00Z`, with milliseconds `2024-05-01T10:00:00.123Z`.';
  return { problem: problem('E0116', `${shown(word)} is not a timestamp`, word, help) };
}
