/**
 * Callbacks of runs that are kept: runs of the same store, which say in their start what they belong to (`parent`).
 *
 * The id of one is that of its run, its call and its number, `order-7~3~1`. A call that is made again calls back again: what has ended
 * gives what it gave, what has not is gone on with. When it asks for something else than the first time it gets another run (`order-7~3~1+2`);
 * so it does when it has failed, and the call's hints want another attempt.
 *
 *   parent = {:run :call :number :capability :isolation :hops} [+ :step] [+ :origins, a vector of keys; absent: nobody has followed them]
 */
import type { Isolation } from '../../evaluator/context.ts';
import type { State } from '../../evaluator/state.ts';
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { hashValue } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import { type ErrorValue, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { readAmounts } from '../amounts.ts';
import type { Callback, CallbackEnd, CallbackParent, CallbackRuns } from '../callback/callback.ts';
import { HostFailure } from '../failure.ts';
import { type DraftData, recordData } from '../journal/record.ts';
import type { RunResult } from '../loop.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import type { Clock } from '../port.ts';
import { hasEnded, type RunRow, type Store, StoreProblem } from '../store/port.ts';
import { Facts } from './facts.ts';
import { readRecords } from './history.ts';
import { encodeMessage } from './message.ts';

/** How soon a run that somebody else drives is looked at again. */
const AGAIN_MS = 100;

export interface KeptCallbacks {
  readonly run: string;
  readonly hops: number;
  readonly keeping: { readonly store: Store; readonly clock: Clock };
  /** The process lets go of the run. */
  readonly stop: AbortSignal;
  readonly begin: (id: string, callback: Callback) => Promise<RunResult<State>>;
  readonly goOn: (id: string, callback: Callback) => Promise<Result<RunResult<State>, { readonly kind: string; readonly message: string }>>;
  /** The store fails: the run that called cannot be driven any more. */
  readonly fault: (cause: StoreProblem) => void;
  /** For values that hold functions of the program. */
  readonly readOptions: DecodeOptions;
}

export function keptCallbacks(parts: KeptCallbacks): CallbackRuns {
  const { run, hops, fault } = parts;
  return {
    run,
    hops,
    carryOut: async (callback) => {
      try {
        for (let variant = 1; ; variant++) {
          const ended = await new KeptCallback(parts, callbackId(run, callback.parent, variant), callback).end();
          if (ended !== 'another') return ended;
        }
      } catch (cause) {
        if (!(cause instanceof StoreProblem)) throw cause;
        fault(cause);
        return { kind: 'stopped' };
      }
    },
  };
}

/** The id of a callback; `variant`: those before have turned out to be of something else. */
export function callbackId(run: string, { call, number }: CallbackParent, variant: number): string {
  return `${run}~${call}~${number}${variant === 1 ? '' : `+${variant}`}`;
}

/** The run under one id. */
class KeptCallback {
  private readonly parts: KeptCallbacks;
  private readonly id: string;
  private readonly callback: Callback;

  constructor(parts: KeptCallbacks, id: string, callback: Callback) {
    this.parts = parts;
    this.id = id;
    this.callback = callback;
  }

  /** `another`: the run is one of something else. */
  async end(): Promise<CallbackEnd | 'another'> {
    const { keeping: { store, clock }, stop } = this.parts;
    const { id, callback } = this;
    for (;;) {
      if (stop.aborted) return { kind: 'stopped' };
      const row = await store.run(id);
      const done = row === null ? await this.begun() : await this.goneOn(row);
      if (done !== null) return done;
      // Somebody else drives it, or was quicker to begin it.
      if (callback.givenUp.aborted) {
        await store.send(id, encodeMessage('cancel', { reason: 'nobody waits for its result any more' }));
        return { kind: 'stopped' };
      }
      await clock.sleep(AGAIN_MS, AbortSignal.any([stop, callback.givenUp]));
    }
  }

  private async begun(): Promise<CallbackEnd | null> {
    try {
      return endOf(await this.parts.begin(this.id, this.callback));
    } catch (cause) {
      if (cause instanceof StoreProblem && (cause.problem === 'run-exists' || cause.problem === 'lease-lost')) return null;
      throw cause;
    }
  }

  private async goneOn(row: RunRow): Promise<CallbackEnd | 'another' | null> {
    const { goOn } = this.parts;
    const { id, callback } = this;
    const start = await this.record(1);
    if (hashValue(Vector.of(start.value('function'), Vector.adopt([...start.items('args')]))) !== hashValue(Vector.of(callback.fn, Vector.adopt([...callback.args])))) return 'another';
    if (hasEnded(row.status)) return callback.isTried && row.status !== 'complete' ? 'another' : this.endAt(row.head.seq);
    try {
      const resumed = await goOn(id, callback);
      if (resumed.ok) return endOf(resumed.value);
      if (resumed.error.kind === 'busy' || resumed.error.kind === 'ended') return null;
      throw this.damaged(resumed.error.message);
    } catch (cause) {
      if (cause instanceof StoreProblem && cause.problem === 'lease-lost') return null;
      throw cause;
    }
  }

  private async endAt(seq: number): Promise<CallbackEnd> {
    const facts = await this.record(seq);
    return recordedEnd(facts.value('value'), facts.error('error'), facts.value('budget'));
  }

  private async record(seq: number): Promise<Facts> {
    const { keeping: { store }, readOptions } = this.parts;
    const records = await readRecords(store, this.id, seq, 1, readOptions);
    if (!records.ok) throw this.damaged(records.error);
    return new Facts(records.value[0]?.data ?? MapValue.empty());
  }

  private damaged(message: string): HostFailure {
    return new HostFailure('host', `${this.callback.parent.capability}: the callback ${this.id} cannot be gone on with: ${message}`);
  }
}

/** Whether the run is a callback of one that has not ended, and may ask again what it gave. */
export async function isStillCalledBack(store: Store, run: string): Promise<boolean> {
  const records = await readRecords(store, run, 1, 1);
  const parent = records.ok ? readParent(new Facts(records.value[0]?.data ?? MapValue.empty())) : null;
  const caller = parent?.run == null ? null : await store.run(parent.run);
  return caller !== null && !hasEnded(caller.status);
}

function endOf(result: RunResult<State>): CallbackEnd {
  return result.kind === 'complete' || result.kind === 'failed' ? result : { kind: 'stopped' };
}

/** The end of a callback as it was written down; `budget` is what it has used and was granted (`spentValue`), nil when nothing is counted. */
export function recordedEnd(value: Value, error: ErrorValue | null, budget: Value): CallbackEnd {
  const used = budget instanceof MapValue ? readAmounts(budget.get(keyword('used')) ?? null) : null;
  const spent = used === null ? {} : { spent: used };
  return error === null ? { kind: 'complete', value, ...spent } : { kind: 'failed', error, ...spent };
}

/** What the start of a callback says besides what every start does. */
export function callbackData({ fn, args, parent }: Pick<Callback, 'fn' | 'args' | 'parent'>): DraftData {
  const { run, call, number, capability, step, isolation, origins, hops } = parent;
  return {
    function: fn,
    args: Vector.adopt([...args]),
    parent: recordData({ run: run ?? undefined, call, number, capability, step: step ?? undefined, isolation: keyword(isolation), origins: origins === null ? undefined : Vector.adopt([...origins]), hops }),
  };
}

/** Null: the run is no callback. */
export function readParent(started: Facts): CallbackParent | null {
  const parent = started.value('parent');
  if (!(parent instanceof MapValue)) return null;
  const facts = new Facts(parent);
  return {
    run: facts.text('run'),
    call: facts.text('call') ?? '',
    number: facts.number('number') ?? 0,
    capability: facts.text('capability') ?? '',
    step: facts.text('step'),
    isolation: (facts.text('isolation') ?? 'sandboxed') as Isolation,
    origins: facts.value('origins') instanceof Vector ? facts.items('origins').filter((key) => typeof key === 'string') : null,
    hops: facts.number('hops') ?? 0,
  };
}
