/** What `program/write.ts` writes: from a run and the number of records that are there, always the same batch. */
import { createHash } from 'node:crypto';
import type { Batch, StoredRecord } from '../../src/host/store/port.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

export function writtenRecord(run: string, seq: number): StoredRecord {
  const text = `${run} ${seq} ${'.'.repeat((seq * 37) % 400)}`;
  return { seq, hash: hashOf(text), bytes: bytesOf(text) };
}

/** One to three records, and a piece of content for the last of them. */
export function writtenBatch(run: string, seq: number): Batch {
  const records = Array.from({ length: 1 + (seq % 3) }, (_, i) => writtenRecord(run, seq + i + 1));
  const last = records[records.length - 1]!;
  return { records, content: [writtenContent(run, last.seq)], signature: null, change: { updatedMs: last.seq, checkpoint: { seq: last.seq, hash: last.hash } }, taken: [] };
}

export function writtenContent(run: string, seq: number): { readonly hash: string; readonly bytes: Uint8Array } {
  const text = `content of ${run} at ${seq}`;
  return { hash: hashOf(text), bytes: bytesOf(text) };
}
