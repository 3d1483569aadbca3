/** Calls and small integers, and nothing else. */
import type { Workload } from './workload.ts';

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export const fibWorkload: Workload = {
  name: 'fib 32',
  source: `
(defn fib [n]
  (if (< n 2)
    n
    (+ (fib (- n 1)) (fib (- n 2)))))

(defn main [n] (fib n))
`,
  baseline: (n) => fib(n as number),
  against: 'numbers',
  args: () => [32],
  smallArgs: () => [10],
};
