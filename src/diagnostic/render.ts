/**
 * Diagnostics as text for people:
 *
 *     error[E0201]: undefined name `coutn`
 *      --> report.rtfs:2:4
 *       |
 *     2 |   (coutn xs))
 *       |    ^^^^^
 *       |
 *       = help: did you mean `count`?
 *
 * This file owns the arrangement; `excerpt.ts` the source lines, `terminal.ts` what may reach a terminal at all: all
 * text that comes from a program goes through `printable`. Lines are joined by LF; no line break ends the text, and
 * no line ends in a space.
 */
import { CODES } from './codes.ts';
import type { Diagnostic, RelatedPlace, Severity, StackEntry } from './diagnostic.ts';
import { excerpt, type Row } from './excerpt.ts';
import { arrange } from './order.ts';
import { type LineTable, lineTables, positionAt, type SourceLookup } from './position.ts';
import type { Span } from './span.ts';
import { isInsidePair, printable } from './terminal.ts';

export interface RenderOptions {
  /** Whether to use ANSI colours; not by default. */
  readonly colour?: boolean;
  /** How wide source lines may get before they are cut; 100 by default, at least 40. The gutter is included. */
  readonly columns?: number;
}

/** One diagnostic. */
export function renderDiagnostic(diagnostic: Diagnostic, sources: SourceLookup, options: RenderOptions = {}): string {
  return renderOne(diagnostic, pageOf(sources, options));
}

/** All of them arranged (`order.ts`), with an empty line between; empty when there are none. */
export function renderDiagnostics(diagnostics: Iterable<Diagnostic>, sources: SourceLookup, options: RenderOptions = {}): string {
  const page = pageOf(sources, options);
  return arrange(diagnostics)
    .map((diagnostic) => renderOne(diagnostic, page))
    .join('\n\n');
}

/** `2 errors, 1 warning`; what does not occur is left out. */
export function renderSummary(diagnostics: Iterable<Diagnostic>): string {
  const counts: Record<Severity, number> = { error: 0, warning: 0 };
  for (const { severity } of arrange(diagnostics)) counts[severity] += 1;
  const parts = (['error', 'warning'] as const).filter((severity) => counts[severity] > 0).map((severity) => counted(counts[severity], severity));
  return parts.length === 0 ? 'no errors' : parts.join(', ');
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** What stays the same for all diagnostics of one rendering. */
interface Page {
  readonly tableOf: (file: string) => LineTable | null;
  readonly paint: (style: Style, text: string) => string;
  readonly columns: number;
}

type Style = Severity | 'strong' | 'frame' | 'help';

const STYLES: Readonly<Record<Style, string>> = { error: '1;31', warning: '1;33', strong: '1', frame: '1;34', help: '1;36' };
const COLUMNS = 100;
const COLUMNS_MIN = 40;

function pageOf(sources: SourceLookup, options: RenderOptions): Page {
  const paint = (style: Style, text: string): string => `\u001b[${STYLES[style]}m${text}\u001b[0m`;
  return {
    tableOf: lineTables(sources),
    paint: options.colour === true ? paint : (_style, text) => text,
    columns: Math.max(COLUMNS_MIN, options.columns ?? COLUMNS),
  };
}

function renderOne(diagnostic: Diagnostic, page: Page): string {
  const digits = lineNumberDigits(diagnostic, page);
  const lines = header(diagnostic, page);
  if (diagnostic.span !== null) {
    lines.push(...place(diagnostic.span, '^', diagnostic.severity, digits, page), gutter('', digits, page));
  }
  lines.push(...noteLines(diagnostic, digits, page));
  for (const related of diagnostic.related) lines.push(...relatedLines(related, digits, page));
  lines.push(...stackLines(diagnostic.stack ?? [], page));
  return lines.join('\n');
}

function header({ severity, code, message }: Diagnostic, page: Page): string[] {
  const label = `${severity}[${code}]`;
  const [first = '', ...others] = textLines(message.trim() === '' ? CODES[code].title : message);
  const heading = page.paint(severity, label) + page.paint('strong', `: ${first}`);
  return [heading, ...others.map((line) => page.paint('strong', indented(line, label.length + 2)))];
}

/** `--> file:line:column` and the marked source lines. */
function place(span: Span, mark: string, style: Style, digits: number, page: Page): string[] {
  const arrow = page.paint('frame', `${' '.repeat(digits)}-->`);
  const table = page.tableOf(span.file);
  if (table === null) return [`${arrow} ${printable(span.file)} (offset ${span.start}; the source is not at hand)`];
  const rows = excerpt(table, span, page.columns - digits - 3);
  return [`${arrow} ${placeName(span, page)}`, gutter('', digits, page), ...rows.map((row) => rowLine(row, mark, style, digits, page))];
}

function rowLine(row: Row, mark: string, style: Style, digits: number, page: Page): string {
  switch (row.kind) {
    case 'source':
      return gutter(String(row.line), digits, page) + (row.text === '' ? '' : ` ${row.text}`);
    case 'mark':
      return `${gutter('', digits, page)} ${' '.repeat(row.indent)}${page.paint(style, mark.repeat(row.columns))}`;
    case 'gap':
      return page.paint('frame', `${' '.repeat(digits)} … ${counted(row.lines, 'more line')}`);
  }
}

function gutter(label: string, digits: number, page: Page): string {
  return page.paint('frame', `${label.padStart(digits)} |`);
}

function noteLines(diagnostic: Diagnostic, digits: number, page: Page): string[] {
  const { code, expected, found } = diagnostic;
  const help = diagnostic.help.length > 0 ? diagnostic.help : [CODES[code].cure];
  const lines: string[] = [];
  if (expected !== undefined) lines.push(...note('expected', 'strong', expected, digits, page));
  if (found !== undefined) lines.push(...note(expected === undefined ? 'found' : '   found', 'strong', found, digits, page));
  for (const sentence of help) lines.push(...note('help', 'help', sentence, digits, page));
  return lines;
}

function note(label: string, style: Style, text: string, digits: number, page: Page): string[] {
  const sign = page.paint('frame', `${' '.repeat(digits)} =`);
  const indent = digits + label.length + 5;
  return textLines(text).map((line, i) => (i === 0 ? `${sign} ${page.paint(style, `${label}:`)} ${line}`.trimEnd() : indented(line, indent)));
}

function relatedLines({ span, message }: RelatedPlace, digits: number, page: Page): string[] {
  const text = textLines(message);
  const heading = text.map((line, i) => (i === 0 ? `${page.paint('strong', 'note:')} ${line}` : indented(line, 'note: '.length)));
  return [...heading, ...place(span, '-', 'frame', digits, page)];
}

const STACK_MAX = 16;
const STACK_FIRST = 10;
const STACK_LAST = 5;

function stackLines(stack: readonly StackEntry[], page: Page): string[] {
  if (stack.length === 0) return [];
  const line = (entry: StackEntry): string => {
    const where = entry.span === null ? '' : ` (${placeName(entry.span, page)})`;
    return `  at ${printable(entry.function)}${where}`;
  };
  const heading = `${page.paint('strong', 'stack')}, innermost call first:`;
  if (stack.length <= STACK_MAX) return [heading, ...stack.map(line)];
  const left = stack.length - STACK_FIRST - STACK_LAST;
  return [heading, ...stack.slice(0, STACK_FIRST).map(line), `  … ${left} more`, ...stack.slice(-STACK_LAST).map(line)];
}

/** `file:line:column` of the start; only the file when its source is not at hand. */
function placeName(span: Span, page: Page): string {
  const table = page.tableOf(span.file);
  if (table === null) return printable(span.file);
  const { line, column } = positionAt(table, span.start);
  return `${printable(span.file)}:${line}:${column}`;
}

/** Wide enough for every line number that the diagnostic shows. */
function lineNumberDigits({ span, related }: Diagnostic, page: Page): number {
  let most = 1;
  for (const shown of [...(span === null ? [] : [span]), ...related.map((place) => place.span)]) {
    const table = page.tableOf(shown.file);
    if (table !== null) most = Math.max(most, positionAt(table, Math.max(shown.start, shown.end - 1)).line);
  }
  return String(most).length;
}

const TEXT_MAX = 4_000;

/** The lines of a message, each fit to be shown; what a program made very long is cut. */
function textLines(text: string): string[] {
  const end = isInsidePair(text, TEXT_MAX) ? TEXT_MAX - 1 : TEXT_MAX;
  const kept = text.length > end ? `${text.slice(0, end)}… (${text.length - end} more)` : text;
  return kept
    .trimEnd()
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => printable(line).trimEnd());
}

function indented(line: string, columns: number): string {
  return line === '' ? '' : ' '.repeat(columns) + line;
}
