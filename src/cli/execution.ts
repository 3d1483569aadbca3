/**
 * Running a program to its end. The first stretch runs at once; only a program that calls a capability or takes longer
 * than that pays for loading the host.
 */
import type { StartOptions } from '../evaluator/kernel.ts';
import type { Event } from '../evaluator/event.ts';
import type { Limits } from '../evaluator/limits.ts';
import type { State } from '../evaluator/state.ts';
import { type Program, startProgram } from '../host/compile.ts';
import type { Host, Observer, Turn } from '../host/port.ts';
import type { Governed, Governor } from '../host/security/governance.ts';
import type { ErrorValue, Value } from '../value/value.ts';
import type { Watch } from './watching.ts';

/** Steps after which signals and timers get their turn, and memory is looked at: some milliseconds. */
export const QUANTUM_STEPS = 250_000;

export interface Execution {
  readonly program: Program;
  readonly limits: Partial<Limits>;
  readonly variables: Iterable<readonly [string, Value]>;
  /** The levels that steps may have. All unless given. */
  readonly isolations?: StartOptions['isolations'];
  /** Has its say on every turn. */
  readonly governor?: Governor | null;
  readonly openHost: () => Promise<Host & Governed>;
  /** Does what takes longer than the first stretch, with a signal that is aborted when the user interrupts. */
  readonly interruptible: (work: (signal: AbortSignal) => Promise<Ending>) => Promise<Ending>;
  /** Told when an interrupted run still has something to do before it ends. */
  readonly stopping?: () => void;
  /** Is told what nobody who looks on wants to tell. */
  readonly observer?: Pick<Observer<Event>, 'passed'>;
  /** Called when there is something to see; absent when nobody can look on. */
  readonly openWatch?: () => Promise<Watch | null>;
}

export type Ending =
  | { readonly kind: 'complete'; readonly value: Value; readonly state: State }
  | { readonly kind: 'failed'; readonly error: ErrorValue; readonly state: State }
  | { readonly kind: 'interrupted'; readonly state: State };

export async function execute(execution: Execution): Promise<Ending> {
  const { limits, variables, isolations } = execution;
  const options = { limits, variables, quantum: QUANTUM_STEPS, ...(isolations === undefined ? {} : { isolations }) };
  const first: Turn<State, Event> = execution.governor?.take((refused) => startProgram(execution.program, { ...options, refused })) ?? startProgram(execution.program, options);
  const { outcome, state, events } = first;
  const hasEnded = first.held === undefined && (outcome.kind === 'complete' || outcome.kind === 'failed');
  const watch = hasEnded && events.length === 0 ? null : ((await execution.openWatch?.()) ?? null);
  try {
    if (hasEnded) {
      watch?.observer.events?.(events);
      return outcome.kind === 'complete' ? { kind: 'complete', value: outcome.value, state } : { kind: 'failed', error: outcome.error, state };
    }
    return await execution.interruptible(async (signal) => {
      const { goOn } = await import('./hosting.ts');
      return goOn(first, signal, execution, { ...execution.observer, ...watch?.observer });
    });
  } finally {
    watch?.end();
  }
}
