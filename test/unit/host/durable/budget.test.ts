/** Budgets of runs that are kept: they count on in the next process exactly where the last one stopped, wherever that was. */
import { describe, expect, test } from 'vitest';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { forkRun } from '../../../../src/host/durable/fork.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { chunkedStates } from '../../../../src/host/durable/state-keeper.ts';
import { HostFailure } from '../../../../src/host/failure.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import type { WaitCapability } from '../../../../src/host/port.ts';
import type { Amounts } from '../../../../src/host/amounts.ts';
import type { State } from '../../../../src/evaluator/state.ts';
import { printValue } from '../../../../src/value/print.ts';
import { Crash, crashing, environment, type Process, programOf, World } from './support.ts';

const asking: WaitCapability = { id: 'ask', summary: '', determinism: 'recorded', wait: () => ({ kind: 'person', question: '?', read: (text) => ({ ok: true, value: text }) }) };

function world(): World {
  const one: World = new World().add('work', 'idempotent', ([value]) => value!).add('pay', 'live', ([value]) => value!);
  return one
    .add('fail', 'pure', () => {
      throw new HostFailure('host', 'no');
    })
    .put(asking);
}

function granted(process: Process, grant: Amounts) {
  return { ...process.host, budget: { grant, source: 'the policy test' } };
}

function shown(result: RunResult<State>): string {
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? result.error.message : result.kind;
}

/** What the run says that it has used and was given, at its end or where it waits. */
async function budgetOf(one: World, run = 'run'): Promise<string> {
  const records = await readRecords(one.store, run);
  if (!records.ok) throw new Error(records.error);
  return printValue(new Facts(records.value.at(-1)!.data).value('budget')) ?? '';
}

async function replayed(one: World, run = 'run'): Promise<unknown> {
  const report = await replayRun({ store: one.store, environment, keeper: chunkedStates(), programs: new Map() }, run);
  return report.ok ? report.value : report.error;
}

// Six calls, a question, and as many calls as go.
const ELEVEN = programOf('(do (loop [i 1] (if (< i 6) (recur (do (call :work i) (inc i))) nil)) (call :ask) (loop [i 7] (if (< i 12) (let [r (try (call :work i) (catch e (:message e)))] (if (= r i) (recur (inc i)) [i r])) :all)))');

test('of ten calls four are left after six, in another process too; the eleventh is refused', async () => {
  const one = world();
  const first = one.process();
  expect((await first.start(ELEVEN, { host: granted(first, { calls: 10 }) })).kind).toBe('waiting');
  // Five calls and the question.
  expect(await budgetOf(one)).toBe('{:granted {:calls 10} :used {:calls 5}}');
  await one.store.send('run', encodeMessage('answer', { call: '6', text: 'go' }));
  const second = await one.process().resume('run');
  expect(shown(second)).toBe('[11 "Resource budget exhausted: calls (policy: the policy test; 0 of 10 left, 1 wanted; to give it more: --budget calls=N)"]');
  expect(one.effects.length).toBe(9);
  expect(await budgetOf(one)).toBe('{:granted {:calls 10} :used {:calls 10}}');
  expect(await replayed(one)).toMatchObject({ kind: 'identical', calls: 11 });
});

describe.each<[string, string, Amounts, string, string]>([
  ['one after the other', '(loop [i 0 done []] (if (< i 6) (recur (inc i) (conj done (try (call :work i) (catch e :no)))) done))', { calls: 4 }, '[0 1 2 3 :no :no]', '{:granted {:calls 4} :used {:calls 4}}'],
  ['what is felt', '(loop [i 0 done []] (if (< i 4) (recur (inc i) (conj done (try (call :pay i) (catch e :no)))) done))', { calls: 3 }, '[0 1 2 :no]', '{:granted {:calls 3} :used {:calls 3}}'],
  ['side by side', '(count (filter some? (pmap (fn [i] (try (call :work i) (catch e nil))) (range 9))))', { calls: 5 }, '5', '{:granted {:calls 5} :used {:calls 5}}'],
  ['what failed costs, what was refused does not', '[(try (call :fail) (catch e 1)) (try (call :nothing) (catch e 2)) (try (call :work 3) (catch e :no)) (try (call :work 4) (catch e :no))]', { calls: 2 }, '[1 2 3 :no]', '{:granted {:calls 2} :used {:calls 2}}'],
  ['a step has less than the run', '[(step "a" :resources {:calls 2} (loop [i 0 done []] (if (< i 3) (recur (inc i) (conj done (try (call :work i) (catch e :no)))) done))) (call :work 7)]', { calls: 9 }, '[[0 1 :no] 7]', '{:granted {:calls 9} :used {:calls 3}}'],
  ['each attempt costs', '^{:runtime.learning.retry {:max-retries 5 :backoff-ms 0}} (try (call :fail) (catch e (:message e)))', { calls: 3 }, '"Resource budget exhausted: calls (policy: the policy test; 0 of 3 left, 1 wanted; to give it more: --budget calls=N)"', '{:granted {:calls 3} :used {:calls 3}}'],
])('%s', (name, text, grant, expected, budget) => {
  const program = programOf(text);

  test('comes to the same, wherever the process ends', async () => {
    const whole = world();
    const process = whole.process();
    const result = await process.start(program, { host: granted(process, grant), checkpoints: { effects: 2 } });
    expect(shown(result)).toBe(expected);
    expect(await budgetOf(whole)).toBe(budget);
    expect(await replayed(whole)).toMatchObject({ kind: 'identical' });
    for (let at = 1; ; at++) {
      for (const when of ['before', 'after'] as const) {
        const one = world();
        const dying = one.process(crashing(one.store, at, when).store);
        let isOver = false;
        try {
          await dying.start(program, { host: granted(dying, grant), checkpoints: { effects: 2 } });
          isOver = true;
        } catch (cause) {
          if (!(cause instanceof Crash)) throw cause;
        }
        if (isOver) return;
        dying.end();
        const row = await one.store.run('run');
        if (row === null || row.status === 'complete') continue;
        let next = await one.process().resume('run', { checkpoints: { effects: 2 } });
        for (let asked = 0; next.kind === 'waiting'; asked++) {
          expect(asked).toBeLessThan(3);
          for (const { call } of next.waits) {
            const wasMade = one.effects.some(({ key }) => key === `run/${call.id}`);
            await one.store.send('run', wasMade ? encodeMessage('answer', { call: call.id, value: call.args[0]! }) : encodeMessage('repeat', { call: call.id }));
          }
          next = await one.process().resume('run', { checkpoints: { effects: 2 } });
        }
        expect(shown(next), `${name}: ${when} write ${at}`).toBe(expected);
        expect(await budgetOf(one), `${name}: ${when} write ${at}`).toBe(budget);
      }
    }
  });
});

test('an operator gives more where it waits, and a fork has what is left', async () => {
  const one = world();
  const first = one.process();
  await first.start(ELEVEN, { host: granted(first, { calls: 7 }) });
  const forked = await forkRun(one.process().keeping, 'run', { seq: 9 }, { id: 'other', answers: [], who: null });
  expect(forked.ok).toBe(true);
  await one.store.send('run', encodeMessage('answer', { call: '6', text: 'go' }));
  expect(shown(await one.process().resume('run', { budget: { calls: 3 } }))).toBe('[11 "Resource budget exhausted: calls (policy: the policy test; 0 of 10 left, 1 wanted; to give it more: --budget calls=N)"]');
  expect(await budgetOf(one)).toBe('{:granted {:calls 10} :used {:calls 10}}');
  expect((await one.process().resume('other')).kind).toBe('waiting');
  expect(await budgetOf(one, 'other')).toMatch(/^\{:granted \{:calls 7\}/);
  await one.store.send('other', encodeMessage('answer', { call: '6', text: 'go' }));
  expect(shown(await one.process().resume('other'))).toMatch(/^\[8 "Resource budget exhausted: calls \(policy: the policy test; 0 of 7 left/);
  expect(await replayed(one, 'other')).toMatchObject({ kind: 'identical' });
});

describe('soft amounts', () => {
  /** What the journal says was passed: amount, what is soft, what was used. */
  async function passedIn(one: World, run = 'run'): Promise<readonly string[]> {
    const records = await readRecords(one.store, run);
    if (!records.ok) throw new Error(records.error);
    return records.value.filter(({ kind }) => kind === 'budget-passed').map(({ data }) => printValue(data) ?? '');
  }
  const soft = (process: Process, amounts: Amounts, grant: Amounts = {}) => ({ ...process.host, budget: { grant, source: 'the policy test', soft: amounts } });
  const FOUR = programOf('(do (call :work 1) (call :work 2) (call :work 3) (call :work 4) :end)');

  test('that are passed are told of once each, and nothing is denied', async () => {
    const one = world();
    const process = one.process();
    const told: unknown[] = [];
    // An argument is 5 bytes long and an answer as well, at least.
    const result = await process.start(FOUR, { host: soft(process, { calls: 2, tokens: 0, bytes: 1 }), observer: { passed: (what) => told.push(what) } });
    expect(shown(result)).toBe(':end');
    expect(told).toMatchObject([{ budget: 'bytes', soft: 1 }, { budget: 'calls', soft: 2, used: 3 }]);
    const records = await passedIn(one);
    expect(records).toHaveLength(2);
    expect(records[1]).toBe('{:budget :calls :soft 2 :used 3}');
    expect(await budgetOf(one)).toMatch(/^\{:granted \{\} :soft \{:bytes 1 :calls 2 :tokens 0\} :used \{:bytes \d+ :calls 4\}\}$/);
    expect(await replayed(one)).toMatchObject({ kind: 'identical' });
  });

  test('that are just met are not passed, and a hard amount beside them denies as ever', async () => {
    const one = world();
    const process = one.process();
    expect(shown(await process.start(FOUR, { host: soft(process, { calls: 4 }) }))).toBe(':end');
    expect(await passedIn(one)).toEqual([]);
    const other = one.process();
    expect(shown(await other.start(FOUR, { id: 'hard', host: soft(other, { calls: 1 }, { calls: 3 }) }))).toContain('Resource budget exhausted: calls');
    expect(await passedIn(one, 'hard')).toEqual(['{:budget :calls :soft 1 :used 2}']);
  });

  test('are told of once, whenever the process ends', async () => {
    for (let at = 1; ; at++) {
      for (const when of ['before', 'after'] as const) {
        const one = world();
        const dying = one.process(crashing(one.store, at, when).store);
        let isOver = false;
        try {
          await dying.start(FOUR, { host: soft(dying, { calls: 2 }), checkpoints: { effects: 3 } });
          isOver = true;
        } catch (cause) {
          if (!(cause instanceof Crash)) throw cause;
        }
        if (isOver) return;
        dying.end();
        const row = await one.store.run('run');
        if (row === null) continue;
        if (row.status !== 'complete') expect(shown(await one.process().resume('run', { checkpoints: { effects: 3 } }))).toBe(':end');
        expect(await passedIn(one), `${when} write ${at}`).toEqual(['{:budget :calls :soft 2 :used 3}']);
      }
    }
  });
});
