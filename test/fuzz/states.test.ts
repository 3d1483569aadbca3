/**
 * Bytes from outside are not trusted: a snapshot that was damaged, by accident or with care, is refused, or it is a state
 * like others. Then resuming, cancelling and saving it may give any outcome, but never an exception, and what it saves can
 * be loaded. `STATES_SEED` begins elsewhere, `STATES_TRIES` tries more.
 */
import { describe, expect, test } from 'vitest';
import { cancel, exposedContext, remaining, resume } from '../../src/evaluator/kernel.ts';
import { restore, snapshot } from '../../src/evaluator/snapshot.ts';
import type { Advance, Answer, State } from '../../src/evaluator/state.ts';
import { type Program, startProgram } from '../../src/host/compile.ts';
import { dataOf } from '../support/data.ts';
import { decodeValue, encodeValue } from '../../src/value/bytes.ts';
import type { MapValue } from '../../src/value/map.ts';
import type { Value } from '../../src/value/value.ts';
import { testEnvironment } from '../support/environment.ts';
import { damage, pathsOf } from '../support/hostile.ts';
import { compiled } from '../support/journey.ts';
import { randomNumbers } from '../support/programs.ts';

const environment = testEnvironment();
const FIRST_SEED = Number(process.env['STATES_SEED'] ?? 1);
const TRIES = Number(process.env['STATES_TRIES'] ?? 4_000);

const TEXTS: readonly string[] = [
  '(call :x 1)',
  '(let [a 1 b [2 3]] (+ a (call :x b)))',
  '(do (defn f [n] (if (= n 0) (call :x 0) (+ 1 (f (dec n))))) (f 4))',
  '(do (def a 1) (defn f [& more] (apply + more)) (map (fn [x] (call :x (f x a))) [1 2]))',
  '(loop [i 0 acc []] (if (< i 6) (recur (inc i) (conj acc i)) (call :x acc)))',
  '(reduce (fn [a b] (+ a (call :x b))) 0 [1 2 3])',
  '(try (call :x 1) (catch e (call :y e)) (finally (call :z 1)))',
  '(try (try (throw {:n 1}) (finally (call :x 1))) (catch e (:n e)))',
  '(step "a" (call :x 1))',
  '(step "a" :params {:n (call :x 1)} (step "b" (call :y (:n %params))))',
  '(step "o" :timeout-ms 9 :context-keys [:a] (context/set :a 1) (step "b" :compensate (call :u 1) 1) (step-parallel :on-error :best-effort (call :x 1) (step "q" :merge-policy :merge3 (context/set :k 1) (call :y 2))) (get :a))',
  '(try (step-loop :max-iterations 3 [s 0 x [1 2]] (step "in" :retries 2 :on-fail 4 (+ s (call :x x)))) (finally (call :z 1)))',
  '(step "f" (step "b" :compensate (call :u 1) 1) (throw 1))',
  '(do (step "b" :compensate (call :u 1) 1) (throw 1))',
  '(step-parallel :max-concurrency 1 (call :x 1) (step "p" :produces [:k] (context/set :k 2)))',
  '(step "r" :retries {:max 2 :backoff-ms 10 :jitter 0.5} (call :x 1) (throw 1))',
  '(step "s" :isolation :isolated (context/merge! :overwrite) (context/set :k 1) (call :x (get :k)))',
  '(step "s" :isolation :sandboxed (context/set :k 1) (call :x (get :k)))',
  '(step "m" :merge-policy (fn [k base target source] (+ target source)) (context/set :a 5) (call :x 1))',
  '(step "m" :merge-policy {:keys {:a :merge} :default :overwrite} (context/set :a {:n 1}) (call :x 1))',
  '(step "d" :on-fail :delegate (step "e" :timeout-ms 5 (try (call :x 1) (finally (call :z 1)))))',
  '(step-parallel (step-parallel (call :x 1) (call :y 1)) (step-loop [i [1 2]] (call :z i)))',
  '(step-parallel (do (def v (call :x 1)) v) (loop [i 0] (if (< i 30) (recur (inc i)) i)) (throw 1))',
  '(pmap (fn [x] (context/set :k x) (+ (get :k) (call :x x))) [1 2 3])',
  '(pmap (fn [x] (step "s" :compensate (call :u x) (call :x x))) [1 2])',
  '(call :x (str "a" (get :a) (map inc (get :v))))',
  '(do (def d (get :a)) (let [f (fn [n] (+ n d (get :b)))] (step "s" (call :x (f 1)) (call :y d))))',
  '(step "t" :requires {:a {:default 1} :z {:default 2}} :effects [:e] (step-if (call :x 1) (call :y (get :z)) 2))',
  '(try (step "o" (step-parallel (step "b" :compensate (call :u (get :a)) (get :a)) 2) (throw (get :b))) (catch e (call :x e)))',
  '(step-parallel :on-error :best-effort :min-success 1 :max-concurrency 2 :params {:n (call :x 1)} (call :y (:n %params)) 2)',
  '(step "a" :merge-policy (fn [k b t s] s) :compensate (call :u %params) :params {:n (call :x 1)} (context/set :a 3) (call :y 1))',
  '(step-loop :timeout-ms 50 (call :more) (step "p" :retries 1 :compensate (step "undo" :timeout-ms 5 (call :u 1)) (call :x 1)))',
];

const CONTEXT = dataOf('{:a 1 :b 2 :v [1 2]}') as MapValue;
const LIMITS = { fuel: 100_000, allocation: 100_000, calls: 100, depth: 1_000, contextDepth: 50, branches: 20, contextBytes: 10_000, collectionSize: 10_000, stringLength: 10_000 };
const STATES_PER_PROGRAM = 14;

interface Start {
  readonly program: Program;
  readonly text: string;
  readonly document: Value;
  readonly paths: ReturnType<typeof pathsOf>;
}

/** States of the program: where it waits, where it was stopped from outside, and between quanta. */
function statesOf(program: Program): readonly State[] {
  const found: State[] = [];
  const follow = (from: Advance, answersOf: (state: State, turn: number) => readonly Answer[], quantum: number, every: number): void => {
    let advance = from;
    for (let turn = 0; turn < 300 && advance.state.status !== 'done'; turn++) {
      if (turn % every === 0) found.push(advance.state);
      advance = resume(advance.state, advance.state.status === 'waiting' ? answersOf(advance.state, turn) : [], { quantum });
    }
    found.push(advance.state);
  };
  const last = (state: State): readonly Answer[] => [{ id: state.pending[state.pending.length - 1]!.id, ok: true, value: 1 }];
  const first = (state: State): readonly Answer[] => [{ id: state.pending[0]!.id, ok: true, value: null }];
  follow(startProgram(program, { limits: LIMITS, context: CONTEXT }), last, 10_000, 1);
  follow(startProgram(program, { limits: LIMITS, context: CONTEXT, quantum: 3 }), first, 3, 4);
  for (const state of found.slice(0, 3)) if (state.status !== 'done') follow(cancel(state, 'enough', { quantum: 10 }), first, 10, 2);
  const step = Math.max(1, Math.floor(found.length / STATES_PER_PROGRAM));
  return found.filter((_, index) => index % step === 0).slice(0, STATES_PER_PROGRAM);
}

function starts(): readonly Start[] {
  return TEXTS.flatMap((text) => {
    const program = compiled(environment, text);
    return statesOf(program).map((state) => {
      const decoded = decodeValue(snapshot(state), { resolveCode: (group, unit) => state.table.find(group, unit) });
      if (!decoded.ok) throw new Error(decoded.error.message);
      const document = decoded.value;
      return { program, text, document, paths: pathsOf(document) };
    });
  });
}

/** Uses the state in every way; throws what must not be thrown. */
function use(state: State, program: Program, random: () => number): void {
  check(state, program);
  goOn(cancel(state, 'enough', { quantum: 60 }), program, random);
  goOn(resume(state, state.status === 'waiting' ? answersTo(state, random) : [], { quantum: 60 }), program, random);
}

function answersTo(state: State, random: () => number): readonly Answer[] {
  const chosen = state.pending.filter(() => random() < 0.6);
  return (chosen.length > 0 ? chosen : state.pending.slice(0, 1)).map(({ id }) => ({ id, ok: true, value: random() < 0.5 ? 1 : null }));
}

function goOn(from: Advance, program: Program, random: () => number): void {
  let advance = from;
  for (let turn = 0; turn < 6 && advance.state.status !== 'done'; turn++) {
    check(advance.state, program);
    advance = resume(advance.state, advance.state.status === 'waiting' ? answersTo(advance.state, random) : [], { quantum: 60 });
  }
  check(advance.state, program);
}

/** What a state saves can be loaded, and is the same then. */
function check(state: State, program: Program): void {
  remaining(state);
  for (const call of state.pending) exposedContext(state, call.id);
  const bytes = snapshot(state);
  const back = restore(bytes, program.table);
  if (!back.ok) throw new Error(`its own snapshot is refused: ${back.error.message}`);
  if (back.value.status !== state.status) throw new Error(`it was ${state.status} and is ${back.value.status}`);
  if (Buffer.compare(Buffer.from(snapshot(back.value)), Buffer.from(bytes)) !== 0) throw new Error('it has other bytes when it is loaded');
}

/** One line that tells failures of one cause from others. */
function causeOf(thrown: unknown): string {
  if (thrown instanceof Error) return (thrown.stack ?? thrown.message).split('\n').slice(0, 3).join(' ').replace(/\(?(file:)?\/[^ ]*\/(src|test)\//g, '').replace(/\s+/g, ' ');
  const { value } = thrown as { value?: { message?: string } };
  return `an error of a plan came out: ${value?.message ?? String(thrown)}`;
}

describe('a damaged state', () => {
  test('is refused, or does no harm', () => {
    const random = randomNumbers(FIRST_SEED);
    const all = starts();
    const failures = new Map<string, string>();
    let restored = 0;
    for (let i = 0; i < TRIES; i++) {
      const { program, text, document, paths } = all[Math.floor(random() * all.length)]!;
      let damaged = document;
      for (let times = 1 + Math.floor(random() * 2); times > 0; times--) damaged = damage(damaged, paths, random);
      let stage = 'restore';
      try {
        const result = restore(encodeValue(damaged), program.table);
        if (!result.ok) continue;
        restored += 1;
        stage = 'use';
        use(result.value, program, random);
      } catch (thrown) {
        const cause = `${stage}: ${causeOf(thrown)}`;
        if (!failures.has(cause)) failures.set(cause, `try ${i}, ${text}`);
      }
    }
    expect([...failures].map(([cause, where]) => `${cause}\n   ${where}`)).toEqual([]);
    // Damage that is always found at once shows nothing of what comes after.
    expect(restored).toBeGreaterThan(TRIES / 20);
  });

  test('all states that are damaged are in order before', () => {
    for (const { program, document } of starts()) {
      const result = restore(encodeValue(document), program.table);
      if (!result.ok) throw new Error(result.error.message);
      use(result.value, program, randomNumbers(1));
    }
  });

  test('with bytes that were changed, cut or added is refused, or does no harm', () => {
    const random = randomNumbers(FIRST_SEED + 1);
    const all = starts();
    for (let i = 0; i < TRIES / 4; i++) {
      const { program, document } = all[Math.floor(random() * all.length)]!;
      const bytes = encodeValue(document);
      const at = Math.floor(random() * bytes.length);
      const changed = random() < 0.2 ? bytes.slice(0, at) : random() < 0.2 ? new Uint8Array([...bytes, 0]) : bytes.slice();
      for (let times = Math.floor(random() * 3); times >= 0 && changed.length > 0; times--) changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
      const result = restore(changed, program.table);
      if (result.ok) use(result.value, program, random);
      else expect(result.error.message).toMatch(/^the (snapshot|code) /);
    }
  });

  test('random bytes are refused', () => {
    const random = randomNumbers(FIRST_SEED + 2);
    const program = compiled(environment, TEXTS[0]!);
    for (let i = 0; i < 2_000; i++) {
      const bytes = Uint8Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256));
      expect(restore(bytes, program.table).ok).toBe(false);
    }
  });
});
