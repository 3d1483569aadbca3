/** `rtfs resume RUN`: goes on with a run where the last process left it. */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import type { SourceLookup } from '../../diagnostic/position.ts';
import type { Facts } from '../../host/durable/facts.ts';
import { believedAuthority } from '../../host/durable/authority.ts';
import { type DriveOptions, type Keeping, resumeRun } from '../../host/durable/driver.ts';
import type { WorkersOptions } from '../../host/branch/lease.ts';
import type { Grant, Host } from '../../host/port.ts';
import type { Governed } from '../../host/security/governance.ts';
import type { RunRow } from '../../host/store/port.ts';
import { MapValue } from '../../value/map.ts';
import { keyword } from '../../value/value.ts';
import { parseBudget } from '../budget.ts';
import { tellEnding } from '../ending.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { withInterrupt } from '../interrupt.ts';
import { readInput } from '../input.ts';
import type { DrivingOptions, ResumeOptions, WorkersChoice } from '../invocation.ts';
import { tellsPassed } from '../passed.ts';
import { Sources } from '../source.ts';
import type { Terminal } from '../terminal.ts';
import { openWatch, type Watch } from '../watching.ts';
import { openWorld, terminalConsole, type World } from '../world.ts';
import { readAuthority } from './authority.ts';
import { endingOf, storeDiagnostic } from './drive.ts';
import { personOf } from './person.ts';
import { refuse } from './refuse.ts';
import type { OpenedStore } from './store.ts';
import { withRun } from './with-store.ts';

export function resumeCommand(options: ResumeOptions, terminal: Terminal): Promise<ExitCode> {
  return withRun(options, { json: options.json, terminal }, async (opened, row, refuse) => {
    const patch = options.patch === null ? null : await readPatch(options.patch);
    if (patch !== null && !patch.ok) return refuse(...patch.error);
    const more = parseBudget(options.budget);
    if (!more.ok) return refuse(...more.error);
    return goOn(opened, row, options, terminal, { workers: options.workers, ...(patch === null ? {} : { patch: patch.value }), ...(options.budget.length === 0 ? {} : { budget: more.value }) });
  });
}

async function readPatch({ file, policy, who }: NonNullable<ResumeOptions['patch']>): Promise<Result<NonNullable<DriveOptions['patch']>, readonly Diagnostic[]>> {
  const data = await readInput(file, new Sources());
  if (!data.ok) return data;
  if (!(data.value instanceof MapValue)) return { ok: false, error: [diagnostic('E0503', `the patch in ${file} is no map`, null, { help: ['its keys go into the context: {"key": value}'] })] };
  return { ok: true, value: { data: data.value, policy: keyword(policy), who: personOf(who) } };
}

export interface GoingOn {
  /** Something was said to the run, so that it is fine when another process drives it. */
  readonly said?: boolean;
  readonly patch?: NonNullable<DriveOptions['patch']>;
  readonly budget?: NonNullable<DriveOptions['budget']>;
  readonly workers?: WorkersChoice | null;
}

/** The run goes on as far as it gets; what it was granted when it was begun holds, with what is granted now. */
export async function goOn({ keeping, option }: OpenedStore, row: Pick<RunRow, 'id'>, options: DrivingOptions, terminal: Terminal, { said = false, patch, budget, workers = null }: GoingOn = {}): Promise<ExitCode> {
  const { json } = options;
  const watch = await openWatch({ steps: options.steps, json, terminal, clock: keeping.clock });
  const closing: Host['close'][] = [];
  let lookup: SourceLookup = () => null;
  try {
    const resumed = await withInterrupt((signal) =>
      resumeRun(keeping, row.id, async ({ started, program }) => {
        lookup = (file) => program.table.sourceText(file);
        const { host, workers: shared } = await hostFor(started, { keeping, row, options, terminal, watch, workers });
        closing.push(host.close);
        return { host, signal, observer: { ...tellsPassed(terminal), ...watch?.observer }, asks: process.stdin.isTTY === true, person: personOf(null), park: { timers: !options.waits }, ...(patch === undefined ? {} : { patch }), ...(budget === undefined ? {} : { budget }), ...(shared === null ? {} : { workers: shared }) };
      }),
    );
    watch?.end();
    // Whoever drives the run takes up what was said.
    if (!resumed.ok && resumed.error.kind === 'busy' && said) {
      terminal.error(`said: ${resumed.error.message}, and goes on\n`);
      return EXIT.ok;
    }
    if (!resumed.ok) return refuse([diagnostic('E0511', `cannot go on: ${resumed.error.message}`, null)], options, terminal);
    return await tellEnding(endingOf(resumed.value, row.id, option), { terminal, json, lookup, run: row.id });
  } catch (cause) {
    if (cause instanceof Refusal) return refuse(cause.diagnostics, options, terminal);
    return refuse([storeDiagnostic(cause, row.id)], options, terminal);
  } finally {
    for (const close of closing) await close();
  }
}

/** The run cannot be gone on with as it was allowed. */
class Refusal extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super('refused');
    this.diagnostics = diagnostics;
  }
}

interface Going {
  readonly keeping: Keeping;
  readonly row: Pick<RunRow, 'id'>;
  readonly options: DrivingOptions;
  readonly terminal: Terminal;
  readonly watch: Watch | null;
  readonly workers: WorkersChoice | null;
}

/** What stood above the grants stands there again in any case; the grants count only when they can be believed. */
async function hostFor(started: Facts, { keeping, row, options, terminal, watch, workers }: Going): Promise<{ readonly host: Host & Governed; readonly workers: WorkersOptions | null }> {
  const written = started.value('authority');
  const { grants, security } = readAuthority(written instanceof MapValue ? written : MapValue.empty());
  const believed = believedAuthority(row.id, started, keeping.keys);
  if (!believed.ok) terminal.error(`warning: ${believed.error}, so it counts as nothing; say again what it may do with --allow\n`);
  const world = await openWorld({ ...options, security }, async () => {
    const console = await terminalConsole(terminal, options.json === 'none' ? 'out' : 'error');
    return watch?.console(console) ?? console;
  });
  if (!world.ok) throw new Refusal(world.error);
  const given = believed.ok ? grants : [];
  return { host: await world.value.openHost(given), workers: workers === null ? null : await sharing(started, workers, [...world.value.grants, ...given], world.value, terminal) };
}

/** Who carries on its branches, when that can be. */
async function sharing(started: Facts, choice: WorkersChoice, grants: readonly Grant[], { security }: World, terminal: Terminal): Promise<WorkersOptions> {
  if (started.value('budget') !== null || security?.host.constitution !== undefined) throw new Refusal([diagnostic('E0502', 'the run has a budget or a constitution, which cannot be kept in other processes', null, { help: ['leave out --workers'] })]);
  const { workersFor } = await import('../workers.ts');
  const workers = await workersFor(choice, { grants, above: security?.host ?? {}, terminal });
  if (!workers.ok) throw new Refusal([workers.error]);
  return workers.value;
}
