/** What segments are driven with, and how little of it the loop sees: all that may be otherwise tomorrow is looked at inside of steps. */
import { underParent } from '../callback/policy.ts';
import type { Environment } from '../compile.ts';
import { readParent } from '../durable/callback.ts';
import type { Facts } from '../durable/facts.ts';
import type { CallObserver, Host } from '../port.ts';
import type { Governed } from '../security/governance.ts';
import type { CallbackEngine } from './callback.ts';

/** What segments are driven with: one for each process. */
export interface EngineWorld {
  readonly environment: Environment;
  readonly host: Pick<Host, 'capabilities' | 'policy' | 'clock' | 'budget'> & Governed;
  /** For callbacks of capabilities, which are runs of their own. Absent: capabilities cannot call back. */
  readonly engine?: CallbackEngine;
  readonly maxConcurrent?: number;
  readonly segment?: Partial<SegmentLimits>;
  /** Is told of defects of capabilities. */
  readonly observer?: Pick<CallObserver, 'defect'>;
}

/** When a segment hands over to the next one: each alone is enough. */
export interface SegmentLimits {
  /** It makes at most so many calls, and hands over after a tenth of them, or after as many as its state has kilobytes. */
  readonly calls: number;
  /** After so many bytes of what steps gave. */
  readonly bytes: number;
  /** After so many goes of the machine without an answer, for they are done again in every attempt. */
  readonly goes: number;
}

export const DEFAULT_SEGMENT: SegmentLimits = { calls: 1_000, bytes: 8 * 1024 ** 2, goes: 200 };

/** What a run is driven with that was started so: a callback comes under what its call does. */
export function worldOf(world: EngineWorld, started: Facts): EngineWorld {
  const parent = readParent(started);
  return parent === null ? world : { ...world, host: { ...world.host, policy: underParent(world.host.policy, parent) } };
}

/** For the loop every call may be made by somebody: what the policy says of it is inside of the step. Of a capability it knows what it costs, and who may provide it. */
export function everything({ capabilities }: EngineWorld['host']): Pick<Host, 'capabilities' | 'policy'> {
  return {
    capabilities: {
      find: (id) => {
        const real = capabilities.find(id);
        const manifest = real?.manifest;
        const providers = real !== undefined && 'providers' in real ? real.providers : undefined;
        return { id, summary: '', determinism: 'live', call: () => Promise.reject(new Error('calls of a segment are made by steps')), ...(manifest === undefined ? {} : { manifest }), ...(providers === undefined ? {} : { providers }) };
      },
      names: () => [],
    },
    policy: { decide: () => ({ allowed: true, grants: [] }), exposes: () => true },
  };
}
