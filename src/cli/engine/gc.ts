/** `rtfs gc --restate`: removes runs of a server that ended long ago. */
import { engineStatus, isStillCalledBack } from '../../host/engine/client.ts';
import { hasEnded } from '../../host/store/port.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { CollectOptions, RestateChoice } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { engineProblem, refuseEngine, withEngine } from './place.ts';

/** `beforeMs`: runs that ended before. */
export function collectEngine(restate: RestateChoice, { json }: CollectOptions, beforeMs: number | null, terminal: Terminal): Promise<ExitCode> {
  const place = { terminal, json: json ? 'document' : 'none' } as const;
  if (beforeMs === null) return refuseEngine([engineProblem('nothing says which runs of the server to remove', ['`--ended-before 30d` removes those that ended more than thirty days ago'])], place);
  return withEngine(restate, place, async ({ engine }) => {
    let removed = 0;
    for (const run of await engine.runs()) {
      const status = await engineStatus(engine, run);
      if (status === null || !hasEnded(status.status) || status.nowMs >= beforeMs || (await isStillCalledBack(engine, run))) continue;
      await engine.remove(run);
      removed += 1;
    }
    terminal.out(json ? `${JSON.stringify({ runsRemoved: removed })}\n` : `removed ${removed} runs\n`);
    return EXIT.ok;
  });
}
