/** Makes the scripts that engines run: one file each, for a bare engine of ES2022, with all data inside. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface CorpusFile {
  readonly name: string;
  readonly text: string;
}

/** Every conformance file, in the order of their names. */
export function corpus(): readonly CorpusFile[] {
  const folder = join(ROOT, 'test/conformance');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rtfs'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: relative(folder, path), text: readFileSync(path, 'utf8') }));
}

/** The text of a script that runs `test/engines/program/<name>.ts`. */
export async function bundle(name: 'corpus' | 'kernel'): Promise<string> {
  const result = await build({
    entryPoints: [join(ROOT, `test/engines/program/${name}.ts`)],
    bundle: true,
    write: false,
    // Neutral: whatever of node or of a browser were needed would be an error here.
    platform: 'neutral',
    mainFields: ['module', 'main'],
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'error',
    plugins: [
      {
        name: 'corpus-data',
        setup: (builder) => {
          builder.onLoad({ filter: /corpus-data\.ts$/ }, () => ({ contents: `export const CORPUS = ${JSON.stringify(corpus())};` }));
        },
      },
    ],
  });
  return result.outputFiles[0]!.text;
}
