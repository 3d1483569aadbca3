/**
 * What happens inside of a step: the policy's word on a call, and the call itself. Both are in the result, so that an attempt that comes
 * later neither decides nor acts again.
 */
import { MapValue } from '../../value/map.ts';
import { added } from '../flight.ts';
import { readinessOf, type Recalled } from '../hold.ts';
import { adapted, judge, perform, type Performance, waitOf } from '../perform.ts';
import type { ApprovalQuestion, Capability, Exposure, Host, HostCall, Usage, Wait } from '../port.ts';
import { denialOf } from '../security/denial.ts';
import { exposureTo, type Governed } from '../security/governance.ts';
import { emptyLineage, type Lineage } from '../security/lineage.ts';
import type { Made } from './made.ts';

export interface Making {
  readonly host: Pick<Host, 'capabilities' | 'policy' | 'clock'> & Governed;
  /** Where values of the run come from; null when nobody follows them. */
  readonly lineage: Lineage | null;
  /** As the loop gives it: with everything that the step of the call shows, and no grants. */
  readonly performance: Performance;
  /** All keys that went into the arguments, where somebody follows them. */
  readonly origins: readonly string[] | undefined;
  readonly recalled: Recalled | null;
  readonly approvalHash: (approval: ApprovalQuestion, callId: string) => string;
  /** Gives a token to an attempt that may make a call that the world would feel twice; null: this is the step that makes it. */
  readonly newToken: (() => string) | null;
}

export async function make(call: HostCall, { host, lineage, performance, origins, recalled, approvalHash, newToken }: Making): Promise<Made> {
  const judged = judge(call, host, recalled !== null, origins);
  if (!judged.allowed) return { kind: 'answered', answer: judged.answer, usage: null, isRefused: true, denial: denialOf(call, judged.decision) };
  const { hold, exposed } = readinessOf(call, judged, exposureOf(call, judged.capability, { host, lineage, performance }), recalled, approvalHash);
  if (hold !== null) return 'id' in hold ? { kind: 'answered', answer: hold, usage: null, isRefused: true, denial: null } : { kind: 'held', hold };
  const { capability, grants } = judged;
  if ('wait' in capability) throw new Error('a call that is waited for is held');
  if (capability.determinism === 'live' && newToken !== null) return { kind: 'ready', token: newToken() };
  let usage: Usage | null = null;
  const used = (more: Usage): void => void (usage = added(usage, more));
  const answer = await perform(call, adapted(performance, { capability, grants, exposed, used, clock: host.clock }));
  return { kind: 'answered', answer, usage, isRefused: false, denial: null };
}

/** What of the context the capability sees: what its grant and the rules of today allow. */
function exposureOf(call: HostCall, capability: Capability, { host, lineage, performance }: Pick<Making, 'host' | 'lineage' | 'performance'>): Exposure {
  if (host.policy.exposes?.(capability) !== true) return { shown: MapValue.empty() };
  const { constitution } = host;
  return constitution === undefined ? { shown: performance.exposed } : exposureTo(constitution, lineage ?? emptyLineage(), call, performance.exposed);
}

/** How a text is read that somebody says to a call: by the capability, where it is known. */
export function readerOf(call: HostCall, host: Pick<Host, 'capabilities'>): Extract<Wait, { kind: 'person' }>['read'] {
  const capability = host.capabilities.find(call.capability);
  const wait = capability !== undefined && 'wait' in capability ? waitOf(call, capability) : null;
  return wait !== null && 'kind' in wait && wait.kind === 'person' ? wait.read : (text) => ({ ok: true, value: text });
}
