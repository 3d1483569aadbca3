// Bundles the soak and runs it with the same arguments; see `test/soak/main.ts`.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundle = join(root, 'dist/soak/main.mjs');
mkdirSync(dirname(bundle), { recursive: true });
await build({
  entryPoints: [join(root, 'test/soak/main.ts')], outfile: bundle, bundle: true, platform: 'node', format: 'esm', target: 'node20',
  external: ['esbuild', 'better-sqlite3'], logLevel: 'warning', define: { 'import.meta.dirname': JSON.stringify(join(root, 'test/soak')) },
});
const { status } = spawnSync(process.execPath, [bundle, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
