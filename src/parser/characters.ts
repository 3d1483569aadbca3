/**
 * What characters mean to whoever reads text: the tokens' patterns (tokens.ts) and the scanner (scanner.ts) are made of
 * this, and a test compares what both make of every character.
 */

/** White space, as in a character class. */
export const WHITESPACE: string = '\\t-\\r ,\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';
/** What may begin a word: anything but whitespace and the characters that mean something on their own. */
export const WORD_START: string =
  '\\x00-\\x08\\x0e-\\x1f!$%&*+\\-./0-9:<=>?A-Z_a-z|\\x7f-\\x9f\\u00a1-\\u167f\\u1681-\\u1fff' +
  '\\u200b-\\u2027\\u202a-\\u202e\\u2030-\\u205e\\u2060-\\u2fff\\u3001-\\ufefe\\uff00-\\uffff';
/** What ends a word. `#`, `'` and `@` may stand inside one. */
export const WORD_END: string = `${WHITESPACE}()[\\]{}"\`;~^\\\\`;

const BACKSLASH = 92;
const QUOTE = 34;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** By code, for the characters of ASCII. */
const ENDS_WORD: Uint8Array = codesIn(WORD_END);

function codesIn(characters: string): Uint8Array {
  const isIn = new RegExp(`[${characters}]`);
  return Uint8Array.from({ length: 128 }, (_, code) => (isIn.test(String.fromCharCode(code)) ? 1 : 0));
}

export function endsWord(code: number): boolean {
  return code < 128 ? ENDS_WORD[code] === 1 : isWideBlank(code);
}

export function isBlank(code: number): boolean {
  return code < 128 ? code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0x2c : isWideBlank(code);
}

function isWideBlank(code: number): boolean {
  return (
    code === 0xa0 ||
    (code >= 0x1680 &&
      (code === 0x1680 ||
        (code >= 0x2000 && code <= 0x200a) ||
        code === 0x2028 ||
        code === 0x2029 ||
        code === 0x202f ||
        code === 0x205f ||
        code === 0x3000 ||
        code === 0xfeff))
  );
}

/** Behind the string whose opening quote is at `quote`; -1 when nothing closes it. */
export function stringEnd(text: string, quote: number): number {
  for (let i = quote + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code === BACKSLASH) i++;
  }
  return -1;
}

/** Where the comment that begins at `offset` ends; -1 when none begins there, or when nothing closes it. */
export function commentEnd(text: string, offset: number): number {
  const first = text[offset];
  return first === ';' ? lineEnd(text, offset) : first === '#' ? hashCommentEnd(text, offset) : -1;
}

/** A first line `#!…`, or a block comment with the block comments inside it. */
export function hashCommentEnd(text: string, offset: number): number {
  if (text.startsWith('#|', offset)) return blockCommentEnd(text, offset);
  if (!text.startsWith('#!', offset)) return -1;
  const isFirst = offset === 0 || (offset === 1 && text.charCodeAt(0) === 0xfeff);
  return isFirst ? lineEnd(text, offset) : -1;
}

export function lineEnd(text: string, offset: number): number {
  let end = offset;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === LINE_FEED || code === CARRIAGE_RETURN) break;
  }
  return end;
}

function blockCommentEnd(text: string, offset: number): number {
  let depth = 1;
  let close = text.indexOf('|#', offset + 2);
  let open = text.indexOf('#|', offset + 2);
  while (close >= 0) {
    if (open >= 0 && open < close) {
      depth++;
      close = close < open + 2 ? text.indexOf('|#', open + 2) : close;
      open = text.indexOf('#|', open + 2);
    } else {
      if (--depth === 0) return close + 2;
      open = open >= 0 && open < close + 2 ? text.indexOf('#|', close + 2) : open;
      close = text.indexOf('|#', close + 2);
    }
  }
  return -1;
}
