/** The `fetch` that other protocols are given: one exchange, under the same checks of hosts and addresses as `:http.request`. */
import { Readable } from 'node:stream';
import type { CallContext, Grant } from '../port.ts';
import { HostFailure } from '../failure.ts';
import { type Hop, send } from './exchange.ts';
import { checkHost, checkedAddresses, type HttpOptions, hopFailure } from './http.ts';

const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Redirects are not followed. The body of the answer streams. */
export function fetchUnder(options: HttpOptions, name: string, grants: readonly Grant[]): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (target, init = {}) => {
    const signal = init.signal ?? new AbortController().signal;
    const context: Pick<CallContext, 'name' | 'grants'> = { name, grants };
    const hop = hopOf(new URL(target), init, name);
    checkHost(hop.url, context, '');
    try {
      const addresses = await checkedAddresses(hop.url, { context, options, signal });
      const message = await send(hop, addresses, signal);
      const status = message.statusCode ?? 500;
      const headers = new Headers(Object.entries(message.headers).flatMap(([key, value]) => [value ?? []].flat().map((one): [string, string] => [key, one])));
      if (NULL_BODY.has(status)) message.resume();
      return new Response(NULL_BODY.has(status) ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>), { status, headers });
    } catch (cause) {
      throw hopFailure(cause, hop.url);
    }
  };
}

function hopOf(url: URL, init: RequestInit, name: string): Hop {
  const { body = null, method = 'GET' } = init;
  if (body !== null && typeof body !== 'string') throw new HostFailure('internal', `${name}: only text can be sent`);
  const headers = new Map([...new Headers(init.headers)].map(([key, value]) => [key.toLowerCase(), value] as const));
  return { method: method.toUpperCase(), url, headers, body: body === null ? null : Buffer.from(body, 'utf8') };
}
