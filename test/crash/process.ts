/** Programs of `test/crash/program`, each in a process of its own that can be killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

/** Bundles the program into the directory and gives its path. */
export function bundleProgram(name: string, directory: string, format: 'cjs' | 'esm' = 'cjs'): Promise<string> {
  return bundleFile(path.join(import.meta.dirname, `program/${name}.ts`), directory, format);
}

export async function bundleFile(file: string, directory: string, format: 'cjs' | 'esm' = 'cjs'): Promise<string> {
  const outfile = path.join(directory, `${path.basename(file, '.ts')}.${format === 'cjs' ? 'cjs' : 'mjs'}`);
  const require = createRequire(import.meta.url);
  await build({
    entryPoints: [file], outfile, bundle: true, platform: 'node', format, target: 'node20', logLevel: 'error',
    supported: { 'dynamic-import': false },
    plugins: [{ name: 'packages', setup: (builder) => builder.onResolve({ filter: /^(better-sqlite3|@restatedev\/restate-sdk)$/ }, ({ path: name }) => ({ path: require.resolve(name), external: true })) }],
  });
  return outfile;
}

export interface Program {
  readonly process: ChildProcess;
  /** The lines it has printed so far; what stands behind the last line break is none. */
  readonly lines: () => readonly string[];
  /** Resolves when it has printed a line that begins so; rejects when it ends before. */
  readonly line: (start: string) => Promise<string>;
  /** Resolves when it has ended and all it printed is there. */
  readonly ended: Promise<void>;
}

/** `command` is what comes before the arguments: node and the program, unless given. */
export function startProgram(file: string, args: readonly string[], command: readonly string[] = [process.execPath, file]): Program {
  const child = spawn(command[0]!, [...command.slice(1), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => void (text += more));
  const ended = once(child, 'close').then(() => undefined);
  const lines = (): readonly string[] => text.split('\n').slice(0, -1);
  const line = async (start: string): Promise<string> => {
    for (;;) {
      const found = lines().find((one) => one.startsWith(start));
      if (found !== undefined) return found;
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the program has ended without a line ${start}`);
      await Promise.race([once(child.stdout, 'data'), ended]);
    }
  };
  return { process: child, lines, line, ended };
}
