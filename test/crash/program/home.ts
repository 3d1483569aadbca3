/**
 * Begins the run `trip`, or goes on with it, with workers that carry on its branches. Arguments: the file of the store, the directory of the keys, the file of the plan,
 * the addresses of the workers. Prints `begun` when it drives the run, and its value at the end. What must not happen twice is done here, and printed: `paid ITEM`.
 */
import { readFileSync, writeSync } from 'node:fs';
import { compile } from '../../../src/host/compile.ts';
import { type DriveOptions, resumeRun, startRun } from '../../../src/host/durable/driver.ts';
import { functionHost } from '../../../src/host/function-host.ts';
import { openKeys } from '../../../src/host/journal/keys.ts';
import { openKeeping } from '../../../src/host/open-store.ts';
import type { Capability } from '../../../src/host/port.ts';
import { printValue } from '../../../src/value/print.ts';
import { testEnvironment } from '../../support/environment.ts';

async function main(store: string, keys: string, plan: string, workers: readonly string[]): Promise<void> {
  const environment = testEnvironment();
  const opened = await openKeeping(store, { environment, keyDirectory: keys });
  if (!opened.ok) throw new Error(opened.error);
  const pay: Capability = {
    id: 'shop.pay', summary: '', determinism: 'live',
    call: ([item]) => {
      writeSync(1, `paid ${String(item)}\n`);
      return 'paid';
    },
  };
  const options: DriveOptions = {
    host: functionHost({}, { capabilities: [pay] }),
    workers: {
      keys: openKeys(keys), leaseMs: 5_000, workers: workers.map((url) => ({ url, token: null })),
      grants: ['shop.order', 'shop.pay', 'shop.quote'].map((capability) => ({ capability, scope: null })),
      lost: (_, path, reason) => writeSync(1, `lost ${path} ${reason}\n`),
    },
  };
  const keeping = opened.value;
  const { program, diagnostics } = compile(environment, { file: 'trip.rtfs', text: readFileSync(plan, 'utf8') });
  if (program === null) throw new Error(diagnostics[0]?.message);
  writeSync(1, 'begun\n');
  const isThere = (await keeping.store.run('trip')) !== null;
  const result = isThere ? await resumeRun(keeping, 'trip', () => options) : { ok: true as const, value: await startRun(keeping, program, { id: 'trip', name: 'trip' }, options) };
  if (!result.ok) throw new Error(result.error.message);
  const { value } = result;
  writeSync(1, `${value.kind} ${value.kind === 'complete' ? (printValue(value.value) ?? '') : value.kind === 'failed' ? value.error.message : ''}\n`);
  await keeping.store.close();
}

void main(process.argv[2]!, process.argv[3]!, process.argv[4]!, process.argv.slice(5));
