/** SHA-256 of values and of bytes. */
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeValue } from './bytes.ts';
import { bytesToHex } from './hex.ts';
import type { Value } from './value.ts';

/** Keeps hashes of values apart from hashes of anything else that the house hashes. */
const VALUE_DOMAIN = 'rtfs/value/1\n';

/** The hash of the canonical bytes: 64 hexadecimal digits. Two values have the same one exactly when they are the same. */
export function hashValue(value: Value): string {
  return sha256Hex(asciiBytes(VALUE_DOMAIN), encodeValue(value));
}

/** The hash of the pieces one after the other: 64 hexadecimal digits. */
export function sha256Hex(...pieces: readonly Uint8Array[]): string {
  return bytesToHex(sha256Bytes(...pieces));
}

/** The hash of the pieces one after the other: 32 bytes. */
function sha256Bytes(...pieces: readonly Uint8Array[]): Uint8Array {
  const hasher = sha256.create();
  for (const piece of pieces) hasher.update(piece);
  return hasher.digest();
}

/** For tags and the like: the text must be ASCII. */
function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
