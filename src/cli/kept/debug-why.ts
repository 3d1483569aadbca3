/** Who has written a key last, seen from a moment of a run: an event, a patch from outside, or what the run began with. */
import { keyText } from '../../evaluator/event-value.ts';
import type { Moment, Timeline } from '../../host/durable/timeline.ts';
import { MapValue } from '../../value/map.ts';
import { keysRecorded } from './debug-break.ts';

export interface Writer {
  /** For people: `set by step root/b, event 6, record 14`. */
  readonly text: string;
  readonly data: { readonly by: 'event' | 'patch' | 'start'; readonly step: string | null; readonly event: number | null; readonly at: string | null; readonly record: number };
}

/** Null when nobody has. */
export function lastWriter(timeline: Timeline, here: Moment, key: string): Writer | null {
  let event = Math.min(here.event, timeline.events.length);
  for (let index = here.index; index >= 0; index--) {
    for (; event > timeline.countBefore(index); event--) {
      const writer = writerIn(timeline, event, key);
      if (writer !== null) return writer;
    }
    const input = timeline.tape.stretches[index]!.input;
    if (input?.kind === 'patch' && hasKey(input.data, key)) {
      return { text: `put there from outside, record ${input.seq}`, data: { by: 'patch', step: null, event: null, at: null, record: input.seq } };
    }
  }
  const start = timeline.tape.started.value('context');
  return start instanceof MapValue && hasKey(start, key) ? { text: 'there from the start, record 1', data: { by: 'start', step: null, event: null, at: null, record: 1 } } : null;
}

function writerIn(timeline: Timeline, number: number, key: string): Writer | null {
  const { line, seq } = timeline.events[number - 1]!;
  const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
  if (!keysRecorded(event).includes(key)) return null;
  const step = String(event['step']);
  const isMerge = event['kind'] === 'merged';
  const what = isMerge ? `merged into ${String(event['into'])} from ${step}` : `set by step ${step}`;
  const sources = Array.isArray(event['derivedFrom']) ? (event['derivedFrom'] as readonly Readonly<Record<string, unknown>>[]).map((origin) => `:${String(origin['key'])} of ${String(origin['context'])}`) : [];
  const from = sources.length === 0 ? '' : `, made from ${sources.join(', ')}`;
  return { text: `${what}${from}, event ${number}, record ${seq}`, data: { by: 'event', step, event: number, at: String(event['at']), record: seq } };
}

function hasKey(data: MapValue, key: string): boolean {
  return data.keys().some((one) => keyText(one) === key);
}
