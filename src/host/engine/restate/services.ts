/**
 * The services that a worker offers to Restate. Their names, handlers and what is kept under which key are what runs of other versions find:
 *
 *   rtfs.drive    one object for each run; `go` is a segment
 *   rtfs.run      one object for each run, with what must be quick: what was said to it, and what it has written
 *                 keys: `begun`, `messages` (how many came), `m/N` (those not yet heard), `listener`, `w/NAME`
 *   rtfs.content  one object for each piece of content; what is larger than a part lies under `HASH/2`, `HASH/3` … as well
 *   rtfs.name     one object for each name
 *
 * Bytes in JSON are base64. A piece of content is answered with four bytes, the number of its parts, and the first part; with nothing when
 * it is not there.
 */
import type * as Sdk from '@restatedev/restate-sdk';
import type { DriveSegment, Segment } from '../port.ts';
import { RestateSegment } from './segment.ts';
import type { Listening, StartRequest, TellRequest, WriteRequest } from './wire.ts';

type Restate = typeof Sdk;
type Services = NonNullable<Parameters<Restate['createEndpointHandler']>[0]>['services'];

export type Offer = 'all' | 'drive' | 'keep';

/** A day: a call may take long, and must not be begun again because of that. */
const ABORT_MS = 86_400_000;

export function restateServices(sdk: Restate, content: Segment['content'], drive: DriveSegment, offers: Offer): Services {
  const { binary, empty } = sdk.serde;
  const patient: Sdk.RetryPolicy = { initialInterval: 50, maxInterval: 2_000, exponentiationFactor: 2, maxAttempts: 1_000_000_000 };
  // Their journals say nothing that is not in their state.
  const brief = { journalRetention: 0, idempotencyRetention: 3_600_000, retryPolicy: patient, enableLazyState: true } as const;
  const driving: Services = [
    sdk.object({
      name: 'rtfs.drive',
      handlers: {
        go: sdk.handlers.object.exclusive({ input: binary, output: empty }, async (context: Sdk.ObjectContext, input: Uint8Array) => drive(new RestateSegment(sdk, context, content), input)),
      },
      options: { ingressPrivate: true, abortTimeout: ABORT_MS, retryPolicy: patient, enableLazyState: true },
    }),
  ];
  const keeping: Services = [
    sdk.object({ name: 'rtfs.run', handlers: runHandlers(sdk), options: brief }),
    sdk.object({
      name: 'rtfs.content',
      handlers: {
        put: sdk.handlers.object.exclusive({ input: binary, output: empty }, async (context: Sdk.ObjectContext, bytes: Uint8Array) => {
          if ((await context.get('there')) !== null) return;
          context.set('bytes', bytes, binary);
          context.set('there', true);
        }),
        get: sdk.handlers.object.shared({ output: binary }, async (context: Sdk.ObjectSharedContext) => (await context.get('bytes', binary)) ?? new Uint8Array(0)),
      },
      options: brief,
    }),
    sdk.object({
      name: 'rtfs.name',
      handlers: {
        set: (context: Sdk.ObjectContext, text: string) => Promise.resolve(context.set('text', text)),
        get: sdk.handlers.object.shared((context: Sdk.ObjectSharedContext) => context.get<string>('text')),
      },
      options: brief,
    }),
  ];
  return [...(offers === 'keep' ? [] : driving), ...(offers === 'drive' ? [] : keeping)];
}

interface Listener {
  readonly number: number;
  readonly awakeable: string;
}

interface Message {
  readonly atMs: number;
  readonly bytes: string;
}

function runHandlers(sdk: Restate) {
  const inner = { ingressPrivate: true } as const;
  return {
    start: async (context: Sdk.ObjectContext, { input, written }: StartRequest): Promise<boolean> => {
      if ((await context.get('begun')) !== null) return false;
      context.set('begun', true);
      for (const [name, bytes] of Object.entries(written)) context.set(`w/${name}`, bytes);
      context.genericSend({ service: 'rtfs.drive', method: 'go', key: context.key, parameter: Buffer.from(input, 'base64') });
      return true;
    },
    tell: async (context: Sdk.ObjectContext, { bytes }: TellRequest): Promise<boolean> => {
      if ((await context.get('begun')) === null) return false;
      const number = ((await context.get<number>('messages')) ?? 0) + 1;
      const message: Message = { atMs: await context.date.now(), bytes };
      context.set('messages', number);
      context.set(`m/${number}`, message);
      const listener = await context.get<Listener>('listener');
      if (listener?.number !== number) return true;
      context.clear('listener');
      context.resolveAwakeable(listener.awakeable, message);
      return true;
    },
    /** Whoever asks for a message has heard those before it. */
    listen: sdk.handlers.object.exclusive(inner, async (context: Sdk.ObjectContext, { number, awakeable }: Listening): Promise<void> => {
      if (number > 1) context.clear(`m/${number - 1}`);
      const message = await context.get<Message>(`m/${number}`);
      if (message === null) context.set('listener', { number, awakeable } satisfies Listener);
      else context.resolveAwakeable(awakeable, message);
    }),
    write: sdk.handlers.object.exclusive(inner, (context: Sdk.ObjectContext, { name, bytes }: WriteRequest): Promise<void> => Promise.resolve(context.set(`w/${name}`, bytes))),
    remove: (context: Sdk.ObjectContext): Promise<void> => Promise.resolve(context.clearAll()),
    read: sdk.handlers.object.shared((context: Sdk.ObjectSharedContext, name: string): Promise<string | null> => context.get<string>(`w/${name}`)),
  };
}
