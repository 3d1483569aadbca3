/** The library and the primitives, as every command that compiles needs them. */
import { createRe2Engine } from '../evaluator/primitives/re2.ts';
import { createEnvironment, type Environment } from '../host/compile.ts';
import { IMAGE_TEXT } from '../library/image.ts';

export function cliEnvironment(): Environment {
  return createEnvironment(JSON.parse(IMAGE_TEXT), createRe2Engine());
}

/** The variables that every program has. */
export const INPUT_VARIABLE = '*input*';
export const ARGUMENTS_VARIABLE = '*args*';
