/**
 * Appends to several runs without end, and says what is durable: `RUN SEQ` once the store has acknowledged the record SEQ of RUN.
 * Arguments: the file of the store, the runs. What it writes is worked out from run and number alone (`test/crash/written.ts`).
 */
import { writeSync } from 'node:fs';
import { newOwner } from '../../../src/host/store/owner.ts';
import type { Lease, Store } from '../../../src/host/store/port.ts';
import { openSqliteStore } from '../../../src/host/store/sqlite.ts';
import { writtenBatch } from '../written.ts';

const STARTED_MS = 1_000;

async function main(file: string, runs: readonly string[]): Promise<void> {
  const store = await openSqliteStore(file);
  await Promise.all(runs.map((run) => write(store, run)));
}

async function write(store: Store, run: string): Promise<void> {
  const { lease, seq: first } = await begin(store, run);
  for (let seq = first; ; ) {
    const batch = writtenBatch(run, seq);
    await store.append(lease, batch);
    seq += batch.records.length;
    writeSync(1, `${run} ${seq}\n`);
  }
}

async function begin(store: Store, run: string): Promise<{ lease: Lease; seq: number }> {
  const owner = newOwner();
  const acquired = await store.acquire(run, owner, STARTED_MS, STARTED_MS + 1_000_000);
  if (acquired.kind === 'held') return { lease: acquired.lease, seq: acquired.row.head.seq };
  if (acquired.kind === 'busy') throw new Error(`the run ${run} is driven by a process that was killed`);
  const newRun = { id: run, name: run, createdMs: STARTED_MS, leaseUntilMs: STARTED_MS + 1_000_000 };
  return { lease: await store.create(newRun, { records: [], content: [], signature: null, change: {}, taken: [] }, owner), seq: 0 };
}

void main(process.argv[2]!, process.argv.slice(3));
