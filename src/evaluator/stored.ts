/**
 * Values of contexts that are not here: they lie in a store, and their contexts hold what they are called there. They are
 * passed on unseen: when contexts are entered, left, forked, saved, and when a key meets no other of its name.
 *
 * - W1 A program never sees one. Whoever is about to look at one stops the whole stretch since the last answer, as if it
 *   had not begun: the state stays as it was, and the outcome says what is needed. With these values in the state the same
 *   answers are given again. So a run with stored values is the same as one without.
 * - W2 Its size is known, so that limits and fuel are what they would be.
 */
import type { MapValue } from '../value/map.ts';

/** Stands only in the data of contexts, which their type does not say. */
export class Stored {
  /** The name of its chunk. */
  readonly hash: string;
  /** Of its canonical document. */
  readonly bytes: number;

  constructor(hash: string, bytes: number) {
    this.hash = hash;
    this.bytes = bytes;
  }

  /** Whoever asks for the kind of a value is about to look at it. */
  get kind(): never {
    throw new Unfetched([this]);
  }
}

/** Thrown where values are needed that are not here. */
export class Unfetched {
  readonly values: readonly Stored[];
  readonly message = 'A value is needed that lies in the store: give it to the state first';

  constructor(values: readonly Stored[]) {
    this.values = values;
  }
}

function isStored(value: unknown): value is Stored {
  return value instanceof Stored;
}

/** All of these must be here. */
export function need(values: readonly unknown[]): void {
  if (values.some(isStored)) throw new Unfetched([...new Set(values.filter(isStored))]);
}

/** The map, of which everything is here. */
export function fetched(map: MapValue): MapValue {
  need(map.values());
  return map;
}
