/**
 * The reader: text → forms with spans, and everything that is wrong with the text.
 *
 * It never throws, whatever the text, and never recurses: the grammar is one flat rule whose actions drive the
 * `FormBuilder`, which keeps the nesting on a stack of its own. When the brackets do not match, the tokens are
 * repaired first and read a second time.
 */
import { EmbeddedActionsParser } from 'chevrotain';
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import type { Form } from './form.ts';
import { FormBuilder } from './read-builder.ts';
import { explainDispatch, explainSpecial, specialFloat } from './read-dispatch.ts';
import { endOpenString } from './read-open-string.ts';
import { problem } from './read-problem.ts';
import { firstMisfit, repairBrackets } from './read-repair.ts';
import { scan } from './scanner.ts';
import { createScanning, type Scanning, sharedScanning, type Token, tokenEnd, tokenize, tokenizeStretch, TokenPool, type Tokens, type TokenType } from './tokens.ts';

export interface ReadOptions {
  /** Texts with more UTF-16 code units are refused with E0117; `READ_LENGTH_MAX` unless given. */
  readonly lengthMax?: number;
}

export interface Reading {
  /** The top-level forms; whatever could be read, when there are diagnostics. */
  readonly forms: Form[];
  /** In the order of the text. */
  readonly diagnostics: Diagnostic[];
  /** More text could still make it whole: the brackets fit so far, and it ends inside something. For prompts. */
  readonly incomplete: boolean;
  /** Some list that is not at the top may define a name (`def` and the like). For whoever lowers the forms. */
  readonly definesInside: boolean;
}

export const READ_LENGTH_MAX: number = 8 * 1024 * 1024;
/** Code has a token in every five characters. A million maps in each other are three million tokens, and take half a gigabyte. */
const TOKENS_MAX = 3_100_000;
/** Longer texts with unbalanced brackets get one message about them: repairing takes ten times the time of reading. */
const REPAIRED_TOKENS_MAX = 500_000;

export function read(text: string, file: string, options: ReadOptions = {}): Reading {
  const refusal = refuse(text, file, options.lengthMax ?? READ_LENGTH_MAX);
  if (refusal !== null) return refused(refusal);
  return readRight(text, file) ?? readAny(text, file);
}

/** The reading of a text with nothing wrong in it; null for any other. */
export function readRight(text: string, file: string): Reading | null {
  const builder = new FormBuilder(file);
  const count = scan(text, builder);
  if (count < 0 || count > TOKENS_MAX) return null;
  const forms = builder.finish();
  if (!builder.sound || builder.unclosed) return null;
  return { forms, diagnostics: [], incomplete: false, definesInside: builder.definesInside };
}

export function readAny(text: string, file: string): Reading {
  const first = build(stretchesOf(text), file);
  if (first.size > TOKENS_MAX) return refused(tooLarge(file, `more than ${TOKENS_MAX} words and brackets`));
  const open = endsInside(first.last);
  const incomplete = !first.mismatched && (first.unclosed || first.dangling || open !== null);
  if (!first.mismatched && !first.unclosed && open !== 'string') {
    return { forms: first.forms, diagnostics: inOrder(first.diagnostics), incomplete, definesInside: first.definesInside };
  }
  const tokens = tokenize(text);
  if (first.size > REPAIRED_TOKENS_MAX) {
    return { forms: first.forms, diagnostics: inOrder([...first.diagnostics, ...firstMisfit(tokens, text, file)]), incomplete, definesInside: true };
  }
  const repaired = repairBrackets(open === 'string' ? endOpenString(tokens, text) : tokens, text, file);
  const second = build([repaired.tokens], file);
  return { forms: second.forms, diagnostics: inOrder([...repaired.diagnostics, ...second.diagnostics]), incomplete, definesInside: second.definesInside };
}

function inOrder(diagnostics: Diagnostic[]): Diagnostic[] {
  if (diagnostics.length > 1) diagnostics.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
  return diagnostics;
}

function refused(reason: Diagnostic): Reading {
  return { forms: [], diagnostics: [reason], incomplete: false, definesInside: false };
}

/** Why the text is not even looked at, or null. */
function refuse(text: string, file: string, lengthMax: number): Diagnostic | null {
  if (text.length > lengthMax) return tooLarge(file, `${text.length} characters, and at most ${lengthMax} are read`);
  if (!/[\ud800-\udfff]/.test(text)) return null;
  const half = /\p{Surrogate}/u.exec(text);
  if (half === null) return null;
  const span = { file, start: half.index, end: half.index + 1 };
  return diagnostic('E0118', 'The text is not Unicode: this is half of a surrogate pair', span, { help: ['Save the file as UTF-8.'] });
}

function tooLarge(file: string, what: string): Diagnostic {
  return diagnostic('E0117', `The text is too large: it has ${what}`, { file, start: 0, end: 0 }, { help: ['Split it into several files.'] });
}

/** What the last token leaves open. */
function endsInside(last: TokenType | undefined): 'string' | 'comment' | null {
  const { openString, openComment } = sharedScanning().tokens;
  return last === openString ? 'string' : last === openComment ? 'comment' : null;
}

/** Texts longer than this are read in stretches of about this many characters, so that few tokens serve for all of them. */
const STRETCH = 8 * 1024;

/** All tokens of the text, a stretch at a time; those of one are gone when the next is asked for. */
function* stretchesOf(text: string): IterableIterator<Token[]> {
  const pool = new TokenPool();
  let length = STRETCH;
  for (let from = 0; from < text.length; ) {
    const to = Math.min(from + length, text.length);
    const piece = text.slice(from, to);
    const tokens = tokenizeStretch(piece, from, pool);
    if (to < text.length) tokens.length = certainTokens(tokens, text, to);
    const last = tokens.at(-1);
    if (last === undefined && to < text.length) {
      length = text.length; // a long string or comment: all that is left is one stretch
      continue;
    }
    const next = last === undefined || to === text.length ? to : tokenEnd(last);
    yield tokens;
    from = next;
  }
}

/**
 * How many of the tokens of a stretch are the same whatever follows it, which begins at `to`: up to one with a blank after
 * it. What then comes begins with that blank, so nothing there looks like the first line of a file.
 */
function certainTokens(tokens: readonly Token[], text: string, to: number): number {
  let size = tokens.length;
  while (size > 0 && !endsBefore(tokens[size - 1]!, text, to)) size--;
  return size;
}

function endsBefore(token: Token, text: string, to: number): boolean {
  const end = tokenEnd(token);
  return end < to && isPlainBlank(text.charCodeAt(end));
}

/** A space or a line feed. */
function isPlainBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a;
}

interface Built {
  readonly forms: Form[];
  readonly diagnostics: Diagnostic[];
  readonly mismatched: boolean;
  readonly unclosed: boolean;
  readonly dangling: boolean;
  readonly definesInside: boolean;
  /** How many tokens there were; when they are more than `TOKENS_MAX` the rest was left unread. */
  readonly size: number;
  /** The type of the last token. */
  readonly last: TokenType | undefined;
}

function build(stretches: Iterable<Token[]>, file: string): Built {
  const builder = new FormBuilder(file);
  const parser = sharedParser();
  let size = 0;
  let last: TokenType | undefined;
  parser.builder = builder;
  for (const tokens of stretches) {
    size += tokens.length;
    if (size > TOKENS_MAX) break;
    last = tokens.at(-1)?.tokenType ?? last;
    parser.input = tokens;
    parser.size = tokens.length;
    parser.program();
  }
  parser.builder = null;
  parser.size = 0;
  parser.input = [];
  const forms = builder.finish();
  const { diagnostics, mismatched, unclosed, dangling, definesInside } = builder;
  return { forms, diagnostics, mismatched, unclosed, dangling, definesInside, size, last };
}

// ── the grammar ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Whatever the tokens, the rule accepts them: it is any number of any token. What each one does, a table says. */
class FlatParser extends EmbeddedActionsParser {
  /** Null while chevrotain records the grammar, and between two readings. */
  builder: FormBuilder | null = null;
  /** How many tokens the input has. */
  size = 0;
  readonly program: () => void;

  constructor({ types, tokens }: Scanning, checked: boolean) {
    super(types, { skipValidations: !checked, maxLookahead: 1 });
    const actions = actionsOf(tokens);
    const step = (): void => {
      const token = this.CONSUME(tokens.piece);
      if (this.builder !== null) actions[token.tokenTypeIdx]!(this.builder, token);
    };
    this.program = this.RULE('program', () => {
      this.MANY(() => {
        step();
        for (let left = this.size - 1; left > 0; left--) step(); // looking ahead would find nothing else
      });
    });
    this.performSelfAnalysis();
  }
}

type Action = (builder: FormBuilder, token: Token) => void;

/** By the index of the token's type. */
function actionsOf(tokens: Tokens): readonly Action[] {
  const actions: Action[] = [];
  const on = (type: TokenType, act: Action): void => {
    actions[type.tokenTypeIdx!] = act;
  };
  on(tokens.word, (builder, token) => builder.word(token.image, token.startOffset));
  on(tokens.openParen, (builder, token) => builder.open('list', token.startOffset, token.startOffset + 1));
  on(tokens.closeParen, (builder, token) => builder.close(')', token.startOffset + 1));
  on(tokens.openBracket, (builder, token) => builder.open('vector', token.startOffset, token.startOffset + 1));
  on(tokens.closeBracket, (builder, token) => builder.close(']', token.startOffset + 1));
  on(tokens.openBrace, (builder, token) => builder.open('map', token.startOffset, token.startOffset + 1));
  on(tokens.closeBrace, (builder, token) => builder.close('}', token.startOffset + 1));
  on(tokens.openSet, (builder, token) => builder.open('set', token.startOffset, token.startOffset + 2));
  on(tokens.openFn, (builder, token) => builder.open('fn', token.startOffset, token.startOffset + 2));
  on(tokens.mend, (builder, token) => builder.mend(tokenEnd(token)));
  on(tokens.scar, (builder) => builder.scar());
  on(tokens.string, (builder, token) => builder.string(token.image, token.startOffset));
  on(tokens.escapedString, (builder, token) => builder.string(token.image, token.startOffset));
  on(tokens.quote, (builder, token) => builder.prefix('quote', token.startOffset, tokenEnd(token)));
  on(tokens.quasiquote, (builder, token) => builder.prefix('quasiquote', token.startOffset, tokenEnd(token)));
  on(tokens.unquote, (builder, token) => builder.prefix('unquote', token.startOffset, tokenEnd(token)));
  on(tokens.unquoteSplicing, (builder, token) => builder.prefix('unquote-splicing', token.startOffset, tokenEnd(token)));
  on(tokens.at, (builder, token) => builder.prefix('at', token.startOffset, tokenEnd(token)));
  on(tokens.caret, (builder, token) => builder.prefix('meta', token.startOffset, tokenEnd(token)));
  on(tokens.discard, (builder, token) => builder.prefix('discard', token.startOffset, tokenEnd(token)));
  on(tokens.special, readSpecial);
  on(tokens.openString, readOpenString);
  on(tokens.openComment, readOpenComment);
  on(tokens.regexLiteral, readUnsupported);
  on(tokens.character, readUnsupported);
  on(tokens.dispatch, readDispatch);
  return actions;
}

let parser: FlatParser | undefined;

function sharedParser(): FlatParser {
  parser ??= new FlatParser(sharedScanning(), false);
  return parser;
}

/** Only for tests: lexer and parser with all of chevrotain's own checks of them. */
export function createCheckedParser(): FlatParser {
  return new FlatParser(createScanning(true), true);
}

// ── the rarer tokens ─────────────────────────────────────────────────────────────────────────────────────────────

function readSpecial(builder: FormBuilder, { image, startOffset }: Token): void {
  const value = specialFloat(image);
  if (value !== null) builder.atom(value, startOffset, startOffset + image.length);
  else builder.bad(explainSpecial(image), image, startOffset);
}

function readOpenString(builder: FormBuilder, { image, startOffset }: Token): void {
  const line = /^[^\n\r]*/.exec(image)![0].trimEnd();
  builder.bad(problem('E0105', 'This string is not closed', line, 'Put a `"` where it ends.'), line, startOffset);
}

function readOpenComment(builder: FormBuilder, { startOffset }: Token): void {
  const help = ['Every `#|` needs a `|#`; block comments may stand inside each other.'];
  builder.report({ code: 'E0113', message: 'This block comment is not closed', start: 0, end: 2, help }, startOffset);
}

/** A form of its own that does not exist here. */
function readUnsupported(builder: FormBuilder, { image, startOffset }: Token): void {
  builder.bad(explainDispatch(image), image, startOffset);
}

/** `#…` before some form, which is then read for itself. */
function readDispatch(builder: FormBuilder, { image, startOffset }: Token): void {
  builder.report(explainDispatch(image), startOffset);
}
