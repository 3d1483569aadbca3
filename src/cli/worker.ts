/** `rtfs worker`: carries on branches of runs that other processes drive, until somebody ends it. */
import { serveWorker } from '../host/branch/worker.ts';
import type { Console } from '../host/port.ts';
import { commonGrants } from '../host/security/coverage.ts';
import { DEFAULT_GRANTS } from '../host/security/grant.ts';
import { cliEnvironment } from './environment.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { WorkerOptions } from './invocation.ts';
import { openStore } from './kept/store.ts';
import { report } from './report.ts';
import { listen, signingKeys } from './serve.ts';
import type { Terminal } from './terminal.ts';
import { openWorld, terminalConsole } from './world.ts';

export async function workerCommand(options: WorkerOptions, terminal: Terminal): Promise<ExitCode> {
  const problem = await work(options, terminal);
  if (problem === null) return EXIT.ok;
  report(terminal, problem, () => null);
  return EXIT.usage;
}

/** What branches print goes to the error stream: the output says where the worker is. Nobody sits here to be asked. */
async function work(options: WorkerOptions, terminal: Terminal): ReturnType<typeof listen> {
  // One for all branches: each listens to the streams.
  const shared = await terminalConsole(terminal, 'error');
  const console: Console = { writeOut: (text) => shared.writeOut(text), writeError: (text) => shared.writeError(text), ask: (prompt, signal) => shared.ask(prompt, signal), close: () => undefined };
  const [world, keys] = [await openWorld(options, () => Promise.resolve(console)), signingKeys(options.keys)];
  if (!world.ok) return world.error;
  if (!keys.ok) return keys.error;
  const opened = options.store === null ? null : await openStore({ store: options.store }, true);
  if (opened?.ok === false) return [opened.error];
  // What is written down there is signed by whoever signs what is given back.
  const keeping = opened === null ? null : { ...opened.value.keeping, keys: keys.value };
  const own = [...DEFAULT_GRANTS, ...world.value.grants];
  const hostFor: Parameters<typeof serveWorker>[0]['hostFor'] = async (given) => {
    const { ask: _, ...host } = await world.value.openHostWith(commonGrants(own, [...DEFAULT_GRANTS, ...given]));
    return host;
  };
  try {
    return await listen(options, terminal, 'works', (http) => serveWorker({ ...http, environment: cliEnvironment(), keys: keys.value, keeping, hostFor }));
  } finally {
    await keeping?.store.close();
  }
}
