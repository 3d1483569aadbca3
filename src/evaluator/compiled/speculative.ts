/**
 * Code for the usual case: numbers are integers of 32 bits, what has elements is a vector. Whatever else comes is left to the machine at exactly that
 * instruction, by one way out for all of them. So the code is a third as long, and engines put it into the places that call it. An arm that
 * has been left so a few times is compiled again, with all its ways written out.
 */
import type { Value } from '../../value/value.ts';
import { Float } from '../../value/value.ts';
import type { ArmCode } from '../code.ts';
import type { Instruction } from '../liveness.ts';
import { Op, type OpCode } from '../opcodes.ts';
import { ARITHMETIC, type Bailout, COMPARED, type Emitted, Emitter, isPlain } from './emit.ts';
import { isSmallInteger, Kind, kindOfSample, type Kinds, kindsOf } from './kinds.ts';
import { templateFor } from './templates.ts';

/** The source that speculates, from an arm's entry on; null where it would be wrong at once, or the arm is left to the machine. */
export function emitSpeculative(arm: ArmCode): Emitted | null {
  return arm.constants.some(isOtherNumber) ? null : new SpeculativeEmitter(arm, 0, true).run();
}

/** Whether code that is called with such arguments would be left at once: whether something that is for numbers or vectors certainly gets neither. */
export function speculatesWell(arm: ArmCode, args: readonly Value[]): boolean {
  const { instructions } = arm.liveness;
  const start = Array.from({ length: arm.registers }, (_, register): Kind => {
    if (register < arm.required) return kindOfSample(args[register]!);
    return arm.variadic && register === arm.required ? Kind.OTHER : Kind.NONE;
  });
  const kinds = kindsOf(arm, 0, start, true);
  return instructions.every(({ at }, index) => kinds[index] === null || fits(arm, at, kinds[index]!));
}

function fits({ ops, primitives }: ArmCode, at: number, kinds: Kinds): boolean {
  const [d, a, b] = [kinds[ops[at + 1]!]!, kinds[ops[at + 2]!]!, kinds[ops[at + 3]!]!];
  const op = ops[at] as OpCode;
  switch (op) {
    case Op.JUMP_NOT_LT:
    case Op.JUMP_NOT_LE:
    case Op.JUMP_NOT_GT:
    case Op.JUMP_NOT_GE:
      return mayBeNumber(d) && mayBeNumber(a);
    case Op.JUMP_NOT_EQ:
      return isPlain(d) || isPlain(a) || (mayBeNumber(d) && mayBeNumber(a));
    case Op.JUMP_NOT_LT_I:
    case Op.JUMP_NOT_LE_I:
    case Op.JUMP_NOT_GT_I:
    case Op.JUMP_NOT_GE_I:
      return mayBeNumber(d);
    case Op.EQ:
      return isPlain(a) || isPlain(b) || (mayBeNumber(a) && mayBeNumber(b));
    case Op.LT:
    case Op.LE:
    case Op.GT:
    case Op.GE:
    case Op.ADD:
    case Op.SUB:
    case Op.MUL:
      return mayBeNumber(a) && mayBeNumber(b);
    case Op.ADD_I:
    case Op.SUB_I:
    case Op.INC:
    case Op.DEC:
      return mayBeNumber(a);
    case Op.NTH:
      return mayBeVector(a) && mayBeNumber(b);
    case Op.COUNT:
      return mayBeVector(a);
    case Op.PRIMITIVE_1:
      return templateFor(primitives[ops[at + 2]!]!.name, 1) === null || mayBeNumber(b);
    case Op.PRIMITIVE_2:
      return templateFor(primitives[ops[at + 2]!]!.name, 2) === null || (mayBeNumber(b) && mayBeNumber(kinds[ops[at + 4]!]!));
    default:
      return true;
  }
}

function mayBeNumber(kind: Kind): boolean {
  return kind === Kind.INTEGER || kind === Kind.ANY;
}

function mayBeVector(kind: Kind): boolean {
  return kind === Kind.VECTOR || kind === Kind.ANY;
}

function isOtherNumber(value: Value): boolean {
  return typeof value === 'bigint' || value instanceof Float || (typeof value === 'number' && !isSmallInteger(value));
}

class SpeculativeEmitter extends Emitter {
  private readonly ways: Bailout[] = [];
  /** The registers that the way out hands over. */
  private readonly handed: number[] = [];
  /** Which labels something breaks to: the way out, the same after turns are paid, the end after turns are paid. */
  private readonly used = new Set<'S' | 'T' | 'E'>();

  protected override bailouts(): readonly Bailout[] {
    return this.ways;
  }

  protected override finish(body: readonly string[]): readonly string[] {
    let lines = body;
    if (this.used.has('E')) lines = ['E: {', ...lines, '}', 'm.fuel -= w - u;', 'return v;'];
    if (this.used.has('T')) lines = ['T: {', ...lines, '}', 'm.fuel -= w - u;'];
    if (this.used.has('S')) lines = ['S: {', ...lines, '}'];
    if (this.ways.length === 0) return lines;
    return [...lines, `return R.bailOut(${['W[p]', 'c', ...this.handed.map((register) => `r${register}`)].join(', ')});`];
  }

  /** The machine goes on at the instruction. */
  private bailOut(index: number): string {
    const { at } = this.arm.liveness.instructions[index]!;
    let way = this.ways.findIndex(({ pc }) => pc === at);
    if (way < 0) {
      const registers = [...this.arm.liveness.before[index]!].sort((a, b) => a - b);
      way = this.ways.push({ pc: at, registers, variables: registers.map((register) => this.handOver(register)) }) - 1;
    }
    return `p = ${way}; break ${this.label(this.counted === null ? 'S' : 'T')};`;
  }

  private label(name: 'S' | 'T' | 'E'): string {
    this.used.add(name);
    return name;
  }

  private handOver(register: number): number {
    this.variable(register, false);
    const known = this.handed.indexOf(register);
    return known >= 0 ? known : this.handed.push(register) - 1;
  }

  private require(index: number, tests: readonly string[]): void {
    const real = tests.filter((test) => test !== '');
    if (real.length > 0) this.line(`if (!(${real.join(' && ')})) { ${this.bailOut(index)} }`);
  }

  private numberTest(register: number, kinds: Kinds): string {
    return kinds[register] === Kind.INTEGER ? '' : this.isNumber(register);
  }

  private smallTest(register: number, kinds: Kinds): string {
    return kinds[register] === Kind.INTEGER ? '' : this.isSmall(register);
  }

  protected override emitOp(op: OpCode, index: number, instruction: Instruction, kinds: Kinds): void {
    const { ops } = this.arm;
    const { at } = instruction;
    const [d, a, b] = [ops[at + 1]!, ops[at + 2]!, ops[at + 3]!];
    switch (op) {
      case Op.JUMP_NOT_LT:
      case Op.JUMP_NOT_LE:
      case Op.JUMP_NOT_GT:
      case Op.JUMP_NOT_GE:
      case Op.JUMP_NOT_EQ:
        return this.line(`if (!(${this.compared(op, index, d, a, kinds)})) { ${this.go(kinds, instruction)} }`);
      case Op.JUMP_NOT_LT_I:
      case Op.JUMP_NOT_LE_I:
      case Op.JUMP_NOT_GT_I:
      case Op.JUMP_NOT_GE_I:
        this.require(index, [this.numberTest(d, kinds)]);
        return this.line(`if (!(${this.variable(d, false)} ${COMPARED[op]!.sign} ${a})) { ${this.go(kinds, instruction)} }`);
      case Op.LT:
      case Op.LE:
      case Op.GT:
      case Op.GE:
      case Op.EQ:
        return this.set(d, this.compared(op, index, a, b, kinds));
      case Op.ADD:
      case Op.SUB:
      case Op.MUL:
        return this.compute(index, d, [this.smallTest(a, kinds), this.smallTest(b, kinds)], `${this.variable(a, false)} ${ARITHMETIC[op]!.sign} ${this.variable(b, false)}`, op);
      case Op.ADD_I:
      case Op.SUB_I:
        return this.compute(index, d, [this.smallTest(a, kinds)], `${this.variable(a, false)} ${ARITHMETIC[op]!.sign} ${b < 0 ? `(${b})` : b}`, op);
      case Op.INC:
      case Op.DEC:
        return this.compute(index, d, [this.smallTest(a, kinds)], `${this.variable(a, false)} ${ARITHMETIC[op]!.sign} 1`, op);
      case Op.NTH:
        return this.nth(index, d, a, b, kinds);
      case Op.COUNT:
        this.require(index, [this.isVector(a)]);
        return this.set(d, `${this.variable(a, false)}.size`);
      case Op.PRIMITIVE_1:
      case Op.PRIMITIVE_2:
        return this.inlined(op, index, instruction, kinds);
      case Op.LOOP:
        return this.line(`if (${this.counted === null ? '--m.fuel < 0' : '(u = u - 1 | 0) < 0'}) { ${this.bailOut(index)} }`);
      case Op.RETURN:
        if (this.counted === null) break;
        return this.line(`v = ${this.variable(d, false)}; break ${this.label('E')};`);
      default:
    }
    super.emitOp(op, index, instruction, kinds);
  }

  private compared(op: OpCode, index: number, a: number, b: number, kinds: Kinds): string {
    const { name, sign } = COMPARED[op]!;
    if (name !== 'same' || !(isPlain(kinds[a]) || isPlain(kinds[b]))) this.require(index, [this.numberTest(a, kinds), this.numberTest(b, kinds)]);
    return `${this.variable(a, false)} ${sign} ${this.variable(b, false)}`;
  }

  /** The result is written only once it is known to be what is speculated on: the machine may need what was there. */
  private compute(index: number, d: number, tests: readonly string[], expression: string, op: OpCode): void {
    this.require(index, [...tests, `(t = ${expression}) === (t | 0)`]);
    this.set(d, op === Op.MUL ? 't + 0' : 't'); // a product may be -0, and integers have one zero
  }

  private nth(index: number, d: number, vector: number, place: number, kinds: Kinds): void {
    const [x, y] = [this.variable(vector, false), this.variable(place, false)];
    const array = this.fact('a', vector, `R.array(${x})`);
    if (array !== `a${vector}`) {
      this.require(index, [`(t = R.at(${x}, ${y})) !== undefined`]);
      return this.set(d, 't');
    }
    const size = this.fact('h', vector, `${array} === null ? 0 : ${x}.size`);
    this.require(index, [this.smallTest(place, kinds), `${y} >= 0`, `${y} < ${size}`]);
    this.set(d, `${array}[${y}]`);
  }

  /** Primitives that have a template. */
  private inlined(op: OpCode, index: number, instruction: Instruction, kinds: Kinds): void {
    const { ops, primitives } = this.arm;
    const { at } = instruction;
    const registers = Array.from({ length: op - Op.PRIMITIVE_0 }, (_, i) => ops[at + 3 + i]!);
    const template = templateFor(primitives[ops[at + 2]!]!.name, registers.length);
    if (template === null) return super.emitOp(op, index, instruction, kinds);
    const operands = registers.map((register) => this.variable(register, false));
    this.require(index, [...registers.map((register) => (template.operands === 'small' ? this.smallTest(register, kinds) : this.numberTest(register, kinds))), ...template.tests(operands)]);
    this.set(ops[at + 1]!, template.value(operands));
  }
}
