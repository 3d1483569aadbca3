/**
 * A run at rest, as plain data (M1): fibers with their frames on the heap, variables, contexts, and what is left of the
 * limits. Nothing in it ever changes; resuming makes a new state, so one state may be resumed many times (M7).
 *
 * A run is a tree of fibers. The main one runs the program; one that waits for its branches (`joining`) holds them. Each
 * fiber has its own part of what the limits leave, and its own count of positions: nothing that one does can be seen by
 * another before they are joined, so the order in which they run never shows.
 */
import type { Span } from '../diagnostic/span.ts';
import type { Closure, ErrorValue, Value } from '../value/value.ts';
import type { ArmCode, CodeTable } from './code.ts';
import type { Context, Isolation } from './context.ts';
import type { Event, Origin } from './event.ts';
import type { Limits } from './limits.ts';
import type { Stored } from './stored.ts';
import type { Sources } from './tracking.ts';

export type { Event } from './event.ts';

/** One call in progress: an arm, where it stands, and its live registers (in the order of `ArmCode.liveAt`). */
export interface Frame {
  readonly arm: ArmCode;
  readonly closure: Closure;
  readonly point: number;
  readonly slots: readonly Value[];
  readonly parent: Frame | null;
  /** Frames from here down, this one included. */
  readonly depth: number;
  /** Entered by a tail call: the callers in between are gone. */
  readonly tail: boolean;
  /** Where values come from: of the function, then of each slot; null when nothing has a source. */
  readonly sources: readonly (Sources | null)[] | null;
}

/**
 * unstarted: a branch that waits for its turn · ready: it can go on · waiting: for the answer to `call` · joining: for
 * its branches · done, failed, cancelled: it has ended.
 */
export type FiberStatus = 'unstarted' | 'ready' | 'waiting' | 'joining' | 'done' | 'failed' | 'cancelled';

/** Whoever makes one lists the fields in this order: engines then give all of them one shape. */
export interface Fiber {
  readonly status: FiberStatus;
  /** What its positions begin with: empty, or `4.0.` for branch 0 of what began at 4. */
  readonly path: string;
  /** Events and calls so far. */
  readonly position: number;
  readonly frame: Frame | null;
  readonly context: Context;
  /** The depth of the context that it began in. */
  readonly rootDepth: number;
  readonly variables: ReadonlyMap<string, Value>;
  readonly fuel: number;
  readonly allocation: number;
  /** Host calls that it may still make. */
  readonly calls: number;
  /** Frames of the fibers around it. */
  readonly depthBelow: number;
  readonly call: HostCall | null;
  readonly join: Join | null;
  /** It has to leave a context, the outermost one that has to end. */
  readonly stop: Stop | null;
  /** The same, but compensations are running that nothing from outside may interrupt. */
  readonly held: Stop | null;
  /** It has failed and runs the compensations of its root; its value will be the error. */
  readonly failing: boolean;
  /** Its root had to end: it fails because it was cancelled. */
  readonly cancelled: boolean;
  /** The variables that it has set itself. */
  readonly defined: ReadonlySet<string>;
  /** The function that an unstarted branch is; the value of one that is done, the error of one that is not. */
  readonly result: Value;
  /** The sources of `result`. */
  readonly resultSources: Sources | null;
  /** The sources of variables; null as long as nothing is tracked. */
  readonly variableSources: ReadonlyMap<string, Sources> | null;
  /** It ran out of what no plan can get back. */
  readonly fatal: boolean;
}

/** What a context has to end for, from outside: its deadline has passed, or it is cancelled. */
export interface Stop {
  /** Of the context that has to end. */
  readonly depth: number;
  readonly error: ErrorValue;
  /** The error is on its way out; nothing inside the context can take it. */
  readonly raised: boolean;
  /** On its way it has entered a `finally`: in the frame of this depth, the handler of this number. What happens in there is its own affair. */
  readonly cleanup: { readonly depth: number; readonly handler: number } | null;
}

/** What a fiber waits for its branches with. */
export interface Join {
  readonly branches: readonly Fiber[];
  readonly bestEffort: boolean;
  readonly minSuccess: number;
  readonly maxConcurrency: number;
  /** The branch whose failure decides; the others have to end. */
  readonly failed: number | null;
}

export type Status = 'ready' | 'waiting' | 'done';

export interface State {
  readonly table: CodeTable;
  readonly limits: Limits;
  /** The isolation levels that steps may have. */
  readonly isolations: readonly Isolation[];
  readonly main: Fiber;
  readonly status: Status;
  /** The calls that answers are awaited for, by position. */
  readonly pending: readonly HostCall[];
}

/** What of the context a capability may see, as the steps around the call have it; the host's policy has the last word. */
export interface Exposure {
  /** False: nothing. */
  readonly allowed: boolean;
  /** Only these keys; null for all. */
  readonly keys: readonly string[] | null;
}

/** What a run asks of its host. */
export interface HostCall {
  /** The position of the call in the run: the same for every run of the same program with the same answers. */
  readonly id: string;
  /** Without the colon. */
  readonly capability: string;
  readonly args: readonly Value[];
  /** Nil or a map: what stood in metadata before the call. */
  readonly options: Value;
  /** The id of the step that the call belongs to; null outside of steps. */
  readonly step: string | null;
  /** How little the step sees of the run: the strictest level from there to the root. */
  readonly isolation: Isolation;
  readonly exposure: Exposure;
  /** The context values that went into the arguments. */
  readonly derivedFrom: readonly Origin[];
  readonly span: Span | null;
}

/** What a preempted run already waits for is in `calls`; the quantum is spent, and `resume` without answers goes on. */
export type Outcome =
  | { readonly kind: 'complete'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: ErrorValue }
  | { readonly kind: 'requires-host'; readonly calls: readonly HostCall[] }
  | { readonly kind: 'preempted'; readonly calls: readonly HostCall[] }
  /** Nothing has happened: the state is the one that was resumed. With these values in it, the same answers are given again. */
  | { readonly kind: 'requires-values'; readonly values: readonly Stored[] };

export type Answer =
  | { readonly id: string; readonly ok: true; readonly value: Value }
  | { readonly id: string; readonly ok: false; readonly error: ErrorValue };

/** The result of `start` and `resume`. */
export interface Advance {
  readonly outcome: Outcome;
  readonly state: State;
  readonly events: readonly Event[];
}
