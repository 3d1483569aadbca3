/** Constitutions over runs on an engine: they say the same as without one, in every attempt, and new rules hold from the next segment on. */
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/host/clock.ts';
import { createMemoryEngine, type MemoryEngine } from '../../../../src/host/engine/memory.ts';
import type { SegmentLimits } from '../../../../src/host/engine/world.ts';
import { segmentDriver } from '../../../../src/host/engine/segment.ts';
import type { DriveSegment } from '../../../../src/host/engine/port.ts';
import type { Constitution } from '../../../../src/host/security/constitution.ts';
import { grantPolicy } from '../../../../src/host/security/policy.ts';
import { constitution, GOVERNED_PLANS, RULES, SANDBOX } from '../durable/governed.ts';
import { begin, Effects, ended, field, say, shown, waiting } from './support.ts';

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
