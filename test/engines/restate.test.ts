/** The contract of engines on a real server of Restate. The worker is in this process; that processes are killed is in `restate-crash.test.ts`. */
import { afterAll, beforeAll } from 'vitest';
import { type RestateWorker, serveRestate } from '../../src/host/engine/restate/worker.ts';
import { engineContract } from '../contract/engine.ts';
import { openRestateServer, type RestateServer } from '../support/restate.ts';

let server: RestateServer;
let keeping: RestateWorker;
let port = 0;
const nothing = (): Promise<never> => new Promise(() => undefined);

beforeAll(async () => {
  server = await openRestateServer();
  // Of two workers one may end without the other: here the one that drives runs does, again and again.
  keeping = await serveRestate({ address: server.address, port: 0, drive: nothing, offers: 'keep' });
  await keeping.register();
  const driving = await serveRestate({ address: server.address, port: 0, drive: nothing, offers: 'drive' });
  port = driving.port;
  await driving.register();
  await driving.close();
});
afterAll(async () => {
  await keeping.close();
  await server.close();
});

engineContract('Restate', () => {
  let worker: RestateWorker | null = null;
  const crash = async (): Promise<void> => {
    await worker?.close();
    worker = null;
  };
  return Promise.resolve({
    engine: server.engine,
    serve: async (drive) => void (worker = await serveRestate({ address: server.address, port, drive, offers: 'drive' })),
    crash,
    cancel: server.cancel,
    close: crash,
  });
});
