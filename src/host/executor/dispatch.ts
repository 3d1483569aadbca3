/** The one place where it is decided who carries out a call. What takes long to load is loaded with the first call that needs it. */
import type { CallContext } from '../port.ts';
import type { Value } from '../../value/value.ts';
import type { Executor } from './executor.ts';
import { executeHttp } from './http.ts';
import type { McpServers } from './mcp/servers.ts';
import type { ExecutorPorts } from './ports.ts';

/** One call, its arguments checked already. */
export interface Execution {
  readonly input: Value;
  readonly context: CallContext;
  readonly ports: ExecutorPorts;
  /** Of the manifest; null for none. */
  readonly timeoutMs: number | null;
  /** The functions written in RTFS around this call. */
  readonly hops: number;
  readonly servers: LazyServers;
}

export async function execute(executor: Executor, execution: Execution): Promise<Value> {
  switch (executor.kind) {
    case 'function':
      return executor.call(execution.input, execution.context);
    case 'http':
      return executeHttp(executor, execution);
    case 'process':
      return (await import('./process.ts')).executeProcess(executor, execution);
    case 'rtfs':
      return (await import('./rtfs.ts')).executeRtfs(executor, execution);
    case 'mcp':
      return (await execution.servers.open()).call(executor, execution);
  }
}

/** The servers of a host: connected when one is first asked, and closed with the host. */
export class LazyServers {
  private readonly ports: ExecutorPorts;
  private opened: Promise<McpServers> | null = null;

  constructor(ports: ExecutorPorts) {
    this.ports = ports;
  }

  open(): Promise<McpServers> {
    this.opened ??= import('./mcp/servers.ts').then(({ McpServers }) => new McpServers(this.ports));
    return this.opened;
  }

  /** Lets go of all servers; resolves when the programs that were started have ended. */
  async close(): Promise<void> {
    if (this.opened !== null) await (await this.opened).close();
  }
}
