/**
 * From one arm of IR to register code. Slots keep their numbers; temporaries stand above them like a stack, so that
 * which register holds what at each suspension point follows from the tree alone (C2). Points are numbered in the
 * order of the code: 0 is the entry, then each call, host call and loop head.
 */
import type { Span } from '../diagnostic/span.ts';
import type {
  ApplyNode, CallNode, CondNode, FnNode, ForkNode, HostCallNode, LetNode, LoopNode, Node, OperationNode, PrimitiveCallNode, RecurNode, SlotBinding,
  StepNode, TryNode,
} from '../ir/node.ts';
import { childNodes, forEachNode } from '../ir/walk.ts';
import { type Definition, OPERATIONS } from '../ir/node.ts';
import { keyword, PrimitiveFunction, type Value } from '../value/value.ts';
import { ArmCode, type Code, type Handler, type KnownCall, type Mark } from './code.ts';
import { Op, type OpCode } from './opcodes.ts';
import { type LoadedPrimitive, missingPrimitive } from './primitives/registry.ts';
import { Vector } from '../value/vector.ts';

/** Primitives with an instruction of their own, by name and number of arguments. */
const INSTRUCTIONS: ReadonlyMap<string, OpCode> = new Map<string, OpCode>([
  ['+/2', Op.ADD], ['-/2', Op.SUB], ['*/2', Op.MUL],
  ['</2', Op.LT], ['<=/2', Op.LE], ['>/2', Op.GT], ['>=/2', Op.GE], ['=/2', Op.EQ],
  ['inc/1', Op.INC], ['dec/1', Op.DEC], ['not/1', Op.NOT], ['nil?/1', Op.IS_NIL],
  ['nth/2', Op.NTH], ['get/2', Op.GET], ['%keyword-get/2', Op.KEYWORD_GET], ['conj/2', Op.CONJ],
  ['count/1', Op.COUNT], ['first/1', Op.FIRST],
]);

interface Label {
  at: number;
  readonly uses: number[];
}

export function assemble(code: Code, index: number): ArmCode {
  return new Assembler(code, index).run();
}

class Assembler {
  private readonly code: Code;
  private readonly index: number;
  private readonly ops: number[] = [];
  private readonly constants: Value[] = [];
  private readonly constantIndex = new Map<Value, number>();
  private readonly primitives: LoadedPrimitive[] = [];
  private readonly definitions: KnownCall[] = [];
  private readonly codes: Code[] = [];
  private readonly points: number[] = [];
  private readonly handlers: Handler[] = [];
  private readonly marks: Mark[] = [];
  private readonly loops: Label[] = [];
  private entry: Label | null = null;
  private top: number;
  private most: number;
  private span: Span | null = null;

  constructor(code: Code, index: number) {
    this.code = code;
    this.index = index;
    this.top = code.source.arms[index]!.slots;
    this.most = this.top;
  }

  run(): ArmCode {
    const arm = this.code.source.arms[this.index]!;
    this.point(0);
    if (returnsToEntry(arm.body)) {
      this.entry = this.label();
      this.place(this.entry);
      this.emit(Op.LOOP, this.point(this.ops.length));
    }
    this.return(arm.body);
    return new ArmCode({
      ...this, required: arm.required, variadic: arm.variadic, ops: Int32Array.from(this.ops), registers: this.most, points: Int32Array.from(this.points),
    });
  }

  // --- emitting --------------------------------------------------------------------------------------------------

  private emit(op: OpCode, ...operands: number[]): void {
    const last = this.marks[this.marks.length - 1];
    if (last === undefined || last.span !== this.span) this.marks.push({ at: this.ops.length, span: this.span });
    this.ops.push(op);
    for (const operand of operands) this.ops.push(operand);
  }

  /** Emits an instruction whose last operand is the address of `label`. */
  private jump(label: Label, op: OpCode, ...operands: number[]): void {
    this.emit(op, ...operands, label.at);
    if (label.at < 0) label.uses.push(this.ops.length - 1);
  }

  private label(): Label {
    return { at: -1, uses: [] };
  }

  private place(label: Label): void {
    label.at = this.ops.length;
    for (const use of label.uses) this.ops[use] = label.at;
  }

  /** Numbers a suspension point at an address. */
  private point(address: number): number {
    this.points.push(address);
    return this.points.length - 1;
  }

  private temporary(): number {
    const register = this.top;
    this.top += 1;
    if (this.top > this.most) this.most = this.top;
    return register;
  }

  private constant(value: Value): number {
    const simple = typeof value !== 'number' || value !== 0;
    const known = simple ? this.constantIndex.get(value) : undefined;
    if (known !== undefined) return known;
    this.constants.push(value);
    if (simple) this.constantIndex.set(value, this.constants.length - 1);
    return this.constants.length - 1;
  }

  private primitive(name: string): number {
    const known = this.primitives.findIndex((primitive) => primitive.name === name);
    if (known >= 0) return known;
    this.primitives.push(this.code.table.primitives.get(name) ?? missingPrimitive(name));
    return this.primitives.length - 1;
  }

  private definition(definition: Definition, count: number = -1): number {
    const known = this.definitions.findIndex((call) => call.definition === definition && call.count === count);
    if (known >= 0) return known;
    this.definitions.push({ definition, count });
    return this.definitions.length - 1;
  }

  private unit(code: Code): number {
    const known = this.codes.indexOf(code);
    if (known >= 0) return known;
    this.codes.push(code);
    return this.codes.length - 1;
  }

  // --- values ----------------------------------------------------------------------------------------------------

  /** A register that holds the value: a local's own slot, or a fresh temporary. */
  private operand(node: Node): number {
    if (node.kind === 'local') return node.slot;
    const register = this.temporary();
    this.value(node, register);
    return register;
  }

  /** Runs `emit`, then gives back the temporaries it took. */
  private scoped(emit: () => void): void {
    const top = this.top;
    emit();
    this.top = top;
  }

  /** Code that puts the value of `node` in register `d`. */
  private value(node: Node, d: number): void {
    const outer = this.span;
    if (node.span !== null) this.span = node.span;
    this.scoped(() => this.valueOf(node, d));
    this.span = outer;
  }

  private valueOf(node: Node, d: number): void {
    switch (node.kind) {
      case 'const':
        return this.emit(Op.CONST, d, this.constant(node.value));
      case 'local':
        if (node.slot !== d) this.emit(Op.MOVE, d, node.slot);
        return;
      case 'set-local':
        this.value(node.value, node.slot);
        return this.emit(Op.CONST, d, this.constant(true));
      case 'capture':
        return this.emit(Op.CAPTURE, d, node.index);
      case 'sibling':
        return this.emit(Op.SIBLING, d, node.member);
      case 'primitive':
        return this.emit(Op.CONST, d, this.constant(new PrimitiveFunction(node.name)));
      case 'definition':
        return this.emit(Op.DEFINITION, d, this.definition(node.definition));
      case 'var':
        return this.emit(Op.VAR, d, this.constant(node.name));
      case 'set-var':
        this.value(node.value, d);
        return this.emit(Op.SET_VAR, this.constant(node.name), d);
      case 'cond':
        return this.cond(node, (body) => this.value(body, d), true);
      case 'and':
      case 'or':
        return this.connective(node.items, node.kind === 'and' ? Op.JUMP_FALSE : Op.JUMP_TRUE, d);
      case 'do':
        return this.sequence(node.body, (last) => this.value(last, d));
      case 'let':
        return this.let(node, (body) => this.value(body, d));
      case 'loop':
        return this.loop(node, (body) => this.value(body, d));
      case 'recur':
        return this.recur(node);
      case 'call':
        return this.call(node, d);
      case 'apply':
        return this.apply(node, d);
      case 'primitive-call':
        return this.primitiveCall(node, d);
      case 'host-call':
        return this.hostCall(node, d);
      case 'fn':
        return this.closure(node, d);
      case 'try':
        return this.try(node, d);
      case 'throw':
        return this.emit(Op.THROW, this.operand(node.value));
      case 'context-get':
        return this.contextGet(node.key, node.otherwise, d);
      case 'context-set':
        this.contextSet(node.key, node.value);
        return this.emit(Op.CONST, d, this.constant(null));
      case 'step':
        return this.step(node, d);
      case 'fork':
        return this.fork(node, d);
      case 'operation':
        return this.operation(node, d);
    }
  }

  /** Code that returns the value of `node`. */
  private return(node: Node): void {
    const outer = this.span;
    if (node.span !== null) this.span = node.span;
    this.scoped(() => this.returnOf(node));
    this.span = outer;
  }

  private returnOf(node: Node): void {
    switch (node.kind) {
      case 'cond':
        return this.cond(node, (body) => this.return(body), false);
      case 'do':
        return this.sequence(node.body, (last) => this.return(last));
      case 'let':
        return this.let(node, (body) => this.return(body));
      case 'loop':
        return this.loop(node, (body) => this.return(body));
      case 'recur':
        return this.recur(node);
      case 'call':
        if (node.tail) return this.tailCall(node);
        break;
      case 'apply':
        if (node.tail) return this.emit(Op.TAIL_APPLY, this.operand(node.fn), this.operand(node.args), this.temporary());
        break;
      case 'throw':
        return this.emit(Op.THROW, this.operand(node.value));
      default:
    }
    this.emit(Op.RETURN, this.operand(node));
  }

  private sequence(nodes: readonly Node[], last: (node: Node) => void): void {
    for (let i = 0; i < nodes.length - 1; i++) this.effect(nodes[i]!);
    last(nodes[nodes.length - 1]!);
  }

  /** Runs a node whose value nobody wants. */
  private effect(node: Node): void {
    if (node.kind === 'const' || node.kind === 'local' || node.kind === 'definition' || node.kind === 'primitive') return;
    this.scoped(() => this.value(node, this.temporary()));
  }

  private bind(bindings: readonly SlotBinding[]): void {
    for (const binding of bindings) this.value(binding.value, binding.slot);
  }

  private let(node: LetNode, body: (node: Node) => void): void {
    this.bind(node.bindings);
    body(node.body);
  }

  // --- deciding --------------------------------------------------------------------------------------------------

  private cond(node: CondNode, arm: (body: Node) => void, joins: boolean): void {
    const end = this.label();
    for (const clause of node.clauses) {
      const next = this.label();
      this.scoped(() => this.test(clause.test, next));
      arm(clause.body);
      if (joins) this.jump(end, Op.JUMP);
      this.place(next);
    }
    arm(node.otherwise);
    this.place(end);
  }

  private connective(items: readonly Node[], op: OpCode, d: number): void {
    const end = this.label();
    items.forEach((item, index) => {
      this.value(item, d);
      if (index < items.length - 1) this.jump(end, op, d);
    });
    this.place(end);
  }

  /** Goes on when `node` is true, to `otherwise` when it is not. */
  private test(node: Node, otherwise: Label): void {
    const outer = this.span;
    if (node.span !== null) this.span = node.span;
    this.testOf(node, otherwise);
    this.span = outer;
  }

  private testOf(node: Node, otherwise: Label): void {
    switch (node.kind) {
      case 'const':
        if (node.value === null || node.value === false) this.jump(otherwise, Op.JUMP);
        return;
      case 'and':
        for (const item of node.items) this.scoped(() => this.test(item, otherwise));
        return;
      case 'or':
        return this.testAny(node.items, otherwise);
      case 'set-local':
        return this.value(node.value, node.slot);
      case 'let':
        this.bind(node.bindings);
        return this.test(node.body, otherwise);
      case 'primitive-call':
        if (this.testPrimitive(node, otherwise)) return;
        break;
      default:
    }
    this.jump(otherwise, Op.JUMP_FALSE, this.operand(node));
  }

  private testAny(items: readonly Node[], otherwise: Label): void {
    const yes = this.label();
    items.forEach((item, index) => {
      if (index === items.length - 1) this.scoped(() => this.test(item, otherwise));
      else this.scoped(() => this.jump(yes, Op.JUMP_TRUE, this.operand(item)));
    });
    this.place(yes);
  }

  private testPrimitive(node: PrimitiveCallNode, otherwise: Label): boolean {
    const [a, b] = node.args;
    if (node.name === 'not' && node.args.length === 1) {
      this.jump(otherwise, Op.JUMP_TRUE, this.operand(a!));
      return true;
    }
    if (node.name === 'nil?' && node.args.length === 1) {
      this.jump(otherwise, Op.JUMP_NOT_NIL, this.operand(a!));
      return true;
    }
    const instruction = INSTRUCTIONS.get(`${node.name}/${node.args.length}`);
    if (instruction === undefined || instruction < Op.LT || instruction > Op.EQ) return false;
    const literal = smallInteger(b!);
    const jump = instruction - Op.LT + (literal === null ? Op.JUMP_NOT_LT : Op.JUMP_NOT_LT_I);
    this.jump(otherwise, jump as OpCode, this.operand(a!), literal ?? this.operand(b!));
    return true;
  }

  // --- loops -----------------------------------------------------------------------------------------------------

  private loop(node: LoopNode, body: (node: Node) => void): void {
    this.bind(node.bindings);
    const head = this.label();
    this.place(head);
    this.emit(Op.LOOP, this.point(this.ops.length));
    this.loops.push(head);
    body(node.body);
    this.loops.pop();
  }

  private recur(node: RecurNode): void {
    const moves: { readonly from: number; readonly to: number }[] = [];
    node.args.forEach((arg, index) => {
      const slot = node.slots[index]!;
      if (arg.kind === 'local' && arg.slot === slot) return;
      const later = node.args.slice(index + 1);
      if (!later.some((other) => reads(other, slot)) && writesLast(arg, slot)) this.value(arg, slot);
      else {
        const register = this.temporary();
        this.value(arg, register);
        moves.push({ from: register, to: slot });
      }
    });
    for (const { from, to } of moves) this.emit(Op.MOVE, to, from);
    this.jump(node.target < 0 ? this.entry! : this.loops[node.target]!, Op.JUMP);
  }

  // --- calls -----------------------------------------------------------------------------------------------------

  /** Evaluates the arguments into consecutive registers and gives the first. */
  private window(args: readonly Node[]): number {
    const first = this.top;
    for (const arg of args) this.value(arg, this.temporary());
    if (this.top > this.most) this.most = this.top;
    return first;
  }

  private call(node: CallNode, d: number): void {
    const { fn } = node;
    if (fn.kind === 'definition') {
      const window = this.window(node.args);
      return this.emit(Op.CALL_DEFINITION, d, this.definition(fn.definition, node.args.length), window, node.args.length, this.point(this.ops.length));
    }
    const register = this.operand(fn);
    const window = this.window(node.args);
    this.emit(Op.CALL, d, register, window, node.args.length, this.point(this.ops.length));
  }

  private tailCall(node: CallNode): void {
    const { fn } = node;
    if (fn.kind === 'definition') {
      const window = this.window(node.args);
      return this.emit(Op.TAIL_CALL_DEFINITION, this.definition(fn.definition, node.args.length), window, node.args.length);
    }
    const register = this.operand(fn);
    const window = this.window(node.args);
    this.emit(Op.TAIL_CALL, register, window, node.args.length);
  }

  private apply(node: ApplyNode, d: number): void {
    const fn = this.operand(node.fn);
    const args = this.operand(node.args);
    const window = this.temporary();
    this.emit(Op.APPLY, d, fn, args, window, this.point(this.ops.length));
  }

  private hostCall(node: HostCallNode, d: number): void {
    const capability = this.operand(node.capability);
    const window = this.window(node.args);
    const options = node.options === null ? -1 : this.operand(node.options);
    this.emit(Op.HOST_CALL, d, capability, window, node.args.length, this.point(this.ops.length), options);
  }

  private primitiveCall(node: PrimitiveCallNode, d: number): void {
    const { name, args } = node;
    if (this.withLiteral(node, d)) return;
    const instruction = INSTRUCTIONS.get(`${name}/${args.length}`);
    if (instruction !== undefined) return this.emit(instruction, d, ...args.map((arg) => this.operand(arg)));
    const primitive = this.primitive(name);
    switch (args.length) {
      case 0:
        return this.emit(Op.PRIMITIVE_0, d, primitive);
      case 1:
        return this.emit(Op.PRIMITIVE_1, d, primitive, this.operand(args[0]!));
      case 2:
        return this.emit(Op.PRIMITIVE_2, d, primitive, this.operand(args[0]!), this.operand(args[1]!));
      case 3:
        return this.emit(Op.PRIMITIVE_3, d, primitive, this.operand(args[0]!), this.operand(args[1]!), this.operand(args[2]!));
      default:
        return this.emit(Op.PRIMITIVE_N, d, primitive, this.window(args), args.length);
    }
  }

  /** `(+ x 1)` and `(- x 1)`: the literal rides in the instruction. */
  private withLiteral(node: PrimitiveCallNode, d: number): boolean {
    if ((node.name !== '+' && node.name !== '-') || node.args.length !== 2) return false;
    const literal = smallInteger(node.args[1]!);
    if (literal === null) return false;
    this.emit(node.name === '+' ? Op.ADD_I : Op.SUB_I, d, this.operand(node.args[0]!), literal);
    return true;
  }

  private closure(node: FnNode, d: number): void {
    const code = this.code.inside.get(node.group)![node.member]!;
    const captures = node.group.captures.map((capture) => this.operand(capture));
    this.emit(Op.CLOSURE, d, this.unit(code), captures.length, ...captures);
  }

  // --- failing ---------------------------------------------------------------------------------------------------

  private try(node: TryNode, d: number): void {
    const start = this.ops.length;
    this.value(node.body, d);
    if (node.handler !== null) {
      const done = this.label();
      this.jump(done, Op.JUMP);
      this.handlers.push({ kind: 'catch', start, end: this.ops.length, at: this.ops.length, register: node.errorSlot, until: 0 });
      this.value(node.handler, d);
      this.place(done);
    }
    if (node.cleanup !== null) this.cleanup(node, node.cleanup, start, d);
  }

  private cleanup(node: TryNode, cleanup: Node, start: number, d: number): void {
    const run = this.label();
    const end = this.ops.length;
    this.emit(Op.CONST, node.pendingSlot, this.constant(null));
    this.jump(run, Op.JUMP);
    const handler = { kind: 'finally' as const, start, end, at: this.ops.length, register: node.errorSlot, until: 0 };
    this.handlers.push(handler);
    this.emit(Op.MAKE_PENDING, node.pendingSlot, node.errorSlot);
    // There is no value on this way, but the register must hold something that can be saved.
    this.emit(Op.CONST, d, this.constant(null));
    this.place(run);
    this.effect(cleanup);
    handler.until = this.ops.length;
    this.emit(Op.RETHROW_PENDING, node.pendingSlot);
  }

  // --- contexts and steps ----------------------------------------------------------------------------------------

  private contextGet(key: Node, otherwise: Node | null, d: number): void {
    const absent = this.label();
    const end = this.label();
    this.jump(absent, Op.CONTEXT_GET, d, this.operand(key));
    this.jump(end, Op.JUMP);
    this.place(absent);
    if (otherwise === null) this.emit(Op.CONST, d, this.constant(null));
    else this.value(otherwise, d);
    this.place(end);
  }

  private contextSet(key: Node, value: Node): void {
    this.scoped(() => this.emit(Op.CONTEXT_SET, this.operand(key), this.operand(value)));
  }

  private step(node: StepNode, d: number): void {
    const end = this.label();
    const fail = this.label();
    const out = this.label();
    const { errorSlot } = node;
    const options = node.options === null ? -1 : this.operand(node.options);
    this.emit(Op.STEP_ENTER, this.constant(Vector.of(node.name, keyword(node.form))), options);
    // Parameters that fail leave none.
    if (node.params !== null) this.emit(Op.CONST, node.paramsSlot, this.constant(null));
    const start = this.ops.length;
    if (node.params !== null) this.value(node.params, node.paramsSlot);
    this.value(node.body, d);
    this.emit(Op.STEP_LEAVE, 0);
    const stop = this.ops.length;
    this.jump(end, Op.JUMP);
    if (node.handler !== null) {
      this.handlers.push({ kind: 'recover', start, end: stop, at: this.ops.length, register: errorSlot, until: 0 });
      this.value(node.handler, d);
      this.emit(Op.STEP_LEAVE, 1);
      this.jump(end, Op.JUMP);
    }
    // Compensations run as a call from here; then the edge is taken again.
    this.place(fail);
    const at = this.ops.length;
    this.emit(Op.STEP_FAIL, errorSlot, errorSlot, -1, 0, this.point(at));
    out.uses.push(at + 3);
    this.jump(fail, Op.JUMP);
    this.handlers.push({ kind: 'step', start, end: this.ops.length, at, register: errorSlot, until: 0 });
    this.place(out);
    this.emit(Op.THROW, errorSlot);
    this.place(end);
  }

  private fork(node: ForkNode, d: number): void {
    const branches = this.operand(node.branches);
    this.emit(Op.FORK, d, branches, this.operand(node.options), 0, this.point(this.ops.length));
  }

  private operation(node: OperationNode, d: number): void {
    const window = this.window(node.args);
    this.emit(Op.OPERATION, d, OPERATIONS.indexOf(node.name), window, node.args.length);
  }
}

/** Literal integers that fit an operand; 0 stays out of sums so that -0.0 is kept. */
function smallInteger(node: Node): number | null {
  if (node.kind !== 'const' || typeof node.value !== 'number') return null;
  return (node.value | 0) === node.value && node.value !== -2147483648 ? node.value : null;
}

/** Whether evaluating `node` looks at the slot. */
function reads(node: Node, slot: number): boolean {
  let found = false;
  visit(node, (inner) => {
    if (inner.kind === 'local' && inner.slot === slot) found = true;
  });
  return found;
}

function visit(node: Node, look: (node: Node) => void): void {
  forEachNode({ name: null, span: null, arms: [{ required: 0, variadic: false, slots: 0, body: node, span: null }] }, look);
}

/** Whether `node` may be computed straight into the slot: it does not look at it, or only before it is written. */
function writesLast(node: Node, slot: number): boolean {
  if (node.kind === 'primitive-call' && node.args.every((arg) => arg.kind === 'local' || arg.kind === 'const')) return true;
  return !reads(node, slot);
}

/** Whether some `recur` goes back to the arm's entry. */
function returnsToEntry(body: Node): boolean {
  let found = false;
  const open: Node[] = [body];
  for (let node = open.pop(); node !== undefined && !found; node = open.pop()) {
    if (node.kind === 'recur' && node.target < 0) found = true;
    // Functions inside have entries of their own: `childNodes` does not look into them.
    for (const child of childNodes(node)) open.push(child);
  }
  return found;
}
