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
const HEAVY: ReadonlySet<string> = new Set(['functions/depth.rtfs']);

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
      return problem === null ? [] : [`line ${expectation.line}: ${expectation.form}\n    ${problem}`];
    });
    expect(problems.join('\n')).toBe('');
  });
});

test('the corpus has at least 1,500 expectations', () => {
  expect(total).toBeGreaterThanOrEqual(1500);
});
