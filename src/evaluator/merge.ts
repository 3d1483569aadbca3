/** Merging of context data: policies, and the record of what was decided. */
import type { Value } from '../value/value.ts';

/** Two values that are not equal met under one key, and one of them was lost. */
export interface MergeConflict {
  readonly key: Value;
  /** What was visible in the target. */
  readonly target: Value;
  readonly source: Value;
  readonly winner: 'target' | 'source';
  /** For people: `keep-existing: the target's value stays`. */
  readonly reason: string;
  /** The branches that the two values came from, null for the context itself; empty outside of joins. */
  readonly branches: readonly (number | null)[];
}

/** Keys by what became of them, in canonical order. */
export interface MergeRecord {
  /** The id of the context that was merged into. */
  readonly into: string;
  readonly policy: Value;
  readonly added: readonly Value[];
  readonly kept: readonly Value[];
  readonly overwritten: readonly Value[];
  readonly merged: readonly Value[];
  readonly conflicts: readonly MergeConflict[];
}
