/** What the kernel weighs in a page: everything that its entry needs, minified and compressed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { type Row, row, unavailable } from '../report.ts';
import type { Suite, SuiteInput } from './suite.ts';

const KERNEL = 'kernel without parser, minified and compressed';
const UNIT = 'kB';
const TARGET = 55;

export const size: Suite = {
  names: [KERNEL],
  run: ({ root }: SuiteInput): readonly Row[] => {
    const entry = join(root, 'dist/kernel.js');
    if (!existsSync(entry)) return [unavailable(KERNEL, UNIT, TARGET, 'there is no dist/kernel.js')];
    const { outputFiles, metafile } = buildSync({
      entryPoints: [entry], bundle: true, minify: true, write: false, metafile: true, format: 'esm', platform: 'neutral', mainFields: ['module', 'main'],
      target: 'es2022', absWorkingDir: root, outdir: 'unused', logLevel: 'error', legalComments: 'none',
    });
    const inputs = Object.keys(metafile.inputs);
    if (inputs.some((input) => input.includes('chevrotain'))) return [unavailable(KERNEL, UNIT, TARGET, 'the kernel holds the parser')];
    const plain = outputFiles.reduce((sum, file) => sum + file.contents.length, 0);
    const packed = outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0);
    return [row(KERNEL, packed / 1000, UNIT, TARGET, `${(plain / 1000).toPrecision(3)} kB before compression`)];
  },
};
