/**
 * The loop's policy (H2): the decision whether a call may happen, as a pure function of data. What was granted (by flags, by
 * a policy file) is one side, the policy file's ceiling and the constitution are the other: both have to allow a call.
 */
import type { Capability, Decision, Grant, Isolation, Policy, PolicyRequest } from '../port.ts';
import { type Authority, authorizeCapability } from './authorizer.ts';
import type { Constitution } from './constitution.ts';
import { DEFAULT_GRANTS } from './grant.ts';
import { coversId } from './pattern.ts';
import { familyOf } from './resource.ts';
import { levelDefaults, type RuntimeContext } from './runtime-context.ts';

export interface PolicyData {
  readonly grants: readonly Grant[];
  /** Absolute; relative paths of programs start here. */
  readonly baseDirectory: string;
  /**
   * What may see the context of the plan: ids (`audit.log`), families (`audit.`) and tags (`#audit`). Default: what the context says,
   * else nothing. What a step hides stays hidden.
   */
  readonly expose?: readonly string[];
  /** Calls of these capabilities and families are only made from steps that see no more than the level. */
  readonly isolation?: readonly { readonly capability: string; readonly level: Isolation }[];
  /** The ceiling, and what it grants by itself. Default: no ceiling, no grant. */
  readonly context?: RuntimeContext;
  /** What the context is called in messages. */
  readonly contextName?: string;
  readonly constitution?: Constitution | null;
  /** Calls below the recommended isolation are denied. Default: they carry a warning. */
  readonly strict?: boolean;
  /** What capabilities declare, for requests that do not say it themselves. */
  readonly declared?: (capability: string) => Pick<PolicyRequest, 'effects' | 'takesSecrets' | 'approval'>;
}

export function grantPolicy(data: PolicyData): Policy {
  const authority = authorityOf(data);
  return {
    decide: (request) => decisionOf(authorizeCapability(authority, data.declared === undefined ? request : { ...data.declared(request.capability), ...request })),
    exposes: (capability) => authority.context.expose.some((rule) => coversExposed(rule, capability)),
  };
}

/** All that decides, put together. */
export function authorityOf(data: PolicyData): Authority {
  const context = data.context ?? { ...levelDefaults('full'), grants: [] };
  return {
    context: {
      ...context,
      grants: [...DEFAULT_GRANTS, ...context.grants, ...data.grants],
      expose: data.expose ?? context.expose,
      isolation: { ...context.isolation, minimum: [...context.isolation.minimum, ...(data.isolation ?? []).flatMap(withFamily)] },
    },
    source: data.contextName ?? 'the policy',
    constitution: data.constitution ?? null,
    strict: data.strict ?? false,
    baseDirectory: data.baseDirectory,
  };
}

/** A rule for `fs` is one for all capabilities of the family. */
function withFamily(rule: { readonly capability: string; readonly level: Isolation }): { readonly capability: string; readonly level: Isolation }[] {
  return familyOf(rule.capability) === rule.capability && rule.capability !== '*' ? [rule, { ...rule, capability: `${rule.capability}.` }] : [rule];
}

function decisionOf({ allowed, permissions, reasons, kind, hint, approval }: ReturnType<typeof authorizeCapability>): Decision {
  if (allowed) return { allowed: true, grants: permissions, ...(reasons.length === 0 ? {} : { warnings: reasons }) };
  return { allowed: false, kind, reason: reasons[0]!.message, hint, reasons, ...(approval === null ? {} : { approval }) };
}

/** Who sees contexts is named: there is no rule for everybody. */
function coversExposed(rule: string, capability: Pick<Capability, 'id' | 'tags'>): boolean {
  if (rule === '*') return false;
  return rule.startsWith('#') ? capability.tags?.includes(rule.slice(1)) === true : coversId(rule, capability.id);
}
