/** `rtfs test`: programs with their expected results beside them, run and compared. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Environment } from '../host/compile.ts';
import { checkExpectation, type Expectation, type Mode, MODES, readConformance } from '../host/conformance.ts';
import { cliEnvironment } from './environment.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { findFiles } from './files.ts';
import type { TestOptions } from './invocation.ts';
import { report } from './report.ts';
import { originOf, Sources } from './source.ts';
import type { Terminal } from './terminal.ts';

interface Failure {
  readonly file: string;
  readonly line: number;
  readonly section: string | null;
  readonly form: string;
  readonly mode: Mode;
  readonly problem: string;
}

/** Nothing interrupts an expectation that never ends but the end of the process: Ctrl-C is left to do just that. */
export async function testCommand(options: TestOptions, terminal: Terminal): Promise<ExitCode> {
  const { files, problems } = findFiles(options.operands.length === 0 ? ['.'] : options.operands);
  const sources = new Sources();
  const environment = cliEnvironment();
  const modes = options.mode === 'all' ? MODES : [options.mode as Mode];
  const unreadable: Diagnostic[] = [...problems];
  const failures: Failure[] = [];
  let passed = 0;
  for (const file of files) {
    const source = await sources.read(originOf(file));
    if (!source.ok) {
      unreadable.push(source.error);
      continue;
    }
    const expectations = readConformance(source.value.text, source.value.file);
    if (expectations.length === 0 && options.operands.includes(file)) terminal.error(`${file} states no expectations\n`);
    for (const expectation of expectations) {
      const failed = failuresOf(environment, source.value.file, expectation, modes);
      if (failed.length === 0) passed += 1;
      else failures.push(failed[0]!);
      if (!options.json) for (const failure of failed.slice(0, 1)) terminal.out(failureText(failure, modes.length > 1));
    }
  }
  report(terminal, unreadable, sources.lookup);
  if (options.json) terminal.out(`${JSON.stringify({ passed, failed: failures.length, failures })}\n`);
  else terminal.out(`${passed} passed, ${failures.length} failed\n`);
  if (unreadable.length > 0) return EXIT.usage;
  return failures.length > 0 ? EXIT.failed : EXIT.ok;
}

function failuresOf(environment: Environment, file: string, expectation: Expectation, modes: readonly Mode[]): Failure[] {
  const { line, section, form } = expectation;
  return modes.flatMap((mode) => {
    const problem = checkExpectation(environment, expectation, mode);
    return problem === null ? [] : [{ file, line, section, form, mode, problem }];
  });
}

function failureText({ file, line, section, form, mode, problem }: Failure, showMode: boolean): string {
  const where = `${file}:${line}${section === null ? '' : ` (${section})`}${showMode ? ` [${mode}]` : ''}`;
  return `FAIL ${where}\n${indented(form)}\n${indented(problem)}\n\n`;
}

function indented(text: string): string {
  return text.split('\n').map((line) => `    ${line}`).join('\n');
}
