/**
 * From one arm's register code to the source of a JavaScript function. Every piece of source is a fixed template filled with numbers
 * (registers, addresses, indexes into tables, small whole numbers): no text of a program ever gets into it.
 *
 * Registers become variables: `r3`, or `f3` where it certainly holds a float, as a bare double. Forward jumps become breaks out
 * of labelled blocks that end where the jump goes; jumps back become `continue` of the loop that begins there.
 *
 * What generated code may refer to:
 *   R the runtime, m its meter · A the arm · K constants, P primitives, D called definitions,
 *   U inner code, X exits, F what belongs to a frame when something fails, W where speculation ends
 * What it looks up there it is given once, as parameters of a function around it: constants for the engine, and the code is shorter. Engines
 * put short functions into the places that call them, which for a small function is worth more than all that it does.
 *   n words of native stack left, c the running closure, p the address of what may fail, negative in a tail call
 */
import type { ArmCode } from '../code.ts';
import type { Instruction } from '../liveness.ts';
import { Op, type OpCode } from '../opcodes.ts';
import { type Growing, growingIn } from './growing.ts';
import { after, isLeft, Kind, type Kinds, kindsOf } from './kinds.ts';
import { FRAME_WORDS } from './left.ts';
import { templateFor } from './templates.ts';

export interface Emitted {
  /** The body of a function with the parameters of `FACTORY_PARAMETERS`; it returns the arm's function. */
  readonly source: string;
  /** The ways of leaving it: where the machine would stand, and the registers that the frame keeps. */
  readonly exits: readonly { readonly pc: number; readonly registers: readonly number[] }[];
  /** By the address of what has failed: what of the variables that the function then gives belongs to the frame. */
  readonly failures: ReadonlyMap<number, Failure>;
  /** Where speculation ends, for `W`. */
  readonly bailouts: readonly Bailout[];
  /** For a loop: which of the values that it begins with must be integers that are not big. */
  readonly plainIntegers: readonly number[];
}

/** An instruction that is left to the machine, and what of the variables that are handed over belongs to the frame. */
export interface Bailout extends Failure {
  readonly pc: number;
}

/** The registers of a frame that an error passes, and where among the function's variables each of them is. */
export interface Failure {
  readonly registers: readonly number[];
  readonly variables: readonly number[];
}

export const FACTORY_PARAMETERS = ['R', 'A', 'K', 'P', 'D', 'U', 'X', 'F', 'W'] as const;

/** Arguments that are passed one by one; beyond, as an array. */
export const DIRECT_ARGUMENTS = 4;

/** Values of a frame that are left one by one; beyond, as an array. */
const LEFT_DIRECTLY = 5;

/** Larger arms stay on the machine: the engine would not optimise them. */
const INSTRUCTIONS_MAX = 3_000;
const LABELS_MAX = 400;

function frameWords(arm: ArmCode): number {
  return FRAME_WORDS + arm.registers;
}

/** The source for an arm from its entry, from the head of a loop, or from behind a call; null when that is left to the machine. */
export function emit(arm: ArmCode, point: number): Emitted | null {
  const emitter = new Emitter(arm, point);
  return emitter.run();
}

export class Emitter {
  protected readonly arm: ArmCode;
  private readonly point: number;
  private readonly from: 'entry' | 'loop' | 'call';
  private readonly instructions: readonly Instruction[];
  private readonly entry: number;
  private readonly kinds: readonly (Kinds | null)[];
  private readonly speculates: boolean;
  private readonly exits: { readonly pc: number; readonly registers: readonly number[] }[] = [];
  protected readonly body: string[] = [];
  /** What is looked up once, by the name of the parameter that has it. */
  private readonly given = new Map<string, string>([['m', 'R.meter']]);
  private readonly declared = new Set<string>();
  /**
   * The loop that is being emitted, when it does nothing but count and compare: then its turns are counted in a variable (`u`, from `w` down)
   * and paid when it is left, because a memory cell that is read and written at each turn would be slower than all the rest.
   */
  protected counted: { readonly from: number; readonly to: number } | null = null;
  /** The loops that are being emitted, the outermost first. */
  private readonly around: EmittedLoop[] = [];
  /** By the address of a loop's head: the index behind the last jump back to it. */
  private readonly loops = new Map<number, number>();
  private readonly parameters: number;
  private sites = 0;
  private mayFail = false;
  /** Registers that handlers of this arm look at. */
  private readonly caught: readonly number[];
  private readonly plainIntegers: number[] = [];
  private readonly failures = new Map<number, Failure>();
  /** The variables that are needed when something fails. */
  private readonly saved: string[] = [];

  constructor(arm: ArmCode, point: number, speculates = false) {
    this.arm = arm;
    this.point = point;
    this.speculates = speculates;
    const { instructions, indexAt, before } = arm.liveness;
    this.instructions = instructions;
    const start = indexAt.get(arm.points[point]!)!;
    this.from = point === 0 ? 'entry' : arm.ops[arm.points[point]!] === Op.LOOP ? 'loop' : 'call';
    this.entry = this.from === 'call' ? start + 1 : start;
    this.parameters = arm.required + (arm.variadic ? 1 : 0);
    const caught = new Set<number>();
    for (const handler of arm.handlers) for (const register of before[indexAt.get(handler.at)!]!) if (register !== handler.register) caught.add(register);
    this.caught = [...caught].sort((a, b) => a - b);
    this.kinds = kindsOf(arm, this.entry, this.kindsAtEntry(), speculates);
    this.instructions.forEach((instruction, index) => {
      if (this.kinds[index] !== null && instruction.target >= 0 && instruction.target <= instruction.at) this.loops.set(instruction.target, index + 1);
    });
  }

  run(): Emitted | null {
    const reachable = this.kinds.filter((kinds) => kinds !== null).length;
    // An arm whose code from its entry on is not too large is not too large from anywhere.
    if (reachable > INSTRUCTIONS_MAX || (this.from !== 'call' && isLeft(this.arm.ops[this.instructions[this.entry]!.at] as OpCode))) return null;
    if (this.from === 'loop' && this.leavesLoop()) return null;
    const labels = new Set(this.instructions.flatMap(({ target }, index) => (this.kinds[index] === null || target < 0 ? [] : [target])));
    if (labels.size > LABELS_MAX) return null;
    this.range(this.entry, this.instructions.length, false);
    return { source: this.assemble(), exits: this.exits, failures: this.failures, bailouts: this.bailouts(), plainIntegers: this.plainIntegers };
  }

  /** A loop that does what only the machine can would be left at each turn. */
  private leavesLoop(): boolean {
    const end = this.loops.get(this.instructions[this.entry]!.at) ?? this.instructions.length;
    for (let index = this.entry; index < end; index++) if (this.kinds[index] !== null && isLeft(this.arm.ops[this.instructions[index]!.at] as OpCode)) return true;
    return false;
  }

  /** Arguments may be anything; what stands in the registers at a loop's head is what the flow from the arm's entry says. */
  private kindsAtEntry(): Kinds {
    const none: Kind[] = new Array<Kind>(this.arm.registers).fill(Kind.NONE);
    for (let i = 0; i < this.parameters; i++) none[i] = Kind.ANY;
    if (this.from === 'entry') return none;
    const known = kindsOf(this.arm, 0, none);
    if (this.from === 'loop') return known[this.entry] ?? none.fill(Kind.ANY);
    const before = known[this.entry - 1];
    return before === null || before === undefined ? none.fill(Kind.ANY) : after(this.arm, this.instructions[this.entry - 1]!, before);
  }

  private assemble(): string {
    const parameters = this.from === 'entry' ? Array.from({ length: this.parameters }, (_, i) => `r${i}`) : this.from === 'loop' ? ['V', 'b'] : ['V', 'b', 'v'];
    const start = this.from === 'entry' ? this.startOfArm() : this.from === 'loop' ? this.startOfLoop() : this.startBehindCall();
    const inner = this.finish(this.body);
    const variables = [...this.declared].filter((name) => !parameters.includes(name));
    const saved = this.saved.map((name) => (!variables.includes(name) && !parameters.includes(name) ? 'null' : name.startsWith('f') ? `R.float(${name})` : name));
    const body = [
      `function f(${['n', 'c', ...parameters].join(', ')}) {`,
      `var ${['p = 0', 't', ...(this.from === 'call' ? [] : ['v']), 'u', 'w', ...variables].join(', ')};`,
      ...start,
      ...(this.mayFail ? ['try {', ...inner, `} catch (e) { throw R.failed(e, A, c, p, F, [${saved.join(', ')}]); }`] : inner),
      '}',
    ].join('\n');
    const called = replaceLookups(body, 'R.', '(', (name) => `${this.lookUp(name, `R.${name}`)}(`);
    const made = replaceLookups(called, 'X[', ']', (exit) => this.lookUp(`X${exit}`, `X[${exit}]`));
    const sites = Array.from({ length: this.sites }, (_, site) => [`s${site}`, `g${site}`]).flat();
    return `"use strict";\nreturn ((${[...this.given.keys(), ...sites].join(', ')}) => ${made})(${[...this.given.values()].join(', ')});`;
  }

  private startOfArm(): readonly string[] {
    const live = this.arm.liveAt(0);
    return [`if (n <= 0 || --m.fuel < 0) return R.notBegun(n, ${this.exitFor(0, live)}, c${this.passed(', ')});`];
  }

  /** The values of the registers that are live there lie in an array. What is a number stays one for the engine: hence the signs. */
  private startOfLoop(): readonly string[] {
    return this.arm.liveAt(this.point).map((register, index) => {
      const kind = this.kinds[this.entry]![register];
      if (kind === Kind.INTEGER) this.plainIntegers.push(index);
      const value = kind === Kind.FLOAT ? `+R.double(V[b + ${index}])` : kind === Kind.INTEGER ? `+V[b + ${index}]` : `V[b + ${index}]`;
      return `${this.variable(register, kind === Kind.FLOAT)} = ${value};`;
    });
  }

  private startBehindCall(): readonly string[] {
    const loads = this.arm.liveAt(this.point).map((register, index) => {
      const isFloat = this.kinds[this.entry]![register] === Kind.FLOAT;
      return `${this.variable(register, isFloat)} = ${isFloat ? `+R.double(V[b + ${index}])` : `V[b + ${index}]`};`;
    });
    return [...loads, `${this.variable(this.arm.ops[this.instructions[this.entry - 1]!.at + 1]!, false)} = v;`];
  }

  private passed(before: string): string {
    return Array.from({ length: this.parameters }, (_, i) => `${before}r${i}`).join('');
  }

  // --- the shape -------------------------------------------------------------------------------------------------

  /** Emits the instructions with indexes in [from, to); `inLoop`: `from` is the head of the loop that this is the body of. */
  private range(from: number, to: number, inLoop: boolean): void {
    const start = this.body.length;
    const used = new Set<number>();
    const targets = this.targetsIn(from, to, inLoop);
    const sizes: number[] = [];
    let index = from;
    let falls = true;
    while (index < to) {
      const { at } = this.instructions[index]!;
      if (targets.has(at)) {
        if (falls && index > from) this.settle(index);
        this.body.push(`} // ${at}`);
        used.add(at);
        sizes.push(at);
        falls = true;
      }
      const end = this.loops.get(at);
      if (this.kinds[index] === null) {
        index += 1;
        falls = false;
      } else if (end !== undefined && !(inLoop && index === from)) {
        if (falls && index > from && !targets.has(at)) this.settle(index);
        if (this.isPlainLoop(index, end)) this.counted = { from: index, to: end };
        if (this.counted !== null) this.body.push('u = w = R.turns() | 0;');
        const place = this.body.length;
        const loop: EmittedLoop = { writes: new Set(this.instructions.slice(index, end).map(({ writes }) => writes)), facts: new Map(), growing: growingIn(this.arm, index, end) };
        this.around.push(loop);
        this.body.push(`H${at}: for (;;) {`);
        falls = this.loopBody(index, end);
        this.around.pop();
        const before = [...loop.facts, ...loop.growing.map(({ first }) => [this.ownership(first), 'false'] as const)];
        this.body.splice(place, 0, ...before.map(([name, expression]) => `${name} = ${expression};`));
        this.counted = null;
        index = end;
      } else {
        falls = this.instruction(index);
        if (falls && index + 1 < to && !targets.has(this.instructions[index + 1]!.at)) this.settle(index + 1);
        index += 1;
      }
    }
    // Blocks are opened where the range begins, the one that ends last outermost.
    this.body.splice(start, 0, ...[...sizes].sort((a, b) => b - a).map((at) => `B${at}: {`));
    this.fallsOut = falls;
  }

  private fallsOut = false;

  private loopBody(head: number, end: number): boolean {
    const { at } = this.instructions[head]!;
    this.range(head, end, true);
    if (this.fallsOut) {
      this.settle(end);
      if (this.counted !== null) this.body.push('m.fuel -= w - u;');
      this.body.push(`break H${at};`);
    }
    this.body.push('}');
    return this.fallsOut;
  }

  private isPlainLoop(from: number, to: number): boolean {
    const { ops, primitives } = this.arm;
    for (let index = from; index < to; index++) {
      const { at } = this.instructions[index]!;
      if (this.kinds[index] === null) continue;
      const op = ops[at] as OpCode;
      const isInline = op === Op.PRIMITIVE_1 || op === Op.PRIMITIVE_2 ? templateFor(primitives[ops[at + 2]!]!.name, op - Op.PRIMITIVE_0) !== null : PLAIN.has(op);
      if (!isInline || (op === Op.LOOP && index !== from)) return false;
    }
    return true;
  }

  /** The addresses inside of [from, to) that something in it jumps forward to, and that do not lie within a loop in it. */
  private targetsIn(from: number, to: number, inLoop: boolean): ReadonlySet<number> {
    const targets = new Set<number>();
    const { indexAt } = this.arm.liveness;
    for (let index = from; index < to; index++) {
      const { at, target } = this.instructions[index]!;
      if (this.kinds[index] === null || target <= at) continue;
      const end = indexAt.get(target)!;
      if (end <= from || end >= to || this.isWithinLoop(end, from, inLoop)) continue;
      targets.add(target);
    }
    return targets;
  }

  /** Whether the instruction lies in a loop of its own: one that begins within what starts at `from`, or behind. */
  private isWithinLoop(index: number, from: number, inLoop: boolean): boolean {
    for (const [head, end] of this.loops) {
      const first = this.arm.liveness.indexAt.get(head)!;
      if ((inLoop ? first > from : first >= from) && first < index && index < end) return true;
    }
    return false;
  }

  // --- registers -------------------------------------------------------------------------------------------------

  protected variable(register: number, double: boolean): string {
    const name = `${double ? 'f' : 'r'}${register}`;
    this.declared.add(name);
    return name;
  }

  /** The register's value, as any value. */
  protected value(register: number, kinds: Kinds): string {
    return kinds[register] === Kind.FLOAT ? `R.float(${this.variable(register, true)})` : this.variable(register, false);
  }

  protected isDouble(register: number, kinds: Kinds): boolean {
    return kinds[register] === Kind.FLOAT;
  }

  /** What is known of a register: once for all turns of the outermost loop that does not write it, otherwise at each use. */
  protected fact(prefix: string, register: number, expression: string): string {
    const loop = this.around.find(({ writes }) => !writes.has(register));
    if (loop === undefined) return expression;
    const name = `${prefix}${register}`;
    this.declared.add(name);
    loop.facts.set(name, expression);
    return name;
  }

  /** Whether it is a JavaScript number. */
  protected isNumber(register: number): string {
    return this.fact('y', register, `typeof ${this.variable(register, false)} === "number"`);
  }

  /** Whether it is an integer of 32 bits. */
  protected isSmall(register: number): string {
    const x = this.variable(register, false);
    return this.fact('i', register, `typeof ${x} === "number" && (${x} | 0) === ${x}`);
  }

  protected isVector(register: number): string {
    return this.fact('o', register, `R.isVector(${this.variable(register, false)})`);
  }

  /** The element of a vector, or undefined. The array of a vector that a loop only reads is looked up before its first turn. */
  private element(vector: number, index: number): string {
    const [x, y] = [this.variable(vector, false), this.variable(index, false)];
    const array = this.fact('a', vector, `R.flat(${x})`);
    if (array !== `a${vector}`) return `R.at(${x}, ${y})`;
    const offset = this.fact('j', vector, `${array} === null ? 0 : ${x}.offset`);
    const size = this.fact('h', vector, `${array} === null ? 0 : ${x}.size`);
    return `${this.isNumber(index)} && ${y} >= 0 && ${y} < ${size} ? ${array}[${offset} + ${y}] : R.at(${x}, ${y})`;
  }

  private isClosure(register: number): string {
    return this.fact('l', register, `R.isClosure(${this.variable(register, false)})`);
  }

  /** What only happens now and then, and may charge: turns that are only counted so far are paid first. */
  private slow(expression: string): string {
    return this.counted === null ? expression : `(w = u = R.pay(w - u), ${expression})`;
  }

  protected line(text: string): void {
    this.body.push(text);
  }

  /** Before something that may fail. Other frames may handle the error and come back here: then what is live behind a call is needed. */
  protected at(address: number, kinds: Kinds, isTail = false): void {
    this.mayFail = true;
    this.line(`p = ${isTail ? -address - 1 : address};`);
    const { ops } = this.arm;
    const op = ops[address] as OpCode;
    const live = op === Op.CALL || op === Op.CALL_DEFINITION || op === Op.APPLY ? this.arm.liveAt(ops[address + 5]!) : [];
    const registers = [...new Set([...live, ...this.caught])];
    const variables = registers.map((register) => {
      const name = this.isDouble(register, kinds) ? `f${register}` : `r${register}`;
      if (!this.saved.includes(name)) this.saved.push(name);
      return this.saved.indexOf(name);
    });
    if (registers.length > 0) this.failures.set(address, { registers, variables });
  }

  /** On the way from one instruction to another, floats become values where it is not known that they are floats. */
  private conversions(kinds: Kinds, to: number): string {
    const wanted = this.kinds[to];
    if (wanted === null || wanted === undefined) return '';
    let text = '';
    for (const register of this.arm.liveness.before[to]!) {
      if (kinds[register] === Kind.FLOAT && wanted[register] !== Kind.FLOAT) text += `${this.variable(register, false)} = R.float(${this.variable(register, true)}); `;
    }
    return text;
  }

  /** What falls into the instruction at `index` comes as it expects. */
  private settle(index: number): void {
    const text = this.conversions(this.fallKinds, index);
    if (text !== '') this.line(text);
  }

  /** What is known behind the last instruction that falls. */
  protected fallKinds: Kinds = [];

  protected go(kinds: Kinds, from: Instruction): string {
    const { target } = from;
    const index = this.arm.liveness.indexAt.get(target)!;
    const isOut = this.counted !== null && (index < this.counted.from || index >= this.counted.to);
    const paid = isOut ? 'm.fuel -= w - u; ' : '';
    if (index < this.entry) return `${paid}${this.leave(target, index, kinds)}`;
    const jump = target <= from.at ? `continue H${target};` : `break B${target};`;
    return `${paid}${this.conversions(kinds, index)}${jump}`;
  }

  /** Leaves a frame that keeps the registers, and the function. */
  private exit(pc: number, registers: readonly number[], values: readonly string[]): string {
    const exit = this.exitFor(pc, registers);
    if (values.length > LEFT_DIRECTLY) return `return R.leaveMany(${exit}, c, [${values.join(', ')}]);`;
    return `return R.leave${values.length}(${[exit, 'c', ...values].join(', ')});`;
  }

  private exitFor(pc: number, registers: readonly number[]): string {
    const known = this.exits.findIndex((exit) => exit.pc === pc && exit.registers === registers);
    if (known < 0) this.exits.push({ pc, registers });
    return `X[${known < 0 ? this.exits.length - 1 : known}]`;
  }

  // --- what speculation does in another way (`speculative.ts`) ------------------------------------------------------

  protected bailouts(): readonly Bailout[] {
    return [];
  }

  /** The whole body, once it is there. */
  protected finish(body: readonly string[]): readonly string[] {
    return body;
  }

  /** Leaves it to the machine to go on at the instruction. */
  private leave(address: number, index: number, kinds: Kinds): string {
    const live = [...this.arm.liveness.before[index]!].sort((a, b) => a - b);
    return this.exit(address, live, live.map((register) => this.value(register, kinds)));
  }

  // --- instructions ----------------------------------------------------------------------------------------------

  /** True when the next instruction follows. */
  private instruction(index: number): boolean {
    const instruction = this.instructions[index]!;
    const kinds = this.kinds[index]!;
    const op = this.arm.ops[instruction.at] as OpCode;
    this.fallKinds = after(this.arm, instruction, kinds, this.speculates);
    if (isLeft(op)) {
      this.line(this.leave(instruction.at, index, kinds));
      return false;
    }
    this.emitOp(op, index, instruction, kinds);
    return instruction.falls;
  }

  protected emitOp(op: OpCode, index: number, instruction: Instruction, kinds: Kinds): void {
    const { at } = instruction;
    const { ops } = this.arm;
    const d = ops[at + 1]!;
    const [a, b] = [ops[at + 2]!, ops[at + 3]!];
    switch (op) {
      case Op.CONST:
        return this.constant(d, a);
      case Op.MOVE:
        if (this.isDouble(a, kinds)) return this.line(`${this.variable(d, true)} = ${this.variable(a, true)};`);
        return this.set(d, this.value(a, kinds));
      case Op.CAPTURE:
        return this.set(d, `c.captures[${a}]`);
      case Op.SIBLING:
        return this.set(d, `R.sibling(c, ${a})`);
      case Op.DEFINITION:
        return this.set(d, `D[${a}]`);
      case Op.VAR:
        this.at(at, kinds);
        return this.set(d, `R.variable(K[${a}])`);
      case Op.SET_VAR:
        return this.line(`R.setVariable(K[${d}], ${this.value(a, kinds)});`);
      case Op.JUMP:
        return this.line(this.go(kinds, instruction));
      case Op.JUMP_FALSE:
      case Op.JUMP_TRUE:
      case Op.JUMP_NOT_NIL:
        return this.jumpOn(op, d, kinds, instruction);
      case Op.JUMP_NOT_LT:
      case Op.JUMP_NOT_LE:
      case Op.JUMP_NOT_GT:
      case Op.JUMP_NOT_GE:
      case Op.JUMP_NOT_EQ:
        return this.jumpUnless(at, this.comparison(COMPARED[op]!, d, a, kinds), kinds, instruction);
      case Op.JUMP_NOT_LT_I:
      case Op.JUMP_NOT_LE_I:
      case Op.JUMP_NOT_GT_I:
      case Op.JUMP_NOT_GE_I:
        return this.jumpUnless(at, this.literalComparison(COMPARED[op]!, d, a, kinds), kinds, instruction);
      case Op.JUMP_NOT_EQ_I:
        if (this.isDouble(d, kinds)) return this.line(this.go(kinds, instruction)); // a float equals no integer
        return this.line(`if (${this.variable(d, false)} !== ${a}) { ${this.go(kinds, instruction)} }`);
      case Op.LT:
      case Op.LE:
      case Op.GT:
      case Op.GE:
      case Op.EQ:
        this.at(at, kinds);
        return this.set(d, this.comparison(COMPARED[op]!, a, b, kinds));
      case Op.ADD:
      case Op.SUB:
      case Op.MUL:
        return this.arithmetic(at, ARITHMETIC[op]!, d, a, b, kinds);
      case Op.ADD_I:
      case Op.SUB_I:
        return this.literalArithmetic(at, ARITHMETIC[op]!, d, a, b, kinds);
      case Op.INC:
      case Op.DEC:
        return this.literalArithmetic(at, ARITHMETIC[op]!, d, a, 1, kinds);
      case Op.NOT:
        return this.set(d, kinds[a] === Kind.BOOLEAN ? `!${this.value(a, kinds)}` : this.isDouble(a, kinds) ? 'false' : `${this.value(a, kinds)} === null || ${this.value(a, kinds)} === false`);
      case Op.IS_NIL:
        return this.set(d, this.isDouble(a, kinds) ? 'false' : `${this.value(a, kinds)} === null`);
      case Op.NTH: {
        this.at(at, kinds);
        const [x, y] = [this.value(a, kinds), this.value(b, kinds)];
        if (this.isDouble(a, kinds) || this.isDouble(b, kinds)) return this.set(d, this.slow(`R.nth(${x}, ${y}, m)`));
        return this.set(d, `(t = ${this.element(a, b)}) !== undefined ? t : ${this.slow(`R.nth(${x}, ${y}, m)`)}`);
      }
      case Op.COUNT: {
        this.at(at, kinds);
        const x = this.value(a, kinds);
        const slow = this.slow(`R.count(${x}, m)`);
        return this.set(d, this.isDouble(a, kinds) ? slow : `${this.isVector(a)} ? ${x}.size : ${slow}`);
      }
      case Op.CONJ: {
        this.at(at, kinds);
        const args = `${this.value(a, kinds)}, ${this.value(b, kinds)}, m`;
        const growing = this.around.flatMap((loop) => loop.growing).find(({ registers }) => registers.has(a));
        if (growing === undefined) return this.set(d, `R.conj(${args})`);
        const own = this.ownership(growing.first);
        this.set(d, `${own} ? R.grow(${args}) : R.conj(${args})`);
        return this.line(`${own} = ${this.isVector(d)};`);
      }
      case Op.GET:
      case Op.KEYWORD_GET:
        this.at(at, kinds);
        return this.set(d, `R.${INLINED[op]!}(${this.value(a, kinds)}, ${this.value(b, kinds)}, m)`);
      case Op.FIRST:
        this.at(at, kinds);
        return this.set(d, `R.first(${this.value(a, kinds)}, m)`);
      case Op.PRIMITIVE_0:
      case Op.PRIMITIVE_1:
      case Op.PRIMITIVE_2:
      case Op.PRIMITIVE_3:
        return this.primitive(at, kinds, d, a, Array.from({ length: op - Op.PRIMITIVE_0 }, (_, i) => ops[at + 3 + i]!));
      case Op.PRIMITIVE_N:
        this.at(at, kinds);
        return this.set(d, `P[${a}].rest([${this.window(b, ops[at + 4]!, kinds)}], m)`);
      case Op.CALL_DEFINITION:
        this.at(at, kinds);
        return this.call(index, d, this.definitionCall(a, b, ops[at + 4]!, kinds));
      case Op.TAIL_CALL_DEFINITION:
        this.at(at, kinds, true);
        return this.line(`if ((v = ${this.definitionCall(d, a, b, kinds)}) === undefined) R.tail(); return v;`);
      case Op.CALL:
        this.at(at, kinds);
        return this.call(index, d, this.closureCall(a, b, ops[at + 4]!, kinds));
      case Op.TAIL_CALL:
        this.at(at, kinds, true);
        return this.line(`if ((v = ${this.closureCall(d, a, b, kinds)}) === undefined) R.tail(); return v;`);
      case Op.APPLY:
        this.at(at, kinds);
        return this.call(index, d, `R.apply(n - ${frameWords(this.arm)}, ${this.value(a, kinds)}, ${this.value(b, kinds)})`);
      case Op.TAIL_APPLY:
        this.at(at, kinds, true);
        return this.line(`if ((v = R.apply(n - ${frameWords(this.arm)}, ${this.value(d, kinds)}, ${this.value(a, kinds)})) === undefined) R.tail(); return v;`);
      case Op.CLOSURE: {
        const count = b;
        this.at(at, kinds);
        return this.set(d, `R.closure(U[${a}], [${Array.from({ length: count }, (_, i) => this.value(ops[at + 4 + i]!, kinds)).join(', ')}])`);
      }
      case Op.LOOP: {
        const live = this.arm.liveAt(d);
        const pause = `R.pauseAtLoop(); ${this.exit(at, live, live.map((register) => this.value(register, kinds)))}`;
        if (this.counted === null) return this.line(`if (--m.fuel < 0) { ${pause} }`);
        return this.line(`if ((u = u - 1 | 0) < 0) { m.fuel -= w - u; if (m.fuel < 0) { ${pause} } u = w = R.turns() | 0; }`);
      }
      case Op.RETURN:
        if (this.counted !== null) this.line('m.fuel -= w - u;');
        return this.line(`return ${this.value(d, kinds)};`);
      case Op.THROW:
        this.at(at, kinds);
        return this.line(`throw R.raised(${this.value(d, kinds)});`);
      case Op.MAKE_PENDING:
        return this.set(d, `R.pending(${this.value(a, kinds)})`);
      case Op.RETHROW_PENDING:
        this.at(at, kinds);
        return this.line(`R.rethrow(${this.value(d, kinds)});`);
      default:
        throw new Error(`no template for instruction ${op}`);
    }
  }

  protected set(register: number, expression: string): void {
    this.line(`${this.variable(register, false)} = ${expression};`);
  }

  private constant(d: number, index: number): void {
    const value = this.arm.constants[index]!;
    if (this.fallKinds[d] === Kind.FLOAT) return this.line(`${this.variable(d, true)} = ${this.hoist('q', index, `R.double(K[${index}])`)};`);
    if (value === null) return this.set(d, 'null');
    if (typeof value === 'boolean') return this.set(d, value ? 'true' : 'false');
    if (typeof value === 'number' && (value | 0) === value && !Object.is(value, -0)) return this.set(d, String(value | 0));
    this.set(d, this.hoist('k', index, `K[${index}]`));
  }

  /** A name for something that is looked up once. */
  private lookUp(name: string, expression: string): string {
    this.given.set(name, expression);
    return name;
  }

  private hoist(prefix: string, index: number, expression: string): string {
    return this.lookUp(`${prefix}${index}`, expression);
  }

  private jumpOn(op: OpCode, s: number, kinds: Kinds, instruction: Instruction): void {
    const go = this.go(kinds, instruction);
    if (this.isDouble(s, kinds)) {
      if (op !== Op.JUMP_FALSE) this.line(go); // a float is neither nil nor false
      return;
    }
    const value = this.value(s, kinds);
    const isFalse = kinds[s] === Kind.BOOLEAN ? `!${value}` : `${value} === null || ${value} === false`;
    const test = op === Op.JUMP_NOT_NIL ? `${value} !== null` : op === Op.JUMP_FALSE ? isFalse : `!(${isFalse})`;
    this.line(`if (${test}) { ${go} }`);
  }

  protected jumpUnless(at: number, condition: string, kinds: Kinds, instruction: Instruction): void {
    this.at(at, kinds);
    this.line(`if (!(${condition})) { ${this.go(kinds, instruction)} }`);
  }

  private comparison(how: Comparison, a: number, b: number, kinds: Kinds): string {
    const [doubleA, doubleB] = [this.isDouble(a, kinds), this.isDouble(b, kinds)];
    if (how.name === 'same') {
      const [x, y] = [this.value(a, kinds), this.value(b, kinds)];
      if (isPlain(kinds[a]) || isPlain(kinds[b])) return `${x} === ${y}`;
      if (doubleA || doubleB) return this.slow(`R.same(${x}, ${y}, m)`);
      return `(${this.isNumber(a)} && ${this.isNumber(b)} ? ${x} === ${y} : ${this.slow(`R.same(${x}, ${y}, m)`)})`;
    }
    if (doubleA && doubleB) return `${this.variable(a, true)} ${how.sign} ${this.variable(b, true)}`;
    const [x, y] = [this.variable(a, doubleA), this.variable(b, doubleB)];
    const tests = [doubleA ? '' : this.isNumber(a), doubleB ? '' : this.isNumber(b)].filter((test) => test !== '').join(' && ');
    return `(${tests} ? ${x} ${how.sign} ${y} : ${this.slow(`R.${how.name}(${this.value(a, kinds)}, ${this.value(b, kinds)})`)})`;
  }

  private literalComparison(how: Comparison, a: number, literal: number, kinds: Kinds): string {
    const x = this.variable(a, this.isDouble(a, kinds));
    if (this.isDouble(a, kinds)) return `${x} ${how.sign} ${literal}`;
    return `(${this.isNumber(a)} ? ${x} ${how.sign} ${literal} : ${this.slow(`R.${how.name}(${x}, ${literal})`)})`;
  }

  private arithmetic(at: number, how: Arithmetic, d: number, a: number, b: number, kinds: Kinds): void {
    const [doubleA, doubleB] = [this.isDouble(a, kinds), this.isDouble(b, kinds)];
    if (doubleA && doubleB) return this.line(`${this.variable(d, true)} = ${this.variable(a, true)} ${how.sign} ${this.variable(b, true)};`);
    this.at(at, kinds);
    const slow = this.slow(`R.${how.name}(${this.value(a, kinds)}, ${this.value(b, kinds)})`);
    const [x, y] = [this.variable(a, doubleA), this.variable(b, doubleB)];
    if (doubleA || doubleB) return this.line(`${this.variable(d, true)} = ${this.mixed(how, doubleA ? x : y, doubleA ? b : a, doubleA, slow)};`);
    const zero = how.sign === '*' ? ' + 0' : '';
    if (kinds[a] === Kind.INTEGER && kinds[b] === Kind.INTEGER) {
      return this.set(d, `${this.isNumber(a)} && ${this.isNumber(b)} && ${how.sign === '-' ? `((t = ${x} - ${y}) === (t | 0) || t` : `((t = ${x} ${how.sign} ${y})`} <= ${SAFE} && t >= -${SAFE}) ? t${zero} : ${slow}`);
    }
    const small = `${this.isSmall(a)} && ${this.isSmall(b)}`;
    if (how.sign === '*') return this.set(d, `${small} && (t = ${x} * ${y}) <= ${SAFE} && t >= -${SAFE} ? t + 0 : ${slow}`);
    this.set(d, `${small} ? ${x} ${how.sign} ${y} : ${slow}`);
  }

  /** One operand is a float for certain; `register` has the other, which may be any number. */
  private mixed(how: Arithmetic, float: string, register: number, isFirst: boolean, slow: string): string {
    const other = this.variable(register, false);
    const sum = (value: string): string => (isFirst ? `${float} ${how.sign} ${value}` : `${value} ${how.sign} ${float}`);
    if (this.around.some(({ writes }) => !writes.has(register))) {
      const isPlain = this.fact('x', register, `typeof ${other} === "number" || R.isFloat(${other})`);
      return `${isPlain} ? ${sum(this.fact('z', register, `${isPlain} ? +R.double(${other}) : 0`))} : R.double(${slow})`;
    }
    return `typeof ${other} === "number" ? ${sum(other)} : R.isFloat(${other}) ? ${sum(`${other}.value`)} : R.double(${slow})`;
  }

  private literalArithmetic(at: number, how: Arithmetic, d: number, a: number, literal: number, kinds: Kinds): void {
    const isDouble = this.isDouble(a, kinds);
    const x = this.variable(a, isDouble);
    const operand = literal < 0 ? `(${literal})` : String(literal);
    if (isDouble) return this.line(`${this.variable(d, true)} = ${x} ${how.sign} ${operand};`);
    this.at(at, kinds);
    const slow = this.slow(`R.${how.name}(${x}, ${literal})`);
    if (kinds[a] === Kind.INTEGER) {
      const bound = how.sign === '+' === literal > 0 ? `<= ${SAFE}` : `>= -${SAFE}`; // it can leave the safe integers on one side only
      return this.set(d, `${this.isNumber(a)} && ((t = ${x} ${how.sign} ${operand}) === (t | 0) || t ${bound}) ? t : ${slow}`);
    }
    this.set(d, `${this.isSmall(a)} ? ${x} ${how.sign} ${operand} : ${slow}`);
  }

  private primitive(at: number, kinds: Kinds, d: number, index: number, registers: readonly number[]): void {
    this.at(at, kinds);
    const args = registers.map((register) => this.value(register, kinds));
    const name = this.hoist(`p${args.length}_`, index, `P[${index}].f${args.length}`);
    const slow = this.slow(`${name}(${[...args, 'm'].join(', ')})`);
    const inline = templateFor(this.arm.primitives[index]!.name, args.length);
    if (inline === null) return this.set(d, slow);
    const operands = registers.map((register) => this.variable(register, this.isDouble(register, kinds)));
    const tests = registers.flatMap((register) => (this.isDouble(register, kinds) ? [] : [inline.operands === 'small' ? this.isSmall(register) : this.isNumber(register)]));
    if (inline.operands !== 'any' && tests.length < operands.length) return this.set(d, slow);
    this.set(d, `${['true', ...tests, ...inline.tests(operands)].join(' && ')} ? ${inline.value(operands)} : ${slow}`);
  }

  /** Whether what the registers hold was made in this loop, and nobody else has seen it. */
  private ownership(register: number): string {
    const name = `w${register}`;
    this.declared.add(name);
    return name;
  }

  // --- calls -----------------------------------------------------------------------------------------------------

  private window(first: number, count: number, kinds: Kinds): string {
    return Array.from({ length: count }, (_, i) => this.value(first + i, kinds)).join(', ');
  }

  /** The value of a call, or what is left of this one when it gives none. */
  private call(index: number, d: number, expression: string): void {
    const { at } = this.instructions[index]!;
    const kinds = this.kinds[index]!;
    const live = this.arm.liveAt(this.arm.ops[at + 5]!);
    const values = live.map((register) => this.value(register, kinds));
    this.line(`if ((v = ${expression}) === undefined) { ${this.exit(at, live, values)} }`);
    this.set(d, 'v');
  }

  private definitionCall(index: number, first: number, count: number, kinds: Kinds): string {
    if (this.point === 0 && this.isSelf(index, count)) return `f(n - ${frameWords(this.arm)}, c${count === 0 ? '' : ', '}${this.window(first, count, kinds)})`;
    const closure = this.hoist('d', index, `D[${index}]`);
    const code = this.hoist('e', index, `D[${index}].code`);
    return this.invoke(code, closure, first, count, kinds);
  }

  /** Whether the definition is this one, called with as many arguments as this arm takes. */
  private isSelf(index: number, count: number): boolean {
    const { code, variadic, required } = this.arm;
    return !variadic && required === count && code.table.codeOf(this.arm.definitions[index]!.definition) === code;
  }

  private invoke(code: string, closure: string, first: number, count: number, kinds: Kinds): string {
    const words = `n - ${frameWords(this.arm)}`;
    const args = this.window(first, count, kinds);
    if (count > DIRECT_ARGUMENTS) return `${code}.callMany(${words}, ${closure}, [${args}])`;
    return `${code}.call${count}(${[words, closure, args].filter((part) => part !== '').join(', ')})`;
  }

  /** What is called is only known when it runs. The primitive that was called here last is known again. */
  private closureCall(fn: number, first: number, count: number, kinds: Kinds): string {
    const value = this.value(fn, kinds);
    const args = this.window(first, count, kinds);
    const isClosure = this.isDouble(fn, kinds) ? 'false' : this.isClosure(fn);
    const closure = `${isClosure} ? ${this.invoke(`${value}.code`, value, first, count, kinds)}`;
    if (count < 1 || count > 3) return `${closure} : R.data(${value}, [${args}])`;
    const site = this.sites++;
    this.line(`if (${value} !== s${site} && !(${isClosure})) { g${site} = R.function${count}(${value}); s${site} = R.known(${value}); }`);
    return `${closure} : g${site}(${args}, m)`;
  }
}

/** What stands between `before` and the next `behind`, with both, becomes what `name` gives for it. */
function replaceLookups(text: string, before: string, behind: string, name: (looked: string) => string): string {
  const [first, ...parts] = text.split(before);
  return first + parts.map((part) => name(part.slice(0, part.indexOf(behind))) + part.slice(part.indexOf(behind) + 1)).join('');
}

interface EmittedLoop {
  readonly writes: ReadonlySet<number>;
  /** What is found out before its first turn, by the name of the variable. */
  readonly facts: Map<string, string>;
  readonly growing: readonly Growing[];
}

/** Instructions whose usual way takes no call. */
const PLAIN: ReadonlySet<OpCode> = new Set<OpCode>([
  Op.CONST, Op.MOVE, Op.CAPTURE, Op.DEFINITION, Op.JUMP, Op.JUMP_FALSE, Op.JUMP_TRUE, Op.JUMP_NOT_NIL, Op.JUMP_NOT_LT, Op.JUMP_NOT_LE, Op.JUMP_NOT_GT, Op.JUMP_NOT_GE, Op.JUMP_NOT_EQ,
  Op.JUMP_NOT_LT_I, Op.JUMP_NOT_LE_I, Op.JUMP_NOT_GT_I, Op.JUMP_NOT_GE_I, Op.JUMP_NOT_EQ_I, Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ, Op.ADD, Op.SUB, Op.MUL, Op.ADD_I, Op.SUB_I, Op.INC, Op.DEC,
  Op.NOT, Op.IS_NIL, Op.NTH, Op.COUNT, Op.LOOP, Op.RETURN,
]);

/** What equals nothing but itself. */
export function isPlain(kind: Kind | undefined): boolean {
  return kind === Kind.INTEGER || kind === Kind.BOOLEAN;
}

const SAFE = '9007199254740991';

export interface Comparison {
  readonly name: string;
  readonly sign: string;
}

export const COMPARED: Readonly<Partial<Record<OpCode, Comparison>>> = Object.fromEntries(
  (
    [
      [[Op.LT, Op.JUMP_NOT_LT, Op.JUMP_NOT_LT_I], { name: 'less', sign: '<' }],
      [[Op.LE, Op.JUMP_NOT_LE, Op.JUMP_NOT_LE_I], { name: 'lessOrEqual', sign: '<=' }],
      [[Op.GT, Op.JUMP_NOT_GT, Op.JUMP_NOT_GT_I], { name: 'greater', sign: '>' }],
      [[Op.GE, Op.JUMP_NOT_GE, Op.JUMP_NOT_GE_I], { name: 'greaterOrEqual', sign: '>=' }],
      [[Op.EQ, Op.JUMP_NOT_EQ], { name: 'same', sign: '===' }],
    ] as const
  ).flatMap(([codes, how]) => codes.map((code) => [code, how])),
);

export interface Arithmetic {
  readonly name: string;
  readonly sign: string;
}

export const ARITHMETIC: Readonly<Partial<Record<OpCode, Arithmetic>>> = {
  [Op.ADD]: { name: 'add', sign: '+' },
  [Op.SUB]: { name: 'subtract', sign: '-' },
  [Op.MUL]: { name: 'multiply', sign: '*' },
  [Op.ADD_I]: { name: 'add', sign: '+' },
  [Op.SUB_I]: { name: 'subtract', sign: '-' },
  [Op.INC]: { name: 'increment', sign: '+' },
  [Op.DEC]: { name: 'decrement', sign: '-' },
};

const INLINED: Readonly<Partial<Record<OpCode, string>>> = {
  [Op.GET]: 'get', [Op.KEYWORD_GET]: 'keywordGet',
};
