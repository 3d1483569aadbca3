/** Carrying on one branch of somebody else's run to its end, with the capabilities that are here. */
import { branchAt, branchCalls, resumeBranch } from '../../evaluator/branch.ts';
import { exposedContext, variablesAt } from '../../evaluator/kernel.ts';
import type { Fiber, State } from '../../evaluator/state.ts';
import type { Value } from '../../value/value.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import { cancelledFailure } from '../failure.ts';
import { drive, type LoopHost } from '../loop.ts';
import type { CallContext, Capability, HostCall, Kernel, Turn } from '../port.ts';
import { callbacksOf } from '../run.ts';

const QUANTUM = 5_000_000;
const CONCURRENT_CALLS = 256;

/**
 * The state in which the branch has ended. Calls have the idempotency keys that they would have at home: whoever carries the branch on
 * again asks under the same ones. `begins` is waited for before each call that must not be made twice. Rejects never; the problem is for people.
 */
export async function carryBranch(state: State, path: string, run: string, host: LoopHost, signal: AbortSignal, begins: Begins): Promise<Result<State, string>> {
  const branch = branchAt(state, path);
  if (branch === null || (branch.status !== 'waiting' && branch.status !== 'joining')) return { ok: false, error: `no branch ${path} waits in the state` };
  let latest = state;
  const turn = (fiber: Fiber, status: 'ended' | 'waiting' | 'preempted', events: Turn<State>['events']): Turn<State> => {
    if (status === 'ended') return { outcome: { kind: 'complete', value: null }, state: latest, events };
    return { outcome: { kind: status === 'preempted' ? 'preempted' : 'requires-host', calls: branchCalls(fiber) as readonly HostCall[] }, state: latest, events };
  };
  const kernel: Pick<Kernel<never, State>, 'resume' | 'exposed' | 'variables'> = {
    resume: (at, answers, options) => {
      const next = resumeBranch(at, branchAt(at, path)!, answers, options);
      latest = next.state;
      return turn(branchAt(latest, path)!, next.status, next.events);
    },
    exposed: exposedContext,
    variables: variablesAt,
  };
  const own = keyed(host, run, begins);
  const callbacks = callbacksOf(state.table, own, { signal });
  const result = await drive({ kernel, first: turn(branch, 'waiting', []), host: own, callbacks, signal, quantum: QUANTUM, maxConcurrent: CONCURRENT_CALLS, observer: {} });
  if (result.kind === 'complete') return { ok: true, value: latest };
  return { ok: false, error: result.kind === 'failed' ? result.error.message : 'the branch was given up' };
}

/** Is told, before it happens, that the world is about to feel something: by the call's key without the run, which calls of callbacks have too. */
export type Begins = (key: string) => Promise<void>;

/** The host, whose capabilities are told the keys that calls of this run have. */
function keyed(host: LoopHost, run: string, begins: Begins): LoopHost {
  const find = (id: string): Capability | undefined => {
    const capability = host.capabilities.find(id);
    if (capability === undefined || 'wait' in capability) return capability;
    const call = async (args: Parameters<typeof capability.call>[0], context: CallContext): Promise<Value> => {
      if (capability.determinism === 'live') await begins(context.idempotencyKey);
      if (context.signal.aborted) throw cancelledFailure(capability.id);
      return capability.call(args, Object.create(context, { idempotencyKey: { value: `${run}/${context.idempotencyKey}` }, run: { value: run }, callBack: { get: () => context.callBack } }) as CallContext);
    };
    return { ...capability, call };
  };
  return { ...host, capabilities: { ...host.capabilities, find } };
}
