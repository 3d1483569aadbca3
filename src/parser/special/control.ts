/** Deciding and sequencing: `if`, `do`, `and`, `or`, `when`, `cond`, `case`, threading and their like. */
import type { CondClause, Node } from '../../ir/node.ts';
import type { Span } from '../../diagnostic/span.ts';
import { formToValue } from '../datum.ts';
import type { Form, ListForm, SymbolForm, VectorForm } from '../form.ts';
import { constant, LIBRARY_PREFIX, type Lowering, primitive } from '../lowering.ts';
import { inner, type Place, seeing } from '../scope.ts';
import { bindingVector } from './binding.ts';
import { PatternBinder, withBindings } from './pattern.ts';

export function list(span: Span, ...items: Form[]): ListForm {
  return { kind: 'list', items, span };
}

export function vector(span: Span, ...items: Form[]): VectorForm {
  return { kind: 'vector', items, span };
}

export function name(text: string, span: Span): SymbolForm {
  return { kind: 'symbol', name: text, span };
}

/** A name of the library, whatever the program means by it. */
export function library(text: string, span: Span): SymbolForm {
  return name(LIBRARY_PREFIX + text, span);
}

export const NIL = (span: Span): Form => ({ kind: 'atom', value: null, span });

export function lowerIf(lowering: Lowering, form: ListForm, place: Place): Node {
  const { items } = form;
  const [test, then, otherwise] = [items[1], items[2], items[3]];
  if (test === undefined || then === undefined) return lowering.malformed(form, test === undefined ? 'the test is missing' : 'the branch for true is missing', '(if test then else?)');
  if (form.items.length > 4) return lowering.malformed(form, 'more than three parts', '(if test then else?)');
  return condition(lowering.lower(test, inner(place)), lowering.lower(then, place), otherwise === undefined ? constant(null, form.span) : lowering.lower(otherwise, place), form.span);
}

function condition(test: Node, then: Node, otherwise: Node, span: Span): Node {
  return { kind: 'cond', clauses: [{ test, body: then }], otherwise, span };
}

export function lowerIfNot(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, test, then, otherwise] = form.items;
  if (test === undefined || then === undefined || form.items.length > 4) return lowering.malformed(form, 'expected a test and one or two branches', '(if-not test then else?)');
  return condition(lowering.lower(test, inner(place)), otherwise === undefined ? constant(null, form.span) : lowering.lower(otherwise, place), lowering.lower(then, place), form.span);
}

export function lowerWhen(lowering: Lowering, form: ListForm, place: Place): Node {
  const test = form.items[1];
  if (test === undefined) return lowering.malformed(form, 'the test is missing', '(when test body…)');
  return condition(lowering.lower(test, inner(place)), lowering.body(form.items, place, form.span, 2), constant(null, form.span), form.span);
}

export function lowerWhenNot(lowering: Lowering, form: ListForm, place: Place): Node {
  const test = form.items[1];
  if (test === undefined) return lowering.malformed(form, 'the test is missing', '(when-not test body…)');
  return condition(lowering.lower(test, inner(place)), constant(null, form.span), lowering.body(form.items, place, form.span, 2), form.span);
}

export function lowerDo(lowering: Lowering, form: ListForm, place: Place): Node {
  return lowering.body(form.items, place, form.span, 1);
}

export function lowerComment(_lowering: Lowering, form: ListForm, _place: Place): Node {
  return constant(null, form.span);
}

export function lowerAnd(lowering: Lowering, form: ListForm, place: Place): Node {
  return connective(lowering, form, place, 'and', true);
}

/** `(or)` is false: a pinned behaviour. */
export function lowerOr(lowering: Lowering, form: ListForm, place: Place): Node {
  return connective(lowering, form, place, 'or', false);
}

function connective(lowering: Lowering, form: ListForm, place: Place, kind: 'and' | 'or', empty: boolean): Node {
  const forms = form.items;
  const last = forms.length - 1;
  if (last === 0) return constant(empty, form.span);
  if (last === 1) return lowering.lower(forms[1]!, place);
  return { kind, items: lowering.sequence(forms, place, 1), span: form.span };
}

export function lowerCond(lowering: Lowering, form: ListForm, place: Place): Node {
  const { items, span } = form;
  if (items.length % 2 === 0) return lowering.malformed(form, 'a test has no result', '(cond test result … :else result)');
  const { clauses } = lowering;
  const start = clauses.size;
  let otherwise: Node | null = null;
  for (let i = 1; i < items.length && otherwise === null; i += 2) {
    const test = items[i]!;
    const body = items[i + 1]!;
    if (isAlways(test)) otherwise = lowering.lower(body, place);
    else clauses.push({ test: lowering.lower(test, inner(place)), body: lowering.lower(body, place) });
  }
  return finish(clauses.take(start), otherwise ?? constant(null, span), span);
}

function isAlways(test: Form): boolean {
  return test.kind === 'keyword' || (test.kind === 'atom' && test.value === true) || (test.kind === 'symbol' && test.name === 'else');
}

function finish(clauses: readonly CondClause[], otherwise: Node, span: Span): Node {
  return clauses.length === 0 ? otherwise : { kind: 'cond', clauses, otherwise, span };
}

/** `(condp pred x test result … default?)`. */
export function lowerCondp(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, predicate, subject, ...rest] = form.items;
  if (predicate === undefined || subject === undefined) return lowering.malformed(form, 'the predicate or the value is missing', '(condp pred value test result … default?)');
  const span = form.span;
  const f = lowering.fresh('pred', span);
  const x = lowering.fresh('value', span);
  const clauses: Form[] = [];
  let i = 0;
  for (; i + 1 < rest.length; i += 2) clauses.push(list(span, f, rest[i]!, x), rest[i + 1]!);
  const last = i < rest.length ? rest[i]! : list(span, library('%no-match', span), x);
  const whole = list(span, name('let', span), vector(span, f, predicate, x, subject), list(span, library('cond', span), ...clauses, { kind: 'keyword', name: 'else', span }, last));
  return lowering.lower(whole, place);
}

/** `(case x const result (a b) result … default?)`; without default no match is an error. */
export function lowerCase(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, subject, ...rest] = form.items;
  if (subject === undefined) return lowering.malformed(form, 'the value is missing', '(case value constant result … default?)');
  const { unit } = place;
  const mark = unit.mark();
  const slot = unit.allocate();
  const local: Node = { kind: 'local', slot, span: subject.span };
  const value = lowering.lower(subject, inner(place));
  const clauses: CondClause[] = [];
  let i = 0;
  for (; i + 1 < rest.length; i += 2) {
    clauses.push({ test: caseTest(rest[i]!, local), body: lowering.lower(rest[i + 1]!, place) });
  }
  const otherwise = i < rest.length ? lowering.lower(rest[i]!, place) : primitive('%no-match', [local], form.span);
  unit.release(mark);
  return { kind: 'let', bindings: [{ slot, value }], body: finish(clauses, otherwise, form.span), span: form.span };
}

function caseTest(form: Form, local: Node): Node {
  const choices = form.kind === 'list' && !(form.items[0]?.kind === 'symbol' && form.items[0].name === 'quote') ? form.items : [form];
  const tests = choices.map((choice) => primitive('=', [local, constant(formToValue(unquoted(choice)), choice.span)], choice.span));
  if (tests.length === 0) return constant(false, form.span);
  return tests.length === 1 ? tests[0]! : { kind: 'or', items: tests, span: form.span };
}

function unquoted(form: Form): Form {
  return form.kind === 'list' && form.items.length === 2 && form.items[0]?.kind === 'symbol' && form.items[0].name === 'quote' ? form.items[1]! : form;
}

// --- if-let and its like ----------------------------------------------------------------------------------------------

export function lowerIfLet(lowering: Lowering, form: ListForm, place: Place): Node {
  return conditionalLet(lowering, form, place, { some: false, when: false });
}
export function lowerWhenLet(lowering: Lowering, form: ListForm, place: Place): Node {
  return conditionalLet(lowering, form, place, { some: false, when: true });
}
export function lowerIfSome(lowering: Lowering, form: ListForm, place: Place): Node {
  return conditionalLet(lowering, form, place, { some: true, when: false });
}
export function lowerWhenSome(lowering: Lowering, form: ListForm, place: Place): Node {
  return conditionalLet(lowering, form, place, { some: true, when: true });
}

function conditionalLet(lowering: Lowering, form: ListForm, place: Place, how: { readonly some: boolean; readonly when: boolean }): Node {
  const head = (form.items[0] as SymbolForm).name;
  const shape = how.when ? `(${head} [name value] body…)` : `(${head} [name value] then else?)`;
  const bindings = bindingVector(lowering, form, shape);
  if (bindings === null) return constant(null, form.span);
  if (bindings.length !== 1) return lowering.malformed(form, 'it takes exactly one binding', shape);
  if (!how.when && (form.items.length < 3 || form.items.length > 4)) return lowering.malformed(form, 'expected one or two branches', shape);
  const { pattern, value } = bindings[0]!;
  const { unit } = place;
  const mark = unit.mark();
  const slot = unit.allocate();
  const source = lowering.lower(value, inner(place));
  const local: Node = { kind: 'local', slot, span: value.span };
  const binder = new PatternBinder(lowering, place);
  binder.takeApart(pattern, slot);
  const parts = binder.take();
  const within = seeing(place, binder.scope);
  const body = how.when ? lowering.body(form.items, within, form.span, 2) : lowering.lower(form.items[2]!, within);
  const then = withBindings(parts, body, form.span);
  const test: Node = how.some ? primitive('%not-nil?', [local], value.span) : local;
  const last = how.when ? undefined : form.items[3];
  const otherwise = last === undefined ? constant(null, form.span) : lowering.lower(last, place);
  unit.release(mark);
  return { kind: 'let', bindings: [{ slot, value: source }], body: { kind: 'cond', clauses: [{ test, body: then }], otherwise, span: form.span }, span: form.span };
}

// --- threading --------------------------------------------------------------------------------------------------------

export function lowerThreadFirst(lowering: Lowering, form: ListForm, place: Place): Node {
  return thread(lowering, form, place, insertFirst);
}

export function lowerThreadLast(lowering: Lowering, form: ListForm, place: Place): Node {
  return thread(lowering, form, place, insertLast);
}

function insertFirst(step: Form, value: Form): Form {
  return step.kind === 'list' && step.items.length > 0 && !isFunctionShorthand(step)
    ? { ...step, items: [step.items[0]!, value, ...step.items.slice(1)] }
    : list(step.span, step, value);
}

function insertLast(step: Form, value: Form): Form {
  return step.kind === 'list' && step.items.length > 0 && !isFunctionShorthand(step) ? { ...step, items: [...step.items, value] } : list(step.span, step, value);
}

/** `(-> x (fn [y] …))` threads into the list in Clojure and fails; calling the function is what was meant. */
function isFunctionShorthand(step: ListForm): boolean {
  const head = step.items[0]!;
  return head.kind === 'symbol' && (head.name === 'fn' || head.name === 'λ' || head.name === 'lambda');
}

function thread(lowering: Lowering, form: ListForm, place: Place, insert: (step: Form, value: Form) => Form): Node {
  const [, first, ...steps] = form.items;
  const head = (form.items[0] as SymbolForm).name;
  if (first === undefined) return lowering.malformed(form, 'there is nothing to thread', `(${head} value step…)`);
  return lowering.lower(steps.reduce((value, step) => insert(step, value), first), place);
}

export function lowerSomeThreadFirst(lowering: Lowering, form: ListForm, place: Place): Node {
  return someThread(lowering, form, place, insertFirst);
}

export function lowerSomeThreadLast(lowering: Lowering, form: ListForm, place: Place): Node {
  return someThread(lowering, form, place, insertLast);
}

/** Each step only while the value is not nil. */
function someThread(lowering: Lowering, form: ListForm, place: Place, insert: (step: Form, value: Form) => Form): Node {
  const [, first, ...steps] = form.items;
  const head = (form.items[0] as SymbolForm).name;
  if (first === undefined) return lowering.malformed(form, 'there is nothing to thread', `(${head} value step…)`);
  const span = form.span;
  let current: Form = first;
  const bindings: Form[] = [];
  for (const step of steps) {
    const value = lowering.fresh('step', span);
    bindings.push(value, current);
    current = list(step.span, name('if', span), list(span, library('nil?', span), value), NIL(span), insert(step, value));
  }
  return lowering.lower(list(span, name('let', span), vector(span, ...bindings), current), place);
}

export function lowerCondThreadFirst(lowering: Lowering, form: ListForm, place: Place): Node {
  return condThread(lowering, form, place, insertFirst);
}

export function lowerCondThreadLast(lowering: Lowering, form: ListForm, place: Place): Node {
  return condThread(lowering, form, place, insertLast);
}

function condThread(lowering: Lowering, form: ListForm, place: Place, insert: (step: Form, value: Form) => Form): Node {
  const [, first, ...clauses] = form.items;
  const head = (form.items[0] as SymbolForm).name;
  if (first === undefined || clauses.length % 2 !== 0) return lowering.malformed(form, 'expected a value and pairs of test and step', `(${head} value test step …)`);
  const span = form.span;
  const bindings: Form[] = [];
  let current: Form = first;
  for (let i = 0; i < clauses.length; i += 2) {
    const value = lowering.fresh('step', span);
    bindings.push(value, current);
    current = list(span, name('if', span), clauses[i]!, insert(clauses[i + 1]!, value), value);
  }
  return lowering.lower(list(span, name('let', span), vector(span, ...bindings), current), place);
}

/** `(as-> value name step…)`. */
export function lowerThreadAs(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, first, binding, ...steps] = form.items;
  if (first === undefined || binding === undefined || binding.kind !== 'symbol') return lowering.malformed(form, 'expected a value and a name', '(as-> value name step…)');
  const span = form.span;
  const bindings = [first, ...steps.slice(0, -1)].flatMap((step) => [binding, step]);
  return lowering.lower(list(span, name('let', span), vector(span, ...bindings), steps.length === 0 ? binding : steps[steps.length - 1]!), place);
}

/** `(doto x (f a) …)`: the calls for their effects, then x. */
export function lowerDoto(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, first, ...steps] = form.items;
  if (first === undefined) return lowering.malformed(form, 'the value is missing', '(doto value step…)');
  const span = form.span;
  const value = lowering.fresh('value', span);
  return lowering.lower(list(span, name('let', span), vector(span, value, first), ...steps.map((step) => insertFirst(step, value)), value), place);
}

/** `(assert test message?)`. */
export function lowerAssert(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, test, message] = form.items;
  const span = form.span;
  if (test === undefined || form.items.length > 3) return lowering.malformed(form, 'expected a test and perhaps a message', '(assert test message?)');
  const text: Form = message ?? { kind: 'atom', value: 'Assertion failed', span };
  const error = list(span, library('%error', span), { kind: 'keyword', name: 'error/validation', span }, text);
  return lowering.lower(list(span, name('if', span), test, NIL(span), list(span, name('throw', span), error)), place);
}
