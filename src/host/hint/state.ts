/**
 * What hints remember between calls: answers, failures in a row, the pace, the numbers. Immutable data, so that it can be written down
 * with a run and be there again when the run goes on.
 */
import { MapValue } from '../../value/map.ts';
import { isInteger, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';

/** Latest durations that percentiles are taken of. */
export const DURATIONS_MAX = 100;

export interface CachedAnswer {
  /** Of the arguments. */
  readonly key: string;
  readonly value: Value;
  readonly storedMs: number;
}

/** closed: `failures` in a row. open: until the cool-down is over. half-open: `successes` since then. */
export interface Breaker {
  readonly failures: number;
  /** Null while it is closed. */
  readonly openedMs: number | null;
  readonly successes: number;
}

export interface Metric {
  readonly calls: number;
  readonly failures: number;
  readonly totalMs: number;
  readonly maxMs: number;
  /** The latest, in order; empty when percentiles are not asked for. */
  readonly durationsMs: readonly number[];
}

export interface HintState {
  /** By capability; the least recently stored first. */
  readonly cache: ReadonlyMap<string, readonly CachedAnswer[]>;
  readonly breakers: ReadonlyMap<string, Breaker>;
  /** By capability: when the next call would be due if calls came at the exact pace. */
  readonly paces: ReadonlyMap<string, number>;
  /** By label. */
  readonly metrics: ReadonlyMap<string, Metric>;
}

export const NO_HINT_STATE: HintState = { cache: new Map(), breakers: new Map(), paces: new Map(), metrics: new Map() };

export const CLOSED: Breaker = { failures: 0, openedMs: null, successes: 0 };
export const UNMEASURED: Metric = { calls: 0, failures: 0, totalMs: 0, maxMs: 0, durationsMs: [] };

export function withEntry<Item>(map: ReadonlyMap<string, Item>, key: string, item: Item): ReadonlyMap<string, Item> {
  return new Map([...map, [key, item]]);
}

/** The duration that `share` of the latest calls were not slower than; null when none was measured. */
export function percentile(metric: Metric, share: number): number | null {
  const sorted = [...metric.durationsMs].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

// ── As a value ─────────────────────────────────────────────────────────────────────────────────────────────────────

export function hintStateValue(state: HintState): Value {
  return record({
    cache: table(state.cache, (answers) => Vector.adopt(answers.map((one) => record({ key: one.key, value: one.value, at: one.storedMs })))),
    breakers: table(state.breakers, (one) => record({ failures: one.failures, opened: one.openedMs, successes: one.successes })),
    paces: table(state.paces, (due) => Math.round(due * 1000)), // microseconds: whole numbers come back as they were
    metrics: table(state.metrics, (one) => record({ calls: one.calls, failures: one.failures, total: one.totalMs, max: one.maxMs, durations: Vector.adopt([...one.durationsMs]) })),
  });
}

/** Null for what was not written by `hintStateValue`. */
export function readHintState(value: Value): HintState | null {
  const cache = readTable(part(value, 'cache'), (answers) => readList(answers, readAnswer));
  const breakers = readTable(part(value, 'breakers'), readBreaker);
  const paces = readTable(part(value, 'paces'), (due) => (whole(due) === null ? null : whole(due)! / 1000));
  const metrics = readTable(part(value, 'metrics'), readMetric);
  return cache === null || breakers === null || paces === null || metrics === null ? null : { cache, breakers, paces, metrics };
}

function record(entries: Readonly<Record<string, Value>>): Value {
  return MapValue.from(Object.entries(entries).map(([name, value]) => [keyword(name), value] as const));
}

function table<Item>(map: ReadonlyMap<string, Item>, write: (item: Item) => Value): Value {
  return MapValue.from([...map].map(([name, item]) => [name, write(item)] as const));
}

function part(value: Value, name: string): Value {
  return value instanceof MapValue ? (value.get(keyword(name)) ?? null) : null;
}

function whole(value: Value): number | null {
  return typeof value === 'number' && isInteger(value) ? value : null;
}

function readTable<Item>(value: Value, read: (item: Value) => Item | null): ReadonlyMap<string, Item> | null {
  if (!(value instanceof MapValue)) return null;
  const found = new Map<string, Item>();
  for (const [key, item] of value) {
    const made = read(item);
    if (typeof key !== 'string' || made === null) return null;
    found.set(key, made);
  }
  return found;
}

function readList<Item>(value: Value, read: (item: Value) => Item | null): readonly Item[] | null {
  if (!(value instanceof Vector)) return null;
  const items = value.toArray().map(read);
  return items.every((item) => item !== null) ? items : null;
}

function readAnswer(value: Value): CachedAnswer | null {
  const [key, storedMs] = [part(value, 'key'), whole(part(value, 'at'))];
  return typeof key === 'string' && storedMs !== null ? { key, value: part(value, 'value'), storedMs } : null;
}

function readBreaker(value: Value): Breaker | null {
  const [failures, successes, opened] = [whole(part(value, 'failures')), whole(part(value, 'successes')), part(value, 'opened')];
  if (failures === null || successes === null || (opened !== null && whole(opened) === null)) return null;
  return { failures, successes, openedMs: whole(opened) };
}

function readMetric(value: Value): Metric | null {
  const [calls, failures, totalMs, maxMs] = ['calls', 'failures', 'total', 'max'].map((name) => whole(part(value, name)));
  const durationsMs = readList(part(value, 'durations'), whole);
  if (calls == null || failures == null || totalMs == null || maxMs == null || durationsMs === null) return null;
  return { calls, failures, totalMs, maxMs, durationsMs };
}

