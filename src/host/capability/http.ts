/**
 * `:http.request :http.get`, to granted hosts only. What is checked, for the first request and again for each redirect:
 * the host of the URL against the grants, and then every address that the host has (a name that is granted does not
 * open the private network behind it). Redirects never go from https to http, and to another origin they take along
 * only headers that cannot hold a secret.
 */
import type { Value } from '../../value/value.ts';
import { GivenUp, withDeadline } from '../deadline.ts';
import { cancelledFailure, HostFailure, securityFailure, systemCode, systemData } from '../failure.ts';
import type { CallContext, Capability, Clock, Grant, ResolveName, WorkCapability } from '../port.ts';
import { parseAddress } from '../security/address.ts';
import { addressRefusal, hostOf, hostRefusal, hostText, portOf } from '../security/network.ts';
import { exchange, type Hop, type HopAnswer, TooLarge, UnknownCoding } from './exchange.ts';
import { answerValue, readGet, readRequest, type RequestPlan } from './http-message.ts';
import { traceParent } from '../trace.ts';
import { nextHop, redirectOf } from './http-redirect.ts';

const REDIRECTS_MAX = 10;

export interface HttpOptions {
  readonly clock: Clock;
  readonly resolveName: ResolveName;
}

export function httpCapabilities(options: HttpOptions): Capability[] {
  return [
    {
      id: 'http.request',
      summary: '{:url :method :headers :body :json :as :timeout-ms :max-bytes :follow-redirects} → {:status :headers :body :url}',
      determinism: 'live',
      call: httpRequest(options),
    },
    {
      id: 'http.get',
      summary: 'url {:headers :as :timeout-ms :max-bytes :follow-redirects}? → {:status :headers :body :url}',
      determinism: 'recorded',
      call: (args, context) => perform('http.get', () => readGet('http.get', args), context, options),
    },
  ];
}

export function httpRequest(options: HttpOptions): WorkCapability['call'] {
  return (args, context) => perform('http.request', () => readRequest('http.request', args), context, options);
}

async function perform(operation: string, read: () => RequestPlan, context: CallContext, options: HttpOptions): Promise<Value> {
  const plan = traced(read(), context);
  const deadline = { clock: options.clock, durationMs: plan.timeoutMs, signal: context.signal };
  try {
    const { hop, answer } = await withDeadline(deadline, (signal) => follow(plan, { context, options, signal }));
    return answerValue(operation, plan, hop.url, answer);
  } catch (cause) {
    throw failureOf(cause, operation, plan);
  }
}

/** With the ids of the run and the call for whoever follows them further, unless the program sends its own. */
function traced(plan: RequestPlan, { run, callId }: CallContext): RequestPlan {
  const { hop } = plan;
  if (run === undefined || hop.headers.has('traceparent')) return plan;
  return { ...plan, hop: { ...hop, headers: new Map([...hop.headers, ['traceparent', traceParent(run, callId)]]) } };
}

interface Trip {
  readonly context: Pick<CallContext, 'name' | 'grants'>;
  readonly options: HttpOptions;
  readonly signal: AbortSignal;
}

/** The answer to the last request of the chain, and that request. */
async function follow(plan: RequestPlan, trip: Trip): Promise<{ readonly hop: Hop; readonly answer: HopAnswer }> {
  let hop = plan.hop;
  for (let redirects = 0; ; redirects++) {
    checkHost(hop.url, trip.context, redirects === 0 ? '' : 'the redirect: ');
    const addresses = await checkedAddresses(hop.url, trip);
    const answer = await atHop(hop, () => exchange(hop, addresses, plan.maxBytes, trip.signal));
    const location = redirectOf(answer);
    if (location === null || !plan.followRedirects) return { hop, answer };
    if (redirects === REDIRECTS_MAX) throw new HostFailure('host', `Too many redirects: more than ${REDIRECTS_MAX}`);
    const next = nextHop(hop, answer.status, location);
    if (!next.ok) throw securityFailure(trip.context.name, next.error, null);
    hop = next.value;
  }
}

export function checkHost(url: URL, context: Trip['context'], prefix: string): void {
  const [host, port] = [hostOf(url), portOf(url)];
  const refusal = hostRefusal(context.grants, host, port);
  if (refusal !== null) throw securityFailure(context.name, `${prefix}${refusal}`, `http=${hostText(host, port)}`);
}

/** All addresses of the URL's host; refused when only one of them is out of reach. */
export async function checkedAddresses(url: URL, trip: Trip): Promise<readonly string[]> {
  const host = hostOf(url);
  const addresses = parseAddress(host) === null ? await atHop({ url }, () => trip.options.resolveName(host)) : [host];
  if (addresses.length === 0) throw new HostFailure('host', `Unknown host: ${host}`, systemData('ENOTFOUND', 'host', host));
  for (const address of addresses) checkAddress(address, host, portOf(url), trip.context.grants, trip.context.name);
  return addresses;
}

function checkAddress(address: string, host: string, port: number, grants: readonly Grant[], name: string): void {
  const refusal = addressRefusal(grants, address, port);
  if (refusal === null) return;
  const needed = host === 'localhost' ? host : address;
  throw securityFailure(name, `the host ${host} leads to a place that is not open: ${refusal}`, `http=${hostText(needed, port)}`);
}

// ── Failures ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A failure of the system on the way to one URL. */
class HopFailure extends Error {
  readonly code: string;
  readonly url: URL;
  constructor(code: string, url: URL) {
    super(code);
    this.code = code;
    this.url = url;
  }
}

async function atHop<Result>(hop: { readonly url: URL }, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const code = systemCode(cause);
    throw code === null ? cause : new HopFailure(code, hop.url);
  }
}

function failureOf(cause: unknown, operation: string, plan: RequestPlan): unknown {
  if (cause instanceof GivenUp) {
    if (cause.reason === 'cancelled') return cancelledFailure(operation);
    return new HostFailure('timeout', `Timeout: ${operation} took longer than ${plan.timeoutMs} ms`);
  }
  if (cause instanceof TooLarge) return new HostFailure('host', `${operation}: the answer is larger than ${plan.maxBytes} bytes (limit: max-bytes)`);
  if (cause instanceof UnknownCoding) return new HostFailure('host', `${operation}: the answer is compressed in a way that is not known here`);
  if (!(cause instanceof HopFailure)) return cause;
  const where = hostText(hostOf(cause.url), portOf(cause.url));
  return new HostFailure('host', `${problemOf(cause.code)}: ${where}`, systemData(cause.code, 'url', cause.url.href));
}

/** What went wrong with a request that is not one of a plan. */
export function hopFailure(cause: unknown, url: URL): unknown {
  const code = cause instanceof HopFailure ? cause.code : systemCode(cause);
  return code === null || cause instanceof HostFailure ? cause : new HostFailure('host', `${problemOf(code)}: ${hostText(hostOf(url), portOf(url))}`, systemData(code, 'url', url.href));
}

const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'Connection refused'],
  ['ECONNRESET', 'The connection was closed by the other side'],
  ['EPIPE', 'The connection was closed by the other side'],
  ['ETIMEDOUT', 'The connection timed out'],
  ['EHOSTUNREACH', 'No way to the host'],
  ['ENETUNREACH', 'No way to the host'],
  ['EADDRNOTAVAIL', 'No way to the host'],
  ['ENOTFOUND', 'Unknown host'],
  ['ENODATA', 'Unknown host'],
  ['EAI_AGAIN', 'The name service does not answer'],
  ['EPROTO', 'Not a TLS server'],
  ['CERT_HAS_EXPIRED', 'The certificate of the server has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'The certificate of the server is for another name'],
  ['HPE_HEADER_OVERFLOW', 'The answer has too many headers'],
]);

function problemOf(code: string): string {
  const known = PROBLEMS.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return 'The answer is not HTTP';
  if (code.startsWith('Z_') || code.startsWith('ERR_BROTLI') || code.startsWith('ERR__ERROR')) return 'The compressed answer is damaged';
  if (/CERT|SIGNATURE/.test(code)) return `The certificate of the server is not trusted (${code})`;
  if (code.startsWith('ERR_SSL')) return 'Not a TLS server';
  return `The request failed (${code})`;
}
