/** Merges that a person has to allow: the turn has not happened until they have, whatever becomes of the process meanwhile. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../../../src/evaluator/state.ts';
import { Facts } from '../../../../src/host/durable/facts.ts';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import { run } from '../../../../src/host/run.ts';
import { approvalValue } from '../../../../src/host/security/approval.ts';
import { readConstitution } from '../../../../src/host/security/constitution-text.ts';
import { readDocument } from '../../../../src/host/security/document.ts';
import type { Value } from '../../../../src/value/value.ts';
import { questionIn, replayed, say, shown } from './asking.ts';
import { Crash, crashing, programOf, type Process, World } from './support.ts';

const DOCUMENT = readDocument(`{:rules [
  {:id "prices" :on :merge :then :require-approval :keys ["price"] :question "May the price leave the step?" :reason "prices are looked at"}
  {:id "secrets" :on :merge :then :deny :keys ["token"] :reason "secrets stay"}]}`, 'c.edn');
const READ = DOCUMENT.ok ? readConstitution('c', DOCUMENT.value) : DOCUMENT;
if (!READ.ok) throw new Error(READ.error[0]!.message);
const RULES = READ.value;

const step = (name: string, body: string): string => `(step "${name}" :merge-policy :overwrite ${body})`;
const price = (name: string, value: string): string => step(name, `(context/set :price ${value})`);
const guarded = (body: string): string => `(try ${body} (catch e (:rule (:data e))))`;

function world(): World {
  return new World().add('echo', 'idempotent', ([value]) => value!).add('tell', 'live', ([value]) => value!);
}

const options = (process: Process) => ({ host: { ...process.host, constitution: RULES }, checkpoints: { effects: 1 } });

async function kinds(one: World): Promise<readonly string[]> {
  const records = await readRecords(one.store, 'run');
  if (!records.ok) throw new Error(records.error);
  return records.value.map(({ kind, data }) => (kind === 'call-requested' ? `${kind} ${new Facts(data).text('capability') ?? ''}` : kind));
}

const AFTER_A_CALL = `(step "all" ${price('buy', '(call :echo 12)')} (call :tell (context/get :price)))`;

describe('a merge that needs approval', () => {
  test('waits with the rule’s question, and happens once a person has allowed it, in another process', async () => {
    const one = world();
    const first = one.process();
    const question = questionIn(await first.start(programOf(AFTER_A_CALL), options(first)));
    expect(question.question).toBe('May the price leave the step?');
    expect(one.effects.map(({ id }) => id)).toEqual(['echo']);
    await say(one, 'approve', question);
    const second = one.process();
    expect(shown(await second.resume('run', options(second)))).toBe('12');
    expect(one.effects.map(({ id, args }) => [id, ...args])).toEqual([['echo', 12], ['tell', 12]]);
    expect(await kinds(one)).toEqual([
      'run-started', 'turn-ended', 'call-requested echo', 'call-answered', 'approval-requested', 'run-waiting', 'run-resumed', 'approval-granted', 'turn-ended',
      'call-requested tell', 'checkpoint', 'call-answered', 'turn-ended', 'run-complete',
    ]);
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('fails its step when a person says no, and the context around it is as it was', async () => {
    const one = world();
    const first = one.process();
    const text = `(step "all" (context/set :price 1) [${guarded(price('buy', '(call :echo 12)'))} (context/get :price)])`;
    const question = questionIn(await first.start(programOf(text), options(first)));
    await say(one, 'deny', question);
    const second = one.process();
    expect(shown(await second.resume('run', options(second)))).toBe('["prices" 1]');
    expect(await kinds(one)).toContain('governance-denied');
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('tells the plan who said no', async () => {
    const one = world();
    const first = one.process();
    await say(one, 'deny', questionIn(await first.start(programOf(price('buy', '(call :echo 12)')), options(first))));
    const second = one.process();
    expect(shown(await second.resume('run', options(second)))).toBe('Security violation: merging :price of root/buy into root is not allowed: rule prices: prices are looked at: denied by human:ann');
  });

  test('is asked about before anything has happened, too, and only once while nobody answers', async () => {
    const one = world();
    const first = one.process();
    const question = questionIn(await first.start(programOf(`(step "all" ${price('buy', '3')} (call :tell (context/get :price)))`), options(first)));
    const second = one.process();
    expect(questionIn(await second.resume('run', options(second)))).toEqual(question);
    expect((await kinds(one)).filter((kind) => kind === 'approval-requested')).toHaveLength(1);
    await say(one, 'approve', question);
    const third = one.process();
    expect(shown(await third.resume('run', options(third)))).toBe('3');
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('of several in one turn each is asked about, and what is denied is denied', async () => {
    const one = world();
    const text = `(step "all" (call :echo 0) [${guarded(price('a', '1'))} ${guarded(step('b', '(context/set :token 2)'))} ${guarded(price('c', '3'))} (context/get :price)])`;
    const first = one.process();
    const a = questionIn(await first.start(programOf(text), options(first)));
    await say(one, 'approve', a);
    const second = one.process();
    const c = questionIn(await second.resume('run', options(second)));
    expect(c.call).not.toBe(a.call);
    await say(one, 'deny', c);
    const third = one.process();
    expect(shown(await third.resume('run', options(third)))).toBe('[nil "secrets" "prices" 1]');
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test.each([
    ['for another hash', { hash: '0'.repeat(64) }],
    ['by nobody', { by: 'the plan' }],
  ])('goes on waiting when the word is given %s', async (_, forged) => {
    const one = world();
    const first = one.process();
    const { call, hash } = questionIn(await first.start(programOf(AFTER_A_CALL), options(first)));
    await one.store.send('run', encodeMessage('approve', { call, approval: approvalValue({ verdict: 'approve', hash, by: 'human:ann', timeMs: one.clock.nowMs(), comment: null, ...forged }) }));
    const second = one.process();
    expect((await second.resume('run', options(second))).kind).toBe('waiting');
    expect(one.effects.map(({ id }) => id)).toEqual(['echo']);
    expect(await kinds(one)).toContain('message-ignored');
  });

  // Without anything that the world does to undo it, the run is over in the turn that was held; else it is cancelled where it waits then.
  test.each<[string, string, readonly (readonly Value[])[]]>([
    ['after a call', AFTER_A_CALL, [['echo', 12]]],
    ['before any call', `(step "all" ${price('buy', '12')} (call :tell (context/get :price)))`, []],
    ['what was done is undone', `(step "all" (step "pay" :compensate (fn [x] (call :tell x)) (call :echo 5)) ${price('buy', '(call :echo 12)')})`, [['echo', 5], ['echo', 12], ['tell', 5]]],
    ['when the plan catches it and goes on', `(step "all" (try ${price('buy', '(call :echo 12)')} (catch e nil)) (call :tell 1))`, [['echo', 12]]],
  ])('does not happen when the run is cancelled meanwhile, which ends it as cancelled: %s', async (_, text, effects) => {
    const one = world();
    const first = one.process();
    questionIn(await first.start(programOf(text), options(first)));
    await one.store.send('run', encodeMessage('cancel', { reason: 'enough', who: 'human:ann' }));
    const second = one.process();
    expect(shown(await second.resume('run', options(second)))).toBe('Cancelled: enough');
    expect((await one.store.run('run'))?.status).toBe('cancelled');
    expect(await one.store.messages('run')).toEqual([]);
    expect(one.effects.map(({ id, args }) => [id, ...args])).toEqual(effects);
    expect((await kinds(one)).at(-1)).toBe('run-cancelled');
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('does not lose what other branches are answered meanwhile', async () => {
    let later: (value: Value) => void = () => undefined;
    const one = world().add('slow', 'live', () => new Promise((resolve) => (later = resolve)));
    const first = one.process();
    const text = `(step "all" (step-parallel "both" ${price('buy', '(call :echo 12)')} (call :slow 1)) (context/get :price))`;
    const running = first.start(programOf(text), options(first));
    // The merge is held and the other call works: the process stays.
    await expect.poll(async () => one.effects.map(({ id }) => id)).toEqual(['echo', 'slow']);
    later(7);
    const question = questionIn(await running);
    await say(one, 'approve', question);
    const second = one.process();
    // What a branch sets is merged at the join: another merge of the price, and another question.
    const again = questionIn(await second.resume('run', options(second)));
    await say(one, 'approve', again);
    const third = one.process();
    expect(shown(await third.resume('run', options(third)))).toBe('12');
    expect(one.effects.map(({ id }) => id)).toEqual(['echo', 'slow']);
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('is held in the midst of a turn that takes several goes, where others are answered, too', async () => {
    let later: (value: Value) => void = () => undefined;
    const one = world().add('slow', 'live', () => new Promise((resolve) => (later = resolve)));
    const first = one.process();
    const burn = '(loop [i 0] (if (< i 2000000) (recur (inc i)) i))';
    const text = `(step "all" (step-parallel "both" (call :slow 1) (do ${burn} ${burn} ${price('buy', burn)} (call :echo 5))) (context/get :price))`;
    const running = first.start(programOf(text), options(first));
    await expect.poll(async () => one.effects.map(({ id }) => id), { timeout: 60_000 }).toEqual(['slow']);
    later(7);
    await say(one, 'approve', questionIn(await running));
    const second = one.process();
    await say(one, 'approve', questionIn(await second.resume('run', options(second))));
    const third = one.process();
    expect(shown(await third.resume('run', options(third)))).toBe('2000000');
    expect(one.effects.map(({ id }) => id)).toEqual(['slow', 'echo']);
    expect(await replayed(one)).toMatchObject({ kind: 'identical', hasEnded: true });
  });

  test('comes to the same wherever a process ends', async () => {
    const text = `(step "all" ${price('buy', '(call :echo 12)')} [(context/get :price) (call :echo 2) ${guarded(price('more', '(call :echo 3)'))} (context/get :price)])`;
    const program = programOf(text);
    for (let at = 1, isOver = false; !isOver; at++) {
      for (const when of ['before', 'after'] as const) {
        const one = world();
        const dying = crashing(one.store, at, when);
        let process = one.process(dying.store);
        let result: RunResult<State> | null = null;
        let asked = 0;
        isOver = true;
        const go = async (work: Promise<RunResult<State>>): Promise<void> => {
          result = await work.catch((cause: unknown) => {
            if (!(cause instanceof Crash)) throw cause;
            isOver = false;
            process.end();
            return null;
          });
        };
        await go(process.start(program, options(process)));
        for (let turns = 0; turns < 10; turns++) {
          const now = result as RunResult<State> | null;
          if (now?.kind === 'complete' || now?.kind === 'failed') break;
          if (now?.kind === 'waiting') await say(one, asked++ === 0 ? 'approve' : 'deny', questionIn(now));
          const row = await one.store.run('run');
          if (row === null || row.status === 'complete') break;
          process = isOver ? one.process(dying.store) : one.process();
          await go(process.resume('run', options(process)));
        }
        const row = await one.store.run('run');
        if (row === null) continue;
        expect(row.status, `${when} write ${at}`).toBe('complete');
        if (result !== null) expect(shown(result), `${when} write ${at}`).toBe('[12 2 "prices" 12]');
        expect(await replayed(one), `${when} write ${at}`).toMatchObject({ kind: 'identical', hasEnded: true });
      }
    }
  });
});

describe('a plan that is not kept', () => {
  const program = programOf(`(step "all" [${guarded(price('buy', '12'))} (context/get :price)])`);

  test('asks the person at the terminal', async () => {
    const questions: string[] = [];
    const results = await Promise.all(['y', 'n'].map(async (said) => {
      const { host } = world().process();
      return shown(await run(program, { ...host, constitution: RULES, ask: async (prompt) => (questions.push(prompt), said) }));
    }));
    expect(results).toEqual(['[nil 12]', '["prices" nil]']);
    expect(questions[0]).toContain('May the price leave the step?\n');
    expect(questions[0]).toContain('  args: [[:price] "root/all"]\n');
  });

  test('is refused it where nobody can be asked', async () => {
    const { host } = world().process();
    expect(shown(await run(program, { ...host, constitution: RULES }))).toBe('["prices" nil]');
  });
});
