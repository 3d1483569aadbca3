/**
 * A host that answers as it likes. Values, contexts, calls and events of a plan must not depend on the order in which
 * answers come, whether they come alone or together, twice, too late, or after a restart. Plans are made from seeds; a
 * seed that fails is told with its plan. `SIM_SEED` begins elsewhere, `SIM_PLANS` tries more.
 */
import { describe, expect, test } from 'vitest';
import type { HostCall } from '../../src/evaluator/state.ts';
import type { Program } from '../../src/host/compile.ts';
import { generateBranches } from '../support/branch-programs.ts';
import { differs, eventText, explore, type Manner, run, type Told, type World, worldOf } from '../support/branch-runs.ts';
import { testEnvironment } from '../support/environment.ts';
import { compiled } from '../support/journey.ts';
import { randomNumbers } from '../support/programs.ts';

const environment = testEnvironment();
const FIRST_SEED = Number(process.env['SIM_SEED'] ?? 1);
const PLANS = Number(process.env['SIM_PLANS'] ?? 60);
/** Plans with more calls take long and show no more. */
const CALLS_MAX = 80;

const inOrder: Manner = { choose: (calls) => calls };

/** A host with moods; `shuffled` and how many answers come at once are always left to it. */
function moody(seed: number, moods: { readonly late?: boolean; readonly reload?: boolean; readonly quantum?: boolean }): Manner {
  const random = randomNumbers(seed);
  return {
    choose: (calls) => {
      const shuffled = shuffle(calls, random);
      return random() < 0.5 ? shuffled.slice(0, 1) : shuffled.slice(0, 1 + Math.floor(random() * shuffled.length));
    },
    ...(moods.late === true ? { late: () => random() < 0.4 } : {}),
    ...(moods.reload === true ? { reload: () => random() < 0.5 } : {}),
    ...(moods.quantum === true ? { quantum: () => 1 + Math.floor(random() * 40) } : {}),
  };
}

function shuffle(calls: readonly HostCall[], random: () => number): readonly HostCall[] {
  const shuffled = [...calls];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}

const MANNERS: readonly (readonly [string, (seed: number) => Manner])[] = [
  ['the last call first', () => ({ choose: (calls) => calls.slice(-1) })],
  ['the first call only', () => ({ choose: (calls) => calls.slice(0, 1) })],
  ['all calls, backwards', () => ({ choose: (calls) => [...calls].reverse() })],
  ['any order', (seed) => moody(seed, {})],
  ['any order, again', (seed) => moody(seed + 1, {})],
  ['late answers and duplicates', (seed) => moody(seed + 2, { late: true })],
  ['saved and loaded', (seed) => moody(seed + 3, { reload: true })],
  ['small quanta', (seed) => moody(seed + 4, { quantum: true })],
  ['everything together', (seed) => moody(seed + 5, { late: true, reload: true, quantum: true })],
];

interface Plan {
  readonly seed: number;
  readonly text: string;
  readonly program: Program;
  readonly world: World;
  /** The run of a host that answers everything at once. */
  readonly straight: Told;
}

const made = new Map<boolean, readonly Plan[]>();

/** Plans from the seeds, without those that are too long. */
function plans(stormy: boolean): readonly Plan[] {
  let found = made.get(stormy);
  if (found === undefined) {
    found = Array.from({ length: PLANS }, (_, index) => planOf(FIRST_SEED + index, stormy)).filter((plan) => plan.straight.calls.length <= CALLS_MAX);
    made.set(stormy, found);
  }
  return found;
}

function planOf(seed: number, stormy: boolean): Plan {
  const text = generateBranches(seed, stormy);
  const program = compiled(environment, text);
  const world = worldOf(seed);
  return { seed, text, program, world, straight: run(program, world, inOrder) };
}

/** A failure with all that is needed to see it again. */
function report({ seed, text }: Plan, manner: string, problem: string): Error {
  return new Error(`seed ${seed}, ${manner}: ${problem}\n${text}`);
}

describe('all orders of answers', () => {
  const forms: readonly (readonly [string, string, number])[] = [
    ['one branch', '(step-parallel (call :a))', 1],
    ['two branches', '(step-parallel (call :a) (call :b))', 2],
    ['three branches', '(step-parallel (call :a) (call :b) (call :c))', 6],
    ['four branches', '(step-parallel (call :a) (call :b) (call :c) (call :d))', 24],
    ['five branches', '(step-parallel (call :a) (call :b) (call :c) (call :d) (call :e))', 120],
    ['five elements', '(pmap (fn [x] (context/set :k (call :a x)) (get :k)) [1 2 3 4 5])', 120],
    ['two calls in each of three branches', '(step-parallel (+ (call :a) (call :b)) (+ (call :c) (call :d)) (+ (call :e) (call :f)))', 90],
    ['branches in branches', '(step-parallel (step-parallel (call :a) (call :b)) (step-parallel (call :c) (do (call :d) (call :e))))', 60],
    ['best effort', '(step-parallel :on-error :best-effort (call :risky 1) (call :risky 2) (call :risky 3) (call :c0))', 24],
    [
      'conflicts', `(do (context/set :k 0)
         (step-parallel :merge-policy :overwrite (context/set :k (call :a)) (do (call :b) (context/set :k 2)) (do (context/set :k 3) (call :c)) (context/set :j (call :d)))
         [(get :k) (get :j)])`, 24,
    ],
    ['definitions', '(do (def x 0) (step-parallel (do (call :a) (def x 1)) (do (call :b) (def x 2)) (do (call :c) x)) x)', 6],
    ['steps with compensations', `(try (step "trip" (step-parallel (step "a" :compensate (call :undo 1) (call :a)) (step "b" :compensate (call :undo 2) (call :b))) (/ 1 0)) (catch e (:type e)))`, 2],
    ['waits', '(step-parallel (step "a" :on-fail :gone :retries {:max 1 :backoff-ms 100 :jitter 0.5} (do (call :a) (/ 1 0))) (do (call :b) (call :c)))', 10],
  ];

  test.each(forms)('%s', (_, text, orders) => {
    const program = compiled(environment, text);
    const world = worldOf(7);
    const straight = run(program, world, inOrder);
    expect(straight.problems).toEqual([]);
    const problems: string[] = [];
    const runs = explore(program, world, 1_000, (told) => problems.push(...told.problems, ...[differs(straight, told)].filter((problem) => problem !== null)));
    expect(problems.slice(0, 3)).toEqual([]);
    expect(runs).toBe(orders);
  });
});

describe('plans in which no order may matter', () => {
  test('are of use', () => {
    const found = plans(false);
    expect(found.length).toBeGreaterThan(PLANS / 2);
    for (const plan of found) if (plan.straight.problems.length > 0) throw report(plan, 'all answers at once', plan.straight.problems.join('\n '));
  });

  test('in every order of single answers, as far as there is time', () => {
    for (const plan of plans(false)) {
      explore(plan.program, plan.world, 40, (told) => {
        const problem = told.problems[0] ?? differs(plan.straight, told);
        if (problem !== null) throw report(plan, 'one answer at a time', problem);
      });
    }
  });

  test.each(MANNERS)('%s', (name, mannerOf) => {
    for (const plan of plans(false)) {
      const told = run(plan.program, plan.world, mannerOf(plan.seed * 31));
      const problem = told.problems[0] ?? differs(plan.straight, told);
      if (problem !== null) throw report(plan, name, problem);
    }
  });
});

describe('plans in which branches fail', () => {
  test('are of use', () => {
    const found = plans(true);
    expect(found.length).toBeGreaterThan(PLANS / 2);
    expect(found.filter((plan) => plan.straight.events.some((event) => event.kind === 'branch-cancelled')).length).toBeGreaterThan(PLANS / 20);
  });

  test('in every order of single answers, as far as there is time', () => {
    for (const plan of plans(true)) {
      explore(plan.program, plan.world, 25, (told) => {
        if (told.problems.length > 0) throw report(plan, 'one answer at a time', told.problems.join('\n '));
      });
    }
  });

  test.each(MANNERS)('%s', (name, mannerOf) => {
    for (const plan of plans(true)) {
      const told = run(plan.program, plan.world, mannerOf(plan.seed * 37));
      if (told.problems.length > 0) throw report(plan, name, told.problems.join('\n '));
      // The same host in the same mood: the same run.
      const again = differs(told, run(plan.program, plan.world, mannerOf(plan.seed * 37)));
      if (again !== null) throw report(plan, `${name}, a second time`, again);
    }
  });

  test('a late answer of a cancelled branch changes nothing', () => {
    const program = compiled(environment, '(do (try (step-parallel (do (call :a) (/ 1 0)) (do (context/set :k (call :b)) (call :never))) (catch e nil)) (call :c) (call :d) (context/get :k :none))');
    const told = run(program, worldOf(1), { choose: (calls) => calls.slice(0, 1), late: () => true });
    expect(told.problems).toEqual([]);
    expect(told.end).toBe('=> :none');
    expect(told.calls.some((call) => call.includes(':never'))).toBe(false);
    expect(told.events.filter((event) => event.kind === 'branch-cancelled')).toHaveLength(1);
  });
});

describe('waits between attempts', () => {
  const waits = (text: string): readonly number[] => {
    const found: number[] = [];
    const listening: World = (call) => {
      if (call.capability === 'step.sleep') found.push(Number(call.args[0]));
      return worldOf(1)(call);
    };
    run(compiled(environment, text), listening, inOrder);
    return found;
  };
  const plan = (name: string, options: string): string => `(step "${name}" :on-fail nil :retries {:max 6 :backoff-ms 100 ${options}} (do (call :x) (/ 1 0)))`;

  test('grow by the factor up to the longest', () => {
    expect(waits(plan('a', ''))).toEqual([100, 200, 400, 800, 1_600, 3_200]);
    expect(waits(plan('a', ':factor 3 :max-backoff-ms 1000'))).toEqual([100, 300, 900, 1_000, 1_000, 1_000]);
  });

  test.each([0.1, 0.25, 0.5, 0.9])('with jitter %d are shorter by at most that part', (jitter) => {
    const longest = [100, 200, 400, 800, 1_600, 3_200];
    const found = ['a', 'b', 'c', 'd'].flatMap((name) => {
      const here = waits(plan(name, `:jitter ${jitter}`));
      expect(here).toHaveLength(longest.length);
      here.forEach((wait, attempt) => {
        expect(Number.isSafeInteger(wait)).toBe(true);
        expect(wait).toBeLessThanOrEqual(longest[attempt]!);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(longest[attempt]! * (1 - jitter)));
      });
      return here.map((wait, attempt) => wait / longest[attempt]!);
    });
    expect(new Set(found).size).toBeGreaterThan(3);
  });

  test('with jitter are the same in every run', () => {
    expect(waits(plan('a', ':jitter 0.5'))).toEqual(waits(plan('a', ':jitter 0.5')));
    expect(waits(plan('a', ':jitter 0.5'))).not.toEqual(waits(plan('another', ':jitter 0.5')));
  });
});

test('events are told with positions that can be sorted', () => {
  const told = run(compiled(environment, '(step "a" (step-parallel (call :a) (step "b" (call :b))))'), worldOf(1), inOrder);
  const texts = told.events.map(eventText);
  expect(texts.length).toBeGreaterThan(0);
  expect(told.events.filter((event) => event.kind === 'step-started').map((event) => event.step)).toEqual(['root/a', 'root/a/step-parallel', 'root/a/step-parallel/1/b']);
  expect(told.events.every((event) => /^[0-9]+(\.[0-9]+)*$/.test(event.at))).toBe(true);
});
