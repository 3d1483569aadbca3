/**
 * The ways to carry out a call, as data: a closed union, read from manifests, carried out by `dispatch.ts`. Texts with `{name}` in
 * them are templates: the name is a field of the input (a path like `user.name`, an index for a tuple), `{secret:NAME}` a secret.
 */
import type { Value } from '../../value/value.ts';
import type { CallContext } from '../port.ts';

export type Executor = FunctionExecutor | HttpExecutor | McpExecutor | ProcessExecutor | RtfsExecutor;

/** A function of the embedding program. */
export interface FunctionExecutor {
  readonly kind: 'function';
  /** Fails as a capability does: with a `HostFailure`. */
  readonly call: (input: Value, context: CallContext) => Promise<Value> | Value;
}

export interface HttpExecutor {
  readonly kind: 'http';
  readonly method: string;
  /** A template; fields are escaped as a part of a path or a query. */
  readonly url: string;
  /** Names, and templates of their values. */
  readonly headers: readonly (readonly [string, string])[];
  /** What is sent: nothing, the input as JSON, or some fields of it. */
  readonly body: 'none' | 'json' | readonly string[];
  /** How the body of the answer is read. */
  readonly as: 'json' | 'text';
  /** Where in it the answer of the call stands: keys and indexes. */
  readonly at: readonly (string | number)[];
}

/** A tool of a server that speaks the Model Context Protocol. */
export interface McpExecutor {
  readonly kind: 'mcp';
  readonly server: string;
  readonly tool: string;
}

/** A program of its own: the input as JSON on its standard input, the answer as JSON on its standard output. */
export interface ProcessExecutor {
  readonly kind: 'process';
  readonly command: string;
  readonly args: readonly string[];
  /** Relative to the project. */
  readonly directory: string;
  /** Variables of its environment, which is empty otherwise: names, and templates of their values. */
  readonly environment: readonly (readonly [string, string])[];
  readonly memoryMib: number;
  readonly maxBytes: number;
}

/** A function of an RTFS file, run as a run of its own. */
export interface RtfsExecutor {
  readonly kind: 'rtfs';
  /** Relative to the project. */
  readonly file: string;
  readonly function: string;
  /** Capabilities and families that the function may call, if the caller may. */
  readonly uses: readonly string[];
}

/** How to reach an MCP server. */
export type McpServer = StdioServer | HttpServer;

interface ServerBase {
  readonly name: string;
  readonly secrets: readonly string[];
  /** Of one request to it. */
  readonly timeoutMs: number;
}

export interface StdioServer extends ServerBase {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: readonly (readonly [string, string])[];
}

export interface HttpServer extends ServerBase {
  readonly kind: 'http';
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}
