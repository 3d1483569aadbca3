/** Node in its versions as engines for the scripts: each run is a process of its own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FileReport } from './program/report.ts';

/** Other versions come as packages for one platform; elsewhere there is only the node that runs the tests. */
export const OTHER_NODES: boolean = process.platform === 'linux' && process.arch === 'x64';

/** The path of another node. */
export function nodePath(version: 22 | 24): string {
  const path = fileURLToPath(new URL(`nodes/node_modules/node${version}/bin/node`, import.meta.url));
  if (!existsSync(path)) throw new Error(`node ${version} is not installed: run \`npm ci\` in test/engines/nodes (\`npm ci\` at the root does it too)`);
  return path;
}

const RUN = `
  const { readFileSync } = require('node:fs');
  const [path, mode] = process.argv.slice(1);
  require('node:vm').runInThisContext(readFileSync(path, 'utf8'), path);
  process.stdout.write(globalThis.rtfsEngineTest(mode, 0, Infinity));`;

/** Runs the whole corpus, as the script at `script` has it. */
export async function runCorpus(node: string, script: string, mode: string, environment: NodeJS.ProcessEnv = {}): Promise<readonly FileReport[]> {
  const { stdout } = await promisify(execFile)(node, ['-e', RUN, script, mode], {
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as readonly FileReport[];
}
