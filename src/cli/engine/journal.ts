/** Runs on a server for the commands that read journals: `rtfs log`, `replay`, `debug`, `why-denied` with `--restate`. */
import { copyRun } from '../../host/engine/client.ts';
import { openMemoryKeeping } from '../../host/memory-keeping.ts';
import type { RunRow } from '../../host/store/port.ts';
import { cliEnvironment } from '../environment.ts';
import type { ExitCode } from '../exit.ts';
import type { RestateChoice } from '../invocation.ts';
import type { OpenedStore } from '../kept/store.ts';
import { type EnginePlace, engineProblem, findEngineRun, refuseEngine, withEngine } from './place.ts';

/** Does it with a journal of the run in memory, made of what is written down of it on the server. */
export function withEngineJournal(restate: RestateChoice, run: string, place: EnginePlace, work: (opened: OpenedStore, row: RunRow) => Promise<ExitCode>): Promise<ExitCode> {
  return withEngine(restate, place, async (opened) => {
    const found = await findEngineRun(opened, run);
    if (!found.ok) return refuseEngine([found.error], place);
    const keeping = openMemoryKeeping({ environment: cliEnvironment() });
    const { id } = found.value;
    const row = (await copyRun(opened.engine, id, keeping)) ? await keeping.store.run(id) : null;
    return row === null ? refuseEngine([engineProblem(`there is no run ${run}`)], place) : work({ keeping, option: opened.option }, row);
  });
}
