/** `rtfs replay RUN`: does a run again with its recorded answers, and compares. Nothing can be called. */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { compile } from '../../host/compile.ts';
import { tapeWorld } from '../../host/durable/fork.ts';
import type { Runnable } from '../../host/durable/program.ts';
import { openRun } from '../../host/durable/recover.ts';
import { type ReplayReport, replayRun } from '../../host/durable/replay.ts';
import type { RunRow } from '../../host/store/port.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { withInterrupt } from '../interrupt.ts';
import type { ReplayOptions } from '../invocation.ts';
import { originOf, Sources } from '../source.ts';
import type { Terminal } from '../terminal.ts';
import type { OpenedStore } from './store.ts';
import { withRun } from './with-store.ts';

export function replayCommand(options: ReplayOptions, terminal: Terminal): Promise<ExitCode> {
  return withRun(options, { json: options.json, terminal }, async (opened, row, refuse) => {
    const report = await replay(opened, row, options, terminal);
    if (!report.ok) return refuse(...report.error);
    terminal.out(options.json ? `${JSON.stringify(documentOf(row.id, report.value))}\n` : reportText(report.value));
    return report.value.kind === 'identical' ? EXIT.ok : EXIT.failed;
  });
}

async function replay(opened: OpenedStore, row: RunRow, options: ReplayOptions, terminal: Terminal): Promise<Result<ReplayReport, readonly Diagnostic[]>> {
  const world = tapeWorld(opened.keeping);
  const program = options.program === null ? null : await otherProgram(opened, row, options.program, options.modulePaths);
  if (program !== null && !program.ok) return program;
  const progress = new Progress(terminal);
  const report = await withInterrupt((signal) => replayRun(world, row.id, { signal, progress: progress.show, ...(program === null ? {} : { program: program.value }) }));
  progress.end();
  return report.ok ? report : { ok: false, error: [diagnostic('E0511', `cannot replay the run ${row.id}: ${report.error}`, null)] };
}

/** The program in the file, with the variables that the run was begun with. */
async function otherProgram({ keeping }: OpenedStore, row: RunRow, file: string, modulePaths: readonly string[]): Promise<Result<Runnable, readonly Diagnostic[]>> {
  const run = await openRun(keeping, row.id);
  if (!run.ok) return { ok: false, error: [diagnostic('E0511', `cannot replay the run ${row.id}: ${run.error}`, null)] };
  const sources = new Sources(modulePaths);
  const source = await sources.read(originOf(file));
  if (!source.ok) return { ok: false, error: [source.error] };
  const variables = run.value.started.entries('variables').flatMap(([name]) => (typeof name === 'string' ? [name] : []));
  const { program, diagnostics } = compile(keeping.environment, source.value, { loadModule: sources.loadModule, variables });
  return program === null ? { ok: false, error: diagnostics } : { ok: true, value: program };
}

/** How far it is, on one line of a terminal; nothing elsewhere, and nothing for what is quickly done. */
class Progress {
  private readonly terminal: Terminal;
  private hasShown = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  readonly show = (done: number, all: number): void => {
    if (done === 0 || !this.terminal.errorMoves) return;
    this.hasShown = true;
    this.terminal.error(`\rreplaying: ${done} of ${all} records`);
  };

  end(): void {
    if (this.hasShown) this.terminal.error('\r\x1b[K');
  }
}

function reportText(report: ReplayReport): string {
  const { records, calls } = report;
  if (report.kind === 'identical') return `identical, ${counted(records, 'record')}, ${counted(calls, 'call')}${report.hasEnded ? '' : ', as far as the run has come'}\n`;
  const { seq, what, expected, got } = report.difference;
  return `divergence at record ${seq}: ${what}\n  expected ${expected}\n  got      ${got}\n`;
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function documentOf(run: string, report: ReplayReport): unknown {
  const { kind, records, calls, checkpoints } = report;
  return { run, status: kind, records, calls, checkpoints, ...(kind === 'identical' ? { ended: report.hasEnded } : { difference: report.difference }) };
}
