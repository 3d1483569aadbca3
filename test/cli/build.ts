/** Builds the executable once before its tests, unless it is newer than everything it is made of. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const SOURCES = ['src', 'bin', 'scripts', 'stdlib', 'package.json'];
/** Written by the build itself. */
const GENERATED = join(root, 'src', 'library');

export function setup(): void {
  const built = join(root, 'dist', 'bin', 'main.cjs');
  const builtMs = existsSync(built) ? statSync(built).mtimeMs : 0;
  if (SOURCES.every((source) => newestMs(join(root, source)) < builtMs)) return;
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--quick'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the executable cannot be built');
}

function newestMs(file: string): number {
  if (file === GENERATED) return 0;
  const { mtimeMs } = statSync(file);
  if (!statSync(file).isDirectory()) return mtimeMs;
  return Math.max(...readdirSync(file).map((name) => newestMs(join(file, name))), 0);
}
