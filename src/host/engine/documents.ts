/**
 * What runs on an engine write down besides steps: version 1 of each. All are canonical documents of one vector [tag 1 data], data a map from
 * keywords to values; what is large in them is content of its own (`made.ts`).
 *
 *   "rtfs/segment"  what a segment begins with: program name [+ variables limits isolations context]
 *                   [+ state number now open message cancelled answered events data budget-source: where the segment before it stopped]
 *     data  = what the host remembers of the run (`host/memory.ts`)
 *     state = a snapshot, in base64     message = the number of the next one
 *     open  = a map from the ids of calls that are held to [due made asked approved]       events  = the name of the newest event list
 *   "rtfs/status"   what can be asked of a run: status name program answered [+ events] [+ waits] [+ value | error] [+ ignored]
 *   an event list is the document of a vector, named by its value's hash: the name of the list before it, or nil, then lines of JSON
 */
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import { hashValue } from '../../value/hash.ts';
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
  /** The newest event list; null: nothing has happened yet. */
  readonly events: string | null;
  /** What the host remembers of the run. */
  readonly memory: Memory;
  readonly budgetSource: string;
}

export function encodeSegment(start: DraftData, handover: Handover | null, store: EngineContent): Promise<Uint8Array> {
  return encodeLight(SEGMENT, VERSION, { ...start, ...(handover === null ? {} : handoverData(handover)) }, store);
}

function handoverData({ state, number, nowMs, open, message, cancelled, answered, events, memory, budgetSource }: Handover): DraftData {
  const held = [...open].map(([id, { dueMs, wasMade, askedMs, approved }]) => [id, Vector.of(dueMs, wasMade, askedMs, approved)] as const);
  return { state: Buffer.from(state).toString('base64'), number, now: nowMs, open: MapValue.from(held), message, cancelled: cancelled || undefined, answered, events: events ?? undefined, data: memoryValue(memory), 'budget-source': budgetSource };
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
    answered: facts.number('answered') ?? 0, events: facts.text('events'), memory, budgetSource: facts.text('budget-source') ?? 'none',
  };
}

function recalledIn(entry: Value): Recalled {
  const [due, made, asked, approved] = entry instanceof Vector ? entry.toArray() : [];
  return { dueMs: typeof due === 'number' ? due : null, wasMade: made === true, askedMs: typeof asked === 'number' ? asked : null, approved: typeof approved === 'string' ? approved : null };
}

/** Gives the name of the list, which knows that of the one before it. */
export async function writeEvents(before: string | null, lines: readonly string[], store: EngineContent): Promise<string> {
  const list = Vector.adopt([before, ...lines]);
  const name = hashValue(list);
  await store.write(name, encodeValue(list));
  return name;
}

/** All lines up to the end of the list with this name, in the order in which they were written. */
export async function readEvents(newest: string | null, store: EngineContent): Promise<readonly string[]> {
  const lists: (readonly string[])[] = [];
  for (let name = newest; name !== null; ) {
    const bytes = await store.read(name);
    const list = bytes === null ? null : decodeValue(bytes);
    if (list?.ok !== true || !(list.value instanceof Vector) || hashValue(list.value) !== name) throw new Error(`the events ${name} are not there or are damaged`);
    const [before, ...lines] = list.value.toArray();
    lists.push(lines.filter((line) => typeof line === 'string'));
    name = typeof before === 'string' ? before : null;
  }
  return lists.reverse().flat();
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
  /** The name of the newest event list; null: nothing has happened yet. */
  readonly events: string | null;
  /** Why the last thing that was said to the run and could not be done was not; null: there was none. */
  readonly ignored: string | null;
}

export function encodeStatus({ status, name, program, answered, waits, value, error, events, ignored }: EngineStatus, store: EngineContent): Promise<Uint8Array> {
  const data: DraftData = {
    status: keyword(status), name, program, answered, waits: Vector.adopt([...waits]), value: value ?? undefined, error: error ?? undefined, events: events ?? undefined,
    ignored: ignored ?? undefined,
  };
  return encodeLight(STATUS, VERSION, data, store);
}

export async function decodeStatus(bytes: Uint8Array, store: EngineContent): Promise<EngineStatus> {
  const facts = await decodeLight(STATUS, VERSION, bytes, store, WITHOUT_CODE);
  return {
    status: (facts.text('status') ?? 'running') as EngineStatus['status'], name: facts.text('name') ?? '', program: facts.text('program') ?? '', answered: facts.number('answered') ?? 0,
    waits: facts.items('waits'), value: facts.value('value'), error: facts.error('error'), events: facts.text('events'), ignored: facts.text('ignored'),
  };
}
