/** A program and a host: run it to its end. */
import { drive, type RunResult } from './loop.ts';
import type { Host, Kernel, Observer, Quantum } from './port.ts';

/** Some tens of milliseconds of pure work, after which timers and cancelling get their turn. */
const QUANTUM = 5_000_000;
const CONCURRENT_CALLS = 256;

export interface RunOptions<Program, State, StartOptions extends Quantum, Event> {
  readonly kernel: Kernel<Program, State, StartOptions, Event>;
  /** What `start` of the kernel takes: limits, variables, quantum. */
  readonly start?: StartOptions;
  readonly signal?: AbortSignal;
  readonly maxConcurrent?: number;
  readonly observer?: Observer<Event>;
}

export async function run<Program, State, StartOptions extends Quantum, Event>(
  program: Program,
  host: Pick<Host, 'capabilities' | 'policy' | 'clock'>,
  options: RunOptions<Program, State, StartOptions, Event>,
): Promise<RunResult<State>> {
  const quantum = options.start?.quantum ?? QUANTUM;
  const start = { ...options.start, quantum } as StartOptions;
  return drive({
    kernel: options.kernel,
    first: options.kernel.start(program, start),
    host,
    signal: options.signal ?? new AbortController().signal,
    quantum,
    maxConcurrent: options.maxConcurrent ?? CONCURRENT_CALLS,
    observer: options.observer ?? {},
  });
}
