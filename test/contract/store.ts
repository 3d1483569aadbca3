/** What every store does, whatever it is made of (D1–D4 of `src/host/store/port.ts`). An adapter's test calls `storeContract`. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Lease, type Owner, type Store, StoreProblem } from '../../src/host/store/port.ts';
import { batchOf, bytesOfText, content, hashOfText, newRun, owner, problemKind, signedHead, storedRecord, storedRecords } from '../support/store-data.ts';
import { arbitraryHistory, modelView, StoreModel, StoreTeller } from './store-model.ts';

export interface OpenStore {
  readonly store: Store;
  /** Another store on the same data; null when the data goes with the store. */
  readonly again: (() => Promise<Store>) | null;
  readonly dispose: () => Promise<void>;
}

export type StoreMaker = (isGone: (owner: Owner) => boolean) => Promise<OpenStore>;

export function storeContract(make: StoreMaker): void {
  const gone = new Set<string>();
  let open: OpenStore;
  let store: Store;

  beforeEach(async () => {
    gone.clear();
    open = await make((one) => gone.has(one.token));
    store = open.store;
  });

  afterEach(() => open.dispose());

  const started = (id: string = 'r', parts: Parameters<typeof batchOf>[0] = { records: storedRecords(1, 1) }): Promise<Lease> => store.create(newRun(id), batchOf(parts), owner(1));

  /** The lease, which must be free. */
  const taken = async (run: string, by: Owner, nowMs: number, untilMs: number): Promise<Lease> => {
    const acquired = await store.acquire(run, by, nowMs, untilMs);
    if (acquired.kind !== 'held') throw new Error(`the lease is ${acquired.kind}`);
    return acquired.lease;
  };

  describe('a new run', () => {
    test('is there with its first records, and its maker holds the lease', async () => {
      const lease = await started('r', { records: storedRecords(1, 2), change: { waits: bytesOfText('w') } });
      expect(lease).toEqual({ run: 'r', epoch: 1, owner: owner(1) });
      expect(await store.run('r')).toEqual({
        id: 'r', name: 'r.rtfs', status: 'running', createdMs: 10, updatedMs: 10, head: { seq: 2, hash: hashOfText('record 2') }, checkpoint: null, wakeMs: null, waits: bytesOfText('w'), owner: owner(1),
      });
      expect(await store.records('r')).toEqual(storedRecords(1, 2));
    });

    test('may have no records yet', async () => {
      await started('r', {});
      expect((await store.run('r'))?.head).toEqual({ seq: 0, hash: '0'.repeat(64) });
      expect(await store.records('r')).toEqual([]);
    });

    test('cannot have the id of another', async () => {
      await started();
      expect(await problemKind(started())).toBe('run-exists');
      expect(await store.records('r')).toHaveLength(1);
    });

    test('is not there when its records do not begin at 1', async () => {
      expect(await problemKind(started('r', { records: storedRecords(2, 1) }))).toBe('out-of-order');
      expect(await store.run('r')).toBe(null);
    });

    test('may have an id and a name of any text', async () => {
      for (const id of ['', 'ä 😀', "'; DROP TABLE runs; --", '__proto__', 'x'.repeat(5000)]) {
        await started(id);
        expect((await store.run(id))?.id).toBe(id);
      }
    });
  });

  describe('a batch', () => {
    test('moves the head, changes the row and leaves the rest of it', async () => {
      const lease = await started();
      const checkpoint = { seq: 3, hash: hashOfText('document') };
      await store.append(lease, batchOf({ records: storedRecords(2, 2), change: { status: 'waiting', checkpoint, wakeMs: 500, waits: bytesOfText('who'), updatedMs: 20 } }));
      const row = await store.run('r');
      expect(row).toMatchObject({ name: 'r.rtfs', status: 'waiting', createdMs: 10, updatedMs: 20, head: { seq: 3, hash: hashOfText('record 3') }, checkpoint, wakeMs: 500, waits: bytesOfText('who') });
      await store.append(lease, batchOf({ change: { wakeMs: null } }));
      expect(await store.run('r')).toEqual({ ...row, wakeMs: null });
      await store.append(lease, batchOf({ change: { checkpoint: null } }));
      expect(await store.run('r')).toEqual({ ...row, wakeMs: null, checkpoint: null });
    });

    test.each([
      ['leaves a gap', storedRecords(3, 1)],
      ['repeats a record', storedRecords(1, 1)],
      ['has a gap', [storedRecord(2), storedRecord(4)]],
      ['is not in order', [storedRecord(3), storedRecord(2)]],
    ])('that %s is refused whole', async (_, records) => {
      const lease = await started();
      await store.send('r', bytesOfText('m'));
      const [message] = await store.messages('r');
      const before = await store.run('r');
      const batch = batchOf({ records, content: [content('c')], signature: signedHead(1), change: { status: 'failed' }, taken: [message!.id] });
      expect(await problemKind(store.append(lease, batch))).toBe('out-of-order');
      expect(await store.run('r')).toEqual(before);
      expect(await store.records('r')).toEqual(storedRecords(1, 1));
      expect(await store.content(hashOfText('c'))).toBe(null);
      expect(await store.signatures('r')).toEqual([]);
      expect(await store.messages('r')).toEqual([message]);
    });

    test('is there in the order in which batches were given, without waiting in between', async () => {
      const lease = await started('r', {});
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.append(lease, batchOf({ records: storedRecords(i + 1, 1) }))));
      expect(await store.records('r')).toEqual(storedRecords(1, 50));
    });

    test('that is refused takes no other with it', async () => {
      const leases = await Promise.all(['a', 'b', 'c'].map((id) => started(id)));
      const results = await Promise.all([
        problemKind(store.append(leases[0]!, batchOf({ records: storedRecords(2, 1) }))),
        problemKind(store.append(leases[1]!, batchOf({ records: storedRecords(9, 1) }))),
        problemKind(store.append({ ...leases[1]!, epoch: 7 }, batchOf({ records: storedRecords(2, 1) }))),
        problemKind(store.append(leases[2]!, batchOf({ records: storedRecords(2, 1) }))),
      ]);
      expect(results).toEqual(['resolved: undefined', 'out-of-order', 'lease-lost', 'resolved: undefined']);
      expect(await Promise.all(['a', 'b', 'c'].map(async (id) => (await store.records(id)).length))).toEqual([2, 1, 2]);
    });

    test('may be large', async () => {
      const lease = await started();
      const bytes = new Uint8Array(3_000_000).map((_, i) => (i * i) % 251);
      const record = { seq: 2, hash: hashOfText('large'), bytes };
      await store.append(lease, batchOf({ records: [record], content: [{ hash: hashOfText('content'), bytes }] }));
      expect(Buffer.compare((await store.records('r', 2))[0]!.bytes, bytes)).toBe(0);
      expect(Buffer.compare((await store.content(hashOfText('content')))!, bytes)).toBe(0);
    });
  });

  describe('records', () => {
    test('are read from a number on, as many as asked for', async () => {
      await started('r', { records: storedRecords(1, 10) });
      expect(await store.records('r', 4)).toEqual(storedRecords(4, 7));
      expect(await store.records('r', 4, 3)).toEqual(storedRecords(4, 3));
      expect(await store.records('r', 9, 5)).toEqual(storedRecords(9, 2));
      expect(await store.records('r', 11)).toEqual([]);
      expect(await store.records('r', 1, 0)).toEqual([]);
      expect(await store.records('r', -3, 2)).toEqual(storedRecords(1, 2));
      expect(await store.records('nobody')).toEqual([]);
    });
  });

  describe('a lease', () => {
    test('keeps others out until it runs out', async () => {
      await started();
      expect(await store.acquire('r', owner(2), 999, 5000)).toEqual({ kind: 'busy', owner: owner(1), untilMs: 1000 });
      const taken = await store.acquire('r', owner(2), 1000, 5000);
      expect(taken).toMatchObject({ kind: 'held', lease: { run: 'r', epoch: 2, owner: owner(2) }, row: { id: 'r', owner: owner(2) } });
      expect(await store.acquire('r', owner(1), 4999, 9000)).toEqual({ kind: 'busy', owner: owner(2), untilMs: 5000 });
    });

    test('keeps out its own holder too: a driver asks once', async () => {
      await started();
      expect((await store.acquire('r', owner(1), 0, 5000)).kind).toBe('busy');
    });

    test('lasts longer when it is renewed', async () => {
      const lease = await started();
      expect(await store.renew(lease, 3000)).toBe(true);
      expect((await store.acquire('r', owner(2), 2999, 9000)).kind).toBe('busy');
      expect((await store.acquire('r', owner(2), 3000, 9000)).kind).toBe('held');
      expect(await store.renew(lease, 99_000)).toBe(false);
      expect(await store.acquire('r', owner(3), 8999, 9000)).toEqual({ kind: 'busy', owner: owner(2), untilMs: 9000 });
    });

    test('is free when it is given up, and then nobody holds it', async () => {
      const lease = await started();
      await store.release(lease);
      expect((await store.run('r'))?.owner).toBe(null);
      expect(await problemKind(store.append(lease, batchOf({ records: storedRecords(2, 1) })))).toBe('lease-lost');
      expect(await store.renew(lease, 9000)).toBe(false);
      expect((await store.acquire('r', owner(2), 0, 5000)).kind).toBe('held');
    });

    test('is free at once when its holder is gone', async () => {
      await started();
      gone.add(owner(1).token);
      expect((await store.acquire('r', owner(2), 0, 5000)).kind).toBe('held');
    });

    test('that was taken over is refused however late, and gives nothing up', async () => {
      const old = await started();
      const lease = await taken('r', owner(2), 2000, 5000);
      expect(await problemKind(store.append(old, batchOf({ records: storedRecords(2, 1) })))).toBe('lease-lost');
      await store.release(old);
      await store.append(lease, batchOf({ records: storedRecords(2, 1) }));
      await store.release(lease);
      await taken('r', owner(1), 2000, 5000);
      expect(await problemKind(store.append(old, batchOf({ records: storedRecords(3, 1) })))).toBe('lease-lost');
      expect(await problemKind(store.append(lease, batchOf({ records: storedRecords(3, 1) })))).toBe('lease-lost');
    });

    test('of a run that was removed says nothing of another with its id', async () => {
      const old = await started('r', { change: { status: 'complete' } });
      await store.remove('r');
      await store.create(newRun('r'), batchOf(), owner(2));
      expect(await problemKind(store.append(old, batchOf({ records: storedRecords(1, 1) })))).toBe('lease-lost');
      expect(await store.renew(old, 9000)).toBe(false);
    });

    test('that ran out holds as long as nobody took it', async () => {
      const lease = await started('r', {});
      await store.append(lease, batchOf({ records: storedRecords(1, 1) }));
      expect(await store.renew(lease, 9000)).toBe(true);
    });

    test('goes to exactly one of many who ask', async () => {
      await store.release(await started());
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => store.acquire('r', owner(i + 2), 0, 5000)));
      expect(answers.filter((one) => one.kind === 'held')).toHaveLength(1);
    });

    test('of a run that is not there is unknown', async () => {
      expect(await store.acquire('nobody', owner(1), 0, 1000)).toEqual({ kind: 'unknown' });
      const lease: Lease = { run: 'nobody', epoch: 1, owner: owner(1) };
      expect(await problemKind(store.append(lease, batchOf()))).toBe('lease-lost');
      expect(await store.renew(lease, 1)).toBe(false);
      expect(await problemKind(store.release(lease))).toBe('resolved: undefined');
    });
  });

  describe('content', () => {
    test('is shared by all runs and written once', async () => {
      await started('a', { content: [content('x'), content('x'), content('y')] });
      await started('b', { content: [{ hash: hashOfText('x'), bytes: bytesOfText('something else') }] });
      expect(await store.content(hashOfText('x'))).toEqual(bytesOfText('x'));
      expect(await store.content(hashOfText('y'))).toEqual(bytesOfText('y'));
      expect(await store.content(hashOfText('z'))).toBe(null);
    });

    test('of a name that is none is not there', async () => {
      for (const name of ['', 'xyz', 'ab', `${hashOfText('x')}0`, `z${hashOfText('x').slice(1)}`]) expect(await store.content(name)).toBe(null);
    });

    test('may be empty', async () => {
      await started('a', { content: [content('')] });
      expect(await store.content(hashOfText(''))).toEqual(new Uint8Array(0));
    });

    test('is swept unless it is kept', async () => {
      await started('a', { content: ['x', 'yy', 'zzz'].map(content) });
      expect(await store.sweep(new Set([hashOfText('yy'), hashOfText('not there')]))).toEqual({ count: 2, bytes: 4 });
      expect(await store.content(hashOfText('x'))).toBe(null);
      expect(await store.content(hashOfText('yy'))).toEqual(bytesOfText('yy'));
      expect(await store.sweep(new Set([hashOfText('yy')]))).toEqual({ count: 0, bytes: 0 });
      await started('b', { content: [content('x')] });
      expect(await store.content(hashOfText('x'))).toEqual(bytesOfText('x'));
    });
  });

  describe('signatures', () => {
    test('are read in order', async () => {
      const lease = await started('r', { records: storedRecords(1, 2), signature: signedHead(2) });
      await store.append(lease, batchOf({ records: storedRecords(3, 1), signature: signedHead(3, 9) }));
      expect(await store.signatures('r')).toEqual([signedHead(2), signedHead(3, 9)]);
      expect(await store.signatures('nobody')).toEqual([]);
    });

    test('of one head replace each other', async () => {
      const lease = await started('r', { records: storedRecords(1, 2), signature: signedHead(2) });
      await store.append(lease, batchOf({ signature: signedHead(2, 8) }));
      expect(await store.signatures('r')).toEqual([signedHead(2, 8)]);
    });
  });

  describe('messages', () => {
    test('wait in order until a batch takes them', async () => {
      const lease = await started();
      for (const text of ['one', 'two', 'three']) await store.send('r', bytesOfText(text));
      const [one, two, three] = await store.messages('r');
      expect([one, two, three].map((message) => Buffer.from(message!.bytes).toString())).toEqual(['one', 'two', 'three']);
      await store.append(lease, batchOf({ records: storedRecords(2, 1), taken: [one!.id, three!.id] }));
      expect(await store.messages('r')).toEqual([two]);
    });

    test('have numbers that never come again', async () => {
      const lease = await started();
      await store.send('r', bytesOfText('one'));
      const [one] = await store.messages('r');
      await store.append(lease, batchOf({ taken: [one!.id] }));
      await store.send('r', bytesOfText('two'));
      expect((await store.messages('r'))[0]!.id).toBeGreaterThan(one!.id);
    });

    test('of another run are not taken', async () => {
      const lease = await started('a');
      await started('b');
      await store.send('b', bytesOfText('for b'));
      const [message] = await store.messages('b');
      await store.append(lease, batchOf({ taken: [message!.id] }));
      expect(await store.messages('b')).toEqual([message]);
    });

    test('to nobody are refused', async () => {
      expect(await problemKind(store.send('nobody', bytesOfText('m')))).toBe('unknown-run');
      expect(await store.messages('nobody')).toEqual([]);
    });
  });

  describe('due', () => {
    const waiting = async (id: string, wakeMs: number | null): Promise<void> => {
      const lease = await started(id, { change: { status: 'waiting', wakeMs } });
      await store.release(lease);
    };

    test('are runs with a timer that has come, the longest overdue first, then those with a message', async () => {
      await waiting('late', 300);
      await waiting('early', 100);
      await waiting('future', 301);
      await waiting('never', null);
      await waiting('second', null);
      await waiting('first', 900);
      await store.send('first', bytesOfText('m'));
      await store.send('second', bytesOfText('m'));
      await store.send('first', bytesOfText('m'));
      await store.send('early', bytesOfText('m'));
      expect(await store.due(300, 10)).toEqual(['early', 'late', 'first', 'second']);
      expect(await store.due(300, 3)).toEqual(['early', 'late', 'first']);
      expect(await store.due(300, 0)).toEqual([]);
    });

    test('are no runs that somebody drives', async () => {
      await started('held', { change: { wakeMs: 5 } });
      expect(await store.due(999, 10)).toEqual([]);
      expect(await store.due(1000, 10)).toEqual(['held']);
      gone.add(owner(1).token);
      expect(await store.due(10, 10)).toEqual(['held']);
    });

    test.each(['complete', 'failed', 'cancelled'] as const)('are no runs that are %s', async (status) => {
      const lease = await started('ended', { change: { status, wakeMs: 5 } });
      await store.send('ended', bytesOfText('m'));
      await store.release(lease);
      expect(await store.due(5000, 10)).toEqual([]);
    });
  });

  describe('the list of runs', () => {
    test('is the newest first, by status, as many as asked for', async () => {
      for (const [id, status] of [['a', 'running'], ['b', 'waiting'], ['c', 'complete'], ['d', 'waiting']] as const) await started(id, { change: { status } });
      const ids = async (filter?: Parameters<Store['runs']>[0]): Promise<string> => (await store.runs(filter)).map((row) => row.id).join('');
      expect(await ids()).toBe('dcba');
      expect(await ids({ status: ['waiting'] })).toBe('db');
      expect(await ids({ status: ['complete', 'running'], limit: 1 })).toBe('c');
      expect(await ids({ status: [] })).toBe('');
      expect(await ids({ limit: 0 })).toBe('');
    });
  });

  describe('removing', () => {
    test('takes a run that has ended, with all that is its', async () => {
      const lease = await started('r', { records: storedRecords(1, 3), signature: signedHead(3), content: [content('x')] });
      await started('other');
      await store.send('r', bytesOfText('m'));
      await store.append(lease, batchOf({ change: { status: 'complete' } }));
      await store.remove('r');
      expect(await store.run('r')).toBe(null);
      expect(await store.records('r')).toEqual([]);
      expect(await store.signatures('r')).toEqual([]);
      expect(await store.messages('r')).toEqual([]);
      expect((await store.runs()).map((row) => row.id)).toEqual(['other']);
      expect(await store.content(hashOfText('x'))).toEqual(bytesOfText('x'));
      await started('r', {});
      expect(await store.records('r')).toEqual([]);
    });

    test('is refused while a run has not ended, or is not there', async () => {
      await started('r');
      expect(await problemKind(store.remove('r'))).toBe('not-ended');
      expect(await store.records('r')).toHaveLength(1);
      expect(await problemKind(store.remove('nobody'))).toBe('unknown-run');
    });
  });

  describe('closing', () => {
    test('finishes what was begun and refuses what comes later', async () => {
      const lease = await started();
      const last = store.append(lease, batchOf({ records: storedRecords(2, 1) }));
      await store.close();
      expect(await problemKind(last)).toBe('resolved: undefined');
      const late = [store.run('r'), store.append(lease, batchOf()), store.send('r', bytesOfText('m')), store.due(0, 1), store.sweep(new Set()), store.renew(lease, 1)];
      expect(await Promise.all(late.map(problemKind))).toEqual(late.map(() => 'unusable'));
      await store.close();
    });

    test('loses nothing', async () => {
      if (open.again === null) return;
      await started('r', { records: storedRecords(1, 3), content: [content('x')] });
      await store.send('r', bytesOfText('m'));
      const before = await store.run('r');
      await store.close();
      const other = await open.again();
      expect(await other.run('r')).toEqual(before);
      expect(await other.records('r')).toEqual(storedRecords(1, 3));
      expect(await other.content(hashOfText('x'))).toEqual(bytesOfText('x'));
      expect(await other.messages('r')).toHaveLength(1);
      await other.close();
    });
  });

  test('any history is told as by the simplest of stores', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryHistory(), async (history) => {
        const one = await make(() => false);
        const teller = new StoreTeller(one.store);
        const model = new StoreModel();
        for (const step of history) expect([step, await teller.step(step)]).toEqual([step, model.step(step)]);
        expect(await teller.view()).toEqual(modelView(model));
        await one.dispose();
      }),
      { numRuns: 150 },
    );
  });

  test('a problem says what is wrong in words for people', async () => {
    const lease = await started();
    for (const attempt of [() => started(), () => store.send('nobody', bytesOfText('')), () => store.append({ ...lease, epoch: 5 }, batchOf())]) {
      const problem: unknown = await attempt().catch((error: unknown) => error);
      expect(problem).toBeInstanceOf(StoreProblem);
      expect((problem as StoreProblem).message).toMatch(/run (r|nobody)\b/);
    }
  });
}
