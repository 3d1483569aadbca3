/** Runs the built executable as a process of its own, and makes the files it works on. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

export const EXECUTABLE = join(import.meta.dirname, '..', '..', 'dist', 'bin', 'rtfs.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Settings {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The keys of these tests. */
const KEYS = join(tmpdir(), `rtfs-keys-${process.pid}`);

/** Nothing of the environment of the tests that could change what is shown. */
function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, RTFS_HISTORY: '', RTFS_HOME: KEYS, ...more };
}

export function start(args: readonly string[], settings: Settings = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [EXECUTABLE, ...args], { cwd: settings.cwd ?? tmpdir(), env: environment(settings.env) });
}

export async function rtfs(args: readonly string[], settings: Settings = {}): Promise<Ended> {
  const child = start(args, settings);
  child.stdin.on('error', () => undefined);
  child.stdin.end(settings.input ?? '');
  return ended(child);
}

/** A line for the shell, in which `rtfs` is the executable. */
export async function shell(line: string, settings: Settings = {}): Promise<Ended> {
  const script = `rtfs() { '${process.execPath}' '${EXECUTABLE}' "$@"; }; ${line}`;
  const child = spawn('sh', ['-c', script], { cwd: settings.cwd ?? tmpdir(), env: environment(settings.env) });
  child.stdin.end(settings.input ?? '');
  return ended(child);
}

/** In a terminal of that size: what comes out is what the terminal is told. The input stays open until the end. */
export function startInTerminal(args: readonly string[], size: { readonly columns: number; readonly rows: number }, settings: Settings = {}): ChildProcessWithoutNullStreams {
  const words = [process.execPath, EXECUTABLE, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const line = `stty cols ${size.columns} rows ${size.rows}; exec ${words.join(' ')}`;
  return spawn('script', ['-qec', line, '/dev/null'], { cwd: settings.cwd ?? tmpdir(), env: environment({ TERM: 'xterm', SHELL: '/bin/sh', ...settings.env }) });
}

export function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
}

/** Resolves as soon as the stream has shown the text. */
export function shown(stream: NodeJS.ReadableStream, text: string): Promise<void> {
  let seen = '';
  return new Promise((resolve, reject) => {
    stream.on('data', (piece: string | Buffer) => {
      seen += String(piece);
      if (seen.includes(text)) resolve();
    });
    stream.on('end', () => reject(new Error(`the stream ended without ${text}`)));
  });
}

/** A directory with these files, gone after the tests of the file. */
export function directory(files: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'rtfs-cli-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return path;
}
