/**
 * The program that every engine runs: reader, kernel, library and the whole conformance corpus in one script for a bare
 * engine of ES2022. It asks nothing of its surroundings; what it found is returned as text.
 */
import { checkExpectation, type Mode, readConformance } from '../../../src/host/conformance.ts';
import { createRe2Engine } from '../../../src/evaluator/primitives/re2.ts';
import { createEnvironment } from '../../../src/host/compile.ts';
import { remaining } from '../../../src/evaluator/kernel.ts';
import type { State } from '../../../src/evaluator/state.ts';
import { IMAGE_TEXT } from '../../../src/library/image.ts';
import { CORPUS } from './corpus-data.ts';
import { Digest } from './digest.ts';
import type { FileReport } from './report.ts';

const environment = createEnvironment(JSON.parse(IMAGE_TEXT), createRe2Engine());

function runFile(index: number, mode: Mode, skipped: readonly number[]): FileReport {
  const { name, text } = CORPUS[index]!;
  const expectations = readConformance(text, name);
  const digest = new Digest();
  const failures: string[] = [];
  const costs: [number, number][] = [];
  for (const expectation of expectations) {
    if (skipped.includes(expectation.line)) continue;
    let cost = 0;
    const problem = checkExpectation(environment, expectation, mode, {
      compiled: (compilation) => {
        digest.text(compilation.program?.hash ?? 'rejected');
        digest.diagnostics(compilation.diagnostics);
      },
      advanced: (advance) => {
        digest.advance(advance);
        cost = spent(advance.state);
      },
    });
    if (problem !== null) failures.push(`${name}:${expectation.line}: ${problem}`);
    costs.push([expectation.line, cost]);
  }
  return { name, count: costs.length, failures, costs, hash: digest.end() };
}

function spent(state: State): number {
  const { limits } = state;
  const { fuel, allocation } = remaining(state);
  return limits.fuel - fuel + limits.allocation - allocation;
}

/** The reports of the files from `from` up to `to`, as JSON; without the expectations that stand in the `skipped` lines. */
function run(mode: Mode, from: number, to: number, skipped: readonly number[] = []): string {
  const reports: FileReport[] = [];
  for (let index = from; index < Math.min(to, CORPUS.length); index++) reports.push(runFile(index, mode, skipped));
  return JSON.stringify(reports);
}

(globalThis as unknown as { rtfsEngineTest: typeof run }).rtfsEngineTest = run;
