/**
 * The records of a run's journal: version 1.
 *
 *   bytes  = the canonical document (`value/bytes.ts`) of one vector: ["rtfs/record" 1 run seq previous time kind data]
 *     run      = the id of the run, a string          seq  = 1, 2, 3 …
 *     previous = the hash of the record before, a string of 64 hexadecimal digits; 64 zeros for the first
 *     time     = whole milliseconds since 1970, by the host's clock      kind = a keyword of `RECORD_KINDS`
 *     data     = a map from keywords to values; what stands in it for each kind is `RecordData`
 *   hash   = SHA-256 of "rtfs/record\0" and the bytes
 *
 * So the hash covers every field of every record before it (H3). Old records are never rewritten; a reader keeps what it does
 * not know in a known version, and refuses unknown versions.
 *
 * A *turn* is one `resume`: it begins with the answers that were given together. Turn 0 is the start. Answers carry the number of the turn
 * that they begin, in the order in which they were given, so a journal determines the run (H4).
 */
import type { Value } from '../../value/value.ts';
import type { MapValue } from '../../value/map.ts';
import type { Hash } from '../store/port.ts';

export const RECORD_KINDS = [
  'run-started', 'run-forked', 'run-resumed', 'run-waiting', 'run-complete', 'run-failed', 'run-cancelled',
  'call-requested', 'call-answered', 'call-retried', 'turn-ended', 'checkpoint', 'context-patched', 'value-fetched',
  'approval-requested', 'approval-granted', 'approval-denied', 'governance-denied', 'hint-applied', 'delegated',
  'budget-exhausted', 'grant-changed',
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
  readonly data: Readonly<Record<string, Value>>;
}
