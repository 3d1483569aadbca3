// Builds everything that is not kept in the repository: the library's image, the bundles, and the types.
//
//   node scripts/build.mjs            all of it
//   node scripts/build.mjs --quick    without the types, for running and testing
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { bareCommander, computedGroups, lazyMcp, lazyRegex, plainNumbers } from './bundle-plugins.mjs';

/** What may be imported from outside: `rtfs` and `rtfs/…`. */
const DOORS = ['index', 'kernel', 'primitives', 'library', 'values', 'contexts', 'chunks', 'host', 'host/node', 'protocol', 'testing', 'testing/arbitraries', 'engine', 'restate'];
/** Bundlers drop what is unused only where they see that nothing happens in it, and read this one as a property. */
const CONSTANTS = { 'Number.POSITIVE_INFINITY': 'Infinity' };
const quick = process.argv.includes('--quick');
const node = { bundle: true, platform: 'node', format: 'esm', mainFields: ['module', 'main'], target: 'node20', logLevel: 'warning', external: ['better-sqlite3', 'fast-check', '@restatedev/restate-sdk'] };

await buildLibraryImage();
await buildPackage();
await buildCommandLine();
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

/**
 * The executable; the command line as one script, whose parts only run when they are needed; the code that this engine
 * compiles of it; and the regular expressions apart. Not minified: traces must be readable.
 */
async function buildCommandLine() {
  const outdir = `dist/.bin-${process.pid}`;
  // No module of ECMAScript: node would load what loads those, which takes as long as evaluating a small program.
  await build({ ...node, entryPoints: ['bin/rtfs.ts'], format: 'cjs', define: { 'import.meta.filename': '__filename' }, outfile: `${outdir}/rtfs.js` });
  writeFileSync(`${outdir}/package.json`, '{ "type": "commonjs" }\n');
  const lazy = { plugins: [lazyRegex, lazyMcp, bareCommander, computedGroups], supported: { 'dynamic-import': false } }; // compiled code cannot import, only require
  await build({ ...node, ...lazy, entryPoints: ['src/cli/main.ts'], format: 'cjs', charset: 'ascii', outfile: `${outdir}/main.cjs` });
  await build({ ...node, entryPoints: ['re2js'], format: 'cjs', outfile: `${outdir}/re2js.cjs` });
  const client = ['@modelcontextprotocol/client', '@modelcontextprotocol/client/stdio'].map((name) => `export * from '${name}';`).join('\n');
  await build({ ...node, stdin: { contents: client, resolveDir: '.' }, format: 'cjs', outfile: `${outdir}/mcp.cjs` });
  await build({ ...node, entryPoints: ['scripts/write-code.ts'], outfile: `${outdir}/write-code.mjs` });
  runOrStop([`${outdir}/write-code.mjs`, outdir], ['ignore', 'ignore', 'inherit']);
  rmSync(`${outdir}/write-code.mjs`);
  chmodSync(`${outdir}/rtfs.js`, 0o755);
  rmSync('dist/bin', { recursive: true, force: true });
  renameSync(outdir, 'dist/bin');
}
