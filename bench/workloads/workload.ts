/**
 * A workload: one task written twice, as an RTFS program and as the JavaScript that somebody would write by hand, with
 * the same algorithm. The two must give the same answer; a test holds small sizes against each other, and every
 * benchmark run checks the full one.
 *
 * `source` keeps to what RTFS and Clojure have in common, so that other Clojure-like systems can be given the same text.
 */
import type { Value } from '../../src/value/value.ts';

/** What a workload is given: passed to `main` and to the baseline alike. */
export type Argument = number | string;

export interface Workload {
  /** With the size: `fib 30`. */
  readonly name: string;
  /** Definitions, among them `main`, which takes the arguments. */
  readonly source: string;
  readonly baseline: (...args: Argument[]) => unknown;
  /** The data structures of the baseline, for the table: where the program updates persistent data, so does the baseline. */
  readonly against: 'numbers' | 'arrays' | 'Immutable.List' | 'Immutable.Map';
  readonly args: () => readonly Argument[];
  /** A size that takes a few milliseconds. */
  readonly smallArgs: () => readonly Argument[];
  /** Whether the program's answer is the baseline's; `===` when it is left out. */
  readonly agrees?: (answer: Value, expected: unknown) => boolean;
}

export function agrees(workload: Workload, answer: Value, expected: unknown): boolean {
  return workload.agrees === undefined ? answer === expected : workload.agrees(answer, expected);
}
