/** How a run ended, told on the terminal or as a document, and as the exit code. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { SourceLookup } from '../diagnostic/position.ts';
import { printValue } from '../value/print.ts';
import type { ErrorValue, Value } from '../value/value.ts';
import type { RunReport } from './document.ts';
import { EXIT, type ExitCode, exitOfError } from './exit.ts';
import type { JsonForm } from './invocation.ts';
import type { Terminal } from './terminal.ts';

/** What a run that was put away waits for. */
export interface WaitShown {
  readonly call: string;
  readonly capability: string;
  /** `timer` `person` `unsure` `approval`. */
  readonly kind: string;
  readonly question: string | null;
  /** Milliseconds since 1970; null for never. */
  readonly dueMs: number | null;
  /** Of an approval: what the word is bound to, and what it is about, as RTFS text. */
  readonly hash: string | null;
  readonly shown: string | null;
}

export type Ending =
  | { readonly kind: 'complete'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: ErrorValue }
  /** It is in a store and waits there; another process may go on with it. */
  | { readonly kind: 'paused'; readonly run: string; readonly waits: readonly WaitShown[]; readonly storeOption: string }
  /** Stopped by the user; `run` when it can be gone on with. */
  | { readonly kind: 'interrupted'; readonly run: string | null; readonly storeOption: string };

export interface EndingPlace {
  readonly terminal: Terminal;
  readonly json: JsonForm;
  readonly lookup: SourceLookup;
  /** Of the run, when it is kept. */
  readonly run: string | null;
}

export async function tellEnding(ending: Ending, place: EndingPlace, diagnostics: readonly Diagnostic[] = []): Promise<ExitCode> {
  return place.json === 'none' ? tellText(ending, place) : tellJson(ending, place, diagnostics);
}

async function tellText(ending: Ending, { terminal, lookup }: EndingPlace): Promise<ExitCode> {
  switch (ending.kind) {
    case 'complete':
      return printResult(ending.value, terminal);
    case 'failed': {
      // The plan was told that its output is closed; whoever closed it need not be told.
      if (terminal.isOutClosed() && ending.error.type.name === 'error/host') return EXIT.failed;
      const [{ shownFailure }, { report }] = await Promise.all([import('./failure.ts'), import('./report.ts')]);
      report(terminal, [shownFailure(ending.error)], lookup);
      return exitOfError(ending.error);
    }
    case 'paused': {
      const { pausedText } = await import('./kept/show.ts');
      terminal.error(pausedText(ending));
      return EXIT.paused;
    }
    case 'interrupted':
      terminal.error(ending.run === null ? 'interrupted\n' : `interrupted: \`rtfs resume ${ending.run}${ending.storeOption}\` goes on, \`rtfs cancel ${ending.run}${ending.storeOption}\` undoes what was begun\n`);
      return EXIT.interrupted;
  }
}

function printResult(value: Value, terminal: Terminal): ExitCode {
  if (value === null) return EXIT.ok;
  const text = printValue(value);
  if (text === null) {
    terminal.error('the value is too large to print\n');
    return EXIT.limit;
  }
  terminal.out(`${text}\n`);
  return EXIT.ok;
}

async function tellJson(ending: Ending, place: EndingPlace, diagnostics: readonly Diagnostic[]): Promise<ExitCode> {
  const { runDocument } = await import('./document.ts');
  const tell = (report: RunReport): void => place.terminal.out(runDocument({ ...report, ...(place.run === null ? {} : { run: place.run }) }, place.lookup, place.json));
  switch (ending.kind) {
    case 'complete':
      tell({ status: 'complete', value: ending.value, diagnostics });
      return EXIT.ok;
    case 'failed':
      tell({ status: 'failed', error: ending.error, diagnostics });
      return exitOfError(ending.error);
    case 'paused':
      tell({ status: 'paused', waits: ending.waits, diagnostics });
      return EXIT.paused;
    case 'interrupted': {
      const { errorValue } = await import('../evaluator/raise.ts');
      tell({ status: ending.run === null ? 'failed' : 'paused', error: errorValue('cancelled', 'Cancelled: the run was interrupted'), diagnostics });
      return EXIT.interrupted;
    }
  }
}
