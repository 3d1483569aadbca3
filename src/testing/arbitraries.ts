/** The door of `rtfs/testing/arbitraries`: values and programs for property tests. Needs `fast-check`, which is not installed with RTFS. */
import fc from 'fast-check';
import { generateProgram, type Style } from './programs.ts';

export { generateProgram, type GeneratedProgram, type Style } from './programs.ts';
export { arbitraryAtom, arbitraryFloat, arbitraryInteger, arbitraryNumber, arbitraryText, arbitraryValue } from './values.ts';

/** Texts of programs that compile and end, some of them with an error; `pure` ones call nothing, the others `:c0` to `:c4` with one argument. */
export function arbitraryProgram(style: Pick<Style, 'docs' | 'pure'> = {}): fc.Arbitrary<string> {
  return fc.integer().map((seed) => generateProgram(seed, style).text);
}
