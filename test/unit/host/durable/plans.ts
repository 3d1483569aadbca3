/** Plans that runs are tried with: calls of all kinds, steps, branches, errors, compensation. */
import { World } from './support.ts';

export const PLANS: readonly (readonly [string, string])[] = [
  ['one call after the other', '(loop [i 0 sum 0] (if (< i 6) (recur (inc i) (+ sum (call :echo i))) sum))'],
  ['calls that may not be repeated', '(loop [i 0 sum 0] (if (< i 5) (recur (inc i) (+ sum (call :pay i))) sum))'],
  ['steps with contexts', '(step "all" (context/set :n 0) (step-loop (< (context/get :n) 4) (context/set :n (+ (context/get :n) (call :echo 1)))) (+ (context/get :n) (call :pay 10)))'],
  ['branches side by side', '(reduce + 0 (step-parallel (+ (call :echo 1) (call :pay 2)) (call :pay 3) (+ (call :echo 4) (call :echo 5))))'],
  ['an error that is caught', '(try (do (call :echo 1) (call :fail 2)) (catch e (str (call :echo (:message e)))) (finally (call :pay 1)))'],
  ['compensation', '(try (step "trip" (step "a" :compensate (fn [v] (call :pay [:undo v])) (call :pay 1)) (call :fail 0)) (catch e :undone))'],
];

export function planWorld(): World {
  return new World()
    .add('echo', 'idempotent', (args) => args[0]!)
    .add('pay', 'live', (args) => (typeof args[0] === 'number' ? args[0] : 0))
    .add('fail', 'pure', () => {
      throw new Error('never');
    });
}
