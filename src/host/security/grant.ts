/**
 * Grants as text: what stands after `--allow`, read into data and written back for hints.
 *
 *   fs.read=DIR  fs=DIR  http=HOST[:PORT]  http=*  env=NAME  time  random  user.ask  all
 */
import { suggest } from '../../diagnostic/suggest.ts';
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { shown } from '../failure.ts';
import type { Grant } from '../port.ts';
import { parseHostPattern } from './network.ts';
import { isAbsolutePath, pathBelow, resolvePath } from './path.ts';
import { familyOf, type ScopeKind, scopeKindOf } from './resource.ts';

const EVERYTHING: Grant = { capability: '*', scope: '*' };

/** What every program may do: show text to the person who runs it, and let its steps wait. */
export const DEFAULT_GRANTS: readonly Grant[] = ['io', 'step.sleep', 'step.deadline', 'step.checkpoint'].map((capability) => ({ capability, scope: null }));

export interface GrantContext {
  /** Absolute; relative paths of grants and of programs start here. */
  readonly baseDirectory: string;
  /** The ids that can be granted. */
  readonly capabilities: readonly string[];
  /** The id that another name stands for; undefined when it stands for none. */
  readonly aliasOf?: (name: string) => string | undefined;
}

export function parseGrant(text: string, context: GrantContext): Result<Grant, Diagnostic> {
  const equals = text.indexOf('=');
  const written = (equals < 0 ? text : text.slice(0, equals)).trim().replace(/^:/, '');
  const scope = equals < 0 ? null : text.slice(equals + 1).trim();
  if (written === 'all' || written === '*') return scope === null ? { ok: true, value: EVERYTHING } : refuse(text, '"all" takes no "="', []);
  const capability = context.aliasOf?.(written) ?? written;
  if (!isKnown(capability, context)) return unknown(text, written, context);
  return parseScope(text, capability, scope, context);
}

/** All of them, or everything that is wrong with any. */
export function parseGrants(texts: readonly string[], context: GrantContext): Result<readonly Grant[], readonly Diagnostic[]> {
  const grants: Grant[] = [];
  const problems: Diagnostic[] = [];
  for (const text of texts) {
    const result = parseGrant(text, context);
    if (result.ok) grants.push(result.value);
    else problems.push(result.error);
  }
  return problems.length === 0 ? { ok: true, value: grants } : { ok: false, error: problems };
}

function isKnown(capability: string, context: GrantContext): boolean {
  return context.capabilities.some((id) => id === capability || familyOf(id) === capability);
}

function unknown(text: string, written: string, context: GrantContext): Result<Grant, Diagnostic> {
  const names = [...new Set([...context.capabilities, ...context.capabilities.map(familyOf), 'all'])].sort();
  const meant = suggest(written, names);
  const help = meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : `Grants are: ${names.join(', ')}.`;
  return refuse(text, `there is no capability ${shown(written)}`, [help]);
}

function parseScope(text: string, capability: string, scope: string | null, context: GrantContext): Result<Grant, Diagnostic> {
  const kind = scopeKindOf(capability);
  if (kind === 'none') {
    return scope === null ? { ok: true, value: { capability, scope } } : refuse(text, `${capability} takes no "="`, [`Write --allow ${capability}.`]);
  }
  if (scope === null || scope === '') return refuse(text, `${capability} needs to know ${QUESTION[kind]}`, [`Write --allow ${capability}=${EXAMPLE[kind]}.`]);
  if (kind === 'host' && parseHostPattern(scope) === null) return refuse(text, `${shown(scope)} is not a host`, hostHelp(capability, scope));
  const absolute = kind === 'path' && scope !== '*' ? resolvePath(context.baseDirectory, scope) : scope;
  return { ok: true, value: { capability, scope: absolute } };
}

const QUESTION: Readonly<Record<Exclude<ScopeKind, 'none'>, string>> = { path: 'which directory', host: 'which host', name: 'which name' };
const EXAMPLE: Readonly<Record<Exclude<ScopeKind, 'none'>, string>> = { path: 'DIR', host: 'HOST[:PORT] or =*', name: 'NAME or =*' };

function hostHelp(capability: string, scope: string): string[] {
  const host = URL.canParse(scope) ? new URL(scope).host : '';
  if (host !== '') return [`Name the host only: --allow ${capability}=${host}.`];
  return ['A host is a name (example.com, *.example.com), an address ([::1], 10.0.0.0/8) or *, with :PORT when only one port is meant.'];
}

function refuse(text: string, problem: string, help: readonly string[]): Result<Grant, Diagnostic> {
  return { ok: false, error: diagnostic('E0504', `Cannot grant ${shown(text)}: ${problem}`, null, { help }) };
}

/** The text that reads back as the grant: paths relative where they lie below the base. */
export function grantText(grant: Grant, baseDirectory: string): string {
  if (grant.capability === '*') return 'all';
  if (grant.scope === null) return grant.capability;
  return `${grant.capability}=${scopeKindOf(grant.capability) === 'path' ? pathText(grant.scope, baseDirectory) : grant.scope}`;
}

function pathText(scope: string, baseDirectory: string): string {
  const below = isAbsolutePath(scope, baseDirectory) ? pathBelow(baseDirectory, scope) : null;
  return below === '' ? '.' : (below ?? scope);
}
