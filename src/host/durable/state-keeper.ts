/** How states get into a store and back. */
import type { Result } from '../../diagnostic/diagnostic.ts';
import type { CodeTable } from '../../evaluator/code.ts';
import { restore, snapshot } from '../../evaluator/snapshot.ts';
import type { State } from '../../evaluator/state.ts';
import { asciiBytes, sha256Hex } from '../../value/hash.ts';
import type { Content, Hash } from '../store/port.ts';

export interface StateKeeper {
  /** The name of the state, and what has to be in the store for it to be found, but for what was given out before. */
  readonly write: (state: State) => { readonly root: Hash; readonly content: readonly Content[] };
  readonly read: (root: Hash, read: (hash: Hash) => Promise<Uint8Array | null>, table: CodeTable) => Promise<Result<State, string>>;
}

const DOMAIN = asciiBytes('rtfs/state\0');

/** Each state as one piece. */
export const wholeStates: StateKeeper = {
  write: (state) => {
    const bytes = snapshot(state);
    const root = sha256Hex(DOMAIN, bytes);
    return { root, content: [{ hash: root, bytes }] };
  },
  read: async (root, read, table) => {
    const bytes = await read(root);
    if (bytes === null) return { ok: false, error: `the state ${root} is not in the store` };
    if (sha256Hex(DOMAIN, bytes) !== root) return { ok: false, error: `the state ${root} is damaged: its bytes have another hash` };
    const restored = restore(bytes, table);
    return restored.ok ? restored : { ok: false, error: restored.error.message };
  },
};
