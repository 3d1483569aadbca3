/** What somebody can do who writes the file of a store: other records, another authority, other heads, other signatures, ids that mean something elsewhere. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { believedAuthority } from '../../src/host/durable/authority.ts';
import { CONTENT_RULES } from '../../src/host/durable/content-rules.ts';
import { type Keeping, resumeRun, startRun } from '../../src/host/durable/driver.ts';
import { userCapabilities } from '../../src/host/capability/user.ts';
import { recordHash } from '../../src/host/journal/chain.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import { openKeys } from '../../src/host/journal/keys.ts';
import { decodeRecord, encodeRecord, type JournalRecord, WITHOUT_CODE } from '../../src/host/journal/record.ts';
import { type Keys, signHead } from '../../src/host/journal/signature.ts';
import { verifyStore } from '../../src/host/journal/verify.ts';
import { openKeeping } from '../../src/host/open-store.ts';
import { capabilityRegistry } from '../../src/host/registry.ts';
import { createMemoryStore } from '../../src/host/store/memory.ts';
import { EMPTY_HEAD, type SignedHead, type Store, type StoredRecord } from '../../src/host/store/port.ts';
import { MapValue } from '../../src/value/map.ts';
import { keyword } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';
import { environment, programOf } from '../unit/host/durable/support.ts';
import { ALLOW_ALL, ManualClock } from '../unit/host/support.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-attack-'));
afterAll(() => rmSync(directory, { recursive: true }));
const keys = openKeys(path.join(directory, 'keys'));
const thief = openKeys(path.join(directory, 'thief'));
let count = 0;

const program = programOf('(let [who (call :user.ask "Who?")] (call :pay who))');
const authority = MapValue.of(keyword('grants'), Vector.of('user.ask'));

/** A run that waits, signed by `keys`, in a file of its own. */
async function waitingRun(id = 'run'): Promise<{ readonly keeping: Keeping; readonly host: Parameters<typeof startRun>[3]['host'] }> {
  const opened = await openKeeping(path.join(directory, `${(count += 1)}.db`), { environment, clock: new ManualClock(), keyDirectory: path.join(directory, 'keys') });
  if (!opened.ok) throw new Error(opened.error);
  const pay = { id: 'pay', summary: '', determinism: 'live', call: () => 'paid' } as const;
  const host = { capabilities: capabilityRegistry([pay, ...userCapabilities()], new Map()), policy: ALLOW_ALL, clock: new ManualClock() };
  const result = await startRun(opened.value, program, { id, name: 'plan.rtfs', authority }, { host });
  expect(result.kind).toBe('waiting');
  return { keeping: opened.value, host };
}

/** The store with other records of the run, or other signatures. */
function changed(store: Store, { records, signatures }: { readonly records?: readonly StoredRecord[]; readonly signatures?: readonly SignedHead[] }): Store {
  return new Proxy(store, {
    get: (target, name: keyof Store) => {
      if (name === 'records' && records !== undefined) return async (_: string, from = 1, limit = records.length) => records.slice(from - 1, from - 1 + limit);
      if (name === 'signatures' && signatures !== undefined) return async () => signatures;
      if (name === 'runs' && records !== undefined) {
        return async () => (await target.runs()).map((row) => ({ ...row, head: { seq: records.length, hash: records.at(-1)!.hash } }));
      }
      const member = target[name];
      return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
    },
  });
}

/** A whole new chain that holds together, made of the changed records. */
async function rewritten(store: Store, change: (record: JournalRecord) => JournalRecord): Promise<readonly StoredRecord[]> {
  let previous = EMPTY_HEAD.hash;
  return (await store.records('run')).map(({ bytes }) => {
    const decoded = decodeRecord(bytes, WITHOUT_CODE);
    if (!decoded.ok) throw new Error(decoded.error.message);
    const next = encodeRecord({ ...change(decoded.value), previous });
    previous = recordHash(next, nodeSha256);
    return { seq: decoded.value.seq, hash: previous, bytes: next };
  });
}

async function verdict(store: Store, by: Keys = keys): Promise<unknown> {
  const [report] = (await verifyStore(store, { keys: by, rules: CONTENT_RULES, sha256: nodeSha256 })).runs;
  return [report!.fault?.seq ?? null, report!.fault?.reason ?? null, report!.signedSeq, report!.unknownKeys];
}

/** The same with more allowed. */
function moreAllowed(record: JournalRecord): JournalRecord {
  return record.kind === 'run-started' ? { ...record, data: record.data.set(keyword('authority'), MapValue.of(keyword('grants'), Vector.of('*'))) } : record;
}

describe('a chain that was written anew', () => {
  test('holds together, and is found by the head that was signed', async () => {
    const { keeping } = await waitingRun();
    const { store } = keeping;
    expect(await verdict(store)).toEqual([null, null, (await store.run('run'))!.head.seq, []]);
    const records = await rewritten(store, moreAllowed);
    expect(await verdict(changed(store, { records }))).toEqual([1, 'rewritten', 0, []]);
    await store.close();
  });

  test('and signed anew by somebody else is vouched for by nobody who is known', async () => {
    const { keeping } = await waitingRun();
    const { store } = keeping;
    const records = await rewritten(store, moreAllowed);
    const signature = await signHead(thief, 'run', records.at(-1)!);
    expect(await verdict(changed(store, { records, signatures: [signature] }))).toEqual([null, null, 0, [thief.key]]);
    // Under the name of a key that is known it is a bad one.
    expect(await verdict(changed(store, { records, signatures: [{ ...signature, key: keys.key }] }))).toEqual([records.length, 'unsigned', 0, []]);
    await store.close();
  });

  test('gives the run no more than it was allowed', async () => {
    const { keeping, host } = await waitingRun();
    const { store } = keeping;
    const believed: unknown[] = [];
    for (const records of [await store.records('run'), await rewritten(store, moreAllowed)]) {
      const resumed = await resumeRun({ ...keeping, store: changed(store, { records }) }, 'run', ({ started }) => {
        believed.push(believedAuthority('run', started, keys));
        return { host };
      });
      expect(resumed.ok && resumed.value.kind).toBe('waiting');
    }
    expect(believed).toEqual([{ ok: true, value: authority }, { ok: false, error: 'what the run was allowed has been changed: its signature does not fit' }]);
    await store.close();
  });
});

test('what a run was allowed counts for no other run, with no bit of its signature changed, and by no other key', async () => {
  const { keeping } = await waitingRun();
  const [first] = await keeping.store.records('run', 1, 1);
  const decoded = decodeRecord(first!.bytes, WITHOUT_CODE);
  if (!decoded.ok) throw new Error(decoded.error.message);
  const { Facts } = await import('../../src/host/durable/facts.ts');
  const started = new Facts(decoded.value.data);
  expect(believedAuthority('run', started, keys).ok).toBe(true);
  expect(believedAuthority('other', started, keys).ok).toBe(false);
  expect(believedAuthority('run', started, thief)).toEqual({ ok: false, error: `what the run was allowed is signed with the key ${keys.key}, which is not known here` });
  const signature = started.text('authority-signature')!;
  for (let bit = 0; bit < signature.length * 4; bit++) {
    const digit = (Number.parseInt(signature[bit >> 2]!, 16) ^ (1 << (bit & 3))).toString(16);
    const bad = `${signature.slice(0, bit >> 2)}${digit}${signature.slice((bit >> 2) + 1)}`;
    expect(believedAuthority('run', new Facts(decoded.value.data.set(keyword('authority-signature'), bad)), keys).ok).toBe(false);
  }
  for (const bad of ['', 'zz', '00'.repeat(64), signature.slice(2), `${signature}00`]) {
    expect(believedAuthority('run', new Facts(decoded.value.data.set(keyword('authority-signature'), bad)), keys).ok).toBe(false);
  }
  await keeping.store.close();
});

test('a key that a store names is no way to a file', async () => {
  const { keeping } = await waitingRun();
  const { store } = keeping;
  const [signature] = await store.signatures('run');
  for (const key of ['../signing', '../../keys/known/x', '/etc/passwd', 'a'.repeat(16), '__proto__', '', '\0', keys.key.toUpperCase()]) {
    const [seq, reason, signedSeq, unknown] = (await verdict(changed(store, { signatures: [{ ...signature!, key }] }))) as readonly unknown[];
    expect([seq, reason, signedSeq, unknown]).toEqual([null, null, 0, [key]]);
  }
  await store.close();
});

describe('the id of a run', () => {
  const ids = [
    '../../escape', '/etc/passwd', 'C:\\x', '.', '..', "'; DROP TABLE runs; --", '" OR 1=1', '%', '_', '\u202e', '__proto__', 'constructor', 'x'.repeat(10_000), ' ', 'größe', '👍',
  ];
  test('that is no text is refused, since two of them would be one in a file', async () => {
    const { keeping, host } = await waitingRun();
    for (const [store, id] of [[keeping.store, '\ud800'], [createMemoryStore(), 'a\udfff']] as const) {
      await expect(startRun({ ...keeping, store }, program, { id, name: 'x' }, { host })).rejects.toThrow(/^the id .* cannot be written down as text: choose another$/);
    }
    await keeping.store.close();
  });

  test.each(['', '\u0000', 'a\u0000b', 'line\nbreak', 'bell\u0007'])('%j is none: people see it in one line', async (id) => {
    const { keeping, host } = await waitingRun();
    await expect(startRun(keeping, program, { id, name: 'x' }, { host })).rejects.toThrow(id === '' ? /^the id of a run cannot be empty/ : /^the id .* has control characters in it: choose another$/);
    expect((await keeping.store.runs()).map((row) => row.id)).toEqual(['run']);
    await keeping.store.close();
  });

  test.each(ids)('%j is a name and nothing else', async (id) => {
    const before = readdirSync(directory).length;
    const { keeping, host } = await waitingRun(id);
    const { store } = keeping;
    await startRun(keeping, program, { id: 'another', name: 'x' }, { host });
    expect((await store.runs()).map((row) => row.id)).toEqual(['another', id]);
    expect((await store.run(id))?.id).toBe(id);
    expect((await store.records(id)).length).toBeGreaterThan(2);
    expect((await verifyStore(store, { keys, rules: CONTENT_RULES, sha256: nodeSha256 })).ok).toBe(true);
    const resumed = await resumeRun(keeping, id, () => ({ host }));
    expect(resumed.ok && resumed.value.kind).toBe('waiting');
    await store.close();
    // The file of the store, and nothing else anywhere near.
    expect(readdirSync(directory).length).toBe(before + 1);
    expect(existsSync(path.join(directory, '../../escape'))).toBe(false);
  });
});
