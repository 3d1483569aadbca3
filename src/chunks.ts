/** The door of `rtfs/chunks`: states as differences, for hosts that keep many states of a run. */
export { type Checkpoint, Chunker } from './evaluator/chunks.ts';
export type { ChunkFault } from './value/chunk-decode.ts';
export { type Chunk, chunkChildren } from './value/chunk-format.ts';
