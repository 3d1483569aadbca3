/** What an engine says about one conformance file. */
export interface FileReport {
  readonly name: string;
  readonly count: number;
  readonly failures: readonly string[];
  /** The line of each expectation, and the fuel and cells that it spent. */
  readonly costs: readonly (readonly [line: number, cost: number])[];
  /** Of everything that the runs showed, in order. */
  readonly hash: string;
}
