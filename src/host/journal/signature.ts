/** Signatures as the host knows them: who signs, whom it believes, and what of a head is signed. Where keys lie is said by `keys.ts`. */
import { encodeValue } from '../../value/bytes.ts';
import { Vector } from '../../value/vector.ts';
import type { Head, SignedHead } from '../store/port.ts';
import type { SignatureCheck } from './chain-check.ts';

export interface Signer {
  /** The key's id. */
  readonly key: string;
  /** 64 bytes over the domain, a zero byte and the bytes. May ask a service. */
  readonly sign: (domain: string, bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

export interface KnownKeys {
  readonly verify: (key: string, domain: string, bytes: Uint8Array, signature: Uint8Array) => 'good' | 'bad' | 'unknown-key';
}

export interface Keys extends Signer, KnownKeys {
  readonly sign: (domain: string, bytes: Uint8Array) => Uint8Array;
}

const HEAD_DOMAIN = 'rtfs/head';

export async function signHead(signer: Signer, run: string, { seq, hash }: Head): Promise<SignedHead> {
  return { seq, hash, key: signer.key, signature: await signer.sign(HEAD_DOMAIN, headBytes(run, { seq, hash })) };
}

export function headCheck(keys: KnownKeys): SignatureCheck {
  return (run, head) => keys.verify(head.key, HEAD_DOMAIN, headBytes(run, head), head.signature);
}

/** As a document, so that no two heads have the same bytes. */
function headBytes(run: string, { seq, hash }: Head): Uint8Array {
  return encodeValue(Vector.of(run, seq, hash));
}
