/**
 * Rows of the table of records. A row holds the records that were written together: those before its last one are framed inside
 * its bytes, the last one stands behind them. What can be had from elsewhere is cut out of a record's bytes:
 *
 *   cut     null: nothing · n ≥ 0: the text of the hash of the record before, which stood at n
 *           -1: the run's record head (in its row), and that text, which stood right behind it
 *   framed  = hash (32 bytes) varint(0 for null, 1 for -1, else cut + 2) varint(bytes) bytes
 */
import { ByteReader, ByteWriter } from '../../value/binary.ts';
import type { Hash, StoredRecord } from './port.ts';
import { bytesOf, type Complain, hashBlob, hashOf, hashText, type Row, wholeOf } from './sqlite-rows.ts';

const HASH_BYTES = 32;
const HASH_DIGITS = 2 * HASH_BYTES;
const HEAD_AND_HASH = -1;
/** A row is not made larger by further records, so that one damaged byte does not take many with it. */
const ROW_BYTES_MAX = 2048;
/** At most, of what stands before a record in a row. */
const FRAME_BYTES = HASH_BYTES + 16;

/** A row to be written: its last record's number and hash, and how many records it holds. */
export interface RecordRow {
  readonly seq: number;
  readonly hash: Hash;
  readonly count: number;
  readonly cut: number | null;
  readonly bytes: Uint8Array;
}

/** What records of a run begin with, by its first one: what stands before the hash. */
export function recordHead(first: Uint8Array, previous: Hash): Uint8Array {
  const at = placeOf(first, previous);
  // A copy: it is kept longer than the record.
  return first.slice(0, Math.max(at, 0));
}

/** The records as rows; `previous` is the hash of the record before them. */
export function packRecords(records: readonly StoredRecord[], previous: Hash, head: Uint8Array): readonly RecordRow[] {
  const cuts = records.map(({ bytes }, i) => cutOut(bytes, i === 0 ? previous : records[i - 1]!.hash, head));
  const rows: RecordRow[] = [];
  for (let start = 0, size = 0, i = 0; i < records.length; i++) {
    size += sizeOf(cuts[i]!);
    const next = cuts[i + 1];
    if (next !== undefined && size + sizeOf(next) <= ROW_BYTES_MAX) continue;
    const { seq, hash } = records[i]!;
    rows.push({ seq, hash, count: i - start + 1, cut: cuts[i]!.cut, bytes: i === start ? joined(cuts[i]!) : framed(records, cuts, start, i, size) });
    start = i + 1;
    size = 0;
  }
  return rows;
}

/** At `last` stands the last record of the row, which needs no frame. `room` is enough for all. */
function framed(records: readonly StoredRecord[], cuts: readonly Cut[], start: number, last: number, room: number): Uint8Array {
  const out = new ByteWriter(Buffer.allocUnsafe(room));
  for (let i = start; i <= last; i++) {
    const { cut, before, behind } = cuts[i]!;
    if (i < last) {
      out.bytes(hashBlob(records[i]!.hash));
      out.varint(cut === null ? 0 : cut + 2);
      out.varint(before.length + behind.length);
    }
    out.bytes(before);
    out.bytes(behind);
  }
  return out.view();
}

/** A record as it lies in a row. */
interface Packed {
  readonly seq: number;
  readonly hash: Hash;
  readonly cut: number | null;
  readonly rest: Uint8Array;
}

/** The records of rows that follow each other, from the number `from` on. `complain` is given the number of a record that cannot be had. */
export function* unpackRecords(rows: Iterable<Row>, from: number, head: Uint8Array, complain: (seq: number) => Complain): Generator<StoredRecord> {
  let previous = { seq: 0, hash: '0'.repeat(HASH_DIGITS) };
  for (const row of rows) {
    for (const { seq, hash, cut, rest } of packedIn(row, complain(Math.max(previous.seq + 1, from)))) {
      if (seq >= from) {
        if (cut !== null && seq !== previous.seq + 1) complain(seq)();
        yield { seq, hash, bytes: restored(rest, cut, previous.hash, head, complain(seq)) };
      }
      previous = { seq, hash };
    }
  }
}

function packedIn(row: Row, complain: Complain): readonly Packed[] {
  const last = wholeOf(row['seq'], complain);
  const hash = hashOf(row['hash'], complain);
  const count = wholeOf(row['count'], complain);
  const bytes = bytesOf(row['bytes'], complain);
  const cut = row['cut'] === null ? null : wholeOf(row['cut'], complain);
  if (count === 1) return [{ seq: last, hash, cut, rest: bytes }];
  if (count < 1 || count > last || count > bytes.length) return complain();
  const reader = new ByteReader(bytes);
  const packed: Packed[] = [];
  for (let seq = last - count + 1; seq < last; seq++) {
    const inner = hashText(reader.bytes(HASH_BYTES));
    const code = reader.varint();
    packed.push({ seq, hash: inner, cut: code === 0 ? null : code - 2, rest: reader.bytes(reader.varint()) });
    if (reader.fault !== null) return complain();
  }
  packed.push({ seq: last, hash, cut, rest: reader.bytes(reader.left) });
  return packed;
}

/** The bytes of a record without what can be had from elsewhere. */
interface Cut {
  readonly cut: number | null;
  readonly before: Uint8Array;
  readonly behind: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

function cutOut(bytes: Uint8Array, previous: Hash, head: Uint8Array): Cut {
  const at = head.length;
  const stands = at > 0 && beginsWith(bytes, head) && hasText(bytes, at, previous);
  if (stands) return { cut: HEAD_AND_HASH, before: NO_BYTES, behind: bytes.subarray(at + HASH_DIGITS) };
  const cut = placeOf(bytes, previous);
  return cut < 0 ? { cut: null, before: NO_BYTES, behind: bytes } : { cut, before: bytes.subarray(0, cut), behind: bytes.subarray(cut + HASH_DIGITS) };
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}

/** Of one-byte characters. */
function hasText(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function sizeOf({ before, behind }: Cut): number {
  return before.length + behind.length + FRAME_BYTES;
}

function joined({ before, behind }: Cut): Uint8Array {
  return before.length === 0 ? behind : Buffer.concat([before, behind]);
}

function placeOf(bytes: Uint8Array, hash: Hash): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(hash, 0, 'latin1');
}

/** What `cutOut` was given. */
function restored(rest: Uint8Array, cut: number | null, previous: Hash, head: Uint8Array, complain: Complain): Uint8Array {
  if (cut === null) return rest;
  if (cut < HEAD_AND_HASH || cut > rest.length) return complain();
  const before = cut === HEAD_AND_HASH ? head : rest.subarray(0, cut);
  const behind = cut === HEAD_AND_HASH ? rest : rest.subarray(cut);
  const bytes = new Uint8Array(before.length + HASH_DIGITS + behind.length);
  bytes.set(before);
  bytes.set(Buffer.from(previous, 'latin1'), before.length);
  bytes.set(behind, before.length + HASH_DIGITS);
  return bytes;
}
