/**
 * A process ends at every write of a run, before it and after it, and another one goes on: the result is the same, nothing that was
 * answered is asked again, and what the world feels happens once (CA-18, H1).
 */
import { describe, expect, test } from 'vitest';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { printValue } from '../../../../src/value/print.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import type { State } from '../../../../src/evaluator/state.ts';
import { PLANS, planWorld as world } from './plans.ts';
import { Crash, crashing, programOf, type World } from './support.ts';

function shown(result: RunResult<State>): string {
  if (result.kind === 'complete') return printValue(result.value) ?? '';
  return result.kind === 'failed' ? result.error.message : result.kind;
}

/** What the world felt, with attempts of one call counted once. */
function felt(one: World): string[] {
  const seen = new Set<string>();
  return one.effects.filter(({ key }) => !seen.has(key) && seen.add(key)).map(({ id, args }) => `${id} ${args.map((arg) => printValue(arg)).join(' ')}`);
}

describe.each(PLANS)('%s', (_name, text) => {
  const program = programOf(text);

  test('ends the same wherever the process ends', async () => {
    const whole = world();
    const expected = await whole.process().start(program, { checkpoints: { effects: 2 } });
    expect(expected.kind).toBe('complete');
    const effects = felt(whole);
    const counted = crashing(whole.store, -1, 'before');
    await world().process(counted.store).start(program, { id: 'counted', checkpoints: { effects: 2 } });
    const writes = counted.writes();
    expect(writes).toBeGreaterThan(3);
    for (let at = 1; at <= writes; at++) {
      for (const when of ['before', 'after'] as const) {
        const one = world();
        const first = one.process(crashing(one.store, at, when).store);
        await expect(first.start(program, { checkpoints: { effects: 2 } })).rejects.toBeInstanceOf(Crash);
        first.end();
        const row = await one.store.run('run');
        // It was never begun, or it had ended already.
        if (row === null || row.status === 'complete') {
          expect([at, when]).toEqual(row === null ? [1, 'before'] : [writes, 'after']);
          continue;
        }
        let result = await one.process().resume('run', { checkpoints: { effects: 2 } });
        // Of a payment that may have been made somebody is asked, who looks at the world before answering.
        for (let asked = 0; result.kind === 'waiting'; asked++) {
          expect(asked).toBeLessThan(2);
          for (const { call, hold } of result.waits) {
            expect([call.capability, hold.kind]).toEqual(['pay', 'unsure']);
            const wasMade = one.effects.some(({ key }) => key === `run/${call.id}`);
            const value = typeof call.args[0] === 'number' ? call.args[0] : 0;
            const message = wasMade ? encodeMessage('answer', { call: call.id, value, who: 'human:ann' }) : encodeMessage('repeat', { call: call.id, who: 'human:ann' });
            await one.store.send('run', message);
          }
          result = await one.process().resume('run', { checkpoints: { effects: 2 } });
        }
        expect(shown(result), `${when} write ${at}`).toBe(shown(expected));
        expect(felt(one).sort(), `${when} write ${at}`).toEqual([...effects].sort());
        expect(one.effects.filter(({ id }) => id === 'pay').length).toBe(effects.filter((effect) => effect.startsWith('pay')).length);
      }
    }
  });
});

test('a run that was cancelled is cancelled in the end, wherever the process ends', async () => {
  const program = programOf('(step "trip" (step "a" :compensate (fn [v] (call :echo [:undo v])) (call :echo 1)) (call :ask 0))');
  for (let at = 1; at <= 3; at++) {
    const one = world().put({ id: 'ask', summary: '', determinism: 'recorded', wait: () => ({ kind: 'person', question: '?', read: (text) => ({ ok: true, value: text }) }) });
    expect((await one.process().start(program)).kind).toBe('waiting');
    await one.store.send('run', encodeMessage('cancel', { reason: 'no money', who: 'human:ann' }));
    const dying = one.process(crashing(one.store, at, 'after').store);
    await dying.resume('run').catch(() => undefined);
    dying.end();
    if ((await one.store.run('run'))!.status !== 'cancelled') await one.process().resume('run');
    expect((await one.store.run('run'))!.status, `write ${at}`).toBe('cancelled');
  }
});
