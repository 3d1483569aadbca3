/**
 * Times of the week in which something is allowed, in UTC: `mon-fri 08:00-18:00`, `sat,sun 00:00-24:00`, `22:00-06:00` (each day, over midnight).
 *
 * As data they are stretches of minutes since Monday 00:00, from the first (included) to the last (not included): sorted, apart from each
 * other, none over the end of the week. So what two of them have in common is one again, and equal times are equal data.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';

/** In minutes of the week. */
export type Stretch = readonly [from: number, to: number];

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const DAY = 24 * 60;
const WEEK = DAYS.length * DAY;
const MINUTE_MS = 60_000;

/** 1970 began on a Thursday. */
const EPOCH_MINUTE = 3 * DAY;

const HELP = 'write days and times of UTC: "mon-fri 08:00-18:00", "sat,sun 10:00-12:00", "22:00-06:00" for each day';

/** Of one window; why not, with what would be one. */
export function parseWindow(text: string): Result<readonly Stretch[], { readonly message: string; readonly help: string }> {
  const parts = text.toLowerCase().split(' ').filter((part) => part !== '');
  if (parts.at(-1) === 'utc') parts.pop();
  const times = parseTimes(parts.pop() ?? '');
  const days = parts.length === 0 ? DAYS.map((_, day) => day) : parseDays(parts.join(''));
  if (times === null || days === null) return { ok: false, error: { message: `expected a window of time, got ${JSON.stringify(text)}`, help: HELP } };
  return { ok: true, value: normalStretches(days.map((day) => [day * DAY + times[0], day * DAY + times[1]] as const)) };
}

/** Minutes of the day; the second is after the first, in the next day when it has to be. */
function parseTimes(text: string): Stretch | null {
  const [from, to, ...more] = text.split('-').map(parseTime);
  if (from == null || to == null || more.length > 0 || from === DAY) return null;
  return [from, to > from ? to : to + DAY];
}

function parseTime(text: string): number | null {
  const match = /^(\d\d):(\d\d)$/.exec(text);
  const [hours, minutes] = [Number(match?.[1] ?? 99), Number(match?.[2] ?? 99)];
  return minutes < 60 && hours * 60 + minutes <= DAY ? hours * 60 + minutes : null;
}

/** `mon-fri`, `sat-mon`, `mon,wed,fri`. */
function parseDays(text: string): readonly number[] | null {
  const days: number[] = [];
  for (const part of text.split(',')) {
    const [first, last = first, ...more] = part.split('-').map((name) => DAYS.findIndex((day) => day === name));
    if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) return null;
    for (let day = first; ; day = (day + 1) % DAYS.length) {
      days.push(day);
      if (day === last) break;
    }
  }
  return days;
}

/** All of them as one. They may overlap, and go over the end of the week. */
export function normalStretches(stretches: readonly Stretch[]): readonly Stretch[] {
  const within = stretches.flatMap(([from, to]): Stretch[] => (to > WEEK ? [[from, WEEK], [0, Math.min(to - WEEK, WEEK)]] : [[from, to]]));
  const merged: [number, number][] = [];
  for (const [from, to] of within.filter((one) => one[0] < one[1]).sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function commonStretches(a: readonly Stretch[], b: readonly Stretch[]): readonly Stretch[] {
  return normalStretches(a.flatMap(([from, to]) => b.map(([otherFrom, otherTo]): Stretch => [Math.max(from, otherFrom), Math.min(to, otherTo)])));
}

export function isWithin(stretches: readonly Stretch[], atMs: number): boolean {
  const minute = minuteOfWeek(atMs);
  return stretches.some(([from, to]) => from <= minute && minute < to);
}

/** When the next of them begins, of one moment that is in none: milliseconds since 1970. Null when there is none. */
export function nextBeginning(stretches: readonly Stretch[], atMs: number): number | null {
  const minute = minuteOfWeek(atMs);
  const waits = stretches.map(([from]) => (from > minute ? from - minute : from - minute + WEEK));
  return waits.length === 0 ? null : (Math.floor(atMs / MINUTE_MS) + Math.min(...waits)) * MINUTE_MS;
}

function minuteOfWeek(atMs: number): number {
  const minute = (Math.floor(atMs / MINUTE_MS) + EPOCH_MINUTE) % WEEK;
  return minute < 0 ? minute + WEEK : minute;
}

/** `mon 2026-11-30 08:00 UTC`. */
export function momentText(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `${DAYS[Math.floor(minuteOfWeek(atMs) / DAY)]!} ${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

// ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Windows that come to the same when they are read. */
export function windowTexts(stretches: readonly Stretch[]): readonly string[] {
  const days = new Map<string, number[]>();
  for (const [from, to] of joined(stretches).flatMap(inDays)) {
    const times = `${timeText(from % DAY)}-${timeText(to % DAY === 0 ? DAY : to % DAY)}`;
    days.set(times, [...(days.get(times) ?? []), Math.floor(from / DAY)]);
  }
  return [...days].map(([times, each]) => (each.length === DAYS.length ? times : `${daysText(each)} ${times}`));
}

/** What goes over the end of the week as one. */
function joined(stretches: readonly Stretch[]): readonly Stretch[] {
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined || first === last || first[0] !== 0 || last[1] !== WEEK) return stretches;
  return [...stretches.slice(1, -1), [last[0], WEEK + first[1]]];
}

/** In pieces that are no longer than a day. */
function inDays([from, to]: Stretch): Stretch[] {
  const pieces: Stretch[] = [];
  for (let at = from; at < to; ) {
    const end = to - at <= DAY ? to : (Math.floor(at / DAY) + 1) * DAY;
    pieces.push([at % WEEK, (at % WEEK) + end - at]);
    at = end;
  }
  return pieces;
}

function daysText(days: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const day of days) {
    const last = ranges.at(-1);
    if (last?.[1] === day - 1) last[1] = day;
    else ranges.push([day, day]);
  }
  return ranges.map(([first, last]) => (first === last ? DAYS[first]! : `${DAYS[first]!}-${DAYS[last]!}`)).join(',');
}

function timeText(minute: number): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
