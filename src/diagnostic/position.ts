/**
 * From offsets to lines and columns, and the text of a line.
 *
 * - Lines and columns are 1-based. A column counts code points, a tab is one, a lone surrogate is one.
 * - A line ends with LF, CRLF or a lone CR; the line break belongs to the line that it ends, and every offset in it
 *   has the column just after the line's last character.
 * - The table is built in one pass; each question is a binary search, however long the line.
 */

/** How the text of a source is found by the name in a span; null when nobody has it (any more). */
export type SourceLookup = (file: string) => string | null;

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A stretch of text: `end` exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface LineTable {
  readonly text: string;
  /** The offset at which each line starts; ascending, the first is 0. */
  readonly starts: readonly number[];
  /** The offset of the second half of each surrogate pair; ascending, so that columns can count pairs once. */
  readonly pairs: readonly number[];
}

const LF = 10;
const CR = 13;

export function lineTable(text: string): LineTable {
  const starts: number[] = [0];
  const pairs: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > CR && unit < 0xd800) continue;
    if (unit === LF || (unit === CR && text.charCodeAt(i + 1) !== LF)) starts.push(i + 1);
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) pairs.push(++i);
  }
  return { text, starts, pairs };
}

/** The tables of the sources that `lookup` knows, each built when it is first asked for. */
export function lineTables(lookup: SourceLookup): (file: string) => LineTable | null {
  const known = new Map<string, LineTable | null>();
  return (file) => {
    let table = known.get(file);
    if (table === undefined) {
      const text = lookup(file);
      table = text === null ? null : lineTable(text);
      known.set(file, table);
    }
    return table;
  };
}

/** The place of an offset; offsets outside the text count as its start or end. */
export function positionAt(table: LineTable, offset: number): Position {
  const line = countUpTo(table.starts, clamp(offset, table.text.length));
  const { start, end } = lineRange(table, line);
  const within = Math.min(clamp(offset, table.text.length), end);
  const pairs = countUpTo(table.pairs, within) - countUpTo(table.pairs, start);
  return { line, column: within - start - pairs + 1 };
}

/** How many lines the text has: one more than its line breaks. */
export function lineCount(table: LineTable): number {
  return table.starts.length;
}

/** Where the text of a line (1-based) stands, without its line break; lines that do not exist are empty. */
export function lineRange(table: LineTable, line: number): Range {
  const { text, starts } = table;
  const start = starts[line - 1] ?? text.length;
  let end = starts[line] ?? text.length;
  if (line < starts.length) {
    end -= text.charCodeAt(end - 1) === LF && text.charCodeAt(end - 2) === CR && end - 2 >= start ? 2 : 1;
  }
  return { start, end };
}

export function lineText(table: LineTable, line: number): string {
  const { start, end } = lineRange(table, line);
  return table.text.slice(start, end);
}

function clamp(offset: number, length: number): number {
  return Math.max(0, Math.min(offset, length));
}

/** How many of the ascending numbers are not greater than `limit`. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
