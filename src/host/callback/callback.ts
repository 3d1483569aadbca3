/**
 * Capabilities that call back: what is given to a call may be a function of the plan, and the capability may call it while the call is under way.
 * Each time is a run of its own, with a machine of its own; the run that made the call stays suspended as it is.
 *
 * - C1 The callbacks of one call happen one after the other, in the order in which they were asked for. The call is not over before they are.
 * - C2 What a callback calls is judged as if the call had done it: under its step, its isolation and the origins of its arguments at least.
 * - C3 It takes from what is left of the call's budget, and what it took the call has taken.
 * - C4 When the call is given up or the capability fails, its callback is cancelled (what it began is undone) and those that wait are not begun.
 * - C5 Callbacks in callbacks go only so deep.
 */
import type { Isolation } from '../../evaluator/context.ts';
import type { ErrorValue, Value } from '../../value/value.ts';
import { AMOUNT_NAMES, type AmountName, type Amounts, inUnits } from '../amounts.ts';
import { cancelledFailure, HostFailure } from '../failure.ts';
import type { CallBack, HostCall, Usage } from '../port.ts';

/** What a callback comes from, and what it therefore comes under. */
export interface CallbackParent {
  /** The id of the run that made the call; null when it has none. */
  readonly run: string | null;
  readonly call: string;
  /** From 1, in the order of the callbacks of the call. */
  readonly number: number;
  readonly capability: string;
  readonly step: string | null;
  readonly isolation: Isolation;
  /** All keys of contexts that went into the arguments of the call; null: nobody has followed them. */
  readonly origins: readonly string[] | null;
  /** How many callbacks it is inside of, itself included. */
  readonly hops: number;
}

export interface Callback {
  readonly fn: Value;
  readonly args: readonly Value[];
  /** Of the program, where it made the call. */
  readonly variables: ReadonlyMap<string, Value>;
  readonly parent: CallbackParent;
  /** Its call is tried more than once: what has failed in an earlier attempt is done anew. */
  readonly isTried: boolean;
  /** What it may take; empty: nothing is limited. */
  readonly left: Amounts;
  /** Aborted when nobody waits for it any more. */
  readonly givenUp: AbortSignal;
}

export type CallbackEnd =
  | { readonly kind: 'complete'; readonly value: Value; readonly spent?: Amounts }
  | { readonly kind: 'failed'; readonly error: ErrorValue; readonly spent?: Amounts }
  /** The process stops. */
  | { readonly kind: 'stopped' };

/** Carries out the callbacks of a run. */
export interface CallbackRuns {
  /** The run that its callbacks belong to; null when it has no id. */
  readonly run: string | null;
  /** How many callbacks it is inside of. */
  readonly hops: number;
  readonly carryOut: (callback: Callback) => Promise<CallbackEnd>;
}

/** Callbacks inside of one another. */
const CALLBACK_HOPS_MAX = 8;

export interface CallbackQueueParts {
  readonly runs: CallbackRuns;
  readonly call: HostCall;
  readonly origins: readonly string[] | null;
  readonly variables: ReadonlyMap<string, Value>;
  readonly isTried: boolean;
  readonly left: () => Amounts;
  readonly used: (usage: Usage) => void;
  readonly givenUp: AbortSignal;
  /** Is told when the last of them is over. */
  readonly closed: (queue: CallbackQueue) => void;
}

/** The callbacks of one call. */
export class CallbackQueue {
  private readonly parts: CallbackQueueParts;
  private last: Promise<unknown> = Promise.resolve();
  private count = 0;
  private isClosed = false;
  private readonly failed = new AbortController();
  private readonly givenUp: AbortSignal;
  /** What the callbacks before took of what was left. */
  private readonly taken = new Map<AmountName, number>();

  constructor(parts: CallbackQueueParts) {
    this.parts = parts;
    this.givenUp = AbortSignal.any([parts.givenUp, this.failed.signal]);
  }

  callBack: CallBack = (fn, args = []) => {
    const { capability } = this.parts.call;
    if (this.isClosed) return Promise.reject(new HostFailure('cancelled', `Cancelled: ${capability}: the call is over, and cannot call back any more`));
    const number = ++this.count;
    const ended = this.last.then(() => this.carryOut(number, fn, args));
    // Whoever asked for it is told; those behind it do not depend on it.
    this.last = ended.catch(() => undefined);
    return ended;
  };

  /** The capability has ended: resolves when its callbacks have. When it failed, nobody waits for them any more. */
  async close(hasFailed: boolean): Promise<void> {
    this.isClosed = true;
    if (hasFailed) this.failed.abort();
    await this.last;
    this.parts.closed(this);
  }

  private async carryOut(number: number, fn: Value, args: readonly Value[]): Promise<Value> {
    const { runs, call, origins, variables, isTried, left } = this.parts;
    const { givenUp } = this;
    const { id, capability, step, isolation } = call;
    if (givenUp.aborted) throw cancelledFailure(capability);
    const hops = runs.hops + 1;
    if (hops > CALLBACK_HOPS_MAX) throw new HostFailure('capability', `${capability}: more than ${CALLBACK_HOPS_MAX} callbacks are inside of one another`);
    const ended = await runs.carryOut({ fn, args, variables, isTried, left: this.rest(left()), givenUp, parent: { run: runs.run, call: id, number, capability, step, isolation, origins, hops } });
    if (ended.kind === 'stopped') throw cancelledFailure(capability);
    if (ended.spent !== undefined) this.took(ended.spent);
    if (ended.kind === 'complete') return ended.value;
    throw new CallbackFailure(ended.error);
  }

  private rest(left: Amounts): Amounts {
    return Object.fromEntries(AMOUNT_NAMES.flatMap((name) => (left[name] === undefined ? [] : [[name, Math.max(0, left[name] - (this.taken.get(name) ?? 0))]])));
  }

  private took(spent: Amounts): void {
    for (const name of AMOUNT_NAMES) this.taken.set(name, (this.taken.get(name) ?? 0) + (spent[name] ?? 0));
    this.parts.used(usageOf(spent));
  }
}

function usageOf({ calls = 0, cost = 0, tokens = 0, bytes = 0 }: Amounts): Usage {
  return { calls, cost: inUnits('cost', cost), tokens, bytes };
}

/** What the function of the plan failed with: a capability that lets it pass fails with the same. */
export class CallbackFailure extends HostFailure {
  readonly error: ErrorValue;
  constructor(error: ErrorValue) {
    super('capability', error.message, error.data);
    this.error = error;
  }
}
