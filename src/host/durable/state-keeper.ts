/** How states get into a store and back. */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { Chunker } from '../../evaluator/chunks.ts';
import type { CodeTable } from '../../evaluator/code.ts';
import type { State } from '../../evaluator/state.ts';
import type { Stored } from '../../evaluator/stored.ts';
import { chunkChildren } from '../../value/chunk-format.ts';
import type { Content, Hash, Store } from '../store/port.ts';

export interface StateKeeper {
  /** The name of the state, and what has to be in the store for it to be found, but for what was given out before. */
  readonly write: (state: State) => { readonly root: Hash; readonly content: readonly Content[] };
  /** `lazy`: large values of contexts may stay where they are until `fetch` is asked for them. */
  readonly read: (root: Hash, store: ContentSource, table: CodeTable, lazy?: boolean) => Promise<Result<State, string>>;
  readonly fetch: (state: State, values: readonly Stored[], store: ContentSource) => Result<State, { readonly message: string }>;
}

type ContentSource = Pick<Store, 'content' | 'contentNow'>;

/** States in chunks: what a state has in common with the ones before is written once. For the states of one run. */
export function chunkedStates(): StateKeeper {
  const chunker = new Chunker();
  return {
    write: (state) => {
      const { root, chunks } = chunker.checkpoint(state);
      return { root, content: chunks };
    },
    read: async (root, store, table, lazy = false) => {
      const isLazy = lazy && store.contentNow !== undefined;
      const chunks = isLazy ? null : await reachable(root, store);
      const restored = chunker.restore(root, (hash) => (chunks === null ? store.contentNow!(hash) : (chunks.get(hash) ?? null)), table, { lazy: isLazy });
      return restored.ok ? restored : { ok: false, error: restored.error.message };
    },
    fetch: (state, values, store) => chunker.provide(state, values, (hash) => store.contentNow?.(hash) ?? null),
  };
}

/** All chunks of a state that are there; what is missing is named by whoever puts them together. */
async function reachable(root: Hash, store: ContentSource): Promise<ReadonlyMap<Hash, Uint8Array>> {
  const found = new Map<Hash, Uint8Array>();
  const open = [root];
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    if (found.has(hash)) continue;
    const bytes = await store.content(hash);
    if (bytes === null) continue;
    found.set(hash, bytes);
    open.push(...(chunkChildren(bytes) ?? []));
  }
  return found;
}
