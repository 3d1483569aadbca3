/** Running a program whose branches workers carry on. */
import { cancel, exposedContext, start, type StartOptions, variablesAt } from '../../evaluator/kernel.ts';
import type { State } from '../../evaluator/state.ts';
import type { Program } from '../compile.ts';
import { HostFailure } from '../failure.ts';
import type { LoopKernel } from '../kernel.ts';
import type { LoopHost, RunResult } from '../loop.ts';
import type { Capability, Decision } from '../port.ts';
import { callbacksOf, runOn, type RunOptions } from '../run.ts';
import type { Governed } from '../security/governance.ts';
import { BranchKernel } from './kernel.ts';
import { type LeaseOptions, Leases } from './lease.ts';
import { BRANCH_CAPABILITY, resumeBranches } from './turns.ts';

/**
 * As `run`, but the branches of the outermost fork go to workers as soon as they wait for something. A constitution, which looks at every turn, and a
 * budget, which counts every call, cannot be kept from here: such hosts are refused by an `Error`.
 * What else the host's policy says is kept there when it is said in `workers.ceiling`.
 */
export async function runWithWorkers(program: Pick<Program, 'main' | 'table'>, host: LoopHost & Governed, workers: LeaseOptions, options: RunOptions<StartOptions> = {}): Promise<RunResult<State>> {
  const leases = new Leases(program, workers, null);
  const kernel = new BranchKernel(KERNEL, leases);
  const shared = withBranches(host, kernel, leases);
  try {
    const first = (_: unknown, started?: StartOptions): ReturnType<BranchKernel['part']> => kernel.part(start(program.table, program.table.closureOf(program.main), [], started));
    return await runOn({ start: first, resume: kernel.resume, cancel: kernel.cancel, exposed: kernel.exposed, variables: kernel.variables }, program, shared.host, { ...options, callbacks: callbacksOf(program.table, shared.home, options) });
  } finally {
    leases.closeAll();
  }
}

const KERNEL: LoopKernel = { resume: resumeBranches, cancel, exposed: exposedContext, variables: variablesAt };

/** `host`: with what gives out branches. `home`: the same without that, for callbacks. */
export function withBranches<Given extends LoopHost & Governed>(host: Given, kernel: Pick<BranchKernel, 'partingOf'>, leases: Leases): { readonly host: Given; readonly home: Given } {
  if (host.constitution !== undefined) throw new Error('a run under a constitution cannot be given to workers');
  if (host.budget !== undefined) throw new Error('a run with a budget cannot be given to workers');
  const capability = leases.capability((callId) => kernel.partingOf(callId));
  const once = (id: string): Capability | undefined => onceAtMost(host.capabilities.find(id), leases.unsure);
  const find = (id: string): Capability | undefined => (id === BRANCH_CAPABILITY ? capability : once(id));
  const decide: LoopHost['policy']['decide'] = (request): Decision => (request.capability === BRANCH_CAPABILITY ? { allowed: true, grants: [] } : host.policy.decide(request));
  const home = { ...host, capabilities: { ...host.capabilities, find: once } };
  return { home, host: { ...home, capabilities: { ...host.capabilities, find }, policy: { ...host.policy, decide } } };
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
