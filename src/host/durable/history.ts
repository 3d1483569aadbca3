/**
 * A journal read back: its records in order, with what is content of its own put back, and the turns that they hold. The same turns
 * given to the same state give the same run (H4): going on, replaying, forking and looking back all come here.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { cancel, mergeContext, resume } from '../../evaluator/kernel.ts';
import type { Advance, Answer, State } from '../../evaluator/state.ts';
import { decodeValue } from '../../value/bytes.ts';
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { MapValue } from '../../value/map.ts';
import type { ErrorValue, Value } from '../../value/value.ts';
import { resumeBranches } from '../branch/turns.ts';
import { decodeRecord, type JournalRecord, WITHOUT_CODE } from '../journal/record.ts';
import type { Store } from '../store/port.ts';
import { Facts, whole } from './facts.ts';

/** Records `from` (default 1) and up to `limit` (default all), decoded. Without options functions are read as what they are called by. */
export async function readRecords(
  store: Store, run: string, from = 1, limit?: number, options: DecodeOptions = WITHOUT_CODE,
): Promise<Result<readonly JournalRecord[], string>> {
  const records: JournalRecord[] = [];
  const value = async (hash: string): Promise<Value | undefined> => {
    const bytes = await store.content(hash);
    const decoded = bytes === null ? null : decodeValue(bytes, options);
    return decoded?.ok === true ? decoded.value : undefined;
  };
  for (const stored of await store.records(run, from, limit)) {
    const record = decodeRecord(stored.bytes, options);
    if (!record.ok) return { ok: false, error: `record ${stored.seq} of the run cannot be read: ${record.error.message}` };
    const data = await whole(record.value.data, value);
    if (data === null) return { ok: false, error: `record ${stored.seq} of the run needs content that is not in the store or is damaged` };
    if (record.value.kind === 'turn-ended' && !new Facts(data).items('events').every(isEventLine)) return { ok: false, error: `record ${stored.seq} of the run tells of an event that cannot be read` };
    records.push({ ...record.value, data });
  }
  return { ok: true, value: records };
}

/** Whether it is the JSON of something that happened somewhere: so much of it is relied on. */
function isEventLine(line: Value): boolean {
  if (typeof line !== 'string') return false;
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null && 'kind' in event && typeof event.kind === 'string' && 'at' in event && typeof event.at === 'string';
  } catch {
    return false;
  }
}

/** What begins a turn. `quanta` are the goes of the machine before it, when it came while the machine was preempted. */
export type TurnInput = { readonly turn: number; readonly seq: number; readonly quanta: readonly number[] } & (
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'cancel'; readonly reason: string }
  | { readonly kind: 'patch'; readonly data: MapValue; readonly policy: Value }
);

/** The records of one turn, from what begins it up to what begins the next. */
export interface Stretch {
  /** Null for the first stretch: what was there before any turn, or the checkpoint that the records begin with. */
  readonly input: TurnInput | null;
  readonly records: readonly JournalRecord[];
}

export function stretchesIn(records: readonly JournalRecord[]): readonly Stretch[] {
  const stretches: { input: TurnInput | null; records: JournalRecord[] }[] = [{ input: null, records: [] }];
  let answers: Answer[] = [];
  for (const record of records) {
    const { kind, seq, data } = record;
    const facts = new Facts(data);
    const base = { turn: facts.number('turn') ?? 0, seq, quanta: facts.numbers('quanta') };
    if (kind === 'call-answered') {
      if (stretches.at(-1)!.input?.turn !== base.turn) {
        answers = [];
        stretches.push({ input: { ...base, kind: 'answers', answers }, records: [] });
      }
      answers.push(answerIn(facts));
    } else if (kind === 'cancel-requested') stretches.push({ input: { ...base, kind: 'cancel', reason: facts.text('reason') ?? '' }, records: [] });
    else if (kind === 'context-patched') stretches.push({ input: { ...base, kind: 'patch', data: patchIn(facts), policy: facts.value('policy') }, records: [] });
    stretches.at(-1)!.records.push(record);
  }
  return stretches;
}

function patchIn(facts: Facts): MapValue {
  const data = facts.value('data');
  return data instanceof MapValue ? data : MapValue.empty();
}

export function answerIn(facts: Facts): Answer {
  const id = facts.text('call') ?? '';
  const error = facts.error('error');
  return error === null ? { id, ok: true, value: facts.value('value') } : { id, ok: false, error };
}

/** Merges that a turn must not make, by position, with the errors of their steps: see `ResumeOptions`. */
export type Refused = ReadonlyMap<string, ErrorValue>;
export const NONE_REFUSED: Refused = new Map<string, ErrorValue>();

/** The merges that were refused when the records of the turn were written. */
export function refusedIn(records: readonly JournalRecord[]): Refused {
  const refused = new Map<string, ErrorValue>();
  for (const { kind, data } of records) {
    const facts = new Facts(data);
    const [at, error] = [facts.text('at'), facts.error('error')];
    if (kind === 'governance-denied' && at !== null && error !== null) refused.set(at, error);
  }
  return refused;
}

/**
 * One turn. `quanta` are those of the turn after it: at the end of them the machine is preempted, and there that turn begins. Without them
 * the machine goes on until it waits. The events are those of all goes.
 */
export function takeTurn(state: State, input: TurnInput, quanta: readonly number[], refused: Refused = NONE_REFUSED): Advance {
  switch (input.kind) {
    case 'answers':
      return inGoes(quanta, refused, (quantum) => resumeBranches(state, input.answers, { quantum, refused }));
    case 'cancel':
      return inGoes(quanta, refused, (quantum) => cancel(state, input.reason, { quantum, refused }));
    case 'patch':
      return goOn(patched(state, input.data, input.policy), [], quanta, refused);
  }
}

export function patched(state: State, data: MapValue, policy: Value): State {
  const merged = mergeContext(state, data, policy);
  // Another program may have come to a state in which it cannot be done: there nothing changes.
  return merged.ok ? merged.value : state;
}

/** A state in the midst of a turn, with those of the quanta that are not done yet. */
export function goOn(state: State, done: readonly number[], quanta: readonly number[], refused: Refused = NONE_REFUSED): Advance {
  const left = quanta.slice(done.length);
  const isThere = state.status !== 'ready' || (left.length === 0 && quanta.length > 0);
  return isThere ? resting(state) : inGoes(left, refused, (quantum) => resume(state, [], { quantum, refused }));
}

/** A first go, and more as long as there are quanta; a go without one lasts until the machine waits. */
export function inGoes(quanta: readonly number[], refused: Refused, first: (quantum: number) => Advance): Advance {
  const [quantum = Number.POSITIVE_INFINITY, ...more] = quanta;
  let advance = first(quantum);
  if (more.length === 0) return advance;
  const events = [...advance.events];
  for (const next of more) {
    advance = resume(advance.state, [], { quantum: next, refused });
    for (const event of advance.events) events.push(event);
  }
  return { ...advance, events };
}

/** Where a state stands, as the outcome that it came with. */
export function resting(state: State): Advance {
  const outcome = state.status === 'waiting' ? ({ kind: 'requires-host', calls: state.pending } as const) : ({ kind: 'preempted', calls: state.pending } as const);
  return { outcome, state, events: [] };
}
