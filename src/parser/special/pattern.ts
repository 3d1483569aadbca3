/**
 * Binding patterns (§5 of the language): symbols, vectors and maps taken apart into slots, and the annotations that
 * may follow a pattern (§2.6). Used by `let`, `loop`, function parameters, `for`, `doseq`, `if-let` …
 */
import type { Node, SlotBinding } from '../../ir/node.ts';
import type { Span } from '../../diagnostic/span.ts';
import { keyword, symbol, type Value } from '../../value/value.ts';
import { formToValue } from '../datum.ts';
import type { Form, KeywordForm, MapForm, SymbolForm, VectorForm } from '../form.ts';
import { constant, describe, type Lowering, NESTING_MAX, primitive } from '../lowering.ts';
import { inner, naming, type Place, type Scope, seeing, type UnitBuilder } from '../scope.ts';
import { isTypeName, parseType } from '../type-form.ts';

export interface AnnotatedPattern {
  readonly pattern: Form;
  readonly type: Form | null;
}

export interface PatternBinding extends AnnotatedPattern {
  readonly value: Form;
}

// --- annotations -------------------------------------------------------------------------------------------------

/** Whether `form` is a `:` on its own, the start of an annotation wherever a pattern may end. */
function isColon(form: Form | undefined): form is KeywordForm {
  return form !== undefined && form.kind === 'keyword' && form.name === '';
}

/** `x:int`: the reader gives the symbol and the keyword, with no blank between. */
export function isGlued(pattern: Form, next: Form | undefined): next is KeywordForm {
  return next !== undefined && next.kind === 'keyword' && next.name !== '' && next.span.start === pattern.span.end && next.span.file === pattern.span.file;
}

/** Reads the annotation at `index` when there is one that cannot be anything else. Gives how many forms it took. */
export function certainAnnotation(pattern: Form, items: readonly Form[], index: number): { readonly type: Form; readonly used: number } | null {
  const next = items[index];
  if (isColon(next)) {
    const type = items[index + 1];
    return type === undefined ? null : { type, used: 2 };
  }
  return isGlued(pattern, next) ? { type: next, used: 1 } : null;
}

export function isPattern(form: Form): boolean {
  return form.kind === 'symbol' || form.kind === 'vector' || form.kind === 'map';
}

/** The pairs of a binding vector, read plainly first and with upstream's annotations second (rule 4 of §2.6). */
export function readBindings(items: readonly Form[]): readonly PatternBinding[] | null {
  return readPairs(items, false) ?? readPairs(items, true);
}

function readPairs(items: readonly Form[], anyKeyword: boolean): readonly PatternBinding[] | null {
  const bindings = new Array<PatternBinding>(items.length >>> 1);
  let size = 0;
  for (let i = 0; i < items.length; ) {
    const pattern = items[i]!;
    if (!isPattern(pattern)) return null;
    i += 1;
    let type: Form | null = null;
    const certain = certainAnnotation(pattern, items, i);
    if (certain !== null) {
      type = certain.type;
      i += certain.used;
    } else if (anyKeyword && items[i]?.kind === 'keyword' && i + 1 < items.length) {
      type = items[i]!;
      i += 1;
    }
    const value = items[i];
    if (value === undefined) return null;
    bindings[size++] = { pattern, type, value };
    i += 1;
  }
  bindings.length = size;
  return bindings;
}

/** The type that an annotation form means; null (and a diagnostic) when it means none. */
export function annotationType(lowering: Lowering, form: Form): Value | null {
  const result = parseType(form, lowering.program.typeEnv(lowering.namespace));
  if (result.ok) return result.value;
  lowering.diagnostics.push(result.error);
  return null;
}

/** A return type directly after a parameter vector (rules 1 and 5), and where the body starts. */
export function returnAnnotation(lowering: Lowering, params: VectorForm, items: readonly Form[], index: number): { readonly type: Form | null; readonly bodyStart: number } {
  const certain = certainAnnotation(params, items, index);
  if (certain !== null) return { type: certain.type, bodyStart: index + certain.used };
  const next = items[index];
  if (next !== undefined && next.kind === 'keyword' && isTypeName(next.name, lowering.program.typeEnv(lowering.namespace)) && index + 1 < items.length) {
    return { type: next, bodyStart: index + 1 };
  }
  return { type: null, bodyStart: index };
}

export function checked(lowering: Lowering, value: Node, type: Form | null, prefix: string): Node {
  if (type === null) return value;
  const parsed = annotationType(lowering, type);
  if (parsed === null) return value;
  return primitive('%check', [constant(parsed, type.span), value, constant(prefix, type.span)], value.span ?? type.span);
}

/** `body` where the slots have these values. */
export function withBindings(bindings: readonly SlotBinding[], body: Node, span: Span): Node {
  return bindings.length === 0 ? body : { kind: 'let', bindings, body, span };
}

export function patternName(pattern: Form): string {
  return pattern.kind === 'symbol' ? pattern.name : describe(pattern);
}

// --- destructuring -----------------------------------------------------------------------------------------------

/** Gathers the slot bindings that a pattern needs, and the scope that sees its names. */
export class PatternBinder {
  scope: Scope | null;
  private nested = 0;
  private readonly lowering: Lowering;
  private readonly place: Place;
  /** Where ours begin among the bindings of all that is being lowered. */
  private readonly start: number;

  constructor(lowering: Lowering, place: Place) {
    this.lowering = lowering;
    this.place = inner(place);
    this.scope = place.scope;
    this.start = lowering.bindings.size;
  }

  /** The bindings so far, which are then gone from here. To be called in the end, whatever happens. */
  take(): readonly SlotBinding[] {
    return this.lowering.bindings.take(this.start);
  }

  /** Where the value forms that come next are lowered. */
  get here(): Place {
    return seeing(this.place, this.scope);
  }

  get unit(): UnitBuilder {
    return this.place.unit;
  }

  /** Stores the value in a slot that has been allocated. */
  store(slot: number, value: Node): void {
    this.lowering.bindings.push({ slot, value });
  }

  /** Binds the pattern to the value of `value`; gives the slot of the whole. */
  bind(pattern: Form, value: Node): number {
    const slot = this.unit.allocate();
    this.store(slot, value);
    this.nested += 1;
    if (this.nested <= NESTING_MAX) this.takeApart(pattern, slot);
    else this.lowering.fail('E0210', `this pattern is nested more than ${NESTING_MAX} deep`, pattern.span);
    this.nested -= 1;
    return slot;
  }

  /** Makes `form`'s name mean the slot (`_` names nothing). */
  private name(form: SymbolForm, slot: number): void {
    if (form.name === '_') return;
    if (form.name.includes('/') && form.name !== '/') this.lowering.fail('E0211', `a local name cannot be qualified: \`${form.name}\``, form.span);
    else this.scope = naming(form.name, this.unit, slot, this.scope);
  }

  /** Binds the names inside a vector or map pattern to the parts of what is in `slot`. */
  takeApart(pattern: Form, slot: number): void {
    if (pattern.kind === 'symbol') this.name(pattern, slot);
    else if (pattern.kind === 'vector') this.vector(pattern, { kind: 'local', slot, span: pattern.span });
    else if (pattern.kind === 'map') this.map(pattern, { kind: 'local', slot, span: pattern.span });
    else this.lowering.fail('E0211', `${describe(pattern)} cannot be a binding pattern`, pattern.span, ['a pattern is a name, `[a b & rest]` or `{:keys [a b]}`']);
  }

  private vector(pattern: VectorForm, source: Node): void {
    const { items } = pattern;
    let index = 0;
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      if (item.kind === 'symbol' && item.name === '&') {
        const rest = items[i + 1];
        if (rest === undefined || !isPattern(rest)) return this.malformed(pattern, '`&` needs a name after it', item.span);
        this.bind(rest, primitive('%nthrest', [source, constant(index, item.span)], item.span));
        i += 1;
      } else if (item.kind === 'keyword' && item.name === 'as') {
        const whole = items[i + 1];
        if (whole === undefined || whole.kind !== 'symbol') return this.malformed(pattern, '`:as` needs a name after it', item.span);
        this.bind(whole, source);
        i += 1;
      } else {
        if (!isPattern(item)) return this.malformed(pattern, `${describe(item)} cannot be a pattern`, item.span);
        const element = primitive('%nth-or-nil', [source, constant(index, item.span)], item.span);
        index += 1;
        if (item.kind === 'symbol' && item.name === '_') continue;
        this.bind(item, element);
      }
    }
    // Even a pattern without names must fail on something that cannot be taken apart.
    if (items.length === 0) this.bind({ kind: 'symbol', name: '_', span: pattern.span }, primitive('%nthrest', [source, constant(0, pattern.span)], pattern.span));
  }

  private malformed(pattern: Form, problem: string, span: Span): void {
    this.lowering.fail('E0211', `malformed pattern: ${problem}`, span, [], { related: [{ span: pattern.span, message: 'in this pattern' }] });
  }

  private map(pattern: MapForm, source: Node): void {
    const slot = this.unit.allocate();
    this.store(slot, primitive('%as-map', [source], pattern.span));
    const map: Node = { kind: 'local', slot, span: pattern.span };
    const defaults = this.defaults(pattern);
    const taken: Node[] = [];
    let rest: Form | null = null;
    for (let i = 0; i + 1 < pattern.items.length; i += 2) {
      const first = pattern.items[i]!;
      const second = pattern.items[i + 1]!;
      // The rest is what no entry takes, wherever it stands: a map has no order.
      if (first.kind === 'symbol' && first.name === '&') rest = second;
      else if (!this.option(first, second, map, defaults, taken)) this.entry(pattern, first, second, map, defaults, taken);
    }
    if (rest !== null) this.bind(rest, primitive('%map-without', [map, ...taken], rest.span));
  }

  private defaults(pattern: MapForm): ReadonlyMap<string, Form> | null {
    let defaults: Map<string, Form> | null = null;
    for (let i = 0; i + 1 < pattern.items.length; i += 2) {
      const key = pattern.items[i]!;
      const value = pattern.items[i + 1]!;
      if (key.kind !== 'keyword' || key.name !== 'or') continue;
      defaults ??= new Map();
      if (value.kind !== 'map') {
        this.malformed(pattern, '`:or` needs a map of names to defaults', value.span);
        continue;
      }
      for (let j = 0; j + 1 < value.items.length; j += 2) {
        const name = value.items[j]!;
        if (name.kind === 'symbol' || name.kind === 'keyword') defaults.set(name.name, value.items[j + 1]!);
        else this.malformed(pattern, '`:or` needs names as keys', name.span);
      }
    }
    return defaults;
  }

  /** `:keys [a b]` and its like; false when `key` is an ordinary entry. */
  private option(key: Form, value: Form, map: Node, defaults: ReadonlyMap<string, Form> | null, taken: Node[]): boolean {
    if (key.kind !== 'keyword') return false;
    if (key.name === 'or' && value.kind === 'map') return true;
    if (key.name === 'as' && value.kind === 'symbol') {
      this.bind(value, map);
      return true;
    }
    const option = key.name === 'keys' || key.name.endsWith('/keys') ? 'keys' : key.name;
    if ((option !== 'keys' && option !== 'strs' && option !== 'syms') || value.kind !== 'vector') return false;
    const prefix = key.name.endsWith('/keys') ? key.name.slice(0, -'keys'.length) : '';
    for (const item of value.items) {
      if (item.kind !== 'symbol' && item.kind !== 'keyword') {
        this.malformed(value, `${describe(item)} is not a name`, item.span);
        continue;
      }
      const name = prefix + item.name;
      const base = item.name.slice(item.name.lastIndexOf('/') + 1);
      const keyValue: Value = option === 'keys' ? keyword(name) : option === 'strs' ? name : symbol(name);
      this.lookup({ kind: 'symbol', name: base, span: item.span }, constant(keyValue, item.span), map, defaults, taken);
    }
    return true;
  }

  private entry(pattern: MapForm, first: Form, second: Form, map: Node, defaults: ReadonlyMap<string, Form> | null, taken: Node[]): void {
    const keyFirst = isKey(first) && isPattern(second);
    const patternFirst = isPattern(first) && isKey(second);
    if (!keyFirst && !patternFirst) {
      this.malformed(pattern, `${describe(first)} and ${describe(second)} are not a key and a pattern`, first.span);
      return;
    }
    const key = keyFirst ? first : second;
    this.lookup(keyFirst ? second : first, constant(keyOf(key), key.span), map, defaults, taken);
  }

  private lookup(pattern: Form, key: Node, map: Node, defaults: ReadonlyMap<string, Form> | null, taken: Node[]): void {
    taken.push(key);
    const otherwise = pattern.kind === 'symbol' ? defaults?.get(pattern.name) : undefined;
    const found = primitive('get', [map, key], pattern.span);
    if (otherwise === undefined) {
      this.bind(pattern, found);
      return;
    }
    const value: Node = {
      kind: 'cond',
      clauses: [{ test: primitive('%match-key', [map, key], pattern.span), body: found }],
      otherwise: this.lowering.lower(otherwise, this.here),
      span: pattern.span,
    };
    this.bind(pattern, value);
  }
}

/** Keys in patterns are literals: keywords, strings, numbers … and quoted data. */
function isKey(form: Form): boolean {
  if (form.kind === 'keyword' || form.kind === 'atom') return true;
  return form.kind === 'list' && form.items.length === 2 && form.items[0]!.kind === 'symbol' && form.items[0]!.name === 'quote';
}

function keyOf(form: Form): Value {
  return form.kind === 'list' ? formToValue(form.items[1]!) : formToValue(form);
}

/** The names that a pattern binds, with their places, for checks on repeated names. */
export function boundNames(pattern: Form): SymbolForm[] {
  const found: SymbolForm[] = [];
  const open: Form[] = [pattern];
  for (let form = open.pop(); form !== undefined; form = open.pop()) {
    if (form.kind === 'symbol' && form.name !== '_' && form.name !== '&') found.push(form);
    else if (form.kind === 'vector') open.push(...form.items);
    else if (form.kind === 'map') {
      for (let i = 0; i + 1 < form.items.length; i += 2) {
        const key = form.items[i]!;
        if (key.kind === 'keyword' && key.name === 'or') continue;
        open.push(key, form.items[i + 1]!);
      }
    }
  }
  return found.reverse();
}

// --- the shape of patterns ---------------------------------------------------------------------------------------

/** Whether a pattern is well-formed; reports what is wrong, naming the form it stands in. */
export function checkPattern(lowering: Lowering, pattern: Form, head: string): boolean {
  if (pattern.kind === 'symbol' || (pattern.kind === 'vector' && arePlainNames(pattern.items))) return true;
  const problems: { readonly text: string; readonly span: Span }[] = [];
  const open: Form[] = [pattern];
  for (let form = open.pop(); form !== undefined; form = open.pop()) {
    const bad = (text: string, at: Form): void => {
      problems.push({ text, span: at.span });
    };
    if (form.kind === 'vector') vectorParts(form, open, bad);
    else if (form.kind === 'map') mapParts(form, open, bad);
    else if (form.kind !== 'symbol') bad(`${describe(form)} cannot be a pattern`, form);
  }
  for (const { text, span } of problems) {
    lowering.fail('E0211', `malformed \`${head}\` pattern: ${text}`, span, ['a pattern is a name, `[a b & rest]` or `{:keys [a b]}`'], {
      related: span === pattern.span ? [] : [{ span: pattern.span, message: 'in this pattern' }],
    });
  }
  return problems.length === 0;
}

/** Names without any type, rest or part: what most parameters are. */
export function arePlainNames(forms: readonly Form[]): forms is readonly SymbolForm[] {
  for (const form of forms) if (form.kind !== 'symbol' || form.name === '&') return false;
  return true;
}

type Report = (text: string, at: Form) => void;

function vectorParts(pattern: VectorForm, open: Form[], bad: Report): void {
  const { items } = pattern;
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    const next = items[i + 1];
    if (item.kind === 'symbol' && item.name === '&') {
      if (next === undefined) return bad('`&` needs a name after it', item);
      open.push(next);
      i += 1;
      const after = items[i + 1];
      if (after !== undefined && !(after.kind === 'keyword' && after.name === 'as')) return bad('only `:as name` may follow the rest', after);
    } else if (item.kind === 'keyword' && item.name === 'as') {
      if (next === undefined || next.kind !== 'symbol') return bad('`:as` needs a name after it', item);
      if (i + 2 !== items.length) return bad('nothing may follow `:as name`', items[i + 2]!);
      i += 1;
    } else open.push(item);
  }
}

function mapParts(pattern: MapForm, open: Form[], bad: Report): void {
  for (let i = 0; i + 1 < pattern.items.length; i += 2) {
    const key = pattern.items[i]!;
    const value = pattern.items[i + 1]!;
    if (key.kind === 'symbol' && key.name === '&') open.push(value);
    else if (key.kind === 'keyword' && isMapOption(key.name)) mapOption(key, value, bad);
    else if (isKey(key) && isPattern(value)) open.push(value);
    else if (isPattern(key) && isKey(value)) open.push(key);
    else bad(`${describe(key)} and ${describe(value)} are not a key and a pattern`, key);
  }
}

function isMapOption(name: string): boolean {
  return name === 'as' || name === 'or' || name === 'keys' || name === 'strs' || name === 'syms' || name.endsWith('/keys');
}

function mapOption(key: KeywordForm, value: Form, bad: Report): void {
  if (key.name === 'as') {
    if (value.kind !== 'symbol') bad('`:as` needs a name', value);
  } else if (key.name === 'or') {
    if (value.kind !== 'map') return bad('`:or` needs a map of names to defaults', value);
    const wrong = value.items.find((item, index) => index % 2 === 0 && item.kind !== 'symbol' && item.kind !== 'keyword');
    if (wrong !== undefined) bad('`:or` needs names as keys', wrong);
  } else if (value.kind !== 'vector') bad(`\`:${key.name}\` needs a vector of names`, value);
  else {
    const wrong = value.items.find((item) => item.kind !== 'symbol' && item.kind !== 'keyword');
    if (wrong !== undefined) bad(`${describe(wrong)} is not a name`, wrong);
  }
}
