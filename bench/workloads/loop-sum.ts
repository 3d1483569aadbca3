/** The bare cost of a loop's turn. */
import type { Workload } from './workload.ts';

function loopSum(n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += i;
  return sum;
}

export const loopSumWorkload: Workload = {
  name: 'loop-sum 1e7',
  source: `
(defn main [n]
  (loop [i 0 sum 0]
    (if (< i n)
      (recur (inc i) (+ sum i))
      sum)))
`,
  baseline: (n) => loopSum(n as number),
  against: 'numbers',
  args: () => [10_000_000],
  smallArgs: () => [100],
};
