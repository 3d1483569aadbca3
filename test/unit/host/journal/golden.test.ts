/** Journals that were written once are read, verified and gone on with for ever. */
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { userCapabilities } from '../../../../src/host/capability/user.ts';
import { CONTENT_RULES } from '../../../../src/host/durable/content-rules.ts';
import { type DriveOptions, type Keeping, resumeRun, startRun } from '../../../../src/host/durable/driver.ts';
import { tapeWorld } from '../../../../src/host/durable/fork.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { HostFailure } from '../../../../src/host/failure.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import { decodeRecord, encodeDraft, encodeRecord, RECORD_KINDS, WITHOUT_CODE } from '../../../../src/host/journal/record.ts';
import { verifyStore } from '../../../../src/host/journal/verify.ts';
import { openKeeping } from '../../../../src/host/open-store.ts';
import { capabilityRegistry } from '../../../../src/host/registry.ts';
import { decodeValue } from '../../../../src/value/bytes.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { bytesToHex, hexToBytes } from '../../../../src/value/hex.ts';
import { isSame } from '../../../../src/value/order.ts';
import { printValue } from '../../../../src/value/print.ts';
import { Keyword, keyword, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { GOLDEN_RUNS, goldenRecords } from '../../../support/golden-journal.ts';
import { ALLOW_ALL, ManualClock } from '../support.ts';
import { environment, programOf } from '../durable/support.ts';

const golden = path.join(import.meta.dirname, '../../../golden/journal/v1');
const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-journal-'));
afterAll(() => rmSync(directory, { recursive: true }));

const records = goldenRecords();
const paid: Value[] = [];

function host(): DriveOptions['host'] {
  const echo = { id: 'echo', summary: '', determinism: 'recorded', call: ([value = null]: readonly Value[]) => value } as const;
  const pay = { id: 'pay', summary: '', determinism: 'live', call: ([value = null]: readonly Value[]) => paid.push(value) } as const;
  const fail = { id: 'fail', summary: '', determinism: 'idempotent', call: ([text = null]: readonly Value[]): Value => { throw new HostFailure('host', String(text)); } } as const;
  return { capabilities: capabilityRegistry([echo, pay, fail, ...userCapabilities()], new Map()), policy: ALLOW_ALL, clock: new ManualClock() };
}

async function keepingIn(file: string, keys: string): Promise<Keeping> {
  const opened = await openKeeping(file, { environment, clock: new ManualClock(), keyDirectory: keys });
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

/** The keys that signed are kept, but for the secret one. */
async function writeStore(): Promise<void> {
  const file = path.join(directory, 'new.db');
  const keys = path.join(directory, 'new-keys');
  const keeping = await keepingIn(file, keys);
  for (const { id, text, status } of GOLDEN_RUNS) {
    const authority = MapValue.of(keyword('grants'), id);
    const result = await startRun(keeping, programOf(text), { id, name: `${id}.rtfs`, authority }, { host: host(), checkpoints: { effects: 2 } });
    if (status !== 'cancelled') continue;
    if (result.kind !== 'waiting') throw new Error(`the run is ${result.kind}`);
    await keeping.store.send(id, encodeMessage('cancel', { reason: 'no longer needed', who: 'human:ann' }));
    await resumeRun(keeping, id, () => ({ host: host() }));
  }
  await keeping.store.close();
  mkdirSync(path.join(golden, 'keys'), { recursive: true });
  cpSync(path.join(keys, 'known'), path.join(golden, 'keys/known'), { recursive: true });
  writeFileSync(path.join(golden, 'store.db.gz'), gzipSync(readFileSync(file), { level: 9 }));
}

function shown(data: MapValue): string {
  return [...data].map(([key, value]) => `${key instanceof Keyword ? key.name : '?'}: ${printValue(value) ?? '?'}\n`).join('');
}

beforeAll(async () => {
  if (process.env['CI'] === 'true') return;
  mkdirSync(golden, { recursive: true });
  for (const [name, record] of records) {
    if (existsSync(path.join(golden, `${name}.hex`))) continue;
    writeFileSync(path.join(golden, `${name}.hex`), `${bytesToHex(encodeRecord(record)).replaceAll(/.{100}/g, '$&\n')}\n`);
    writeFileSync(path.join(golden, `${name}.txt`), `${record.kind} ${record.run} ${record.seq} ${record.timeMs}\n${shown(record.data)}`);
  }
  if (!existsSync(path.join(golden, 'store.db.gz'))) await writeStore();
});

describe('records of version 1', () => {
  const bytesOf = (name: string): Uint8Array => hexToBytes(readFileSync(path.join(golden, `${name}.hex`), 'utf8').replaceAll('\n', ''))!;

  test('are there of every kind, and nothing else is', () => {
    expect(new Set(records.map(([, { kind }]) => kind))).toEqual(new Set(RECORD_KINDS));
    expect(readdirSync(golden).sort()).toEqual([...records.flatMap(([name]) => [`${name}.hex`, `${name}.txt`]), 'keys', 'store.db.gz'].sort());
  });

  test.each(records)('%s is read as it was', (name, record) => {
    const decoded = decodeRecord(bytesOf(name), WITHOUT_CODE);
    if (!decoded.ok) throw new Error(decoded.error.message);
    const { data, ...rest } = decoded.value;
    const { data: expected, ...others } = record;
    expect(rest).toEqual(others);
    expect(isSame(data, expected)).toBe(true);
    expect(`${rest.kind} ${rest.run} ${rest.seq} ${rest.timeMs}\n${shown(data)}`).toBe(readFileSync(path.join(golden, `${name}.txt`), 'utf8'));
  });

  test.each(records)('%s is written as it was', (name, record) => {
    const expected = bytesOf(name);
    expect(encodeRecord(record)).toEqual(expected);
    const data = Object.fromEntries([...record.data].map(([key, value]) => [(key as Keyword).name, value]));
    expect(encodeDraft({ ...record, data }).bytes).toEqual(expected);
  });
});

describe('a store with journals of version 1', () => {
  let keeping: Keeping;
  let keys: string;
  let file: string;
  beforeAll(async () => {
    file = path.join(directory, 'store.db');
    keys = path.join(directory, 'keys');
    writeFileSync(file, gunzipSync(readFileSync(path.join(golden, 'store.db.gz'))));
    cpSync(path.join(golden, 'keys'), keys, { recursive: true });
    keeping = await keepingIn(file, keys);
  });
  afterAll(() => keeping.store.close());

  test('is good, and every run is vouched for to its end', async () => {
    const report = await verifyStore(keeping.store, { keys: keeping.keys!, rules: CONTENT_RULES, sha256: nodeSha256 });
    expect(report.ok).toBe(true);
    const rows = await keeping.store.runs();
    expect(report.runs.map(({ run, signedSeq, unknownKeys }) => [run, signedSeq, unknownKeys])).toEqual(rows.map(({ id, head }) => [id, head.seq, []]));
    expect(rows.map(({ id, status }) => [id, status]).sort()).toEqual(GOLDEN_RUNS.map(({ id, status }) => [id, status]).sort());
  });

  test.each(GOLDEN_RUNS)('$id does the same when it is done again', async ({ id, status }) => {
    const replayed = await replayRun(tapeWorld(keeping), id);
    expect(replayed.ok && [replayed.value.kind, replayed.value.kind === 'identical' && replayed.value.hasEnded]).toEqual(['identical', status !== 'waiting']);
  });

  test('the run that waits is answered and goes on, what is then in the journal is good as well', async () => {
    const copy = path.join(directory, 'copy.db');
    await keeping.store.close();
    copyFileSync(file, copy);
    keeping = await keepingIn(file, keys);
    const other = await keepingIn(copy, keys);
    const waits = decodeValue((await other.store.run('waiting'))!.waits);
    const call = waits.ok && waits.value instanceof Vector && waits.value.get(0) instanceof MapValue ? (waits.value.get(0) as MapValue).get(keyword('call')) : undefined;
    await other.store.send('waiting', encodeMessage('answer', { call: call ?? null, text: 'yes', who: 'human:ann' }));
    const before = paid.length;
    const resumed = await resumeRun(other, 'waiting', () => ({ host: host() }));
    expect(paid.slice(before)).toEqual([3]);
    expect(resumed.ok && resumed.value.kind === 'complete' && printValue(resumed.value.value)).toBe(`{:by {:name "ann" :tags ["a" "a"]} :ordered ${before + 1}}`);
    expect((await verifyStore(other.store, { keys: other.keys!, rules: CONTENT_RULES, sha256: nodeSha256 })).ok).toBe(true);
    await other.store.close();
  });
});
