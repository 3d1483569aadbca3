/** What runs say of one another is held against what those say (CC-4): forks and callbacks, in a store whose chains are all good by themselves. */
import { expect, test } from 'vitest';
import { CONTENT_RULES } from '../../../../src/host/durable/content-rules.ts';
import { forkRun } from '../../../../src/host/durable/fork.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import { verifyStore } from '../../../../src/host/journal/verify.ts';
import { createMemoryStore } from '../../../../src/host/store/memory.ts';
import type { Store } from '../../../../src/host/store/port.ts';
import { programOf, World } from './support.ts';

const TOKEN = { host: 'test', processId: 1, token: 'copy' };

function world(): World {
  return new World().add('pay', 'live', ([value]) => value!).put({ id: 'each', summary: '', determinism: 'idempotent', call: ([fn], { callBack }) => callBack!(fn!, [1]) });
}

/** Puts the run into the other store as it is, but for its content. */
async function copy(from: Store, run: string, to: Store): Promise<void> {
  const records = await from.records(run);
  await to.create({ id: run, name: run, createdMs: 0, leaseUntilMs: 1 }, { records, content: [], signature: null, change: {}, taken: [] }, TOKEN);
}

/** Faults other than content that was left behind. */
async function faults(store: Store): Promise<readonly string[]> {
  const nobody = { verify: () => null } as never;
  const { runs } = await verifyStore(store, { keys: nobody, rules: CONTENT_RULES, sha256: nodeSha256 });
  return runs.flatMap(({ run, fault }) => (fault === null ? [] : [`${run} ${fault.seq} ${fault.reason}: ${fault.message}`]));
}

/** A run, and a fork of it from the record `seq`. */
async function forked(text: string): Promise<{ readonly store: Store; readonly seq: number }> {
  const one = world();
  const process = one.process();
  await process.start(programOf(text));
  const made = await forkRun(process.keeping, 'run', { seq: 3 }, { id: 'fork', answers: [], who: null });
  if (!made.ok) throw new Error(made.error);
  return { store: one.store, seq: made.value.seq };
}

test('a fork goes on from the record that its origin has', async () => {
  const one = await forked('[(call :pay 1) (call :pay 2)]');
  expect(await faults(one.store)).toEqual([]);
  const without = createMemoryStore();
  await copy(one.store, 'fork', without);
  expect(await faults(without)).toEqual([]);
  const other = await forked('[(call :pay 1) (call :pay 3)]');
  const mixed = createMemoryStore();
  await copy(one.store, 'fork', mixed);
  await copy(other.store, 'run', mixed);
  expect(await faults(mixed)).toEqual([`fork 1 link: it was forked from another record ${one.seq} than the run run has`]);
});

test('a callback says in its first record which call it belongs to', async () => {
  const start = async (text: string): Promise<World> => {
    const one = world();
    await one.process().start(programOf(text));
    return one;
  };
  const one = await start('(call :each (fn [n] (call :pay n)))');
  expect((await one.store.runs()).map(({ id }) => id).sort()).toEqual(['run', 'run~1~1']);
  expect(await faults(one.store)).toEqual([]);
  const without = createMemoryStore();
  await copy(one.store, 'run', without);
  expect(await faults(without)).toEqual([]);
  // A run of its own under the id of the callback.
  const another = world();
  await another.process().start(programOf('(call :pay 1)'), { id: 'run~1~1' });
  const mixed = createMemoryStore();
  await copy(one.store, 'run', mixed);
  await copy(another.store, 'run~1~1', mixed);
  const seq = (await one.store.records('run')).findIndex(({ bytes }) => Buffer.from(bytes).includes('callback-started')) + 1;
  expect(seq).toBeGreaterThan(1);
  expect(await faults(mixed)).toEqual([`run ${seq} link: the run run~1~1 is no callback of this call, as its first record says`]);
});
