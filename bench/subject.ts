/** Programs under measurement: compiled once, started again and again. */
import { start } from '../src/evaluator/kernel.ts';
import { createRe2Engine } from '../src/evaluator/primitives/re2.ts';
import type { TierName } from '../src/host/code-generation.ts';
import { compile, createEnvironment, type Environment, type Program, startProgram } from '../src/host/compile.ts';
import { IMAGE_TEXT } from '../src/library/image.ts';
import type { Value } from '../src/value/value.ts';
import type { Argument, Workload } from './workloads/workload.ts';

export function benchEnvironment(tier: TierName = 'auto'): Environment {
  return createEnvironment(JSON.parse(IMAGE_TEXT), createRe2Engine(), { tier });
}

export function compiled(environment: Environment, text: string, file: string = '<bench>'): Program {
  const { program, diagnostics } = compile(environment, { file, text });
  if (program === null) throw new Error(`${file}: ${diagnostics.map((one) => one.message).join('; ')}`);
  return program;
}

/** A function of a program, to be called from outside. */
export interface Entry {
  readonly program: Program;
  readonly fn: Value;
}

/** The function that `name` stands for after the definitions of `text`. */
export function entryOf(environment: Environment, text: string, name: string = 'main'): Entry {
  const program = compiled(environment, `${text}\n${name}`);
  const { outcome } = startProgram(program);
  if (outcome.kind !== 'complete') throw new Error(`${name} is no function`);
  return { program, fn: outcome.value };
}

/** The value of the call; anything but a value is a bug of the benchmark. */
export function callEntry(entry: Entry, args: readonly Value[]): Value {
  const { outcome } = start(entry.program.table, entry.fn, args);
  if (outcome.kind === 'complete') return outcome.value;
  throw new Error(outcome.kind === 'failed' ? outcome.error.message : `unexpected outcome ${outcome.kind}`);
}

/** A workload on one way of running RTFS. */
export interface Subject {
  run(args: readonly Argument[]): Value;
}

/** On the tier that the environment has. */
export function running(environment: Environment, workload: Workload): Subject {
  const entry = entryOf(environment, workload.source);
  return { run: (args) => callEntry(entry, args) };
}
