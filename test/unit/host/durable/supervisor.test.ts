/** Many runs in one process: each is taken up when its time has come, when somebody has said something to it, or when its process has ended. */
import { expect, test } from 'vitest';
import { timeCapabilities } from '../../../../src/host/capability/time.ts';
import { userCapabilities } from '../../../../src/host/capability/user.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { Supervisor } from '../../../../src/host/durable/supervisor.ts';
import { settled } from '../support.ts';
import { crashing, programOf, World } from './support.ts';

function served(one: World): { readonly supervisor: Supervisor; readonly stopped: string[]; readonly end: () => Promise<void>; readonly pass: (ms: number) => Promise<void> } {
  const process = one.process();
  const stopped: string[] = [];
  const supervisor = new Supervisor({
    keeping: process.keeping,
    optionsFor: () => ({ host: process.host }),
    onStopped: (run, result) => stopped.push(`${run} ${result.ok ? result.value.kind : result.error.kind}`),
    onFault: (run, cause) => stopped.push(`${run} ${String(cause)}`),
  });
  const over = new AbortController();
  const serving = supervisor.serve(over.signal);
  const pass = async (ms: number): Promise<void> => {
    await one.clock.advance(ms);
    for (let i = 0; i < 20; i++) await settled();
  };
  return { supervisor, stopped, pass, end: async () => (over.abort(), await serving) };
}

test('runs are put away and taken up: in time, and when somebody answers', async () => {
  const one = new World();
  one.put(...timeCapabilities(one.clock), ...userCapabilities());
  const { supervisor, stopped, pass, end } = served(one);
  const { host } = one.process();
  await supervisor.start(programOf('(do (call :time.sleep 3600000) :awake)'), { id: 'sleeper', name: 'a' }, { host });
  await supervisor.start(programOf('(call :user.ask "Who?")'), { id: 'asker', name: 'b' }, { host });
  await settled();
  expect(stopped).toEqual(['sleeper waiting', 'asker waiting']);
  expect(supervisor.size).toBe(0);
  await pass(3_599_000);
  expect(stopped).toHaveLength(2);
  await pass(1_000);
  await pass(1);
  expect(stopped.slice(2)).toEqual(['sleeper complete']);
  await one.store.send('asker', encodeMessage('answer', { call: '1', text: 'Ann' }));
  await pass(500);
  expect(stopped.slice(3)).toEqual(['asker complete']);
  await end();
});

test('a run whose process has ended is taken up, and its effects are not made again', async () => {
  const one = new World().add('echo', 'idempotent', (args) => args[0]!);
  const program = programOf('(loop [i 0 sum 0] (if (< i 6) (recur (inc i) (+ sum (call :echo i))) sum))');
  const dying = one.process(crashing(one.store, 4, 'after').store);
  await dying.start(program, { id: 'left' }).catch(() => undefined);
  dying.end();
  const before = one.effects.length;
  const { stopped, pass, end } = served(one);
  for (let i = 0; i < 12; i++) await pass(500);
  expect(stopped).toEqual(['left complete']);
  expect(before).toBeGreaterThan(1);
  expect(new Set(one.effects.map(({ key }) => key)).size).toBe(one.effects.length);
  await end();
});
