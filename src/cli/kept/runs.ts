/** `rtfs runs`: the runs of a store. */
import { Facts } from '../../host/durable/facts.ts';
import { readRecords } from '../../host/durable/history.ts';
import { AMOUNT_NAMES, type Amounts, amountsText, inUnits, readAmounts } from '../../host/amounts.ts';
import type { RunRow, RunStatus, Store } from '../../host/store/port.ts';
import { MapValue } from '../../value/map.ts';
import { keyword } from '../../value/value.ts';
import type { WaitShown } from '../ending.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { RunsOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { timeText, waitsOf } from './show.ts';
import { withStore } from './with-store.ts';

export function runsCommand(options: RunsOptions, terminal: Terminal): Promise<ExitCode> {
  return withStore(options, { json: options.json, terminal }, async ({ keeping }) => {
    const rows = await keeping.store.runs(options.status.length === 0 ? {} : { status: options.status as readonly RunStatus[] });
    const listed = await Promise.all(rows.map(async (row) => ({ ...row, budget: await budgetOf(keeping.store, row) })));
    terminal.out(options.json ? `[${listed.map((row) => JSON.stringify(rowJson(row))).join(',\n')}]\n` : table(columns(listed), listed.map((row) => rowCells(row, listed))));
    return EXIT.ok;
  });
}

interface Listed extends RunRow {
  /** What the run has used of its budget; null where nothing is counted, or nothing was written of it yet. */
  readonly budget: { readonly used: Amounts; readonly granted: Amounts; readonly soft: Amounts } | null;
}

/** A run that waits or is over says so in its last record. */
async function budgetOf(store: Store, { id, head }: RunRow): Promise<Listed['budget']> {
  const records = await readRecords(store, id, head.seq, 1);
  const [last] = records.ok ? records.value : [];
  const written = last === undefined ? null : new Facts(last.data).value('budget');
  if (!(written instanceof MapValue)) return null;
  const [used, granted] = ['used', 'granted'].map((name) => readAmounts(written.get(keyword(name))));
  return used == null || granted == null ? null : { used, granted, soft: readAmounts(written.get(keyword('soft'))) ?? {} };
}

function rowJson(row: Listed): unknown {
  const { id, name, status, createdMs, updatedMs, head, wakeMs, owner, budget } = row;
  return { run: id, name, status, createdMs, updatedMs, records: head.seq, head: head.hash, wakeMs, process: owner?.processId ?? null, waits: waitsOf(row), budget: budget === null ? null : { used: amountsJson(budget.used), granted: amountsJson(budget.granted), ...(Object.keys(budget.soft).length === 0 ? {} : { soft: amountsJson(budget.soft) }) } };
}

function amountsJson(amounts: Amounts): Readonly<Record<string, number>> {
  return Object.fromEntries(AMOUNT_NAMES.flatMap((name) => (amounts[name] === undefined ? [] : [[name, inUnits(name, amounts[name])]])));
}

function columns(rows: readonly Listed[]): readonly string[] {
  return ['RUN', 'STATUS', 'BEGUN', 'RECORDS', 'PLAN', ...(hasBudgets(rows) ? ['BUDGET'] : []), 'WAITS FOR'];
}

function rowCells(row: Listed, rows: readonly Listed[]): readonly string[] {
  const { budget } = row;
  return [row.id, statusText(row), timeText(row.createdMs), String(row.head.seq), row.name, ...(hasBudgets(rows) ? [budget === null ? '' : amountsText(budget.used, budget.granted, budget.soft)] : []), waitText(waitsOf(row))];
}

function hasBudgets(rows: readonly Listed[]): boolean {
  return rows.some((row) => row.budget !== null);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) => `${line.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()}\n`).join('');
}

/** A run that nobody drives any more although it has something to do was left by a process that ended. */
function statusText(row: RunRow): string {
  return row.status === 'running' && row.owner === null ? 'stopped' : row.status;
}

export function waitText(waits: readonly WaitShown[]): string {
  const questions = waits.map(({ call, question, capability, dueMs }) => question === null ? `:${capability}${dueMs === null ? '' : ` until ${timeText(dueMs)}`}` : `${call}: ${question.split('\n')[0] ?? ''}`);
  return questions.join('; ');
}
