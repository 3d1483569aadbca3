/** From text to forms, and from text to code that can run. One megabyte is 1,000,000 characters here. */
import { read } from '../../src/parser/reader.ts';
import { ProgramBuilder } from '../../src/parser/program.ts';
import { compile, type Environment } from '../../src/host/compile.ts';
import { measureOne } from '../measure.ts';
import { ordinaryCode } from '../ordinary-code.ts';
import { type Row, row } from '../report.ts';
import type { Suite, SuiteInput } from './suite.ts';

const READING = 'reading ordinary code';
const LOWERING = 'reading and lowering ordinary code';
const COMPILING = 'reading, lowering and hashing ordinary code';

const UNITS = 1_000_000;

export const reading: Suite = {
  names: [READING, LOWERING, COMPILING],
  run: ({ environment, wants }: SuiteInput): readonly Row[] => {
    const text = ordinaryCode(UNITS);
    const rows: Row[] = [];
    const add = (name: string, target: number | null, run: () => number): void => {
      if (!wants(name)) return;
      const faults = run();
      if (faults > 0) throw new Error(`${name}: ${faults} diagnostics in ordinary code`);
      const { cpuMs, wallMs } = measureOne(run);
      rows.push(row(name, speed(text, cpuMs), 'MB/s', target, `${cpuMs.toPrecision(3)} ms, wall ${speed(text, wallMs).toPrecision(3)} MB/s`));
    };
    add(READING, 8, () => read(text, '<bench>').diagnostics.length);
    add(LOWERING, 2, () => lower(environment, text));
    add(COMPILING, null, () => compile(environment, { file: '<bench>', text }).diagnostics.length);
    return rows;
  },
};

function lower(environment: Environment, text: string): number {
  const { forms, diagnostics } = read(text, '<bench>');
  const builder = new ProgramBuilder({ library: environment.library, expander: () => ({ ok: false, message: 'no macros here', limit: false }) });
  return diagnostics.length + builder.build(forms, '<bench>').diagnostics.length;
}

function speed(text: string, milliseconds: number): number {
  return text.length / 1000 / milliseconds;
}
