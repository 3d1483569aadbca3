/** The library's higher-order functions, with a function of the program and with functions of the kernel. */
import type { Workload } from './workload.ts';

function mapFilterReduce(n: number): number {
  return Array.from({ length: n }, (_, i) => i)
    .map((x) => x * 3)
    .filter((x) => x % 2 === 0)
    .reduce((sum, x) => sum + x, 0);
}

export const mapFilterReduceWorkload: Workload = {
  name: 'map/filter/reduce over 1e6',
  source: `
(defn main [n]
  (reduce + 0 (filter even? (map (fn [x] (* x 3)) (range n)))))
`,
  baseline: (n) => mapFilterReduce(n as number),
  against: 'arrays',
  args: () => [1_000_000],
  smallArgs: () => [10],
};
