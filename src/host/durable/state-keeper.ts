/** How states get into a store and back. */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { Chunker } from '../../evaluator/chunks.ts';
import type { CodeTable } from '../../evaluator/code.ts';
import type { State } from '../../evaluator/state.ts';
import { chunkChildren } from '../../value/chunk-format.ts';
import type { Content, Hash } from '../store/port.ts';

export interface StateKeeper {
  /** The name of the state, and what has to be in the store for it to be found, but for what was given out before. */
  readonly write: (state: State) => { readonly root: Hash; readonly content: readonly Content[] };
  readonly read: (root: Hash, read: (hash: Hash) => Promise<Uint8Array | null>, table: CodeTable) => Promise<Result<State, string>>;
}

/** States in chunks: what a state has in common with the ones before is written once. For the states of one run. */
export function chunkedStates(): StateKeeper {
  const chunker = new Chunker();
  return {
    write: (state) => {
      const { root, chunks } = chunker.checkpoint(state);
      return { root, content: chunks };
    },
    read: async (root, read, table) => {
      const chunks = await reachable(root, read);
      const restored = chunker.restore(root, (hash) => chunks.get(hash) ?? null, table);
      return restored.ok ? restored : { ok: false, error: restored.error.message };
    },
  };
}

/** All chunks of a state that are there; what is missing is named by whoever puts them together. */
async function reachable(root: Hash, read: (hash: Hash) => Promise<Uint8Array | null>): Promise<ReadonlyMap<Hash, Uint8Array>> {
  const found = new Map<Hash, Uint8Array>();
  const open = [root];
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    if (found.has(hash)) continue;
    const bytes = await read(hash);
    if (bytes === null) continue;
    found.set(hash, bytes);
    open.push(...(chunkChildren(bytes) ?? []));
  }
  return found;
}
