/**
 * The calendar of timestamps: proleptic Gregorian, UTC, years 0000 to 9999, no leap seconds. Our own arithmetic, so that
 * no engine's `Date` takes part.
 */
import { Timestamp } from './value.ts';

/** 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z. */
export const EPOCH_MS_MIN = -62_167_219_200_000;
export const EPOCH_MS_MAX = 253_402_300_799_999;

const DAY_MS = 86_400_000;
/** Days of 400 years, after which the calendar repeats. */
const ERA_DAYS = 146_097;
/** Days from 0000-03-01 to 1970-01-01. Years are counted from March here, so that the leap day comes last. */
const DAYS_TO_1970 = 719_468;

export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** The timestamp, or null when the instant is not a whole number of milliseconds or outside the years 0000 to 9999. */
export function makeTimestamp(epochMs: number): Timestamp | null {
  const valid = Number.isInteger(epochMs) && epochMs >= EPOCH_MS_MIN && epochMs <= EPOCH_MS_MAX;
  return valid ? new Timestamp(epochMs + 0) : null;
}

export function civilTime(epochMs: number): CivilTime {
  const day = Math.floor(epochMs / DAY_MS);
  const inDay = epochMs - day * DAY_MS;
  return {
    ...civilDate(day),
    hour: Math.floor(inDay / 3_600_000),
    minute: Math.floor(inDay / 60_000) % 60,
    second: Math.floor(inDay / 1000) % 60,
    millisecond: inDay % 1000,
  };
}

/** Year, month and day of the day that is `epochDay` days after 1970-01-01. */
function civilDate(epochDay: number): Pick<CivilTime, 'year' | 'month' | 'day'> {
  const days = epochDay + DAYS_TO_1970;
  const era = Math.floor(days / ERA_DAYS);
  const dayOfEra = days - era * ERA_DAYS;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / (ERA_DAYS - 1));
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((dayOfYear * 5 + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const day = dayOfYear - Math.floor((fromMarch * 153 + 2) / 5) + 1;
  return { year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day };
}

/** The instant, or null when there is no such day or time of day. */
export function epochMsOf(time: CivilTime): number | null {
  const { year, month, day, hour, minute, second, millisecond } = time;
  if (!isWithin(year, 0, 9999) || !isWithin(month, 1, 12) || !isWithin(day, 1, daysOfMonth(year, month))) return null;
  if (!isWithin(hour, 0, 23) || !isWithin(minute, 0, 59) || !isWithin(second, 0, 59) || !isWithin(millisecond, 0, 999)) return null;
  return epochDay(year, month, day) * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000 + millisecond;
}

function isWithin(value: number, least: number, greatest: number): boolean {
  return Number.isInteger(value) && value >= least && value <= greatest;
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** `month` is 1 to 12. */
function daysOfMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function epochDay(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? month - 3 : month + 9;
  const marchYear = month > 2 ? year : year - 1;
  const leaps = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leaps + Math.floor((fromMarch * 153 + 2) / 5) + day - 1 - DAYS_TO_1970;
}

/** `2024-01-02T03:04:05Z`, with `.678` before the Z when the milliseconds are not zero. */
export function formatTimestamp(epochMs: number): string {
  const { year, month, day, hour, minute, second, millisecond } = civilTime(epochMs);
  const fraction = millisecond === 0 ? '' : `.${padded(millisecond, 3)}`;
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${padded(hour, 2)}:${padded(minute, 2)}:${padded(second, 2)}${fraction}Z`;
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** Reads what `formatTimestamp` writes, `_678` for `.678` included; null for anything else, impossible days too. */
export function parseTimestamp(text: string): Timestamp | null {
  const hasFraction = text.length === 24 && (text.charAt(19) === '.' || text.charAt(19) === '_');
  if (!(text.length === 20 || hasFraction) || text.charAt(text.length - 1) !== 'Z') return null;
  const marks = text.charAt(4) + text.charAt(7) + text.charAt(10) + text.charAt(13) + text.charAt(16);
  if (marks !== '--T::') return null;
  const epochMs = epochMsOf({
    year: digitsAt(text, 0, 4),
    month: digitsAt(text, 5, 2),
    day: digitsAt(text, 8, 2),
    hour: digitsAt(text, 11, 2),
    minute: digitsAt(text, 14, 2),
    second: digitsAt(text, 17, 2),
    millisecond: hasFraction ? digitsAt(text, 20, 3) : 0,
  });
  return epochMs === null ? null : makeTimestamp(epochMs);
}

/** The number that `count` digits from `start` on write, or -1 when there is something else among them. */
function digitsAt(text: string, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}
