/**
 * Numbers about runs, counted from their journals and from nothing else: who counts the records again comes to the same. As text they are
 * what Prometheus reads. Durations are those that the journal tells; where it tells none, the answer came within a millisecond.
 */
import { Facts } from '../durable/facts.ts';
import type { JournalRecord } from '../journal/record.ts';

export interface Sample {
  readonly name: string;
  /** In the order in which they are written. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Each metric and what it counts. */
const HELP: Readonly<Record<string, string>> = {
  rtfs_records_total: 'records of journals, by kind',
  rtfs_calls_total: 'calls that have an answer, by capability and by what came of them: ok, error, refused',
  rtfs_call_duration_ms_sum: 'milliseconds between making a call and its answer, by capability',
  rtfs_call_duration_ms_count: 'calls that were made and have an answer, by capability',
  rtfs_events_total: 'what steps and contexts have told, by kind of event',
};

const UNKNOWN = 'unknown';

export class Metrics {
  /** By metric, and by labels as they are written. */
  private readonly counts = new Map<string, Map<string, Sample>>();
  /** The capabilities of calls that have no answer yet, by run and call. */
  private readonly calls = new Map<string, { readonly capability: string; readonly isRefused: boolean }>();

  /** The records of a run in their order; those of several runs may be mixed. */
  add({ run, kind, data }: JournalRecord): void {
    this.count('rtfs_records_total', { kind });
    const facts = new Facts(data);
    const call = `${run}/${facts.text('call') ?? ''}`;
    if (kind === 'call-requested') this.calls.set(call, { capability: facts.text('capability') ?? UNKNOWN, isRefused: facts.text('refused') !== null });
    else if (kind === 'call-answered') this.answered(call, facts);
    else if (kind === 'turn-ended') for (const line of facts.items('events')) if (typeof line === 'string') this.count('rtfs_events_total', { kind: eventKind(line) });
  }

  private answered(call: string, facts: Facts): void {
    const { capability, isRefused } = this.calls.get(call) ?? { capability: UNKNOWN, isRefused: false };
    this.calls.delete(call);
    this.count('rtfs_calls_total', { capability, outcome: isRefused ? 'refused' : facts.error('error') === null ? 'ok' : 'error' });
    if (isRefused) return;
    this.count('rtfs_call_duration_ms_sum', { capability }, facts.number('duration-ms') ?? 0);
    this.count('rtfs_call_duration_ms_count', { capability });
  }

  private count(name: string, labels: Readonly<Record<string, string>>, by = 1): void {
    const samples = this.counts.get(name) ?? new Map<string, Sample>();
    this.counts.set(name, samples);
    const key = labelText(labels);
    samples.set(key, { name, labels, value: (samples.get(key)?.value ?? 0) + by });
  }

  /** Ordered by metric and labels, whatever the order of the runs was. */
  samples(): readonly Sample[] {
    return Object.keys(HELP).flatMap((name) => [...(this.counts.get(name) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sample]) => sample));
  }

  /** In the text format of Prometheus. */
  text(): string {
    const lines: string[] = [];
    let last = '';
    for (const { name, labels, value } of this.samples()) {
      if (name !== last) lines.push(`# HELP ${name} ${HELP[name]!}`, `# TYPE ${name} counter`);
      last = name;
      lines.push(`${name}${labelText(labels)} ${value}`);
    }
    return lines.map((line) => `${line}\n`).join('');
  }
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`);
  return `{${texts.join(',')}}`;
}

/** Of a line that was read as one (`durable/history.ts`). */
function eventKind(line: string): string {
  const event: unknown = JSON.parse(line);
  return typeof event === 'object' && event !== null && 'kind' in event && typeof event.kind === 'string' ? event.kind : UNKNOWN;
}
