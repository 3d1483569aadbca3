/** Diagnostics as plain data for programs, ready for `JSON.stringify`. Fields are only ever added. */
import { CODES } from './codes.ts';
import type { Diagnostic, Severity } from './diagnostic.ts';
import { type LineTable, lineTables, positionAt, type SourceLookup } from './position.ts';
import type { Span } from './span.ts';

export interface DiagnosticJson {
  readonly code: string;
  readonly severity: Severity;
  /** Only for run-time errors: what kind, without `:error/`. */
  readonly kind?: string;
  readonly title: string;
  readonly message: string;
  readonly span: SpanJson | null;
  readonly expected: string | null;
  readonly found: string | null;
  readonly help: readonly string[];
  readonly related: readonly { readonly message: string; readonly span: SpanJson }[];
  /** Innermost call first; empty for anything that did not happen at run time. */
  readonly stack: readonly { readonly function: string; readonly span: SpanJson | null }[];
  readonly cure: string;
}

/** `end` is exclusive. */
export interface SpanJson {
  readonly file: string;
  readonly start: PlaceJson;
  readonly end: PlaceJson;
}

/** Lines and columns are 1-based and count code points, null when the source is not at hand; offsets are UTF-16 code units. */
export interface PlaceJson {
  readonly line: number | null;
  readonly column: number | null;
  readonly offset: number;
}

export function diagnosticToJson(diagnostic: Diagnostic, sources: SourceLookup): DiagnosticJson {
  return toJson(diagnostic, lineTables(sources));
}

/** Each in turn, in the order given. */
export function diagnosticsToJson(diagnostics: Iterable<Diagnostic>, sources: SourceLookup): readonly DiagnosticJson[] {
  const tableOf = lineTables(sources);
  return Array.from(diagnostics, (diagnostic) => toJson(diagnostic, tableOf));
}

type TableOf = (file: string) => LineTable | null;

function toJson(diagnostic: Diagnostic, tableOf: TableOf): DiagnosticJson {
  const { code, severity, kind, message, span, expected, found, help, related, stack } = diagnostic;
  const { title, cure } = CODES[code];
  return {
    code,
    severity,
    ...(kind === undefined ? {} : { kind }),
    title,
    message,
    span: spanToJson(span, tableOf),
    expected: expected ?? null,
    found: found ?? null,
    help: [...help],
    related: related.map((place) => ({ message: place.message, span: spanOf(place.span, tableOf) })),
    stack: (stack ?? []).map((entry) => ({ function: entry.function, span: spanToJson(entry.span, tableOf) })),
    cure,
  };
}

function spanToJson(span: Span | null, tableOf: TableOf): SpanJson | null {
  return span === null ? null : spanOf(span, tableOf);
}

function spanOf(span: Span, tableOf: TableOf): SpanJson {
  const table = tableOf(span.file);
  return { file: span.file, start: placeOf(table, span.start), end: placeOf(table, span.end) };
}

function placeOf(table: LineTable | null, offset: number): PlaceJson {
  if (table === null) return { line: null, column: null, offset };
  const { line, column } = positionAt(table, offset);
  return { line, column, offset };
}
