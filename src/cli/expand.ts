/** `rtfs expand`: the program with its macros written out. */
import type { Environment } from '../host/compile.ts';
import { expanderOf } from '../host/compile.ts';
import { expandProgram } from '../parser/expand.ts';
import { format } from '../parser/format.ts';
import type { Form } from '../parser/form.ts';
import type { LoweredProgram } from '../parser/program.ts';
import { ProgramBuilder } from '../parser/program.ts';
import { printForm } from '../parser/print-form.ts';
import { read } from '../parser/reader.ts';
import { ARGUMENTS_VARIABLE, cliEnvironment, INPUT_VARIABLE } from './environment.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { ExpandOptions } from './invocation.ts';
import { report } from './report.ts';
import { Sources } from './source.ts';
import type { Terminal } from './terminal.ts';

export async function expandCommand(options: ExpandOptions, terminal: Terminal): Promise<ExitCode> {
  const sources = new Sources(options.modulePaths);
  const source = await sources.read(options.origin);
  if (!source.ok) {
    report(terminal, [source.error], sources.lookup);
    return EXIT.usage;
  }
  const { file, text } = source.value;
  const { forms, diagnostics } = read(text, file);
  const builder = builderOf(cliEnvironment(), sources);
  const program = builder.build(forms, file);
  const expanded = [...diagnostics, ...program.diagnostics].some(isError) ? [] : expandProgram(builder, forms, program.namespace);
  const found = [...diagnostics, ...builder.diagnostics];
  report(terminal, found, sources.lookup);
  if (found.some(isError)) return EXIT.invalid;
  terminal.out(layOut(expanded, file));
  return EXIT.ok;
}

function builderOf(environment: Environment, sources: Sources): ProgramBuilder {
  return new ProgramBuilder({
    library: environment.library,
    expander: expanderOf(environment),
    loadModule: (name, from) => {
      const source = sources.loadModule(name, from);
      return source === null ? null : { file: source.file, ...read(source.text, source.file) };
    },
    variables: [INPUT_VARIABLE, ARGUMENTS_VARIABLE],
  });
}

function isError(diagnostic: LoweredProgram['diagnostics'][number]): boolean {
  return diagnostic.severity === 'error';
}

/** An empty line between top-level forms, long ones broken into lines. */
function layOut(forms: readonly Form[], file: string): string {
  const text = forms.map(printForm).join('\n\n');
  const formatted = format(text, file);
  return 'text' in formatted ? formatted.text : `${text}\n`;
}
