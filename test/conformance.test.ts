import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkExpectation, type Mode, MODES, readConformance } from '../src/host/conformance.ts';
import { testEnvironment } from './support/environment.ts';

const root = fileURLToPath(new URL('./conformance', import.meta.url));

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : entry.name.endsWith('.rtfs') ? [join(folder, entry.name)] : []))
    .sort();
}

/** Files about size run in the ways that take a reasonable time. */
const HEAVY: ReadonlySet<string> = new Set(['functions/depth.rtfs', 'limits/snapshots.rtfs', 'limits/numbers-and-text.rtfs', 'limits/deep-data.rtfs', 'library/large.rtfs']);

/**
 * Known gaps: expectations of the reference that do not hold yet, or cannot hold in one way of running. They are run
 * like all others and must still fail; one that holds has to leave this list.
 */
const GAPS: readonly { readonly file: string; readonly form: string; readonly modes: readonly Mode[]; readonly why: string }[] = [
  { file: 'library/building.rtfs', form: '(iterate ', modes: MODES, why: 'nothing is lazy; `iterate-n` takes a count' },
  { file: 'library/callbacks-that-call.rtfs', form: '(iterate ', modes: MODES, why: 'nothing is lazy; `iterate-n` takes a count' },
  { file: 'forms/effects-positions.rtfs', form: '{:b (call :first) :a (call :second)}', modes: ['reprint'], why: 'a map that is printed has lost the order of its text' },
  { file: 'syntax/annotations.rtfs', form: '(let [k :a x:int 1] [k x])', modes: ['reprint'], why: 'printed data keeps no account of `x:int` being written without a blank' },
];

function isGap(file: string, form: string, mode: Mode): boolean {
  return GAPS.some((gap) => gap.file === file && form.includes(gap.form) && gap.modes.includes(mode));
}

const environment = testEnvironment();
let total = 0;

describe.each(files(root).map((path) => [relative(root, path), path] as const))('%s', (name, path) => {
  const expectations = readConformance(readFileSync(path, 'utf8'), name);
  total += expectations.length;

  test('has expectations', () => {
    expect(expectations.length).toBeGreaterThan(0);
  });

  test.each(MODES.filter((mode) => !HEAVY.has(name) || mode === 'straight' || mode === 'reload'))('holds when run %s', (mode: Mode) => {
    const problems = expectations.flatMap((expectation) => {
      const problem = checkExpectation(environment, expectation, mode);
      if (expectation.expected.kind === 'value' && isGap(name, expectation.form, mode)) return problem === null ? [`line ${expectation.line}: ${expectation.form}\n    holds now: take it from the list of gaps`] : [];
      return problem === null ? [] : [`line ${expectation.line}: ${expectation.form}\n    ${problem}`];
    });
    expect(problems.join('\n')).toBe('');
  });
});

test('the corpus has at least 1,500 expectations', () => {
  expect(total).toBeGreaterThanOrEqual(1500);
});
