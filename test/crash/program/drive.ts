/**
 * A worker that drives runs of a Restate server, to be killed. Its arguments: the server's admin address and ingress, its port, and a file to
 * which each effect is a line: `capability key value`.
 */
import { appendFileSync } from 'node:fs';
import { systemClock } from '../../../src/host/clock.ts';
import { segmentDriver } from '../../../src/host/engine/segment.ts';
import type { EngineWorld } from '../../../src/host/engine/world.ts';
import { serveRestate } from '../../../src/host/engine/restate/worker.ts';
import type { Capability, Determinism } from '../../../src/host/port.ts';
import { capabilityRegistry } from '../../../src/host/registry.ts';
import { printValue } from '../../../src/value/print.ts';
import { testEnvironment } from '../../support/environment.ts';

const [admin = '', ingress = '', port = '', file = '', calls = '5'] = process.argv.slice(2);

function effect(id: string, determinism: Determinism): Capability {
  return {
    id, summary: '', determinism,
    call: async ([value = null], { idempotencyKey }) => {
      appendFileSync(file, `${id} ${idempotencyKey} ${printValue(value) ?? ''}\n`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return value;
    },
  };
}

const sleep: Capability = { id: 'sleep', summary: '', determinism: 'recorded', wait: ([ms]) => ({ kind: 'timer', durationMs: Number(ms) }) };
const host: EngineWorld['host'] = { capabilities: capabilityRegistry([effect('note', 'idempotent'), effect('pay', 'live'), sleep], new Map()), policy: { decide: () => ({ allowed: true, grants: [] }) }, clock: systemClock };
const drive = segmentDriver({ environment: testEnvironment(), host, segment: { calls: Number(calls) } });
void serveRestate({ address: { admin, ingress }, port: Number(port), drive }).then((worker) => {
  process.stdout.write(`serves ${worker.port}\n`);
});
