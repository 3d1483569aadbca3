/** Measured by this benchmark in a process that does nothing else: rows about a whole process, and suites, since each would run among what the ones before it leave behind. */
import { execFileSync } from 'node:child_process';
import type { Row, Took } from './report.ts';

interface Measured {
  readonly rows: readonly Row[];
  readonly took: readonly Took[];
}

/** What the benchmark gives with these options, and these of node. */
export function inOwnProcess(options: readonly string[], nodeOptions: readonly string[] = []): Measured {
  const output = execFileSync(process.execPath, [...nodeOptions, process.argv[1]!, '--json', ...options], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(output) as Measured;
}

export function rowInOwnProcess(root: string, name: string, nodeOptions: readonly string[] = []): Row {
  const row = inOwnProcess(['--alone', '--root', root, '--only', name], nodeOptions).rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`nothing was measured for ${name}`);
  return row;
}
