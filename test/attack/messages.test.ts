/** What somebody could say to a run that waits, who may write into its store: answers that are not theirs to give, words that were given before, rubbish. */
import { describe, expect, test } from 'vitest';
import type { State } from '../../src/evaluator/state.ts';
import { userCapabilities } from '../../src/host/capability/user.ts';
import { readRecords } from '../../src/host/durable/history.ts';
import { Facts } from '../../src/host/durable/facts.ts';
import { encodeMessage } from '../../src/host/durable/message.ts';
import { waitValue } from '../../src/host/durable/record-data.ts';
import type { RunResult } from '../../src/host/loop.ts';
import type { Policy } from '../../src/host/port.ts';
import { approvalValue, shownForApproval } from '../../src/host/security/approval.ts';
import { encodeValue } from '../../src/value/bytes.ts';
import { MapValue } from '../../src/value/map.ts';
import { Closure, ErrorValue, keyword, PrimitiveFunction, type Value } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';
import { randomNumbers } from '../support/programs.ts';
import { programOf, World } from '../unit/host/durable/support.ts';

/** Two payments, each of which a person has to allow, of the same amount. */
const PAYMENTS = programOf('(+ (call :pay 500) (call :pay 500))');
const QUESTION = programOf('(let [who (call :user.ask "Who?")] (str who " " (call :pay 1)))');

const APPROVING: Policy = {
  decide: (request) => {
    if (request.capability !== 'pay') return { allowed: true, grants: [] };
    return { allowed: false, kind: 'security', reason: 'much money', hint: null, approval: { rule: 'large', question: 'Pay?', shown: shownForApproval({ ...request, rule: 'large' }), grants: [] } };
  },
};

function world(): World {
  return new World().add('pay', 'live', (args) => args[0]!).put(...userCapabilities());
}

/** What the run waits for: the call, and the hash of what is to be allowed. */
function waitOf(result: RunResult<State>): { readonly call: string; readonly hash: string } {
  if (result.kind !== 'waiting') throw new Error(`the run is ${result.kind}`);
  const facts = new Facts(waitValue(result.waits[0]!) as MapValue);
  return { call: facts.text('call') ?? '', hash: facts.text('hash') ?? '' };
}

async function ignored(one: World, run = 'run'): Promise<readonly (string | null)[]> {
  const records = await readRecords(one.store, run);
  if (!records.ok) throw new Error(records.error);
  return records.value.filter(({ kind }) => kind === 'message-ignored').map(({ data }) => new Facts(data).text('reason'));
}

describe('an answer', () => {
  test.each<[string, Readonly<Record<string, Value>>, string]>([
    ['to a call that there is not', { call: '99', text: 'eve' }, 'no call 99 waits for an answer'],
    ['to a call of another run, by its key', { call: 'other/1', text: 'eve' }, 'no call other/1 waits for an answer'],
    ['to no call', { text: 'eve' }, 'no call  waits for an answer'],
    ['to what is no id', { call: Vector.of('1'), text: 'eve' }, 'no call  waits for an answer'],
    ['to a name that every object of JavaScript has', { call: '__proto__', text: 'eve' }, 'no call __proto__ waits for an answer'],
  ])('%s is taken for nothing, and the journal says so', async (_, message, reason) => {
    const one = world();
    waitOf(await one.process().start(QUESTION));
    await one.store.send('run', encodeMessage('answer', message));
    expect((await one.process().resume('run')).kind).toBe('waiting');
    expect(await ignored(one)).toEqual([reason]);
    expect(one.effects).toEqual([]);
  });

  test('that comes twice counts once: the second is no answer to what comes next', async () => {
    const one = world();
    const { call } = waitOf(await one.process().start(QUESTION));
    for (const text of ['ann', 'eve']) await one.store.send('run', encodeMessage('answer', { call, text }));
    expect(await one.process().resume('run')).toMatchObject({ kind: 'complete', value: 'ann 1' });
    expect(one.effects).toHaveLength(1);
  });

  test('to a call that only waits to be allowed does not allow it', async () => {
    const one = world();
    const process = one.process();
    const drive = { host: { ...process.host, policy: APPROVING } };
    const { call } = waitOf(await process.start(PAYMENTS, drive));
    await one.store.send('run', encodeMessage('repeat', { call }));
    expect((await one.process().resume('run', drive)).kind).toBe('waiting');
    expect(one.effects).toEqual([]);
    expect(await ignored(one)).toEqual([`of call ${call} it is known whether it happened`]);
  });

  test('that holds code which the run does not have is not read', async () => {
    const one = world();
    const { call } = waitOf(await one.process().start(QUESTION));
    await one.store.send('run', encodeMessage('answer', { call, value: new Closure({ group: 'ab'.repeat(32), unit: 0, name: null }, []) }));
    await one.store.send('run', encodeMessage('answer', { call, value: new PrimitiveFunction('%step') }));
    await one.store.send('run', encodeMessage('answer', { call, value: new PrimitiveFunction('no-such-function') }));
    expect((await one.process().resume('run')).kind).toBe('waiting');
    expect(await ignored(one)).toEqual(['it cannot be read', 'it cannot be read', 'it cannot be read']);
  });
});

describe('a word that allows a call', () => {
  const approval = (one: World, hash: string): MapValue => approvalValue({ verdict: 'approve', hash, by: 'human:ann', timeMs: one.clock.nowMs(), comment: null });

  test('does not allow the next one, though it is the same payment', async () => {
    const one = world();
    const process = one.process();
    const drive = { host: { ...process.host, policy: APPROVING } };
    const first = waitOf(await process.start(PAYMENTS, drive));
    const word = encodeMessage('approve', { call: first.call, approval: approval(one, first.hash) });
    await one.store.send('run', word);
    const second = waitOf(await one.process().resume('run', drive));
    expect(one.effects).toHaveLength(1);
    expect(second.hash).not.toBe(first.hash);
    await one.store.send('run', word);
    await one.store.send('run', encodeMessage('approve', { call: second.call, approval: approval(one, first.hash) }));
    expect((await one.process().resume('run', drive)).kind).toBe('waiting');
    expect(one.effects).toHaveLength(1);
    expect(await ignored(one)).toEqual([`no call ${first.call} waits for approval`, 'it was given for something else than what is asked now']);
  });

  test('does not allow the same call of another run of the plan', async () => {
    const one = world();
    const process = one.process();
    const drive = { host: { ...process.host, policy: APPROVING } };
    const mine = waitOf(await process.start(PAYMENTS, { ...drive, id: 'mine' }));
    const other = waitOf(await one.process().start(PAYMENTS, { ...drive, id: 'other' }));
    expect(other.call).toBe(mine.call);
    await one.store.send('other', encodeMessage('approve', { call: other.call, approval: approval(one, mine.hash) }));
    expect((await one.process().resume('other', drive)).kind).toBe('waiting');
    expect(one.effects).toEqual([]);
    expect(await ignored(one, 'other')).toEqual(['it was given for something else than what is asked now']);
  });

  test('counts for nothing with any digit of the hash changed', async () => {
    const one = world();
    const process = one.process();
    const drive = { host: { ...process.host, policy: APPROVING } };
    const { call, hash } = waitOf(await process.start(PAYMENTS, drive));
    for (let at = 0; at < hash.length; at++) {
      const other = `${hash.slice(0, at)}${hash[at] === '0' ? '1' : '0'}${hash.slice(at + 1)}`;
      await one.store.send('run', encodeMessage('approve', { call, approval: approval(one, other) }));
    }
    expect((await one.process().resume('run', drive)).kind).toBe('waiting');
    expect(await ignored(one)).toHaveLength(hash.length);
    expect(one.effects).toEqual([]);
  });
});

test('a patch that is no map, or whose policy is none, changes nothing', async () => {
  const program = programOf('(step "all" (context/set :n 1) (call :user.ask "?") (context/get :n))');
  const one = world();
  const { call } = waitOf(await one.process().start(program));
  for (const message of [{ data: 5 }, { data: Vector.of(1, 2) }, { data: MapValue.of(keyword('n'), 9), policy: keyword('no-such-policy') }, { data: MapValue.of(keyword('n'), 9), policy: 7 }, {}]) {
    await one.store.send('run', encodeMessage('patch', message));
  }
  await one.store.send('run', encodeMessage('answer', { call, text: 'ann' }));
  expect(await one.process().resume('run')).toMatchObject({ kind: 'complete', value: 1 });
  expect(await ignored(one)).toHaveLength(5);
});

test('messages that are rubbish, or good ones with a byte changed, are never followed in another way and stop nobody', async () => {
  const one = world();
  const { call } = waitOf(await one.process().start(QUESTION));
  const good = encodeMessage('answer', { call, text: 'ann', who: 'human:ann' });
  const random = randomNumbers(11);
  const all: Uint8Array[] = [
    new Uint8Array(0), new Uint8Array(1000), good.subarray(0, good.length - 1), Uint8Array.from([...good, 0]), encodeValue('cancel'), encodeValue(Vector.of('rtfs/message', 2, keyword('cancel'), MapValue.empty())),
    encodeValue(Vector.of('rtfs/message', 1, keyword('grant'), MapValue.of(keyword('capability'), '*'))), encodeValue(Vector.of('rtfs/message', 1, 'cancel', MapValue.empty())),
    encodeValue(Vector.of('rtfs/message', 1, keyword('cancel'), Vector.empty())), encodeMessage('answer', { call, error: 'no error', value: new ErrorValue(keyword('error/host'), 'x', null, null, null) }).subarray(3),
  ];
  // Without its text there is no message in them that could be followed.
  for (let i = 0; i < 200; i++) all.push(Uint8Array.from({ length: Math.floor(random() * 80) }, () => Math.floor(random() * 256)));
  for (let at = 0; at < 20; at++) all.push(Uint8Array.from(good, (byte, i) => (i === at ? byte ^ 0xff : byte)));
  for (const bytes of all) await one.store.send('run', bytes);
  expect((await one.process().resume('run')).kind).toBe('waiting');
  expect(await ignored(one)).toEqual(all.map(() => 'it cannot be read'));
  expect(await one.store.messages('run')).toEqual([]);
});
