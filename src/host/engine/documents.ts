/**
 * What runs on an engine write down besides steps: version 1 of each. All are canonical documents of one vector [tag 1 data], data a map from
 * keywords to values; what is large in them is content of its own (`made.ts`).
 *
 *   "rtfs/segment"  what a segment begins with: program name [+ variables limits isolations context] [+ function args parent budget: it is a callback, see `durable/callback.ts`]
 *                   [+ state number now open message cancelled answered turn pieces data budget-source: where the segment before it stopped]
 *     data  = what the host remembers of the run (`host/memory.ts`)
 *     state = a snapshot, in base64     message = the number of the next one
 *     open  = a map from the ids of calls that are held to [due made asked approved] or [… denied]       turn    = the number of the last one
 *     pieces = how many pieces of records there are (`records.ts`)
 *   "rtfs/status"   what can be asked of a run: status name program answered pieces now [+ waits] [+ value | error] [+ ignored] [+ budget]
 */
import { MapValue } from '../../value/map.ts';
import { type ErrorValue, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Facts } from '../durable/facts.ts';
import type { Recalled } from '../hold.ts';
import { type DraftData, WITHOUT_CODE } from '../journal/record.ts';
import { type Memory, memoryValue, readMemory } from '../memory.ts';
import { decodeLight, encodeLight } from './made.ts';
import type { EngineContent } from './port.ts';

const SEGMENT = 'rtfs/segment';
const STATUS = 'rtfs/status';
const VERSION = 1;

export const STATUS_NAME = 'status';

/** Where a segment stopped. */
export interface Handover {
  /** A snapshot. */
  readonly state: Uint8Array;
  /** Of the segment that follows; the first one is 1. */
  readonly number: number;
  readonly nowMs: number;
  readonly open: ReadonlyMap<string, Recalled>;
  readonly message: number;
  readonly cancelled: boolean;
  readonly answered: number;
  /** The number of the last turn. */
  readonly turn: number;
  readonly pieces: number;
  /** What the host remembers of the run. */
  readonly memory: Memory;
  readonly budgetSource: string;
}

export function encodeSegment(start: DraftData, handover: Handover | null, store: EngineContent): Promise<Uint8Array> {
  return encodeLight(SEGMENT, VERSION, { ...start, ...(handover === null ? {} : handoverData(handover)) }, store);
}

function handoverData({ state, number, nowMs, open, message, cancelled, answered, turn, pieces, memory, budgetSource }: Handover): DraftData {
  const held = [...open].map(([id, { dueMs, wasMade, askedMs, approved, denied }]) => [id, Vector.of(dueMs, wasMade, askedMs, approved, ...(denied === null ? [] : [denied]))] as const);
  return { state: Buffer.from(state).toString('base64'), number, now: nowMs, open: MapValue.from(held), message, cancelled: cancelled || undefined, answered, turn, pieces, data: memoryValue(memory), 'budget-source': budgetSource };
}

/** Without the code of the program, values that are functions cannot be run. */
export function decodeSegment(bytes: Uint8Array, store: EngineContent, code = WITHOUT_CODE): Promise<Facts> {
  return decodeLight(SEGMENT, VERSION, bytes, store, code);
}

/** Null for the first segment of a run. */
export function handoverIn(facts: Facts): Handover | null {
  const state = facts.text('state');
  if (state === null) return null;
  const memory = readMemory(facts.value('data'));
  if (memory === null) throw new Error('what the run remembers is damaged');
  const open = facts.entries('open').flatMap(([id, entry]) => (typeof id === 'string' ? [[id, recalledIn(entry)] as const] : []));
  return {
    state: new Uint8Array(Buffer.from(state, 'base64')), number: facts.number('number') ?? 1, nowMs: facts.number('now') ?? 0, open: new Map(open), message: facts.number('message') ?? 1, cancelled: facts.is('cancelled'),
    answered: facts.number('answered') ?? 0, turn: facts.number('turn') ?? 0, pieces: facts.number('pieces') ?? 0, memory, budgetSource: facts.text('budget-source') ?? 'none',
  };
}

function recalledIn(entry: Value): Recalled {
  const [due, made, asked, approved, denied] = entry instanceof Vector ? entry.toArray() : [];
  return { dueMs: typeof due === 'number' ? due : null, wasMade: made === true, askedMs: typeof asked === 'number' ? asked : null, approved: typeof approved === 'string' ? approved : null, denied: typeof denied === 'string' ? denied : null };
}

/** What can be asked of a run. */
export interface EngineStatus {
  readonly status: 'running' | 'waiting' | 'complete' | 'failed' | 'cancelled';
  readonly name: string;
  /** The hash of what runs. */
  readonly program: string;
  readonly answered: number;
  /** What it waits for, as `waitValue` says it. */
  readonly waits: readonly Value[];
  readonly value: Value;
  readonly error: ErrorValue | null;
  /** In how many pieces it is written down what has happened. */
  readonly pieces: number;
  /** When it was so: the time of the run, in milliseconds since 1970. */
  readonly nowMs: number;
  /** What the run has used and was granted (`spentValue`); null when nothing is counted. */
  readonly budget: Value;
  /** Why the last thing that was said to the run and could not be done was not; null: there was none. */
  readonly ignored: string | null;
}

export function encodeStatus({ status, name, program, answered, waits, value, error, pieces, nowMs, budget, ignored }: EngineStatus, store: EngineContent): Promise<Uint8Array> {
  const data: DraftData = {
    status: keyword(status), name, program, answered, waits: Vector.adopt([...waits]), value: value ?? undefined, error: error ?? undefined, pieces, now: nowMs,
    budget: budget ?? undefined, ignored: ignored ?? undefined,
  };
  return encodeLight(STATUS, VERSION, data, store);
}

/** Of a run that has just been begun. */
export function newStatus(name: string, program: string): EngineStatus {
  return { status: 'running', name, program, answered: 0, waits: [], value: null, error: null, pieces: 0, nowMs: 0, budget: null, ignored: null };
}

/** Without the code of the program, values that are functions cannot be run. */
export async function decodeStatus(bytes: Uint8Array, store: EngineContent, code = WITHOUT_CODE): Promise<EngineStatus> {
  const facts = await decodeLight(STATUS, VERSION, bytes, store, code);
  return {
    status: (facts.text('status') ?? 'running') as EngineStatus['status'], name: facts.text('name') ?? '', program: facts.text('program') ?? '', answered: facts.number('answered') ?? 0,
    waits: facts.items('waits'), value: facts.value('value'), error: facts.error('error'), pieces: facts.number('pieces') ?? 0, nowMs: facts.number('now') ?? 0, budget: facts.value('budget'), ignored: facts.text('ignored'),
  };
}
