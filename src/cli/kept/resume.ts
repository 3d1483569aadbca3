/** `rtfs resume RUN`: goes on with a run where the last process left it. */
import { type Diagnostic, diagnostic } from '../../diagnostic/diagnostic.ts';
import type { SourceLookup } from '../../diagnostic/position.ts';
import type { Facts } from '../../host/durable/facts.ts';
import { resumeRun } from '../../host/durable/driver.ts';
import type { Grant, Host } from '../../host/port.ts';
import type { RunRow } from '../../host/store/port.ts';
import { Vector } from '../../value/vector.ts';
import { tellEnding } from '../ending.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { withInterrupt } from '../interrupt.ts';
import type { ResumeOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { type Watch, watchFor } from '../watching.ts';
import { openWorld, terminalConsole } from '../world.ts';
import { endingOf, storeDiagnostic } from './drive.ts';
import { findRun, openStore, type OpenedStore } from './store.ts';

export async function resumeCommand(options: ResumeOptions, terminal: Terminal): Promise<ExitCode> {
  const opened = await openStore(options, false);
  if (!opened.ok) return refuse([opened.error], options, terminal);
  try {
    const row = await findRun(opened.value, options.run);
    return row.ok ? await goOn(opened.value, row.value, options, terminal) : refuse([row.error], options, terminal);
  } finally {
    await opened.value.keeping.store.close();
  }
}

/** `said`: something was said to the run, so that it is fine when another process drives it. The run goes on as far as it gets; what it was granted when it was begun holds, with what is granted now. */
export async function goOn({ keeping, option }: OpenedStore, row: RunRow, options: ResumeOptions, terminal: Terminal, said: 'said' | 'nothing' = 'nothing'): Promise<ExitCode> {
  const { json } = options;
  let watch: Watch | null = null;
  const world = await openWorld(options, async () => {
    const console = await terminalConsole(terminal, json === 'none' ? 'out' : 'error');
    return watch?.console(console) ?? console;
  });
  if (!world.ok) return refuse(world.error, options, terminal);
  const { clock } = world.value;
  watch = (await watchFor({ steps: options.steps, json, terminal, clock })?.()) ?? null;
  const closing: Host['close'][] = [];
  let lookup: SourceLookup = () => null;
  try {
    const resumed = await withInterrupt((signal) =>
      resumeRun(keeping, row.id, async ({ started, program }) => {
        lookup = (file) => program.table.sourceText(file);
        const host = await world.value.openHost(grantsOf(started));
        closing.push(host.close);
        return { host, signal, observer: watch?.observer ?? {}, asks: process.stdin.isTTY === true, park: { timers: !options.waits } };
      }),
    );
    watch?.end();
    // Whoever drives the run takes up what was said.
    if (!resumed.ok && resumed.error.kind === 'busy' && said === 'said') {
      terminal.error(`said: ${resumed.error.message}, and goes on\n`);
      return EXIT.ok;
    }
    if (!resumed.ok) return refuse([diagnostic('E0501', `cannot go on: ${resumed.error.message}`, null)], options, terminal);
    return await tellEnding(endingOf(resumed.value, row.id, option), { terminal, json, lookup, run: row.id });
  } catch (cause) {
    return refuse([storeDiagnostic(cause, row.id)], options, terminal);
  } finally {
    for (const close of closing) await close();
  }
}

function grantsOf(started: Facts): Grant[] {
  return started.items('grants').flatMap((grant) => {
    const [capability, scope] = grant instanceof Vector ? grant.toArray() : [];
    return typeof capability === 'string' ? [{ capability, scope: typeof scope === 'string' ? scope : null }] : [];
  });
}

export async function refuse(problems: readonly Diagnostic[], { json }: Pick<ResumeOptions, 'json'>, terminal: Terminal): Promise<ExitCode> {
  const noSource = (): null => null;
  if (json !== 'none') terminal.out((await import('../document.ts')).runDocument({ status: 'invalid', diagnostics: problems }, noSource, json));
  else (await import('../report.ts')).report(terminal, problems, noSource);
  return EXIT.usage;
}
