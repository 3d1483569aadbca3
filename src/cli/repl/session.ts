/**
 * What a prompt remembers, and how it evaluates one form in the light of it.
 *
 * A program's functions know each other by content, so a new version of one is seen by its callers only when they are
 * compiled again. The session therefore keeps the text of every definition, the latest for each name, and compiles each
 * form together with all of them. What is computed (`(def x (f))`) is not computed again: it stays as the value of a
 * variable, and so do `*1 *2 *3` and `*e`.
 *
 * - S1 A form that does not compile changes nothing.
 * - S2 Definitions count as soon as the form compiles, variables as they were when its run ended, however it ended.
 * - S3 Messages point into the text that the user wrote, never into what was put together here.
 */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import type { SourceLookup } from '../../diagnostic/position.ts';
import type { Limits } from '../../evaluator/limits.ts';
import { compile, type Environment, expanderOf, type Program } from '../../host/compile.ts';
import type { Host } from '../../host/port.ts';
import { expandProgram } from '../../parser/expand.ts';
import type { Form } from '../../parser/form.ts';
import type { Namespace } from '../../parser/namespace.ts';
import { headName, ProgramBuilder } from '../../parser/program.ts';
import { printForm } from '../../parser/print-form.ts';
import { read } from '../../parser/reader.ts';
import type { ErrorValue, Value } from '../../value/value.ts';
import { ARGUMENTS_VARIABLE, INPUT_VARIABLE } from '../environment.ts';
import { type Ending, execute } from '../execution.ts';
import { shownFailure } from '../failure.ts';
import type { Sources } from '../source.ts';
import { Vector } from '../../value/vector.ts';
import { type DefinitionForm, definitionsIn } from './definitions.ts';
import { type Layout, layOut, originalDiagnostic, type Piece } from './layout.ts';

export type Evaluation =
  | { readonly kind: 'value'; readonly value: Value; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'failed'; readonly error: ErrorValue; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'interrupted' };

export interface SessionWorld {
  readonly environment: Environment;
  readonly sources: Sources;
  readonly openHost: () => Promise<Host>;
}

const RESULT_VARIABLES = ['*1', '*2', '*3', '*e'] as const;

export class Session {
  limits: Partial<Limits>;
  private readonly world: SessionWorld;
  /** The latest definition of each name, in the order in which the names came up. */
  private readonly definitions = new Map<string, Piece>();
  private variables = new Map<string, Value>();
  private readonly layouts = new Map<string, Layout['placed']>();
  private latest: Namespace | null = null;
  private count = 0;

  constructor(world: SessionWorld, limits: Partial<Limits>) {
    this.world = world;
    this.limits = limits;
    this.reset();
  }

  reset(): void {
    this.definitions.clear();
    this.latest = null;
    this.variables = new Map<string, Value>([[INPUT_VARIABLE, null], [ARGUMENTS_VARIABLE, Vector.empty()], ...RESULT_VARIABLES.map((name) => [name, null] as const)]);
  }

  readonly lookup: SourceLookup = (file) => this.world.sources.lookup(file);

  /** The user's own names, for completion. */
  names(): readonly string[] {
    return [...this.definitions.keys(), ...this.variables.keys()].filter((name) => !/[\s()]/.test(name));
  }

  /** The meanings of the names as of the last form that compiled. */
  namespace(): Namespace | null {
    return this.latest;
  }

  /** A text's forms, each as a piece of its own. */
  piecesOf(text: string, file: string): { readonly pieces: readonly (Piece & { readonly form: Form })[]; readonly diagnostics: readonly Diagnostic[] } {
    this.world.sources.remember(file, text);
    const { forms, diagnostics } = read(text, file);
    // What stands before a form, its metadata for instance, belongs to it.
    const pieces = forms.map((form, index) => {
      const offset = forms[index - 1]?.span.end ?? 0;
      return { text: text.slice(offset, form.span.end), file, offset, form };
    });
    return { pieces, diagnostics };
  }

  async evaluate(piece: Piece, form: Form, signal: AbortSignal): Promise<Evaluation> {
    const made = definitionsIn(form);
    const layout = layOut([...this.kept(made), piece]);
    const file = `<session ${(this.count += 1)}>`;
    this.layouts.set(file, layout.placed);
    const variables = [...this.variables].filter(([name]) => !made.some((one) => one.isSelfContained && one.name === name));
    const names = variables.map(([name]) => name).filter((name) => name === '/' || !name.includes('/'));
    const { program, diagnostics } = compile(this.world.environment, { file, text: layout.text }, { loadModule: this.world.sources.loadModule, variables: names });
    if (program === null) return { kind: 'invalid', diagnostics: this.original(diagnostics.filter((one) => one.severity === 'error')) };
    this.latest = program.namespace;
    this.keep(program, piece, form, made, layout, file);
    const { openHost } = this.world;
    const ended = await execute({ program, limits: this.limits, variables, openHost, interruptible: (work) => work(signal) });
    // An import has no value: what was evaluated before it is not its business.
    const ending = ended.kind === 'complete' && isDeclaration(form) ? { ...ended, value: null } : ended;
    return this.conclude(ending, this.original(diagnostics).filter((one) => one.span === null || isInside(one, piece)));
  }

  // ── definitions ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** All definitions but those that `made` replaces. */
  private kept(made: readonly DefinitionForm[]): Piece[] {
    const replaced = new Set(made.filter((one) => one.isSelfContained).map((one) => one.name));
    return [...this.definitions].filter(([name]) => !replaced.has(name)).map(([, piece]) => piece);
  }

  private keep(program: Program, piece: Piece, form: Form, made: readonly DefinitionForm[], layout: Layout, file: string): void {
    if (this.isMacroCall(program.namespace, form)) {
      const expanded = this.expanded(layout, file);
      if (expanded !== null) for (const one of definitionsIn(expanded)) this.keepOne(program.namespace, one, { ...piece, text: printForm(one.form) });
      return;
    }
    for (const one of made) {
      const { start, end } = one.form.span;
      const text = piece.text.slice(start - piece.offset, end - piece.offset);
      this.keepOne(program.namespace, one, made.length === 1 && one.form === form ? piece : { text, file: piece.file, offset: start });
    }
  }

  private keepOne(namespace: Namespace, { name }: DefinitionForm, piece: Piece): void {
    const isVariable = namespace.names.get(name)?.kind === 'variable';
    if (isVariable) this.definitions.delete(name);
    else {
      this.definitions.set(name, piece);
      this.variables.delete(name);
    }
  }

  private isMacroCall(namespace: Namespace, form: Form): boolean {
    const head = headName(form);
    return head !== null && namespace.names.get(head)?.kind === 'macro' && definitionsIn(form).length === 0;
  }

  /** The last form of a text with its macros expanded. */
  private expanded(layout: Layout, file: string): Form | null {
    const { environment, sources } = this.world;
    const loadModule = (name: string, from: string): { file: string; forms: Form[]; diagnostics: Diagnostic[] } | null => {
      const source = sources.loadModule(name, from);
      return source === null ? null : { file: source.file, ...read(source.text, source.file) };
    };
    const builder = new ProgramBuilder({ library: environment.library, expander: expanderOf(environment), loadModule, variables: this.variables.keys() });
    const { forms } = read(layout.text, file);
    const { namespace } = builder.build(forms, file);
    return expandProgram(builder, forms.slice(-1), namespace)[0] ?? null;
  }

  // ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private conclude(ending: Ending, warnings: readonly Diagnostic[]): Evaluation {
    for (const [name, value] of ending.state.main.variables) if (!this.definitions.has(name)) this.variables.set(name, value);
    switch (ending.kind) {
      case 'complete':
        this.remember(ending.value);
        return { kind: 'value', value: ending.value, warnings };
      case 'failed':
        this.variables.set('*e', ending.error);
        return { kind: 'failed', error: ending.error, diagnostics: [...warnings, ...this.original([shownFailure(ending.error)])] };
      case 'interrupted':
        return { kind: 'interrupted' };
    }
  }

  private remember(value: Value): void {
    this.variables.set('*3', this.variables.get('*2') ?? null);
    this.variables.set('*2', this.variables.get('*1') ?? null);
    this.variables.set('*1', value);
  }

  private original(diagnostics: readonly Diagnostic[]): Diagnostic[] {
    return diagnostics.map((one) => originalDiagnostic(one, (file) => this.layouts.get(file)));
  }
}

function isInside({ span }: Diagnostic, piece: Piece): boolean {
  return span !== null && span.file === piece.file && span.start >= piece.offset && span.start <= piece.offset + piece.text.length;
}

function isDeclaration(form: Form): boolean {
  const head = headName(form);
  return head === 'import' || head === 'module';
}
