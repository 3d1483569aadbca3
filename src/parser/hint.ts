/**
 * Execution hints in the text: metadata `^{:runtime.learning.… …}` holds for every call that stands inside the form, also in functions that
 * are written there; a hint of an inner form takes the place of the outer one of the same key. Calls in functions that are only called from the
 * form are not inside it. The hints of a call become part of its options, so nothing of this is left at run time.
 */
import { diagnostic } from '../diagnostic/diagnostic.ts';
import { suggest } from '../diagnostic/suggest.ts';
import { HINT_FAMILY, HINT_NAMES, hintFields, hintKey, hintNamed, type HintName, readHint } from '../ir/hints.ts';
import { Keyword, type Value } from '../value/value.ts';
import { printBrief } from '../value/print.ts';
import { formToValue } from './datum.ts';
import type { Form, KeywordForm, ListForm, MapForm, SymbolForm } from './form.ts';
import type { Lowering } from './lowering.ts';

export interface Hint {
  readonly key: KeywordForm;
  readonly value: Form;
}

/** What can have calls inside. */
export type HintedForm = Extract<Form, { readonly items: readonly Form[] }>;

/** By key; none is null, so that forms without hints pay nothing. */
export type Hints = ReadonlyMap<string, Hint>;

export function hasHints(meta: MapForm | undefined): boolean {
  return meta !== undefined && meta.items.some((item, index) => index % 2 === 0 && item.kind === 'keyword' && item.name.startsWith(HINT_FAMILY));
}

/** The hints of a form's metadata that are hints, after a report on what is not; and the form without them. */
export function takeHints<Kind extends HintedForm>(lowering: Lowering, form: Kind): { readonly hints: readonly Hint[]; readonly rest: Kind } {
  const hints: Hint[] = [];
  const others: Form[] = [];
  const items = form.meta?.items ?? [];
  for (let i = 0; i + 1 < items.length; i += 2) {
    const [key, value] = [items[i]!, items[i + 1]!];
    if (key.kind !== 'keyword' || !key.name.startsWith(HINT_FAMILY)) others.push(key, value);
    else if (isKnown(lowering, key, value)) hints.push({ key, value });
  }
  const rest = { ...form, meta: { kind: 'map', items: others, span: form.meta?.span ?? form.span } as const };
  if (others.length === 0) delete (rest as { meta?: MapForm }).meta;
  return { hints, rest };
}

/** `inner` takes the place of `outer`: it inherits its hints. */
export function passHints(outer: Form, inner: Form): Form {
  const meta = 'meta' in outer ? outer.meta : undefined;
  if (meta === undefined || !hasHints(meta) || !isCollection(inner)) return inner;
  const own = new Set((inner.meta?.items ?? []).flatMap((item, index) => (index % 2 === 0 && item.kind === 'keyword' ? [item.name] : [])));
  const passed = meta.items.filter((_, index) => {
    const key = meta.items[index - (index % 2)]!;
    return key.kind === 'keyword' && key.name.startsWith(HINT_FAMILY) && !own.has(key.name);
  });
  return { ...inner, meta: { kind: 'map', items: [...(inner.meta?.items ?? []), ...passed], span: meta.span } };
}

function isCollection(form: Form): form is HintedForm {
  return form.kind === 'list' || form.kind === 'vector' || form.kind === 'map' || form.kind === 'set';
}

/** The hints of a function's definition, whose body is no part of a run's text: only literals can stand in it. */
export function definitionHints(lowering: Lowering, form: ListForm): Hints | null {
  if (!hasHints(form.meta)) return null;
  const { hints } = takeHints(lowering, form);
  for (const { key, value } of hints) {
    if (!isFixed(value)) lowering.fail('E0219', `the hint \`:${key.name}\` of a definition must be a literal`, value.span, ['set it inside the function, where its value can be computed']);
  }
  return within(null, hints.filter((hint) => isFixed(hint.value)));
}

/** Whether a value can stand in every call as it is: a literal, or a name that no text can contain. */
export function isFixed(value: Form): boolean {
  return value.kind === 'symbol' ? value.name.includes(' ') : isLiteral(value);
}

export function isLiteral(form: Form): boolean {
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

export function within(outer: Hints | null, inner: readonly Hint[]): Hints {
  return new Map([...(outer ?? []), ...inner.map((hint) => [hint.key.name, hint] as const)]);
}

/** What stands before a call, and the hints around it. */
export function optionsForm(meta: MapForm | undefined, hints: Hints | null, form: ListForm): MapForm | null {
  if (hints === null) return meta ?? null;
  const items = [...hints.values()].flatMap(({ key, value }): Form[] => [key, value]);
  return { kind: 'map', items: [...items, ...(meta?.items ?? [])], span: meta?.span ?? form.span };
}

/** `^{hint value} form` as `(let [name value] ^{hint name} form)`, so that a value that is computed is computed once. */
export function bindHints(lowering: Lowering, form: HintedForm, hints: readonly Hint[]): ListForm {
  const { span } = form;
  const bindings: Form[] = [];
  const bound = hints.map((hint): Hint => {
    if (isFixed(hint.value)) return hint;
    const name: SymbolForm = lowering.fresh('hint', hint.value.span);
    bindings.push(name, hint.value);
    return { key: hint.key, value: name };
  });
  const items = [...bound.flatMap(({ key, value }): Form[] => [key, value]), ...(form.meta?.items ?? [])];
  const body: Form = { ...form, meta: { kind: 'map', items, span: form.meta?.span ?? span } };
  return { kind: 'list', items: [{ kind: 'symbol', name: 'let', span }, { kind: 'vector', items: bindings, span }, body], span };
}

function isKnown(lowering: Lowering, key: KeywordForm, value: Form): boolean {
  const name = hintNamed(key.name);
  if (name !== null) return !isLiteral(value) || checkLiteral(lowering, name, value);
  const last = key.name.slice(key.name.lastIndexOf('.') + 1);
  const keys = HINT_NAMES.map(hintKey);
  const meant = HINT_NAMES.includes(last as HintName) ? [hintKey(last as HintName)] : [...suggest(key.name, keys, 1), ...suggest(last, HINT_NAMES, 1).map((one) => hintKey(one as HintName))].slice(0, 1);
  warn(lowering, `\`:${key.name}\` is no hint`, key, meant.length > 0 ? [`did you mean \`:${meant[0]!}\`?`] : [`hints are ${keys.map((one) => `\`:${one}\``).join(' ')}`]);
  return false;
}

function checkLiteral(lowering: Lowering, name: HintName, value: Form): boolean {
  const { fault, unknown } = readHint(name, formToValue(value));
  for (const key of unknown) warnKey(lowering, name, key, value);
  if (fault === null) return true;
  const what = fault.key === null ? `the hint \`:${hintKey(name)}\`` : `\`:${fault.key}\` of the hint \`:${hintKey(name)}\``;
  lowering.fail('E0219', `${what} must be ${fault.wanted}`, (fault.key === null ? null : placeOf(value, fault.key))?.span ?? value.span);
  return false;
}

function warnKey(lowering: Lowering, name: HintName, key: Value, value: Form): void {
  const written = key instanceof Keyword ? key.name : printBrief(key, 60);
  const known = hintFields(name);
  const meant = suggest(written, known, 1);
  const help = meant.length > 0 ? [`did you mean \`:${meant[0]!}\`?`] : [`it has ${known.map((one) => `\`:${one}\``).join(' ')}`];
  warn(lowering, `the hint \`:${hintKey(name)}\` has no key \`:${written}\``, placeOf(value, written) ?? value, help);
}

/** The key in the text, so that a message can point at it. */
function placeOf(value: Form, name: string): Form | null {
  return value.kind === 'map' ? (value.items.find((item, index) => index % 2 === 0 && item.kind === 'keyword' && item.name === name) ?? null) : null;
}

function warn(lowering: Lowering, message: string, place: Form, help: readonly string[]): void {
  lowering.diagnostics.push(diagnostic('W0606', message, place.span, { severity: 'warning', help: [...help, 'it has no effect'] }));
}
