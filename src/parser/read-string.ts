/**
 * The text of string literals. A line break inside a literal is `\n` in the value, however the file writes it, so that
 * a program means the same after its line ends were converted.
 */
import { type Problem, shown } from './read-problem.ts';

export interface ReadString {
  readonly value: string;
  /** Offsets are inside the literal, quotes included. */
  readonly problems: readonly Problem[];
}

const NONE: readonly Problem[] = [];
const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['\\', '\\'],
  ['"', '"'],
]);
const HEX = /^[0-9a-fA-F]+$/;

/** `literal` begins and ends with its quote. */
export function readString(literal: string): ReadString {
  const body = literal.slice(1, -1);
  if (!body.includes('\\')) return { value: unixLines(body), problems: NONE };
  const pieces: string[] = [];
  const problems: Problem[] = [];
  let from = 0;
  for (let at = body.indexOf('\\'); at >= 0; at = body.indexOf('\\', from)) {
    pieces.push(unixLines(body.slice(from, at)));
    const escape = readEscape(body, at);
    if (escape.trouble !== null) problems.push(located(escape, at));
    pieces.push(escape.value);
    from = at + escape.length;
  }
  pieces.push(unixLines(body.slice(from)));
  return { value: pieces.join(''), problems };
}

function unixLines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

interface Escape {
  readonly value: string;
  readonly length: number;
  readonly trouble: { readonly message: string; readonly help: string } | null;
}

function located(escape: Escape, at: number): Problem {
  const { message, help } = escape.trouble!;
  return { code: 'E0106', message, start: at + 1, end: at + 1 + escape.length, help: [help] };
}

function readEscape(body: string, at: number): Escape {
  const letter = String.fromCodePoint(body.codePointAt(at + 1)!);
  if (letter === 'u') return readUnicodeEscape(body, at);
  const value = SIMPLE_ESCAPES.get(letter);
  const length = 1 + letter.length;
  if (value !== undefined) return { value, length, trouble: null };
  const written = letter === '\n' || letter === '\r' ? 'a backslash at the end of a line' : shown(`\\${letter}`);
  return {
    value: letter,
    length,
    trouble: {
      message: `Unknown escape in a string: ${written}`,
      help: 'The escapes are `\\n` `\\t` `\\r` `\\b` `\\f` `\\\\` `\\"` `\\uXXXX` `\\u{…}`; a backslash itself is written `\\\\`.',
    },
  };
}

/**
 * `\uXXXX` or `\u{…}`. Two halves of a surrogate pair one after the other are one character; a half alone is kept, since
 * strings may hold one and print it so.
 */
function readUnicodeEscape(body: string, at: number): Escape {
  if (body[at + 2] === '{') return readBracedEscape(body, at);
  const digits = body.slice(at + 2, at + 6);
  if (digits.length === 4 && HEX.test(digits)) return { value: String.fromCharCode(Number.parseInt(digits, 16)), length: 6, trouble: null };
  return malformed(body.slice(at, at + 2), '`\\u` needs exactly four hexadecimal digits, or `\\u{…}`.');
}

const BRACED_MAX = 6;

function readBracedEscape(body: string, at: number): Escape {
  const close = body.slice(at + 3, at + 4 + BRACED_MAX).indexOf('}');
  const digits = close < 0 ? '' : body.slice(at + 3, at + 3 + close);
  if (!HEX.test(digits)) return malformed(body.slice(at, at + 3), '`\\u{…}` holds one to six hexadecimal digits.');
  const code = Number.parseInt(digits, 16);
  const written = body.slice(at, at + 4 + digits.length);
  if (code > 0x10ffff) return malformed(written, 'The last character is `\\u{10FFFF}`.');
  return { value: String.fromCodePoint(code), length: written.length, trouble: null };
}

function malformed(written: string, help: string): Escape {
  return { value: '\ufffd', length: written.length, trouble: { message: `Malformed escape in a string: ${shown(written)}`, help } };
}
