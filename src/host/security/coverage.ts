/**
 * What grants cover: whether one of them allows a call, which one would, and what two lists of grants have in common.
 *
 * Paths are compared as text here; that links do not lead out of a granted directory is the fs adapter's business,
 * as is the address behind a host name the http adapter's: only they meet the world.
 */
import type { Value } from '../../value/value.ts';
import { HostFailure, shown } from '../failure.ts';
import type { FailureKind, Grant } from '../port.ts';
import { commonHosts, containsHosts, hostRefusal, hostText } from './network.ts';
import { directoryOf, isInside } from './path.ts';
import { familyOf, type Resource, resourceOf, scopeKindOf } from './resource.ts';

export type Coverage =
  | { readonly covered: true; readonly grants: readonly Grant[] }
  /** `needed`: the narrowest grant that is worth writing; null when none can help. */
  | { readonly covered: false; readonly kind: FailureKind; readonly reason: string; readonly needed: Grant | null };

/** A grant for the first also covers the others, which can do no more than it. */
const IMPLIED: ReadonlyMap<string, readonly string[]> = new Map([
  ['fs.read', ['fs.exists', 'fs.list']],
  ['fs.write', ['fs.append']],
]);

/** Variables that hold secrets are no variables for programs, whatever is granted. */
const SECRET_VARIABLES = 'RTFS_SECRET_';

export function coverageOf(all: readonly Grant[], capability: string, args: readonly Value[], baseDirectory: string): Coverage {
  const grants = all.filter((grant) => coversCapability(grant.capability, capability));
  const resource = readResource(capability, args, baseDirectory);
  if (resource instanceof HostFailure) return { covered: false, kind: resource.kind, reason: resource.message, needed: null };
  if (capability === 'env.get' && resource.kind === 'name' && resource.name.startsWith(SECRET_VARIABLES)) {
    return { covered: false, kind: 'security', reason: `the variable ${shown(resource.name)} holds a secret (call :secret.get for a handle)`, needed: null };
  }
  const reason = refusal(grants, resource);
  return reason === null ? { covered: true, grants } : { covered: false, kind: 'security', reason, needed: neededGrant(capability, resource) };
}

function coversCapability(granted: string, capability: string): boolean {
  return granted === '*' || granted === capability || granted === familyOf(capability) || (IMPLIED.get(granted)?.includes(capability) ?? false);
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

function neededGrant(capability: string, resource: Resource): Grant {
  switch (resource.kind) {
    case 'path':
      return { capability, scope: capability === 'fs.list' ? resource.path : directoryOf(resource.path) };
    case 'host':
      return { capability: 'http', scope: hostText(resource.host, resource.port) };
    case 'name':
      return { capability: capability === 'secret.get' ? 'secret' : capability, scope: resource.name };
    case 'none':
      return { capability, scope: null };
  }
}

// ── what two have in common ──────────────────────────────────────────────────────────────────────────────────────────

/** Allows nothing that one of the two lists does not allow. In normal form. */
export function commonGrants(a: readonly Grant[], b: readonly Grant[]): readonly Grant[] {
  return normalGrants(a.flatMap((one) => b.flatMap((other) => commonGrant(one, other) ?? [])));
}

/** Sorted, each once, without what another one contains. */
export function normalGrants(grants: readonly Grant[]): readonly Grant[] {
  const each = [...new Map(grants.map((grant) => [textOf(grant), grant])).values()];
  const isNeedless = (one: Grant): boolean => each.some((other) => other !== one && contains(other, one) && (!contains(one, other) || other === firstOf(one, other)));
  return each.filter((one) => !isNeedless(one)).sort((a, b) => (a === firstOf(a, b) ? -1 : 1));
}

function textOf({ capability, scope }: Grant): string {
  return JSON.stringify([capability, scope]);
}

/** Some grants can be written in two ways: whatever the order in which they come, it is the same one that stays. */
function firstOf(a: Grant, b: Grant): Grant {
  return textOf(a) < textOf(b) ? a : b;
}

function contains(outer: Grant, inner: Grant): boolean {
  if (outer.capability === '*') return true;
  return coversCapability(outer.capability, inner.capability) && containsScope(inner.capability, outer.scope, inner.scope);
}

function containsScope(capability: string, outer: string | null, inner: string | null): boolean {
  if (outer === inner) return true;
  if (outer === null || inner === null) return false;
  switch (scopeKindOf(capability)) {
    case 'path':
      return outer === '*' || (inner !== '*' && isInside(outer, inner));
    case 'host':
      return containsHosts(outer, inner);
    case 'name':
      return outer === '*';
    case 'none':
      return false;
  }
}

function commonGrant(a: Grant, b: Grant): Grant | null {
  const [down, up] = [contains(a, b), contains(b, a)];
  if (down || up) return down && up ? firstOf(a, b) : down ? b : a;
  const capability = coversCapability(a.capability, b.capability) ? b.capability : coversCapability(b.capability, a.capability) ? a.capability : null;
  if (capability === null || a.scope === null || b.scope === null) return null;
  const scope = containsScope(capability, a.scope, b.scope) ? b.scope : containsScope(capability, b.scope, a.scope) ? a.scope : null;
  if (scope !== null) return { capability, scope };
  const hosts = scopeKindOf(capability) === 'host' ? commonHosts(a.scope, b.scope) : null;
  return hosts === null ? null : { capability, scope: hosts };
}
