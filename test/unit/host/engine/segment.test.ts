/** Runs on an engine: the same as without one, wherever the worker ends, however short the segments are. */
import { describe, expect, test } from 'vitest';
import { eventToJson } from '../../../../src/evaluator/event-value.ts';
import { HostFailure } from '../../../../src/host/failure.ts';
import { engineEvents, inLogicalOrder } from '../../../../src/host/engine/client.ts';
import { segmentDriver } from '../../../../src/host/engine/segment.ts';
import type { EngineWorld } from '../../../../src/host/engine/world.ts';
import type { Policy, PolicyRequest } from '../../../../src/host/port.ts';
import { run } from '../../../../src/host/run.ts';
import { approvalValue, shownForApproval } from '../../../../src/host/security/approval.ts';
import { printValue } from '../../../../src/value/print.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { keyword } from '../../../../src/value/value.ts';
import { PLANS } from '../durable/plans.ts';
import { programOf } from '../durable/support.ts';
import { begin, Effects, ended, field, memoryEngines, planEffects, say, shown, until, waiting } from './support.ts';

const open = memoryEngines();

/** The plan in this process, without an engine: what it gives, and what happens. */
async function plainly(text: string): Promise<{ readonly value: string; readonly events: readonly string[]; readonly felt: readonly string[] }> {
  const effects = planEffects();
  const lines: string[] = [];
  const result = await run(programOf(text), effects.world().host, { observer: { events: (events) => void lines.push(...events.map(eventToJson)) } });
  return { value: result.kind === 'complete' ? (printValue(result.value) ?? '') : result.kind, events: inLogicalOrder(lines), felt: effects.felt() };
}

describe.each(PLANS)('%s', (_name, text) => {
  test.each([[{}], [{ calls: 1 }], [{ calls: 3 }], [{ bytes: 1 }]])('gives the same as without an engine, in segments of %j', async (segment) => {
    const expected = await plainly(text);
    const effects = planEffects();
    const engine = open();
    engine.serve(segmentDriver(effects.world(segment)));
    const run = await begin(engine, text);
    const status = await ended(engine, run);
    expect(shown(status)).toBe(expected.value);
    expect(await engineEvents(engine, run)).toEqual(expected.events);
    expect(effects.felt()).toEqual(expected.felt);
    expect(effects.made.length).toBe(expected.felt.length);
    engine.crash();
  });

  test.each([['before'], ['after']])('ends the same when the worker ends %s any of its effects', async (when) => {
    const expected = await plainly(text);
    for (let at = 1; at <= expected.felt.length; at++) {
      const effects = planEffects();
      const engine = open();
      const serve = (): void => engine.serve(segmentDriver(effects.world({ calls: 2 })));
      let isOver = false;
      effects.onEffect = (then, count) => {
        if (isOver || then !== when || count !== at) return;
        isOver = true;
        engine.crash();
        setImmediate(serve);
      };
      serve();
      const run = await begin(engine, text);
      let status = await until(engine, run, (one) => one.status !== 'running');
      // Of a payment that may have been made somebody is asked, who looks at the world before answering.
      for (let asked = 0; status.status === 'waiting'; asked++) {
        expect(asked, `${when} effect ${at}`).toBeLessThan(3);
        for (const wait of status.waits) {
          const call = field(wait, 'call');
          const made = effects.made.find(({ key }) => key === `${run}/${call}`);
          expect(field(wait, 'capability')).toBe('pay');
          if (made === undefined) await say(engine, run, 'repeat', { call });
          else await say(engine, run, 'answer', { call, value: typeof made.args[0] === 'number' ? made.args[0] : 0 });
        }
        const { waits } = status;
        status = await until(engine, run, (one) => one.status !== 'waiting' || field(one.waits[0], 'call') !== field(waits[0], 'call'));
        if (status.status === 'running') status = await until(engine, run, (one) => one.status !== 'running');
      }
      expect(shown(status), `${when} effect ${at}`).toBe(expected.value);
      expect(effects.felt(), `${when} effect ${at}`).toEqual(expected.felt);
      expect(effects.made.filter(({ id }) => id === 'pay').length).toBe(expected.felt.filter((one) => one.startsWith('pay')).length);
      expect(await engineEvents(engine, run)).toEqual(expected.events);
      engine.crash();
    }
  });
});

test('a run that waits says for what, and is answered in a later segment', async () => {
  const effects = planEffects();
  const engine = open();
  engine.serve(segmentDriver(effects.world({ calls: 1 })));
  const id = await begin(engine, '(str (call :echo "a") (call :ask "Who?") (call :echo "b"))');
  const status = await waiting(engine, id);
  expect(status.waits.map((wait) => [field(wait, 'call'), field(wait, 'question')])).toEqual([['2', 'Who?']]);
  await say(engine, id, 'answer', { call: '7', text: 'nobody asked' });
  expect((await until(engine, id, ({ ignored }) => ignored !== null)).ignored).toBe('no call 7 waits for an answer');
  await say(engine, id, 'answer', { call: '2', text: 'ann' });
  expect(shown(await ended(engine, id))).toBe('"aannb"');
});

test('timers go on while segments follow each other', async () => {
  const effects = planEffects();
  const engine = open();
  engine.serve(segmentDriver(effects.world({ calls: 2 })));
  const begun = Date.now();
  const id = await begin(engine, '(step-parallel (do (call :sleep 400) :slept) (loop [i 0] (if (< i 6) (do (call :echo i) (recur (inc i))) :done)))');
  expect(shown(await ended(engine, id))).toBe('[:slept :done]');
  expect(engine.attempts()).toBeGreaterThan(3);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(400);
});

test('a cancelled run undoes what it did, however it was cancelled', async () => {
  const plan = '(step "trip" (step "a" :compensate (fn [v] (call :echo [:undo v])) (call :echo 1)) (call :ask "Go on?"))';
  for (const how of ['message', 'engine'] as const) {
    const effects = planEffects();
    const engine = open();
    engine.serve(segmentDriver(effects.world()));
    const id = await begin(engine, plan);
    await waiting(engine, id);
    if (how === 'engine') engine.cancel(id);
    else await say(engine, id, 'cancel', { reason: 'no money' });
    const status = await ended(engine, id);
    expect([status.status, status.error?.message.includes(how === 'engine' ? 'through the engine' : 'no money')]).toEqual(['cancelled', true]);
    expect(effects.felt()).toEqual(['echo 1', 'echo [:undo 1]']);
  }
});

test('what the plan gave up is not begun again', async () => {
  let begun = 0;
  const effects = planEffects().add('never', 'idempotent', () => (begun++, new Promise<never>(() => undefined)));
  const engine = open();
  const serve = (): void => engine.serve(segmentDriver(effects.world({ calls: 3 })));
  serve();
  const id = await begin(engine, '(do (def said (try (step-parallel (call :never 1) (do (call :sleep 20) (call :fail 0))) (catch e :gave-up))) (call :ask "?") (call :echo 1) [said (call :echo 2)])');
  await waiting(engine, id);
  engine.crash();
  serve();
  await say(engine, id, 'answer', { call: (await waiting(engine, id)).waits.map((wait) => field(wait, 'call')).join(), text: 'yes' });
  expect(shown(await ended(engine, id))).toBe('[:gave-up 2]');
  expect(begun).toBe(1);
});

test('the context can be patched while the run waits', async () => {
  const effects = planEffects();
  const engine = open();
  engine.serve(segmentDriver(effects.world()));
  const id = await begin(engine, '(do (call :ask "Ready?") (step "look" (get :colour)))');
  await waiting(engine, id);
  await say(engine, id, 'patch', { data: MapValue.of(keyword('colour'), 'red'), policy: keyword('overwrite') });
  await say(engine, id, 'answer', { call: '1', text: 'yes' });
  expect(shown(await ended(engine, id))).toBe('"red"');
});

test('a pure stretch does not keep a run from being cancelled', async () => {
  const effects = planEffects();
  const engine = open();
  engine.serve(segmentDriver(effects.world({ goes: 3 })));
  const id = await begin(engine, '(do (call :echo 1) (loop [i 0] (recur (inc i))))');
  await until(engine, id, ({ answered }) => answered > 0);
  await say(engine, id, 'cancel', { reason: 'too long' });
  expect((await ended(engine, id)).status).toBe('cancelled');
});

test('large values are content, and only their names are in the journal', async () => {
  const effects = new Effects().add('big', 'pure', ([count]) => 'x'.repeat(Number(count))).add('size', 'pure', ([text]) => String(text).length);
  const engine = open();
  const sizes: number[] = [];
  const drive = segmentDriver(effects.world());
  engine.serve((segment, input) =>
    drive({ ...segment, run: segment.run, content: segment.content, signal: segment.signal, step: (name, work) => segment.step(name, async () => {
      const bytes = await work();
      sizes.push(bytes.length);
      return bytes;
    }) }, input));
  const id = await begin(engine, '(let [a (call :big 300000)] (+ (call :size a) (count a)))');
  expect(shown(await ended(engine, id))).toBe('600000');
  expect(Math.max(...sizes)).toBeLessThan(1_000);
});

describe('what the policy says', () => {
  const POLICY: Policy = {
    decide: (request: PolicyRequest) => {
      if (request.capability !== 'pay' || Number(request.args[0]) <= 100) return { allowed: true, grants: [] };
      const approval = { rule: 'large', question: 'Pay so much?', shown: shownForApproval({ ...request, rule: 'large' }), grants: [] };
      return { allowed: false, kind: 'security', reason: 'rule large: much money', hint: null, approval };
    },
  };

  test.each([['approve', '550'], ['deny', 'failed']])('a call that needs approval waits for it: %s', async (verdict, expected) => {
    const effects = planEffects();
    const engine = open();
    const serve = (): void => engine.serve(segmentDriver(effects.world({}, POLICY)));
    serve();
    const id = await begin(engine, '(+ (call :pay 50) (call :pay 500))');
    const [wait] = (await waiting(engine, id)).waits;
    expect([field(wait, 'call'), field(wait, 'question')]).toEqual(['2', 'Pay so much?']);
    engine.crash();
    serve();
    const judge = (hash: string): Promise<boolean> => say(engine, id, verdict as 'approve' | 'deny', { call: '2', approval: approvalValue({ verdict: verdict as 'approve' | 'deny', hash, by: 'human:ann', timeMs: Date.now(), comment: null }) });
    await judge('of something else');
    expect((await until(engine, id, ({ ignored }) => ignored !== null)).ignored).toBe('it was given for something else than what is asked now');
    await judge(field(wait, 'hash'));
    const status = await ended(engine, id);
    expect(shown(status)).toContain(expected);
    expect(effects.felt()).toEqual(verdict === 'approve' ? ['pay 50', 'pay 500'] : ['pay 50']);
  });

  test('is kept: a worker with another policy goes on from there', async () => {
    const effects = planEffects();
    const engine = open();
    const deny: Policy = { decide: ({ capability }) => (capability === 'pay' ? { allowed: false, kind: 'security', reason: 'no payments', hint: null } : { allowed: true, grants: [] }) };
    engine.serve(segmentDriver(effects.world({}, deny)));
    const id = await begin(engine, '(do (def said (try (call :pay 1) (catch e "denied"))) (call :ask "?") [said (call :pay 2)])');
    await waiting(engine, id);
    engine.crash();
    engine.serve(segmentDriver(effects.world()));
    await say(engine, id, 'answer', { call: '2', text: 'yes' });
    expect(shown(await ended(engine, id))).toBe('["denied" 2]');
    expect(engine.fault(id)).toBe(null);
  });
});

describe('budgets and hints', () => {
  // The third attempt is the one that works, 40 ms after the first.
  const RETRY = '(do (call :echo 1) ^{:runtime.learning.retry {:max-retries 3 :backoff-ms 20}} (call :flaky 7))';

  test.each([[{}], [{ calls: 1 }]])('a call is tried again as its hints say, with the waits of the engine, in segments of %j', async (segment) => {
    let tries = 0;
    const effects = planEffects().add('flaky', 'idempotent', ([value]) => {
      if (++tries < 3) throw new HostFailure('host', 'not now');
      return value!;
    });
    const engine = open();
    engine.serve(segmentDriver(effects.world(segment)));
    expect(shown(await ended(engine, await begin(engine, RETRY)))).toBe('7');
    expect(tries).toBe(3);
  });

  const BUDGET = '(do (try (call :no 1) (catch e nil)) (call :echo 1) (call :ask "?") (call :echo 2) (try (call :echo 3) (catch e (:message e))))';

  test('a run keeps the budget that it began with, and what is refused costs nothing', async () => {
    const deny: Policy = { decide: ({ capability }) => (capability === 'no' ? { allowed: false, kind: 'security', reason: 'no', hint: null } : { allowed: true, grants: [] }) };
    for (const segment of [{}, { calls: 1 }]) {
      const effects = planEffects().add('no', 'pure', () => 1);
      const world = effects.world(segment, deny);
      const granting = (calls: number): EngineWorld => ({ ...world, host: { ...world.host, budget: { grant: { calls }, source: 'the test' } } });
      const engine = open();
      engine.serve(segmentDriver(granting(3)));
      const id = await begin(engine, BUDGET);
      const { waits } = await waiting(engine, id);
      // Another worker that would grant more comes too late.
      engine.crash();
      engine.serve(segmentDriver(granting(100)));
      await say(engine, id, 'answer', { call: field(waits[0], 'call'), text: 'yes' });
      const status = await ended(engine, id);
      expect(shown(status)).toContain('Resource budget exhausted: calls (policy: the test; 0 of 3 left, 1 wanted');
      expect(effects.felt()).toEqual(['echo 1', 'echo 2']);
    }
  });
});

test('what cannot be driven is tried again, and nothing of it is lost', async () => {
  const effects = planEffects();
  const engine = open();
  const id = await begin(engine, '(call :echo 1)');
  const lost = { ...engine.content, read: () => Promise.resolve(null) };
  const drive = segmentDriver(effects.world());
  engine.serve((segment, input) => drive({ ...segment, run: segment.run, content: lost, signal: segment.signal }, input));
  for (const end = Date.now() + 10_000; engine.fault(id) === null && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(String(engine.fault(id))).toContain('is not in the store');
  engine.serve(drive);
  expect(shown(await ended(engine, id))).toBe('1');
});
