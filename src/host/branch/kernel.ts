/**
 * A kernel whose branches may go elsewhere: to the loop a branch that waits is a call, `:rtfs.branch`, in the place of the calls that the branch
 * waits for. Who answers it says what those were answered with there (`turns.ts`), and the branch takes the same turns here. When nobody can, the
 * branch is carried on here, as if there were no others.
 */
import { branchAt, branchCalls, waitingBranches } from '../../evaluator/branch.ts';
import type { ResumeOptions } from '../../evaluator/kernel.ts';
import { hasEnded } from '../../evaluator/fiber.ts';
import type { Answer, Event, Fiber, HostCall, State } from '../../evaluator/state.ts';
import { hashValue } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import { Vector } from '../../value/vector.ts';
import type { LoopKernel } from '../kernel.ts';
import type { Turn } from '../port.ts';
import { BRANCH_CAPABILITY, branchCallId, goOnFrom, isOfBranch, readBranchValue, takeBranchTurns } from './turns.ts';

/** A branch on its way, and the state that it goes on in. */
export interface Parting {
  readonly state: State;
  readonly branch: Fiber;
}

/** Is told of each turn. */
export interface Partings {
  /** The paths of all branches that are to be carried on elsewhere now. */
  readonly parted: (paths: ReadonlySet<string>) => void;
  /** A branch that was elsewhere has ended so. */
  readonly ended: (branch: Fiber) => void;
}

/** One for each run. */
export class BranchKernel implements LoopKernel {
  private readonly inner: LoopKernel;
  private readonly told: Partings;
  /** Paths of branches that nobody else could carry on. */
  private readonly staying = new Set<string>();
  /** Of branches that have come home: the calls that they waited for then. Until these are over they stay. */
  private readonly atHome = new Map<string, ReadonlySet<string>>();
  private partings: ReadonlyMap<string, Parting> = new Map();

  constructor(inner: LoopKernel, told: Partings) {
    this.inner = inner;
    this.told = told;
  }

  /** What the machine gave, as the loop is to see it. */
  part(turn: Turn<State, Event>): Turn<State, Event> {
    const { outcome, state } = turn;
    const isUnderWay = outcome.kind === 'requires-host' || outcome.kind === 'preempted';
    const leaving = isUnderWay ? waitingBranches(state).filter((branch) => !this.stays(branch)) : [];
    // In the midst of a turn a branch may be about to do more by itself: nothing new goes away.
    const away = outcome.kind === 'preempted' ? leaving.filter((branch) => this.partings.has(callIdOf(branch))) : leaving;
    this.partings = new Map(away.map((branch) => [callIdOf(branch), { state, branch }]));
    this.told.parted(new Set(away.map(({ path }) => path)));
    if (!isUnderWay || leaving.length === 0) return turn;
    const here = outcome.calls.filter(({ id }) => !leaving.some(({ path }) => id.startsWith(path)));
    return { ...turn, outcome: { ...outcome, calls: [...here, ...away.map(branchCall)] } };
  }

  resume = (state: State, answers: readonly Answer[], options?: ResumeOptions): Turn<State, Event> => {
    if (!answers.some(({ id }) => isOfBranch(id))) return this.part(this.inner.resume(state, answers, options));
    const returned = answers.flatMap((answer) => {
      const branch = this.partings.get(answer.id)?.branch;
      if (branch === undefined) return [];
      const given = answer.ok ? readBranchValue(answer.value) : null;
      if (given === null) this.staying.add(branch.path);
      else if (given.comesHome) this.atHome.set(branch.path, new Set(branchCalls(branch).map(({ id }) => id)));
      return [branch.path];
    });
    const taken = takeBranchTurns(state, answers);
    // Once they are joined nobody can look at them any more.
    for (const path of returned) {
      const branch = branchAt(taken.state, path);
      if (branch !== null && hasEnded(branch)) this.told.ended(branch);
    }
    return this.part(goOnFrom(state, taken, (at, others) => this.inner.resume(at, others, options)));
  };

  private stays(branch: Fiber): boolean {
    const calls = this.atHome.get(branch.path);
    return this.staying.has(branch.path) || (calls !== undefined && branchCalls(branch).some(({ id }) => calls.has(id)));
  }

  cancel = (state: State, reason: string, options?: ResumeOptions): Turn<State, Event> => this.part(this.inner.cancel(state, reason, options));

  exposed = (state: State, callId: string): MapValue => (isOfBranch(callId) ? MapValue.empty() : this.inner.exposed(state, callId));

  variables: LoopKernel['variables'] = (state, callId) => this.inner.variables(state, callId);

  /** What is on its way under that id. */
  partingOf(callId: string): Parting | null {
    return this.partings.get(callId) ?? null;
  }
}

/** What a branch waits for it never waits for again. */
function callIdOf(branch: Fiber): string {
  const [first, ...more] = branchCalls(branch).map(({ id }) => id);
  return branchCallId(more.length === 0 ? first! : `${branch.path}${hashValue(Vector.of(first!, ...more)).slice(0, 12)}`);
}

function branchCall(branch: Fiber): HostCall {
  const { path, context } = branch;
  return {
    id: callIdOf(branch), capability: BRANCH_CAPABILITY, args: [path], options: null, step: context.id, isolation: context.isolation, exposure: { allowed: false, keys: null }, derivedFrom: [], span: null,
  };
}
