/**
 * From text to a program that the kernel can start. This is the one place where the parser meets the evaluator: macro
 * expansion gets the evaluator as an argument.
 */
import { lintAnnotations } from '../check/annotations.ts';
import { lint } from '../check/lint.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { CodeTable } from '../evaluator/code.ts';
import { start, type StartOptions } from '../evaluator/kernel.ts';
import { primitiveTable } from '../evaluator/primitives/all.ts';
import type { RegexEngine } from '../evaluator/primitives/regex-engine.ts';
import type { PrimitiveTable } from '../evaluator/primitives/registry.ts';
import type { Advance } from '../evaluator/state.ts';
import type { Tier } from '../evaluator/tier.ts';
import { tierMaker, type TierName } from './code-generation.ts';
import { hashDefinitions } from '../ir/hash.ts';
import { type LibraryImage, LoadedLibrary } from '../ir/image.ts';
import type { Definition } from '../ir/node.ts';
import type { Expander, Namespace } from '../parser/namespace.ts';
import { type ModuleSource, ProgramBuilder } from '../parser/program.ts';
import { read } from '../parser/reader.ts';

/** The library and the primitives: made once, shared by everything that compiles and runs. */
export interface Environment {
  readonly library: LoadedLibrary;
  readonly primitives: PrimitiveTable;
  /** Makes the compiled tier of a program's code; left out where everything runs on the machine. */
  readonly newTier?: (table: CodeTable) => Tier;
}

export interface Source {
  readonly file: string;
  readonly text: string;
}

export interface CompileOptions {
  /** The source of a module by its dotted name, seen from the file that imports it. */
  readonly loadModule?: (name: string, from: string) => Source | null;
  readonly variables?: Iterable<string>;
  readonly contextKeys?: Iterable<string>;
  /** Also look for code that is probably not what was meant; such findings are warnings. */
  readonly lint?: boolean;
}

export interface Program {
  readonly main: Definition;
  readonly table: CodeTable;
  readonly namespace: Namespace;
  /** All definitions of the program, for storing its code. */
  readonly definitions: readonly Definition[];
  /** The content hash of what runs. */
  readonly hash: string;
}

export interface Compilation {
  /** Null when there are errors. */
  readonly program: Program | null;
  readonly diagnostics: readonly Diagnostic[];
}

export interface EnvironmentOptions {
  /** How code runs; the results are the same. Default: `auto`. */
  readonly tier?: TierName;
}

export function createEnvironment(image: LibraryImage, regex: RegexEngine, options: EnvironmentOptions = {}): Environment {
  const newTier = tierMaker(options.tier);
  return { library: new LoadedLibrary(image), primitives: primitiveTable(regex), ...(newTier === undefined ? {} : { newTier }) };
}

export function compile(environment: Environment, source: Source, options: CompileOptions = {}): Compilation {
  const table = newTable(environment);
  table.addSource(source.file, source.text);
  const { forms, diagnostics, definesInside } = read(source.text, source.file);
  const builder = new ProgramBuilder({
    library: environment.library,
    expander: expanderOf(environment),
    ...(options.loadModule === undefined ? {} : { loadModule: moduleLoader(options.loadModule, table) }),
    variables: options.variables ?? [],
    contextKeys: options.contextKeys ?? [],
  });
  const program = builder.build(forms, source.file, definesInside);
  const definitions = [program.main, ...program.definitions];
  const findings = options.lint === true ? [...lint(definitions), ...lintAnnotations(definitions)] : [];
  const all = [...diagnostics, ...program.diagnostics, ...findings];
  if (all.some((one) => one.severity === 'error')) return { program: null, diagnostics: all };
  hashDefinitions(definitions);
  table.add(definitions);
  return {
    program: { main: program.main, table, namespace: program.namespace, definitions: program.definitions, hash: program.main.group },
    diagnostics: all,
  };
}

export function startProgram(program: Program, options: StartOptions = {}): Advance {
  return start(program.table, program.table.closureOf(program.main), [], options);
}

export function newTable(environment: Environment): CodeTable {
  return new CodeTable(environment.primitives, (group) => environment.library.group(group), environment.newTier);
}

function moduleLoader(load: (name: string, from: string) => Source | null, table: CodeTable): (name: string, from: string) => ModuleSource | null {
  return (name, from) => {
    const source = load(name, from);
    if (source === null) return null;
    table.addSource(source.file, source.text);
    return { file: source.file, ...read(source.text, source.file) };
  };
}

/** What one expansion may cost. */
const EXPANSION_LIMITS = { fuel: 20_000_000, allocation: 20_000_000, depth: 100_000 };

/** Runs macros on a table of their own: their code is not part of the program. */
export function expanderOf(environment: Environment): Expander {
  let table: CodeTable | null = null;
  return (definition, args) => {
    table ??= newTable(environment);
    const { outcome } = start(table, table.closureOf(definition), args, { limits: EXPANSION_LIMITS });
    switch (outcome.kind) {
      case 'complete':
        return { ok: true, value: outcome.value };
      case 'failed':
        return { ok: false, message: outcome.error.message, limit: outcome.error.type.name === 'error/budget' };
      default:
        return { ok: false, message: 'a macro cannot call capabilities', limit: false };
    }
  };
}
