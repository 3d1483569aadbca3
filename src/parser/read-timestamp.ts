/** Timestamps `2024-05-01T10:00:00Z`, with milliseconds `.123` or `_123`. The calendar is computed here, without `Date`. */
import { Timestamp } from '../value/value.ts';
import { type Problem, problem, shown } from './read-problem.ts';

const TIMESTAMP = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[._]([0-9]{3}))?Z$/;
/** What is meant as a date, well formed or not. */
const DATE_LIKE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[^0-9])/;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_BEFORE_1970 = 719_528;

export function looksLikeDate(word: string): boolean {
  return DATE_LIKE.test(word);
}

export function readTimestamp(word: string): { readonly value: Timestamp } | { readonly problem: Problem } {
  const parts = TIMESTAMP.exec(word);
  if (parts === null) {
    return malformed(word, 'A timestamp is written `2024-05-01T10:00:00Z`, with milliseconds `2024-05-01T10:00:00.123Z`.');
  }
  const [year, month, day, hour, minute, second, ms] = parts.slice(1).map((part) => Number(part ?? 0)) as Seven;
  if (month < 1 || month > 12) return malformed(word, `There is no month ${month}.`);
  if (day < 1 || day > daysOfMonth(year, month)) return malformed(word, `There is no day ${day} in that month.`);
  if (hour > 23 || minute > 59 || second > 59) return malformed(word, 'The time of day goes from 00:00:00 to 23:59:59.');
  const days = daysBefore(year, month) + day - 1 - DAYS_BEFORE_1970;
  return { value: new Timestamp(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms) };
}

type Seven = [number, number, number, number, number, number, number];

function malformed(word: string, help: string): { readonly problem: Problem } {
  return { problem: problem('E0116', `${shown(word)} is not a timestamp`, word, help) };
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysOfMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : MONTH_DAYS[month - 1]!;
}

/** Days from 0000-01-01 to the first of that month. */
function daysBefore(year: number, month: number): number {
  const leapDays = year === 0 ? 0 : Math.floor((year - 1) / 4) - Math.floor((year - 1) / 100) + Math.floor((year - 1) / 400) + 1;
  let days = year * 365 + leapDays;
  for (let m = 1; m < month; m++) days += daysOfMonth(year, m);
  return days;
}
