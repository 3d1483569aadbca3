/**
 * The step forms. Each becomes one step node; what its options ask for beyond entering and leaving (retries, joins,
 * compensations, computed merges) is written around the body as calls of the library, so that all of it can suspend.
 */
import { type Node, OPERATIONS, type OperationName } from '../../ir/node.ts';
import { optionProblem, optionsOf, STEP_OPTIONS, type StepForm, type StepOption } from '../../ir/step-options.ts';
import { suggest } from '../../diagnostic/suggest.ts';
import type { Span } from '../../diagnostic/span.ts';
import { formToValue } from '../datum.ts';
import type { Form, ListForm, SymbolForm } from '../form.ts';
import { constant, describe, didYouMean, LIBRARY_PREFIX, type Lowering } from '../lowering.ts';
import { inner, type Place, type Scope } from '../scope.ts';
import { library, list, name, NIL, vector } from './control.ts';

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
  const { span } = form;
  const functions = vector(span, ...branches.map((branch) => thunk(lowering, branch, branch.span)));
  const body = (known: Form): Form => list(span, library('%join', span), functions, known);
  return stepNode(lowering, place, { form: 'step-parallel', name: options.name ?? 'step-parallel', options, body, span });
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
  return enter(lowering, inner(place), { form: 'pmap', name: 'pmap', options: NO_OPTIONS, body: () => form.items[1]!, span }, null);
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

const OPTIONS_NAME = '%options';

/** Evaluates the options that are told to the machine once, into a slot of their own when they are not constant. */
function withOptions(lowering: Lowering, place: Place, options: Options, use: (place: Place, known: Node | null) => Node): Node {
  if (options.entries.length === 0) return use(place, null);
  const { span } = options.entries[0]!;
  const items = options.entries.flatMap(({ key, value }) => [key, value]);
  const node = lowering.lower({ kind: 'map', items, span }, place);
  const { unit } = place;
  const mark = unit.mark();
  const slot = unit.allocate();
  const result = use({ ...place, scope: bound(place, OPTIONS_NAME, slot, span) }, { kind: 'local', slot, span });
  unit.release(mark);
  return { kind: 'let', bindings: [{ slot, value: node }], body: result, span };
}

function bound(place: Place, text: string, slot: number, span: Span): Scope {
  return { binding: { name: text, owner: place.unit, slot, group: null, member: 0, ready: true, used: true, span }, parent: place.scope };
}

function enter(lowering: Lowering, place: Place, parts: StepParts, known: Node | null): Node {
  const { span, options } = parts;
  const { unit } = place;
  const mark = unit.mark();
  const paramsSlot = unit.allocate();
  const params = options.params === null ? null : lowering.lower(options.params, place);
  // Passes and steps without parameters see the parameters around them.
  const scope = options.params === null ? place.scope : bound(place, '%params', paramsSlot, span);
  const within: Place = { ...place, scope };
  const body = lowering.lower(bodyForm(lowering, parts, known === null ? NIL(span) : optionsSymbol(span)), within);
  const errorSlot = unit.allocate();
  const fallback = fallbackForm(options, span);
  const handler = fallback === null ? null : lowering.lower(fallback, { ...within, scope: bound(within, '%error', errorSlot, span) });
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
    const undo = list(span, name('fn', span), vector(span, name('%result', span)), options.compensate);
    const retries = options.retries ? option('retries', span) : NIL(span);
    after.push(list(span, library('%compensation', span), undo, result, retries, library('%compensate', span)));
  }
  return list(span, name('let', span), vector(span, result, form), ...after, result);
}

function fallbackForm(options: Options, span: Span): Form | null {
  const { onFail } = options;
  if (onFail === null) return null;
  const error = name('%error', span);
  if (onFail.kind === 'keyword' && onFail.name === 'delegate') return list(span, library('%delegate', span), error);
  return list(span, library('%fall-back', span), onFail, error);
}

// --- options -----------------------------------------------------------------------------------------------------------

interface OptionEntry {
  readonly key: Form;
  readonly value: Form;
  readonly span: Span;
}

interface Options {
  readonly name: string | null;
  /** What the machine is told. */
  readonly entries: readonly OptionEntry[];
  readonly params: Form | null;
  readonly retries: boolean;
  /** The merge policy is no literal, so it may be a function. */
  readonly computedPolicy: boolean;
  readonly onFail: Form | null;
  readonly compensate: Form | null;
  /** The index of the first form that is no option. */
  readonly end: number;
}

const NO_OPTIONS: Options = { name: null, entries: [], params: null, retries: false, computedPolicy: false, onFail: null, compensate: null, end: 0 };

function readOptions(lowering: Lowering, form: ListForm, kind: StepForm, start: number): Options {
  const { pairs, end } = optionPairs(form, kind, start);
  const known = optionsOf(kind);
  const found = new Map<StepOption, Form>();
  const entries: OptionEntry[] = [];
  for (const [key, value] of pairs) {
    const { name: text } = key;
    if (!(text in STEP_OPTIONS)) unknownOption(lowering, kind, text, key.span, known);
    else if (!known.includes(text as StepOption)) lowering.fail('E0219', `\`:${text}\` is no option of \`${kind}\``, key.span, [`it belongs to ${STEP_OPTIONS[text as StepOption].forms!.map((one) => `\`${one}\``).join(', ')}`]);
    else if (found.has(text as StepOption)) lowering.fail('E0219', `the option \`:${text}\` stands twice`, key.span);
    else {
      found.set(text as StepOption, value);
      checkLiteral(lowering, kind, text as StepOption, value);
      if (!APART.has(text) && !(text === 'name' && value.kind === 'atom')) entries.push({ key, value: described(text, value), span: key.span });
    }
  }
  const onFail = found.get('on-fail');
  const word = onFail?.kind === 'keyword' ? onFail.name : null;
  if (word === 'retry' && !found.has('retries')) {
    found.set('retries', onFail!);
    const { span } = onFail!;
    entries.push({ key: { kind: 'keyword', name: 'retries', span }, value: { kind: 'atom', value: 3, span }, span });
  }
  const policy = found.get('merge-policy');
  const title = found.get('name');
  return {
    name: title?.kind === 'atom' && typeof title.value === 'string' ? title.value : null,
    entries,
    params: found.get('params') ?? null,
    retries: found.has('retries'),
    computedPolicy: policy !== undefined && !isLiteral(policy),
    onFail: onFail === undefined || word === 'abort' || word === 'retry' ? null : onFail,
    compensate: found.get('compensate') ?? null,
    end,
  };
}

/** These are no part of the map that the machine is told. */
const APART: ReadonlySet<string> = new Set(['params', 'on-fail', 'compensate']);

type Pair = readonly [key: Extract<Form, { kind: 'keyword' }>, value: Form];

/** The options as written: keywords with values, or one map literal with at least one known key and something after it. */
function optionPairs(form: ListForm, kind: StepForm, start: number): { readonly pairs: readonly Pair[]; readonly end: number } {
  const { items } = form;
  const first = items[start];
  if (first?.kind === 'map' && start + 1 < items.length && isOptionsMap(first.items)) {
    return { pairs: pairsOf(first.items), end: start + 1 };
  }
  let end = start;
  while (end + 1 < items.length && items[end]!.kind === 'keyword' && !isBranch(items, end, kind)) end += 2;
  return { pairs: pairsOf(items.slice(start, end)), end };
}

function pairsOf(items: readonly Form[]): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i + 1 < items.length; i += 2) pairs.push([items[i] as Pair[0], items[i + 1]!]);
  return pairs;
}

function isOptionsMap(items: readonly Form[]): boolean {
  const keys = items.filter((_, index) => index % 2 === 0);
  return keys.length > 0 && keys.every((key) => key.kind === 'keyword') && keys.some((key) => key.kind === 'keyword' && (key.name in STEP_OPTIONS || suggest(key.name, Object.keys(STEP_OPTIONS)).length > 0));
}

/** Keywords may be branches: those that are no options and have no value that could be one. */
function isBranch(items: readonly Form[], at: number, kind: StepForm): boolean {
  const { name: text } = items[at] as Pair[0];
  return kind === 'step-parallel' && !(text in STEP_OPTIONS) && items[at + 1]!.kind === 'keyword';
}

function unknownOption(lowering: Lowering, kind: StepForm, text: string, span: Span, known: readonly StepOption[]): void {
  const meant = didYouMean(suggest(text, [...known]).map((one) => `:${one}`));
  lowering.fail('E0219', `\`${kind}\` has no option \`:${text}\``, span, meant.length > 0 ? meant : [`its options are ${known.map((one) => `\`:${one}\``).join(' ')}`]);
}

function checkLiteral(lowering: Lowering, kind: StepForm, text: StepOption, value: Form): void {
  if (text === 'params') return checkParams(lowering, kind, value);
  if (isLiteral(value)) {
    const wanted = optionProblem(text, formToValue(value));
    if (wanted !== null) lowering.fail('E0219', `the option \`:${text}\` of \`${kind}\` must be ${wanted}`, value.span);
  }
}

/** Parameters are named by strings or keywords. */
function checkParams(lowering: Lowering, kind: StepForm, form: Form): void {
  if (form.kind !== 'map') {
    lowering.fail('E0219', `the option \`:params\` of \`${kind}\` must be a map`, form.span);
    return;
  }
  form.items.forEach((key, index) => {
    const isName = key.kind === 'keyword' || (key.kind === 'atom' && typeof key.value === 'string');
    if (index % 2 === 0 && !isName) lowering.fail('E0219', `${describe(key)} cannot name a parameter of \`${kind}\``, key.span, ['parameters are named by keywords or strings']);
  });
}

/** Whether the form means itself. */
function isLiteral(form: Form): boolean {
  switch (form.kind) {
    case 'atom':
    case 'keyword':
      return true;
    case 'vector':
    case 'map':
    case 'set':
      return form.items.every(isLiteral);
    default:
      return false;
  }
}

/** In a contract a type stands for itself. */
function described(text: string, value: Form): Form {
  if ((text !== 'requires' && text !== 'produces') || value.kind !== 'map') return value;
  return { ...value, items: value.items.map((item, index) => (index % 2 === 1 && item.kind === 'map' ? quotedType(item) : item)) };
}

function quotedType(map: Extract<Form, { kind: 'map' }>): Form {
  const items = map.items.map((item, index) => {
    const key = map.items[index - 1];
    return index % 2 === 1 && key?.kind === 'keyword' && key.name === 'type' ? list(item.span, name('quote', item.span), item) : item;
  });
  return { ...map, items };
}
