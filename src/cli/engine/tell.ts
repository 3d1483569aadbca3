/** `rtfs answer`, `approve`, `deny`, `cancel` with `--restate`: a worker hears it, and goes on with the run. */
import type { ExitCode } from '../exit.ts';
import { withInterrupt } from '../interrupt.ts';
import type { RestateChoice, TellOptions } from '../invocation.ts';
import { EXIT } from '../exit.ts';
import { messageOf } from '../kept/tell.ts';
import type { Terminal } from '../terminal.ts';
import { encodedWaits, engineProblem, findEngineRun, followRun, refuseEngine, tellStatus, withEngine } from './place.ts';

export async function tellEngine(restate: RestateChoice, options: TellOptions, terminal: Terminal): Promise<ExitCode> {
  const place = { terminal, json: options.json };
  return withEngine(restate, place, async (opened) => {
    const found = await findEngineRun(opened, options.run);
    if (!found.ok) return refuseEngine([found.error], place);
    const { id, status: before } = found.value;
    if (before.status !== 'running' && before.status !== 'waiting') return refuseEngine([engineProblem(`the run ${id} is over: it is ${before.status}`)], place);
    const message = messageOf(options, { id, status: before.status, ...encodedWaits(before) }, Date.now());
    if (!message.ok) return refuseEngine([message.error], place);
    await opened.engine.tell(id, message.value);
    if (options.resumes) return tellStatus(id, await withInterrupt((signal) => followRun(opened, id, before, signal)), opened, place);
    terminal.error('said\n');
    return EXIT.ok;
  });
}
