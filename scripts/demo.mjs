// `npm run demo`: makes a year of sales and shows the report about them, with the real command line. Builds it first when
// there is none, or one that is older than its sources; `--no-build` takes it as it is.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const executable = join(root, 'dist/bin/rtfs.js');

if (!process.argv.includes('--no-build') && timeOf(executable) < Math.max(...['bin', 'src', 'stdlib'].map((name) => timeOf(join(root, name))))) {
  console.log('building …\n');
  execFileSync(process.execPath, ['scripts/build.mjs', '--quick'], { cwd: root, stdio: 'inherit' });
}

rtfs('run', 'examples/data/make-sales.rtfs', 'examples/out/sales.csv', '--allow', 'fs.write=examples/out');
const durationMs = rtfs('run', 'examples/sales-report.rtfs', 'examples/out/sales.csv', 'examples/out/sales.json', '--allow', 'fs=examples/out');
console.log(`50,000 lines in ${(durationMs / 1000).toFixed(1)} s. The numbers are in examples/out/sales.json, the plan in examples/sales-report.rtfs.`);

/** When a file, or the newest of those in a directory, was changed; 0 when there is none. */
function timeOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => timeOf(join(path, name))));
}

/** Shows the command, runs it, and gives the time it took; its failure ends the demo. */
function rtfs(...args) {
  console.log(`$ rtfs ${args.join(' ')}`);
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [executable, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  console.log();
  return performance.now() - started;
}
