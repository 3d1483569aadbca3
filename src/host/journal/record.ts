/**
 * The records of a run's journal: version 1.
 *
 *   bytes  = the canonical document (`value/bytes.ts`) of one vector: ["rtfs/record" 1 run previous seq time kind data]
 *     run      = the id of the run, a string
 *     previous = the hash of the record before, a string of 64 hexadecimal digits; 64 zeros for the first. What stands before it is the
 *                same in all records of a run, so a store can keep both once
 *     seq      = 1, 2, 3 …
 *     time     = whole milliseconds since 1970, by the host's clock      kind = a keyword of `RECORD_KINDS`
 *     data     = a map from keywords to values; what stands in it is the business of who writes records of that kind
 *   hash   = SHA-256 of "rtfs/record\0" and the bytes
 *
 * So the hash covers every field of every record before it (H3). Old records are never rewritten; a reader keeps what it does
 * not know in a known version, and refuses unknown versions.
 *
 * A *turn* is one `resume`: it begins with the answers that were given together. Turn 0 is the start. Answers carry the number of the turn
 * that they begin, in the order in which they were given, so a journal determines the run (H4).
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import type { DecodeFault, DecodeOptions } from '../../value/bytes-decode.ts';
import { SmallWriter } from '../../value/bytes-small.ts';
import { asciiBytes } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import { Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Hash } from '../store/port.ts';

export const RECORD_KINDS = [
  'run-started', 'run-forked', 'run-resumed', 'run-waiting', 'run-complete', 'run-failed', 'run-cancelled',
  'call-requested', 'call-answered', 'turn-ended', 'checkpoint', 'context-patched', 'value-fetched',
  'approval-requested', 'approval-granted', 'approval-denied', 'governance-denied', 'hint-applied', 'delegated',
  'budget-exhausted', 'grant-changed', 'call-repeated', 'cancel-requested', 'message-ignored',
  'call-planned', 'attempt-started', 'attempt-ended', 'budget-passed', 'callback-started',
  'branch-given', 'branch-returned',
] as const;

export type RecordKind = (typeof RECORD_KINDS)[number];

export interface JournalRecord {
  readonly run: string;
  readonly seq: number;
  readonly previous: Hash;
  readonly timeMs: number;
  readonly kind: RecordKind;
  readonly data: MapValue;
}

/** A record before it has its place in the chain. */
export interface RecordDraft {
  readonly timeMs: number;
  readonly kind: RecordKind;
  /** What is undefined is left out. */
  readonly data: DraftData;
}

export type DraftData = Readonly<Record<string, Value | undefined>>;

const TAG = 'rtfs/record';
const VERSION = 1;
const PARTS = 8;
const HASH_DIGITS = 64;
const KINDS: ReadonlySet<string> = new Set(RECORD_KINDS);

/** Goes into the hash of every record before its bytes, so that no other hash of the house can be equal to it. */
export const RECORD_DOMAIN: Uint8Array = asciiBytes('rtfs/record\0');

/** Kept, since nearly all records are small and there is one for everything that happens. */
const small = new SmallWriter(RECORD_DOMAIN);

/**
 * For readers who have no code: functions in records are read as what they are called by, and cannot be run. Who goes on with a
 * run gives the options that find its code.
 */
export const WITHOUT_CODE: DecodeOptions = { resolveCode: (group, unit) => ({ group, unit, name: null }) };

export function encodeRecord({ run, seq, previous, timeMs, kind, data }: JournalRecord): Uint8Array {
  return encodeValue(Vector.of(TAG, VERSION, run, previous, seq, timeMs, keyword(kind), data));
}

/** A record before it has a hash. */
export interface PlacedDraft extends RecordDraft {
  readonly run: string;
  readonly seq: number;
  readonly previous: Hash;
}

/** The bytes of the record, as `encodeRecord` gives them, and what its hash is taken over: the domain and the bytes. */
export function encodeDraft(draft: PlacedDraft): { readonly bytes: Uint8Array; readonly hashed: readonly Uint8Array[] } {
  if (writeDraft(draft)) return { bytes: small.documentFrom(RECORD_DOMAIN.length), hashed: [small.documentFrom(0)] };
  const bytes = encodeRecord({ ...draft, data: recordData(draft.data) });
  return { bytes, hashed: [RECORD_DOMAIN, bytes] };
}

function writeDraft({ run, seq, previous, timeMs, kind, data }: PlacedDraft): boolean {
  small.restart();
  small.vectorHead(PARTS);
  const isHeadWritten = small.string(TAG) && small.value(VERSION) && small.string(run) && small.string(previous) && small.value(seq) && small.value(timeMs) && small.keyword(kind);
  if (!isHeadWritten) return false;
  const names = namesIn(data);
  small.mapHead(names.length);
  for (const name of names) if (!small.keyword(name) || !small.value(data[name]!)) return false;
  return true;
}

/** The names of what is there, as keywords are ordered, for the names are ASCII. */
function namesIn(data: DraftData): readonly string[] {
  const names: string[] = [];
  // Without `Object.keys`, which makes an array each time. They are few, and nearly in order.
  for (const name in data) {
    if (data[name] === undefined) continue;
    let at = names.length;
    for (; at > 0 && names[at - 1]! > name; at--) names[at] = names[at - 1]!;
    names[at] = name;
  }
  return names;
}

/** The data of a draft as it stands in a record. */
export function recordData(data: DraftData): MapValue {
  const names = namesIn(data);
  return MapValue.fromSorted(names.map((name) => keyword(name)), names.map((name) => data[name]!));
}

/** Accepts exactly what `encodeRecord` writes. Never throws, whatever the bytes are. */
export function decodeRecord(bytes: Uint8Array, options: DecodeOptions = {}): Result<JournalRecord, DecodeFault> {
  const decoded = decodeValue(bytes, options);
  if (!decoded.ok) return decoded;
  const { value } = decoded;
  if (!(value instanceof Vector) || value.get(0) !== TAG) return refused('this is not a record of a journal');
  const version = value.get(1);
  if (version !== VERSION) return refused(`record version ${typeof version === 'number' ? version : 'unknown'} is not known here: a newer RTFS reads it`);
  return value.size === PARTS ? recordOf(value) : refused(`a record has ${PARTS} parts, this one has ${value.size}`);
}

function recordOf(parts: Vector): Result<JournalRecord, DecodeFault> {
  const [, , run, previous, seq, timeMs, kind, data] = parts.toArray();
  if (typeof run !== 'string' || run === '') return refused('the id of the run is no text');
  if (!isWhole(seq) || seq < 1) return refused('the number of the record is none');
  if (!isHash(previous)) return refused('the hash of the record before is none');
  if (!isWhole(timeMs)) return refused('the time is no whole number of milliseconds');
  if (!(kind instanceof Keyword) || !isRecordKind(kind.name)) return refused('the kind of the record is not known');
  if (!(data instanceof MapValue) || data.keys().some((key) => !(key instanceof Keyword))) return refused('the data is no map from keywords');
  return { ok: true, value: { run, seq, previous, timeMs, kind: kind.name, data } };
}

function refused(message: string): Result<never, DecodeFault> {
  return { ok: false, error: { message, offset: 0 } };
}

function isWhole(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isRecordKind(name: string): name is RecordKind {
  return KINDS.has(name);
}

function isHash(value: Value | undefined): value is Hash {
  if (typeof value !== 'string' || value.length !== HASH_DIGITS) return false;
  for (let i = 0; i < value.length; i++) if (!'0123456789abcdef'.includes(value.charAt(i))) return false;
  return true;
}
