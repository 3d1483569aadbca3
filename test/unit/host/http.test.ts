import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import path from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { httpCapabilities } from '../../../src/host/capability/http.ts';
import { nextHop } from '../../../src/host/capability/http-redirect.ts';
import type { HostFailure } from '../../../src/host/failure.ts';
import type { CallContext, Clock, Grant, ResolveName } from '../../../src/host/port.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { MapValue } from '../../../src/value/map.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { contextOf, failureFrom, find, ManualClock, withDirectory } from './support.ts';

// ── Servers ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface TestServer {
  readonly port: number;
  readonly origin: string;
  readonly seen: Seen[];
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return (server.address() as net.AddressInfo).port;
}

type Respond = (request: Seen, response: http.ServerResponse) => void;

async function serve(respond: Respond): Promise<TestServer> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      respond(one, response);
    });
  });
  const port = await listen(server);
  return { port, origin: `http://127.0.0.1:${port}`, seen };
}

/** Always the same answer. */
function answering(body: string | Buffer, headers: http.OutgoingHttpHeaders = {}, status = 200): Respond {
  return (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

function redirecting(location: string, status = 302): Respond {
  return answering('', { location }, status);
}

// ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Options {
  readonly grants?: readonly Grant[];
  readonly resolveName?: ResolveName;
  readonly clock?: Clock;
  readonly context?: Partial<CallContext>;
}

const LOOPBACK: readonly Grant[] = [{ capability: 'http', scope: '127.0.0.1' }];
const noName: ResolveName = (name) => Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' }));

function act(id: string, args: readonly Value[], options: Options = {}): Promise<Value> {
  const capabilities = httpCapabilities({ clock: options.clock ?? systemClock, resolveName: options.resolveName ?? noName });
  return find(capabilities, id).call(args, contextOf(options.grants ?? LOOPBACK, { name: id, ...options.context }));
}

const fail = (id: string, args: readonly Value[], options: Options = {}): Promise<HostFailure> => failureFrom(act(id, args, options));

/** `{name value …}` with keyword keys. */
function map(entries: Readonly<Record<string, Value>>): MapValue {
  return MapValue.from(Object.entries(entries).map(([name, value]) => [keyword(name), value] as const));
}

function part(answer: Value, name: string): Value {
  return (answer as MapValue).get(keyword(name)) ?? null;
}

const bodyOf = (answer: Value): Value => part(answer, 'body');

describe('http.get', () => {
  test('gives status, headers, body and the URL', async () => {
    const server = await serve(answering('grüße', { 'content-type': 'text/plain', 'X-One': 'a' }, 201));
    const answer = await act('http.get', [`${server.origin}/a/b?c=d#e`]);
    expect([part(answer, 'status'), bodyOf(answer), part(answer, 'url')]).toEqual([201, 'grüße', `${server.origin}/a/b?c=d#e`]);
    expect((part(answer, 'headers') as MapValue).get('x-one')).toBe('a');
    expect(server.seen).toMatchObject([{ method: 'GET', url: '/a/b?c=d', body: '' }]);
  });

  test('gives an answer of any status: it is for the program to judge', async () => {
    const server = await serve(answering('gone', {}, 404));
    expect(part(await act('http.get', [server.origin]), 'status')).toBe(404);
  });

  test('gives several cookies as a vector', async () => {
    const server = await serve(answering('', { 'set-cookie': ['a=1', 'b=2'] }));
    const headers = part(await act('http.get', [server.origin]), 'headers') as MapValue;
    expect(headers.get('set-cookie')).toEqual(Vector.of('a=1', 'b=2'));
  });

  test('sends headers', async () => {
    const server = await serve(answering(''));
    await act('http.get', [server.origin, map({ headers: MapValue.of('X-A', '1', keyword('x-b'), 2, 'accept', 'text/plain') })]);
    expect(server.seen[0]!.headers).toMatchObject({ 'x-a': '1', 'x-b': '2', accept: 'text/plain', 'user-agent': 'rtfs', 'accept-encoding': 'gzip, br' });
  });

  test('uses a connection of its own each time', async () => {
    const server = await serve(answering(''));
    await act('http.get', [server.origin]);
    expect(server.seen[0]!.headers.connection).toBe('close');
  });

  test('takes no body and no method', async () => {
    expect((await fail('http.get', ['http://127.0.0.1/', map({ body: 'x' })])).message).toContain('there is no option :body');
    expect((await fail('http.get', ['http://127.0.0.1/', map({ method: 'POST' })])).message).toContain('there is no option :method');
  });
});

describe('http.request', () => {
  test.each<[string, (url: string) => Value[]]>([
    ['in a map', (url) => [map({ url, method: 'POST', body: 'hé' })]],
    ['one by one', (url) => [keyword('url'), url, keyword('method'), keyword('post'), keyword('body'), 'hé']],
    ['as URL and map', (url) => [url, map({ method: 'post', body: 'hé' })]],
  ])('sends method and body, given %s', async (_, args) => {
    const server = await serve(answering('ok'));
    expect(bodyOf(await act('http.request', args(server.origin)))).toBe('ok');
    expect(server.seen).toMatchObject([{ method: 'POST', body: 'hé', headers: { 'content-length': '3' } }]);
  });

  test('is a GET unless told otherwise', async () => {
    const server = await serve(answering('ok'));
    await act('http.request', [server.origin]);
    expect(server.seen[0]!.method).toBe('GET');
  });

  test('sends a value as JSON', async () => {
    const server = await serve(answering('ok'));
    await act('http.request', [map({ url: server.origin, method: 'PUT', json: map({ b: Vector.of(1, null), a: 'x' }) })]);
    expect(server.seen[0]).toMatchObject({ body: '{"a":"x","b":[1,null]}', headers: { 'content-type': 'application/json' } });
  });

  test('sends a type of its own with JSON when told to', async () => {
    const server = await serve(answering('ok'));
    await act('http.request', [map({ url: server.origin, method: 'PUT', json: 1, headers: MapValue.of('Content-Type', 'application/ld+json') })]);
    expect(server.seen[0]!.headers['content-type']).toBe('application/ld+json');
  });

  test('of HEAD gives the headers and an empty body', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10', 'content-encoding': 'gzip' });
      response.end();
    });
    expect(bodyOf(await act('http.request', [map({ url: server.origin, method: 'HEAD' })]))).toBe('');
  });

  test.each<[string, Readonly<Record<string, Value>>, string]>([
    ['a host of its own', { headers: MapValue.of('Host', 'other.test') }, 'the header "host" cannot be set'],
    ['a length of its own', { headers: MapValue.of('content-length', 3) }, 'the header "content-length" cannot be set'],
    ['a transfer of its own', { headers: MapValue.of('Transfer-Encoding', 'chunked') }, 'the header "transfer-encoding" cannot be set'],
    ['a header with a line end', { headers: MapValue.of('x', 'a\r\nHost: other.test') }, 'the header "x" has a character that is not allowed'],
    ['a header name with a blank', { headers: MapValue.of('x y', 'a') }, 'the header "x y" has a character that is not allowed'],
    ['headers that are no map', { headers: 1 }, 'expected map, got integer'],
    ['a header that is a vector', { headers: MapValue.of('x', Vector.of(1)) }, 'expected string, got vector'],
    ['a method that is none', { method: 'GET /' }, '"GET /" is not a method that can be used'],
    ['a tunnel', { method: 'CONNECT' }, '"CONNECT" is not a method that can be used'],
    ['two bodies', { body: 'x', json: 1 }, 'give either :body or :json'],
    ['what JSON cannot say', { json: Vector.of(keyword('a')) }, ':json: '],
    ['half a surrogate pair', { body: '\ud800' }, 'half a surrogate pair'],
    ['an option that does not exist', { bdy: 'x' }, 'there is no option :bdy (did you mean :body?)'],
    ['a form that does not exist', { as: keyword('xml') }, ':as is one of :text :json :base64, not :xml'],
    ['no time at all', { 'timeout-ms': 0 }, '0 is not in [1, 600000]'],
    ['too much', { 'max-bytes': 100_000_000 }, '100000000 is not in [0, 67108864]'],
  ])('refuses %s', async (_, options, message) => {
    const failure = await fail('http.request', [map({ url: 'http://127.0.0.1:9/', ...options })]);
    expect(failure.message).toContain(message);
    expect(['argument', 'type']).toContain(failure.kind);
  });
});

describe('the body of an answer', () => {
  test('is parsed when JSON is asked for', async () => {
    const server = await serve(answering('{"a": [1, 2.5, null], "b": 12345678901234567890}'));
    expect(bodyOf(await act('http.get', [server.origin, map({ as: keyword('json') })]))).toEqual(
      MapValue.of('a', Vector.of(1, 2.5, null), 'b', 12345678901234567890n),
    );
  });

  test('is nil when JSON is asked for and there is none', async () => {
    const server = await serve(answering('', {}, 204));
    expect(bodyOf(await act('http.get', [server.origin, map({ as: keyword('json') })]))).toBeNull();
  });

  test('that is not the JSON asked for is an error that tells the status', async () => {
    const server = await serve(answering('<html>', {}, 502));
    const failure = await fail('http.get', [server.origin, map({ as: keyword('json') })]);
    expect(failure.message).toContain('http.get: the answer is not JSON: ');
    expect((failure.data as MapValue).get(keyword('status'))).toBe(502);
  });

  test.each([
    ['text/plain; charset=ISO-8859-1', 'é'],
    ['text/plain; charset="latin1"', 'é'],
  ])('is read as %s when it says so', async (type, text) => {
    const server = await serve(answering(Buffer.from([0xe9]), { 'content-type': type }));
    expect(bodyOf(await act('http.get', [server.origin]))).toBe(text);
  });

  test('that is not UTF-8 is an error, and can be had as Base64', async () => {
    const server = await serve(answering(Buffer.from([0x61, 0xff])));
    expect((await fail('http.get', [server.origin])).message).toBe(
      'http.get: the answer is not valid UTF-8 (byte 0xff at offset 1) ({:as :base64} gives its bytes)',
    );
    expect(bodyOf(await act('http.get', [server.origin, map({ as: keyword('base64') })]))).toBe('Yf8=');
  });

  test('in a charset that is not known is an error', async () => {
    const server = await serve(answering('x', { 'content-type': 'text/plain; charset=utf-7' }));
    expect((await fail('http.get', [server.origin])).message).toContain('text in "utf-7", which is not known here');
  });

  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const)('compressed with %s is unpacked', async (coding, compress) => {
    const server = await serve(answering(compress(Buffer.from('hello '.repeat(100))), { 'content-encoding': coding }));
    expect(bodyOf(await act('http.get', [server.origin]))).toBe('hello '.repeat(100));
  });

  test.each([
    ['damaged', Buffer.from('no gzip')],
    ['cut', gzipSync(Buffer.from('hello '.repeat(100))).subarray(0, 20)],
  ])('whose compression is %s is an error', async (_, body) => {
    const server = await serve(answering(body, { 'content-encoding': 'gzip' }));
    const failure = await fail('http.get', [server.origin]);
    expect([failure.kind, failure.message]).toEqual(['host', `The compressed answer is damaged: 127.0.0.1:${server.port}`]);
  });

  test('compressed in an unknown way is an error', async () => {
    const server = await serve(answering('x', { 'content-encoding': 'zstd' }));
    expect((await fail('http.get', [server.origin])).message).toBe('http.get: the answer is compressed in a way that is not known here');
  });

  test('may be as large as the limit, and no larger', async () => {
    const server = await serve(answering('x'.repeat(1000)));
    expect(bodyOf(await act('http.get', [server.origin, map({ 'max-bytes': 1000 })]))).toHaveLength(1000);
    const failure = await fail('http.get', [server.origin, map({ 'max-bytes': 999 })]);
    expect([failure.kind, failure.message]).toEqual(['host', 'http.get: the answer is larger than 999 bytes (limit: max-bytes)']);
  });

  test('that never ends stops at the limit', async () => {
    const server = await serve((_request, response) => {
      const more = (): void => void (response.destroyed || response.write('x'.repeat(10_000), more));
      more();
    });
    expect((await fail('http.get', [server.origin, map({ 'max-bytes': 100_000 })])).message).toContain('is larger than 100000 bytes');
  });

  test('is measured after unpacking, so that a bomb stays small', async () => {
    const server = await serve(answering(gzipSync(Buffer.alloc(10_000_000)), { 'content-encoding': 'gzip' }));
    expect((await fail('http.get', [server.origin, map({ 'max-bytes': 100_000 })])).message).toContain('is larger than 100000 bytes');
  });
});

describe('time', () => {
  /** Resolves when the server sees the client leave. */
  async function waitingServer(begin: (response: http.ServerResponse) => void): Promise<TestServer & { arrived: Promise<void>; left: Promise<void> }> {
    let [arrive, leave] = [(): void => undefined, (): void => undefined];
    const [arrived, left] = [new Promise<void>((resolve) => (arrive = resolve)), new Promise<void>((resolve) => (leave = resolve))];
    const server = await serve((_request, response) => {
      response.on('close', leave);
      begin(response);
      arrive();
    });
    return { ...server, arrived, left };
  }

  test.each<[string, (response: http.ServerResponse) => void]>([
    ['before the headers', () => undefined],
    ['in the middle of the body', (response) => response.write('half')],
  ])('that is over %s ends the call and the connection', async (_, begin) => {
    const clock = new ManualClock();
    const server = await waitingServer(begin);
    const failing = fail('http.get', [server.origin, map({ 'timeout-ms': 1000 })], { clock });
    await server.arrived;
    await clock.advance(1000);
    const failure = await failing;
    expect([failure.kind, failure.message]).toEqual(['timeout', 'Timeout: http.get took longer than 1000 ms']);
    await server.left;
    expect(clock.sleeping).toBe(0);
  });

  test('covers the look-up of the name too', async () => {
    const clock = new ManualClock();
    const failing = fail('http.get', ['http://slow.test/', map({ 'timeout-ms': 1000 })], {
      clock,
      grants: [{ capability: 'http', scope: 'slow.test' }],
      resolveName: () => new Promise(() => undefined),
    });
    await clock.advance(1000);
    expect((await failing).kind).toBe('timeout');
  });

  test('is not waited for when nobody wants the answer any more', async () => {
    const abort = new AbortController();
    const server = await waitingServer(() => undefined);
    const failing = fail('http.get', [server.origin], { context: { signal: abort.signal } });
    await server.arrived;
    abort.abort();
    expect((await failing).kind).toBe('cancelled');
    await server.left;
  });
});

describe('a host that is not granted', () => {
  test('is not asked', async () => {
    const server = await serve(answering('x'));
    const failure = await fail('http.get', [server.origin], { grants: [{ capability: 'http', scope: 'example.com' }] });
    expect([failure.kind, failure.message]).toEqual([
      'security',
      `Security violation: call operation on capability 'http.get' not allowed in context: 127.0.0.1 is a loopback address and is not granted (to allow it: --allow http=127.0.0.1:${server.port})`,
    ]);
    expect(server.seen).toEqual([]);
  });

  test.each(['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0'])('is not asked when it hides as %s', async (host) => {
    const server = await serve(answering('x'));
    expect((await fail('http.get', [`http://${host}:${server.port}/`], { grants: [{ capability: 'http', scope: '*' }] })).kind).toBe('security');
    expect(server.seen).toEqual([]);
  });
});

describe('a name', () => {
  const granted = (scope: string): Grant => ({ capability: 'http', scope });

  test.each([
    ['the loopback', ['127.0.0.1'], '127.0.0.1 is a loopback address'],
    ['the loopback in version 6', ['::1'], '::1 is a loopback address'],
    ['the loopback as a mapped address', ['::ffff:127.0.0.1'], '::ffff:127.0.0.1 is a loopback address'],
    ['a private address', ['10.0.0.7'], '10.0.0.7 is a private address'],
    ['the address of cloud metadata', ['169.254.169.254'], '169.254.169.254 is a link-local address'],
    ['a shared address', ['100.64.0.1'], '100.64.0.1 is a shared address'],
    ['a public and a private address', ['8.8.8.8', '192.168.0.1'], '192.168.0.1 is a private address'],
    ['something that is no address', ['127.1'], '127.1 is not an address'],
    ['the unspecified address', ['0.0.0.0'], '0.0.0.0 is an unspecified address'],
  ])('that leads to %s is refused although it is granted', async (_, addresses, reason) => {
    const server = await serve(answering('x'));
    const failure = await fail('http.get', [`http://rebound.test:${server.port}/`], { grants: [granted('rebound.test')], resolveName: async () => addresses });
    expect(failure.kind).toBe('security');
    expect(failure.message).toContain(`the host rebound.test leads to a place that is not open: ${reason}`);
    expect(server.seen).toEqual([]);
  });

  test('is also refused under the grant of all hosts', async () => {
    expect((await fail('http.get', ['http://a.test/'], { grants: [granted('*')], resolveName: async () => ['127.0.0.1'] })).kind).toBe('security');
  });

  test('that leads to a granted address is asked there, under its own name', async () => {
    const server = await serve(answering('x'));
    const grants = [granted('inner.test'), granted(`127.0.0.1:${server.port}`)];
    expect(bodyOf(await act('http.get', [`http://inner.test:${server.port}/`], { grants, resolveName: async () => ['127.0.0.1'] }))).toBe('x');
    expect(server.seen[0]!.headers.host).toBe(`inner.test:${server.port}`);
  });

  test('localhost may lead to the loopback when it is granted', async () => {
    const server = await serve(answering('x'));
    const url = `http://localhost:${server.port}/`;
    const resolveName: ResolveName = async () => ['127.0.0.1'];
    expect(bodyOf(await act('http.get', [url], { grants: [granted('localhost')], resolveName }))).toBe('x');
    expect((await fail('http.get', [url], { grants: [granted('*')], resolveName })).message).toContain(`--allow http=localhost:${server.port})`);
  });

  test('is looked up once: a second answer that differs is never used', async () => {
    const server = await serve(answering('x'));
    const asked: string[] = [];
    const resolveName: ResolveName = async (name) => {
      asked.push(name);
      return asked.length === 1 ? ['127.0.0.1'] : ['10.0.0.1'];
    };
    const grants = [granted('inner.test'), granted('127.0.0.1')];
    expect(bodyOf(await act('http.get', [`http://inner.test:${server.port}/`], { grants, resolveName }))).toBe('x');
    expect(asked).toEqual(['inner.test']);
  });

  test('that does not exist', async () => {
    const grants = [granted('nowhere.test')];
    const failure = await fail('http.get', ['http://nowhere.test/'], { grants });
    expect([failure.kind, failure.message]).toEqual(['host', 'Unknown host: nowhere.test']);
    expect((await fail('http.get', ['http://nowhere.test/'], { grants, resolveName: async () => [] })).message).toBe('Unknown host: nowhere.test');
  });

  test('that cannot be looked up now', async () => {
    const resolveName: ResolveName = () => Promise.reject(Object.assign(new Error('engine text'), { code: 'EAI_AGAIN' }));
    expect((await fail('http.get', ['http://a.test/'], { grants: [granted('a.test')], resolveName })).message).toBe('The name service does not answer: a.test');
  });
});

describe('a redirect', () => {
  test('is followed, relative ones too', async () => {
    const server = await serve((request, response) => (request.url === '/a' ? redirecting('b?x=1') : answering('there'))(request, response));
    const answer = await act('http.get', [`${server.origin}/a`]);
    expect([bodyOf(answer), part(answer, 'url')]).toEqual(['there', `${server.origin}/b?x=1`]);
  });

  test('is given as it is when told not to follow', async () => {
    const server = await serve(redirecting('/b'));
    const answer = await act('http.get', [server.origin, map({ 'follow-redirects': false })]);
    expect(part(answer, 'status')).toBe(302);
    expect((part(answer, 'headers') as MapValue).get('location')).toBe('/b');
    expect(server.seen).toHaveLength(1);
  });

  test('without a location is the answer', async () => {
    const server = await serve(answering('x', {}, 302));
    expect(part(await act('http.get', [server.origin]), 'status')).toBe(302);
  });

  test('to a host that is not granted is refused, and the host is not asked', async () => {
    const other = await serve(answering('x'));
    const server = await serve(redirecting(`${other.origin}/steal`));
    const failure = await fail('http.get', [server.origin], { grants: [{ capability: 'http', scope: `127.0.0.1:${server.port}` }] });
    expect(failure.kind).toBe('security');
    expect(failure.message).toContain(`the redirect: 127.0.0.1 is a loopback address and is not granted (to allow it: --allow http=127.0.0.1:${other.port})`);
    expect([server.seen.length, other.seen.length]).toEqual([1, 0]);
  });

  test('to a name that is not granted is refused before it is looked up', async () => {
    const server = await serve(redirecting('http://other.test/'));
    const asked: string[] = [];
    const failure = await fail('http.get', [server.origin], { resolveName: async (name) => (asked.push(name), ['8.8.8.8']) });
    expect(failure.message).toContain('the redirect: the host other.test is not granted (to allow it: --allow http=other.test)');
    expect(asked).toEqual([]);
  });

  test('to a granted name that leads to a private address is refused', async () => {
    const server = await serve(redirecting('http://inner.test/'));
    const grants = [...LOOPBACK, { capability: 'http', scope: 'inner.test' }];
    const failure = await fail('http.get', [server.origin], { grants, resolveName: async () => ['10.0.0.1'] });
    expect(failure.message).toContain('10.0.0.1 is a private address and is not granted');
  });

  test('in a circle ends', async () => {
    const server = await serve(redirecting('/again'));
    expect((await fail('http.get', [server.origin])).message).toBe('Too many redirects: more than 10');
    expect(server.seen).toHaveLength(11);
  });

  test.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'http://user:pw@127.0.0.1/', 'http://'])('to %s is refused', async (location) => {
    const server = await serve(redirecting(location));
    const failure = await fail('http.get', [server.origin]);
    expect([failure.kind, failure.message]).toEqual(['security', expect.stringContaining(`the redirect to "${location}" is not followed`)]);
  });

  test('to another origin takes no credential along', async () => {
    const other = await serve(answering('x'));
    const server = await serve(redirecting(other.origin, 307));
    const headers = MapValue.of('Authorization', 'Bearer s', 'Cookie', 'a=1', 'X-Api-Key', 's', 'Accept', 'text/plain');
    await act('http.request', [map({ url: server.origin, method: 'POST', body: 'b', headers })]);
    expect(server.seen[0]!.headers).toMatchObject({ authorization: 'Bearer s', cookie: 'a=1', 'x-api-key': 's', accept: 'text/plain' });
    const sent = other.seen[0]!.headers;
    expect([sent.authorization, sent.cookie, sent['x-api-key'], sent.accept]).toEqual([undefined, undefined, undefined, 'text/plain']);
  });

  test('to the same origin keeps them', async () => {
    const server = await serve((request, response) => (request.url === '/a' ? redirecting('/b') : answering('x'))(request, response));
    await act('http.get', [`${server.origin}/a`, map({ headers: MapValue.of('Authorization', 'Bearer s') })]);
    expect(server.seen.map((one) => one.headers.authorization)).toEqual(['Bearer s', 'Bearer s']);
  });

  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [303, 'HEAD', 'HEAD', ''],
    [302, 'PUT', 'PUT', 'b'],
    [307, 'POST', 'POST', 'b'],
    [308, 'POST', 'POST', 'b'],
  ])('with status %i after %s goes on with %s', async (status, method, next, body) => {
    const server = await serve((request, response) => (request.url === '/a' ? redirecting('/b', status) : answering(''))(request, response));
    await act('http.request', [map({ url: `${server.origin}/a`, method, ...(method === 'HEAD' ? {} : { body: 'b' }), headers: MapValue.of('content-type', 'text/x') })]);
    expect(server.seen[1]).toMatchObject({ method: next, body });
    expect(server.seen[1]!.headers['content-type']).toBe(next === 'GET' ? undefined : 'text/x');
  });

  test('from https to http is refused', () => {
    const hop = { method: 'GET', url: new URL('https://a.test/'), headers: new Map(), body: null };
    expect(nextHop(hop, 302, 'http://a.test/')).toEqual({ ok: false, error: 'the redirect to "http://a.test/" is not followed: it leads from https to http' });
    expect(nextHop(hop, 302, 'https://b.test/').ok).toBe(true);
  });
});

describe('a server that misbehaves', () => {
  /** Answers with these bytes, whatever it is asked. */
  async function raw(bytes: string, end = true): Promise<number> {
    return listen(
      net.createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => (end ? socket.end(bytes) : socket.write(bytes, () => socket.destroy())));
      }),
    );
  }

  test('by not being there', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const failure = await fail('http.get', [`http://127.0.0.1:${port}/x`]);
    expect([failure.kind, failure.message]).toEqual(['host', `Connection refused: 127.0.0.1:${port}`]);
    expect((failure.data as MapValue).get(keyword('code'))).toBe('ECONNREFUSED');
  });

  test.each<[string, string, boolean, string]>([
    ['saying nothing', '', true, 'The connection was closed by the other side'],
    ['not speaking HTTP', 'SSH-2.0-x\r\n', true, 'The answer is not HTTP'],
    ['cutting the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', true, 'The connection was closed by the other side'],
    ['cutting the chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', false, 'The connection was closed by the other side'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', true, 'The answer is not HTTP'],
    ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`, true, 'The answer has too many headers'],
  ])('by %s', async (_, bytes, end, problem) => {
    const port = await raw(bytes, end);
    expect((await fail('http.get', [`http://127.0.0.1:${port}/`])).message).toBe(`${problem}: 127.0.0.1:${port}`);
  });

  test('by not speaking TLS', async () => {
    const server = await serve(answering('x'));
    const failure = await fail('http.get', [`https://127.0.0.1:${server.port}/`]);
    expect([failure.kind, failure.message]).toEqual(['host', `Not a TLS server: 127.0.0.1:${server.port}`]);
  });

  test.skipIf(!hasOpenssl())('by a certificate that nobody vouches for', () =>
    withDirectory(async (directory) => {
      const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=127.0.0.1'], { stdio: 'ignore' });
      const port = await listen(https.createServer({ key: await readFile(key), cert: await readFile(cert) }, (_request, response) => response.end('x')));
      const failure = await fail('http.get', [`https://127.0.0.1:${port}/`]);
      expect(failure.message).toBe(`The certificate of the server is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): 127.0.0.1:${port}`);
    }),
  );
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
