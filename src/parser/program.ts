/**
 * From the forms of a file to a program: which names are definitions and which are variables, modules and imports,
 * and the order in which everything runs.
 *
 * A first pass walks the top-level forms in order: it expands macros, notes every definition and loads modules. Only
 * then are bodies lowered, so the order of definitions does not matter. Definitions are lowered when they are first
 * needed: a macro may call functions that stand before it.
 */
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import type { Arm, CondClause, Definition, Node, SlotBinding, Unit } from '../ir/node.ts';
import type { Value } from '../value/value.ts';
import type { Form, KeywordForm, ListForm, SymbolForm } from './form.ts';
import { definitionHints, type Hints, passHints } from './hint.ts';
import { ItemStack } from './item-stack.ts';
import { constant, describe, didYouMean, Lowering } from './lowering.ts';
import { applyMacro, type MacroBudget, MACRO_EXPANSIONS_MAX, MACRO_NODES_MAX } from './macro.ts';
import { type Arity, type Documentation, type Expander, type ExpansionResult, type Library, Namespace, OwnDocumentation } from './namespace.ts';
import { defines } from './read-meta.ts';
import { GroupBuilder, outermost, UnitBuilder } from './scope.ts';
import { FunctionSource, PendingDefinition } from './pending.ts';
import { parseStructs, type StructDeclaration } from './struct-form.ts';
import type { TypeEnv } from './type-name.ts';
import { readDef, readStruct, structUnit } from './special/definition.ts';
import { type FunctionShape, isFunctionLiteral, readFunction, required } from './special/function.ts';

export interface ProgramOptions {
  readonly library: Library;
  readonly expander: Expander;
  /** Finds the source of a module; null when there is none. */
  readonly loadModule?: (name: string, from: string) => ModuleSource | null;
  /** Names whose values the host gives at the start (`*input*`, `*args*`, a REPL's earlier variables). */
  readonly variables?: Iterable<string>;
  /** Keys of the host's context that may be written as bare names. */
  readonly contextKeys?: Iterable<string>;
  /** Library sources may use the names that start with `%`. */
  readonly internal?: boolean;
}

export interface ModuleSource {
  readonly file: string;
  readonly forms: readonly Form[];
  readonly diagnostics: readonly Diagnostic[];
  /** As in `Reading`; looked for unless given. */
  readonly definesInside?: boolean;
}

/** What a file became. `main` runs everything in order; its value is the last form's. */
export interface LoweredProgram {
  readonly main: Definition;
  readonly namespace: Namespace;
  readonly definitions: readonly Definition[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Unresolved {
  readonly name: string;
  readonly namespace: Namespace;
  readonly span: Span;
  readonly suggestions: () => readonly string[];
  readonly help: string | null;
}

/** One thing that `main` does, in order. */
interface Item {
  /** Of the namespace where it stands. */
  readonly lowering: Lowering;
  readonly form: Form;
  /** The definition that the form became, unless its name turns out to be a variable. */
  readonly definition: PendingDefinition | null;
}

export class ProgramBuilder {
  readonly diagnostics: Diagnostic[] = [];
  readonly library: Library;
  readonly macroBudget: MacroBudget = { expansions: MACRO_EXPANSIONS_MAX, nodes: MACRO_NODES_MAX };
  readonly contextKeys: ReadonlySet<string>;
  readonly internal: boolean;
  readonly unresolved: Unresolved[] = [];
  /** The nodes of everything that is being lowered. */
  readonly nodes: ItemStack<Node> = new ItemStack<Node>();
  readonly bindings: ItemStack<SlotBinding> = new ItemStack<SlotBinding>();
  readonly clauses: ItemStack<CondClause> = new ItemStack<CondClause>();
  /** Where definitions stand: none of its slots is used. */
  readonly root: UnitBuilder = new UnitBuilder(null, new GroupBuilder(null));
  macroDepth = 0;
  macroLimitReported = false;
  private readonly options: ProgramOptions;
  private readonly items: Item[] = [];
  /** Whether any of their forms may define names inside: else nobody looks for them. */
  private definesInside = false;
  private readonly definitions: PendingDefinition[] = [];
  private readonly structs = new Map<Namespace, readonly StructDeclaration[]>();
  private readonly defined = new Map<Namespace, Set<string>>();
  private readonly definedAgain: { readonly namespace: Namespace; readonly name: string }[] = [];
  private readonly modules = new Map<string, Namespace>();
  private readonly loading: string[] = [];
  private fresh = 0;

  constructor(options: ProgramOptions) {
    this.options = options;
    this.library = options.library;
    this.contextKeys = new Set(options.contextKeys ?? []);
    this.internal = options.internal ?? false;
  }

  // --- what lowering asks for ------------------------------------------------------------------------------------

  nextFresh(): number {
    this.fresh += 1;
    return this.fresh;
  }

  /** What names mean as types in a namespace. */
  typeEnv(namespace: Namespace): TypeEnv {
    return { structs: (name) => this.structType(namespace, name), structNames: () => namespace.structs.keys() };
  }

  structType(namespace: Namespace, name: string): Value | null {
    this.closeStructs(namespace);
    for (const module of namespace.taken.values()) this.closeStructs(module);
    for (const module of namespace.aliases.values()) this.closeStructs(module);
    const own = namespace.structs.get(name) ?? namespace.taken.get(name)?.structs.get(name);
    if (own !== undefined) return own;
    const slash = name.lastIndexOf('/');
    return slash < 0 ? null : (namespace.aliases.get(name.slice(0, slash))?.structs.get(name.slice(slash + 1)) ?? null);
  }

  /** The qualified name of the variable `name`, made known if it is not. */
  variable(namespace: Namespace, name: SymbolForm): string {
    const known = namespace.names.get(name.name);
    if (known?.kind !== 'variable') {
      namespace.names.set(name.name, { kind: 'variable', name: namespace.qualify(name.name), span: name.span });
    }
    return namespace.qualify(name.name);
  }

  aritiesOf(definition: Definition): readonly Arity[] | null {
    if (definition instanceof PendingDefinition) return definition.arities;
    return definition.unit.arms;
  }

  expand(definition: Definition, args: readonly Value[], form: ListForm): ExpansionResult {
    const before = this.diagnostics.length;
    void definition.unit;
    if (this.diagnostics.slice(before).some((one) => one.severity === 'error')) {
      return { ok: false, message: 'its definition has errors', limit: false };
    }
    return this.options.expander(definition, args, form);
  }

  // --- the whole -------------------------------------------------------------------------------------------------

  /** `definesInside`: as in `Reading`, when they come from there. */
  build(forms: readonly Form[], file: string, definesInside: boolean = true): LoweredProgram {
    this.definesInside ||= definesInside;
    const namespace = new Namespace(null);
    for (const name of this.options.variables ?? []) namespace.names.set(name, { kind: 'variable', name, span: null });
    this.loading.push(file);
    this.collectAll(forms, namespace);
    this.findVariables();
    const main = new PendingDefinition('<main>', [{ required: 0, variadic: false }], { build: () => this.mainUnit(file) });
    for (const definition of this.definitions) void definition.unit;
    void main.unit;
    this.reportUnresolved();
    return { main, namespace, definitions: this.definitions, diagnostics: this.diagnostics };
  }

  private mainUnit(file: string): Unit {
    const unit = new UnitBuilder(null, new GroupBuilder(null));
    unit.beginArm();
    const nodes = this.items.map((item) => this.lowerItem(item, unit));
    const span: Span = { file, start: 0, end: 0 };
    const body: Node = nodes.length === 0 ? constant(null, span) : nodes.length === 1 ? nodes[0]! : { kind: 'do', body: nodes, span };
    const arm: Arm = { required: 0, variadic: false, slots: unit.slots, body, span };
    return { name: null, arms: [arm], span };
  }

  private lowerItem(item: Item, unit: UnitBuilder): Node {
    if (item.definition !== null) return { kind: 'definition', definition: item.definition, span: item.form.span };
    const { lowering } = item;
    const head = headName(item.form);
    if (head === 'def' || head === 'defonce') {
      const literal = literalOf(item);
      if (literal !== undefined) return constant(literal, item.form.span);
    }
    // Not even the last one is in tail position: what fails in a function without a place happened here.
    const around = lowering.setAside(null);
    const node = lowering.lower(item.form, outermost(unit));
    lowering.resume(around);
    return node;
  }

  private reportUnresolved(): void {
    const reported = new Set<string>();
    for (const { name, namespace, span, suggestions, help } of this.unresolved) {
      if (namespace.names.get(name)?.kind === 'variable') continue;
      const key = `${name} ${span.file} ${span.start}`;
      if (reported.has(key)) continue;
      reported.add(key);
      const lines = help !== null ? [help] : didYouMean(suggestions());
      this.diagnostics.push(diagnostic('E0201', `undefined name \`${name}\``, span, { help: lines }));
    }
  }

  // --- the first pass ----------------------------------------------------------------------------------------------

  private collectAll(forms: readonly Form[], namespace: Namespace): void {
    const lowering = new Lowering(this, namespace);
    for (const form of forms) this.collect(form, lowering);
  }

  private collect(unexpanded: Form, lowering: Lowering): void {
    const form = this.expandHead(unexpanded, lowering);
    if (form === null) return;
    if (form !== unexpanded) this.definesInside = true;
    const head = headName(form);
    if (form.kind !== 'list' || head === null) {
      this.items.push({ lowering, form, definition: null });
      return;
    }
    switch (head) {
      case 'do':
        if (form.items.length > 1) return this.collectAll(form.items.slice(1).map((one) => passHints(form, one)), lowering.namespace);
        break;
      case 'defn':
      case 'defn-':
        return this.collectFunction(lowering, form);
      case 'def':
      case 'defonce':
        return this.collectDef(lowering, form);
      case 'defstruct':
        return this.collectStruct(lowering, form);
      case 'defmacro':
        return this.collectMacro(lowering, form);
      case 'module':
        return this.collectModule(lowering, form);
      case 'import':
        return this.collectImport(lowering, form);
      default:
    }
    this.items.push({ lowering, form, definition: null });
  }

  /** Expands macro calls until the head is none; null after a report. */
  private expandHead(unexpanded: Form, lowering: Lowering): Form | null {
    let form = unexpanded;
    for (;;) {
      const head = headName(form);
      const global = head === null ? null : lowering.findGlobal(head);
      if (global?.kind !== 'macro') return form;
      const expanded = applyMacro(lowering, global, form as ListForm);
      if (expanded === null) return null;
      form = passHints(form, expanded);
    }
  }

  /** Notes that a name has a definition here; false when it is not the first. */
  private define(namespace: Namespace, name: SymbolForm): boolean {
    let names = this.defined.get(namespace);
    if (names === undefined) {
      names = new Set();
      this.defined.set(namespace, names);
    }
    const before = names.size;
    names.add(name.name);
    const isFirst = names.size > before;
    if (!isFirst) this.definedAgain.push({ namespace, name: name.name });
    return isFirst;
  }

  private pending(name: string, shape: FunctionShape, lowering: Lowering, self: string | null, hints: Hints | null): PendingDefinition {
    const label = lowering.namespace.qualify(name);
    const definition = new PendingDefinition(label, aritiesOf(shape), new FunctionSource(lowering, shape, label, self, hints));
    this.definitions.push(definition);
    return definition;
  }

  private collectFunction(lowering: Lowering, form: ListForm): void {
    const shape = readFunction(lowering, form, 1, true);
    if (shape === null || shape.name === null) return;
    this.collectFunctionOf(lowering, form, shape.name, shape, shape.doc, null);
  }

  private collectFunctionOf(lowering: Lowering, form: ListForm, name: SymbolForm, shape: FunctionShape, doc: string | null, self: string | null): void {
    const { namespace } = lowering;
    const hints = definitionHints(lowering, form);
    const first = this.define(namespace, name);
    const definition = this.pending(name.name, shape, lowering, self, hints);
    if (first) {
      namespace.names.set(name.name, { kind: 'definition', definition, arities: definition.arities, span: name.span });
      this.document(namespace, name, 'function', vectorsOf(shape), doc);
    }
    this.items.push({ lowering, form, definition });
  }

  private collectDef(lowering: Lowering, form: ListForm): void {
    const shape = readDef(lowering, form);
    if (shape === null) return;
    const { namespace } = lowering;
    if (shape.type === null && isFunctionLiteral(shape.value)) {
      const fn = readFunction(lowering, shape.value, 1, false);
      if (fn === null) return;
      return this.collectFunctionOf(lowering, form, shape.name, fn, shape.doc, fn.name?.name ?? null);
    }
    const first = this.define(namespace, shape.name);
    if (first) {
      const literal = shape.type === null ? this.literal(lowering, shape.value) : undefined;
      const { span } = shape.name;
      namespace.names.set(
        shape.name.name,
        literal === undefined
          ? { kind: 'variable', name: namespace.qualify(shape.name.name), span }
          : { kind: 'literal', value: literal, span },
      );
      this.document(namespace, shape.name, 'value', [], shape.doc);
    }
    this.items.push({ lowering, form, definition: null });
  }

  /** The value of a small form that is all literals; undefined for anything else. */
  private literal(lowering: Lowering, form: Form): Value | undefined {
    let size = 0;
    const open: Form[] = [form];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      size += 1;
      if (size > LITERAL_NODES_MAX || at.kind === 'symbol') return undefined;
      if (at.kind === 'list') {
        if (headName(at) !== 'quote') return undefined;
      } else if (at.kind !== 'atom' && at.kind !== 'keyword') open.push(...at.items);
    }
    const node = lowering.lower(form, outermost(this.root));
    return node.kind === 'const' ? node.value : undefined;
  }

  private collectStruct(lowering: Lowering, form: ListForm): void {
    const declaration = readStruct(lowering, form);
    if (declaration === null) return;
    const { namespace } = lowering;
    const name = form.items[1] as SymbolForm;
    const declared = this.structs.get(namespace) ?? [];
    this.structs.set(namespace, [...declared, declaration]);
    const definition = new PendingDefinition(namespace.qualify(name.name), [{ required: 1, variadic: false }], {
      build: () => structUnit(name, this.structType(namespace, name.name)),
    });
    this.definitions.push(definition);
    if (this.define(namespace, name)) {
      namespace.names.set(name.name, { kind: 'definition', definition, arities: definition.arities, span: name.span });
      this.document(namespace, name, 'struct', [], null);
    }
    this.items.push({ lowering, form, definition });
  }

  /** Structs of a namespace may mention each other in any order: their types are made together, when first needed. */
  private closeStructs(namespace: Namespace): void {
    const declared = this.structs.get(namespace);
    if (declared === undefined) return;
    this.structs.delete(namespace);
    const { types, diagnostics } = parseStructs(declared, this.typeEnv(namespace));
    for (const [name, type] of types) namespace.structs.set(name, type);
    this.diagnostics.push(...diagnostics);
  }

  private collectMacro(lowering: Lowering, form: ListForm): void {
    const { namespace } = lowering;
    const shape = readFunction(lowering, form, 1, true);
    if (shape === null || shape.name === null) return;
    const { name } = shape;
    const inMacro = this.macroPending(lowering, name, shape);
    namespace.names.set(name.name, { kind: 'macro', name: name.name, definition: inMacro, span: name.span });
    this.document(namespace, name, 'macro', vectorsOf(shape), shape.doc);
    this.items.push({ lowering, form: { kind: 'atom', value: null, span: form.span }, definition: null });
  }

  private macroPending(lowering: Lowering, name: SymbolForm, shape: FunctionShape): PendingDefinition {
    const definition: PendingDefinition = new PendingDefinition(name.name, [], {
      build: () => {
        this.macroDepth += 1;
        const unit = new FunctionSource(lowering, shape, name.name, null, null).build();
        this.macroDepth -= 1;
        return unit;
      },
    });
    this.definitions.push(definition);
    return definition;
  }

  private document(namespace: Namespace, name: SymbolForm, kind: Documentation['kind'], vectors: readonly Form[], text: string | null): void {
    namespace.documentation.set(name.name, new OwnDocumentation(namespace.qualify(name.name), kind, vectors, text, name.span));
  }

  /** Names defined more than once, or inside other forms, are variables after all. */
  private findVariables(): void {
    for (const { namespace, name } of this.definedAgain) this.makeVariable(namespace, name);
    if (this.definesInside) {
      for (const item of this.items) for (const name of nestedDefinitions(item.form)) this.makeVariable(item.lowering.namespace, name);
    }
    for (let i = 0; i < this.items.length; i++) {
      const item = this.items[i]!;
      if (item.definition === null) continue;
      const name = (item.form as ListForm).items[1] as SymbolForm;
      if (item.lowering.namespace.names.get(name.name)?.kind === 'variable') this.items[i] = { ...item, definition: null };
    }
  }

  private makeVariable(namespace: Namespace, name: string): void {
    const known = namespace.names.get(name);
    if (known?.kind === 'variable' || known?.kind === 'macro') return;
    namespace.names.set(name, { kind: 'variable', name: namespace.qualify(name), span: known?.span ?? null });
  }

  // --- modules -----------------------------------------------------------------------------------------------------

  private collectModule(lowering: Lowering, form: ListForm): void {
    const shape = '(module name (:exports [name …])? definition…)';
    const [, name, ...rest] = form.items;
    if (name === undefined || name.kind !== 'symbol') {
      lowering.malformed(form, 'the name is missing', shape);
      return;
    }
    const known = this.modules.get(name.name);
    if (known !== undefined && known.names.size > 0) {
      lowering.fail('E0215', `the module \`${name.name}\` is defined twice`, name.span);
      return;
    }
    const namespace = known ?? new Namespace(name.name);
    this.modules.set(name.name, namespace);
    // A module of this file can be used by its own name without an import.
    if (!lowering.namespace.aliases.has(name.name)) lowering.namespace.aliases.set(name.name, namespace);
    let body = rest;
    if (body[0]?.kind === 'atom' && typeof body[0].value === 'string') body = body.slice(1);
    const exports = exportsOf(body[0]);
    if (exports === undefined) {
      lowering.malformed(form, '`:exports` needs a vector of names', shape);
      return;
    }
    if (exports !== null) {
      namespace.exports = new Set(exports.map((symbol) => symbol.name));
      body = body.slice(1);
    }
    this.collectAll(body, namespace);
    for (const symbol of exports ?? []) {
      if (!namespace.names.has(symbol.name)) {
        lowering.fail('E0201', `module \`${name.name}\` exports \`${symbol.name}\`, which it does not define`, symbol.span);
      }
    }
  }

  private collectImport(lowering: Lowering, form: ListForm): void {
    const shape = '(import name), (import name :as alias) or (import name :only [a b])';
    const [, name, ...options] = form.items;
    if (name === undefined || name.kind !== 'symbol') {
      lowering.malformed(form, 'the module is missing', shape);
      return;
    }
    const words = options.filter((option, index) => index % 2 === 0 && option.kind === 'keyword').map((option) => (option as KeywordForm).name);
    if (words.includes('as') && words.includes('only')) {
      lowering.malformed(form, '`:as` and `:only` do not go together', shape);
      return;
    }
    const namespace = this.modules.get(name.name) ?? this.load(lowering, name);
    if (namespace === null) return;
    lowering.namespace.aliases.set(name.name, namespace);
    for (let i = 0; i < options.length; i += 2) {
      const option = options[i]!;
      const value = options[i + 1];
      if (option.kind === 'keyword' && option.name === 'as' && value?.kind === 'symbol') lowering.namespace.aliases.set(value.name, namespace);
      else if (option.kind === 'keyword' && option.name === 'only' && value?.kind === 'vector') this.take(lowering, namespace, value.items);
      else {
        lowering.malformed(form, `${describe(option)} is not an option of it`, shape);
        return;
      }
    }
  }

  private take(lowering: Lowering, module: Namespace, names: readonly Form[]): void {
    for (const name of names) {
      if (name.kind !== 'symbol') lowering.fail('E0202', `malformed \`import\`: ${describe(name)} is not a name`, name.span);
      else if (!module.names.has(name.name)) lowering.fail('E0201', `module \`${module.name}\` has no \`${name.name}\``, name.span);
      else if (!module.isPublic(name.name)) lowering.fail('E0214', `\`${name.name}\` is private to module \`${module.name}\``, name.span, [`add it to the module's \`:exports\``]);
      else lowering.namespace.taken.set(name.name, module);
    }
  }

  private load(lowering: Lowering, name: SymbolForm): Namespace | null {
    const from = this.loading[this.loading.length - 1]!;
    const source = this.options.loadModule?.(name.name, from) ?? null;
    if (source === null) {
      const known = [...this.modules.keys()];
      lowering.fail('E0212', `module \`${name.name}\` was not found`, name.span, known.length === 0 ? [`it is looked for in \`${name.name.replaceAll('.', '/')}.rtfs\` beside this file`] : didYouMean(known));
      return null;
    }
    const cycle = this.loading.indexOf(source.file);
    if (cycle >= 0) {
      const path = [...this.loading.slice(cycle), source.file].join(' → ');
      lowering.fail('E0213', `modules import each other in a circle: ${path}`, name.span, ['move what both need into a third module']);
      return null;
    }
    this.diagnostics.push(...source.diagnostics);
    this.definesInside ||= source.definesInside ?? true;
    this.loading.push(source.file);
    const namespace = this.loadForms(name.name, source.forms);
    this.loading.pop();
    return namespace;
  }

  /** A module's file is one `(module …)` form of that name, or plain definitions. */
  private loadForms(name: string, forms: readonly Form[]): Namespace {
    const file = new Namespace(name);
    const wrapped = forms.some((form) => headName(form) === 'module');
    if (!wrapped) this.modules.set(name, file);
    this.collectAll(forms, file);
    const namespace = this.modules.get(name) ?? file;
    this.modules.set(name, namespace);
    return namespace;
  }
}

const LITERAL_NODES_MAX = 64;

/** Those of most functions, one for all. */
const SIMPLE_ARITIES: readonly (readonly Arity[])[] = [0, 1, 2, 3, 4].map((count) => [{ required: count, variadic: false }]);

function aritiesOf({ arms }: FunctionShape): readonly Arity[] {
  const simple = arms.length === 1 && !arms[0]!.isVariadic ? SIMPLE_ARITIES[required(arms[0]!)] : undefined;
  return simple ?? arms.map((arm) => ({ required: required(arm), variadic: arm.isVariadic }));
}

function vectorsOf({ arms }: FunctionShape): readonly Form[] {
  return arms.length === 1 ? [arms[0]!.params] : arms.map(({ params }) => params);
}

export function headName(form: Form): string | null {
  return form.kind === 'list' && form.items[0]?.kind === 'symbol' ? form.items[0].name : null;
}

/** What the name that the form defines stands for, when that is known beforehand. */
function literalOf({ form, lowering }: Item): Value | undefined {
  const name = (form as ListForm).items[1];
  if (name?.kind !== 'symbol') return undefined;
  const global = lowering.namespace.names.get(name.name);
  return global?.kind === 'literal' ? global.value : undefined;
}

/** Null when there is no `(:exports …)`, undefined when it is malformed. */
function exportsOf(form: Form | undefined): readonly SymbolForm[] | null | undefined {
  if (form?.kind !== 'list' || form.items[0]?.kind !== 'keyword' || form.items[0].name !== 'exports') return null;
  const names = form.items[1];
  if (names?.kind !== 'vector' || form.items.length !== 2) return undefined;
  const symbols = names.items.filter((item): item is SymbolForm => item.kind === 'symbol');
  return symbols.length === names.items.length ? symbols : undefined;
}

/** Names that forms inside `form` define when they run. */
function nestedDefinitions(form: Form): string[] {
  const names: string[] = [];
  if (form.kind === 'atom' || form.kind === 'keyword' || form.kind === 'symbol') return names;
  const open: CollectionForm[] = [];
  pushCollections(form.items, open);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const head = headName(at);
    if (head === 'quote' || head === 'quasiquote') continue;
    if (at.kind === 'list' && defines(at.items)) names.push((at.items[1] as SymbolForm).name);
    pushCollections(at.items, open);
  }
  return names;
}

type CollectionForm = Extract<Form, { readonly items: readonly Form[] }>;

function pushCollections(items: readonly Form[], open: CollectionForm[]): void {
  for (const item of items) if (item.kind !== 'symbol' && item.kind !== 'keyword' && item.kind !== 'atom') open.push(item);
}
