/** The content of real runs: all of it is needed while they wait, and what they left behind is not. */
import { expect, test } from 'vitest';
import { CONTENT_RULES } from '../../../../src/host/durable/content-rules.ts';
import { collectGarbage } from '../../../../src/host/journal/gc.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import { type StoreReport, verifyStore } from '../../../../src/host/journal/verify.ts';
import { createMemoryStore } from '../../../../src/host/store/memory.ts';
import type { Hash, Store } from '../../../../src/host/store/port.ts';
import { programOf, World } from './support.ts';

const PLAN = programOf('(def rows (mapv (fn [i] {:row i :text (str "a row " i)}) (range 200)))\n(let [text (call :shop/text) n (call :shop/count rows)] (call :shop/done [(count text) n]))');
const LARGE_TEXT = 'long '.repeat(10_000);

function verified(store: Store): Promise<StoreReport> {
  return verifyStore(store, { keys: { verify: () => 'unknown-key' }, rules: CONTENT_RULES, sha256: nodeSha256 });
}

/** The store, and the names of all content that was ever written to it. */
function watched(): { readonly store: Store; readonly written: Set<Hash> } {
  const written = new Set<Hash>();
  const inner = createMemoryStore();
  const store = new Proxy(inner, {
    get: (target, name: keyof Store) => (...args: unknown[]) => {
      if (name === 'append' || name === 'create') for (const { hash } of (args[1] as { content: readonly { hash: Hash }[] }).content) written.add(hash);
      return (target[name] as (...all: unknown[]) => unknown).apply(target, args);
    },
  });
  return { store, written };
}

async function ran(): Promise<ReturnType<typeof watched>> {
  const both = watched();
  const world = new World(both.store).add('shop/text', 'recorded', () => LARGE_TEXT).add('shop/count', 'recorded', () => 3).add('shop/done', 'recorded', () => null);
  const result = await world.process().start(PLAN, { checkpoints: { effects: 1 } });
  expect(result.kind).toBe('complete');
  return both;
}

test('what a run has written is good, and of what it leaves its code and its large answers stay', async () => {
  const { store, written } = await ran();
  expect(await verified(store)).toMatchObject({ ok: true, runs: [{ run: 'run', fault: null, content: [] }] });
  expect(written.size).toBeGreaterThan(5);
  const { removed, kept } = await collectGarbage(store, CONTENT_RULES);
  expect(removed).toBeGreaterThan(0);
  expect(removed + kept).toBe(written.size);
  expect((await verified(store)).ok).toBe(true);
  await store.remove('run');
  expect(await collectGarbage(store, CONTENT_RULES)).toMatchObject({ kept: 0, removed: kept });
});

test('any piece of content that is needed and changed, or not there, is named', async () => {
  const { store, written } = await ran();
  await collectGarbage(store, CONTENT_RULES);
  let needed = 0;
  for (const hash of written) {
    const bytes = await store.content(hash);
    if (bytes === null) continue;
    needed += 1;
    for (const [other, reason] of [[null, 'missing'], [changed(bytes), 'changed'], [bytes.slice(1), 'changed'], [new Uint8Array(0), 'changed']] as const) {
      const bad = new Proxy(store, { get: (target, name: keyof Store) => (name === 'content' ? async (one: Hash) => (one === hash ? other : target.content(one)) : target[name]) });
      expect((await verified(bad)).runs[0]!.content).toContainEqual({ hash, reason });
    }
  }
  expect(needed).toBeGreaterThan(2);
});

function changed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length >> 1]! ^= 4;
  return copy;
}
