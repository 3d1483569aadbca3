/** `npm run soak`: 10,000 runs and 200 kills, unless `--runs`, `--kills`, `--workers` and `--seed` say otherwise. Exit code 1 when anything is not as it has to be. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { randomNumbers } from '../support/programs.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, kills: { type: 'string', default: '200' }, workers: { type: 'string', default: '3' }, seed: { type: 'string', default: '1' } },
});
const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-soak-'));
let toldMs = 0;
const report = await soak({
  directory, runs: Number(values.runs), kills: Number(values.kills), workers: Number(values.workers), random: randomNumbers(Number(values.seed)),
  progress: (text) => {
    if (performance.now() - toldMs < 5_000) return;
    toldMs = performance.now();
    process.stderr.write(`${text}\n`);
  },
});
const { problems, ...counts } = report;
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(`${JSON.stringify({ ...counts, seconds: Math.round(counts.seconds), problems: problems.length })}\n`);
if (problems.length === 0) rmSync(directory, { recursive: true });
else process.stdout.write(`everything is left in ${directory}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
