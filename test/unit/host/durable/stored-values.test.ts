/** A value of some megabytes in a context of a run that waits: it is in the store once, and read when somebody looks at it (EC-13, EC-15). */
import { describe, expect, test } from 'vitest';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { userCapabilities } from '../../../../src/host/capability/user.ts';
import type { Batch, Store } from '../../../../src/host/store/port.ts';
import { programOf, World } from './support.ts';

const LARGE = 'x'.repeat(5_000_000);

const plan = (after: string): ReturnType<typeof programOf> => programOf(`
  (step "work"
    (context/set :v (call :load))
    (context/set :n 1)
    (call :user.ask "Go on?")
    (context/set :n 2)
    (call :user.ask "And now?")
    ${after})`);

function world(): World {
  return new World().add('load', 'idempotent', () => LARGE).put(...userCapabilities());
}

/** The bytes of content that each write brought, and how often large content was read. */
function watched(store: Store): { readonly store: Store; readonly written: () => number; readonly largeReads: () => number } {
  let bytes = 0;
  let reads = 0;
  const counting = (content: Uint8Array | null): Uint8Array | null => {
    if ((content?.length ?? 0) > 1_000_000) reads += 1;
    return content;
  };
  const watchedStore: Store = Object.create(store, {
    append: { value: (...args: Parameters<Store['append']>) => ((bytes = sizeOf(args[1])), store.append(...args)) },
    content: { value: async (hash: string) => counting(await store.content(hash)) },
    contentNow: { value: (hash: string) => counting(store.contentNow!(hash)) },
  }) as Store;
  return { store: watchedStore, written: () => bytes, largeReads: () => reads };
}

function sizeOf({ content, records }: Batch): number {
  return [...content, ...records].reduce((sum, one) => sum + one.bytes.length, 0);
}

async function fetches(one: World): Promise<number> {
  const records = await readRecords(one.store, 'run');
  if (!records.ok) throw new Error(records.error);
  return records.value.filter(({ kind }) => kind === 'value-fetched').length;
}

/** Answers the question that the run waits for, in a new process. */
async function answer(one: World, store: Store): Promise<Awaited<ReturnType<ReturnType<World['process']>['resume']>>> {
  const records = await readRecords(one.store, 'run');
  if (!records.ok) throw new Error(records.error);
  const call = new Facts(records.value.filter(({ kind }) => kind === 'call-requested').at(-1)!.data).text('call')!;
  await one.store.send('run', encodeMessage('answer', { call, text: 'yes' }));
  return one.process(store).resume();
}

describe('a large value', () => {
  test.each<[string, string, number, unknown]>([
    ['that is read in the end', '(count (context/get :v))', 1, 5_000_000],
    ['that nobody reads', '(context/get :n)', 0, 2],
  ])('%s is fetched as often as that', async (_, after, expected, value) => {
    const one = world();
    expect((await one.process().start(plan(after))).kind).toBe('waiting');
    const first = watched(one.store);
    expect((await answer(one, first.store)).kind).toBe('waiting');
    expect(first.largeReads()).toBe(0);
    // The state is written again: without what it has had before.
    expect(first.written()).toBeLessThan(2_000);
    const second = watched(one.store);
    const result = await answer(one, second.store);
    expect(result.kind === 'complete' ? result.value : result.kind).toBe(value);
    expect(await fetches(one)).toBe(expected);
    expect(second.largeReads()).toBe(expected);
  });

  test('is what it was', async () => {
    const one = world();
    await one.process().start(plan('(context/get :v)'));
    await answer(one, one.store);
    const result = await answer(one, one.store);
    expect(result.kind === 'complete' ? result.value === LARGE : result.kind).toBe(true);
  });
});
