import { connect } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpService, serveHttp } from '../../../../src/host/protocol/http.ts';
import { serveLines } from '../../../../src/host/protocol/lines.ts';
import { RPC_CODES } from '../../../../src/host/protocol/rpc.ts';
import { checkDescribed, type Json, newProtocol } from './support.ts';

const request = (id: number, more: Readonly<Record<string, Json>> = {}): string => JSON.stringify({ jsonrpc: '2.0', id, method: 'start', params: { source: { text: '(step "é" (+ 1 2))' }, ...more } });
const answer = (id: number): Json => ({ jsonrpc: '2.0', id, result: { outcome: { kind: 'complete', value: 3 }, state: null } });

describe('lines', () => {
  async function served(chunks: readonly Uint8Array[], messageMax = 100_000): Promise<Json[]> {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const serving = serveLines(newProtocol({ messageMax }), input, output);
    for (const chunk of chunks) input.write(chunk);
    input.end();
    await serving;
    const text = String(output.read() ?? '');
    return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Json);
  }

  test('are messages, wherever the stream is cut', async () => {
    const whole = Buffer.from(`${request(1)}\n\n${request(2)}\r\n${request(3)}`);
    expect(await served([...whole].map((byte) => Uint8Array.of(byte)))).toEqual([answer(1), answer(2), answer(3)]);
    expect(await served([whole])).toEqual([answer(1), answer(2), answer(3)]);
  });

  test('bring events before the answer', async () => {
    const lines = await served([Buffer.from(`${request(1, { events: 'notify' })}\n`)]);
    lines.forEach(checkDescribed);
    expect(lines).toMatchObject([{ method: 'event', params: { request: 1, event: { kind: 'step-started' } } }, { method: 'event', params: { request: 1 } }, answer(1) as object]);
  });

  test('that are too long are refused, and the next one is answered', async () => {
    const [tooLong, next] = await served([Buffer.alloc(5_000, 'x'), Buffer.alloc(5_000, 'x'), Buffer.from(`\n${request(2)}\n`)], 2_000);
    expect(tooLong).toMatchObject({ id: null, error: { code: RPC_CODES.size } });
    expect(next).toEqual(answer(2));
  });

  test('end when nobody reads', async () => {
    const input = new PassThrough();
    const output = new Writable({ write: (_, __, done) => done(new Error('gone')) });
    input.write(`${request(1)}\n`);
    await serveLines(newProtocol(), input, output);
    expect(output.destroyed).toBe(true);
  });
});

describe('HTTP', () => {
  let service: HttpService;
  const TOKEN = 'a token for this test';
  const HEADERS = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };

  beforeAll(async () => {
    service = await serveHttp(newProtocol({ messageMax: 10_000 }), { port: 0, token: TOKEN, requestMs: 1_000 });
  });

  afterAll(() => service.close());

  const post = (body: string, headers: Readonly<Record<string, string>> = HEADERS, path = ''): Promise<Response> => fetch(service.url + path, { method: 'POST', headers, body });

  test('answers on loopback', async () => {
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const response = await post(request(1));
    expect([response.status, response.headers.get('content-type'), await response.json()]).toEqual([200, 'application/json', answer(1)]);
  });

  test('answers with lines whoever accepts them', async () => {
    const response = await post(request(1, { events: 'notify' }), { ...HEADERS, accept: 'application/x-ndjson' });
    const lines = (await response.text()).trimEnd().split('\n').map((line) => JSON.parse(line) as Json);
    expect(lines).toMatchObject([{ method: 'event' }, { method: 'event' }, answer(1) as object]);
  });

  test('says nothing to what wants no answer', async () => {
    const response = await post('{"jsonrpc":"2.0","method":"initialize"}');
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  test.each<[string, number, number, () => Promise<Response>]>([
    ['without a token', 401, RPC_CODES.access, () => post(request(1), { 'content-type': 'application/json' })],
    ['with another token', 401, RPC_CODES.access, () => post(request(1), { ...HEADERS, authorization: `Bearer ${TOKEN}x` })],
    ['to another place', 404, RPC_CODES.request, () => post(request(1), HEADERS, 'rpc')],
    ['with another method', 405, RPC_CODES.request, () => fetch(service.url, { headers: HEADERS })],
    ['as a form of a page sends it', 415, RPC_CODES.request, () => post(request(1), { ...HEADERS, 'content-type': 'text/plain' })],
    ['that is too long', 413, RPC_CODES.size, () => post('x'.repeat(40_000))],
    ['for notifications where only an answer is accepted', 406, RPC_CODES.request, () => post(request(1, { events: 'notify' }))],
  ])('refuses a request %s', async (_, status, code, send) => {
    const response = await send();
    const body = await response.json() as Json;
    checkDescribed(body);
    expect([response.status, body]).toMatchObject([status, { id: null, error: { code } }]);
  });

  test('is no JSON: an error of the protocol, which is an answer', async () => {
    const response = await post('{');
    expect([response.status, await response.json()]).toMatchObject([200, { error: { code: RPC_CODES.parse } }]);
  });

  /** What a server says to raw bytes until it ends the connection. */
  function raw(text: string): Promise<string> {
    return new Promise((resolve) => {
      const { port } = new URL(service.url);
      let said = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
      socket.on('data', (bytes) => (said += bytes.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(said));
    });
  }

  test('does not wait for a body that is longer than allowed', async () => {
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer ${TOKEN}\r\n`;
    expect(await raw(`${head}Content-Length: 99999999\r\n\r\nx`)).toContain(' 413 ');
    const chunks = `${(20_000).toString(16)}\r\n${'x'.repeat(20_000)}\r\n`.repeat(3);
    expect(await raw(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks}`)).toContain(' 413 ');
  });

  test('ends connections that send nothing, and what is no HTTP', async () => {
    expect(await raw('POST / HTTP/1.1\r\nHost: x\r\n')).not.toContain(' 200 ');
    expect(await raw('\x16\x03\x01 hello\r\n\r\n')).not.toContain(' 200 ');
    expect((await post(request(1))).status).toBe(200);
  });

  test('rejects a port that is taken with the code of the system', async () => {
    await expect(serveHttp(newProtocol(), { port: Number(new URL(service.url).port), token: null })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

test('a thousand runs at once over HTTP all end as they should', async () => {
  const service = await serveHttp(newProtocol(), { port: 0, token: null });
  const send = async (method: string, params: Json): Promise<Turn> => {
    const response = await fetch(service.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    return (await response.json() as { readonly result: Turn }).result;
  };
  const run = async (): Promise<string> => {
    let turn = await send('start', { source: { text: '(reduce + (map (fn [x] (call :double x)) [1 2 3]))' } });
    while (turn.state !== null) turn = await send('resume', { state: turn.state, answers: turn.outcome.calls.map(({ id, args: [x] }) => ({ id, value: x! * 2 })) });
    return JSON.stringify(turn.outcome);
  };
  try {
    expect(new Set(await Promise.all(Array.from({ length: 1_000 }, run)))).toEqual(new Set(['{"kind":"complete","value":12}']));
  } finally {
    await service.close();
  }
});

interface Turn {
  readonly outcome: { readonly calls: readonly { readonly id: string; readonly args: readonly number[] }[] };
  readonly state: string | null;
}
