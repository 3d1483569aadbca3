/** The package as those who install it get it: packed, and installed from the tarball in a folder of its own. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../house/source.ts';

export interface Installed {
  /** Holds the programs of `program`, and `node_modules` with the package. */
  readonly folder: string;
  readonly tarball: string;
  /** The paths in the tarball. */
  readonly files: readonly string[];
  readonly remove: () => void;
}

const run = promisify(execFile);

/** Packages that it needs come from the cache where they are there. What is compiled for the machine is left out: the package must work without. */
export async function installPackage(): Promise<Installed> {
  if (!existsSync(path.join(ROOT, 'dist/types/src/index.d.ts'))) throw new Error('the package is not built: run `npm run build`');
  const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  const [packed] = JSON.parse(stdout) as [{ readonly filename: string; readonly files: readonly { readonly path: string }[] }];
  const tarball = path.join(folder, packed.filename);
  cpSync(path.join(import.meta.dirname, 'program'), folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=optional', tarball], { cwd: folder });
  return { folder, tarball, files: packed.files.map((file) => file.path), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
