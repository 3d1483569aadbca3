/** A real server of Restate for tests: started when it is needed, killed and started again, stopped by the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startServer } from '../../scripts/restate-server.mjs';
import { restateAddress, restateEngine, type RestateAddress } from '../../src/host/engine/restate/engine.ts';
import { askJson } from '../../src/host/engine/restate/http.ts';
import type { Engine } from '../../src/host/engine/port.ts';

export interface RestateServer {
  readonly address: RestateAddress;
  readonly engine: Engine;
  /** `kill -9`, and then the same server again. */
  readonly killAndRestart: () => Promise<void>;
  readonly cancel: (run: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openRestateServer(): Promise<RestateServer> {
  const folder = mkdtempSync(join(tmpdir(), 'rtfs-restate-'));
  const ports = await freePorts();
  let server = await startServer({ folder, ports });
  const address = await restateAddress(server.admin, null);
  if (!address.ok) throw new Error(address.error);
  const { admin } = address.value;
  return {
    address: address.value,
    engine: restateEngine(address.value),
    killAndRestart: async () => {
      await server.stop('SIGKILL');
      server = await startServer({ folder, ports });
    },
    cancel: async (run) => {
      const query = `select id from sys_invocation where target_service_name = 'rtfs.drive' and target_service_key = '${run}' and status <> 'completed'`;
      const { rows } = (await askJson(`${admin}/query`, { json: { query }, patience: null })) as { rows: readonly { readonly id: string }[] };
      for (const { id } of rows) await askJson(`${admin}/invocations/${id}/cancel`, { method: 'PATCH', patience: null });
    },
    close: async () => {
      await server.stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
