/** The kernel that tests run on: the built library and every primitive. Made once for each test file. */
import { createRe2Engine } from '../../src/evaluator/primitives/re2.ts';
import { createEnvironment, type Environment } from '../../src/host/compile.ts';
import { IMAGE_TEXT } from '../../src/library/image.ts';

export function testEnvironment(): Environment {
  return createEnvironment(JSON.parse(IMAGE_TEXT), createRe2Engine());
}
