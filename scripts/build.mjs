// Builds everything that is not kept in the repository: the library's image, then the bundles.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

mkdirSync('dist/tools', { recursive: true });
mkdirSync('src/library', { recursive: true });
const node = { bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' };
await build({ ...node, entryPoints: ['scripts/build-library.ts'], outfile: 'dist/tools/build-library.mjs' });
execFileSync(process.execPath, ['dist/tools/build-library.mjs', '.'], { stdio: 'inherit' });
rmSync('dist/tools', { recursive: true, force: true });
