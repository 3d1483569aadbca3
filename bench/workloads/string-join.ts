/** Many short texts made and put together. */
import type { Workload } from './workload.ts';

function joinParts(n: number): string {
  return Array.from({ length: n }, (_, i) => `part-${i}`).join(',');
}

export const stringJoinWorkload: Workload = {
  name: 'string join of 200,000 parts',
  source: `
(defn main [n]
  (join "," (map (fn [i] (str "part-" i)) (range n))))
`,
  baseline: (n) => joinParts(n as number),
  against: 'arrays',
  args: () => [200_000],
  smallArgs: () => [3],
};
