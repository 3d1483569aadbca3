/** A large persistent map with integer keys: 200,000 updates, of which half replace, and as many look-ups. */
import { Map as PersistentMap } from 'immutable';
import type { Workload } from './workload.ts';

function fill(n: number): PersistentMap<number, number> {
  let map = PersistentMap<number, number>();
  for (let i = 0; i < n; i++) map = map.set((i * 7919) % 100_003, i);
  return map;
}

function total(map: PersistentMap<number, number>, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += map.get((i * 104_729) % 100_003, 0);
  return sum;
}

export const mapUpdatesWorkload: Workload = {
  name: '200,000 map updates and look-ups',
  source: `
(defn fill [n]
  (loop [i 0 m {}]
    (if (< i n)
      (recur (inc i) (assoc m (rem (* i 7919) 100003) i))
      m)))

(defn total [m n]
  (loop [i 0 sum 0]
    (if (< i n)
      (recur (inc i) (+ sum (get m (rem (* i 104729) 100003) 0)))
      sum)))

(defn main [n] (total (fill n) n))
`,
  baseline: (n) => total(fill(n as number), n as number),
  against: 'Immutable.Map',
  args: () => [200_000],
  smallArgs: () => [100],
};
