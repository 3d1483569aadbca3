/**
 * The command line as a whole: from arguments to an exit code. Each command is loaded when it is asked for, so that
 * running a small plan stays quick.
 *
 * The exit code is 70 until a command has ended: whatever stops the process before that counts as a defect.
 */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Invocation, type JsonForm, quickInvocation } from './invocation.ts';
import { processTerminal, type Terminal } from './terminal.ts';

export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = EXIT.internal;
  process.on('uncaughtException', (cause) => reportDefect(cause));
  try {
    const invocation = quickInvocation(argv) ?? (await import('./arguments.ts')).parseArguments(argv);
    process.exitCode = await carryOut(invocation);
  } catch (cause) {
    reportDefect(cause);
  }
}

async function carryOut(invocation: Invocation): Promise<ExitCode> {
  switch (invocation.command) {
    case 'show': {
      processTerminal('never').out(invocation.text);
      return EXIT.ok;
    }
    case 'refuse':
      return refuse(processTerminal('auto'), invocation.problem, invocation.json);
    default:
      return start(invocation, processTerminal(invocation.options.colour));
  }
}

async function start(invocation: Exclude<Invocation, { command: 'show' | 'refuse' }>, terminal: Terminal): Promise<ExitCode> {
  switch (invocation.command) {
    case 'run':
      return (await import('./run.ts')).runCommand(invocation.options, terminal);
    case 'stats':
      return (await import('./stats.ts')).statsCommand(invocation.options, terminal);
    case 'check':
      return (await import('./check.ts')).checkCommand(invocation.options, terminal);
    case 'fmt':
      return (await import('./fmt.ts')).formatCommand(invocation.options, terminal);
    case 'repl':
      return (await import('./repl/repl.ts')).replCommand(invocation.options, terminal);
    case 'doc':
      return (await import('./doc.ts')).docCommand(invocation.options, terminal);
    case 'expand':
      return (await import('./expand.ts')).expandCommand(invocation.options, terminal);
    case 'test':
      return (await import('./test.ts')).testCommand(invocation.options, terminal);
    case 'ctx':
      return (await import('./ctx.ts')).contextTreeCommand(invocation.options, terminal);
    case 'runs':
      if (invocation.options.restate !== null) return (await import('./engine/runs.ts')).engineRuns(invocation.options.restate, invocation.options, terminal);
      return (await import('./kept/runs.ts')).runsCommand(invocation.options, terminal);
    case 'log':
      return (await import('./kept/log.ts')).logCommand(invocation.options, terminal);
    case 'why-denied':
      return (await import('./kept/why-denied.ts')).whyDeniedCommand(invocation.options, terminal);
    case 'verify':
      return (await import('./kept/verify.ts')).verifyCommand(invocation.options, terminal);
    case 'metrics':
      return (await import('./kept/metrics.ts')).metricsCommand(invocation.options, terminal);
    case 'export':
      return (await import('./kept/metrics.ts')).exportCommand(invocation.options, terminal);
    case 'gc':
      return (await import('./kept/gc.ts')).collectCommand(invocation.options, terminal);
    case 'resume':
      return (await import('./kept/resume.ts')).resumeCommand(invocation.options, terminal);
    case 'replay':
      return (await import('./kept/replay.ts')).replayCommand(invocation.options, terminal);
    case 'fork':
      return (await import('./kept/fork.ts')).forkCommand(invocation.options, terminal);
    case 'debug':
      return (await import('./kept/debug.ts')).debugCommand(invocation.options, terminal);
    case 'tell':
      if (invocation.options.restate !== null) return (await import('./engine/tell.ts')).tellEngine(invocation.options.restate, invocation.options, terminal);
      return (await import('./kept/tell.ts')).tellCommand(invocation.options, terminal);
    case 'deploy':
      return (await import('./engine/deploy.ts')).deployCommand(invocation.options, terminal);
    case 'drive':
      return (await import('./engine/drive.ts')).driveCommand(invocation.options, terminal);
    case 'start':
      return (await import('./engine/start.ts')).startCommand(invocation.options, terminal);
    case 'status':
      return (await import('./engine/start.ts')).statusCommand(invocation.options, terminal);
    case 'policy':
      return (await import('./policy.ts')).policyCommand(invocation.options, terminal);
    case 'worker':
      return (await import('./worker.ts')).workerCommand(invocation.options, terminal);
    case 'serve':
      return (await import('./serve.ts')).serveCommand(invocation.options, terminal);
    case 'cap':
      return (await import('./cap.ts')).capabilityCommand(invocation.options, terminal);
  }
}

async function refuse(terminal: Terminal, problem: Diagnostic, json: JsonForm): Promise<ExitCode> {
  const noSource = (): null => null;
  if (json !== 'none') terminal.out((await import('./document.ts')).runDocument({ status: 'invalid', diagnostics: [problem] }, noSource, json));
  else (await import('./report.ts')).report(terminal, [problem], noSource);
  return EXIT.usage;
}

/** A defect of ours: said without the engine's words, which only show for whoever asks for them. */
function reportDefect(cause: unknown): void {
  process.exitCode = EXIT.internal;
  const details = process.env['RTFS_DEBUG'] === undefined ? '' : `${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`;
  process.stderr.write(`error[E0505]: internal error\n  = help: this is a defect of rtfs, not of the program; please report it (RTFS_DEBUG=1 shows more)\n${details}`);
}
