/**
 * What people and other processes say to a run: version 1. A message lies in the store until whoever drives the run takes it.
 *
 *   bytes = the canonical document of one vector: ["rtfs/message" 1 kind data], kind a keyword, data a map from keywords to values
 *     :answer  call, text | value | error [who]      :repeat  call [who]       :cancel  reason [who]
 *     :patch   data policy [who]                     :approve, :deny  call approval (see `security/approval.ts`)
 */
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { MapValue } from '../../value/map.ts';
import { Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { Facts } from './facts.ts';

export type MessageKind = 'answer' | 'repeat' | 'cancel' | 'patch' | 'approve' | 'deny';

const TAG = 'rtfs/message';
const VERSION = 1;
const KINDS: readonly string[] = ['answer', 'repeat', 'cancel', 'patch', 'approve', 'deny'] satisfies readonly MessageKind[];

export function encodeMessage(kind: MessageKind, data: Readonly<Record<string, Value>>): Uint8Array {
  return encodeValue(Vector.of(TAG, VERSION, keyword(kind), MapValue.from(Object.entries(data).map(([name, value]) => [keyword(name), value] as const))));
}

/** Null for what is no message. */
export function decodeMessage(bytes: Uint8Array, options: DecodeOptions): { readonly kind: MessageKind; readonly facts: Facts } | null {
  const decoded = decodeValue(bytes, options);
  if (!decoded.ok || !(decoded.value instanceof Vector)) return null;
  const [tag, version, kind, data] = decoded.value.toArray();
  if (tag !== TAG || version !== VERSION || !(kind instanceof Keyword) || !KINDS.includes(kind.name) || !(data instanceof MapValue)) return null;
  return { kind: kind.name as MessageKind, facts: new Facts(data) };
}
