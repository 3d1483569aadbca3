/** Lines of a readline interface, one at a time; those that come early wait. */
import type { Interface } from 'node:readline';

export class Lines {
  private readonly waiting: string[] = [];
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(reader: Interface) {
    reader.on('line', (line) => {
      this.waiting.push(line);
      this.wake();
    });
    reader.on('close', () => {
      this.ended = true;
      this.wake();
    });
  }

  /** Null when there are no more; null too as soon as the signal is aborted. */
  async next(signal?: AbortSignal): Promise<string | null> {
    const abort = (): void => this.wake();
    signal?.addEventListener('abort', abort);
    while (this.waiting.length === 0 && !this.ended && signal?.aborted !== true) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    signal?.removeEventListener('abort', abort);
    return signal?.aborted === true ? null : (this.waiting.shift() ?? null);
  }
}
