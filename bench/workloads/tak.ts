/** Calls of three arguments, most of them nested in the arguments of another. */
import type { Workload } from './workload.ts';

function tak(x: number, y: number, z: number): number {
  return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

export const takWorkload: Workload = {
  name: 'tak 18 12 6',
  source: `
(defn tak [x y z]
  (if (< y x)
    (tak (tak (- x 1) y z)
         (tak (- y 1) z x)
         (tak (- z 1) x y))
    z))

(defn main [x y z] (tak x y z))
`,
  baseline: (x, y, z) => tak(x as number, y as number, z as number),
  against: 'numbers',
  args: () => [18, 12, 6],
  smallArgs: () => [9, 6, 3],
};
