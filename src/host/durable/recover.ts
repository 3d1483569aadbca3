/**
 * From a store to a machine that goes on: the last checkpoint, and the answers after it given again. What that costs depends on the live
 * state and on how often checkpoints are made, never on how long the run has been going.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { eventToJson } from '../../evaluator/event-value.ts';
import type { Code } from '../../evaluator/code.ts';
import { start, type StartOptions } from '../../evaluator/kernel.ts';
import type { Isolation } from '../../evaluator/context.ts';
import { DEFAULT_LIMITS, type LimitName, type Limits } from '../../evaluator/limits.ts';
import type { Advance, Event, State } from '../../evaluator/state.ts';
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { MapValue } from '../../value/map.ts';
import { Float, Keyword, keyword, makeFloat, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Entry } from '../callback/unkept.ts';
import type { Environment } from '../compile.ts';
import type { DraftData, JournalRecord, RecordKind } from '../journal/record.ts';
import type { Memory } from '../memory.ts';
import { readApproval, wordIn } from '../security/approval.ts';
import type { Constitution } from '../security/constitution.ts';
import { governTurn, MERGE, type MergeQuestion, type Refusal } from '../security/governance.ts';
import { emptyLineage } from '../security/lineage.ts';
import type { RunRow, Store } from '../store/port.ts';
import { readParent } from './callback.ts';
import { Facts } from './facts.ts';
import { goOn, inGoes, NONE_REFUSED, readRecords, type Refused, refusedIn, resting, stretchesIn, takeTurn } from './history.ts';
import { loadProgram, type Runnable } from './program.ts';
import { type OpenCall, UNASKED } from './record-data.ts';
import type { Position } from './recorder.ts';
import { afterAnswers, afterStretch, DAMAGED_MEMORY, memoryAtStart } from './remember.ts';
import type { StateKeeper } from './state-keeper.ts';

export interface Recovered {
  /** Where the machine stands, with the events that are not in the journal yet. */
  readonly first: Advance;
  readonly position: Position;
  readonly program: Runnable;
  /** How the run was started. */
  readonly started: Facts;
  /** What it remembers, the turn that led to `first` included. */
  readonly memory: Memory;
  /** Merges of that turn that are not in the journal yet. */
  readonly refusals: readonly Refusal[];
  /** The turn that led to `first` has a merge that a person has to allow: it has not happened, and is taken again with their word. */
  readonly held: HeldTurn | null;
}

export interface HeldTurn {
  readonly question: MergeQuestion;
  readonly take: (refused: Refused) => Advance;
}

export interface RecoveryWorld {
  readonly store: Store;
  readonly environment: Environment;
  readonly keeper: StateKeeper;
  /** Programs that were loaded before, by hash. */
  readonly programs: Map<string, Runnable>;
}

/** Fuel of one go of a run that is begun or gone on with. */
export const DURABLE_QUANTUM = 5_000_000;

/** `constitution`: what has a say on merges of turns that were not acknowledged yet; null for nothing. */
export async function recover(world: RecoveryWorld, row: RunRow, { program, started, options }: OpenedRun, constitution: Constitution | null): Promise<Result<Recovered, string>> {
  const records = await readRecords(world.store, row.id, row.checkpoint?.seq ?? 1, undefined, options);
  if (!records.ok) return records;
  const [checkpoint] = records.value;
  const stretches = stretchesIn(records.value);
  const last = stretches.length - 1;
  // What comes after the last turn is gone on with bit by bit, so that it can be stopped.
  const quantaAfter = (index: number): readonly number[] => (index === last ? [DURABLE_QUANTUM] : (stretches[index + 1]!.input?.quanta ?? []));
  let kept: State | null = null;
  if (row.checkpoint !== null && checkpoint !== undefined) {
    // Turns are taken with everything at hand; what only waits need not be read whole.
    const read = await world.keeper.read(new Facts(checkpoint.data).text('root') ?? '', world.store, program.table, last === 0);
    if (!read.ok) return read;
    kept = read.value;
  }
  const done = kept === null ? [] : new Facts(checkpoint!.data).numbers('quanta');
  const goes = kept !== null && last === 0 ? done : quantaAfter(last);
  const firstTake = (quanta: readonly number[], refused: Refused): Advance => {
    if (kept === null) return begin(program, started, quanta, refused);
    return last === 0 ? resting(kept) : goOn(kept, done, quanta, refused);
  };
  let memory = memoryAtStart(started);
  let refusals: readonly Refusal[] = [];
  let first: Advance | null = null;
  let held: HeldTurn | null = null;
  for (const [index, { input, records: written }] of stretches.entries()) {
    const from: Advance | null = first;
    const recorded = refusedIn(written);
    const take = (more: Refused): Advance => {
      const refused = more.size === 0 ? recorded : new Map([...recorded, ...more]);
      return input === null || from === null ? firstTake(quantaAfter(index), refused) : takeTurn(from.state, input, quantaAfter(index), refused);
    };
    const before = afterAnswers(memory, written);
    if (before === null) return DAMAGED_MEMORY;
    const isNew = index === last && constitution !== null && !isAcknowledged(written);
    const governed = isNew ? governTurn(constitution, before.lineage ?? emptyLineage(), take, nothingSaid) : { turn: take(NONE_REFUSED), refusals: [], question: null };
    first = governed.turn;
    refusals = governed.refusals;
    held = governed.question === null ? null : { question: governed.question, take };
    const after = held === null ? afterStretch(memory, written, first) : before;
    if (after === null) return DAMAGED_MEMORY;
    memory = after;
  }
  const { events } = first!;
  const position = { ...positionAfter(records.value, row), goes, isAhead: held !== null };
  return { ok: true, value: { first: { ...first!, events: unknown(events, position.known) }, position, program, started, memory, refusals, held } };
}

/** What people have said stands in the journal, and is found there when they are to be asked. */
const nothingSaid = (): null => null;

/** Something that a turn came to is written down, so that all merges it made were looked at. While somebody is asked about one, nothing is. */
function isAcknowledged(records: readonly JournalRecord[]): boolean {
  const asked = new Set<string>();
  for (const { kind, data } of records) {
    const facts = new Facts(data);
    const call = facts.text('call') ?? '';
    if (kind === 'approval-requested' && facts.text('capability') === MERGE) asked.add(call);
    else if (kind === 'approval-granted' || kind === 'approval-denied') asked.delete(call);
    else if (asked.size === 0 && ACKNOWLEDGING.has(kind) && facts.text('refused') === null) return true;
  }
  return false;
}

const ACKNOWLEDGING: ReadonlySet<RecordKind> = new Set<RecordKind>(['checkpoint', 'turn-ended', 'call-requested', 'call-planned', 'approval-requested', 'run-waiting']);

export interface OpenedRun {
  readonly program: Runnable;
  readonly started: Facts;
  /** For reading the run's values: with its code. */
  readonly options: DecodeOptions;
}

/** The program of a run, and how it was started. */
export async function openRun(world: Pick<RecoveryWorld, 'store' | 'environment' | 'programs'>, run: string): Promise<Result<OpenedRun, string>> {
  const first = await readRecords(world.store, run, 1, 1);
  if (!first.ok) return first;
  const [record] = first.value;
  if (record?.kind !== 'run-started') return { ok: false, error: 'the run does not begin with its start' };
  const hash = new Facts(record.data).text('program') ?? '';
  const known = world.programs.get(hash);
  const program = known === undefined ? await loadProgram(world.environment, hash, (one) => world.store.content(one)) : ({ ok: true, value: known } as const);
  if (!program.ok) return program;
  world.programs.set(hash, program.value);
  const options = codeOptions(program.value);
  // Again, for its values may hold functions.
  const again = await readRecords(world.store, run, 1, 1, options);
  if (!again.ok) return again;
  return { ok: true, value: { program: program.value, started: new Facts(again.value[0]!.data), options } };
}

/** Reads values with the code of the program. */
export function codeOptions({ table }: Pick<Runnable, 'table'>): DecodeOptions {
  return {
    resolveCode: (group, unit) => table.find(group, unit),
    captureCount: (code) => (code as Code).captureCount,
    knowsPrimitive: (name) => !name.startsWith('%') && table.primitives.get(name) !== null,
  };
}

/** The machine as it was started, and the goes with these quanta; without any it goes on until it waits. */
export function begin({ main, table }: Runnable, started: Facts, quanta: readonly number[], refused: Refused = NONE_REFUSED): Advance {
  const options = startOptions(started);
  const { fn, args } = entryOf({ main, table }, started);
  return inGoes(quanta, refused, (quantum) => start(table, fn, args, { ...options, quantum, refused }));
}

/** What says how a run is started: the program by its hash, and what `startOptions` reads again. */
export function startData(program: string, name: string, { limits = {}, variables = [], context, isolations }: NewStart = {}): DraftData {
  const entries = [...variables];
  return {
    program,
    name,
    variables: entries.length === 0 ? undefined : MapValue.from(entries),
    limits: Object.keys(limits).length === 0 ? undefined : MapValue.from(Object.entries(limits).map(([limit, value]) => [keyword(limit), Number.isInteger(value) ? value : makeFloat(value)] as const)),
    context,
    isolations: isolations === undefined ? undefined : Vector.adopt(isolations.map((one) => keyword(one))),
  };
}

/** What the run begins with: its program, or the function that a capability calls back. */
export function entryOf({ main, table }: Runnable, started: Facts): Pick<Entry, 'fn' | 'args'> {
  if (readParent(started) === null) return { fn: table.closureOf(main), args: [] };
  return { fn: started.value('function'), args: started.items('args') };
}

export type NewStart = Pick<StartOptions, 'limits' | 'variables' | 'context' | 'isolations'>;

export function startOptions(started: Facts): StartOptions {
  const limits: Partial<Record<LimitName, number>> = {};
  for (const [name, value] of started.entries('limits')) {
    if (name instanceof Keyword && isLimit(name.name)) limits[name.name] = numberOf(value);
  }
  const context = started.value('context');
  const isolations = started.items('isolations').flatMap((one) => (one instanceof Keyword ? [one.name as Isolation] : []));
  return {
    limits: limits as Partial<Limits>,
    variables: started.entries('variables').flatMap(([name, value]) => (typeof name === 'string' ? [[name, value] as const] : [])),
    ...(context instanceof MapValue ? { context } : {}),
    ...(isolations.length === 0 ? {} : { isolations }),
  };
}

function isLimit(name: string): name is LimitName {
  return Object.hasOwn(DEFAULT_LIMITS, name);
}

function numberOf(value: Value): number {
  return value instanceof Float ? value.value : Number(value);
}

/** Where the journal stands after the records, which begin with the last checkpoint or with the start. */
function positionAfter(records: readonly JournalRecord[], row: RunRow): Omit<Position, 'goes' | 'isAhead'> {
  const open = new Map<string, OpenCall>();
  let turn = 0;
  let known = new Set<string>();
  let effects = 0;
  let isCancelled = false;
  let atMs = records[0]?.timeMs ?? row.createdMs;
  const at = (next: number): void => {
    if (next !== turn) known = new Set();
    turn = next;
  };
  for (const { kind, data, timeMs } of records) {
    const facts = new Facts(data);
    const call = facts.text('call') ?? '';
    switch (kind) {
      case 'checkpoint':
        at(facts.number('turn') ?? 0);
        atMs = timeMs;
        effects = 0;
        isCancelled ||= facts.is('cancelled');
        for (const [id, entry] of facts.entries('open')) if (typeof id === 'string') open.set(id, recalledIn(entry));
        break;
      case 'call-requested':
        // One with hints is made in attempts.
        if (facts.number('first') !== null) open.set(call, { ...UNASKED, wasRequested: true });
        else if (facts.text('refused') === null) open.set(call, { ...(open.get(call) ?? UNASKED), dueMs: facts.number('due'), wasMade: true, wasRequested: true });
        break;
      case 'approval-requested':
        open.set(call, { ...(open.get(call) ?? UNASKED), askedMs: timeMs });
        break;
      case 'attempt-started':
        open.set(call, { ...(open.get(call) ?? UNASKED), dueMs: facts.number('due'), wasMade: true });
        break;
      case 'attempt-ended':
        open.set(call, { ...(open.get(call) ?? UNASKED), dueMs: null, wasMade: false });
        break;
      case 'approval-granted':
      case 'approval-denied':
        open.set(call, { ...(open.get(call) ?? UNASKED), ...wordOf(facts) });
        break;
      case 'call-answered':
        at(facts.number('turn') ?? turn);
        open.delete(call);
        effects += 1;
        break;
      case 'cancel-requested':
        isCancelled = true;
        at(facts.number('turn') ?? turn);
        break;
      case 'context-patched':
        at(facts.number('turn') ?? turn);
        break;
      case 'turn-ended':
        for (const line of facts.items('events')) if (typeof line === 'string') known.add(line);
        break;
      default:
    }
  }
  return { head: row.head, turn, known, open, isCancelled, sinceCheckpoint: { effects, bytes: 0, atMs } };
}

function recalledIn(entry: Value): OpenCall {
  const [due, made, requested, asked, approved, denied] = entry instanceof Vector ? entry.toArray() : [];
  return {
    dueMs: typeof due === 'number' ? due : null, wasMade: made === true, wasRequested: requested === true, askedMs: typeof asked === 'number' ? asked : null,
    approved: typeof approved === 'string' ? approved : null, denied: typeof denied === 'string' ? denied : null,
  };
}

function wordOf(facts: Facts): Partial<OpenCall> {
  const approval = readApproval(facts.value('approval'));
  return approval.ok ? wordIn(approval.value) : {};
}

function unknown(events: readonly Event[], known: ReadonlySet<string>): readonly Event[] {
  return known.size === 0 ? events : events.filter((event) => !known.has(eventToJson(event)));
}
