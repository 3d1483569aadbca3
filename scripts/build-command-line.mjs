// Builds dist/bin: the executable, the command line as two scripts, and the code that this engine compiles of them.
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { bareCommander, computedGroups, lazyMcp, lazyRegex } from './bundle-plugins.mjs';

/** What is in `main.cjs`: whatever these need as soon as they are loaded. All else is in `commands.cjs`. */
const QUICK = ['src/cli/main.ts', 'src/cli/run.ts'];

/**
 * Not minified: traces must be readable. No modules of ECMAScript: node would load what loads those, which takes as long as
 * evaluating a small program. `options` are those of all bundles for node, `runOrStop` runs a program of node.
 */
export async function buildCommandLine(options, runOrStop) {
  const outdir = `dist/.bin-${process.pid}`;
  const script = { ...options, format: 'cjs' };
  await build({ ...script, entryPoints: ['bin/rtfs.ts'], define: { 'import.meta.filename': '__filename' }, outfile: `${outdir}/rtfs.js` });
  writeFileSync(`${outdir}/package.json`, '{ "type": "commonjs" }\n');
  await buildScripts(options, outdir);
  await build({ ...script, entryPoints: ['re2js'], outfile: `${outdir}/re2js.cjs` });
  const client = ['@modelcontextprotocol/client', '@modelcontextprotocol/client/stdio'].map((name) => `export * from '${name}';`).join('\n');
  await build({ ...script, stdin: { contents: client, resolveDir: '.' }, outfile: `${outdir}/mcp.cjs` });
  await build({ ...options, entryPoints: ['scripts/write-code.ts'], outfile: `${outdir}/write-code.mjs` });
  runOrStop([`${outdir}/write-code.mjs`, outdir], ['ignore', 'ignore', 'inherit']);
  rmSync(`${outdir}/write-code.mjs`);
  chmodSync(`${outdir}/rtfs.js`, 0o755);
  rmSync('dist/bin', { recursive: true, force: true });
  renameSync(outdir, 'dist/bin');
}

/**
 * First in as many parts as there are ways to load them together, then these in two scripts: so each module is in one of the
 * two, whoever needs it. In each script only those parts run that are needed.
 */
async function buildScripts(options, outdir) {
  const split = await build({ ...options, entryPoints: [QUICK[0]], plugins: [lazyRegex, lazyMcp, bareCommander, computedGroups], splitting: true, charset: 'ascii', outdir: '.', write: false, metafile: true });
  const parts = new Map(split.outputFiles.map((file) => [path.relative('.', file.path), { text: file.text, ...split.metafile.outputs[path.relative('.', file.path)] }]));
  const quick = quickParts(parts);
  const inQuick = [...parts.keys()].filter((name) => quick.has(name));
  const entry = inQuick.find((name) => parts.get(name).entryPoint === QUICK[0]);
  const shared = inQuick.filter((name) => [...parts].some(([user, { imports }]) => !quick.has(user) && imports.some((one) => one.path === name)));
  const later = [...parts].filter(([name, { entryPoint }]) => entryPoint !== undefined && !quick.has(name)).map(([name]) => name);
  // Compiled code cannot import, only require.
  const script = { ...options, format: 'cjs', charset: 'ascii', supported: { 'dynamic-import': false } };
  await build({ ...script, stdin: { contents: mainText(entry, shared, parts), resolveDir: '.' }, plugins: [takeParts(parts, quick, (name) => `module.exports = require('./commands.cjs').load(${JSON.stringify(name)});`)], outfile: `${outdir}/main.cjs` });
  const others = new Set([...parts.keys()].filter((name) => !quick.has(name)));
  await build({ ...script, stdin: { contents: commandsText(later), resolveDir: '.' }, plugins: [takeParts(parts, others, (name) => sharedText(name, parts.get(name)))], outfile: `${outdir}/commands.cjs` });
}

/** The names of all parts that are loaded with `QUICK`. */
function quickParts(parts) {
  const found = new Set();
  const open = [...parts].filter(([, { entryPoint }]) => QUICK.includes(entryPoint)).map(([name]) => name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const one of parts.get(name).imports) if (one.kind === 'import-statement' && parts.has(one.path)) open.push(one.path);
  }
  return found;
}

/** The command line, and for the other script what the `shared` parts export. */
function mainText(entry, shared, parts) {
  const names = shared.map((part) => parts.get(part).exports);
  const imports = shared.map((part, i) => `import { ${names[i].map((name, j) => `${name} as s${i}_${j}`).join(', ')} } from './${part}';`);
  const tables = shared.map((part, i) => `${JSON.stringify(part)}: { ${names[i].map((name, j) => `${name}: s${i}_${j}`).join(', ')} }`);
  return `${imports.join('\n')}\nexport { main } from './${entry}';\nexport const shared = { ${tables.join(',\n')} };`;
}

/** In `commands.cjs`, a part that is in `main.cjs`: its exports never change once they are there. */
function sharedText(name, { exports }) {
  const values = exports.map((one, i) => `const s${i} = shared.${one}; export { s${i} as ${one} };`);
  return `const shared = require('./main.cjs').shared[${JSON.stringify(name)}];\n${values.join('\n')}`;
}

function commandsText(later) {
  const loaders = later.map((name) => `${JSON.stringify(name)}: () => require('./${name}')`);
  return `const parts = { ${loaders.join(',\n')} };\nexports.load = (name) => parts[name]();`;
}

/** Takes the parts in `own` as they are, and for all others the text of `otherText`. */
function takeParts(parts, own, otherText) {
  return {
    name: 'take-parts',
    setup(build) {
      build.onResolve({ filter: /^\.\/.*\.cjs$/ }, ({ path: name }) => ({ path: name, external: true }));
      build.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path: name, importer }) => {
        const part = path.join(path.dirname(importer === '<stdin>' ? '.' : importer), name);
        return parts.has(part) ? { path: part, namespace: own.has(part) ? 'part' : 'other' } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'part' }, ({ path: name }) => ({ contents: parts.get(name).text, resolveDir: '.' }));
      build.onLoad({ filter: /.*/, namespace: 'other' }, ({ path: name }) => ({ contents: otherText(name), resolveDir: '.' }));
    },
  };
}
