/** What the kernel needs of regular expressions: something that compiles them. Bundles without it leave `re2.ts` out. */
import type { Captures, MatchMode, RegexProgram } from './regex-machine.ts';
import type { Meter } from '../limits.ts';

export interface Regex {
  readonly program: RegexProgram;
  run(text: string, from: number, mode: MatchMode, meter: Meter): Captures | null;
}

export interface RegexEngine {
  /** A compiled pattern, or what is wrong with it. Deterministic; may remember a bounded number of patterns. */
  compile(pattern: string): Regex | string;
}
