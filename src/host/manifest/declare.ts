/** Manifests of functions of the embedding program. */
import type { FunctionExecutor } from '../executor/executor.ts';
import { type Manifest, UNDECLARED } from './manifest.ts';
import { readType } from './type.ts';
import type { Value } from '../../value/value.ts';

/** What a program says of its function; types as text (`[:map [:city string]]`). What is left out is as in `UNDECLARED`. */
export interface FunctionDeclaration extends Partial<Omit<Manifest, 'id' | 'input' | 'output' | 'executor'>> {
  readonly id: string;
  readonly input?: string;
  readonly output?: string;
}

/** Throws an `Error` for a type that is none. */
export function declareFunction(declaration: FunctionDeclaration, call: FunctionExecutor['call']): Manifest {
  const { id, input, output, ...rest } = declaration;
  return { ...UNDECLARED, summary: '', ...rest, id, input: typeOf(id, 'input', input), output: typeOf(id, 'output', output), executor: { kind: 'function', call } };
}

function typeOf(id: string, what: string, text: string | undefined): Value {
  if (text === undefined) return null;
  const type = readType(text);
  if (type.ok) return type.value;
  throw new Error(`The ${what} of ${id} is no type: ${type.error.message}`);
}
