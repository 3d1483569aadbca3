/**
 * Which hosts and addresses a set of grants lets a program reach. Pure rules over text; two of them:
 * - A *host* (what stands in the URL) must be covered by a grant's pattern.
 * - An *address* (what the host turned out to be) must be public, or be covered by a grant that names addresses:
 *   an address, a range, or `localhost` for the loopback. A name alone never opens the private network behind it.
 *
 * Patterns: `example.com`, `*.example.com` (below it, not itself), `192.0.2.7`, `10.0.0.0/8`, `[::1]`, `*`; each with
 * `:PORT` when only that port is meant.
 */
import type { Grant } from '../port.ts';
import { type Address, inRange, isLoopback, isPublicRange, parseAddress, parseRange, type Range, specialAddress } from './address.ts';

export interface HostPattern {
  readonly host: { readonly kind: 'any' } | { readonly kind: 'name' | 'below'; readonly name: string } | { readonly kind: 'range'; readonly range: Range };
  /** Null for every port. */
  readonly port: number | null;
}

/** Null when the text is no pattern. */
export function parseHostPattern(text: string): HostPattern | null {
  const { hostText, port } = splitPort(text);
  if (port === undefined) return null;
  const host = parseHost(hostText);
  return host === null ? null : { host, port };
}

function splitPort(text: string): { readonly hostText: string; readonly port: number | null | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return { hostText: bracketed[1]!, port: parsePort(bracketed[2]) };
  const colon = text.indexOf(':');
  if (colon < 0 || colon !== text.lastIndexOf(':')) return { hostText: text, port: null };
  return { hostText: text.slice(0, colon), port: parsePort(text.slice(colon + 1)) };
}

/** Undefined when it is no port. */
function parsePort(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  return /^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? Number(text) : undefined;
}

function parseHost(text: string): HostPattern['host'] | null {
  if (text === '*') return { kind: 'any' };
  const range = parseRange(text);
  if (range !== null) return { kind: 'range', range };
  const below = text.startsWith('*.');
  const name = canonicalName(below ? text.slice(2) : text);
  return name === null ? null : { kind: below ? 'below' : 'name', name };
}

/** A host name as the URL parser writes it; null when it is none, or stands for an address in another notation. */
function canonicalName(text: string): string | null {
  if (!/^[^\s/\\?#@:*[\]]+$/.test(text) || !URL.canParse(`http://${text}/`)) return null;
  const name = hostOf(new URL(`http://${text}/`));
  return parseAddress(name) === null ? name : null;
}

/** The host of a URL: without brackets, and without the dot at the end that changes nothing. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** Why the host is out of reach, or null when it is not. */
export function hostRefusal(grants: readonly Grant[], host: string, port: number): string | null {
  const address = parseAddress(host);
  if (address !== null && specialAddress(address) !== null) return addressRefusal(grants, host, port);
  const covered = grants.some((grant) => grant.capability === '*' || coversHost(grant, host, address, port));
  return covered ? null : `the host ${hostText(host, port)} is not granted`;
}

/** Why the address is out of reach, or null when it is not. Text that is not an address is refused. */
export function addressRefusal(grants: readonly Grant[], text: string, port: number): string | null {
  const address = parseAddress(text);
  if (address === null) return `${text} is not an address`;
  const special = specialAddress(address);
  if (special === null) return null;
  const covered = grants.some((grant) => grant.capability === '*' || coversAddress(grant, address, port));
  return covered ? null : `${text} is ${special} and is not granted`;
}

function coversHost(grant: Grant, host: string, address: Address | null, port: number): boolean {
  const pattern = grant.scope === null ? null : parseHostPattern(grant.scope);
  if (pattern === null || (pattern.port !== null && pattern.port !== port)) return false;
  switch (pattern.host.kind) {
    case 'any':
      return true;
    case 'range':
      return address !== null && inRange(address, pattern.host.range);
    case 'name':
      return host === pattern.host.name;
    case 'below':
      return address === null && host.endsWith(`.${pattern.host.name}`);
  }
}

function coversAddress(grant: Grant, address: Address, port: number): boolean {
  const pattern = grant.scope === null ? null : parseHostPattern(grant.scope);
  if (pattern === null || (pattern.port !== null && pattern.port !== port)) return false;
  if (pattern.host.kind === 'range') return inRange(address, pattern.host.range);
  return pattern.host.kind === 'name' && pattern.host.name === 'localhost' && isLoopback(address);
}

/** Whether the first pattern opens every host and every address that the second one opens. */
export function containsHosts(outer: string, inner: string): boolean {
  const [first, second] = [parseHostPattern(outer), parseHostPattern(inner)];
  return first !== null && second !== null && (first.port === null || first.port === second.port) && opensHosts(first.host, second.host);
}

/**
 * What two patterns have in common of which neither contains the other: the hosts of one at the port of the other. Null when
 * there is nothing, or when no pattern says it (`*` and a range with private addresses in it).
 */
export function commonHosts(a: string, b: string): string | null {
  const [first, second] = [parseHostPattern(a), parseHostPattern(b)];
  if (first === null || second === null || (first.port !== null && second.port !== null)) return null;
  const port = first.port ?? second.port;
  const narrow = opensHosts(first.host, second.host) ? b : opensHosts(second.host, first.host) ? a : null;
  if (narrow === null || port === null) return null;
  const { hostText: host } = splitPort(narrow);
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether the first opens every host and every address that the second opens, ports aside. */
function opensHosts(outer: HostPattern['host'], inner: HostPattern['host']): boolean {
  switch (outer.kind) {
    case 'any':
      return inner.kind === 'any' || inner.kind === 'below' || (inner.kind === 'range' ? isPublicRange(inner.range) : inner.name !== 'localhost');
    case 'below':
      return (inner.kind === 'below' && inner.name === outer.name) || ((inner.kind === 'name' || inner.kind === 'below') && inner.name.endsWith(`.${outer.name}`));
    case 'name':
      return inner.kind === 'name' && inner.name === outer.name;
    case 'range':
      return inner.kind === 'range' && outer.range.bits <= inner.range.bits && inRange(inner.range.base, outer.range);
  }
}

/** The pattern for one host: with the port, unless it is a usual one. */
export function hostText(host: string, port: number): string {
  const text = host.includes(':') ? `[${host}]` : host;
  return port === 80 || port === 443 ? text : `${text}:${port}`;
}
