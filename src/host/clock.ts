/** The clock of the machine that the host runs on. */
import type { Clock } from './port.ts';

/** A timer set further ahead than this would fire at once. */
const TIMER_MAX_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (durationMs, signal) => {
    let leftMs = durationMs;
    while (leftMs > 0 && !signal.aborted) {
      const stretchMs = Math.min(leftMs, TIMER_MAX_MS);
      await oneTimer(stretchMs, signal);
      leftMs -= stretchMs;
    }
  },
};

function oneTimer(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done);
  });
}
