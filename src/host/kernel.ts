/** The kernel as the loop sees it: values that lie in a store are fetched before the loop hears of anything. */
import type { Result } from '../diagnostic/diagnostic.ts';
import { storedForCall } from '../evaluator/fetching.ts';
import { cancel, exposedContext, type ResumeOptions, variablesAt } from '../evaluator/kernel.ts';
import { errorValue } from '../evaluator/raise.ts';
import type { Advance, Answer, Event, State } from '../evaluator/state.ts';
import type { Stored } from '../evaluator/stored.ts';
import type { MapValue } from '../value/map.ts';
import { resumeBranches } from './branch/turns.ts';
import type { Kernel, Turn } from './port.ts';

/** The state with these values in it, as `Chunker.provide` gives it. */
export type FetchValues = (state: State, values: readonly Stored[]) => Result<State, { readonly message: string }>;

export interface LoopKernel extends Required<Pick<Kernel<never, State, never, Event>, 'resume' | 'cancel' | 'exposed' | 'variables'>> {
  readonly resume: (state: State, answers: readonly Answer[], options?: ResumeOptions) => Turn<State, Event>;
  readonly cancel: (state: State, reason: string, options?: ResumeOptions) => Turn<State, Event>;
}

export function loopKernel(fetch: FetchValues): LoopKernel {
  return {
    resume: (state, answers: readonly Answer[], options?: ResumeOptions) => settled(state, (at) => resumeBranches(at, answers, options), fetch),
    cancel: (state, reason, options?: ResumeOptions) => settled(state, (at) => cancel(at, reason, options), fetch),
    exposed: (state, callId) => exposed(state, callId, fetch),
    variables: variablesAt,
  };
}

/** Goes again and again with what is asked for; a store that does not have it ends the run where it stands. */
function settled(state: State, go: (state: State) => Advance, fetch: FetchValues): Turn<State, Event> {
  for (let at = state; ; ) {
    const { outcome, state: next, events } = go(at);
    if (outcome.kind !== 'requires-values') return { outcome, state: next, events };
    const fetched = fetch(at, outcome.values);
    if (!fetched.ok) return { outcome: { kind: 'failed', error: errorValue('host', `A value of a context cannot be fetched: ${fetched.error.message}`), byHost: true }, state, events: [] };
    at = fetched.value;
  }
}

function exposed(state: State, callId: string, fetch: FetchValues): MapValue {
  const values = storedForCall(state, callId);
  const fetched = values.length === 0 ? null : fetch(state, values);
  return exposedContext(fetched?.ok === true ? fetched.value : state, callId);
}
