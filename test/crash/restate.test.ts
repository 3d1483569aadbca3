/** Workers and the server are killed at random moments: no run is lost, and nothing that was answered is done again. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventToJson } from '../../src/evaluator/event-value.ts';
import { systemClock } from '../../src/host/clock.ts';
import { engineEvents, inLogicalOrder } from '../../src/host/engine/client.ts';
import { run } from '../../src/host/run.ts';
import { capabilityRegistry } from '../../src/host/registry.ts';
import type { Capability } from '../../src/host/port.ts';
import { printValue } from '../../src/value/print.ts';
import { programOf } from '../unit/host/durable/support.ts';
import { ALLOW_ALL } from '../unit/host/support.ts';
import { openStorm, seeded, type Storm } from './restate.ts';

const PLAN = `
(step "order"
  (context/set :total (loop [i 0 sum 0] (if (< i 8) (recur (inc i) (+ sum (call :note i))) sum)))
  (call :pay (get :total))
  (call :sleep 30)
  (+ (get :total) (reduce + 0 (step-parallel (call :note 100) (do (call :sleep 20) (call :note 200)) (call :pay 300)))))`;
/** A soak kills for longer (`npm run soak`). */
const KILLS = Number(process.env['RTFS_SOAK_KILLS'] ?? 6);
const SEED = Number(process.env['RTFS_SOAK_SEED'] ?? 7);
const RUNS = KILLS + 2;
/** 0 + … + 7 = 28, and 100 + 200 + 300. */
const VALUE = '628';
const NOTES = ['0', '1', '2', '3', '4', '5', '6', '7', '100', '200'];
const PAYMENTS = ['28', '300'];

/** What happens in a run, in logical order, with nothing in between. */
async function plainEvents(text: string): Promise<readonly string[]> {
  const echo = (id: string): Capability => ({ id, summary: '', determinism: 'pure', call: ([value]) => value ?? null });
  const lines: string[] = [];
  const host = { capabilities: capabilityRegistry(['note', 'pay', 'sleep'].map(echo), new Map()), policy: ALLOW_ALL, clock: systemClock };
  await run(programOf(text), host, { observer: { events: (events) => void lines.push(...events.map(eventToJson)) } });
  return inLogicalOrder(lines);
}

let storm: Storm;
beforeAll(async () => {
  storm = await openStorm(5);
});
afterAll(() => storm.close());

function effectsOf(id: string): { readonly notes: readonly string[]; readonly payments: readonly string[]; readonly most: number } {
  const own = storm.effects().filter(({ key }) => key.startsWith(`${id}/`));
  const values = (of: string): string[] => [...new Map(own.filter((one) => one.id === of).map(({ key, value }) => [key, value])).values()].sort((a, b) => Number(a) - Number(b));
  const counts = new Map<string, number>();
  for (const { key } of own) counts.set(key, (counts.get(key) ?? 0) + 1);
  return { notes: values('note'), payments: own.filter((one) => one.id === 'pay').map(({ value }) => value).sort((a, b) => Number(a) - Number(b)), most: Math.max(...counts.values()) };
}

describe('with two workers and one server', () => {
  test('killed again and again, every run ends as if nothing had happened', async () => {
    const random = seeded(SEED);
    const runs = Array.from({ length: RUNS }, (_, i) => `storm-${i}`);
    const program = programOf(PLAN);
    for (const id of runs) await storm.start('order', program, id);
    const settled = storm.settle(runs, 60_000 + KILLS * 5_000);
    for (let kill = 0; kill < KILLS; kill++) {
      await new Promise((resolve) => setTimeout(resolve, random(250)));
      // The server at two of them, else one of the workers.
      if (kill % 3 === 2) await storm.server.killAndRestart();
      else {
        const which = random(2) as 0 | 1;
        await storm.killWorker(which);
        await new Promise((resolve) => setTimeout(resolve, random(100)));
        await storm.restartWorker(which);
      }
    }
    const events = await plainEvents(PLAN);
    for (const [id, status] of await settled) {
      expect([id, status.status, printValue(status.value)]).toEqual([id, 'complete', VALUE]);
      const { notes, payments, most } = effectsOf(id);
      expect([id, notes, payments]).toEqual([id, NOTES, PAYMENTS]);
      // A call whose answer was not written down when somebody was killed is made again, under its key.
      expect(most).toBeLessThanOrEqual(1 + KILLS);
      expect(await engineEvents(storm.server.engine, id)).toEqual(events);
    }
  }, 120_000 + KILLS * 5_000);

  test('one of them is gone for good: the other one goes on', async () => {
    await storm.start('order', programOf(PLAN), 'alone');
    await new Promise((resolve) => setTimeout(resolve, 60));
    await storm.killWorker(0);
    const status = (await storm.settle(['alone'], 30_000)).get('alone');
    expect(printValue(status?.value ?? null)).toBe(VALUE);
    expect(effectsOf('alone').payments).toEqual(PAYMENTS);
    await storm.restartWorker(0);
  });

  test('a plan that is deployed anew leaves the runs that are under way as they are', async () => {
    const slow = (result: string): string => `(do (call :note 1) (call :sleep 700) ${result})`;
    await storm.start('grows', programOf(slow('(+ (call :note 2) 40)')), 'old');
    await storm.start('grows', programOf(slow('(str "new " (call :note 3))')), 'new');
    await storm.killWorker(1);
    await storm.restartWorker(1);
    const over = await storm.settle(['old', 'new'], 30_000);
    expect(['old', 'new'].map((id) => printValue(over.get(id)?.value ?? null))).toEqual(['42', '"new 3"']);
    expect(over.get('old')?.program).not.toBe(over.get('new')?.program);
  });
});
