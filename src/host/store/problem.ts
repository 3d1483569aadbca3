/** The problems that every store has, in one wording. */
import { StoreProblem } from './port.ts';

export function runExists(run: string): StoreProblem {
  return new StoreProblem('run-exists', `there is a run ${run} already: choose another id, or go on with that run`);
}

/** Half a pair of surrogates is no text outside of this process: two such ids would be one in a file. */
export function checkRunId(run: string): void {
  if (/\p{Surrogate}/u.test(run)) throw new StoreProblem('unusable', `the id ${JSON.stringify(run)} cannot be written down as text: choose another`);
}

/** Why no run can have the id; null: one can. Stores take any text, but records name their run, and people see it in one line. */
export function runIdProblem(run: string): string | null {
  if (run === '') return 'the id of a run cannot be empty: choose one, or leave it out';
  return /\p{Cc}/u.test(run) ? `the id ${JSON.stringify(run)} has control characters in it: choose another` : null;
}

/** The same as what a store says. */
export function checkNewRunId(run: string): void {
  const problem = runIdProblem(run);
  if (problem !== null) throw new StoreProblem('unusable', problem);
}

export function unknownRun(run: string): StoreProblem {
  return new StoreProblem('unknown-run', `the store has no run ${run}`);
}

export function notEnded(run: string): StoreProblem {
  return new StoreProblem('not-ended', `the run ${run} has not ended: cancel it before it is removed`);
}

export function leaseLost(run: string): StoreProblem {
  return new StoreProblem('lease-lost', `the run ${run} is not driven from here any more: another process took it over, or it was given up`);
}

/** `seq` is the number of the last record that is there. */
export function outOfOrder(run: string, seq: number): StoreProblem {
  return new StoreProblem('out-of-order', `record ${seq + 1} of the run ${run} is the next, and another was to be written`);
}

export function storeClosed(): StoreProblem {
  return new StoreProblem('unusable', 'the store has been closed');
}
