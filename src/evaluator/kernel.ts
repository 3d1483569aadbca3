/**
 * The kernel's door: pure functions from (state, answer) to (outcome, state).
 *
 * The kernel owns what a plan means, its limits and its state; the host owns the world: capabilities, time, storage,
 * and the decision which of two resumptions of one state may spend.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { ErrorValue, type Keyword, keyword, type Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';
import { Vector } from '../value/vector.ts';
import type { CodeTable } from './code.ts';
import { type Context, contextKey, contextLike, type Isolation, ISOLATIONS, rootContext, visibleData, withRootData } from './context.ts';
import { DEFAULT_LIMITS, type Limits, meterOf } from './limits.ts';
import { mergeInto } from './merge.ts';
import { needsBase, readPolicy } from './merge-policy.ts';
import { fiberLike, hasEnded, newFiber, NOTHING_NAMED } from './fiber.ts';
import { pendingCalls, Scheduler } from './scheduler.ts';
import { ownBytes } from './steps.ts';
import { Raised } from './raise.ts';
import { fetched, Unfetched } from './stored.ts';
import { asError } from './thrown.ts';
import { Abandoned } from './tier.ts';
import type { Advance, Answer, Fiber, Outcome, State } from './state.ts';

export interface ResumeOptions {
  /** Fuel after which the run pauses with the outcome `preempted`. Default: never. */
  readonly quantum?: number;
  /**
   * Merges of this turn that must not happen, by the position of their event, with the error that the step fails with
   * instead. Whoever does not like a merge that a turn tells of forgets that turn, and takes it again with the merge refused: up
   * to there it is the same.
   */
  readonly refused?: ReadonlyMap<string, ErrorValue>;
}

export interface StartOptions extends ResumeOptions {
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /** Values of variables that exist from the start. */
  readonly variables?: Iterable<readonly [string, Value]>;
  /** What `context/get` finds outside of all steps. */
  readonly context?: MapValue;
  /** The isolation levels that steps may have. Default: all. */
  readonly isolations?: readonly Isolation[];
}

/** Calls the function with the arguments. */
export function start(table: CodeTable, fn: Value, args: readonly Value[], options: StartOptions = {}): Advance {
  const limits: Limits = options.limits ? { ...DEFAULT_LIMITS, ...options.limits } : DEFAULT_LIMITS;
  const data = options.context ?? MapValue.empty();
  const root = rootContext(data, ownBytes(data));
  const main = newFiber('ready', '', root, options.variables ? new Map(options.variables) : NOTHING_NAMED, limits, 0, null, null);
  const state: State = { table, limits, isolations: options.isolations ?? ISOLATIONS, main, status: 'ready', pending: [] };
  return go(state, [], options, (scheduler) => scheduler.begin(main, fn, args));
}

/**
 * Goes on with a state: with answers to some of its pending calls, or with none after a preemption. A state may be resumed
 * any number of times. Answers to calls that nobody waits for any more are dropped, with an event. Which positions were
 * calls is not kept, so that a state does not grow with its history: an answer to any position that was passed is dropped.
 * A state that is done, an answer to what is still to come, and no answer at all are errors of the caller: the outcome is
 * `failed` with kind `host` and the state is the one given.
 */
export function resume(state: State, answers: readonly Answer[], options: ResumeOptions = NO_OPTIONS): Advance {
  const problem = misuse(state, answers);
  if (problem !== null) return refused(state, problem);
  return go(state, answers, options, settle);
}

export const NO_OPTIONS: ResumeOptions = {};

type Stretch = (scheduler: Scheduler, main: Fiber) => Fiber;

function settle(scheduler: Scheduler, main: Fiber): Fiber {
  return scheduler.settle(main);
}

/**
 * Nothing that happens here shows before it is over: so what compiled code cannot finish is done again, interpreted, and where a value
 * is needed that is not here, nothing has happened.
 */
function go(state: State, answers: readonly Answer[], options: ResumeOptions, stretch: Stretch): Advance {
  for (let { tier } = state.table; ; tier = null) {
    try {
      return goOn(state, Scheduler.take(state, answers, options, tier), stretch);
    } catch (thrown) {
      if (thrown instanceof Unfetched) return { outcome: { kind: 'requires-values', values: thrown.values }, state, events: [] };
      if (!(thrown instanceof Abandoned)) throw thrown;
    }
  }
}

/**
 * Stops a run from outside: an error of kind `cancelled` is raised where it stands, which nothing in it can catch. Its
 * `finally` parts and its compensations run, so the outcome may be anything that a run waits for.
 */
export function cancel(state: State, reason: string, options: ResumeOptions = NO_OPTIONS): Advance {
  if (state.status === 'done') return refused(state, 'the run is over');
  return go(state, [], options, (scheduler, main) => scheduler.settle(scheduler.stopAll(main, reason)));
}

/**
 * The state with other keys in the root of its contexts, as a host may set them while a run waits. Steps that inherit see
 * them at once, isolated ones see what they saw before.
 */
export function updateContext(state: State, data: MapValue): State {
  const change = (root: Context): Context => {
    let changed = root.data;
    for (const [key, value] of data) changed = changed.set(contextKey(key, 'updateContext'), value);
    const next = contextLike(root);
    next.data = changed;
    next.sizeBytes = ownBytes(changed);
    return next;
  };
  const update = (fiber: Fiber): Fiber => {
    const { context, join } = fiber;
    const next = fiberLike(fiber);
    next.context = withRootData(context, change);
    if (join !== null) next.join = { ...join, branches: join.branches.map(update) };
    return next;
  };
  return { ...state, main: update(state.main) };
}

/**
 * The same, where a merge policy decides about keys that the root has already: `:keep-existing`, `:overwrite`, `:merge`. Nothing of the
 * run's limits is spent. The problem, for people, when it cannot be done.
 */
export function mergeContext(state: State, data: MapValue, policy: Value): Result<State, string> {
  const root = rootOf(state.main.context);
  const meter = meterOf(state.limits, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  try {
    const keyed = MapValue.from([...data].map(([key, value]) => [contextKey(key, 'a patch'), value] as const));
    const read = readPolicy(policy);
    if (needsBase(read)) return { ok: false, error: 'the policy needs what the root had before, or a function' };
    const { writes } = mergeInto(read, [{ data: keyed, branch: null, base: () => undefined }], { target: (key) => root.data.get(key), meter });
    const changed = updateContext(state, MapValue.from(writes));
    const { sizeBytes } = changed.main.context;
    const limit = state.limits.contextBytes;
    return sizeBytes <= limit ? { ok: true, value: changed } : { ok: false, error: `the contexts would have ${sizeBytes} bytes, and ${limit} are allowed` };
  } catch (thrown) {
    if (thrown instanceof Raised && thrown.value instanceof ErrorValue) return { ok: false, error: thrown.value.message };
    throw thrown;
  }
}

function rootOf(context: Context): Context {
  let root = context;
  while (root.parent !== null) root = root.parent;
  return root;
}

/**
 * What the step of a pending call shows of its context; whether the capability may see it is the host's policy. Throws `Unfetched`
 * when some of it lies in a store; `storedForCall` says what.
 */
export function exposedContext(state: State, callId: string): MapValue {
  const fiber = fiberOf(state.main, callId);
  if (fiber === null || !fiber.call!.exposure.allowed) return MapValue.empty();
  const { keys } = fiber.call!.exposure;
  const data = visibleData(fiber.context);
  return fetched(keys === null ? data : MapValue.from([...data].filter(([key]) => keys.includes((key as Keyword).name))));
}

/** The variables of the program where it made a pending call. */
export function variablesAt(state: State, callId: string): ReadonlyMap<string, Value> {
  return fiberOf(state.main, callId)?.variables ?? NOTHING_NAMED;
}

function fiberOf(fiber: Fiber, call: string): Fiber | null {
  if (fiber.call?.id === call) return fiber;
  for (const branch of fiber.join?.branches ?? []) {
    const found = fiberOf(branch, call);
    if (found !== null) return found;
  }
  return null;
}

/** What is left of the counted limits, with all branches that are under way. */
export function remaining(state: Pick<State, 'main'>): { readonly fuel: number; readonly allocation: number; readonly calls: number } {
  let { fuel, allocation, calls } = state.main;
  const add = (fiber: Fiber): void => {
    for (const branch of fiber.join?.branches ?? []) {
      fuel += branch.fuel;
      allocation += branch.allocation;
      calls += branch.calls;
      add(branch);
    }
  };
  add(state.main);
  return { fuel, allocation, calls };
}

function misuse(state: State, answers: readonly Answer[]): string | null {
  if (state.status === 'done') return 'the run is over';
  if (answers.length > 1) return misuseOfMany(state, answers);
  const [answer] = answers;
  if (answer !== undefined) return isPending(state, answer.id) || wasReached(state.main, answer.id) ? null : neverMade(answer.id);
  if (state.status === 'waiting') return `the run waits for an answer to ${state.pending.map((call) => call.id).join(' or ')}`;
  return null;
}

/** Without a closure, which would be a tenth of all that a resume allocates. */
function isPending({ pending }: State, id: string): boolean {
  for (let i = 0; i < pending.length; i++) if (pending[i]!.id === id) return true;
  return false;
}

function misuseOfMany(state: State, answers: readonly Answer[]): string | null {
  const pending = new Set(state.pending.map((call) => call.id));
  const given = new Set<string>();
  for (const { id } of answers) {
    if (given.has(id)) return `there are two answers to call ${id}`;
    given.add(id);
    if (!pending.has(id) && !wasReached(state.main, id)) return neverMade(id);
  }
  return null;
}

function neverMade(id: string): string {
  return `the run never made a call ${id}`;
}

/** The deepest branches have ids of some hundred numbers. */
const CALL_ID_LENGTH_MAX = 10_000;

/** Whether the run has been where the position is. */
function wasReached(main: Fiber, id: string): boolean {
  if (id.length > CALL_ID_LENGTH_MAX) return false;
  const parts = id.split('.');
  // Every second number is that of a branch; positions count from 1.
  return parts.length % 2 === 1 && parts.every((part, at) => isCount(part) && (at % 2 === 1 || part !== '0')) && Number(parts[0]) <= main.position;
}

function isCount(text: string): boolean {
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= 0 && String(number) === text;
}

function refused(state: State, problem: string): Advance {
  const error = new ErrorValue(keyword('error/host'), `Cannot resume: ${problem}`, null, null, Vector.empty());
  return { outcome: { kind: 'failed', error }, state, events: [] };
}

function goOn(before: State, scheduler: Scheduler, stretch: Stretch): Advance {
  const main = stretch(scheduler, before.main);
  scheduler.tellDropped();
  const ended = hasEnded(main);
  const pending = pendingCalls(main);
  const status = ended ? 'done' : scheduler.preempted ? 'ready' : 'waiting';
  const state: State = { table: before.table, limits: before.limits, isolations: before.isolations, main, status, pending };
  return { outcome: outcomeOf(state), state, events: scheduler.giveBack() };
}

function outcomeOf({ main, status, pending }: State): Outcome {
  switch (status) {
    case 'done':
      return main.status === 'done' ? { kind: 'complete', value: main.result } : { kind: 'failed', error: asError(main.result) };
    case 'waiting':
      return { kind: 'requires-host', calls: pending };
    case 'ready':
      return { kind: 'preempted', calls: pending };
  }
}
