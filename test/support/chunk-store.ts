/** Chunks kept in memory, as a host would keep them, and states that go through them. */
import { Chunker } from '../../src/evaluator/chunks.ts';
import type { CodeTable } from '../../src/evaluator/code.ts';
import type { State } from '../../src/evaluator/state.ts';
import { chunkChildren } from '../../src/value/chunk-format.ts';

export class ChunkStore {
  readonly chunks = new Map<string, Uint8Array>();
  private chunker = new Chunker();

  /** Keeps the state; the root, and what it took. */
  save(state: State): { readonly root: string; readonly count: number; readonly bytes: number } {
    const { root, chunks } = this.chunker.checkpoint(state);
    let bytes = 0;
    for (const chunk of chunks) {
      this.chunks.set(chunk.hash, chunk.bytes);
      bytes += chunk.bytes.length;
    }
    return { root, count: chunks.length, bytes };
  }

  readonly read = (hash: string): Uint8Array | null => this.chunks.get(hash) ?? null;

  /** As after a crash: nothing is known but what is in the store. The next state is saved by who has read this one. */
  load(root: string, table: CodeTable): State {
    this.chunker = new Chunker();
    const restored = this.chunker.restore(root, this.read, table);
    if (!restored.ok) throw new Error(restored.error.message);
    return restored.value;
  }

  /** What can be reached from the root. */
  reachable(root: string): ReadonlySet<string> {
    const seen = new Set([root]);
    for (const hash of seen) for (const child of chunkChildren(this.chunks.get(hash)!)!) seen.add(child);
    return seen;
  }
}
