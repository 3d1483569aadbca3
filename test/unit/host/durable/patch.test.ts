/** The context of a run that waits is changed from outside: by a policy, on record, and the same again when the run is done again (EC-22). */
import { describe, expect, test } from 'vitest';
import { tapeWorld } from '../../../../src/host/durable/fork.ts';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import type { DriveOptions } from '../../../../src/host/durable/driver.ts';
import { readValue } from '../../../../src/parser/datum.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { printValue } from '../../../../src/value/print.ts';
import { keyword } from '../../../../src/value/value.ts';
import { Crash, crashing, type Process, programOf, World } from './support.ts';

/** Sets `:k` in the root before it asks, and gives what it sees after. */
const PLAN = '(do (context/set :k {:a 1}) (call :ask) (call :echo 1) [(context/get :k) (context/get :j nil)])';

function world(): World {
  return new World()
    .add('echo', 'idempotent', (args) => args[0]!)
    .put({ id: 'ask', summary: '', determinism: 'idempotent', wait: () => ({ kind: 'person', question: 'Well?', read: (text) => ({ ok: true, value: text }) }) });
}

function data(text: string): MapValue {
  const read = readValue(text);
  if (!read.ok || !(read.value instanceof MapValue)) throw new Error(`${text} is no map`);
  return read.value;
}

function patch(text: string, policy: string): Pick<DriveOptions, 'patch'> {
  return { patch: { data: data(text), policy: keyword(policy), who: 'human:ann' } };
}

async function answered(process: Process, one: World, options: Partial<DriveOptions> = {}): Promise<string> {
  await one.store.send('run', encodeMessage('answer', { call: '2', text: 'go' }));
  const result = await process.resume('run', options);
  return result.kind === 'complete' ? (printValue(result.value) ?? '') : result.kind;
}

describe('a patch', () => {
  test.each([
    ['keep-existing', '[{:a 1} 2]'],
    ['overwrite', '[{:b 3} 2]'],
    ['merge', '[{:a 1 :b 3} 2]'],
  ])('%s', async (policy, expected) => {
    const one = world();
    expect((await one.process().start(programOf(PLAN))).kind).toBe('waiting');
    // Keys may be texts, as JSON has them.
    expect((await one.process().resume('run', patch('{"k" {:b 3} :j 2}', policy))).kind).toBe('waiting');
    const records = await readRecords(one.store, 'run');
    const record = records.ok ? records.value.find(({ kind }) => kind === 'context-patched') : undefined;
    const facts = new Facts(record!.data);
    expect([printValue(facts.value('data')), printValue(facts.value('policy')), facts.text('who')]).toEqual(['{"k" {:b 3} :j 2}', `:${policy}`, 'human:ann']);
    const last = one.process();
    expect(await answered(last, one)).toBe(expected);
    expect(await replayRun(tapeWorld(last.keeping), 'run')).toMatchObject({ ok: true, value: { kind: 'identical', hasEnded: true } });
  });

  test('of a message comes to whoever drives the run, and is taken once', async () => {
    const one = world();
    await one.process().start(programOf(PLAN));
    await one.store.send('run', encodeMessage('patch', { data: data('{:j 2}'), policy: keyword('overwrite'), who: 'human:ann' }));
    expect((await one.process().resume()).kind).toBe('waiting');
    expect(await one.store.messages('run')).toEqual([]);
    expect(await answered(one.process(), one)).toBe('[{:a 1} 2]');
  });

  test('is there after any crash', async () => {
    for (let at = 1; at <= 4; at++) {
      const one = world();
      await one.process().start(programOf(PLAN));
      const dying = one.process(crashing(one.store, at, 'after').store);
      await one.store.send('run', encodeMessage('answer', { call: '2', text: 'go' }));
      await expect(dying.resume('run', patch('{:j 2}', 'merge'))).rejects.toBeInstanceOf(Crash);
      dying.end();
      if ((await one.store.run('run'))!.status === 'complete') break;
      const result = await one.process().resume();
      expect(result.kind === 'complete' ? printValue(result.value) : result.kind, `write ${at}`).toBe('[{:a 1} 2]');
    }
  });

  test.each([
    ['{1 2}', 'merge', 'the context cannot be patched: '],
    ['{:j 2}', 'merge3', 'the context cannot be patched: the policy needs what the root had before, or a function'],
    ['{:j 2}', 'sideways', 'the context cannot be patched: :sideways is no merge policy'],
  ])('%s by %s is refused, and the run stays as it was', async (text, policy, message) => {
    const one = world();
    await one.process().start(programOf(PLAN));
    const before = (await one.store.run('run'))!.head;
    await expect(one.process().resume('run', patch(text, policy))).rejects.toThrow(message);
    expect((await one.store.run('run'))!.head).toEqual(before);
  });

  test('of a message that cannot be followed is ignored, and the journal says why', async () => {
    const one = world();
    await one.process().start(programOf(PLAN));
    await one.store.send('run', encodeMessage('patch', { data: data('{1 2}'), policy: keyword('merge') }));
    expect((await one.process().resume()).kind).toBe('waiting');
    const records = await readRecords(one.store, 'run');
    const ignored = records.ok ? records.value.filter(({ kind }) => kind === 'message-ignored') : [];
    expect(ignored).toHaveLength(1);
    expect(await one.store.messages('run')).toEqual([]);
    expect(await answered(one.process(), one)).toBe('[{:a 1} nil]');
  });
});
