/** The door of `rtfs/chunks`: states as differences, and large values left in a store, for hosts that keep many states of a run. */
export { type Checkpoint, Chunker, type ReadChunk, type RestoreOptions } from './evaluator/chunks.ts';
export { storedForCall, storedValues } from './evaluator/fetching.ts';
export type { Stored } from './evaluator/stored.ts';
export type { ChunkFault } from './value/chunk-decode.ts';
export { type Chunk, chunkChildren } from './value/chunk-format.ts';
