/** Saying what is wrong with what was asked, in the form that was asked for. */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { DrivingOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';

export async function refuse(problems: readonly Diagnostic[], { json }: Pick<DrivingOptions, 'json'>, terminal: Terminal): Promise<ExitCode> {
  const noSource = (): null => null;
  if (json !== 'none') terminal.out((await import('../document.ts')).runDocument({ status: 'invalid', diagnostics: problems }, noSource, json));
  else (await import('../report.ts')).report(terminal, problems, noSource);
  return EXIT.usage;
}
