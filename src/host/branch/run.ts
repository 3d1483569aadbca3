/** Running a program whose branches workers carry on. */
import type { StartOptions } from '../../evaluator/kernel.ts';
import type { State } from '../../evaluator/state.ts';
import type { Program } from '../compile.ts';
import { HostFailure } from '../failure.ts';
import type { LoopHost, RunResult } from '../loop.ts';
import type { Capability, Decision } from '../port.ts';
import { callbacksOf, runOn, type RunOptions } from '../run.ts';
import type { Governed } from '../security/governance.ts';
import { BRANCH_CAPABILITY, BranchKernel } from './kernel.ts';
import { branchCapability, type LeaseOptions } from './lease.ts';

/**
 * As `run`, but the branches of the outermost fork go to workers as soon as they wait for something. Events of what happens there are
 * not told here. A constitution, which looks at every turn, and a budget, which counts every call, cannot be kept from here: such hosts are refused by an `Error`.
 * What else the host's policy says is kept there when it is said in `workers.ceiling`.
 */
export async function runWithWorkers(program: Pick<Program, 'main' | 'table'>, host: LoopHost & Governed, workers: LeaseOptions, options: RunOptions<StartOptions> = {}): Promise<RunResult<State>> {
  if (host.constitution !== undefined) throw new Error('a run under a constitution cannot be given to workers');
  if (host.budget !== undefined) throw new Error('a run with a budget cannot be given to workers');
  const kernel = new BranchKernel();
  const unsure = new Set<string>();
  const capability = branchCapability(kernel, program, workers, unsure);
  const once = (id: string): Capability | undefined => onceAtMost(host.capabilities.find(id), unsure);
  const home = { ...host, capabilities: { ...host.capabilities, find: once } };
  const find = (id: string): Capability | undefined => (id === BRANCH_CAPABILITY ? capability : once(id));
  const decide: LoopHost['policy']['decide'] = (request): Decision => (request.capability === BRANCH_CAPABILITY ? { allowed: true, grants: [] } : host.policy.decide(request));
  const result = await runOn(kernel, program, { ...home, capabilities: { ...host.capabilities, find }, policy: { ...host.policy, decide } }, { ...options, callbacks: callbacksOf(program.table, home, options) });
  return result.kind === 'cancelled' || result.kind === 'waiting' ? { ...result, state: result.state.state } : result;
}

/** A call that a worker has begun and not answered is not made again, as nobody knows whether it happened. */
function onceAtMost(capability: Capability | undefined, unsure: ReadonlySet<string>): Capability | undefined {
  if (capability === undefined || 'wait' in capability) return capability;
  const call: typeof capability.call = (args, context) => {
    if (unsure.has(context.idempotencyKey)) throw new HostFailure('host', `:${capability.id} was begun by a worker that was lost: nobody knows whether it happened`);
    return capability.call(args, context);
  };
  return { ...capability, call };
}
