/** One connection to an MCP server: started or asked once, its tools listed, told when it is lost. */
import { Client, StreamableHTTPClientTransport, type Tool } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import path from 'node:path';
import { HostFailure, shown } from '../../failure.ts';
import type { CallContext, Grant } from '../../port.ts';
import type { HttpServer, McpServer, StdioServer } from '../executor.ts';
import { Scrubber } from '../../security/secret.ts';
import { type ExecutorPorts, LookedUp } from '../ports.ts';
import { programOf } from '../process.ts';
import { fillAll } from '../template.ts';

const NAME = { name: 'rtfs', version: '0.1.0' };
const COMPLAINT_CHARACTERS = 500;

export interface Connection {
  readonly client: Client;
  /** By name. */
  readonly tools: ReadonlyMap<string, Tool>;
  /** Texts that the server was given, by name: it may send them back. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
}

/** `lost` is called once the connection has ended, whoever ended it. `grants` are those for the host of an HTTP server. */
export async function connect(server: McpServer, context: Pick<CallContext, 'name'>, grants: readonly Grant[], ports: ExecutorPorts, lost: () => void): Promise<Connection> {
  const client = new Client(NAME);
  const secrets = new LookedUp(ports, context);
  const wire = server.kind === 'stdio' ? await stdio(server, context, ports, secrets) : await http(server, context, grants, ports, secrets);
  client.onclose = lost;
  try {
    await client.connect(wire.transport, { timeout: server.timeoutMs });
    const { tools } = await client.listTools(undefined, { timeout: server.timeoutMs });
    return { client, tools: new Map(tools.map((tool) => [tool.name, tool])), secrets: secrets.texts, close: () => client.close() };
  } catch (cause) {
    await client.close();
    if (cause instanceof HostFailure && cause.kind !== 'host') throw cause;
    throw new HostFailure('host', `${context.name}: the MCP server ${server.name} cannot be used: ${new Scrubber(secrets.texts).text(wire.problem(cause))}`);
  }
}

interface Wire {
  readonly transport: StdioClientTransport | StreamableHTTPClientTransport;
  /** Why connecting failed, as far as that can be told. */
  readonly problem: (cause: unknown) => string;
}

async function stdio(server: StdioServer, context: Pick<CallContext, 'name'>, ports: ExecutorPorts, { secret }: LookedUp): Promise<Wire> {
  const { name: operation } = context;
  const command = await programOf(server.command, ports.baseDirectory);
  if (command === null) throw new HostFailure('host', `${operation}: there is no program ${shown(server.command)} to start the MCP server ${server.name}`);
  const environment = await fillAll(server.environment, { operation, input: null, secret, escape: (text) => text });
  const transport = new StdioClientTransport({
    command,
    args: [...server.args],
    cwd: path.resolve(ports.baseDirectory, server.directory),
    env: Object.fromEntries(environment),
    stderr: 'pipe',
  });
  let complaint = '';
  transport.stderr?.on('data', (bytes: Buffer) => (complaint = `${complaint}${bytes.toString('utf8')}`.slice(-COMPLAINT_CHARACTERS)));
  return { transport, problem: () => (complaint.trim() === '' ? 'it ends, or does not answer as an MCP server' : `it says ${shown(complaint.trim())}`) };
}

async function http(server: HttpServer, context: Pick<CallContext, 'name'>, grants: readonly Grant[], ports: ExecutorPorts, { secret }: LookedUp): Promise<Wire> {
  const headers = Object.fromEntries(await fillAll(server.headers, { operation: context.name, input: null, secret, escape: (text) => text }));
  let failure: unknown = null;
  const fetch = ports.fetch(context.name, grants);
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    requestInit: { headers },
    fetch: (url, init) =>
      fetch(url, init).catch((cause: unknown) => {
        failure = cause;
        throw cause;
      }),
  });
  return { transport, problem: () => (failure instanceof HostFailure ? failure.message : 'it does not answer as an MCP server') };
}
