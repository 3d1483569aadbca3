/**
 * What is wrong with a piece of text, before it is known where in the file the piece stands: the readers of words,
 * numbers and strings answer with it, and the builder turns it into a diagnostic.
 */
import type { Code } from '../diagnostic/codes.ts';

export interface Problem {
  readonly code: Code;
  readonly message: string;
  /** Offsets inside the piece. */
  readonly start: number;
  readonly end: number;
  readonly help: readonly string[];
}

export function problem(code: Code, message: string, piece: string, ...help: string[]): Problem {
  return { code, message, start: 0, end: piece.length, help };
}

const SHOWN_MAX = 60;

/** The user's own text for a message: in backquotes, shortened when it is long. */
export function shown(text: string): string {
  return text.length <= SHOWN_MAX ? `\`${text}\`` : `\`${wholePrefix(text, SHOWN_MAX - 1)}…\``;
}

/** At most `length` units from the start of `text`, without cutting a surrogate pair. */
function wholePrefix(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
