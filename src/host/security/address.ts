/**
 * Internet addresses, and which of them are not the public internet. An address is one 128-bit number; IPv4 addresses
 * stand in the range ::ffff:0:0/96, so an IPv4 address and its mapped form are the same number. Only canonical text is
 * read: what a resolver or the URL parser writes. `010.0.0.1`, `0x7f.1` and `127.1` are no addresses here.
 */

export type Address = bigint;

export interface Range {
  readonly base: Address;
  /** Leading bits that count, of 128. */
  readonly bits: number;
}

const IPV4_PREFIX = 0xffffn << 32n;

/** Null when the text is not an address. A zone (`%eth0`) is ignored. */
export function parseAddress(text: string): Address | null {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== null) return IPV4_PREFIX | ipv4;
  const zone = text.indexOf('%');
  return parseIpv6(zone < 0 ? text : text.slice(0, zone));
}

function parseIpv4(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let address = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    address = (address << 8n) | BigInt(part);
  }
  return address;
}

function parseIpv6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const all = [...head, ...Array.from({ length: missing }, () => 0n), ...tail];
  return all.reduce((address, group) => (address << 16n) | group, 0n);
}

/** The 16-bit groups of one side of `::`; the last may be an IPv4 address when it ends the whole. */
function groups(text: string, endsAddress: boolean): bigint[] | null {
  if (text === '') return [];
  const found: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = endsAddress && index === parts.length - 1 ? parseIpv4(part) : null;
    if (ipv4 !== null) found.push(ipv4 >> 16n, ipv4 & 0xffffn);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) found.push(BigInt(`0x${part}`));
    else return null;
  }
  return found;
}

/** `10.0.0.0/8`, `fd00::/8`, or a single address. Null when it is neither. */
export function parseRange(text: string): Range | null {
  const slash = text.indexOf('/');
  const base = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (base === null) return null;
  if (slash < 0) return { base, bits: 128 };
  const length = text.slice(slash + 1);
  const offset = text.includes(':') ? 0 : 96;
  if (!/^[0-9]{1,3}$/.test(length) || Number(length) > 128 - offset) return null;
  return { base, bits: Number(length) + offset };
}

export function inRange(address: Address, range: Range): boolean {
  const shift = BigInt(128 - range.bits);
  return address >> shift === range.base >> shift;
}

/** Ranges that are not the public internet (IANA's special-purpose registries), with the word for each. */
const SPECIAL: readonly (readonly [string, string])[] = [
  ['127.0.0.0/8', 'a loopback address'],
  ['::1', 'a loopback address'],
  ['10.0.0.0/8', 'a private address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.168.0.0/16', 'a private address'],
  ['fc00::/7', 'a private address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['fe80::/10', 'a link-local address'],
  ['100.64.0.0/10', 'a shared address (carrier-grade NAT)'],
  ['0.0.0.0/8', 'an unspecified address'],
  ['::', 'an unspecified address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['ff00::/8', 'a multicast address'],
  ['192.0.0.0/24', 'a reserved address'],
  ['192.0.2.0/24', 'a reserved address'],
  ['192.88.99.0/24', 'a reserved address'],
  ['198.18.0.0/15', 'a reserved address'],
  ['198.51.100.0/24', 'a reserved address'],
  ['203.0.113.0/24', 'a reserved address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['2001::/23', 'a reserved address'],
  ['2001:db8::/32', 'a reserved address'],
  ['2002::/16', 'a tunnel address (6to4)'],
  ['3fff::/20', 'a reserved address'],
];
const SPECIAL_RANGES: readonly { readonly range: Range; readonly word: string }[] = SPECIAL.map(([text, word]) => ({ range: parseRange(text)!, word }));
const IPV4: Range = { base: IPV4_PREFIX, bits: 96 };
const GLOBAL_IPV6: Range = parseRange('2000::/3')!;
/** Addresses of an IPv4 internet seen from an IPv6-only network: what they hold decides. */
const NAT64: Range = parseRange('64:ff9b::/96')!;

/** What kind of special address it is, in words; null for an address of the public internet. */
export function specialAddress(address: Address): string | null {
  if (inRange(address, NAT64)) return specialAddress(IPV4_PREFIX | (address & 0xffffffffn));
  const found = SPECIAL_RANGES.find((entry) => inRange(address, entry.range));
  if (found !== undefined) return found.word;
  return inRange(address, IPV4) || inRange(address, GLOBAL_IPV6) ? null : 'a reserved address';
}

/** Whether all of its addresses are public; false also where that cannot be said for the range as a whole. */
export function isPublicRange(range: Range): boolean {
  const holds = (outer: Range, inner: Range): boolean => outer.bits <= inner.bits && inRange(inner.base, outer);
  if (!holds(IPV4, range) && !holds(GLOBAL_IPV6, range)) return false;
  return !SPECIAL_RANGES.some((special) => holds(special.range, range) || holds(range, special.range));
}

export function isLoopback(address: Address): boolean {
  return specialAddress(address) === 'a loopback address';
}
