/** Whatever is done to a store behind its back is found, and the first bad record is named (CC-1, SE-14). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chainRecords } from '../../../../src/host/journal/chain.ts';
import { collectGarbage } from '../../../../src/host/journal/gc.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import { openKeys } from '../../../../src/host/journal/keys.ts';
import type { Keys } from '../../../../src/host/journal/signature.ts';
import { type StoreReport, verifyStore } from '../../../../src/host/journal/verify.ts';
import { createMemoryStore } from '../../../../src/host/store/memory.ts';
import { type Hash, type Store, StoreProblem } from '../../../../src/host/store/port.ts';
import { openSqliteStore } from '../../../../src/host/store/sqlite.ts';
import { draft } from '../../../support/journal-data.ts';
import { batchOf, owner, problemKind } from '../../../support/store-data.ts';
import { CODE, fillVerifiedStore, GARBAGE, LEAF, STATE, TEST_RULES, testContent } from '../../../support/verified-store.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-verify-'));
const keys = openKeys(path.join(directory, 'keys'));
afterAll(() => rmSync(directory, { recursive: true }));

function verified(store: Store, by: Pick<Keys, 'verify'> = keys): Promise<StoreReport> {
  return verifyStore(store, { keys: by, rules: TEST_RULES, sha256: nodeSha256 });
}

/** What is wrong, in short: run, record, reason; or run, content, reason. */
function wrong({ runs }: StoreReport): readonly string[] {
  return runs.flatMap(({ run, fault, content }) => [...(fault === null ? [] : [`${run} ${fault.seq} ${fault.reason}`]), ...content.map(({ hash, reason }) => `${run} ${nameOf(hash)} ${reason}`)]);
}

function nameOf(hash: Hash): string {
  return Object.entries({ CODE, STATE, LEAF, GARBAGE }).find(([, one]) => one.hash === hash)?.[0] ?? hash;
}

describe('a store that nobody touched', () => {
  test('is good, and the report says how far it is vouched for', async () => {
    const store = createMemoryStore();
    await fillVerifiedStore(store, keys);
    const seen: string[] = [];
    const report = await verifyStore(store, { keys, rules: TEST_RULES, sha256: nodeSha256, onRun: ({ run }, done, of) => void seen.push(`${run} ${done}/${of}`) });
    expect(report).toEqual({
      ok: true,
      contentCount: 3,
      runs: [
        { run: 'ended', records: 2, fault: null, signedSeq: 2, unknownKeys: [], content: [] },
        { run: 'waiting', records: 5, fault: null, signedSeq: 5, unknownKeys: [], content: [] },
      ],
    });
    expect(seen).toEqual(['ended 1/2', 'waiting 2/2']);
  });

  test('is good for those who do not know its keys, and says whose they are', async () => {
    const store = createMemoryStore();
    await fillVerifiedStore(store, keys);
    const { ok, runs } = await verified(store, openKeys(path.join(directory, 'others')));
    expect([ok, runs.map(({ signedSeq, unknownKeys }) => [signedSeq, unknownKeys])]).toEqual([true, [[0, [keys.key]], [0, [keys.key]]]]);
  });

  test('that is empty is good', async () => {
    expect(await verified(createMemoryStore())).toEqual({ ok: true, runs: [], contentCount: 0 });
  });
});

describe('in a file of SQLite that was written by others', () => {
  let store: Store;
  let database: Database.Database;
  beforeAll(async () => {
    const file = path.join(directory, 'store.db');
    store = await openSqliteStore(file);
    await fillVerifiedStore(store, keys, false);
    database = new Database(file);
    database.pragma('synchronous = OFF');
  });
  afterAll(async () => {
    database.close();
    await store.close();
  });

  /** For each record: its run, its number, and its row in the table. */
  const rowsOf = (table: string): readonly { readonly id: string; readonly seq: number; readonly run: number; readonly [column: string]: unknown }[] =>
    database.prepare(`SELECT runs.id AS id, ${table}.* FROM ${table} JOIN runs ON runs.number = ${table}.run ORDER BY run, seq`).all() as ReturnType<typeof rowsOf>;

  /** What is found while the column holds another value. */
  async function foundWith(table: string, column: string, where: string, value: unknown, back: unknown): Promise<readonly string[]> {
    const update = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`);
    update.run(value);
    try {
      return wrong(await verified(store));
    } finally {
      update.run(back);
    }
  }

  test.each(['bytes', 'hash'])('every changed byte of the %s of a record is found, and the record named', async (column) => {
    for (const row of rowsOf('records')) {
      const good = row[column] as Uint8Array;
      for (let at = 0; at < good.length; at++) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at % 8);
        expect([at, await foundWith('records', column, `number = ${String(row['number'])}`, bad, good)]).toEqual([at, [`${row.id} ${row.seq} changed`]]);
      }
    }
    expect(wrong(await verified(store))).toEqual([]);
  });

  test('every changed byte of a signature is found, and the head named', async () => {
    for (const row of rowsOf('signatures')) {
      const good = row['signature'] as Uint8Array;
      for (let at = 0; at < good.length; at++) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1 << (at % 8);
        expect(await foundWith('signatures', 'signature', `run = ${row.run} AND seq = ${row.seq}`, bad, good)).toEqual([`${row.id} ${row.seq} unsigned`]);
      }
    }
  });

  test.each([STATE, LEAF, CODE])('every changed byte of content that is needed is found', async (content) => {
    const where = `hash = x'${content.hash}'`;
    for (let at = 0; at < content.bytes.length; at++) {
      const bad = Buffer.from(content.bytes);
      bad[at]! ^= 1 << (at % 8);
      expect(await foundWith('content', 'bytes', where, bad, content.bytes)).toEqual([`waiting ${nameOf(content.hash)} changed`]);
    }
  });

  test('a row that says another head, or another state to go on from, is found', async () => {
    const where = "id = 'waiting'";
    const [row] = database.prepare(`SELECT * FROM runs WHERE ${where}`).all() as [Readonly<Record<string, unknown>>];
    expect(await foundWith('runs', 'head_hash', where, Buffer.alloc(32, 1), row['head_hash'])).toEqual(['waiting 5 changed']);
    expect(await foundWith('runs', 'head_seq', where, 4, 5)).toEqual(['waiting 5 inserted']);
    expect(await foundWith('runs', 'head_seq', where, 6, 5)).toEqual(['waiting 6 missing']);
    // A good state of another moment: only the journal says that it is not the one.
    expect(await foundWith('runs', 'checkpoint_hash', where, Buffer.from(GARBAGE.hash, 'hex'), row['checkpoint_hash'])).toEqual(['waiting 4 checkpoint']);
    expect(await foundWith('runs', 'checkpoint_seq', where, 5, 4)).toEqual(['waiting 5 checkpoint']);
  });

  test('records that the store cannot give any more are named, the first of them', async () => {
    for (const [seq, kind] of [[3, 'text'], [1, 'text'], [5, 'text']] as const) {
      const row = rowsOf('records').find((one) => one.id === 'waiting' && one.seq === seq)!;
      // A table that is no longer strict takes what a damaged one may hold.
      expect(await foundWith('records', 'hash', `number = ${String(row['number'])}`, Buffer.from(kind), row['hash'])).toEqual([`waiting ${seq} lost`]);
      expect(await foundWith('records', 'cut', `number = ${String(row['number'])}`, 1_000_000, row['cut'])).toEqual([`waiting ${seq} lost`]);
    }
  });

  test('records that were taken out, moved or moved to another run are named', async () => {
    const rows = rowsOf('records').filter((one) => one.id === 'waiting');
    for (const row of rows) {
      const where = `number = ${String(row['number'])}`;
      // Behind the last one there is nothing that needs it to be read.
      const reason = row.seq === 5 ? 'missing' : 'lost';
      expect(await foundWith('records', 'run', where, 999, row.run)).toEqual([`waiting ${row.seq} ${reason}`]);
      expect(await foundWith('records', 'seq', where, 77, row.seq)).toEqual([`waiting ${row.seq} lost`]);
    }
  });

  test('the end of a run that was cut off with the row, as if it had never been, is found by the signature', async () => {
    const rows = rowsOf('records').filter((one) => one.id === 'waiting');
    const cut = database.transaction(() => {
      database.prepare('UPDATE records SET run = 999 WHERE number IN (?, ?)').run(rows[3]!['number'], rows[4]!['number']);
      database.prepare("UPDATE runs SET head_seq = 3, head_hash = ?, checkpoint_seq = NULL, checkpoint_hash = NULL WHERE id = 'waiting'").run(rows[2]!['hash']);
    });
    cut();
    expect(wrong(await verified(store))).toEqual(['waiting 4 missing']);
    database.prepare('UPDATE records SET run = ? WHERE run = 999').run(rows[0]!.run);
    database.prepare("UPDATE runs SET head_seq = 5, head_hash = ?, checkpoint_seq = 4, checkpoint_hash = ? WHERE id = 'waiting'").run(rows[4]!['hash'], Buffer.from(STATE.hash, 'hex'));
    expect(wrong(await verified(store))).toEqual([]);
  });

  test('content that is not there is named with the run that needs it', async () => {
    for (const content of [STATE, LEAF, CODE]) {
      expect(await foundWith('content', 'hash', `bytes = x'${Buffer.from(content.bytes).toString('hex')}'`, Buffer.alloc(32), Buffer.from(content.hash, 'hex'))).toEqual([`waiting ${nameOf(content.hash)} missing`]);
    }
  });
});

test('in a row of several records, every changed byte is found, and one of its records named', async () => {
  const file = path.join(directory, 'together.db');
  const store = await openSqliteStore(file);
  await fillVerifiedStore(store, keys);
  const database = new Database(file);
  database.pragma('synchronous = OFF');
  const rows = database.prepare("SELECT records.* FROM records JOIN runs ON runs.number = run WHERE id = 'waiting' ORDER BY seq").all() as { number: number; seq: number; count: number; bytes: Buffer }[];
  expect(rows.map(({ seq, count }) => [seq, count])).toEqual([[3, 3], [5, 2]]);
  const update = database.prepare('UPDATE records SET bytes = ?, count = ? WHERE number = ?');
  const named = new Set<number>();
  for (const { number, seq, count, bytes } of rows) {
    for (let at = 0; at < bytes.length; at++) {
      const bad = Buffer.from(bytes);
      bad[at]! ^= 1 << (at % 8);
      update.run(bad, count, number);
      const { fault } = (await verified(store)).runs.find(({ run }) => run === 'waiting')!;
      if (fault === null || fault.seq <= seq - count || fault.seq > seq) throw new Error(`byte ${at} of the row of ${seq}: ${JSON.stringify(fault)}`);
      named.add(fault.seq);
    }
    for (const wrongCount of [0, -1, count + 1, count - 1, 2 ** 40]) {
      update.run(bytes, wrongCount, number);
      expect((await verified(store)).ok).toBe(false);
    }
    update.run(bytes, count, number);
  }
  expect([...named].sort()).toEqual([1, 2, 3, 4, 5]);
  expect(wrong(await verified(store))).toEqual([]);
  database.close();
  await store.close();
});

describe('collecting garbage', () => {
  let store: Store;
  beforeEach(async () => {
    store = createMemoryStore();
    await fillVerifiedStore(store, keys);
  });

  const there = async (): Promise<readonly string[]> => {
    const found = await Promise.all(Object.entries({ CODE, STATE, LEAF, GARBAGE }).map(async ([name, { hash }]) => ((await store.content(hash)) === null ? [] : [name])));
    return found.flat();
  };

  test('leaves what runs need and takes the rest', async () => {
    expect(await collectGarbage(store, TEST_RULES)).toEqual({ kept: 3, removed: 1, removedBytes: GARBAGE.bytes.length });
    expect(await there()).toEqual(['CODE', 'STATE', 'LEAF']);
    expect(await collectGarbage(store, TEST_RULES)).toEqual({ kept: 3, removed: 0, removedBytes: 0 });
    expect((await verified(store)).ok).toBe(true);
  });

  test('takes the states of runs that have ended and leaves their code, until they are removed', async () => {
    const acquired = await store.acquire('waiting', owner(2), 0, 100);
    if (acquired.kind !== 'held') throw new Error('the lease is not free');
    await store.append(acquired.lease, batchOf({ change: { status: 'cancelled' } }));
    await collectGarbage(store, TEST_RULES);
    expect(await there()).toEqual(['CODE']);
    expect((await verified(store)).ok).toBe(true);
    await store.remove('waiting');
    await collectGarbage(store, TEST_RULES);
    expect(await there()).toEqual([]);
  });

  test('removes nothing when something that is needed is not there or not good', async () => {
    for (const content of [LEAF, STATE]) {
      const bad: Store = { ...portOf(store), content: async (hash) => (hash === content.hash ? testContent('forged').bytes : store.content(hash)) };
      expect(await problemKind(collectGarbage(bad, TEST_RULES))).toBe('damaged');
      const gone: Store = { ...portOf(store), content: async (hash) => (hash === content.hash ? null : store.content(hash)) };
      expect(await problemKind(collectGarbage(gone, TEST_RULES))).toBe('damaged');
      const unreadable: Store = { ...portOf(store), records: async (run, from, limit) => (await store.records(run, from, limit)).map((record) => ({ ...record, bytes: record.bytes.slice(1) })) };
      expect(await problemKind(collectGarbage(unreadable, TEST_RULES))).toBe('damaged');
    }
    expect(await there()).toEqual(['CODE', 'STATE', 'LEAF', 'GARBAGE']);
  });

  test('follows content as deep as it goes, and each piece once', async () => {
    const acquired = await store.acquire('waiting', owner(2), 0, 100);
    if (acquired.kind !== 'held') throw new Error('the lease is not free');
    let top = testContent('bottom');
    const chain = [top];
    for (let i = 0; i < 20_000; i++) chain.push((top = testContent(`${i}`, top.hash, top.hash, CODE.hash)));
    const records = chainRecords('waiting', acquired.row.head, [draft('checkpoint', { state: top.hash })], nodeSha256);
    await store.append(acquired.lease, batchOf({ records, content: chain, change: { checkpoint: { seq: 6, hash: top.hash } } }));
    const { kept, removed } = await collectGarbage(store, TEST_RULES);
    expect([kept, removed]).toEqual([20_002, 3]);
    expect((await verified(store)).ok).toBe(true);
  });
});

/** A problem of the list of runs itself has no run to be told with. */
test('a list of runs that cannot be read is a problem of the store', async () => {
  const store: Store = { ...portOf(createMemoryStore()), runs: () => Promise.reject(new StoreProblem('damaged', 'the list is damaged')) };
  expect(await problemKind(verified(store))).toBe('damaged');
});

/** The functions of a store, to put others in their place. */
function portOf(store: Store): Store {
  return {
    create: (...args) => store.create(...args), acquire: (...args) => store.acquire(...args), renew: (...args) => store.renew(...args), release: (...args) => store.release(...args),
    append: (...args) => store.append(...args), run: (...args) => store.run(...args), runs: (...args) => store.runs(...args), records: (...args) => store.records(...args),
    signatures: (...args) => store.signatures(...args), content: (...args) => store.content(...args), send: (...args) => store.send(...args), messages: (...args) => store.messages(...args),
    due: (...args) => store.due(...args), sweep: (...args) => store.sweep(...args), remove: (...args) => store.remove(...args), close: () => store.close(),
  };
}
