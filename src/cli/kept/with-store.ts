/** What every command about a store begins and ends with: the store is opened, the run is found, and the store is closed again whatever happens. */
import { type Diagnostic, diagnostic } from '../../diagnostic/diagnostic.ts';
import { type RunRow, StoreProblem } from '../../host/store/port.ts';
import type { ExitCode } from '../exit.ts';
import type { DrivingOptions, RestateChoice, StoreChoice } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { refuse } from './refuse.ts';
import { findRun, openStore, type OpenedStore } from './store.ts';

/** Says what is wrong, and gives the exit code for it. */
export type Refuse = (...problems: readonly Diagnostic[]) => Promise<ExitCode>;

/** Where it is said what is wrong: `true` is one document of JSON. */
interface Telling {
  readonly json: DrivingOptions['json'] | boolean;
  readonly terminal: Terminal;
}

export async function withStore(choice: StoreChoice, { json, terminal }: Telling, work: (opened: OpenedStore, refuse: Refuse) => Promise<ExitCode>): Promise<ExitCode> {
  const form = formOf(json);
  const refusing: Refuse = (...problems) => refuse(problems, { json: form }, terminal);
  const opened = await openStore(choice, false);
  if (!opened.ok) return refusing(opened.error);
  try {
    return await work(opened.value, refusing);
  } catch (cause) {
    if (!(cause instanceof StoreProblem)) throw cause;
    return await refusing(diagnostic('E0511', cause.message, null));
  } finally {
    await opened.value.keeping.store.close();
  }
}

/** The same with the run that is meant; of a run on a server, with a journal of it in memory. */
export async function withRun(
  choice: StoreChoice & { readonly run: string; readonly restate?: RestateChoice | null }, telling: Telling, work: (opened: OpenedStore, row: RunRow, refuse: Refuse) => Promise<ExitCode>,
): Promise<ExitCode> {
  if (choice.restate != null) {
    const { withEngineJournal } = await import('../engine/journal.ts');
    const form = formOf(telling.json);
    return withEngineJournal(choice.restate, choice.run, { terminal: telling.terminal, json: form }, (opened, row) => work(opened, row, (...problems) => refuse(problems, { json: form }, telling.terminal)));
  }
  return withStore(choice, telling, async (opened, refusing) => {
    const row = await findRun(opened, choice.run);
    return row.ok ? work(opened, row.value, refusing) : refusing(row.error);
  });
}

function formOf(json: Telling['json']): DrivingOptions['json'] {
  return json === true ? 'document' : json === false ? 'none' : json;
}
