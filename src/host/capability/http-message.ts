/** The arguments of an HTTP call as a request, and the answer as a value. No network here. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { parseJson } from '../../value/json-read.ts';
import { writeJson } from '../../value/json-write.ts';
import { MapValue } from '../../value/map.ts';
import { displayValue } from '../../value/print.ts';
import { isNumber, Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { asString, namedArguments, Options, urlArgument } from '../argument.ts';
import { argumentFailure, HostFailure, shown, typeFailure } from '../failure.ts';
import { decodeText, encodeText } from '../text.ts';
import type { Hop, HopAnswer } from './exchange.ts';

const TIMEOUT_MS = 30_000;
const TIMEOUT_MAX_MS = 600_000;
const SIZE_BYTES = 16 * 1024 * 1024;
const SIZE_MAX_BYTES = 64 * 1024 * 1024;

export interface RequestPlan {
  readonly hop: Hop;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly followRedirects: boolean;
  readonly as: 'text' | 'json' | 'base64';
}

const COMMON_OPTIONS = ['url', 'headers', 'timeout-ms', 'max-bytes', 'follow-redirects', 'as'];

export function readGet(operation: string, args: readonly Value[]): RequestPlan {
  const options = new Options(operation, namedArguments(operation, args, 'url'), COMMON_OPTIONS);
  return planOf(operation, options, 'GET', null, new Map());
}

export function readRequest(operation: string, args: readonly Value[]): RequestPlan {
  const options = new Options(operation, namedArguments(operation, args, 'url'), [...COMMON_OPTIONS, 'method', 'body', 'json']);
  const { body, type } = bodyOf(operation, options);
  return planOf(operation, options, methodOf(operation, options), body, type === null ? new Map() : new Map([['content-type', type]]));
}

function planOf(operation: string, options: Options, method: string, body: Buffer | null, defaults: ReadonlyMap<string, string>): RequestPlan {
  const headers = new Map([['accept-encoding', 'gzip, br'], ['user-agent', 'rtfs'], ...defaults, ...headersOf(operation, options)]);
  return {
    hop: { method, url: urlArgument(operation, options.value('url')), headers, body },
    timeoutMs: options.integer('timeout-ms', 1, TIMEOUT_MAX_MS, TIMEOUT_MS),
    maxBytes: options.integer('max-bytes', 0, SIZE_MAX_BYTES, SIZE_BYTES),
    followRedirects: options.flag('follow-redirects', true),
    as: options.choice('as', ['text', 'json', 'base64']),
  };
}

/** `"POST"`, `"post"` or `:post`. */
function methodOf(operation: string, options: Options): string {
  const value = options.value('method') ?? 'GET';
  const method = (value instanceof Keyword ? value.name : asString(`${operation} (:method)`, value)).toUpperCase();
  if (/^[A-Z]{1,20}$/.test(method) && method !== 'CONNECT' && method !== 'TRACE') return method;
  throw argumentFailure(operation, `${shown(value)} is not a method that can be used`);
}

function bodyOf(operation: string, options: Options): { readonly body: Buffer | null; readonly type: string | null } {
  const [body, data] = [options.string('body'), options.value('json')];
  if (body !== undefined && data !== undefined) throw argumentFailure(operation, 'give either :body or :json');
  if (data !== undefined) return { body: encoded(operation, jsonText(operation, data)), type: 'application/json' };
  return { body: body === undefined ? null : encoded(operation, body), type: null };
}

function jsonText(operation: string, value: Value): string {
  const text = writeJson(value);
  if (text.ok) return text.value;
  throw argumentFailure(operation, `:json: ${text.error.message}`);
}

function encoded(operation: string, text: string): Buffer {
  const bytes = encodeText(text, 'utf-8');
  if (bytes.ok) return bytes.value;
  throw argumentFailure(operation, bytes.error);
}

/** Headers that say how the message travels or whom it is for; they are the host's business. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
]);

/** Names are strings or keywords; values strings, numbers or keywords. */
function headersOf(operation: string, options: Options): [string, string][] {
  const headers = options.value('headers') ?? MapValue.empty();
  if (!(headers instanceof MapValue)) throw typeFailure(`${operation} (:headers)`, 'map', headers);
  return [...headers].map(([key, value]) => {
    const name = headerText(operation, key).toLowerCase();
    if (RESERVED_HEADERS.has(name)) throw argumentFailure(operation, `the header ${shown(name)} cannot be set`);
    const text = headerText(operation, value);
    if (!isValidHeader(name, text)) throw argumentFailure(operation, `the header ${shown(name)} has a character that is not allowed`);
    return [name, text];
  });
}

function headerText(operation: string, value: Value): string {
  if (value instanceof Keyword) return value.name;
  return isNumber(value) ? (displayValue(value) ?? '') : asString(`${operation} (:headers)`, value);
}

function isValidHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** `{:status :headers :body :url}`: header names in lower case, `set-cookie` as a vector; `:url` is where it came from at last. */
export function answerValue(operation: string, plan: RequestPlan, url: URL, answer: HopAnswer): Value {
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, headerValue(value)] as const);
  return MapValue.of(
    keyword('status'),
    answer.status,
    keyword('headers'),
    MapValue.from(headers),
    keyword('body'),
    answerBody(operation, plan.as, answer),
    keyword('url'),
    url.href,
  );
}

function headerValue(value: string | string[] | undefined): Value {
  return Array.isArray(value) ? Vector.adopt([...value]) : (value ?? null);
}

function answerBody(operation: string, as: RequestPlan['as'], answer: HopAnswer): Value {
  if (as === 'base64') return answer.body.toString('base64');
  const text = bodyText(operation, answer);
  if (as === 'text') return text;
  if (text.trim() === '') return null;
  const parsed = parseJson(text);
  if (parsed.ok) return parsed.value;
  throw new HostFailure('host', `${operation}: the answer is not JSON: ${parsed.error.message} at offset ${parsed.error.offset}`, MapValue.of(keyword('status'), answer.status));
}

function bodyText(operation: string, answer: HopAnswer): string {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(answer.headers['content-type'] ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
  const isLatin1 = charset === 'iso-8859-1' || charset === 'latin1';
  if (!isLatin1 && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    throw new HostFailure('host', `${operation}: the answer is text in ${shown(charset)}, which is not known here ({:as :base64} gives its bytes)`);
  }
  const text = decodeText(answer.body, isLatin1 ? 'latin1' : 'utf-8');
  if (text.ok) return text.value;
  throw new HostFailure('host', `${operation}: the answer is ${text.error} ({:as :base64} gives its bytes)`);
}
