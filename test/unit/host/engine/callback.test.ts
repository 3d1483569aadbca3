/** Callbacks of runs on an engine: runs of the same engine, wherever the worker ends. */
import { describe, expect, test } from 'vitest';
import { engineRecords, isStillCalledBack } from '../../../../src/host/engine/client.ts';
import type { MemoryEngine } from '../../../../src/host/engine/memory.ts';
import { segmentDriver } from '../../../../src/host/engine/segment.ts';
import type { EngineWorld } from '../../../../src/host/engine/world.ts';
import type { Policy, PolicyRequest } from '../../../../src/host/port.ts';
import type { MapValue } from '../../../../src/value/map.ts';
import { keyword } from '../../../../src/value/value.ts';
import { ALLOW_ALL } from '../support.ts';
import { begin, calledBack, type Effects, ended, memoryEngines, planEffects, say, shown, until, waiting } from './support.ts';

const open = memoryEngines();

function serve(engine: MemoryEngine, effects: Effects, more: Partial<EngineWorld> = {}, policy: Policy = ALLOW_ALL): void {
  engine.serve(segmentDriver({ ...effects.world({ calls: 2 }, policy), engine, ...more }));
}

const PLAN = '(do (def rate (call :echo 10)) (call :echo (call :each (fn [n] (* rate (call :pay (call :echo n)))) [1 2])))';

describe('a callback on an engine', () => {
  test('is a run of the engine', async () => {
    const engine = open();
    const effects = calledBack(planEffects());
    serve(engine, effects);
    const run = await begin(engine, PLAN);
    expect(shown(await ended(engine, run))).toBe('[10 20]');
    expect([...(await engine.runs())].sort()).toEqual([run, `${run}~2~1`, `${run}~2~2`]);
    expect(effects.made.map(({ id, key }) => `${id} ${key.replace(run, 'run')}`)).toEqual(['echo run/1', 'echo run~2~1/1', 'pay run~2~1/2', 'echo run~2~2/1', 'pay run~2~2/2', 'echo run/3']);
    const [started] = await engineRecords(engine, `${run}~2~2`);
    expect(started!.data['parent']).toMatchObject({ size: 7 });
    expect((started!.data['parent'] as MapValue).get(keyword('run'))).toBe(run);
  });

  test.each(['before', 'after'])('goes on when the worker ends %s any of the effects', async (when) => {
    for (let at = 1; at <= 6; at++) {
      const engine = open();
      const effects = calledBack(planEffects());
      let isOver = false;
      effects.onEffect = (then, count) => {
        if (isOver || then !== when || count !== at) return;
        isOver = true;
        engine.crash();
        setImmediate(() => serve(engine, effects));
      };
      serve(engine, effects);
      const run = await begin(engine, PLAN);
      // Of a payment that may have been made somebody is asked: by the callback, while its run is under way.
      for (const callback of [`${run}~2~1`, `${run}~2~2`]) {
        const status = await until(engine, callback, (one) => one.status !== 'running').catch(() => null);
        if (status?.status !== 'waiting') continue;
        const made = effects.made.find(({ id, key }) => id === 'pay' && key === `${callback}/2`);
        if (made === undefined) await say(engine, callback, 'repeat', { call: '2' });
        else await say(engine, callback, 'answer', { call: '2', value: made.args[0]! });
      }
      expect(shown(await ended(engine, run)), `${when} effect ${at}`).toBe('[10 20]');
      expect(effects.felt(), `${when} effect ${at}`).toEqual(['echo 1', 'echo 10', 'echo 2', 'echo [10 20]', 'pay 1', 'pay 2']);
      expect(effects.made.filter(({ id }) => id === 'pay'), `${when} effect ${at}`).toHaveLength(2);
      engine.crash();
    }
  });

  test('asks a person as any run does, and is cancelled with its run', async () => {
    const engine = open();
    const effects = calledBack(planEffects());
    serve(engine, effects);
    const run = await begin(engine, '(call :each (fn [n] (step "s" (step "a" :compensate (fn [v] (call :echo [:undo v])) (call :echo n)) (call :ask "on?"))) [1 2])');
    const [first, second] = [`${run}~1~1`, `${run}~1~2`];
    await until(engine, run, () => true);
    await waitingFor(engine, first);
    await say(engine, first, 'answer', { call: '5', text: 'yes' });
    await waitingFor(engine, second);
    // Its run has not ended, and may ask for it again.
    expect([await isStillCalledBack(engine, first), await isStillCalledBack(engine, run)]).toEqual([true, false]);
    await say(engine, run, 'cancel', { reason: 'no money' });
    expect((await ended(engine, run)).status).toBe('cancelled');
    expect(await isStillCalledBack(engine, first)).toBe(false);
    expect([(await ended(engine, first)).status, (await ended(engine, second)).status]).toEqual(['complete', 'cancelled']);
    expect(effects.felt()).toEqual(['echo 1', 'echo 2', 'echo [:undo 2]']);
  });

  test('comes under what its call does, and takes of its budget', async () => {
    const engine = open();
    const effects = calledBack(planEffects());
    const asked: PolicyRequest[] = [];
    const policy: Policy = { decide: (request) => (asked.push(request), ALLOW_ALL.decide(request)) };
    const world = effects.world({}, policy);
    serve(engine, effects, { host: { ...world.host, budget: { grant: { calls: 4 }, source: 'the test' } } });
    const run = await begin(engine, '(step "s" :isolation :sandboxed (call :each (fn [n] (call :echo n)) [1 2 3]))');
    const status = await ended(engine, run);
    expect(shown(status)).toBe('[1 2 3]');
    expect(((status.budget as MapValue).get(keyword('used')) as MapValue).get(keyword('calls'))).toBe(4);
    expect(asked.map(({ capability, isolation, step }) => [capability, isolation, step])).toEqual([['each', 'sandboxed', 'root/s'], ...[1, 2, 3].map(() => ['echo', 'sandboxed', 'root/s'])]);
    const poor = await begin(engine, '(call :each (fn [n] (call :echo n)) [1 2 3 4])');
    expect(shown(await ended(engine, poor))).toMatch(/budget/i);
  });

  test('cannot be where a worker has no engine to ask', async () => {
    const engine = open();
    engine.serve(segmentDriver(calledBack(planEffects()).world()));
    const run = await begin(engine, '(call :each (fn [n] n) [1])');
    expect(shown(await ended(engine, run))).toBe('failed: each cannot call back here');
  });
});

async function waitingFor(engine: MemoryEngine, run: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 5))) {
    if ((await engine.runs()).includes(run)) return void (await waiting(engine, run));
  }
  throw new Error(`there is no run ${run}`);
}
