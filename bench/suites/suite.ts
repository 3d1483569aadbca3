/** What every part of the benchmark gives to `main.ts`. */
import type { Environment } from '../../src/host/compile.ts';
import type { Row } from '../report.ts';

export interface SuiteInput {
  readonly environment: Environment;
  /** The project's folder. */
  readonly root: string;
  /** Whether the row is wanted: a suite leaves out work that no wanted row needs. */
  readonly wants: (name: string) => boolean;
  /** Whether work that takes many minutes is done as well. */
  readonly isLong: boolean;
  /** Nothing is to be measured in processes of their own: this is one (`alone.ts`). */
  readonly isAlone: boolean;
}

export interface Suite {
  /** The names of all rows that `run` can give. */
  readonly names: readonly string[];
  run(input: SuiteInput): readonly Row[] | Promise<readonly Row[]>;
}
