/**
 * The compiled tier as the machine knows it. A kernel without one runs everything on the machine, with the same results.
 *
 * Compiled code only runs forward. Whatever it cannot do itself (host calls, steps, pauses, a native stack that is too deep)
 * it leaves to the machine: each compiled call on the native stack puts its frame into `left` and returns undefined, which is
 * no value; then the machine takes the frames onto its own stack and goes on where the innermost stands. Errors leave the same frames.
 */
import type { Closure, Value } from '../value/value.ts';
import type { ArmCode } from './code.ts';
import type { Limits, Meter } from './limits.ts';

/** A function made from an arm: words of native stack that are left, the closure, then the arguments. */
export type Native = (words: number, closure: Closure, ...args: Value[]) => Value | undefined;

/** By number of arguments; beyond that `callMany`. */
export interface NativeEntries {
  call0: Native;
  call1: Native;
  call2: Native;
  call3: Native;
  call4: Native;
  callMany: (words: number, closure: Closure, args: Value[]) => Value | undefined;
}

export interface RunMeter extends Meter {
  limits: Limits;
}

/** The machine as the compiled tier sees it: the running frame, and how others are put above it. */
export interface Running {
  readonly meter: RunMeter;
  readonly registers: Value[];
  arm: ArmCode;
  closure: Closure;
  base: number;
  pc: number;
  tail: boolean;
  readonly depthLeft: number;
  variable(name: string): Value;
  setVariable(name: string, value: Value): void;
  reserve(size: number): void;
  /** The running frame becomes the caller of the one that is about to be the running one. */
  push(): void;
  /** A call that returns here. */
  enterFrom(fn: Closure, first: number, count: number): void;
  /** A tail call: the running frame makes room for the callee. */
  replace(fn: Closure, first: number, count: number): void;
  /** The stretch of fuel is used up: true to preempt; raises when all of it is gone. */
  outOfFuel(atLoop: boolean): boolean;
}

/** Compiled code has come to an end that is none of the program's: the engine's own stack was smaller than it should be. */
export class Abandoned {
  readonly name = 'Abandoned';
}

/** What a tier has done so far. */
export interface TierStatistics {
  /** Arms of functions that were compiled, and loops that were compiled to be entered at their heads. */
  readonly functions: number;
  readonly loops: number;
  /** UTF-16 code units of JavaScript that were made. */
  readonly sourceLength: number;
  /** How often compiled code was left to the machine. */
  readonly left: number;
  /** How often a stretch was done again, interpreted, because the engine gave up. */
  readonly abandoned: number;
}

export interface Tier {
  readonly statistics: TierStatistics;
  /** The one of all machines of its table: compiled code has it built in. */
  readonly meter: RunMeter;
  /** What code begins with that is not compiled yet. */
  readonly stubs: NativeEntries;
  /** The machine is about to run a fiber. */
  begin(machine: Running): void;
  /** Counts a call or a turn of an arm; true once it is worth compiling. */
  isHot(arm: ArmCode): boolean;
  /** Calls a closure with the `count` values from `first` on; `depthLeft` frames may still be opened. Undefined: frames are left. */
  call(closure: Closure, registers: readonly Value[], first: number, count: number, depthLeft: number): Value | undefined;
  /** What runs the machine's arm from the loop's head to its end, as a call does; null when that loop is left to the machine. */
  loop(machine: Running, point: number): (() => Value | undefined) | null;
  /** Has the machine go on where compiled code has left off; true to preempt. */
  takeOver(machine: Running): boolean;
  /** Frames that an error has left become frames of the machine. What is no error of the program abandons the stretch. */
  takeFrames(machine: Running, thrown: unknown): void;
}
