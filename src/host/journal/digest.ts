/** SHA-256 by node: three times as fast for small pieces as our own, which stands in where there is no node. */
import { hash } from 'node:crypto';
import type { Hash } from '../store/port.ts';

/** The SHA-256 of the pieces one after the other. `sha256Hex` of `value/hash.ts` is one too. */
export type Sha256 = (...pieces: readonly Uint8Array[]) => Hash;

export function nodeSha256(...pieces: readonly Uint8Array[]): Hash {
  return hash('sha256', pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces), 'hex');
}
