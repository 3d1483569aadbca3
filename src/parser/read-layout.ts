/**
 * How the tokens of a text are laid out: lines, columns, which of them are brackets. Only the repair of unbalanced
 * brackets asks for it, so it is computed only then. Flat arrays, since the text may have millions of tokens.
 */
import type { Token, TokenType, Tokens } from './tokens.ts';

/** 0 for what is no bracket; 1–3 for opening ones; their closing ones are 3 more. */
export type BracketKind = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export const CLOSER_TEXT: readonly string[] = ['', ')', ']', '}', ')', ']', '}'];

export interface Layout {
  readonly size: number;
  readonly kind: Uint8Array;
  /** The line a token begins on, from 0. */
  readonly line: Int32Array;
  /** UTF-16 units before the token on its line. */
  readonly column: Int32Array;
  /** 1 when no token begins or ends on the line before this one. */
  readonly first: Uint8Array;
  /** The index of the closing bracket such that all between is balanced; -1 when there is none. */
  readonly match: Int32Array;
}

export function layOut(tokens: readonly Token[], text: string, types: Tokens): Layout {
  const size = tokens.length;
  const kind = kindsOf(tokens, types);
  const line = new Int32Array(size);
  const column = new Int32Array(size);
  const first = new Uint8Array(size);
  const lines = new LineCounter(text);
  let lastLine = -1;
  for (let i = 0; i < size; i++) {
    const { startOffset, image } = tokens[i]!;
    lines.advanceTo(startOffset);
    line[i] = lines.line;
    column[i] = startOffset - lines.start;
    first[i] = lines.line === lastLine ? 0 : 1;
    if (image.length > 1) lines.advanceTo(startOffset + image.length);
    lastLine = lines.line;
  }
  return { size, kind, line, column, first, match: matchesOf(kind) };
}

function kindsOf(tokens: readonly Token[], types: Tokens): Uint8Array {
  const kinds = new Map<TokenType, BracketKind>([
    [types.openParen, 1],
    [types.openFn, 1],
    [types.openBracket, 2],
    [types.openBrace, 3],
    [types.openSet, 3],
    [types.closeParen, 4],
    [types.closeBracket, 5],
    [types.closeBrace, 6],
  ]);
  const kind = new Uint8Array(tokens.length);
  for (let i = 0; i < tokens.length; i++) kind[i] = kinds.get(tokens[i]!.tokenType) ?? 0;
  return kind;
}

/** Walks the line ends of a text forward: `\n`, `\r\n` and a lone `\r`. */
class LineCounter {
  line = 0;
  /** Where the line starts. */
  start = 0;
  private offset = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  advanceTo(end: number): void {
    const { text } = this;
    for (; this.offset < end; this.offset++) {
      const code = text.charCodeAt(this.offset);
      if (code !== 10 && (code !== 13 || text.charCodeAt(this.offset + 1) === 10)) continue;
      this.line++;
      this.start = this.offset + 1;
    }
  }
}

/** One pass: a closing bracket that does not fit leaves everything open around it without a match for good. */
function matchesOf(kind: Uint8Array): Int32Array {
  const match = new Int32Array(kind.length).fill(-1);
  const open: number[] = [];
  for (let i = 0; i < kind.length; i++) {
    const k = kind[i]!;
    if (k === 0) continue;
    if (k <= 3) open.push(i);
    else if (open.length > 0 && kind[open[open.length - 1]!] === k - 3) match[open.pop()!] = i;
    else open.length = 0;
  }
  return match;
}
