/**
 * Which context values went into the arguments of a call. Each plan is run straight on, saved and loaded at each pause,
 * and in quanta of one: what is told of its values and what it costs must be the same.
 */
import { sha256Hex } from '../../../src/value/hash.ts';
import { describe, expect, test } from 'vitest';
import type { Origin } from '../../../src/evaluator/event.ts';
import { remaining, type StartOptions } from '../../../src/evaluator/kernel.ts';
import { errorValue } from '../../../src/evaluator/raise.ts';
import type { Fiber } from '../../../src/evaluator/state.ts';
import { encodeValue } from '../../../src/value/bytes.ts';
import { MapValue } from '../../../src/value/map.ts';
import { makeFloat, keyword, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { dataOf } from '../../support/data.ts';
import { testEnvironment } from '../../support/environment.ts';
import { compiled, Refusal } from '../../support/journey.ts';
import { Stage } from '../../support/stage.ts';

const environment = testEnvironment();

/** What is in the context of the run. */
const CONTEXT: MapValue = dataOf('{:k 7 :j "jay" :v [1 2 3] :m {:a 1 :b {:c 2}} :f nil}') as MapValue;

interface Found {
  /** For each call, `capability: key of context, …`. */
  readonly calls: readonly string[];
  /** The same for each write to a context, under its key. */
  readonly writes: readonly string[];
  readonly end: string;
  readonly fuel: number;
  readonly allocation: number;
}

function shown(origins: readonly Origin[]): string {
  return origins.map((one) => (one.context === 'root' ? one.key : `${one.key} of ${one.context}`)).join(', ');
}

/** `:refuse` is refused, everything else gets its first argument; branches are answered one at a time. */
function follow(text: string, options: StartOptions, reload: boolean): Found {
  const run = new Stage(compiled(environment, text), { context: CONTEXT, ...options });
  const calls: string[] = [];
  for (let turns = 0; run.end === 'requires-host' || run.end === 'preempted'; turns++) {
    if (turns > 5_000) throw new Error('the run does not end');
    if (reload) run.reload();
    if (run.end === 'preempted') run.proceed(1);
    else {
      const call = run.pending.find((one) => one.capability !== 'step.deadline')!;
      calls.push(`${call.capability}: ${shown(call.derivedFrom)}`.trim());
      run.answer([call.id, call.capability === 'refuse' ? new Refusal(errorValue('host', 'no')) : (call.args[0] ?? null)]);
    }
  }
  const writes = run.events.flatMap((event) => (event.kind === 'context-set' ? [`${keyName(event.key)}: ${shown(event.derivedFrom)}`.trim()] : []));
  const { fuel, allocation } = remaining(run.state);
  return { calls: calls.sort(), writes, end: run.end, fuel, allocation };
}

function keyName(key: Value): string {
  return (key as ReturnType<typeof keyword>).name;
}

function find(text: string): Found {
  const straight = follow(text, {}, false);
  expect(follow(text, {}, true), 'saved and loaded').toEqual(straight);
  expect(sorted(follow(text, { quantum: 1 }, true)), 'in quanta').toEqual(sorted(straight));
  return straight;
}

/** Branches take turns in quanta: their events come in another order, sorted by position or not at all. */
function sorted(found: Found): Found {
  return { ...found, writes: [...found.writes].sort() };
}

type Row = readonly [what: string, text: string, calls: readonly string[]];

describe('the arguments of a call', () => {
  const rows: readonly Row[] = [
    ['literals', '(do (get :k) (call :x 7 "jay" [1]))', ['x:']],
    ['a value itself', '(call :x (get :k))', ['x: k']],
    ['with context/get', '(call :x (context/get :k))', ['x: k']],
    ['a default that was taken', '(call :x (context/get :none 7))', ['x:']],
    ['a default that was not taken', '(call :x (context/get :k 7))', ['x: k']],
    ['a nil that is stored', '(call :x (context/get :f 1))', ['x: f']],
    ['no argument', '(do (get :k) (call :x))', ['x:']],
    ['each argument', '(call :x (get :j) 1 (get :k))', ['x: j, k']],
    ['the same key twice', '(call :x (get :k) (get :k) [(get :k)])', ['x: k']],
    ['two keys in one value', '(call :x (str (get :k) (get :j)))', ['x: j, k']],
    ['one call after the other', '(do (call :x (get :k)) (call :y (get :j)) (call :z 1))', ['x: k', 'y: j', 'z:']],
  ];
  test.each(rows)('%s', (_, text, calls) => expect(find(text).calls).toEqual(calls));
});

describe('sources go through', () => {
  const rows: readonly Row[] = [
    ['str', '(call :x (str "a" (get :k) "b"))', ['x: k']],
    ['+', '(call :x (+ 1 (get :k) 2))', ['x: k']],
    ['- * /', '(do (call :a (- (get :k) 1)) (call :b (* 2 (get :k))) (call :c (/ (get :k) 7)))', ['a: k', 'b: k', 'c: k']],
    ['comparison', '(do (call :a (= (get :k) 7)) (call :b (< 1 (get :k))))', ['a: k', 'b: k']],
    ['inc, dec', '(do (call :a (inc (get :k))) (call :b (dec (get :k))))', ['a: k', 'b: k']],
    ['not', '(call :x (not (get :k)))', ['x: k']],
    ['a vector', '(call :x [1 (get :k)])', ['x: k']],
    ['a map, value or key', '(do (call :a {:n (get :k)}) (call :b {(get :k) 1}))', ['a: k', 'b: k']],
    ['a set', '(call :x #{(get :k)})', ['x: k']],
    ['what is taken out of a collection', '(do (call :a (first (get :v))) (call :b (nth (get :v) 1)) (call :c (:a (get :m))) (call :d (get-in (get :m) [:b :c])) (call :e ((get :m) :a)))', ['a: v', 'b: v', 'c: m', 'd: m', 'e: m']],
    ['an index', '(call :x (nth [1 2 3 4 5 6 7 8] (get :k)))', ['x: k']],
    ['count', '(call :x (count (get :v)))', ['x: v']],
    ['conj, assoc', '(do (call :a (conj [] (get :k))) (call :b (assoc {} :n (get :k))))', ['a: k', 'b: k']],
    ['let', '(let [a (get :k) b (+ a 1)] (call :x b))', ['x: k']],
    ['destructuring of a vector', '(let [[a b] [(get :k) 1]] (do (call :x a) (call :y b)))', ['x: k', 'y: k']],
    ['destructuring of a map', '(let [{:keys [a]} (get :m)] (call :x a))', ['x: m']],
    ['what is left of destructuring', '(let [[a & more] (get :v)] (call :x more))', ['x: v']],
    ['map over a collection', '(call :x (map inc (get :v)))', ['x: v']],
    ['map with a function that reads', '(call :x (map (fn [n] (+ n (get :k))) [1 2]))', ['x: k']],
    ['map with a function that captured', '(let [a (get :k)] (call :x (map (fn [n] (+ n a)) [1 2])))', ['x: k']],
    ['reduce, its start', '(call :x (reduce + (get :k) [1 2]))', ['x: k']],
    ['reduce, its collection', '(call :x (reduce + 0 (get :v)))', ['x: v']],
    ['filter', '(call :x (filter (fn [n] (> n 1)) (get :v)))', ['x: v']],
    ['apply', '(do (call :a (apply + (get :v))) (call :b (apply + (get :k) [1 2])))', ['a: v', 'b: k']],
    ['a function that is called with it', '(do (defn f [a b] (+ a b)) (call :x (f 1 (get :k))))', ['x: k']],
    ['a function that reads', '(do (defn f [] (get :k)) (call :x (f)))', ['x: k']],
    ['a function in the tail of another', '(do (defn g [a] (+ a 1)) (defn f [a] (g a)) (call :x (f (get :k))))', ['x: k']],
    ['recursion', '(do (defn f [n acc] (if (= n 0) acc (f (dec n) (+ acc 1)))) (call :x (f 5 (get :k))))', ['x: k']],
    ['recursion that is not in tail position', '(do (defn f [n] (if (= n 0) (get :k) (+ 1 (f (dec n))))) (call :x (f 5)))', ['x: k']],
    ['mutual recursion', '(do (defn odd [n v] (if (= n 0) v (even (dec n) v))) (defn even [n v] (if (= n 0) v (odd (dec n) v))) (call :x (odd 5 (get :k))))', ['x: k']],
    ['a closure that captured it', '(let [f (let [a (get :k)] (fn [] a))] (call :x (f)))', ['x: k']],
    ['a closure in a closure', '(let [f (let [a (get :k)] (fn [] (fn [] a)))] (call :x ((f))))', ['x: k']],
    ['a closure handed to a function', '(do (defn twice [f] [(f) (f)]) (let [a (get :k)] (call :x (twice (fn [] a)))))', ['x: k']],
    ['a closure over a closure, called later', '(let [a (get :k) f (fn [] a) g (fn [n] (+ n (f)))] (do (call :w 1) (call :x (g 1))))', ['w:', 'x: k']],
    ['a local function that calls itself', '(let [a (get :k)] (letfn [(f [n] (if (= n 0) a (f (dec n))))] (call :x (f 3))))', ['x: k']],
    ['loop and recur', '(call :x (loop [i 0 acc 0] (if (< i 3) (recur (inc i) (+ acc (get :k))) acc)))', ['x: k']],
    ['loop: the start', '(call :x (loop [i 0 acc (get :k)] (if (< i 3) (recur (inc i) (+ acc 1)) acc)))', ['x: k']],
    ['several arms', '(do (defn f ([a] (f a 1)) ([a b] (+ a b))) (call :x (f (get :k))))', ['x: k']],
    ['rest arguments', '(do (defn f [a & more] more) (call :x (f 1 (get :k) 3)))', ['x: k']],
    ['rest arguments spread again', '(do (defn f [& more] (apply + more)) (call :x (f 1 (get :k))))', ['x: k']],
    ['a variable', '(do (def a (get :k)) (call :x (+ a 1)))', ['x: k']],
    ['a variable that is read after a call', '(do (def a (get :k)) (call :w 1) (call :x a))', ['w:', 'x: k']],
    ['a variable that is read in a function', '(do (def a (get :k)) (defn f [] a) (call :x (f)))', ['x: k']],
    ['what was thrown', '(try (throw (get :k)) (catch e (call :x e)))', ['x: k']],
    ['what was thrown far below', '(do (defn f [n] (if (= n 0) (throw {:n (get :k)}) (+ 1 (f (dec n))))) (try (f 3) (catch e (call :x (:n e)))))', ['x: k']],
    ['the data of an error', '(try (throw (ex-info "bad" {:n (get :k)})) (catch e (call :x (:n (:data e)))))', ['x: k']],
    ['an error that a primitive raised', '(try (+ "a" (get :k)) (catch e (call :x (:message e))))', ['x: k']],
    ['finally', '(let [a (get :k)] (call :x (try a (finally (call :w 1)))))', ['w:', 'x: k']],
    ['match', '(call :x (match (get :v) [a b c] b _ 0))', ['x: v']],
    ['and, or', '(do (call :a (and true (get :k))) (call :b (or nil (get :k))))', ['a: k', 'b: k']],
    ['if, the value', '(call :x (if true (get :k) 1))', ['x: k']],
    ['a step\'s value', '(call :x (step "a" (get :k)))', ['x: k']],
    ['a step\'s parameters', '(step "a" :params {:n (get :k)} (call :x (:n %params)))', ['x: k']],
    ['what takes the place of a failure', '(call :x (step "a" :on-fail (get :k) (throw 1)))', ['x: k']],
    ['the error of a failed step', '(step "a" :on-fail (call :x (:n %error)) (throw {:n (get :k)}))', ['x: k']],
    ['passes of a loop', '(call :x (step-loop [sum 0 n [1 2]] (+ sum n (get :k))))', ['x: k']],
    ['threading', '(call :x (-> (get :k) inc str))', ['x: k']],
  ];
  test.each(rows)('%s', (_, text, calls) => expect(find(text).calls).toEqual(calls));
});

describe('branches', () => {
  const rows: readonly Row[] = [
    ['the value of a branch', '(call :x (step-parallel (get :k) 1))', ['x: k']],
    ['one of the values counts as all of them', '(let [[a b] (step-parallel (get :k) 1)] (call :x b))', ['x: k']],
    ['a branch that waited', '(call :x (step-parallel (do (call :w 1) (get :k)) 1))', ['w:', 'x: k']],
    ['captured into a branch', '(let [a (get :k)] (step-parallel (call :x a) (call :y 1)))', ['x: k', 'y:']],
    ['captured into a branch of a branch', '(let [a (get :k)] (step-parallel (step-parallel (call :x a) (call :y 1))))', ['x: k', 'y:']],
    ['a variable that a branch reads', '(do (def a (get :k)) (step-parallel (call :x a) (call :y 1)))', ['x: k', 'y:']],
    ['a variable that a branch defines', '(do (def a 0) (def b 0) (step-parallel (def a (get :k)) (def b 1)) (call :x a) (call :y b))', ['x: k', 'y:']],
    ['a variable that a branch defines anew without sources', '(do (def a (get :k)) (step-parallel (def a 1)) (call :x a))', ['x:']],
    ['best effort, the value', '(call :x (step-parallel :on-error :best-effort (get :k) (throw 1)))', ['x: k']],
    ['best effort, the error', '(call :x (step-parallel :on-error :best-effort 1 (throw (get :k))))', ['x: k']],
    ['pmap over a collection', '(call :x (pmap inc (get :v)))', ['x: v']],
    ['pmap: each element', '(pmap (fn [n] (call :x n)) (get :v))', ['x: v', 'x: v', 'x: v']],
    ['pmap with a function that captured', '(let [a (get :k)] (pmap (fn [n] (call :x (+ a n))) [1 2]))', ['x: k', 'x: k']],
    ['pmap with a function that reads', '(call :x (pmap (fn [n] (+ n (get :k))) [1 2]))', ['x: k']],
    ['too few good branches', '(try (step-parallel :on-error :best-effort :min-success 2 (throw {:n (get :k)}) 1) (catch e (call :x (:data e))))', ['x: k']],
    ['a branch that failed after it had waited', '(try (step-parallel (throw {:n (call :w 1) :k (get :k)}) (call :never)) (catch e (call :x (:k e))))', ['w:', 'x: k']],
    ['the error of a branch', '(try (step-parallel (throw {:n (get :k)})) (catch e (call :x (:n e))))', ['x: k']],
  ];
  test.each(rows)('%s', (_, text, calls) => expect(find(text).calls).toEqual(calls));
});

describe('retries and compensations', () => {
  const rows: readonly Row[] = [
    ['the value after a retry', '(do (step "a" :retries 1 :on-fail 0 (call :refuse (get :k))) (call :x 1))', ['refuse: k', 'refuse: k', 'x:']],
    ['the result that a compensation gets', '(try (step "o" (step "a" :compensate (call :x %result) (get :k)) (throw 1)) (catch e nil))', ['x: k']],
    ['what a compensation captured', '(let [a (get :k)] (try (step "o" (step "a" :compensate (call :x a) 1) (throw 1)) (catch e nil)))', ['x: k']],
    ['the compensation of a step of a branch', '(try (step "o" (step-parallel (step "a" :compensate (call :x %result) (get :k)) 2) (throw 1)) (catch e nil))', ['x: k']],
    ['a compensation of the plan', '(do (step "a" :compensate (call :x %result) (get :k)) (throw 1))', ['x: k']],
    ['what is undone before the next attempt', '(try (step "a" :retries 1 (step "b" :compensate (call :x %result) (get :k)) (throw 1)) (catch e nil))', ['x: k', 'x: k']],
    ['a compensation without sources, of a step that fails with some', '(try (step "o" (step "a" :compensate (call :x %result) 1) (throw (get :k))) (catch e (call :y e)))', ['x:', 'y: k']],
    ['a compensation that reads', '(try (step "o" (step "a" :compensate (call :x (get :k)) 1) (throw 1)) (catch e nil))', ['x: k']],
  ];
  test.each(rows)('%s', (_, text, calls) => expect(find(text).calls).toEqual(calls));
});

describe('what has no source', () => {
  const rows: readonly Row[] = [
    ['what only decided', '(call :x (if (= (get :k) 7) 1 2))', ['x:']],
    ['how often a loop went round', '(call :x (loop [i 0] (if (< i (get :k)) (recur (inc i)) i)))', ['x:']],
    ['the answer of the host to a call with sources', '(call :x (call :w (get :k)))', ['w: k', 'x:']],
    ['what stands beside it', '(let [a (get :k) b 1] (do (call :x b) (call :y a)))', ['x:', 'y: k']],
    ['other arguments of the same function', '(do (defn f [a b] b) (call :x (f (get :k) 1)))', ['x:']],
    ['a function that captured something else', '(let [a (get :k) b 2 f (fn [] b)] (do (call :x (f)) (call :y a)))', ['x:', 'y: k']],
    ['a local that was written over', '(call :x (loop [i 0 a (get :k)] (if (< i 1) (recur (inc i) 5) a)))', ['x:']],
    ['a variable that was defined anew', '(do (def a (get :k)) (def a 1) (call :x a))', ['x:']],
    ['a value after `do`', '(call :x (do (get :k) 1))', ['x:']],
    ['registers that were used before', '(do (defn f [a] (+ a 1)) (f (get :k)) (call :x (f 1)))', ['x:']],
    ['a call before the context is read', '(do (call :x 1) (call :y (get :k)))', ['x:', 'y: k']],
    ['the value of a call that was made below a function with sources', '(do (defn f [a] (call :w a)) (call :x (f (get :k))))', ['w: k', 'x:']],
  ];
  test.each(rows)('%s', (_, text, calls) => expect(find(text).calls).toEqual(calls));
});

describe('writes to contexts', () => {
  test('say what they derive from', () => {
    const found = find('(do (context/set :a (+ 1 (get :k))) (context/set :b 1) (context/set :c [(get :j) (get :k)]))');
    expect(found.writes).toEqual(['a: k', 'b:', 'c: j, k']);
  });

  test('what was written is a source of its own', () => {
    const found = find('(do (context/set :a (+ 1 (get :k))) (call :x (get :a)))');
    expect(found.calls).toEqual(['x: a']);
  });

  test('a key that is written again has the new value', () => {
    const run = Stage.of(environment, '(do (def old (get :k)) (context/set :k 8) (call :x old (get :k)))', { context: CONTEXT });
    const [call] = run.pending;
    expect(call!.derivedFrom.map((one) => [one.key, one.context])).toEqual([['k', 'root'], ['k', 'root']]);
    expect(new Set(call!.derivedFrom.map((one) => one.valueHash))).toEqual(new Set([hashOf(7), hashOf(8)]));
  });
});

describe('which context', () => {
  const rows: readonly Row[] = [
    ['inherited: the one that holds it', '(step "a" (step "b" (call :x (get :k))))', ['x: k']],
    ['set in the step itself', '(step "a" (context/set :n 1) (call :x (get :n)))', ['x: n of root/a']],
    ['set in the step around', '(step "a" (context/set :n 1) (step "b" (call :x (get :n))))', ['x: n of root/a']],
    ['set over an inherited one', '(step "a" (context/set :k 1) (call :x (get :k)))', ['x: k of root/a']],
    ['set in a branch', '(step-parallel (do (context/set :n 1) (call :x (get :n))) (call :y (get :k)))', ['x: n of root/step-parallel/0', 'y: k']],
    ['merged', '(do (step "a" :merge-policy :overwrite (context/set :n 1)) (call :x (get :n)))', ['x: n']],
    ['two contexts of one key', '(do (def outer (get :k)) (step "a" (context/set :k 1) (call :x (get :k) outer)))', ['x: k, k of root/a']],
    ['in an isolated step', '(step "a" :isolation :isolated (call :x (get :k)))', ['x: k']],
    ['a default of `:requires`', '(step "a" :requires {:n {:default 3}} (call :x (get :n)))', ['x: n of root/a']],
    ['in a pass', '(step-loop [i [1 2]] (context/set :n i) (call :x (get :n)))', ['x: n of root/step-loop/0', 'x: n of root/step-loop/1']],
  ];
  test.each(rows)('%s', (_, text, calls) => expect(find(text).calls).toEqual([...calls].sort()));
});

function hashOf(value: Value): string {
  return sha256Hex(new TextEncoder().encode('rtfs/value/1\n'), encodeValue(value));
}

describe('the hash', () => {
  test.each<[string, Value]>([
    ['an integer', 7], ['a float', makeFloat(0.5)], ['a string', 'jay'], ['nil', null], ['a vector', Vector.of(1, Vector.of(2))],
    ['a map', MapValue.of(keyword('b'), 1, keyword('a'), MapValue.of('x', 2))],
  ])('is that of the canonical bytes of the value that was read: %s', (_, value) => {
    const run = Stage.of(environment, '(call :x (str "derived" (context/get :n 0)))', { context: MapValue.of(keyword('n'), value) });
    expect(run.pending[0]!.derivedFrom).toEqual([{ key: 'n', context: 'root', valueHash: hashOf(value) }]);
    expect(run.reload().pending[0]!.derivedFrom).toEqual([{ key: 'n', context: 'root', valueHash: hashOf(value) }]);
  });
});

describe('what it costs', () => {
  function fibers(fiber: Fiber): readonly Fiber[] {
    return [fiber, ...(fiber.join?.branches ?? []).flatMap(fibers)];
  }

  test.each([
    '(do (def a 1) (call :x a))',
    '(step "a" (context/set :n 1) (call :x 1))',
    '(step-parallel (call :x 1) (do (context/set :n 1) (call :y 1)))',
    '(do (context/get :none 1) (call :x 1))',
    '(step "a" :requires {:n {:default 1}} :merge-policy :merge (call :x 1))',
  ])('a run that reads no context tracks nothing: %s', (text) => {
    const run = Stage.of(environment, text);
    for (const fiber of fibers(run.state.main)) {
      expect(fiber.variableSources).toBeNull();
      for (let frame = fiber.frame; frame !== null; frame = frame.parent) {
        expect(frame.sources).toBeNull();
        expect(frame.arm.isTracked).toBe(false);
      }
    }
  });

  test('only the branch that reads is tracked, and what comes after the join', () => {
    const run = Stage.of(environment, '(do (step-parallel (do (get :k) (call :x)) (call :y)) (call :z))', { context: CONTEXT });
    const [main, reads, other] = fibers(run.state.main);
    expect(main!.variableSources).toBeNull();
    expect(reads!.variableSources).not.toBeNull();
    expect(other!.variableSources).toBeNull();
    run.answer(['x', 1], ['y', 1]);
    expect(run.state.main.variableSources).not.toBeNull();
  });

  test('frames name plain code, whether they are tracked or not', () => {
    const run = Stage.of(environment, '(do (defn f [a] (+ 1 (call :x a))) (+ 1 (f (get :k))))', { context: CONTEXT });
    for (let frame = run.state.main.frame; frame !== null; frame = frame.parent) expect(frame.arm.isTracked).toBe(false);
  });

  test('fuel and allocation are those of a run that reads nothing', () => {
    const text = '(do (defn f [n acc] (if (= n 0) acc (f (dec n) (conj acc n)))) START (loop [i 0] (if (< i 20) (recur (inc i)) i)) (f 30 []) (try (throw 1) (catch e e)))';
    const spent = (start: string): { readonly fuel: number; readonly allocation: number } => {
      const { fuel, allocation } = remaining(Stage.of(environment, text.replace('START', start), { context: CONTEXT }).state);
      return { fuel, allocation };
    };
    // Both do one look-up; only the first finds something, and is tracked from there on.
    expect(spent('(context/get :k)')).toEqual(spent('(context/get :none)'));
  });
});
