import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { envCapabilities } from '../../../src/host/capability/env.ts';
import { ioCapabilities } from '../../../src/host/capability/io.ts';
import { randomCapabilities } from '../../../src/host/capability/random.ts';
import { timeCapabilities } from '../../../src/host/capability/time.ts';
import { userCapabilities } from '../../../src/host/capability/user.ts';
import { uuidCapabilities } from '../../../src/host/capability/uuid.ts';
import type { Capability, Entropy } from '../../../src/host/port.ts';
import { MapValue } from '../../../src/value/map.ts';
import { ErrorValue, Float, keyword, Timestamp, type Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { ask, call, contextOf, failureFrom, find, ManualClock, MemoryConsole, settled } from './support.ts';

const act = (capabilities: readonly Capability[], id: string, ...args: Value[]): Promise<Value> => find(capabilities, id).call(args, contextOf());

describe('printing', () => {
  test.each<[string, Value[], string]>([
    ['io.print', ['a', 1, keyword('k'), null, Vector.of('in', 1)], 'a 1 :k nil ["in" 1]'],
    ['io.print', [], ''],
    ['io.println', ['a'], 'a\n'],
    ['io.println', [], '\n'],
  ])('%s writes %j to the output', async (id, args, text) => {
    const console = new MemoryConsole();
    expect(await act(ioCapabilities(console), id, ...args)).toBeNull();
    expect([console.out, console.error]).toEqual([text, '']);
  });

  test.each<[Value[], string]>([
    [['done', 3], 'done 3\n'],
    [[keyword('warn'), 'low'], 'warn: low\n'],
    [[keyword('warn')], ':warn\n'],
    [[keyword('shout'), 'x'], ':shout x\n'],
    [['one\ntwo\r\x1b[31m\u2028'], 'one\\ntwo\\r\\u001b[31m\\u2028\n'],
    [['tab\tstays'], 'tab\tstays\n'],
  ])('io.log writes %j as one line to the error stream', async (args, text) => {
    const console = new MemoryConsole();
    await act(ioCapabilities(console), 'io.log', ...args);
    expect([console.out, console.error]).toEqual(['', text]);
  });

  test.each(['io.print', 'io.println', 'io.log'])('%s to a closed stream fails without the words of the engine', async (id) => {
    const broken = (): Promise<void> => Promise.reject(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const console = Object.assign(new MemoryConsole(), { writeOut: broken, writeError: broken });
    const failure = await failureFrom(act(ioCapabilities(console), id, 'x'));
    expect([failure.kind, failure.message]).toEqual(['host', `${id}: the output is closed`]);
  });
});

describe('time', () => {
  test('is the clock\'s, as a timestamp and in milliseconds', async () => {
    const clock = new ManualClock();
    const capabilities = timeCapabilities(clock);
    expect(await act(capabilities, 'time.now')).toEqual(new Timestamp(1_700_000_000_000));
    await clock.advance(5);
    expect(await act(capabilities, 'time.millis')).toBe(1_700_000_000_005);
  });

  test('sleeping ends when the time has passed', async () => {
    const clock = new ManualClock();
    let awake = false;
    const sleeping = ask(timeCapabilities(clock), call('a', 'time.sleep', [100]), { clock }).then(() => (awake = true));
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    await sleeping;
    expect(awake).toBe(true);
  });

  test('sleeping ends at once when nobody waits any more', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const sleeping = ask(timeCapabilities(clock), call('a', 'time.sleep', [1000]), { clock, signal: abort.signal });
    await settled();
    expect(clock.sleeping).toBe(1);
    abort.abort();
    expect(await sleeping).toBe(keyword('cancelled'));
    expect(clock.sleeping).toBe(0);
  });

  test.each<[string, string, Value[]]>([
    ['time.sleep', 'Invalid argument: time.sleep: -1 is not in [0, 31622400000]', [-1]],
    ['time.sleep', 'Type error in time.sleep: expected integer, got float', [1.5]],
    ['time.sleep', 'Invalid argument: time.sleep: 1000000000000000000000000000000 is not in [0, 31622400000]', [10n ** 30n]],
    ['time.sleep', 'Arity mismatch in time.sleep: expected 1, got 0', []],
    ['time.now', 'Arity mismatch in time.now: expected 0, got 1', [1]],
  ])('%s can fail with "%s"', async (id, message, args) => {
    expect(await ask(timeCapabilities(new ManualClock()), call('a', id, args), {})).toMatchObject({ message });
  });
});

/** Gives these bytes, one draw after the other. */
function bytes(...draws: number[][]): Entropy {
  return (count) => {
    const draw = draws.shift();
    if (draw?.length !== count) throw new Error(`asked for ${count} bytes`);
    return Uint8Array.from(draw);
  };
}

describe('randomness', () => {
  const system: Entropy = (count) => crypto.getRandomValues(new Uint8Array(count));

  test('an integer is in the range, whatever the range', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), fc.bigInt({ min: 1n, max: 2n ** 70n }), async (low, width) => {
        const normal = (value: bigint): Value => (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value);
        const value = await act(randomCapabilities(system), 'random.int', normal(low), normal(low + width));
        if (typeof value !== 'number' && typeof value !== 'bigint') throw new Error('no integer');
        expect(BigInt(value) >= low && BigInt(value) < low + width).toBe(true);
        expect(value).toBe(normal(BigInt(value)));
      }),
    );
  });

  test('an integer takes as many bits as the range needs, and draws again above it', async () => {
    // [10, 16): three bits; 7 (0b111) and 6 are above the range, 5 is not
    expect(await act(randomCapabilities(bytes([0b111_00000], [0b110_00000], [0b101_11111])), 'random.int', 10, 16)).toBe(15);
  });

  test('every integer of a small range comes up', async () => {
    const capabilities = randomCapabilities(system);
    const seen = new Set<Value>();
    for (let i = 0; i < 2000; i++) seen.add(await act(capabilities, 'random.int', -1, 2));
    expect([...seen].sort()).toEqual([-1, 0, 1]);
  });

  test('a range of one has one answer', async () => expect(await act(randomCapabilities(system), 'random.int', 5, 6)).toBe(5));

  test('a float is made of 53 bits', async () => {
    expect(await act(randomCapabilities(bytes([0x80, 0, 0, 0, 0, 0, 0])), 'random.float')).toBe(0.5);
    expect(await act(randomCapabilities(bytes([255, 255, 255, 255, 255, 255, 255])), 'random.float')).toBe(1 - 2 ** -53);
    expect(await act(randomCapabilities(bytes([0, 0, 0, 0, 0, 0, 7])), 'random.float')).toEqual(new Float(0));
  });

  test.each<[string, Value[]]>([
    ['Invalid argument: random.int: the upper bound (exclusive) must be greater than the lower', [1, 1]],
    ['Invalid argument: random.int: the range is wider than 2^4096', [0, 2n ** 5000n]],
    ['Type error in random.int: expected integer, got string', [0, 'x']],
    ['Type error in random.int: expected integer, got float', [0, 1.5]],
    ['Arity mismatch in random.int: expected 2, got 1', [3]],
  ])('random.int can fail with "%s"', async (message, args) => {
    expect((await failureFrom(act(randomCapabilities(system), 'random.int', ...args))).message).toBe(message);
  });

  test('a UUID is of version 4 and of the usual variant', async () => {
    const zero = (await act(uuidCapabilities(() => new Uint8Array(16)), 'uuid.new')) as Uuid;
    const full = (await act(uuidCapabilities(() => new Uint8Array(16).fill(255)), 'uuid.new')) as Uuid;
    expect([zero.text, full.text]).toEqual(['00000000-0000-4000-8000-000000000000', 'ffffffff-ffff-4fff-bfff-ffffffffffff']);
  });
});

describe('the environment', () => {
  const capabilities = envCapabilities((name) => ({ HOME: '/home/ann', EMPTY: '' })[name]);

  test.each<[Value[], Value]>([
    [['HOME'], '/home/ann'],
    [['EMPTY', 'default'], ''],
    [['NONE'], null],
    [['NONE', 42], 42],
  ])('env.get of %j gives %j', async (args, value) => {
    expect(await act(capabilities, 'env.get', ...args)).toBe(value);
  });

  test('a name is a string', async () => {
    expect((await failureFrom(act(capabilities, 'env.get', keyword('HOME')))).message).toBe('Type error in env.get: expected string, got keyword');
  });
});

describe('asking the user', () => {
  const asked = (console: MemoryConsole, capability: string, arg: Value) => ask(userCapabilities(), call('a', capability, [arg]), { ask: console.ask });

  test('gives the line that was typed', async () => {
    const console = new MemoryConsole('Ann');
    expect(await asked(console, 'user.ask', 'Name?')).toBe('Ann');
    expect(console.error).toBe('Name? ');
  });

  test('leaves a prompt alone that ends in a blank', async () => {
    const console = new MemoryConsole('Ann');
    await asked(console, 'user.ask', 'Name: ');
    expect(console.error).toBe('Name: ');
  });

  test.each([['at the end of the input', { ask: new MemoryConsole().ask }], ['where nobody sits', {}]])('fails clearly when nobody can answer: %s', async (_, world) => {
    const error = await ask(userCapabilities(), call('a', 'user.ask', ['Name?']), world);
    expect(error).toBeInstanceOf(ErrorValue);
    expect(error).toMatchObject({ type: keyword('error/host'), message: 'user.ask: nobody can answer: the input has ended (is it a terminal?)' });
  });

  test('fails clearly when the question cannot be shown', async () => {
    const error = await ask(userCapabilities(), call('a', 'user.ask', ['Name?']), { ask: () => Promise.reject(new Error('EPIPE')) });
    expect(error).toMatchObject({ type: keyword('error/host'), message: 'user.ask: the question cannot be shown: the output is closed' });
  });

  test('refuses a question that is no text', async () => {
    expect(await asked(new MemoryConsole('Ann'), 'user.ask', 42)).toMatchObject({ type: keyword('error/type') });
  });

  test('has the time that the call gives it', async () => {
    const clock = new ManualClock();
    const options = MapValue.of(keyword('timeout-ms'), 50);
    const waiting = ask(userCapabilities(), call('a', 'user.ask', ['Name?'], options), { clock, ask: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(null))) });
    await settled();
    await clock.advance(50);
    expect(await waiting).toMatchObject({ type: keyword('error/timeout'), message: 'Timeout: user.ask took longer than 50 ms' });
  });

  test('is given up when nobody waits any more', async () => {
    const abort = new AbortController();
    let given = false;
    const waiting = ask(userCapabilities(), call('a', 'user.ask', ['?']), {
      signal: abort.signal,
      ask: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => ((given = true), resolve(null)))),
    });
    await settled();
    abort.abort();
    expect(await waiting).toBe(keyword('cancelled'));
    expect(given).toBe(true);
  });
});
