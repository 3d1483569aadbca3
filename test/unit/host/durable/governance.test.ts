/** Constitutions over runs that are kept: what they refuse stands in the journal, and a turn is taken again in the same way, wherever the process ended. */
import { describe, expect, test } from 'vitest';
import { denialsIn } from '../../../../src/host/durable/denials.ts';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { forkRun } from '../../../../src/host/durable/fork.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { chunkedStates } from '../../../../src/host/durable/state-keeper.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import type { WaitCapability } from '../../../../src/host/port.ts';
import type { Constitution } from '../../../../src/host/security/constitution.ts';
import { grantPolicy } from '../../../../src/host/security/policy.ts';
import type { State } from '../../../../src/evaluator/state.ts';
import { printValue } from '../../../../src/value/print.ts';
import { constitution, GOVERNED_PLANS, RULES, SANDBOX } from './governed.ts';
import { Crash, crashing, environment, type Process, programOf, World } from './support.ts';

const asking: WaitCapability = { id: 'ask', summary: '', determinism: 'recorded', wait: () => ({ kind: 'person', question: '?', read: (text) => ({ ok: true, value: text }) }) };

function world(): World {
  const seen: World = new World().add('echo', 'idempotent', ([value]) => value!).add('tell', 'idempotent', ([value]) => value!);
  return seen.put(asking, { id: 'look', summary: '', determinism: 'idempotent', tags: ['eye'], call: (_args, { exposed }) => exposed });
}

function governed(process: Process, rules: Constitution = RULES) {
  const policy = grantPolicy({ grants: [{ capability: '*', scope: '*' }], baseDirectory: '/', constitution: rules, expose: ['#eye'] });
  return { ...process.host, policy, constitution: rules };
}

function shown(result: RunResult<State>): string {
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? result.error.message : result.kind;
}

async function recordsOf(one: World, run = 'run') {
  const records = await readRecords(one.store, run);
  if (!records.ok) throw new Error(records.error);
  return records.value;
}

async function refusals(one: World): Promise<readonly string[]> {
  return (await recordsOf(one)).filter(({ kind }) => kind === 'governance-denied').map(({ data }) => `${new Facts(data).text('rule') ?? new Facts(data).text('call') ?? ''}`);
}

async function replayed(one: World, run = 'run'): Promise<unknown> {
  const report = await replayRun({ store: one.store, environment, keeper: chunkedStates(), programs: new Map() }, run);
  return report.ok ? report.value : report.error;
}

describe.each(GOVERNED_PLANS)('%s', (name, text, expected, denied) => {
  const program = programOf(text);
  const options = (process: Process) => ({ host: governed(process), checkpoints: { effects: 1 } });

  test('is decided in the same way, wherever the process ends', async () => {
    const whole = world();
    const process = whole.process();
    expect(shown(await process.start(program, options(process)))).toBe(expected);
    expect(await refusals(whole)).toEqual(denied);
    expect(await replayed(whole)).toMatchObject({ kind: 'identical', hasEnded: true });
    for (let at = 1; ; at++) {
      for (const when of ['before', 'after'] as const) {
        const one = world();
        const dying = one.process(crashing(one.store, at, when).store);
        let isOver = true;
        await dying.start(program, options(dying)).catch((cause: unknown) => {
          if (!(cause instanceof Crash)) throw cause;
          isOver = false;
        });
        if (isOver) return;
        dying.end();
        const row = await one.store.run('run');
        if (row === null || row.status === 'complete') continue;
        const next = one.process();
        expect(shown(await next.resume('run', options(next))), `${name}: ${when} write ${at}`).toBe(expected);
        expect(await refusals(one), `${name}: ${when} write ${at}`).toEqual(denied);
        expect(await replayed(one)).toMatchObject({ kind: 'identical' });
      }
    }
  });
});

test('what was refused stays so under other rules, and they hold for what comes then', async () => {
  const one = world();
  const program = programOf(`(let [a ${SANDBOX('(context/set :token (call :echo "t"))')}] (call :ask) [a ${SANDBOX('(context/set :token (call :echo "t"))')}])`);
  const first = one.process();
  const waiting = await first.start(program, { host: governed(first) });
  if (waiting.kind !== 'waiting') throw new Error(shown(waiting));
  await one.store.send('run', encodeMessage('answer', { call: waiting.waits[0]!.call.id, text: 'go' }));
  const next = one.process();
  const result = await next.resume('run', { host: governed(next, constitution('{:id "other" :on :merge :then :deny :keys ["free"] :reason "none"}')) });
  expect(shown(result)).toBe('["stays" nil]');
  expect(await replayed(one)).toMatchObject({ kind: 'identical' });
});

test('a fork knows where values come from', async () => {
  const one = world();
  const program = programOf('(step "all" (context/set :token (call :echo "t")) (context/set :a (str "a" (context/get :token))) (call :ask) (try (call :tell (context/get :a)) (catch e "kept")))');
  const first = one.process();
  await first.start(program, { host: governed(first) });
  const { head } = (await one.store.run('run'))!;
  expect(await forkRun(one.process().keeping, 'run', { seq: head.seq }, { id: 'other', answers: [], who: null })).toMatchObject({ ok: true });
  const next = one.process();
  const waiting = await next.resume('other', { host: governed(next) });
  if (waiting.kind !== 'waiting') throw new Error(shown(waiting));
  await one.store.send('other', encodeMessage('answer', { call: waiting.waits[0]!.call.id, text: 'go' }));
  const last = one.process();
  expect(shown(await last.resume('other', { host: governed(last) }))).toBe('"kept"');
});

test('why it was denied stands in the journal: of calls, of merges', async () => {
  const one = world();
  const process = one.process();
  await process.start(programOf(`(step "all" (context/set :token "t") (try (call :tell (context/get :token)) (catch e 0)) ${SANDBOX('(context/set :token "u")')})`), { host: governed(process) });
  expect(denialsIn(await recordsOf(one)).map(({ capability, step, reasons }) => [capability, step, reasons.map(({ rule, id }) => `${rule} ${id ?? ''}`)])).toEqual([
    ['tell', 'root/all', ['constitution untold']],
    ['context.merge', 'root/all/box', ['constitution stays']],
  ]);
});
