/** Running plans for others over HTTP: a thousand runs at once, and how that compares with a server that does nothing but answer. */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { createServer, request as send, Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Environment } from '../../src/host/compile.ts';
import type { Keys } from '../../src/host/journal/signature.ts';
import { serveHttp } from '../../src/host/protocol/http.ts';
import { createProtocol } from '../../src/host/protocol/protocol.ts';
import { type Row, row } from '../report.ts';
import type { Suite, SuiteInput } from './suite.ts';

const OURS = 'protocol over HTTP, 1,000 runs at once';
const BARE = 'bare node HTTP echo of the same bodies';
const ONE = 'one request of the protocol, without HTTP';

const RUNS = 1_000;
/** The sockets of the client: more only wait in line. */
const SOCKETS = 100;
const SOURCE = '(reduce + (map (fn [x] (call :shop.price x)) ["lamp" "chair" "table"]))';
const REQUESTS_OF_RUN = 4;
const STEPS = 3_000;

interface Turn {
  readonly outcome: { readonly kind: string; readonly calls: readonly { readonly id: string }[]; readonly value: unknown };
  readonly state: string | null;
}

export const protocol: Suite = {
  names: [OURS, BARE, ONE],
  run: async ({ environment, wants }: SuiteInput): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    if (wants(OURS) || wants(BARE)) {
      const bodies: string[] = [];
      const ours = await throughput(environment, bodies);
      const bare = await echoThroughput(bodies);
      rows.push(row(OURS, ours, '/s', null, `requests; ${RUNS * REQUESTS_OF_RUN} of them without an error, client in the same process; ${(bare / ours).toPrecision(2)} times as many echoes`));
      rows.push(row(BARE, bare, '/s', null, 'requests'));
    }
    if (wants(ONE)) rows.push(row(ONE, stepCost(environment), 'µs', null, 'check the seal, restore, resume, save, seal; state of 1 kB'));
    return rows;
  },
};

function benchKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const message = (domain: string, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from(`${domain}\0`), bytes]);
  return {
    key: 'beef',
    sign: (domain, bytes) => new Uint8Array(sign(null, message(domain, bytes), privateKey)),
    verify: (_, domain, bytes, signature) => (verify(null, message(domain, bytes), publicKey, signature) ? 'good' : 'bad'),
  };
}

function service(environment: Environment): ReturnType<typeof createProtocol> {
  return createProtocol({ environment, keys: benchKeys(), server: { name: 'bench', version: '0' } });
}

function messageOf(turn: Turn | null): string {
  const [method, params] = turn === null ? ['start', { source: { text: SOURCE } }] : ['resume', { state: turn.state, answers: turn.outcome.calls.map(({ id }) => ({ id, value: 7 })) }];
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
}

async function throughput(environment: Environment, bodies: string[]): Promise<number> {
  const serving = await serveHttp(service(environment), { port: 0, token: null });
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const run = async (): Promise<void> => {
    let turn: Turn | null = null;
    do {
      const body = messageOf(turn);
      bodies.push(body);
      turn = (JSON.parse(await post(serving.url, body, agent)) as { readonly result: Turn }).result;
    } while (turn.state !== null);
    if (turn.outcome.value !== 21) throw new Error(`a run gave ${JSON.stringify(turn.outcome)}`);
  };
  try {
    await run(); // compiled once
    bodies.length = 0;
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: RUNS }, run));
    return (bodies.length * 1_000) / (performance.now() - startedMs);
  } finally {
    agent.destroy();
    await serving.close();
  }
}

async function echoThroughput(bodies: readonly string[]): Promise<number> {
  const server = createServer((request, response) => {
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  try {
    const startedMs = performance.now();
    await Promise.all(bodies.map((body) => post(url, body, agent)));
    return (bodies.length * 1_000) / (performance.now() - startedMs);
  } finally {
    agent.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

function post(url: string, body: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = send(url, { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve(Buffer.concat(pieces).toString('utf8')));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function stepCost(environment: Environment): number {
  const { handle } = service(environment);
  const turnOf = (message: string): Turn => (JSON.parse(handle(message).response!) as { readonly result: Turn }).result;
  const message = messageOf(turnOf(messageOf(null)));
  for (let i = 0; i < STEPS / 10; i++) turnOf(message);
  const startedMs = performance.now();
  for (let i = 0; i < STEPS; i++) turnOf(message);
  return ((performance.now() - startedMs) * 1_000) / STEPS;
}
