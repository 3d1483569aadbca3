/**
 * Runs the tree of fibers: every branch until it has ended or waits, joins what has ended, and says what is still
 * waited for.
 *
 * - F1 Fibers share nothing while they run, and each one's calls and events are numbered by its own path. So the order
 *   in which they run, and the order in which answers come, show nowhere.
 * - F2 A join is decided only when all its branches have ended or wait: a failure cancels the others then, the first in
 *   the order of the text decides.
 * - F3 Stopping a context raises an error where its fiber stands; its `finally` parts and compensations run before it ends,
 *   and a join waits for that. While compensations run, stops of what they belong to wait.
 * - F4 What no plan can get back (fuel, allocation, calls) ends the whole run at once.
 */
import { MapValue } from '../value/map.ts';
import { type ErrorValue, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { changeAt, type Changing, type Context } from './context.ts';
import { ROOT_ID } from './context-id.ts';
import type { CodeTable } from './code.ts';
import { comparePositions, type Event } from './event.ts';
import { fiberLike, hasEnded, outermost, shieldDepth } from './fiber.ts';
import { Machine } from './machine.ts';
import { errorValue, Raised } from './raise.ts';
import type { ResumeOptions } from './kernel.ts';
import type { Answer, Fiber, HostCall, Join, State, Stop } from './state.ts';
import { fetched } from './stored.ts';
import { cancelledError, timeoutError, withUndone } from './steps.ts';
import { asError, errorMap } from './thrown.ts';
import type { Tier } from './tier.ts';
import { type Sources, union } from './tracking.ts';

export class Scheduler {
  private readonly table: CodeTable;
  private readonly tier: Tier | null;
  private readonly machine: Machine;
  /** Answers that nobody has taken yet. Most runs get one at a time, for which a map would cost more than the search. */
  private single: Answer | null = null;
  private many: Map<string, Answer> | null = null;
  preempted = false;

  private constructor(table: CodeTable, tier: Tier | null) {
    this.table = table;
    this.tier = tier;
    this.machine = new Machine(table, tier);
  }

  /** One for this state, which nobody else has until it is given back. */
  static take(state: State, options: ResumeOptions, tier: Tier | null): Scheduler {
    const { table } = state;
    const scheduler = table.idle?.tier === tier ? table.idle : new Scheduler(table, tier);
    table.idle = null;
    scheduler.machine.prepare(state, options);
    scheduler.preempted = false;
    return scheduler;
  }

  /** These are the answers for whoever waits for them. */
  expect(answers: readonly Answer[]): this {
    if (answers.length === 1) this.single = answers[0]!;
    else if (answers.length > 1) this.many = new Map(answers.map((answer) => [answer.id, answer]));
    return this;
  }

  /** What was told, by position: branches run one after the other. Nothing may be asked of the scheduler any more. */
  giveBack(): readonly Event[] {
    const { events } = this.machine;
    this.single = this.many = null;
    if (this.machine.clear()) this.table.idle = this;
    return events === null ? NO_EVENTS : inOrder(events);
  }

  /** Tells of the answers that nobody took. */
  tellDropped(): void {
    const left = this.many?.keys() ?? (this.single === null ? NO_IDS : [this.single.id]);
    for (const call of left) this.machine.tell({ kind: 'answer-dropped', at: call, step: ROOT_ID, call });
  }

  /** Runs the fiber and its branches as far as they go. */
  settle(fiber: Fiber): Fiber {
    for (let at = fiber; ; ) {
      const next = this.advance(at);
      if (next === at || onlyBranchesMoved(at, next)) return next;
      at = next;
    }
  }

  /** The same with the value that the fiber waits for, where there is no other answer. */
  give(fiber: Fiber, value: Value): Fiber {
    const { machine } = this;
    const next = machine.give(fiber, value, null);
    // Where no step around it can have a deadline, the next look would see nothing else.
    return next.status === 'waiting' && next.context.parent === null && machine.quantum === Number.POSITIVE_INFINITY ? next : this.settle(this.spent(fiber, next));
  }

  /** The fiber after its next stretch; the same one when there is nothing to do for it. */
  private advance(before: Fiber): Fiber {
    const fiber = this.noteDeadlines(before);
    switch (fiber.status) {
      case 'ready':
        if (this.preempted) return fiber;
        return this.spent(fiber, isToStop(fiber) ? this.machine.leave(fiber) : this.machine.proceed(fiber));
      case 'waiting':
        return this.answer(fiber) ?? this.expire(fiber);
      case 'joining': {
        const next = this.advanceJoin(fiber);
        return next.status === 'joining' && !this.preempted ? this.expire(next) : next;
      }
      default:
        return fiber;
    }
  }

  begin(fiber: Fiber, fn: Value, args: readonly Value[]): Fiber {
    return this.settle(this.spent(fiber, this.machine.begin(fiber, fn, args, null)));
  }

  /** The fiber after a stretch of the machine, which has used some of the quantum. */
  private spent(fiber: Fiber, next: Fiber): Fiber {
    const { machine } = this;
    if (Number.isFinite(machine.quantum + fiber.fuel)) {
      const shared = next.join?.branches.reduce((sum, branch) => sum + branch.fuel, 0) ?? 0;
      machine.quantum = Math.max(0, machine.quantum - (fiber.fuel - next.fuel - shared));
    }
    if (next.status === 'ready') this.preempted = true;
    return next;
  }

  private takeAnswer(id: string): Answer | null {
    const answer = this.single === null ? this.many?.get(id) : this.single.id === id ? this.single : undefined;
    if (answer === undefined) return null;
    this.single = null;
    this.many?.delete(id);
    return answer;
  }

  private answer(fiber: Fiber): Fiber | null {
    const answer = this.takeAnswer(fiber.call!.id);
    if (answer === null) return null;
    const { machine } = this;
    return this.spent(fiber, answer.ok ? machine.give(fiber, answer.value, null) : machine.fail(fiber, new Raised(answer.error, false), null));
  }

  // --- stopping ------------------------------------------------------------------------------------------------------

  /** Answers to deadlines are kept until the fiber waits: what it can do without waiting is in time. */
  private noteDeadlines(fiber: Fiber): Fiber {
    if (this.single === null && this.many === null) return fiber;
    let { context } = fiber;
    for (const at of deadlines(fiber, false)) {
      const answer = this.takeAnswer(at.deadline!.id);
      if (answer === null) continue;
      const passed = answer.ok ? timeoutError(at) : answer.error;
      context = changeAt(context, at.depth, (one) => (one.deadline = { ...one.deadline!, passed }));
    }
    if (context === fiber.context) return fiber;
    const next = fiberLike(fiber);
    next.context = context;
    return next;
  }

  /** Of several deadlines that have passed that of the outermost step counts. */
  private expire(fiber: Fiber): Fiber {
    const expired = deadlines(fiber, true).at(-1);
    return expired === undefined ? fiber : this.stop(fiber, expired, expired.deadline!.passed!);
  }

  /** Has the context end, as soon as that may be; a stop further out counts for more. */
  private stop(fiber: Fiber, { depth }: Context, error: ErrorValue): Fiber {
    const stop: Stop = { depth, error, raised: false, cleanup: null };
    const next = fiberLike(fiber);
    if (depth <= shieldDepth(fiber)) {
      next.held = outermost(fiber.held, stop);
      return next;
    }
    if (outermost(fiber.stop, stop) !== stop) return fiber;
    next.stop = stop;
    if (fiber.status === 'waiting') {
      next.status = 'ready';
      next.call = null;
    }
    if (fiber.join !== null) next.join = this.cancelBranches(fiber.join, error.message);
    return next;
  }

  stopAll(main: Fiber, reason: string): Fiber {
    const root = rootOf(main);
    return this.stop(main, root, cancelledError(root, reason));
  }

  private cancelBranches(join: Join, reason: string): Join {
    return { ...join, branches: join.branches.map((branch) => this.cancel(branch, reason)) };
  }

  /** The branch, about to end; one that has ended, or is about to, stays as it is. */
  private cancel(branch: Fiber, reason: string): Fiber {
    if (hasEnded(branch) || branch.failing) return branch;
    const root = rootOf(branch);
    const error = cancelledError(root, reason);
    if (branch.status !== 'unstarted') return this.stop(branch, root, error);
    const next = fiberLike(branch);
    next.status = 'failed';
    next.cancelled = true;
    next.result = error;
    return this.ended(next);
  }

  // --- branches ------------------------------------------------------------------------------------------------------

  private advanceJoin(fiber: Fiber): Fiber {
    let join = this.start(fiber.join!, countBranches(fiber.join!));
    for (;;) {
      const settled = this.settleBranches(join);
      const counted = countBranches(settled);
      if (counted.fatal !== null) return this.endAll(fiber, settled, counted.fatal);
      if (this.preempted) return withJoin(fiber, settled);
      const decided = this.start(this.decide(settled, counted), counted);
      if (decided === settled) return counted.open + counted.unstarted > 0 ? withJoin(fiber, decided) : this.finish(fiber, decided);
      join = decided;
    }
  }

  private settleBranches(join: Join): Join {
    let changed: Fiber[] | null = null;
    const meant = this.single === null ? -1 : branchNumber(join, this.single.id);
    for (let i = 0; i < join.branches.length; i++) {
      const branch = join.branches[i]!;
      // Of thousands one has an answer: for what waits, and is not meant, there is nothing to do.
      if (i !== meant && branch.status === 'waiting' && this.many === null) continue;
      const settled = this.settleBranch(branch);
      if (settled === branch) continue;
      changed ??= join.branches.slice();
      changed[i] = settled;
    }
    return changed === null ? join : { ...join, branches: changed };
  }

  /** The branch as far as it goes by itself; with its last event when it has ended. */
  settleBranch(branch: Fiber): Fiber {
    const settled = this.settle(branch);
    return settled === branch || !hasEnded(settled) ? settled : this.ended(settled);
  }

  /** The branch with its last event. */
  private ended(branch: Fiber): Fiber {
    const status = branch.status === 'done' ? 'done' : branch.cancelled ? 'cancelled' : 'failed';
    const root = rootOf(branch);
    const index = root.occurrence;
    const next = fiberLike(branch);
    next.status = status;
    const at = `${branch.path}${(next.position += 1)}`;
    this.machine.tell(
      status === 'done'
        ? { kind: 'branch-completed', at, step: root.id, index }
        : { kind: status === 'failed' ? 'branch-failed' : 'branch-cancelled', at, step: root.id, index, error: branch.result },
    );
    return next;
  }

  /** Starts branches in order while there is room. */
  private start(join: Join, counted: Counted): Join {
    if (this.preempted || counted.unstarted === 0) return join;
    let { open } = counted;
    let changed: Fiber[] | null = null;
    for (let i = 0; i < join.branches.length && open < join.maxConcurrency && !this.preempted; i++) {
      const branch = join.branches[i]!;
      // Where branches take turns, one that is not wanted any more does not get its turn.
      if (isDecisive(branch, join)) break;
      if (branch.status !== 'unstarted') continue;
      changed ??= join.branches.slice();
      const started = this.startBranch(branch);
      changed[i] = started;
      if (!hasEnded(started)) open += 1;
      if (isDecisive(started, join)) break;
    }
    return changed === null ? join : { ...join, branches: changed };
  }

  private startBranch(branch: Fiber): Fiber {
    const root = branch.context;
    const next = fiberLike(branch);
    this.machine.tell({ kind: 'branch-started', at: `${branch.path}${(next.position += 1)}`, step: root.id, index: root.occurrence });
    const begun = this.spent(next, this.machine.begin(next, branch.result, [], branch.resultSources));
    return hasEnded(begun) ? this.ended(begun) : begun;
  }

  /** Without best effort the first failure cancels the others. */
  private decide(join: Join, counted: Counted): Join {
    if (join.bestEffort || join.failed !== null || counted.failed < 0) return join;
    return this.cancelBranches({ ...join, failed: counted.failed }, `branch ${counted.failed} failed`);
  }

  /** Goes on with what the branches gave, when all have ended. */
  private finish(fiber: Fiber, join: Join): Fiber {
    const good = join.branches.filter((branch) => branch.status === 'done');
    const sources = join.branches.reduce<Sources | null>((all, branch) => union(all, branch.resultSources), null);
    const joined = joinFiber(fiber, join, good);
    // What branches give has sources only for a fiber that looks after them.
    if (sources !== null) joined.variableSources ??= new Map();
    return this.spent(joined, this.goOn(joined, join, good, sources));
  }

  private goOn(joined: Changing<Fiber>, join: Join, good: readonly Fiber[], sources: Sources | null): Fiber {
    const { machine } = this;
    if (isToStop(joined)) return machine.leave(joined);
    if (join.failed !== null) {
      const { result, resultSources } = join.branches[join.failed]!;
      return machine.fail(joined, new Raised(result, false), resultSources);
    }
    if (join.bestEffort && good.length < join.minSuccess) return machine.fail(joined, new Raised(tooFew(joined.context, join, good.length), false), sources);
    joinVariables(joined, good);
    return machine.give(joined, Vector.adopt(join.branches.map(resultOf)), sources);
  }

  /** Ends everything that is open in the branches and the fiber. */
  private endAll(fiber: Fiber, join: Join, fatal: Fiber): Fiber {
    for (const branch of join.branches) this.kill(branch, fatal.result);
    const joined = joinFiber(fiber, join, []);
    return this.spent(joined, this.machine.fail(joined, new Raised(fatal.result, true), null));
  }

  private kill(fiber: Fiber, error: Value): void {
    if (hasEnded(fiber)) return;
    for (const branch of fiber.join?.branches ?? []) this.kill(branch, error);
    const next = fiberLike(fiber.frame === null ? fiber : this.machine.fail(fiber, new Raised(error, true), null));
    next.cancelled = true;
    next.result = error;
    this.ended(next);
  }
}

/** The number of the branch that a call was made in; -1, or one that is not there, for a call of somebody else. */
function branchNumber({ branches }: Join, call: string): number {
  const fork = branches[0]!.path.slice(0, -2); // without the first branch's own `0.`
  return call.startsWith(fork) ? Number.parseInt(call.slice(fork.length), 10) : -1;
}

function inOrder(events: Event[]): readonly Event[] {
  return events.some((event) => event.at.includes('.')) ? events.sort((a, b) => comparePositions(a.at, b.at)) : events;
}

const NO_IDS: readonly string[] = [];
const NO_EVENTS: readonly Event[] = [];

/** The branches at one look: there may be thousands, and each answer looks at all of them. */
interface Counted {
  readonly open: number;
  readonly unstarted: number;
  /** The number of the first that has failed, or fails and is being undone; -1 for none. */
  readonly failed: number;
  readonly fatal: Fiber | null;
}

function countBranches({ branches }: Join): Counted {
  let open = 0;
  let unstarted = 0;
  let failed = -1;
  let fatal: Fiber | null = null;
  for (let i = 0; i < branches.length; i++) {
    const branch = branches[i]!;
    if (branch.status === 'unstarted') unstarted += 1;
    else if (!hasEnded(branch)) open += 1;
    if (failed < 0 && (branch.status === 'failed' || (branch.failing && !branch.cancelled))) failed = i;
    if (branch.fatal) fatal ??= branch;
  }
  return { open, unstarted, failed, fatal };
}

/** Whether the fiber waits for its branches as before: they have been settled, so there is no more to do for it. */
function onlyBranchesMoved(before: Fiber, after: Fiber): boolean {
  return after.status === 'joining' && before.status === 'joining' && after.frame === before.frame && after.context === before.context && after.stop === before.stop && after.held === before.held;
}

/** Whether there is a context that it has to leave, and has not begun to. */
function isToStop({ stop }: Fiber): boolean {
  return stop?.raised === false;
}

function rootOf(fiber: Fiber): Context {
  let at = fiber.context;
  while (at.depth > fiber.rootDepth) at = at.parent!;
  return at;
}

function withJoin(fiber: Fiber, join: Join): Fiber {
  if (join === fiber.join) return fiber;
  const next = fiberLike(fiber);
  next.join = join;
  return next;
}

/** The open steps of the fiber whose deadline matters, and has passed or is still to come; the innermost first. */
function deadlines(fiber: Fiber, passed: boolean): readonly Context[] {
  let found: Context[] | null = null;
  for (let at: Context | null = fiber.context; at !== null && at.depth >= fiber.rootDepth; at = at.parent) {
    if (at.deadline !== null && (at.deadline.passed !== null) === passed && mayExpire(fiber, at)) (found ??= []).push(at);
  }
  return found ?? NO_CONTEXTS;
}

const NO_CONTEXTS: readonly Context[] = [];

/** Whether the time of the step matters: it is not about to end for something else. */
function mayExpire(fiber: Fiber, at: Context): boolean {
  const { stop, held } = fiber;
  const shield = shieldDepth(fiber);
  if (stop !== null && at.depth >= stop.depth) return false;
  return at.depth > shield || (at.depth < shield && (held === null || at.depth < held.depth));
}

/** Whether the branch has failed in a way that ends the join. */
function isDecisive(branch: Fiber, join: Join): boolean {
  return branch.status === 'failed' && !join.bestEffort && Number.isFinite(join.maxConcurrency);
}

/** The fiber before it goes on: what the branches left of the limits, and how to undo what completed in them. */
function joinFiber(fiber: Fiber, join: Join, good: readonly Fiber[]): Changing<Fiber> {
  const next = fiberLike(fiber);
  for (const branch of join.branches) {
    // What is unlimited stays so.
    next.fuel += branch.fuel;
    next.allocation += branch.allocation;
    next.calls += branch.calls;
  }
  for (const branch of good) next.context = withUndone(next.context, branch.context);
  next.join = null;
  return next;
}

/** Gives the fiber what the branches have defined, in their order, and where it comes from. */
function joinVariables(fiber: Changing<Fiber>, good: readonly Fiber[]): void {
  if (good.every((branch) => branch.defined.size === 0 && branch.variableSources === null)) return;
  const variables = new Map(fiber.variables);
  const sources = new Map(fiber.variableSources ?? []);
  const defined = new Set(fiber.defined);
  for (const branch of good) {
    for (const name of branch.defined) {
      variables.set(name, branch.variables.get(name)!);
      const own = branch.variableSources?.get(name);
      if (own === undefined) sources.delete(name);
      else sources.set(name, own);
      if (fiber.path !== '') defined.add(name);
    }
  }
  fiber.variables = variables;
  fiber.defined = defined;
  if (fiber.variableSources !== null || good.some((branch) => branch.variableSources !== null)) fiber.variableSources = sources;
}

/** `[true value data]` or `[false error nil]`. */
function resultOf(branch: Fiber): Value {
  return branch.status === 'done' ? Vector.of(true, branch.result, fetched(branch.context.data)) : Vector.of(false, branch.result, null);
}

function tooFew({ name }: Context, join: Join, good: number): ErrorValue {
  const bad = join.branches.flatMap((branch, index) => (branch.status === 'done' ? [] : [{ index, error: asError(branch.result) }]));
  const shown = bad.slice(0, 3).map(({ index, error }) => `branch ${index}: ${error.message}`).join('; ');
  const message = `Step "${name}": ${good} of ${join.branches.length} branches succeeded, ${join.minSuccess} must (${shown}${bad.length > 3 ? '; …' : ''})`;
  const errors = MapValue.from(bad.map(({ index, error }) => [index, errorMap(error)] as const));
  return errorValue('step', message, MapValue.of(keyword('succeeded'), good, keyword('errors'), errors));
}

// --- what is waited for ----------------------------------------------------------------------------------------------

/** All calls that the fiber and its branches wait for, in the order of the text; the deadlines of a step before what it waits for. */
export function pendingCalls(fiber: Fiber): readonly HostCall[] {
  // An array that grows begins with room for 17, and states keep it.
  if (fiber.call !== null && deadlines(fiber, false) === NO_CONTEXTS) return [fiber.call];
  return collectCalls(fiber, []);
}

function collectCalls(fiber: Fiber, calls: HostCall[]): HostCall[] {
  if (hasEnded(fiber) || fiber.status === 'unstarted') return calls;
  const due = deadlines(fiber, false);
  for (let i = due.length - 1; i >= 0; i--) calls.push(deadlineCall(due[i]!));
  if (fiber.call !== null) calls.push(fiber.call);
  if (fiber.join !== null) for (const branch of fiber.join.branches) collectCalls(branch, calls);
  return calls;
}

function deadlineCall(context: Context): HostCall {
  const { id, durationMs } = context.deadline!;
  return {
    id, capability: 'step.deadline', args: [durationMs], options: null, step: context.id, isolation: context.isolation,
    exposure: { allowed: false, keys: null }, derivedFrom: [], span: null,
  };
}
