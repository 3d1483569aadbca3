/** A recorded run is done again and compared with its journal: the same program does the same, and what was changed is found (H4, CA-15). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Facts, recordFields } from '../../../../src/host/durable/facts.ts';
import { tapeWorld } from '../../../../src/host/durable/fork.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { startRun } from '../../../../src/host/durable/driver.ts';
import { chained } from '../../../../src/host/durable/record-data.ts';
import { type ReplayReport, replayRun } from '../../../../src/host/durable/replay.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import { createMemoryStore } from '../../../../src/host/store/memory.ts';
import { EMPTY_HEAD, type Store } from '../../../../src/host/store/port.ts';
import type { Value } from '../../../../src/value/value.ts';
import { generateProgram } from '../../../support/programs.ts';
import { PLANS, planWorld } from './plans.ts';
import { Crash, crashing, type Process, programOf, World } from './support.ts';

async function replay(process: Process, id = 'run', text?: string): Promise<ReplayReport> {
  const result = await replayRun(tapeWorld(process.keeping), id, text === undefined ? {} : { program: programOf(text) });
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** The run with one answer changed, in a store of its own, with a chain that is right. */
async function altered(one: World, from: Process, nth: number, value: Value): Promise<Process> {
  const records = await readRecords(one.store, 'run');
  if (!records.ok) throw new Error(records.error);
  const answers = records.value.filter(({ kind, data }) => kind === 'call-answered' && new Facts(data).value('error') === null);
  const changed = answers[nth % answers.length]!;
  const drafts = records.value.map((record) => ({
    timeMs: record.timeMs, kind: record.kind, data: record === changed ? { ...recordFields(new Facts(record.data)), value } : recordFields(new Facts(record.data)),
  }));
  const store: Store = createMemoryStore();
  const program = new Facts(records.value[0]!.data).text('program')!;
  const other = one.process(store);
  await store.create({ id: 'run', name: 'altered', createdMs: 0, leaseUntilMs: 1 }, { records: chained('run', EMPTY_HEAD, drafts, [], nodeSha256), content: [], signature: null, change: {}, taken: [] }, other.keeping.owner);
  other.keeping.programs.set(program, from.keeping.programs.get(program)!);
  return other;
}

describe.each(PLANS)('%s', (_name, text) => {
  const program = programOf(text);

  test.each([1, 2, 50])('is the same again, with a checkpoint after every %i answers', async (effects) => {
    const one = planWorld();
    const process = one.process();
    await process.start(program, { checkpoints: { effects } });
    const made = one.effects.length;
    const row = (await one.store.run('run'))!;
    const report = await replay(one.process());
    expect(report).toMatchObject({ kind: 'identical', records: row.head.seq, calls: made, hasEnded: true });
    expect(report.checkpoints > 0).toBe(effects < 50);
    expect(one.effects).toHaveLength(made);
  });

  test('is the same after any crash, when another process has gone on with it', async () => {
    const counted = planWorld();
    const counting = crashing(counted.store, -1, 'before');
    await counted.process(counting.store).start(program, { checkpoints: { effects: 2 } });
    for (let at = 1; at < counting.writes(); at++) {
      const one = planWorld();
      const first = one.process(crashing(one.store, at, 'after').store);
      await expect(first.start(program, { checkpoints: { effects: 2 } })).rejects.toBeInstanceOf(Crash);
      first.end();
      expect(await replay(one.process())).toMatchObject({ kind: 'identical', hasEnded: false });
      const resumed = await one.process().resume('run', { checkpoints: { effects: 2 } });
      expect(await replay(one.process())).toMatchObject({ kind: 'identical', hasEnded: resumed.kind === 'complete' });
    }
  });
});

describe('what is different', () => {
  async function ran(text: string): Promise<{ one: World; process: Process }> {
    const one = planWorld();
    const process = one.process();
    await process.start(programOf(text));
    return { one, process };
  }

  test('is found at the first record that another program does not lead to', async () => {
    const { process } = await ran('(do (call :echo :first) (call :echo (+ 2 1)))');
    expect(await replay(process, 'run', '(do (call :echo :first) (call :echo (- 2 1)))')).toEqual({
      kind: 'diverged', records: 3, calls: 2, checkpoints: 0, difference: { seq: 4, what: 'args of call 2 (:echo)', expected: '[3]', got: '[1]' },
    });
  });

  test('is nothing when another text means the same', async () => {
    const { process } = await ran('(step "a" (let [n 1] (call :echo (+ n 1))))');
    expect(await replay(process, 'run', '(step "a"\n  (let [number 1] ; renamed\n    (call :echo (+ number 1))))')).toMatchObject({ kind: 'identical' });
  });

  test('in a later event is found too', async () => {
    const { process } = await ran('(step "a" (call :echo 1) (context/set :k 1))');
    const report = await replay(process, 'run', '(step "a" (call :echo 1) (context/set :k 2))');
    expect(report).toMatchObject({ kind: 'diverged', difference: { seq: 5, what: 'an event' } });
  });

  test.each([
    ['(call :echo 1)', '(do (call :echo 1) (call :echo 2))', { seq: 4, what: 'how the run ends', expected: 'complete with 1', got: 'the program waits for call 2 (call :echo 2)' }],
    ['(do (call :echo 1) (call :echo 2))', '(call :echo 1)', { seq: 4, what: 'call 2', expected: '(call :echo 2)', got: 'complete with 1' }],
    ['(do (call :echo 1) 7)', '(do (call :echo 1) 8)', { seq: 4, what: 'how the run ends', expected: 'complete with 7', got: 'complete with 8' }],
    ['(do (call :echo 1) (throw "no"))', '(do (call :echo 1) (throw "yes"))', { seq: 4, what: 'how the run ends' }],
    ['(step "a" (call :echo 1))', '(step "b" (call :echo 1))', { seq: 2, what: 'an event' }],
    ['(call :echo 1)', '(do (step "a" 1) (call :echo 1))', { seq: 2, what: 'call 1' }],
  ])('%s is not %s', async (text, other, difference) => {
    const { process } = await ran(text);
    expect(await replay(process, 'run', other)).toMatchObject({ kind: 'diverged', difference });
  });

  test('an answer that was changed, under a chain that is right, leads elsewhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PLANS.slice(0, 4)), fc.nat(), async ([, text], nth) => {
        const one = planWorld();
        const process = one.process();
        await process.start(programOf(text), { checkpoints: { effects: 1_000 } });
        const report = await replay(await altered(one, process, nth, 4_711));
        // In the first four plans whatever is answered goes into the result, or into the number of passes of a loop.
        expect(report.kind, text).toBe('diverged');
      }),
      { numRuns: 25 },
    );
  });
});

test('programs of any shape are the same again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 5 }), async (seed, effects) => {
      const { text } = generateProgram(seed);
      const one = new World();
      for (let i = 0; i < 5; i++) one.add(`c${i}`, 'pure', (args) => args[0] ?? null);
      const process = one.process();
      // Some would call for ever, ever deeper.
      await startRun(process.keeping, programOf(text), { id: 'run', name: '', start: { limits: { fuel: 100_000, calls: 100 } } }, { host: process.host, checkpoints: { effects } });
      expect(await replay(process), text).toMatchObject({ kind: 'identical', hasEnded: true });
    }),
    { numRuns: 40 },
  );
});
