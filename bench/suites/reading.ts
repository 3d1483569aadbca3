/** From text to forms, and from text to code that can run. One megabyte is 1,000,000 characters here. */
import type { Form } from '../../src/parser/form.ts';
import { read } from '../../src/parser/reader.ts';
import { ProgramBuilder } from '../../src/parser/program.ts';
import { compile, type Environment } from '../../src/host/compile.ts';
import { measure, measureOne } from '../measure.ts';
import { ordinaryCode } from '../ordinary-code.ts';
import { type Row, row } from '../report.ts';
import type { Suite, SuiteInput } from './suite.ts';

const READING = 'reading ordinary code';
const AGAINST_JSON = 'reading ordinary code against JSON.parse';
const LOWERING = 'reading and lowering ordinary code';
const COMPILING = 'reading, lowering and hashing ordinary code';

const UNITS = 1_000_000;
/**
 * One run of these takes about as long as the usual warm-up, and makes so much garbage that every third one waits for the old space to be
 * collected: so the engine gets some runs to know them, and there are samples enough for the median to be a run of the usual kind.
 */
const STEADY = { warmUpRuns: 8, samples: 9 };

export const reading: Suite = {
  names: [READING, AGAINST_JSON, LOWERING, COMPILING],
  run: ({ environment, wants }: SuiteInput): readonly Row[] => {
    const text = ordinaryCode(UNITS);
    const rows: Row[] = [];
    const add = (name: string, target: number | null, run: () => number): void => {
      if (!wants(name)) return;
      const faults = run();
      if (faults > 0) throw new Error(`${name}: ${faults} diagnostics in ordinary code`);
      const { cpuMs, wallMs } = measureOne(run, target === null ? {} : STEADY);
      rows.push(row(name, speed(text, cpuMs), 'MB/s', target, `${cpuMs.toPrecision(3)} ms, wall ${speed(text, wallMs).toPrecision(3)} MB/s`));
    };
    add(READING, 12, () => read(text, '<bench>').diagnostics.length);
    if (wants(AGAINST_JSON)) rows.push(againstJson(text));
    add(LOWERING, 4, () => lower(environment, text));
    add(COMPILING, null, () => compile(environment, { file: '<bench>', text }).diagnostics.length);
    return rows;
  },
};

/** How many times as long as JSON.parse the reader takes for a character: which of the two is slow on a machine shows nowhere. */
function againstJson(text: string): Row {
  const json = JSON.stringify(read(text, '<bench>').forms.map(asData));
  const [ours, theirs] = measure([{ run: () => read(text, '<bench>') }, { run: (): unknown => JSON.parse(json) }]);
  const factor = speed(json, theirs!.cpuMs) / speed(text, ours!.cpuMs);
  return row(AGAINST_JSON, factor, '×', null, `the same words and nesting as JSON: ${speed(json, theirs!.cpuMs).toPrecision(3)} MB/s`);
}

/** Lists are arrays, words are strings. */
function asData(form: Form): unknown {
  if (form.kind === 'atom') return form.value;
  return 'items' in form ? form.items.map(asData) : form.name;
}

function lower(environment: Environment, text: string): number {
  const { forms, diagnostics, definesInside } = read(text, '<bench>');
  const builder = new ProgramBuilder({ library: environment.library, expander: () => ({ ok: false, message: 'no macros here', limit: false }) });
  return diagnostics.length + builder.build(forms, '<bench>', definesInside).diagnostics.length;
}

function speed(text: string, milliseconds: number): number {
  return text.length / 1000 / milliseconds;
}
