/** One branch while a worker carries it on, seen from home: what the worker tells, in order, and when it may go on. */
import type { Result } from '../../diagnostic/diagnostic.ts';
import type { BranchTurns } from './turns.ts';

export interface WorkerAddress {
  readonly url: string;
  readonly token: string | null;
}

/** How a worker says that it is done with a branch. */
export interface Ending {
  /** The branch has not ended: it goes on at home. */
  readonly comesHome: boolean;
  /** The hash of the branch as it stands there (`branchHash`). */
  readonly state: string;
  /** What the worker has written down, if it has: the run in its store, and the last record. */
  readonly log: { readonly run: string; readonly seq: number; readonly hash: string } | null;
}

export type Told =
  /** `isLast`: the branch has ended with them. */
  | { readonly kind: 'turns'; readonly turns: BranchTurns; readonly isLast: boolean }
  | { readonly kind: 'done'; readonly ending: Ending }
  /** The worker does not carry it on any more; why, for people. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface SessionOptions {
  readonly worker: WorkerAddress;
  readonly id: string;
  /** The request. */
  readonly body: string;
  /** How long the worker may be silent. */
  readonly leaseMs: number;
  /** Reads the turns of a line; `index` counts lines of turns. */
  readonly readTurns: (text: string, index: number) => Result<BranchTurns, string>;
}

export class Session {
  /** Calls that the worker says it begins, that must not be made twice, and of which it has not told the answer. */
  readonly begun = new Set<string>();
  /** Null until the worker is done. */
  ending: Ending | null = null;
  private readonly options: SessionOptions;
  private readonly closing = new AbortController();
  private readonly turns: Extract<Told, { kind: 'turns' }>[] = [];
  private over: Exclude<Told, { kind: 'turns' }> | null = null;
  private heard = 0;
  private taken = 0;
  private wake: () => void = () => undefined;

  constructor(options: SessionOptions) {
    this.options = options;
    void this.listen();
  }

  /** What the worker tells next; how it ends is told again and again. Only one at a time may ask. */
  async next(signal: AbortSignal): Promise<Told> {
    for (;;) {
      const { turns, over } = this;
      // How it ends comes right behind what it ends with, and is to be known then.
      if (turns.length > 0 && (over !== null || !turns[0]!.isLast)) {
        this.taken += 1;
        return turns.shift()!;
      }
      if (turns.length === 0 && over !== null) return over;
      if (signal.aborted) return { kind: 'lost', reason: 'nobody wants it any more' };
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  /** The worker may make calls that follow from what it has told. */
  proceed(): void {
    const { worker, id } = this.options;
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'proceed', params: { session: id, turns: this.taken } });
    const failed = (): void => this.fail('it could not be told to go on');
    void fetch(worker.url, { method: 'POST', headers: headersFor(worker), body, signal: this.closing.signal }).then(async (response) => {
      if (!(await response.text()).includes('"result"') && this.ending === null) failed();
    }).catch(failed);
  }

  close(): void {
    this.closing.abort();
  }

  private fail(reason: string): void {
    if (this.closing.signal.aborted) return;
    this.over ??= { kind: 'lost', reason };
    this.wake();
    this.close();
  }

  private async listen(): Promise<void> {
    const { worker, body, leaseMs } = this.options;
    let timer = setTimeout(() => this.fail(`nothing was heard of it for ${leaseMs} ms`), leaseMs);
    try {
      const response = await fetch(worker.url, { method: 'POST', headers: headersFor(worker), body, signal: this.closing.signal });
      if (response.body === null) return this.fail('it answered nothing');
      const decoder = new TextDecoder();
      let pieces: string[] = [];
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
        clearTimeout(timer);
        timer = setTimeout(() => this.fail(`nothing was heard of it for ${leaseMs} ms`), leaseMs);
        const [first = '', ...rest] = decoder.decode(bytes, { stream: true }).split('\n');
        pieces.push(first);
        for (const next of rest) {
          this.hear(pieces.join(''));
          pieces = [next];
        }
      }
      this.hear(pieces.join(''));
      if (this.ending === null) this.fail('it ended without an answer');
    } catch {
      this.fail('the connection ended');
    } finally {
      clearTimeout(timer);
    }
  }

  /** Nothing is in doubt of the call any more, nor of what its callbacks called. */
  private answered(call: string): void {
    for (const key of this.begun) if (key === call || key.startsWith(`${call}~`)) this.begun.delete(key);
  }

  private hear(line: string): void {
    if (line === '' || this.over !== null) return;
    let message: Line;
    try {
      message = JSON.parse(line) as Line;
    } catch {
      return this.fail('it answered no JSON');
    }
    const { method, params, result, error } = message;
    if (method === 'begins') this.begun.add(String(params?.call));
    else if (method === 'turns') {
      const read = this.options.readTurns(String(params?.turns), this.heard++);
      if (!read.ok) return this.fail(read.error);
      this.turns.push({ kind: 'turns', turns: read.value, isLast: params?.last === true });
      for (const { id } of read.value.flat()) this.answered(id);
      this.wake();
    } else if (result !== undefined) {
      this.ending = endingIn(result);
      this.over ??= { kind: 'done', ending: this.ending };
      this.wake();
    } else if (method === undefined) this.fail(typeof error?.message === 'string' ? error.message : 'it ended without an answer');
  }
}

function headersFor({ token }: WorkerAddress): Record<string, string> {
  return { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
}

interface Line {
  readonly method?: unknown;
  readonly params?: { readonly call?: unknown; readonly turns?: unknown; readonly last?: unknown };
  readonly result?: { readonly home?: unknown; readonly state?: unknown; readonly run?: unknown; readonly seq?: unknown; readonly hash?: unknown };
  readonly error?: { readonly message?: unknown };
}

function endingIn({ home, state, run, seq, hash }: NonNullable<Line['result']>): Ending {
  const log = typeof run === 'string' && typeof seq === 'number' && typeof hash === 'string' ? { run, seq, hash } : null;
  return { comesHome: home === true, state: typeof state === 'string' ? state : '', log };
}
