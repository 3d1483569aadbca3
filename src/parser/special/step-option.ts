/** The options of the step forms, as they stand in the text: which there are, and whether their values can be right. */
import { type Code, KIND_CODES } from '../../diagnostic/codes.ts';
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import type { Span } from '../../diagnostic/span.ts';
import { editDistance, suggest } from '../../diagnostic/suggest.ts';
import {
  optionFault, type OptionFault, optionsOf, type PathPart, pathText, RETRY_KEYS, STEP_OPTIONS, type StepForm, type StepOption,
} from '../../ir/step-options.ts';
import { MapValue } from '../../value/map.ts';
import { equals } from '../../value/order.ts';
import { keyword } from '../../value/value.ts';
import { formToValue } from '../datum.ts';
import type { Form, ListForm } from '../form.ts';
import { isLiteral } from '../hint.ts';
import { describe, didYouMean, type Lowering } from '../lowering.ts';
import { list, name } from './control.ts';

export interface OptionEntry {
  readonly key: Form;
  readonly value: Form;
  readonly span: Span;
}

export interface Options {
  readonly name: string | null;
  /** All of them, as written. */
  readonly given: ReadonlyMap<StepOption, Form>;
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

export const NO_OPTIONS: Options = { name: null, given: new Map(), entries: [], params: null, retries: false, computedPolicy: false, onFail: null, compensate: null, end: 0 };

export function readOptions(lowering: Lowering, form: ListForm, kind: StepForm, start: number): Options {
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
  warnLateOptions(lowering, form, kind, end);
  const onFail = found.get('on-fail');
  const word = onFail?.kind === 'keyword' ? onFail.name : null;
  if (word !== null) warnNearWord(lowering, word, onFail!.span);
  if (word === 'retry' && !found.has('retries')) {
    found.set('retries', onFail!);
    const { span } = onFail!;
    entries.push({ key: { kind: 'keyword', name: 'retries', span }, value: { kind: 'atom', value: 3, span }, span });
  }
  const policy = found.get('merge-policy');
  const title = found.get('name');
  return {
    name: title?.kind === 'atom' && typeof title.value === 'string' ? title.value : null,
    given: found,
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

/** Words of other systems, and keys that belong elsewhere. */
const MEANT: ReadonlyMap<string, StepOption> = new Map<string, StepOption>([
  ['retry', 'retries'], ['attempts', 'retries'], ['max-retries', 'retries'], ['timeout', 'timeout-ms'], ['deadline', 'timeout-ms'],
  ['fallback', 'on-fail'], ['on-failure', 'on-fail'], ['undo', 'compensate'], ['rollback', 'compensate'], ['args', 'params'], ['with', 'params'],
  ['merge', 'merge-policy'], ['concurrency', 'max-concurrency'], ['parallelism', 'max-concurrency'], ['needs', 'requires'],
]);

function unknownOption(lowering: Lowering, kind: StepForm, text: string, span: Span, known: readonly StepOption[]): void {
  const word = MEANT.get(text);
  const help = didYouMean((word !== undefined && known.includes(word) ? [word] : suggest(text, [...known])).map((one) => `:${one}`));
  if ((RETRY_KEYS as readonly string[]).includes(text)) help.unshift(`\`:${text}\` belongs into \`:retries {…}\``);
  lowering.fail('E0219', `\`${kind}\` has no option \`:${text}\``, span, help.length > 0 ? help : [`its options are ${known.map((one) => `\`:${one}\``).join(' ')}`]);
}

/** After the first form that is no option everything is body, what looks like an option too. */
function warnLateOptions(lowering: Lowering, form: ListForm, kind: StepForm, end: number): void {
  const known: readonly string[] = optionsOf(kind);
  const first = form.items[end];
  if (first?.kind === 'keyword' && end + 1 === form.items.length && known.includes(first.name)) {
    warn(lowering, 'W0609', `\`:${first.name}\` has no value, so it is the body and no option`, first.span, [`write its value after it; when the keyword is meant, \`(do :${first.name})\``]);
  }
  for (let at = end + 1; at + 1 < form.items.length; at++) {
    const item = form.items[at]!;
    if (item.kind !== 'keyword' || !known.includes(item.name)) continue;
    warn(lowering, 'W0608', `\`:${item.name}\` stands in the body, where it is no option`, item.span, ['options stand before the body; move it and its value there']);
    at++;
  }
}

/** Words of `:on-fail`; any other keyword is the value in the place of a failure. */
const ON_FAIL_WORDS: readonly string[] = ['abort', 'retry', 'delegate'];

function warnNearWord(lowering: Lowering, word: string, span: Span): void {
  const meant = ON_FAIL_WORDS.includes(word) ? [] : suggest(word, ON_FAIL_WORDS, 1);
  if (meant.length > 0) warn(lowering, 'W0611', `with \`:on-fail :${word}\` a failure has the value \`:${word}\``, span, didYouMean(meant.map((one) => `:${one}`)));
}

function warn(lowering: Lowering, code: Code, message: string, span: Span, help: readonly string[]): void {
  lowering.diagnostics.push(diagnostic(code, message, span, { severity: 'warning', help }));
}

// --- values ------------------------------------------------------------------------------------------------------------

/** Looks at what stands in the text; what is computed is checked by the machine. */
function checkLiteral(lowering: Lowering, kind: StepForm, text: StepOption, value: Form): void {
  if (text === 'params') return checkParams(lowering, kind, value);
  if (text === 'retries') warnUnknownKinds(lowering, value);
  if (value.kind === 'map' && value.items.length > 0) return checkEntries(lowering, kind, text, value);
  if (!isLiteral(value)) return;
  const fault = optionFault(text, formToValue(value));
  if (fault !== null) reportFault(lowering, kind, text, value, fault);
}

/** Each entry for itself, so that all faults are found, and those beside computed values too. */
function checkEntries(lowering: Lowering, kind: StepForm, text: StepOption, map: Extract<Form, { kind: 'map' }>): void {
  for (let i = 0; i + 1 < map.items.length; i += 2) {
    const [key, value] = [map.items[i]!, map.items[i + 1]!];
    if (!isLiteral(key)) continue;
    const isKnown = isLiteral(value);
    const fault = optionFault(text, MapValue.of(formToValue(key), isKnown ? formToValue(value) : null));
    if (fault === null || (!isKnown && !(fault.isKey && fault.path.length === 1))) continue;
    reportFault(lowering, kind, text, map, fault);
    if (fault.path.length === 0) return;
  }
}

function reportFault(lowering: Lowering, kind: StepForm, text: StepOption, value: Form, fault: OptionFault): void {
  const { path, isKey, wanted, words } = fault;
  const part = partAt(value, path, isKey);
  const whole: PathPart = { key: keyword(text) };
  const meant = didYouMean(suggestWord(part, words).map((word) => `:${word}`));
  if (isKey) {
    const holder = pathText([whole, ...path.slice(0, -1)]);
    lowering.fail('E0219', `${holder} cannot have the key ${pathText(path.slice(-1))}`, part.span, meant.length > 0 ? meant : [`its keys are ${wanted}`]);
  } else if (path.length === 0) lowering.fail('E0219', `the option \`:${text}\` of \`${kind}\` must be ${wanted}`, part.span, meant);
  else lowering.fail('E0219', `${pathText([whole, ...path])} must be ${wanted}`, part.span, meant);
}

/** The form that a path leads to. */
function partAt(form: Form, path: readonly PathPart[], isKey: boolean): Form {
  let at = form;
  for (const [depth, part] of path.entries()) {
    if (!('items' in at)) return at;
    const { items } = at;
    if ('index' in part) at = items[part.index]!;
    else {
      const index = items.findIndex((item, i) => i % 2 === 0 && isLiteral(item) && equals(formToValue(item), part.key));
      if (index < 0) return at;
      at = items[isKey && depth === path.length - 1 ? index : index + 1]!;
    }
  }
  return at;
}

/** The words that were probably meant. */
function suggestWord(form: Form, words: readonly string[]): readonly string[] {
  if (form.kind === 'keyword') return suggest(form.name, words, 1);
  if (form.kind !== 'atom' || typeof form.value !== 'string') return [];
  return words.includes(form.value) ? [form.value] : suggest(form.value, words, 1);
}

/** Kinds of one's own are as good as any; but one that is nearly a known kind is probably a slip. */
function warnUnknownKinds(lowering: Lowering, retries: Form): void {
  if (retries.kind !== 'map') return;
  const at = retries.items.findIndex((item, index) => index % 2 === 0 && item.kind === 'keyword' && item.name === 'retry-on');
  const kinds = at < 0 ? undefined : retries.items[at + 1];
  if (kinds?.kind !== 'vector') return;
  for (const kind of kinds.items) {
    const written = kind.kind === 'keyword' ? kind.name : kind.kind === 'atom' && typeof kind.value === 'string' ? kind.value : '';
    const near = nearKind(written.replace(/^error\//, ''));
    if (near !== null) warn(lowering, 'W0610', `the language raises no errors of the kind \`${written}\``, kind.span, didYouMean([`:${near}`]));
  }
}

const KINDS: readonly string[] = Object.keys(KIND_CODES);

function nearKind(name: string): string | null {
  if (KINDS.includes(name) || name.includes('/') || name.length < 3) return null;
  const limit = name.length < 6 ? 1 : 2;
  return KINDS.find((kind) => editDistance(name, kind, limit) !== null) ?? null;
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
