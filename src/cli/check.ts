/** `rtfs check`: everything that is wrong with programs, found without running them. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { diagnosticsToJson } from '../diagnostic/json.ts';
import { arrange } from '../diagnostic/order.ts';
import { renderSummary } from '../diagnostic/render.ts';
import { compile, type Environment } from '../host/compile.ts';
import { ARGUMENTS_VARIABLE, cliEnvironment, INPUT_VARIABLE } from './environment.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { findFiles } from './files.ts';
import type { CheckOptions } from './invocation.ts';
import { report } from './report.ts';
import { originOf, Sources } from './source.ts';
import type { Terminal } from './terminal.ts';

export async function checkCommand(options: CheckOptions, terminal: Terminal): Promise<ExitCode> {
  const { files, problems } = findFiles(options.operands);
  const sources = new Sources(options.modulePaths);
  const environment = cliEnvironment();
  const unreadable = [...problems];
  const findings: Diagnostic[] = [];
  for (const file of files) {
    const source = await sources.read(originOf(file));
    if (source.ok) findings.push(...findingsOf(environment, source.value, sources));
    else unreadable.push(source.error);
  }
  // A module that several files import is found wanting once.
  const all = arrange([...findings, ...unreadable]);
  if (options.json) terminal.out(`${JSON.stringify(diagnosticsToJson(all, sources.lookup))}\n`);
  else {
    report(terminal, all, sources.lookup);
    terminal.error(`${all.length === 0 ? '' : '\n'}${renderSummary(all)} in ${files.length} ${files.length === 1 ? 'file' : 'files'}\n`);
  }
  if (unreadable.length > 0) return EXIT.usage;
  return all.some((one) => one.severity === 'error' || options.denyWarnings) ? EXIT.invalid : EXIT.ok;
}

function findingsOf(environment: Environment, source: { readonly file: string; readonly text: string }, sources: Sources): readonly Diagnostic[] {
  const options = { loadModule: sources.loadModule, variables: [INPUT_VARIABLE, ARGUMENTS_VARIABLE], lint: true };
  return compile(environment, source, options).diagnostics;
}
