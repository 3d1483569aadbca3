/**
 * The intermediate representation: code as data.
 *
 * A *unit* is one function body (or a program's top level). Inside it every local is a numbered slot; what it takes
 * from outside are its captures, in order. Nodes are a tree; spans ride along and are not part of the meaning.
 * References to other definitions are by content hash, or by member number inside a group that is hashed as one (C1).
 *
 * Rules that both tiers rely on:
 * - Slots 0 … parameters-1 hold the arguments at entry (the rest argument, a list, last). A slot is written before it
 *   is read on every path. Slots may be reused once their scope has ended.
 * - Sub-expressions are evaluated in the order of the fields below, left to right.
 * - `tail` on a call means that nothing of this unit is needed any more: its frame is replaced.
 */
import type { Span } from '../diagnostic/span.ts';
import type { Value } from '../value/value.ts';
import type { StepForm } from './step-options.ts';

export type Node =
  | ConstNode
  | LocalNode
  | SetLocalNode
  | CaptureNode
  | SiblingNode
  | PrimitiveNode
  | DefinitionNode
  | VarNode
  | SetVarNode
  | CondNode
  | AndNode
  | OrNode
  | DoNode
  | LetNode
  | LoopNode
  | RecurNode
  | CallNode
  | ApplyNode
  | PrimitiveCallNode
  | HostCallNode
  | FnNode
  | TryNode
  | ThrowNode
  | ContextGetNode
  | ContextSetNode
  | StepNode
  | ForkNode
  | OperationNode;

export type NodeKind = Node['kind'];

interface NodeBase {
  readonly span: Span | null;
}

/** A literal. Never a function. */
export interface ConstNode extends NodeBase {
  readonly kind: 'const';
  readonly value: Value;
}

export interface LocalNode extends NodeBase {
  readonly kind: 'local';
  readonly slot: number;
}

/** Stores the value in the slot; its own value is true, so that it can stand in an `and`. */
export interface SetLocalNode extends NodeBase {
  readonly kind: 'set-local';
  readonly slot: number;
  readonly value: Node;
}

export interface CaptureNode extends NodeBase {
  readonly kind: 'capture';
  readonly index: number;
}

/** The function that is member `member` of the letrec group that this unit was created in (itself included). */
export interface SiblingNode extends NodeBase {
  readonly kind: 'sibling';
  readonly member: number;
}

/** A function of the kernel as a value. */
export interface PrimitiveNode extends NodeBase {
  readonly kind: 'primitive';
  readonly name: string;
}

/** Another definition's function. */
export interface DefinitionNode extends NodeBase {
  readonly kind: 'definition';
  readonly definition: Definition;
}

/**
 * A named, closed piece of code. Its identity is (group, member): the content hash of the group of definitions that
 * refer to each other, and its number in there; both are set once, by `hashDefinitions`. The unit may be loaded late.
 */
export interface Definition {
  /** For people; not part of the identity. */
  readonly name: string;
  /** 64 hex digits, or empty while the group is not hashed. */
  group: string;
  member: number;
  /** All definitions of the group, in the order of their member numbers. */
  members: readonly Definition[];
  readonly unit: Unit;
}

/** A program variable: a name whose value is computed at run time. Reading one before it is set is an error. */
export interface VarNode extends NodeBase {
  readonly kind: 'var';
  readonly name: string;
}

/** Its value is the value stored. */
export interface SetVarNode extends NodeBase {
  readonly kind: 'set-var';
  readonly name: string;
  readonly value: Node;
}

export interface CondNode extends NodeBase {
  readonly kind: 'cond';
  readonly clauses: readonly CondClause[];
  readonly otherwise: Node;
}
export interface CondClause {
  readonly test: Node;
  readonly body: Node;
}

/** The first falsy value, else the last; at least one item. */
export interface AndNode extends NodeBase {
  readonly kind: 'and';
  readonly items: readonly Node[];
}

/** The first truthy value, else the last; at least one item. */
export interface OrNode extends NodeBase {
  readonly kind: 'or';
  readonly items: readonly Node[];
}

/** At least one node. */
export interface DoNode extends NodeBase {
  readonly kind: 'do';
  readonly body: readonly Node[];
}

export interface LetNode extends NodeBase {
  readonly kind: 'let';
  readonly bindings: readonly SlotBinding[];
  readonly body: Node;
}
export interface SlotBinding {
  readonly slot: number;
  readonly value: Node;
}

/** Binds in order, then runs the body; `recur` inside goes back to the head with new values. */
export interface LoopNode extends NodeBase {
  readonly kind: 'loop';
  readonly bindings: readonly SlotBinding[];
  readonly body: Node;
}

/** Evaluates all arguments, then stores them in the slots of the enclosing loop (or the parameters) and goes there. */
export interface RecurNode extends NodeBase {
  readonly kind: 'recur';
  /** The number of the loop among those around it in this arm, counted from outside; -1 is the arm's entry. */
  readonly target: number;
  readonly slots: readonly number[];
  readonly args: readonly Node[];
}

export interface CallNode extends NodeBase {
  readonly kind: 'call';
  readonly fn: Node;
  readonly args: readonly Node[];
  readonly tail: boolean;
}

/** Calls `fn` with the elements of the sequence that `args` gives. */
export interface ApplyNode extends NodeBase {
  readonly kind: 'apply';
  readonly fn: Node;
  readonly args: Node;
  readonly tail: boolean;
}

/** A call of a kernel function with a number of arguments that it takes; never suspends. */
export interface PrimitiveCallNode extends NodeBase {
  readonly kind: 'primitive-call';
  readonly name: string;
  readonly args: readonly Node[];
}

/** `(call capability args…)`: the one way out. `options` is nil or a map (timeout, idempotency key, hints). */
export interface HostCallNode extends NodeBase {
  readonly kind: 'host-call';
  readonly capability: Node;
  readonly args: readonly Node[];
  readonly options: Node | null;
}

/** Makes a closure. The units of a letrec group share one list of captures. */
export interface FnNode extends NodeBase {
  readonly kind: 'fn';
  readonly group: LetrecGroup;
  readonly member: number;
}

/** Functions that see each other, created together. `captures` are nodes of the creating unit (local or capture). */
export interface LetrecGroup {
  readonly units: readonly Unit[];
  readonly captures: readonly Node[];
}

/**
 * `body`, and when it fails the error is put in `errorSlot` and `handler` runs instead. `cleanup` runs last in any
 * case; its value is dropped, its error replaces everything. `pendingSlot` holds the outcome while it runs.
 */
export interface TryNode extends NodeBase {
  readonly kind: 'try';
  readonly body: Node;
  readonly errorSlot: number;
  readonly handler: Node | null;
  readonly pendingSlot: number;
  readonly cleanup: Node | null;
}

/** Fails with any value. An error value keeps its own place and stack. */
export interface ThrowNode extends NodeBase {
  readonly kind: 'throw';
  readonly value: Node;
}

/** One function body. Several arities of one function are one unit with several arms. */
export interface Unit {
  /** For people: `f`, `f/fn`, `<main>`. */
  readonly name: string | null;
  /** By number of parameters, ascending; a variadic arm comes last. */
  readonly arms: readonly Arm[];
  readonly span: Span | null;
}

export interface Arm {
  /** How many parameters must be given. */
  readonly required: number;
  /** Whether further arguments are gathered in a list in slot `required`. */
  readonly variadic: boolean;
  /** How many slots the arm uses, parameters included; temporaries of the machine come on top. */
  readonly slots: number;
  readonly body: Node;
  readonly span: Span | null;
}

/** Reads a key of the context that the plan runs in; `otherwise` when it is absent (nil when null). */
export interface ContextGetNode extends NodeBase {
  readonly kind: 'context-get';
  readonly key: Node;
  readonly otherwise: Node | null;
}

/** Writes a key of the current context; its value is nil. */
export interface ContextSetNode extends NodeBase {
  readonly kind: 'context-set';
  readonly key: Node;
  readonly value: Node;
}

/**
 * A step: evaluates `options` (a map, or nil when null), enters a child context, evaluates `params` there (its value, a
 * map or nil, goes to `paramsSlot`), then the body. When the body fails the error is put in `errorSlot` and `handler`
 * runs instead. The step is left exactly once, when body or handler has a value or has failed.
 */
export interface StepNode extends NodeBase {
  readonly kind: 'step';
  readonly form: StepForm;
  readonly name: string;
  readonly options: Node | null;
  readonly params: Node | null;
  readonly paramsSlot: number;
  readonly body: Node;
  readonly errorSlot: number;
  readonly handler: Node | null;
}

/** Runs the functions of a vector side by side, each in a branch of its own; what became of each is the value. */
export interface ForkNode extends NodeBase {
  readonly kind: 'fork';
  readonly branches: Node;
  readonly options: Node;
}

/** Something that only the machine can do, for the library: looks at contexts, tells events. Never suspends. */
export interface OperationNode extends NodeBase {
  readonly kind: 'operation';
  readonly name: OperationName;
  readonly args: readonly Node[];
}

export const OPERATIONS = [
  '%own-data', '%reset-data', '%questions', '%deciding', '%merge-up', '%retrying', '%recovered', '%compensation', '%compensating',
  '%step', '%check-entry',
] as const;

export type OperationName = (typeof OPERATIONS)[number];
