/**
 * Loading the command line from the two scripts that the build makes of it, with the code that the engine compiled when
 * it was built: reading that takes a third of the time of compiling the text. An engine of another version finds no code
 * of its own and compiles the text, and keeps what it compiled if it knows how to.
 *
 * The executable uses this, and the build to make the code.
 */
import { existsSync, readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import type * as commandLine from './main.ts';

type CommandLine = typeof commandLine;

/** In the directory of the executable: what running a plan needs. It asks for `COMMANDS` itself, when it needs more than that. */
const MAIN = 'main.cjs';
const COMMANDS = 'commands.cjs';

export function loadCommandLine(directory: string): CommandLine {
  if (existsSync(codeFile(directory, MAIN))) return new Scripts(directory).commandLine();
  const { enableCompileCache } = module as { readonly enableCompileCache?: () => void };
  enableCompileCache?.();
  return createRequire(path.join(directory, MAIN))(`./${MAIN}`) as CommandLine;
}

/** Compiled code only fits the engine that made it, so the engine is part of the name. */
function codeFile(directory: string, name: string): string {
  return path.join(directory, `${path.parse(name).name}-${process.versions.v8}-${process.arch}.code`);
}

/** The scripts of a directory, each loaded once, when it is first asked for. */
export class Scripts {
  private readonly directory: string;
  private readonly require: NodeJS.Require;
  private readonly loaded = new Map<string, { readonly script: Script; exports: object }>();

  constructor(directory: string) {
    this.directory = directory;
    this.require = createRequire(path.join(directory, MAIN));
  }

  commandLine(): CommandLine {
    return this.load(MAIN) as CommandLine;
  }

  /** By the names of their files, the code that the engine has compiled of the scripts so far. */
  compiledCode(): (readonly [file: string, code: Buffer])[] {
    return [...this.loaded].map(([name, { script }]) => [codeFile(this.directory, name), script.createCachedData()] as const);
  }

  private load(name: string): object {
    const known = this.loaded.get(name);
    if (known !== undefined) return known.exports;
    const script = compile(path.join(this.directory, name), readIfThere(codeFile(this.directory, name)));
    const holder = { script, exports: {} };
    this.loaded.set(name, holder);
    const body = script.runInThisContext() as (require: (id: string) => unknown, module: object, exports: object) => void;
    body((id) => (id === `./${MAIN}` || id === `./${COMMANDS}` ? this.load(id.slice(2)) : this.require(id)), holder, holder.exports);
    return holder.exports;
  }
}

/** Code is ignored when it does not fit the text. */
function compile(file: string, code: Buffer | null): Script {
  // The scripts are pure ASCII, which is read faster as Latin-1.
  const text = readFileSync(file, 'latin1');
  return new Script(`(function (require, module, exports) {${text}\n})`, { filename: file, ...(code === null ? {} : { cachedData: code }) });
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
