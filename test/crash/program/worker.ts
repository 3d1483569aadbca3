/** A worker whose orders go to a ledger: `worker KEYS LEDGER NAME [STORE]`. Prints its address. With a store it keeps logs. */
import { HostFailure } from '../../../src/host/failure.ts';
import { functionHost } from '../../../src/host/function-host.ts';
import { openKeys } from '../../../src/host/journal/keys.ts';
import { serveWorker } from '../../../src/host/branch/worker.ts';
import { openKeeping } from '../../../src/host/open-store.ts';
import { testEnvironment } from '../../support/environment.ts';
import type { Capability } from '../../../src/host/port.ts';

async function main(keys: string, ledger: string, name: string, store: string | undefined): Promise<void> {
  const order: Capability = {
    id: 'shop.order',
    summary: 'item → number',
    determinism: 'idempotent',
    call: async ([item], { idempotencyKey, signal }) => {
      const response = await fetch(ledger, { method: 'POST', body: JSON.stringify({ key: idempotencyKey, item, by: name }), signal });
      if (!response.ok) throw new HostFailure('host', 'the ledger is closed');
      return (await response.json()) as number;
    },
  };
  /** The same, but each time it is asked it counts. */
  const pay: Capability = { ...order, id: 'shop.pay', determinism: 'live' };
  /** The same, but each time it may answer something else. */
  const quote: Capability = { ...order, id: 'shop.quote', determinism: 'recorded' };
  const environment = testEnvironment();
  const keeping = store === undefined ? null : await openKeeping(store, { environment, keyDirectory: keys });
  if (keeping?.ok === false) throw new Error(keeping.error);
  const service = await serveWorker({
    environment, keys: openKeys(keys), port: 0, token: null, keeping: keeping === null ? null : keeping.value,
    hostFor: (grants) => functionHost({}, { capabilities: [order, pay, quote].filter(({ id }) => grants.some((grant) => grant.capability === id)) }),
  });
  process.stdout.write(`at ${service.url}\n`);
}

void main(process.argv[2]!, process.argv[3]!, process.argv[4]!, process.argv[5]);
