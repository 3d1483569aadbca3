/** `rtfs expand`: the program with its macros written out. */
import { expand } from '../host/expand.ts';
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
  const { text, diagnostics } = expand(cliEnvironment(), source.value, { loadModule: sources.loadModule, variables: [INPUT_VARIABLE, ARGUMENTS_VARIABLE] });
  report(terminal, diagnostics, sources.lookup);
  if (text === null) return EXIT.invalid;
  terminal.out(text);
  return EXIT.ok;
}
