/** One connection to an MCP server: started or asked once, its tools listed, told when it is lost. */
import { Client, StreamableHTTPClientTransport, type Tool } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import path from 'node:path';
import { HostFailure, shown } from '../../failure.ts';
import type { CallContext, Grant } from '../../port.ts';
import type { HttpServer, McpServer, StdioServer } from '../executor.ts';
import { type ExecutorPorts, secretFor } from '../ports.ts';
import { programOf } from '../process.ts';
import { fill } from '../template.ts';

const NAME = { name: 'rtfs', version: '0.1.0' };
const COMPLAINT_CHARACTERS = 500;

export interface Connection {
  readonly client: Client;
  /** By name. */
  readonly tools: ReadonlyMap<string, Tool>;
  readonly close: () => Promise<void>;
}

/** `lost` is called once the connection has ended, whoever ended it. `grants` are those for the host of an HTTP server. */
export async function connect(server: McpServer, context: Pick<CallContext, 'name'>, grants: readonly Grant[], ports: ExecutorPorts, lost: () => void): Promise<Connection> {
  const client = new Client(NAME);
  const wire = server.kind === 'stdio' ? await stdio(server, context, ports) : http(server, context, grants, ports);
  client.onclose = lost;
  try {
    await client.connect(wire.transport, { timeout: server.timeoutMs });
    const { tools } = await client.listTools(undefined, { timeout: server.timeoutMs });
    return { client, tools: new Map(tools.map((tool) => [tool.name, tool])), close: () => client.close() };
  } catch (cause) {
    await client.close();
    if (cause instanceof HostFailure && cause.kind !== 'host') throw cause;
    throw new HostFailure('host', `${context.name}: the MCP server ${server.name} cannot be used: ${wire.problem(cause)}`);
  }
}

interface Wire {
  readonly transport: StdioClientTransport | StreamableHTTPClientTransport;
  /** Why connecting failed, as far as that can be told. */
  readonly problem: (cause: unknown) => string;
}

async function stdio(server: StdioServer, context: Pick<CallContext, 'name'>, ports: ExecutorPorts): Promise<Wire> {
  const { name: operation } = context;
  const command = await programOf(server.command, ports.baseDirectory);
  if (command === null) throw new HostFailure('host', `${operation}: there is no program ${shown(server.command)} to start the MCP server ${server.name}`);
  const filling = { operation, input: null, secret: secretFor(ports, context), escape: (text: string) => text };
  const transport = new StdioClientTransport({
    command,
    args: [...server.args],
    cwd: path.resolve(ports.baseDirectory, server.directory),
    env: Object.fromEntries(server.environment.map(([name, text]) => [name, fill(text, filling)])),
    stderr: 'pipe',
  });
  let complaint = '';
  transport.stderr?.on('data', (bytes: Buffer) => (complaint = `${complaint}${bytes.toString('utf8')}`.slice(-COMPLAINT_CHARACTERS)));
  return { transport, problem: () => (complaint.trim() === '' ? 'it ends, or does not answer as an MCP server' : `it says ${shown(complaint.trim())}`) };
}

function http(server: HttpServer, context: Pick<CallContext, 'name'>, grants: readonly Grant[], ports: ExecutorPorts): Wire {
  const filling = { operation: context.name, input: null, secret: secretFor(ports, context), escape: (text: string) => text };
  const headers = Object.fromEntries(server.headers.map(([name, text]) => [name, fill(text, filling)]));
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
