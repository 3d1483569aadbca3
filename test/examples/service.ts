/** The small services in `examples/support`, each in a process of its own on a port that was free. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { example } from './support.ts';

export interface Service<Seen> {
  readonly address: string;
  /** What the service tells of itself. */
  seen(): Promise<Seen>;
}

export async function withService<Seen, Result>(name: string, flags: readonly string[], use: (service: Service<Seen>) => Promise<Result>): Promise<Result> {
  const child = spawn(process.execPath, [example(`support/${name}.mjs`), ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    if (first.done === true) throw new Error('the service has ended');
    const url = first.value.replace('listening on ', '');
    return await use({ address: url.replace('http://', ''), seen: async () => (await (await fetch(url)).json()) as Seen });
  } finally {
    child.kill();
  }
}
