/** Files of every version there ever was are opened and hold what they held; files of others are refused. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { createMemoryStore } from '../../../../src/host/store/memory.ts';
import { StoreProblem } from '../../../../src/host/store/port.ts';
import { openSqliteStore } from '../../../../src/host/store/sqlite.ts';
import { fillGoldenStore, GOLDEN_CHAINS, goldenContents } from '../../../support/golden-store.ts';
import { batchOf, bytesOfText, newRun, owner, problemKind, storedRecords } from '../../../support/store-data.ts';

const golden = path.join(import.meta.dirname, '../../../golden/store');
const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-versions-'));
afterAll(() => rmSync(directory, { recursive: true }));

let count = 0;
function fileOf(version: string): string {
  const file = path.join(directory, `${(count += 1)}.db`);
  writeFileSync(file, gunzipSync(readFileSync(path.join(golden, `${version}.db.gz`))));
  return file;
}

function versionOf(file: string): unknown {
  const database = new Database(file);
  const version = database.pragma('user_version', { simple: true });
  database.close();
  return version;
}

const VERSIONS = readdirSync(golden).filter((name) => name.endsWith('.db.gz')).map((name) => name.split('.')[0]!);
const NEWEST = VERSIONS.length;

test('there is a file of each version', () => {
  expect(VERSIONS).toEqual(Array.from({ length: NEWEST }, (_, i) => `v${i + 1}`));
  expect(NEWEST).toBeGreaterThan(1);
  for (const version of VERSIONS) expect(versionOf(fileOf(version))).toBe(Number(version.slice(1)));
});

describe.each(VERSIONS)('a file of version %s', (version) => {
  test('becomes one of the newest and holds what it held', async () => {
    const memory = createMemoryStore();
    await fillGoldenStore(memory);
    const file = fileOf(version);
    const store = await openSqliteStore(file);
    expect(await goldenContents(store)).toEqual(await goldenContents(memory));
    await store.close();
    expect(versionOf(file)).toBe(NEWEST);
  });

  test('is written on', async () => {
    const store = await openSqliteStore(fileOf(version));
    const acquired = await store.acquire('waiting', owner(3), 0, 100);
    if (acquired.kind !== 'held') throw new Error('the lease is not free');
    await store.append(acquired.lease, batchOf({ records: storedRecords(4, 2) }));
    expect(await store.records('waiting')).toEqual([...GOLDEN_CHAINS.waiting, ...storedRecords(4, 2)]);
    await store.send('driven', bytesOfText('m'));
    await store.create(newRun('another'), batchOf({ records: storedRecords(1, 1) }), owner(1));
    expect((await store.runs()).map((row) => row.id)).toEqual(['another', 'driven', 'waiting', 'ended']);
    await store.close();
  });

  test('is made newer by one of several processes that open it at once', async () => {
    const file = fileOf(version);
    const stores = await Promise.all(Array.from({ length: 5 }, () => openSqliteStore(file)));
    for (const store of stores) expect(await store.records('ended')).toEqual(GOLDEN_CHAINS.ended);
    for (const store of stores) await store.close();
  });
});

describe('refused is', () => {
  const refusal = async (file: string): Promise<string> => {
    try {
      await (await openSqliteStore(file)).close();
      return 'opened';
    } catch (problem) {
      if (problem instanceof StoreProblem) return `${problem.problem}: ${problem.message.replaceAll(file, 'FILE')}`;
      throw problem;
    }
  };

  function changed(change: (database: Database.Database) => void): string {
    const file = fileOf(`v${NEWEST}`);
    const database = new Database(file);
    change(database);
    database.close();
    return file;
  }

  test('a file of a newer version, and stays as it is', async () => {
    const file = changed((database) => database.pragma('user_version = 99'));
    expect(await refusal(file)).toBe(`version: the store FILE has version 99, this RTFS knows versions up to ${NEWEST}: use the newer RTFS that wrote it`);
    expect(versionOf(file)).toBe(99);
  });

  test('a database of something else, and stays as it is', async () => {
    const file = path.join(directory, 'other.db');
    const database = new Database(file);
    database.exec('CREATE TABLE shopping (item TEXT)');
    database.close();
    const before = path.join(directory, 'before.db');
    copyFileSync(file, before);
    expect(await refusal(file)).toBe('damaged: FILE is a database of something else: name another file for the store');
    const tables = new Database(file);
    expect(tables.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['shopping']);
    tables.close();
  });

  test('a store that has lost its version', async () => {
    expect(await refusal(changed((database) => database.pragma('user_version = 0')))).toBe('damaged: the store FILE: its beginning is damaged: take a copy of it back');
  });

  test('a file of text', async () => {
    const file = path.join(directory, 'notes.txt');
    writeFileSync(file, 'dear diary, '.repeat(1024));
    expect(await refusal(file)).toMatch(/^damaged: the store FILE: the file is no store/);
    expect(readFileSync(file, 'utf8')).toBe('dear diary, '.repeat(1024));
    writeFileSync(file, 'dear diary');
    expect(await refusal(file)).toMatch(/^damaged: the store FILE: the file is no store, or ends too early/);
  });

  test('a folder, and a file in a folder that is not there', async () => {
    expect(await refusal(directory)).toMatch(/^unusable: the store FILE: the file cannot be opened/);
    expect(await refusal(path.join(directory, 'nowhere/store.db'))).toBe(`unusable: the store FILE: there is no folder ${path.join(directory, 'nowhere')}: make it or name another file`);
  });

  test('nothing of a good one', async () => {
    expect(await refusal(fileOf(`v${NEWEST}`))).toBe('opened');
    expect(await problemKind(openSqliteStore(path.join(directory, 'new.db')).then((store) => store.close()))).toBe('resolved: undefined');
  });
});
