/** A worker whose orders go to a ledger: `worker KEYS LEDGER NAME`. Prints its address. */
import { HostFailure } from '../../../src/host/failure.ts';
import { functionHost } from '../../../src/host/function-host.ts';
import { openKeys } from '../../../src/host/journal/keys.ts';
import { serveWorker } from '../../../src/host/branch/worker.ts';
import { testEnvironment } from '../../support/environment.ts';
import type { Capability } from '../../../src/host/port.ts';

const [keys = '', ledger = '', name = ''] = process.argv.slice(2);

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

const service = await serveWorker({
  environment: testEnvironment(), keys: openKeys(keys), port: 0, token: null,
  hostFor: (grants) => functionHost({}, { capabilities: [order, pay].filter(({ id }) => grants.some((grant) => grant.capability === id)) }),
});
process.stdout.write(`at ${service.url}\n`);
