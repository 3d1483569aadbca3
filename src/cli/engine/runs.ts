/** `rtfs runs --restate`: the runs that a server has. */
import { engineStatus } from '../../host/engine/client.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { RestateChoice, RunsOptions } from '../invocation.ts';
import { table, waitText } from '../kept/runs.ts';
import type { Terminal } from '../terminal.ts';
import { waitsIn, withEngine } from './place.ts';

export async function engineRuns(restate: RestateChoice, { status: wanted, json }: RunsOptions, terminal: Terminal): Promise<ExitCode> {
  return withEngine(restate, { terminal, json: json ? 'document' : 'none' }, async ({ engine }) => {
    const ids = [...(await engine.runs())].sort().reverse();
    const rows: (readonly [string, NonNullable<Awaited<ReturnType<typeof engineStatus>>>])[] = [];
    for (const id of ids) {
      const status = await engineStatus(engine, id);
      if (status !== null && (wanted.length === 0 || wanted.includes(status.status))) rows.push([id, status]);
    }
    if (json) {
      const lines = rows.map(([run, { status, name, program, answered, ...rest }]) => JSON.stringify({ run, name, status, program, answered, waits: waitsIn({ ...rest, status, name, program, answered }) }));
      terminal.out(`[${lines.join(',\n')}]\n`);
    } else {
      terminal.out(table(['RUN', 'STATUS', 'ANSWERED', 'PLAN', 'WAITS FOR'], rows.map(([id, status]) => [id, status.status, String(status.answered), status.name, waitText(waitsIn(status))])));
    }
    return EXIT.ok;
  });
}
