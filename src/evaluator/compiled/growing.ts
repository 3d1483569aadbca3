/**
 * Vectors that a loop builds: `(recur … (conj out x))`. From its first `conj` in the loop on the vector is one that nobody else has seen, so that the
 * next `conj` may put the element into it in place of making another. Once the frame is left, others see it, and the loop begins anew.
 */
import type { ArmCode } from '../code.ts';
import { Op } from '../opcodes.ts';

/** Registers that hand the vector from one to the other, and do nothing else with it in the loop. */
export interface Growing {
  readonly first: number;
  readonly registers: ReadonlySet<number>;
}

/** What is built in the loop whose instructions have the indexes in [from, to). */
export function growingIn(arm: ArmCode, from: number, to: number): readonly Growing[] {
  const { ops } = arm;
  const found: Growing[] = [];
  for (const { at } of arm.liveness.instructions.slice(from, to)) {
    if (ops[at] !== Op.CONJ || found.some(({ registers }) => registers.has(ops[at + 1]!))) continue;
    const registers = connected(arm, from, to, ops[at + 1]!);
    if (isUnseen(arm, from, to, registers)) found.push({ first: Math.min(...registers), registers });
  }
  return found;
}

/** The registers that the vector in `register` may come from or go to. */
function connected(arm: ArmCode, from: number, to: number, register: number): Set<number> {
  const { ops } = arm;
  const registers = new Set([register]);
  for (let size = 0; size !== registers.size; ) {
    size = registers.size;
    for (const { at } of arm.liveness.instructions.slice(from, to)) {
      if (ops[at] !== Op.CONJ && ops[at] !== Op.MOVE) continue;
      if (registers.has(ops[at + 1]!) || registers.has(ops[at + 2]!)) registers.add(ops[at + 1]!).add(ops[at + 2]!);
    }
  }
  return registers;
}

function isUnseen(arm: ArmCode, from: number, to: number, registers: ReadonlySet<number>): boolean {
  const { ops, liveness } = arm;
  for (let index = from; index < to; index++) {
    const { at, reads, writes } = liveness.instructions[index]!;
    const op = ops[at];
    if (op === Op.CONJ) {
      if (registers.has(ops[at + 3]!)) return false;
      // What it had been given is seen through no other register.
      if (registers.has(writes)) for (const live of liveness.before[index + 1]!) if (live !== writes && registers.has(live)) return false;
    } else if (op !== Op.MOVE && op !== Op.RETURN && (registers.has(writes) || reads.some((read) => registers.has(read)))) return false;
  }
  return true;
}
