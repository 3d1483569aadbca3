/**
 * Many runs in one process: it begins runs, puts away those that wait, and takes each up again when its time has come or somebody has
 * said something to it. A run that waits is nothing but bytes in the store.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import type { State } from '../../evaluator/state.ts';
import type { RunResult } from '../loop.ts';
import { type DriveOptions, type Keeping, type NewRunOptions, type OptionsFor, type ResumeProblem, resumeRun, startRun } from './driver.ts';
import type { Runnable } from './program.ts';

export interface SupervisorOptions {
  readonly keeping: Keeping;
  readonly optionsFor: OptionsFor;
  /** How many runs are driven at the same time. Default 256. */
  readonly concurrency?: number;
  /** How often the store is asked for runs that are due, when nothing is known to become due sooner. Default 500 ms. */
  readonly pollMs?: number;
  /** Told when a run that was driven ends or is put away. Must not throw. */
  readonly onStopped?: (run: string, result: Result<RunResult<State>, ResumeProblem>) => void;
  /** Told of what went wrong with a run that has nothing to do with the plan: a store that fails, a lease that was lost. */
  readonly onFault?: (run: string, cause: unknown) => void;
}

const CONCURRENCY = 256;
const POLL_MS = 500;
/** Looking for runs of processes that have ended costs more, and happens less often. */
const ORPHANS_EVERY = 10;

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly driven = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  /** One for each run: thousands on one signal would be taken for a leak. */
  private readonly stops = new Map<string, AbortController>();
  private nudge = new AbortController();
  private polls = 0;

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  /** Begins a run; resolves when it has ended or is put away. */
  start(program: Runnable, run: NewRunOptions, options: DriveOptions): Promise<RunResult<State>> {
    const { keeping } = this.options;
    const driving = startRun(keeping, program, run, this.parking(run.id, options));
    this.watch(run.id, driving.then((value) => ({ ok: true, value })));
    return driving;
  }

  /** Something has been said to a run: looks at once. */
  wake(): void {
    this.nudge.abort();
  }

  /** Takes up runs as they become due, until the signal is aborted; then lets go of all runs, which others may take up. */
  async serve(signal: AbortSignal): Promise<void> {
    const stop = (): void => {
      this.stopping.abort();
      for (const one of this.stops.values()) one.abort();
      this.nudge.abort();
    };
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    while (!this.stopping.signal.aborted) {
      await this.takeUp();
      await this.pause();
    }
    signal.removeEventListener('abort', stop);
    await Promise.allSettled(this.driven.values());
  }

  /** Runs driven now. */
  get size(): number {
    return this.driven.size;
  }

  private async takeUp(): Promise<void> {
    const { keeping, concurrency = CONCURRENCY } = this.options;
    const room = concurrency - this.driven.size;
    if (room <= 0) return;
    const due = await keeping.store.due(keeping.clock.nowMs(), room);
    const left = this.polls++ % ORPHANS_EVERY === 0 ? await this.orphans() : [];
    for (const run of new Set([...due, ...left].slice(0, room))) {
      if (this.driven.has(run)) continue;
      this.watch(run, resumeRun(keeping, run, async (recovered, row) => this.parking(run, await this.options.optionsFor(recovered, row))));
    }
  }

  /** Runs that were being driven by a process which may have ended. Those that others still drive refuse to be taken up. */
  private async orphans(): Promise<readonly string[]> {
    const rows = await this.options.keeping.store.runs({ status: ['running'] });
    return rows.filter((row) => !this.driven.has(row.id)).map((row) => row.id);
  }

  private parking(run: string, options: DriveOptions): DriveOptions {
    const stop = new AbortController();
    if (this.stopping.signal.aborted) stop.abort();
    this.stops.set(run, stop);
    return { ...options, signal: stop.signal, park: { timers: true, graceMs: this.options.pollMs ?? POLL_MS, ...options.park } };
  }

  private watch(run: string, driving: Promise<Result<RunResult<State>, ResumeProblem>>): void {
    const watched = driving.then(
      (result) => {
        // Another process drives it, or was quicker to end it.
        if (result.ok || (result.error.kind !== 'busy' && result.error.kind !== 'ended')) this.options.onStopped?.(run, result);
      },
      (cause: unknown) => this.options.onFault?.(run, cause),
    );
    this.driven.set(run, watched);
    void watched.finally(() => {
      this.driven.delete(run);
      this.stops.delete(run);
      this.wake();
    });
  }

  private async pause(): Promise<void> {
    const { keeping, pollMs = POLL_MS } = this.options;
    if (this.nudge.signal.aborted) this.nudge = new AbortController();
    if (this.stopping.signal.aborted) return;
    await keeping.clock.sleep(pollMs, this.nudge.signal);
  }
}
