/** What an engine says about one conformance file. */
export interface FileReport {
  readonly name: string;
  readonly count: number;
  readonly failures: readonly string[];
  /** Of everything that the runs showed, in order. */
  readonly hash: string;
}
