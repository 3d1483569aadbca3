/** Servers for tests: with keys that live as long as the process. */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import type { Keys } from '../../../../src/host/journal/signature.ts';
import { createProtocol, type Protocol, type ProtocolOptions } from '../../../../src/host/protocol/protocol.ts';
import { testEnvironment } from '../../../support/environment.ts';

export function newKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-8).toString('hex');
  const message = (domain: string, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from(`${domain}\0`), bytes]);
  return {
    key,
    sign: (domain, bytes) => new Uint8Array(sign(null, message(domain, bytes), privateKey)),
    verify: (id, domain, bytes, signature) => (id !== key ? 'unknown-key' : verify(null, message(domain, bytes), publicKey, signature) ? 'good' : 'bad'),
  };
}

export function newProtocol(options: Partial<ProtocolOptions> = {}): Protocol {
  return createProtocol({ environment: testEnvironment(), keys: newKeys(), server: { name: 'test', version: '0' }, ...options });
}

/** Whether a message is one of those that the schema describes. */
export const isDescribed: ValidateFunction = new Ajv({ schemaId: 'auto' }).compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../../docs/protocol.schema.json'), 'utf8')) as object,
);

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What a request gives. Every message, both ways, must be one that the schema describes. */
export function ask(protocol: Protocol, method: string, params: Json = {}): Record<string, never> {
  const { result, error } = exchange(protocol, { jsonrpc: '2.0', id: 1, method, params });
  if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
  return result!;
}

export interface Refused {
  readonly code: number;
  readonly message: string;
  readonly data?: Record<string, Json>;
}

export function exchange(protocol: Protocol, request: Json): { readonly result?: Record<string, never>; readonly error?: Refused } {
  const { response, notifications } = protocol.handle(JSON.stringify(request));
  for (const text of [...notifications, ...(response === null ? [] : [response])]) checkDescribed(JSON.parse(text) as Json);
  return JSON.parse(response ?? '{}') as ReturnType<typeof exchange>;
}

export function checkDescribed(message: Json): void {
  if (isDescribed(message) !== true) throw new Error(`${JSON.stringify(message).slice(0, 500)} is not described: ${JSON.stringify(isDescribed.errors).slice(0, 500)}`);
}
