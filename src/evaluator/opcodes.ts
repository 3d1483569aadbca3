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
  // Comparisons stand three times in the same order: these jump when they are false, the next ones have a literal on the right.
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

/**
 * The operands of each instruction, in the order of `Op`, by a letter for how each is used: `w` is written, `r` read, `p` read unless it is negative, `t` a
 * target of jumps, `v` the first register of a window, `n` a count (of the window before it), `c` the point of what waits for a value, `o` anything else.
 */
export const OPERANDS: Readonly<Record<OpCode, string>> = [
  'wo', // CONST
  'wr', // MOVE
  'wo', // CAPTURE
  'wo', // SIBLING
  'wo', // DEFINITION
  'wo', // VAR
  'or', // SET_VAR
  't', // JUMP
  'rt', // JUMP_FALSE
  'rt', // JUMP_TRUE
  'rrt', // JUMP_NOT_LT
  'rrt', // JUMP_NOT_LE
  'rrt', // JUMP_NOT_GT
  'rrt', // JUMP_NOT_GE
  'rrt', // JUMP_NOT_EQ
  'rot', // JUMP_NOT_LT_I
  'rot', // JUMP_NOT_LE_I
  'rot', // JUMP_NOT_GT_I
  'rot', // JUMP_NOT_GE_I
  'rot', // JUMP_NOT_EQ_I
  'rt', // JUMP_NOT_NIL
  'wrr', // ADD
  'wrr', // SUB
  'wrr', // MUL
  'wro', // ADD_I
  'wrr', // LT
  'wrr', // LE
  'wrr', // GT
  'wrr', // GE
  'wrr', // EQ
  'wr', // NOT
  'wr', // IS_NIL
  'wrr', // NTH
  'wrr', // GET
  'wrr', // KEYWORD_GET
  'wrr', // CONJ
  'wr', // COUNT
  'wr', // FIRST
  'wo', // PRIMITIVE_0
  'wor', // PRIMITIVE_1
  'worr', // PRIMITIVE_2
  'worrr', // PRIMITIVE_3
  'wovn', // PRIMITIVE_N
  'wrvnc', // CALL
  'wovnc', // CALL_DEFINITION
  'rvn', // TAIL_CALL
  'ovn', // TAIL_CALL_DEFINITION
  'wrroc', // APPLY
  'rro', // TAIL_APPLY
  'wrvncp', // HOST_CALL
  'won', // CLOSURE
  'o', // LOOP
  'r', // RETURN
  'r', // THROW
  'r', // RETHROW_PENDING
  'wrt', // CONTEXT_GET
  'rr', // CONTEXT_SET
  'op', // STEP_ENTER
  'o', // STEP_LEAVE
  'wrtoc', // STEP_FAIL
  'wr', // MAKE_PENDING
  'wro', // SUB_I
  'wr', // INC
  'wr', // DEC
  'wrroc', // FORK
  'wovn', // OPERATION
  '', // TRACK
] as const;

/** Where the destination, the window and the point of call-like instructions stand, counted from the opcode. */
export const CALL_SIZE = 6;
export const CALL_POINT = 5;
export const HOST_CALL_SIZE = 7;
