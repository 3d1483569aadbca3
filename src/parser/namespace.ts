/**
 * Names outside definitions: what a name of the program, of a module or of the library stands for.
 *
 * A name is a *definition* when it is bound once, at the top level, to a function or a literal: then it is part of the
 * code and referred to by hash. Otherwise it is a *variable*, whose value is computed while the program runs.
 */
import type { Span } from '../diagnostic/span.ts';
import type { Definition, Node } from '../ir/node.ts';
import type { Value } from '../value/value.ts';
import type { Form, ListForm } from './form.ts';

export type Global = DefinitionGlobal | LiteralGlobal | VariableGlobal | MacroGlobal;

export interface DefinitionGlobal {
  readonly kind: 'definition';
  readonly definition: Definition;
  readonly arities: readonly Arity[];
  readonly span: Span | null;
}

/** A name for a literal: every use is the literal. */
export interface LiteralGlobal {
  readonly kind: 'literal';
  readonly value: Value;
  readonly span: Span | null;
}

export interface VariableGlobal {
  readonly kind: 'variable';
  /** The qualified name, as the machine knows it. */
  readonly name: string;
  readonly span: Span | null;
}

export interface MacroGlobal {
  readonly kind: 'macro';
  readonly name: string;
  readonly definition: Definition;
  readonly span: Span | null;
}

export interface Arity {
  readonly required: number;
  readonly variadic: boolean;
}

/** What the library offers: built once from `stdlib`, the same for every program. */
export interface Library {
  lookup(name: string): LibraryEntry | null;
  names(): Iterable<string>;
}

export type LibraryEntry =
  | { readonly kind: 'primitive'; readonly name: string; readonly min: number; readonly max: number }
  | { readonly kind: 'definition'; readonly definition: Definition; readonly arities: readonly Arity[] };

/** What is written about a name, for `rtfs doc` and editors. */
export interface Documentation {
  readonly name: string;
  readonly kind: 'function' | 'value' | 'macro' | 'struct';
  readonly parameters: readonly string[];
  readonly text: string | null;
  readonly span: Span | null;
}

/** What the program itself says about a name. The texts of parameters are made when somebody asks: hardly anybody does. */
export class OwnDocumentation implements Documentation {
  readonly name: string;
  readonly kind: Documentation['kind'];
  readonly text: string | null;
  readonly span: Span | null;
  /** One for each arity. */
  private readonly vectors: readonly Form[];

  constructor(name: string, kind: Documentation['kind'], vectors: readonly Form[], text: string | null, span: Span | null) {
    this.name = name;
    this.kind = kind;
    this.vectors = vectors;
    this.text = text;
    this.span = span;
  }

  get parameters(): readonly string[] {
    return this.kind === 'struct' ? ['[fields]'] : this.vectors.map(parameterText);
  }
}

function parameterText(params: Form): string {
  if (params.kind !== 'vector') return '[]';
  return `[${params.items.map((item) => (item.kind === 'symbol' ? item.name : item.kind === 'keyword' ? `:${item.name}` : item.kind === 'map' ? '{…}' : '[…]')).join(' ')}]`;
}

export class Namespace {
  /** Null for the program itself. */
  readonly name: string | null;
  readonly names: Map<string, Global> = new Map();
  readonly structs: Map<string, Value> = new Map();
  readonly documentation: Map<string, Documentation> = new Map();
  /** `x` in `x/f` after `(import m :as x)`; a module is also known by its own name once imported. */
  readonly aliases: Map<string, Namespace> = new Map();
  /** Names taken over with `:only`. */
  readonly taken: Map<string, Namespace> = new Map();
  /** Null: everything is public. */
  exports: ReadonlySet<string> | null = null;

  constructor(name: string | null) {
    this.name = name;
  }

  qualify(name: string): string {
    return this.name === null ? name : `${this.name}/${name}`;
  }

  isPublic(name: string): boolean {
    return this.exports === null || this.exports.has(name);
  }
}

/** The pieces of a file after its definitions have been taken out: forms and declarations in order. */
export type TopLevelItem =
  | { readonly kind: 'form'; readonly form: Form; readonly namespace: Namespace }
  | { readonly kind: 'node'; readonly node: Node };

/** Splits `a/b` at the last slash that has something on both sides; null when there is none. */
export function splitQualified(name: string): { readonly prefix: string; readonly base: string } | null {
  const slash = name.lastIndexOf('/');
  if (slash <= 0 || slash === name.length - 1) return null;
  return { prefix: name.slice(0, slash), base: name.slice(slash + 1) };
}

export type Expander = (definition: Definition, args: readonly Value[], form: ListForm) => ExpansionResult;

export type ExpansionResult =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string; readonly limit: boolean };
