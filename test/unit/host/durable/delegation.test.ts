/** Calls that several could carry out, in runs that are kept: who was chosen stands in the journal, with why, and is not chosen anew. */
import { describe, expect, test } from 'vitest';
import type { DelegationChoice } from '../../../../src/host/delegation.ts';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { chunkedStates } from '../../../../src/host/durable/state-keeper.ts';
import { HostFailure } from '../../../../src/host/failure.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import type { WorkCapability } from '../../../../src/host/port.ts';
import type { State } from '../../../../src/evaluator/state.ts';
import { printValue } from '../../../../src/value/print.ts';
import type { Value } from '../../../../src/value/value.ts';
import { Crash, crashing, environment, programOf, World } from './support.ts';

const CHOICE: DelegationChoice = { rules: [], weights: { cost: 1, latency: 0, privacy: 0, trust: 0 }, threshold: 0, fallback: null, privacy: 'any' };

/** Three providers, the cheapest first; those in `broken` fail. `made` tells who was asked, in order. */
function answering(made: string[], broken: readonly string[], choice: DelegationChoice = CHOICE): WorkCapability {
  return {
    id: 'answer', summary: '', determinism: 'recorded',
    call: ([text, who], { used }) => {
      made.push(String(who));
      used?.({ cost: 1, tokens: 10 });
      if (broken.includes(String(who))) throw new HostFailure('host', `${String(who)} is down`);
      return `${String(who)}: ${String(text)}`;
    },
    providers: {
      choice,
      candidates: (args) =>
        args.length > 1 ? null : [
          { target: { kind: 'remote-model', id: 'cheap' }, cost: 1, latencyMs: 0, trust: 1 },
          { target: { kind: 'remote-model', id: 'dear' }, cost: 9, latencyMs: 0, trust: 1 },
          { target: { kind: 'local-model', id: 'near' }, cost: 5, latencyMs: 0, trust: 1 },
        ],
      argsFor: ([text], id) => [text!, id],
      person: ([text]) => ({ kind: 'person', question: `Who knows ${String(text)}?`, read: (said) => ({ ok: true, value: `person: ${said}` }) }),
    },
  };
}

function shown(result: RunResult<State>): string {
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? result.error.message : result.kind;
}

async function chosen(world: World): Promise<readonly string[]> {
  const records = await readRecords(world.store, 'run');
  if (!records.ok) throw new Error(records.error);
  const show = (value: Value): string => printValue(value) ?? '';
  return records.value.filter(({ kind }) => kind === 'delegated').map(({ data }) => `${show(new Facts(data).value('target'))} ${new Facts(data).text('reason') ?? ''}`);
}

async function replayed(world: World): Promise<unknown> {
  const report = await replayRun({ store: world.store, environment, keeper: chunkedStates(), programs: new Map() }, 'run');
  return report.ok ? report.value : report.error;
}

test.each<[string, DelegationChoice, readonly string[], string, readonly string[]]>([
  ['the best by score', CHOICE, [], '"cheap: x"', ['[:remote-model "cheap"] score']],
  ['a rule first', { ...CHOICE, rules: [{ capability: 'answer', target: { kind: 'remote-model', id: 'dear' } }] }, [], '"dear: x"', ['[:remote-model "dear"] rule']],
  ['nothing leaves this machine', { ...CHOICE, privacy: 'local' }, [], '"near: x"', ['[:local-model "near"] score']],
  ['the next one when one fails', CHOICE, ['cheap', 'near'], '"dear: x"', ['[:remote-model "cheap"] score', '[:local-model "near"] score', '[:remote-model "dear"] score']],
])('%s', async (_, choice, broken, expected, records) => {
  const world = new World().put(answering([], broken, choice));
  expect(shown(await world.process().start(programOf('(call :answer "x")')))).toBe(expected);
  expect(await chosen(world)).toEqual(records);
  expect(await replayed(world)).toMatchObject({ kind: 'identical', calls: 1 });
});

test('a call that says who is not delegated', async () => {
  const world = new World().put(answering([], []));
  expect(shown(await world.process().start(programOf('(call :answer "x" "dear")')))).toBe('"dear: x"');
  expect(await chosen(world)).toEqual([]);
});

test('when all have failed a person is asked, and each try costs', async () => {
  const made: string[] = [];
  const world = new World().put(answering(made, ['cheap', 'near', 'dear']));
  const process = world.process();
  const waiting = await process.start(programOf('(call :answer "x")'), { host: { ...process.host, budget: { grant: { calls: 9, tokens: 1000 }, source: 'a test' } } });
  expect(waiting).toMatchObject({ kind: 'waiting', waits: [{ hold: { kind: 'person', question: 'Who knows x?' } }] });
  await world.store.send('run', encodeMessage('answer', { call: '1', text: 'Ann' }));
  expect(shown(await world.process().resume('run'))).toBe('"person: Ann"');
  expect(made).toEqual(['cheap', 'near', 'dear']);
  const records = await readRecords(world.store, 'run');
  expect(records.ok && printValue(new Facts(records.value.at(-1)!.data).value('budget'))).toBe('{:granted {:calls 9 :tokens 1000} :used {:calls 4 :cost 3000000 :tokens 30}}');
  expect(await replayed(world)).toMatchObject({ kind: 'identical' });
});

describe('wherever the process ends', () => {
  test('the choice that was written down holds, and who has failed is not asked again', async () => {
    const program = programOf('[(call :answer "x") (call :answer "y")]');
    for (let at = 1; ; at++) {
      for (const when of ['before', 'after'] as const) {
        const made: string[] = [];
        const world = new World().put(answering(made, ['cheap']));
        const dying = world.process(crashing(world.store, at, when).store);
        let isOver = true;
        await dying.start(program).catch((cause: unknown) => {
          if (!(cause instanceof Crash)) throw cause;
          isOver = false;
        });
        if (isOver) return;
        dying.end();
        const row = await world.store.run('run');
        if (row === null || row.status === 'complete') continue;
        expect(shown(await world.process().resume('run'))).toBe('["near: x" "near: y"]');
        // The attempt that the process ended in may have been made twice.
        expect(made.length).toBeLessThanOrEqual(5);
        expect(await replayed(world)).toMatchObject({ kind: 'identical' });
      }
    }
  });
});
