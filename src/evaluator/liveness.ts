/**
 * Which registers hold what a suspended arm still needs. A frame keeps exactly these, in ascending order, so that
 * frames are small, the same on every tier, and never hold what the program can no longer see.
 *
 * Computed when an arm is first suspended, by the usual backward flow over its instructions.
 */
import type { ArmCode } from './code.ts';
import { Op, type OpCode, OPERANDS } from './opcodes.ts';

/** One instruction, and what flows through it. */
export interface Instruction {
  readonly at: number;
  readonly next: number;
  readonly reads: readonly number[];
  /** The register that it writes; -1 for none. */
  readonly writes: number;
  /** Where it may jump to; -1 for nowhere. */
  readonly target: number;
  /** Whether the next instruction may follow. */
  readonly falls: boolean;
}

export interface Liveness {
  /** For each point of the arm, the live registers, ascending. */
  readonly atPoints: readonly (readonly number[])[];
  readonly instructions: readonly Instruction[];
  /** The registers live before each instruction. */
  readonly before: readonly ReadonlySet<number>[];
  readonly indexAt: ReadonlyMap<number, number>;
}

export function liveRegisters(arm: ArmCode): Liveness {
  const instructions = decode(arm.ops);
  const indexAt = new Map(instructions.map((instruction, index) => [instruction.at, index]));
  const before = flow(arm, instructions, indexAt);
  const atPoints = Array.from(arm.points, (at, point) => {
    const instruction = instructions[indexAt.get(at)!]!;
    // The first point is the entry: whatever stands there is still to come, even a call.
    return livePoint(instruction, point > 0 && isCall(arm.ops[at] as OpCode), indexAt, before);
  });
  return { atPoints, instructions, before, indexAt };
}

function isCall(op: OpCode): boolean {
  return OPERANDS[op].includes('c');
}

/** At a call the result is not there yet and the arguments are gone; elsewhere the instruction is still to come. */
function livePoint(instruction: Instruction, waiting: boolean, indexAt: ReadonlyMap<number, number>, before: readonly ReadonlySet<number>[]): readonly number[] {
  const at = waiting ? instruction.next : instruction.at;
  const live = [...before[indexAt.get(at)!]!].sort((a, b) => a - b);
  return waiting ? live.filter((register) => register !== instruction.writes) : live;
}

function decode(ops: Int32Array): Instruction[] {
  const instructions: Instruction[] = [];
  for (let at = 0; at < ops.length; ) {
    const instruction = decodeOne(ops, at);
    instructions.push(instruction);
    at = instruction.next;
  }
  return instructions;
}

function decodeOne(ops: Int32Array, at: number): Instruction {
  const op = ops[at] as OpCode;
  const kinds = OPERANDS[op];
  const reads: number[] = [];
  let writes = -1;
  let target = -1;
  let next = at + 1;
  for (let i = 0; i < kinds.length; i++, next++) {
    const operand = ops[next]!;
    switch (kinds[i]) {
      case 'w':
        writes = operand;
        break;
      case 'r':
        reads.push(operand);
        break;
      case 'p':
        if (operand >= 0) reads.push(operand);
        break;
      case 't':
        target = operand;
        break;
      case 'v':
        for (let j = 0; j < ops[next + 1]!; j++) reads.push(operand + j);
        break;
      default:
    }
  }
  if (op === Op.CLOSURE) {
    const count = ops[next - 1]!;
    for (let j = 0; j < count; j++) reads.push(ops[next + j]!);
    next += count;
  }
  return { at, next, reads, writes, target, falls: !endsFlow(op) };
}

function endsFlow(op: OpCode): boolean {
  return op === Op.JUMP || op === Op.RETURN || op === Op.THROW || op === Op.TAIL_CALL || op === Op.TAIL_CALL_DEFINITION || op === Op.TAIL_APPLY;
}

/** The registers live before each instruction. */
function flow(arm: ArmCode, instructions: readonly Instruction[], indexAt: ReadonlyMap<number, number>): readonly Set<number>[] {
  const before = instructions.map(() => new Set<number>());
  const handlers = handlersAt(arm, instructions);
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = instructions.length - 1; i >= 0; i--) {
      const instruction = instructions[i]!;
      const live = before[i]!;
      const size = live.size;
      const addAll = (index: number | undefined, without: number): void => {
        if (index === undefined) return;
        for (const register of before[index]!) if (register !== without) live.add(register);
      };
      if (instruction.falls) addAll(indexAt.get(instruction.next), instruction.writes);
      // A context read that jumps to its default writes nothing.
      if (instruction.target >= 0) addAll(indexAt.get(instruction.target), -1);
      for (const handler of handlers[i]!) addAll(indexAt.get(handler.at), handler.register);
      for (const register of instruction.reads) live.add(register);
      if (live.size !== size) changed = true;
    }
  }
  return before;
}

interface HandlerEdge {
  readonly at: number;
  readonly register: number;
}

function handlersAt(arm: ArmCode, instructions: readonly Instruction[]): readonly (readonly HandlerEdge[])[] {
  return instructions.map((instruction) => arm.handlers.filter((handler) => instruction.at >= handler.start && instruction.at < handler.end).map((handler) => ({ at: handler.at, register: handler.register })));
}
