/** Fibers as records: how they are made and copied, and what can be told of one at a look. */
import type { Value } from '../value/value.ts';
import type { Changing, Context } from './context.ts';
import type { Fiber, FiberStatus, Stop } from './state.ts';
import type { Tracker } from './tracking.ts';

/** One for all states: an empty map is as large as what a small run keeps on top of it. */
export const NOTHING_NAMED: ReadonlyMap<string, never> = new Map<string, never>();
const NOTHING_DEFINED: ReadonlySet<string> = new Set();

/** How deep branches may lie in branches: what walks the tree of fibers may recurse. */
export const FORKS_MAX = 200;
/** Frames that compensations may use beyond the limit. */
export const COMPENSATION_DEPTH = 1_000;

/** A fiber to which nothing has happened yet. `left`: its part of the limits. */
export function newFiber(
  status: FiberStatus, path: string, context: Context, variables: Fiber['variables'], left: Pick<Fiber, 'fuel' | 'allocation' | 'calls'>, depthBelow: number, result: Value, tracker: Tracker | null,
): Fiber {
  return {
    status, path, position: 0, frame: null, context, rootDepth: context.depth, variables, fuel: left.fuel, allocation: left.allocation, calls: left.calls, depthBelow,
    call: null, join: null, stop: null, held: null, failing: false, cancelled: false, defined: NOTHING_DEFINED, result,
    resultSources: tracker?.last ?? null, variableSources: tracker?.variables ?? null, fatal: false,
  };
}

/** A copy, to be changed by whoever has it before anybody else sees it; field by field, as `contextLike`. */
export function fiberLike(like: Fiber): Changing<Fiber> {
  return {
    status: like.status, path: like.path, position: like.position, frame: like.frame, context: like.context, rootDepth: like.rootDepth, variables: like.variables,
    fuel: like.fuel, allocation: like.allocation, calls: like.calls, depthBelow: like.depthBelow, call: like.call, join: like.join, stop: like.stop, held: like.held,
    failing: like.failing, cancelled: like.cancelled, defined: like.defined, result: like.result, resultSources: like.resultSources,
    variableSources: like.variableSources, fatal: like.fatal,
  };
}

export function hasEnded({ status }: Fiber): boolean {
  return status === 'done' || status === 'failed' || status === 'cancelled';
}

/** Whether its branches would lie too deep in one another. */
export function isTooDeep({ path }: Fiber): boolean {
  return path.split('.').length > 2 * FORKS_MAX;
}

type Shielded = Pick<Fiber, 'context' | 'rootDepth' | 'failing'>;

/** The depth of the innermost context whose compensations are running; 0 when there is none. Contexts up to there cannot be stopped. */
export function shieldDepth({ context, rootDepth, failing }: Shielded): number {
  for (let at: Context | null = context; at !== null && at.depth >= rootDepth; at = at.parent) if (at.compensating) return at.depth;
  return failing ? rootDepth : 0;
}

/** The frames that a fiber may use beyond the limit; branches that it makes may use them too. */
export function compensationRoom(fiber: Shielded): number {
  return shieldDepth(fiber) > 0 ? COMPENSATION_DEPTH : 0;
}

/** Of two stops the one of the outer context. */
export function outermost(a: Stop | null, b: Stop | null): Stop | null {
  return a === null || (b !== null && b.depth < a.depth) ? b : a;
}
