/**
 * A run at rest, as plain data (M1): frames on the heap, variables, contexts, and what is left of the limits. Nothing in
 * it ever changes; resuming makes a new state, so one state may be resumed many times (M7).
 */
import type { Span } from '../diagnostic/span.ts';
import type { Closure, ErrorValue, Value } from '../value/value.ts';
import type { ArmCode, CodeTable } from './code.ts';
import type { Context } from './context.ts';
import type { Limits } from './limits.ts';

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
}

export type Status = 'ready' | 'waiting' | 'done';

export interface State {
  readonly table: CodeTable;
  readonly status: Status;
  readonly frame: Frame | null;
  readonly variables: ReadonlyMap<string, Value>;
  readonly context: Context;
  readonly limits: Limits;
  readonly fuel: number;
  readonly allocation: number;
  /** Host calls made so far. */
  readonly calls: number;
  /** The calls that answers are awaited for. */
  readonly pending: readonly HostCall[];
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
  readonly span: Span | null;
}

export type Outcome =
  | { readonly kind: 'complete'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: ErrorValue }
  | { readonly kind: 'requires-host'; readonly calls: readonly HostCall[] }
  /** The quantum is spent; `resume` without answers goes on. */
  | { readonly kind: 'preempted' };

export type Answer =
  | { readonly id: string; readonly ok: true; readonly value: Value }
  | { readonly id: string; readonly ok: false; readonly error: ErrorValue };

/** What happened between two outcomes, in order. */
export type Event =
  | { readonly kind: 'step-started'; readonly step: string; readonly name: string; readonly parent: string | null }
  | { readonly kind: 'step-completed'; readonly step: string; readonly name: string }
  | { readonly kind: 'step-failed'; readonly step: string; readonly name: string; readonly error: Value };

/** The result of `start` and `resume`. */
export interface Advance {
  readonly outcome: Outcome;
  readonly state: State;
  readonly events: readonly Event[];
}
