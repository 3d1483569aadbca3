/** Where a redirect leads, and what goes along. Whether that place is granted is not asked here. */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { urlProblem } from '../argument.ts';
import { shown } from '../failure.ts';
import type { Hop, HopAnswer } from './exchange.ts';

/** The location that an answer redirects to, as it is written there; null when it redirects nowhere. */
export function redirectOf(answer: Pick<HopAnswer, 'status' | 'headers'>): string | null {
  return [301, 302, 303, 307, 308].includes(answer.status) ? (answer.headers.location ?? null) : null;
}

/** What another origin may see. Any other header may be a credential: besides `authorization` and `cookie`, an API key. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-language',
  'content-type',
  'range',
  'user-agent',
]);

/** The next request, or why there is none. */
export function nextHop(hop: Hop, status: number, location: string): Result<Hop, string> {
  const url = URL.canParse(location, hop.url.href) ? new URL(location, hop.url) : null;
  const problem = url === null ? 'that is not a URL' : problemOf(hop.url, url);
  if (url === null || problem !== null) return { ok: false, error: `the redirect to ${shown(location)} is not followed: ${problem}` };
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : (status === 301 || status === 302) && hop.method === 'POST';
  const sameOrigin = url.origin === hop.url.origin;
  const headers = [...hop.headers].filter(([name]) => (sameOrigin || HARMLESS_HEADERS.has(name)) && !(becomesGet && name.startsWith('content-')));
  return { ok: true, value: { method: becomesGet ? 'GET' : hop.method, url, headers: new Map(headers), body: becomesGet ? null : hop.body } };
}

function problemOf(from: URL, to: URL): string | null {
  return urlProblem(to) ?? (from.protocol === 'https:' && to.protocol === 'http:' ? 'it leads from https to http' : null);
}
