/** What the start of a run says that is what a worker wrote down of somebody else's branch (`branch/log.ts`). */
import { MapValue } from '../../value/map.ts';
import { Facts } from './facts.ts';

export interface LoggedBranchStart {
  readonly run: string;
  readonly path: string;
  /** The hash of the branch as it was given out. */
  readonly state: string;
}

/** Null: the run is one of its own. */
export function branchOf(started: Facts): LoggedBranchStart | null {
  const branch = started.value('branch');
  if (!(branch instanceof MapValue)) return null;
  const facts = new Facts(branch);
  return { run: facts.text('run') ?? '', path: facts.text('path') ?? '', state: facts.text('state') ?? '' };
}

/** For whoever wants to go on with it, or to do it again. */
export function branchLogText(run: string, { run: owner, path }: LoggedBranchStart): string {
  return `the run ${run} is what a worker wrote down of the branch ${path.replace(/\.$/, '')} of ${owner}: that is the run to go on with`;
}
