/**
 * Loading the command line from the one script that the build makes of it, with the code that the engine compiled when
 * it was built: reading that takes a third of the time of compiling the text. An engine of another version finds no code
 * of its own and compiles the text, and keeps what it compiled if it knows how to.
 *
 * The executable uses this, and the build to make the code.
 */
import { readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import type * as commandLine from './main.ts';

type CommandLine = typeof commandLine;

/** In the directory of the executable. */
const SCRIPT = 'main.cjs';

/** Compiled code only fits the engine that made it, so the engine is part of the name. */
export function codeFile(directory: string): string {
  return path.join(directory, `main-${process.versions.v8}-${process.arch}.code`);
}

export function loadCommandLine(directory: string): CommandLine {
  const file = path.join(directory, SCRIPT);
  const code = readIfThere(codeFile(directory));
  if (code !== null) return run(compile(file, code), file);
  const { enableCompileCache } = module as { readonly enableCompileCache?: () => void };
  enableCompileCache?.();
  return createRequire(file)(file) as CommandLine;
}

/** Code is ignored when it does not fit the text. */
export function compile(file: string, code?: Buffer): Script {
  // The bundle is pure ASCII, which is read faster as Latin-1.
  const text = readFileSync(file, 'latin1');
  return new Script(`(function (require, module, exports) {${text}\n})`, { filename: file, ...(code === undefined ? {} : { cachedData: code }) });
}

export function run(script: Script, file: string): CommandLine {
  const holder = { exports: {} };
  const body = script.runInThisContext() as (require: NodeJS.Require, module: object, exports: object) => void;
  body(createRequire(file), holder, holder.exports);
  return holder.exports as CommandLine;
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
