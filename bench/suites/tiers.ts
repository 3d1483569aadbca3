/** Each tier against hand-written JavaScript, on the ten workloads, and the geometric mean of them. */
import type { Environment } from '../../src/host/compile.ts';
import type { Value } from '../../src/value/value.ts';
import { geometricMean, measure, type Timing } from '../measure.ts';
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
  run: ({ wants }: SuiteInput): readonly Row[] => {
    const contests = TIERS.map((tier) => ({ tier, workloads: wants(meanName(tier)) ? WORKLOADS : WORKLOADS.filter((workload) => wants(rowName(tier, workload))) }));
    const subjects = contests.flatMap(({ tier, workloads }) => workloads.map((workload) => ({ tier, workload, subject: running(tier.environment, workload) })));
    // All programs run before the first is measured: no engine shall know only one of them, as in any real process.
    for (const { workload, subject } of subjects) {
      subject.run(workload.smallArgs());
      workload.baseline(...workload.smallArgs());
    }
    const measured = WORKLOADS.flatMap((workload) => runWorkload(workload, subjects.filter((one) => one.workload === workload)));
    return contests.flatMap(({ tier, workloads }) => {
      const rows = measured.filter((one) => one.tier === tier).map((one) => one.row);
      if (workloads.length < WORKLOADS.length) return rows;
      return [...rows, row(meanName(tier), geometricMean(rows.map((one) => one.value!)), UNIT, tier.target)];
    });
  },
};

/** The tiers and the baseline in turns. The answer of each first run is looked at. */
function runWorkload(workload: Workload, contestants: readonly { readonly tier: Tier; readonly subject: Subject }[]): { readonly tier: Tier; readonly row: Row }[] {
  if (contestants.length === 0) return [];
  const args = workload.args();
  const expected = workload.baseline(...args);
  const runs = contestants.map(({ subject }) => {
    let isChecked = false;
    return (): Value => {
      const value = subject.run(args);
      if (!isChecked && !agrees(workload, value, expected)) throw new Error(`${workload.name}: the answers differ`);
      isChecked = true;
      return value;
    };
  });
  const [theirs, ...ours] = measure([() => workload.baseline(...args), ...runs].map((run) => ({ run })), { warmUpRuns: 1 });
  return contestants.map(({ tier }, place) => ({ tier, row: rowOf(tier, workload, ours[place]!, theirs!) }));
}

function rowOf(tier: Tier, workload: Workload, ours: Timing, theirs: Timing): Row {
  const wall = (ours.wallMs / theirs.wallMs).toPrecision(3);
  const note = `${milliseconds(ours.cpuMs)} / ${milliseconds(theirs.cpuMs)}, wall ${wall}×, against ${workload.against}`;
  const target = [...tier.targets].find(([name]) => workload.name.startsWith(name))?.[1] ?? null;
  return row(rowName(tier, workload), ours.cpuMs / theirs.cpuMs, UNIT, target, note);
}

function milliseconds(value: number): string {
  return `${value.toPrecision(3)} ms`;
}
