/** What the reader says about brackets that do not match. */
import type { IToken } from 'chevrotain';
import { type Diagnostic, diagnostic, type RelatedPlace } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import { CLOSER_TEXT, type Layout } from './read-layout.ts';
import type { Edit } from './read-repair.ts';

type Insert = Extract<Edit, { kind: 'insert' }>;

const OPENER_TEXT: readonly string[] = ['', '(', '[', '{', '(', '[', '{'];
/** Of brackets that are all missing at one place, so many are shown. */
const RELATED_MAX = 5;
const DIAGNOSTICS_MAX = 1000;

/** Brackets that are missing at one place are one diagnostic. */
export function describeEdits(edits: readonly Edit[], tokens: readonly IToken[], layout: Layout, file: string, textEnd: number): Diagnostic[] {
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
  readonly tokens: readonly IToken[];
  readonly layout: Layout;
  readonly place: (index: number) => Span;
}

function firstLine(image: string): number {
  const end = image.search(/[\n\r]/);
  return end < 0 ? image.length : end;
}

/** `missing` has the innermost bracket first. */
function describeInserts(missing: readonly Insert[], scene: Scene): Diagnostic {
  const { at, opener } = missing[0]!;
  const closers = missing.slice(0, RELATED_MAX * 2).map((edit) => CLOSER_TEXT[scene.layout.kind[edit.opener]!]!).join('');
  const mark = `\`${scene.tokens[opener]!.image}\``;
  const message = missing.length === 1 ? `This ${mark} is not closed` : `${missing.length} brackets are not closed, the innermost is this ${mark}`;
  const outer = missing.slice(1, RELATED_MAX).map((edit) => ({ span: scene.place(edit.opener), message: 'this one is not closed either' }));
  const found = scene.tokens[at] === undefined ? 'the end of the text' : `\`${scene.tokens[at].image.slice(0, firstLine(scene.tokens[at].image))}\``;
  const expected = `\`${closers}${missing.length > RELATED_MAX * 2 ? '…' : ''}\``;
  return diagnostic('E0102', message, scene.place(opener), {
    expected,
    found,
    help: [`Put ${expected} where it ends.`],
    related: [...whatCameInstead(missing[0]!, scene), ...outer],
  });
}

function whatCameInstead({ at, reason }: Insert, { tokens, place }: Scene): RelatedPlace[] {
  if (tokens[at] === undefined) return [{ span: place(at), message: 'the text ends here' }];
  if (reason === 'mismatch') return [{ span: place(at), message: `\`${tokens[at].image}\` was found here instead` }];
  if (reason === 'indentation') return [{ span: place(at), message: 'by its indentation, this is outside of it' }];
  return [{ span: place(at), message: 'the next top-level form begins here' }];
}

function describeDelete(at: number, opener: number | null, { tokens, layout, place }: Scene): Diagnostic {
  const mark = `\`${tokens[at]!.image}\``;
  const partner = `\`${OPENER_TEXT[layout.kind[at]!]!}\``;
  if (opener === null) return diagnostic('E0104', `Unexpected closing bracket ${mark}: no ${partner} is open here`, place(at), { help: ['Remove it.'] });
  const related = [{ span: place(opener), message: 'it closes this, but what follows is indented as a part of it' }];
  return diagnostic('E0104', `Unexpected closing bracket ${mark}: there is one more than was opened`, place(at), { help: ['Remove it.'], related });
}

function describeReplace(at: number, opener: number, { tokens, layout, place }: Scene): Diagnostic {
  const expected = `\`${CLOSER_TEXT[layout.kind[opener]!]!}\``;
  const found = `\`${tokens[at]!.image}\``;
  return diagnostic('E0103', `Mismatched closing bracket: expected ${expected}, found ${found}`, place(at), {
    expected,
    found,
    help: [`Write ${expected} here, or close the bracket before.`],
    related: [{ span: place(opener), message: `this \`${tokens[opener]!.image}\` is open` }],
  });
}
