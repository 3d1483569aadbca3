/** M5: every program of the corpus, with steps, branches and all, does the same on every tier. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compile, type Environment } from '../../src/host/compile.ts';
import { readConformance } from '../../src/host/conformance.ts';
import type { Journey } from '../support/journey.ts';
import { compiled, machine, mixed, travelWhole } from './tiers.ts';

const root = fileURLToPath(new URL('../conformance', import.meta.url));

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : entry.name.endsWith('.rtfs') ? [join(folder, entry.name)] : []))
    .sort();
}

/** Files about size take long in all ways. */
const HEAVY: ReadonlySet<string> = new Set(['functions/depth.rtfs', 'limits/snapshots.rtfs', 'limits/numbers-and-text.rtfs', 'limits/deep-data.rtfs', 'library/large.rtfs']);

function run(environment: Environment, text: string): Journey | null {
  const { program } = compile(environment, { file: 'test.rtfs', text });
  return program === null ? null : travelWhole(program, { limits: { fuel: 2_000_000, calls: 200 } });
}

let compared = 0;

describe.each(files(root).map((path) => [relative(root, path), path] as const).filter(([name]) => !HEAVY.has(name)))('%s', (name, path) => {
  test('is the same on every tier', () => {
    readConformance(readFileSync(path, 'utf8'), name).forEach(({ program, line }, index) => {
      const expected = run(machine, program);
      if (expected === null) return;
      compared += 1;
      expect({ line, journey: run(compiled, program) }).toEqual({ line, journey: expected });
      expect({ line, journey: run(mixed(index), program) }).toEqual({ line, journey: expected });
    });
  });
});

test('that were many', () => {
  expect(compared).toBeGreaterThan(5_000);
});
