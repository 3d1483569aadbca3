/** What the runs of a soak do, and what has to come of it: of each plan its result, and how often each capability may be felt by the world. */

export interface SoakPlan {
  readonly text: string;
  /** Printed. */
  readonly result: string;
  /** Distinct calls, by the capability. */
  readonly effects: Readonly<Record<string, number>>;
}

export const SOAK_PLANS: readonly SoakPlan[] = [
  { text: '(loop [i 0 sum 0] (if (< i 5) (recur (inc i) (+ sum (call :job.note i))) sum))', result: '10', effects: { 'job.note': 5 } },
  { text: '(do (call :job.note "a") (call :job.pay 1) (call :job.pay 2) (call :job.note "b"))', result: '"b"', effects: { 'job.note': 2, 'job.pay': 2 } },
  { text: '(reduce + 0 (pmap (fn [n] (call :job.slow n)) (range 6)))', result: '15', effects: { 'job.slow': 6 } },
  { text: '(step "order" (let [who (call :user.ask "Who?")] (call :job.pay 3) (str "for " who)))', result: '"for ann"', effects: { 'job.pay': 1 } },
  { text: '(do (call :job.note 1) (call :time.sleep 200) (call :job.slow 2))', result: '2', effects: { 'job.note': 1, 'job.slow': 1 } },
  {
    text: '(try (step "trip" (step "a" :compensate (fn [v] (call :job.pay -1)) (call :job.pay 1)) (call :job.fail "no")) (catch e :undone))', result: ':undone',
    effects: { 'job.pay': 2, 'job.fail': 1 },
  },
];

export const LIVE = 'job.pay';

export function runName(number: number): string {
  return `soak-${String(number).padStart(5, '0')}`;
}

export function planOf(number: number): SoakPlan {
  return SOAK_PLANS[number % SOAK_PLANS.length]!;
}
