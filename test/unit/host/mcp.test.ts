/** MCP servers as capabilities: the public reference servers over both transports, and one that misbehaves. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { typeText } from '../../../src/host/manifest/type.ts';
import { readCapabilities } from '../../../src/host/manifest/read.ts';
import { openHost, readGrants } from '../../../src/host/open.ts';
import { judge, perform } from '../../../src/host/perform.ts';
import type { Capability, Host, WorkCapability } from '../../../src/host/port.ts';
import { McpServers } from '../../../src/host/executor/mcp/servers.ts';
import type { ExecutorPorts } from '../../../src/host/executor/ports.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { readValue } from '../../../src/parser/datum.ts';
import { MapValue } from '../../../src/value/map.ts';
import { printValue } from '../../../src/value/print.ts';
import type { Value } from '../../../src/value/value.ts';
import { ALLOW_ALL, call, MemoryConsole, withDirectory } from './support.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const reference = (name: string): string => path.join(ROOT, 'node_modules/@modelcontextprotocol', `server-${name}`, 'dist/index.js');
const BAD = path.join(ROOT, 'test/support/mcp-server.mjs');

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function serversOf(servers: object) {
  const file = readCapabilities(JSON.stringify({ servers }), 'capabilities.json');
  if (!file.ok) throw new Error(file.error.map((one) => one.message).join('\n'));
  return file.value;
}

function open(servers: object, grants: readonly string[]): Host {
  const parsed = readGrants(grants, ROOT, ['mcp.any']);
  if (!parsed.ok) throw new Error(parsed.error.map((one) => one.message).join('\n'));
  const host = openHost({ grants: parsed.value, declared: serversOf(servers), console: new MemoryConsole(), baseDirectory: ROOT });
  closing.push(host.close);
  return host;
}

/** The printed answer, or `kind: message`. */
async function ask(host: Host, id: string, args = '{}', { signal = new AbortController().signal, run }: { signal?: AbortSignal; run?: string } = {}): Promise<string> {
  const values = readValue(`[${args}]`);
  if (!values.ok) throw new Error(args);
  const asked = call('2', id, [...(values.value as Iterable<Value>)]);
  const judged = judge(asked, host);
  const traced = (capability: Capability): WorkCapability => {
    if (!('call' in capability)) throw new Error('it only waits');
    return { ...capability, call: (given, { callId, name, idempotencyKey, grants, exposed, signal: stop }) => capability.call(given, { callId, name, idempotencyKey, grants, exposed, signal: stop, ...(run === undefined ? {} : { run }) }) };
  };
  const answer = !judged.allowed
    ? judged.answer
    : await perform(asked, { capability: traced(judged.capability), grants: judged.grants, exposed: MapValue.empty(), clock: host.clock, run: null, used: () => undefined, left: () => ({}), canCallBack: false, newCallbacks: () => expect.fail('it cannot call back'), idempotencyKey: 'k', signal: () => signal, defect: (cause) => { throw cause; } });
  return answer.ok ? (printValue(answer.value) ?? '…') : `${answer.error.type.name.slice('error/'.length)}: ${answer.error.message}`;
}

const STDIO = ['mcp', 'process.spawn'];

describe('the reference servers over stdio', () => {
  test('files: tools work inside the directory that the server is given', () =>
    withDirectory(async (directory) => {
      await mkdir(path.join(directory, 'in'));
      await writeFile(path.join(directory, 'in/a.txt'), 'alpha');
      const host = open({ files: { command: 'node', args: [reference('filesystem'), path.join(directory, 'in')] } }, STDIO);
      const at = (name: string): string => JSON.stringify(path.join(directory, name));
      expect(await ask(host, 'mcp.files.read_text_file', `{:path ${at('in/a.txt')}}`)).toBe('{:content "alpha"}');
      expect(await ask(host, 'mcp.files.write_file', `{:path ${at('in/b.txt')} :content "beta"}`)).toMatch(/^\{:content "Successfully wrote/);
      expect(await readFile(path.join(directory, 'in/b.txt'), 'utf8')).toBe('beta');
      expect(await ask(host, 'mcp.files.read_text_file', `{:path ${at('c.txt')}}`)).toMatch(/^host: mcp\.files\.read_text_file: Access denied/);
      expect(await ask(host, 'mcp.files.read_text_file', '{:path 5}')).toBe('validation: Type validation error: input of mcp.files.read_text_file: Type mismatch at .path: expected string, got integer');
      expect(await ask(host, 'mcp.files.read_text_fil', '{}')).toMatch(/^capability: Unknown capability: mcp\.files\.read_text_fil \(did you mean :mcp\.files\.read_text_file/);
    }));

  test('everything: text, structured content, pictures', async () => {
    const host = open({ everything: { command: 'node', args: [reference('everything')] } }, STDIO);
    expect(await ask(host, 'mcp.everything.echo', '"hello"')).toBe('"Echo: hello"');
    expect(await ask(host, 'mcp.everything.get-sum', '2 3')).toBe('"The sum of 2 and 3 is 5."');
    expect(await ask(host, 'mcp.everything.get-structured-content', '{:location "New York"}')).toMatch(/^\{:conditions "\w+" :humidity \d+ :temperature \d+\}$/);
    expect(await ask(host, 'mcp.everything.get-tiny-image')).toMatch(/^\[\{:text ".*" :type "text"\} \{:data "iVBOR\S+" :mimeType "image\/png" :type "image"\}/);
  });

  test('memory: what is kept by one call is there for the next', () =>
    withDirectory(async (directory) => {
      const host = open({ memory: { command: 'node', args: [reference('memory')], environment: { MEMORY_FILE_PATH: path.join(directory, 'memory.json') } } }, STDIO);
      await ask(host, 'mcp.memory.create_entities', '{:entities [{:name "Ada" :entityType "person" :observations ["counts"]}]}');
      expect(await ask(host, 'mcp.memory.read_graph')).toBe('{:entities [{:entityType "person" :name "Ada" :observations ["counts"]}] :relations []}');
    }));

  test('are not started without a grant', async () => {
    const host = open({ everything: { command: 'node', args: [reference('everything')] } }, ['mcp']);
    expect(await ask(host, 'mcp.everything.echo', '"x"')).toBe(
      "security: Security violation: call operation on capability 'mcp.everything.echo' not allowed in context: it starts a program: it is not granted (to allow it: --allow process.spawn)",
    );
    expect(await ask(open({ everything: { command: 'node', args: [] } }, ['process.spawn']), 'mcp.everything.echo', '"x"')).toContain('--allow mcp.everything.echo');
    expect(await ask(host, 'mcp.other.echo', '"x"')).toBe('capability: Unknown capability: mcp.other.echo');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** The reference server behind a port, once it answers. */
async function overHttp(): Promise<{ readonly port: number; readonly child: ChildProcess }> {
  const port = await freePort();
  const child = spawn(process.execPath, [reference('everything'), 'streamableHttp'], { env: { ...process.env, PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] });
  closing.push(async () => {
    child.kill('SIGKILL');
    await new Promise((resolve) => (child.exitCode === null && child.signalCode === null ? child.on('exit', resolve) : resolve(null)));
  });
  await new Promise<void>((resolve, reject) => {
    const listen = (bytes: Buffer): void => void (/listening/i.test(bytes.toString()) && resolve());
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('exit', () => reject(new Error('the server has ended')));
  });
  return { port, child };
}

describe('a reference server over HTTP', () => {
  test('answers through the same checks of hosts as every request', async () => {
    const { port } = await overHttp();
    const servers = { far: { url: `http://127.0.0.1:${port}/mcp`, 'timeout-ms': 20_000 } };
    expect(await ask(open(servers, ['mcp', `http=127.0.0.1:${port}`]), 'mcp.far.echo', '"hello"')).toBe('"Echo: hello"');
    expect(await ask(open(servers, ['mcp']), 'mcp.far.echo', '"hello"')).toBe(
      `security: Security violation: call operation on capability 'mcp.far.echo' not allowed in context: it asks a host: 127.0.0.1 is a loopback address and is not granted (to allow it: --allow http=127.0.0.1:${port})`,
    );
  });

  test('that is not there fails the call and says why', async () => {
    const port = await freePort();
    const host = open({ far: { url: `http://127.0.0.1:${port}/mcp` } }, ['mcp', `http=127.0.0.1:${port}`]);
    expect(await ask(host, 'mcp.far.echo', '"x"')).toBe(`host: mcp.far.echo: the MCP server far cannot be used: Connection refused: 127.0.0.1:${port}`);
  });
});

describe('a server that misbehaves', () => {
  const bad = (directory: string, more: object = {}) => ({ bad: { command: 'node', args: [BAD, path.join(directory, 'log')], ...more } });
  const logOf = async (directory: string): Promise<string[]> => (await readFile(path.join(directory, 'log'), 'utf8')).trim().split('\n');

  test('is started once for many calls, and anew after it crashed', () =>
    withDirectory(async (directory) => {
      const host = open(bad(directory), STDIO);
      const [first, second] = await Promise.all([ask(host, 'mcp.bad.pid'), ask(host, 'mcp.bad.pid')]);
      expect(second).toBe(first);
      expect(await ask(host, 'mcp.bad.crash')).toBe('host: mcp.bad.crash: the MCP server bad was lost while it worked');
      const third = await ask(host, 'mcp.bad.pid');
      expect([/^"\d+"$/.test(third), third === first]).toEqual([true, false]);
      expect((await logOf(directory)).filter((line) => line === 'initialize')).toHaveLength(2);
    }));

  test('is told when nobody waits for the answer any more', () =>
    withDirectory(async (directory) => {
      const host = open(bad(directory), STDIO);
      await ask(host, 'mcp.bad.pid');
      const abort = new AbortController();
      const answer = ask(host, 'mcp.bad.slow', '{}', { signal: abort.signal });
      while (!(await logOf(directory)).includes('tools/call slow')) await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort();
      expect(await answer).toBe('cancelled: Cancelled: mcp.bad.slow');
      expect(await ask(host, 'mcp.bad.pid')).toMatch(/^"\d+"$/);
      expect(await logOf(directory)).toContain('notifications/cancelled');
    }));

  test('fails the call when it does not answer in time, and works on', () =>
    withDirectory(async (directory) => {
      const host = open(bad(directory, { 'timeout-ms': 2000 }), STDIO);
      expect(await ask(host, 'mcp.bad.slow')).toBe('timeout: Timeout: mcp.bad.slow took longer than 2000 ms');
      expect(await ask(host, 'mcp.bad.sum', '1 2')).toBe('"3"');
    }));

  test('may refuse, and may answer with what its own schema does not allow', () =>
    withDirectory(async (directory) => {
      const host = open(bad(directory), STDIO);
      expect(await ask(host, 'mcp.bad.refuse')).toBe('host: mcp.bad.refuse: the MCP server bad refused: not today');
      expect(await ask(host, 'mcp.bad.wrong')).toMatch(/^(validation|host): /);
      expect(await ask(host, 'mcp.bad.sum', '{:a 1 :b 900719925474099299}')).toBe('argument: Invalid argument: mcp.bad.sum: the integer 900719925474099299 is too large for an MCP server');
    }));

  test('is told the trace of the run', () =>
    withDirectory(async (directory) => {
      expect(await ask(open(bad(directory), STDIO), 'mcp.bad.meta', '{}', { run: 'run-1' })).toMatch(/traceparent\\":\\"00-[0-9a-f]{32}-[0-9a-f]{16}-01/);
    }));

  test.each<[string, object, string]>([
    ['that ends at once', { command: 'node', args: ['-e', 'console.error("no licence"); process.exit(1)'] }, 'host: mcp.s.t: the MCP server s cannot be used: it says "no licence"'],
    ['that is no program', { command: 'no-such-program' }, 'host: mcp.s.t: there is no program "no-such-program" to start the MCP server s'],
    ['that says something else', { command: 'node', args: ['-e', 'setInterval(() => console.log("hello"), 100)'], 'timeout-ms': 1500 }, 'host: mcp.s.t: the MCP server s cannot be used: it ends, or does not answer as an MCP server'],
  ])('%s cannot be used', async (_, server, message) => expect(await ask(open({ s: server }, STDIO), 'mcp.s.t')).toBe(message));

  test('ends with the host', () =>
    withDirectory(async (directory) => {
      const host = open(bad(directory), STDIO);
      const pid = Number((await ask(host, 'mcp.bad.pid')).replaceAll('"', ''));
      await host.close();
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    }));

  test('says of its tools what manifests need', () =>
    withDirectory(async (directory) => {
      const ports: ExecutorPorts = {
        clock: systemClock, baseDirectory: ROOT, policy: ALLOW_ALL, request: async () => null, fetch: () => () => Promise.reject(new Error('no network')),
        secret: () => Promise.resolve(null), regex: null, servers: serversOf(bad(directory)).servers, functions: null,
      };
      const servers = new McpServers(ports);
      closing.push(() => servers.close());
      const tools = await servers.tools('bad', { name: 'mcp.bad' });
      expect(tools.map((one) => [one.id, one.determinism, one.effects.join(' '), typeText(one.input)])).toEqual([
        ['mcp.bad.crash', 'idempotent', 'mcp network', 'map'],
        ['mcp.bad.meta', 'live', 'mcp network', 'map'],
        ['mcp.bad.pid', 'recorded', 'mcp', 'map'],
        ['mcp.bad.refuse', 'live', 'mcp network', 'map'],
        ['mcp.bad.slow', 'live', 'mcp network', 'map'],
        ['mcp.bad.sum', 'live', 'mcp network', '[:map [:a int] [:b int]]'],
        ['mcp.bad.wrong', 'live', 'mcp network', 'map'],
      ]);
      expect(tools.find((one) => one.id === 'mcp.bad.pid')).toMatchObject({ summary: 'the process', provider: 'mcp:bad', executor: { kind: 'mcp', server: 'bad', tool: 'pid' } });
      expect(typeText(tools.find((one) => one.id === 'mcp.bad.wrong')!.output)).toBe('[:map [:n int]]');
    }));
});
