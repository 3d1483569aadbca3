import { describe, expect, test } from 'vitest';
import { HostFailure } from '../../../src/host/failure.ts';
import { functionHost, openPureHost } from '../../../src/host/function-host.ts';
import { run } from '../../../src/host/run.ts';
import { assertEffects, fakeCapability, recordRun, scriptedHost, testClock } from '../../../src/testing.ts';
import { compile, type Program } from '../../../src/host/compile.ts';
import { keyword } from '../../../src/value/value.ts';
import { toPlain } from '../../../src/value/plain.ts';
import { testEnvironment } from '../../support/environment.ts';

function program(text: string): Program {
  const { program: compiled, diagnostics } = compile(testEnvironment(), { file: 'plan.rtfs', text });
  if (compiled === null) throw new Error(diagnostics.map((one) => one.message).join());
  return compiled;
}

describe('a host of functions', () => {
  const resultOf = async (text: string, functions: Parameters<typeof functionHost>[0]): Promise<unknown> => {
    const result = await run(program(text), functionHost(functions));
    return result.kind === 'complete' ? toPlain(result.value) : result.kind === 'failed' ? [result.error.type.name, result.error.message] : result.kind;
  };

  test('gives and takes JavaScript data', async () => {
    const seen: unknown[] = [];
    const order = async (...args: unknown[]): Promise<unknown> => (seen.push(args), { id: 7, tags: ['a'], nothing: null });
    expect(await resultOf('(:id (call :shop.order {:item "lamp" :kinds #{:a}} [1 2.5 nil]))', { 'shop.order': order })).toBe(7);
    expect(seen).toEqual([[{ item: 'lamp', kinds: ['a'] }, [1, 2.5, null]]]);
    expect(await resultOf('(call :f)', { f: () => undefined })).toBe(null);
  });

  test('lets plans see failures, and nothing of other exceptions', async () => {
    expect(await resultOf('(call :f)', { f: () => { throw new HostFailure('timeout', 'too late'); } })).toEqual(['error/timeout', 'too late']);
    expect(await resultOf('(call :f)', { f: async () => Promise.reject(new Error('secret')) })).toEqual(['error/internal', 'The capability f failed']);
    expect(await resultOf('(call :f)', { f: () => new Date() })).toEqual(['error/type', expect.stringContaining('Type error in f: the answer is no data') as string]);
    expect(await resultOf('(call :shop.prise)', { 'shop.price': () => 1 })).toEqual(['error/capability', 'Unknown capability: shop.prise (did you mean :shop.price?)']);
  });

  test('lets steps wait, also where there is nothing else', async () => {
    const result = await run(program('(step "a" :timeout-ms 60000 1)'), openPureHost());
    expect(result).toMatchObject({ kind: 'complete', value: 1 });
  });
});

describe('what a run did', () => {
  const host = (): ReturnType<typeof functionHost> => functionHost({}, { capabilities: [fakeCapability('a.b', [1, new HostFailure('host', 'no')])] });
  const text = '(step "s" (call :a.b :x)) (try (call :a.b "y") (catch _ e nil)) (try (call :a.c) (catch _ e 3))';

  test('is written down', async () => {
    const { result, effects, events } = await recordRun(program(text), host());
    expect(result).toMatchObject({ kind: 'complete', value: 3 });
    expect(effects).toEqual([
      { call: ':a.b :x', answer: '1', denied: false, step: 'root/s' },
      { call: ':a.b "y"', answer: '! host: no', denied: false, step: null },
      { call: ':a.c', answer: '! capability: Unknown capability: a.c (did you mean :a.b?)', denied: true, step: null },
    ]);
    expect(events.map((event) => event.kind)).toEqual(['step-started', 'step-completed']);
  });

  test('is compared line by line', async () => {
    const record = await recordRun(program(text), host());
    const last = ':a.c';
    expect(() => assertEffects(record, [':a.b :x → 1', ':a.b "y"', last])).not.toThrow();
    for (const wrong of [[':a.b :x', ':a.b "y"'], [':a.b :x → 2', ':a.b "y"', last], [':a.b "y"', ':a.b :x', last], [':a.b :x', ':a.b "y"', last, last]]) expect(() => assertEffects(record, wrong)).toThrow('the run had other effects');
    expect(() => assertEffects(record, [':a.b :x', ':a.b "z"', last])).toThrow('expected:\n  :a.b :x\n- :a.b "z"\n  :a.c\nfound:\n  :a.b :x → 1\n+ :a.b "y" → ! host: no\n');
  });
});

describe('a fake', () => {
  test('answers in turn, remembers, and says when it has no answer left', async () => {
    const fake = fakeCapability('f', [keyword('k')]);
    const { effects } = await recordRun(program('(call :f [1]) (call :f 2)'), functionHost({}, { capabilities: [fake] }));
    expect(effects.map(({ answer }) => answer)).toEqual([':k', '! host: the fake :f has 1 answers, and this is call 2']);
    expect(fake.calls).toEqual([[[1]], [2]]);
  });

  test('may be a function', async () => {
    const fake = fakeCapability('f', (x) => Number(x) * 2);
    expect((await recordRun(program('(call :f 4)'), functionHost({}, { capabilities: [fake] }))).result).toMatchObject({ value: 8 });
  });
});

describe('a script', () => {
  test('is followed, or the run fails and the script says why', async () => {
    const good = scriptedHost([[':a 1', 2], [':b 2', 3]]);
    expect((await recordRun(program('(call :b (call :a 1))'), good)).result).toMatchObject({ value: 3 });
    expect(good.finish).not.toThrow();
    const other = scriptedHost([[':a 1', 2], [':b 9', 3]]);
    await recordRun(program('(try (call :b (call :a 1)) (catch _ e nil))'), other);
    expect(other.finish).toThrow('the run did not follow the script\nunexpected: :b 2\nnot called: :b 9');
  });

  test('may be in any order', async () => {
    const lines = [[':a', 1], [':b', 2]] as const;
    const text = '[(call :b) (call :a)]';
    const strict = scriptedHost(lines);
    expect((await recordRun(program(text), strict)).result.kind).toBe('failed');
    const any = scriptedHost(lines, { order: 'any' });
    await recordRun(program(text), any);
    expect(any.finish).not.toThrow();
  });
});

test('a clock moves when it is told, and wakes whoever is due', async () => {
  const clock = testClock(1_000);
  const woken: string[] = [];
  const never = new AbortController();
  const sleeping = [['late', 500], ['soon', 100]].map(([name, ms]) => clock.sleep(ms as number, never.signal).then(() => woken.push(name as string)));
  clock.advance(99);
  await Promise.resolve();
  expect(woken).toEqual([]);
  clock.advance(1);
  await sleeping[1];
  expect([woken, clock.nowMs()]).toEqual([['soon'], 1_100]);
  never.abort();
  await sleeping[0];
  expect(woken).toEqual(['soon', 'late']);
});
