/**
 * What the formatter works on: the tokens of a text that has no mistakes, and what stands in the gaps between them.
 * Nothing of the text is lost but blanks, commas that separate nothing, and how many blank lines there were.
 */
import { commentEnd } from './characters.ts';
import { sharedScanning, tokenEnd, tokenize, type TokenType } from './tokens.ts';

/** `meta` is followed by two forms; the other prefixes by one. A `discard` and its form count for nothing. */
export type Role = 'atom' | 'open' | 'close' | 'prefix' | 'meta' | 'discard';

export interface Comment {
  readonly text: string;
  /** It ends its line: a `;` comment, or a `#!` line. */
  readonly endsLine: boolean;
  /** Line breaks before it, and, when there is none, the blanks (after the last comma). */
  readonly newlines: number;
  readonly blanks: number;
}

/** What stands between two tokens. */
export interface Gap {
  /** Nothing at all: the tokens touch. */
  readonly touching: boolean;
  readonly comma: boolean;
  readonly comments: readonly Comment[];
  /** Line breaks after the last comment. */
  readonly newlines: number;
}

export interface Source {
  readonly size: number;
  readonly images: readonly string[];
  readonly roles: readonly Role[];
  /** `gaps[i]` stands before token `i`; there is one more at the end. */
  readonly gaps: readonly Gap[];
  /** The closing bracket of an opening one. */
  readonly match: Int32Array;
}

/** `text` has `\n` as its only line end. */
export function sourceOf(text: string): Source {
  const tokens = tokenize(text);
  const roleOf = rolesByType();
  const images: string[] = [];
  const roles: Role[] = [];
  const gaps: Gap[] = [];
  let from = 0;
  for (const token of tokens) {
    gaps.push(readGap(text, from, token.startOffset));
    images.push(token.image);
    roles.push(roleOf.get(token.tokenType) ?? 'atom');
    from = tokenEnd(token);
  }
  gaps.push(readGap(text, from, text.length));
  return { size: tokens.length, images, roles, gaps, match: matchesOf(roles) };
}

function rolesByType(): ReadonlyMap<TokenType, Role> {
  const types = sharedScanning().tokens;
  return new Map<TokenType, Role>([
    [types.openParen, 'open'],
    [types.openFn, 'open'],
    [types.openBracket, 'open'],
    [types.openBrace, 'open'],
    [types.openSet, 'open'],
    [types.closeParen, 'close'],
    [types.closeBracket, 'close'],
    [types.closeBrace, 'close'],
    [types.quote, 'prefix'],
    [types.quasiquote, 'prefix'],
    [types.unquote, 'prefix'],
    [types.unquoteSplicing, 'prefix'],
    [types.at, 'prefix'],
    [types.caret, 'meta'],
    [types.discard, 'discard'],
  ]);
}

function matchesOf(roles: readonly Role[]): Int32Array {
  const match = new Int32Array(roles.length).fill(-1);
  const open: number[] = [];
  for (let i = 0; i < roles.length; i++) {
    if (roles[i] === 'open') open.push(i);
    else if (roles[i] === 'close') match[open.pop()!] = i;
  }
  return match;
}

// Nearly all gaps are one of these.
const TOUCHING: Gap = { touching: true, comma: false, comments: [], newlines: 0 };
const BLANK: Gap = { touching: false, comma: false, comments: [], newlines: 0 };
const LINE: Gap = { touching: false, comma: false, comments: [], newlines: 1 };

function readGap(text: string, from: number, to: number): Gap {
  if (from === to) return TOUCHING;
  const comments: Comment[] = [];
  let comma = false;
  let newlines = 0;
  let blanks = 0;
  for (let i = from; i < to; ) {
    const end = commentEnd(text, i);
    if (end >= 0) {
      const endsLine = text[i] === ';' || text.startsWith('#!', i);
      comments.push({ text: withoutTrailingBlanks(text.slice(i, end)), endsLine, newlines, blanks });
      newlines = 0;
      blanks = 0;
      i = end;
      continue;
    }
    if (text[i] === '\n') newlines++;
    blanks = text[i] === ',' ? 0 : blanks + 1;
    comma ||= text[i] === ',';
    i++;
  }
  if (comments.length === 0 && !comma && newlines <= 1) return newlines === 0 ? BLANK : LINE;
  return { touching: false, comma, comments, newlines };
}

function withoutTrailingBlanks(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
