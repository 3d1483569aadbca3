/** How long the command takes from its start to its end, against a node that does nothing. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../measure.ts';
import { type Row, row, unavailable } from '../report.ts';
import type { Suite, SuiteInput } from './suite.ts';

const RATIO = "rtfs -e '(+ 1 2)' against node -e 0";
const ABSOLUTE = "rtfs -e '(+ 1 2)', the whole process";

const SUM: readonly string[] = ['-e', '(+ 1 2)'];
const TARGET = 1.6;
const SAMPLES = 11;

export const processes: Suite = {
  names: [RATIO, ABSOLUTE],
  run: ({ root }: SuiteInput): readonly Row[] => {
    const command = join(root, 'dist/bin/rtfs.js');
    const problem = existsSync(command) ? wrongOutput(command) : 'there is no dist/bin/rtfs.js';
    if (problem === null) return runs(command);
    return [unavailable(RATIO, '×', TARGET, problem), unavailable(ABSOLUTE, 'ms', null, problem)];
  },
};

/** What the command does instead of printing 3; null when it prints that. */
function wrongOutput(command: string): string | null {
  const { status, stdout } = spawnSync(process.execPath, [command, ...SUM], { encoding: 'utf8' });
  return status === 0 && stdout === '3\n' ? null : `it ends with ${status} and prints ${JSON.stringify(stdout)}`;
}

/** By the wall: the processor time of a child cannot be had portably. */
function runs(command: string): readonly Row[] {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    theirs.push(wallMs(['-e', '0']));
    ours.push(wallMs([command, ...SUM]));
  }
  const [our, their] = [median(ours), median(theirs)];
  const least = Math.min(...ours) / Math.min(...theirs);
  return [
    row(RATIO, our / their, '×', TARGET, `of the fastest runs ${least.toPrecision(3)}×`),
    row(ABSOLUTE, our, 'ms', null, `node -e 0 takes ${their.toPrecision(3)} ms`),
  ];
}

function wallMs(args: readonly string[]): number {
  const start = performance.now();
  spawnSync(process.execPath, args, { stdio: 'ignore' });
  return performance.now() - start;
}
