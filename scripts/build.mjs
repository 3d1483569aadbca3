// Builds everything that is not kept in the repository: the library's image, the bundles, and the types.
//
//   node scripts/build.mjs            all of it
//   node scripts/build.mjs --quick    without the types, for running and testing
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { buildCommandLine } from './build-command-line.mjs';
import { plainNumbers } from './bundle-plugins.mjs';

/** What may be imported from outside: `rtfs` and `rtfs/…`. */
const DOORS = ['index', 'kernel', 'primitives', 'library', 'values', 'contexts', 'chunks', 'host', 'host/node', 'protocol', 'testing', 'testing/arbitraries', 'engine', 'restate'];
/** Bundlers drop what is unused only where they see that nothing happens in it, and read this one as a property. */
const CONSTANTS = { 'Number.POSITIVE_INFINITY': 'Infinity' };
const quick = process.argv.includes('--quick');
const node = { bundle: true, platform: 'node', format: 'esm', mainFields: ['module', 'main'], target: 'node20', logLevel: 'warning', external: ['better-sqlite3', 'fast-check', '@restatedev/restate-sdk'] };

await buildLibraryImage();
await buildPackage();
await buildCommandLine(node, runOrStop);
if (!quick) runOrStop(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json']);

/** What went wrong has been said by the program itself. */
function runOrStop(args, stdio = 'inherit') {
  const { status } = spawnSync(process.execPath, args, { stdio });
  if (status !== 0) process.exit(status ?? 1);
}

async function buildLibraryImage() {
  mkdirSync('dist/tools', { recursive: true });
  mkdirSync('src/library', { recursive: true });
  await build({ ...node, entryPoints: ['scripts/build-library.ts'], outfile: 'dist/tools/build-library.mjs' });
  runOrStop(['dist/tools/build-library.mjs', '.']);
  rmSync('dist/tools', { recursive: true, force: true });
}

/** What `import 'rtfs'`, `import 'rtfs/kernel'` and the other doors load. */
async function buildPackage() {
  const outdir = `dist/.package-${process.pid}`;
  await build({ ...node, entryPoints: DOORS.map((door) => `src/${door}.ts`), outdir, outbase: 'src', splitting: true, chunkNames: 'shared/[name]-[hash]', plugins: [plainNumbers], define: CONSTANTS });
  for (const name of [...DOORS.map((door) => `${door}.js`), 'shared']) {
    rmSync(`dist/${name}`, { recursive: true, force: true });
    mkdirSync(dirname(`dist/${name}`), { recursive: true });
    renameSync(`${outdir}/${name}`, `dist/${name}`);
  }
  rmSync(outdir, { recursive: true });
}
