/** Rows about a whole process are measured in one that does nothing else. */
import { execFileSync } from 'node:child_process';
import type { Row } from './report.ts';

/** The row, measured by this benchmark in a process of its own, with these options of node. */
export function inOwnProcess(root: string, name: string, nodeOptions: readonly string[] = []): Row {
  const output = execFileSync(process.execPath, [...nodeOptions, process.argv[1]!, '--alone', '--json', '--root', root, '--only', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const { rows } = JSON.parse(output) as { readonly rows: readonly Row[] };
  const row = rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`nothing was measured for ${name}`);
  return row;
}
