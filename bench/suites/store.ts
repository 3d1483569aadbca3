/** How fast a store in a file takes records, with nothing else to do: what durable effects are compared with. And how much a waiting run weighs. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chainRecords } from '../../src/host/journal/chain.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import { type Batch, EMPTY_HEAD, type Lease, type Store, type StoredRecord } from '../../src/host/store/port.ts';
import { openSqliteStore } from '../../src/host/store/sqlite.ts';
import { keyword } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';
import { median } from '../measure.ts';
import { type Row, row } from '../report.ts';
import type { Suite, SuiteInput } from './suite.ts';

const LONE = 'bare appends of a store, one run';
const GROUPED = 'bare appends of a store, 50 runs';
const CHAINED = 'making one record: bytes and hash';
const WEIGHT = 'a waiting run in a store of 10,000';

const RECORD_BYTES = 300;
const GROUP = 50;
const ROUNDS = 5;
const LONE_APPENDS = 1000;
const GROUPED_APPENDS = 100;
const RUNS = 10_000;
const OWNER = { host: 'bench', processId: 1, token: 'bench' };

export const store: Suite = {
  names: [LONE, GROUPED, CHAINED, WEIGHT],
  run: async ({ wants }: SuiteInput): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    if (wants(LONE)) rows.push(row(LONE, await inStore((one) => appendRate(one, 1, LONE_APPENDS)), '/s', null, `${RECORD_BYTES} bytes each, synced one by one`));
    if (wants(GROUPED)) rows.push(row(GROUPED, await inStore((one) => appendRate(one, GROUP, GROUPED_APPENDS)), '/s', null, `${RECORD_BYTES} bytes each, synced together`));
    if (wants(CHAINED)) rows.push(row(CHAINED, recordCost(), 'µs', null));
    if (wants(WEIGHT)) rows.push(row(WEIGHT, await inStore(waitingBytes), 'bytes', 2000, '6 records, a state of 450 bytes, a signed head'));
    return rows;
  },
};

async function inStore(use: (store: Store, file: string) => Promise<number>): Promise<number> {
  const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-bench-'));
  const file = path.join(directory, 'store.db');
  const opened = await openSqliteStore(file);
  try {
    return await use(opened, file);
  } finally {
    await opened.close();
    rmSync(directory, { recursive: true });
  }
}

function batchOf(parts: Partial<Batch>): Batch {
  return { records: [], content: [], signature: null, change: {}, taken: [], ...parts };
}

function started(opened: Store, id: string, records: readonly StoredRecord[] = []): Promise<Lease> {
  return opened.create({ id, name: 'bench.rtfs', createdMs: 0, leaseUntilMs: 2 ** 50 }, batchOf({ records }), OWNER);
}

/** Records a second, the median of several rounds; every run waits for its last record to be durable before it gives the next. */
async function appendRate(opened: Store, runs: number, appends: number): Promise<number> {
  const leases = await Promise.all(Array.from({ length: runs }, (_, i) => started(opened, `run-${i}`)));
  const bytes = new Uint8Array(RECORD_BYTES);
  const rates: number[] = [];
  for (let round = 0, seq = 0; round < ROUNDS; round++, seq += appends) {
    const startMs = performance.now();
    await Promise.all(
      leases.map(async (lease) => {
        for (let i = 1; i <= appends; i++) await opened.append(lease, batchOf({ records: [{ seq: seq + i, hash: EMPTY_HEAD.hash, bytes }] }));
      }),
    );
    rates.push((runs * appends * 1000) / (performance.now() - startMs));
  }
  return median(rates);
}

function recordCost(): number {
  const data = { call: '0.17', capability: keyword('shop/price'), args: Vector.of('bolts', 40), turn: 17 };
  const draft = { kind: 'call-requested', timeMs: 1_700_000_000_000, data } as const;
  const costs: number[] = [];
  const count = 10_000;
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    for (let i = 0; i < count; i++) chainRecords('a-run-of-the-bench', EMPTY_HEAD, [draft], nodeSha256);
    costs.push(((performance.now() - startMs) * 1000) / count);
  }
  return median(costs);
}

/** The bytes of the file for each run, when 10,000 wait for an answer at their second call. */
async function waitingBytes(opened: Store, file: string): Promise<number> {
  for (let first = 0; first < RUNS; first += GROUP) await Promise.all(Array.from({ length: GROUP }, (_, i) => wait(opened, `run-${first + i}-of-the-bench`)));
  await opened.close();
  return statSync(file).size / RUNS;
}

async function wait(opened: Store, id: string): Promise<void> {
  const call = (number: number) => ({ call: `0.${number}`, turn: number });
  const request = { capability: keyword('human/ask'), args: Vector.of('A-1001'), determinism: keyword('recorded') };
  const code = nodeSha256(Buffer.from('code'));
  const records = chainRecords(
    id, EMPTY_HEAD,
    [
      { kind: 'run-started', data: { program: code, name: 'bench.rtfs' } },
      { kind: 'call-requested', data: { ...call(0), ...request } }, { kind: 'call-answered', data: { ...call(0), value: 'an answer' } },
      { kind: 'call-requested', data: { ...call(1), ...request } },
      { kind: 'checkpoint', data: { root: code, turn: 1, reason: keyword('waiting') } }, { kind: 'run-waiting', data: { waits: Vector.of('0.1') } },
    ].map((draft) => ({ timeMs: 1_700_000_000_000, ...draft }) as Parameters<typeof chainRecords>[2][number]),
    nodeSha256,
  );
  const lease = await started(opened, id, records.slice(0, 1));
  for (const record of records.slice(1, 4)) await opened.append(lease, batchOf({ records: [record] }));
  const head = records[5]!;
  const state = randomBytes(450);
  await opened.append(lease, batchOf({
    records: records.slice(4),
    content: [{ hash: nodeSha256(state), bytes: state }],
    signature: { seq: 6, hash: head.hash, key: '0123456789abcdef', signature: randomBytes(64) },
    change: { status: 'waiting', checkpoint: { seq: 5, hash: records[4]!.hash }, waits: randomBytes(60), updatedMs: 1 },
  }));
  await opened.release(lease);
}
