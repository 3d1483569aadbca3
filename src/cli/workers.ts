/** `rtfs run --workers`: a run whose branches other processes carry on. */
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import type { StartOptions } from '../evaluator/kernel.ts';
import { cancel, exposedContext, resume } from '../evaluator/kernel.ts';
import type { Event, State } from '../evaluator/state.ts';
import type { WorkersOptions } from '../host/branch/lease.ts';
import { runWithWorkers } from '../host/branch/run.ts';
import type { Program } from '../host/compile.ts';
import { drive } from '../host/loop.ts';
import type { Grant, Host, Observer } from '../host/port.ts';
import type { Governed } from '../host/security/governance.ts';
import type { HostOptions } from '../host/open.ts';
import { cliEnvironment } from './environment.ts';
import type { Ending } from './ending.ts';
import type { WorkersChoice } from './invocation.ts';
import { newRunId } from './kept/run.ts';
import { givenToken, signingKeys } from './serve.ts';
import type { Terminal } from './terminal.ts';
import type { Watch } from './watching.ts';

export interface SharedRun {
  readonly program: Program;
  readonly start: StartOptions;
  readonly grants: readonly Grant[];
  /** What stands above them. */
  readonly above: Pick<HostOptions, 'policy' | 'strict'>;
  readonly openHost: () => Promise<Host & Governed>;
  readonly openWatch: () => Promise<Watch | null>;
  readonly observer: Observer<Event>;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

const QUANTUM = 5_000_000;
const CONCURRENT_CALLS = 256;

/** What has to be known before the run begins; or what is wrong with it. */
export async function workersFor({ urls, tokenFile, keys }: WorkersChoice, { grants, above, terminal }: Pick<SharedRun, 'grants' | 'above' | 'terminal'>): Promise<Result<WorkersOptions, Diagnostic>> {
  const token = await givenToken(tokenFile);
  if (!token.ok) return token;
  const signing = signingKeys(keys);
  if (!signing.ok) return { ok: false, error: signing.error[0]! };
  if (Object.keys(above.policy?.context.budget ?? {}).length > 0 || Object.keys(above.policy?.context.softBudget ?? {}).length > 0) {
    return { ok: false, error: diagnostic('E0502', `the policy ${above.policy?.name ?? ''} has a budget, which cannot be kept in other processes`, null, { help: ['leave out --workers, or take a policy without a budget'] }) };
  }
  return {
    ok: true,
    value: {
      keys: signing.value, workers: urls.map((url) => ({ url, token: token.value })), grants,
      ceiling: { policy: above.policy ?? null, strict: above.strict ?? false },
      lost: ({ url }, path, reason) => terminal.error(`warning: the worker ${url} does not carry on the branch ${path.replace(/\.$/, '')}: ${reason}\n`),
    },
  };
}

export async function runShared(workers: WorkersOptions, { program, start, openHost, openWatch, observer, signal }: SharedRun): Promise<Ending> {
  const watch = await openWatch();
  const host = await openHost();
  const told = { ...observer, ...watch?.observer };
  try {
    const result = await runWithWorkers(program, host, { ...workers, environment: cliEnvironment(), run: newRunId(Date.now()) }, { start, signal, observer: told });
    if (result.kind === 'complete') return { kind: 'complete', value: result.value };
    if (result.kind === 'failed') return { kind: 'failed', error: result.error };
    await undo(result.state, host, told);
    return { kind: 'interrupted', run: null, storeOption: '' };
  } finally {
    watch?.end();
    await host.close();
  }
}

/** What was begun is brought to an end, here: `finally` parts and compensations run. */
async function undo(state: State, host: Host, observer: Observer<Event>): Promise<void> {
  const first = cancel(state, 'the run was interrupted', { quantum: QUANTUM });
  const kernel = { resume, cancel, exposed: exposedContext };
  await drive<State, Event>({ kernel, first, host, signal: new AbortController().signal, quantum: QUANTUM, maxConcurrent: CONCURRENT_CALLS, observer });
}
