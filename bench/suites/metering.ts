/** What counting fuel and allocation costs the compiled tier: the ten workloads beside a build that does not count. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { geometricMean, measure } from '../measure.ts';
import { type Row, row } from '../report.ts';
import { type Ready, readyWorkloads } from '../unmetered.ts';
import type { Suite, SuiteInput } from './suite.ts';

const METERING = 'metering of the ten workloads, of the compiled tier’s time';

export const metering: Suite = {
  names: [METERING],
  run: async ({ root }: SuiteInput): Promise<readonly Row[]> => {
    const other = (await import(pathToFileURL(join(root, 'dist/bench/unmetered.mjs')).href)) as { readonly readyWorkloads: () => readonly Ready[] };
    const unmetered = other.readyWorkloads();
    const factors = readyWorkloads().map(({ name, run }, place) => {
      const [counted, free] = measure([{ run }, { run: unmetered[place]!.run }], { samples: 5, warmUpRuns: 1 });
      return { name, factor: counted!.cpuMs / free!.cpuMs };
    });
    const mean = geometricMean(factors.map(({ factor }) => factor));
    // Of the time that it takes with metering.
    const share = (1 - 1 / mean) * 100;
    return [row(METERING, share, '%', 10, factors.map(({ name, factor }) => `${name} ${factor.toFixed(2)}×`).join(', '))];
  },
};
