/**
 * What a word means: a run of characters up to the next delimiter is a symbol, a keyword, a number, a timestamp, a
 * uuid, a handle, `true`, `false`, `nil`, a context path `<a/b>`, a symbol with its annotation glued on (`x:int`) —
 * or one mistake. The same word means the same everywhere, so the reader asks once per different word.
 *
 * Words may be as long as the text: no pattern here repeats a group, since engines keep a stack for that.
 *
 * A colon inside a word: `com.acme:v1.0/f` (a namespace with a version: `v` and a digit, or a digit, then a slash) and
 * `resource:ref` are one symbol; any other `x:T` is the symbol `x` followed at once by the keyword `:T`.
 */
import { type Float, Handle, type Timestamp, Uuid } from '../value/value.ts';
import { readNumber } from './read-number.ts';
import { type Problem, problem, shown } from './read-problem.ts';
import { looksLikeDate, readTimestamp } from './read-timestamp.ts';

export type AtomValue = null | boolean | number | bigint | Float | string | Timestamp | Uuid | Handle;

export type Word =
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'keyword'; readonly name: string }
  | { readonly kind: 'atom'; readonly value: AtomValue }
  /** `%`, `%1`, `%2`… (`index` from 1) or `%&` (`index` 0): an argument inside `#(…)`, a symbol outside. */
  | { readonly kind: 'argument'; readonly name: string; readonly index: number }
  /** `name:annotation`; the symbol ends where the keyword begins. */
  | { readonly kind: 'glued'; readonly name: string; readonly annotation: string }
  | { readonly kind: 'context'; readonly path: string }
  | { readonly kind: 'bad'; readonly problem: Problem };

const NUMBER_LIKE = /^[+-]?\.?[0-9]/;
const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const UUID_LENGTH = 36;
const ARGUMENT = /^%(?:[1-9][0-9]*|&)?$/;
const CONTEXT_NAME = /^[A-Za-z_][A-Za-z0-9_.?!*+-]*$/;
const VERSIONED = /^[^:/]+:v?[0-9][^:/]*\/[^:/]+$/;
/** Keywords are never annotated, so any version will do there. */
const VERSIONED_KEYWORD = /^[^:/]+:[^:/]+\/[^:/]+$/;
const HANDLE_SCHEME = 'resource://';
const RESOURCE_REF = 'resource:ref';

export function readWord(word: string): Word {
  switch (word) {
    case 'true':
      return { kind: 'atom', value: true };
    case 'false':
      return { kind: 'atom', value: false };
    case 'nil':
      return { kind: 'atom', value: null };
    default:
      return word.length === UUID_LENGTH && UUID.test(word)
        ? { kind: 'atom', value: new Uuid(word.toLowerCase()) }
        : NUMBER_LIKE.test(word)
          ? readNumberLike(word)
          : readName(word);
  }
}

function readNumberLike(word: string): Word {
  const read = looksLikeDate(word) ? readTimestamp(word) : readNumber(word);
  return 'value' in read ? { kind: 'atom', value: read.value } : { kind: 'bad', problem: read.problem };
}

function readName(word: string): Word {
  const stray = findStrayCharacter(word);
  if (stray !== null) return { kind: 'bad', problem: stray };
  if (word.startsWith(':')) return readKeyword(word);
  if (word.startsWith(HANDLE_SCHEME)) return readHandle(word);
  const colon = word.indexOf(':');
  if (colon >= 0 && word !== RESOURCE_REF && !VERSIONED.test(word)) return readGlued(word, colon);
  return readSymbol(word);
}

function readSymbol(word: string): Word {
  if (word.startsWith('%') && ARGUMENT.test(word)) return readArgument(word);
  if (isContextPath(word)) return { kind: 'context', path: word.slice(1, -1) };
  if (!slashesFit(word)) return { kind: 'bad', problem: slashProblem('E0119', word) };
  return { kind: 'symbol', name: word };
}

/** `<a/b>`, `<a/b/c>`; `<`, `<=`, `<a>` and `<a` are symbols. */
function isContextPath(word: string): boolean {
  if (!word.startsWith('<') || !word.endsWith('>') || !word.includes('/')) return false;
  return word
    .slice(1, -1)
    .split('/')
    .every((name) => CONTEXT_NAME.test(name));
}

function readArgument(word: string): Word {
  const index = word === '%' ? 1 : word === '%&' ? 0 : Number(word.slice(1));
  return { kind: 'argument', name: word, index };
}

/** A slash stands alone or between two names. */
function slashesFit(name: string): boolean {
  return name === '/' || !(name.startsWith('/') || name.endsWith('/') || name.includes('//'));
}

function slashProblem(code: 'E0108' | 'E0119', word: string): Problem {
  const what = code === 'E0108' ? 'keyword' : 'symbol';
  return problem(code, `${shown(word)} is not a ${what}`, word, 'A slash stands between a namespace and a name, as in `ns/name`.');
}

function readKeyword(word: string): Word {
  const name = word.slice(1);
  if (name.startsWith(':')) {
    const cure = name === ':' ? 'A keyword is written `:name`.' : `Write \`${name}\`: keywords are not resolved against a namespace.`;
    return { kind: 'bad', problem: problem('E0108', `${shown(word)} is not a keyword`, word, cure) };
  }
  if (name.includes(':') && !VERSIONED_KEYWORD.test(name)) {
    return { kind: 'bad', problem: problem('E0108', `${shown(word)} is not a keyword`, word, 'A keyword has one colon, at its start.') };
  }
  if (!slashesFit(name)) return { kind: 'bad', problem: slashProblem('E0108', word) };
  return { kind: 'keyword', name };
}

function readHandle(word: string): Word {
  if (word.length > HANDLE_SCHEME.length) return { kind: 'atom', value: new Handle(word) };
  const message = `The resource handle ${shown(word)} names nothing`;
  return { kind: 'bad', problem: problem('E0119', message, word, 'Write the name after it: `resource://name`.') };
}

function readGlued(word: string, colon: number): Word {
  if (word.startsWith('://', colon)) {
    const message = `${shown(word)} is not a symbol`;
    return { kind: 'bad', problem: problem('E0119', message, word, 'An address is a string: put it in double quotes.') };
  }
  const name = readWord(word.slice(0, colon));
  if (name.kind === 'bad') return name;
  const annotation = readKeyword(word.slice(colon));
  if (annotation.kind === 'bad') return { kind: 'bad', problem: shifted(annotation.problem, colon) };
  if (annotation.kind !== 'keyword' || (name.kind !== 'symbol' && name.kind !== 'argument')) {
    const message = `${shown(word)} is not a symbol with an annotation`;
    return { kind: 'bad', problem: problem('E0119', message, word, 'Put a space before the colon if a keyword follows.') };
  }
  return { kind: 'glued', name: name.name, annotation: annotation.name };
}

function shifted(inner: Problem, by: number): Problem {
  return { ...inner, start: inner.start + by, end: inner.end + by };
}

/** The ASCII characters of names; beyond ASCII everything visible is a letter (see `isInvisible`). */
const NAME_CHARACTERS = /^[A-Za-z0-9_$+\-*/=<>!?%&.:#'@]*$/;

const REPLACEMENTS: ReadonlyMap<string, string> = new Map([
  ['\u201c', 'straight double quotes `"`'],
  ['\u201d', 'straight double quotes `"`'],
  ['\u201e', 'straight double quotes `"`'],
  ['\u2018', "a straight quote `'`"],
  ['\u2019', "a straight quote `'`"],
  ['\uff08', 'a plain `(`'],
  ['\uff09', 'a plain `)`'],
  ['\uff0c', 'a plain comma or a space'],
  ['\uff1a', 'a plain `:`'],
  ['\uff1b', 'a plain `;`'],
]);

function findStrayCharacter(word: string): Problem | null {
  if (NAME_CHARACTERS.test(word)) return null;
  let at = 0;
  for (const character of word) {
    if (isStray(character)) return strayCharacter(character, at);
    at += character.length;
  }
  return null;
}

function isStray(character: string): boolean {
  const code = character.codePointAt(0)!;
  if (code < 0x80) return !NAME_CHARACTERS.test(character);
  return REPLACEMENTS.has(character) || isInvisible(code);
}

/** Controls, format and direction marks, private use, halves of surrogate pairs: a fixed list, the same on every engine. */
function isInvisible(code: number): boolean {
  return (
    code < 0xa0 ||
    code === 0xad ||
    code === 0x61c ||
    code === 0x180e ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xd800 && code <= 0xf8ff) ||
    (code >= 0xfff0 && code <= 0xffff) ||
    code >= 0xe0000
  );
}

function strayCharacter(character: string, at: number): Problem {
  const code = character.codePointAt(0)!;
  const visible = code === 0x7c || REPLACEMENTS.has(character);
  const name = visible ? shown(character) : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const replacement = REPLACEMENTS.get(character);
  const help = replacement !== undefined ? `Write ${replacement}.` : 'Names are made of letters, digits and `_ $ + - * / = < > ! ? % & . #`.';
  return { code: 'E0101', message: `Unexpected character ${name}`, start: at, end: at + character.length, help: [help] };
}
