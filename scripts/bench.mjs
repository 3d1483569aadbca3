// Builds what is measured, bundles the benchmark and runs it. `--no-build` measures what is there.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundle = join(root, 'dist/bench/main.mjs');
const args = process.argv.slice(2).filter((arg) => arg !== '--no-build');

// The build speaks on standard error: standard output is the report's alone.
if (!process.argv.includes('--no-build')) execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: ['ignore', 2, 2] });
mkdirSync(dirname(bundle), { recursive: true });
await build({
  entryPoints: [join(root, 'bench/main.ts')], outfile: bundle, bundle: true, platform: 'node', format: 'esm', target: 'node20',
  external: ['esbuild', 'better-sqlite3', '@restatedev/restate-sdk'], logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, [bundle, '--root', root, ...args], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
