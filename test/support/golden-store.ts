/** What is in the stores that are kept under `test/golden/store`, one file for each version of the tables. Never changed. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Store, StoredRecord } from '../../src/host/store/port.ts';
import { batchOf, bytesOfText, content, newRun, owner } from './store-data.ts';

const chains = JSON.parse(readFileSync(path.join(import.meta.dirname, '../golden/store/chains.json'), 'utf8')) as Record<'ended' | 'waiting', readonly { seq: number; hash: string; bytes: string }[]>;

function chain(run: 'ended' | 'waiting'): readonly StoredRecord[] {
  return chains[run].map(({ seq, hash, bytes }) => ({ seq, hash, bytes: new Uint8Array(Buffer.from(bytes, 'hex')) }));
}

/** Written down, since stores keep bytes that nobody understands any more. */
export const GOLDEN_CHAINS = { ended: chain('ended'), waiting: chain('waiting') } as const;

const SIGNED = { seq: 5, hash: GOLDEN_CHAINS.ended[4]!.hash, key: 'key-1', signature: new Uint8Array(64).fill(3) } as const;

/** Leaves one run that has ended, one that waits for a message that is there, one that somebody drives. */
export async function fillGoldenStore(store: Store): Promise<void> {
  const ended = await store.create(newRun('ended'), batchOf({ records: GOLDEN_CHAINS.ended.slice(0, 2) }), owner(1));
  await store.append(ended, batchOf({ records: GOLDEN_CHAINS.ended.slice(2), signature: SIGNED, change: { status: 'complete', updatedMs: 50 } }));
  await store.release(ended);
  const checkpoint = { seq: 3, hash: content('a state').hash };
  const waiting = await store.create(newRun('waiting'), batchOf({ records: GOLDEN_CHAINS.waiting, content: [content('a state'), content('more'.repeat(2000))] }), owner(1));
  await store.append(waiting, batchOf({ change: { status: 'waiting', checkpoint, wakeMs: 400, waits: bytesOfText('until 400') } }));
  await store.release(waiting);
  await store.send('waiting', bytesOfText('hello'));
  await store.create(newRun('driven'), batchOf(), owner(2));
}

/** Everything that `fillGoldenStore` leaves, in plain data. */
export async function goldenContents(store: Store): Promise<unknown> {
  const rows = await store.runs();
  return {
    rows,
    records: await Promise.all(rows.map((row) => store.records(row.id))),
    signatures: await Promise.all(rows.map((row) => store.signatures(row.id))),
    messages: await Promise.all(rows.map((row) => store.messages(row.id))),
    content: await Promise.all([content('a state').hash, content('more'.repeat(2000)).hash].map((hash) => store.content(hash))),
    due: await store.due(400, 10),
  };
}
