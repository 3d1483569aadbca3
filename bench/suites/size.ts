/**
 * What the kernel weighs in a page, minified and compressed: its door alone, which brings the primitives of the language;
 * and with all primitives and the code of the library, which is the most that a plan may need of it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { type Row, row, unavailable } from '../report.ts';
import type { Suite, SuiteInput } from './suite.ts';

const KERNEL = 'kernel without parser, minified and compressed';
const WHOLE = 'kernel with all primitives and the library, minified and compressed';
const UNIT = 'kB';
const TARGET = 55;

interface Weighing {
  readonly name: string;
  /** Of one page, which loads all of them. */
  readonly doors: readonly string[];
  readonly target: number | null;
}

const WEIGHINGS: readonly Weighing[] = [
  { name: KERNEL, doors: ['kernel'], target: TARGET },
  { name: WHOLE, doors: ['kernel', 'primitives', 'library'], target: null },
];

export const size: Suite = {
  names: [KERNEL, WHOLE],
  run: ({ root, wants }: SuiteInput): readonly Row[] => WEIGHINGS.filter(({ name }) => wants(name)).map((one) => weigh(root, one)),
};

function weigh(root: string, { name, doors, target }: Weighing): Row {
  const missing = doors.filter((door) => !existsSync(join(root, `dist/${door}.js`)));
  if (missing.length > 0) return unavailable(name, UNIT, target, `there is no dist/${missing[0]}.js`);
  const { outputFiles, metafile } = buildSync({
    stdin: { contents: doors.map((door) => `export * from './dist/${door}.js';`).join('\n'), resolveDir: root },
    bundle: true, minify: true, write: false, metafile: true, format: 'esm', platform: 'neutral', mainFields: ['module', 'main'],
    target: 'es2022', absWorkingDir: root, outdir: 'unused', logLevel: 'error', legalComments: 'none',
  });
  const inputs = Object.keys(metafile.inputs);
  if (inputs.some((input) => input.includes('chevrotain'))) return unavailable(name, UNIT, target, 'the kernel holds the parser');
  const plain = outputFiles.reduce((sum, file) => sum + file.contents.length, 0);
  const packed = outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0);
  return row(name, packed / 1000, UNIT, target, `${(plain / 1000).toPrecision(3)} kB before compression`);
}
