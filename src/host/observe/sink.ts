/**
 * Sinks: whoever wants to know what happens in the runs of a store is given their records, each at least once and those of a run in order. Where it
 * stands is known to the sink alone; one that fails stops no run, and is given the same again the next time.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { valueJson } from '../../evaluator/event-value.ts';
import { Keyword } from '../../value/value.ts';
import { readRecords } from '../durable/history.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { Store } from '../store/port.ts';

export interface RecordSink {
  /** The number of the last record of the run that it has; 0 for none. */
  readonly last: (run: string) => number;
  /** Records of one run that follow the last one. What is not kept when it returns is given again; it may throw. */
  readonly take: (records: readonly JournalRecord[]) => void | Promise<void>;
}

export interface Delivery {
  readonly records: number;
  /** Runs of which not everything could be delivered, and why. */
  readonly failures: readonly { readonly run: string; readonly reason: string }[];
}

const RECORDS_AT_ONCE = 500;

/** Gives the sink everything that it does not have yet. */
export async function deliver(store: Store, sink: RecordSink): Promise<Delivery> {
  let count = 0;
  const failures: { run: string; reason: string }[] = [];
  for (const { id, head } of await store.runs()) {
    for (let last = sink.last(id); last < head.seq; ) {
      const read = await readRecords(store, id, last + 1, RECORDS_AT_ONCE);
      const reason = read.ok ? await taken(sink, read.value) : read.error;
      if (reason !== null) failures.push({ run: id, reason });
      if (reason !== null || !read.ok || read.value.length === 0) break;
      count += read.value.length;
      last += read.value.length;
    }
  }
  return { records: count, failures };
}

async function taken(sink: RecordSink, records: readonly JournalRecord[]): Promise<string | null> {
  try {
    await sink.take(records);
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/**
 * A file with a line of JSON for each record: `{"run" "seq" "timeMs" "kind" "data"}`. The file says itself how far it goes; half a line that
 * was left by a process that ended is taken away. Throws when the file cannot be read or is something else.
 */
export function jsonLinesSink(file: string): RecordSink {
  const lasts = new Map<string, number>();
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  for (const line of whole.split('\n').slice(0, -1)) {
    const place = placeIn(line);
    if (place === null) throw new Error('the file holds something else than records: name another');
    lasts.set(place.run, place.seq);
  }
  // Nobody else's file is cut off.
  if (!BEGINNING.startsWith(text.slice(whole.length, whole.length + BEGINNING.length))) throw new Error('the file holds something else than records: name another');
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  return {
    last: (run) => lasts.get(run) ?? 0,
    take: (records) => {
      const descriptor = openSync(file, 'a', 0o600);
      try {
        writeSync(descriptor, records.map((record) => `${recordJson(record)}\n`).join(''));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      for (const { run, seq } of records) lasts.set(run, seq);
    },
  };
}

/** What every line begins with. */
const BEGINNING = '{"run":';

function placeIn(line: string): { readonly run: string; readonly seq: number } | null {
  try {
    const { run, seq } = JSON.parse(line) as { readonly run?: unknown; readonly seq?: unknown };
    return typeof run === 'string' && typeof seq === 'number' ? { run, seq } : null;
  } catch {
    return null;
  }
}

function recordJson({ run, seq, timeMs, kind, data }: JournalRecord): string {
  const fields = [...data].map(([key, value]) => `${JSON.stringify(key instanceof Keyword ? key.name : '')}:${valueJson(value)}`);
  return `{"run":${JSON.stringify(run)},"seq":${seq},"timeMs":${timeMs},"kind":"${kind}","data":{${fields.join(',')}}}`;
}
