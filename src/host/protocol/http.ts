/**
 * The protocol over HTTP: a message is the body of a POST to `/`, the answer that of the response. With `Accept: application/x-ndjson` the
 * response is lines, notifications first. Errors of the protocol have status 200, as they are answers; other statuses say what is wrong with the
 * HTTP request, with an error of the protocol as body all the same.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Protocol } from './protocol.ts';
import { errorText, RPC_CODES, type RpcCode, RpcError } from './rpc.ts';

export interface HttpOptions {
  /** 0 for one that is free. */
  readonly port: number;
  /** `127.0.0.1` unless given. */
  readonly address?: string;
  /** What clients prove themselves with: `Authorization: Bearer TOKEN`. Null: everybody may who reaches the port. */
  readonly token: string | null;
  /** How long a request may take to arrive. */
  readonly requestMs?: number;
  /** Connections at the same time; more are turned away. */
  readonly connectionsMax?: number;
}

export interface HttpService {
  /** `http://127.0.0.1:4000/` */
  readonly url: string;
  /** Resolves when requests that are under way are answered and the port is free. */
  readonly close: () => Promise<void>;
}

const REQUEST_MS = 30_000;
const CONNECTIONS_MAX = 10_000;
/** Longer than clients keep connections, so that none is closed while a request is on its way. */
const KEEP_ALIVE_MS = 65_000;
const NDJSON = 'application/x-ndjson';

/** Who answers what comes. */
export interface HttpAnswering {
  readonly messageMax: number;
  readonly handle?: Protocol['handle'];
  /** In place of `handle`: answers with lines, for as long as it takes; `write` resolves when the line has left this process, or cannot any more. The signal is aborted when nobody listens any more. Must not reject. */
  readonly follow?: (text: string, write: (line: string) => Promise<void>, signal: AbortSignal) => Promise<void>;
}

/** Rejects with the system's error when the address cannot be had. */
export async function serveHttp(protocol: HttpAnswering, { port, address = '127.0.0.1', token, requestMs = REQUEST_MS, connectionsMax = CONNECTIONS_MAX }: HttpOptions): Promise<HttpService> {
  const expected = token === null ? null : digest(`Bearer ${token}`);
  let underWay = 0;
  let isClosing = false;
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: Math.min(requestMs, 30_000) }, (request, response) => {
    underWay += 1;
    response.on('close', () => {
      underWay -= 1;
      if (isClosing && underWay === 0) server.closeAllConnections();
    });
    void respond(request, response, protocol, expected);
  });
  server.maxConnections = connectionsMax;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('clientError', (_, socket) => socket.destroy());
  await listening(server, port, address);
  const { port: got, family } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => {
    isClosing = true;
    server.close(() => resolve());
    // Who follows something for long is told that nobody is there any more; what was asked gets its answer.
    if (underWay === 0 || protocol.follow !== undefined) server.closeAllConnections();
  });
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${got}/`, close };
}

function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: address, backlog: 2_048 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Of the same length whatever it is of, so that comparing tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

async function respond(request: IncomingMessage, response: ServerResponse, protocol: HttpAnswering, expected: Buffer | null): Promise<void> {
  response.on('error', () => undefined);
  const problem = refusal(request, expected);
  if (problem !== null) return refuse(request, response, problem);
  const bytesMax = protocol.messageMax * 3;
  const text = Number(request.headers['content-length'] ?? 0) > bytesMax ? TOO_LONG : await bodyOf(request, bytesMax);
  if (text === GONE) return void response.destroy();
  if (text === TOO_LONG) return refuse(request, response, { status: 413, code: RPC_CODES.size, message: `the message is longer than ${protocol.messageMax} characters, which is the most that this server takes` });
  if (protocol.follow !== undefined) return followed(response, text.text, protocol.follow);
  if (protocol.handle === undefined) throw new Error('nobody answers');
  const streams = (request.headers.accept ?? '').includes(NDJSON);
  const { notifications, response: answer } = protocol.handle(text.text);
  if (!streams && notifications.length > 0) return refuse(request, response, { status: 406, code: RPC_CODES.request, message: `events come by notification only where lines are accepted: send Accept: ${NDJSON}, or ask for "events": "result"` });
  if (streams) return send(response, 200, NDJSON, [...notifications, ...(answer === null ? [] : [answer])].map((line) => `${line}\n`).join(''));
  if (answer === null) return send(response, 204, null, '');
  send(response, 200, 'application/json', answer);
}

async function followed(response: ServerResponse, text: string, follow: NonNullable<HttpAnswering['follow']>): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.writeHead(200, { 'Content-Type': NDJSON, 'Cache-Control': 'no-store' });
  response.flushHeaders();
  await follow(text, (line) => new Promise((resolve) => void response.write(`${line}\n`, () => resolve())), gone.signal);
  response.end();
}

interface Refusal {
  readonly status: number;
  readonly code: RpcCode;
  readonly message: string;
}

/** A page in a browser can neither send this type of content nor the token without asking first, and it is never told yes. */
function refusal({ method, url, headers }: IncomingMessage, expected: Buffer | null): Refusal | null {
  if (url !== '/') return { status: 404, code: RPC_CODES.request, message: 'there is nothing here: requests go to /' };
  if (method !== 'POST') return { status: 405, code: RPC_CODES.request, message: 'requests are sent with POST' };
  if (expected !== null && !timingSafeEqual(digest(headers.authorization ?? ''), expected)) {
    return { status: 401, code: RPC_CODES.access, message: 'the token is missing or wrong: send Authorization: Bearer TOKEN' };
  }
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') return { status: 415, code: RPC_CODES.request, message: 'send Content-Type: application/json' };
  return null;
}

/** The rest of the request is not read: the connection ends with the answer. */
function refuse(request: IncomingMessage, response: ServerResponse, { status, code, message }: Refusal): void {
  if (!request.complete) response.setHeader('Connection', 'close');
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (status === 405) response.setHeader('Allow', 'POST');
  send(response, status, 'application/json', errorText(null, new RpcError(code, message)));
  if (!request.complete) request.resume();
}

function send(response: ServerResponse, status: number, type: string | null, text: string): void {
  const body = Buffer.from(text, 'utf8');
  response.writeHead(status, { ...(type === null ? {} : { 'Content-Type': type, 'Content-Length': body.length }), 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
  response.end(body);
}

const TOO_LONG = Symbol('too long');
const GONE = Symbol('gone');

async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<{ readonly text: string } | typeof TOO_LONG | typeof GONE> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > bytesMax) return TOO_LONG;
      pieces.push(piece);
    }
  } catch {
    return GONE; // the client has left
  }
  return { text: Buffer.concat(pieces).toString('utf8') };
}
