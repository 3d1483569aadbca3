/** What compiled code has left on its way out, and how it becomes frames of the machine. */
import type { Closure, Value } from '../../value/value.ts';
import type { ArmCode } from '../code.ts';
import { Op, type OpCode } from '../opcodes.ts';
import type { Running } from '../tier.ts';

/** Goes on behind a call: the values of the registers that are live there lie from `first` on, `value` is the call's. */
export type Resume = (words: number, closure: Closure, slots: readonly Slot[], first: number, value: Value) => Value | undefined;

/** A place where compiled code is left. */
export interface Exit {
  /** Null: a call that has not begun; what is kept are the arguments. */
  readonly arm: ArmCode | null;
  readonly pc: number;
  /** The registers that a frame left here keeps. */
  readonly registers: readonly number[];
  /** How many values are kept. */
  readonly size: number;
  /** Of a call: the code behind it, once a value has come back to it. */
  resume: Resume | null;
}

/**
 * Frames are flat, for there may be a million of them, and an object for each would cost more than the call itself. As they are left: the
 * values, then the closure, then the exit, then TAIL when a tail call has entered the frame.
 */
export type Slot = Value | Exit;

/** What the stretch on the native stack has left so far, innermost first: the slots below `top`. Room is kept, since the next stretch will need as much. */
export class LeftFrames {
  slots: Slot[] = [];
  top = 0;
  private highest = 0;

  /** Forgets all values. */
  clear(): void {
    const highest = Math.max(this.highest, this.top);
    if (highest > KEPT_MAX) this.slots = [];
    else if (highest > 0) this.slots.fill(null, 0, highest);
    this.top = 0;
    this.highest = 0;
  }

  empty(): void {
    this.highest = Math.max(this.highest, this.top);
    this.top = 0;
  }

  push(slot: Slot): void {
    this.slots[this.top++] = slot;
  }

  /** The frame that was left last has taken the place of another. */
  markTail(): void {
    if (this.slots[this.top - 1] !== TAIL) this.push(TAIL);
  }
}

const KEPT_MAX = 8_192;

const TAIL: Exit = { arm: null, pc: -1, registers: [], size: 0, resume: null };

export function exitAt(arm: ArmCode, pc: number, registers: readonly number[]): Exit {
  return { arm, pc, registers, size: registers.length, resume: null };
}

export function exitBefore(count: number): Exit {
  return { arm: null, pc: 0, registers: [], size: count, resume: null };
}

/** Words of native stack that a call of any compiled function takes at least. */
export const FRAME_WORDS = 40;

/** Chunks are as large as this, in slots, once there are some: the engine does not move such arrays about. */
const CHUNK_MAX = 16_000;
const CHUNK_MIN = 2_048;

/** Slots behind the values of a run. */
const RUN_SLOTS = 3;

/**
 * The frames that wait, the innermost on top. Frames of the same closure that wait at the same place lie in one run: their values one after
 * the other, then closure, exit and length, negative where tail calls have entered them. So a recursion takes room for its values
 * alone. What is large is never copied: there are chunks, and a run lies in one of them.
 */
export class HeldFrames {
  count = 0;
  // The run on top, which has no slots of its own yet; also the frame that was taken off last.
  exit: Exit = TAIL;
  closure: Closure | null = null;
  isTail = false;
  private length = 0;
  private chunk: Slot[] = [];
  /** Where the chunk's frames end, and the values of the frame begin that was taken off last. */
  private top = 0;
  /** A chunk that was emptied, for when the next one is wanted. */
  private spare: Slot[] | null = null;
  private readonly below: { readonly chunk: Slot[]; readonly top: number }[] = [];
  /** Whether the outermost frame of the stretch that is running was entered by a tail call. */
  private isStretchTail = false;

  clear(): void {
    // Once for each resume, and nearly always nothing waits.
    if (this.count === 0 && this.chunk.length === 0) return;
    this.count = 0;
    this.length = 0;
    this.top = 0;
    this.below.length = 0;
    this.chunk = [];
    this.spare = null;
    this.closure = null;
    this.isStretchTail = false;
  }

  /** Puts a frame on top; its values lie in the slots from `first` on. */
  push(exit: Exit, closure: Closure, isTail: boolean, slots: readonly Slot[], first: number): void {
    const { size } = exit;
    const isFull = this.top + size + RUN_SLOTS * 2 > this.chunk.length;
    if (isFull || exit !== this.exit || closure !== this.closure || isTail !== this.isTail || this.length === 0) {
      this.seal();
      if (isFull) this.grow(size + RUN_SLOTS * 2);
      this.exit = exit;
      this.closure = closure;
      this.isTail = isTail;
    }
    const { chunk } = this;
    let { top } = this;
    for (let i = 0; i < size; i++) chunk[top++] = slots[first + i]!;
    this.top = top;
    this.length += 1;
    this.count += 1;
  }

  /** What is put on top next begins another run. */
  private seal(): void {
    if (this.length === 0) return;
    const { chunk, top } = this;
    chunk[top] = this.closure;
    chunk[top + 1] = this.exit;
    chunk[top + 2] = this.isTail ? -this.length : this.length;
    this.top = top + RUN_SLOTS;
    this.length = 0;
  }

  /** The run on top is the one below. */
  private unseal(): void {
    while (this.top === 0) {
      this.spare = this.chunk;
      ({ chunk: this.chunk, top: this.top } = this.below.pop()!);
    }
    const { chunk } = this;
    const top = this.top - RUN_SLOTS;
    const length = chunk[top + 2] as number;
    this.closure = chunk[top] as Closure;
    this.exit = chunk[top + 1] as Exit;
    this.isTail = length < 0;
    this.length = Math.abs(length);
    this.top = top;
  }

  private grow(size: number): void {
    const { spare } = this;
    this.below.push({ chunk: this.chunk, top: this.top });
    this.spare = null;
    this.chunk = spare !== null && spare.length >= size ? spare : new Array<Slot>(Math.max(size, Math.min(CHUNK_MAX, CHUNK_MIN << Math.min(this.below.length, 10))));
    this.top = 0;
  }

  /** Takes the topmost frame off. What it was (`exit`, `closure`, `isTail`, `values()`) stays until something is put there. */
  pop(): void {
    if (this.length === 0) this.unseal();
    this.length -= 1;
    this.count -= 1;
    this.top -= this.exit.size;
  }

  /** Of the frame that was taken off last. */
  values(): readonly Value[] {
    return this.chunk.slice(this.top, this.top + this.exit.size) as Value[];
  }

  /** Puts back what was taken off last. */
  putBack(): void {
    this.length += 1;
    this.count += 1;
    this.top += this.exit.size;
  }

  /** Takes what a stretch has left, which came innermost first. */
  take(left: LeftFrames): void {
    const { slots } = left;
    let at = left.top;
    let isTail = this.isStretchTail;
    this.isStretchTail = false;
    while (at > 0) {
      let exit = slots[--at] as Exit;
      if (exit === TAIL) {
        isTail = true;
        exit = slots[--at] as Exit;
      }
      const closure = slots[--at] as Closure;
      at -= exit.size;
      this.push(exit, closure, isTail, slots, at);
      if (!isTail) at = this.takeRun(slots, at);
      isTail = false;
    }
    left.empty();
  }

  /** More frames like the one on top, the last of which ends at `end`; gives where the first of them begins. */
  private takeRun(left: readonly Slot[], end: number): number {
    const { exit, closure, chunk } = this;
    const { size } = exit;
    const limit = chunk.length - RUN_SLOTS * 2 - size;
    let { top } = this;
    let at = end;
    let length = 0;
    while (at > 0 && left[at - 1] === exit && left[at - 2] === closure && top <= limit) {
      at -= size + 2;
      for (let i = 0; i < size; i++) chunk[top++] = left[at + i]!;
      length += 1;
    }
    this.top = top;
    this.length += length;
    this.count += length;
    return at;
  }

  /** The frame that was taken off last is the outermost of the next stretch. */
  startStretch(): void {
    this.isStretchTail = this.isTail;
  }

  /**
   * Gives the value of a call to the innermost frame, that one's value to the next, and so on: to the outermost, whose value comes back,
   * or to one that gives none. `depth`: how many frames there may be.
   */
  goOn(given: Value, depth: number, stackWords: number, prepare: (exit: Exit) => Resume): Value | undefined {
    let value: Value | undefined = given;
    while (this.count > 0) {
      if (this.length === 0) this.unseal();
      const { exit, chunk } = this;
      const { size } = exit;
      const closure = this.closure!;
      const resume = exit.resume ?? prepare(exit);
      this.isStretchTail = this.isTail;
      while (this.length > 0) {
        this.length -= 1;
        this.count -= 1;
        const first = this.top - size;
        this.top = first;
        value = resume(Math.min(stackWords, (depth - this.count) * FRAME_WORDS), closure, chunk, first, value);
        if (value === undefined) return undefined;
      }
    }
    return value;
  }
}

/**
 * The frames become frames of the machine above its running one, which stands at the instruction that compiled code was entered by; a
 * tail call or a loop's turn leaves its place to them. True when the last of them is a call that has begun only now.
 */
export function takeHeld(held: HeldFrames, machine: Running): boolean {
  const op = machine.arm.ops[machine.pc] as OpCode;
  const isLoop = op === Op.LOOP;
  let takesPlace = isLoop || op === Op.TAIL_CALL || op === Op.TAIL_CALL_DEFINITION;
  // They become the machine's in the order in which they were entered.
  const reversed = new HeldFrames();
  while (held.count > 0) {
    held.pop();
    reversed.push(held.exit, held.closure!, held.isTail, held.values(), 0);
  }
  held.clear();
  while (reversed.count > 0) {
    reversed.pop();
    const { arm, registers, size, pc } = reversed.exit;
    const closure = reversed.closure!;
    const values = reversed.values();
    const first = takesPlace ? machine.base : machine.base + windowAt(machine);
    const isTail: boolean = reversed.isTail || (takesPlace && (!isLoop || machine.tail));
    machine.reserve(first + Math.max(size, arm?.registers ?? 0) + 1);
    if (arm === null) {
      for (let i = 0; i < size; i++) machine.registers[first + i] = values[i]!;
      if (takesPlace) machine.replace(closure, first, size);
      else machine.enterFrom(closure, first, size);
      machine.tail = isTail;
      return true;
    }
    if (!takesPlace) machine.push();
    machine.arm = arm;
    machine.closure = closure;
    machine.base = first;
    machine.pc = pc;
    machine.tail = isTail;
    for (let k = 0; k < size; k++) machine.registers[first + registers[k]!] = values[k]!;
    takesPlace = false;
  }
  return false;
}

/** Where the arguments of the call stand that the running frame is at. */
function windowAt({ arm, pc }: Running): number {
  return arm.ops[pc + (arm.ops[pc] === Op.APPLY ? 4 : 3)]!;
}
