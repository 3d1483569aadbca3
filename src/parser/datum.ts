/**
 * Forms as values and values as forms: quoted data, macro arguments, macro expansions, data files.
 *
 * Both directions are iterative and keep sharing: a value that occurs many times is turned into a form once, so an
 * expansion that is small as a graph and huge as a tree costs what the graph costs.
 */
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import { List } from '../value/list.ts';
import { type Entry, MapValue } from '../value/map.ts';
import { SetValue } from '../value/set.ts';
import { keyword, symbol, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Form } from './form.ts';
import { read, type ReadOptions } from './reader.ts';

/**
 * The forms that pieces of a value were made from, by the identity of the piece. What a macro passes on untouched is its
 * form again, with all its places, its metadata, and the order of its maps, which no value has.
 */
export type Origins = WeakMap<object, Form>;

/** The value of a quoted form, which has no metadata. Fills `origins` for each symbol and collection in it. */
export function formToValue(form: Form, origins?: Origins): Value {
  const rootItems: Value[] = [];
  const stack: OpenForm[] = [];
  const done = new Map<Form, Value>();
  let items: readonly Form[] = [form];
  let index = 0;
  let values = rootItems;
  for (;;) {
    if (index === items.length) {
      const open = stack.pop();
      if (open === undefined) return rootItems[0]!;
      const value = collect(open.form, values);
      // The empty collections are one object each for the whole process: they have no place of their own.
      if (values.length > 0) origins?.set(value, open.form);
      done.set(open.form, value);
      ({ items, index, values } = open);
      values.push(value);
      continue;
    }
    const item = items[index++]!;
    if (item.kind === 'atom') values.push(item.value);
    else if (item.kind === 'keyword') values.push(keyword(item.name));
    else if (item.kind === 'symbol') {
      const value = symbol(item.name);
      origins?.set(value, item);
      values.push(value);
    } else if (done.has(item)) values.push(done.get(item)!);
    else {
      stack.push({ form: item, items, index, values });
      items = item.items;
      index = 0;
      values = [];
    }
  }
}

/**
 * The value of a literal with at most `levels` collections in one another; undefined for everything else: for what has to be computed, for
 * metadata, and for collections that are keys or elements of sets, which have to be compared.
 */
export function plainValue(form: Form, levels: number): Value | undefined {
  if (form.kind === 'atom') return form.value;
  if (form.kind === 'keyword') return form.name === '' ? undefined : keyword(form.name);
  if (form.kind === 'symbol' || form.kind === 'list' || form.meta !== undefined || levels === 0) return undefined;
  const { kind, items } = form;
  for (const item of items) if (item.kind === 'symbol' || item.kind === 'list') return undefined;
  const values = new Array<Value>(items.length);
  for (let i = 0; i < items.length; i++) {
    const isKey = kind === 'set' || (kind === 'map' && i % 2 === 0);
    const value = plainValue(items[i]!, isKey ? 0 : levels - 1);
    if (value === undefined) return undefined;
    values[i] = value;
  }
  return collect(form, values);
}

type CollectionForm = Extract<Form, { readonly items: readonly Form[] }>;

interface OpenForm {
  readonly form: CollectionForm;
  /** The forms around it, where to go on among them, and their values so far. */
  readonly items: readonly Form[];
  readonly index: number;
  readonly values: Value[];
}

function collect(form: CollectionForm, values: Value[]): List | Vector | MapValue | SetValue {
  switch (form.kind) {
    case 'list':
      return List.adopt(values);
    case 'vector':
      return Vector.adopt(values);
    case 'map':
      return MapValue.from(pairs(values));
    case 'set':
      return SetValue.from(values);
  }
}

function pairs(values: readonly Value[]): Entry[] {
  const entries: Entry[] = [];
  for (let i = 0; i + 1 < values.length; i += 2) entries.push([values[i]!, values[i + 1]!]);
  return entries;
}

// ── back ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A part of the value that no text can stand for: a function, an error. */
export interface Unreadable {
  readonly unreadable: Value;
}

/** The form of a value: with `span` for everything but the pieces that `origins` knows, which are their own forms again. */
export function valueToForm(value: Value, span: Span, origins?: Origins): Form | Unreadable {
  const rootItems: Form[] = [];
  const stack: OpenValue[] = [];
  const done = new Map<Value, Form>();
  let open: OpenValue = { value: null, children: [value], index: 0, items: rootItems };
  for (;;) {
    if (open.index === open.children.length) {
      const below = stack.pop();
      if (below === undefined) return rootItems[0]!;
      const form = formOfCollection(open, span);
      done.set(open.value, form);
      below.items.push(form);
      open = below;
      continue;
    }
    const child = open.children[open.index++]!;
    const form = knownForm(child, done, origins) ?? formOfAtom(child, span);
    if (form !== null) {
      open.items.push(form);
      continue;
    }
    const children = childrenOf(child);
    if (children === null) return { unreadable: child };
    stack.push(open);
    open = { value: child, children, index: 0, items: [] };
  }
}

interface OpenValue {
  readonly value: Value;
  readonly children: readonly Value[];
  index: number;
  readonly items: Form[];
}

function knownForm(value: Value, done: ReadonlyMap<Value, Form>, origins: Origins | undefined): Form | undefined {
  return typeof value === 'object' && value !== null ? (origins?.get(value) ?? done.get(value)) : undefined;
}

/** Null for what is not an atom. */
function formOfAtom(value: Value, span: Span): Form | null {
  if (typeof value !== 'object' || value === null) return { kind: 'atom', value, span };
  switch (value.kind) {
    case 'keyword':
      return { kind: 'keyword', name: value.name, span };
    case 'symbol':
      return { kind: 'symbol', name: value.name, span };
    case 'float':
    case 'timestamp':
    case 'uuid':
    case 'resource':
      return { kind: 'atom', value, span };
    default:
      return null;
  }
}

function childrenOf(value: Value): readonly Value[] | null {
  if (typeof value !== 'object' || value === null) return null;
  switch (value.kind) {
    case 'list':
    case 'vector':
    case 'set':
      return value.toArray();
    case 'map': {
      const children: Value[] = [];
      value.forEach((item, key) => children.push(key, item));
      return children;
    }
    default:
      return null;
  }
}

function formOfCollection({ value, items }: OpenValue, span: Span): Form {
  const kind = (value as List | Vector | MapValue | SetValue).kind;
  return { kind, items, span };
}

// ── data ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Reads text that holds exactly one value, for instance what `print` wrote. Nothing is evaluated. */
export function readValue(text: string, file: string = '<value>', options: ReadOptions = {}): Result<Value, readonly Diagnostic[]> {
  const { forms, diagnostics } = read(text, file, options);
  if (diagnostics.length > 0) return { ok: false, error: diagnostics };
  if (forms.length === 1) return { ok: true, value: formToValue(forms[0]!) };
  const message = forms.length === 0 ? 'There is no value in the text' : 'There is more than one value in the text';
  const span = forms[1]?.span ?? { file, start: 0, end: text.length };
  return { ok: false, error: [diagnostic('E0120', message, span)] };
}
