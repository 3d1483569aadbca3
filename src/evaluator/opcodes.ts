/**
 * The machine's instructions: a register code, made from one arm of a unit. Not a format: it is made anew from IR each
 * time code is loaded, and never stored. What is stored of a running arm is its point and its live registers.
 *
 * Operands: d destination register, a b s registers, k index of a constant, p of a primitive's function, i of a known
 * definition, c of a unit's code, t an address, n a count, w the first register of a window of arguments, # a literal
 * integer, P the number of a suspension point. Registers count from the frame's base: slots first, temporaries above.
 */
export const Op = {
  CONST: 0, // d k
  MOVE: 1, // d s
  CAPTURE: 2, // d index
  SIBLING: 3, // d member
  DEFINITION: 4, // d i
  VAR: 5, // d k
  SET_VAR: 6, // k s
  JUMP: 7, // t
  JUMP_FALSE: 8, // s t
  JUMP_TRUE: 9, // s t
  JUMP_NOT_LT: 10, // a b t
  JUMP_NOT_LE: 11,
  JUMP_NOT_GT: 12,
  JUMP_NOT_GE: 13,
  JUMP_NOT_EQ: 14,
  JUMP_NOT_LT_I: 15, // a # t
  JUMP_NOT_LE_I: 16,
  JUMP_NOT_GT_I: 17,
  JUMP_NOT_GE_I: 18,
  JUMP_NOT_EQ_I: 19,
  JUMP_NOT_NIL: 20, // s t
  ADD: 21, // d a b
  SUB: 22,
  MUL: 23,
  ADD_I: 24, // d a #
  LT: 25, // d a b
  LE: 26,
  GT: 27,
  GE: 28,
  EQ: 29,
  NOT: 30, // d s
  IS_NIL: 31, // d s
  NTH: 32, // d a b
  GET: 33, // d a b
  KEYWORD_GET: 34, // d a b
  CONJ: 35, // d a b
  COUNT: 36, // d s
  FIRST: 37, // d s
  PRIMITIVE_0: 38, // d p
  PRIMITIVE_1: 39, // d p a
  PRIMITIVE_2: 40, // d p a b
  PRIMITIVE_3: 41, // d p a b c
  PRIMITIVE_N: 42, // d p w n
  CALL: 43, // d s w n P
  CALL_DEFINITION: 44, // d i w n P
  TAIL_CALL: 45, // s w n
  TAIL_CALL_DEFINITION: 46, // i w n
  APPLY: 47, // d s a w P
  TAIL_APPLY: 48, // s a w
  HOST_CALL: 49, // d s w n P b  (b: options, or -1)
  CLOSURE: 50, // d c n then n registers
  LOOP: 51, // P
  RETURN: 52, // s
  THROW: 53, // s
  RETHROW_PENDING: 54, // s
  CONTEXT_GET: 55, // d s t  (t: where to go when the key is absent)
  CONTEXT_SET: 56, // a b
  STEP_ENTER: 57, // k b  (k: name and form; b: options, or -1)
  STEP_LEAVE: 58, // #  (1 when the body had failed)
  STEP_FAIL: 59, // d s t 0 P  (d = s: the error; t: where it goes on from, out of the step)
  MAKE_PENDING: 60, // d s
  SUB_I: 61, // d a #
  INC: 62, // d a
  DEC: 63, // d a
  FORK: 64, // d a b 0 P  (a: functions, b: options)
  OPERATION: 65, // d o w n
  TRACK: 66, // before every instruction of tracked code
} as const;

export type OpCode = (typeof Op)[keyof typeof Op];

/** How an operand is used. */
export type OperandKind = 'write' | 'read' | 'other' | 'target' | 'window' | 'count' | 'option';

const W: OperandKind = 'write';
const R: OperandKind = 'read';
const O: OperandKind = 'other';
const T: OperandKind = 'target';

/** The operands of each instruction, in order. A `window` is followed by its `count`. */
export const OPERANDS: Readonly<Record<OpCode, readonly OperandKind[]>> = {
  [Op.CONST]: [W, O],
  [Op.MOVE]: [W, R],
  [Op.CAPTURE]: [W, O],
  [Op.SIBLING]: [W, O],
  [Op.DEFINITION]: [W, O],
  [Op.VAR]: [W, O],
  [Op.SET_VAR]: [O, R],
  [Op.JUMP]: [T],
  [Op.JUMP_FALSE]: [R, T],
  [Op.JUMP_TRUE]: [R, T],
  [Op.JUMP_NOT_LT]: [R, R, T],
  [Op.JUMP_NOT_LE]: [R, R, T],
  [Op.JUMP_NOT_GT]: [R, R, T],
  [Op.JUMP_NOT_GE]: [R, R, T],
  [Op.JUMP_NOT_EQ]: [R, R, T],
  [Op.JUMP_NOT_LT_I]: [R, O, T],
  [Op.JUMP_NOT_LE_I]: [R, O, T],
  [Op.JUMP_NOT_GT_I]: [R, O, T],
  [Op.JUMP_NOT_GE_I]: [R, O, T],
  [Op.JUMP_NOT_EQ_I]: [R, O, T],
  [Op.JUMP_NOT_NIL]: [R, T],
  [Op.ADD]: [W, R, R],
  [Op.SUB]: [W, R, R],
  [Op.MUL]: [W, R, R],
  [Op.ADD_I]: [W, R, O],
  [Op.LT]: [W, R, R],
  [Op.LE]: [W, R, R],
  [Op.GT]: [W, R, R],
  [Op.GE]: [W, R, R],
  [Op.EQ]: [W, R, R],
  [Op.NOT]: [W, R],
  [Op.IS_NIL]: [W, R],
  [Op.NTH]: [W, R, R],
  [Op.GET]: [W, R, R],
  [Op.KEYWORD_GET]: [W, R, R],
  [Op.CONJ]: [W, R, R],
  [Op.COUNT]: [W, R],
  [Op.FIRST]: [W, R],
  [Op.PRIMITIVE_0]: [W, O],
  [Op.PRIMITIVE_1]: [W, O, R],
  [Op.PRIMITIVE_2]: [W, O, R, R],
  [Op.PRIMITIVE_3]: [W, O, R, R, R],
  [Op.PRIMITIVE_N]: [W, O, 'window', 'count'],
  [Op.CALL]: [W, R, 'window', 'count', O],
  [Op.CALL_DEFINITION]: [W, O, 'window', 'count', O],
  [Op.TAIL_CALL]: [R, 'window', 'count'],
  [Op.TAIL_CALL_DEFINITION]: [O, 'window', 'count'],
  [Op.APPLY]: [W, R, R, O, O],
  [Op.TAIL_APPLY]: [R, R, O],
  [Op.HOST_CALL]: [W, R, 'window', 'count', O, 'option'],
  [Op.CLOSURE]: [W, O, 'count'],
  [Op.LOOP]: [O],
  [Op.RETURN]: [R],
  [Op.THROW]: [R],
  [Op.RETHROW_PENDING]: [R],
  [Op.CONTEXT_GET]: [W, R, T],
  [Op.CONTEXT_SET]: [R, R],
  [Op.STEP_ENTER]: [O, 'option'],
  [Op.STEP_LEAVE]: [O],
  [Op.STEP_FAIL]: [W, R, T, O, O],
  [Op.MAKE_PENDING]: [W, R],
  [Op.SUB_I]: [W, R, O],
  [Op.INC]: [W, R],
  [Op.DEC]: [W, R],
  [Op.FORK]: [W, R, R, O, O],
  [Op.OPERATION]: [W, O, 'window', 'count'],
  [Op.TRACK]: [],
};

/** Where the destination, the window and the point of call-like instructions stand, counted from the opcode. */
export const CALL_SIZE = 6;
export const CALL_POINT = 5;
export const HOST_CALL_SIZE = 7;
