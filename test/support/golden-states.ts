/** The states whose bytes are kept under `test/golden/state/v1`. Add states; never change one. */
import type { StartOptions } from '../../src/evaluator/kernel.ts';
import { errorValue } from '../../src/evaluator/raise.ts';
import { MapValue } from '../../src/value/map.ts';
import { keyword, type Value } from '../../src/value/value.ts';
import { Refusal } from './journey.ts';
import type { Stage } from './stage.ts';

export interface GoldenState {
  readonly text: string;
  readonly options?: StartOptions;
  /** From the beginning to the state. */
  readonly lead: (run: Stage) => void;
  /** What is answered from there on, by capability, in the order of the calls; nil when there is no more. */
  readonly then?: Readonly<Record<string, readonly (Value | Refusal)[]>>;
}

const no = new Refusal(errorValue('host', 'no'));
const CONTEXT: MapValue = MapValue.of(keyword('k'), 7, keyword('j'), 'jay');

/** Goes on until the state is as wanted. */
function until(run: Stage, isThere: (run: Stage) => boolean): void {
  for (let turn = 0; !isThere(run); turn++) {
    if (turn > 1_000 || run.end !== 'preempted') throw new Error(`the state is never reached: ${run.end}`);
    run.proceed(1);
  }
}

export const GOLDEN_STATES: Readonly<Record<string, GoldenState>> = {
  'plain': {
    text: '(do (def d 2) (let [a 1 f (fn [n & more] (+ n a d (count more)))] (f (call :x [a 0.5 "text" :key #{1} {:m nil}]) 1 2)))',
    lead: () => {},
    then: { x: [40] },
  },
  'deep': {
    text: '(do (defn f [n] (if (= n 0) (call :x) (+ 1 (f (dec n))))) (str (f 3) (reduce (fn [a b] (+ a b (call :y b))) 0 [10 20])))',
    lead: (run) => run.answer(['x', 1]),
    then: { y: [1, 2] },
  },
  'failed-call': {
    text: '(try (try (call :x 1) (catch e (call :y (:message e)))) (finally (call :z)))',
    lead: (run) => run.answer(['x', no]),
    then: { y: [5] },
  },
  'between-quanta': {
    text: '(loop [i 0 acc []] (if (< i 40) (recur (inc i) (conj acc (* i i))) (nth acc 39)))',
    options: { quantum: 25 },
    lead: () => {},
  },
  'in-steps': {
    text: `(step "trip" :timeout-ms 1000 :params {:n 3} :requires {:who {:default "ann"}} :metadata {:owner "me"} :merge-policy :overwrite
      (context/set :city "Rome")
      (step "hotel" :isolation :isolated :context-keys [:city] (call :book (get :city) (:n %params)) (context/set :hotel 1))
      (str (get :who) (call :pay)))`,
    lead: () => {},
    then: { pay: ['!'] },
  },
  'in-a-loop': {
    text: '(step-loop :max-iterations 9 [sum 0 x [1 2 3]] (context/set :last x) (+ sum (call :x x (context/get :last 0))))',
    lead: (run) => run.answer(['x', 10]),
    then: { x: [20, 30] },
  },
  'sleeping': {
    text: '(step "a" :retries {:max 3 :backoff-ms 100 :factor 3 :jitter 0.5} :on-fail :gave-up (context/set :k (call :x)) (throw (ex-info "again" {:k (get :k)})))',
    lead: (run) => run.answer(['x', 1]).answer(['step.sleep', null]).answer(['x', 2]),
    then: { x: [3, 4] },
  },
  'joining': {
    text: `(do (def v 0)
      (step-parallel :on-error :best-effort :max-concurrency 3 :min-success 2 :merge-policy :merge
        (do (context/set :a [1]) (def v 1) :finished) (do (call :fails) 1) (do (context/set :a [2]) (call :waits) (get :a)) (call :waits-too) (call :not-begun) (call :not-begun-either)))`,
    lead: (run) => run.answer(['fails', no]),
    then: { 'waits-too': [no], 'not-begun': [5] },
  },
  'joining-deep': {
    text: '(step "o" (step-parallel (step-parallel :name "inner" (do (def v (call :a)) v) (step "s" :isolation :sandboxed (call :b))) (pmap (fn [x] (call :c x)) [1 2 3])) v)',
    lead: (run) => run.answer(['a', 8]).answer(['c 2', 1]),
  },
  'compensating': {
    text: '(step "t" (step "a" :compensate (call :undo %result) 1) (step "b" :compensate (call :undo %result) :retries 1 2) (step-parallel (step "c" :compensate (call :undo 3) 3) 4) (call :pay))',
    lead: (run) => run.answer(['pay', no]).answer(['undo', null]).answer(['undo', no]),
    then: { undo: [no, null] },
  },
  'compensating-and-cancelled': {
    text: '(step "t" (step "a" :compensate (call :undo 1) 1) (throw {:type :my/error :message "own"}))',
    lead: (run) => run.cancel('from outside'),
    then: { undo: [null] },
  },
  'compensating-the-plan': {
    text: '(do (step "a" :compensate (fn [result] (call :undo result)) 1) (step "b" :compensate (call :undo 2) 2) (throw :over))',
    lead: (run) => run.answer(['undo', null]),
  },
  'stopped': {
    text: '(try (step "a" :timeout-ms 50 (try (try (call :x) (finally (do (call :clean 1) (call :clean 2)))) (catch e :never) (finally (call :clean 3)))) (catch e [(:type e) (:data e)]))',
    lead: (run) => run.answer(['step.deadline', null]).answer(['clean', null]),
  },
  'stopping-branches': {
    text: '(step-parallel (do (call :x) (throw 1)) (try (call :y) (finally (call :clean 1))) (step "s" (step "b" :compensate (call :undo 1) 1) (call :z)))',
    lead: (run) => run.answer(['x', 1]).answer(['undo', null]),
  },
  'late': {
    text: '(try (step "a" :timeout-ms 50 (loop [i 0] (if (< i 60) (recur (inc i)) i)) (call :x)) (catch e (:message e)))',
    options: { quantum: 25 },
    lead: (run) => run.answer(['step.deadline', null]),
  },
  'deciding': {
    text: '(do (context/set :n 1) (step "m" :merge-policy (fn [key base target source] (loop [i 0] (if (< i 100) (recur (inc i)) [key base target source]))) (context/set :n 2)) (get :n))',
    options: { quantum: 20 },
    lead: (run) => until(run, ({ state }) => state.main.context.deciding),
  },
  'tracked': {
    text: `(do (def d (get :k)) (let [f (let [a (str (get :j))] (fn [n] (str a n)))]
      (step "s" :compensate (call :undo %result) (context/set :own d) (call :x (get :own)) (step-parallel (call :y (f 1)) (call :z 1) (get :k)))
      (throw (get :j))))`,
    options: { context: CONTEXT },
    lead: (run) => run.answer(['x', 1]).answer(['y', 2]),
    then: { z: [3] },
  },
  'complete': { text: '(do (def v [1 (fn [x] x)]) (nth v 0))', lead: () => {} },
  'failed': { text: '(do (step "a" 1) (throw (ex-info "over" {:n 1})))', lead: () => {} },
};
