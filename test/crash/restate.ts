/**
 * Runs on a real server of Restate with two workers behind a balancer, all of which are killed at moments that a seed says. Short as a
 * test, long as a soak.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deployPlan, engineStatus, startPlan } from '../../src/host/engine/client.ts';
import type { EngineStatus } from '../../src/host/engine/documents.ts';
import { encodeMessage } from '../../src/host/durable/message.ts';
import type { Runnable } from '../../src/host/durable/program.ts';
import { askJson } from '../../src/host/engine/restate/http.ts';
import { Facts } from '../../src/host/durable/facts.ts';
import { MapValue } from '../../src/value/map.ts';
import { readValue } from '../../src/parser/datum.ts';
import { freePorts } from '../../scripts/restate-server.mjs';
import { openBalancer } from '../support/balancer.ts';
import { openRestateServer, type RestateServer } from '../support/restate.ts';
import { bundleProgram, type Program, startProgram } from './process.ts';

export interface Effect {
  readonly id: string;
  readonly key: string;
  readonly value: string;
}

export interface Storm {
  readonly server: RestateServer;
  readonly start: (plan: string, program: Runnable, id: string) => Promise<void>;
  readonly killWorker: (which: 0 | 1) => Promise<void>;
  /** Both are there when it resolves. */
  readonly restartWorker: (which: 0 | 1) => Promise<void>;
  readonly effects: () => readonly Effect[];
  /** Looks after the runs until all are over: answers what nobody knows, by what the world says. */
  readonly settle: (runs: readonly string[], forMs: number) => Promise<ReadonlyMap<string, EngineStatus>>;
  readonly close: () => Promise<void>;
}

/** Numbers from 0 to below `limit` that are the same in every run with the same seed. */
export function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

export async function openStorm(calls: number): Promise<Storm> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-storm-'));
  const file = path.join(folder, 'effects');
  writeFileSync(file, '');
  const [server, bundle, free] = await Promise.all([openRestateServer(), bundleProgram('drive', folder), freePorts()]);
  const ports = [free.admin, free.ingress] as const;
  const { address, engine } = server;
  const begin = async (which: 0 | 1): Promise<Program> => {
    const program = startProgram(bundle, [address.admin, address.ingress, String(ports[which]), file, String(calls)]);
    await program.line('serves');
    return program;
  };
  const workers = await Promise.all([begin(0), begin(1)]);
  const balancer = await openBalancer(ports);
  await askJson(`${address.admin}/deployments`, { json: { uri: balancer.url }, patience: null });
  const kill = async (which: 0 | 1): Promise<void> => {
    workers[which]!.process.kill('SIGKILL');
    await workers[which]!.ended;
  };
  const effects = (): readonly Effect[] => readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => {
    const [id = '', key = '', value = ''] = line.split(' ');
    return { id, key, value };
  });
  return {
    server, effects,
    killWorker: kill,
    restartWorker: async (which) => void (workers[which] = await begin(which)),
    start: async (plan, program, id) => {
      await deployPlan(engine, plan, program);
      const started = await startPlan(engine, { id, plan });
      if (!started.ok) throw new Error(started.error);
    },
    settle: async (runs, forMs) => {
      const over = new Map<string, EngineStatus>();
      for (const end = Date.now() + forMs; over.size < runs.length; await new Promise((resolve) => setTimeout(resolve, 50))) {
        if (Date.now() > end) throw new Error(`still not over: ${runs.filter((run) => !over.has(run)).join(' ')}`);
        for (const run of runs) {
          if (over.has(run)) continue;
          // The server may be gone just now.
          const status = await engineStatus(engine, run).catch(() => null);
          if (status === null) continue;
          if (status.status === 'waiting') await lookAfter(server, run, status, effects());
          else if (status.status !== 'running') over.set(run, status);
        }
      }
      return over;
    },
    close: async () => {
      await Promise.all([kill(0), kill(1)]);
      balancer.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Of a payment that may have been made somebody is asked, who looks at the world before answering. */
async function lookAfter({ engine }: RestateServer, run: string, { waits }: EngineStatus, effects: readonly Effect[]): Promise<void> {
  for (const wait of waits) {
    const facts = new Facts(wait instanceof MapValue ? wait : MapValue.empty());
    const call = facts.text('call') ?? '';
    if (facts.text('kind') !== 'unsure') continue;
    const made = effects.find(({ key }) => key === `${run}/${call}`);
    const value = made === undefined ? null : readValue(made.value);
    const message = value?.ok === true ? encodeMessage('answer', { call, value: value.value, who: 'human:ann' }) : encodeMessage('repeat', { call, who: 'human:ann' });
    await engine.tell(run, message).catch(() => false);
  }
}

