/**
 * What compiled code calls by name (`R`), and the tier as the machine sees it: which arms are compiled, how they are entered, and
 * what they leave behind. One for each table of code, since compiled code is made of that table's constants.
 */
import { add, decrement, increment, multiply, subtract } from '../../value/number.ts';
import { List } from '../../value/list.ts';
import { Closure, Float, makeFloat, PrimitiveFunction, type Value } from '../../value/value.ts';
import { mayGrow, Vector } from '../../value/vector.ts';
import type { ArmCode, Code, CodeTable } from '../code.ts';
import { DEFAULT_LIMITS, fuelLeft, meterOf } from '../limits.ts';
import { callData, isMachineNumber, type KernelFunctions, kernelFunctions, same } from '../operations.ts';
import { arityError } from '../primitives/registry.ts';
import { chargeOneMore } from '../primitives/collection.ts';
import { chargeCells, Raised } from '../raise.ts';
import type { Native, NativeEntries, RunMeter, Running } from '../tier.ts';
import { type Exit, exitAt, exitBefore, type LeftFrames } from './left.ts';

type Call<Args extends Value[]> = (...args: [...Args, RunMeter]) => Value;

/** The part of the tier that generated code may refer to. Functions do not use `this`: engines call them directly. */
export interface Runtime {
  readonly meter: RunMeter;
  readonly [name: string]: unknown;
}

/** What the runtime tells the tier that it belongs to. */
interface Owner {
  /** The arm's code has come to something that it speculated on not to happen. */
  bailedOut(arm: ArmCode): void;
  readonly meter: RunMeter;
  readonly left: LeftFrames;
  readonly machine: Running | null;
  pause: 'entry' | 'loop' | null;
}

/** Where a frame is left that an error passes, or at the end of speculation, and which of its function's variables are the values that it keeps. */
export interface VariableExit {
  readonly exit: Exit;
  readonly variables: readonly number[];
}

/** Where speculation ends. */
export interface BailoutExit extends VariableExit {
  readonly arm: ArmCode;
  /** At the head of a loop, whose turn is paid: fuel is what was counted too little of. */
  readonly isLoop: boolean;
}

/** Words of native stack that compiled calls may take one below the other before they move to the machine's. */
export const STACK_WORDS = 60_000;

export function createRuntime(table: CodeTable, tier: Owner, compile: (arm: ArmCode, args: readonly Value[]) => boolean): { readonly runtime: Runtime; readonly stubs: NativeEntries } {
  const kernel: KernelFunctions = kernelFunctions(table.primitives);
  const { meter, left } = tier;

  const leaveMany = (exit: Exit, closure: Closure, values: readonly Value[]): undefined => {
    for (const value of values) left.push(value);
    left.push(closure);
    left.push(exit);
  };
  const calls: Exit[] = [];
  const enter = (closure: Closure, args: readonly Value[]): undefined => leaveMany((calls[args.length] ??= exitBefore(args.length)), closure, args);
  const data = (fn: Value, args: Value[]): Value => callData(fn, args, table.primitives, kernel, meter);
  const primitive = (fn: Value): ReturnType<CodeTable['primitives']['get']> => (fn instanceof PrimitiveFunction ? table.primitives.get(fn.name) : null);

  /** The arm for the arguments, compiled if that can be; else the call is left to the machine. */
  const open = (closure: Closure, args: readonly Value[]): boolean => {
    const code = closure.code as Code;
    const arm = code.armFor(args.length);
    if (arm === null) return arityError(code.name ?? 'a function', code.arityText, args.length);
    return compile(arm, args);
  };
  const stubs: NativeEntries = {
    call0: (n, c) => (open(c, []) ? (c.code as Code).call0(n, c) : enter(c, [])),
    call1: (n, c, a) => (open(c, [a!]) ? (c.code as Code).call1(n, c, a!) : enter(c, [a!])),
    call2: (n, c, a, b) => (open(c, [a!, b!]) ? (c.code as Code).call2(n, c, a!, b!) : enter(c, [a!, b!])),
    call3: (n, c, a, b, d) => (open(c, [a!, b!, d!]) ? (c.code as Code).call3(n, c, a!, b!, d!) : enter(c, [a!, b!, d!])),
    call4: (n, c, a, b, d, e) => (open(c, [a!, b!, d!, e!]) ? (c.code as Code).call4(n, c, a!, b!, d!, e!) : enter(c, [a!, b!, d!, e!])),
    callMany: (n, c, args) => (open(c, args) ? (c.code as Code).armFor(args.length)!.native!(n, c, ...args) : enter(c, args)),
  };

  const runtime: Runtime = {
    meter,
    ...leaving(left),
    leaveMany,
    enter,
    /** A function that has no native stack, or whose fuel ends here. */
    notBegun: (words: number, exit: Exit, closure: Closure, ...parameters: Value[]): undefined => {
      if (words > 0) {
        tier.pause = 'entry';
        return leaveMany(exit, closure, exit.registers.map((register) => parameters[register]!));
      }
      const { required, variadic } = exit.arm!;
      return enter(closure, variadic ? [...parameters.slice(0, required), ...(parameters[required] as List)] : parameters);
    },
    bailOut: ({ exit, variables, arm, isLoop }: BailoutExit, closure: Closure, ...given: (Value | undefined)[]): undefined => {
      for (const index of variables) left.push(given[index] ?? null);
      left.push(closure);
      left.push(exit);
      if (!isLoop) tier.bailedOut(arm);
      else if (meter.fuel < 0) tier.pause = 'loop';
      else meter.fuel += 1; // the machine counts the turn
    },
    /** Something is due before the frame goes on that has just been left. */
    pauseAtLoop: (): void => {
      tier.pause = 'loop';
    },
    tail: (): void => left.markTail(),
    /** What was thrown goes on, after the frame that it passes has been left. Before a tail call has begun, its caller is still there. */
    failed: (thrown: unknown, arm: ArmCode, closure: Closure, pc: number, failures: ReadonlyMap<number, VariableExit>, variables: readonly (Value | undefined)[]): unknown => {
      if (pc < 0 && left.top > 0) {
        left.markTail();
        return thrown;
      }
      const address = pc < 0 ? -pc - 1 : pc;
      const failure = failures.get(address);
      if (failure !== undefined) for (const index of failure.variables) left.push(variables[index] ?? null);
      left.push(closure);
      left.push(failure?.exit ?? exitAt(arm, address, []));
      return thrown;
    },
    raised: (value: Value): Raised => new Raised(value, false),
    pending: (value: Value): Vector => Vector.of(value),
    rethrow: (value: Value): void => {
      if (value instanceof Vector) throw new Raised(value.get(0) ?? null, false);
    },

    isClosure: (value: Value): boolean => value instanceof Closure,
    closure: (code: Code, captures: readonly Value[]): Closure => {
      chargeCells(meter, 1 + captures.length);
      return new Closure(code, captures);
    },
    sibling: (closure: Closure, member: number): Closure => {
      const code = (closure.code as Code).siblings[member]!;
      return code === closure.code ? closure : new Closure(code, closure.captures);
    },
    variable: (name: string): Value => tier.machine!.variable(name),
    setVariable: (name: string, value: Value): void => tier.machine!.setVariable(name, value),

    data,
    known: (fn: Value): Value | undefined => (fn instanceof PrimitiveFunction ? fn : undefined),
    function1: (fn: Value): Call<[Value]> => primitive(fn)?.f1 ?? ((a) => data(fn, [a])),
    function2: (fn: Value): Call<[Value, Value]> => primitive(fn)?.f2 ?? ((a, b) => data(fn, [a, b])),
    function3: (fn: Value): Call<[Value, Value, Value]> => primitive(fn)?.f3 ?? ((a, b, c) => data(fn, [a, b, c])),
    apply: (words: number, fn: Value, given: Value): Value | undefined => {
      const args = [...(kernel.elements.f1(given, meter) as Vector).toArray()];
      return fn instanceof Closure ? callWith(words, fn, args, 0, args.length) : data(fn, args);
    },

    isFloat: (value: Value): boolean => value instanceof Float,
    float: makeFloat,
    double: (value: number | Float): number => (typeof value === 'number' ? value : value.value),
    add: (a: Value, b: Value): Value => (isMachineNumber(a) && isMachineNumber(b) ? add(a, b) : kernel.add.f2(a, b, meter)),
    subtract: (a: Value, b: Value): Value => (isMachineNumber(a) && isMachineNumber(b) ? subtract(a, b) : kernel.sub.f2(a, b, meter)),
    multiply: (a: Value, b: Value): Value => (isMachineNumber(a) && isMachineNumber(b) ? multiply(a, b) : kernel.mul.f2(a, b, meter)),
    increment: (a: Value): Value => (typeof a === 'number' ? increment(a) : kernel.inc.f1(a, meter)),
    decrement: (a: Value): Value => (typeof a === 'number' ? decrement(a) : kernel.dec.f1(a, meter)),
    less: (a: Value, b: Value): boolean => kernel.lt.f2(a, b, meter) === true,
    lessOrEqual: (a: Value, b: Value): boolean => kernel.le.f2(a, b, meter) === true,
    greater: (a: Value, b: Value): boolean => kernel.gt.f2(a, b, meter) === true,
    greaterOrEqual: (a: Value, b: Value): boolean => kernel.ge.f2(a, b, meter) === true,
    same: (a: Value, b: Value): boolean => same(a, b, kernel, meter),
    isVector: (value: Value): boolean => value instanceof Vector,
    /** The array of a vector that is flat. */
    flat: (value: Value): readonly Value[] | null => (value instanceof Vector ? value.flat : null),
    /** The same where it begins with the vector's first element. */
    array: (value: Value): readonly Value[] | null => (value instanceof Vector && value.offset === 0 ? value.flat : null),
    at: (value: Value, index: Value): Value | undefined => (value instanceof Vector && typeof index === 'number' ? value.get(index) : undefined),
    nth: kernel.nth.f2,
    get: kernel.get.f2,
    keywordGet: kernel.keywordGet.f2,
    conj: (a: Value, b: Value): Value => {
      if (!(a instanceof Vector)) return kernel.conj.f2(a, b, meter);
      chargeOneMore(meter, a.size);
      return a.push(b);
    },
    /** The same for a vector that nobody else has seen. */
    grow: (vector: Vector, value: Value): Vector => {
      const { flat, offset, size } = vector;
      chargeOneMore(meter, size);
      if (flat === null || flat.length !== offset + size || !mayGrow(offset, size)) return vector.push(value);
      flat.push(value);
      (vector as { size: number }).size = size + 1;
      return vector;
    },
    count: kernel.count.f1,
    first: kernel.first.f1,
    /** Turns that were only counted so far; 0 are left. */
    pay: (turns: number): number => {
      meter.fuel -= turns;
      return 0;
    },
    /** Turns of a loop until something has to be looked at. */
    turns: (): number => (meter.fuel < 0 ? 0 : meter.fuel),
  };
  return { runtime, stubs };
}

/** Leaving a frame, by how many values it keeps: without an array, since in deep recursion each call does it. */
function leaving(left: LeftFrames): Readonly<Record<string, (exit: Exit, closure: Closure, ...values: Value[]) => undefined>> {
  return {
    leave0: (exit, closure) => {
      const { slots, top } = left;
      slots[top] = closure;
      slots[top + 1] = exit;
      left.top = top + 2;
    },
    leave1: (exit, closure, a) => {
      const { slots, top } = left;
      slots[top] = a!;
      slots[top + 1] = closure;
      slots[top + 2] = exit;
      left.top = top + 3;
    },
    leave2: (exit, closure, a, b) => {
      const { slots, top } = left;
      slots[top] = a!;
      slots[top + 1] = b!;
      slots[top + 2] = closure;
      slots[top + 3] = exit;
      left.top = top + 4;
    },
    leave3: (exit, closure, a, b, c) => {
      const { slots, top } = left;
      slots[top] = a!;
      slots[top + 1] = b!;
      slots[top + 2] = c!;
      slots[top + 3] = closure;
      slots[top + 4] = exit;
      left.top = top + 5;
    },
    leave4: (exit, closure, a, b, c, d) => {
      const { slots, top } = left;
      slots[top] = a!;
      slots[top + 1] = b!;
      slots[top + 2] = c!;
      slots[top + 3] = d!;
      slots[top + 4] = closure;
      slots[top + 5] = exit;
      left.top = top + 6;
    },
    leave5: (exit, closure, a, b, c, d, e) => {
      const { slots, top } = left;
      slots[top] = a!;
      slots[top + 1] = b!;
      slots[top + 2] = c!;
      slots[top + 3] = d!;
      slots[top + 4] = e!;
      slots[top + 5] = closure;
      slots[top + 6] = exit;
      left.top = top + 7;
    },
  };
}

/** Calls a closure with `count` of the values from `first` on. */
export function callWith(words: number, closure: Closure, values: readonly Value[], first: number, count: number): Value | undefined {
  const entries = closure.code as Code;
  switch (count) {
    case 0:
      return entries.call0(words, closure);
    case 1:
      return entries.call1(words, closure, values[first]!);
    case 2:
      return entries.call2(words, closure, values[first]!, values[first + 1]!);
    case 3:
      return entries.call3(words, closure, values[first]!, values[first + 1]!, values[first + 2]!);
    case 4:
      return entries.call4(words, closure, values[first]!, values[first + 1]!, values[first + 2]!, values[first + 3]!);
    default:
      return entries.callMany(words, closure, values.slice(first, first + count));
  }
}

/** The functions that an arm takes the arguments beyond the required ones with: they lie in one list. */
export function gathering(runtime: Runtime, arm: ArmCode, native: Native): (words: number, closure: Closure, ...args: Value[]) => Value | undefined {
  const { meter } = runtime;
  const enter = runtime['enter'] as (closure: Closure, values: readonly Value[]) => undefined;
  return (words, closure, ...args) => {
    const extra = args.slice(arm.required);
    // What cannot be charged fails here, as long as the caller of a tail call is still there to be named.
    if (words <= 0 && extra.length <= Math.min(meter.allocation, fuelLeft(meter))) return enter(closure, args);
    if (extra.length > 0) chargeCells(meter, extra.length);
    args.length = arm.required;
    return native(words, closure, ...args, List.adopt(extra));
  };
}

export function newMeter(): RunMeter {
  return meterOf(DEFAULT_LIMITS);
}

