/**
 * A kernel whose branches may go elsewhere: to the loop a branch that waits is a call, `:rtfs.branch`, in the place of the calls that the branch
 * waits for. Who answers it gives back the branch at its end. When nobody can, the branch is carried on here, as if there were no others.
 */
import { branchAt, waitingBranches, withBranch } from '../../evaluator/branch.ts';
import { cancel, exposedContext, resume, type ResumeOptions, start, type StartOptions, variablesAt } from '../../evaluator/kernel.ts';
import { hasEnded } from '../../evaluator/fiber.ts';
import type { Advance, Answer, Event, Fiber, HostCall, State } from '../../evaluator/state.ts';
import { MapValue } from '../../value/map.ts';
import type { Value } from '../../value/value.ts';
import type { Program } from '../compile.ts';
import type { Kernel, Turn } from '../port.ts';

export const BRANCH_CAPABILITY = 'rtfs.branch';

/** A branch on its way, and the state that it goes on in. */
export interface Parting {
  readonly state: State;
  readonly branch: Fiber;
}

/** Where the run stands, and which of its branches are elsewhere, by the ids of their calls. */
interface Parted {
  readonly state: State;
  readonly away: ReadonlyMap<string, Parting>;
}

/** One for each run. */
export class BranchKernel implements Kernel<Pick<Program, 'main' | 'table'>, Parted, StartOptions, Event> {
  /** Paths of branches that nobody else could carry on. */
  private readonly kept = new Set<string>();
  private readonly partings = new Map<string, Parting>();
  private readonly returned = new Map<string, State>();

  start = (program: Pick<Program, 'main' | 'table'>, options?: StartOptions): Turn<Parted, Event> => this.part(start(program.table, program.table.closureOf(program.main), [], options));

  cancel = ({ state }: Parted, reason: string, options?: ResumeOptions): Turn<Parted, Event> => this.part(cancel(state, reason, options));

  exposed = ({ state }: Parted, callId: string): MapValue => (this.partings.has(callId) ? MapValue.empty() : exposedContext(state, callId));

  variables = ({ state }: Parted, callId: string): ReadonlyMap<string, Value> => variablesAt(state, callId);

  resume = ({ state, away }: Parted, answers: readonly Answer[], options?: ResumeOptions): Turn<Parted, Event> => {
    let at = state;
    const others: Answer[] = [];
    for (const answer of answers) {
      const parting = away.get(answer.id);
      if (parting === undefined) others.push(answer);
      else at = this.back(at, parting, answer);
    }
    // Branches that are carried on here from now on have had no answer yet.
    const isWaiting = others.length === 0 && at.status === 'waiting';
    return this.part(isWaiting ? { outcome: { kind: 'requires-host', calls: at.pending }, state: at, events: [] } : resume(at, others, options));
  };

  /** What is on its way under that id. */
  partingOf(callId: string): Parting | null {
    return this.partings.get(callId) ?? null;
  }

  /** The branch has ended: in this state it stands as it is now. */
  deliver(callId: string, state: State): void {
    this.returned.set(callId, state);
  }

  private back(state: State, { branch }: Parting, { id, ok }: Answer): State {
    const ended = branchAt(this.returned.get(id) ?? state, branch.path);
    this.returned.delete(id);
    this.partings.delete(id);
    if (!ok || ended === null || !hasEnded(ended)) {
      this.kept.add(branch.path);
      return state;
    }
    return withBranch(state, ended);
  }

  private part({ outcome, state, events }: Advance): Turn<Parted, Event> {
    if (outcome.kind !== 'requires-host' && outcome.kind !== 'preempted') return { outcome, state: { state, away: new Map() }, events };
    const away = new Map(waitingBranches(state).filter(({ path }) => !this.kept.has(path)).map((branch) => [callId(branch), this.partings.get(callId(branch)) ?? { state, branch }] as const));
    this.partings.clear();
    for (const [id, parting] of away) this.partings.set(id, parting);
    const paths = [...away.values()].map(({ branch }) => branch.path);
    const here = outcome.calls.filter(({ id }) => !paths.some((path) => id.startsWith(path)));
    return { outcome: { kind: outcome.kind, calls: [...here, ...[...away].map(([id, { branch }]) => branchCall(id, branch))] }, state: { state, away }, events };
  }
}

/** Another one when the branch has gone on meanwhile. */
function callId({ path, position }: Fiber): string {
  return `${path}${position}.branch`;
}

function branchCall(id: string, { path, context }: Fiber): HostCall {
  return {
    id, capability: BRANCH_CAPABILITY, args: [path], options: null, step: context.id, isolation: context.isolation, exposure: { allowed: false, keys: null }, derivedFrom: [], span: null,
  };
}
