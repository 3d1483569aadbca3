/**
 * Branches apart from their run: since fibers share nothing while they run (F1), a branch may go on somewhere else, in a copy of the state,
 * and its fiber is put back when it has ended. Then the run is what it would be if nobody had gone away.
 *
 * Only branches of the outermost fork stand apart; what forks inside of them goes with them.
 */
import { fiberLike, hasEnded } from './fiber.ts';
import { NO_OPTIONS, type ResumeOptions } from './kernel.ts';
import { pendingCalls, Scheduler } from './scheduler.ts';
import type { Answer, Event, Fiber, HostCall, State } from './state.ts';

/** The branches that have begun and wait for something, by their paths. */
export function waitingBranches({ main }: State): readonly Fiber[] {
  return main.join?.branches.filter(({ status, stop }) => stop === null && (status === 'waiting' || status === 'joining')) ?? [];
}

/** Null when there is no branch of that path. */
export function branchAt({ main }: State, path: string): Fiber | null {
  return main.join?.branches.find((branch) => branch.path === path) ?? null;
}

export function branchCalls(branch: Fiber): readonly HostCall[] {
  return pendingCalls(branch);
}

export interface BranchTurn {
  /** All of the run, in which nothing but the branch has gone on. */
  readonly state: State;
  readonly events: readonly Event[];
  readonly status: 'ended' | 'waiting' | 'preempted';
}

/** Goes on with the branch alone. */
export function resumeBranch(state: State, branch: Fiber, answers: readonly Answer[], options: ResumeOptions = NO_OPTIONS): BranchTurn {
  const scheduler = Scheduler.take(state, options, null).expect(answers); // no compiled code: what it does not finish would have to be begun again
  const settled = scheduler.settleBranch(branch);
  const status = hasEnded(settled) ? 'ended' : scheduler.preempted ? 'preempted' : 'waiting';
  return { state: withBranch(state, settled), events: scheduler.giveBack(), status };
}

/** The state with the branch in the place of the one with its path: to be resumed, so that the run learns what has become of it. */
function withBranch(state: State, branch: Fiber): State {
  const { main } = state;
  const join = main.join!;
  const changed = fiberLike(main);
  changed.join = { ...join, branches: join.branches.map((one) => (one.path === branch.path ? branch : one)) };
  return { ...state, main: changed, pending: pendingCalls(changed), status: 'ready' };
}
