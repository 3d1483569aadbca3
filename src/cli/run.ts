/** `rtfs run`: compile a plan, run it, print its value. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { compile, type Program } from '../host/compile.ts';
import type { Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { RunReport } from './document.ts';
import { ARGUMENTS_VARIABLE, cliEnvironment, INPUT_VARIABLE } from './environment.ts';
import { type Ending, execute } from './execution.ts';
import { tellEnding } from './ending.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { withInterrupt } from './interrupt.ts';
import type { RunOptions } from './invocation.ts';
import { tellsPassed } from './passed.ts';
import { type Origin, Sources } from './source.ts';
import type { Terminal } from './terminal.ts';
import { openWatch, type Watch } from './watching.ts';
import { openWorld, terminalConsole, type World } from './world.ts';

export async function runCommand(options: RunOptions, terminal: Terminal, measured: ((done: Measured) => void) | null = null): Promise<ExitCode> {
  return new Run(options, terminal, measured).run();
}

/** A run that is not kept, when it is over. */
export interface Measured {
  readonly program: Program;
  readonly ending: Ending;
  readonly wallMs: number;
}

class Run {
  private readonly options: RunOptions;
  private readonly terminal: Terminal;
  private readonly sources: Sources;
  private watch: Watch | null = null;
  private readonly measured: ((done: Measured) => void) | null;

  constructor(options: RunOptions, terminal: Terminal, measured: ((done: Measured) => void) | null) {
    this.measured = measured;
    this.options = options;
    this.terminal = terminal;
    this.sources = new Sources(options.modulePaths);
  }

  async run(): Promise<ExitCode> {
    const { options, sources } = this;
    const world = await this.world();
    if (!world.ok) return this.invalid(world.error, EXIT.usage);
    const input = await this.input();
    if (!input.ok) return this.invalid(input.error, EXIT.usage);
    const source = await sources.read(options.origin);
    if (!source.ok) return this.invalid([await withCommandHint(source.error, options.origin)], EXIT.usage);
    const variables = [[INPUT_VARIABLE, input.value], [ARGUMENTS_VARIABLE, Vector.adopt([...options.args])]] as const;
    const { program, diagnostics } = compile(cliEnvironment(options.tier), source.value, { loadModule: sources.loadModule, variables: variables.map(([name]) => name) });
    if (program === null) return this.invalid(diagnostics, EXIT.invalid);
    if (options.json === 'none') await this.report(diagnostics);
    const { limits, openHost, security } = world.value;
    const refusal = security?.admit({ hash: program.main.group, effects: null, provenance: source.value.file }) ?? null;
    if (refusal !== null) return this.invalid([refusal], EXIT.denied);
    const openWatch = (): Promise<Watch | null> => this.openWatch(world.value);
    const stopping = (): void => this.terminal.error('interrupted: undoing what was begun (Ctrl-C again ends at once)\n');
    const { keep } = options;
    const place = { terminal: this.terminal, json: options.json, lookup: sources.lookup };
    const shared = { grants: world.value.grants, above: security?.host ?? {}, terminal: this.terminal };
    const workers = options.workers === null ? null : await (await import('./workers.ts')).workersFor(options.workers, shared);
    if (workers?.ok === false) return this.invalid([workers.error], EXIT.usage);
    const isolations = security === null ? {} : { isolations: security.isolations };
    if (keep !== null) {
      const { runKept } = await import('./kept/run.ts');
      return runKept({ program, limits, variables, openHost, openWatch, grants: world.value.grants, security: options.security, ...isolations, keep, name: nameOf(options.origin), diagnostics, workers: workers?.value ?? null, place });
    }
    if (workers !== null) {
      const { runShared } = await import('./workers.ts');
      const given = { ...shared, program, start: { limits, variables, ...isolations }, openHost, openWatch, observer: tellsPassed(this.terminal) };
      return tellEnding(await withInterrupt((signal) => runShared(workers.value, { ...given, signal })), { ...place, run: null }, diagnostics);
    }
    const above = security === null ? {} : { isolations: security.isolations, governor: security.newGovernor() };
    const execution = { program, limits, variables, openHost, interruptible: withInterrupt, openWatch, stopping, observer: tellsPassed(this.terminal), ...above };
    const ending = await this.timed(program, () => execute(execution));
    if (this.measured !== null && ending.kind === 'complete') return EXIT.ok;
    return tellEnding(ending.kind === 'interrupted' ? { kind: 'interrupted', run: null, storeOption: '' } : ending, { ...place, run: null }, diagnostics);
  }

  /** The clock is loaded by whoever asks for it, which takes milliseconds: only where somebody wants to know. */
  private async timed(program: Program, work: () => Promise<Ending>): Promise<Ending> {
    if (this.measured === null) return work();
    const beganMs = performance.now();
    const ending = await work();
    this.measured({ program, ending, wallMs: performance.now() - beganMs });
    return ending;
  }

  // ── before ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private async world(): Promise<{ ok: true; value: World } | { ok: false; error: readonly Diagnostic[] }> {
    // With --json the output holds the document and nothing else: what the plan prints goes to the other stream.
    const output = this.options.json === 'none' && this.measured === null ? 'out' : 'error';
    return openWorld(this.options, async () => {
      const console = await terminalConsole(this.terminal, output);
      return this.watch?.console(console) ?? console;
    });
  }

  /** Who looks on is there before the console that it stands before. */
  private async openWatch({ clock }: World): Promise<Watch | null> {
    const { steps, json } = this.options;
    return (this.watch = await openWatch({ steps, json, terminal: this.terminal, clock }));
  }

  private async input(): Promise<{ ok: true; value: Value } | { ok: false; error: readonly Diagnostic[] }> {
    if (this.options.input === null) return { ok: true, value: null };
    const { readInput } = await import('./input.ts');
    return readInput(this.options.input, this.sources);
  }

  // ── after ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private async invalid(diagnostics: readonly Diagnostic[], code: ExitCode): Promise<ExitCode> {
    if (this.options.json !== 'none') await this.document({ status: 'invalid', diagnostics });
    else await this.report(diagnostics);
    return code;
  }

  private async document(report: RunReport): Promise<void> {
    const { runDocument } = await import('./document.ts');
    this.terminal.out(runDocument(report, this.sources.lookup, this.options.json));
  }

  private async report(diagnostics: readonly Diagnostic[]): Promise<void> {
    if (diagnostics.length === 0) return;
    const { report } = await import('./report.ts');
    report(this.terminal, diagnostics, this.sources.lookup);
  }
}

function nameOf(origin: Origin): string {
  return origin.kind === 'file' ? origin.path : origin.kind === 'stdin' ? '-' : '-e';
}

/** `rtfs chekc x` is no file: perhaps a command was meant. */
async function withCommandHint(problem: Diagnostic, origin: Origin): Promise<Diagnostic> {
  if (origin.kind !== 'file' || !/^[a-z]+$/.test(origin.path)) return problem;
  const [{ suggest }, { COMMANDS }] = await Promise.all([import('../diagnostic/suggest.ts'), import('./invocation.ts')]);
  const meant = suggest(origin.path, COMMANDS, 1)[0];
  return meant === undefined ? problem : { ...problem, help: [`did you mean the command \`rtfs ${meant}\`?`] };
}

