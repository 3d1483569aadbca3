/**
 * What a call is about: the path, host or name that a grant can be narrowed to. It is read from the arguments with the
 * functions that the capabilities use, so that policy and capability see the same thing.
 */
import { keyword, type Value } from '../../value/value.ts';
import { namedArguments, pathArgument, stringArgument, urlArgument } from '../argument.ts';
import { HostFailure } from '../failure.ts';
import { hostOf, hostText, portOf } from './network.ts';
import { resolvePath } from './path.ts';

export type Resource =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'host'; readonly host: string; readonly port: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'none' };

/** What the scope of a grant for this capability says: a directory, a host pattern, a name, or nothing. */
export type ScopeKind = Resource['kind'];

const SCOPE_KINDS: ReadonlyMap<string, ScopeKind> = new Map([
  ['fs', 'path'],
  ['http', 'host'],
  ['env', 'name'],
  ['secret', 'name'],
]);

/** `fs` of `fs.read`; a name without a dot is its own family. */
export function familyOf(capability: string): string {
  const dot = capability.indexOf('.');
  return dot < 0 ? capability : capability.slice(0, dot);
}

export function scopeKindOf(capability: string): ScopeKind {
  return SCOPE_KINDS.get(familyOf(capability)) ?? 'none';
}

/** Throws a `HostFailure` when the arguments do not say. Relative paths start at `baseDirectory`. */
export function resourceOf(capability: string, args: readonly Value[], baseDirectory: string): Resource {
  const kind = scopeKindOf(capability);
  switch (kind) {
    case 'path':
      return { kind, path: resolvePath(baseDirectory, pathArgument(capability, args, 0)) };
    case 'host': {
      const url = urlArgument(capability, namedArguments(capability, args, 'url').get(keyword('url')));
      return { kind, host: hostOf(url), port: portOf(url) };
    }
    case 'name':
      return { kind, name: stringArgument(capability, args, 0) };
    case 'none':
      return { kind };
  }
}

/** The path, host or name that a call is about, as one text; null when it is about none, or does not say. */
export function resourceText(capability: string, args: readonly Value[], baseDirectory: string): string | null {
  let resource: Resource;
  try {
    resource = resourceOf(capability, args, baseDirectory);
  } catch (cause) {
    if (cause instanceof HostFailure) return null;
    throw cause;
  }
  switch (resource.kind) {
    case 'path':
      return resource.path;
    case 'host':
      return hostText(resource.host, resource.port);
    case 'name':
      return resource.name;
    case 'none':
      return null;
  }
}
