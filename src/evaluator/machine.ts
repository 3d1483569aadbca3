/**
 * The machine: an interpreter of register code with an explicit stack (M2). It runs one fiber at a time, and owns the
 * registers and the stack of the calls that the fiber has made since it was last resumed; the calls below stay on the heap as frames and are picked up one
 * at a time, when control returns to them, so that suspending costs the same at any depth.
 *
 * Invariants:
 * - Everything that survives `go` is in the `Fiber` it makes; the machine itself is scratch, and serves one resume after another.
 * - Heap frames are never changed: to go on in one is to copy its live registers into the register file.
 * - Fuel is charged once for each call of a function and each turn of a loop, and by primitives for the data they walk;
 *   a quantum ends only where fuel is charged for a call or a turn, which are suspension points.
 */
import { add, decrement, increment, multiply, subtract } from '../value/number.ts';
import { Closure, ErrorValue, type Keyword, type Value } from '../value/value.ts';
import { List } from '../value/list.ts';
import { Vector } from '../value/vector.ts';
import type { StepForm } from '../ir/step-options.ts';
import type { ArmCode, Code, CodeTable, Handler } from './code.ts';
import { type Changing, type Context, contextKey, holderOf, ISOLATIONS, NOWHERE, readContext } from './context.ts';
import type { Event } from './event.ts';
import { COMPENSATION_DEPTH, compensationRoom, fiberLike, FORKS_MAX, isTooDeep, newFiber, NOTHING_NAMED, outermost, shieldDepth } from './fiber.ts';
import { DEFAULT_LIMITS, fuelLeft, type Limits, meterOf, STRETCH } from './limits.ts';
import { CALL_POINT, CALL_SIZE, HOST_CALL_SIZE, Op, type OpCode } from './opcodes.ts';
import { callData, isMachineNumber, type KernelFunctions, kernelFunctions, same } from './operations.ts';
import { arityError } from './primitives/registry.ts';
import { chargeCells, chargeFuel, errorValue, raise, Raised, raiseLimit, raiseType } from './raise.ts';
import type { ResumeOptions } from './kernel.ts';
import type { Fiber, FiberStatus, Frame, State, Stop } from './state.ts';
import {
  afterFailure, branchContext, enterStep, failStep, forkOptions, leaveStep, runOperation, setContext, type Site, siteOf, sourcesOfEntries,
} from './steps.ts';
import { need } from './stored.ts';
import { withFailuresOf } from './thrown.ts';
import type { RunMeter, Running, Tier } from './tier.ts';
import { located, type TraceFrame } from './trace.ts';
import { originsOf, type Sources, trackedAddress, trackedArm, Tracker, union } from './tracking.ts';

/** Why `run` came back: what the fiber is then. */
type Signal = Exclude<FiberStatus, 'unstarted' | 'cancelled'>;

export class Machine implements Site, Running {
  readonly meter: RunMeter;
  limits: Limits = DEFAULT_LIMITS;
  isolations: State['isolations'] = ISOLATIONS;
  refused: Site['refused'];
  /** Fuel after which the run pauses. */
  quantum: number = Number.POSITIVE_INFINITY;
  /** The run pauses when less fuel than this is left. */
  private stopAt = 0;
  /** Null until something has happened. */
  events: Event[] | null = null;
  private readonly table: CodeTable;
  private readonly tier: Tier | null;
  private readonly kernel: KernelFunctions;
  /** The running fiber: a copy, which nobody else has before it is saved. */
  fiber: Changing<Fiber> = NO_FIBER;
  private ownDefined: Set<string> | null = null;
  private ownVariables: Map<string, Value> | null = null;

  // The running frame.
  arm!: ArmCode;
  closure: Closure = NOBODY;
  base = 0;
  pc = 0;
  tail = false;
  // The stack of calls made since the last resume, and the heap frames below it.
  // Copying what is written down here is faster than filling an array, and most runs are resumed to wait again after a few instructions.
  registers: Value[] = [null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null];
  private height = 0;
  private readonly stackArm: ArmCode[] = [];
  private readonly stackClosure: Closure[] = [];
  private readonly stackBase: number[] = [];
  /** The address of the call, times two, plus one when the frame was entered by a tail call. */
  private readonly stackPc: number[] = [];
  private below: Frame | null = null;
  depthLeft = 0;
  /** Null until the fiber has read a context. */
  private tracker: Tracker | null = null;

  constructor(table: CodeTable, tier: Tier | null) {
    this.table = table;
    this.tier = tier;
    this.kernel = kernelFunctions(table.primitives);
    this.meter = tier?.meter ?? meterOf(DEFAULT_LIMITS);
  }

  get context(): Context {
    return this.fiber.context;
  }

  set context(context: Context) {
    this.fiber.context = context;
  }

  // --- going in and out --------------------------------------------------------------------------------------------

  /** The fibers of this state are about to be run. */
  prepare({ limits, isolations }: State, { quantum, refused }: ResumeOptions): void {
    this.limits = limits;
    this.isolations = isolations;
    this.refused = refused;
    this.quantum = quantum ?? Number.POSITIVE_INFINITY;
  }

  /** Forgets all values. False: it has grown so much that making another one is better than keeping it. */
  clear(): boolean {
    const { registers, stackClosure } = this;
    if (Math.max(registers.length, stackClosure.length) > KEPT_MAX) return false;
    for (let i = 0; i < registers.length; i++) registers[i] = null;
    // What was used since the last resume lies below what was not.
    for (let i = 0; i < stackClosure.length && stackClosure[i] !== NOBODY; i++) stackClosure[i] = NOBODY;
    this.events = this.ownDefined = this.ownVariables = this.below = this.tracker = null;
    this.refused = undefined;
    this.closure = NOBODY;
    this.fiber = NO_FIBER;
    return true;
  }

  // Each of these runs a fiber until it has ended, waits, or has used the quantum, and gives what it has become.

  /** From its beginning, by calling the function. */
  begin(fiber: Fiber, fn: Value, args: readonly Value[], sources: Sources | null): Fiber {
    this.take(fiber);
    if (sources !== null) {
      this.tracker ??= new Tracker(NOTHING_NAMED);
      this.tracker.callee = sources;
    }
    this.reserve(args.length);
    args.forEach((arg, index) => (this.registers[index] = arg));
    try {
      if (!(fn instanceof Closure)) return this.save(this.complete(this.callOther(fn, 0, args.length)));
      this.enter(fn, 0, args.length);
    } catch (thrown) {
      if (!(thrown instanceof Raised)) throw thrown;
      this.fiber.result = thrown.value;
      this.fiber.fatal = thrown.fatal;
      return this.save('failed');
    }
    return this.save(this.run());
  }

  /** After a preemption. */
  proceed(fiber: Fiber): Fiber {
    this.take(fiber);
    return this.save(this.run());
  }

  /** With the value of its call, or of the branches that it waits for. */
  give(fiber: Fiber, value: Value, sources: Sources | null): Fiber {
    this.take(fiber);
    this.deliver(value, sources);
    return this.save(this.run());
  }

  /** By failing where it stands. */
  fail(fiber: Fiber, raised: Raised, sources: Sources | null): Fiber {
    this.take(fiber);
    if (this.tracker !== null) this.tracker.last = sources;
    return this.save(this.unwind(raised) ? this.run() : 'failed');
  }

  /** By leaving the context that has to end. */
  leave(fiber: Fiber): Fiber {
    this.take(fiber);
    const stop = this.fiber.stop!;
    const error = this.withPlace(new Raised(stop.error, false)) as ErrorValue;
    this.fiber.stop = { ...stop, error, raised: true };
    return this.save(this.unwindStopped(error) ? this.run() : 'failed');
  }

  private take(from: Fiber): void {
    const { meter, tier } = this;
    const fiber = fiberLike(from);
    this.fiber = fiber;
    fiber.call = fiber.join = null;
    if (!fiber.failing) fiber.result = null;
    meter.allocation = fiber.allocation;
    meter.limits = this.limits;
    this.stopAt = Math.max(0, fiber.fuel - this.quantum);
    this.refuel(fiber.fuel);
    tier?.begin(this);
    this.ownVariables = this.ownDefined = null;
    this.height = 0;
    this.below = null;
    this.tracker = fiber.variableSources === null ? null : new Tracker(fiber.variableSources);
    if (fiber.frame === null) this.depthLeft = this.depthLimit();
    else this.load(fiber.frame);
  }

  /** What is left, as data. */
  private save(signal: Signal): Fiber {
    const { fiber, meter, tracker } = this;
    const ended = signal === 'done' || signal === 'failed';
    fiber.status = signal;
    fiber.frame = ended ? null : this.spill(signal);
    // What failed for want of them may have asked for more than there was.
    fiber.fuel = Math.max(0, fuelLeft(meter));
    fiber.allocation = Math.max(0, meter.allocation);
    if (ended) fiber.stop = fiber.held = null;
    fiber.resultSources = ended && tracker !== null ? tracker.last : null;
    fiber.variableSources = tracker === null ? null : tracker.variables;
    return fiber;
  }

  private complete(value: Value): Signal {
    this.fiber.result = value;
    return this.fiber.failing ? 'failed' : 'done';
  }

  /** Makes the heap frame the running one. */
  private load(frame: Frame): void {
    const arm = this.tracker === null ? frame.arm : trackedArm(frame.arm);
    this.arm = arm;
    this.closure = frame.closure;
    this.base = 0;
    this.pc = arm.points[frame.point]!;
    // A loop's turn was paid for before the pause.
    if (frame.point !== 0 && arm.ops[this.pc] === Op.LOOP) this.pc += 2;
    this.tail = frame.tail;
    this.below = frame.parent;
    this.depthLeft = this.depthLimit() - frame.depth;
    this.reserve(arm.registers);
    const live = arm.liveAt(frame.point);
    for (let i = 0; i < live.length; i++) {
      this.registers[live[i]!] = frame.slots[i]!;
      this.tracker?.set(live[i]!, frame.sources?.[i + 1] ?? null);
    }
    if (this.tracker !== null) this.tracker.closure = frame.sources?.[0] ?? null;
  }

  /** From here on sources are tracked: the running calls go on in tracked code. */
  private startTracking(): Tracker {
    for (let i = 0; i < this.height; i++) {
      const arm = this.stackArm[i]!;
      const packed = this.stackPc[i]!;
      this.stackArm[i] = trackedArm(arm);
      this.stackPc[i] = trackedAddress(arm, packed >> 1) * 2 + (packed & 1);
    }
    this.pc = trackedAddress(this.arm, this.pc);
    this.arm = trackedArm(this.arm);
    this.tracker = new Tracker(NOTHING_NAMED);
    return this.tracker;
  }

  /** The calls of this machine as heap frames; the running one on top. */
  private spill(signal: Signal): Frame {
    let parent = this.below;
    for (let i = 0; i < this.height; i++) {
      const arm = this.stackArm[i]!;
      const packed = this.stackPc[i]!;
      const point = arm.ops[(packed >> 1) + CALL_POINT]!;
      parent = this.frame(arm, this.stackClosure[i]!, point, this.stackBase[i]!, (packed & 1) === 1, parent, this.tracker?.stack[i] ?? null);
    }
    return this.frame(this.arm, this.closure, this.pointAt(signal), this.base, this.tail, parent, this.tracker?.closure ?? null);
  }

  private frame(arm: ArmCode, closure: Closure, point: number, base: number, tail: boolean, parent: Frame | null, own: Sources | null): Frame {
    const { plain } = arm;
    const live = plain.liveAt(point);
    const sources = this.tracker === null ? null : frameSources(this.tracker, own, live, base);
    return { arm: plain, closure, point, slots: this.slots(base, live), parent, depth: parent === null ? 1 : parent.depth + 1, tail, sources };
  }

  /** The values of registers, from `base` on. Often there is one, and an array that is written down is made much faster than others. */
  private slots(base: number, live: readonly number[]): Value[] {
    const { registers } = this;
    if (live.length === 1) return [registers[base + live[0]!]!];
    const slots = new Array<Value>(live.length);
    for (let i = 0; i < live.length; i++) slots[i] = registers[base + live[i]!]!;
    return slots;
  }

  /** The point that the running frame stands at. */
  private pointAt(signal: Signal): number {
    if (signal === 'ready') return this.atLoop ? this.arm.ops[this.pc + 1]! : 0;
    return this.arm.ops[this.pc + CALL_POINT]!;
  }

  /** Whether the preemption came from a loop head; else it came from an entry. */
  private atLoop = false;

  reserve(size: number): void {
    const { registers } = this;
    if (size <= registers.length) return;
    const wanted = Math.max(size, registers.length * 2);
    while (registers.length < wanted) registers.push(null);
  }

  // --- calling -----------------------------------------------------------------------------------------------------

  /** A call with the `count` arguments from register `first` (absolute) on: the closure becomes the running frame, whose base is `first`. */
  private enter(closure: Closure, first: number, count: number): void {
    const code = closure.code as Code;
    const arm = code.armFor(count);
    if (arm === null) arityError(code.name ?? 'a function', code.arityText, count);
    if (this.depthLeft <= 0) raiseLimit('depth', this.limits.depth);
    if (arm.variadic) this.gather(arm, first, count);
    this.reserve(first + arm.registers);
    this.depthLeft -= 1;
    this.arm = this.tracker === null ? arm : trackedArm(arm);
    this.closure = closure;
    this.base = first;
    this.pc = 0;
    this.tail = false;
    if (this.tracker !== null) this.tracker.closure = this.tracker.callee;
  }

  /** Puts the arguments beyond the required ones into one list. */
  private gather(arm: ArmCode, first: number, count: number): void {
    const extra = this.registers.slice(first + arm.required, first + count);
    if (extra.length > 0) chargeCells(this.meter, extra.length);
    this.reserve(first + arm.required + 1);
    this.tracker?.set(first + arm.required, this.tracker.among(first + arm.required, extra.length));
    this.registers[first + arm.required] = List.adopt(extra);
  }

  private callOther(fn: Value, first: number, count: number): Value {
    return callData(fn, this.registers.slice(first, first + count), this.table.primitives, this.kernel, this.meter);
  }

  /** Back to the caller, which gets `value`; false when there is no caller left. */
  private return(value: Value): boolean {
    const sources = this.tracker?.last ?? null;
    if (!this.drop()) return false;
    this.deliver(value, sources);
    return true;
  }

  /** The running frame, which stands at a call, goes on behind it. */
  private deliver(value: Value, sources: Sources | null): void {
    const { ops } = this.arm;
    const register = this.base + ops[this.pc + 1]!;
    this.registers[register] = value;
    this.tracker?.set(register, sources);
    this.pc += ops[this.pc] === Op.HOST_CALL ? HOST_CALL_SIZE : CALL_SIZE;
  }

  /** Forgets the running frame; its caller, still at its call, becomes the running one. False when there is none. */
  private drop(): boolean {
    this.depthLeft += 1;
    if (this.height > 0) {
      const top = (this.height -= 1);
      const packed = this.stackPc[top]!;
      this.arm = this.stackArm[top]!;
      this.closure = this.stackClosure[top]!;
      this.base = this.stackBase[top]!;
      this.pc = packed >> 1;
      this.tail = (packed & 1) === 1;
      if (this.tracker !== null) this.tracker.closure = this.tracker.stack[top] ?? null;
      return true;
    }
    if (this.below === null) return false;
    this.load(this.below);
    return true;
  }

  // --- failing -----------------------------------------------------------------------------------------------------

  /** Finds who handles the error and goes there; false (with `result` set) when nobody does. */
  private unwind(raised: Raised): boolean {
    const value = this.withPlace(raised);
    if (raised.fatal) return this.failAll(value);
    if (this.fiber.stop?.raised === true) return this.unwindStopped(value);
    for (;;) {
      const handler = this.arm.handlers.find((one) => this.pc >= one.start && this.pc < one.end);
      if (handler !== undefined) return this.handle(handler, value);
      if (!this.drop()) return this.atBottom(value);
    }
  }

  /**
   * On the way out of a context that has to end. Errors of a `finally` that this has entered are handled in there as ever.
   * Otherwise it is the stop's own error that goes on, whatever was thrown: to the `finally`s and edges of steps on the way,
   * past all that catches and recovers, up to the context's own edge, where it becomes an error like any other.
   */
  private unwindStopped(thrown: Value): boolean {
    for (;;) {
      const depth = this.depth();
      for (const [index, handler] of this.arm.handlers.entries()) {
        if (this.pc < handler.start || this.pc >= handler.end) continue;
        if (this.isInCleanup(handler, depth)) return this.handle(handler, thrown);
        const stop: Stop = this.fiber.stop!;
        const isEdge = handler.kind === 'step' || handler.kind === 'recover';
        if (isEdge && this.context.depth === stop.depth) {
          this.fiber.stop = null;
          this.context = { ...this.context, deadline: null };
          return this.handle(handler, stop.error);
        }
        if (handler.kind === 'catch' || handler.kind === 'recover') continue;
        this.fiber.stop = { ...stop, cleanup: handler.kind === 'finally' ? { depth, handler: index } : null };
        return this.handle(handler, stop.error);
      }
      const { error } = this.fiber.stop!;
      if (!this.drop()) {
        this.fiber.cancelled = true;
        this.fiber.stop = null;
        return this.atBottom(error);
      }
    }
  }

  /** Whether the handler lies inside the `finally` that the stop has entered, in its frame or in one called from it. */
  private isInCleanup(handler: Handler, depth: number): boolean {
    const cleanup = this.fiber.stop!.cleanup;
    if (cleanup === null || depth < cleanup.depth) return false;
    if (depth > cleanup.depth) return true;
    const running = this.arm.handlers[cleanup.handler];
    const isThere = running !== undefined && this.pc >= running.at && this.pc < running.until;
    return isThere && handler.start >= running.at && handler.end <= running.until;
  }

  private handle(handler: Handler, value: Value): true {
    if (handler.kind === 'recover') this.context = afterFailure(this.context);
    this.registers[this.base + handler.register] = value;
    this.tracker?.set(this.base + handler.register, this.tracker.last);
    this.pc = handler.at;
    return true;
  }

  /** No frame is left: what has completed in the fiber's root is undone first. */
  private atBottom(error: Value): boolean {
    this.fiber.result = error;
    if (this.fiber.failing) return false;
    const fn = this.compensations(0, error);
    if (fn === null) return false;
    this.fiber.failing = true;
    this.depthLeft += COMPENSATION_DEPTH;
    this.enter(fn, 0, 2);
    return true;
  }

  /** Compensations have room of their own, so that a plan that fails for its depth can be undone. */
  private depthLimit(): number {
    return this.limits.depth + compensationRoom(this.fiber) - this.fiber.depthBelow;
  }

  /**
   * The library's function that undoes what has completed in the current context, which forgets it. Its arguments, what is to be undone
   * and the error, stand from the register `first` on; itself it has no sources. Null when there is nothing to be done.
   */
  private compensations(first: number, error: Value): Closure | null {
    const { tracker, context } = this;
    const entries = context.compensations;
    if (entries.size === 0) return null;
    this.context = { ...context, compensations: Vector.empty() };
    const last = entries.get(entries.size - 1);
    const fn = last instanceof Vector ? last.get(5) : null;
    if (!(fn instanceof Closure) || (fn.code as Code).armFor(2) === null) return null;
    this.reserve(first + 2);
    this.registers[first] = entries;
    this.registers[first + 1] = error;
    if (tracker !== null) {
      tracker.set(first + 1, tracker.last);
      tracker.set(first, sourcesOfEntries(entries));
      tracker.callee = null;
    }
    return fn;
  }

  argumentSources(): Sources | null {
    return this.tracker?.last ?? null;
  }

  derive(sources: Sources | null): void {
    const register = this.base + this.arm.ops[this.pc + 1]!;
    this.tracker?.set(register, union(this.tracker.get(register), sources));
  }

  /** What no plan may catch ends every open step of the fiber. */
  private failAll(value: Value): boolean {
    while (this.context.depth > this.fiber.rootDepth) failStep(this, value);
    this.fiber.result = value;
    this.fiber.fatal = true;
    return false;
  }

  private withPlace(raised: Raised): Value {
    const { value } = raised;
    if (!(value instanceof ErrorValue) || value.stack !== null) return value;
    return located(value, this.trace(), this.depth(), this.table);
  }

  private depth(): number {
    return this.height + 1 + (this.below?.depth ?? 0);
  }

  private *trace(): IterableIterator<TraceFrame> {
    yield { arm: this.arm, address: this.pc, tail: this.tail };
    for (let i = this.height - 1; i >= 0; i--) {
      const packed = this.stackPc[i]!;
      yield { arm: this.stackArm[i]!, address: packed >> 1, tail: (packed & 1) === 1 };
    }
    for (let at = this.below; at !== null; at = at.parent) yield { arm: at.arm, address: at.arm.points[at.point]!, tail: at.tail };
  }

  // --- variables, contexts, steps ----------------------------------------------------------------------------------

  variable(name: string): Value {
    const value = this.fiber.variables.get(name);
    if (value !== undefined) return value;
    return raise('undefined-symbol', `Undefined symbol: ${name}`);
  }

  setVariable(name: string, value: Value): void {
    const { fiber } = this;
    if (this.ownVariables === null) fiber.variables = this.ownVariables = new Map(fiber.variables);
    this.ownVariables.set(name, value);
    // What a branch defines is found again when it is joined.
    if (fiber.path === '' || fiber.defined.has(name)) return;
    if (this.ownDefined === null) fiber.defined = this.ownDefined = new Set(fiber.defined);
    this.ownDefined.add(name);
  }

  nextPosition(): string {
    const { fiber } = this;
    return `${fiber.path}${(fiber.position += 1)}`;
  }

  tell(event: Event): void {
    (this.events ??= []).push(event);
  }

  /**
   * At the edge of a step that has failed. True when its compensations have to run first: they are called from here, and
   * their value, the error, takes the place of this one when the edge is reached again.
   */
  private undo(register: number): boolean {
    const error = this.registers[this.base + register]!;
    const { compensating } = this.context;
    const fn = compensating ? null : this.compensations(this.base + this.arm.registers, error);
    if (fn !== null) {
      this.runCompensations(fn);
      return true;
    }
    if (compensating) this.endShield(register);
    failStep(this, this.registers[this.base + register]!);
    return false;
  }

  private runCompensations(fn: Closure): void {
    const { fiber } = this;
    if (shieldDepth(fiber) === 0) this.depthLeft += COMPENSATION_DEPTH;
    this.context = { ...this.context, compensating: true };
    // What is on its way out waits until they have run.
    fiber.held = outermost(fiber.held, fiber.stop);
    fiber.stop = null;
    this.enterFrom(fn, this.base + this.arm.registers, 2);
  }

  /** What wanted to stop the fiber meanwhile, or was on its way, goes on; with it what could not be undone. */
  private endShield(register: number): void {
    this.context = { ...this.context, compensating: false };
    const shield = shieldDepth(this.fiber);
    if (shield === 0) this.depthLeft -= COMPENSATION_DEPTH;
    // The step fails anyway.
    const { fiber } = this;
    if (fiber.held !== null && fiber.held.depth >= this.context.depth) fiber.held = null;
    if (fiber.held === null || fiber.held.depth <= shield) return;
    const error = withFailuresOf(fiber.held.error, this.registers[this.base + register]!);
    fiber.stop = { ...fiber.held, error, raised: true, cleanup: null };
    fiber.held = null;
    this.registers[this.base + register] = error;
  }

  /** Leaves the fiber waiting for its branches; false when there are none. */
  private fork(fns: Value, options: Value): boolean {
    const functions = this.kernel.elements.f1(fns, this.meter) as Vector;
    const count = functions.size;
    if (count === 0) return false;
    const { limits, context, fiber, meter } = this;
    if (count > limits.branches) raiseLimit('branches', limits.branches);
    if (context.depth > limits.contextDepth) raiseLimit('contextDepth', limits.contextDepth);
    if (isTooDeep(fiber)) raise('overflow', `Limit exceeded: branches of branches, more than ${FORKS_MAX} deep`);
    const choices = forkOptions(options, count);
    chargeCells(meter, count);
    const path = this.nextPosition();
    const share = { fuel: part(fuelLeft(meter), count), allocation: part(meter.allocation, count), calls: part(fiber.calls, count) };
    chargeFuel(meter, taken(share.fuel, count));
    meter.allocation -= taken(share.allocation, count);
    fiber.calls -= taken(share.calls, count);
    const depthBelow = fiber.depthBelow + this.depth() - compensationRoom(fiber);
    const branches = functions.toArray().map((result, index) => newFiber('unstarted', `${path}.${index}.`, branchContext(context, index), fiber.variables, share, depthBelow, result, this.tracker));
    fiber.join = { branches, ...choices, failed: null };
    return true;
  }

  private makeCall(ops: Int32Array, pc: number): void {
    const { base, registers } = this;
    if (this.fiber.calls <= 0) raiseLimit('calls', this.limits.calls);
    const capability = capabilityName(registers[base + ops[pc + 2]!]!);
    if (this.context.deciding) raise('step', `A merge policy may not call: :${capability} was called while it decided a key`);
    const first = base + ops[pc + 3]!;
    const count = ops[pc + 4]!;
    const options = ops[pc + 6]!;
    this.fiber.calls -= 1;
    const { step, isolation, exposure } = siteOf(this.context);
    this.fiber.call = {
      id: this.nextPosition(),
      capability,
      // What is written down is made faster than what is cut out.
      args: count === 1 ? [registers[first]!] : registers.slice(first, first + count),
      options: options < 0 ? null : registers[base + options]!,
      step, isolation, exposure,
      derivedFrom: originsOf(this.tracker?.among(first, count) ?? null),
      span: this.arm.spanAt(pc),
    };
  }

  // --- the loop ----------------------------------------------------------------------------------------------------

  /** Runs until there is a signal, handling errors on the way. */
  private run(): Signal {
    for (;;) {
      try {
        return this.execute();
      } catch (thrown) {
        this.tier?.takeFrames(this, thrown);
        if (!this.unwind(asRaised(thrown))) return 'failed';
      }
    }
  }

  /**
   * Executes instructions. `pc` in the object is exact whenever something can fail or suspend: it is written before
   * every instruction that calls out of this function. The cases are literal numbers because engines make a jump table
   * of those only; a test holds them against `opcodes.ts`.
   */
  private execute(): Signal {
    const { meter, kernel, registers } = this;
    /** Null where nothing is compiled: sources are tracked by the machine alone. */
    let tier = this.tracker === null ? this.tier : null;
    let { arm, base, pc } = this;
    let { ops } = arm;
    for (;;) {
      switch (ops[pc] as OpCode) {
        case 0 /* CONST */:
          registers[base + ops[pc + 1]!] = arm.constants[ops[pc + 2]!]!;
          pc += 3;
          continue;
        case 1 /* MOVE */:
          registers[base + ops[pc + 1]!] = registers[base + ops[pc + 2]!]!;
          pc += 3;
          continue;
        case 2 /* CAPTURE */:
          registers[base + ops[pc + 1]!] = this.closure.captures[ops[pc + 2]!]!;
          pc += 3;
          continue;
        case 3 /* SIBLING */: {
          const { closure } = this;
          const code = (closure.code as Code).siblings[ops[pc + 2]!]!;
          registers[base + ops[pc + 1]!] = code === closure.code ? closure : new Closure(code, closure.captures);
          pc += 3;
          continue;
        }
        case 4 /* DEFINITION */:
          registers[base + ops[pc + 1]!] = arm.target(ops[pc + 2]!).closure;
          pc += 3;
          continue;
        case 5 /* VAR */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = this.variable(arm.constants[ops[pc + 2]!] as string);
          pc += 3;
          continue;
        case 6 /* SET_VAR */:
          this.setVariable(arm.constants[ops[pc + 1]!] as string, registers[base + ops[pc + 2]!]!);
          pc += 3;
          continue;
        case 7 /* JUMP */:
          pc = ops[pc + 1]!;
          continue;
        case 8 /* JUMP_FALSE */: {
          const value = registers[base + ops[pc + 1]!]!;
          pc = value === null || value === false ? ops[pc + 2]! : pc + 3;
          continue;
        }
        case 9 /* JUMP_TRUE */: {
          const value = registers[base + ops[pc + 1]!]!;
          pc = value === null || value === false ? pc + 3 : ops[pc + 2]!;
          continue;
        }
        case 20 /* JUMP_NOT_NIL */:
          pc = registers[base + ops[pc + 1]!] === null ? pc + 3 : ops[pc + 2]!;
          continue;
        case 10 /* JUMP_NOT_LT */: {
          const a = registers[base + ops[pc + 1]!]!;
          const b = registers[base + ops[pc + 2]!]!;
          this.pc = pc;
          pc = (typeof a === 'number' && typeof b === 'number' ? a < b : kernel.lt.f2(a, b, meter) === true) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 11 /* JUMP_NOT_LE */: {
          const a = registers[base + ops[pc + 1]!]!;
          const b = registers[base + ops[pc + 2]!]!;
          this.pc = pc;
          pc = (typeof a === 'number' && typeof b === 'number' ? a <= b : kernel.le.f2(a, b, meter) === true) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 12 /* JUMP_NOT_GT */: {
          const a = registers[base + ops[pc + 1]!]!;
          const b = registers[base + ops[pc + 2]!]!;
          this.pc = pc;
          pc = (typeof a === 'number' && typeof b === 'number' ? a > b : kernel.gt.f2(a, b, meter) === true) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 13 /* JUMP_NOT_GE */: {
          const a = registers[base + ops[pc + 1]!]!;
          const b = registers[base + ops[pc + 2]!]!;
          this.pc = pc;
          pc = (typeof a === 'number' && typeof b === 'number' ? a >= b : kernel.ge.f2(a, b, meter) === true) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 14 /* JUMP_NOT_EQ */: {
          this.pc = pc;
          pc = same(registers[base + ops[pc + 1]!]!, registers[base + ops[pc + 2]!]!, kernel, meter) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 15 /* JUMP_NOT_LT_I */: {
          const a = registers[base + ops[pc + 1]!]!;
          this.pc = pc;
          pc = (typeof a === 'number' ? a < ops[pc + 2]! : kernel.lt.f2(a, ops[pc + 2]!, meter) === true) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 16 /* JUMP_NOT_LE_I */: {
          const a = registers[base + ops[pc + 1]!]!;
          this.pc = pc;
          pc = (typeof a === 'number' ? a <= ops[pc + 2]! : kernel.le.f2(a, ops[pc + 2]!, meter) === true) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 17 /* JUMP_NOT_GT_I */: {
          const a = registers[base + ops[pc + 1]!]!;
          this.pc = pc;
          pc = (typeof a === 'number' ? a > ops[pc + 2]! : kernel.gt.f2(a, ops[pc + 2]!, meter) === true) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 18 /* JUMP_NOT_GE_I */: {
          const a = registers[base + ops[pc + 1]!]!;
          this.pc = pc;
          pc = (typeof a === 'number' ? a >= ops[pc + 2]! : kernel.ge.f2(a, ops[pc + 2]!, meter) === true) ? pc + 4 : ops[pc + 3]!;
          continue;
        }
        case 19 /* JUMP_NOT_EQ_I */:
          pc = registers[base + ops[pc + 1]!] === ops[pc + 2]! ? pc + 4 : ops[pc + 3]!;
          continue;
        case 21 /* ADD */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = registers[base + ops[pc + 3]!]!;
          this.pc = pc;
          if (typeof a === 'number' && typeof b === 'number') {
            const result = a + b;
            // A whole result of whole numbers is an integer if it is safe; one that is not whole is a float as it is.
            if (Number.isInteger(result) ? Number.isInteger(a) && Number.isInteger(b) && Number.isSafeInteger(result) : true) registers[base + ops[pc + 1]!] = result;
            else registers[base + ops[pc + 1]!] = add(a, b);
          } else registers[base + ops[pc + 1]!] = isMachineNumber(a) && isMachineNumber(b) ? add(a, b) : kernel.add.f2(a, b, meter);
          pc += 4;
          continue;
        }
        case 22 /* SUB */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = registers[base + ops[pc + 3]!]!;
          this.pc = pc;
          if (typeof a === 'number' && typeof b === 'number') {
            const result = a - b;
            // A whole result of whole numbers is an integer if it is safe; one that is not whole is a float as it is.
            if (Number.isInteger(result) ? Number.isInteger(a) && Number.isInteger(b) && Number.isSafeInteger(result) : true) registers[base + ops[pc + 1]!] = result;
            else registers[base + ops[pc + 1]!] = subtract(a, b);
          } else registers[base + ops[pc + 1]!] = isMachineNumber(a) && isMachineNumber(b) ? subtract(a, b) : kernel.sub.f2(a, b, meter);
          pc += 4;
          continue;
        }
        case 23 /* MUL */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = registers[base + ops[pc + 3]!]!;
          this.pc = pc;
          if (typeof a === 'number' && typeof b === 'number') {
            const result = a * b;
            // As for sums; a product may be -0, which is no integer.
            if (Number.isInteger(result) ? Number.isInteger(a) && Number.isInteger(b) && Number.isSafeInteger(result) && result !== 0 : true) registers[base + ops[pc + 1]!] = result;
            else registers[base + ops[pc + 1]!] = multiply(a, b);
          } else registers[base + ops[pc + 1]!] = isMachineNumber(a) && isMachineNumber(b) ? multiply(a, b) : kernel.mul.f2(a, b, meter);
          pc += 4;
          continue;
        }
        case 24 /* ADD_I */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = ops[pc + 3]!;
          this.pc = pc;
          if (typeof a === 'number') {
            const result = a + b;
            if (Number.isInteger(result) ? Number.isInteger(a) && Number.isSafeInteger(result) : true) registers[base + ops[pc + 1]!] = result;
            else registers[base + ops[pc + 1]!] = add(a, b);
          } else registers[base + ops[pc + 1]!] = isMachineNumber(a) && isMachineNumber(b) ? add(a, b) : kernel.add.f2(a, b, meter);
          pc += 4;
          continue;
        }
        case 61 /* SUB_I */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = ops[pc + 3]!;
          this.pc = pc;
          if (typeof a === 'number') {
            const result = a - b;
            if (Number.isInteger(result) ? Number.isInteger(a) && Number.isSafeInteger(result) : true) registers[base + ops[pc + 1]!] = result;
            else registers[base + ops[pc + 1]!] = subtract(a, b);
          } else registers[base + ops[pc + 1]!] = isMachineNumber(a) && isMachineNumber(b) ? subtract(a, b) : kernel.sub.f2(a, b, meter);
          pc += 4;
          continue;
        }
        case 62 /* INC */: {
          const a = registers[base + ops[pc + 2]!]!;
          this.pc = pc;
          if (typeof a === 'number') {
            const result = a + 1;
            if (Number.isInteger(result) ? Number.isInteger(a) && Number.isSafeInteger(result) : true) registers[base + ops[pc + 1]!] = result;
            else registers[base + ops[pc + 1]!] = increment(a);
          } else registers[base + ops[pc + 1]!] = kernel.inc.f1(a, meter);
          pc += 3;
          continue;
        }
        case 63 /* DEC */: {
          const a = registers[base + ops[pc + 2]!]!;
          this.pc = pc;
          if (typeof a === 'number') {
            const result = a - 1;
            if (Number.isInteger(result) ? Number.isInteger(a) && Number.isSafeInteger(result) : true) registers[base + ops[pc + 1]!] = result;
            else registers[base + ops[pc + 1]!] = decrement(a);
          } else registers[base + ops[pc + 1]!] = kernel.dec.f1(a, meter);
          pc += 3;
          continue;
        }
        case 25 /* LT */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = registers[base + ops[pc + 3]!]!;
          this.pc = pc;
          registers[base + ops[pc + 1]!] = typeof a === 'number' && typeof b === 'number' ? a < b : kernel.lt.f2(a, b, meter) === true;
          pc += 4;
          continue;
        }
        case 26 /* LE */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = registers[base + ops[pc + 3]!]!;
          this.pc = pc;
          registers[base + ops[pc + 1]!] = typeof a === 'number' && typeof b === 'number' ? a <= b : kernel.le.f2(a, b, meter) === true;
          pc += 4;
          continue;
        }
        case 27 /* GT */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = registers[base + ops[pc + 3]!]!;
          this.pc = pc;
          registers[base + ops[pc + 1]!] = typeof a === 'number' && typeof b === 'number' ? a > b : kernel.gt.f2(a, b, meter) === true;
          pc += 4;
          continue;
        }
        case 28 /* GE */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = registers[base + ops[pc + 3]!]!;
          this.pc = pc;
          registers[base + ops[pc + 1]!] = typeof a === 'number' && typeof b === 'number' ? a >= b : kernel.ge.f2(a, b, meter) === true;
          pc += 4;
          continue;
        }
        case 29 /* EQ */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = same(registers[base + ops[pc + 2]!]!, registers[base + ops[pc + 3]!]!, kernel, meter);
          pc += 4;
          continue;
        case 30 /* NOT */: {
          const value = registers[base + ops[pc + 2]!]!;
          registers[base + ops[pc + 1]!] = value === null || value === false;
          pc += 3;
          continue;
        }
        case 31 /* IS_NIL */:
          registers[base + ops[pc + 1]!] = registers[base + ops[pc + 2]!] === null;
          pc += 3;
          continue;
        case 32 /* NTH */: {
          const a = registers[base + ops[pc + 2]!]!;
          const b = registers[base + ops[pc + 3]!]!;
          this.pc = pc;
          const found = a instanceof Vector && typeof b === 'number' ? a.get(b) : undefined;
          registers[base + ops[pc + 1]!] = found !== undefined ? found : kernel.nth.f2(a, b, meter);
          pc += 4;
          continue;
        }
        case 33 /* GET */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = kernel.get.f2(registers[base + ops[pc + 2]!]!, registers[base + ops[pc + 3]!]!, meter);
          pc += 4;
          continue;
        case 34 /* KEYWORD_GET */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = kernel.keywordGet.f2(registers[base + ops[pc + 2]!]!, registers[base + ops[pc + 3]!]!, meter);
          pc += 4;
          continue;
        case 35 /* CONJ */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = kernel.conj.f2(registers[base + ops[pc + 2]!]!, registers[base + ops[pc + 3]!]!, meter);
          pc += 4;
          continue;
        case 36 /* COUNT */: {
          const a = registers[base + ops[pc + 2]!]!;
          this.pc = pc;
          registers[base + ops[pc + 1]!] = a instanceof Vector ? a.size : kernel.count.f1(a, meter);
          pc += 3;
          continue;
        }
        case 37 /* FIRST */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = kernel.first.f1(registers[base + ops[pc + 2]!]!, meter);
          pc += 3;
          continue;
        case 38 /* PRIMITIVE_0 */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = arm.primitives[ops[pc + 2]!]!.f0(meter);
          pc += 3;
          continue;
        case 39 /* PRIMITIVE_1 */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = arm.primitives[ops[pc + 2]!]!.f1(registers[base + ops[pc + 3]!]!, meter);
          pc += 4;
          continue;
        case 40 /* PRIMITIVE_2 */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = arm.primitives[ops[pc + 2]!]!.f2(registers[base + ops[pc + 3]!]!, registers[base + ops[pc + 4]!]!, meter);
          pc += 5;
          continue;
        case 41 /* PRIMITIVE_3 */:
          this.pc = pc;
          registers[base + ops[pc + 1]!] = arm.primitives[ops[pc + 2]!]!.f3(registers[base + ops[pc + 3]!]!, registers[base + ops[pc + 4]!]!, registers[base + ops[pc + 5]!]!, meter);
          pc += 6;
          continue;
        case 42 /* PRIMITIVE_N */: {
          const first = base + ops[pc + 3]!;
          this.pc = pc;
          registers[base + ops[pc + 1]!] = arm.primitives[ops[pc + 2]!]!.rest(registers.slice(first, first + ops[pc + 4]!), meter);
          pc += 5;
          continue;
        }
        case 44 /* CALL_DEFINITION */: {
          const target = arm.target(ops[pc + 2]!);
          const callee = target.arm;
          const first = base + ops[pc + 3]!;
          this.pc = pc;
          if (tier !== null && callee !== null && tier.isHot(callee)) {
            if (this.callCompiled(tier, target.closure, first, ops[pc + 4]!)) return 'ready';
            ({ arm, base, pc } = this);
            ({ ops } = arm);
            continue;
          }
          if (callee === null || callee.variadic) this.enterFrom(target.closure, first, ops[pc + 4]!);
          else {
            if (this.depthLeft <= 0) raiseLimit('depth', this.limits.depth);
            if (first + callee.registers > registers.length) this.reserve(first + callee.registers);
            const top = this.height++;
            this.stackArm[top] = arm;
            this.stackClosure[top] = this.closure;
            this.stackBase[top] = base;
            this.stackPc[top] = this.tail ? pc * 2 + 1 : pc * 2;
            this.depthLeft -= 1;
            this.arm = callee;
            this.closure = target.closure;
            this.base = first;
            this.pc = 0;
            this.tail = false;
          }
          arm = this.arm;
          base = this.base;
          ops = arm.ops;
          pc = 0;
          if (--meter.fuel < 0 && this.outOfFuel(false)) return 'ready';
          continue;
        }
        case 43 /* CALL */: {
          this.pc = pc;
          const fn = registers[base + ops[pc + 2]!]!;
          const first = base + ops[pc + 3]!;
          const count = ops[pc + 4]!;
          if (!(fn instanceof Closure)) {
            registers[base + ops[pc + 1]!] = this.callOther(fn, first, count);
            pc += CALL_SIZE;
            continue;
          }
          if (tier !== null && this.isHot(tier, fn, count)) {
            if (this.callCompiled(tier, fn, first, count)) return 'ready';
            ({ arm, base, pc } = this);
            ({ ops } = arm);
            continue;
          }
          this.enterFrom(fn, first, count);
          arm = this.arm;
          base = this.base;
          ops = arm.ops;
          pc = 0;
          if (--meter.fuel < 0 && this.outOfFuel(false)) return 'ready';
          continue;
        }
        case 45 /* TAIL_CALL */:
        case 46 /* TAIL_CALL_DEFINITION */: {
          this.pc = pc;
          const fn: Value = ops[pc] === 45 /* TAIL_CALL */ ? registers[base + ops[pc + 1]!]! : arm.target(ops[pc + 1]!).closure;
          const first = base + ops[pc + 2]!;
          const count = ops[pc + 3]!;
          if (!(fn instanceof Closure)) {
            const value = this.callOther(fn, first, count);
            if (!this.return(value)) return this.complete(value);
          } else if (tier !== null && this.isHot(tier, fn, count)) {
            const value = tier.call(fn, registers, first, count, this.depthLeft + 1);
            if (value !== undefined) {
              if (!this.return(value)) return this.complete(value);
            } else if (tier.takeOver(this)) return 'ready';
          } else {
            this.replace(fn, first, count);
            if (--meter.fuel < 0 && this.outOfFuel(false)) return 'ready';
          }
          ({ arm, base, pc } = this);
          ({ ops } = arm);
          continue;
        }
        case 47 /* APPLY */: {
          this.pc = pc;
          const fn = registers[base + ops[pc + 2]!]!;
          const count = this.spread(registers[base + ops[pc + 3]!]!, base + ops[pc + 4]!);
          if (!(fn instanceof Closure)) {
            registers[base + ops[pc + 1]!] = this.callOther(fn, base + ops[pc + 4]!, count);
            pc += CALL_SIZE;
            continue;
          }
          this.enterFrom(fn, base + ops[pc + 4]!, count);
          ({ arm, base } = this);
          ({ ops } = arm);
          pc = 0;
          if (--meter.fuel < 0 && this.outOfFuel(false)) return 'ready';
          continue;
        }
        case 48 /* TAIL_APPLY */: {
          this.pc = pc;
          const fn = registers[base + ops[pc + 1]!]!;
          const first = base + ops[pc + 3]!;
          const count = this.spread(registers[base + ops[pc + 2]!]!, first);
          if (!(fn instanceof Closure)) {
            const value = this.callOther(fn, first, count);
            if (!this.return(value)) return this.complete(value);
          } else {
            this.replace(fn, first, count);
            if (--meter.fuel < 0 && this.outOfFuel(false)) return 'ready';
          }
          ({ arm, base, pc } = this);
          ({ ops } = arm);
          continue;
        }
        case 49 /* HOST_CALL */:
          this.pc = pc;
          this.makeCall(ops, pc);
          return 'waiting';
        case 50 /* CLOSURE */: {
          const count = ops[pc + 3]!;
          const captures = new Array<Value>(count);
          for (let i = 0; i < count; i++) captures[i] = registers[base + ops[pc + 4 + i]!]!;
          this.pc = pc;
          chargeCells(meter, 1 + count);
          registers[base + ops[pc + 1]!] = new Closure(arm.codes[ops[pc + 2]!]!, captures);
          pc += 4 + count;
          continue;
        }
        case 51 /* LOOP */:
          this.pc = pc;
          if (tier !== null && tier.isHot(arm)) {
            const loop = tier.loop(this, ops[pc + 1]!);
            if (loop !== null) {
              const value = loop();
              if (value !== undefined) {
                if (!this.return(value)) return this.complete(value);
              } else if (tier.takeOver(this)) return 'ready';
              ({ arm, base, pc } = this);
              ({ ops } = arm);
              continue;
            }
          }
          if (--meter.fuel < 0 && this.outOfFuel(true)) return 'ready';
          pc += 2;
          continue;
        case 52 /* RETURN */: {
          const value = registers[base + ops[pc + 1]!]!;
          if (this.height === 0 || this.tracker !== null) {
            if (!this.return(value)) return this.complete(value);
            arm = this.arm;
            base = this.base;
            ops = arm.ops;
            pc = this.pc;
            continue;
          }
          const top = (this.height -= 1);
          const packed = this.stackPc[top]!;
          arm = this.stackArm[top]!;
          base = this.stackBase[top]!;
          ops = arm.ops;
          pc = packed >> 1;
          this.arm = arm;
          this.base = base;
          this.closure = this.stackClosure[top]!;
          this.tail = (packed & 1) === 1;
          this.depthLeft += 1;
          registers[base + ops[pc + 1]!] = value;
          pc += CALL_SIZE;
          continue;
        }
        case 53 /* THROW */:
          this.pc = pc;
          throw new Raised(registers[base + ops[pc + 1]!]!, false);
        case 60 /* MAKE_PENDING */:
          registers[base + ops[pc + 1]!] = Vector.of(registers[base + ops[pc + 2]!]!);
          pc += 3;
          continue;
        case 54 /* RETHROW_PENDING */: {
          const waiting = registers[base + ops[pc + 1]!]!;
          this.pc = pc;
          if (waiting instanceof Vector) throw new Raised(waiting.get(0) ?? null, false);
          pc += 2;
          continue;
        }
        case 55 /* CONTEXT_GET */: {
          this.pc = pc;
          const key = contextKey(registers[base + ops[pc + 2]!]!, 'context/get');
          const found = readContext(this.context, key);
          if (found === undefined) pc = ops[pc + 3]!;
          else {
            need([found]);
            const tracker = this.tracker ?? this.startTracking();
            tier = null;
            ({ arm, pc } = this);
            ({ ops } = arm);
            registers[base + ops[pc + 1]!] = found;
            tracker.set(base + ops[pc + 1]!, [{ key: key as Keyword, context: holderOf(this.context, key)!.id, value: found }]);
            pc += 4;
          }
          continue;
        }
        case 56 /* CONTEXT_SET */: {
          this.pc = pc;
          setContext(this, contextKey(registers[base + ops[pc + 1]!]!, 'context/set'), registers[base + ops[pc + 2]!]!, originsOf(this.tracker?.get(base + ops[pc + 2]!) ?? null));
          pc += 3;
          continue;
        }
        case 57 /* STEP_ENTER */: {
          const description = arm.constants[ops[pc + 1]!] as Vector;
          const options = ops[pc + 2]!;
          this.pc = pc;
          enterStep(this, description.get(0) as string, (description.get(1) as Keyword).name as StepForm, options < 0 ? null : registers[base + options]!);
          pc += 3;
          continue;
        }
        case 58 /* STEP_LEAVE */:
          this.pc = pc;
          leaveStep(this, ops[pc + 1] === 1);
          pc += 2;
          continue;
        case 59 /* STEP_FAIL */:
          this.pc = pc;
          if (this.undo(ops[pc + 2]!)) {
            ({ arm, base } = this);
            ({ ops } = arm);
            pc = 0;
            if (--meter.fuel < 0 && this.outOfFuel(false)) return 'ready';
          } else pc = ops[pc + 3]!;
          continue;
        case 64 /* FORK */:
          this.pc = pc;
          if (this.fork(registers[base + ops[pc + 2]!]!, registers[base + ops[pc + 3]!]!)) return 'joining';
          registers[base + ops[pc + 1]!] = Vector.empty();
          pc += CALL_SIZE;
          continue;
        case 66 /* TRACK */:
          this.tracker!.before(arm, pc + 1, base);
          pc += 1;
          continue;
        case 65 /* OPERATION */: {
          const first = base + ops[pc + 3]!;
          this.pc = pc;
          registers[base + ops[pc + 1]!] = runOperation(this, ops[pc + 2]!, registers.slice(first, first + ops[pc + 4]!));
          pc += 5;
          continue;
        }
      }
    }
  }

  /** A call that returns here. */
  enterFrom(fn: Closure, first: number, count: number): void {
    const { arm, closure, base, pc, tail } = this;
    const own = this.tracker?.closure ?? null;
    this.enter(fn, first, count);
    const top = this.height++;
    this.stackArm[top] = arm;
    this.stackClosure[top] = closure;
    this.stackBase[top] = base;
    this.stackPc[top] = pc * 2 + (tail ? 1 : 0);
    if (this.tracker !== null) this.tracker.stack[top] = own;
  }

  // --- compiled code -----------------------------------------------------------------------------------------------

  private isHot(tier: Tier, fn: Closure, count: number): boolean {
    const arm = (fn.code as Code).armFor(count);
    return arm !== null && tier.isHot(arm);
  }

  /** A call that returns here, or leaves its frames here; true to preempt. */
  private callCompiled(tier: Tier, fn: Closure, first: number, count: number): boolean {
    const value = tier.call(fn, this.registers, first, count, this.depthLeft);
    if (value === undefined) return tier.takeOver(this);
    this.registers[this.base + this.arm.ops[this.pc + 1]!] = value;
    this.pc += CALL_SIZE;
    return false;
  }

  push(): void {
    const top = this.height++;
    this.stackArm[top] = this.arm;
    this.stackClosure[top] = this.closure;
    this.stackBase[top] = this.base;
    this.stackPc[top] = this.pc * 2 + (this.tail ? 1 : 0);
    this.depthLeft -= 1;
  }

  /** A tail call: the running frame makes room for the callee. */
  replace(fn: Closure, first: number, count: number): void {
    const { registers, base } = this;
    const code = fn.code as Code;
    if (code.armFor(count) === null) arityError(code.name ?? 'a function', code.arityText, count);
    for (let i = 0; i < count; i++) registers[base + i] = registers[first + i]!;
    for (let i = 0; i < count; i++) this.tracker?.set(base + i, this.tracker.get(first + i));
    this.depthLeft += 1;
    this.enter(fn, base, count);
    this.tail = true;
  }

  /** Writes the elements of a sequence into registers from `first` on, and counts them. */
  private spread(args: Value, first: number): number {
    const elements = this.kernel.elements.f1(args, this.meter) as Vector;
    const count = elements.size;
    this.reserve(first + count + 1);
    for (let i = 0; i < count; i++) this.registers[first + i] = elements.get(i)!;
    for (let i = 0; i < count; i++) this.tracker?.set(first + i, this.tracker.last);
    return count;
  }

  outOfFuel(atLoop: boolean): boolean {
    const { meter } = this;
    const left = fuelLeft(meter);
    if (left < 0) {
      meter.fuel = meter.reserve = 0;
      raiseLimit('fuel', this.limits.fuel);
    }
    this.atLoop = atLoop;
    if (left < this.stopAt) return true;
    this.refuel(left);
    return false;
  }

  /** The next stretch of what is left, which ends where the quantum does. */
  private refuel(left: number): void {
    const { meter } = this;
    const stretch = left - this.stopAt;
    meter.fuel = stretch < STRETCH ? stretch | 0 : STRETCH;
    meter.reserve = left - meter.fuel;
  }
}

/** Stands where a fiber was. */
const NO_FIBER: Fiber = newFiber('done', '', NOWHERE, NOTHING_NAMED, DEFAULT_LIMITS, 0, null, null);
/** Stands where a function was that must not be held on to. */
const NOBODY = new Closure({ group: '', unit: 0, name: null }, []);
/** Registers, and calls, for which there is room in a machine that is kept. */
const KEPT_MAX = 128;
/** The sources of a frame that is put away; null when there are none. */
function frameSources(tracker: Tracker, own: Sources | null, live: readonly number[], base: number): readonly (Sources | null)[] | null {
  const sources = [own, ...live.map((register) => tracker.get(base + register))];
  return sources.some((one) => one !== null) ? sources : null;
}

/** Each branch's part of what is left; of what is unlimited there is enough for all. */
function part(left: number, count: number): number {
  return Math.floor(Math.max(0, left) / count);
}

function taken(share: number, count: number): number {
  return Number.isFinite(share) ? share * count : 0;
}

function capabilityName(value: Value): string {
  if (typeof value === 'string') return value.startsWith(':') ? value.slice(1) : value;
  if (typeof value === 'object' && value !== null && value.kind === 'keyword') return value.name;
  return raiseType('call', 'keyword or string', value);
}

/** Whatever was thrown, as an error of the program; what is not ours to throw is a bug, and says so without details. */
function asRaised(thrown: unknown): Raised {
  if (thrown instanceof Raised) return thrown;
  if (thrown instanceof RangeError) return new Raised(errorValue('overflow', 'Limit exceeded: the engine has no room for this value'), false);
  throw thrown;
}
