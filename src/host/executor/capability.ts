/**
 * A capability from its manifest: arguments against the type of the input, the executor within its time, the answer against the
 * type of the output. Each of these steps comes before the next (MK-2).
 */
import type { Value } from '../../value/value.ts';
import { GivenUp, withDeadline } from '../deadline.ts';
import { cancelledFailure, HostFailure } from '../failure.ts';
import { Contract } from '../manifest/contract.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { CallContext, WorkCapability } from '../port.ts';
import { execute, type LazyServers } from './dispatch.ts';
import type { Executor } from './executor.ts';
import type { ExecutorPorts } from './ports.ts';

export interface CapabilityPorts extends ExecutorPorts {
  readonly lazyServers: LazyServers;
  readonly hops: number;
}

export function capabilityOf(manifest: Manifest & { readonly executor: Executor }, ports: CapabilityPorts): WorkCapability {
  const { id, summary, determinism, tags } = manifest;
  const contract = new Contract(manifest, ports.regex);
  return { id, summary, determinism, tags, manifest, call: (args, context) => perform(manifest, contract, args, context, ports) };
}

/** The context with that signal. What is made when it is asked for still is. */
function within(context: CallContext, signal: AbortSignal): CallContext {
  const { used, left } = context;
  return { ...context, signal, ...(used === undefined ? {} : { used }), ...(left === undefined ? {} : { left }), get callBack() { return context.callBack; } };
}

async function perform(manifest: Manifest & { readonly executor: Executor }, contract: Contract, args: readonly Value[], context: CallContext, ports: CapabilityPorts): Promise<Value> {
  const input = contract.input(args);
  const { timeoutMs } = manifest;
  try {
    const answer = await withDeadline({ clock: ports.clock, durationMs: timeoutMs, signal: context.signal }, (signal) =>
      execute(manifest.executor, { input, context: within(context, signal), ports, timeoutMs, hops: ports.hops, servers: ports.lazyServers }),
    );
    return contract.output(answer);
  } catch (cause) {
    if (!(cause instanceof GivenUp)) throw cause;
    if (cause.reason === 'cancelled') throw cancelledFailure(manifest.id);
    throw new HostFailure('timeout', `Timeout: ${manifest.id} took longer than ${timeoutMs} ms`);
  } finally {
    if (manifest.cost > 0 || manifest.tokens > 0) context.used?.({ cost: manifest.cost, tokens: manifest.tokens });
  }
}
