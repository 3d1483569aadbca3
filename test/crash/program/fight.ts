/**
 * Takes the lease of a run whenever it can get it, writes a few records and goes to sleep or gives it up; the clock is so quick that leases run
 * out while they are used. Says `held EPOCH` and, once acknowledged, `wrote SEQ EPOCH`. Arguments: the file of the store, the run, a name, how
 * many records to write.
 */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { newOwner } from '../../../src/host/store/owner.ts';
import { type Lease, type Store, StoreProblem } from '../../../src/host/store/port.ts';
import { openSqliteStore } from '../../../src/host/store/sqlite.ts';

const LEASE_MS = 8;

async function main(file: string, run: string, name: string, goal: number): Promise<void> {
  const store = await openSqliteStore(file);
  let wrote = 0;
  while (wrote < goal) {
    const acquired = await store.acquire(run, newOwner(), Date.now(), Date.now() + LEASE_MS);
    if (acquired.kind !== 'held') {
      await pause(1);
      continue;
    }
    writeSync(1, `held ${acquired.lease.epoch}\n`);
    wrote += await write(store, acquired.lease, acquired.row.head.seq, name);
  }
  await store.close();
}

/** Writes until the lease is lost or five are written, and gives how many. */
async function write(store: Store, lease: Lease, head: number, name: string): Promise<number> {
  for (let i = 0; i < 5; i++) {
    const seq = head + i + 1;
    const text = `${name} ${lease.epoch}`;
    const record = { seq, hash: createHash('sha256').update(`${seq} ${text}`).digest('hex'), bytes: new Uint8Array(Buffer.from(text)) };
    try {
      await store.append(lease, { records: [record], content: [], signature: null, change: {}, taken: [] });
    } catch (problem) {
      if (problem instanceof StoreProblem && problem.problem === 'lease-lost') return i;
      throw problem;
    }
    writeSync(1, `wrote ${seq} ${lease.epoch}\n`);
    if (seq % 3 === 0) await pause(LEASE_MS);
  }
  if (head % 2 === 0) await store.release(lease);
  return 5;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

void main(process.argv[2]!, process.argv[3]!, process.argv[4]!, Number(process.argv[5]));
