/**
 * What is known of each register before each instruction, whatever the program is given: the usual forward flow over the
 * instructions that can be reached. A register that certainly holds a float is kept as a bare double by compiled code.
 */
import type { Value } from '../../value/value.ts';
import { Float } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { ArmCode } from '../code.ts';
import type { Instruction } from '../liveness.ts';
import { Op, type OpCode } from '../opcodes.ts';

export const Kind = {
  /** Nothing yet, on any way that leads here. */
  NONE: 0,
  /** An integer, small or big. */
  INTEGER: 1,
  FLOAT: 2,
  BOOLEAN: 3,
  ANY: 4,
  /** A vector, or neither that nor a JavaScript number: known where code would speculate on something else. */
  VECTOR: 5,
  OTHER: 6,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export type Kinds = readonly Kind[];

/** Primitives that answer true or false, whatever they are given (when they do not fail). */
const TESTS: ReadonlySet<string> = new Set([
  'even?', 'odd?', 'zero?', 'pos?', 'neg?', 'number?', 'integer?', 'int?', 'float?', 'string?', 'keyword?', 'symbol?', 'vector?', 'map?', 'set?', 'list?', 'fn?', 'boolean?', 'empty?', 'contains?',
]);

/** Primitives that make integers of integers. */
const WHOLE: ReadonlySet<string> = new Set(['abs', 'max', 'min', 'quot', 'rem', 'mod']);

function whole(kinds: Kinds, a: number, b: number): Kind {
  return kinds[a] === Kind.INTEGER && kinds[b] === Kind.INTEGER ? Kind.INTEGER : Kind.ANY;
}

/** Whether compiled code may hold floats as doubles: in what can catch errors, any register may have to be saved anywhere. */
function keepsDoubles(arm: ArmCode): boolean {
  return arm.handlers.length === 0;
}

/**
 * The kinds before each reachable instruction, from `entry` (an index) on; null where nothing leads. In code that speculates INTEGER stands for integers of
 * 32 bits: it goes on behind an instruction only when that has dealt with such.
 */
export function kindsOf(arm: ArmCode, entry: number, start: Kinds, speculates = false): readonly (Kinds | null)[] {
  const { instructions, indexAt } = arm.liveness;
  const before: (Kind[] | null)[] = instructions.map(() => null);
  const open = [entry];
  before[entry] = [...start];
  const flow = (to: number | undefined, kinds: Kinds): void => {
    if (to === undefined || to >= instructions.length) return;
    const known = before[to];
    if (known === null || known === undefined) {
      before[to] = [...kinds];
      open.push(to);
    } else if (mergeInto(known, kinds)) open.push(to);
  };
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const instruction = instructions[index]!;
    if (isLeft(arm.ops[instruction.at] as OpCode)) continue;
    const kinds = before[index]!;
    if (instruction.target >= 0) flow(indexAt.get(instruction.target), kinds);
    if (instruction.falls) flow(index + 1, after(arm, instruction, kinds, speculates));
  }
  return before;
}

function mergeInto(known: Kind[], kinds: Kinds): boolean {
  let changed = false;
  for (let i = 0; i < known.length; i++) {
    const merged = merge(known[i]!, kinds[i]!);
    if (merged !== known[i]) {
      known[i] = merged;
      changed = true;
    }
  }
  return changed;
}

function merge(a: Kind, b: Kind): Kind {
  if (a === b || b === Kind.NONE) return a;
  return a === Kind.NONE ? b : Kind.ANY;
}

/** Instructions that compiled code leaves to the machine. */
export function isLeft(op: OpCode): boolean {
  return op === Op.HOST_CALL || op === Op.CONTEXT_GET || op === Op.CONTEXT_SET || op === Op.STEP_ENTER || op === Op.STEP_LEAVE || op === Op.STEP_FAIL || op === Op.FORK || op === Op.OPERATION;
}

/** The kinds after an instruction that goes on to the next. */
export function after(arm: ArmCode, { at, writes }: Instruction, kinds: Kinds, speculates = false): Kinds {
  if (writes < 0) return kinds;
  const changed = [...kinds];
  if (speculates) for (const register of operandsOf(arm, at)) changed[register] = Kind.INTEGER;
  changed[writes] = speculates ? speculativeKind(arm, at, kinds) : kindOfResult(arm, at, kinds);
  return changed;
}

const NONE: readonly number[] = [];

/** The registers that speculation has found to hold integers of 32 bits once the instruction is done. */
function operandsOf({ ops }: ArmCode, at: number): readonly number[] {
  switch (ops[at] as OpCode) {
    case Op.ADD:
    case Op.SUB:
    case Op.MUL:
      return [ops[at + 2]!, ops[at + 3]!];
    case Op.ADD_I:
    case Op.SUB_I:
    case Op.INC:
    case Op.DEC:
      return [ops[at + 2]!];
    default:
      return NONE;
  }
}

/** Primitives whose template gives an integer of 32 bits for integers of 32 bits, and nothing else. */
const SMALL: ReadonlySet<string> = new Set(['max', 'min', 'rem', 'mod']);

function speculativeKind(arm: ArmCode, at: number, kinds: Kinds): Kind {
  const { ops } = arm;
  switch (ops[at] as OpCode) {
    case Op.CONST: {
      const value = arm.constants[ops[at + 2]!]!;
      return typeof value === 'boolean' ? Kind.BOOLEAN : kindOfSample(value);
    }
    case Op.DEFINITION:
    case Op.CLOSURE:
      return Kind.OTHER;
    case Op.ADD:
    case Op.SUB:
    case Op.MUL:
    case Op.ADD_I:
    case Op.SUB_I:
    case Op.INC:
    case Op.DEC:
      return Kind.INTEGER;
    case Op.PRIMITIVE_1:
    case Op.PRIMITIVE_2: {
      const { name } = arm.primitives[ops[at + 2]!]!;
      if (ops[at] === Op.PRIMITIVE_2 && SMALL.has(name)) return Kind.INTEGER;
      return TESTS.has(name) ? Kind.BOOLEAN : Kind.ANY;
    }
    default:
      return kindOfResult(arm, at, kinds);
  }
}

/** As what code that speculates would take the value. */
export function kindOfSample(value: Value): Kind {
  if (typeof value === 'number') return isSmallInteger(value) ? Kind.INTEGER : Kind.ANY;
  return value instanceof Vector ? Kind.VECTOR : Kind.OTHER;
}

/** Whether it is an integer of 32 bits: there is one zero among them. */
export function isSmallInteger(value: Value): boolean {
  return typeof value === 'number' && (value | 0) === value && !Object.is(value, -0);
}

function kindOfResult(arm: ArmCode, at: number, kinds: Kinds): Kind {
  const { ops } = arm;
  const a = kinds[ops[at + 2]!];
  const op = ops[at] as OpCode;
  switch (op) {
    case Op.CONST:
      return kindOfConstant(arm.constants[ops[at + 2]!]!, keepsDoubles(arm));
    case Op.MOVE:
      return a!;
    case Op.ADD:
    case Op.SUB:
    case Op.MUL: {
      const b = kinds[ops[at + 3]!];
      if (a === Kind.FLOAT || b === Kind.FLOAT) return Kind.FLOAT;
      return a === Kind.INTEGER && b === Kind.INTEGER ? Kind.INTEGER : Kind.ANY;
    }
    case Op.ADD_I:
    case Op.SUB_I:
    case Op.INC:
    case Op.DEC:
      return a === Kind.FLOAT || a === Kind.INTEGER ? a : Kind.ANY;
    case Op.LT:
    case Op.LE:
    case Op.GT:
    case Op.GE:
    case Op.EQ:
    case Op.NOT:
    case Op.IS_NIL:
      return Kind.BOOLEAN;
    case Op.COUNT:
      return Kind.INTEGER;
    case Op.PRIMITIVE_1:
    case Op.PRIMITIVE_2:
      if (WHOLE.has(arm.primitives[ops[at + 2]!]!.name)) return whole(kinds, ops[at + 3]!, op === Op.PRIMITIVE_2 ? ops[at + 4]! : ops[at + 3]!);
      return TESTS.has(arm.primitives[ops[at + 2]!]!.name) ? Kind.BOOLEAN : Kind.ANY;
    default:
      return Kind.ANY;
  }
}

function kindOfConstant(value: Value, doubles: boolean): Kind {
  if (typeof value === 'boolean') return Kind.BOOLEAN;
  if (typeof value === 'bigint') return Kind.INTEGER;
  if (typeof value === 'number' && Number.isInteger(value)) return Kind.INTEGER;
  return doubles && (typeof value === 'number' || value instanceof Float) ? Kind.FLOAT : Kind.ANY;
}
