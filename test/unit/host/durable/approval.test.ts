/** A call that a person has to allow first: the run waits in the store, the word is bound to what was shown, and it survives the process. */
import { describe, expect, test } from 'vitest';
import { encodeMessage } from '../../../../src/host/durable/message.ts';
import { waitValue } from '../../../../src/host/durable/record-data.ts';
import { denialsIn } from '../../../../src/host/durable/denials.ts';
import { tapeWorld } from '../../../../src/host/durable/fork.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import type { RunResult } from '../../../../src/host/loop.ts';
import type { Policy, PolicyRequest } from '../../../../src/host/port.ts';
import { approvalValue, shownForApproval } from '../../../../src/host/security/approval.ts';
import type { State } from '../../../../src/evaluator/state.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { keyword, type Value } from '../../../../src/value/value.ts';
import { programOf, type Process, World } from './support.ts';

/** Payments above 100 need approval. */
const POLICY: Policy = {
  decide: (request: PolicyRequest) => {
    if (request.capability !== 'pay' || Number(request.args[0]) <= 100) return { allowed: true, grants: [] };
    const approval = { rule: 'large', question: 'Pay so much?', shown: shownForApproval({ ...request, rule: 'large' }), grants: [] };
    return { allowed: false, kind: 'security', reason: 'rule large: much money', hint: null, approval };
  },
};

const PLAN = programOf('(+ (call :pay 50) (call :pay 500))');

function world(): World {
  return new World().add('pay', 'live', (args) => args[0]!);
}

const start = (process: Process): Promise<RunResult<State>> => process.start(PLAN, { host: { ...process.host, policy: POLICY } });
const resume = (process: Process): Promise<RunResult<State>> => process.resume('run', { host: { ...process.host, policy: POLICY } });

function field(wait: Value, name: string): string {
  const value = wait instanceof MapValue ? wait.get(keyword(name)) : null;
  if (typeof value !== 'string') throw new Error(`no ${name}`);
  return value;
}

async function waitOf(result: RunResult<State>): Promise<{ readonly call: string; readonly hash: string }> {
  if (result.kind !== 'waiting') throw new Error(`the run is ${result.kind}`);
  const wait = waitValue(result.waits[0]!);
  return { call: field(wait, 'call'), hash: field(wait, 'hash') };
}

async function kinds(one: World): Promise<readonly string[]> {
  const { readRecords } = await import('../../../../src/host/durable/history.ts');
  const records = await readRecords(one.store, 'run');
  if (!records.ok) throw new Error(records.error);
  return records.value.map((record) => record.kind);
}

describe('a call that needs approval', () => {
  test('is made once a person has allowed it, by another process', async () => {
    const one = world();
    const { call, hash } = await waitOf(await start(one.process()));
    expect(one.effects.map(({ args }) => args)).toEqual([[50]]);
    const approval = approvalValue({ verdict: 'approve', hash, by: 'human:ann', timeMs: one.clock.nowMs(), comment: null });
    await one.store.send('run', encodeMessage('approve', { call, approval }));
    expect(await resume(one.process())).toMatchObject({ kind: 'complete', value: 550 });
    expect(one.effects.map(({ args }) => args)).toEqual([[50], [500]]);
    expect((await kinds(one)).filter((kind) => kind.startsWith('approval') || kind === 'call-requested')).toEqual([
      'call-requested', 'approval-requested', 'approval-granted', 'call-requested',
    ]);
  });

  test('is refused when a person says no, and the plan is told who', async () => {
    const one = world();
    const { call, hash } = await waitOf(await start(one.process()));
    const approval = approvalValue({ verdict: 'deny', hash, by: 'human:bob', timeMs: one.clock.nowMs(), comment: 'too much' });
    await one.store.send('run', encodeMessage('deny', { call, approval }));
    const result = await resume(one.process());
    expect(result.kind === 'failed' ? [result.error.type.name, result.error.message] : result.kind).toEqual([
      'error/security', "Security violation: call operation on capability 'pay' not allowed in context: denied by human:bob: too much",
    ]);
    expect(one.effects).toHaveLength(1);
  });

  test.each([
    ['for something else', (hash: string) => ({ hash: hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) })],
    ['by nobody', (hash: string) => ({ hash, by: 'the plan itself' })],
    ['from before it was asked', (hash: string) => ({ hash, timeMs: 1 })],
    ['from the future', (hash: string) => ({ hash, timeMs: 9_000_000_000_000 })],
  ])('stays where it is when the word is %s', async (_, forged) => {
    const one = world();
    const { call, hash } = await waitOf(await start(one.process()));
    const approval = approvalValue({ verdict: 'approve', by: 'human:ann', timeMs: one.clock.nowMs(), comment: null, ...forged(hash) });
    await one.store.send('run', encodeMessage('approve', { call, approval }));
    expect((await resume(one.process())).kind).toBe('waiting');
    expect(one.effects).toHaveLength(1);
    expect(await kinds(one)).toContain('message-ignored');
  });

  test('waits again under the same question after another process looked at it, and a word given before counts then', async () => {
    const one = world();
    const first = await waitOf(await start(one.process()));
    const second = await waitOf(await resume(one.process()));
    expect(second).toEqual(first);
    expect((await kinds(one)).filter((kind) => kind === 'approval-requested')).toHaveLength(1);
  });

  test('is refused where nobody can be asked', async () => {
    const { drive } = await import('../../../../src/host/loop.ts');
    const { resume: go, start: begin } = await import('../../../../src/evaluator/kernel.ts');
    const one = world();
    const { host } = one.process();
    const result = await drive({
      kernel: { resume: go }, first: begin(PLAN.table, PLAN.table.closureOf(PLAN.main), []), host: { ...host, policy: POLICY }, signal: new AbortController().signal, quantum: 1000,
      maxConcurrent: 1, observer: {},
    });
    expect(result.kind === 'failed' ? result.error.message : result.kind).toContain('rule large: much money');
  });

  test('is allowed by the person at the terminal where a plan is not kept', async () => {
    const { drive } = await import('../../../../src/host/loop.ts');
    const { resume: go, start: begin } = await import('../../../../src/evaluator/kernel.ts');
    const questions: string[] = [];
    const results = await Promise.all(['y', 'yes', 'n', ''].map(async (said) => {
      const { host } = world().process();
      const ask = async (prompt: string): Promise<string> => (questions.push(prompt), said);
      const result = await drive({
        kernel: { resume: go }, first: begin(PLAN.table, PLAN.table.closureOf(PLAN.main), []), host: { ...host, policy: POLICY, ask }, signal: new AbortController().signal, quantum: 1000,
        maxConcurrent: 1, observer: {},
      });
      return result.kind;
    }));
    expect(results).toEqual(['complete', 'complete', 'failed', 'failed']);
    expect(questions[0]).toContain('Pay so much?\n');
    expect(questions[0]).toContain('  args: [500]\n');
  });

  /** Only for an hour from the beginning on. */
  const forAnHour = (one: World): Policy => {
    const until = one.clock.nowMs() + 3_600_000;
    return {
      decide: (request) => {
        if (!request.isWaiting && (request.atMs === undefined || request.atMs >= until)) return { allowed: false, kind: 'security', reason: 'it is too late', hint: null };
        return POLICY.decide(request);
      },
    };
  };

  test.each([
    ['in time', 3_599_999, { kind: 'complete', value: 550 }],
    ['too late', 3_600_000, { kind: 'failed', error: { message: "Security violation: call operation on capability 'pay' not allowed in context: it is too late" } }],
  ])('and is allowed %s is looked at again: the policy may have something against it by then', async (_, laterMs, ended) => {
    const one = world();
    const policy = forAnHour(one);
    const process = one.process();
    const ask = async (): Promise<string> => (await one.clock.advance(laterMs), 'y');
    expect(await process.start(PLAN, { host: { ...process.host, policy, ask }, asks: true })).toMatchObject(ended);
    expect(one.effects).toHaveLength(ended.kind === 'complete' ? 2 : 1);
    if (ended.kind === 'complete') return;
    const { readRecords } = await import('../../../../src/host/durable/history.ts');
    const records = await readRecords(one.store, 'run');
    if (!records.ok) throw new Error(records.error);
    expect(denialsIn(records.value)).toMatchObject([{ capability: 'pay', reasons: [{ message: 'it is too late' }] }]);
    expect(await replayRun(tapeWorld(one.process().keeping), 'run', {})).toMatchObject({ ok: true, value: { kind: 'identical' } });
  });

  test('by another process too late is refused there, and a question that waits goes on waiting', async () => {
    const one = world().put({ id: 'ask', summary: '', determinism: 'recorded', wait: () => ({ kind: 'person', question: '?', read: (text) => ({ ok: true, value: text }) }) });
    const policy = forAnHour(one);
    const run = (id: string, text: string) => { const process = one.process(); return process.start(programOf(text), { id, host: { ...process.host, policy } }); };
    await run('pays', '(call :pay 500)');
    await run('asks', '(call :ask)');
    await one.clock.advance(3_600_000);
    const go = (id: string) => { const process = one.process(); return process.resume(id, { host: { ...process.host, policy } }); };
    expect(await go('pays')).toMatchObject({ kind: 'failed', error: { type: keyword('error/security') } });
    await one.store.send('asks', encodeMessage('answer', { call: '1', text: 'yes', who: 'human:ann' }));
    expect(await go('asks')).toMatchObject({ kind: 'complete', value: 'yes' });
  });
});
