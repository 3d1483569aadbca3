/** Each tier against hand-written JavaScript, on the ten workloads, and the geometric mean of them. */
import type { Environment } from '../../src/host/compile.ts';
import { geometricMean, measure } from '../measure.ts';
import { type Row, row } from '../report.ts';
import { benchEnvironment, running, type Subject } from '../subject.ts';
import { WORKLOADS } from '../workloads/all.ts';
import { agrees, type Workload } from '../workloads/workload.ts';
import type { Suite, SuiteInput } from './suite.ts';

const UNIT = '× JavaScript';

interface Tier {
  readonly name: string;
  /** For the geometric mean. */
  readonly target: number;
  readonly environment: Environment;
  /** For workloads of their own, by how their names begin. */
  readonly targets: ReadonlyMap<string, number>;
}

const TIERS: readonly Tier[] = [
  { name: 'compiled', target: 2, environment: benchEnvironment('auto'), targets: new Map([['fib', 1.8], ['tak', 1.8], ['8 queens', 1.8], ['loop-sum', 3]]) },
  { name: 'machine', target: 10, environment: benchEnvironment('machine'), targets: new Map() },
];

function rowName(tier: Tier, workload: Workload): string {
  return `${tier.name}: ${workload.name}`;
}

function meanName(tier: Tier): string {
  return `${tier.name}: geometric mean of the ten`;
}

export const tiers: Suite = {
  names: TIERS.flatMap((tier) => [...WORKLOADS.map((workload) => rowName(tier, workload)), meanName(tier)]),
  run: (input) => TIERS.flatMap((tier) => runTier(tier, input)),
};

function runTier(tier: Tier, { wants }: SuiteInput): readonly Row[] {
  const wanted = wants(meanName(tier)) ? WORKLOADS : WORKLOADS.filter((workload) => wants(rowName(tier, workload)));
  const subjects = wanted.map((workload) => ({ workload, subject: running(tier.environment, workload) }));
  // All programs run before the first is measured: no engine shall know only one of them, as in any real process.
  for (const { workload, subject } of subjects) {
    subject.run(workload.smallArgs());
    workload.baseline(...workload.smallArgs());
  }
  const rows = subjects.map(({ workload, subject }) => runWorkload(tier, workload, subject));
  if (wanted.length < WORKLOADS.length) return rows;
  const mean = geometricMean(rows.map((one) => one.value!));
  return [...rows, row(meanName(tier), mean, UNIT, tier.target)];
}

function runWorkload(tier: Tier, workload: Workload, subject: Subject): Row {
  const args = workload.args();
  if (!agrees(workload, subject.run(args), workload.baseline(...args))) throw new Error(`${workload.name}: the answers differ`);
  const [ours, theirs] = measure([{ run: () => subject.run(args) }, { run: () => workload.baseline(...args) }]);
  const wall = (ours!.wallMs / theirs!.wallMs).toPrecision(3);
  const note = `${milliseconds(ours!.cpuMs)} / ${milliseconds(theirs!.cpuMs)}, wall ${wall}×, against ${workload.against}`;
  const target = [...tier.targets].find(([name]) => workload.name.startsWith(name))?.[1] ?? null;
  return row(rowName(tier, workload), ours!.cpuMs / theirs!.cpuMs, UNIT, target, note);
}

function milliseconds(value: number): string {
  return `${value.toPrecision(3)} ms`;
}
