/** Keys that a capability sees only when a person allows it: asked about before the call is made, whatever becomes of the process meanwhile. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../../../src/evaluator/state.ts';
import { denialsIn } from '../../../../src/host/durable/denials.ts';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import type { Determinism } from '../../../../src/host/port.ts';
import { run } from '../../../../src/host/run.ts';
import type { Constitution } from '../../../../src/host/security/constitution.ts';
import { grantPolicy } from '../../../../src/host/security/policy.ts';
import { printValue } from '../../../../src/value/print.ts';
import { constitution } from './governed.ts';
import { questionIn, replayed, say, shown } from './asking.ts';
import { Crash, crashing, programOf, type Process, World } from './support.ts';

const RULES = constitution(`
  {:id "prices" :on :expose :then :require-approval :keys ["price"] :question "May it see the price?" :reason "prices are looked at"}
  {:id "hidden" :on :expose :then :deny :keys ["#secret"] :reason "secrets are not shown"}`);
const BOTH = constitution(`
  {:id "prices" :on :expose :then :require-approval :keys ["price"] :reason "prices are looked at"}
  {:id "looks" :on :call :then :require-approval :capability "look" :question "May it look?" :reason "looks are counted"}`);

const LOOK = '(step "all" :expose-context true (context/set :price 12) (context/set :token "t") (context/set :free 1) (call :look))';

/** What `look` saw, each time that it was made. */
class Seen {
  readonly maps: string[] = [];

  world(determinism: Determinism = 'idempotent'): World {
    return new World().put({ id: 'look', summary: '', determinism, tags: ['eye'], call: (_args, { exposed }) => (this.maps.push(printValue(exposed)!), exposed) });
  }
}

function options(process: Process, rules: Constitution = RULES) {
  const policy = grantPolicy({ grants: [{ capability: '*', scope: '*' }], baseDirectory: '/', constitution: rules, expose: ['#eye'] });
  return { host: { ...process.host, policy, constitution: rules }, checkpoints: { effects: 1 } };
}

async function records(one: World) {
  const read = await readRecords(one.store, 'run');
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

async function kinds(one: World): Promise<readonly string[]> {
  return (await records(one)).map(({ kind }) => kind);
}

describe('a key that a person has to allow to be seen', () => {
  test('waits with the rule’s question and the hash of the value, and is seen once they have, in another process', async () => {
    const seen = new Seen();
    const one = seen.world();
    const first = one.process();
    const question = questionIn(await first.start(programOf(LOOK), options(first)));
    expect(question.question).toBe('May it see the price?');
    expect(printValue(question.shown)).toMatch(/:capability :look .*:exposes \[\{:key :price :rule "prices" :value-hash "[0-9a-f]{64}"\}\].* :rule "prices"/);
    expect(seen.maps).toEqual([]);
    await say(one, 'approve', question);
    const second = one.process();
    expect(shown(await second.resume('run', options(second)))).toBe('{:free 1 :price 12}');
    expect(seen.maps).toEqual(['{:free 1 :price 12}']);
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('is not seen when they say no: the call is made without it, and why is known', async () => {
    const seen = new Seen();
    const one = seen.world();
    const first = one.process();
    await say(one, 'deny', questionIn(await first.start(programOf(LOOK), options(first))));
    const second = one.process();
    expect(shown(await second.resume('run', options(second)))).toBe('{:free 1}');
    expect(seen.maps).toEqual(['{:free 1}']);
    expect(denialsIn(await records(one)).flatMap(({ capability, reasons }) => reasons.map(({ rule, id, source, message }) => [capability, rule, id, source, message]))).toEqual([
      ['look', 'approval', 'prices', 'human:ann', 'they said no (the call was made without what it was to see)'],
    ]);
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('is asked about with the call where that has to be allowed too: no to it is no to the call', async () => {
    for (const [verdict, expected] of [['approve', '{:price 12}'], ['deny', 'Security violation: call operation on capability \'look\' not allowed in context: denied by human:ann']] as const) {
      const seen = new Seen();
      const one = seen.world();
      const first = one.process();
      const question = questionIn(await first.start(programOf('(step "all" :expose-context true (context/set :price 12) (call :look))'), options(first, BOTH)));
      expect([question.question, printValue(question.shown)]).toEqual(['May it look?', expect.stringContaining(':exposes [{:key :price')]);
      await say(one, verdict, question);
      const second = one.process();
      expect(shown(await second.resume('run', options(second, BOTH)))).toBe(expected);
      expect(seen.maps).toHaveLength(verdict === 'approve' ? 1 : 0);
    }
  });

  test('a word on something else does not count: another value has another hash', async () => {
    const one = new Seen().world();
    const first = one.process();
    const question = questionIn(await first.start(programOf(LOOK), options(first)));
    const other = new Seen().world();
    const process = other.process();
    const otherwise = questionIn(await process.start(programOf(LOOK.replace('12', '13')), options(process)));
    expect(otherwise.hash).not.toBe(question.hash);
    await say(one, 'approve', { ...question, hash: otherwise.hash });
    const second = one.process();
    expect(questionIn(await second.resume('run', options(second)))).toEqual(question);
    expect(await kinds(one)).toContain('message-ignored');
  });

  test.each(['idempotent', 'live'] as const)('one word is enough, wherever the process ends: a call that is %s', async (determinism) => {
    for (const [verdict, expected] of [['approve', '{:free 1 :price 12}'], ['deny', '{:free 1}']] as const) {
      for (const when of ['before', 'after'] as const) {
        for (let at = 1; ; at++) {
          const seen = new Seen();
          const one = seen.world(determinism);
          const first = one.process();
          const question = questionIn(await first.start(programOf(LOOK), options(first)));
          await say(one, verdict, question);
          const guarded = crashing(one.store, at, when);
          const broken = one.process(guarded.store);
          const end = await broken.resume('run', options(broken)).catch((cause: unknown) => cause);
          const hasCrashed = end instanceof Crash;
          if (!hasCrashed) {
            expect(shown(end as RunResult<State>)).toBe(expected);
            break;
          }
          one.clock.advance(60_000);
          const next = one.process();
          let result = await next.resume('run', options(next)).catch(() => null);
          if (result?.kind === 'waiting' && result.waits[0]!.hold.kind === 'unsure') {
            await one.store.send('run', encodeMessage('repeat', { call: result.waits[0]!.call.id }));
            const last = one.process();
            result = await last.resume('run', options(last));
          }
          if (result !== null) expect(shown(result), `${verdict} ${when} ${at}`).toBe(expected);
          expect(new Set(seen.maps), `${verdict} ${when} ${at}`).toEqual(new Set([expected]));
          expect((await kinds(one)).filter((kind) => kind === 'approval-requested')).toHaveLength(1);
        }
      }
    }
  });

  test('is asked about again for each call, and each attempt sees what was allowed', async () => {
    let tries = 0;
    const one = new World().put({
      id: 'look', summary: '', determinism: 'idempotent', tags: ['eye'],
      call: (_args, { exposed }) => {
        tries += 1;
        if (tries === 1) throw new Error('not yet');
        return exposed;
      },
    });
    const first = one.process();
    const text = '(step "all" :expose-context true (context/set :price 12) [^{:runtime.learning.retry {:max-retries 2 :backoff-ms 0}} (call :look) (call :look)])';
    await say(one, 'approve', questionIn(await first.start(programOf(text), options(first))));
    const second = one.process();
    const next = questionIn(await second.resume('run', options(second)));
    await say(one, 'deny', next);
    const third = one.process();
    expect(shown(await third.resume('run', options(third)))).toBe('[{:price 12} {}]');
    expect((await kinds(one)).filter((kind) => kind === 'approval-requested')).toHaveLength(2);
  });

  test('the journal says who was asked at the terminal of the process', async () => {
    for (const [said, expected] of [['y', '{:free 1 :price 12}'], ['n', '{:free 1}']] as const) {
      const one = new Seen().world();
      const process = one.process();
      const { host, ...rest } = options(process);
      const prompts: string[] = [];
      const ask = (prompt: string): Promise<string> => (prompts.push(prompt), Promise.resolve(said));
      expect(shown(await process.start(programOf(LOOK), { ...rest, host: { ...host, ask }, asks: true, person: 'human:bea' }))).toBe(expected);
      expect(prompts).toHaveLength(1);
      expect(prompts[0]).toMatch(/^May it see the price\?\n[^]*exposes: \[\{:key :price/);
      const word = (await records(one)).find(({ kind }) => kind === (said === 'y' ? 'approval-granted' : 'approval-denied'))!;
      expect(printValue(new Facts(word.data).value('approval'))).toContain(':by "human:bea"');
    }
  });
});

describe('in a run that is not kept', () => {
  test.each([['yes', '{:free 1 :price 12}'], ['no', '{:free 1}'], [null, '{:free 1}']] as const)('somebody who says %j', async (said, expected) => {
    const one = new Seen().world();
    const { host } = options(one.process());
    expect(shown(await run(programOf(LOOK), { ...host, ask: () => Promise.resolve(said) }))).toBe(expected);
  });

  test('it is hidden where nobody can be asked', async () => {
    const one = new Seen().world();
    expect(shown(await run(programOf(LOOK), options(one.process()).host))).toBe('{:free 1}');
  });
});
