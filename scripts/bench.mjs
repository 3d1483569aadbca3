// Builds what is measured, bundles the benchmark and runs it. `--no-build` measures what is there.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundle = join(root, 'dist/bench/main.mjs');
const args = process.argv.slice(2).filter((arg) => arg !== '--no-build');

// The build speaks on standard error: standard output is the report's alone.
if (!process.argv.includes('--no-build')) execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: ['ignore', 2, 2] });
mkdirSync(dirname(bundle), { recursive: true });
const common = { bundle: true, platform: 'node', format: 'esm', target: 'node20', external: ['esbuild', 'better-sqlite3', '@restatedev/restate-sdk'], logLevel: 'warning' };
await build({ ...common, entryPoints: [join(root, 'bench/main.ts')], outfile: bundle });
await build({ ...common, entryPoints: [join(root, 'bench/unmetered.ts')], outfile: join(root, 'dist/bench/unmetered.mjs'), plugins: [withoutMetering()] });
/** Leaves out what counts: where fuel and allocation are taken, and in the text that the compiled tier makes. What cannot be found there is an error. */
function withoutMetering() {
  const replaced = [
    [/src\/evaluator\/raise\.ts$/, [['  const left = meter.fuel - steps;\n  // Whole and small, whatever the engine made of the difference.\n  if (left >= 0) meter.fuel = left | 0;\n  else chargeReserve(meter, -left);\n', ''], [/  meter\.allocation -= cells;\n.*\n  chargeFuel\(meter, cells\);\n/, '']]],
    [/src\/host\/code-generation\.ts$/, [['new Function(...parameters, body)', 'new Function(...parameters, body.replaceAll("--m.fuel < 0", "false").replaceAll("(u = u - 1 | 0) < 0", "false").replaceAll("m.fuel -= w - u;", "").replaceAll("u = w = turns() | 0;", ""))']]],
    [/src\/evaluator\/compiled\/emit\.ts$/, [['--m.fuel < 0', '--m.fuel < 0'], ['(u = u - 1 | 0) < 0', '(u = u - 1 | 0) < 0'], ["'m.fuel -= w - u;'", "'m.fuel -= w - u;'"]]],
  ];
  return {
    name: 'without-metering',
    setup: ({ onLoad }) => {
      for (const [filter, changes] of replaced) {
        onLoad({ filter }, ({ path }) => {
          let contents = readFileSync(path, 'utf8');
          for (const [from, to] of changes) {
            if (contents.search(typeof from === 'string' ? from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : from) < 0) throw new Error(`${path} has changed: what counts there is not found`);
            contents = contents.replace(from, () => to);
          }
          return { contents, loader: 'ts' };
        });
      }
    },
  };
}

const { status } = spawnSync(process.execPath, [bundle, '--root', root, ...args], { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
