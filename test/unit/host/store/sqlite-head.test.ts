/** Records alone do not write the row of a run that is running: its head is where its records end, whoever asks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Lease, Store } from '../../../../src/host/store/port.ts';
import { openSqliteStore } from '../../../../src/host/store/sqlite.ts';
import { batchOf, newRun, owner, problemKind, storedRecord, storedRecords } from '../../../support/store-data.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-head-'));
afterAll(() => rmSync(directory, { recursive: true }));

let count = 0;
let file: string;
let store: Store;
let lease: Lease;

beforeEach(async () => {
  file = path.join(directory, `${(count += 1)}.db`);
  store = await openSqliteStore(file);
  lease = await store.create(newRun('r'), batchOf({ records: storedRecords(1, 2), change: { updatedMs: 11 } }), owner(1));
  return () => store.close();
});

/** What the row itself says. */
function seqInRow(): unknown {
  const database = new Database(file, { readonly: true });
  const seq = database.prepare("SELECT head_seq FROM runs WHERE id = 'r'").pluck().get();
  database.close();
  return seq;
}

/** Somebody changes the file behind the store's back. */
async function tamper(statement: string): Promise<void> {
  await store.close();
  const database = new Database(file);
  database.prepare(statement).run();
  database.close();
  store = await openSqliteStore(file);
}

const headOf = async (): Promise<unknown> => (await store.run('r'))!.head;

test('records alone leave the row as it is, and the head is theirs', async () => {
  expect(seqInRow()).toBe(2);
  await store.append(lease, batchOf({ records: storedRecords(3, 3) }));
  expect(seqInRow()).toBe(2);
  const { seq, hash } = storedRecord(5);
  expect(await headOf()).toEqual({ seq, hash });
  expect((await store.runs())[0]!.head).toEqual({ seq, hash });
  // Another process reads the same, and so does who goes on.
  const other = await openSqliteStore(file);
  const acquired = await other.acquire('r', owner(2), 2000, 3000);
  if (acquired.kind !== 'held') throw new Error('the lease is not free');
  expect(acquired.row.head).toEqual({ seq, hash });
  expect(await problemKind(other.append(acquired.lease, batchOf({ records: storedRecords(3, 1) })))).toBe('out-of-order');
  await other.append(acquired.lease, batchOf({ records: storedRecords(6, 1) }));
  expect(seqInRow()).toBe(2);
  expect(await other.records('r')).toEqual(storedRecords(1, 6));
  await other.close();
});

test('the row says the head again as soon as anything else of it is written', async () => {
  await store.append(lease, batchOf({ records: storedRecords(3, 1) }));
  await store.append(lease, batchOf({ change: { updatedMs: 12 } }));
  expect(seqInRow()).toBe(3);
  await store.append(lease, batchOf({ records: storedRecords(4, 1) }));
  await store.append(lease, batchOf({ records: storedRecords(5, 1), change: { status: 'waiting' } }));
  expect(seqInRow()).toBe(5);
});

test('what does not run has its head in its row', async () => {
  await store.append(lease, batchOf({ change: { status: 'waiting' } }));
  await store.append(lease, batchOf({ records: storedRecords(3, 1) }));
  expect(seqInRow()).toBe(3);
  // So a last record that is gone is missed.
  await tamper('DELETE FROM records WHERE seq = 3');
  expect(await headOf()).toEqual({ seq: 3, hash: storedRecord(3).hash });
});

test('while a run is running, a last record that the row knows of is missed too', async () => {
  await tamper('UPDATE records SET run = 99');
  expect(await headOf()).toEqual({ seq: 2, hash: storedRecord(2).hash });
});
