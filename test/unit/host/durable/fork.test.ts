/** A fork has the past of another run and a future of its own (M7, EC-10, EC-11). */
import { describe, expect, test } from 'vitest';
import { timeCapabilities } from '../../../../src/host/capability/time.ts';
import { type ForkPlace, forkRun, tapeWorld } from '../../../../src/host/durable/fork.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { Tape } from '../../../../src/host/durable/tape.ts';
import { visibleData } from '../../../../src/evaluator/context.ts';
import { printValue } from '../../../../src/value/print.ts';
import type { Value } from '../../../../src/value/value.ts';
import { PLANS, planWorld } from './plans.ts';
import { type Process, programOf, type World } from './support.ts';

async function fork(process: Process, place: ForkPlace, id: string, answers: readonly (readonly [string, Value])[] = [], source = 'run') {
  return forkRun(process.keeping, source, place, { id, answers, who: 'human:ann' });
}

async function end(process: Process, id: string): Promise<string> {
  const result = await process.resume(id);
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? result.error.message : result.kind;
}

async function kinds(one: World, id: string): Promise<string[]> {
  const records = await readRecords(one.store, id);
  return records.ok ? records.value.map(({ kind }) => kind) : [records.error];
}

describe.each(PLANS)('%s', (_name, text) => {
  test('forked at every record before its end, comes to the same result', async () => {
    const one = planWorld();
    const process = one.process();
    const whole = await process.start(programOf(text), { checkpoints: { effects: 2 } });
    const expected = whole.kind === 'complete' ? printValue(whole.value) : whole.kind;
    const { head } = (await one.store.run('run'))!;
    let forks = 0;
    for (let seq = 1; seq <= head.seq; seq++) {
      const forked = await fork(process, { seq }, `at-${seq}`);
      if (!forked.ok) {
        // The last turn is over before it could be forked.
        expect(forked.error).toBe(`the run run is over at record ${head.seq}: a fork needs a point before its end`);
        continue;
      }
      forks += 1;
      const other = one.process();
      expect(await end(other, `at-${seq}`), `at ${seq}`).toBe(expected);
      expect(await replayRun(tapeWorld(other.keeping), `at-${seq}`)).toMatchObject({ ok: true, value: { kind: 'identical', hasEnded: true } });
    }
    expect(forks).toBeGreaterThan(2);
    expect((await one.store.run('run'))!.head).toEqual(head);
  });
});

test('another answer makes another future, and both runs are right', async () => {
  const one = planWorld();
  const process = one.process();
  await process.start(programOf('(let [a (call :pay 1) b (call :pay 2)] [a b])'));
  expect(await fork(process, { seq: 2 }, 'other', [['1', 10]])).toEqual({ ok: true, value: { run: 'other', seq: 2 } });
  expect(await end(process, 'other')).toBe('[10 2]');
  expect(one.effects.map(({ key }) => key)).toEqual(['run/1', 'run/2', 'other/2']);
  expect(await kinds(one, 'other')).toEqual(['run-started', 'checkpoint', 'call-requested', 'call-answered', 'run-resumed', 'call-requested', 'call-answered', 'run-complete']);
  const records = await readRecords(one.store, 'other');
  const [source] = await one.store.records('run', 2, 1);
  const started = new Facts((records.ok ? records.value[0]! : null)!.data);
  expect([started.text('from'), started.number('seq'), started.text('hash')]).toEqual(['run', 2, source!.hash]);
  // A fork of a fork.
  expect(await fork(process, { seq: 4 }, 'third', [['2', 20]], 'other')).toMatchObject({ ok: true });
  expect(await end(process, 'third')).toBe('[10 20]');
  for (const id of ['run', 'other', 'third']) expect(await replayRun(tapeWorld(process.keeping), id), id).toMatchObject({ ok: true, value: { kind: 'identical' } });
});

test.each<[string, ForkPlace, readonly (readonly [string, Value])[], string]>([
  ['a record that is not there', { seq: 99 }, [], 'the run run has no record 99: it has 1 to 6'],
  ['record 0', { seq: 0 }, [], 'the run run has no record 0: it has 1 to 6'],
  ['a label that was not given', { label: 'paid' }, [], 'the run run has no checkpoint :paid'],
  ['the end', { seq: 6 }, [], 'the run run is over at record 6: a fork needs a point before its end'],
  ['an answer to another call', { seq: 2 }, [['2', 1]], 'no call 2 waits for an answer there: 1 (:pay)'],
  ['two answers to one call', { seq: 2 }, [['1', 1], ['1', 2]], 'there are two answers to call 1'],
])('%s is refused', async (_name, place, answers, message) => {
  const one = planWorld();
  const process = one.process();
  await process.start(programOf('(+ (call :pay 1) (call :pay 2))'));
  expect(await fork(process, place, 'other', answers)).toEqual({ ok: false, error: message });
  expect(await one.store.run('other')).toBeNull();
});

test('a checkpoint after every effect: each can be gone on from (EC-11)', async () => {
  const one = planWorld();
  const process = one.process();
  await process.start(programOf('(step "all" (+ (call :pay 1) (call :pay 2) (call :pay 3) (call :pay 4)))'), { checkpoints: { effects: 1 } });
  const records = await readRecords(one.store, 'run');
  const checkpoints = records.ok ? records.value.filter(({ kind }) => kind === 'checkpoint') : [];
  // One before each answer that comes after another: the first three answers are behind the three of them.
  expect(checkpoints).toHaveLength(3);
  for (const { seq } of checkpoints) {
    expect(await fork(process, { seq }, `at-${seq}`)).toMatchObject({ ok: true });
    expect(await end(process, `at-${seq}`)).toBe('10');
  }
  expect(one.effects.filter(({ key }) => key.startsWith('at-')).map(({ args }) => args[0])).toEqual([2, 3, 4, 3, 4, 4]);
});

test('a checkpoint by name: what was set after it is not there (EC-10)', async () => {
  const one = planWorld();
  one.put(...timeCapabilities(one.clock));
  const process = one.process();
  const result = await process.start(programOf('(step "all" (call :pay 1) (checkpoint :paid) (context/set :k 1) (call :pay (context/get :k)))'));
  expect(result.kind).toBe('complete');
  const tape = await Tape.open(tapeWorld(process.keeping), 'run');
  if (!tape.ok) throw new Error(tape.error);
  const keysAt = async (index: number): Promise<string> => {
    const after = await tape.value.after(index);
    return after.ok ? (printValue(visibleData(after.value.state.main.context)) ?? '') : after.error;
  };
  const labelled = tape.value.labelled('paid')!;
  expect(await keysAt(tape.value.stretchOf(labelled.seq))).toBe('{}');
  expect(await keysAt(tape.value.stretchOf(labelled.seq) + 1)).toBe('{:k 1}');
  expect(await fork(process, { label: 'paid' }, 'again')).toMatchObject({ ok: true });
  expect(await end(process, 'again')).toBe('1');
  // The plan asks for its checkpoint in the fork too.
  expect((await kinds(one, 'again')).filter((kind) => kind === 'checkpoint')).toHaveLength(2);
});
