/** Where no code may be made from strings, as in a strict page: the machine beside nbb, which interprets then as well. In a process of its own, since engines ask once. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { rowInOwnProcess } from '../alone.ts';
import { geometricMean, measure } from '../measure.ts';
import { type Row, row, unavailable } from '../report.ts';
import { benchEnvironment, running } from '../subject.ts';
import { WORKLOADS } from '../workloads/all.ts';
import { loadNbb } from './peers.ts';
import type { Suite, SuiteInput } from './suite.ts';

const NAME = 'nbb without its compiler: geometric mean of the ten';
const UNIT = '× our time';
/** Of node. */
const NO_CODE = '--disallow-code-generation-from-strings';

export const interpreted: Suite = {
  names: [NAME],
  run: async ({ root, isAlone }: SuiteInput): Promise<readonly Row[]> => {
    const folder = join(root, 'bench/peers');
    if (!existsSync(join(folder, 'node_modules'))) return [unavailable(NAME, UNIT, 1, 'not installed: npm ci --prefix bench/peers')];
    return [isAlone ? await contest(folder) : rowInOwnProcess(root, NAME, [NO_CODE])];
  },
};

/** Each takes up to two seconds, so that few runs of it have to do. */
async function contest(folder: string): Promise<Row> {
  const environment = benchEnvironment('machine');
  const factors: { readonly name: string; readonly factor: number }[] = [];
  for (const workload of WORKLOADS) {
    const args = workload.args();
    const main = await loadNbb(folder, workload.source);
    const ours = running(environment, workload);
    const [own, other] = measure([{ run: () => ours.run(args) }, { run: () => main(...args) }], { samples: 1, warmUpRuns: 1 });
    factors.push({ name: workload.name, factor: other!.cpuMs / own!.cpuMs });
  }
  const mean = geometricMean(factors.map(({ factor }) => factor));
  return row(NAME, mean, UNIT, 1, factors.map(({ name, factor }) => `${name} ${factor.toFixed(2)}×`).join(', '));
}
