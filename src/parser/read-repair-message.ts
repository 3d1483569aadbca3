/** What the reader says about brackets that do not match. */
import { type Diagnostic, diagnostic, type RelatedPlace } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import { CLOSER_TEXT, type Layout } from './read-layout.ts';
import type { Token } from './tokens.ts';

/** What the repair does to the tokens; the numbers are indexes of tokens. */
export type Edit =
  /** A closing bracket for the token `opener` is missing before the token `at`. */
  | { readonly kind: 'insert'; readonly at: number; readonly opener: number; readonly reason: 'mismatch' | 'indentation' | 'end' }
  /** The closing bracket `at` closes nothing (or, with `opener`, closes that one too early). */
  | { readonly kind: 'delete'; readonly at: number; readonly opener: number | null }
  /** The closing bracket `at` is of the wrong kind for the token `opener`. */
  | { readonly kind: 'replace'; readonly at: number; readonly opener: number };

type Insert = Extract<Edit, { kind: 'insert' }>;

const OPENER_TEXT: readonly string[] = ['', '(', '[', '{', '(', '[', '{'];
/** Of brackets that are all missing at one place, so many are shown. */
const RELATED_MAX = 5;
const CLOSERS_MAX = 10;
const DIAGNOSTICS_MAX = 1000;

/** Brackets that are missing at one place are one diagnostic. */
export function describeEdits(edits: readonly Edit[], tokens: readonly Token[], layout: Layout, file: string, textEnd: number): Diagnostic[] {
  const place = (i: number): Span => {
    const token = tokens[i];
    if (token === undefined) return { file, start: textEnd, end: textEnd };
    return { file, start: token.startOffset, end: token.startOffset + Math.min(token.image.length, firstLine(token.image)) };
  };
  const scene: Scene = { tokens, layout, place };
  const diagnostics: Diagnostic[] = [];
  for (let i = 0; i < edits.length && diagnostics.length < DIAGNOSTICS_MAX; ) {
    const edit = edits[i]!;
    if (edit.kind !== 'insert') {
      diagnostics.push(edit.kind === 'delete' ? describeDelete(edit.at, edit.opener, scene) : describeReplace(edit.at, edit.opener, scene));
      i++;
      continue;
    }
    const together: Insert[] = [];
    for (let other = edits[i]; other?.kind === 'insert' && other.at === edit.at; other = edits[++i]) together.push(other);
    diagnostics.push(describeInserts(together, scene));
  }
  return diagnostics;
}

interface Scene {
  readonly tokens: readonly Token[];
  readonly layout: Layout;
  readonly place: (index: number) => Span;
}

function firstLine(image: string): number {
  const end = image.search(/[\n\r]/);
  return end < 0 ? image.length : end;
}

/** `missing` has the innermost bracket first. */
function describeInserts(missing: readonly Insert[], scene: Scene): Diagnostic {
  const { at, opener, reason } = missing[0]!;
  const closers = missing.slice(0, CLOSERS_MAX).map((edit) => CLOSER_TEXT[scene.layout.kind[edit.opener]!]!);
  const expected = `\`${closers.join('')}${missing.length > CLOSERS_MAX ? '…' : ''}\``;
  const mark = `\`${scene.tokens[opener]!.image}\``;
  const found = reason === 'mismatch' || scene.tokens[at] === undefined ? foundText(scene.tokens[at]) : 'the next form';
  const outer = missing.slice(1, RELATED_MAX).map((edit) => ({ span: scene.place(edit.opener), message: 'this one is not closed either' }));
  if (reason === 'mismatch') {
    const related = [{ span: scene.place(opener), message: `this ${mark} is open` }, ...outer];
    return diagnostic('E0103', `${found} does not close ${mark}`, scene.place(at), { expected, found, help: [`Put ${expected} before it.`], related });
  }
  const message = missing.length === 1 ? `This ${mark} is not closed` : `${missing.length} brackets are not closed, the innermost is this ${mark}`;
  const related = [whatCameInstead(missing[0]!, scene), ...outer];
  return diagnostic('E0102', message, scene.place(opener), { expected, found, help: [`Put ${expected} where it ends.`], related });
}

function foundText(token: Token | undefined): string {
  return token === undefined ? 'the end of the text' : `\`${token.image.slice(0, firstLine(token.image))}\``;
}

function whatCameInstead({ at, reason }: Insert, { tokens, place }: Scene): RelatedPlace {
  if (tokens[at] === undefined) return { span: place(at), message: 'the text ends here' };
  const message = reason === 'indentation' ? 'by its indentation, this is outside of it' : 'the next top-level form begins here';
  return { span: place(at), message };
}

function describeDelete(at: number, opener: number | null, { tokens, layout, place }: Scene): Diagnostic {
  const mark = `\`${tokens[at]!.image}\``;
  const partner = `\`${OPENER_TEXT[layout.kind[at]!]!}\``;
  const help = ['Remove it.'];
  if (opener === null) return diagnostic('E0104', `Unexpected closing bracket ${mark}: no ${partner} is open here`, place(at), { help });
  const related = [{ span: place(opener), message: 'it closes this, but what follows is indented as a part of it' }];
  return diagnostic('E0104', `Unexpected closing bracket ${mark}: there is one more than was opened`, place(at), { help, related });
}

function describeReplace(at: number, opener: number, { tokens, layout, place }: Scene): Diagnostic {
  const expected = `\`${CLOSER_TEXT[layout.kind[opener]!]!}\``;
  const found = `\`${tokens[at]!.image}\``;
  const mark = `\`${tokens[opener]!.image}\``;
  const related = [{ span: place(opener), message: `this ${mark} is open` }];
  return diagnostic('E0103', `${found} does not close ${mark}`, place(at), { expected, found, help: [`Write ${expected} instead.`], related });
}
