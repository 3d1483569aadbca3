/**
 * Numbers about runs, counted from their journals and from nothing else: who counts the records again comes to the same. They are written
 * as Prometheus reads them (`prometheus.ts`) and as OpenTelemetry does (`otlp.ts`). Durations are those that the journal tells; where it
 * tells none, the answer came within a millisecond.
 */
import { Facts } from '../durable/facts.ts';
import type { JournalRecord, RecordKind } from '../journal/record.ts';
import type { RunStatus } from '../store/port.ts';

/** In the order in which they are written. */
export type Labels = Readonly<Record<string, string>>;

/** `count`: goes up only · `gauge`: how it is at the end of the journals · `histogram`: how many there are of which size. */
export type Metric = {
  readonly name: string;
  readonly help: string;
  /** Of UCUM: `ms`, or what is counted in braces. */
  readonly unit: string;
} & (
  | { readonly kind: 'count' | 'gauge'; readonly points: readonly Point[] }
  | { readonly kind: 'histogram'; readonly bounds: readonly number[]; readonly points: readonly Distribution[] }
);

export interface Point {
  readonly labels: Labels;
  readonly value: number;
}

export interface Distribution {
  readonly labels: Labels;
  readonly count: number;
  readonly sum: number;
  /** How many were above the bound before and not above this one; one more for what is above all of them. */
  readonly buckets: readonly number[];
}

/** From the first record to the last, in milliseconds since 1970. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** In milliseconds: calls of functions take less than one, calls of people days. */
const DURATION_BOUNDS_MS: readonly number[] = [1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000];

const UNKNOWN = 'unknown';

/** What a run is after a record of the kind. */
const STATUS_AFTER: Partial<Record<RecordKind, RunStatus>> = {
  'run-started': 'running', 'run-resumed': 'running', 'run-waiting': 'waiting', 'run-complete': 'complete', 'run-failed': 'failed', 'run-cancelled': 'cancelled',
};

export class Metrics {
  private readonly records = new Table<Point>();
  private readonly answers = new Table<Point>();
  private readonly durations = new Table<Distribution>();
  private readonly events = new Table<Point>();
  /** By run. */
  private readonly statuses = new Map<string, RunStatus>();
  /** The capabilities of calls that have no answer yet, by run and call. */
  private readonly calls = new Map<string, { readonly capability: string; readonly isRefused: boolean }>();
  /** Null as long as there is no record. */
  period: Period | null = null;

  /** The records of a run in their order; those of several runs may be mixed. */
  add({ run, kind, data, timeMs }: JournalRecord): void {
    const { fromMs, toMs } = this.period ?? { fromMs: timeMs, toMs: timeMs };
    this.period = { fromMs: Math.min(fromMs, timeMs), toMs: Math.max(toMs, timeMs) };
    count(this.records, { kind });
    const status = STATUS_AFTER[kind];
    if (status !== undefined) this.statuses.set(run, status);
    const facts = new Facts(data);
    const call = `${run}/${facts.text('call') ?? ''}`;
    if (kind === 'call-requested') this.calls.set(call, { capability: facts.text('capability') ?? UNKNOWN, isRefused: facts.text('refused') !== null });
    else if (kind === 'call-answered') this.answered(call, facts);
    else if (kind === 'turn-ended') for (const line of facts.items('events')) if (typeof line === 'string') count(this.events, { kind: eventKind(line) });
  }

  private answered(call: string, facts: Facts): void {
    const { capability, isRefused } = this.calls.get(call) ?? { capability: UNKNOWN, isRefused: false };
    this.calls.delete(call);
    count(this.answers, { capability, outcome: isRefused ? 'refused' : facts.error('error') === null ? 'ok' : 'error' });
    if (isRefused) return;
    const durationMs = facts.number('duration-ms') ?? 0;
    const bucket = DURATION_BOUNDS_MS.findIndex((bound) => durationMs <= bound);
    const at = bucket < 0 ? DURATION_BOUNDS_MS.length : bucket;
    this.durations.change({ capability }, (before = NO_DURATIONS) => ({
      ...before, labels: { capability }, count: before.count + 1, sum: before.sum + durationMs, buckets: before.buckets.map((held, i) => (i === at ? held + 1 : held)),
    }));
  }

  /** Those that there is anything of; points ordered by their labels, whatever the order of the runs was. */
  all(): readonly Metric[] {
    const runs = new Table<Point>();
    for (const status of this.statuses.values()) count(runs, { status });
    const each: readonly Metric[] = [
      { name: 'rtfs_records_total', help: 'records of journals, by kind', unit: '{record}', kind: 'count', points: this.records.sorted() },
      { name: 'rtfs_runs', help: 'runs, by status', unit: '{run}', kind: 'gauge', points: runs.sorted() },
      { name: 'rtfs_calls_total', help: 'calls that have an answer, by capability and by what came of them: ok, error, refused', unit: '{call}', kind: 'count', points: this.answers.sorted() },
      { name: 'rtfs_call_duration_ms', help: 'milliseconds between making a call and its answer, by capability', unit: 'ms', kind: 'histogram', bounds: DURATION_BOUNDS_MS, points: this.durations.sorted() },
      { name: 'rtfs_events_total', help: 'what steps and contexts have told, by kind of event', unit: '{event}', kind: 'count', points: this.events.sorted() },
    ];
    return each.filter(({ points }) => points.length > 0);
  }
}

const NO_DURATIONS: Distribution = { labels: {}, count: 0, sum: 0, buckets: [...DURATION_BOUNDS_MS.map(() => 0), 0] };

/** One item for each set of labels. */
class Table<Item extends { readonly labels: Labels }> {
  private readonly items = new Map<string, Item>();

  change(labels: Labels, next: (before: Item | undefined) => Item): void {
    const key = JSON.stringify(Object.values(labels));
    this.items.set(key, next(this.items.get(key)));
  }

  sorted(): readonly Item[] {
    return [...this.items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  }
}

function count(table: Table<Point>, labels: Labels): void {
  table.change(labels, (before) => ({ labels, value: (before?.value ?? 0) + 1 }));
}

/** Of a line that was read as one (`durable/history.ts`). */
function eventKind(line: string): string {
  const event: unknown = JSON.parse(line);
  return typeof event === 'object' && event !== null && 'kind' in event && typeof event.kind === 'string' ? event.kind : UNKNOWN;
}
