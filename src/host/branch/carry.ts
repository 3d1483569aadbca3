/** Carrying on one branch of somebody else's run to its end, with the capabilities that are here. */
import { branchAt, branchCalls, resumeBranch } from '../../evaluator/branch.ts';
import { exposedContext, variablesAt } from '../../evaluator/kernel.ts';
import type { Fiber, State } from '../../evaluator/state.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import { drive, type LoopHost } from '../loop.ts';
import type { CallContext, Capability, HostCall, Kernel, Turn } from '../port.ts';
import { callbacksOf } from '../run.ts';

const QUANTUM = 5_000_000;
const CONCURRENT_CALLS = 256;

/**
 * The state in which the branch has ended. Calls have the idempotency keys that they would have at home: whoever carries the branch on
 * again asks under the same ones. Rejects never; the problem is for people.
 */
export async function carryBranch(state: State, path: string, run: string, host: LoopHost, signal: AbortSignal): Promise<Result<State, string>> {
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
  const own = keyed(host, run);
  const callbacks = callbacksOf(state.table, own, { signal });
  const result = await drive({ kernel, first: turn(branch, 'waiting', []), host: own, callbacks, signal, quantum: QUANTUM, maxConcurrent: CONCURRENT_CALLS, observer: {} });
  if (result.kind === 'complete') return { ok: true, value: latest };
  return { ok: false, error: result.kind === 'failed' ? result.error.message : 'the branch was given up' };
}

/** The host, whose capabilities are told the keys that calls of this run have. */
function keyed(host: LoopHost, run: string): LoopHost {
  const find = (id: string): Capability | undefined => {
    const capability = host.capabilities.find(id);
    if (capability === undefined || 'wait' in capability) return capability;
    const call = (args: Parameters<typeof capability.call>[0], context: CallContext): ReturnType<typeof capability.call> =>
      capability.call(args, Object.create(context, { idempotencyKey: { value: `${run}/${context.idempotencyKey}` }, run: { value: run }, callBack: { get: () => context.callBack } }) as CallContext);
    return { ...capability, call };
  };
  return { ...host, capabilities: { ...host.capabilities, find } };
}
