/** Branches as the kernel runs them: answers in any order, stopping, shares of limits. Expectations are from `docs/steps.md`. */
import { describe, expect, test } from 'vitest';
import { comparePositions, type Event } from '../../../src/evaluator/event.ts';
import { remaining, resume } from '../../../src/evaluator/kernel.ts';
import { errorValue } from '../../../src/evaluator/raise.ts';
import type { Fiber } from '../../../src/evaluator/state.ts';
import { encodeValue } from '../../../src/value/bytes.ts';
import { MapValue } from '../../../src/value/map.ts';
import { printValue } from '../../../src/value/print.ts';
import { ErrorValue, keyword, type Value } from '../../../src/value/value.ts';
import { testEnvironment } from '../../support/environment.ts';
import { answerOf, Refusal } from '../../support/journey.ts';
import { Stage } from '../../support/stage.ts';

const environment = testEnvironment();

function stage(text: string, options: ConstructorParameters<typeof Stage>[1] = {}): Stage {
  return Stage.of(environment, text, options);
}

const refusal = new Refusal(errorValue('host', 'no'));

/** Steps, passes and branches that do not both begin and end exactly once. A branch that never began can only be cancelled. */
function uneven(events: readonly Event[]): readonly string[] {
  const edges = new Map<string, string[]>();
  for (const event of [...events].sort((a, b) => comparePositions(a.at, b.at))) {
    const [, what, edge] = /^(step|pass|branch)-(started|completed|failed|cancelled)$/.exec(event.kind) ?? [];
    if (what === undefined) continue;
    const name = `${what} ${event.step}`;
    edges.set(name, [...(edges.get(name) ?? []), edge!]);
  }
  return [...edges].filter(([, told]) => !/^(started (completed|failed|cancelled)|cancelled)$/.test(told.join(' '))).map(([name, told]) => `${name}: ${told.join(' ')}`);
}

function positionsAreUnique(run: Stage): boolean {
  const all = [...run.events.filter((event) => event.kind !== 'answer-dropped').map((event) => event.at), ...run.calls.map((call) => call.split(' ')[0]!)];
  return new Set(all).size === all.length;
}

function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) => orders([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]));
}

// ── Answers ────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('answers', () => {
  const three = '(step-parallel (call :a 1) (call :b 2) (call :c 3))';
  const values: Readonly<Record<string, Value>> = { a: 10, b: 20, c: 30 };

  test('may come one at a time; what is still waited for stays', () => {
    const run = stage(three);
    // The step is 1, its branches begin at 2, each branch tells first that it has started.
    expect(run.waits).toEqual(['2.0.2 (call :a 1)', '2.1.2 (call :b 2)', '2.2.2 (call :c 3)']);
    run.answer(['b', 20]);
    expect(run.end).toBe('requires-host');
    expect(run.waits).toEqual(['2.0.2 (call :a 1)', '2.2.2 (call :c 3)']);
    run.answer(['c', 30]);
    expect(run.waits).toEqual(['2.0.2 (call :a 1)']);
    run.answer(['a', 10]);
    expect(run.end).toBe('=> [10 20 30]');
  });

  test.each(orders(['a', 'b', 'c']).map((order) => [order.join(' ')]))('in the order %s make the same states', (order) => {
    const straight = stage(three).answer(...Object.entries(values));
    const run = stage(three);
    const names = order.split(' ');
    names.forEach((name, index) => {
      run.answer([name, values[name]!]);
      // Whatever came first, what has been answered by now makes the state.
      const sorted = names.slice(0, index + 1).sort();
      expect(run.bytes).toBe(stage(three).answer(...sorted.map((one) => [one, values[one]!] as const)).bytes);
    });
    expect(run.end).toBe('=> [10 20 30]');
    expect(run.bytes).toBe(straight.bytes);
    expect(run.told).toEqual(straight.told);
  });

  test('that come together in any order make one state', () => {
    const states = orders(['a', 'b']).map((order) => stage(three).answer(...order.map((name) => [name, values[name]!] as const)).bytes);
    expect(new Set(states).size).toBe(1);
  });

  test('that are failures are answers like others', () => {
    const run = stage('(step-parallel :on-error :best-effort (call :a) (call :b))').answer(['b', refusal]);
    expect(run.waits).toEqual(['2.0.2 (call :a)']);
    run.answer(['a', 1]);
    expect(run.end).toMatch(/^=> \[\{:ok 1\} \{:error \{.*:message "no".*\}\}\]$/);
  });

  test('are asked for in the order of positions: a deadline before what it is for, branches in the order of the text', () => {
    const run = stage('(step "o" :timeout-ms 9 (step-parallel (step "i" :timeout-ms 5 (call :a)) (step-parallel (call :b) (call :c))))');
    expect(run.waits).toEqual([
      '2 (call :step.deadline 9)', '4.0.3 (call :step.deadline 5)', '4.0.4 (call :a)', '4.1.3.0.2 (call :b)', '4.1.3.1.2 (call :c)',
    ]);
    expect(run.pending.map((call) => call.step)).toEqual([
      'root/o', 'root/o/step-parallel/0/i', 'root/o/step-parallel/0/i', 'root/o/step-parallel/1/step-parallel/0', 'root/o/step-parallel/1/step-parallel/1',
    ]);
    run.answer(['b', 1]);
    expect(run.waits).toEqual(['2 (call :step.deadline 9)', '4.0.3 (call :step.deadline 5)', '4.0.4 (call :a)', '4.1.3.1.2 (call :c)']);
    run.answer(['a', 2], ['c', 3]);
    expect(run.end).toBe('=> [2 [1 3]]');
  });

  test('positions of the tenth branch come after those of the second', () => {
    const run = stage('(pmap (fn [x] (call :a x)) (range 12))');
    expect(run.waits.map((wait) => wait.split(' ')[0])).toEqual(Array.from({ length: 12 }, (_, index) => `2.${index}.2`));
  });

  test('a branch goes on as soon as its own answer is there', () => {
    const run = stage('(step-parallel (+ (call :a) (call :b)) (call :c))').answer(['a', 1]);
    expect(run.waits).toEqual(['2.0.3 (call :b)', '2.1.2 (call :c)']);
  });

  test('where branches take turns the next one begins when one has ended', () => {
    const run = stage('(step-parallel :max-concurrency 2 (call :a) (call :b) (call :c) (call :d))');
    expect(run.waits).toEqual(['2.0.2 (call :a)', '2.1.2 (call :b)']);
    run.answer(['b', 2]);
    expect(run.waits).toEqual(['2.0.2 (call :a)', '2.2.2 (call :c)']);
    run.answer(['a', 1], ['c', 3]);
    expect(run.waits).toEqual(['2.3.2 (call :d)']);
    run.answer(['d', 4]);
    expect(run.end).toBe('=> [1 2 3 4]');
  });

  test('with one branch at a time run in the old order', () => {
    const run = stage('(step-parallel :max-concurrency 1 (call :a) (call :b))');
    expect(run.waits).toEqual(['2.0.2 (call :a)']);
    run.answer(['a', refusal]);
    // What is not wanted any more does not get its turn.
    expect(run.end).toBe('! :error/host no');
    expect(run.told).toEqual([
      '1 step-started root/step-parallel "step-parallel" step-parallel in the run inherit',
      '2.0.1 branch-started root/step-parallel/0 0',
      '2.0.3 branch-failed root/step-parallel/0 0 host: no',
      '2.1.1 branch-cancelled root/step-parallel/1 1 cancelled: Cancelled: branch 0 failed',
      '3 step-failed root/step-parallel "step-parallel" host: no',
    ]);
  });
});

describe('answers that nobody waits for', () => {
  const text = '(do (try (step-parallel (do (call :a) (throw 1)) (call :b)) (catch e nil)) (call :c))';

  test('are told and change nothing', () => {
    const run = stage(text).answer(['a', 1]);
    expect(run.waits).toEqual(['4 (call :c)']);
    const before = run.bytes;
    run.send('2.1.2', 7);
    expect(run.end).toBe('requires-host');
    expect(run.waits).toEqual(['4 (call :c)']);
    expect(run.bytes).toBe(before);
    expect(run.advance.events).toEqual([{ kind: 'answer-dropped', at: '2.1.2', step: 'root', call: '2.1.2' }]);
    run.answer(['c', 5]);
    expect(run.end).toBe('=> 5');
    expect(run.events.filter((event) => event.kind === 'answer-dropped')).toHaveLength(1);
  });

  test('may come together with those that are waited for', () => {
    const run = stage(text).answer(['a', 1]);
    const advance = resume(run.state, [{ id: '2.1.2', ok: true, value: 7 }, answerOf(run.call('c'), 5)]);
    expect(advance.outcome).toEqual({ kind: 'complete', value: 5 });
    expect(advance.events.map((event) => event.kind)).toEqual(['answer-dropped']);
  });

  test('are those that come a second time', () => {
    const run = stage('(step-parallel (call :a) (call :b))').answer(['a', 1]);
    const before = run.bytes;
    run.send('2.0.2', 99);
    expect(run.bytes).toBe(before);
    expect(run.advance.events).toEqual([{ kind: 'answer-dropped', at: '2.0.2', step: 'root', call: '2.0.2' }]);
    expect(run.answer(['b', 2]).end).toBe('=> [1 2]');
  });

  test('are those of a deadline after its step has ended', () => {
    const run = stage('(do (step "a" :timeout-ms 5 (call :x)) (call :y))').answer(['x', 1]);
    expect(run.waits).toEqual(['5 (call :y)']);
    run.send('2');
    expect(run.advance.events).toEqual([{ kind: 'answer-dropped', at: '2', step: 'root', call: '2' }]);
    expect(run.answer(['y', 2]).end).toBe('=> 2');
  });

  test('are those to calls of branches that lay deep in one another', () => {
    const run = stage(`(do (defn f [n] (if (= n 0) (call :a) (do (step-loop [x (range 60)] x) (nth (step-parallel (f (dec n))) 0))))
      (try (step-parallel (f 185) (do (call :b) (throw 1))) (catch e nil)) (call :c))`);
    const { id } = run.call('a');
    expect(id.length).toBeGreaterThan(1_000);
    run.answer(['b', 1]).send(id);
    expect(run.advance.events).toEqual([{ kind: 'answer-dropped', at: id, step: 'root', call: id }]);
  });

  test('an answer wakes nothing that was cancelled in the same breath', () => {
    // Both answers are there when the failure is decided: what the second branch does with its own is told before it ends.
    const run = stage('(step-parallel (do (call :a) (throw 1)) (do (call :b) (call :d)))').answer(['a', 1], ['b', 2]);
    expect(run.end).toBe('! :error/thrown Uncaught: 1');
    expect(uneven(run.events)).toEqual([]);
    expect(run.calls.some((call) => call.includes(':d'))).toBe(false);
  });
});

describe('misuse', () => {
  test('two answers to one call', () => {
    const run = stage('(step-parallel (call :a) (call :b))');
    const id = run.call('a').id;
    const { outcome, state, events } = resume(run.state, [{ id, ok: true, value: 1 }, { id, ok: true, value: 2 }]);
    expect(outcome).toMatchObject({ kind: 'failed', error: { type: keyword('error/host'), message: 'Cannot resume: there are two answers to call 2.0.2' } });
    expect(state).toBe(run.state);
    expect(events).toEqual([]);
  });

  test.each(['99', '3', '0', '00', '007', '0.0.1', '2.00.1', '-1', '1.1', '2.0.', '', 'x', '2.0.2 ', '1e0', '2.0.02'])('an answer to the call %j, which was never made', (id) => {
    const run = stage('(step-parallel (call :a) (call :b))');
    const before = run.state;
    expect(run.send(id).end).toBe(`! :error/host Cannot resume: the run never made a call ${id}`);
    expect(run.state).toBe(before);
  });

  test('no answer', () => {
    expect(stage('(call :a)').state.status).toBe('waiting');
    const run = stage('(step-parallel (call :a) (call :b))');
    const { outcome, state } = resume(run.state, []);
    expect(outcome).toMatchObject({ kind: 'failed', error: { message: 'Cannot resume: the run waits for an answer to 2.0.2 or 2.1.2' } });
    expect(state).toBe(run.state);
  });

  test('a run that is over', () => {
    for (const text of ['1', '(throw 1)']) {
      const run = stage(text);
      const before = run.state;
      expect(run.send('1').end).toBe('! :error/host Cannot resume: the run is over');
      expect(run.cancel().end).toBe('! :error/host Cannot resume: the run is over');
      expect(run.state).toBe(before);
    }
  });

  test('leaves the run as it was', () => {
    const run = stage('(step-parallel (call :a) (call :b))');
    const before = run.bytes;
    run.send('99');
    expect(run.bytes).toBe(before);
    expect(new Stage(run.program).answer(['a', 1], ['b', 2]).end).toBe('=> [1 2]');
  });
});

test('one state has as many futures as one likes', () => {
  const here = stage('(step "s" (step-parallel (do (context/set :k (call :a)) (call :x (get :k))) (call :b)))');
  const before = here.bytes;
  const one = here.copy().answer(['a', 1]);
  const two = here.copy().answer(['a', 2]);
  const three = here.copy().cancel();
  expect(one.waits).toEqual(['3.0.4 (call :x 1)', '3.1.2 (call :b)']);
  expect(two.waits).toEqual(['3.0.4 (call :x 2)', '3.1.2 (call :b)']);
  expect(three.end).toBe('! :error/cancelled Cancelled: enough');
  expect(one.answer(['b', 5], ['x', 6]).end).toBe('=> [6 5]');
  expect(two.answer(['x', 7], ['b', 8]).end).toBe('=> [7 8]');
  expect(here.bytes).toBe(before);
});

// ── Cancelling ─────────────────────────────────────────────────────────────────────────────────────────────────────

describe('cancelling', () => {
  const dead = '! :error/cancelled Cancelled: enough';

  test('at a call ends the run; nothing in it can catch that', () => {
    const run = stage('(try (step "s" :on-fail :never :retries 5 (call :a)) (catch e (call :never)))').cancel();
    expect(run.end).toBe(dead);
    expect(run.told).toEqual([
      '1 step-started root/s "s" step in the run inherit',
      '3 step-failed root/s "s" cancelled: Cancelled: enough',
    ]);
    const { outcome } = run.advance;
    expect(outcome.kind === 'failed' && printValue(outcome.error.data)).toBe('{:step "root"}');
  });

  test('outside of steps', () => {
    expect(stage('(try (call :a) (catch e :caught))').cancel().end).toBe(dead);
  });

  test('lets `finally` run, calls included', () => {
    const run = stage('(try (try (call :a) (finally (call :clean 1))) (catch e (call :never)) (finally (call :clean 2)))').cancel();
    expect(run.waits).toEqual(['2 (call :clean 1)']);
    expect(run.answer(['clean', null]).waits).toEqual(['3 (call :clean 2)']);
    expect(run.answer(['clean', null]).end).toBe(dead);
  });

  test('in `finally` drops what that waits for', () => {
    const run = stage('(try (try :done (finally (call :clean 1))) (finally (call :clean 2)))').cancel();
    expect(run.waits).toEqual(['2 (call :clean 2)']);
    expect(run.answer(['clean', null]).end).toBe(dead);
  });

  test('a second time, while `finally` runs for the first, changes nothing', () => {
    const run = stage('(try (call :a) (finally (call :clean)))').cancel();
    const before = run.bytes;
    run.cancel('more');
    expect(run.bytes).toBe(before);
    expect(run.waits).toEqual(['2 (call :clean)']);
    expect(run.answer(['clean', null]).end).toBe(dead);
  });

  test('in branches ends each of them', () => {
    const run = stage('(step-parallel (try (call :a) (finally (call :clean))) (step "b" (call :b)) (+ 1 2))').cancel();
    expect(run.waits).toEqual(['2.0.3 (call :clean)']);
    expect(run.answer(['clean', null]).end).toBe(dead);
    expect(run.told).toEqual([
      '1 step-started root/step-parallel "step-parallel" step-parallel in the run inherit',
      '2.0.1 branch-started root/step-parallel/0 0',
      '2.0.4 branch-cancelled root/step-parallel/0 0 cancelled: Cancelled: Cancelled: enough',
      '2.1.1 branch-started root/step-parallel/1 1',
      '2.1.2 step-started root/step-parallel/1/b "b" step in root/step-parallel/1 inherit',
      '2.1.4 step-failed root/step-parallel/1/b "b" cancelled: Cancelled: Cancelled: enough',
      '2.1.5 branch-cancelled root/step-parallel/1 1 cancelled: Cancelled: Cancelled: enough',
      '2.2.1 branch-started root/step-parallel/2 2',
      '2.2.2 branch-completed root/step-parallel/2 2',
      '3 step-failed root/step-parallel "step-parallel" cancelled: Cancelled: enough',
    ]);
  });

  test('in branches of branches', () => {
    const run = stage('(step-parallel (step-parallel (call :a) (try (call :b) (finally (call :clean)))) (call :c))').cancel();
    expect(run.waits).toEqual(['2.0.3.1.3 (call :clean)']);
    run.answer(['clean', null]);
    expect(run.end).toBe(dead);
    expect(uneven(run.events)).toEqual([]);
    expect(run.events.filter((event) => event.kind === 'branch-cancelled').map((event) => event.step).sort()).toEqual([
      'root/step-parallel/0', 'root/step-parallel/0/step-parallel/0', 'root/step-parallel/0/step-parallel/1', 'root/step-parallel/1',
    ]);
  });

  test('best effort is no way around it', () => {
    expect(stage('(step-parallel :on-error :best-effort :min-success 0 (call :a) 2)').cancel().end).toBe(dead);
  });

  test('waits for compensations that run', () => {
    const run = stage('(step "t" (step "a" :compensate (call :undo 1) 1) (step "b" :compensate (call :undo 2) 2) (throw :first))');
    expect(run.waits.map((wait) => wait.slice(wait.indexOf('(')))).toEqual(['(call :undo 2)']);
    run.cancel();
    expect(run.waits.map((wait) => wait.slice(wait.indexOf('(')))).toEqual(['(call :undo 2)']);
    run.answer(['undo', null]);
    expect(run.waits.map((wait) => wait.slice(wait.indexOf('(')))).toEqual(['(call :undo 1)']);
    run.answer(['undo', null]);
    expect(run.end).toBe(dead);
    expect(run.events.filter((event) => event.kind === 'compensation-completed').map((event) => event.step)).toEqual(['root/t/b', 'root/t/a']);
    expect(uneven(run.events)).toEqual([]);
  });

  test('runs the compensations of what had completed', () => {
    const run = stage('(step "t" (step "a" :compensate (call :undo %result) 1) (call :b))').cancel();
    // The step t is 1, the step a 2 and 3, the call 4, the compensation starts at 5.
    expect(run.waits).toEqual(['6 (call :undo 1)']);
    run.answer(['undo', refusal]).answer(['undo', refusal]).answer(['undo', refusal]).answer(['undo', refusal]);
    expect(run.end).toBe(dead);
    const { outcome } = run.advance;
    const data = outcome.kind === 'failed' ? (outcome.error.data as MapValue) : MapValue.empty();
    expect(printValue(data.get(keyword('compensation-failures'))!)).toContain(':step "root/t/a"');
  });

  test('of the plan itself too', () => {
    const run = stage('(do (step "a" :compensate (call :undo 1) 1) (call :b))').cancel();
    expect(run.waits.map((wait) => wait.slice(wait.indexOf('(')))).toEqual(['(call :undo 1)']);
    run.cancel('again');
    expect(run.waits).toHaveLength(1);
    expect(run.answer(['undo', null]).end).toBe(dead);
  });

  test('in an endless loop', () => {
    const run = stage('(step "s" (loop [] (recur)))', { quantum: 100 });
    expect(run.end).toBe('preempted');
    run.cancel();
    expect(run.end).toBe(dead);
    expect(uneven(run.events)).toEqual([]);
  });

  test('in an endless loop of a branch, whose brother waits', () => {
    const run = stage('(step-parallel (call :a) (try (loop [] (recur)) (finally (context/set :k 1))))', { quantum: 100 });
    expect(run.end).toBe('preempted');
    expect(run.waits).toEqual(['2.0.2 (call :a)']);
    run.cancel().proceed();
    expect(run.end).toBe(dead);
    expect(uneven(run.events)).toEqual([]);
  });

  test('in an endless `finally` is up to who gives the quantum', () => {
    const run = stage('(try (call :a) (finally (loop [] (recur))))', { quantum: 100 }).cancel();
    expect(run.end).toBe('preempted');
    expect(run.cancel().proceed(20).end).toBe('preempted');
  });

  test('between two quanta of branches that have not all begun', () => {
    const run = stage('(step-parallel (loop [i 0] (if (< i 500) (recur (inc i)) i)) (call :b))', { quantum: 100 });
    expect(run.end).toBe('preempted');
    run.cancel().proceed();
    expect(run.end).toBe(dead);
    expect(uneven(run.events)).toEqual([]);
    expect(run.calls).toEqual([]);
  });

  test.each([
    ['at a call', '(step "s" (call :a))'],
    ['with `finally`', '(try (call :a) (finally (call :clean)))'],
    ['with compensations', '(step "t" (step "a" :compensate (call :undo 1) 1) (call :b))'],
    ['in branches', '(step-parallel (try (call :a) (finally (call :clean))) (call :b))'],
  ])('is the same after the state was saved and loaded: %s', (_, text) => {
    const straight = stage(text).cancel();
    const saved = stage(text).reload().cancel().reload();
    expect(saved.waits).toEqual(straight.waits);
    while (straight.end === 'requires-host') {
      const call = straight.pending[0]!.id;
      straight.answer([call, null]);
      saved.answer([call, null]);
      if (saved.end === 'requires-host') saved.reload();
    }
    expect(saved.end).toBe(straight.end);
    expect(saved.told).toEqual(straight.told);
  });
});

// ── Limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function branchesOf(run: Stage): readonly Fiber[] {
  return run.state.main.join!.branches;
}

describe('shares', () => {
  test('of calls: what is left is divided evenly, and what is left over comes back', () => {
    const run = stage('(do (call :first) (step-parallel (call :a) (call :b) 3) (call :c))', { limits: { calls: 12 } }).answer(['first', null]);
    // 11 are left: 3 for each branch, 2 stay. Two have called once.
    expect(run.state.main.calls).toBe(2);
    expect(branchesOf(run).map((branch) => branch.calls)).toEqual([2, 2, 3]);
    expect(remaining(run.state).calls).toBe(9);
    run.answer(['b', 1]).answer(['a', 1]);
    expect(run.state.main.calls).toBe(8);
    expect(remaining(run.answer(['c', 1]).state).calls).toBe(8);
  });

  test('of branches in branches come from the branch', () => {
    const run = stage('(step-parallel (step-parallel (call :a) (call :b)) (call :c))', { limits: { calls: 9 } });
    const [outer, other] = branchesOf(run);
    // Of 9, 4 for each branch; of these 4, 2 for each of its own.
    expect([run.state.main.calls, outer!.calls, other!.calls]).toEqual([1, 0, 3]);
    expect(outer!.join!.branches.map((branch) => branch.calls)).toEqual([1, 1]);
    run.answer(['a', 1], ['b', 1], ['c', 1]);
    expect(remaining(run.state).calls).toBe(6);
  });

  test.each(['fuel', 'allocation'] as const)('of %s are the same for each branch', (limit) => {
    const run = stage('(step-parallel (call :a) (call :a) (call :a))', { limits: { [limit]: 100_000 } });
    const [one, two, three] = branchesOf(run).map((branch) => branch[limit]);
    expect(two).toBe(one);
    expect(three).toBe(one);
    // What the main fiber keeps is what could not be divided.
    expect(run.state.main[limit]).toBeLessThan(3);
    expect(one).toBeGreaterThan(33_000);
    const before = remaining(run.state)[limit];
    run.answer(['2.0.2', 1], ['2.1.2', 1], ['2.2.2', 1]);
    expect(run.end).toBe('=> [1 1 1]');
    expect(remaining(run.state)[limit]).toBeLessThan(before);
    expect(remaining(run.state)[limit]).toBeGreaterThan(before - 1_000);
  });

  test('a branch cannot use what belongs to its brother', () => {
    const text = '(step-parallel (do (call :a) (call :a) (call :a) (call :a)) 2)';
    const run = stage(text, { limits: { calls: 7 } });
    for (let i = 0; i < 3; i++) run.answer(['a', 1]);
    expect(run.end).toBe('! :error/budget Resource budget exhausted: calls (limit: 7)');
    // Without the brother it could.
    const alone = stage('(step-parallel (do (call :a) (call :a) (call :a) (call :a)))', { limits: { calls: 7 } });
    for (let i = 0; i < 4; i++) alone.answer(['a', 1]);
    expect(alone.end).toBe('=> [1]');
  });

  test('come back from branches that failed or were cancelled', () => {
    const run = stage('(do (try (step-parallel (do (call :a) (throw 1)) (call :b)) (catch e nil)) (call :c))', { limits: { calls: 6 } }).answer(['a', 1]);
    // 6 - a - b - c.
    expect(remaining(run.state).calls).toBe(3);
  });

  test('of what has no limit is everything', () => {
    const run = stage('(step-parallel (call :a) (call :b))', { limits: { calls: Number.POSITIVE_INFINITY, fuel: Number.POSITIVE_INFINITY } });
    expect(branchesOf(run).map((branch) => branch.calls)).toEqual([Infinity, Infinity]);
    run.reload().answer(['a', 1], ['b', 2]);
    expect(run.end).toBe('=> [1 2]');
    expect(remaining(run.state)).toMatchObject({ calls: Infinity, fuel: Infinity });
  });
});

describe('a limit that leaves nothing to go on with', () => {
  test('in one branch ends the run, and every edge is told once', () => {
    const text = '(step "s" (step-parallel (step "x" (call :a)) (step "y" (loop [] (recur))) (step "z" (call :b))))';
    const run = stage(text, { limits: { fuel: 5_000 } });
    const spent = 'budget: Resource budget exhausted: fuel (limit: 5000)';
    expect(run.end).toBe('! :error/budget Resource budget exhausted: fuel (limit: 5000)');
    expect(run.told).toEqual([
      '1 step-started root/s "s" step in the run inherit',
      '2 step-started root/s/step-parallel "step-parallel" step-parallel in root/s inherit',
      '3.0.1 branch-started root/s/step-parallel/0 0',
      '3.0.2 step-started root/s/step-parallel/0/x "x" step in root/s/step-parallel/0 inherit',
      `3.0.4 step-failed root/s/step-parallel/0/x "x" ${spent}`,
      `3.0.5 branch-cancelled root/s/step-parallel/0 0 ${spent}`,
      '3.1.1 branch-started root/s/step-parallel/1 1',
      '3.1.2 step-started root/s/step-parallel/1/y "y" step in root/s/step-parallel/1 inherit',
      `3.1.3 step-failed root/s/step-parallel/1/y "y" ${spent}`,
      `3.1.4 branch-failed root/s/step-parallel/1 1 ${spent}`,
      '3.2.1 branch-started root/s/step-parallel/2 2',
      '3.2.2 step-started root/s/step-parallel/2/z "z" step in root/s/step-parallel/2 inherit',
      `3.2.4 step-failed root/s/step-parallel/2/z "z" ${spent}`,
      `3.2.5 branch-cancelled root/s/step-parallel/2 2 ${spent}`,
      `4 step-failed root/s/step-parallel "step-parallel" ${spent}`,
      `5 step-failed root/s "s" ${spent}`,
    ]);
    expect(positionsAreUnique(run)).toBe(true);
  });

  test.each([
    ['in branches of branches', '(step-parallel (step-parallel (step "a" (call :a)) (call :b)) (step "l" (loop [] (recur))) (step "c" (call :c)))'],
    ['one level below', '(step-parallel (step "a" (call :a)) (step-parallel (call :b) (step "l" (loop [] (recur)))))'],
    ['where branches wait for their turn', '(step-parallel :max-concurrency 2 (step "a" (call :a)) (step "l" (loop [] (recur))) (step "c" (call :c)))'],
    ['with best effort', '(step-parallel :on-error :best-effort (step "a" (call :a)) (step "l" (loop [] (recur))))'],
    ['where something would catch it', '(try (step-parallel (step "a" (try (call :a) (finally (call :never)))) (step "l" :on-fail 1 (try (loop [] (recur)) (catch e 1) (finally (call :never))))) (catch e (call :never)) (finally (call :never)))'],
    ['with compensations', '(step "o" (step "d" :compensate (call :never) 1) (step-parallel (step "a" (call :a)) (step "l" (loop [] (recur)))))'],
  ])('%s', (_, text) => {
    for (const quantum of [Number.POSITIVE_INFINITY, 200]) {
      const run = stage(text, { limits: { fuel: 20_000 }, quantum }).proceed();
      expect(run.end).toBe('! :error/budget Resource budget exhausted: fuel (limit: 20000)');
      expect(uneven(run.events)).toEqual([]);
      expect(positionsAreUnique(run)).toBe(true);
      expect(run.calls.some((call) => call.includes(':never'))).toBe(false);
    }
  });

  test('calls, by a branch whose share is used up', () => {
    const run = stage('(step-parallel (step "a" (call :a)) (step "b" (call :b)))', { limits: { calls: 1 } });
    // Half a call is none.
    expect(run.end).toBe('! :error/budget Resource budget exhausted: calls (limit: 1)');
    expect(uneven(run.events)).toEqual([]);
  });
});

describe('limits that a plan may catch', () => {
  test('branches: none of them has begun', () => {
    const run = stage('(step-parallel (call :a) (call :b) (call :c))', { limits: { branches: 2 } });
    expect(run.end).toBe('! :error/budget Resource budget exhausted: branches (limit: 2)');
    expect(run.told).toEqual([
      '1 step-started root/step-parallel "step-parallel" step-parallel in the run inherit',
      '2 step-failed root/step-parallel "step-parallel" budget: Resource budget exhausted: branches (limit: 2)',
    ]);
    expect(stage('(step-parallel 1 2)', { limits: { branches: 2 } }).end).toBe('=> [1 2]');
    expect(stage('(try (pmap inc [1 2 3]) (catch e (:data e)))', { limits: { branches: 2 } }).end).toBe('=> :limit/branches');
  });

  test('branches of branches may be 200 deep', () => {
    const text = (levels: number): string => `(do (defn f [n] (if (= n 0) :deep (nth (step-parallel (f (dec n))) 0))) (f ${levels}))`;
    expect(stage(text(200)).end).toBe('=> :deep');
    const run = stage(text(201));
    expect(run.end).toBe('! :error/overflow Limit exceeded: branches of branches, more than 200 deep');
    expect(uneven(run.events)).toEqual([]);
  });

  test('200 deep they can be saved, loaded, answered and cancelled', () => {
    const text = '(do (defn f [n] (if (= n 0) (call :a) (nth (step-parallel (f (dec n))) 0))) (f 200))';
    expect(stage(text).reload().answer(['a', 7]).end).toBe('=> 7');
    const run = stage(text).reload().cancel();
    expect(run.end).toBe('! :error/cancelled Cancelled: enough');
    expect(uneven(run.events)).toEqual([]);
  });

  test('calls below one another: compensations have room beyond it, also after they were saved', () => {
    const text = '(do (defn f [n] (if (= n 0) (step "t" (step "a" :compensate (call :undo 1) 1) (throw :over)) (+ 1 (f (dec n))))) (f 6))';
    // The least room in which the plan comes to its own failure.
    const depth = Array.from({ length: 40 }, (_, index) => index + 1).find((limit) => stage(text, { limits: { depth: limit } }).end === 'requires-host')!;
    const run = stage(text, { limits: { depth } });
    expect(run.state.main.frame!.depth).toBeGreaterThan(depth);
    expect(run.reload().answer(['undo', null]).end).toBe('! :error/thrown Uncaught: :over');
  });

  test('calls below one another: so have the branches that a compensation makes', () => {
    const plan = (undo: string): string => `(do (defn f [n] (if (= n 0) (step "t" (step "a" :compensate ${undo} 1) (throw :over)) (+ 1 (f (dec n))))) (f 6))`;
    const depth = Array.from({ length: 40 }, (_, index) => index + 1).find((limit) => stage(plan('(call :undo 1)'), { limits: { depth: limit } }).end === 'requires-host')!;
    const run = stage(plan('(step-parallel (call :undo 1) (step-parallel (call :undo 2)))'), { limits: { depth } });
    expect(run.waits.map((wait) => wait.replace(/^\S+ /, ''))).toEqual(['(call :undo 1)', '(call :undo 2)']);
    expect(run.reload().answer(['undo 1', null], ['undo 2', null]).end).toBe('! :error/thrown Uncaught: :over');
  });

  test('contexts below one another: 65 steps where 64 are allowed', () => {
    const text = (count: number): string => `${'(step "s" '.repeat(count)}:inside${')'.repeat(count)}`;
    expect(stage(text(64), { limits: { contextDepth: 64 } }).end).toBe('=> :inside');
    const run = stage(text(65), { limits: { contextDepth: 64 } });
    expect(run.end).toBe('! :error/budget Resource budget exhausted: context-depth (limit: 64)');
    expect(run.events.filter((event) => event.kind === 'step-started')).toHaveLength(64);
    expect(run.events.filter((event) => event.kind === 'step-failed')).toHaveLength(64);
    expect(run.events).toHaveLength(128);
  });

  test.each([
    ['a step', '(step "a" (call :x))', 1],
    ['a pass', '(step-loop [x [1]] (call :x))', 2],
    ['a branch', '(step-parallel (call :x))', 2],
    ['a step of a branch', '(step-parallel (step "a" (call :x)))', 3],
  ])('contexts below one another: %s counts', (_, text, depth) => {
    const fits = stage(text, { limits: { contextDepth: depth } });
    expect(fits.calls).toHaveLength(1);
    expect(fits.reload().answer(['x', 1]).end).toMatch(/^=>/);
    const over = stage(text, { limits: { contextDepth: depth - 1 } });
    expect(over.end).toBe(`! :error/budget Resource budget exhausted: context-depth (limit: ${depth - 1})`);
    expect(over.calls).toEqual([]);
    expect(uneven(over.events)).toEqual([]);
  });

  const sizeOf = (key: string, value: Value): number => encodeValue(keyword(key)).length + encodeValue(value).length;

  test('bytes of contexts: counted before the write', () => {
    const size = sizeOf('k', 'value');
    const text = '(do (try (context/set :k "value") (catch e (call :caught (:data e)))) (context/get :k :none))';
    expect(stage(text, { limits: { contextBytes: size } }).end).toBe('=> "value"');
    const run = stage(text, { limits: { contextBytes: size - 1 } });
    expect(run.waits).toEqual(['1 (call :caught :limit/context-bytes)']);
    expect(run.answer(['caught', null]).end).toBe('=> :none');
    expect(run.events).toEqual([]);
  });

  test('bytes of contexts: those around count, those that were left do not', () => {
    const size = sizeOf('k', 'value');
    const inside = '(step "a" (context/set :k "value") (step "b" (context/set :k "value") (get :k)))';
    expect(stage(inside, { limits: { contextBytes: 2 * size } }).end).toBe('=> "value"');
    expect(stage(inside, { limits: { contextBytes: 2 * size - 1 } }).end).toBe(`! :error/budget Resource budget exhausted: context-bytes (limit: ${2 * size - 1})`);
    const beside = '(do (step "a" (context/set :k "value")) (step "b" (context/set :k "value") (get :k)))';
    expect(stage(beside, { limits: { contextBytes: size } }).end).toBe('=> "value"');
  });

  test('bytes of contexts: what a step merges and keeps counts twice, and is not written when there is no room', () => {
    const size = sizeOf('k', 'value');
    const text = '(step "a" (context/set :k "value") (try (context/merge! :overwrite) (catch e (call :caught (:data e)))) (get :k))';
    expect(stage(text, { limits: { contextBytes: 2 * size } }).end).toBe('=> "value"');
    const run = stage(text, { limits: { contextBytes: 2 * size - 1 } });
    expect(run.waits.map((wait) => wait.replace(/^\S+ /, ''))).toEqual(['(call :caught :limit/context-bytes)']);
    expect(run.told.filter((line) => line.includes(' merged '))).toEqual([]);
    expect(run.reload().answer(['caught', null]).end).toBe('=> "value"');
    // At its end a step keeps nothing.
    expect(stage('(do (step "a" :merge-policy :overwrite (context/set :k "value")) (get :k))', { limits: { contextBytes: size } }).end).toBe('=> "value"');
  });

  test('bytes of contexts: a value in the place of another counts once', () => {
    const size = sizeOf('k', 'value');
    expect(stage('(do (context/set :k "value") (context/set :k "other") (get :k))', { limits: { contextBytes: size } }).end).toBe('=> "other"');
  });

  test('bytes of contexts: a default of `:requires` that has no room: nothing has begun', () => {
    const text = '(try (step "a" :requires {:k {:default "value"}} :params {:p (call :never)} (call :never)) (catch e (:data e)))';
    const run = stage(text, { limits: { contextBytes: sizeOf('k', 'value') - 1 } });
    expect(run.end).toBe('=> :limit/context-bytes');
    expect(run.events).toEqual([]);
    expect(run.calls).toEqual([]);
  });

  test('bytes of contexts: a default of `:requires` is written when there is room', () => {
    const run = stage('(step "a" :requires {:k {:default "value"}} (get :k))', { limits: { contextBytes: sizeOf('k', 'value') } });
    expect(run.end).toBe('=> "value"');
    expect(run.told).toEqual([
      '1 step-started root/a "a" step in the run inherit {:requires {:k {:default "value"}}}',
      '2 context-set root/a :k "value"',
      '3 step-completed root/a "a"',
    ]);
  });

  test('bytes of contexts: what a merge makes counts before it is written', () => {
    const text = '(do (context/set :k "value") (try (step "a" :merge-policy (fn [key base target source] (range 100)) (context/set :k "other")) (catch e nil)) (get :k))';
    const run = stage(text, { limits: { contextBytes: 2 * sizeOf('k', 'value') } });
    expect(run.end).toBe('=> "value"');
    expect(run.told).toEqual([
      '1 context-set root :k "value"',
      '2 step-started root/a "a" step in the run inherit',
      '3 context-set root/a :k "other"',
      `4 step-failed root/a "a" budget: Resource budget exhausted: context-bytes (limit: ${2 * sizeOf('k', 'value')})`,
    ]);
    expect(stage(text, { limits: { contextBytes: 2_000 } }).end).toMatch(/^=> \[0 1 2 /);
  });

  test('passes of a loop', () => {
    const run = stage('(step-loop [x [1 2 3 4]] x)', { limits: { iterations: 3 } });
    const over = 'Resource budget exhausted: iterations (limit: 3)';
    expect(run.end).toBe(`! :error/budget ${over}`);
    expect(run.told).toEqual([
      '1 step-started root/step-loop "step-loop" step-loop in the run inherit',
      '2 pass-started root/step-loop/0 0', '3 pass-completed root/step-loop/0 0',
      '4 pass-started root/step-loop/1 1', '5 pass-completed root/step-loop/1 1',
      '6 pass-started root/step-loop/2 2', '7 pass-completed root/step-loop/2 2',
      `8 step-failed root/step-loop "step-loop" budget: ${over}`,
    ]);
    expect(stage('(step-loop [x [1 2 3]] x)', { limits: { iterations: 3 } }).end).toBe('=> 3');
    expect(stage('(step-loop :max-iterations 9 [x [1 2 3 4]] x)', { limits: { iterations: 3 } }).end).toBe(`! :error/budget ${over}`);
    expect(stage('(step-loop :max-iterations 2 [x [1 2 3]] x)', { limits: { iterations: 3 } }).end).toBe('! :error/budget Resource budget exhausted: iterations (limit: 2, by :max-iterations)');
    // Each loop counts for itself.
    expect(stage('(step-loop [x [1 2 3]] (step-loop [y [1 2 3]] y))', { limits: { iterations: 3 } }).end).toBe('=> 3');
  });
});

// ── Definitions and quanta ─────────────────────────────────────────────────────────────────────────────────────────

describe('definitions of branches', () => {
  test('are not seen by brothers, and after the join in the order of the branches', () => {
    const text = '(do (def x 0) [(step-parallel (do (call :a) (def x 1) x) (do (call :b) (def x 2) x) (do (call :c) x)) x])';
    for (const order of orders(['a', 'b', 'c'])) {
      const run = stage(text);
      for (const name of order) run.answer([name, null]);
      expect(run.end).toBe('=> [[1 2 0] 2]');
    }
  });

  test('a branch sees what was defined before it, and what it has defined itself', () => {
    expect(stage('(do (def x 1) (step-parallel (do (def y (+ x 1)) (def x y) [x y])))').end).toBe('=> [[2 2]]');
  });

  test('of failed branches are gone', () => {
    const text = '(do (def x 0) (step-parallel :on-error :best-effort (do (def x 1) 1) (do (def x 2) (throw 1))) x)';
    expect(stage(text).end).toBe('=> 1');
    expect(stage('(do (def x 0) (try (step-parallel (do (def x 1) 1) (throw 1)) (catch e nil)) x)').end).toBe('=> 0');
  });

  test('go up through branches of branches', () => {
    const text = '(do (def x 0) (step-parallel (step-parallel (do (call :a) (def x 1)) (do (call :b) (def x 2))) (call :c)) x)';
    const run = stage(text).answer(['b', 1]).reload().answer(['c', 1]).reload().answer(['a', 1]);
    expect(run.end).toBe('=> 2');
  });

  test('only what a branch has defined itself takes the place of something', () => {
    // The first branch starts with x = 0 and leaves it alone.
    const run = stage('(do (def x 0) (step-parallel (do (call :a) x) (do (call :b) (def x 5))) (def y x) (step-parallel y (do (def y 7) y)) [x y])');
    expect(run.answer(['b', 1]).answer(['a', 1]).end).toBe('=> [5 7]');
  });
});

describe('quanta', () => {
  const text = '(step-parallel (call :a) (loop [i 0] (if (< i 1000) (recur (inc i)) i)) (call :b))';

  test('a run that was preempted says what it waits for already', () => {
    const run = stage(text, { quantum: 100 });
    expect(run.end).toBe('preempted');
    expect(run.state.status).toBe('ready');
    expect(run.waits).toEqual(['2.0.2 (call :a)']);
    run.proceed();
    expect(run.end).toBe('requires-host');
    expect(run.waits).toEqual(['2.0.2 (call :a)', '2.2.2 (call :b)']);
  });

  test('answers may come while it is preempted', () => {
    const run = stage(text, { quantum: 100 }).answer(['a', 1]);
    expect(run.end).toBe('preempted');
    expect(run.waits).toEqual(['2.2.2 (call :b)']);
    expect(run.proceed().waits).toEqual(['2.2.2 (call :b)']);
    expect(run.answer(['b', 2]).proceed().end).toBe('=> [1 1000 2]');
  });

  test.each([1, 2, 3, 7, 50])('of %d make the same run', (quantum) => {
    const straight = stage(text).answer(['a', 1], ['b', 2]);
    const run = stage(text, { quantum });
    for (let i = 0; i < 20_000 && run.end === 'preempted'; i++) {
      if (i % 100 === 0) run.reload();
      run.proceed(1);
    }
    run.answer(['b', 2]).proceed().answer(['a', 1]).proceed();
    expect(run.end).toBe(straight.end);
    expect(run.told).toEqual(straight.told);
    expect(run.bytes).toBe(straight.bytes);
  });

  test('an answer that is there when the quantum ends is not lost', () => {
    const run = stage('(step-parallel (do (loop [i 0] (if (< i 300) (recur (inc i)) i)) (call :a)) (call :b))', { quantum: 40 }).proceed();
    expect(run.waits).toEqual(['2.0.2 (call :a)', '2.1.2 (call :b)']);
    run.answer(['b', 2]).proceed().answer(['a', 1]).proceed();
    expect(run.end).toBe('=> [1 2]');
  });
});

test('what a plan throws need not be an error', () => {
  const run = stage('(step-parallel (throw {:type :my/kind :message "own" :n 1}) (call :b))');
  const { outcome } = run.advance;
  expect(run.end).toBe('! :my/kind own');
  expect(outcome.kind === 'failed' && outcome.error instanceof ErrorValue && printValue(outcome.error.data)).toBe('{:message "own" :n 1 :type :my/kind}');
});
