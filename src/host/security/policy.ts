/**
 * The decision whether a call may happen: a pure function of the grants and the call (H2). What no grant covers is
 * refused, and the refusal says which grant would have been enough.
 *
 * Paths are compared as text here; that links do not lead out of a granted directory is the fs adapter's business,
 * as is the address behind a host name the http adapter's: only they meet the world.
 */
import path from 'node:path';
import type { Value } from '../../value/value.ts';
import { HostFailure, shown } from '../failure.ts';
import type { Capability, Decision, Grant, Isolation, Policy } from '../port.ts';
import { DEFAULT_GRANTS, grantText } from './grant.ts';
import { hostRefusal, hostText } from './network.ts';
import { familyOf, isInside, type Resource, resourceOf } from './resource.ts';

export interface PolicyData {
  readonly grants: readonly Grant[];
  /** Absolute; relative paths of programs start here. */
  readonly baseDirectory: string;
  /**
   * What may see the context of the plan: ids (`audit.log`), families (`audit.`) and tags (`#audit`). Default: nothing. What
   * a step hides stays hidden.
   */
  readonly expose?: readonly string[];
  /** Calls of these capabilities and families are only made from steps that see no more than the level. */
  readonly isolation?: readonly { readonly capability: string; readonly level: Isolation }[];
}

/** A grant for the first also covers the others, which can do no more than it. */
const IMPLIED: ReadonlyMap<string, readonly string[]> = new Map([
  ['fs.read', ['fs.exists', 'fs.list']],
  ['fs.write', ['fs.append']],
]);

export function grantPolicy(data: PolicyData): Policy {
  const all: PolicyData = { ...data, grants: [...DEFAULT_GRANTS, ...data.grants] };
  return {
    decide: (request) => refuseOpen(all, request.capability, request.isolation ?? 'inherit') ?? decide(all, request.capability, request.args),
    exposes: (capability) => (all.expose ?? []).some((rule) => coversExposed(rule, capability)),
  };
}

const LEVELS: readonly Isolation[] = ['inherit', 'isolated', 'sandboxed'];

/** The refusal of a call whose step sees more of the plan than the policy wants; null when there is none. */
function refuseOpen(data: PolicyData, capability: string, isolation: Isolation): Decision | null {
  const rule = (data.isolation ?? []).find((one) => (one.capability === capability || one.capability === familyOf(capability)) && LEVELS.indexOf(isolation) < LEVELS.indexOf(one.level));
  if (rule === undefined) return null;
  return { allowed: false, kind: 'security', reason: `its step must be :${rule.level}, and is :${isolation}`, hint: null };
}

function coversExposed(rule: string, capability: Pick<Capability, 'id' | 'tags'>): boolean {
  if (rule.startsWith('#')) return capability.tags?.includes(rule.slice(1)) === true;
  return rule.endsWith('.') ? capability.id.startsWith(rule) : capability.id === rule;
}

export function decide(data: PolicyData, capability: string, args: readonly Value[]): Decision {
  const grants = data.grants.filter((grant) => coversCapability(grant, capability));
  const resource = readResource(capability, args, data.baseDirectory);
  if (resource instanceof HostFailure) return { allowed: false, kind: resource.kind, reason: resource.message, hint: null };
  const reason = refusal(grants, resource);
  if (reason === null) return { allowed: true, grants };
  return { allowed: false, kind: 'security', reason, hint: grantText(neededGrant(capability, resource), data.baseDirectory) };
}

function coversCapability(grant: Grant, capability: string): boolean {
  return (
    grant.capability === '*' ||
    grant.capability === capability ||
    grant.capability === familyOf(capability) ||
    (IMPLIED.get(grant.capability)?.includes(capability) ?? false)
  );
}

function readResource(capability: string, args: readonly Value[], baseDirectory: string): Resource | HostFailure {
  try {
    return resourceOf(capability, args, baseDirectory);
  } catch (cause) {
    if (cause instanceof HostFailure) return cause;
    throw cause;
  }
}

/** Why none of the grants, which all cover the capability, covers the resource; null when one does. */
function refusal(grants: readonly Grant[], resource: Resource): string | null {
  switch (resource.kind) {
    case 'path':
      return grants.some((grant) => coversPath(grant, resource.path)) ? null : `the path ${shown(resource.path)} is outside the granted directories`;
    case 'host':
      return hostRefusal(grants, resource.host, resource.port);
    case 'name':
      return grants.some((grant) => grant.scope === '*' || grant.scope === resource.name) ? null : `the name ${shown(resource.name)} is not granted`;
    case 'none':
      return grants.length > 0 ? null : 'it is not granted';
  }
}

function coversPath(grant: Grant, wanted: string): boolean {
  return grant.scope === '*' || (grant.scope !== null && isInside(grant.scope, wanted));
}

/** The narrowest grant that is worth writing. */
function neededGrant(capability: string, resource: Resource): Grant {
  switch (resource.kind) {
    case 'path':
      return { capability, scope: capability === 'fs.list' ? resource.path : path.dirname(resource.path) };
    case 'host':
      return { capability: 'http', scope: hostText(resource.host, resource.port) };
    case 'name':
      return { capability, scope: resource.name };
    case 'none':
      return { capability, scope: null };
  }
}
