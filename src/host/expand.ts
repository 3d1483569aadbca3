/** A program with its macros written out, as text. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { expandProgram } from '../parser/expand.ts';
import { format } from '../parser/format.ts';
import type { Form } from '../parser/form.ts';
import { printForm } from '../parser/print-form.ts';
import { ProgramBuilder } from '../parser/program.ts';
import { read } from '../parser/reader.ts';
import { type CompileOptions, type Environment, expanderOf, type Source } from './compile.ts';

export interface Expansion {
  /** Null when there are errors. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

export function expand(environment: Environment, { file, text }: Source, { loadModule, variables = [] }: Pick<CompileOptions, 'loadModule' | 'variables'> = {}): Expansion {
  const { forms, diagnostics } = read(text, file);
  const builder = new ProgramBuilder({
    library: environment.library,
    expander: expanderOf(environment),
    ...(loadModule === undefined ? {} : { loadModule: (name, from) => {
      const source = loadModule(name, from);
      return source === null ? null : { file: source.file, ...read(source.text, source.file) };
    } }),
    variables,
  });
  const program = builder.build(forms, file);
  const expanded = [...diagnostics, ...program.diagnostics].some(isError) ? [] : expandProgram(builder, forms, program.namespace);
  const found = [...diagnostics, ...builder.diagnostics];
  return { text: found.some(isError) ? null : layOut(expanded, file), diagnostics: found };
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}

/** An empty line between top-level forms, long ones broken into lines. */
function layOut(forms: readonly Form[], file: string): string {
  const text = forms.map(printForm).join('\n\n');
  const formatted = format(text, file);
  return 'text' in formatted ? formatted.text : `${text}\n`;
}
