/** Running a program whose branches workers carry on. */
import type { StartOptions } from '../../evaluator/kernel.ts';
import type { State } from '../../evaluator/state.ts';
import type { Program } from '../compile.ts';
import type { LoopHost, RunResult } from '../loop.ts';
import type { Capability, Decision } from '../port.ts';
import { callbacksOf, runOn, type RunOptions } from '../run.ts';
import type { Governed } from '../security/governance.ts';
import { BRANCH_CAPABILITY, BranchKernel } from './kernel.ts';
import { branchCapability, type LeaseOptions } from './lease.ts';

/**
 * As `run`, but the branches of the outermost fork go to workers as soon as they wait for something. Events of what happens there are
 * not told here. A constitution, which looks at every turn, cannot be kept from here: such hosts are refused by an `Error`.
 */
export async function runWithWorkers(program: Pick<Program, 'main' | 'table'>, host: LoopHost & Governed, workers: LeaseOptions, options: RunOptions<StartOptions> = {}): Promise<RunResult<State>> {
  if (host.constitution !== undefined) throw new Error('a run under a constitution cannot be given to workers');
  const kernel = new BranchKernel();
  const capability = branchCapability(kernel, program, workers);
  const find = (id: string): Capability | undefined => (id === BRANCH_CAPABILITY ? capability : host.capabilities.find(id));
  const decide: LoopHost['policy']['decide'] = (request): Decision => (request.capability === BRANCH_CAPABILITY ? { allowed: true, grants: [] } : host.policy.decide(request));
  const result = await runOn(kernel, program, { ...host, capabilities: { ...host.capabilities, find }, policy: { ...host.policy, decide } }, { ...options, callbacks: callbacksOf(program.table, host, options) });
  return result.kind === 'cancelled' || result.kind === 'waiting' ? { ...result, state: result.state.state } : result;
}
