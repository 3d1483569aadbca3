/**
 * What runs on an engine write down besides steps: version 1 of each. All are canonical documents of one vector [tag 1 data], data a map from
 * keywords to values; what is large in them is content of its own (`made.ts`).
 *
 *   "rtfs/segment"  what a segment begins with: program name [+ variables limits isolations context]
 *                   [+ state number now open message cancelled answered events data budget-source: where the segment before it stopped]
 *     data  = what the host remembers of the run (`host/memory.ts`)
 *     state = the name of a snapshot, which is SHA-256 of "rtfs/state\0" and its bytes     message = the number of the next one
 *     open  = a map from the ids of calls that are held to [due made asked approved]       events  = names of event lists
 *   "rtfs/status"   what can be asked of a run: status name program answered events [+ waits] [+ value | error] [+ ignored]
 *   an event list is the document of a vector of JSON lines, named by its value's hash
 */
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import { asciiBytes, hashValue, sha256Hex } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import type { ErrorValue} from '../../value/value.ts';
import { keyword, type Value } from '../../value/value.ts';
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
const STATE_DOMAIN = asciiBytes('rtfs/state\0');

export const STATUS_NAME = 'status';

/** Where a segment stopped. */
export interface Handover {
  readonly state: string;
  /** Of the segment that follows; the first one is 1. */
  readonly number: number;
  readonly nowMs: number;
  readonly open: ReadonlyMap<string, Recalled>;
  readonly message: number;
  readonly cancelled: boolean;
  readonly answered: number;
  readonly events: readonly string[];
  /** What the host remembers of the run. */
  readonly memory: Memory;
  readonly budgetSource: string;
}

export function encodeSegment(start: DraftData, handover: Handover | null, store: EngineContent): Promise<Uint8Array> {
  return encodeLight(SEGMENT, VERSION, { ...start, ...(handover === null ? {} : handoverData(handover)) }, store);
}

function handoverData({ state, number, nowMs, open, message, cancelled, answered, events, memory, budgetSource }: Handover): DraftData {
  const held = [...open].map(([id, { dueMs, wasMade, askedMs, approved }]) => [id, Vector.of(dueMs, wasMade, askedMs, approved)] as const);
  return { state, number, now: nowMs, open: MapValue.from(held), message, cancelled: cancelled || undefined, answered, events: Vector.adopt([...events]), data: memoryValue(memory), 'budget-source': budgetSource };
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
    state, number: facts.number('number') ?? 1, nowMs: facts.number('now') ?? 0, open: new Map(open), message: facts.number('message') ?? 1, cancelled: facts.is('cancelled'),
    answered: facts.number('answered') ?? 0, events: textsIn(facts, 'events'), memory, budgetSource: facts.text('budget-source') ?? 'none',
  };
}

function recalledIn(entry: Value): Recalled {
  const [due, made, asked, approved] = entry instanceof Vector ? entry.toArray() : [];
  return { dueMs: typeof due === 'number' ? due : null, wasMade: made === true, askedMs: typeof asked === 'number' ? asked : null, approved: typeof approved === 'string' ? approved : null };
}

function textsIn(facts: Facts, name: string): readonly string[] {
  return facts.items(name).filter((one) => typeof one === 'string');
}

export async function writeState(bytes: Uint8Array, store: EngineContent): Promise<string> {
  const name = sha256Hex(STATE_DOMAIN, bytes);
  await store.write(name, bytes);
  return name;
}

/** Throws when it is not there or is something else. */
export async function readState(name: string, store: EngineContent): Promise<Uint8Array> {
  const bytes = await store.read(name);
  if (bytes === null || sha256Hex(STATE_DOMAIN, bytes) !== name) throw new Error(`the state ${name} is not there or is damaged`);
  return bytes;
}

export async function writeEvents(lines: readonly string[], store: EngineContent): Promise<string> {
  const list = Vector.adopt([...lines]);
  const name = hashValue(list);
  await store.write(name, encodeValue(list));
  return name;
}

export async function readEvents(name: string, store: EngineContent): Promise<readonly string[]> {
  const bytes = await store.read(name);
  const list = bytes === null ? null : decodeValue(bytes);
  if (list?.ok !== true || !(list.value instanceof Vector) || hashValue(list.value) !== name) throw new Error(`the events ${name} are not there or are damaged`);
  return list.value.toArray().filter((line) => typeof line === 'string');
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
  /** Names of event lists, in order. */
  readonly events: readonly string[];
  /** Why the last thing that was said to the run and could not be done was not; null: there was none. */
  readonly ignored: string | null;
}

export function encodeStatus({ status, name, program, answered, waits, value, error, events, ignored }: EngineStatus, store: EngineContent): Promise<Uint8Array> {
  const data: DraftData = {
    status: keyword(status), name, program, answered, waits: Vector.adopt([...waits]), value: value ?? undefined, error: error ?? undefined, events: Vector.adopt([...events]),
    ignored: ignored ?? undefined,
  };
  return encodeLight(STATUS, VERSION, data, store);
}

export async function decodeStatus(bytes: Uint8Array, store: EngineContent): Promise<EngineStatus> {
  const facts = await decodeLight(STATUS, VERSION, bytes, store, WITHOUT_CODE);
  return {
    status: (facts.text('status') ?? 'running') as EngineStatus['status'], name: facts.text('name') ?? '', program: facts.text('program') ?? '', answered: facts.number('answered') ?? 0,
    waits: facts.items('waits'), value: facts.value('value'), error: facts.error('error'), events: textsIn(facts, 'events'), ignored: facts.text('ignored'),
  };
}
