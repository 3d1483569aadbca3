/** The chain (H3): whatever is done to a record of it, the first bad one is named, with the reason. */
import { describe, expect, test } from 'vitest';
import { chainRecords, recordHash } from '../../../../src/host/journal/chain.ts';
import { type ChainFault, type ChainReport, createChainCheck, type SignatureCheck } from '../../../../src/host/journal/chain-check.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import { decodeRecord, encodeRecord, type JournalRecord, recordData } from '../../../../src/host/journal/record.ts';
import { EMPTY_HEAD, type Head, type SignedHead, type StoredRecord } from '../../../../src/host/store/port.ts';
import { sha256Hex } from '../../../../src/value/hash.ts';
import { chainOf, draft } from '../../../support/journal-data.ts';

const COUNT = 7;
const chain = chainOf('r', COUNT);
const places = chain.map((record) => record.seq);

/** In these tests a signature is good when its first byte is 1, bad when 0. */
const byFirstByte: SignatureCheck = (_, head) => (head.key !== 'known' ? 'unknown-key' : head.signature[0] === 1 ? 'good' : 'bad');

function report(records: readonly StoredRecord[], signatures: readonly SignedHead[] = [], head: Head = headOf(records)): ChainReport {
  const check = createChainCheck('r', nodeSha256);
  for (const record of records) check.add(record);
  return check.finish(head, signatures, byFirstByte);
}

function headOf(records: readonly StoredRecord[]): Head {
  const last = records.at(-1);
  return last === undefined ? EMPTY_HEAD : { seq: records.length, hash: last.hash };
}

function found(...args: Parameters<typeof report>): string {
  const { fault } = report(...args);
  return fault === null ? 'nothing' : `${fault.seq} ${fault.reason}`;
}

function signed(record: StoredRecord, good: boolean = true, key: string = 'known'): SignedHead {
  return { seq: record.seq, hash: record.hash, key, signature: Uint8Array.of(good ? 1 : 0) };
}

/** The records as a store would keep them that gives out its own numbers. */
function renumbered(records: readonly StoredRecord[]): readonly StoredRecord[] {
  return records.map((record, i) => ({ ...record, seq: i + 1 }));
}

function decoded(record: StoredRecord): JournalRecord {
  const result = decodeRecord(record.bytes);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** A forgery with a hash that fits it. */
function forged(record: StoredRecord, change: Partial<JournalRecord>): StoredRecord {
  const bytes = encodeRecord({ ...decoded(record), ...change });
  return { seq: record.seq, bytes, hash: recordHash(bytes, nodeSha256) };
}

function replaced(seq: number, change: (record: StoredRecord) => StoredRecord): readonly StoredRecord[] {
  return chain.map((record) => (record.seq === seq ? change(record) : record));
}

describe('a chain', () => {
  test('names in every record the one before, and the first names none', () => {
    expect(chain.map((record) => decoded(record).previous)).toEqual(['0'.repeat(64), ...chain.slice(0, -1).map((record) => record.hash)]);
    expect(chain.map((record) => decoded(record).seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('goes on behind a head', () => {
    const drafts = [draft('run-started', { a: 1 }), draft('run-waiting'), draft('run-complete', { value: 2 })];
    const whole = chainRecords('r', EMPTY_HEAD, drafts, nodeSha256);
    const first = chainRecords('r', EMPTY_HEAD, drafts.slice(0, 1), nodeSha256);
    expect([...first, ...chainRecords('r', headOf(first), drafts.slice(1), nodeSha256)]).toEqual(whole);
    expect(chainRecords('r', headOf(whole), [], nodeSha256)).toEqual([]);
  });

  test('has the same hashes by node and by our own SHA-256', () => {
    for (const { bytes, hash } of chain) expect([hash, recordHash(bytes, sha256Hex)]).toEqual([recordHash(bytes, nodeSha256), hash]);
  });

  test('that nobody touched is good', () => {
    for (let count = 0; count <= COUNT; count++) expect(report(chain.slice(0, count))).toEqual({ count, fault: null, signedSeq: 0, unknownKeys: [] });
  });
});

describe('the first bad record is named when', () => {
  test.each(places)('any byte of record %i was changed', (seq) => {
    const { bytes } = chain[seq - 1]!;
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 8);
      expect(found(replaced(seq, (record) => ({ ...record, bytes: changed })))).toBe(`${seq} changed`);
    }
  });

  test.each(places)('the hash of record %i was changed', (seq) => {
    expect(found(replaced(seq, (record) => ({ ...record, hash: 'f'.repeat(64) })))).toBe(`${seq} changed`);
  });

  const fields: readonly (readonly [string, Partial<JournalRecord>, ChainFault['reason']])[] = [
    ['its run', { run: 'other' }, 'foreign'],
    ['its time', { timeMs: 5 }, 'changed'],
    ['its kind', { kind: 'run-cancelled' }, 'changed'],
    ['its data', { data: recordData({ value: 1_000_000 }) }, 'changed'],
    ['the one before it', { previous: 'e'.repeat(64) }, 'changed'],
  ];

  test.each(places.flatMap((seq) => fields.map((field) => [seq, ...field] as const)))('record %i was forged with a fitting hash, in %s', (seq, _, change, reason) => {
    const records = replaced(seq, (record) => forged(record, change));
    // What is behind the last record is the head that the store has of the run.
    expect(found(records, [], headOf(chain))).toBe(`${seq} ${reason}`);
  });

  test.each(places)('record %i was forged in its number', (seq) => {
    expect(found(replaced(seq, (record) => forged(record, { seq: 90 })), [], headOf(chain))).toMatch(new RegExp(`^${seq} (changed|misnumbered)$`));
  });

  test.each(places)('record %i was dropped, and the others moved up', (seq) => {
    const rest = chain.filter((record) => record.seq !== seq);
    expect(found(renumbered(rest), [], headOf(chain))).toBe(`${seq} missing`);
    expect(found(rest, [], headOf(chain))).toBe(`${seq} missing`);
  });

  test.each(places)('record %i was repeated', (seq) => {
    const records = [...chain.slice(0, seq), chain[seq - 1]!, ...chain.slice(seq)];
    expect(found(renumbered(records))).toBe(`${seq + 1} repeated`);
    const atTheEnd = [...chain, chain[seq - 1]!];
    expect(found(renumbered(atTheEnd))).toBe(`${COUNT + 1} repeated`);
  });

  const pairs = places.flatMap((a) => places.filter((b) => b > a).map((b) => [a, b] as const));
  test.each(pairs)('records %i and %i were swapped', (a, b) => {
    const records = chain.map((record) => (record.seq === a ? chain[b - 1]! : record.seq === b ? chain[a - 1]! : record));
    expect(found(renumbered(records), [], headOf(chain))).toBe(`${a} swapped`);
  });

  test.each(places)('a record was inserted before record %i that follows the one before', (seq) => {
    const before = seq === 1 ? EMPTY_HEAD : { seq: seq - 1, hash: chain[seq - 2]!.hash };
    const [extra] = chainRecords('r', before, [draft('hint-applied', { hint: 'x' })], nodeSha256);
    expect(found(renumbered([...chain.slice(0, seq - 1), extra!, ...chain.slice(seq - 1)]))).toBe(`${seq} inserted`);
  });

  test.each(places)('a record was inserted before record %i that follows nothing', (seq) => {
    const [extra] = chainRecords('r', { seq: seq - 1, hash: 'd'.repeat(64) }, [draft('hint-applied')], nodeSha256);
    expect(found(renumbered([...chain.slice(0, seq - 1), extra!, ...chain.slice(seq - 1)]))).toBe(`${seq} inserted`);
  });

  test.each(places)('record %i is one of another run', (seq) => {
    const other = chainOf('other', COUNT);
    expect(found(replaced(seq, () => other[seq - 1]!))).toBe(`${seq} foreign`);
  });

  test.each(places)('record %i is no record, though its hash fits', (seq) => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(found(replaced(seq, (record) => ({ ...record, bytes, hash: recordHash(bytes, nodeSha256) })))).toBe(`${seq} unreadable`);
  });

  test('records are kept under other numbers', () => {
    expect(found(chain.map((record) => (record.seq < 4 ? record : { ...record, seq: record.seq + 1 })))).toBe('4 misnumbered');
  });

  test('the end was cut off, or something was hung on', () => {
    expect(found(chain.slice(0, 4), [], headOf(chain))).toBe('5 missing');
    expect(found([], [], headOf(chain))).toBe('1 missing');
    expect(found(chain, [], headOf(chain.slice(0, 4)))).toBe('5 inserted');
    expect(found(chain, [], { seq: COUNT, hash: 'c'.repeat(64) })).toBe(`${COUNT} changed`);
  });
});

describe('a signed head', () => {
  test('says how far the chain is vouched for', () => {
    expect(report(chain, [signed(chain[2]!), signed(chain[4]!)]).signedSeq).toBe(5);
  });

  test('is named when it was not made by its key', () => {
    expect(found(chain, [signed(chain[2]!), signed(chain[4]!, false)])).toBe('5 unsigned');
  });

  test('shows that what is behind the end was cut off, though the store says nothing of it', () => {
    const cut = chain.slice(0, 4);
    expect(found(cut, [signed(chain[2]!), signed(chain[5]!)], headOf(cut))).toBe('5 missing');
  });

  test('shows a chain that was made anew, from the last signature on that fits', () => {
    const head = { seq: 3, hash: chain[2]!.hash };
    const anew = [...chain.slice(0, 3), ...chainRecords('r', head, [draft('run-waiting'), draft('run-resumed'), draft('run-complete')], nodeSha256)];
    expect(found(anew)).toBe('nothing');
    expect(found(anew, [signed(chain[1]!), signed(chain[2]!), signed(chain[5]!)])).toBe('4 rewritten');
  });

  test('by an unknown key says nothing, and is told', () => {
    expect(report(chain, [signed(chain[2]!, false, 'theirs'), signed(chain[4]!, true, 'theirs')])).toMatchObject({ fault: null, signedSeq: 0, unknownKeys: ['theirs'] });
  });
});
