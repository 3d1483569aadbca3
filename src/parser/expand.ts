/**
 * A program with every macro call in it replaced by what it stands for: for reading, not for running. What quoting,
 * binding and constants hide from the evaluator is left alone, and a local name hides the macro of that name.
 *
 * To be used on programs that compile: those are not nested so deeply that recursion could hurt.
 */
import type { Form, ListForm, MapForm, SymbolForm, VectorForm } from './form.ts';
import { Lowering } from './lowering.ts';
import { expandFully } from './macro.ts';
import type { Namespace } from './namespace.ts';
import { headName, type ProgramBuilder } from './program.ts';
import { GroupBuilder, findLocal, naming, outermost, type Place, type Scope, UnitBuilder } from './scope.ts';
import { boundNames, readBindings } from './special/pattern.ts';
import { ALWAYS_SPECIAL } from './special/table.ts';

/** The forms of a program that `builder` has built into `namespace`. The definitions of macros are left out. */
export function expandProgram(builder: ProgramBuilder, forms: readonly Form[], namespace: Namespace): Form[] {
  const expansion = new Expansion(builder, namespace);
  return forms.map((form) => expansion.form(form, null)).filter((form) => headName(form) !== 'defmacro');
}

class Expansion {
  private readonly builder: ProgramBuilder;
  private readonly lowering: Lowering;
  private readonly unit = new UnitBuilder(null, new GroupBuilder(null));

  constructor(builder: ProgramBuilder, namespace: Namespace) {
    this.builder = builder;
    this.lowering = new Lowering(builder, namespace);
  }

  form(form: Form, scope: Scope | null): Form {
    switch (form.kind) {
      case 'atom':
      case 'keyword':
      case 'symbol':
        return form;
      case 'vector':
      case 'map':
      case 'set':
        return { ...form, items: this.all(form.items, scope) };
      case 'list': {
        const expanded = expandFully(this.lowering, form, this.place(scope));
        if (expanded !== form) return this.form(expanded, scope);
        const list = form.meta === undefined ? form : { ...form, meta: this.form(form.meta, scope) as MapForm };
        return this.list(list, scope);
      }
    }
  }

  private place(scope: Scope | null): Place {
    return outermost(this.unit, scope);
  }

  private all(forms: readonly Form[], scope: Scope | null): Form[] {
    return forms.map((form) => this.form(form, scope));
  }

  /** The first `count` items as they are, the others expanded. */
  private from(form: ListForm, count: number, scope: Scope | null): ListForm {
    return { ...form, items: [...form.items.slice(0, count), ...this.all(form.items.slice(count), scope)] };
  }

  private list(form: ListForm, scope: Scope | null): Form {
    const head = form.items[0];
    if (head?.kind !== 'symbol') return this.from(form, 0, scope);
    const { name } = head;
    const isCall = !ALWAYS_SPECIAL.has(name) && (findLocal(scope, name) !== null || this.lowering.findGlobal(name) !== null);
    return isCall ? this.from(form, 1, scope) : this.special(name, form, scope);
  }

  private special(name: string, form: ListForm, scope: Scope | null): Form {
    switch (name) {
      case 'quote':
      case 'comment':
      case 'macroexpand':
      case 'macroexpand-1':
      case 'declare':
      case 'defstruct':
      case 'import':
        return form;
      case 'quasiquote':
        return this.from1(form, (item) => this.template(item, 1, scope));
      case 'def':
      case 'defonce':
        return this.from(form, Math.max(2, form.items.length - 1), scope);
      case 'fn':
      case 'λ':
      case 'lambda':
      case 'defn':
      case 'defn-':
      case 'defmacro':
        return { ...form, items: [form.items[0]!, ...this.functionParts(form.items.slice(1), scope)] };
      case 'letfn':
        return this.functions(form, scope);
      case 'let':
      case 'loop':
      case 'when-let':
      case 'when-some':
      case 'for':
      case 'doseq':
      case 'dotimes':
        return this.bindings(form, scope, form.items.length);
      case 'if-let':
      case 'if-some':
        return this.bindings(form, scope, 3);
      case 'catch':
        return this.caught(form, scope);
      case 'match':
        return this.match(form, scope);
      case 'case':
        return this.cases(form, scope);
      case 'as->':
        return this.threadedAs(form, scope);
      case '->':
      case '->>':
        return this.threaded(name, form, scope);
      case 'some->':
      case 'some->>':
      case 'cond->':
      case 'cond->>':
      case 'doto':
        return this.steps(name, form, scope);
      case 'module':
        return this.module(form);
      default:
        return this.from(form, 1, scope);
    }
  }

  private from1(form: ListForm, change: (item: Form) => Form): ListForm {
    return { ...form, items: [form.items[0]!, ...form.items.slice(1).map(change)] };
  }

  private template(form: Form, level: number, scope: Scope | null): Form {
    if (form.kind === 'atom' || form.kind === 'keyword' || form.kind === 'symbol') return form;
    const head = headName(form);
    const isEscape = head === 'unquote' || head === 'unquote-splicing';
    if (isEscape && level === 1) return this.from(form as ListForm, 1, scope);
    const inside = head === 'quasiquote' ? level + 1 : isEscape ? level - 1 : level;
    return { ...form, items: form.items.map((item) => this.template(item, inside, scope)) };
  }

  // ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private bind(scope: Scope | null, names: readonly SymbolForm[]): Scope | null {
    return names.reduce<Scope | null>((parent, { name }) => naming(name, this.unit, 0, parent), scope);
  }

  /** In patterns only the defaults of `:or` are evaluated. */
  private pattern(form: Form, scope: Scope | null): Form {
    if (form.kind === 'vector') return { ...form, items: form.items.map((item) => this.pattern(item, scope)) };
    if (form.kind !== 'map') return form;
    const items = form.items.map((item, index) => {
      const key = form.items[index - 1];
      const isDefaults = index % 2 === 1 && key?.kind === 'keyword' && key.name === 'or' && item.kind === 'map';
      return isDefaults ? this.form(item, scope) : this.pattern(item, scope);
    });
    return { ...form, items };
  }

  /** What follows the head of a function: perhaps a name and a docstring, then parameters and body, once or several times. */
  private functionParts(items: readonly Form[], scope: Scope | null): Form[] {
    const at = items.findIndex((item) => item.kind === 'vector' || headOfArity(item) !== null);
    if (at < 0) return [...items];
    const before = items.slice(0, at);
    const own = before[0]?.kind === 'symbol' ? this.bind(scope, [before[0]]) : scope;
    if (items[at]!.kind === 'vector') return [...before, ...this.arity(items.slice(at), own)];
    return [...before, ...items.slice(at).map((item) => (item.kind === 'list' ? { ...item, items: this.arity(item.items, own) } : item))];
  }

  private arity(items: readonly Form[], scope: Scope | null): Form[] {
    const params = items[0] as VectorForm;
    const within = this.bind(scope, boundNames(params));
    return [this.pattern(params, within), ...this.all(items.slice(1), within)];
  }

  private functions(form: ListForm, scope: Scope | null): Form {
    const vector = form.items[1];
    if (vector?.kind !== 'vector') return form;
    const names = vector.items.flatMap((item) => (item.kind === 'list' && item.items[0]?.kind === 'symbol' ? [item.items[0]] : []));
    const within = this.bind(scope, names);
    const functions = vector.items.map((item) => (item.kind === 'list' ? { ...item, items: this.functionParts(item.items, within) } : item));
    return { ...form, items: [form.items[0]!, { ...vector, items: functions }, ...this.all(form.items.slice(2), within)] };
  }

  /** A form with a vector of bindings; items from `outside` on do not see the names. */
  private bindings(form: ListForm, scope: Scope | null, outside: number): Form {
    const vector = form.items[1];
    const parts = vector?.kind === 'vector' ? splitBindings(vector.items) : null;
    if (parts === null) return this.from(form, 1, scope);
    const { items, scope: within } = this.bindingItems(parts, scope);
    const rest = form.items.slice(2).map((item, index) => this.form(item, index + 2 < outside ? within : scope));
    return { ...form, items: [form.items[0]!, { ...(vector as VectorForm), items }, ...rest] };
  }

  private bindingItems(parts: readonly BindingPart[], outer: Scope | null): { readonly items: Form[]; readonly scope: Scope | null } {
    const items: Form[] = [];
    let scope = outer;
    for (const { pattern, between, value } of parts) {
      if (pattern !== null) {
        items.push(this.pattern(pattern, scope), ...between, this.form(value, scope));
        scope = this.bind(scope, boundNames(pattern));
        continue;
      }
      const nested = isLet(between) && value.kind === 'vector' ? splitBindings(value.items) : null;
      if (nested === null) items.push(...between, this.form(value, scope));
      else {
        const inner = this.bindingItems(nested, scope);
        items.push(...between, { ...(value as VectorForm), items: inner.items });
        ({ scope } = inner);
      }
    }
    return { items, scope };
  }

  private caught(form: ListForm, scope: Scope | null): Form {
    const names = form.items.slice(1, 3).filter((item): item is SymbolForm => item.kind === 'symbol');
    return this.from(form, 2, this.bind(scope, names));
  }

  private match(form: ListForm, scope: Scope | null): Form {
    const items: Form[] = [form.items[0]!];
    if (form.items[1] !== undefined) items.push(this.form(form.items[1], scope));
    let within = scope;
    let isPattern = true;
    for (let i = 2; i < form.items.length; i++) {
      const item = form.items[i]!;
      if (isPattern) {
        items.push(item);
        within = this.bind(scope, namesIn(item));
        isPattern = false;
      } else if (isGuardWord(item)) items.push(item, ...this.all(form.items.slice(++i, i + 1), within));
      else {
        items.push(this.form(item, within));
        isPattern = true;
      }
    }
    return { ...form, items };
  }

  private cases(form: ListForm, scope: Scope | null): Form {
    const last = form.items.length - 1;
    const items = form.items.map((item, index) => {
      const isConstant = index > 1 && index % 2 === 0 && index < last;
      return index === 0 || isConstant ? item : this.form(item, scope);
    });
    return { ...form, items };
  }

  // ── threading ────────────────────────────────────────────────────────────────────────────────────────────────────

  private threadedAs(form: ListForm, scope: Scope | null): Form {
    const [head, value, name, ...steps] = form.items;
    if (value === undefined || name?.kind !== 'symbol') return form;
    return { ...form, items: [head!, this.form(value, scope), name, ...this.all(steps, this.bind(scope, [name]))] };
  }

  private isMacroStep(step: Form, scope: Scope | null): boolean {
    const called: ListForm = step.kind === 'list' ? step : { kind: 'list', items: [step], span: step.span };
    const head = called.items[0];
    if (head?.kind !== 'symbol' || ALWAYS_SPECIAL.has(head.name) || findLocal(scope, head.name) !== null) return false;
    return this.lowering.findGlobal(head.name)?.kind === 'macro';
  }

  /** A macro among the steps gets the value only once it is threaded in: then the whole is written out. */
  private threaded(name: string, form: ListForm, scope: Scope | null): Form {
    const [, first, ...steps] = form.items;
    if (first === undefined || !steps.some((step) => this.isMacroStep(step, scope))) return this.steps(name, form, scope);
    const whole = steps.reduce((value, step) => insert(name, step, value), first);
    return this.form(whole, scope);
  }

  /** Inside each step everything is expanded; a step that is itself a macro becomes a function of the value. */
  private steps(name: string, form: ListForm, scope: Scope | null): Form {
    const isTested = name.startsWith('cond');
    const items = form.items.map((item, index) => {
      if (index === 0) return item;
      if (index === 1 || (isTested && index % 2 === 0)) return this.form(item, scope);
      return this.isMacroStep(item, scope) ? this.macroStep(name, item, scope) : this.step(item, scope);
    });
    return { ...form, items };
  }

  private step(step: Form, scope: Scope | null): Form {
    return step.kind === 'list' && headName(step) !== 'fn' ? this.from(step, 1, scope) : this.form(step, scope);
  }

  private macroStep(name: string, step: Form, scope: Scope | null): Form {
    const { span } = step;
    const value: SymbolForm = { kind: 'symbol', name: `value__${this.builder.nextFresh()}__auto`, span };
    const fn: ListForm = {
      kind: 'list',
      items: [{ kind: 'symbol', name: 'fn', span }, { kind: 'vector', items: [value], span }, insert(name, step, value)],
      span,
    };
    return { kind: 'list', items: [this.form(fn, scope)], span };
  }

  // ── modules ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private module(form: ListForm): Form {
    const name = form.items[1];
    const namespace = name?.kind === 'symbol' ? this.lowering.namespace.aliases.get(name.name) : undefined;
    if (namespace === undefined) return form;
    return { ...form, items: [...form.items.slice(0, 2), ...expandProgram(this.builder, form.items.slice(2), namespace)] };
  }
}

/** The parameters of `([a b] body…)`. */
function headOfArity(form: Form): VectorForm | null {
  return form.kind === 'list' && form.items[0]?.kind === 'vector' ? form.items[0] : null;
}

function isGuardWord(form: Form): boolean {
  return (form.kind === 'symbol' && form.name === 'when') || (form.kind === 'keyword' && (form.name === 'when' || form.name === 'guard'));
}

/** The names of a `match` pattern, and more than those: a word too many only hides a macro. */
function namesIn(pattern: Form): SymbolForm[] {
  if (pattern.kind === 'symbol') return [pattern];
  return pattern.kind === 'atom' || pattern.kind === 'keyword' ? [] : pattern.items.flatMap(namesIn);
}

function insert(name: string, step: Form, value: Form): Form {
  const { span } = step;
  if (step.kind !== 'list' || step.items.length === 0) return { kind: 'list', items: [step, value], span };
  const [head, ...rest] = step.items;
  return { ...step, items: name.endsWith('->>') ? [...step.items, value] : [head!, value, ...rest] };
}

/** A pattern, the annotation after it as it is written, and the value; or `:when`, `:let`, `:while` and what follows. */
interface BindingPart {
  readonly pattern: Form | null;
  readonly between: readonly Form[];
  readonly value: Form;
}

function splitBindings(items: readonly Form[]): BindingPart[] | null {
  const parts: BindingPart[] = [];
  const pairs = readBindings(items);
  for (let i = 0; i < items.length; ) {
    const pair = pairs === null ? onePair(items, i) : pairs[parts.length];
    const start = pair === undefined ? i : i + 1;
    const end = pair === undefined ? i + 1 : items.indexOf(pair.value, start);
    const value = items[end];
    if (value === undefined || end < 0) return null;
    parts.push({ pattern: pair?.pattern ?? null, between: items.slice(start, end), value });
    i = end + 1;
  }
  return parts;
}

/** Undefined for a keyword that stands where a pattern could. */
function onePair(items: readonly Form[], index: number): { readonly pattern: Form; readonly value: Form } | undefined {
  if (items[index]!.kind === 'keyword') return undefined;
  for (const used of [2, 3, 4]) {
    const bindings = index + used <= items.length ? readBindings(items.slice(index, index + used)) : null;
    if (bindings?.length === 1) return bindings[0];
  }
  return undefined;
}

function isLet(words: readonly Form[]): boolean {
  return words[0]?.kind === 'keyword' && words[0].name === 'let';
}
