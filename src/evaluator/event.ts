/**
 * What a run tells of itself, as data on each outcome: the edges of steps, passes and branches, merges, retries,
 * compensations, writes to contexts.
 *
 * Every event has a position, `at`: numbers with dots between. A run counts its events and calls from 1; what began at
 * position p as a set of branches has p.b.1, p.b.2 … for branch b. Positions follow from the program and the answers,
 * not from the order in which answers came: sorted by position, two runs with the same answers have the same events.
 */
import type { Value } from '../value/value.ts';
import type { StepForm } from '../ir/step-options.ts';
import type { Isolation } from './context.ts';
import type { MergeRecord } from './merge.ts';

/** A value that went into another one: the key of a context, which context, and the SHA-256 of the value's bytes. */
export interface Origin {
  readonly key: string;
  readonly context: string;
  readonly valueHash: string;
}

interface At {
  readonly at: string;
  /** The id of the context that it happened in: of the step, the pass or the branch. */
  readonly step: string;
}

export type Event =
  | (At & {
      readonly kind: 'step-started';
      readonly name: string;
      /** How it was written. */
      readonly form: Exclude<StepForm, 'pass'>;
      /** The id of the context around it; null for the root of the run. */
      readonly parent: string | null;
      readonly isolation: Isolation;
      /** A map of the options that are only told: `:effects :resources :metadata :requires :produces :timeout-ms`. */
      readonly declared: Value;
    })
  | (At & { readonly kind: 'step-completed'; readonly name: string })
  | (At & { readonly kind: 'step-failed'; readonly name: string; readonly error: Value })
  /** `attempt` counts from 1 and is the one that failed. */
  | (At & { readonly kind: 'step-retrying'; readonly name: string; readonly attempt: number; readonly delayMs: number; readonly error: Value })
  | (At & { readonly kind: 'step-recovered'; readonly name: string; readonly by: 'fallback' | 'delegate'; readonly error: Value })
  | (At & { readonly kind: 'pass-started' | 'pass-completed'; readonly index: number })
  | (At & { readonly kind: 'pass-failed'; readonly index: number; readonly error: Value })
  | (At & { readonly kind: 'branch-started' | 'branch-completed'; readonly index: number })
  | (At & { readonly kind: 'branch-failed' | 'branch-cancelled'; readonly index: number; readonly error: Value })
  | (At & { readonly kind: 'context-set'; readonly key: Value; readonly value: Value; readonly derivedFrom: readonly Origin[] })
  | (At & { readonly kind: 'merged' } & MergeRecord)
  | (At & { readonly kind: 'compensation-started' | 'compensation-completed'; readonly name: string })
  | (At & { readonly kind: 'compensation-failed'; readonly name: string; readonly error: Value })
  /** An answer came for a call that nobody waits for any more. */
  | (At & { readonly kind: 'answer-dropped'; readonly call: string });

/** Orders positions: numbers part by part, what began a set of branches before what happened in them. */
export function comparePositions(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a[at] === b[at]) at += 1;
  // They part in numbers that begin alike: the one with more digits is greater.
  const digits = digitsFrom(a, at) - digitsFrom(b, at);
  if (digits !== 0) return digits;
  return at < shorter ? a.charCodeAt(at) - b.charCodeAt(at) : a.length - b.length;
}

function digitsFrom(position: string, at: number): number {
  const end = position.indexOf('.', at);
  return (end < 0 ? position.length : end) - at;
}
