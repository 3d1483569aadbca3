/** Values for property tests, as `rtfs/testing/arbitraries` has them. */
export {
  arbitraryAtom, arbitraryFloat, arbitraryInteger, arbitraryNumber, arbitraryText, arbitraryValue, rebuilt, testCode,
} from '../../src/testing/values.ts';
