/** Calls with hints in runs that are kept: what was tried, waited for and seen survives the process, wherever it ends. */
import { describe, expect, test } from 'vitest';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { chunkedStates } from '../../../../src/host/durable/state-keeper.ts';
import { HostFailure } from '../../../../src/host/failure.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import type { Determinism } from '../../../../src/host/port.ts';
import { errorValue } from '../../../../src/evaluator/raise.ts';
import type { State } from '../../../../src/evaluator/state.ts';
import { printValue } from '../../../../src/value/print.ts';
import { Crash, crashing, environment, programOf, World } from './support.ts';

const hinted = (text: string) => programOf(text.replaceAll('::', ':runtime.learning.'));

/** Fails as often as the world has not been asked `times` times for these arguments. */
function flaky(times: number, determinism: Determinism = 'idempotent'): World {
  const world: World = new World().add('shop', determinism, (args) => {
    const asked = world.effects.filter(({ id, args: [first] }) => id === 'shop' && first === args[0]).length;
    if (asked <= times) throw new HostFailure('host', 'busy');
    return 3;
  });
  return world.add('other', 'idempotent', ([value]) => `other ${String(value)}`);
}

function shown(result: RunResult<State>): string {
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? result.error.message : result.kind;
}

async function recordsOf(world: World, run = 'run') {
  const records = await readRecords(world.store, run);
  if (!records.ok) throw new Error(records.error);
  return records.value.map(({ kind, data }) => ({ kind, facts: new Facts(data) }));
}

async function applied(world: World, run = 'run'): Promise<string[]> {
  return (await recordsOf(world, run)).filter(({ kind }) => kind === 'hint-applied').map(({ facts }) => `${facts.text('hint')} ${printValue(facts.value('detail'))}`);
}

async function replayed(world: World, run = 'run'): Promise<unknown> {
  const report = await replayRun({ store: world.store, environment, keeper: chunkedStates(), programs: new Map() }, run);
  return report.ok ? report.value : report.error;
}

/** Goes on, in new processes, as time passes, until the run is over or waits for a person. */
async function toTheEnd(world: World, first: RunResult<State>): Promise<RunResult<State>> {
  let result = first;
  for (let i = 0; result.kind === 'waiting' && result.waits.every(({ hold }) => hold.kind === 'pause'); i++) {
    if (i > 20) throw new Error('it never ends');
    await world.clock.advance(Math.max(0, ...result.waits.map(({ dueMs }) => (dueMs ?? 0) - world.clock.nowMs())));
    result = await world.process().resume('run', PARK);
  }
  return result;
}

const PARK = { park: { timers: true, graceMs: 0 } };

test('a wait between attempts is put away, and another process goes on with the count', async () => {
  const world = flaky(2);
  const first = await world.process().start(hinted('^{::retry {:max-retries 2 :backoff-ms 1000}} (call :shop 1)'), PARK);
  expect(first).toMatchObject({ kind: 'waiting', waits: [{ hold: { kind: 'pause' }, dueMs: world.clock.nowMs() + 1000 }] });
  // Too early: it waits again, for as long as is left.
  await world.clock.advance(400);
  expect(await world.process().resume('run', PARK)).toMatchObject({ kind: 'waiting', waits: [{ dueMs: world.clock.nowMs() + 600 }] });
  await world.clock.advance(600);
  const second = await world.process().resume('run', PARK);
  expect(second).toMatchObject({ kind: 'waiting', waits: [{ dueMs: world.clock.nowMs() + 2000 }] });
  await world.clock.advance(2000);
  expect(await world.process().resume('run', PARK)).toMatchObject({ kind: 'complete', value: 3 });
  expect(world.effects.length).toBe(3);
  expect(await applied(world)).toEqual(['retry {:attempt 2 :waited-ms 1000}', 'retry {:attempt 3 :waited-ms 2000}']);
  expect(await replayed(world)).toMatchObject({ kind: 'identical', calls: 1, hasEnded: true });
});

test('attempts are in the journal with what they came to', async () => {
  const world = flaky(1);
  await world.process().start(hinted('^{::retry {:backoff-ms 0}} (call :shop 1)'));
  const records = await recordsOf(world);
  expect(records.map(({ kind }) => kind)).toEqual([
    'run-started', 'call-requested', 'call-planned', 'attempt-started', 'attempt-ended', 'call-planned', 'hint-applied', 'attempt-started', 'attempt-ended', 'call-planned', 'call-answered', 'run-complete',
  ]);
  const ends = records.filter(({ kind }) => kind === 'attempt-ended').map(({ facts }) => facts.error('error')?.message ?? facts.value('value'));
  expect(ends).toEqual(['busy', 3]);
});

const PLANS: readonly (readonly [string, string, string, Determinism])[] = [
  ['retry', '(loop [i 0 sum 0] (if (< i 3) (recur (inc i) (+ sum ^{::retry {:backoff-ms 10}} (call :shop i))) sum))', '9', 'idempotent'],
  ['retry of what is felt', '(loop [i 0 sum 0] (if (< i 3) (recur (inc i) (+ sum ^{::retry {:backoff-ms 10}} (call :shop i))) sum))', '9', 'live'],
  ['fallback', '[^{::fallback {:capability :other}} (call :shop 1) ^{::fallback {:capability :other}} (call :shop 2)]', '["other 1" "other 2"]', 'idempotent'],
  ['cache', '(map (fn [i] ^{::cache true ::retry {:backoff-ms 0}} (call :shop 1)) [1 2 3 4])', '[3 3 3 3]', 'idempotent'],
  ['breaker', '(map (fn [i] (try ^{::circuit-breaker {:failure-threshold 2}} (call :shop i) (catch e (:message e)))) [1 2 3])', '["busy" "busy" "Circuit open: shop failed 2 times in a row; the next try is in 30000 ms"]', 'idempotent'],
  ['rate', '(map (fn [i] ^{::rate-limit {:requests-per-second 2 :burst 1}} (call :other i)) [1 2 3])', '["other 1" "other 2" "other 3"]', 'idempotent'],
  ['side by side', '(step-parallel ^{::retry {:backoff-ms 5}} (call :shop 1) ^{::retry {:backoff-ms 7}} (call :shop 2) ^{::cache true} (call :other 3))', '[3 3 "other 3"]', 'idempotent'],
];

describe.each(PLANS)('%s', (name, text, expected, determinism) => {
  const program = hinted(text);
  const options = { ...PARK, checkpoints: { effects: 2 } };

  test('comes to the same wherever the process ends', async () => {
    const whole = flaky(2, determinism);
    expect(shown(await toTheEnd(whole, await whole.process().start(program, options)))).toBe(expected);
    const effects = whole.effects.length;
    expect(await replayed(whole)).toMatchObject({ kind: 'identical' });
    for (let at = 1; at < 200; at++) {
      for (const when of ['before', 'after'] as const) {
        const one = flaky(2, determinism);
        const dying = crashing(one.store, at, when);
        const process = one.process(dying.store);
        let result: RunResult<State>;
        try {
          result = await process.start(program, options);
          // It was put away before it came to that write: there is nothing more to try.
          if (dying.writes() < at) {
            expect(shown(await toTheEnd(one, result))).toBe(expected);
            return;
          }
        } catch (cause) {
          if (!(cause instanceof Crash)) throw cause;
        }
        process.end();
        const row = await one.store.run('run');
        if (row === null || row.status === 'complete') continue;
        result = await toTheEnd(one, await one.process().resume('run', options));
        for (let asked = 0; result.kind === 'waiting'; asked++) {
          expect(asked).toBeLessThan(3);
          // Somebody who has looked says whether it was tried, and how that ended.
          for (const { call, hold } of result.waits) {
            expect([hold.kind, determinism]).toEqual(['unsure', 'live']);
            const tried = one.effects.filter(({ args: [first] }) => first === call.args[0]).length;
            const begun = (await recordsOf(one)).filter(({ kind, facts }) => kind === 'attempt-started' && facts.text('call') === call.id).length;
            const came = tried <= 2 ? { error: errorValue('host', 'busy') } : { value: 3 };
            await one.store.send('run', tried === begun ? encodeMessage('answer', { call: call.id, ...came }) : encodeMessage('repeat', { call: call.id }));
          }
          result = await toTheEnd(one, await one.process().resume('run', options));
        }
        expect(shown(result), `${name}: ${when} write ${at}`).toBe(expected);
        // What may be repeated may have been made once more, and nothing else.
        const more = one.effects.length - effects;
        expect(determinism === 'live' ? more : more <= 1, `${name}: ${when} write ${at}: ${more} more`).toBe(determinism === 'live' ? 0 : true);
      }
    }
  });
});
