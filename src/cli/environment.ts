/** The library and the primitives, as every command that compiles needs them. */
import { createRe2Engine } from '../evaluator/primitives/re2.ts';
import type { TierName } from '../host/code-generation.ts';
import { createEnvironment, type Environment } from '../host/compile.ts';
import { IMAGE_TEXT } from '../library/image.ts';

export function cliEnvironment(tier: TierName = 'auto'): Environment {
  return createEnvironment(JSON.parse(IMAGE_TEXT), createRe2Engine(), { tier });
}

/** The variables that every program has. */
export const INPUT_VARIABLE = '*input*';
export const ARGUMENTS_VARIABLE = '*args*';
