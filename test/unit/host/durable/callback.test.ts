/** Callbacks of kept runs (KH-12): runs of the same store, which survive what their run survives. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../../../src/evaluator/state.ts';
import { isStillCalledBack } from '../../../../src/host/durable/callback.ts';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { HostFailure } from '../../../../src/host/failure.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { chunkedStates } from '../../../../src/host/durable/state-keeper.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { printValue } from '../../../../src/value/print.ts';
import { keyword, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';
import type { Determinism } from '../../../../src/host/port.ts';
import { settled } from '../support.ts';
import { Crash, crashing, environment, programOf, World } from './support.ts';

function world(items: () => readonly Value[] = () => [1, 2], determinism: Determinism = 'idempotent'): World {
  return new World()
    .put({
      id: 'each', summary: '', determinism,
      call: async ([fn], { callBack }) => {
        const given: Value[] = [];
        for (const item of items()) given.push(await callBack!(fn!, [item]));
        return Vector.adopt(given);
      },
    })
    .put({ id: 'ask', summary: '', determinism: 'recorded', wait: ([question]) => ({ kind: 'person', question: String(question), read: (text) => ({ ok: true, value: text }) }) })
    .add('echo', 'recorded', ([value]) => value!)
    .add('pay', 'live', ([value]) => value!);
}

function shown(result: RunResult<State>): string {
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? `${result.error.type.name}: ${result.error.message}` : result.kind;
}

async function records(one: World, run: string) {
  const read = await readRecords(one.store, run);
  if (!read.ok) throw new Error(read.error);
  return read.value.map(({ kind, data }) => ({ kind, facts: new Facts(data) }));
}

async function kinds(one: World, run: string): Promise<readonly string[]> {
  return (await records(one, run)).map(({ kind }) => kind);
}

async function runs(one: World): Promise<readonly string[]> {
  return (await one.store.runs()).map(({ id, status }) => `${id} ${status}`).sort();
}

async function replayed(one: World, run: string): Promise<unknown> {
  const report = await replayRun({ store: one.store, environment, keeper: chunkedStates(), programs: new Map() }, run);
  return report.ok ? report.value : report.error;
}

/** Time passes, so that messages are looked for. */
async function during<Given>(one: World, work: Promise<Given>): Promise<Given> {
  const timer = setInterval(() => void (one.clock.sleeping > 0 && one.clock.advance(100)), 1);
  return work.finally(() => clearInterval(timer));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await settled();
}

const PLAN = '(do (def rate 10) (call :echo (call :each (fn [n] (* rate (call :pay (call :echo n)))))))';

describe('a callback of a kept run', () => {
  test('is a run of the store that says what it belongs to', async () => {
    const one = world();
    expect(shown(await one.process().start(programOf(PLAN)))).toBe('[10 20]');
    expect(await runs(one)).toEqual(['run complete', 'run~1~1 complete', 'run~1~2 complete']);
    const [started] = await records(one, 'run~1~2');
    expect(started!.kind).toBe('run-started');
    expect(started!.facts.items('args')).toEqual([2]);
    expect(started!.facts.value('parent')).toEqual(MapValue.of(
      keyword('run'), 'run', keyword('call'), '1', keyword('number'), 2, keyword('capability'), 'each', keyword('isolation'), keyword('inherit'), keyword('origins'), Vector.of(), keyword('hops'), 1,
    ));
    const begun = (await records(one, 'run')).filter(({ kind }) => kind === 'callback-started');
    expect(begun.map(({ facts }) => [facts.text('call'), facts.number('number'), facts.text('run')])).toEqual([['1', 1, 'run~1~1'], ['1', 2, 'run~1~2']]);
    // Nothing of what a callback calls is among the calls of its run.
    expect((await kinds(one, 'run')).filter((kind) => kind === 'call-answered')).toHaveLength(2);
    for (const run of ['run', 'run~1~1', 'run~1~2']) expect(await replayed(one, run), run).toMatchObject({ kind: 'identical', hasEnded: true });
    expect(one.effects.map(({ id, key }) => `${id} ${key}`)).toEqual(['echo run~1~1/1', 'pay run~1~1/2', 'echo run~1~2/1', 'pay run~1~2/2', 'echo run/2']);
  });

  test('is gone on with wherever the process ends: what was answered is not asked again', async () => {
    const program = programOf(PLAN);
    const whole = world();
    const counted = crashing(whole.store, -1, 'before');
    await whole.process(counted.store).start(program);
    // The starts, two effects of each callback (the live one is two writes), the last effect and the ends.
    expect(counted.writes()).toBeGreaterThan(8);
    for (let at = 1; at <= counted.writes(); at++) {
      for (const when of ['before', 'after'] as const) {
        const one = world();
        const first = one.process(crashing(one.store, at, when).store);
        await expect(during(one, first.start(program))).rejects.toBeInstanceOf(Crash);
        first.end();
        const row = await one.store.run('run');
        if (row === null || row.status === 'complete') continue;
        const running = during(one, one.process().resume('run'));
        // Of a payment that may have been made somebody is asked, while the run that called is there for it.
        const looking = new AbortController();
        void running.finally(() => looking.abort()).catch(() => undefined);
        while (!looking.signal.aborted) {
          for (const { id, waits } of await one.store.runs({ status: ['running'] })) {
            if (waits.length === 0) continue;
            const made = one.effects.find(({ id: capability, key }) => capability === 'pay' && key === `${id}/2`);
            await one.store.send(id, made === undefined ? encodeMessage('repeat', { call: '2' }) : encodeMessage('answer', { call: '2', value: made.args[0]! }));
            await until(async () => looking.signal.aborted || (await one.store.run(id))!.waits.length === 0);
          }
          await settled();
        }
        expect(shown(await running), `${when} write ${at}`).toBe('[10 20]');
        expect(await runs(one), `${when} write ${at}`).toEqual(['run complete', 'run~1~1 complete', 'run~1~2 complete']);
        const paid = one.effects.filter(({ id }) => id === 'pay').map(({ args }) => args[0]);
        expect(paid, `${when} write ${at}`).toEqual([1, 2]);
        for (const run of ['run', 'run~1~1', 'run~1~2']) expect(await replayed(one, run), `${run}, ${when} write ${at}`).toMatchObject({ kind: 'identical', hasEnded: true });
      }
    }
  });

  test('may ask a person, who finds it among the runs; the process waits for both', async () => {
    const one = world();
    const running = during(one, one.process().start(programOf('(call :each (fn [n] (call :ask (str "item " n "?"))))')));
    for (const [id, said] of [['run~1~1', 'yes'], ['run~1~2', 'no']] as const) {
      await until(async () => ((await one.store.run(id))?.waits.length ?? 0) > 0);
      expect((await one.store.run('run'))!.status).toBe('running');
      await one.store.send(id, encodeMessage('answer', { call: '1', text: said }));
    }
    expect(shown(await running)).toBe('["yes" "no"]');
    expect((await one.store.run('run~1~1'))!.waits).toHaveLength(0);
  });

  test('is cancelled with its run, and undoes what it began', async () => {
    const one = world();
    const running = during(one, one.process().start(programOf('(call :each (fn [n] (step "s" (step "a" :compensate (fn [v] (call :echo [:undo v])) (call :echo n)) (call :ask "on?"))))')));
    await until(async () => ((await one.store.run('run~1~1'))?.waits.length ?? 0) > 0);
    await one.store.send('run', encodeMessage('cancel', { reason: 'no money' }));
    expect(shown(await running)).toBe('error/cancelled: Cancelled: no money');
    expect(await runs(one)).toEqual(['run cancelled', 'run~1~1 cancelled']);
    expect(one.effects.map(({ args }) => printValue(args[0]!))).toEqual(['1', '[:undo 1]']);
  });

  test('stays where it is when the process lets go of its run', async () => {
    const one = world();
    const stop = new AbortController();
    const running = during(one, one.process().start(programOf('(call :each (fn [n] [(call :echo n) (call :ask "on?")]))'), { signal: stop.signal }));
    await until(async () => ((await one.store.run('run~1~1'))?.waits.length ?? 0) > 0);
    stop.abort();
    expect((await running).kind).toBe('cancelled');
    expect((await one.store.runs()).map(({ id, owner }) => [id, owner])).toEqual([['run~1~1', null], ['run', null]]);
    const again = during(one, one.process().resume('run'));
    for (const id of ['run~1~1', 'run~1~2']) {
      await until(async () => ((await one.store.run(id))?.owner ?? null) !== null && (await one.store.run(id))!.waits.length > 0);
      await one.store.send(id, encodeMessage('answer', { call: '2', text: 'on' }));
    }
    expect(shown(await again)).toBe('[[1 "on"] [2 "on"]]');
    expect(one.effects.map(({ args }) => args[0])).toEqual([1, 2]);
  });

  test('gives what it gave when it has ended meanwhile, whoever went on with it', async () => {
    const one = world();
    const stop = new AbortController();
    const running = during(one, one.process().start(programOf('(call :each (fn [n] (call :ask "on?")))'), { signal: stop.signal }));
    await until(async () => ((await one.store.run('run~1~1'))?.waits.length ?? 0) > 0);
    stop.abort();
    await running;
    await one.store.send('run~1~1', encodeMessage('answer', { call: '1', text: 'by hand' }));
    expect(shown(await during(one, one.process().resume('run~1~1')))).toBe('"by hand"');
    // Its run has not ended, and asks for it again: it is not to be removed.
    expect([await isStillCalledBack(one.store, 'run~1~1'), await isStillCalledBack(one.store, 'run')]).toEqual([true, false]);
    const again = during(one, one.process().resume('run'));
    await until(async () => ((await one.store.run('run~1~2'))?.waits.length ?? 0) > 0);
    await one.store.send('run~1~2', encodeMessage('answer', { call: '1', text: 'on' }));
    expect(shown(await again)).toBe('["by hand" "on"]');
    expect(await isStillCalledBack(one.store, 'run~1~1')).toBe(false);
  });

  test('is another run when the call asks for something else than before', async () => {
    let items: readonly Value[] = [1, 2];
    const one = world(() => items);
    const program = programOf('(call :each (fn [n] (call :echo n)))');
    const counted = crashing(one.store, 6, 'before');
    const first = one.process(counted.store);
    await expect(during(one, first.start(program))).rejects.toBeInstanceOf(Crash);
    first.end();
    expect(await runs(one)).toContain('run~1~1 complete');
    items = [7, 1];
    expect(shown(await during(one, one.process().resume('run')))).toBe('[7 1]');
    expect((await runs(one)).filter((row) => !row.startsWith('run~1~2'))).toEqual(['run complete', 'run~1~1 complete', 'run~1~1+2 complete']);
  });

  test('of a live call is not called back again before somebody has said so', async () => {
    const one = world(() => [1], 'live');
    const program = programOf('(call :each (fn [n] (call :echo n)))');
    // The start, the request, the start of the callback; the effect of the callback is not written any more.
    const first = one.process(crashing(one.store, 4, 'before').store);
    await expect(during(one, first.start(program))).rejects.toBeInstanceOf(Crash);
    first.end();
    expect((await during(one, one.process().resume('run'))).kind).toBe('waiting');
    expect(await runs(one)).toEqual(['run waiting', 'run~1~1 running']);
    await one.store.send('run', encodeMessage('repeat', { call: '1' }));
    expect(shown(await during(one, one.process().resume('run')))).toBe('[1]');
    expect(await runs(one)).toEqual(['run complete', 'run~1~1 complete']);
  });

  test('that failed is done anew when the call is tried again, and what has ended well is not', async () => {
    let tries = 0;
    const one = world().add('flaky', 'recorded', ([n]) => {
      if (n === 2 && ++tries < 3) throw new HostFailure('host', 'busy');
      return n!;
    });
    const text = '(let [visit (fn [n] (call :flaky n))] ^{:runtime.learning.retry {:max-retries 3 :backoff-ms 0}} (call :each visit))';
    expect(shown(await during(one, one.process().start(programOf(text))))).toBe('[1 2]');
    expect(one.effects.map(({ args, key }) => `${String(args[0])} ${key}`)).toEqual(['1 run~1~1/1', '2 run~1~2/1', '2 run~1~2+2/1', '2 run~1~2+3/1']);
  });

  test('takes from the budget of its call, once, however often it is gone on with', async () => {
    const program = programOf('(call :each (fn [n] (call :echo n)))');
    for (let at = 2; at <= 7; at++) {
      const one = world();
      const process = one.process(crashing(one.store, at, 'after').store);
      const budgeted = { host: { ...process.host, budget: { grant: { calls: 10 }, source: 'the test' } } };
      await during(one, process.start(program, budgeted)).catch(() => undefined);
      process.end();
      if ((await one.store.run('run'))!.status !== 'complete') expect(shown(await during(one, one.process().resume('run', budgeted)))).toBe('[1 2]');
      const last = (await records(one, 'run')).at(-1)!;
      expect(last.facts.value('budget'), `write ${at}`).toEqual(MapValue.of(keyword('used'), MapValue.of(keyword('calls'), 3), keyword('granted'), MapValue.of(keyword('calls'), 10)));
    }
  });
});
