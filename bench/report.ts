/** The rows that a benchmark run gives, as a table for people or one JSON document for tools. */

export interface Row {
  readonly name: string;
  /** Null when it could not be measured; `note` says why. */
  readonly value: number | null;
  readonly unit: string;
  /** The most, or for rates the least, that is asked for; null when nothing is. */
  readonly target: number | null;
  /** Null without value or target. */
  readonly ok: boolean | null;
  readonly note: string;
}

/** How long a suite took to measure, by the wall. */
export interface Took {
  readonly suite: string;
  readonly seconds: number;
}

/** More is better for these units; less for all others. */
const MORE_IS_BETTER: ReadonlySet<string> = new Set(['MB/s', '/s', '× our time', '% of appends']);

export function row(name: string, value: number | null, unit: string, target: number | null, note: string = ''): Row {
  return { name, value: value === null ? null : rounded(value, target), unit, target, ok: verdict(value, unit, target), note };
}

export function unavailable(name: string, unit: string, target: number | null, reason: string): Row {
  return row(name, null, unit, target, `not available: ${reason}`);
}

function verdict(value: number | null, unit: string, target: number | null): boolean | null {
  if (value === null || target === null) return null;
  return MORE_IS_BETTER.has(unit) ? value >= target : value <= target;
}

/** Three significant digits, and all digits before the point; every digit where fewer would hide on which side of the target it is. */
function rounded(value: number, target: number | null): number {
  const short = Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
  return short === target ? value : short;
}

export function renderJson(rows: readonly Row[], took: readonly Took[]): string {
  return JSON.stringify({ rows, took }, null, 2);
}

export function renderTable(rows: readonly Row[], took: readonly Took[]): string {
  const cells = [['', 'value', 'unit', 'target', '', ''], ...rows.map(cellsOf)];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const lines = cells.map((line) => line.map((cell, column) => aligned(cell, widths[column]!, column)).join('  ').trimEnd());
  return [...lines, '', summary(rows), timeTaken(took)].join('\n');
}

/** The longest first: where time can be saved. */
function timeTaken(took: readonly Took[]): string {
  const seconds = took.reduce((sum, one) => sum + one.seconds, 0);
  const longestFirst = [...took].sort((a, b) => b.seconds - a.seconds).map((one) => `${one.suite} ${one.seconds.toFixed(1)}`);
  return `measured in ${seconds.toFixed(0)} s: ${longestFirst.join(', ')}`;
}

const VALUE_COLUMN = 1;

function aligned(cell: string, width: number, column: number): string {
  return column === VALUE_COLUMN ? cell.padStart(width) : cell.padEnd(width);
}

function cellsOf({ name, value, unit, target, ok, note }: Row): string[] {
  const bound = target === null ? '' : `${MORE_IS_BETTER.has(unit) ? '≥' : '≤'} ${target}`;
  return [name, value === null ? '-' : `${value}`, unit, bound, ok === null ? '' : ok ? 'ok' : 'MISSED', note];
}

function summary(rows: readonly Row[]): string {
  const missed = rows.filter((one) => one.ok === false);
  const open = rows.filter((one) => one.target !== null && one.value === null);
  const lines = missed.map((one) => `MISSED: ${one.name} is ${one.value} ${one.unit}, the target is ${one.target}`);
  for (const one of open) lines.push(`not measured: ${one.name} (${one.note})`);
  const met = rows.filter((one) => one.ok === true).length;
  lines.push(`${met} of ${met + missed.length + open.length} targets met`);
  return lines.join('\n');
}
