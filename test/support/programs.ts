/** Random programs, as `rtfs/testing/arbitraries` has them. */
export { type Change, type GeneratedProgram, generateProgram, randomNumbers, type Style } from '../../src/testing/programs.ts';
