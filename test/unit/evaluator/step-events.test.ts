/**
 * What a run tells of itself, event by event, with positions. The lists are written from `docs/steps.md`: calls are
 * counted with the events, so a number that is missing in a list is that of a call or of a set of branches. Every run is
 * told alike straight on, saved and loaded at each pause, in small quanta, and over a restart at each pause.
 */
import { describe, expect, test } from 'vitest';
import type { StartOptions } from '../../../src/evaluator/kernel.ts';
import { errorValue } from '../../../src/evaluator/raise.ts';
import type { HostCall } from '../../../src/evaluator/state.ts';
import type { Value } from '../../../src/value/value.ts';
import { testEnvironment } from '../../support/environment.ts';
import { compiled, Refusal } from '../../support/journey.ts';
import { Stage } from '../../support/stage.ts';

const environment = testEnvironment();
const no = new Refusal(errorValue('host', 'no'));

interface Told {
  readonly end: string;
  readonly calls: readonly string[];
  readonly events: readonly string[];
}

interface World extends StartOptions {
  /** By capability, the answers in the order of the calls; the last one is for all that come after. Otherwise nil. */
  readonly answers?: Readonly<Record<string, readonly (Value | Refusal)[]>>;
}

type Way = 'straight' | 'reloaded' | 'quanta' | 'restarted';

function play(text: string, { answers = {}, ...options }: World, way: Way): Told {
  const given = new Map<string, number>();
  const answerTo = ({ capability }: HostCall): Value | Refusal => {
    const list = answers[capability] ?? [null];
    const count = given.get(capability) ?? 0;
    given.set(capability, count + 1);
    return list[Math.min(count, list.length - 1)]!;
  };
  let run = new Stage(compiled(environment, text), way === 'quanta' ? { ...options, quantum: 1 } : options);
  for (let turn = 0; run.end === 'requires-host' || run.end === 'preempted'; turn++) {
    if (turn > 5_000) throw new Error('the run does not end');
    if (way === 'reloaded' || way === 'quanta') run.reload();
    if (way === 'restarted') run = run.restart(compiled(environment, text));
    // A deadline passes when the test says so, and before anything else is answered.
    const due = run.pending.find((one) => one.capability !== 'step.deadline' || answers['step.deadline'] !== undefined);
    if (run.end === 'preempted') run.proceed(1);
    else run.answer([due!.id, answerTo(due!)]);
  }
  return { end: run.end, calls: run.calls, events: run.told };
}

/** The same in all ways. */
function tell(text: string, world: World = {}): Told {
  const straight = play(text, world, 'straight');
  for (const way of ['reloaded', 'quanta', 'restarted'] as const) expect(play(text, world, way), way).toEqual(straight);
  return straight;
}

describe('a step', () => {
  test('tells that it has begun and that it has completed', () => {
    expect(tell('(step "a" 1)')).toEqual({
      end: '=> 1', calls: [],
      events: ['1 step-started root/a "a" step in the run inherit', '2 step-completed root/a "a"'],
    });
  });

  test('is open while it waits', () => {
    expect(tell('(step "a" (call :x) (context/set :k 1) (call :y))')).toEqual({
      end: '=> nil', calls: ['2 (call :x)', '4 (call :y)'],
      events: ['1 step-started root/a "a" step in the run inherit', '3 context-set root/a :k 1', '5 step-completed root/a "a"'],
    });
  });

  test('tells what it was told', () => {
    const { events } = tell('(step "a" :effects [:network] :resources {:cpu 1} :metadata {:owner "ann"} :timeout-ms 50 :produces [:k] :isolation :isolated :retries 2 (context/set :k 1))');
    expect(events).toEqual([
      '1 step-started root/a "a" step in the run isolated {:effects [:network] :metadata {:owner "ann"} :produces [:k] :resources {:cpu 1} :timeout-ms 50}',
      // 2 is the deadline.
      '3 context-set root/a :k 1',
      '4 step-completed root/a "a"',
    ]);
  });

  test('inside of another', () => {
    expect(tell('(step "a" (step "b" (call :x)) (step "b" 2))').events).toEqual([
      '1 step-started root/a "a" step in the run inherit',
      '2 step-started root/a/b "b" step in root/a inherit',
      '4 step-completed root/a/b "b"',
      '5 step-started root/a/b#1 "b" step in root/a inherit',
      '6 step-completed root/a/b#1 "b"',
      '7 step-completed root/a "a"',
    ]);
  });

  test('that fails, and those around it', () => {
    expect(tell('(try (step "a" (step "b" (call :x))) (catch e (step "c" (:message e))))', { answers: { x: [no] } })).toEqual({
      end: '=> "no"', calls: ['3 (call :x)'],
      events: [
        '1 step-started root/a "a" step in the run inherit',
        '2 step-started root/a/b "b" step in root/a inherit',
        '4 step-failed root/a/b "b" host: no',
        '5 step-failed root/a "a" host: no',
        '6 step-started root/c "c" step in the run inherit',
        '7 step-completed root/c "c"',
      ],
    });
  });

  test('that throws something that is no error', () => {
    expect(tell('(try (step "a" (throw {:n 1})) (catch e e))').events).toEqual([
      '1 step-started root/a "a" step in the run inherit', '2 step-failed root/a "a" {:n 1}',
    ]);
  });

  test('whose parameters fail has begun', () => {
    expect(tell('(try (step "a" :params {:p (call :x)} (call :never)) (catch e 1))', { answers: { x: [no] } })).toEqual({
      end: '=> 1', calls: ['2 (call :x)'],
      events: ['1 step-started root/a "a" step in the run inherit', '3 step-failed root/a "a" host: no'],
    });
  });

  test('that has not produced what it should fails', () => {
    expect(tell('(try (step "a" :produces [:k] 1) (catch e 1))').events).toEqual([
      '1 step-started root/a "a" step in the run inherit {:produces [:k]}',
      '2 step-failed root/a "a" validation: Step "a" should have set the context key :k',
    ]);
  });

  test('of the form step-if', () => {
    expect(tell('(do (step-if (call :x) 1 2) (step-if :name "maybe" false 1) (step-if :name "else" false 1 2))', { answers: { x: [true] } })).toEqual({
      end: '=> 2', calls: ['1 (call :x)'],
      events: [
        '2 step-started root/step-if "step-if" step-if in the run inherit', '3 step-completed root/step-if "step-if"',
        '4 step-started root/else "else" step-if in the run inherit', '5 step-completed root/else "else"',
      ],
    });
  });

  test('that merges', () => {
    expect(tell('(do (context/set :k 1) (step "a" :merge-policy :overwrite (context/set :k 2) (context/set :j 3)) (step "b" :merge-policy :keep-existing (context/set :k 5)))').events).toEqual([
      '1 context-set root :k 1',
      '2 step-started root/a "a" step in the run inherit',
      '3 context-set root/a :k 2',
      '4 context-set root/a :j 3',
      '5 merged root/a into root by :overwrite; added :j; overwritten :k; conflict :k: 1 and 2, source wins (overwrite: the source\'s value replaces the target\'s)',
      '6 step-completed root/a "a"',
      '7 step-started root/b "b" step in the run inherit',
      '8 context-set root/b :k 5',
      '9 merged root/b into root by :keep-existing; kept :k; conflict :k: 2 and 5, target wins (keep-existing: the target\'s value stays)',
      '10 step-completed root/b "b"',
    ]);
  });

  test('that meets a conflict it must not meet fails, and nothing was merged', () => {
    const told = tell('(do (context/set :k 1) (try (step "a" :merge-policy :overwrite :on-conflict :fail (context/set :j 1) (context/set :k 2)) (catch e nil)) [(get :k) (context/get :j :none)])');
    expect(told.end).toBe('=> [1 :none]');
    expect(told.events.slice(0, 4)).toEqual(['1 context-set root :k 1', '2 step-started root/a "a" step in the run inherit', '3 context-set root/a :j 1', '4 context-set root/a :k 2']);
    expect(told.events.slice(4)).toHaveLength(1);
    expect(told.events[4]).toMatch(/^5 step-failed root\/a "a" step: Merging into root met a conflict, at :k /);
  });
});

describe('trying again', () => {
  test('tells each attempt that failed and its wait', () => {
    expect(tell('(step "a" :retries {:max 2 :backoff-ms 100} (context/set :k 1) (call :x))', { answers: { x: [no, no, 7] } })).toEqual({
      end: '=> 7', calls: ['3 (call :x)', '5 (call :step.sleep 100)', '7 (call :x)', '9 (call :step.sleep 200)', '11 (call :x)'],
      events: [
        '1 step-started root/a "a" step in the run inherit',
        '2 context-set root/a :k 1',
        '4 step-retrying root/a "a" attempt 1 in 100 host: no',
        '6 context-set root/a :k 1',
        '8 step-retrying root/a "a" attempt 2 in 200 host: no',
        '10 context-set root/a :k 1',
        '12 step-completed root/a "a"',
      ],
    });
  });

  test('that does not help', () => {
    expect(tell('(step "a" :retries 1 (call :x))', { answers: { x: [no] } })).toEqual({
      end: '! :error/host no', calls: ['2 (call :x)', '4 (call :x)'],
      events: ['1 step-started root/a "a" step in the run inherit', '3 step-retrying root/a "a" attempt 1 in 0 host: no', '5 step-failed root/a "a" host: no'],
    });
  });

  test('a step inside begins anew', () => {
    expect(tell('(step "a" :retries 1 (step "b" (call :x)))', { answers: { x: [no, 1] } }).events).toEqual([
      '1 step-started root/a "a" step in the run inherit',
      '2 step-started root/a/b "b" step in root/a inherit',
      '4 step-failed root/a/b "b" host: no',
      '5 step-retrying root/a "a" attempt 1 in 0 host: no',
      '6 step-started root/a/b#1 "b" step in root/a inherit',
      '8 step-completed root/a/b#1 "b"',
      '9 step-completed root/a "a"',
    ]);
  });
});

describe('what takes the place of a failure', () => {
  test('an expression', () => {
    expect(tell('(step "a" :on-fail (call :y (:message %error)) (call :x))', { answers: { x: [no], y: [5] } })).toEqual({
      end: '=> 5', calls: ['2 (call :x)', '3 (call :y "no")'],
      events: ['1 step-started root/a "a" step in the run inherit', '4 step-recovered root/a "a" by fallback host: no', '5 step-completed root/a "a"'],
    });
  });

  test('an expression that fails itself', () => {
    expect(tell('(step "a" :on-fail (call :y) (call :x))', { answers: { x: [no], y: [new Refusal(errorValue('host', 'nor this'))] } }).events).toEqual([
      '1 step-started root/a "a" step in the run inherit', '4 step-failed root/a "a" host: nor this',
    ]);
  });

  test('a delegate', () => {
    const told = tell('(step "a" :on-fail :delegate (call :x))', { answers: { x: [no], 'step.delegate': [9] } });
    expect(told.end).toBe('=> 9');
    expect(told.calls).toEqual(['2 (call :x)', '3 (call :step.delegate {:error {:data nil :message "no" :type :error/host} :name "a" :step "root/a"})']);
    expect(told.events).toEqual(['1 step-started root/a "a" step in the run inherit', '4 step-recovered root/a "a" by delegate host: no', '5 step-completed root/a "a"']);
  });

  test('after retries', () => {
    expect(tell('(step "a" :retries 1 :on-fail 0 (call :x))', { answers: { x: [no] } }).events).toEqual([
      '1 step-started root/a "a" step in the run inherit',
      '3 step-retrying root/a "a" attempt 1 in 0 host: no',
      '5 step-recovered root/a "a" by fallback host: no',
      '6 step-completed root/a "a"',
    ]);
  });
});

describe('a loop', () => {
  test('tells its passes; what they set goes to the loop', () => {
    expect(tell('(step-loop [x [1 2]] (context/set :k (call :x x)) (get :k))', { answers: { x: [10, 20] } })).toEqual({
      end: '=> 20', calls: ['3 (call :x 1)', '8 (call :x 2)'],
      events: [
        '1 step-started root/step-loop "step-loop" step-loop in the run inherit',
        '2 pass-started root/step-loop/0 0',
        '4 context-set root/step-loop/0 :k 10',
        '5 merged root/step-loop/0 into root/step-loop by :overwrite; added :k',
        '6 pass-completed root/step-loop/0 0',
        '7 pass-started root/step-loop/1 1',
        '9 context-set root/step-loop/1 :k 20',
        '10 merged root/step-loop/1 into root/step-loop by :overwrite; overwritten :k',
        '11 pass-completed root/step-loop/1 1',
        '12 step-completed root/step-loop "step-loop"',
      ],
    });
  });

  test('with a test, which is outside of the passes', () => {
    expect(tell('(step-loop :name "l" (call :more) (call :x))', { answers: { more: [true, false], x: [3] } })).toEqual({
      end: '=> 3', calls: ['2 (call :more)', '4 (call :x)', '6 (call :more)'],
      events: [
        '1 step-started root/l "l" step-loop in the run inherit', '3 pass-started root/l/0 0', '5 pass-completed root/l/0 0', '7 step-completed root/l "l"',
      ],
    });
  });

  test('whose pass fails', () => {
    expect(tell('(step-loop [x [1 2 3]] (call :x x))', { answers: { x: [1, no] } }).events).toEqual([
      '1 step-started root/step-loop "step-loop" step-loop in the run inherit',
      '2 pass-started root/step-loop/0 0', '4 pass-completed root/step-loop/0 0',
      '5 pass-started root/step-loop/1 1', '7 pass-failed root/step-loop/1 1 host: no',
      '8 step-failed root/step-loop "step-loop" host: no',
    ]);
  });
});

describe('branches', () => {
  test('are told with what was merged and where they clashed', () => {
    expect(tell('(step-parallel :merge-policy :overwrite (do (context/set :k (call :x)) (get :k)) (do (context/set :j 1) (context/set :k 2) (get :k)))', { answers: { x: [1] } })).toEqual({
      end: '=> [1 2]', calls: ['2.0.2 (call :x)'],
      events: [
        '1 step-started root/step-parallel "step-parallel" step-parallel in the run inherit',
        '2.0.1 branch-started root/step-parallel/0 0',
        '2.0.3 context-set root/step-parallel/0 :k 1',
        '2.0.4 branch-completed root/step-parallel/0 0',
        '2.1.1 branch-started root/step-parallel/1 1',
        '2.1.2 context-set root/step-parallel/1 :j 1',
        '2.1.3 context-set root/step-parallel/1 :k 2',
        '2.1.4 branch-completed root/step-parallel/1 1',
        '3 merged root/step-parallel into root by :overwrite; added :j :k; conflict :k: 1 and 2, source wins (overwrite: the source\'s value replaces the target\'s) of 0 1',
        '4 step-completed root/step-parallel "step-parallel"',
      ],
    });
  });

  test('of which one fails', () => {
    expect(tell('(step-parallel (step "a" (call :x)) (step "b" (call :y)) 3)', { answers: { x: [no] } }).events).toEqual([
      '1 step-started root/step-parallel "step-parallel" step-parallel in the run inherit',
      '2.0.1 branch-started root/step-parallel/0 0',
      '2.0.2 step-started root/step-parallel/0/a "a" step in root/step-parallel/0 inherit',
      '2.0.4 step-failed root/step-parallel/0/a "a" host: no',
      '2.0.5 branch-failed root/step-parallel/0 0 host: no',
      '2.1.1 branch-started root/step-parallel/1 1',
      '2.1.2 step-started root/step-parallel/1/b "b" step in root/step-parallel/1 inherit',
      '2.1.4 step-failed root/step-parallel/1/b "b" cancelled: Cancelled: branch 0 failed',
      '2.1.5 branch-cancelled root/step-parallel/1 1 cancelled: Cancelled: branch 0 failed',
      '2.2.1 branch-started root/step-parallel/2 2',
      '2.2.2 branch-completed root/step-parallel/2 2',
      '3 step-failed root/step-parallel "step-parallel" host: no',
    ]);
  });

  test('with best effort: good ones are merged', () => {
    const told = tell('(step-parallel :on-error :best-effort (do (context/set :k 1) (call :x)) (do (context/set :j 2) (get :j)))', { answers: { x: [no] } });
    expect(told.end).toBe('=> [{:error {:data nil :message "no" :type :error/host}} {:ok 2}]');
    expect(told.events).toEqual([
      '1 step-started root/step-parallel "step-parallel" step-parallel in the run inherit',
      '2.0.1 branch-started root/step-parallel/0 0',
      '2.0.2 context-set root/step-parallel/0 :k 1',
      '2.0.4 branch-failed root/step-parallel/0 0 host: no',
      '2.1.1 branch-started root/step-parallel/1 1',
      '2.1.2 context-set root/step-parallel/1 :j 2',
      '2.1.3 branch-completed root/step-parallel/1 1',
      '3 merged root/step-parallel into root by :keep-existing; added :j',
      '4 step-completed root/step-parallel "step-parallel"',
    ]);
  });

  test('with too few that are good', () => {
    const told = tell('(step-parallel :on-error :best-effort :min-success 2 (call :x) 2)', { answers: { x: [no] } });
    expect(told.end).toBe('! :error/step Step "step-parallel": 1 of 2 branches succeeded, 2 must (branch 0: no)');
    expect(told.events.slice(-1)).toEqual(['3 step-failed root/step-parallel "step-parallel" step: Step "step-parallel": 1 of 2 branches succeeded, 2 must (branch 0: no)']);
  });

  test('of pmap', () => {
    expect(tell('(pmap (fn [x] (call :x x)) [1 2])', { answers: { x: [10, 20] } })).toEqual({
      end: '=> [10 20]', calls: ['2.0.2 (call :x 1)', '2.1.2 (call :x 2)'],
      events: [
        '1 step-started root/pmap "pmap" pmap in the run inherit',
        '2.0.1 branch-started root/pmap/0 0', '2.0.3 branch-completed root/pmap/0 0',
        '2.1.1 branch-started root/pmap/1 1', '2.1.3 branch-completed root/pmap/1 1',
        '3 step-completed root/pmap "pmap"',
      ],
    });
  });

  test('that are none', () => {
    expect(tell('(pmap inc [])').events).toEqual(['1 step-started root/pmap "pmap" pmap in the run inherit', '2 step-completed root/pmap "pmap"']);
  });
});

describe('compensations', () => {
  const trip = '(step "trip" (step "hotel" :compensate (call :undo %result) 1) (step "car" :compensate (call :undo %result) 2) (call :pay))';

  test('are told between the failure and its step, the last one first', () => {
    expect(tell(trip, { answers: { pay: [no] } })).toEqual({
      end: '! :error/host no', calls: ['6 (call :pay)', '8 (call :undo 2)', '11 (call :undo 1)'],
      events: [
        '1 step-started root/trip "trip" step in the run inherit',
        '2 step-started root/trip/hotel "hotel" step in root/trip inherit',
        '3 step-completed root/trip/hotel "hotel"',
        '4 step-started root/trip/car "car" step in root/trip inherit',
        '5 step-completed root/trip/car "car"',
        '7 compensation-started root/trip/car "car"',
        '9 compensation-completed root/trip/car "car"',
        '10 compensation-started root/trip/hotel "hotel"',
        '12 compensation-completed root/trip/hotel "hotel"',
        '13 step-failed root/trip "trip" host: no',
      ],
    });
  });

  test('that fail for good do not stop the others', () => {
    const told = tell('(step "trip" (step "hotel" :compensate (call :undo 1) 1) (step "car" :retries 0 :compensate (call :undo 2) 2) (call :pay))', {
      answers: { pay: [no], undo: [new Refusal(errorValue('host', 'gone')), null] },
    });
    expect(told.calls).toEqual(['6 (call :pay)', '8 (call :undo 2)', '11 (call :undo 1)']);
    expect(told.events.slice(5)).toEqual([
      '7 compensation-started root/trip/car "car"',
      '9 compensation-failed root/trip/car "car" host: gone',
      '10 compensation-started root/trip/hotel "hotel"',
      '12 compensation-completed root/trip/hotel "hotel"',
      '13 step-failed root/trip "trip" host: no',
    ]);
  });

  test('are tried again three times; that is not told, a step that fails for good is', () => {
    const told = tell('(step "trip" (step "hotel" :compensate (call :undo 1) 1) (throw 1))', { answers: { undo: [no] } });
    expect(told.calls).toHaveLength(4);
    expect(told.events.slice(3)).toEqual(['4 compensation-started root/trip/hotel "hotel"', '9 compensation-failed root/trip/hotel "hotel" host: no', '10 step-failed root/trip "trip" thrown: Uncaught: 1']);
  });

  test('of a branch run before it ends', () => {
    expect(tell('(step-parallel (do (step "a" :compensate (call :undo 1) 1) (call :x)) (call :y))', { answers: { x: [no] } }).events).toEqual([
      '1 step-started root/step-parallel "step-parallel" step-parallel in the run inherit',
      '2.0.1 branch-started root/step-parallel/0 0',
      '2.0.2 step-started root/step-parallel/0/a "a" step in root/step-parallel/0 inherit',
      '2.0.3 step-completed root/step-parallel/0/a "a"',
      '2.0.5 compensation-started root/step-parallel/0/a "a"',
      '2.0.7 compensation-completed root/step-parallel/0/a "a"',
      '2.0.8 branch-failed root/step-parallel/0 0 host: no',
      '2.1.1 branch-started root/step-parallel/1 1',
      '2.1.3 branch-cancelled root/step-parallel/1 1 cancelled: Cancelled: branch 0 failed',
      '3 step-failed root/step-parallel "step-parallel" host: no',
    ]);
  });

  test('of the plan', () => {
    expect(tell('(do (step "a" :compensate (call :undo 1) 1) (throw :no))').events).toEqual([
      '1 step-started root/a "a" step in the run inherit', '2 step-completed root/a "a"',
      '3 compensation-started root/a "a"', '5 compensation-completed root/a "a"',
    ]);
  });
});

describe('a deadline', () => {
  const late = 'timeout: Timeout: step "a" took longer than 50 ms';

  test('that passes fails the step, after its `finally`', () => {
    expect(tell('(try (step "a" :timeout-ms 50 (step "b" (try (call :x) (finally (call :clean))))) (catch e (:type e)))', { answers: { 'step.deadline': [null] } })).toEqual({
      end: '=> :error/timeout', calls: ['2 (call :step.deadline 50)', '4 (call :x)', '5 (call :clean)'],
      events: [
        '1 step-started root/a "a" step in the run inherit {:timeout-ms 50}',
        '3 step-started root/a/b "b" step in root/a inherit',
        `6 step-failed root/a/b "b" ${late}`,
        `7 step-failed root/a "a" ${late}`,
      ],
    });
  });

  test('that does not pass is no event', () => {
    expect(tell('(step "a" :timeout-ms 50 (call :x))')).toEqual({
      end: '=> nil', calls: ['2 (call :step.deadline 50)', '3 (call :x)'],
      events: ['1 step-started root/a "a" step in the run inherit {:timeout-ms 50}', '4 step-completed root/a "a"'],
    });
  });

  test('of branches', () => {
    expect(tell('(try (step-parallel :name "a" :timeout-ms 50 (call :x) 2) (catch e (:type e)))', { answers: { 'step.deadline': [null] } }).events).toEqual([
      '1 step-started root/a "a" step-parallel in the run inherit {:timeout-ms 50}',
      '3.0.1 branch-started root/a/0 0',
      '3.0.3 branch-cancelled root/a/0 0 cancelled: Cancelled: Timeout: step "a" took longer than 50 ms',
      '3.1.1 branch-started root/a/1 1',
      '3.1.2 branch-completed root/a/1 1',
      `4 step-failed root/a "a" ${late}`,
    ]);
  });

  test('what takes the place of the failure is told', () => {
    expect(tell('(step "a" :timeout-ms 50 :on-fail :instead (call :x))', { answers: { 'step.deadline': [null] } }).events).toEqual([
      '1 step-started root/a "a" step in the run inherit {:timeout-ms 50}', `4 step-recovered root/a "a" by fallback ${late}`, '5 step-completed root/a "a"',
    ]);
  });
});

describe('an entry that is refused: no event, no call, no parameter', () => {
  const body = ':params {:p (call :never)} (call :never)';
  const forms: readonly (readonly [string, string])[] = [
    ['step', `(step "a" ISOLATION ${body})`],
    ['step-if', `(step-if ISOLATION :params {:p (call :never)} (call :never) (call :never) 2)`],
    ['step-loop', `(step-loop ISOLATION :params {:p (call :never)} (call :never) (call :never))`],
    ['step-loop', `(step-loop ISOLATION :params {:p (call :never)} [x (call :never)] (call :never))`],
    ['step-parallel', `(step-parallel ISOLATION :params {:p (call :never)} (call :never) (call :never))`],
  ];

  test.each(forms)('%s with an isolation that is not allowed', (form, text) => {
    for (const isolation of ['inherit', 'isolated', 'sandboxed'] as const) {
      const isolations = (['inherit', 'isolated', 'sandboxed'] as const).filter((one) => one !== isolation);
      const told = tell(text.replace('ISOLATION', `:isolation :${isolation}`), { isolations });
      expect(told).toEqual({ end: `! :error/security Security violation: isolation:${isolation} is not allowed for ${form} (allowed: :${isolations.join(' or :')})`, calls: [], events: [] });
    }
  });

  test.each(forms)('%s without a word, where :inherit is not allowed', (form, text) => {
    const told = tell(text.replace('ISOLATION', ''), { isolations: ['sandboxed'] });
    expect(told).toEqual({ end: `! :error/security Security violation: isolation:inherit is not allowed for ${form} (allowed: :sandboxed)`, calls: [], events: [] });
  });

  test('pmap where :inherit is not allowed', () => {
    expect(tell('(pmap (fn [x] (call :never)) [1])', { isolations: ['isolated'] })).toEqual({
      end: '! :error/security Security violation: isolation:inherit is not allowed for pmap (allowed: :isolated)', calls: [], events: [],
    });
  });

  test('where nothing is allowed at all', () => {
    expect(tell('(step "a" (call :never))', { isolations: [] })).toEqual({ end: '! :error/security Security violation: isolation:inherit is not allowed for step', calls: [], events: [] });
  });

  test('an isolation that is computed', () => {
    const told = tell(`(step "a" :isolation (call :x) ${body})`, { answers: { x: [null] } });
    expect(told.calls).toEqual(['1 (call :x)']);
    expect(told.events).toEqual([]);
    expect(told.end).toMatch(/^! :error\/argument Invalid argument: the option :isolation of step must be /);
  });

  test('inside of a step that may', () => {
    const told = tell('(step "a" :isolation :sandboxed (try (step "b" (call :never)) (catch e (:data e))))', { isolations: ['sandboxed'] });
    expect(told).toEqual({
      end: '=> :isolation/inherit', calls: [],
      events: ['1 step-started root/a "a" step in the run sandboxed', '2 step-completed root/a "a"'],
    });
  });

  test.each([
    [':timeout-ms (+ 0 0)', 'the option :timeout-ms of step must be an integer greater than 0, got 0'],
    [':retries (str 1)', 'the option :retries of step must be an integer of at least 0, or a map with `:max :backoff-ms :factor :max-backoff-ms :jitter :retry-on`, got "1"'],
    [':merge-policy (keyword "mine")', null],
    [':requires (+ 1 1)', 'the option :requires of step must be a vector of keys, or a map from key to description, got 2'],
    [':expose-context (str "x")', 'the option :expose-context of step must be a boolean, got "x"'],
  ])('an option of the wrong kind: %s', (option, message) => {
    const told = tell(`(step "a" ${option} ${body})`);
    expect(told.events).toEqual([]);
    expect(told.calls).toEqual([]);
    expect(told.end).toMatch(/^! :error\/argument Invalid argument: /);
    if (message !== null) expect(told.end).toBe(`! :error/argument Invalid argument: ${message}`);
  });

  test('something is missing that it requires', () => {
    expect(tell(`(step "a" :requires [:user] ${body})`)).toEqual({ end: '! :error/validation Step "a" requires the context key :user, which nobody has set', calls: [], events: [] });
    expect(tell(`(do (context/set :user 1) (step "a" :isolation :sandboxed :requires [:user] ${body}))`).events).toEqual(['1 context-set root :user 1']);
  });

  test('nothing of it counts: the next step of the name is the first', () => {
    expect(tell('(do (try (step "a" :requires [:k] 1) (catch e nil)) (step "a" 1))').events).toEqual(['1 step-started root/a "a" step in the run inherit', '2 step-completed root/a "a"']);
  });
});

test('everything together', () => {
  const told = tell(`(step "all" :timeout-ms 1000
    (step-loop [x [1 2]]
      (step-parallel :on-error :best-effort
        (step "a" :retries 1 :compensate (call :undo x) (call :a x))
        (pmap (fn [y] (context/set :y y) (call :b y)) [x (inc x)])))
    (call :last))`, { answers: { a: [no, 1, 2], b: [1, 2, no, 3], last: [no] } });
  expect(told.end).toBe('! :error/host no');
  const edges = told.events.map((line) => line.split(' ')).map(([, kind, step]) => `${kind} ${step}`);
  expect(new Set(edges).size).toBe(edges.length);
  expect(told.events.map((line) => line.split(' ')[1]!).filter((kind) => kind.startsWith('compensation'))).toEqual(['compensation-started', 'compensation-completed', 'compensation-started', 'compensation-completed']);
});
