/**
 * The step forms. Each becomes one step node; what its options ask for beyond entering and leaving (retries, joins,
 * compensations, computed merges) is written around the body as calls of the library, so that all of it can suspend.
 */
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import type { Span } from '../../diagnostic/span.ts';
import { type Node, OPERATIONS, type OperationName } from '../../ir/node.ts';
import type { StepForm } from '../../ir/step-options.ts';
import type { Form, ListForm, SymbolForm } from '../form.ts';
import { constant, describe, LIBRARY_PREFIX, type Lowering } from '../lowering.ts';
import { inner, naming, type Place, type Scope, seeing } from '../scope.ts';
import { library, list, name, NIL, vector } from './control.ts';
import { NO_OPTIONS, type Options, readOptions } from './step-option.ts';

const SHAPES: Readonly<Record<string, string>> = {
  'step': '(step "name" :option value … body…)',
  'step-if': '(step-if :option value … test then else?)',
  'step-loop': '(step-loop :option value … test body…), or [x items] or [acc init x items] for the test',
  'step-parallel': '(step-parallel :option value … branch…)',
};

export function lowerStep(lowering: Lowering, form: ListForm, place: Place): Node {
  const title = form.items[1];
  if (title === undefined || title.kind !== 'atom' || typeof title.value !== 'string') {
    return lowering.malformed(form, `the name must be a string literal, found ${title === undefined ? 'nothing' : describe(title)}`, SHAPES['step']!);
  }
  const options = readOptions(lowering, form, 'step', 2);
  const { span } = form;
  return stepNode(lowering, place, { form: 'step', name: title.value, options, body: () => list(span, name('do', span), ...form.items.slice(options.end)), span });
}

/** The test is evaluated outside; the arm that is taken is the step. */
export function lowerStepIf(lowering: Lowering, form: ListForm, place: Place): Node {
  const options = readOptions(lowering, form, 'step-if', 1);
  const [test, then, otherwise, ...more] = form.items.slice(options.end);
  if (test === undefined || then === undefined) return lowering.malformed(form, 'a test and an arm are needed', SHAPES['step-if']!);
  if (more.length > 0) return lowering.malformed(form, 'more than three parts', SHAPES['step-if']!);
  const within = inner(place);
  return withOptions(lowering, within, options, (here, known) => {
    const check: Node = { kind: 'operation', name: '%check-entry', args: [constant('step-if', form.span), known ?? constant(null, form.span)], span: form.span };
    const arm = (body: Form): Node => enter(lowering, here, { form: 'step-if', name: options.name ?? 'step-if', options, body: () => body, span: body.span }, known);
    const clause = { test: lowering.lower(test, here), body: arm(then) };
    const choice: Node = { kind: 'cond', clauses: [clause], otherwise: otherwise === undefined ? constant(null, form.span) : arm(otherwise), span: form.span };
    return { kind: 'do', body: [check, choice], span: form.span };
  });
}

export function lowerStepLoop(lowering: Lowering, form: ListForm, place: Place): Node {
  const options = readOptions(lowering, form, 'step-loop', 1);
  const [head, ...body] = form.items.slice(options.end);
  if (head === undefined) return lowering.malformed(form, 'the test is missing', SHAPES['step-loop']!);
  const { span } = form;
  if (head.kind !== 'vector') return stepNode(lowering, place, { form: 'step-loop', name: options.name ?? 'step-loop', options, body: () => whileForm(lowering, head, body, span), span });
  if (head.items.length !== 2 && head.items.length !== 4) {
    return lowering.malformed(form, `the vector has ${head.items.length} parts`, SHAPES['step-loop']!);
  }
  const loop = head.items.length === 2 ? eachForm : foldForm;
  return stepNode(lowering, place, { form: 'step-loop', name: options.name ?? 'step-loop', options, body: () => loop(lowering, head.items, body, span), span });
}

export function lowerStepParallel(lowering: Lowering, form: ListForm, place: Place): Node {
  const options = readOptions(lowering, form, 'step-parallel', 1);
  const branches = form.items.slice(options.end);
  if (branches.length === 0) return lowering.malformed(form, 'there is no branch', SHAPES['step-parallel']!);
  checkMinSuccess(lowering, options, branches.length);
  const { span } = form;
  const functions = vector(span, ...branches.map((branch) => thunk(lowering, branch, branch.span)));
  const body = (known: Form): Form => list(span, library('%join', span), functions, known);
  return stepNode(lowering, place, { form: 'step-parallel', name: options.name ?? 'step-parallel', options, body, span });
}

function checkMinSuccess(lowering: Lowering, { given }: Options, branches: number): void {
  const least = given.get('min-success');
  if (least === undefined) return;
  if (least.kind === 'atom' && typeof least.value === 'number' && least.value > branches) {
    const there = branches === 1 ? 'is 1 branch' : `are ${branches} branches`;
    lowering.fail('E0219', `\`:min-success\` is ${least.value}, and there ${there}`, least.span, ['so many cannot succeed: the step would always fail']);
  }
  const onError = given.get('on-error');
  if (onError !== undefined && !(onError.kind === 'keyword' && onError.name === 'fail-fast')) return;
  lowering.diagnostics.push(
    diagnostic('W0609', '`:min-success` means nothing without `:on-error :best-effort`', least.span, {
      severity: 'warning',
      help: ['as it is, the first branch that fails decides; add `:on-error :best-effort`, or remove `:min-success`'],
    }),
  );
}

/** `(context/merge! policy key…)`. */
export function lowerContextMerge(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, policy, ...keys] = form.items;
  if (policy === undefined) return lowering.malformed(form, 'the policy is missing', '(context/merge! policy key…)');
  const { span } = form;
  return lowering.lower(list(span, library('%merge!', span), policy, keys.length === 0 ? NIL(span) : vector(span, ...keys)), place);
}

// --- for the library -----------------------------------------------------------------------------------------------

/** `(%fork functions options)`. */
export function lowerFork(lowering: Lowering, form: ListForm, place: Place): Node {
  const [branches, options] = lowering.values(form.items.slice(1), place, form.span);
  return { kind: 'fork', branches: branches ?? constant(null, form.span), options: options ?? constant(null, form.span), span: form.span };
}

/** `(%pass body…)`: one turn of a `step-loop`. */
export function lowerPass(lowering: Lowering, form: ListForm, place: Place): Node {
  const { span } = form;
  return enter(lowering, inner(place), { form: 'pass', name: '', options: NO_OPTIONS, body: () => list(span, name('do', span), ...form.items.slice(1)), span }, null);
}

export function lowerPmapStep(lowering: Lowering, form: ListForm, place: Place): Node {
  const { span } = form;
  const [, options, body] = form.items;
  const within = inner(place);
  return enter(lowering, within, { form: 'pmap', name: 'pmap', options: NO_OPTIONS, body: () => body!, span }, lowering.lower(options!, within));
}

export function lowerOperation(lowering: Lowering, form: ListForm, place: Place): Node {
  const head = (form.items[0] as SymbolForm).name.replace(LIBRARY_PREFIX, '');
  const operation = OPERATIONS.find((one): one is OperationName => one === head)!;
  return { kind: 'operation', name: operation, args: lowering.values(form.items.slice(1), place, form.span), span: form.span };
}

// --- loops as forms --------------------------------------------------------------------------------------------------

function whileForm(lowering: Lowering, test: Form, body: readonly Form[], span: Span): Form {
  const last = lowering.fresh('last', span);
  const pass = list(span, library('%pass', span), ...body);
  return list(span, name('loop', span), vector(span, last, NIL(span)), list(span, name('if', span), test, list(span, name('recur', span), pass), last));
}

function eachForm(lowering: Lowering, [pattern, items]: readonly Form[], body: readonly Form[], span: Span): Form {
  return overItems(lowering, { pattern: pattern!, items: items!, init: NIL(span), acc: lowering.fresh('last', span), body, span });
}

function foldForm(lowering: Lowering, [acc, init, pattern, items]: readonly Form[], body: readonly Form[], span: Span): Form {
  const value = lowering.fresh('accumulator', span);
  const first = lowering.fresh('init', span);
  const bound = list(span, name('let', span), vector(span, acc!, value), ...body);
  const loop = overItems(lowering, { pattern: pattern!, items: items!, init: first, acc: value, body: [bound], span });
  return list(span, name('let', span), vector(span, first, init!), loop);
}

interface Items {
  readonly pattern: Form;
  readonly items: Form;
  readonly init: Form;
  /** What the last pass gave. */
  readonly acc: SymbolForm;
  readonly body: readonly Form[];
  readonly span: Span;
}

function overItems(lowering: Lowering, { pattern, items, init, acc, body, span }: Items): Form {
  const all = lowering.fresh('items', span);
  const index = lowering.fresh('index', span);
  const element = list(span, library('nth', span), all, index);
  const pass = list(span, library('%pass', span), list(span, name('let', span), vector(span, pattern, element), ...body));
  const next = list(span, name('recur', span), list(span, library('inc', span), index), pass);
  const more = list(span, library('<', span), index, list(span, library('count', span), all));
  const turn = list(span, name('if', span), more, next, acc);
  const zero: Form = { kind: 'atom', value: 0, span };
  const loop = list(span, name('loop', span), vector(span, index, zero, acc, init), turn);
  const elements = list(span, library('%elements', span), items, { kind: 'atom', value: 'step-loop', span });
  return list(span, name('let', span), vector(span, all, elements), loop);
}

/** A function of no arguments; the form is not in its tail position, so that `recur` cannot reach it. */
function thunk(lowering: Lowering, body: Form, span: Span): Form {
  const value = lowering.fresh('value', span);
  return list(span, name('fn', span), vector(span), list(span, name('let', span), vector(span, value, body), value));
}

// --- the step itself -------------------------------------------------------------------------------------------------

interface StepParts {
  readonly form: StepForm;
  readonly name: string;
  readonly options: Options;
  /** The body, given the form that means the options. */
  readonly body: (options: Form) => Form;
  readonly span: Span;
}

function stepNode(lowering: Lowering, place: Place, parts: StepParts): Node {
  return withOptions(lowering, inner(place), parts.options, (here, known) => enter(lowering, here, parts, known));
}

/** No source text can contain it. */
const OPTIONS_NAME = '%options of the step';

/** Evaluates the options that are told to the machine once, into a slot of their own when they are not constant. */
function withOptions(lowering: Lowering, place: Place, options: Options, use: (place: Place, known: Node | null) => Node): Node {
  if (options.entries.length === 0) return use(place, null);
  const { span } = options.entries[0]!;
  const items = options.entries.flatMap(({ key, value }) => [key, value]);
  const node = lowering.lower({ kind: 'map', items, span }, place);
  const { unit } = place;
  const mark = unit.mark();
  const slot = unit.allocate();
  const result = use(seeing(place, bound(place, OPTIONS_NAME, slot)), { kind: 'local', slot, span });
  unit.release(mark);
  return { kind: 'let', bindings: [{ slot, value: node }], body: result, span };
}

function bound(place: Place, text: string, slot: number): Scope {
  return naming(text, place.unit, slot, place.scope);
}

function enter(lowering: Lowering, place: Place, parts: StepParts, known: Node | null): Node {
  const { span, options } = parts;
  const { unit } = place;
  const mark = unit.mark();
  const paramsSlot = unit.allocate();
  const params = options.params === null ? null : lowering.lower(options.params, place);
  // Passes and steps without parameters see the parameters around them.
  const within = options.params === null ? place : seeing(place, bound(place, '%params', paramsSlot));
  const body = lowering.lower(bodyForm(lowering, parts, known === null || parts.form === 'pmap' ? NIL(span) : optionsSymbol(span)), within);
  const errorSlot = unit.allocate();
  const fallback = fallbackForm(lowering, parts);
  const handler = fallback === null ? null : lowering.lower(fallback, seeing(within, bound(within, '%error', errorSlot)));
  unit.release(mark);
  return { kind: 'step', form: parts.form, name: parts.name, options: known, params, paramsSlot, body, errorSlot, handler, span };
}

function optionsSymbol(span: Span): SymbolForm {
  return { kind: 'symbol', name: OPTIONS_NAME, span };
}

function option(text: string, span: Span): Form {
  return list(span, { kind: 'keyword', name: text, span }, optionsSymbol(span));
}

/** The body with what the options ask for around it, innermost first: retries, merging by a computed policy, compensation. */
function bodyForm(lowering: Lowering, parts: StepParts, known: Form): Form {
  const { span, options } = parts;
  let form = parts.body(known);
  if (options.retries) form = list(span, library('%retry', span), option('retries', span), thunk(lowering, form, span));
  if (!options.computedPolicy && options.compensate === null) return form;
  const result = lowering.fresh('result', span);
  const after: Form[] = [];
  if (options.computedPolicy && parts.form !== 'step-parallel') after.push(list(span, library('%merge-at-end', span), option('merge-policy', span)));
  if (options.compensate !== null) {
    // Not in tail position, so that `recur` cannot reach it.
    const value = lowering.fresh('value', span);
    const undo = list(span, name('fn', span), vector(span, name('%result', span)), list(span, name('let', span), vector(span, value, options.compensate), value));
    const retries = options.retries ? option('retries', span) : NIL(span);
    after.push(list(span, library('%compensation', span), undo, result, retries, library('%compensate', span)));
  }
  return list(span, name('let', span), vector(span, result, form), ...after, result);
}

function fallbackForm(lowering: Lowering, { form, options, span }: StepParts): Form | null {
  const value = fallbackValue(options, span);
  if (value === null || !options.computedPolicy || form === 'step-parallel') return value;
  const result = lowering.fresh('result', span);
  return list(span, name('let', span), vector(span, result, value), list(span, library('%merge-at-end', span), option('merge-policy', span)), result);
}

function fallbackValue(options: Options, span: Span): Form | null {
  const { onFail } = options;
  if (onFail === null) return null;
  const error = name('%error', span);
  if (onFail.kind === 'keyword' && onFail.name === 'delegate') return list(span, library('%delegate', span), error);
  return list(span, library('%fall-back', span), onFail, error);
}
