/**
 * What a durable engine must give so that runs can live on it. `docs/engines.md` says it at length, `test/contract/engine.ts` checks it.
 *
 * A run is driven in *segments*, one after the other. A segment is a function of its input and of what the engine tells it; the engine
 * may end it at any moment, in any process, and begin it again: another *attempt*, which must ask for the same things in the same order.
 * - E1 What a step gave is written down before `first` gives it, and is the same in every later attempt. A step whose end was not written
 *   down is done again.
 * - E2 `first` gives the same things in the same order in every attempt.
 * - E3 Messages are numbered from 1 in the order in which they came; none is lost, in no attempt and between no two segments.
 * - E4 Of a run at most one segment is under way. After `handOver` the next one begins once this one has ended, with that input.
 * - E5 What is written is there for readers at the latest when the segment has ended; the last one written under a name counts.
 */
export interface Engine {
  readonly content: EngineContent;
  /** What has been given a name, by the name: which program a plan is. */
  readonly names: EngineNames;
  /** Begins a run: its first segment gets `input`, and `written` is there at once. False: there is a run with this id already. */
  readonly start: (run: string, input: Uint8Array, written: Readonly<Record<string, Uint8Array>>) => Promise<boolean>;
  /** Says something to a run. False: there is no such run. Messages to runs that have ended are kept and heard by nobody. */
  readonly tell: (run: string, message: Uint8Array) => Promise<boolean>;
  /** What segments of the run have written under the name; null when there is nothing. */
  readonly read: (run: string, name: string) => Promise<Uint8Array | null>;
  /** Forgets a run that has ended, with all that it has written: nobody hears of it again, and its id is free. Content stays. */
  readonly remove: (run: string) => Promise<void>;
  /** The ids of the runs that there are, in no order. */
  readonly runs: () => Promise<readonly string[]>;
}

/** Bytes under a hash of theirs, which whoever reads them checks. Writing what is there already changes nothing. */
export interface EngineContent {
  readonly read: (hash: string) => Promise<Uint8Array | null>;
  readonly write: (hash: string, bytes: Uint8Array) => Promise<void>;
}

export interface EngineNames {
  readonly read: (name: string) => Promise<string | null>;
  readonly write: (name: string, text: string) => Promise<void>;
}

/** One attempt at a segment, as it sees the engine. */
export interface Segment {
  readonly run: string;
  readonly content: EngineContent;
  /** Aborted when the attempt is over: whatever its steps still do is for nothing. */
  readonly signal: AbortSignal;
  /** Something done in the world. It begins when `first` is given it, at the latest. `work` does not fail: failures of calls are results. */
  readonly step: (name: string, work: () => Promise<Uint8Array>) => Pending;
  readonly timer: (durationMs: number) => Pending;
  /** The message with this number. */
  readonly message: (number: number) => Pending;
  /** Waits until one of these is there, and says which; or that the engine was told to cancel the run. All others stay as they are. */
  readonly first: (pending: readonly Pending[]) => Promise<Settled>;
  /** A small thing for readers. */
  readonly write: (name: string, bytes: Uint8Array) => void;
  /** Another segment follows this one. The last thing that a segment does. */
  readonly handOver: (input: Uint8Array) => void;
}

/** Something that was asked for: of the engine's own making. */
export interface Pending {
  readonly what: 'step' | 'timer' | 'message';
}

export type Settled =
  /** `bytes` are what the step gave, or the message; none for a timer. `atMs`: when the message came; null for what is no message. */
  | { readonly kind: 'settled'; readonly pending: Pending; readonly bytes: Uint8Array; readonly atMs: number | null }
  | { readonly kind: 'cancelled' };

/** Drives one segment: resolves when it has ended. A rejection is a fault of this attempt, and the engine begins another one. */
export type DriveSegment = (segment: Segment, input: Uint8Array) => Promise<void>;
