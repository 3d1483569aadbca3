/** Runs the built command line as its users do: a process of its own, real files, what a person types on its input. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXECUTABLE = path.join(ROOT, 'dist/bin/rtfs.js');

/** The keys of these tests. */
const KEYS = path.join(tmpdir(), `rtfs-keys-${process.pid}`);

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Setting {
  /** The repository unless given. */
  readonly cwd?: string;
  /** What the person types; the input ends after it. */
  readonly typed?: string;
}

export async function rtfs(args: readonly string[], setting: Setting = {}): Promise<Ended> {
  if (!existsSync(EXECUTABLE)) throw new Error('the command line is not built: run `npm run build` first');
  return node([EXECUTABLE, ...args], setting);
}

export function node(args: readonly string[], { cwd = ROOT, typed = '' }: Setting = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: 'pipe', env: { ...process.env, NO_COLOR: '1', RTFS_HOME: KEYS } });
    const out: Buffer[] = [];
    const error: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => error.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(error).toString() }));
    // A plan that ends before it was told everything closes its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(typed);
  });
}

/** What `--json` printed: the last thing on the output. */
export interface Document {
  readonly status: string;
  readonly json: unknown;
  readonly error: { readonly kind: string; readonly message: string } | null;
}

export function documentOf(ended: Ended): Document {
  return JSON.parse(ended.stdout) as Document;
}

/** A directory that is gone afterwards. */
export async function withDirectory<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'rtfs-example-')));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function example(name: string): string {
  return path.join(ROOT, 'examples', name);
}
