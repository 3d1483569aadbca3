/**
 * Runs the tree of fibers: every branch until it has ended or waits, joins what has ended, and says what is still
 * waited for.
 *
 * - F1 Fibers share nothing while they run, and each one's calls and events are numbered by its own path. So the order
 *   in which they run, and the order in which answers come, show nowhere.
 * - F2 A join is decided only when all its branches have ended or wait: a failure cancels the others then, the first in
 *   the order of the text decides.
 * - F3 Stopping a fiber raises an error where it stands; its `finally` parts and compensations run before it ends, and a
 *   join waits for that. While compensations run nothing stops it.
 * - F4 What no plan can get back (fuel, allocation, calls) ends the whole run at once.
 */
import { MapValue } from '../value/map.ts';
import { type ErrorValue, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { changeAt, type Context, contextsFrom } from './context.ts';
import type { Event } from './event.ts';
import { type Entry, isShielded, Machine } from './machine.ts';
import { errorValue } from './raise.ts';
import type { Answer, Fiber, HostCall, Join } from './state.ts';
import { cancelledError, tellFailed, timeoutError, withUndone } from './steps.ts';
import { type Sources, union } from './tracking.ts';

export class Scheduler {
  private readonly machine: Machine;
  private readonly answers: Inbox;
  private quantum: number;
  private preempted = false;

  constructor(machine: Machine, answers: readonly Answer[], quantum: number) {
    this.machine = machine;
    this.answers = new Inbox(answers);
    this.quantum = quantum;
  }

  get events(): Event[] {
    return this.machine.events;
  }

  get wasPreempted(): boolean {
    return this.preempted;
  }

  /** Ids of the answers that nobody took. */
  get left(): readonly string[] {
    return this.answers.ids();
  }

  /** Runs the fiber and its branches as far as they go. */
  settle(fiber: Fiber): Fiber {
    for (let at = fiber; ; ) {
      const next = this.advance(at);
      if (next === at || onlyBranchesMoved(at, next)) return next;
      at = next;
    }
  }

  /** The fiber after its next stretch; the same one when there is nothing to do for it. */
  private advance(fiber: Fiber): Fiber {
    switch (fiber.status) {
      case 'ready':
        if (this.preempted) return fiber;
        return fiber.interrupt !== null && !isShielded(fiber.context, fiber.rootDepth) && !fiber.failing
          ? this.go({ ...fiber, interrupt: null }, { kind: 'error', error: fiber.interrupt, fatal: false })
          : this.go(fiber, { kind: 'proceed' });
      case 'waiting':
        return this.answers.size === 0 ? fiber : (this.answer(fiber) ?? this.expire(fiber) ?? fiber);
      case 'joining':
        return this.expire(fiber) ?? this.advanceJoin(fiber);
      default:
        return fiber;
    }
  }

  begin(fiber: Fiber, fn: Value, args: readonly Value[]): Fiber {
    return this.settle(this.go(fiber, { kind: 'begin', fn, args, sources: null }));
  }

  private go(fiber: Fiber, entry: Entry): Fiber {
    const next = this.machine.go(fiber, entry, this.quantum);
    const shared = next.join?.branches.reduce((sum, branch) => sum + branch.fuel, 0) ?? 0;
    if (Number.isFinite(fiber.fuel)) this.quantum = Math.max(0, this.quantum - (fiber.fuel - next.fuel - shared));
    if (next.status === 'ready') this.preempted = true;
    return next;
  }

  private answer(fiber: Fiber): Fiber | null {
    const answer = this.answers.take(fiber.call!.id);
    if (answer === null) return null;
    return this.go(fiber, answer.ok ? { kind: 'value', value: answer.value, sources: null } : { kind: 'error', error: answer.error, fatal: false });
  }

  // --- stopping ------------------------------------------------------------------------------------------------------

  /** A deadline of an open step has passed; of several the outermost counts. */
  private expire(fiber: Fiber): Fiber | null {
    if (this.answers.size === 0) return null;
    let expired: Context | null = null;
    for (const at of deadlines(fiber)) {
      if (this.answers.take(at.deadline!.id) === null) continue;
      expired = at;
    }
    return expired === null ? null : this.stop(fiber, expired, timeoutError(expired));
  }

  /** Marks the context as stopped and raises the error in the fiber as soon as that may be. */
  private stop(fiber: Fiber, at: Context, error: ErrorValue): Fiber {
    const context = changeAt(fiber.context, at.depth, (one) => ({ ...one, stopped: true }));
    const marked: Fiber = { ...fiber, context };
    const shielded = isShielded(context, fiber.rootDepth) || fiber.failing;
    if (fiber.status === 'joining' && !shielded) return { ...marked, join: this.cancelBranches({ ...fiber.join!, abort: error }, error.message) };
    return { ...marked, interrupt: error, ...(shielded || fiber.status === 'joining' ? {} : { status: 'ready' as const, call: null }) };
  }

  stopAll(main: Fiber, reason: string): Fiber {
    const root = rootOf(main);
    return root.stopped ? main : this.stop(main, root, cancelledError(root, reason));
  }

  private cancelBranches(join: Join, reason: string): Join {
    return { ...join, branches: join.branches.map((branch) => this.cancel(branch, reason)) };
  }

  /** The branch, about to end; one that has ended, or is about to, stays as it is. */
  private cancel(branch: Fiber, reason: string): Fiber {
    const root = rootOf(branch);
    const error = cancelledError(root, reason);
    if (branch.status === 'unstarted') return this.ended({ ...branch, status: 'failed', result: error }, 'cancelled');
    if (hasEnded(branch) || root.stopped) return branch;
    return this.stop(branch, root, error);
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
    for (let i = 0; i < join.branches.length; i++) {
      const branch = join.branches[i]!;
      const settled = this.settleBranch(branch);
      if (settled === branch) continue;
      changed ??= join.branches.slice();
      changed[i] = settled;
    }
    return changed === null ? join : { ...join, branches: changed };
  }

  private settleBranch(branch: Fiber): Fiber {
    const settled = this.settle(branch);
    if (settled === branch || !hasEnded(settled)) return settled;
    if (settled.status === 'done') return this.ended(settled, 'done');
    return this.ended(settled, rootOf(settled).stopped ? 'cancelled' : 'failed');
  }

  /** The branch with its last event. */
  private ended(branch: Fiber, status: 'done' | 'failed' | 'cancelled'): Fiber {
    const root = rootOf(branch);
    const index = root.occurrence;
    const position = branch.position + 1;
    const at = `${branch.path}${position}`;
    this.events.push(
      status === 'done'
        ? { kind: 'branch-completed', at, step: root.id, index }
        : { kind: status === 'failed' ? 'branch-failed' : 'branch-cancelled', at, step: root.id, index, error: branch.result },
    );
    return { ...branch, status, position };
  }

  /** Starts branches in order while there is room. */
  private start(join: Join, counted: Counted): Join {
    if (join.abort !== null || this.preempted || counted.unstarted === 0) return join;
    let { open } = counted;
    let changed: Fiber[] | null = null;
    for (let i = 0; i < join.branches.length && open < join.maxConcurrency && !this.preempted; i++) {
      const branch = join.branches[i]!;
      if (branch.status !== 'unstarted') continue;
      changed ??= join.branches.slice();
      changed[i] = this.startBranch(branch);
      if (!hasEnded(changed[i]!)) open += 1;
    }
    return changed === null ? join : { ...join, branches: changed };
  }

  private startBranch(branch: Fiber): Fiber {
    const root = branch.context;
    const position = branch.position + 1;
    this.events.push({ kind: 'branch-started', at: `${branch.path}${position}`, step: root.id, index: root.occurrence });
    const begun = this.go({ ...branch, position }, { kind: 'begin', fn: branch.result, args: [], sources: branch.resultSources });
    return hasEnded(begun) ? this.ended(begun, begun.status === 'done' ? 'done' : 'failed') : begun;
  }

  /** Without best effort the first failure cancels the others. */
  private decide(join: Join, { failed }: Counted): Join {
    if (join.bestEffort || join.abort !== null || failed === null) return join;
    const error = thrownError(failed.result);
    return this.cancelBranches({ ...join, abort: error }, `branch ${rootOf(failed).occurrence} failed`);
  }

  /** Goes on with what the branches gave, when all have ended. */
  private finish(fiber: Fiber, join: Join): Fiber {
    const good = join.branches.filter((branch) => branch.status === 'done');
    const joined = joinFiber(fiber, join, good);
    if (join.abort !== null) return this.go(joined, { kind: 'error', error: abortValue(join), fatal: false });
    if (join.bestEffort && good.length < join.minSuccess) {
      return this.go(joined, { kind: 'error', error: tooFew(join, good.length), fatal: false });
    }
    const sources = join.branches.reduce<Sources | null>((all, branch) => union(all, branch.resultSources), null);
    const variables = { variables: joinVariables(fiber, good), variableSources: joinVariableSources(fiber, good) };
    return this.go({ ...joined, ...variables }, { kind: 'value', value: Vector.adopt(join.branches.map(resultOf)), sources });
  }

  /** Ends everything that is open in the branches and the fiber. */
  private endAll(fiber: Fiber, join: Join, fatal: Fiber): Fiber {
    for (const branch of join.branches) this.kill(branch, fatal.result);
    const joined = joinFiber(fiber, join, []);
    return this.go({ ...joined, interrupt: null }, { kind: 'error', error: fatal.result, fatal: true });
  }

  private kill(fiber: Fiber, error: Value): void {
    if (hasEnded(fiber) || fiber.status === 'unstarted') return;
    for (const branch of fiber.join?.branches ?? []) this.kill(branch, error);
    let { position } = fiber;
    const nextPosition = (): string => `${fiber.path}${(position += 1)}`;
    const tell = (event: Event): void => void this.events.push(event);
    for (const at of contextsFrom(fiber.context, fiber.rootDepth + 1)) tellFailed({ tell, nextPosition }, at, error);
    const root = rootOf(fiber);
    tell({ kind: 'branch-cancelled', at: nextPosition(), step: root.id, index: root.occurrence, error });
  }
}

const NO_IDS: readonly string[] = [];

/** Answers that nobody has taken yet. Most runs get one at a time, for which a map would cost more than the search. */
class Inbox {
  size: number;
  private readonly single: Answer | null;
  private readonly many: Map<string, Answer> | null;

  constructor(answers: readonly Answer[]) {
    this.size = answers.length;
    this.single = answers.length === 1 ? answers[0]! : null;
    this.many = answers.length > 1 ? new Map(answers.map((answer) => [answer.id, answer])) : null;
  }

  take(id: string): Answer | null {
    const answer = this.size === 0 ? undefined : this.single === null ? this.many!.get(id) : this.single.id === id ? this.single : undefined;
    if (answer === undefined) return null;
    this.many?.delete(id);
    this.size -= 1;
    return answer;
  }

  ids(): readonly string[] {
    if (this.many !== null) return [...this.many.keys()];
    return this.size === 1 ? [this.single!.id] : NO_IDS;
  }
}

/** The branches at one look: there may be thousands, and each answer looks at all of them. */
interface Counted {
  readonly open: number;
  readonly unstarted: number;
  /** The first of each, in the order of the text. */
  readonly failed: Fiber | null;
  readonly fatal: Fiber | null;
}

function countBranches({ branches }: Join): Counted {
  let open = 0;
  let unstarted = 0;
  let failed: Fiber | null = null;
  let fatal: Fiber | null = null;
  for (const branch of branches) {
    if (branch.status === 'unstarted') unstarted += 1;
    else if (!hasEnded(branch)) open += 1;
    else if (branch.status === 'failed') failed ??= branch;
    if (branch.fatal) fatal ??= branch;
  }
  return { open, unstarted, failed, fatal };
}

/** Whether the fiber waits for its branches as before: they have been settled, so there is no more to do for it. */
function onlyBranchesMoved(before: Fiber, after: Fiber): boolean {
  return after.status === 'joining' && before.status === 'joining' && after.frame === before.frame && after.context === before.context;
}

export function hasEnded(fiber: Fiber): boolean {
  return fiber.status === 'done' || fiber.status === 'failed' || fiber.status === 'cancelled';
}

function rootOf(fiber: Fiber): Context {
  let at = fiber.context;
  while (at.depth > fiber.rootDepth) at = at.parent!;
  return at;
}

function withJoin(fiber: Fiber, join: Join): Fiber {
  return join === fiber.join ? fiber : { ...fiber, join };
}

/** The open steps of the fiber that have a deadline, the innermost first. */
function deadlines(fiber: Fiber): readonly Context[] {
  let found: Context[] | null = null;
  for (let at: Context | null = fiber.context; at !== null && at.depth >= fiber.rootDepth; at = at.parent) {
    if (at.deadline !== null && !at.stopped) (found ??= []).push(at);
  }
  return found ?? NO_CONTEXTS;
}

const NO_CONTEXTS: readonly Context[] = [];

/** The fiber before it goes on: what the branches left of the limits, and how to undo what completed in them. */
function joinFiber(fiber: Fiber, join: Join, good: readonly Fiber[]): Fiber {
  let { fuel, allocation, calls, context } = fiber;
  for (const branch of join.branches) {
    if (Number.isFinite(fuel)) fuel += branch.fuel;
    if (Number.isFinite(allocation)) allocation += branch.allocation;
    if (Number.isFinite(calls)) calls += branch.calls;
  }
  for (const branch of good) context = withUndone(context, branch.context);
  return { ...fiber, fuel, allocation, calls, context, join: null };
}

/** What the branches have defined, in their order. */
function joinVariables(fiber: Fiber, good: readonly Fiber[]): ReadonlyMap<string, Value> {
  let variables: Map<string, Value> | null = null;
  for (const branch of good) {
    if (branch.variables === fiber.variables) continue;
    for (const [name, value] of branch.variables) {
      if (fiber.variables.get(name) === value) continue;
      variables ??= new Map(fiber.variables);
      variables.set(name, value);
    }
  }
  return variables ?? fiber.variables;
}

/** The sources of the variables after the join; something is tracked when a branch tracks. */
function joinVariableSources(fiber: Fiber, good: readonly Fiber[]): ReadonlyMap<string, Sources> | null {
  if (good.every((branch) => branch.variableSources === null)) return fiber.variableSources;
  const sources = new Map(fiber.variableSources ?? []);
  for (const branch of good) {
    for (const [name, value] of branch.variables) {
      if (fiber.variables.get(name) === value) continue;
      const own = branch.variableSources?.get(name);
      if (own === undefined) sources.delete(name);
      else sources.set(name, own);
    }
  }
  return sources;
}

/** `[true value data]` or `[false error nil]`. */
function resultOf(branch: Fiber): Value {
  return branch.status === 'done' ? Vector.of(true, branch.result, branch.context.data) : Vector.of(false, branch.result, null);
}

/** A branch may throw any value; what decides a join is an error, or is carried by one. */
function thrownError(value: Value): ErrorValue {
  return typeof value === 'object' && value !== null && value.kind === 'error' ? value : errorValue('thrown', THROWN, value);
}

const THROWN = 'A branch threw a value';

/** What the join raises: the thrown value itself where it is no error. */
function abortValue(join: Join): Value {
  const { abort } = join;
  return abort!.message === THROWN && abort!.type.name === 'error/thrown' ? abort!.data : abort!;
}

function tooFew(join: Join, good: number): ErrorValue {
  const errors = Vector.adopt(join.branches.flatMap((branch) => (branch.status === 'done' ? [] : [branch.result])));
  const message = `Only ${good} of ${join.branches.length} branches succeeded, and ${join.minSuccess} must`;
  return errorValue('step', message, MapValue.of(keyword('succeeded'), good, keyword('errors'), errors));
}

// --- what is waited for ----------------------------------------------------------------------------------------------

/** All calls that the fiber and its branches wait for, in the order of the text; the deadlines of a step before what it waits for. */
export function pendingCalls(fiber: Fiber, calls: HostCall[] = []): HostCall[] {
  if (fiber.status !== 'waiting' && fiber.status !== 'joining') return calls;
  const due = deadlines(fiber);
  for (let i = due.length - 1; i >= 0; i--) calls.push(deadlineCall(due[i]!));
  if (fiber.call !== null) calls.push(fiber.call);
  if (fiber.join !== null) for (const branch of fiber.join.branches) pendingCalls(branch, calls);
  return calls;
}

function deadlineCall(context: Context): HostCall {
  const { id, durationMs } = context.deadline!;
  return {
    id, capability: 'step.deadline', args: [durationMs], options: null, step: context.id, isolation: context.isolation,
    exposure: { allowed: false, keys: null }, derivedFrom: [], span: null,
  };
}
