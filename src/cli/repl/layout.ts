/**
 * A text put together of pieces of other texts, and the way back: from a place in the whole to the place in the text
 * that the piece was taken from.
 */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import type { Span } from '../../diagnostic/span.ts';

/** `text` stands at `offset` in the source `file`. */
export interface Piece {
  readonly text: string;
  readonly file: string;
  readonly offset: number;
}

interface Placed {
  readonly piece: Piece;
  /** In the whole. */
  readonly start: number;
}

export interface Layout {
  readonly text: string;
  readonly placed: readonly Placed[];
}

/** The pieces below one another. */
export function layOut(pieces: readonly Piece[]): Layout {
  const placed: Placed[] = [];
  let text = '';
  for (const piece of pieces) {
    placed.push({ piece, start: text.length });
    text += `${piece.text}\n`;
  }
  return { text, placed };
}

/** Finds the pieces of a whole text by its name; undefined for texts that stand for themselves. */
export type LayoutLookup = (file: string) => Layout['placed'] | undefined;

function originalSpan(span: Span, layouts: LayoutLookup): Span {
  const found = layouts(span.file)?.findLast(({ start }) => start <= span.start);
  if (found === undefined) return span;
  const { piece, start } = found;
  const at = (offset: number): number => piece.offset + Math.max(0, Math.min(piece.text.length, offset - start));
  return { file: piece.file, start: at(span.start), end: at(span.end) };
}

export function originalDiagnostic(diagnostic: Diagnostic, layouts: LayoutLookup): Diagnostic {
  const map = (span: Span): Span => originalSpan(span, layouts);
  const mapOrNull = (span: Span | null): Span | null => (span === null ? null : map(span));
  return {
    ...diagnostic,
    span: mapOrNull(diagnostic.span),
    related: diagnostic.related.map((place) => ({ ...place, span: map(place.span) })),
    ...(diagnostic.stack === undefined ? {} : { stack: diagnostic.stack.map((entry) => ({ ...entry, span: mapOrNull(entry.span) })) }),
  };
}
