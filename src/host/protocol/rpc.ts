/**
 * JSON-RPC 2.0 as text: requests read, answers written. Everything that can be wrong with a request ends as an error object; nothing that
 * the engine says gets into one.
 */
import { parseJson } from '../../value/json-read.ts';
import { quoteJson, writeJson } from '../../value/json-write.ts';
import { MapValue } from '../../value/map.ts';
import type { Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';

/** What errors are known by. The last ones are ours. */
export const RPC_CODES = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  /** The program has errors: `data.diagnostics` are all of them. */
  program: -32001,
  /** The state or code is not one that this server can go on with: `data.reason` says why. */
  state: -32002,
  /** The answers do not fit the calls that wait. */
  answers: -32003,
  /** Something is longer than this server takes or gives. */
  size: -32004,
  /** Whoever asks may not. */
  access: -32005,
} as const;

export type RpcCode = (typeof RPC_CODES)[keyof typeof RPC_CODES];

/** JSON, ready to be put into a message. */
export type JsonText = string;

export class RpcError extends Error {
  readonly code: RpcCode;
  readonly data: JsonText | null;

  constructor(code: RpcCode, message: string, data: JsonText | null = null) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }
}

export interface RpcRequest {
  /** As JSON; null when no answer is wanted. */
  readonly id: JsonText | null;
  readonly method: string;
  readonly params: MapValue;
}

/** A message or a batch of them: what was read, or the error that answers it. */
export type RpcRead = { readonly ok: true; readonly request: RpcRequest } | { readonly ok: false; readonly id: JsonText | null; readonly error: RpcError };

export type RpcMessages =
  | { readonly kind: 'one'; readonly read: RpcRead }
  | { readonly kind: 'batch'; readonly reads: readonly RpcRead[] }
  | { readonly kind: 'unreadable'; readonly error: RpcError };

export function readMessages(text: string): RpcMessages {
  const json = parseJson(text);
  if (!json.ok) return { kind: 'unreadable', error: new RpcError(RPC_CODES.parse, `the message is no JSON: ${json.error.message} at offset ${json.error.offset}`) };
  if (!(json.value instanceof Vector)) return { kind: 'one', read: readRequest(json.value) };
  const reads = json.value.toArray().map(readRequest);
  return reads.length === 0 ? { kind: 'unreadable', error: new RpcError(RPC_CODES.request, 'a batch must have at least one request') } : { kind: 'batch', reads };
}

const FIELDS = ['jsonrpc', 'id', 'method', 'params'];

function readRequest(json: Value): RpcRead {
  if (!(json instanceof MapValue)) return refused(null, 'a request must be an object');
  const id = json.get('id');
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number') return refused(null, 'id must be a string or a number');
  const text = id === undefined ? null : id === null ? 'null' : typeof id === 'string' ? quoteJson(id) : String(id);
  const method = json.get('method');
  if (json.get('jsonrpc') !== '2.0') return refused(text, 'jsonrpc must be "2.0"');
  if (typeof method !== 'string') return refused(text, 'method must be a string');
  const unknown = (json.keys() as string[]).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) return refused(text, `a request has no ${unknown.slice(0, 100)}; what belongs to the method stands in params`);
  const params = json.get('params') ?? MapValue.empty();
  if (!(params instanceof MapValue)) return { ok: false, id: text, error: new RpcError(RPC_CODES.params, 'params must be an object') };
  return { ok: true, request: { id: text, method, params } };
}

function refused(id: JsonText | null, message: string): RpcRead {
  return { ok: false, id: id ?? 'null', error: new RpcError(RPC_CODES.request, message) };
}

export function resultText(id: JsonText, result: JsonText): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${result}}`;
}

/** `id`: null when the request could not be read. */
export function errorText(id: JsonText | null, { code, message, data }: RpcError): string {
  const error = objectText({ code: String(code), message: quoteJson(message), ...(data === null ? {} : { data }) });
  return `{"jsonrpc":"2.0","id":${id ?? 'null'},"error":${error}}`;
}

export function notificationText(method: string, params: JsonText): string {
  return `{"jsonrpc":"2.0","method":${quoteJson(method)},"params":${params}}`;
}

export function objectText(members: Readonly<Record<string, JsonText>>): JsonText {
  return `{${Object.entries(members).map(([name, json]) => `${quoteJson(name)}:${json}`).join(',')}}`;
}

export function arrayText(items: readonly JsonText[]): JsonText {
  return `[${items.join(',')}]`;
}

/** JSON of a value that is JSON already, not longer than that. */
export function jsonText(json: Value, maxLength: number): JsonText {
  const text = writeJson(json, { maxLength });
  if (text.ok) return text.value;
  throw new RpcError(RPC_CODES.size, `the answer is longer than ${maxLength} characters, which is the most that this server gives`);
}
