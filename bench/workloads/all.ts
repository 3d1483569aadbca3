/** The ten workloads that the targets for each tier are about. */
import { fibWorkload } from './fib.ts';
import { loopSumWorkload } from './loop-sum.ts';
import { mandelbrotWorkload } from './mandelbrot.ts';
import { mapFilterReduceWorkload } from './map-filter-reduce.ts';
import { mapUpdatesWorkload } from './map-updates.ts';
import { queensWorkload } from './queens.ts';
import { sieveWorkload } from './sieve.ts';
import { stringJoinWorkload } from './string-join.ts';
import { takWorkload } from './tak.ts';
import { wordCountWorkload } from './word-count.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [
  fibWorkload,
  takWorkload,
  loopSumWorkload,
  sieveWorkload,
  queensWorkload,
  mapFilterReduceWorkload,
  mapUpdatesWorkload,
  wordCountWorkload,
  mandelbrotWorkload,
  stringJoinWorkload,
];
