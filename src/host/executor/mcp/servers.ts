/**
 * The MCP servers of a host. Each is connected when its first tool is called, and again after it was lost: a server that crashes fails the
 * calls that it was working on, and the next call starts it anew.
 */
import { ProtocolError, SdkError, SdkErrorCode, type Tool, TRACEPARENT_META_KEY } from '@modelcontextprotocol/client';
import { suggest } from '../../../diagnostic/suggest.ts';
import { MapValue } from '../../../value/map.ts';
import { type Plain, toPlain } from '../../../value/plain.ts';
import { keyword, type Value } from '../../../value/value.ts';
import { Vector } from '../../../value/vector.ts';
import { argumentFailure, cancelledFailure, didYouMean, HostFailure, typeFailure } from '../../failure.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import type { CallContext, Grant } from '../../port.ts';
import { scrubbed } from '../../security/secret.ts';
import { traceParent } from '../../trace.ts';
import type { Execution } from '../dispatch.ts';
import type { McpExecutor, McpServer } from '../executor.ts';
import { authorized, type ExecutorPorts, SPAWN } from '../ports.ts';
import { connect, type Connection } from './connection.ts';
import { answerOfTool, manifestOfTool, toolId } from './tool.ts';

/** A call that the manifest gives no time is given up after this. */
const TIMEOUT_MS = 24 * 60 * 60 * 1000;

export class McpServers {
  private readonly ports: ExecutorPorts;
  private readonly connections = new Map<string, Promise<Connection>>();

  constructor(ports: ExecutorPorts) {
    this.ports = ports;
  }

  /** The tools of a server as manifests, sorted by id. */
  async tools(name: string, context: Pick<CallContext, 'name'>): Promise<readonly (Manifest & { readonly executor: McpExecutor })[]> {
    const server = this.server(name, context);
    const { tools } = await this.connected(server, context);
    return [...tools.values()].map((tool) => manifestOfTool(server, tool)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The manifest of one tool. Unknown ones are a failure that says what there is. */
  async manifest(name: string, tool: string, context: CallContext): Promise<Manifest & { readonly executor: McpExecutor }> {
    const server = this.server(name, context);
    return manifestOfTool(server, this.tool(server, tool, (await this.connected(server, context)).tools, context));
  }

  async call(executor: McpExecutor, { input, context, timeoutMs }: Execution): Promise<Value> {
    const server = this.server(executor.server, context);
    const connection = await this.connected(server, context);
    this.tool(server, executor.tool, connection.tools, context);
    const meta = context.run === undefined ? {} : { _meta: { [TRACEPARENT_META_KEY]: traceParent(context.run, context.callId) } };
    const request = { name: executor.tool, arguments: argumentsOf(input, context.name), ...meta };
    return scrubbed(connection.secrets, async () => {
      try {
        return answerOfTool(context.name, await connection.client.callTool(request, { signal: context.signal, timeout: timeoutMs ?? TIMEOUT_MS }));
      } catch (cause) {
        throw this.failure(cause, server, context);
      }
    });
  }

  async close(): Promise<void> {
    const open = [...this.connections.values()];
    this.connections.clear();
    await Promise.all(open.map((connection) => connection.then((one) => one.close(), () => undefined)));
  }

  private server(name: string, context: Pick<CallContext, 'name'>): McpServer {
    const server = this.ports.servers.find((one) => one.name === name);
    if (server !== undefined) return server;
    throw new HostFailure('capability', `${context.name}: there is no MCP server ${name}`);
  }

  private tool(server: McpServer, name: string, tools: ReadonlyMap<string, Tool>, context: Pick<CallContext, 'name'>): Tool {
    const tool = tools.get(name);
    if (tool !== undefined) return tool;
    const meant = suggest(name, tools.keys()).map((one) => toolId(server.name, one));
    const message = `Unknown capability: ${context.name}${didYouMean(meant.map((id) => `:${id}`))}`;
    throw new HostFailure('capability', message, MapValue.of(keyword('suggestions'), Vector.adopt(meant)));
  }

  /** The policy is asked for each call: a connection that is open gives no rights. */
  private connected(server: McpServer, context: Pick<CallContext, 'name'>): Promise<Connection> {
    const grants = this.authorize(server, context);
    const known = this.connections.get(server.name);
    if (known !== undefined) return known;
    const forget = (): void => {
      if (this.connections.get(server.name) === opening) this.connections.delete(server.name);
    };
    const opening = connect(server, context, grants, this.ports, forget);
    this.connections.set(server.name, opening);
    opening.catch(forget);
    return opening;
  }

  private authorize(server: McpServer, context: Pick<CallContext, 'name'>): readonly Grant[] {
    if (server.kind === 'stdio') return authorized(this.ports, context.name, SPAWN, [server.command], 'it starts a program');
    return authorized(this.ports, context.name, 'http.request', [server.url], 'it asks a host');
  }

  private failure(cause: unknown, server: McpServer, context: CallContext): HostFailure {
    if (cause instanceof HostFailure) return cause;
    if (context.signal.aborted) return cancelledFailure(context.name);
    if (cause instanceof SdkError && cause.code === SdkErrorCode.RequestTimeout) return new HostFailure('timeout', `Timeout: ${context.name}: the MCP server ${server.name} does not answer`);
    if (cause instanceof ProtocolError) return new HostFailure('host', `${context.name}: the MCP server ${server.name} refused: ${cause.message}`, MapValue.of(keyword('code'), cause.code));
    return new HostFailure('host', `${context.name}: the MCP server ${server.name} was lost while it worked`);
  }
}

const DEPTH_MAX = 500;
const PARTS_MAX = 1_000_000;

/** The input as data of JavaScript, which the client writes as JSON with recursion, and without integers beyond 2^53. */
function argumentsOf(input: Value, operation: string): { readonly [key: string]: Plain } {
  if (!(input instanceof MapValue)) throw typeFailure(operation, 'map', input);
  const plain = toPlain(input);
  const open: { readonly data: Plain; readonly depth: number }[] = [{ data: plain, depth: 0 }];
  let parts = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { data, depth } = next;
    parts += 1;
    if (parts > PARTS_MAX) throw argumentFailure(operation, `the input has more than ${PARTS_MAX} parts`);
    if (typeof data === 'bigint') throw argumentFailure(operation, `the integer ${data} is too large for an MCP server`);
    if (depth > DEPTH_MAX) throw argumentFailure(operation, `the input is nested more than ${DEPTH_MAX} deep`);
    if (typeof data === 'object' && data !== null) for (const part of Object.values(data)) open.push({ data: part as Plain, depth: depth + 1 });
  }
  return plain as { readonly [key: string]: Plain };
}
