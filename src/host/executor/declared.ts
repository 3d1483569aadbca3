/** The capabilities that a capabilities file declares, and those that its servers turn out to have. */
import type { CapabilityFile } from '../manifest/read.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { CallContext, Capability, WorkCapability } from '../port.ts';
import { capabilityOf } from './capability.ts';
import { LazyServers } from './dispatch.ts';
import type { Executor } from './executor.ts';
import type { ExecutorPorts } from './ports.ts';

export class DeclaredCapabilities {
  private readonly file: CapabilityFile;
  private readonly ports: ExecutorPorts;
  private readonly servers: LazyServers;

  constructor(file: CapabilityFile, ports: ExecutorPorts) {
    this.file = file;
    this.ports = ports;
    this.servers = new LazyServers(ports);
  }

  /** As they are seen from inside of `hops` functions written in RTFS. */
  at(hops: number): readonly Capability[] {
    return this.file.manifests.filter(hasExecutor).map((manifest) => this.capability(manifest, hops));
  }

  /** `:mcp.SERVER.TOOL` for a declared server: which tools it has is only known when it is asked. */
  find(id: string, hops: number): Capability | undefined {
    const [family, server = '', ...tool] = id.split('.');
    if (family !== 'mcp' || tool.length === 0 || !this.file.servers.some((one) => one.name === server)) return undefined;
    const call: WorkCapability['call'] = async (args, context) => (await this.tool(server, tool.join('.'), context, hops)).call(args, context);
    return { id, summary: `a tool of the MCP server ${server}`, determinism: 'live', call };
  }

  close(): Promise<void> {
    return this.servers.close();
  }

  private async tool(server: string, tool: string, context: CallContext, hops: number): Promise<WorkCapability> {
    const servers = await this.servers.open();
    return this.capability(await servers.manifest(server, tool, context), hops);
  }

  private capability(manifest: Manifest & { readonly executor: Executor }, hops: number): WorkCapability {
    return capabilityOf(manifest, { ...this.ports, lazyServers: this.servers, hops });
  }
}

function hasExecutor(manifest: Manifest): manifest is Manifest & { readonly executor: Executor } {
  return manifest.executor !== null;
}

/** The ids that can be granted because of the file. Tools are only known by their servers: any name of one will do. */
export function grantableIds(file: CapabilityFile, grants: readonly string[]): readonly string[] {
  const tools = grants.map((text) => text.replace(/^:/, '')).filter((text) => file.servers.some((server) => text.startsWith(`mcp.${server.name}.`)));
  const families = file.servers.map((server) => `mcp.${server.name}`);
  return [...file.manifests.map((manifest) => manifest.id), ...families, ...tools];
}
