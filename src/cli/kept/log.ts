/** `rtfs log RUN`: what happened in a run, from its journal. */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { Facts } from '../../host/durable/facts.ts';
import { readRecords } from '../../host/durable/history.ts';
import { type JournalRecord, RECORD_KINDS } from '../../host/journal/record.ts';
import { suggest } from '../../diagnostic/suggest.ts';
import { EVENT_FIELDS, valueJson } from '../../evaluator/event-value.ts';
import { Keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { LogOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { entryText, type LogEntry } from './log-entry.ts';
import { logTree } from './log-tree.ts';
import { timeText } from './show.ts';
import { withRun } from './with-store.ts';

export function logCommand(options: LogOptions, terminal: Terminal): Promise<ExitCode> {
  return withRun(options, { json: options.form === 'json', terminal }, async ({ keeping }, row, refuse) => {
    const wanted = filterOf(options, keeping.clock.nowMs());
    if (!wanted.ok) return refuse(wanted.error);
    const records = await readRecords(keeping.store, row.id);
    if (!records.ok) return refuse(diagnostic('E0511', records.error, null));
    const entries = entriesOf(records.value).filter(wanted.value);
    if (options.form === 'json') for (const entry of entries) terminal.out(`${entryJson(entry)}\n`);
    else if (options.form === 'tree') terminal.out(logTree(entries));
    else for (const entry of entries) terminal.out(`${entryLine(entry)}\n`);
    return EXIT.ok;
  });
}

export function entriesOf(records: readonly JournalRecord[]): readonly LogEntry[] {
  const entries: LogEntry[] = [];
  const calls = new Map<string, { readonly capability: string | null; readonly step: string | null }>();
  for (const { seq, timeMs, kind, data } of records) {
    const facts = new Facts(data);
    if (kind === 'turn-ended') {
      for (const line of facts.items('events')) entries.push(eventEntry(seq, timeMs, typeof line === 'string' ? line : '{}', facts));
      continue;
    }
    const call = facts.text('call');
    if (kind === 'call-requested' && call !== null) calls.set(call, { capability: facts.text('capability'), step: facts.text('step') });
    const about = call === null ? undefined : calls.get(call);
    entries.push({ seq, timeMs, kind, call, step: about?.step ?? null, capability: about?.capability ?? null, facts, event: null });
  }
  return entries;
}

function eventEntry(seq: number, timeMs: number, line: string, facts: Facts): LogEntry {
  const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
  return { seq, timeMs, kind: String(event['kind']), step: typeof event['step'] === 'string' ? event['step'] : null, call: null, capability: null, facts, event };
}

const KINDS: readonly string[] = [...RECORD_KINDS.filter((kind) => kind !== 'turn-ended'), ...Object.keys(EVENT_FIELDS)];

function filterOf({ kinds, step, capability, since }: LogOptions, nowMs: number): Result<(entry: LogEntry) => boolean, Diagnostic> {
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) {
    const meant = suggest(unknown, KINDS).map((kind) => `did you mean ${kind}?`);
    return { ok: false, error: diagnostic('E0502', `there are no records of the kind ${unknown}`, null, { help: meant.length > 0 ? meant : [`the kinds: ${KINDS.join(' ')}`] }) };
  }
  const sinceMs = since === null ? null : timeOf(since, nowMs);
  if (sinceMs === undefined) return { ok: false, error: diagnostic('E0502', `--since cannot be ${since ?? ''}`, null, { help: ['a time: 2026-01-31, 2026-01-31T08:00; or how long ago: 10m, 2h, 3d'] }) };
  return {
    ok: true,
    value: (entry) =>
      (kinds.length === 0 || kinds.includes(entry.kind)) &&
      (step === null || (entry.step !== null && `/${entry.step}/`.includes(`/${step}/`))) &&
      (capability === null || (entry.capability !== null && (capability.endsWith('.') ? entry.capability.startsWith(capability) : entry.capability === capability))) &&
      (sinceMs === null || entry.timeMs >= sinceMs),
  };
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Undefined for what is no time. */
export function timeOf(text: string, nowMs: number): number | undefined {
  const [, amount = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (amount !== '') return nowMs - Number(amount) * UNITS[unit]!;
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text.length === 10 ? `${text}T00:00` : text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function entryLine(entry: LogEntry): string {
  return `${String(entry.seq).padStart(5)}  ${timeText(entry.timeMs)}  ${entry.kind.padEnd(16)}  ${entryText(entry)}`.trimEnd();
}

function entryJson({ seq, timeMs, kind, event, facts }: LogEntry): string {
  const data = event ?? Object.fromEntries([...facts.data].map(([key, value]) => [key instanceof Keyword ? key.name : String(key), plain(value)]));
  return JSON.stringify({ seq, timeMs, kind, ...(event === null ? { data } : { event: data }) });
}

function plain(value: Value): unknown {
  if (value instanceof Vector && value.toArray().every((item) => typeof item === 'string')) return value.toArray();
  return JSON.parse(valueJson(value)) as unknown;
}
