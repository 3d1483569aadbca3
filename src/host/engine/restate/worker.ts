/** A worker: a process that Restate calls to drive segments. It needs the package `@restatedev/restate-sdk`. */
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type * as Sdk from '@restatedev/restate-sdk';
import type { DriveSegment } from '../port.ts';
import { restateContent, type RestateAddress } from './engine.ts';
import { askJson, RestateProblem } from './http.ts';
import { type Offer, restateServices } from './services.ts';

export interface RestateWorkerOptions {
  readonly address: RestateAddress;
  readonly drive: DriveSegment;
  /** 0: any that is free. */
  readonly port: number;
  /** Loopback unless given. */
  readonly host?: string;
  /** How the server reaches the worker; null: as it listens. */
  readonly url?: string | null;
  /** Whether it drives runs, or keeps what is said to them and what they need, or both, as it does unless something else is said. */
  readonly offers?: Offer;
  /** Is told what the package has to say of attempts that failed. */
  readonly onProblem?: (message: string) => void;
}

export interface RestateWorker {
  readonly port: number;
  readonly url: string;
  /** Tells the server that runs are driven here from now on. */
  readonly register: () => Promise<void>;
  /** Lets go of everything at once; what was under way is begun again by another worker. */
  readonly close: () => Promise<void>;
}

/** Rejects with a `RestateProblem` when the package is not installed or the port cannot be used. */
export async function serveRestate({ address, drive, port, host = '127.0.0.1', url = null, offers = 'all', onProblem }: RestateWorkerOptions): Promise<RestateWorker> {
  const sdk = await loadSdk();
  const over = new AbortController();
  const services = restateServices(sdk, restateContent(address.ingress, over.signal), drive, offers);
  const handler = sdk.createEndpointHandler({ services, logger: (meta, ...said) => (PROBLEMS.has(meta.level) && meta.context !== undefined ? onProblem?.(said.map(String).join(' ')) : undefined) });
  const server = createServer(handler as Parameters<typeof createServer>[1]);
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new RestateProblem(`the port ${port} of ${host} cannot be used`)));
    server.listen(port, host, resolve);
  });
  const listening = (server.address() as AddressInfo).port;
  const reached = url ?? `http://${host.includes(':') ? `[${host}]` : host}:${listening}`;
  return {
    port: listening,
    url: reached,
    register: async () => void (await askJson(`${address.admin}/deployments`, { json: { uri: reached, force: true }, patience: null })),
    close: async () => {
      over.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

const PROBLEMS: ReadonlySet<string> = new Set(['warn', 'error']);

async function loadSdk(): Promise<typeof Sdk> {
  haveWithResolvers();
  try {
    return await import('@restatedev/restate-sdk');
  } catch {
    throw new RestateProblem('the package @restatedev/restate-sdk is not installed (npm install @restatedev/restate-sdk)');
  }
}

/** The package needs it, and node has it from version 22 on. */
function haveWithResolvers(): void {
  if ('withResolvers' in Promise) return;
  Object.defineProperty(Promise, 'withResolvers', {
    configurable: true,
    writable: true,
    value: function withResolvers(this: PromiseConstructor) {
      let resolve: unknown;
      let reject: unknown;
      const promise = new this((yes, no) => {
        resolve = yes;
        reject = no;
      });
      return { promise, resolve, reject };
    },
  });
}
