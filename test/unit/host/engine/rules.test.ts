/** Constitutions over runs on an engine: they say the same as without one, in every attempt, and new rules hold from the next segment on. */
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/host/clock.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { chunkedStates } from '../../../../src/host/durable/state-keeper.ts';
import { copyRun } from '../../../../src/host/engine/client.ts';
import { createMemoryEngine, type MemoryEngine } from '../../../../src/host/engine/memory.ts';
import type { SegmentLimits } from '../../../../src/host/engine/world.ts';
import { segmentDriver } from '../../../../src/host/engine/segment.ts';
import type { DriveSegment } from '../../../../src/host/engine/port.ts';
import type { Constitution } from '../../../../src/host/security/constitution.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import { createMemoryStore } from '../../../../src/host/store/memory.ts';
import { approvalValue } from '../../../../src/host/security/approval.ts';
import { grantPolicy } from '../../../../src/host/security/policy.ts';
import { constitution, GOVERNED_PLANS, RULES, SANDBOX } from '../durable/governed.ts';
import { environment } from '../durable/support.ts';
import { begin, Effects, ended, field, say, shown, until, waiting } from './support.ts';

let engine: MemoryEngine;
const open = (): MemoryEngine => (engine = createMemoryEngine(systemClock));
afterEach(() => engine.crash());

function effects(): Effects {
  return new Effects()
    .add('echo', 'idempotent', ([value]) => value!)
    .add('tell', 'idempotent', ([value]) => value!)
    .put(
      { id: 'ask', summary: '', determinism: 'recorded', wait: () => ({ kind: 'person', question: '?', read: (text) => ({ ok: true, value: text }) }) },
      { id: 'look', summary: '', determinism: 'idempotent', tags: ['eye'], call: (_args, { exposed }) => exposed },
    );
}

function driver(from: Effects, rules: Constitution, segment: Partial<SegmentLimits> = {}): DriveSegment {
  const world = from.world(segment, grantPolicy({ grants: [{ capability: '*', scope: '*' }], baseDirectory: '/', constitution: rules, expose: ['#eye'] }));
  return segmentDriver({ ...world, host: { ...world.host, constitution: rules } });
}

describe.each(GOVERNED_PLANS)('%s', (_name, text, expected) => {
  test.each([[{}], [{ calls: 1 }]])('is decided as without an engine, in segments of %j, wherever the worker ends', async (segment) => {
    for (let at = 0; ; at++) {
      const made = effects();
      const drive = driver(made, RULES, segment);
      open().serve(drive);
      let isOver = false;
      made.onEffect = (when, count) => {
        if (when !== 'after' || count !== at || isOver) return;
        isOver = true;
        engine.crash();
        setImmediate(() => engine.serve(drive));
      };
      const run = await begin(engine, text);
      expect(shown(await ended(engine, run)), `the worker ends after effect ${at}`).toBe(expected);
      expect(engine.fault(run)).toBe(null);
      engine.crash();
      if (at >= made.felt().length) return;
    }
  });
});

test('what was refused stays so under the rules of another worker, and those hold from the next segment on', async () => {
  const text = `(let [a ${SANDBOX('(context/set :token (call :echo "t"))')}] (call :ask) [a ${SANDBOX('(context/set :token (call :echo "t"))')} (call :echo 1) ${SANDBOX('(context/set :free (call :echo 2))')}])`;
  const made = effects();
  const others = constitution('{:id "other" :on :merge :then :deny :keys ["free"] :reason "none"}');
  open().serve(driver(made, RULES, { calls: 1 }));
  const run = await begin(engine, text);
  const { waits } = await waiting(engine, run);
  engine.crash();
  engine.serve(driver(made, others, { calls: 1 }));
  await say(engine, run, 'answer', { call: field(waits[0], 'call'), text: 'go' });
  expect(shown(await ended(engine, run))).toBe('["stays" nil 1 "other"]');
  expect(engine.fault(run)).toBe(null);
});

test('a worker without rules takes over in the middle of a segment: the rules that it began with hold until its end', async () => {
  const text = `(do (call :ask) ${SANDBOX('(context/set :token "t")')})`;
  const made = effects();
  open().serve(driver(made, RULES));
  const run = await begin(engine, text);
  await waiting(engine, run);
  engine.crash();
  engine.serve(segmentDriver(made.world()));
  await say(engine, run, 'answer', { call: '1', text: 'go' });
  expect(shown(await ended(engine, run))).toBe('"stays"');
});

describe('a merge that a person has to allow', () => {
  const ASKING = constitution(`{:id "prices" :on :merge :then :require-approval :keys ["price"] :question "May it leave?" :reason "prices are looked at"}
    {:id "secrets" :on :merge :then :deny :keys ["token"] :reason "secrets stay"}`);
  const step = (name: string, body: string): string => `(step "${name}" :merge-policy :overwrite ${body})`;
  const guarded = (body: string): string => `(try ${body} (catch e (:rule (:data e))))`;
  const asked = async (run: string): Promise<{ readonly call: string; readonly hash: string; readonly question: string }> => {
    const { waits } = await until(engine, run, (one) => one.status === 'waiting' && one.waits.some((wait) => field(wait, 'capability') === 'context.merge'));
    const wait = waits.find((one) => field(one, 'capability') === 'context.merge')!;
    return { call: field(wait, 'call'), hash: field(wait, 'hash'), question: field(wait, 'question') };
  };
  const word = async (run: string, verdict: 'approve' | 'deny'): Promise<void> => {
    const { call, hash } = await asked(run);
    await say(engine, run, verdict, { call, approval: approvalValue({ verdict, hash, by: 'human:ann', timeMs: Date.now(), comment: null }) });
  };
  const replayed = async (run: string): Promise<unknown> => {
    const store = createMemoryStore();
    await copyRun(engine, run, { store, sha256: nodeSha256, owner: { host: 'h', processId: 1, token: 't' } });
    const report = await replayRun({ store, environment, keeper: chunkedStates(), programs: new Map() }, run);
    return report.ok ? report.value : report.error;
  };

  const PLANS = [
    ['in the first turn', `[${guarded(step('buy', '(context/set :price 12)'))} (context/get :price) (call :echo 1)]`, '[nil 12 1]', '["prices" nil 1]'],
    ['after a call', `(step "all" ${guarded(step('buy', '(context/set :price (call :echo 12))'))} [(call :echo 2) (context/get :price)])`, '[2 12]', '[2 nil]'],
    ['after another one was denied', `(step "all" [${guarded(step('hide', '(context/set :token (call :echo "t"))'))} ${guarded(step('buy', '(context/set :price 12)'))} (call :echo 2) (context/get :price)])`, '["secrets" nil 2 12]', '["secrets" "prices" 2 nil]'],
  ] as const;

  test.each(PLANS)('%s waits for them, wherever the worker ends, however short the segments are', async (_, text, allowed, refused) => {
    for (const segment of [{}, { calls: 1 }]) {
      for (const [verdict, expected] of [['approve', allowed], ['deny', refused]] as const) {
        const made = effects();
        const drive = driver(made, ASKING, segment);
        open().serve(drive);
        const run = await begin(engine, text);
        expect((await asked(run)).question).toBe('May it leave?');
        engine.crash();
        engine.serve(drive);
        await word(run, verdict);
        expect(shown(await ended(engine, run)), `${verdict} ${JSON.stringify(segment)}`).toBe(expected);
        expect(made.made.length).toBe(made.felt().length);
        expect(engine.fault(run)).toBe(null);
        expect(await replayed(run)).toMatchObject({ kind: 'identical', hasEnded: true });
        engine.crash();
      }
    }
  });

  test('leaves other branches alone: what is answered meanwhile goes into the same turn, once', async () => {
    const made = effects();
    open().serve(driver(made, ASKING, { calls: 1 }));
    const run = await begin(engine, `(step-parallel ${step('buy', '(context/set :price (call :echo 12))')} (do (call :ask) (call :echo 3)))`);
    await asked(run);
    const { waits } = await waiting(engine, run);
    const question = waits.find((wait) => field(wait, 'capability') === 'ask')!;
    await say(engine, run, 'answer', { call: field(question, 'call'), text: 'go' });
    engine.crash();
    engine.serve(driver(made, ASKING, { calls: 1 }));
    const first = await asked(run);
    await word(run, 'approve');
    // The branch itself merges it as well, when both are over.
    await until(engine, run, (one) => one.status === 'waiting' && one.waits.every((wait) => field(wait, 'call') !== first.call));
    await word(run, 'approve');
    expect(shown(await ended(engine, run))).toBe('[nil 3]');
    expect(made.felt()).toEqual(['echo 12', 'echo 3']);
    expect(await replayed(run)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('is given up when the run is cancelled', async () => {
    const made = effects();
    open().serve(driver(made, ASKING));
    const run = await begin(engine, `(step "all" (step "a" :compensate (fn [v] (call :echo [:undo v])) (call :echo 1)) ${step('buy', '(context/set :price 12)')})`);
    await asked(run);
    await say(engine, run, 'cancel', { reason: 'no money' });
    expect((await ended(engine, run)).status).toBe('cancelled');
    expect(made.felt()).toEqual(['echo 1', 'echo [:undo 1]']);
  });
});

describe('a key that a person has to allow to be seen', () => {
  const ASKING = constitution('{:id "prices" :on :expose :then :require-approval :keys ["price"] :question "May it see the price?" :reason "prices are looked at"}');
  const TEXT = '(step "all" :expose-context true (context/set :price (call :echo 12)) (context/set :free 1) [(call :look) (call :echo 2)])';

  test.each([['approve', '[{:free 1 :price 12} 2]'], ['deny', '[{:free 1} 2]']] as const)('%s: the call waits for the word, wherever the worker ends, however short the segments are', async (verdict, expected) => {
    for (const segment of [{}, { calls: 1 }]) {
      const made = effects();
      const drive = driver(made, ASKING, segment);
      open().serve(drive);
      const run = await begin(engine, TEXT);
      const { waits } = await until(engine, run, (one) => one.status === 'waiting');
      expect([field(waits[0]!, 'capability'), field(waits[0]!, 'question')]).toEqual(['look', 'May it see the price?']);
      engine.crash();
      engine.serve(drive);
      await say(engine, run, verdict, { call: field(waits[0]!, 'call'), approval: approvalValue({ verdict, hash: field(waits[0]!, 'hash'), by: 'human:ann', timeMs: Date.now(), comment: null }) });
      expect(shown(await ended(engine, run)), JSON.stringify(segment)).toBe(expected);
      expect(engine.fault(run)).toBe(null);
      engine.crash();
    }
  });
});
