/** Single updates in the middle of a large persistent vector. */
import { List, Repeat } from 'immutable';
import type { Workload } from './workload.ts';

function crossOut(prime: List<boolean>, p: number, limit: number): List<boolean> {
  let crossed = prime;
  for (let multiple = p * p; multiple <= limit; multiple += p) crossed = crossed.set(multiple, false);
  return crossed;
}

function sieve(limit: number): List<boolean> {
  let prime = List(Repeat(true, limit + 1));
  for (let p = 2; p * p <= limit; p++) if (prime.get(p)) prime = crossOut(prime, p, limit);
  return prime;
}

function countPrimes(limit: number): number {
  const prime = sieve(limit);
  let found = 0;
  for (let i = 2; i <= limit; i++) if (prime.get(i)) found += 1;
  return found;
}

export const sieveWorkload: Workload = {
  name: 'sieve to 50,000',
  source: `
(defn cross-out [prime p limit]
  (loop [multiple (* p p) prime prime]
    (if (> multiple limit)
      prime
      (recur (+ multiple p) (assoc prime multiple false)))))

(defn sieve [limit]
  (loop [p 2 prime (vec (repeat (inc limit) true))]
    (if (> (* p p) limit)
      prime
      (recur (inc p) (if (nth prime p) (cross-out prime p limit) prime)))))

(defn main [limit]
  (let [prime (sieve limit)]
    (loop [i 2 found 0]
      (if (> i limit)
        found
        (recur (inc i) (if (nth prime i) (inc found) found))))))
`,
  baseline: (limit) => countPrimes(limit as number),
  against: 'Immutable.List',
  args: () => [50_000],
  smallArgs: () => [100],
};
