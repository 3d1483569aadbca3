/** Work that is given up when its time is over or nobody waits for it any more. */
import type { Clock } from './port.ts';

export class GivenUp extends Error {
  readonly reason: 'timeout' | 'cancelled';
  constructor(reason: 'timeout' | 'cancelled') {
    super(reason);
    this.reason = reason;
  }
}

export interface Deadline {
  readonly clock: Clock;
  /** Null for no limit. */
  readonly durationMs: number | null;
  readonly signal: AbortSignal;
}

/**
 * Rejects with `GivenUp` as soon as the time is over or the outer signal is aborted, whatever the work does then; its
 * own signal is aborted in both cases, and at the end.
 */
export async function withDeadline<Result>(deadline: Deadline, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const inner = new AbortController();
  let cancel = (): void => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    const stop = (reason: GivenUp['reason']): void => {
      if (inner.signal.aborted) return;
      reject(new GivenUp(reason)); // before the abort, so that it is what the caller sees
      inner.abort();
    };
    cancel = () => stop('cancelled');
    if (deadline.signal.aborted) cancel();
    else deadline.signal.addEventListener('abort', cancel);
    if (deadline.durationMs !== null) void deadline.clock.sleep(deadline.durationMs, inner.signal).then(() => stop('timeout'));
  });
  try {
    return await Promise.race([givenUp, work(inner.signal)]);
  } finally {
    deadline.signal.removeEventListener('abort', cancel);
    inner.abort();
  }
}
