/** The lines of `rtfs run --json=stream`, read back: each an event, something that the host did, or the result. */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { EVENT_FIELDS } from '../../evaluator/event-value.ts';
import type { Event } from '../../evaluator/event.ts';
import type { Source } from '../../host/compile.ts';
import { parseJson } from '../../value/json-read.ts';
import { MapValue } from '../../value/map.ts';
import type { Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';

/** An event whose common fields are known to be right; the others are asked for with the functions below. */
export interface ReadEvent {
  readonly kind: Event['kind'];
  readonly at: string;
  readonly step: string;
  readonly fields: MapValue;
}

export interface ReadStream {
  readonly events: readonly ReadEvent[];
  /** `complete`, `failed` …; null when the stream was cut. */
  readonly status: string | null;
}

/** Of a file that is something else altogether nobody wants to hear line by line. */
const PROBLEMS_MAX = 5;

type Line = { readonly kind: 'event'; readonly event: ReadEvent } | { readonly kind: 'result'; readonly status: string } | { readonly kind: 'other' };

export function readStream({ file, text }: Source): Result<ReadStream, readonly Diagnostic[]> {
  const events: ReadEvent[] = [];
  const problems: Diagnostic[] = [];
  let status: string | null = null;
  let start = 0;
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    const span = { file, start, end: start + line.length };
    start = span.end + 1;
    if (line.trim() === '') continue;
    const read: Result<Line, string> = status === null ? readLine(line) : { ok: false, error: 'it stands after the result, which is the last line of a run' };
    if (!read.ok) problems.push(diagnostic('E0507', `line ${number} is no event: ${read.error}`, span));
    else if (read.value.kind === 'event') events.push(read.value.event);
    else if (read.value.kind === 'result') status = read.value.status;
    if (problems.length === PROBLEMS_MAX) break;
  }
  if (problems.length === 0 && events.length === 0 && status === null) problems.push(diagnostic('E0507', `there are no events in ${file}`, null));
  return problems.length === 0 ? { ok: true, value: { events, status } } : { ok: false, error: problems };
}

const HOST_LINES = ['call', 'answer', 'dropped'];

function readLine(text: string): Result<Line, string> {
  const json = parseJson(text);
  if (!json.ok) return { ok: false, error: `it is not JSON: ${json.error.message}` };
  const line = json.value;
  if (!(line instanceof MapValue)) return { ok: false, error: 'it is JSON, but no object' };
  if (line.has('event')) return readEvent(line.get('event') ?? null);
  if (HOST_LINES.some((name) => line.has(name))) return { ok: true, value: { kind: 'other' } };
  if (line.get('type') === 'result') return { ok: true, value: { kind: 'result', status: textOf(line, 'status') ?? 'unknown' } };
  return { ok: false, error: 'it is neither `event`, `call`, `answer` nor the result' };
}

function readEvent(event: Value): Result<Line, string> {
  if (!(event instanceof MapValue)) return { ok: false, error: 'its `event` is no object' };
  const kind = textOf(event, 'kind');
  if (kind === null || !isKind(kind)) return { ok: false, error: kind === null ? 'the event has no `kind`' : `there is no kind of event \`${kind}\`` };
  const at = textOf(event, 'at');
  const step = textOf(event, 'step');
  if (at === null || !/^\d+(\.\d+)*$/.test(at)) return { ok: false, error: 'the event has no position `at`' };
  if (step === null) return { ok: false, error: 'the event has no `step`' };
  const missing = EVENT_FIELDS[kind].find((field) => field !== 'value' && !event.has(field));
  if (missing !== undefined) return { ok: false, error: `the event \`${kind}\` has no \`${missing}\`` };
  return { ok: true, value: { kind: 'event', event: { kind, at, step, fields: event } } };
}

function isKind(kind: string): kind is Event['kind'] {
  return Object.hasOwn(EVENT_FIELDS, kind);
}

/** Null when there is no text of that name. */
export function textOf(fields: MapValue, name: string): string | null {
  const value = fields.get(name);
  return typeof value === 'string' ? value : null;
}

export function numberOf(fields: MapValue, name: string): number | null {
  const value = fields.get(name);
  return typeof value === 'number' ? value : null;
}

export function textsOf(fields: MapValue, name: string): readonly string[] {
  return itemsOf(fields, name).filter((item) => typeof item === 'string');
}

export function objectsOf(fields: MapValue, name: string): readonly MapValue[] {
  return itemsOf(fields, name).filter((item) => item instanceof MapValue);
}

function itemsOf(fields: MapValue, name: string): readonly Value[] {
  const value = fields.get(name);
  return value instanceof Vector ? value.toArray() : [];
}
