/**
 * Where values come from: which context values went into the arguments of a call.
 *
 * Nothing is tracked until a run reads a context. From then on it runs code in which every instruction is preceded by
 * `TRACK`, which does with the sources of registers what the instruction does with their values: what is computed has
 * the sources of all that it was computed from. So a run that reads no context pays nothing.
 *
 * - T1 Tracked code differs in nothing but the instructions in between: the same points, the same fuel, the same results.
 * - T2 A collection has the sources of everything in it, and a function those of what it captured. What decided a branch
 *   of the code is no source. An answer of the host has none.
 * - T3 Sources are told apart by what they are, never by identity, so a run that was saved and restored tracks the same.
 */
import { hashValue } from '../value/hash.ts';
import { isSame } from '../value/order.ts';
import { Keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { ArmCode } from './code.ts';
import type { Origin } from './event.ts';
import { Op, type OpCode, OPERANDS } from './opcodes.ts';

/** A value that was read from a context. */
export interface Source {
  readonly key: Keyword;
  /** The id of the context that held it. */
  readonly context: string;
  readonly value: Value;
}

/** Never empty, each source once. */
export type Sources = readonly Source[];

export function union(a: Sources | null, b: Sources | null): Sources | null {
  if (a === null || a === b) return b;
  if (b === null) return a;
  const more = b.filter((one) => !a.some((other) => isOneSource(one, other)));
  return more.length === 0 ? a : [...a, ...more];
}

/** Sources as a value of the language, for what keeps them among other values. */
export function sourcesValue(sources: Sources | null): Value {
  return sources === null ? null : Vector.adopt(sources.map(({ key, context, value }) => Vector.of(key, context, value)));
}

/** Null for what is no such value. */
export function readSources(value: Value): Sources | null {
  if (!(value instanceof Vector) || value.size === 0) return null;
  const sources: Source[] = [];
  for (const item of value) {
    if (!(item instanceof Vector) || item.size !== 3) return null;
    const [key, context, source] = item.toArray();
    if (!(key instanceof Keyword) || typeof context !== 'string') return null;
    sources.push({ key, context, value: source! });
  }
  return sources;
}

function isOneSource(a: Source, b: Source): boolean {
  return a === b || (a.context === b.context && a.key.name === b.key.name && isSame(a.value, b.value));
}

/** Sources as they are told: sorted by context and key, values by hash. */
export function originsOf(sources: Sources | null): readonly Origin[] {
  if (sources === null) return NO_ORIGINS;
  const origins = sources.map(({ key, context, value }): Origin => ({ key: key.name, context, valueHash: hashValue(value) }));
  return origins.sort((a, b) => order(a.context, b.context) || order(a.key, b.key) || order(a.valueHash, b.valueHash));
}

const NO_ORIGINS: readonly Origin[] = [];

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The sources of one machine's registers, and of the functions that it runs. */
export class Tracker {
  /** As the machine's registers; absent is none. */
  private readonly registers: (Sources | null | undefined)[] = [];
  variables: Map<string, Sources>;
  /** Of what the running function captured. */
  closure: Sources | null = null;
  /** The same for its callers, as the machine's stack. */
  readonly stack: (Sources | null)[] = [];
  /** Of the function that is about to be called. */
  callee: Sources | null = null;
  /** Of all that the last instruction read: what an error that it raises is made of. */
  last: Sources | null = null;

  constructor(variables: ReadonlyMap<string, Sources>) {
    this.variables = new Map(variables);
  }

  get(register: number): Sources | null {
    return this.registers[register] ?? null;
  }

  set(register: number, sources: Sources | null): void {
    this.registers[register] = sources;
  }

  /** The instruction at `pc` is about to run. */
  before(arm: ArmCode, pc: number, base: number): void {
    const { ops, liveness } = arm;
    const { reads, writes } = liveness.instructions[liveness.indexAt.get(pc)!]!;
    let last: Sources | null = null;
    for (let i = 0; i < reads.length; i++) last = union(last, this.get(base + reads[i]!));
    this.callee = null;
    this.last = last;
    switch (ops[pc] as OpCode) {
      case Op.CONST:
      case Op.DEFINITION:
        return this.set(base + writes, null);
      case Op.CAPTURE:
      case Op.SIBLING:
        return this.set(base + writes, this.closure);
      case Op.VAR:
        return this.set(base + writes, this.variables.get(arm.constants[ops[pc + 2]!] as string) ?? null);
      case Op.SET_VAR:
        return this.setVariable(arm.constants[ops[pc + 1]!] as string, last);
      case Op.CALL:
      case Op.APPLY:
        this.callee = this.get(base + ops[pc + 2]!);
        return this.set(base + writes, last);
      case Op.TAIL_CALL:
      case Op.TAIL_APPLY:
        this.callee = this.get(base + ops[pc + 1]!);
        return;
      case Op.CONTEXT_GET:
        return;
      default:
        if (writes >= 0) this.set(base + writes, last);
    }
  }

  /** Of `count` registers from `first` on. */
  among(first: number, count: number): Sources | null {
    let found: Sources | null = null;
    for (let i = 0; i < count; i++) found = union(found, this.get(first + i));
    return found;
  }

  private setVariable(name: string, sources: Sources | null): void {
    if (sources === null) this.variables.delete(name);
    else this.variables.set(name, sources);
  }
}

// --- tracked code ------------------------------------------------------------------------------------------------------

const tracked = new WeakMap<ArmCode, Tracked>();

interface Tracked {
  readonly arm: ArmCode;
  /** From the address of an instruction to its address in tracked code. */
  readonly addresses: ReadonlyMap<number, number>;
}

/** The same arm with `TRACK` before every instruction. */
export function trackedArm(arm: ArmCode): ArmCode {
  return arm.isTracked ? arm : trackedOf(arm).arm;
}

/** Where the instruction at `address` of the plain arm stands in the tracked one. */
export function trackedAddress(arm: ArmCode, address: number): number {
  return trackedOf(arm).addresses.get(address)!;
}

function trackedOf(arm: ArmCode): Tracked {
  let known = tracked.get(arm);
  if (known === undefined) {
    known = track(arm);
    tracked.set(arm, known);
  }
  return known;
}

function track(arm: ArmCode): Tracked {
  const { ops, points, handlers, marks, liveness } = arm;
  /** The address of the TRACK before the instruction. */
  const moved = new Map<number, number>();
  const addresses = new Map<number, number>();
  let size = 0;
  for (const { at, next } of liveness.instructions) {
    moved.set(at, size);
    addresses.set(at, size + 1);
    size += 1 + next - at;
  }
  moved.set(ops.length, size);
  const changed = new Int32Array(size);
  for (const { at, next, target } of liveness.instructions) {
    const start = addresses.get(at)!;
    changed[start - 1] = Op.TRACK;
    changed.set(ops.subarray(at, next), start);
    if (target >= 0) changed[start + 1 + OPERANDS[ops[at] as OpCode].indexOf('t')] = moved.get(target)!;
  }
  const to = (address: number): number => moved.get(address)!;
  return {
    addresses,
    arm: new ArmCode({
      ...arm, ops: changed, plain: arm,
      // The entry is where it was: whatever stands there is tracked too.
      points: points.map((address, point) => to(address) + (point === 0 ? 0 : 1)),
      handlers: handlers.map((handler) => ({ ...handler, start: to(handler.start), end: to(handler.end), at: to(handler.at), until: to(handler.until) })),
      marks: marks.map((mark) => ({ ...mark, at: to(mark.at) })),
    }),
  };
}
