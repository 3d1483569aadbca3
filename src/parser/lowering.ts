/**
 * Lowering: forms to IR. This file owns the walk itself: what a symbol, a literal and a list mean at a place. Each
 * special form has its own function in `special/`; they all receive the `Lowering`, the form and the place.
 *
 * A malformed form is reported and becomes the constant nil, so that one run finds all errors it can.
 */
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import type { Code } from '../diagnostic/codes.ts';
import type { Span } from '../diagnostic/span.ts';
import { suggest } from '../diagnostic/suggest.ts';
import type { CallNode, CondClause, Node, PrimitiveCallNode, SlotBinding } from '../ir/node.ts';
import { keyword, type Value } from '../value/value.ts';
import { List } from '../value/list.ts';
import { MapValue } from '../value/map.ts';
import { SetValue } from '../value/set.ts';
import { Vector } from '../value/vector.ts';
import { plainValue } from './datum.ts';
import type { Form, ListForm, SymbolForm } from './form.ts';
import { bindHints, hasHints, type HintedForm, type Hints, isFixed, takeHints, within as withinHints } from './hint.ts';
import type { ItemStack } from './item-stack.ts';
import { expandMacro, type MacroBudget } from './macro.ts';
import { type Arity, type Global, type Library, type LibraryEntry, type Namespace, splitQualified } from './namespace.ts';
import type { ProgramBuilder } from './program.ts';
import { findLocal, inner, type Place, referTo, type Scope, visibleNames } from './scope.ts';
import { annotationType } from './special/pattern.ts';
import { ALWAYS_SPECIAL, INTERNAL_FORMS, SPECIAL_FORMS } from './special/table.ts';
import { foreignHelp } from './foreign.ts';

/** Nesting of code beyond this is refused: everything that walks code may then recurse. */
export const NESTING_MAX = 500;

/** Literals that are nested no deeper are not walked part by part. */
const PLAIN_LEVELS = 4;

/** Symbols that start with this are names of the library, whatever the program calls its own things. */
export const LIBRARY_PREFIX = '\u0000';

interface Surroundings {
  readonly hints: Hints | null;
  readonly depth: number;
}

export class Lowering {
  readonly program: ProgramBuilder;
  readonly namespace: Namespace;
  readonly diagnostics: Diagnostic[];
  readonly library: Library;
  readonly macroBudget: MacroBudget;
  /** Of the forms around the place that is being lowered. */
  hints: Hints | null = null;
  /** How many forms are around the place that is being lowered: what would overflow is refused. */
  depth = 0;
  readonly bindings: ItemStack<SlotBinding>;
  readonly clauses: ItemStack<CondClause>;
  private readonly nodes: ItemStack<Node>;

  constructor(program: ProgramBuilder, namespace: Namespace) {
    this.program = program;
    this.namespace = namespace;
    this.diagnostics = program.diagnostics;
    this.library = program.library;
    this.macroBudget = program.macroBudget;
    this.nodes = program.nodes;
    this.bindings = program.bindings;
    this.clauses = program.clauses;
  }

  /**
   * What comes next stands at the top, with these hints around it: a definition may be asked for in the middle of something else.
   * Gives what `resume` needs.
   */
  setAside(hints: Hints | null): Surroundings {
    const { hints: before, depth } = this;
    this.hints = hints;
    this.depth = 0;
    return { hints: before, depth };
  }

  resume({ hints, depth }: Surroundings): void {
    this.hints = hints;
    this.depth = depth;
  }

  // --- the walk -----------------------------------------------------------------------------------------------

  lower(form: Form, place: Place): Node {
    switch (form.kind) {
      case 'atom':
        return { kind: 'const', value: form.value, span: form.span };
      case 'keyword':
        if (form.name === '') return this.fail('E0108', 'a `:` on its own means something only before a type', form.span);
        return { kind: 'const', value: keyword(form.name), span: form.span };
      case 'symbol':
        return this.symbol(form, place);
      case 'vector':
        return hasHints(form.meta) ? this.hinted(form, place) : (this.plain(form) ?? this.vector(form.items, form.span, place));
      case 'map':
        return hasHints(form.meta) ? this.hinted(form, place) : (this.plain(form) ?? this.map(form.items, form.span, place));
      case 'set':
        return hasHints(form.meta) ? this.hinted(form, place) : (this.plain(form) ?? this.set(form.items, form.span, place));
      case 'list':
        return this.list(form, place);
    }
  }

  /** Several forms in a row, from item `from` on; the last one's value counts, nil when there is none. */
  body(forms: readonly Form[], place: Place, span: Span, from: number = 0): Node {
    const last = forms.length - 1;
    if (last < from) return constant(null, span);
    if (last === from) return this.lower(forms[last]!, place);
    return { kind: 'do', body: this.sequence(forms, place, from), span };
  }

  /** Forms, from item `from` on, of which only the last one may be in tail position. */
  sequence(forms: readonly Form[], place: Place, from: number): Node[] {
    const { nodes } = this;
    const start = nodes.size;
    const last = forms.length - 1;
    for (let i = from; i <= last; i++) nodes.push(this.lower(forms[i]!, i === last ? place : inner(place)));
    return nodes.take(start);
  }

  private list(form: ListForm, place: Place): Node {
    if (this.depth > NESTING_MAX) {
      return this.fail('E0210', `this code is nested more than ${NESTING_MAX} deep`, form.span, ['name parts of it with `let` or `defn`']);
    }
    if (hasHints(form.meta)) return this.hinted(form, place);
    const head = form.items[0];
    if (head === undefined) return constant(EMPTY, form.span);
    if (head.kind === 'atom') this.warnNotCallable(head);
    this.depth += 1;
    const node = head.kind === 'symbol' ? this.listWithSymbol(form, head, place) : this.call(form, place);
    this.depth -= 1;
    return node;
  }

  private listWithSymbol(form: ListForm, head: SymbolForm, place: Place): Node {
    const name = head.name;
    const always = ALWAYS_SPECIAL.get(name);
    if (always !== undefined) return always(this, form, place);
    if (findLocal(place.scope, name) !== null) return this.call(form, place);
    const own = this.findGlobal(name);
    if (own !== null) {
      if (own.kind === 'macro') return expandMacro(this, own, form, place);
      return this.call(form, place);
    }
    const fromLibrary = name.startsWith(LIBRARY_PREFIX);
    const plain = fromLibrary ? name.slice(1) : name;
    const special = SPECIAL_FORMS.get(plain) ?? (fromLibrary || this.program.internal ? INTERNAL_FORMS.get(plain) : undefined);
    if (special !== undefined) return special(this, form, place);
    if (name.startsWith('.') && name.length > 1) {
      const method: SymbolForm = { kind: 'symbol', name: name.slice(1), span: head.span };
      return this.list({ ...form, items: [method, ...form.items.slice(1)] }, place);
    }
    return this.call(form, place);
  }

  /** A form that says how the calls inside it shall be made. */
  private hinted(form: HintedForm, place: Place): Node {
    const { hints, rest } = takeHints(this, form);
    if (!hints.every((hint) => isFixed(hint.value))) return this.lower(bindHints(this, rest, hints), place);
    const outer = this.hints;
    this.hints = hints.length === 0 ? outer : withinHints(outer, hints);
    const node = this.lower(rest, place);
    this.hints = outer;
    return node;
  }

  // --- names --------------------------------------------------------------------------------------------------

  private symbol(form: SymbolForm, place: Place): Node {
    const local = findLocal(place.scope, form.name);
    if (local !== null) return this.local(local, form, place);
    return this.global(form, place);
  }

  private local(local: Scope, form: SymbolForm, place: Place): Node {
    if (local.member !== null && !local.member.ready && place.unit === local.owner) {
      return this.fail('E0216', `\`${form.name}\` is used before it can exist`, form.span, [
        `it needs functions that are bound after this place; move them before it`,
      ]);
    }
    return referTo(place.unit, local, form.span);
  }

  private global(form: SymbolForm, place: Place): Node {
    const { name, span } = form;
    const own = this.findGlobal(name);
    if (own !== null) return this.globalNode(own, form);
    const entry = this.libraryEntry(name);
    if (entry !== null) return libraryNode(entry, span);
    const contextual = this.contextual(name, span);
    if (contextual !== null) return contextual;
    if (ALWAYS_SPECIAL.has(name) || SPECIAL_FORMS.has(name)) {
      return this.fail('E0202', `\`${name}\` is a special form, not a value`, span, [`write it at the head of a list: \`(${name} …)\``]);
    }
    return this.undefinedName(form, place);
  }

  /** Names that the host knows: `plan-id` and its like, and `a.b`-style references made explicit by the host. */
  private contextual(name: string, span: Span): Node | null {
    if (!this.program.contextKeys.has(name)) return null;
    return { kind: 'context-get', key: constant(keyword(name), span), otherwise: null, span };
  }

  private globalNode(global: Global, form: SymbolForm): Node {
    const span = form.span;
    switch (global.kind) {
      case 'definition':
        return { kind: 'definition', definition: global.definition, span };
      case 'literal':
        return constant(global.value, span);
      case 'variable':
        return { kind: 'var', name: global.name, span };
      case 'macro':
        return this.fail('E0202', `\`${form.name}\` is a macro, not a value`, span, ['wrap it in a function: `(fn [x] (' + form.name + ' x))`']);
    }
  }

  /** The program's own meaning of a name: this namespace, what it imported, or an imported module's public name. */
  findGlobal(name: string): Global | null {
    const own = this.namespace.names.get(name);
    if (own !== undefined) return own;
    if (this.namespace.taken.size === 0 && this.namespace.aliases.size === 0) return null; // no imports
    const taken = this.namespace.taken.get(name);
    if (taken !== undefined) return taken.names.get(name) ?? null;
    const qualified = splitQualified(name);
    if (qualified === null) return null;
    const module = this.namespace.aliases.get(qualified.prefix);
    if (module === undefined || !module.isPublic(qualified.base)) return null;
    return module.names.get(qualified.base) ?? null;
  }

  libraryEntry(name: string): LibraryEntry | null {
    if (name.startsWith(LIBRARY_PREFIX)) return this.library.lookup(name.slice(1));
    if (name.startsWith('%') && !this.program.internal) return null;
    return this.library.lookup(name);
  }

  /** Whether a name means something outside of all local scopes. */
  isKnown(name: string): boolean {
    return this.findGlobal(name) !== null || this.libraryEntry(name) !== null || this.program.contextKeys.has(name);
  }

  private undefinedName(form: SymbolForm, place: Place): Node {
    const { name, span } = form;
    const qualified = splitQualified(name);
    const module = qualified === null ? undefined : this.namespace.aliases.get(qualified.prefix);
    if (qualified !== null && module !== undefined) return this.missingFromModule(module, qualified.base, span);
    const candidates = (): readonly string[] => this.suggestions(name, place);
    // A name may still turn out to be a variable that a macro defines later on: the program decides at the end.
    this.program.unresolved.push({ name, namespace: this.namespace, span, suggestions: candidates, help: foreignHelp(name) });
    return { kind: 'var', name: this.namespace.qualify(name), span };
  }

  private missingFromModule(module: Namespace, base: string, span: Span): Node {
    if (module.names.has(base)) {
      return this.fail('E0214', `\`${base}\` is private to module \`${module.name}\``, span, [`add it to the module's \`:exports\``]);
    }
    const names = [...module.names.keys()].filter((name) => module.isPublic(name));
    return this.fail('E0201', `module \`${module.name}\` has no \`${base}\``, span, didYouMean(suggest(base, names)));
  }

  private suggestions(name: string, place: Place): readonly string[] {
    const candidates = new Set<string>(visibleNames(place.scope));
    for (const own of this.namespace.names.keys()) candidates.add(own);
    for (const [alias, module] of this.namespace.aliases) {
      for (const base of module.names.keys()) if (module.isPublic(base)) candidates.add(`${alias}/${base}`);
    }
    for (const known of this.library.names()) if (!known.startsWith('%')) candidates.add(known);
    for (const special of [...ALWAYS_SPECIAL.keys(), ...SPECIAL_FORMS.keys()]) candidates.add(special);
    return suggest(name, [...candidates].filter((candidate) => !candidate.startsWith(LIBRARY_PREFIX)));
  }

  // --- literals -----------------------------------------------------------------------------------------------

  /** A literal as it is, without a node for each of its parts. */
  private plain(form: Form): Node | null {
    const value = this.depth + PLAIN_LEVELS > NESTING_MAX ? undefined : plainValue(form, PLAIN_LEVELS);
    return value === undefined ? null : constant(value, form.span);
  }

  private vector(items: readonly Form[], span: Span, place: Place): Node {
    const nodes = this.values(items, place, span);
    const values = constants(nodes);
    return values === null ? primitive('vector', nodes, span) : constant(Vector.adopt(values), span);
  }

  private map(items: readonly Form[], span: Span, place: Place): Node {
    const nodes = this.values(items, place, span);
    this.refuseRepeated(nodes, 2, 'key');
    const values = constants(nodes);
    return values === null ? primitive('hash-map', nodes, span) : constant(MapValue.of(...values), span);
  }

  private set(items: readonly Form[], span: Span, place: Place): Node {
    const nodes = this.values(items, place, span);
    this.refuseRepeated(nodes, 1, 'element');
    const values = constants(nodes);
    return values === null ? primitive('hash-set', nodes, span) : constant(SetValue.from(values), span);
  }

  /** The reader sees repeated atoms; literals that are collections are told apart here. */
  private refuseRepeated(nodes: readonly Node[], step: 1 | 2, what: string): void {
    let seen: SetValue | null = null;
    for (let i = 0; i < nodes.length; i += step) {
      const node = nodes[i]!;
      if (node.kind !== 'const' || typeof node.value !== 'object' || node.value === null || node.value.kind === 'keyword') continue;
      seen ??= SetValue.empty();
      if (seen.has(node.value)) this.fail('E0110', `this ${what} stands twice in one literal`, node.span ?? { file: '', start: 0, end: 0 });
      seen = seen.add(node.value);
    }
  }

  /** Forms, from item `from` on, whose values are all used: none is in tail position. */
  values(forms: readonly Form[], place: Place, span: Span, from: number = 0): Node[] {
    if (this.depth > NESTING_MAX) {
      this.fail('E0210', `this code is nested more than ${NESTING_MAX} deep`, span, ['quote data that is not code']);
      return [];
    }
    const within = inner(place);
    const { nodes } = this;
    const start = nodes.size;
    this.depth += 1;
    for (let i = from; i < forms.length; i++) nodes.push(this.lower(forms[i]!, within));
    this.depth -= 1;
    return nodes.take(start);
  }

  // --- calls --------------------------------------------------------------------------------------------------

  private call(form: ListForm, place: Place): Node {
    const head = form.items[0]!;
    const args = this.values(form.items, place, form.span, 1);
    if (head.kind === 'keyword') return this.keywordCall(head.name, args, form.span);
    const fn = head.kind === 'symbol' ? this.symbol(head, place) : this.lower(head, inner(place));
    return this.callNode(fn, args, place, form.span);
  }

  private keywordCall(name: string, args: Node[], span: Span): Node {
    const key = constant(keyword(name), span);
    if (args.length < 1 || args.length > 2) {
      this.warnArity(`:${name}`, args.length, [{ required: 1, variadic: false }, { required: 2, variadic: false }], span);
      return { kind: 'call', fn: key, args, tail: false, span };
    }
    return primitive('%keyword-get', args.length === 1 ? [args[0]!, key] : [args[0]!, key, args[1]!], span);
  }

  /** A call of `fn`: of a primitive directly when the number of arguments fits, so that it cannot suspend. */
  callNode(fn: Node, args: Node[], place: Place, span: Span): CallNode | PrimitiveCallNode {
    if (fn.kind === 'primitive') {
      const entry = this.library.lookup(fn.name);
      if (entry !== null && entry.kind === 'primitive') {
        if (args.length > 2 && args.length <= FOLD_MAX && FOLDED.has(fn.name)) return fold(fn.name, args, span);
        if (args.length >= entry.min && args.length <= entry.max) return primitive(fn.name, args, span);
        this.warnArity(fn.name, args.length, primitiveArities(entry.min, entry.max), span);
      }
    }
    if (fn.kind === 'definition') this.checkArity(fn.definition.name, args.length, this.program.aritiesOf(fn.definition), span);
    return { kind: 'call', fn, args, tail: place.tail, span };
  }

  private checkArity(name: string, count: number, arities: readonly Arity[] | null, span: Span): void {
    if (arities === null) return;
    for (const arity of arities) if (count === arity.required || (arity.variadic && count >= arity.required)) return;
    this.warnArity(name, count, arities, span);
  }

  private warnNotCallable(head: Form): void {
    this.diagnostics.push(
      diagnostic('W0607', `${describe(head)} cannot be called`, head.span, {
        severity: 'warning',
        help: ['this call will fail when it is reached; a list of data is written `(list …)`, `\'(…)` or `[…]`'],
      }),
    );
  }

  private warnArity(name: string, count: number, arities: readonly Arity[], span: Span): void {
    this.diagnostics.push(
      diagnostic('W0602', `\`${name}\` is called with ${count} ${count === 1 ? 'argument' : 'arguments'}`, span, {
        severity: 'warning',
        expected: arityText(arities),
        help: ['this call will fail when it is reached'],
      }),
    );
  }

  // --- helpers for special forms --------------------------------------------------------------------------------

  /** Reports an error; the form becomes nil. */
  fail(code: Code, message: string, span: Span, help: readonly string[] = [], more: Partial<Diagnostic> = {}): Node {
    this.diagnostics.push(diagnostic(code, message, span, { help, ...more }));
    return constant(null, span);
  }

  /** Reports that `form` is not written as its special form must be. */
  malformed(form: ListForm, problem: string, shape: string): Node {
    const head = form.items[0];
    const name = head !== undefined && head.kind === 'symbol' ? head.name : 'form';
    return this.fail('E0202', `malformed \`${name}\`: ${problem}`, form.span, [`the form is \`${shape}\``]);
  }

  /** The type that an annotation means; null after a report. */
  typeOf(form: Form): Value | null {
    return annotationType(this, form);
  }

  /** A name that no source text can contain. */
  fresh(base: string, span: Span): SymbolForm {
    return { kind: 'symbol', name: `${base} ${this.program.nextFresh()}`, span };
  }
}

const EMPTY: Value = List.empty();

export function constant(value: Value, span: Span | null): Node {
  return { kind: 'const', value, span };
}

export function primitive(name: string, args: readonly Node[], span: Span | null): PrimitiveCallNode {
  return { kind: 'primitive-call', name, args, span };
}

function libraryNode(entry: LibraryEntry, span: Span): Node {
  return entry.kind === 'primitive' ? { kind: 'primitive', name: entry.name, span } : { kind: 'definition', definition: entry.definition, span };
}

export function didYouMean(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`did you mean ${names.map((name) => `\`${name}\``).join(' or ')}?`];
}

/** Operations for which `(f a b c)` is `(f (f a b) c)`, errors included. */
const FOLDED: ReadonlySet<string> = new Set(['+', '-', '*']);

/** Longer sums stay one call: folding nests. */
const FOLD_MAX = 8;

function fold(name: string, args: readonly Node[], span: Span): PrimitiveCallNode {
  // Arguments are evaluated before anything is added: only plain ones may stand inside the sums.
  if (!args.every((arg) => arg.kind === 'local' || arg.kind === 'const' || arg.kind === 'capture')) return primitive(name, args, span);
  const [first, second, ...rest] = args;
  return rest.reduce((sum, arg) => primitive(name, [sum, arg], span), primitive(name, [first!, second!], span));
}

function constants(nodes: readonly Node[]): Value[] | null {
  return nodes.every((node) => node.kind === 'const') ? nodes.map((node) => node.value) : null;
}

function primitiveArities(min: number, max: number): Arity[] {
  if (max === Number.POSITIVE_INFINITY) return [{ required: min, variadic: true }];
  const arities: Arity[] = [];
  for (let count = min; count <= max; count++) arities.push({ required: count, variadic: false });
  return arities;
}

export function arityText(arities: readonly Arity[]): string {
  const texts = arities.map((arity) => (arity.variadic ? `at least ${arity.required}` : `${arity.required}`));
  return texts.length === 1 ? texts[0]! : `${texts.slice(0, -1).join(', ')} or ${texts[texts.length - 1]!}`;
}

export function describe(form: Form): string {
  switch (form.kind) {
    case 'atom':
      return form.value === null ? 'nil' : typeof form.value === 'string' ? 'a string' : typeof form.value === 'boolean' ? `${form.value}` : 'a number';
    case 'keyword':
      return `the keyword :${form.name}`;
    case 'symbol':
      return `the name \`${form.name}\``;
    default:
      return `a ${form.kind}`;
  }
}
