import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HostFailure } from '../../../src/host/failure.ts';
import type { Observer, Outcome } from '../../../src/host/port.ts';
import { grantPolicy } from '../../../src/host/security/policy.ts';
import { MapValue } from '../../../src/value/map.ts';
import { ErrorValue, keyword, type Value } from '../../../src/value/value.ts';
import { allOf, type Answers, call, capability, fakeKernel, Held, hostOf, ManualClock, run, type Script, settled, valueOf } from './support.ts';

const echo = capability('echo', async (args) => args[0] ?? null);

const ending = (outcome: Outcome): Script => () => outcome;

function errorOf(answers: Answers, id: string): ErrorValue {
  const value = valueOf(answers.get(id));
  if (value instanceof ErrorValue) return value;
  throw new Error('not an error');
}

/** Runs one call and gives the error that it was answered with. */
async function errorFrom(one: ReturnType<typeof call>, host: ReturnType<typeof hostOf>, observer: Observer = {}): Promise<ErrorValue> {
  const result = await run(allOf([one], (answers) => errorOf(answers, one.id)), host, { kernel: fakeKernel(), observer });
  if (result.kind === 'complete' && result.value instanceof ErrorValue) return result.value;
  throw new Error(`ended as ${result.kind}`);
}

describe('a run', () => {
  test('that calls nothing completes with its value', async () => {
    const result = await run(ending({ kind: 'complete', value: 42 }), hostOf([]), { kernel: fakeKernel() });
    expect(result).toEqual({ kind: 'complete', value: 42, calls: 0 });
  });

  test('gets the value of the capability for its call', async () => {
    const script = allOf([call('a', 'echo', ['hello'])], (answers) => valueOf(answers.get('a')));
    expect(await run(script, hostOf([echo]), { kernel: fakeKernel() })).toEqual({ kind: 'complete', value: 'hello', calls: 1 });
  });

  test('makes one call after the other', async () => {
    const script: Script = (answers) => {
      const first = answers.get('a');
      if (first === undefined) return { kind: 'requires-host', calls: [call('a', 'echo', [1])] };
      const second = answers.get('b');
      if (second === undefined) return { kind: 'requires-host', calls: [call('b', 'echo', [Number(valueOf(first)) + 1])] };
      return { kind: 'complete', value: valueOf(second) };
    };
    expect(await run(script, hostOf([echo]), { kernel: fakeKernel() })).toEqual({ kind: 'complete', value: 2, calls: 2 });
  });

  test('that fails gives its error', async () => {
    const error = new ErrorValue(keyword('error/arithmetic'), 'Division by zero', null, null, null);
    expect(await run(ending({ kind: 'failed', error }), hostOf([]), { kernel: fakeKernel() })).toEqual({ kind: 'failed', error, calls: 0 });
  });

  test('fails when the machine waits for nothing', async () => {
    const result = await run(ending({ kind: 'requires-host', calls: [] }), hostOf([]), { kernel: fakeKernel() });
    expect(result).toMatchObject({ kind: 'failed', error: { type: keyword('error/internal') } });
  });

  test('is resumed without answers when it was preempted', async () => {
    const kernel = fakeKernel();
    let goes = 0;
    const script: Script = () => (++goes < 3 ? { kind: 'preempted', calls: [] } : { kind: 'complete', value: goes });
    expect(await run(script, hostOf([]), { kernel })).toMatchObject({ kind: 'complete', value: 3 });
    expect(kernel.resumed).toEqual([[], []]);
  });

  test('hands the quantum to every go of the machine', async () => {
    const quanta: unknown[] = [];
    const kernel = fakeKernel();
    const spying = {
      start: (script: Script, options?: { quantum?: number }) => (quanta.push(options?.quantum), kernel.start(script)),
      resume: ((state, answers, options) => (quanta.push(options?.quantum), kernel.resume(state, answers))) as typeof kernel.resume,
    };
    await run(allOf([call('a', 'echo')]), hostOf([echo]), { kernel: spying, start: { quantum: 7 } });
    expect(quanta).toEqual([7, 7]);
  });
});

describe('calls that wait together', () => {
  test('are all under way before the first is answered', async () => {
    const held = new Held();
    const running = run(allOf([call('a', 'held'), call('b', 'held')]), hostOf([held.capability]), { kernel: fakeKernel() });
    await settled();
    expect(held.started).toEqual(['a', 'b']);
    held.answer('a', 1);
    held.answer('b', 2);
    expect(await running).toMatchObject({ kind: 'complete' });
  });

  test('are answered as they finish, and started once each', async () => {
    const held = new Held();
    const kernel = fakeKernel();
    const script = allOf(['a', 'b', 'c'].map((id) => call(id, 'held')), (answers) => [...answers.keys()].join());
    const running = run(script, hostOf([held.capability]), { kernel });
    await settled();
    for (const id of ['c', 'a', 'b']) {
      held.answer(id, null);
      await settled();
    }
    expect(await running).toMatchObject({ kind: 'complete', value: 'c,a,b', calls: 3 });
    expect(kernel.resumed).toEqual([['c'], ['a'], ['b']]);
    expect(held.started).toEqual(['a', 'b', 'c']);
  });

  test('that finish at once are answered together', async () => {
    const kernel = fakeKernel();
    await run(allOf([call('a', 'echo'), call('b', 'echo')]), hostOf([echo]), { kernel });
    expect(kernel.resumed).toEqual([['a', 'b']]);
  });

  test('do not wait for a refused one', async () => {
    const held = new Held();
    const kernel = fakeKernel();
    const running = run(allOf([call('a', 'held'), call('b', 'unknown')]), hostOf([held.capability]), { kernel });
    await settled();
    expect(kernel.resumed).toEqual([['b']]);
    held.answer('a', 1);
    await running;
  });

  test('give the same result in whatever order they finish', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(ids, { minLength: 4 }), async (order) => {
        const held = new Held();
        const script = allOf(ids.map((id) => call(id, 'held')), (answers) => ids.map((id) => String(valueOf(answers.get(id)))).join());
        const running = run(script, hostOf([held.capability]), { kernel: fakeKernel() });
        await settled();
        for (const id of order) held.answer(id, id.toUpperCase());
        expect(await running).toMatchObject({ kind: 'complete', value: 'A,B,C,D' });
      }),
    );
  });

  test('beyond the limit wait their turn, in order', async () => {
    const held = new Held();
    const script = allOf(['a', 'b', 'c', 'd'].map((id) => call(id, 'held')));
    const running = run(script, hostOf([held.capability]), { kernel: fakeKernel(), maxConcurrent: 2 });
    await settled();
    expect(held.started).toEqual(['a', 'b']);
    held.answer('b', null);
    await settled();
    expect(held.started).toEqual(['a', 'b', 'c']);
    held.fail('c', new HostFailure('host', 'no'));
    await settled();
    expect(held.started).toEqual(['a', 'b', 'c', 'd']);
    held.answer('a', null);
    held.answer('d', null);
    expect(await running).toMatchObject({ kind: 'complete' });
  });
});

describe('a call that the program gives up', () => {
  /** Waits for a and b; is done when a is there. */
  const firstOfTwo: Script = (answers) => {
    if (answers.has('c')) return { kind: 'complete', value: [...answers.keys()].join() };
    if (answers.has('a')) return { kind: 'requires-host', calls: [call('c', 'held')] };
    return { kind: 'requires-host', calls: [call('a', 'held'), call('b', 'held')] };
  };

  test('is cancelled, and its late answer is dropped', async () => {
    const held = new Held();
    const dropped: string[] = [];
    const running = run(firstOfTwo, hostOf([held.capability]), { kernel: fakeKernel(), observer: { dropped: (one) => dropped.push(one.id) } });
    await settled();
    held.answer('a', 1);
    await settled();
    expect(held.aborted).toContain('b');
    expect(dropped).toEqual(['b']);
    held.answer('b', 'late');
    await settled();
    held.answer('c', 3);
    expect(await running).toMatchObject({ kind: 'complete', value: 'a,c' });
  });

  test('while it waits for its turn never starts', async () => {
    const held = new Held();
    const running = run(firstOfTwo, hostOf([held.capability]), { kernel: fakeKernel(), maxConcurrent: 1 });
    await settled();
    held.answer('a', 1);
    await settled();
    expect(held.started).toEqual(['a', 'c']);
    held.answer('c', 1);
    await running;
  });

  test('after it was answered, but before the machine saw the answer, leaves no trace', async () => {
    const held = new Held();
    const kernel = fakeKernel();
    let goes = 0;
    const script: Script = (answers) => {
      if (answers.has('c')) return { kind: 'complete', value: [...answers.keys()].join() };
      if (!answers.has('a')) return { kind: 'requires-host', calls: [call('a', 'held'), call('b', 'held')] };
      if (++goes > 1) return { kind: 'requires-host', calls: [call('c', 'held')] };
      held.answer('b', 'answered while the machine was busy');
      return { kind: 'preempted', calls: [] };
    };
    const running = run(script, hostOf([held.capability]), { kernel });
    await settled();
    held.answer('a', 1);
    await settled();
    held.answer('c', 1);
    expect(await running).toMatchObject({ kind: 'complete', value: 'a,c' });
    expect(kernel.resumed).toEqual([['a'], [], ['c']]);
  });

  test('when the program ends is cancelled too', async () => {
    const held = new Held();
    const script: Script = (answers) => (answers.has('a') ? { kind: 'complete', value: 1 } : { kind: 'requires-host', calls: [call('a', 'held'), call('b', 'held')] });
    const running = run(script, hostOf([held.capability]), { kernel: fakeKernel() });
    await settled();
    held.answer('a', 1);
    await running;
    expect(held.aborted).toContain('b');
  });
});

describe('a run that is aborted', () => {
  test('ends as cancelled, tells its calls to stop and is not resumed any more', async () => {
    const held = new Held();
    const kernel = fakeKernel();
    const abort = new AbortController();
    const running = run(allOf([call('a', 'held'), call('b', 'held')]), hostOf([held.capability]), { kernel, signal: abort.signal });
    await settled();
    abort.abort();
    expect(await running).toMatchObject({ kind: 'cancelled', calls: 2 });
    expect(held.aborted.sort()).toEqual(['a', 'b']);
    held.answer('a', 'late');
    await settled();
    expect(kernel.resumed).toEqual([]);
  });

  test('before it starts calls nothing', async () => {
    const held = new Held();
    const result = await run(allOf([call('a', 'held')]), hostOf([held.capability]), { kernel: fakeKernel(), signal: AbortSignal.abort() });
    expect(result.kind).toBe('cancelled');
    expect(held.started).toEqual([]);
  });

  test('in a long pure stretch ends at the next preemption', async () => {
    const abort = new AbortController();
    let goes = 0;
    const endless: Script = () => {
      if (++goes === 3) abort.abort();
      return { kind: 'preempted', calls: [] };
    };
    expect((await run(endless, hostOf([]), { kernel: fakeKernel(), signal: abort.signal })).kind).toBe('cancelled');
    expect(goes).toBe(3);
  });

  test('can be taken up again from its state', async () => {
    const held = new Held();
    const kernel = fakeKernel();
    const abort = new AbortController();
    const script = allOf([call('a', 'echo'), call('b', 'held')], (answers) => [...answers.keys()].join());
    const running = run(script, hostOf([echo, held.capability]), { kernel, signal: abort.signal });
    await settled();
    abort.abort();
    const result = await running;
    if (result.kind !== 'cancelled') throw new Error('not cancelled');
    expect([...result.state.answers.keys()]).toEqual(['a']);
  });
});

describe('a refused call', () => {
  const policy = grantPolicy({ grants: [], baseDirectory: '/base' });

  test('never reaches its capability, and says which grant would allow it', async () => {
    const read = new Held('fs.read');
    const error = await errorFrom(call('a', 'fs.read', ['data/in.txt']), hostOf([read.capability], policy));
    expect(read.started).toEqual([]);
    expect(error.type).toBe(keyword('error/security'));
    expect(error.message).toBe(
      `Security violation: call operation on capability 'fs.read' not allowed in context: the path "/base/data/in.txt" is outside the granted directories (to allow it: --allow fs.read=data)`,
    );
    expect((error.data as MapValue).get(keyword('grant'))).toBe('fs.read=data');
  });

  test('under another name is judged by what that name stands for', async () => {
    const error = await errorFrom(call('a', 'ccos.echo'), hostOf([echo], policy));
    expect(error.message).toContain(`'ccos.echo' not allowed`);
    expect(error.message).toContain('--allow echo)');
  });

  test('with arguments that name no resource says what is wrong with them', async () => {
    const error = await errorFrom(call('a', 'fs.read', [42]), hostOf([capability('fs.read', echo.call)], policy));
    expect(error.type).toBe(keyword('error/type'));
    expect(error.message).toBe('Type error in fs.read: expected string, got integer');
  });

  test('of an unknown capability names those that may be meant', async () => {
    const error = await errorFrom(call('a', 'ehco'), hostOf([echo]));
    expect(error.type).toBe(keyword('error/capability'));
    expect(error.message).toBe('Unknown capability: ehco (did you mean :echo?)');
  });

  test('of an unknown capability that resembles nothing just says so', async () => {
    expect((await errorFrom(call('a', 'zzzzzz'), hostOf([echo]))).message).toBe('Unknown capability: zzzzzz');
  });
});

describe('a capability that fails', () => {
  test('on purpose is answered with its kind, message and data', async () => {
    const failing = capability('f', () => Promise.reject(new HostFailure('host', 'No such file: "x"', 7)));
    const error = await errorFrom(call('a', 'f'), hostOf([failing]));
    expect([error.type, error.message, error.data]).toEqual([keyword('error/host'), 'No such file: "x"', 7]);
  });

  test.each([
    ['rejects', () => Promise.reject(new TypeError('secret of the engine'))],
    [
      'throws at once',
      () => {
        throw new TypeError('secret of the engine');
      },
    ],
  ])('by mistake (%s) shows nothing of the engine, but tells its author', async (_, perform) => {
    const causes: unknown[] = [];
    const error = await errorFrom(call('a', 'f'), hostOf([capability('f', perform)]), { defect: (_call, cause) => causes.push(cause) });
    expect([error.type, error.message, error.data]).toEqual([keyword('error/internal'), 'The capability f failed', null]);
    expect(causes).toEqual([new TypeError('secret of the engine')]);
  });

  test.each([
    ['undefined', undefined],
    ['a plain object', { a: 1 }],
    ['an object that looks half like a value', { kind: 'date' }],
    ['minus zero', -0],
    ['a function', () => 1],
  ])('to answer with a value (%s) has failed', async (_, answer) => {
    const error = await errorFrom(call('a', 'f'), hostOf([capability('f', async () => answer as unknown as Value)]));
    expect(error.message).toBe('The capability f failed');
  });

  test('cannot change the arguments that the machine holds', async () => {
    const one = call('a', 'f', [1, 2]);
    const greedy = capability('f', async (args) => {
      (args as Value[]).length = 0;
      return null;
    });
    await run(allOf([one]), hostOf([greedy]), { kernel: fakeKernel() });
    expect(one.args).toEqual([1, 2]);
  });
});

describe('the time limit of a call', () => {
  const limited = (milliseconds: Value) => call('a', 'held', [], MapValue.of(keyword('timeout-ms'), milliseconds));

  test('cancels it and answers with a timeout', async () => {
    const held = new Held();
    const clock = new ManualClock();
    const answer = errorFrom(limited(50), hostOf([held.capability], undefined, clock));
    await settled();
    await clock.advance(49);
    expect(held.aborted).toEqual([]);
    await clock.advance(1);
    expect(held.aborted).toEqual(['a']);
    const error = await answer;
    expect([error.type, error.message]).toEqual([keyword('error/timeout'), 'Timeout: held took longer than 50 ms']);
  });

  test('leaves no timer behind when the answer comes first', async () => {
    const clock = new ManualClock();
    const one = call('a', 'echo', [1], MapValue.of(keyword('timeout-ms'), 50));
    await run(allOf([one]), hostOf([echo], undefined, clock), { kernel: fakeKernel() });
    expect(clock.sleeping).toBe(0);
  });

  test.each<[Value, string]>([
    ['soon', 'Type error in held (:timeout-ms): expected integer, got string'],
    [0, 'Invalid argument: held: :timeout-ms must be greater than 0, and is 0'],
  ])('must be a number of milliseconds: %s', async (value, message) => {
    const held = new Held();
    expect((await errorFrom(limited(value), hostOf([held.capability]))).message).toBe(message);
    expect(held.started).toEqual([]);
  });
});

test('an observer sees each call decided, then answered, then the next go of the machine', async () => {
  const seen: string[] = [];
  await run(allOf([call('a', 'echo'), call('b', 'nothing')]), hostOf([echo]), {
    kernel: fakeKernel(),
    observer: {
      events: () => seen.push('go'),
      decided: (one, decision) => seen.push(`${one.id} ${decision.allowed ? 'allowed' : 'refused'}`),
      answered: (one, answer) => seen.push(`${one.id} ${answer.ok ? 'value' : 'error'}`),
    },
  });
  // the refused call is answered on the spot and alone; the other when its capability has worked
  expect(seen).toEqual(['go', 'a allowed', 'b refused', 'b error', 'go', 'a value', 'go']);
});
