/**
 * Forking: a run with the past of another one and a future of its own. Its journal begins with its start, which says where it comes from,
 * and with a checkpoint of the state there; the other run is not touched. What waited for an answer there is asked for anew, under the
 * new run's keys, unless the answer is given with the fork.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import type { State } from '../../evaluator/state.ts';
import { keyword, type Value } from '../../value/value.ts';
import { MapValue } from '../../value/map.ts';
import { signHead } from '../journal/signature.ts';
import type { DraftData, RecordDraft } from '../journal/record.ts';
import { type Content, EMPTY_HEAD } from '../store/port.ts';
import { checkNewRunId } from '../store/problem.ts';
import { believedAuthority, signedAuthority } from './authority.ts';
import type { Keeping } from './driver.ts';
import { recordFields } from './facts.ts';
import { type Memory, memoryValue } from '../memory.ts';
import { programGroups } from './program.ts';
import { callFacts, chained } from './record-data.ts';
import { forked } from './remember.ts';
import { Tape } from './tape.ts';

/** A place in a run: a record, of which the end of its turn is meant, or a label that the plan gave a checkpoint. */
export type ForkPlace = { readonly seq: number } | { readonly label: string };

export interface ForkOptions {
  readonly id: string;
  /** Answers to calls that wait there, by the id of the call. */
  readonly answers: readonly (readonly [call: string, value: Value])[];
  /** Who gives them. */
  readonly who: string | null;
}

export interface Forked {
  readonly run: string;
  /** The last record of the past that both runs have. */
  readonly seq: number;
}

const LEASE_MS = 15_000;

/** The problem, for people, when it cannot be done. `past`: where the other run is kept, when that is another store. */
export async function forkRun(keeping: Keeping, source: string, place: ForkPlace, options: ForkOptions, past: Keeping = keeping): Promise<Result<Forked, string>> {
  const tape = await Tape.open(tapeWorld(past), source);
  if (!tape.ok) return tape;
  const found = placeIn(tape.value, place);
  if (!found.ok) return found;
  const index = tape.value.stretchOf(found.value);
  const after = await tape.value.after(index);
  if (!after.ok) return after;
  const { state, memory } = after.value;
  return forkFrom(keeping, tape.value, { state, memory, turn: tape.value.turnOf(index), seq: tape.value.stretches[index]!.records.at(-1)!.seq }, options, past);
}

/** What a tape of a run of that store needs. */
export function tapeWorld({ store, environment, programs, newKeeper }: Keeping): Parameters<typeof Tape.open>[0] {
  return { store, environment, programs, keeper: newKeeper() };
}

function placeIn(tape: Tape, place: ForkPlace): Result<number, string> {
  if ('label' in place) {
    const record = tape.labelled(place.label);
    return record === null ? { ok: false, error: `the run ${tape.run} has no checkpoint :${place.label}` } : { ok: true, value: record.seq };
  }
  const last = tape.records.length;
  return place.seq >= 1 && place.seq <= last ? { ok: true, value: place.seq } : { ok: false, error: `the run ${tape.run} has no record ${place.seq}: it has 1 to ${last}` };
}

export interface ForkPoint {
  readonly state: State;
  readonly memory: Memory;
  /** The turn that the state lies in. */
  readonly turn: number;
  /** The record that the past of the new run ends with. */
  readonly seq: number;
}

export async function forkFrom(keeping: Keeping, tape: Tape, { state, memory, turn, seq }: ForkPoint, options: ForkOptions, past: Keeping = keeping): Promise<Result<Forked, string>> {
  const { store, clock, owner, sha256, keys } = keeping;
  checkNewRunId(options.id);
  if (state.status === 'done') return { ok: false, error: `the run ${tape.run} is over at record ${seq}: a fork needs a point before its end` };
  const answers = answersFor(state, turn, options);
  if (!answers.ok) return answers;
  const [record] = await past.store.records(tape.run, seq, 1);
  if (record === undefined) return { ok: false, error: `the record ${seq} of the run ${tape.run} is gone` };
  const { root, content: stateContent } = keeping.newKeeper().write(state);
  const content: Content[] = [...stateContent, ...(past === keeping ? [] : await programIn(past, tape))];
  const drafts: readonly Omit<RecordDraft, 'timeMs'>[] = [
    { kind: 'run-started', data: { ...recordFields(tape.started), ...authorityFor(keeping, tape, options.id), from: tape.run, seq, hash: record.hash } },
    { kind: 'checkpoint', data: { root, turn, open: MapValue.empty(), memory: memoryValue(forked(memory)), reason: keyword('fork') } },
    ...answers.value,
  ];
  const now = clock.nowMs();
  const records = chained(options.id, EMPTY_HEAD, drafts.map((draft) => ({ ...draft, timeMs: now })), content, sha256);
  const { seq: last, hash } = records.at(-1)!;
  const signature = keys === null ? null : await signHead(keys, options.id, { seq: last, hash });
  const batch = { records, content, signature, change: { checkpoint: { seq: records[1]!.seq, hash: root } }, taken: [] };
  const lease = await store.create({ id: options.id, name: tape.started.text('name') ?? '', createdMs: now, leaseUntilMs: now + LEASE_MS }, batch, owner);
  await store.release(lease);
  return { ok: true, value: { run: options.id, seq } };
}

/** The program of the run as content, for a store that does not have it. */
async function programIn({ store }: Keeping, { started }: Tape): Promise<readonly Content[]> {
  const content: Content[] = [];
  const read = async (hash: string): Promise<Uint8Array | null> => {
    const bytes = await store.content(hash);
    if (bytes !== null) content.push({ hash, bytes });
    return bytes;
  };
  const document = await read(started.text('program') ?? '');
  for (const group of document === null ? [] : (programGroups(document) ?? [])) await read(group);
  return content;
}

/** What the other run was allowed, signed anew for this one; what cannot be believed there is not signed here. */
function authorityFor({ keys }: Keeping, { run, started }: Tape, id: string): DraftData {
  const unsigned = { 'authority-key': undefined, 'authority-signature': undefined };
  const believed = believedAuthority(run, started, keys);
  return started.value('authority') === null || !believed.ok ? unsigned : { ...unsigned, ...signedAuthority(id, believed.value, keys) };
}

function answersFor({ pending, status }: State, turn: number, { answers, who }: ForkOptions): Result<readonly Omit<RecordDraft, 'timeMs'>[], string> {
  if (answers.length > 0 && status !== 'waiting') return { ok: false, error: 'the run does not wait for an answer there: it goes on by itself' };
  const requested: Omit<RecordDraft, 'timeMs'>[] = [];
  const answered: Omit<RecordDraft, 'timeMs'>[] = [];
  for (const [id, value] of answers) {
    const call = pending.find((one) => one.id === id);
    if (call === undefined) return { ok: false, error: pending.length === 0 ? 'no call waits for an answer there' : `no call ${id} waits for an answer there: ${pending.map((one) => `${one.id} (:${one.capability})`).join(', ')}` };
    if (answers.filter(([other]) => other === id).length > 1) return { ok: false, error: `there are two answers to call ${id}` };
    requested.push({ kind: 'call-requested', data: callFacts(call, turn) });
    answered.push({ kind: 'call-answered', data: { turn: turn + 1, call: id, by: keyword('person'), value, who: who ?? undefined } });
  }
  return { ok: true, value: [...requested, ...answered] };
}

