/** A capability whose approval is taken back while a run has it (MK-3): the call under way goes on, the next is denied, and the journal says why. */
import { expect, test } from 'vitest';
import { denialsIn } from '../../../../src/host/durable/denials.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { Approvals } from '../../../../src/host/executor/approvals.ts';
import { UNDECLARED } from '../../../../src/host/manifest/manifest.ts';
import { openHost } from '../../../../src/host/open.ts';
import type { Value } from '../../../../src/value/value.ts';
import type { Vector } from '../../../../src/value/vector.ts';
import { MemoryConsole } from '../support.ts';
import { programOf, World } from './support.ts';

test('a revocation holds from the next call on, and stands in the journal', async () => {
  const approvals = new Approvals();
  const calls: unknown[] = [];
  const manifest = {
    ...UNDECLARED, id: 'own.echo', summary: '',
    executor: {
      kind: 'function' as const,
      call: async (input: Value) => {
        approvals.set('own.echo', 'revoked');
        const value = (input as Vector).get(0) ?? null;
        calls.push(value);
        return value;
      },
    },
  };
  const host = openHost({ grants: [{ capability: 'own', scope: null }], declared: { manifests: [manifest], servers: [], models: [] }, approvals, console: new MemoryConsole() });
  const one = new World();
  const process = one.process();
  try {
    const result = await process.start(programOf('[(call :own.echo 1) (try (call :own.echo 2) (catch :error/security e (:message e)))]'), { host: { ...host, clock: one.clock } });
    expect(result).toMatchObject({ kind: 'complete' });
    expect(String(result.kind === 'complete' && [...(result.value as Iterable<unknown>)])).toBe("1,Security violation: call operation on capability 'own.echo' not allowed in context: its approval was revoked");
    expect(calls).toEqual([1]);
    const records = await readRecords(one.store, 'run');
    if (!records.ok) throw new Error(records.error);
    expect(denialsIn(records.value)).toMatchObject([{ call: '2', capability: 'own.echo', reasons: [{ rule: 'approval', id: 'revoked', source: 'the manifest of own.echo' }] }]);
  } finally {
    await host.close();
  }
});
