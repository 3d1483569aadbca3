/** Which code is compiled, and when. */
import type { Closure, Value } from '../../value/value.ts';
import type { ArmCode, Code, CodeTable } from '../code.ts';
import { fuelLeft } from '../limits.ts';
import { CALL_POINT, Op } from '../opcodes.ts';
import { Raised } from '../raise.ts';
import { Unfetched } from '../stored.ts';
import { Abandoned, type Native, type NativeEntries, type RunMeter, type Running, type Tier, type TierStatistics } from '../tier.ts';
import { DIRECT_ARGUMENTS, emit, type Emitted, FACTORY_PARAMETERS } from './emit.ts';
import { type Exit, exitAt, FRAME_WORDS, HeldFrames, LeftFrames, type Resume, takeHeld } from './left.ts';
import { type BailoutExit, callWith, createRuntime, gathering, newMeter, type Runtime, STACK_WORDS, type VariableExit } from './runtime.ts';
import { emitSpeculative, speculatesWell } from './speculative.ts';

/** Makes a function of JavaScript from parameters and a body: what `new Function` does, where it is allowed. */
export type MakeFunction = (parameters: readonly string[], body: string) => (...args: unknown[]) => unknown;

export interface TierOptions {
  readonly makeFunction: MakeFunction;
  /** Calls and turns of an arm on the machine before it is compiled. Default: 60. */
  readonly threshold?: number;
  /** What was made for code of the same hash, for tables that come later. Default: nothing is shared. */
  readonly cache?: SourceCache;
  /** Native stack for compiled calls, asked for again each time; for tests. Default: 60,000 words. */
  readonly stackWords?: () => number;
  /** How often an arm may be left because it speculated wrongly, before it is compiled again without; 0: nothing speculates. Default: 4. */
  readonly bailouts?: number;
}

const THRESHOLD = 60;
const BAILOUTS_MAX = 4;

/** An arm that has left something to the machine so often, with less work than this in between, stays there. */
const BLAME_MAX = 24;
const BLAME_FUEL = 2_000;

/** An arm's function from a loop's head on: the values are those of the registers that are live there. */
interface NativeLoop {
  readonly run: (words: number, closure: Closure, values: readonly Value[], first: number) => Value | undefined;
  /** Which of them must be integers that are not big. */
  readonly plainIntegers: readonly number[];
}

/** Heat of an arm that will not be compiled; a small integer, as all heat is: engines make a new shape of what gets another kind of number. */
const COLD = -1;

/** Made source by unit hash, arm and point; what was made first goes first when there is too much. */
export class SourceCache {
  private readonly made = new Map<string, Made | null>();

  /** Null: the arm is left to the machine. */
  get(arm: ArmCode, point: number, speculates: boolean, make: () => Made | null): Made | null {
    const key = keyOf(arm, point, speculates);
    if (key === null) return make();
    const known = this.made.get(key);
    if (known !== undefined) return known;
    if (this.made.size >= CACHED_MAX) for (const oldest of this.made.keys()) if (this.made.delete(oldest)) break;
    const made = make();
    this.made.set(key, made);
    return made;
  }

  /** The arm does not speculate in tables that come later. */
  generalize(arm: ArmCode): void {
    const key = keyOf(arm, 0, true);
    if (key !== null && this.made.has(key)) this.made.set(key, null);
  }

  /** Functions of the arm are made from their text again, so that engines forget what they have seen them do. */
  forget(arm: ArmCode): void {
    arm.points.forEach((_, point) => {
      for (const speculates of [true, false]) {
        const key = keyOf(arm, point, speculates);
        if (key !== null && this.made.get(key) !== null) this.made.delete(key);
      }
    });
  }
}

function keyOf({ code: { group, unit }, index }: ArmCode, point: number, speculates: boolean): string | null {
  return group === '' ? null : `${group}#${unit}#${index}#${point}${speculates ? '#speculative' : ''}`;
}

/** Callers of what has speculated wrongly that are made anew. */
const REMADE_MAX = 500;

interface Made {
  readonly emitted: Emitted;
  readonly factory: (...args: unknown[]) => unknown;
}

const CACHED_MAX = 4_000;

export class CompiledTier implements Tier {
  readonly meter: RunMeter = newMeter();
  readonly stubs: NativeEntries;
  readonly statistics: { -readonly [Name in keyof TierStatistics]: number } = { functions: 0, loops: 0, sourceLength: 0, left: 0, abandoned: 0 };
  /** What the stretch on the native stack has left, innermost first. */
  readonly left: LeftFrames = new LeftFrames();
  /** What earlier stretches have left, and waits for the running one. */
  private readonly held = new HeldFrames();
  machine: Running | null = null;
  /** What the machine has to do where the innermost frame stands, apart from going on. */
  pause: 'entry' | 'loop' | null = null;
  private readonly runtime: Runtime;
  private readonly table: CodeTable;
  private readonly threshold: number;
  private readonly stackWords: () => number;
  /** The engine has less stack than one should think. */
  private shrunk = 1;
  private readonly makeFunction: MakeFunction;
  private readonly cache: SourceCache;
  private readonly loops = new Map<ArmCode, Map<number, NativeLoop | null>>();
  /** The loop that was left to the machine last: it will be asked for again at once. */
  private lastLeft: ArmCode | null = null;
  private lastLeftPoint = 0;
  private remade = 0;
  private readonly bailoutsMax: number;
  /** By arm: how often it has speculated wrongly. */
  private readonly bailouts = new Map<ArmCode, number>();
  /** Arms whose functions were made. */
  private readonly compiled = new Set<ArmCode>();
  private readonly blamed = new Map<ArmCode, { count: number; fuel: number }>();

  constructor(table: CodeTable, options: TierOptions) {
    this.table = table;
    this.threshold = options.threshold ?? THRESHOLD;
    this.stackWords = options.stackWords ?? (() => STACK_WORDS);
    this.bailoutsMax = options.bailouts ?? BAILOUTS_MAX;
    this.makeFunction = options.makeFunction;
    this.cache = options.cache ?? new SourceCache();
    ({ runtime: this.runtime, stubs: this.stubs } = createRuntime(table, this, (arm, args) => this.compile(arm, args)));
  }

  isHot(arm: ArmCode): boolean {
    if (arm.native !== null) return true;
    if (arm.heat !== COLD) arm.heat += 1;
    return arm.heat > this.threshold; // it is compiled when it is called
  }

  call(closure: Closure, registers: readonly Value[], first: number, count: number, depthLeft: number): Value | undefined {
    return this.goOn(callWith(this.words(depthLeft), closure, registers, first, count), depthLeft);
  }

  begin(machine: Running): void {
    this.machine = machine;
    this.left.clear();
    this.held.clear();
    this.pause = null;
  }

  takeFrames(machine: Running, thrown: unknown): void {
    if (!(thrown instanceof Raised || thrown instanceof Unfetched)) this.abandon();
    this.held.take(this.left);
    this.left.clear();
    if (this.held.count > 0) takeHeld(this.held, machine);
  }

  takeOver(machine: Running): boolean {
    const { pause } = this;
    this.statistics.left += 1;
    this.pause = null;
    this.left.clear();
    if (pause === null) this.blame();
    if (takeHeld(this.held, machine)) return --this.meter.fuel < 0 && machine.outOfFuel(false);
    if (pause === null) return false;
    const isLoop = pause === 'loop';
    if (machine.outOfFuel(isLoop)) return true;
    // There was more in reserve: the machine goes on, and counts the turn.
    if (isLoop) this.meter.fuel += 1;
    return false;
  }

  /**
   * After a stretch on the native stack. Where that was too deep, the call that has not begun begins on an empty one, while the frames wait
   * in `held`; each of them goes on, from behind its call, when its value is there. Everything else is left to the machine.
   */
  private goOn(given: Value | undefined, depthLeft: number): Value | undefined {
    const { held } = this;
    if (given !== undefined && held.count === 0) return given;
    let value = given;
    while (value === undefined) {
      held.take(this.left);
      if (this.pause !== null) return undefined;
      held.pop();
      const closure = held.closure!;
      const words = this.words(depthLeft - held.count);
      if (words <= 0 || !isTooDeep(held.exit, closure)) {
        held.putBack();
        return undefined;
      }
      held.startStretch();
      value = callWith(words, closure, held.values(), 0, held.exit.size);
      if (value !== undefined) value = held.goOn(value, depthLeft, this.stackWords() / this.shrunk, this.prepare);
    }
    held.clear();
    this.left.clear();
    return value;
  }

  private readonly prepare = (exit: Exit): Resume => {
    const arm = exit.arm!;
    exit.resume = this.instance(arm, this.made(arm, arm.ops[exit.pc + CALL_POINT]!)!) as Resume;
    return exit.resume;
  };

  /** Native stack for a fiber that may open so many frames. */
  private words(depthLeft: number): number {
    return Math.min(this.stackWords() / this.shrunk, depthLeft * FRAME_WORDS);
  }

  private abandon(): never {
    this.statistics.abandoned += 1;
    this.shrunk *= 2;
    throw new Abandoned();
  }

  loop(machine: Running, point: number): (() => Value | undefined) | null {
    const { arm, base, registers, closure } = machine;
    if (arm.heat === COLD || (arm === this.lastLeft && point === this.lastLeftPoint)) return null;
    const native = this.loopFrom(arm, point);
    if (native === null) {
      this.lastLeft = arm;
      this.lastLeftPoint = point;
      return null;
    }
    const values = arm.liveAt(point).map((register) => registers[base + register]!);
    if (native.plainIntegers.some((index) => typeof values[index] !== 'number')) return null;
    const { run } = native;
    const depthLeft = machine.depthLeft + 1;
    return () => this.goOn(run(this.words(depthLeft), closure, values, 0), depthLeft);
  }

  private loopFrom(arm: ArmCode, point: number): NativeLoop | null {
    let known = this.loops.get(arm);
    if (known === undefined) {
      known = new Map();
      this.loops.set(arm, known);
    }
    let native = known.get(point);
    if (native === undefined) {
      const made = this.made(arm, point);
      native = made === null ? null : { run: this.instance(arm, made) as NativeLoop['run'], plainIntegers: made.emitted.plainIntegers };
      known.set(point, native);
      if (native !== null) this.statistics.loops += 1;
    }
    return native;
  }

  bailedOut(arm: ArmCode): void {
    const count = (this.bailouts.get(arm) ?? 0) + 1;
    this.bailouts.set(arm, count);
    if (count === this.bailoutsMax) this.generalize(arm);
  }

  /**
   * The arm is compiled again when it is called, without speculation; and so is what calls it, and what calls that, for engines only know
   * well what always calls the same function.
   */
  private generalize(arm: ArmCode): void {
    this.cache.generalize(arm);
    this.lastLeft = null;
    if (arm.native !== null) this.unlink(arm);
    const changed = new Set([arm.code]);
    for (const code of changed) {
      for (const caller of [...this.compiled, ...this.loops.keys()]) {
        if (changed.has(caller.code) || this.remade >= REMADE_MAX || !caller.definitions.some(({ definition }) => this.table.codeOf(definition) === code)) continue;
        this.remade += 1;
        this.cache.forget(caller);
        this.loops.delete(caller);
        if (caller.native !== null) this.unlink(caller);
        changed.add(caller.code);
      }
    }
  }

  /** What leaves too much stays on the machine: the innermost frame, or what has called what stays there already. */
  private blame(): void {
    const { held } = this;
    held.pop();
    const { exit, closure, isTail } = held;
    const values = held.values();
    let { arm } = exit;
    // A call that was not begun: either the native stack was too deep, which is nobody's fault, or the callee stays on the machine.
    if (arm === null && held.count > 0 && (closure!.code as Code).armFor(exit.size)?.heat === COLD) {
      held.pop();
      ({ arm } = held.exit);
      held.putBack();
    }
    held.push(exit, closure!, isTail, values, 0);
    if (arm !== null && arm.heat !== COLD) this.count(arm);
  }

  private count(arm: ArmCode): void {
    const fuel = fuelLeft(this.meter);
    const known = this.blamed.get(arm);
    if (known === undefined || known.fuel - fuel > BLAME_FUEL || known.fuel < fuel) {
      this.blamed.set(arm, { count: 1, fuel });
      return;
    }
    known.count += 1;
    known.fuel = fuel;
    if (known.count >= BLAME_MAX) this.cool(arm);
  }

  /** The arm stays on the machine from now on. */
  private cool(arm: ArmCode): void {
    arm.heat = COLD;
    this.loops.delete(arm);
    this.unlink(arm);
  }

  /** Calls of the arm no longer come to the function that was made of it. */
  private unlink(arm: ArmCode): void {
    const { code } = arm;
    arm.native = null;
    Object.assign(code, this.stubs);
    for (const other of code.assembled()) if (other.native !== null) this.link(other, other.native);
  }

  private compile(arm: ArmCode, args: readonly Value[]): boolean {
    if (arm.native !== null) return true;
    if (arm.heat === COLD) return false;
    if (!this.bailouts.has(arm)) this.bailouts.set(arm, speculatesWell(arm, args) ? 0 : this.bailoutsMax);
    const made = this.made(arm, 0);
    if (made === null) {
      arm.heat = COLD;
      return false;
    }
    const native = this.instance(arm, made) as Native;
    if (!this.compiled.has(arm)) this.statistics.functions += 1;
    this.compiled.add(arm);
    arm.native = arm.variadic ? gathering(this.runtime, arm, native) : native;
    this.link(arm, arm.native);
    return true;
  }

  private made(arm: ArmCode, point: number): Made | null {
    // What is entered in the middle of a loop does not speculate: engines would have to know it with small and with large numbers, and box both.
    const speculative = point === 0 && this.bailouts.get(arm)! < this.bailoutsMax ? this.cached(arm, point, true) : null;
    return speculative ?? this.cached(arm, point, false);
  }

  private cached(arm: ArmCode, point: number, speculates: boolean): Made | null {
    return this.cache.get(arm, point, speculates, () => {
      const emitted = speculates ? emitSpeculative(arm) : emit(arm, point);
      return emitted === null ? null : { emitted, factory: this.makeFunction(FACTORY_PARAMETERS, emitted.source) };
    });
  }

  private instance(arm: ArmCode, { emitted, factory }: Made): unknown {
    this.statistics.sourceLength += emitted.source.length;
    const definitions = arm.definitions.map(({ definition }) => this.table.closureOf(definition));
    const exits = emitted.exits.map(({ pc, registers }) => exitAt(arm, pc, registers));
    const failures = new Map([...emitted.failures].map(([pc, { registers, variables }]): [number, VariableExit] => [pc, { exit: exitAt(arm, pc, registers), variables }]));
    const bailouts = emitted.bailouts.map(({ pc, registers, variables }): BailoutExit => ({ exit: exitAt(arm, pc, registers), variables, arm, isLoop: arm.ops[pc] === Op.LOOP }));
    return factory(this.runtime, arm, arm.constants, arm.primitives, definitions, arm.codes, exits, failures, bailouts);
  }

  /** From now on calls of the code with the arm's numbers of arguments come to the function. */
  private link(arm: ArmCode, native: Native): void {
    const { code, required, variadic } = arm;
    const most = variadic ? DIRECT_ARGUMENTS : required;
    for (let count = required; count <= Math.min(most, DIRECT_ARGUMENTS); count++) {
      if (code.armFor(count) === arm) code[ENTRIES[count]!] = native;
    }
  }
}

/** Whether the frame is a call of compiled code that has not begun: it had no native stack. */
function isTooDeep(exit: Exit, closure: Closure): boolean {
  return exit.arm === null && ((closure.code as Code).armFor(exit.size)?.native ?? null) !== null;
}

const ENTRIES = ['call0', 'call1', 'call2', 'call3', 'call4'] as const;
