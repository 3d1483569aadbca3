/** What a kept run was allowed on the command line, as the value that its journal holds: grants, and what stands above them. */
import path from 'node:path';
import { Facts } from '../../host/durable/facts.ts';
import { recordData } from '../../host/journal/record.ts';
import type { Grant } from '../../host/port.ts';
import { PRESETS } from '../../host/security/presets.ts';
import type { MapValue } from '../../value/map.ts';
import { Vector } from '../../value/vector.ts';
import type { SecurityOptions } from '../invocation.ts';

/** The budget is not among it: the journal counts on from where it was. Files by their full paths, so that it is the same file wherever the run goes on. */
export function authorityValue(grants: readonly Grant[], { policy, constitution, secrets, strict }: SecurityOptions): MapValue {
  const file = (name: string | null): string | undefined => (name === null ? undefined : path.resolve(name));
  return recordData({
    grants: Vector.adopt(grants.map(({ capability, scope }) => Vector.of(capability, scope))),
    policy: policy !== null && PRESETS.has(policy) ? policy : file(policy),
    constitution: file(constitution),
    secrets: file(secrets),
    strict: strict || undefined,
  });
}

export function readAuthority(authority: MapValue): { readonly grants: readonly Grant[]; readonly security: SecurityOptions } {
  const facts = new Facts(authority);
  const grants = facts.items('grants').flatMap((grant) => {
    const [capability, scope] = grant instanceof Vector ? grant.toArray() : [];
    return typeof capability === 'string' ? [{ capability, scope: typeof scope === 'string' ? scope : null }] : [];
  });
  return { grants, security: { policy: facts.text('policy'), constitution: facts.text('constitution'), secrets: facts.text('secrets'), strict: facts.is('strict'), budget: [] } };
}
