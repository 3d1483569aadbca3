/** A clock that a test moves: waits end when it comes to their time, and nothing waits really. */
import type { Clock } from '../host/port.ts';

export interface TestClock extends Clock {
  /** Lets that much time pass. */
  readonly advance: (ms: number) => void;
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Begins at `startMs` milliseconds since 1970. With `hasty` it moves by itself to the end of every wait that begins. */
export function testClock(startMs = 0, { hasty = false }: { readonly hasty?: boolean } = {}): TestClock {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  const advance = (ms: number): void => {
    nowMs += ms;
    for (const sleeper of [...sleepers].sort((a, b) => a.dueMs - b.dueMs)) if (sleeper.dueMs <= nowMs) sleeper.wake();
  };
  const sleep = (durationMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: nowMs + durationMs, wake };
      sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
      else if (hasty || durationMs <= 0) advance(Math.max(0, durationMs));
    });
  return { nowMs: () => nowMs, sleep, advance };
}
