/**
 * Appends large records until the disk takes no more, says `full`, waits for a line on standard input, appends once more, says `done`.
 * Argument: the file of the store.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { newOwner } from '../../../src/host/store/owner.ts';
import { StoreProblem } from '../../../src/host/store/port.ts';
import { openSqliteStore } from '../../../src/host/store/sqlite.ts';

const NOTHING = { content: [], signature: null, change: {}, taken: [] };

async function main(file: string): Promise<void> {
  const store = await openSqliteStore(file);
  const lease = await store.create({ id: 'r', name: 'r', createdMs: 0, leaseUntilMs: 1e12 }, { ...NOTHING, records: [] }, newOwner());
  const append = (seq: number): Promise<void> => store.append(lease, { ...NOTHING, records: [{ seq, hash: 'ab'.repeat(32), bytes: new Uint8Array(50_000) }] });
  let seq = 0;
  try {
    for (;;) await append(seq + 1).then(() => (seq += 1));
  } catch (problem) {
    if (!(problem instanceof StoreProblem)) throw problem;
    writeSync(1, `${problem.problem} after ${seq}\n`);
  }
  await once(process.stdin, 'data');
  await append(seq + 1);
  await store.close();
  writeSync(1, `done ${seq + 1}\n`);
  process.exit(0);
}

void main(process.argv[2]!);
