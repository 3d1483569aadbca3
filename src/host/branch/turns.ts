/**
 * Answers that a branch was given somewhere else, brought home: what the call of `:rtfs.branch` is answered with. The machine at home takes the same
 * turns with them, so a journal holds all that makes a run, whoever made its calls (H4), and what others say is never more than answers.
 *
 *   answer = [path turns comes-home]
 *     turns      = a vector of turns, each a vector of the answers that were given together: [call true value] or [call false error]
 *     comes-home = true: what the branch waits for is for home to do
 *
 * A turn whose calls the branch does not wait for is left out, with all that follow.
 */
import { branchAt, branchCalls, resumeBranch } from '../../evaluator/branch.ts';
import { resume, type ResumeOptions } from '../../evaluator/kernel.ts';
import type { Advance, Answer, Event, Fiber, State } from '../../evaluator/state.ts';
import { ErrorValue, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Turn } from '../port.ts';

export const BRANCH_CAPABILITY = 'rtfs.branch';
const CALL_SUFFIX = '.branch';

export type BranchTurns = readonly (readonly Answer[])[];

export interface BranchAnswer {
  readonly path: string;
  readonly turns: BranchTurns;
  readonly comesHome: boolean;
}

/** `key`: what the branch waits for, so that each time it is given out is a call of its own. */
export function branchCallId(key: string): string {
  return key + CALL_SUFFIX;
}

export function isOfBranch(callId: string): boolean {
  return callId.endsWith(CALL_SUFFIX);
}

export function branchValue({ path, turns, comesHome }: BranchAnswer): Value {
  return Vector.of(path, turnsValue(turns), comesHome);
}

export function turnsValue(turns: BranchTurns): Value {
  return Vector.adopt(turns.map((turn) => Vector.adopt(turn.map((one) => Vector.of(one.id, one.ok, one.ok ? one.value : one.error)))));
}

/** Null for what is no such answer. */
export function readBranchValue(value: Value): BranchAnswer | null {
  const [path, turns, comesHome] = itemsOf(value) ?? [];
  const read = turns === undefined ? null : readTurns(turns);
  return typeof path === 'string' && read !== null && typeof comesHome === 'boolean' ? { path, turns: read, comesHome } : null;
}

export function readTurns(value: Value): BranchTurns | null {
  const turns = itemsOf(value)?.map((turn) => itemsOf(turn)?.map(readAnswer) ?? [null]);
  return turns?.every((turn) => turn.length > 0 && turn.every((one) => one !== null)) === true ? (turns as BranchTurns) : null;
}

function readAnswer(value: Value): Answer | null {
  const [id, ok, given = null] = itemsOf(value) ?? [];
  if (typeof id !== 'string') return null;
  if (ok === true) return { id, ok, value: given };
  return ok === false && given instanceof ErrorValue ? { id, ok, error: given } : null;
}

function itemsOf(value: Value): readonly Value[] | null {
  return value instanceof Vector ? value.toArray() : null;
}

/** As `resume`, for answers among which are such. */
export function resumeBranches(state: State, answers: readonly Answer[], options?: ResumeOptions): Advance {
  if (!answers.some(({ id }) => isOfBranch(id))) return resume(state, answers, options);
  return goOnFrom(state, takeBranchTurns(state, answers), (at, others) => resume(at, others, options));
}

interface TakenTurns {
  /** The branches have gone on as far as they do with these answers; what has ended is not joined yet. */
  readonly state: State;
  readonly others: readonly Answer[];
  readonly events: readonly Event[];
}

export function takeBranchTurns(state: State, answers: readonly Answer[]): TakenTurns {
  const events: Event[] = [];
  let at = state;
  for (const answer of answers) {
    const given = isOfBranch(answer.id) && answer.ok ? readBranchValue(answer.value) : null;
    for (const turn of given?.turns ?? []) {
      const branch = branchAt(at, given!.path);
      if (branch === null || !waitsFor(branch, turn)) break;
      const next = resumeBranch(at, branch, turn);
      at = next.state;
      events.push(...next.events);
    }
  }
  return { state: at, others: answers.filter(({ id }) => !isOfBranch(id)), events };
}

/** The rest of a turn, once the branches have taken theirs. */
export function goOnFrom<Once extends Turn<State, Event>>(before: State, { state, others, events }: TakenTurns, go: (state: State, others: readonly Answer[]) => Once): Once | Advance {
  const isUnchanged = state === before && others.length === 0 && before.status === 'waiting';
  const turn: Once | Advance = isUnchanged ? { outcome: { kind: 'requires-host', calls: before.pending }, state: before, events: [] } : go(state, others);
  return events.length === 0 ? turn : { ...turn, events: [...events, ...turn.events] };
}

function waitsFor(branch: Fiber, turn: readonly Answer[]): boolean {
  const calls = new Set(branchCalls(branch).map(({ id }) => id));
  return turn.every(({ id }) => calls.delete(id));
}
