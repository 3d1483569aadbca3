/** Programs on the machine with the whole library, built afresh from its sources. */
import { readdirSync, readFileSync } from 'node:fs';
import type { CodeTable } from '../../../../src/evaluator/code.ts';
import { resume, type StartOptions } from '../../../../src/evaluator/kernel.ts';
import type { Limits } from '../../../../src/evaluator/limits.ts';
import { primitiveTable } from '../../../../src/evaluator/primitives/all.ts';
import { createRe2Engine } from '../../../../src/evaluator/primitives/re2.ts';
import { restore, snapshot } from '../../../../src/evaluator/snapshot.ts';
import type { Answer, HostCall, State } from '../../../../src/evaluator/state.ts';
import { compile, createEnvironment, startProgram } from '../../../../src/host/compile.ts';
import { buildLibrary } from '../../../../src/host/library-build.ts';
import { printValue } from '../../../../src/value/print.ts';
import type { Value } from '../../../../src/value/value.ts';

const folder = new URL('../../../../stdlib/', import.meta.url);
const engine = createRe2Engine();

export function libraryText(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8');
}

export const library = buildLibrary(
  readdirSync(folder)
    .filter((name) => name.endsWith('.rtfs'))
    .sort()
    .map((file) => ({ file, text: libraryText(file) })),
  primitiveTable(engine),
);
export const environment = createEnvironment(library.image, engine);

/** What happened in a run, as the marks of conformance files: `>>` call, `<<` answer, and last `=>` value or `!` kind and message. */
export type Happening = [mark: string, text: string];

/**
 * Runs a program to its end; `answer` is asked for each host call, in order. With a quantum the run is stopped as often
 * as that says, and goes on from bytes each time.
 */
export function run(text: string, answer: (call: HostCall) => Value, options: StartOptions = {}): Happening[] {
  const { program, diagnostics } = compile(environment, { file: '<example>', text });
  if (program === null) return [['!', diagnostics.map((one) => `${one.code} ${one.message}`).join('; ')]];
  const happened: Happening[] = [];
  let advance = startProgram(program, options);
  for (;;) {
    const { outcome } = advance;
    const answers: Answer[] = [];
    switch (outcome.kind) {
      case 'complete':
        return [...happened, ['=>', printValue(outcome.value)!]];
      case 'failed':
        return [...happened, ['!', `${outcome.error.type.name.replace('error/', '')} ${outcome.error.message}`]];
      case 'preempted':
        break;
      case 'requires-host': {
        const call = outcome.calls[0]!;
        const value = answer(call);
        happened.push(['>>', `(call :${call.capability}${call.args.map((arg) => ` ${printValue(arg)}`).join('')})`], ['<<', printValue(value)!]);
        answers.push({ id: call.id, ok: true, value });
      }
    }
    const { quantum } = options;
    advance = quantum === undefined ? resume(advance.state, answers) : resume(reloaded(advance.state, program.table), answers, { quantum });
  }
}

function reloaded(state: State, table: CodeTable): State {
  const restored = restore(snapshot(state), table);
  if (!restored.ok) throw new Error(restored.error.message);
  return restored.value;
}

/** What a program without calls comes to: printed text, or `! kind message`. */
export function outcomeOf(text: string, limits: Partial<Limits> = {}): string {
  const happened = run(text, () => null, { limits });
  const [mark, last] = happened.at(-1)!;
  return mark === '!' ? `! ${last}` : last;
}
