/**
 * Rows of SQLite as what they stand for. A damaged file may hold anything anywhere, whatever the schema says, so every field is looked at.
 */
import type { Hash, Head, Owner, RunRow } from './port.ts';
import { RUNNING, STATUSES } from './sqlite-schema.ts';

/** What is in the columns of one row. */
export type Row = Readonly<Record<string, unknown>>;

/** Throws the problem that the row is damaged. */
export type Complain = () => never;

const HASH_BYTES = 32;

export function wholeOf(value: unknown, complain: Complain): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : complain();
}

export function textOf(value: unknown, complain: Complain): string {
  return typeof value === 'string' ? value : complain();
}

/** A view, without what node adds to bytes. */
export function bytesOf(value: unknown, complain: Complain): Uint8Array {
  return value instanceof Uint8Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : complain();
}

export function hashOf(value: unknown, complain: Complain): Hash {
  return value instanceof Uint8Array && value.length === HASH_BYTES ? hashText(value) : complain();
}

export function hashText(bytes: Uint8Array): Hash {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

export function hashBlob(hash: Hash): Uint8Array {
  const bytes = Buffer.from(hash, 'hex');
  if (bytes.length !== HASH_BYTES) throw new Error(`${hash} is no hash`);
  return bytes;
}

/** For `isRowBehind`: the last record of a run that is running. */
export const LAST_SEQ = `CASE status WHEN ${RUNNING} THEN (SELECT max(seq) FROM records WHERE records.run = runs.number) END AS last_seq`;

/** Behind SELECT, for `runOf` and `ownerOf`; may be followed by conditions. */
export const RUN_COLUMNS = `
  id, name, status, created_ms, updated_ms, head_seq, head_hash, ${LAST_SEQ},
  CASE status WHEN ${RUNNING} THEN (SELECT hash FROM records WHERE records.run = runs.number ORDER BY seq DESC LIMIT 1) END AS last_hash, checkpoint_seq, checkpoint_hash, wake_ms, waits, epoch, until_ms, host, process, token
  FROM runs LEFT JOIN leases ON leases.run = runs.number`;

export function runOf(row: Row, complain: Complain): RunRow {
  return {
    id: textOf(row['id'], complain),
    name: textOf(row['name'], complain),
    status: STATUSES[wholeOf(row['status'], complain)] ?? complain(),
    createdMs: wholeOf(row['created_ms'], complain),
    updatedMs: wholeOf(row['updated_ms'], complain),
    head: headOf(row, complain),
    checkpoint: checkpointOf(row, complain),
    wakeMs: row['wake_ms'] === null ? null : wholeOf(row['wake_ms'], complain),
    waits: bytesOf(row['waits'], complain),
    owner: ownerOf(row, complain),
  };
}

/** Whether records were written for which the row was not. */
export function isRowBehind(row: Row, complain: Complain): boolean {
  return row['last_seq'] !== null && wholeOf(row['last_seq'], complain) > wholeOf(row['head_seq'], complain);
}

function headOf(row: Row, complain: Complain): Head {
  const [seq, hash] = isRowBehind(row, complain) ? (['last_seq', 'last_hash'] as const) : (['head_seq', 'head_hash'] as const);
  return { seq: wholeOf(row[seq], complain), hash: hashOf(row[hash], complain) };
}

function checkpointOf(row: Row, complain: Complain): Head | null {
  if (row['checkpoint_seq'] === null && row['checkpoint_hash'] === null) return null;
  return { seq: wholeOf(row['checkpoint_seq'], complain), hash: hashOf(row['checkpoint_hash'], complain) };
}

export function ownerOf(row: Row, complain: Complain): Owner | null {
  const { host, process: processId, token } = row;
  if (host === null && processId === null && token === null) return null;
  return { host: textOf(host, complain), processId: wholeOf(processId, complain), token: textOf(token, complain) };
}
