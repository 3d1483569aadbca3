/**
 * The tokens of RTFS text. This file and reader.ts are the only ones that know chevrotain.
 *
 * The lexer is total: every character belongs to a token or to skipped trivia, so there are no lexer errors. A run of
 * characters up to the next delimiter is one `Word`, whatever it is; read-word.ts says later what it means, which is
 * why a malformed number is never split in two. All patterns run in linear time and constant stack; the two that
 * cannot be said that way (strings with escapes, nested comments) are hand-written scanners.
 */
import { createToken, type IToken, type ITokenConfig, Lexer, type TokenType } from 'chevrotain';
import { hashCommentEnd, stringEnd, WHITESPACE, WORD_END, WORD_START } from './characters.ts';

export type Token = IToken;
export type { TokenType };

type Scanner = (text: string, offset: number) => [string] | null;

/** What stands from `offset` to `end`; null when `end` is -1. */
function upTo(text: string, offset: number, end: number): [string] | null {
  return end < 0 ? null : [text.slice(offset, end)];
}

const scanEscapedString: Scanner = (text, offset) => upTo(text, offset, stringEnd(text, offset));

const scanRegexLiteral: Scanner = (text, offset) => (text.startsWith('#"', offset) ? upTo(text, offset, stringEnd(text, offset + 1)) : null);

const scanOpenString: Scanner = (text, offset) =>
  text.startsWith('"', offset) || text.startsWith('#"', offset) ? [text.slice(offset)] : null;

const scanHashComment: Scanner = (text, offset) => upTo(text, offset, hashCommentEnd(text, offset));

const scanOpenComment: Scanner = (text, offset) => (text.startsWith('#|', offset) ? [text.slice(offset)] : null);

export interface Tokens {
  /** What all tokens are, for the one rule of the grammar; never made by the lexer. */
  readonly piece: TokenType;
  readonly blank: TokenType;
  readonly space: TokenType;
  readonly lineComment: TokenType;
  readonly hashComment: TokenType;
  readonly openParen: TokenType;
  readonly closeParen: TokenType;
  readonly openBracket: TokenType;
  readonly closeBracket: TokenType;
  readonly openBrace: TokenType;
  readonly closeBrace: TokenType;
  readonly word: TokenType;
  readonly string: TokenType;
  readonly escapedString: TokenType;
  readonly quote: TokenType;
  readonly quasiquote: TokenType;
  readonly unquoteSplicing: TokenType;
  readonly unquote: TokenType;
  readonly at: TokenType;
  readonly caret: TokenType;
  readonly openFn: TokenType;
  readonly openSet: TokenType;
  readonly discard: TokenType;
  readonly special: TokenType;
  readonly regexLiteral: TokenType;
  readonly openString: TokenType;
  readonly openComment: TokenType;
  readonly dispatch: TokenType;
  readonly character: TokenType;
  /** A closing bracket put in by the repair of unbalanced text; never made by the lexer. */
  readonly mend: TokenType;
  /** Where the repair left a closing bracket out; never made by the lexer. */
  readonly scar: TokenType;
}

/** What tokens begin with: characters, or their codes. The lexer could find that out by itself, in a third of the time that reading a small plan takes. */
type Starts = (string | number)[];

/** The lexer looks at these one by one, and at all others in groups. */
const SINGLE_CODES = 256;
const CODES_IN_GROUP = 255;

/** Of the characters of a class those that are looked at one by one; and of each group that has any of them one, which are given. */
function startsOf(characters: string, others: Starts): Starts {
  const isStart = new RegExp(`[${characters}]`);
  const starts: Starts = [];
  for (let code = 0; code < SINGLE_CODES; code++) if (isStart.test(String.fromCharCode(code))) starts.push(code);
  return starts.concat(others);
}

const SPACES_IN_GROUPS: Starts = [0x1680, 0x2000, 0x3000, 0xfeff];

function allGroups(): Starts {
  const starts: Starts = [SINGLE_CODES];
  for (let code = 2 * CODES_IN_GROUP; code <= 0xffff; code += CODES_IN_GROUP) starts.push(code);
  return starts;
}

/** In the order in which the lexer tries them. */
function createTokens(): Tokens {
  const piece = createToken({ name: 'Piece', pattern: Lexer.NA });
  const plain = (name: string, pattern: string | RegExp): TokenType => createToken({ name, pattern, categories: piece });
  const matched = (name: string, pattern: RegExp, starts: Starts): TokenType => createToken({ name, pattern, start_chars_hint: starts, categories: piece });
  const custom = (name: string, scan: Scanner, starts: Starts): TokenType => createToken({ name, ...scanned(scan, starts), categories: piece });
  return {
    piece,
    // Most white space is one blank between two words: a pattern of one character costs a comparison, not a search.
    blank: createToken({ name: 'Blank', pattern: ' ', group: Lexer.SKIPPED }),
    space: createToken({ name: 'Space', pattern: new RegExp(`[${WHITESPACE}]+`), start_chars_hint: startsOf(WHITESPACE, SPACES_IN_GROUPS), group: Lexer.SKIPPED }),
    openParen: plain('OpenParen', '('),
    closeParen: plain('CloseParen', ')'),
    word: matched('Word', new RegExp(`[${WORD_START}][^${WORD_END}]*`), startsOf(WORD_START, allGroups())),
    openBracket: plain('OpenBracket', '['),
    closeBracket: plain('CloseBracket', ']'),
    openBrace: plain('OpenBrace', '{'),
    closeBrace: plain('CloseBrace', '}'),
    string: createToken({ name: 'String', pattern: /"[^"\\]*"/, start_chars_hint: ['"'], line_breaks: true, categories: piece }),
    escapedString: custom('EscapedString', scanEscapedString, ['"']),
    lineComment: createToken({ name: 'LineComment', pattern: /;[^\n\r]*/, start_chars_hint: [';'], group: Lexer.SKIPPED }),
    quote: plain('Quote', "'"),
    quasiquote: plain('Quasiquote', '`'),
    unquoteSplicing: plain('UnquoteSplicing', '~@'),
    unquote: plain('Unquote', '~'),
    at: plain('At', '@'),
    caret: plain('Caret', '^'),
    hashComment: createToken({ name: 'HashComment', ...scanned(scanHashComment, ['#']), group: Lexer.SKIPPED }),
    openFn: plain('OpenFn', '#('),
    openSet: plain('OpenSet', '#{'),
    discard: plain('Discard', '#_'),
    special: matched('Special', new RegExp(`##[^${WORD_END}]*`), ['#']),
    regexLiteral: custom('RegexLiteral', scanRegexLiteral, ['#']),
    openString: custom('OpenString', scanOpenString, ['"', '#']),
    openComment: custom('OpenComment', scanOpenComment, ['#']),
    dispatch: matched('Dispatch', new RegExp(`#[^${WORD_END}']*'?`), ['#']),
    character: matched('Character', /\\(?:[A-Za-z0-9]+|[\ud800-\udbff][\udc00-\udfff]|[^])?/, ['\\']),
    mend: plain('Mend', Lexer.NA),
    scar: plain('Scar', Lexer.NA),
  };
}

function scanned(pattern: Scanner, starts: Starts): Pick<ITokenConfig, 'pattern' | 'start_chars_hint' | 'line_breaks'> {
  return { pattern, start_chars_hint: starts, line_breaks: true };
}

/**
 * Token objects that serve one stretch of a text after the other, and the array they are handed over in: made anew, they
 * are two fifths of all memory that reading takes. A pool lives as long as one reading, since tokens keep the text alive.
 */
export class TokenPool {
  /** The tokens of the last stretch. */
  readonly stretch: Token[] = [];
  private readonly made: Token[] = [];
  private size = 0;
  private offset = 0;

  /** `offset`: where the next stretch begins in the text. */
  begin(offset: number): void {
    this.size = 0;
    this.offset = offset;
  }

  add(image: string, startOffset: number, tokenTypeIdx: number, tokenType: TokenType): Token {
    const index = this.size++;
    const start = this.offset + startOffset;
    const known = this.made[index];
    if (known === undefined) return (this.stretch[index] = this.made[index] = { image, startOffset: start, tokenTypeIdx, tokenType });
    known.image = image;
    known.startOffset = start;
    known.tokenTypeIdx = tokenTypeIdx;
    known.tokenType = tokenType;
    return (this.stretch[index] = known);
  }

  end(): void {
    this.stretch.length = this.size;
  }
}

/**
 * Overrides the two methods that chevrotain's lexer calls for each token it does not skip; they are not part of what it
 * documents, so a newer version may need another way. `pool` is null for tokens that are kept.
 */
class PoolingLexer extends Lexer {
  pool: TokenPool | null = null;

  readonly createTokenInstance = (image: string, startOffset: number, tokenTypeIdx: number, tokenType: TokenType): Token =>
    this.pool === null ? { image, startOffset, tokenTypeIdx, tokenType } : this.pool.add(image, startOffset, tokenTypeIdx, tokenType);

  readonly addToken = (tokens: Token[], index: number, token: Token): number => {
    if (this.pool === null) tokens.push(token);
    return index;
  };
}

export interface Scanning {
  readonly tokens: Tokens;
  readonly types: TokenType[];
  readonly lexer: PoolingLexer;
}

/** `checked` makes chevrotain examine the token definitions; only tests pay for that. */
export function createScanning(checked: boolean): Scanning {
  const tokens = createTokens();
  const types: TokenType[] = Object.values(tokens);
  const lexer = new PoolingLexer(types, {
    positionTracking: 'onlyOffset',
    ensureOptimizations: checked,
    skipValidations: !checked,
  });
  return { tokens, types, lexer };
}

let scanning: Scanning | undefined;

/** Made on first use and then reused: making it costs some milliseconds. */
export function sharedScanning(): Scanning {
  scanning ??= createScanning(false);
  return scanning;
}

export function tokenize(text: string): Token[] {
  return sharedScanning().lexer.tokenize(text).tokens;
}

/** The tokens of `piece`, which stands at `offset` in the text; they are good until `pool` is used for the next one. */
export function tokenizeStretch(piece: string, offset: number, pool: TokenPool): Token[] {
  const { lexer } = sharedScanning();
  pool.begin(offset);
  lexer.pool = pool;
  lexer.tokenize(piece);
  lexer.pool = null;
  pool.end();
  return pool.stretch;
}

export function tokenEnd(token: Token): number {
  return token.startOffset + token.image.length;
}
