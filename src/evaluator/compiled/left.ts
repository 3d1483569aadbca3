/** What compiled code has left on its way out, and how it becomes frames of the machine. */
import type { Closure, Value } from '../../value/value.ts';
import type { ArmCode } from '../code.ts';
import { Op, type OpCode } from '../opcodes.ts';
import type { Running } from '../tier.ts';

/** A call that compiled code has left, or (without arm) one that it has not begun: then `values` are the arguments. */
export interface LeftFrame {
  readonly arm: ArmCode | null;
  readonly closure: Closure;
  readonly pc: number;
  /** The registers that `values` are of. */
  readonly registers: readonly number[];
  readonly values: readonly (Value | undefined)[];
  tail: boolean;
}

/**
 * The frames, innermost first, become frames of the machine above its running one, which stands at the instruction that compiled
 * code was entered by; a tail call or a loop's turn leaves its place to them. True when the last of them is a call that has begun only now.
 */
export function takeLeft(left: LeftFrame[], machine: Running): boolean {
  const op = machine.arm.ops[machine.pc] as OpCode;
  const isLoop = op === Op.LOOP;
  let takesPlace = isLoop || op === Op.TAIL_CALL || op === Op.TAIL_CALL_DEFINITION;
  for (let i = left.length - 1; i >= 0; i--) {
    const { arm, closure, pc, registers, values, tail } = left[i]!;
    const first = takesPlace ? machine.base : machine.base + windowAt(machine);
    const isTail: boolean = tail || (takesPlace && (!isLoop || machine.tail));
    machine.reserve(first + Math.max(values.length, arm?.registers ?? 0) + 1);
    if (arm === null) {
      left.length = 0; // what follows may fail
      begin(machine, closure, values as readonly Value[], first, takesPlace);
      machine.tail = isTail;
      return true;
    }
    if (!takesPlace) machine.push();
    machine.arm = arm;
    machine.closure = closure;
    machine.base = first;
    machine.pc = pc;
    machine.tail = isTail;
    for (let k = 0; k < values.length; k++) machine.registers[first + registers[k]!] = values[k] ?? null;
    takesPlace = false;
  }
  left.length = 0;
  return false;
}

function begin(machine: Running, closure: Closure, args: readonly Value[], first: number, takesPlace: boolean): void {
  for (let i = 0; i < args.length; i++) machine.registers[first + i] = args[i]!;
  if (takesPlace) machine.replace(closure, first, args.length);
  else machine.enterFrom(closure, first, args.length);
}

/** Where the arguments of the call stand that the running frame is at. */
function windowAt({ arm, pc }: Running): number {
  return arm.ops[pc + (arm.ops[pc] === Op.APPLY ? 4 : 3)]!;
}
