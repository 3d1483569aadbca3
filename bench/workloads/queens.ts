/**
 * Search with backtracking over short vectors. The program extends a vector without changing it; with at most eight
 * elements the idiomatic JavaScript for that is a spread array, which is a much harder baseline than Immutable.List.
 */
import type { Workload } from './workload.ts';

function isSafe(queens: readonly number[], column: number): boolean {
  const row = queens.length;
  for (let i = 0; i < row; i++) {
    const other = queens[i]!;
    if (other === column || Math.abs(other - column) === row - i) return false;
  }
  return true;
}

function solutions(size: number, queens: readonly number[]): number {
  if (queens.length === size) return 1;
  let found = 0;
  for (let column = 0; column < size; column++) if (isSafe(queens, column)) found += solutions(size, [...queens, column]);
  return found;
}

export const queensWorkload: Workload = {
  name: '8 queens',
  source: `
(defn safe? [queens column]
  (let [row (count queens)]
    (loop [i 0]
      (if (< i row)
        (let [other (nth queens i)]
          (if (or (= other column) (= (abs (- other column)) (- row i)))
            false
            (recur (inc i))))
        true))))

(defn solutions [size queens]
  (if (= (count queens) size)
    1
    (loop [column 0 found 0]
      (if (< column size)
        (recur (inc column)
               (if (safe? queens column)
                 (+ found (solutions size (conj queens column)))
                 found))
        found))))

(defn main [size] (solutions size []))
`,
  baseline: (size) => solutions(size as number, []),
  against: 'arrays',
  args: () => [8],
  smallArgs: () => [6],
};
