/**
 * The port of the store: what a durable run needs of a disk. One store holds many runs, and many processes may open one
 * store. An adapter writes bytes and keeps order; what they mean is the journal's business (`journal/record.ts`).
 *
 * - D1 A batch is there whole or not at all, and is durable (it survives a power cut) when `append` resolves.
 * - D2 Only the holder of a run's lease appends to it. A lease that was taken over is refused at its next append, however
 *   late that comes: the epoch counts take-overs.
 * - D3 Records of a run have no gaps: the sequence numbers of a batch follow the head that the store knows.
 * - D4 Content is named by the SHA-256 of its bytes or of what they stand for; the same name is written once, and by the batch
 *   that first needs it.
 */

/** A lower-case hexadecimal SHA-256. */
export type Hash = string;

export interface Store {
  /** A new run with its first records; the maker holds its lease. Rejects with the problem `run-exists`. */
  readonly create: (run: NewRun, batch: Batch, owner: Owner) => Promise<Lease>;
  /** Takes the lease, until `untilMs`, of a run that nobody holds, whose holder is gone, or whose lease has run out. */
  readonly acquire: (run: string, owner: Owner, nowMs: number, untilMs: number) => Promise<Acquisition>;
  /** False when it was taken over meanwhile. */
  readonly renew: (lease: Lease, untilMs: number) => Promise<boolean>;
  /** Does nothing when it was taken over meanwhile. */
  readonly release: (lease: Lease) => Promise<void>;
  /** Resolves when all of it is durable (D1); rejects with a `StoreProblem` (`lease-lost` for D2, `out-of-order` for D3), and then nothing of it is there. */
  readonly append: (lease: Lease, batch: Batch) => Promise<void>;

  readonly run: (id: string) => Promise<RunRow | null>;
  /** Newest first: the last one created leads. */
  readonly runs: (filter?: RunFilter) => Promise<readonly RunRow[]>;
  /** Records `from` (default 1) and up to `limit` (default all) in order. */
  readonly records: (run: string, from?: number, limit?: number) => Promise<readonly StoredRecord[]>;
  readonly signatures: (run: string) => Promise<readonly SignedHead[]>;
  readonly content: (hash: Hash) => Promise<Uint8Array | null>;
  /** The same at once, where a store can: large values of contexts are then read when they are looked at, and not before. */
  readonly contentNow?: (hash: Hash) => Uint8Array | null;

  /** Leaves a message for whoever drives the run, from any process; durable when it resolves. Rejects with `unknown-run`. */
  readonly send: (run: string, message: Uint8Array) => Promise<void>;
  /** The messages that no batch has taken yet, oldest first. */
  readonly messages: (run: string) => Promise<readonly Message[]>;
  /** Runs that nobody drives and that have something to do: a timer that is due, or a message. */
  readonly due: (nowMs: number, limit: number) => Promise<readonly string[]>;

  /** Removes content that is not in `keep` and was written before the call, and returns how much went. Nobody may drive a run meanwhile. */
  readonly sweep: (keep: ReadonlySet<Hash>) => Promise<{ readonly count: number; readonly bytes: number }>;
  /** Removes a run that has ended, with its records. Rejects with `unknown-run` or `not-ended`. */
  readonly remove: (run: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A process that drives runs: for messages, and to tell whether it still lives. */
export interface Owner {
  readonly host: string;
  readonly processId: number;
  /** Tells apart two processes that had one number, and two drivers in one process. */
  readonly token: string;
}

export interface Lease {
  readonly run: string;
  readonly epoch: number;
  readonly owner: Owner;
}

export type Acquisition =
  | { readonly kind: 'held'; readonly lease: Lease; readonly row: RunRow }
  | { readonly kind: 'busy'; readonly owner: Owner; readonly untilMs: number }
  | { readonly kind: 'unknown' };

export interface NewRun {
  readonly id: string;
  /** For people: a file name, a label. */
  readonly name: string;
  readonly createdMs: number;
  readonly leaseUntilMs: number;
}

/** running: somebody drives it, or did until it died · waiting: for timers, people or messages · the others: it has ended. */
export type RunStatus = 'running' | 'waiting' | 'complete' | 'failed' | 'cancelled';

export function hasEnded(status: RunStatus): boolean {
  return status === 'complete' || status === 'failed' || status === 'cancelled';
}

export interface Head {
  /** Of the last record; 0 when there is none. */
  readonly seq: number;
  readonly hash: Hash;
}

/** Of a run that has no records. */
export const EMPTY_HEAD: Head = { seq: 0, hash: '0'.repeat(64) };

export interface RunRow {
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly head: Head;
  /** The last checkpoint: the number of the record that names it, and the name of its state. */
  readonly checkpoint: Head | null;
  /** When it has something to do by itself; null for never. */
  readonly wakeMs: number | null;
  /** What it waits for, for people and for `runs`: a document of the journal. Empty when nothing. */
  readonly waits: Uint8Array;
  /** Who drives it, as far as the store knows. */
  readonly owner: Owner | null;
}

export interface RunFilter {
  readonly status?: readonly RunStatus[];
  readonly limit?: number;
}

export interface Batch {
  readonly records: readonly StoredRecord[];
  readonly content: readonly Content[];
  readonly signature: SignedHead | null;
  /** What of the row changes; the head follows from the records. */
  readonly change: RowChange;
  /** Messages that the records have taken up. */
  readonly taken: readonly number[];
}

export type RowChange = Partial<Pick<RunRow, 'status' | 'checkpoint' | 'wakeMs' | 'waits' | 'updatedMs'>>;

export interface StoredRecord {
  /** From 1. */
  readonly seq: number;
  readonly hash: Hash;
  readonly bytes: Uint8Array;
}

export interface Content {
  readonly hash: Hash;
  readonly bytes: Uint8Array;
}

export interface SignedHead extends Head {
  readonly key: string;
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array;
}

export interface Message {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Why a store refuses; `message` is for people. */
export class StoreProblem extends Error {
  readonly problem: 'lease-lost' | 'out-of-order' | 'unknown-run' | 'run-exists' | 'not-ended' | 'full' | 'damaged' | 'version' | 'unusable';
  constructor(problem: StoreProblem['problem'], message: string) {
    super(message);
    this.name = 'StoreProblem';
    this.problem = problem;
  }
}
