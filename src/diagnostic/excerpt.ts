/**
 * The source lines of a span and the marks below them, as rows that `render.ts` puts behind a gutter.
 *
 * - Every line of the span is marked below its own text; of a long span only the first and last lines are shown.
 * - A line wider than the room is cut around its mark, so that a program in one line of many megabytes costs no more
 *   than one screen line. Marks stand exactly below what they mark whatever the line holds (tabs, wide characters).
 */
import { type LineTable, lineRange, positionAt, type Range } from './position.ts';
import { columnsBetween, glyphAt, isInsidePair, nextOffset, previousOffset, shown } from './terminal.ts';

export type Row = SourceRow | MarkRow | GapRow;

export interface SourceRow {
  readonly kind: 'source';
  readonly line: number;
  readonly text: string;
}

/** Below the source row before it: `columns` marks behind `indent` spaces. */
export interface MarkRow {
  readonly kind: 'mark';
  readonly indent: number;
  readonly columns: number;
}

export interface GapRow {
  readonly kind: 'gap';
  readonly lines: number;
}

const LINES_MAX = 6;
const LINES_BEFORE_GAP = 3;
const LINES_AFTER_GAP = 2;
const CUT = '…';
/** What a character costs at least, so that a line of marks without width ends too. */
const COLUMNS_MIN = 0.25;

/** The rows of `[span.start, span.end)`; `roomColumns` is what a source line may take. */
export function excerpt(table: LineTable, span: Range, roomColumns: number): readonly Row[] {
  const { start, end } = wholeCharacters(table.text, span);
  const first = positionAt(table, start).line;
  const last = positionAt(table, Math.max(start, end - 1)).line;
  const rows = (from: number, to: number): Row[] =>
    Array.from({ length: to - from + 1 }, (_, i) => lineRows(table, from + i, { start, end }, roomColumns)).flat();
  if (last - first < LINES_MAX) return rows(first, last);
  const afterGap = last - LINES_AFTER_GAP + 1;
  const gap: GapRow = { kind: 'gap', lines: afterGap - first - LINES_BEFORE_GAP };
  return [...rows(first, first + LINES_BEFORE_GAP - 1), gap, ...rows(afterGap, last)];
}

function lineRows(table: LineTable, line: number, span: Range, roomColumns: number): readonly Row[] {
  const range = lineRange(table, line);
  const mark = markOn(table.text, range, span);
  const at = mark ?? { start: range.start, end: range.start };
  const part = shownPart(table.text, range, at, roomColumns);
  const cutBefore = part.start > range.start ? CUT : '';
  const cutAfter = part.end < range.end ? CUT : '';
  const text = `${cutBefore}${shown(table.text, part.start, part.end)}${cutAfter}`.trimEnd();
  const rows: Row[] = [{ kind: 'source', line, text }];
  if (mark === null) return rows;
  const indent = cutBefore.length + columnsBetween(table.text, part.start, mark.start);
  const inside = columnsBetween(table.text, mark.start, Math.min(mark.end, part.end));
  rows.push({ kind: 'mark', indent, columns: Math.max(1, inside + (mark.end > part.end ? CUT.length : 0)) });
  return rows;
}

/** What of a line is marked: the span's part of it without blanks around; null when nothing is left. */
function markOn(text: string, line: Range, span: Range): Range | null {
  const isFirst = span.start >= line.start;
  const isLast = span.end <= line.end;
  let start = Math.min(Math.max(span.start, line.start), line.end);
  let end = Math.max(start, Math.min(span.end, line.end));
  if (!isFirst) while (start < end && isBlank(text, start)) start++;
  if (!isLast) while (end > start && isBlank(text, end - 1)) end--;
  return start < end || isFirst ? { start, end } : null;
}

function isBlank(text: string, offset: number): boolean {
  return text.charCodeAt(offset) <= 0x20;
}

/** The part of the line that fits, chosen so that the mark, or its beginning, is inside with something around it. */
function shownPart(text: string, line: Range, mark: Range, roomColumns: number): Range {
  if (forward(text, line.start, line.end, roomColumns) === line.end) return line;
  const room = Math.max(1, roomColumns - 2 * CUT.length);
  const marked = columnsUpTo(text, mark, room);
  const before = Math.max(Math.floor((room - marked) / 2), Math.min(12, Math.floor(room / 4)));
  const start = backward(text, mark.start, line.start, before);
  const end = forward(text, start, line.end, room);
  // Room that the end of the line leaves is used before the mark.
  return end === line.end ? { start: backward(text, line.end, line.start, room), end } : { start, end };
}

/** How far one comes from `start` in the direction of `limit` with `columns`. */
function forward(text: string, start: number, limit: number, columns: number): number {
  let left = columns;
  let offset = start;
  while (offset < limit) {
    left -= costAt(text, offset);
    if (left < 0) break;
    offset = nextOffset(text, offset);
  }
  return offset;
}

/** The same towards the left; what leans on a character that is out of reach stays out too. */
function backward(text: string, start: number, limit: number, columns: number): number {
  let left = columns;
  let offset = start;
  while (offset > limit) {
    const before = previousOffset(text, offset);
    left -= costAt(text, before);
    if (left < 0) break;
    offset = before;
  }
  while (offset > limit && offset < start && glyphAt(text, offset).columns === 0) offset = nextOffset(text, offset);
  return offset;
}

function costAt(text: string, offset: number): number {
  return Math.max(COLUMNS_MIN, glyphAt(text, offset).columns);
}

/** The columns of the range, counted no further than `most`. */
function columnsUpTo(text: string, range: Range, most: number): number {
  return Math.min(most, columnsBetween(text, range.start, forward(text, range.start, range.end, most)));
}

/** The span inside the text, with the other half of a character that it cuts. */
function wholeCharacters(text: string, span: Range): Range {
  const start = Math.max(0, Math.min(span.start, text.length));
  const end = Math.max(start, Math.min(span.end, text.length));
  return { start: isInsidePair(text, start) ? start - 1 : start, end: isInsidePair(text, end) ? end + 1 : end };
}
