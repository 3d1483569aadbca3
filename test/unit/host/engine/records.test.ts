/** What is written down of a run on an engine reads as a journal in a store does: it replays, it says what was asked and answered, and by whom. */
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/host/clock.ts';
import { copyRun, engineRecords } from '../../../../src/host/engine/client.ts';
import { createMemoryEngine, type MemoryEngine } from '../../../../src/host/engine/memory.ts';
import { segmentDriver } from '../../../../src/host/engine/segment.ts';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { openMemoryKeeping } from '../../../../src/host/memory-keeping.ts';
import { recordData } from '../../../../src/host/journal/record.ts';
import { grantPolicy } from '../../../../src/host/security/policy.ts';
import { GOVERNED_PLANS, RULES } from '../durable/governed.ts';
import { PLANS } from '../durable/plans.ts';
import { environment } from '../durable/support.ts';
import { begin, Effects, ended, field, planEffects, say, waiting } from './support.ts';

let engine: MemoryEngine;
const open = (): MemoryEngine => (engine = createMemoryEngine(systemClock));
afterEach(() => engine.crash());

/** The run as a journal of its own, replayed. */
async function replayed(run: string): Promise<unknown> {
  const keeping = openMemoryKeeping({ environment });
  expect(await copyRun(engine, run, keeping)).toBe(true);
  const { store, newKeeper, programs } = keeping;
  const report = await replayRun({ store, environment, keeper: newKeeper(), programs }, run);
  return report.ok ? report.value : report.error;
}

async function kindsOf(run: string): Promise<readonly string[]> {
  return (await engineRecords(engine, run)).map(({ kind, data }) => `${kind} ${new Facts(recordData(data)).text('call') ?? ''}`.trimEnd());
}

describe.each(PLANS)('%s', (_name, text) => {
  test.each([[{}], [{ calls: 1 }], [{ calls: 30 }]])('replays identically, in segments of %j', async (segment) => {
    open().serve(segmentDriver(planEffects().world(segment)));
    const run = await begin(engine, text);
    await ended(engine, run);
    expect(await replayed(run)).toMatchObject({ kind: 'identical', hasEnded: true });
  });
});

test.each(GOVERNED_PLANS)('with rules on merges: %s', async (_name, text) => {
  const effects = new Effects()
    .add('echo', 'idempotent', ([value]) => value!)
    .add('tell', 'idempotent', ([value]) => value!)
    .put({ id: 'look', summary: '', determinism: 'idempotent', tags: ['eye'], call: (_args, { exposed }) => exposed });
  const world = effects.world({ calls: 1 }, grantPolicy({ grants: [{ capability: '*', scope: '*' }], baseDirectory: '/', constitution: RULES, expose: ['#eye'] }));
  open().serve(segmentDriver({ ...world, host: { ...world.host, constitution: RULES } }));
  const run = await begin(engine, text);
  await ended(engine, run);
  expect(await replayed(run)).toMatchObject({ kind: 'identical', hasEnded: true });
});

test('says what was asked and answered, and by whom, of a run that waits as well', async () => {
  const effects = planEffects();
  open().serve(segmentDriver(effects.world({ calls: 1 })));
  const run = await begin(engine, '(do (call :echo 1) (call :ask "Who?"))');
  const { waits } = await waiting(engine, run);
  const before = ['run-started', 'call-requested 1', 'call-answered 1', 'call-requested 2'];
  expect(await kindsOf(run)).toEqual(before);
  expect(await replayed(run)).toMatchObject({ kind: 'identical', hasEnded: false });
  await say(engine, run, 'answer', { call: field(waits[0], 'call'), text: 'ann' });
  await ended(engine, run);
  expect(await kindsOf(run)).toEqual([...before, 'call-answered 2', 'run-complete']);
  const answered = (await engineRecords(engine, run)).filter(({ kind }) => kind === 'call-answered').map(({ data }) => new Facts(recordData(data)));
  expect(answered.map((facts) => [facts.value('value'), facts.text('by'), facts.text('who')])).toEqual([[1, null, null], ['ann', 'person', 'human:ann']]);
  expect(answered.every((facts) => facts.number('turn') !== null)).toBe(true);
});

test('large values, cancelling, another context: all of it replays, and the copy is a chain', async () => {
  const large = 'x'.repeat(40_000);
  const effects = planEffects().add('large', 'idempotent', () => large);
  open().serve(segmentDriver(effects.world({ calls: 2 })));
  const run = await begin(engine, '(step "all" (step "one" :compensate (fn [v] (call :echo [:undo (count v)])) (call :large)) (call :ask "?") (context/get :n))');
  await waiting(engine, run);
  await say(engine, run, 'cancel', { reason: 'enough' });
  expect((await ended(engine, run)).status).toBe('cancelled');
  expect(await replayed(run)).toMatchObject({ kind: 'identical', hasEnded: true });
  const keeping = openMemoryKeeping({ environment });
  await copyRun(engine, run, keeping);
  expect((await keeping.store.run(run))!.status).toBe('cancelled');
  expect(await copyRun(engine, 'no-such-run', keeping)).toBe(false);
});

test('hints and budgets: attempts are told of, and the status says what is used', async () => {
  let tries = 0;
  const effects = planEffects().add('flaky', 'idempotent', ([value]) => {
    if (++tries < 3) throw new Error('not now');
    return value!;
  });
  const world = effects.world({ calls: 1 });
  open().serve(segmentDriver({ ...world, host: { ...world.host, budget: { grant: { calls: 9 }, source: 'the test' } } }));
  const run = await begin(engine, '(do (call :echo 1) ^{:runtime.learning.retry {:max-retries 3 :backoff-ms 1}} (call :flaky 7))');
  const status = await ended(engine, run);
  expect(await replayed(run)).toMatchObject({ kind: 'identical', hasEnded: true });
  expect((await kindsOf(run)).filter((kind) => kind.startsWith('attempt-ended'))).toHaveLength(tries);
  expect(new Facts(status.budget as Facts['data']).value('used')).not.toBe(null);
});
