/** `rtfs drive`: a worker, which drives the runs that a Restate server has. */
import { segmentDriver } from '../../host/engine/segment.ts';
import { serveRestate } from '../../host/engine/restate/worker.ts';
import { cliEnvironment } from '../environment.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { DriveOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { openWorld, terminalConsole } from '../world.ts';
import { refuseEngine, withEngine } from './place.ts';

export async function driveCommand(options: DriveOptions, terminal: Terminal): Promise<ExitCode> {
  const place = { terminal, json: 'none' } as const;
  const { restate, port, host, url } = options;
  const world = await openWorld(options, () => terminalConsole(terminal, 'out'));
  if (!world.ok) return refuseEngine(world.error, place);
  const opened = await world.value.openHost();
  try {
    return await withEngine(restate, place, async ({ address, engine }) => {
      const drive = segmentDriver({ environment: cliEnvironment(), host: opened, engine, segment: options.segmentCalls === null ? {} : { calls: options.segmentCalls } });
      const worker = await serveRestate({ address, drive, port, host, url, onProblem: (message) => terminal.error(`${message.split('\n')[0] ?? ''}\n`) });
      try {
        await worker.register();
        terminal.error(`driving runs of ${address.admin} at ${worker.url}\n`);
        await stopped();
      } finally {
        await worker.close();
      }
      return EXIT.ok;
    });
  } finally {
    await opened.close();
  }
}

/** Somebody wants the process to end. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
