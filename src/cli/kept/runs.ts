/** `rtfs runs`: the runs of a store. */
import type { RunRow, RunStatus } from '../../host/store/port.ts';
import type { WaitShown } from '../ending.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { RunsOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { refuse } from './resume.ts';
import { timeText, waitsOf } from './show.ts';
import { openStore } from './store.ts';

export async function runsCommand(options: RunsOptions, terminal: Terminal): Promise<ExitCode> {
  if (options.restate !== null) return (await import('../engine/runs.ts')).engineRuns(options.restate, options, terminal);
  const opened = await openStore(options, false);
  if (!opened.ok) return refuse([opened.error], { json: options.json ? 'document' : 'none' }, terminal);
  const { store } = opened.value.keeping;
  try {
    const rows = await store.runs(options.status.length === 0 ? {} : { status: options.status as readonly RunStatus[] });
    terminal.out(options.json ? `[${rows.map((row) => JSON.stringify(rowJson(row))).join(',\n')}]\n` : table(['RUN', 'STATUS', 'BEGUN', 'RECORDS', 'PLAN', 'WAITS FOR'], rows.map(rowCells)));
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

function rowJson(row: RunRow): unknown {
  const { id, name, status, createdMs, updatedMs, head, wakeMs, owner } = row;
  return { run: id, name, status, createdMs, updatedMs, records: head.seq, head: head.hash, wakeMs, process: owner?.processId ?? null, waits: waitsOf(row) };
}

function rowCells(row: RunRow): readonly string[] {
  return [row.id, statusText(row), timeText(row.createdMs), String(row.head.seq), row.name, waitText(waitsOf(row))];
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
