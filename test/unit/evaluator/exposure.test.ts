/** What steps say of the context that their calls show, and what `exposedContext` gives of it. The host's policy is not asked here. */
import { describe, expect, test } from 'vitest';
import { exposedContext } from '../../../src/evaluator/kernel.ts';
import { dataOf } from '../../support/data.ts';
import type { MapValue } from '../../../src/value/map.ts';
import { printValue } from '../../../src/value/print.ts';
import { testEnvironment } from '../../support/environment.ts';
import { Stage } from '../../support/stage.ts';

const environment = testEnvironment();

/** What is in the context of the run. */
const CONTEXT = dataOf('{:a 1 :b 2 :c nil}') as MapValue;

interface Shown {
  /** `nothing`, `all` or the keys. */
  readonly says: string;
  readonly sees: string;
}

/** For each call, in the order in which they are made; a saved state must say the same. */
function look(text: string): Readonly<Record<string, Shown>> {
  const run = Stage.of(environment, text, { context: CONTEXT });
  const shown: Record<string, Shown> = {};
  while (run.end === 'requires-host') {
    for (const call of run.pending) {
      const { allowed, keys } = call.exposure;
      shown[call.capability] ??= { says: allowed ? (keys === null ? 'all' : keys.join(' ')) : 'nothing', sees: printValue(exposedContext(run.state, call.id))! };
    }
    const before = run.pending.map((call) => [call.exposure, printValue(exposedContext(run.state, call.id))]);
    run.reload();
    expect(run.state.pending.map((call) => [call.exposure, printValue(exposedContext(run.state, call.id))])).toEqual(before);
    run.answer([run.pending.find((call) => call.capability !== 'step.deadline')!.id, null]);
  }
  return shown;
}

const ALL: Shown = { says: 'all', sees: '{:a 1 :b 2 :c nil}' };
const NOTHING: Shown = { says: 'nothing', sees: '{}' };

describe(':expose-context', () => {
  test('without a word everything is shown that the policy allows', () => {
    expect(look('(do (call :x) (step "s" (call :y)))')).toEqual({ x: ALL, y: ALL });
  });

  test('false hides everything inside, and nothing outside', () => {
    expect(look('(do (call :before) (step "s" :expose-context false (call :x) (step "t" (call :y))) (call :after))')).toEqual({ before: ALL, x: NOTHING, y: NOTHING, after: ALL });
  });

  test('the innermost step that says something counts', () => {
    expect(look('(step "s" :expose-context false (call :x) (step "t" :expose-context true (call :y) (step "u" :expose-context false (call :z)) (call :y2)) (call :x2))')).toEqual({
      x: NOTHING, y: ALL, z: NOTHING, y2: ALL, x2: NOTHING,
    });
  });

  test('may be computed', () => {
    expect(look('(step "s" :expose-context (= 1 2) (call :x))')).toEqual({ x: NOTHING });
  });

  test.each([
    ['step-if', '(step-if :expose-context false true (call :x))'],
    ['step-loop', '(step-loop :expose-context false [i [1]] (call :x))'],
    ['step-parallel', '(step-parallel :expose-context false (call :x))'],
  ])('of %s', (_, text) => expect(look(text)).toEqual({ x: NOTHING }));

  test('holds in branches of branches, and in what is tried again', () => {
    expect(look('(step "s" :expose-context false (step-parallel (step-parallel (call :x)) (step "t" :retries 1 (call :y))))')).toEqual({ x: NOTHING, y: NOTHING });
  });

  test('holds in functions that are called, wherever they were written', () => {
    expect(look('(do (defn f [] (call :x)) (step "s" :expose-context false (f)))')).toEqual({ x: NOTHING });
  });

  test('options and parameters: the first stand outside, the others inside', () => {
    expect(look('(step "s" :metadata (call :outside) :expose-context false :params {:p (call :inside)} 1)')).toEqual({ outside: ALL, inside: NOTHING });
  });

  test('what takes the place of a failure stands inside, a compensation belongs to the step around', () => {
    expect(look('(step "s" :expose-context false :on-fail (call :x) (throw 1))')).toEqual({ x: NOTHING });
    expect(look('(step "o" :expose-context false (step "s" :expose-context true :compensate (call :x) 1) (throw 1))')).toEqual({ x: NOTHING });
  });
});

describe(':context-keys', () => {
  test('only these are shown', () => {
    expect(look('(step "s" :context-keys [:a "c" :none] (call :x))')).toEqual({ x: { says: 'a c none', sees: '{:a 1 :c nil}' } });
  });

  test('none of them', () => {
    expect(look('(step "s" :context-keys [] (call :x))')).toEqual({ x: { says: '', sees: '{}' } });
  });

  test('the innermost step that names some counts; they come back after it', () => {
    expect(look('(step "s" :context-keys [:a] (call :x) (step "t" :context-keys [:b] (call :y)) (step "u" (call :z)) (call :x2))')).toEqual({
      x: { says: 'a', sees: '{:a 1}' }, y: { says: 'b', sees: '{:b 2}' }, z: { says: 'a', sees: '{:a 1}' }, x2: { says: 'a', sees: '{:a 1}' },
    });
  });

  test('and :expose-context are looked up each for itself', () => {
    expect(look('(step "s" :context-keys [:a] (step "t" :expose-context false (call :x) (step "u" :expose-context true (call :y))))')).toEqual({ x: NOTHING, y: { says: 'a', sees: '{:a 1}' } });
    expect(look('(step "s" :expose-context false (step "t" :context-keys [:a] (call :x)))')).toEqual({ x: NOTHING });
  });

  test('name what was set meanwhile', () => {
    expect(look('(step "s" :context-keys [:n] (call :x) (context/set :n 1) (call :y))')).toEqual({ x: { says: 'n', sees: '{}' }, y: { says: 'n', sees: '{:n 1}' } });
  });
});

describe('what is shown', () => {
  test('is what the step sees: its own over what is around it', () => {
    expect(look('(step "s" (context/set :a 9) (step "t" (context/set :n 1) (call :x)) (call :y))')).toEqual({
      x: { says: 'all', sees: '{:a 9 :b 2 :c nil :n 1}' }, y: { says: 'all', sees: '{:a 9 :b 2 :c nil}' },
    });
  });

  test('of a sandboxed step is its own', () => {
    expect(look('(step "s" :isolation :sandboxed (call :x) (context/set :n 1) (step "t" (call :y)))')).toEqual({ x: { says: 'all', sees: '{}' }, y: { says: 'all', sees: '{:n 1}' } });
    expect(look('(step "s" :isolation :sandboxed :context-keys [:a] (call :x))')).toEqual({ x: { says: 'a', sees: '{}' } });
  });

  test('of a branch is its own', () => {
    expect(look('(step-parallel (do (context/set :n 0) (call :x)) (do (context/set :n 1) (call :y)))')).toEqual({
      x: { says: 'all', sees: '{:a 1 :b 2 :c nil :n 0}' }, y: { says: 'all', sees: '{:a 1 :b 2 :c nil :n 1}' },
    });
  });

  test('of a step that is tried again is what was there at first', () => {
    const run = Stage.of(environment, '(step "s" :retries 1 (do (call :x) (context/set :a 5) (throw 1)))', { context: CONTEXT });
    const first = exposedContext(run.state, run.pending[0]!.id);
    run.answer(['x', null]);
    expect(printValue(exposedContext(run.state, run.pending[0]!.id))).toBe(printValue(first));
  });

  test('a deadline and a wait: a deadline shows nothing', () => {
    const shown = look('(step "s" :timeout-ms 5 (call :x))');
    expect(shown['step.deadline']).toEqual(NOTHING);
  });

  test('to a call that is not waited for is nothing', () => {
    const run = Stage.of(environment, '(do (call :x) (call :y))', { context: CONTEXT });
    const { id } = run.pending[0]!;
    run.answer(['x', null]);
    expect(printValue(exposedContext(run.state, id))).toBe('{}');
    expect(printValue(exposedContext(run.state, '99'))).toBe('{}');
    expect(printValue(exposedContext(run.answer(['y', null]).state, id))).toBe('{}');
  });
});

describe('a call says where it stands', () => {
  test('its step and how much that sees of the run: the strictest level around it', () => {
    const run = Stage.of(environment, '(step-parallel (call :a) (step "s" :isolation :isolated (call :b)) (step "t" :isolation :sandboxed (step "u" (call :c))))');
    expect(run.pending.map((call) => `${call.capability} ${call.step} ${call.isolation}`)).toEqual([
      'a root/step-parallel/0 inherit', 'b root/step-parallel/1/s isolated', 'c root/step-parallel/2/t/u sandboxed',
    ]);
    const inside = Stage.of(environment, '(step "s" :isolation :isolated (step "t" (call :a)))');
    expect(inside.pending[0]!.isolation).toBe('isolated');
    expect(inside.reload().state.pending[0]!.isolation).toBe('isolated');
    expect(Stage.of(environment, '(step "s" :isolation :sandboxed (step "t" :isolation :isolated (call :a)))').pending[0]!.isolation).toBe('sandboxed');
    expect(Stage.of(environment, '(call :a)').pending[0]).toMatchObject({ step: null, isolation: 'inherit' });
  });
});
