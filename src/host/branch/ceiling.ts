/**
 * What stands above the grants of whoever gives out a branch, as text for the worker: a policy, and whether the recommended isolation is kept. The
 * worker decides each call under its own policy and under this one, and both have to allow it.
 */
import { type Diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import type { LoopHost } from '../loop.ts';
import type { Capability, Grant, Policy } from '../port.ts';
import { commonGrants } from '../security/coverage.ts';
import { readDocument } from '../security/document.ts';
import { grantPolicy, type PolicyData } from '../security/policy.ts';
import { type NamedPolicy, policyText, readPolicy } from '../security/policy-text.ts';

export interface Ceiling {
  /** Null: there is none above the grants. */
  readonly policy: NamedPolicy | null;
  /** Whether calls from steps that see more than is recommended are denied. */
  readonly strict: boolean;
}

/** The policy as JSON; null for none. Its grants are no part of it: those of the branch are sent as they are, with full paths. */
export function ceilingPolicyText({ policy }: Ceiling): string | null {
  return policy === null ? null : policyText({ ...policy, context: { ...policy.context, grants: [] } }, ROOT);
}

/** The ceiling that a text of `ceilingPolicyText` says. */
export function readCeiling(name: string, text: string | null, strict: boolean): Result<Ceiling, readonly Diagnostic[]> {
  if (text === null) return { ok: true, value: { policy: null, strict } };
  const document = readDocument(text, name);
  const policy = document.ok ? readPolicy(name, document.value, { baseDirectory: ROOT, capabilities: [] }) : document;
  return policy.ok ? { ok: true, value: { policy: policy.value, strict } } : policy;
}

/** No path stands in such a text. */
const ROOT = '/';

/** The worker's host under the ceiling. `grants` are those of the branch; relative paths of calls start at `baseDirectory`. */
export function underCeiling<Host extends LoopHost>(host: Host, { policy, strict }: Ceiling, grants: readonly Grant[], baseDirectory: string): Host {
  const data: PolicyData = {
    grants, baseDirectory, strict, declared: (id) => factsOf(host.capabilities.find(id)),
    ...(policy === null ? {} : { context: policy.context, contextName: `the policy ${policy.name}` }),
  };
  const stretchMs = Math.min(host.stretchMs ?? Number.POSITIVE_INFINITY, policy?.context.limits.timeMs ?? Number.POSITIVE_INFINITY);
  return { ...host, policy: both(host.policy, grantPolicy(data)), ...(stretchMs < Number.POSITIVE_INFINITY ? { stretchMs } : {}) };
}

function both(own: Policy, above: Policy): Policy {
  return {
    decide: (request) => {
      const decision = own.decide(request);
      if (!decision.allowed) return decision;
      const judged = above.decide(request);
      return judged.allowed ? { ...decision, grants: commonGrants(decision.grants, judged.grants) } : judged;
    },
    exposes: (capability) => own.exposes?.(capability) === true && above.exposes?.(capability) === true,
  };
}

/** What the house's own capabilities do is known without their saying it. */
function factsOf(capability: Capability | undefined): ReturnType<NonNullable<PolicyData['declared']>> {
  const { takesSecrets = false, manifest } = capability ?? {};
  return manifest === undefined || manifest.provider === 'house' ? { takesSecrets } : { takesSecrets, effects: manifest.effects };
}
