/** Journals that nobody means well with: any bytes are refused or read, any records are refused or gone on with, and nothing is ever thrown. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTENT_RULES } from '../../src/host/durable/content-rules.ts';
import { resumeRun } from '../../src/host/durable/driver.ts';
import { tapeWorld } from '../../src/host/durable/fork.ts';
import { replayRun } from '../../src/host/durable/replay.ts';
import { Tape } from '../../src/host/durable/tape.ts';
import { Timeline } from '../../src/host/durable/timeline.ts';
import { recordHash } from '../../src/host/journal/chain.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import { decodeRecord, encodeRecord, type JournalRecord, RECORD_KINDS, WITHOUT_CODE } from '../../src/host/journal/record.ts';
import { verifyStore } from '../../src/host/journal/verify.ts';
import { createMemoryStore } from '../../src/host/store/memory.ts';
import { EMPTY_HEAD, type RunRow, type Store, type StoredRecord } from '../../src/host/store/port.ts';
import { hexToBytes } from '../../src/value/hex.ts';
import { MapValue } from '../../src/value/map.ts';
import { damage, pathsOf } from '../support/hostile.ts';
import { randomNumbers } from '../support/programs.ts';
import { batchOf, newRun, owner } from '../support/store-data.ts';
import { PLANS, planWorld } from '../unit/host/durable/plans.ts';
import { programOf, type World } from '../unit/host/durable/support.ts';

const golden = path.join(import.meta.dirname, '../golden/journal/v1');
const documents = readdirSync(golden).filter((name) => name.endsWith('.hex')).map((name) => [name, hexToBytes(readFileSync(path.join(golden, name), 'utf8').replaceAll('\n', ''))!] as const);

/** What is read is what would be written, what is not says why. True when it was read. */
function isRead(bytes: Uint8Array): boolean {
  const decoded = decodeRecord(bytes, WITHOUT_CODE);
  if (decoded.ok) {
    if (Buffer.compare(encodeRecord(decoded.value), bytes) !== 0) throw new Error(`read from other bytes: ${Buffer.from(bytes).toString('hex')}`);
    return true;
  }
  if (decoded.error.message === '' || decoded.error.offset < 0 || decoded.error.offset > bytes.length) throw new Error(`no diagnostic: ${JSON.stringify(decoded.error)}`);
  return false;
}

describe('the decoder of records', () => {
  test.each(documents)('%s with each bit flipped and cut off everywhere', (_, good) => {
    expect(isRead(good)).toBe(true);
    const hash = recordHash(good, nodeSha256);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = good.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      isRead(bad);
      expect(recordHash(bad, nodeSha256)).not.toBe(hash);
    }
    for (let length = 0; length < good.length; length++) expect([length, isRead(good.subarray(0, length))]).toEqual([length, false]);
    for (let more = 0; more < 256; more++) expect(isRead(Uint8Array.from([...good, more]))).toBe(false);
  });

  test('any bytes behind a good beginning', () => {
    const good = documents[0]![1];
    const beginning = fc.nat({ max: good.length }).map((length) => good.subarray(0, length));
    fc.assert(fc.property(beginning, fc.uint8Array({ maxLength: 60 }), (start, rest) => void isRead(Uint8Array.from([...start, ...rest]))), { numRuns: 5000 });
  });

  test('pieces of records put together', () => {
    const all = fc.constantFrom(...documents.map(([, bytes]) => bytes));
    const piece = fc.tuple(all, fc.nat(), fc.nat()).map(([bytes, a, b]) => bytes.subarray(Math.min(a, b) % bytes.length, Math.max(a, b) % bytes.length));
    fc.assert(fc.property(all, fc.array(piece, { maxLength: 4 }), (first, pieces) => void isRead(Uint8Array.from([first.subarray(0, first.length >> 1), ...pieces].flatMap((one) => [...one])))), { numRuns: 5000 });
  });
});

/** A run of records that are well-formed, follow each other and mean something else. `seed` decides what. */
function hostile(records: readonly JournalRecord[], random: () => number): readonly JournalRecord[] {
  const result = records.slice();
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const at = Math.floor(random() * result.length);
    const { data, ...rest } = result[at]!;
    switch (Math.floor(random() * 5)) {
      case 0:
        result.splice(at, 1);
        break;
      case 1:
        result.splice(at, 0, result[Math.floor(random() * result.length)]!);
        break;
      case 2:
        result[at] = { ...rest, data, kind: RECORD_KINDS[Math.floor(random() * RECORD_KINDS.length)]! };
        break;
      default: {
        const other = damage(data, pathsOf(data), random);
        result[at] = { ...rest, data: other instanceof MapValue && other.keys().every((key) => typeof key === 'object' && key?.kind === 'keyword') ? other : MapValue.empty() };
      }
    }
  }
  return result;
}

/** The records anew, with numbers and hashes that fit. */
function chained(records: readonly JournalRecord[]): readonly StoredRecord[] {
  let previous = EMPTY_HEAD.hash;
  return records.map((record, i) => {
    const bytes = encodeRecord({ ...record, seq: i + 1, previous });
    previous = recordHash(bytes, nodeSha256);
    return { seq: i + 1, hash: previous, bytes };
  });
}

/** A store with that run, as a process left it that has ended. */
async function storeWith(source: Store, row: RunRow, records: readonly StoredRecord[], content: readonly string[]): Promise<Store> {
  const store = createMemoryStore();
  const kept = await Promise.all(content.map(async (hash) => ({ hash, bytes: (await source.content(hash))! })));
  const lease = await store.create(newRun(row.id), batchOf({ records, content: kept }), owner(1));
  const checkpoint = row.checkpoint === null || row.checkpoint.seq > records.length ? null : row.checkpoint;
  await store.append(lease, batchOf({ change: { status: 'running', checkpoint } }));
  await store.release(lease);
  return store;
}

async function contentNames(one: World): Promise<readonly string[]> {
  const names: string[] = [];
  const store = new Proxy(one.store, {
    get: (target, name: keyof Store) => (name === 'content' ? async (hash: string) => (names.push(hash), target.content(hash)) : (target[name] as (...args: unknown[]) => unknown).bind(target)),
  });
  await verifyStore(store, { keys: { verify: () => 'unknown-key' }, rules: CONTENT_RULES, sha256: nodeSha256 });
  return names;
}

describe('runs with journals that mean something else', () => {
  test.each(PLANS)('%s', async (_, text) => {
    const whole = planWorld();
    await whole.process().start(programOf(text), { checkpoints: { effects: 2 } });
    const row = (await whole.store.run('run'))!;
    const good = (await whole.store.records('run')).map(({ bytes }) => decodeRecord(bytes, WITHOUT_CODE)).flatMap((decoded) => (decoded.ok ? [decoded.value] : []));
    const content = [...(await contentNames(whole)), ...good.map(({ data }) => [...data].find(([key]) => typeof key === 'object' && key?.kind === 'keyword' && key.name === 'root')?.[1]).filter((root) => typeof root === 'string')];
    const reached = new Map<string, number>();
    const count = (name: string): void => void reached.set(name, (reached.get(name) ?? 0) + 1);
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomNumbers(seed);
      const records = chained(hostile(good, random));
      if (records.length === 0) continue;
      const store = await storeWith(whole.store, row, records, content);
      const one = planWorld();
      const { keeping, host } = one.process(store);
      const verified = await verifyStore(store, { keys: { verify: () => 'unknown-key' }, rules: CONTENT_RULES, sha256: nodeSha256 });
      count(`verify ${String(verified.ok)}`);
      const replayed = await replayRun(tapeWorld(keeping), 'run');
      count(`replay ${replayed.ok ? replayed.value.kind : 'refused'}`);
      const tape = await Tape.open(tapeWorld(keeping), 'run');
      if (tape.ok) count(`timeline ${new Timeline(tape.value).events.length > 0 ? 'with' : 'without'} events`);
      const resumed = await resumeRun(keeping, 'run', () => ({ host }));
      count(`resume ${resumed.ok ? resumed.value.kind : resumed.error.kind}`);
      if (!resumed.ok) expect(resumed.error.message).toMatch(/^[^A-Z]/);
    }
    expect([...reached.keys()].filter((name) => name.startsWith('resume')).length).toBeGreaterThan(1);
    expect(reached.get('replay diverged') ?? 0).toBeGreaterThan(0);
    expect(reached.get('resume damaged') ?? 0).toBeGreaterThan(0);
  });
});
