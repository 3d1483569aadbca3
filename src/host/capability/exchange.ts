/**
 * One HTTP exchange: a request to addresses that were checked before, and its answer, bounded in size.
 * The socket connects to those addresses only; the name is not looked up again, so an answer of the name service that
 * changes in between changes nothing. Every exchange has a connection of its own.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { hostOf } from '../security/network.ts';

export interface Hop {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer | null;
}

export interface HopAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export class TooLarge extends Error {}
export class UnknownCoding extends Error {}

export async function exchange(hop: Hop, addresses: readonly string[], maxBytes: number, signal: AbortSignal): Promise<HopAnswer> {
  const response = await send(hop, addresses, signal);
  const body = await readBody(hop, response, maxBytes);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** The answer's head; its body is still to be read. */
export function send(hop: Hop, addresses: readonly string[], signal: AbortSignal): Promise<http.IncomingMessage> {
  const secure = hop.url.protocol === 'https:';
  const options: https.RequestOptions = {
    method: hop.method,
    hostname: hostOf(hop.url),
    port: hop.url.port === '' ? (secure ? 443 : 80) : hop.url.port,
    path: `${hop.url.pathname}${hop.url.search}`,
    headers: Object.fromEntries(hop.headers),
    lookup: lookupOf(addresses),
    agent: secure ? new https.Agent() : new http.Agent(),
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(options, resolve);
    request.on('error', reject);
    request.end(hop.body ?? undefined);
  });
}

/** A look-up that knows its answer. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_hostname, options, callback) => {
    if (options.all === true) callback(null, found);
    else callback(null, found[0]!.address, found[0]!.family);
  };
}

async function readBody(hop: Hop, response: http.IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for await (const chunk of decoded(hop, response) as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > maxBytes) throw new TooLarge();
      chunks.push(chunk);
    }
  } finally {
    response.destroy();
  }
  return Buffer.concat(chunks);
}

/** The body without its compression. The limit of size counts what comes out, so a small bomb stays small. */
function decoded(hop: Hop, response: http.IncomingMessage): Readable {
  const coding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const bodyless = hop.method === 'HEAD' || response.statusCode === 204 || response.statusCode === 304;
  if (bodyless || coding === 'identity' || coding === '') return response;
  return pipeline(response, decoderOf(coding), () => undefined);
}

function decoderOf(coding: string): ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress> {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new UnknownCoding();
  }
}
