/** Programs on the machine with the whole library, built afresh from its sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { resume } from '../../../../src/evaluator/kernel.ts';
import type { Limits } from '../../../../src/evaluator/limits.ts';
import { primitiveTable } from '../../../../src/evaluator/primitives/all.ts';
import { createRe2Engine } from '../../../../src/evaluator/primitives/re2.ts';
import type { HostCall } from '../../../../src/evaluator/state.ts';
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
const environment = createEnvironment(library.image, engine);

/** What happened in a run, as the marks of conformance files: `>>` call, `<<` answer, and last `=>` value or `!` kind and message. */
export type Happening = [mark: string, text: string];

/** Runs a program to its end; `answer` is asked for each host call, in order. */
export function run(text: string, answer: (call: HostCall) => Value, limits: Partial<Limits> = {}): Happening[] {
  const { program, diagnostics } = compile(environment, { file: '<example>', text });
  if (program === null) return [['!', diagnostics.map((one) => `${one.code} ${one.message}`).join('; ')]];
  const happened: Happening[] = [];
  let advance = startProgram(program, { limits });
  for (;;) {
    const { outcome } = advance;
    switch (outcome.kind) {
      case 'complete':
        return [...happened, ['=>', printValue(outcome.value)!]];
      case 'failed':
        return [...happened, ['!', `${outcome.error.type.name.replace('error/', '')} ${outcome.error.message}`]];
      case 'preempted':
        throw new Error('no quantum was given');
      case 'requires-host': {
        const call = outcome.calls[0]!;
        const value = answer(call);
        happened.push(['>>', `(call :${call.capability}${call.args.map((arg) => ` ${printValue(arg)}`).join('')})`], ['<<', printValue(value)!]);
        advance = resume(advance.state, [{ id: call.id, ok: true, value }]);
      }
    }
  }
}

/** What a program without calls comes to: printed text, or `! kind message`. */
export function outcomeOf(text: string, limits: Partial<Limits> = {}): string {
  const happened = run(text, () => null, limits);
  const [mark, last] = happened.at(-1)!;
  return mark === '!' ? `! ${last}` : last;
}
