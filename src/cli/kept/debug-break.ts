/** Breakpoints of `rtfs debug`: at the entry of a step or a function, where a key is written, where a capability is called. */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { keyText } from '../../evaluator/event-value.ts';
import type { Event } from '../../evaluator/state.ts';
import { Facts } from '../../host/durable/facts.ts';
import type { Moment, Timeline } from '../../host/durable/timeline.ts';

export interface Breakpoint {
  readonly kind: 'form' | 'step' | 'key' | 'call';
  /** Without the colon. */
  readonly name: string;
}

const KINDS: readonly string[] = ['form', 'step', 'key', 'call'] satisfies readonly Breakpoint['kind'][];

export function readBreakpoint(text: string): Result<Breakpoint, string> {
  const [, kind = '', name = ''] = /^(\S+)\s+(.+)$/.exec(text) ?? [];
  if (!KINDS.includes(kind)) return { ok: false, error: 'a breakpoint is one of: break step NAME, break key KEY, break call CAPABILITY, break form FUNCTION' };
  const bare = name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1) : name.startsWith(':') ? name.slice(1) : name;
  return { ok: true, value: { kind: kind as Breakpoint['kind'], name: bare } };
}

export function breakpointText({ kind, name }: Breakpoint): string {
  return `${kind} ${kind === 'key' || kind === 'call' ? ':' : ''}${name}`;
}

export function stopsAt({ kind, name }: Breakpoint, { news, entered, state, index, isEnd }: Moment, { tape }: Timeline): boolean {
  switch (kind) {
    case 'form':
      return entered.includes(name);
    case 'step':
      return news.some((event) => event.kind === 'step-started' && (event.name === name || event.step === name));
    case 'key':
      return news.some((event) => keysWritten(event).includes(name));
    case 'call':
      return isEnd && state.pending.some(({ id, capability }) => capability === name && isNew(id, tape.stretches[index]!.records));
  }
}

/** The call was asked for in this stretch. */
function isNew(call: string, records: Timeline['tape']['records']): boolean {
  return records.some(({ kind, data }) => kind === 'call-requested' && new Facts(data).text('call') === call);
}

/** Whether the records say that it could be in the stretch, without doing it again. */
export function mayStopIn({ kind, name }: Breakpoint, index: number, timeline: Timeline): boolean {
  switch (kind) {
    case 'form':
      return true;
    case 'call':
      return timeline.tape.stretches[index]!.records.some((record) => record.kind === 'call-requested' && new Facts(record.data).text('capability') === name);
    case 'step':
    case 'key':
      return timeline.recorded(index).some(({ line }) => {
        const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
        return kind === 'step' ? event['kind'] === 'step-started' && (event['name'] === name || event['step'] === name) : keysRecorded(event).includes(name);
      });
  }
}

function keysWritten(event: Event): readonly string[] {
  if (event.kind === 'context-set') return [keyText(event.key)];
  return event.kind === 'merged' ? [...event.added, ...event.overwritten, ...event.merged].map(keyText) : [];
}

/** The keys that an event in a journal says were written. */
export function keysRecorded(event: Readonly<Record<string, unknown>>): readonly string[] {
  if (event['kind'] === 'context-set') return [String(event['key'])];
  if (event['kind'] !== 'merged') return [];
  return ['added', 'overwritten', 'merged'].flatMap((list) => (Array.isArray(event[list]) ? event[list].map(String) : []));
}
