/** A segment as an invocation of Restate sees it: one fibre, which waits for whatever comes first. */
import type * as Sdk from '@restatedev/restate-sdk';
import type { Pending, Segment, Settled } from '../port.ts';
import { fromBase64, toBase64, type WriteRequest } from './wire.ts';

interface Awaited extends Pending {
  promise: Sdk.RestatePromise<Settled>;
}

export class RestateSegment implements Segment {
  readonly run: string;
  readonly content: Segment['content'];
  readonly signal: AbortSignal;
  private readonly sdk: typeof Sdk;
  private readonly context: Sdk.ObjectContext;

  constructor(sdk: typeof Sdk, context: Sdk.ObjectContext, content: Segment['content']) {
    this.sdk = sdk;
    this.context = context;
    this.run = context.key;
    this.content = content;
    this.signal = context.request().attemptCompletedSignal;
  }

  step = (name: string, work: () => Promise<Uint8Array>): Pending => awaited('step', this.context.run(name, work, { serde: this.sdk.serde.binary }), (bytes) => ({ bytes, atMs: null }));

  timer = (durationMs: number): Pending => awaited('timer', this.context.sleep(durationMs), () => ({ bytes: new Uint8Array(0), atMs: null }));

  message = (number: number): Pending => {
    const { id, promise } = this.context.awakeable<{ readonly atMs: number; readonly bytes: string }>();
    this.send('rtfs.run', 'listen', { number, awakeable: id });
    return awaited('message', promise, ({ atMs, bytes }) => ({ bytes: fromBase64(bytes), atMs }));
  };

  first = async (pending: readonly Pending[]): Promise<Settled> => {
    try {
      return await this.sdk.RestatePromise.race(pending.map((one) => (one as Awaited).promise));
    } catch (cause) {
      if (cause instanceof this.sdk.CancelledError) return { kind: 'cancelled' };
      throw cause;
    }
  };

  write = (name: string, bytes: Uint8Array): void => this.send('rtfs.run', 'write', { name, bytes: toBase64(bytes) } satisfies WriteRequest);

  handOver = (input: Uint8Array): void => {
    this.context.genericSend({ service: 'rtfs.drive', method: 'go', key: this.run, parameter: input });
  };

  private send(service: string, method: string, parameter: unknown): void {
    this.context.genericSend({ service, method, key: this.run, parameter, inputSerde: JSON_BYTES });
  }
}

const JSON_BYTES: Sdk.Serde<unknown> = {
  contentType: 'application/json',
  serialize: (value) => new TextEncoder().encode(JSON.stringify(value)),
  deserialize: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
};

function awaited<Given>(what: Pending['what'], promise: Sdk.RestatePromise<Given>, read: (given: Given) => { readonly bytes: Uint8Array; readonly atMs: number | null }): Pending {
  // Mapped before it is known, so that what has come says what it was asked for.
  const pending: Awaited = { what, promise: promise.map((given, failure) => {
    if (failure !== undefined) throw failure;
    return { kind: 'settled', pending, ...read(given as Given) };
  }) };
  return pending;
}
