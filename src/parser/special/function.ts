/** Functions: `fn` and the shapes that `defn` shares with it, parameters, arities, return types. */
import type { Span } from '../../diagnostic/span.ts';
import type { Arm, Node, Unit } from '../../ir/node.ts';
import type { Form, ListForm, SymbolForm, VectorForm } from '../form.ts';
import { constant, describe, type Lowering, primitive } from '../lowering.ts';
import { bodyOf, GroupBuilder, namingMember, outermost, type Place, type RecurTarget, type Scope, UnitBuilder } from '../scope.ts';
import { arePlainNames, boundNames, certainAnnotation, checked, checkPattern, isPattern, PatternBinder, patternName, returnAnnotation, withBindings } from './pattern.ts';

/** The parts of a function form after its name. */
export interface FunctionShape {
  readonly name: SymbolForm | null;
  readonly doc: string | null;
  readonly arms: readonly ArmShape[];
  readonly span: Span;
}

export interface ArmShape {
  readonly params: VectorForm;
  /** In order, that of the rest last. */
  readonly patterns: readonly Form[];
  /** The annotation of each pattern; null when none has one. */
  readonly types: readonly (Form | null)[] | null;
  /** Whether the last pattern takes the rest. */
  readonly isVariadic: boolean;
  readonly returns: Form | null;
  /** The body is those of these forms that stand from `bodyStart` on. */
  readonly items: readonly Form[];
  readonly bodyStart: number;
  readonly span: Span;
}

const FN_SHAPE = '(fn name? [params…] body…)';
const DEFN_SHAPE = '(defn name "doc"? [params…] body…)';

const FUNCTION_HEADS: ReadonlySet<string> = new Set(['fn', 'λ', 'lambda']);

export function isFunctionLiteral(form: Form): form is ListForm {
  return form.kind === 'list' && form.items[0]?.kind === 'symbol' && FUNCTION_HEADS.has(form.items[0].name);
}

export function lowerFn(lowering: Lowering, form: ListForm, place: Place): Node {
  const shape = readFunction(lowering, form, 1, false);
  if (shape === null) return constant(null, form.span);
  const group = new GroupBuilder(place.unit);
  const unit = buildFunction(lowering, shape, labelOf(shape, place), group, place, shape.name?.name ?? null);
  return { kind: 'fn', group: { units: [unit], captures: group.captures }, member: 0, span: form.span };
}

/** Reads the function in `form` from item `start` on; reports and gives null when it is malformed. */
export function readFunction(lowering: Lowering, form: ListForm, start: number, needsName: boolean): FunctionShape | null {
  const shape = needsName ? DEFN_SHAPE : FN_SHAPE;
  const { items } = form;
  let at = start;
  let name: SymbolForm | null = null;
  if (items[at]?.kind === 'symbol') {
    name = items[at] as SymbolForm;
    at += 1;
  } else if (needsName) {
    const found = items[at];
    lowering.malformed(form, found === undefined ? 'the name is missing' : `${describe(found)} is not a name`, shape);
    return null;
  }
  let doc: string | null = null;
  const documented = items[at];
  if (needsName && documented?.kind === 'atom' && typeof documented.value === 'string' && items.length > at + 1) {
    doc = documented.value;
    at += 1;
  }
  if (needsName && items[at]?.kind === 'map' && items.length > at + 1) at += 1;
  const first = items[at];
  if (first === undefined) {
    lowering.malformed(form, 'the parameter vector is missing', shape);
    return null;
  }
  if (first.kind === 'vector') {
    const arm = readArm(lowering, form, first, items, at + 1);
    return arm === null ? null : { name, doc, arms: [arm], span: form.span };
  }
  const arms = readArms(lowering, form, items.slice(at), shape);
  return arms === null ? null : { name, doc, arms, span: form.span };
}

function readArms(lowering: Lowering, form: ListForm, items: readonly Form[], shape: string): ArmShape[] | null {
  const arms: ArmShape[] = [];
  for (const item of items) {
    const params = item.kind === 'list' ? item.items[0] : undefined;
    if (item.kind !== 'list' || params?.kind !== 'vector') {
      lowering.malformed(form, `expected a parameter vector, found ${describe(item)}`, shape);
      return null;
    }
    const arm = readArm(lowering, item, params, item.items, 1);
    if (arm === null) return null;
    arms.push(arm);
  }
  arms.sort((a, b) => Number(a.isVariadic) - Number(b.isVariadic) || required(a) - required(b));
  for (let i = 1; i < arms.length; i++) {
    const before = arms[i - 1]!;
    const arm = arms[i]!;
    // A fixed arity goes before the variadic one wherever both fit.
    if (arm.isVariadic ? !before.isVariadic : required(before) !== required(arm)) continue;
    lowering.fail('E0202', 'two arities of one function take the same number of arguments', arm.params.span, [], {
      related: [{ span: before.params.span, message: 'the other one' }],
    });
    return null;
  }
  return arms;
}

function readArm(lowering: Lowering, form: ListForm, params: VectorForm, items: readonly Form[], after: number): ArmShape | null {
  const parameters = arePlainNames(params.items) ? plainParameters(params.items) : readParameters(lowering, form, params);
  if (parameters === null || !distinct(lowering, headOf(form), parameters.patterns)) return null;
  const { patterns, types, isVariadic } = parameters;
  const { type, bodyStart } = returnAnnotation(lowering, params, items, after);
  return { params, patterns, types, isVariadic, returns: type, items, bodyStart, span: form.span };
}

interface Parameters {
  readonly patterns: readonly Form[];
  readonly types: readonly (Form | null)[] | null;
  readonly isVariadic: boolean;
}

function plainParameters(patterns: readonly Form[]): Parameters {
  return { patterns, types: null, isVariadic: false };
}

function readParameters(lowering: Lowering, form: ListForm, params: VectorForm): Parameters | null {
  const patterns: Form[] = [];
  const types: (Form | null)[] = [];
  let isVariadic = false;
  for (let i = 0; i < params.items.length; ) {
    const item = params.items[i]!;
    isVariadic = item.kind === 'symbol' && item.name === '&';
    const pattern = isVariadic ? params.items[i + 1] : item;
    if (pattern === undefined || !isPattern(pattern)) {
      return badParameters(lowering, form, params, isVariadic ? '`&` needs a name after it' : `${describe(item)} is not a parameter`);
    }
    i += isVariadic ? 2 : 1;
    const { type, used } = parameterType(pattern, params.items, i);
    patterns.push(pattern);
    types.push(type);
    i += used;
    if (isVariadic && i < params.items.length) return badParameters(lowering, form, params, 'nothing may follow the rest parameter');
  }
  if (!patterns.every((pattern) => checkPattern(lowering, pattern, headOf(form)))) return null;
  return { patterns, types, isVariadic };
}

/** The name of the form that is being read; an arity of several is part of a `fn`. */
function headOf(form: ListForm): string {
  return form.items[0]?.kind === 'symbol' ? form.items[0].name : 'fn';
}

/** In a parameter vector every keyword is an annotation (rule 2 of §2.6). */
function parameterType(pattern: Form, items: readonly Form[], index: number): { readonly type: Form | null; readonly used: number } {
  const certain = certainAnnotation(pattern, items, index);
  if (certain !== null) return certain;
  const next = items[index];
  return next?.kind === 'keyword' && next.name !== 'as' ? { type: next, used: 1 } : { type: null, used: 0 };
}

function badParameters(lowering: Lowering, form: ListForm, params: VectorForm, problem: string): null {
  lowering.fail('E0202', `malformed \`${headOf(form)}\` parameters: ${problem}`, params.span, ['parameters are patterns, each with an optional type: `[a b:int & rest]`']);
  return null;
}

function distinct(lowering: Lowering, head: string, patterns: readonly Form[]): boolean {
  if (patterns.length <= PAIRWISE_MAX && areOtherNames(patterns)) return true;
  const seen = new Map<string, SymbolForm>();
  for (const pattern of patterns) {
    for (const name of boundNames(pattern)) {
      const before = seen.get(name.name);
      if (before !== undefined) {
        lowering.fail('E0203', `malformed \`${head}\`: the parameter \`${name.name}\` is named twice`, name.span, ['rename one of them, or use `_` for one that is not needed'], {
          related: [{ span: before.span, message: 'first named here' }],
        });
        return false;
      }
      seen.set(name.name, name);
    }
  }
  return true;
}

/** Up to this many parameters, comparing each with each beats building a table. */
const PAIRWISE_MAX = 8;

/** Whether all of them are names, each another one. */
function areOtherNames(patterns: readonly Form[]): boolean {
  for (let i = 0; i < patterns.length; i++) {
    const pattern = patterns[i]!;
    if (pattern.kind !== 'symbol') return false;
    for (let j = 0; j < i; j++) if ((patterns[j] as SymbolForm).name === pattern.name) return false;
  }
  return true;
}

/** How many arguments must be given. */
export function required({ patterns, isVariadic }: ArmShape): number {
  return isVariadic ? patterns.length - 1 : patterns.length;
}

/** What a function is called where it is written, for messages. */
export function labelOf(shape: FunctionShape, place: Place): string {
  return shape.name?.name ?? `${place.unit.name ?? 'main'}/fn`;
}

/**
 * Lowers all arms into one unit of `group`. `self` is the name by which the function sees itself, as sibling 0 of a
 * group of its own; groups of several pass null and put their names into the scope themselves.
 */
export function buildFunction(lowering: Lowering, shape: FunctionShape, label: string, group: GroupBuilder, place: Place, self: string | null): Unit {
  const unit = new UnitBuilder(label, group);
  const scope = self === null ? place.scope : selfScope(self, group, place);
  // One arm by a literal: what lives long is best made so (see `ItemStack`).
  const arms = shape.arms.length === 1 ? [buildArm(lowering, unit, shape.arms[0]!, scope)] : shape.arms.map((arm) => buildArm(lowering, unit, arm, scope));
  return { name: label, arms, span: shape.span };
}

function selfScope(name: string, group: GroupBuilder, place: Place): Scope {
  return namingMember(name, place.unit, -1, { group, number: 0, ready: true }, place.scope);
}

function buildArm(lowering: Lowering, unit: UnitBuilder, shape: ArmShape, scope: Scope | null): Arm {
  unit.beginArm();
  const { patterns, types, span } = shape;
  for (let slot = 0; slot < patterns.length; slot++) unit.allocate();
  const binder = new PatternBinder(lowering, outermost(unit, scope));
  lowering.depth += 1;
  for (let slot = 0; slot < patterns.length; slot++) {
    bindParameter(lowering, binder, patterns[slot]!, types === null ? null : types[slot]!, slot, shape.isVariadic && slot + 1 === patterns.length);
  }
  const bindings = binder.take();
  const body = lowering.body(shape.items, bodyOf(unit, binder.scope, parameterSlots(patterns.length), shape.returns === null), span, shape.bodyStart);
  lowering.depth -= 1;
  const whole = withBindings(bindings, checked(lowering, body, shape.returns, 'fn return'), span);
  return { required: required(shape), variadic: shape.isVariadic, slots: unit.slots, body: whole, span };
}

/** The target of a `recur` to the parameters, which have the first slots. */
function parameterSlots(count: number): RecurTarget {
  return FIRST_SLOTS[count] ?? { slots: Array.from({ length: count }, (_, slot) => slot), index: -1 };
}

const FIRST_SLOTS: readonly RecurTarget[] = [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3]].map((slots) => ({ slots, index: -1 }));

function bindParameter(lowering: Lowering, binder: PatternBinder, pattern: Form, type: Form | null, slot: number, isRest: boolean): void {
  if (type !== null) {
    const local: Node = { kind: 'local', slot, span: pattern.span };
    const value = isRest
      ? checkedRest(lowering, local, type)
      : checked(lowering, local, type, `param ${patternName(pattern)}`);
    if (value !== local) binder.store(slot, value);
  }
  binder.takeApart(pattern, slot);
}

/** The annotation of a rest parameter types each element. */
function checkedRest(lowering: Lowering, local: Node, type: Form): Node {
  const parsed = lowering.typeOf(type);
  return parsed === null ? local : primitive('%check-rest', [constant(parsed, type.span), local], type.span);
}
