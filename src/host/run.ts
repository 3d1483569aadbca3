/** A program and a host: run it to its end. */
import { cancel, exposedContext, resume, start, type StartOptions, variablesAt } from '../evaluator/kernel.ts';
import type { Event, State } from '../evaluator/state.ts';
import type { CallbackRuns } from './callback/callback.ts';
import { type EntryKernel, unkeptCallbacks } from './callback/unkept.ts';
import type { Program } from './compile.ts';
import { drive, type LoopHost, type LoopOptions, type RunResult } from './loop.ts';
import { afterTurn } from './memory.ts';
import { type Governed, Governor, governsContexts, isTracing } from './security/governance.ts';
import type { Kernel, Observer, Quantum } from './port.ts';

/** Some tens of milliseconds of pure work, after which timers and cancelling get their turn. */
const QUANTUM = 5_000_000;
const CONCURRENT_CALLS = 256;

export interface RunOptions<Start = StartOptions, Happened = Event> {
  /** What the kernel takes to start: limits, variables, context, quantum. */
  readonly start?: Start;
  readonly signal?: AbortSignal;
  /** How many capabilities may work at the same time. */
  readonly maxConcurrent?: number;
  readonly observer?: Observer<Happened>;
}

/** The program comes compiled, so that what only runs programs needs no reader. */
export function run(program: Pick<Program, 'main' | 'table'>, host: LoopHost & Governed, options: RunOptions = {}): Promise<RunResult<State>> {
  const { table, main } = program;
  const parts: RunParts = { ...options, follow: afterTurn, isTraced: isTracing(host.constitution) };
  return runOn(newKernel(host), { table, fn: table.closureOf(main), args: [] }, host, { ...parts, callbacks: callbacksOf(table, host, parts) });
}

type RunParts = RunOptions & Pick<LoopOptions<State, Event>, 'follow' | 'isTraced'> & {
  /** The keys of calls that call back. Default: their ids. */
  readonly keyOf?: (callId: string) => string;
};

/** What a capability calls back runs as the run itself does: on such a kernel, under such limits. */
export function callbacksOf(table: Program['table'], host: LoopHost & Governed, { start: { limits, isolations, quantum = QUANTUM } = {}, signal = new AbortController().signal, maxConcurrent = CONCURRENT_CALLS, observer = {}, keyOf, ...rules }: RunParts): CallbackRuns {
  return unkeptCallbacks({ table, newKernel: () => newKernel(host), host, observer, start: { quantum, ...(limits === undefined ? {} : { limits }), ...(isolations === undefined ? {} : { isolations }) }, loop: { ...rules, signal, maxConcurrent } }, 0, keyOf);
}

function newKernel({ constitution }: Governed): EntryKernel {
  return constitution !== undefined && governsContexts(constitution) ? governed(new Governor(constitution)) : KERNEL;
}

const KERNEL: EntryKernel = {
  start: ({ table, fn, args }, options) => start(table, fn, args, options),
  resume,
  cancel,
  exposed: (state, callId) => exposedContext(state, callId),
  variables: variablesAt,
};

function governed(governor: Governor): EntryKernel {
  return {
    start: ({ table, fn, args }, options) => governor.take((refused) => start(table, fn, args, { ...options, refused })),
    resume: (state, answers, options) => governor.take((refused) => resume(state, answers, { ...options, refused })),
    cancel: (state, reason, options) => governor.take((refused) => cancel(state, reason, { ...options, refused })),
    exposed: KERNEL.exposed!,
    shows: (call, exposed) => governor.shows(call, exposed),
    variables: variablesAt,
  };
}

/** The same on any machine that keeps the kernel's contract. */
export async function runOn<Code, Saved, Start extends Quantum, Happened>(
  kernel: Kernel<Code, Saved, Start, Happened>,
  program: Code,
  host: LoopHost,
  options: RunOptions<Start, Happened> & Pick<LoopOptions<Saved, Happened>, 'follow' | 'isTraced' | 'callbacks'> = {},
): Promise<RunResult<Saved>> {
  const quantum = options.start?.quantum ?? QUANTUM;
  const startOptions = { ...options.start, quantum } as Start;
  return drive({
    kernel,
    first: kernel.start(program, startOptions),
    host,
    signal: options.signal ?? new AbortController().signal,
    quantum,
    maxConcurrent: options.maxConcurrent ?? CONCURRENT_CALLS,
    observer: options.observer ?? {},
    isTraced: options.isTraced ?? false,
    ...(options.follow === undefined ? {} : { follow: options.follow }),
    ...(options.callbacks === undefined ? {} : { callbacks: options.callbacks }),
  });
}
