/**
 * The ten workloads in a build that counts neither fuel nor allocation (`scripts/bench.mjs` leaves that out of the text): what metering costs is what the
 * ordinary build takes longer. Values of the two builds are strangers to each other, so each makes its own.
 */
import { benchEnvironment, running } from './subject.ts';
import { WORKLOADS } from './workloads/all.ts';
import { agrees } from './workloads/workload.ts';

export interface Ready {
  readonly name: string;
  readonly run: () => unknown;
}

/** The workloads, ready to be run on the compiled tier; their answers have been looked at. */
export function readyWorkloads(): readonly Ready[] {
  const environment = benchEnvironment('auto');
  return WORKLOADS.map((workload) => {
    const subject = running(environment, workload);
    const args = workload.args();
    if (!agrees(workload, subject.run(args), workload.baseline(...args))) throw new Error(`${workload.name}: the answers differ`);
    return { name: workload.name, run: () => subject.run(args) };
  });
}
