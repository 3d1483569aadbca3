/**
 * `let`, `letfn`, `loop`, `recur`: names for values.
 *
 * `let` is sequential. Functions written as literals may also see each other and themselves: those that mention a
 * later one are created together with it, at the place of the last (letrec, for functions only).
 */
import type { Node, SlotBinding, Unit } from '../../ir/node.ts';
import type { Form, ListForm, SymbolForm } from '../form.ts';
import { constant, describe, type Lowering } from '../lowering.ts';
import { bodyOf, findLocal, GroupBuilder, namingMember, type Place, repeating, type Scope, seeing, type UnitBuilder } from '../scope.ts';
import { buildFunction, type FunctionShape, isFunctionLiteral, labelOf, readFunction } from './function.ts';
import { boundNames, checked, checkPattern, isPattern, type PatternBinding, PatternBinder, patternName, readBindings, withBindings } from './pattern.ts';

const LET_SHAPE = '(let [name value …] body…)';
const LOOP_SHAPE = '(loop [name value …] body…)';

export function lowerLet(lowering: Lowering, form: ListForm, place: Place): Node {
  const vector = form.items[1];
  if (form.items.length > 2 && vector?.kind === 'vector' && arePlainPairs(vector.items)) return lowerPlainLet(lowering, vector.items, form, place);
  const bindings = bindingVector(lowering, form, LET_SHAPE);
  if (bindings === null) return constant(null, form.span);
  if (form.items.length < 3) return lowering.malformed(form, 'the body is missing', LET_SHAPE);
  return lowerLetOf(lowering, bindings, form, place);
}

/** Patterns and values in turns, with no type and no function among them: so most are, and they need not be taken apart first. */
function arePlainPairs(items: readonly Form[]): boolean {
  if (items.length % 2 !== 0) return false;
  for (let i = 0; i < items.length; i += 2) {
    const value = items[i + 1]!;
    if (!isPattern(items[i]!) || value.kind === 'keyword' || isFunctionLiteral(value)) return false;
  }
  return true;
}

function lowerPlainLet(lowering: Lowering, pairs: readonly Form[], form: ListForm, place: Place): Node {
  for (let i = 0; i < pairs.length; i += 2) if (!checkPattern(lowering, pairs[i]!, headOf(form))) return constant(null, form.span);
  const mark = place.unit.mark();
  const binder = new PatternBinder(lowering, place);
  for (let i = 0; i < pairs.length; i += 2) binder.bind(pairs[i]!, lowering.lower(pairs[i + 1]!, binder.here));
  return letAround(lowering, binder, form, place, mark);
}

function letAround(lowering: Lowering, binder: PatternBinder, form: ListForm, place: Place, mark: number): Node {
  const bindings = binder.take();
  const body = lowering.body(form.items, seeing(place, binder.scope), form.span, 2);
  place.unit.release(mark);
  return withBindings(bindings, body, form.span);
}

/** `bindings` around the body of `form`. */
function lowerLetOf(lowering: Lowering, bindings: readonly PatternBinding[], form: ListForm, place: Place): Node {
  const mark = place.unit.mark();
  const binder = new PatternBinder(lowering, place);
  const plan = bindings.some(isNamedFunction) ? planFunctions(bindings, (name) => findLocal(place.scope, name) !== null || lowering.isKnown(name)) : NO_FUNCTIONS;
  for (let i = 0; i < bindings.length; i++) {
    const binding = bindings[i]!;
    const group = plan.groupOf.get(i);
    if (group !== undefined) group.meet(binder, i, place);
    else bindOne(lowering, binder, binding);
    plan.endsAt.get(i)?.create(lowering, binder, place);
  }
  return letAround(lowering, binder, form, place, mark);
}

/** Gives the slot of the whole value. */
function bindOne(lowering: Lowering, binder: PatternBinder, { pattern, type, value }: PatternBinding): number {
  const node = lowering.lower(value, binder.here);
  return binder.bind(pattern, type === null ? node : checked(lowering, node, type, `let ${patternName(pattern)}`));
}

/** The pairs of the binding vector in `form`, or null after a report. */
export function bindingVector(lowering: Lowering, form: ListForm, shape: string): readonly PatternBinding[] | null {
  const vector = form.items[1];
  if (vector === undefined || vector.kind !== 'vector') {
    const found = vector === undefined ? 'nothing' : describe(vector);
    lowering.malformed(form, `expected a vector of bindings, found ${found}`, shape);
    return null;
  }
  const bindings = readBindings(vector.items);
  if (bindings !== null && !bindings.every(({ pattern }) => checkPattern(lowering, pattern, headOf(form)))) return null;
  if (bindings === null) {
    const name = headOf(form);
    const bad = vector.items.find((item, index) => index % 2 === 0 && item.kind !== 'symbol' && item.kind !== 'vector' && item.kind !== 'map');
    const problem = bad !== undefined ? `${describe(bad)} cannot be a name` : 'a name has no value';
    lowering.fail('E0204', `malformed \`${name}\`: ${problem}`, bad?.span ?? vector.span, [`bindings come in pairs of a name and its value: \`${shape}\``]);
    return null;
  }
  return bindings;
}

function headOf(form: ListForm): string {
  return (form.items[0] as SymbolForm).name;
}

// --- functions that see each other ---------------------------------------------------------------------------------

interface FunctionPlan {
  /** The group of each binding that is a function. */
  readonly groupOf: ReadonlyMap<number, FunctionGroup>;
  /** The group to create when this binding is done. */
  readonly endsAt: ReadonlyMap<number, FunctionGroup>;
}

const NO_FUNCTIONS: FunctionPlan = { groupOf: new Map(), endsAt: new Map() };

function isNamedFunction({ pattern, type, value }: PatternBinding): boolean {
  return pattern.kind === 'symbol' && type === null && isFunctionLiteral(value);
}

/** Finds which function literals of a binding vector must be created together, and when. */
function planFunctions(bindings: readonly PatternBinding[], isKnown: (name: string) => boolean): FunctionPlan {
  const groupOf = new Map<number, FunctionGroup>();
  const endsAt = new Map<number, FunctionGroup>();
  const functions = bindings
    .map((binding, index) => ({ binding, index }))
    .filter(({ binding }) => isNamedFunction(binding));
  const named = functions.map(({ binding, index }) => ({ name: (binding.pattern as SymbolForm).name, index, form: binding.value }));
  const last = joinForward(named, laterData(bindings, functions.map(({ index }) => index), isKnown));
  for (const { index } of functions) {
    const end = last.get(index)!;
    let group = endsAt.get(end);
    if (group === undefined) {
      group = new FunctionGroup(bindings);
      endsAt.set(end, group);
    }
    group.members.push(index);
    groupOf.set(index, group);
  }
  return { groupOf, endsAt };
}

/** Names that are not functions, are bound only here, and mean nothing outside: a function before them may wait for them. */
function laterData(bindings: readonly PatternBinding[], functions: readonly number[], isKnown: (name: string) => boolean): ReadonlyMap<string, number> {
  const later = new Map<string, number>();
  bindings.forEach(({ pattern }, index) => {
    if (index === 0 || functions.includes(index)) return;
    for (const { name } of boundNames(pattern)) if (!later.has(name) && !isKnown(name)) later.set(name, index);
  });
  return later;
}

interface NamedFunction {
  readonly name: string;
  readonly index: number;
  readonly form: Form;
}

/** For each function the position at which it can be created: that of the last one that it needs, directly or not. */
function joinForward(functions: readonly NamedFunction[], data: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
  const last = new Map(functions.map(({ index }) => [index, index]));
  if (functions.length === 1 && data.size === 0) return last;
  const wanted = new Set([...functions.map(({ name }) => name), ...data.keys()]);
  const mentioned = functions.map(({ form }) => symbolsIn(form, wanted));
  functions.forEach(({ index }, i) => {
    for (const name of mentioned[i]!) last.set(index, Math.max(last.get(index)!, data.get(name) ?? 0));
  });
  for (let changed = true; changed; ) {
    changed = false;
    functions.forEach((one, i) => {
      functions.forEach((other, j) => {
        if (i === j || !mentioned[i]!.has(other.name)) return;
        // A later one is needed, or an earlier one that itself has to wait.
        const ready = last.get(other.index)!;
        if (ready > last.get(one.index)!) {
          last.set(one.index, ready);
          changed = true;
        }
      });
    });
  }
  return last;
}

function symbolsIn(form: Form, wanted: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const open: Form[] = [form];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.kind === 'symbol') {
      if (wanted.has(at.name)) found.add(at.name);
    } else if (at.kind !== 'atom' && at.kind !== 'keyword') open.push(...at.items);
  }
  return found;
}

/** Functions of one binding vector that are created together, when all that they need is bound. */
class FunctionGroup {
  readonly members: number[] = [];
  private readonly bindings: readonly PatternBinding[];
  private readonly names: Scope[] = [];
  private readonly scopes: (Scope | null)[] = [];
  private builder: GroupBuilder | null = null;

  constructor(bindings: readonly PatternBinding[]) {
    this.bindings = bindings;
  }

  /** Called at each member's position, in order. */
  meet(binder: PatternBinder, index: number, place: Place): void {
    this.builder ??= new GroupBuilder(place.unit);
    const pattern = this.bindings[index]!.pattern as SymbolForm;
    const member = { group: this.builder, number: this.names.length, ready: false };
    const name = namingMember(pattern.name, place.unit, place.unit.allocate(), member, binder.scope);
    this.names.push(name);
    if (pattern.name !== '_') binder.scope = name;
    this.scopes.push(binder.scope);
  }

  create(lowering: Lowering, binder: PatternBinder, place: Place): void {
    const builder = this.builder!;
    const visible = binder.scope;
    const units: Unit[] = [];
    for (let m = 0; m < this.members.length; m++) {
      const shape = readFunction(lowering, this.bindings[this.members[m]!]!.value as ListForm, 1, false);
      if (shape === null) return this.markReady();
      units.push(this.build(lowering, named(shape, this.names[m]!.name), builder, m, place, visible));
    }
    this.markReady();
    const group = { units, captures: builder.captures };
    this.members.forEach((index, m) => {
      const node: Node = { kind: 'fn', group, member: m, span: this.bindings[index]!.value.span };
      binder.store(this.names[m]!.slot, node);
    });
  }

  /**
   * Each member sees what was visible at its own place, the members that come after it, and below all that the names
   * of the vector that nothing else explains.
   */
  private build(lowering: Lowering, shape: FunctionShape, builder: GroupBuilder, m: number, place: Place, visible: Scope | null): Unit {
    let scope = this.scopes[m]!;
    for (let at = visible; at !== null && at !== this.scopes[m]; at = at.parent) {
      if (findLocal(scope, at.name) === null && !lowering.isKnown(at.name)) scope = repeating(at, scope);
    }
    for (const later of this.names.slice(m + 1)) scope = repeating(later, scope);
    const self = (this.bindings[this.members[m]!]!.value as ListForm).items[1];
    const { owner, slot, member } = this.names[m]!;
    if (self?.kind === 'symbol') scope = namingMember(self.name, owner, slot, { ...member! }, scope);
    return buildFunction(lowering, shape, labelOf(shape, place), builder, seeing(place, scope), null);
  }

  private markReady(): void {
    for (const { member } of this.names) if (member !== null) member.ready = true;
  }
}

function named(shape: FunctionShape, name: string): FunctionShape {
  return shape.name !== null ? shape : { ...shape, name: { kind: 'symbol', name, span: shape.span } };
}

/** `(letfn [(f [x] …) (g [y] …)] body…)` is `let` over the same functions. */
export function lowerLetfn(lowering: Lowering, form: ListForm, place: Place): Node {
  const vector = form.items[1];
  const shape = '(letfn [(f [x] …) …] body…)';
  if (vector === undefined || vector.kind !== 'vector') return lowering.malformed(form, 'expected a vector of functions', shape);
  const bindings: PatternBinding[] = [];
  for (const item of vector.items) {
    const name = item.kind === 'list' ? item.items[0] : undefined;
    if (item.kind !== 'list' || name?.kind !== 'symbol') return lowering.malformed(form, `expected a function, found ${describe(item)}`, shape);
    const fn: SymbolForm = { kind: 'symbol', name: 'fn', span: name.span };
    bindings.push({ pattern: name, type: null, value: { ...item, items: [fn, ...item.items.slice(1)] } });
  }
  return lowerLetOf(lowering, bindings, form, place);
}

// --- loops -----------------------------------------------------------------------------------------------------------

export function lowerLoop(lowering: Lowering, form: ListForm, place: Place): Node {
  const bindings = bindingVector(lowering, form, LOOP_SHAPE);
  if (bindings === null) return constant(null, form.span);
  const { unit } = place;
  const mark = unit.mark();
  const simple = bindings.every((binding) => binding.pattern.kind === 'symbol');
  const binder = new PatternBinder(lowering, place);
  // With patterns, later initial values may use the names inside earlier ones: bind everything once before the loop.
  const raw = bindings.map((binding) => bindOne(lowering, binder, binding)); // `_` too: recur gives it a value
  const made = binder.take();
  const inits = simple ? made : copySlots(bindings, raw, binder.unit);
  const node = loopNode(lowering, form, bindings, inits, binder, place, simple);
  unit.release(mark);
  return simple ? node : withBindings(made, node, form.span);
}

/** Fresh slots that start with the whole values, which are in the slots `raw`. */
function copySlots(bindings: readonly PatternBinding[], raw: readonly number[], unit: UnitBuilder): SlotBinding[] {
  return bindings.map((binding, index) => ({
    slot: unit.allocate(),
    value: { kind: 'local', slot: raw[index]!, span: binding.pattern.span } as const,
  }));
}

function loopNode(
  lowering: Lowering, form: ListForm, bindings: readonly PatternBinding[], inits: readonly SlotBinding[],
  binder: PatternBinder, place: Place, simple: boolean,
): Node {
  const { unit } = place;
  const slots = inits.map((init) => init.slot);
  const index = unit.loops;
  const apart = new PatternBinder(lowering, simple ? seeing(place, binder.scope) : place);
  if (!simple) bindings.forEach((binding, i) => apart.takeApart(binding.pattern, slots[i]!));
  const parts = apart.take();
  unit.loops += 1;
  const body = lowering.body(form.items, bodyOf(unit, apart.scope, { slots, index }, place.tail), form.span, 2);
  unit.loops -= 1;
  return { kind: 'loop', bindings: inits, body: withBindings(parts, body, form.span), span: form.span };
}

export function lowerRecur(lowering: Lowering, form: ListForm, place: Place): Node {
  const target = place.loop;
  if (target === null) {
    return lowering.fail('E0205', '`recur` is not in tail position', form.span, [
      'nothing may be left to do after it: move it to the end of the `loop` or function, or call the function by its name',
    ]);
  }
  const count = form.items.length - 1;
  if (count !== target.slots.length) {
    const wanted = target.slots.length;
    return lowering.fail('E0206', `\`recur\` gives ${count} ${count === 1 ? 'value' : 'values'}, but its target takes ${wanted}`, form.span, [
      'give one value for each name of the `loop` or each parameter',
    ]);
  }
  const args = lowering.values(form.items, place, form.span, 1);
  return { kind: 'recur', target: target.index, slots: target.slots, args, span: form.span };
}
