/** Callbacks of runs that are not kept: they end with the process, as the run does. */
import type { CodeTable } from '../../evaluator/code.ts';
import type { StartOptions } from '../../evaluator/kernel.ts';
import type { Event, State } from '../../evaluator/state.ts';
import type { Value } from '../../value/value.ts';
import { drive, type LoopHost, type LoopOptions } from '../loop.ts';
import type { Kernel, Observer } from '../port.ts';
import type { CallbackEnd, CallbackRuns } from './callback.ts';
import { underParent } from './policy.ts';

/** A function and its arguments: what a run begins with. */
export interface Entry {
  readonly table: CodeTable;
  readonly fn: Value;
  readonly args: readonly Value[];
}

export type EntryKernel = Kernel<Entry, State, StartOptions, Event>;

export interface UnkeptParts {
  readonly table: CodeTable;
  readonly newKernel: () => EntryKernel;
  readonly host: LoopHost;
  /** With neither variables nor a context. */
  readonly start: StartOptions & { readonly quantum: number };
  readonly loop: Pick<LoopOptions<State, Event>, 'signal' | 'maxConcurrent' | 'follow' | 'isTraced'>;
  readonly observer: Observer<Event>;
}

export function unkeptCallbacks(parts: UnkeptParts, hops = 0, keyOf: (callId: string) => string = (callId) => callId): CallbackRuns {
  return {
    run: null,
    hops,
    carryOut: async ({ fn, args, variables, parent, left, givenUp }): Promise<CallbackEnd> => {
      const { table, newKernel, host, start, loop, observer } = parts;
      const kernel = newKernel();
      const key = (callId: string): string => `${keyOf(parent.call)}~${parent.number}/${callId}`;
      const ended = await drive({
        ...loop, kernel, keyOf: key, quantum: start.quantum, givenUp, observer: defectsOf(observer),
        first: kernel.start({ table, fn, args }, { ...start, variables }),
        host: { ...host, policy: underParent(host.policy, parent), ...(Object.keys(left).length === 0 ? {} : { budget: { grant: left, source: host.budget?.source ?? parent.capability } }) },
        callbacks: unkeptCallbacks(parts, parent.hops, key),
      });
      return ended.kind === 'complete' || ended.kind === 'failed' ? ended : { kind: 'stopped' };
    },
  };
}

/** Events have positions in their own run: those of a callback are not for who looks at the run around it. */
export function defectsOf({ defect }: Observer<Event>): Observer<Event> {
  return defect === undefined ? {} : { defect };
}
