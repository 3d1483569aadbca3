/** SHA-256 of values and bytes, and bytes as hexadecimal text. */
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeValue } from './bytes.ts';
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
export function sha256Bytes(...pieces: readonly Uint8Array[]): Uint8Array {
  const hasher = sha256.create();
  for (const piece of pieces) hasher.update(piece);
  return hasher.digest();
}

/** For tags and the like: the text must be ASCII. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const HEX_PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Two lower-case digits for each byte. */
export function bytesToHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX_PAIRS[byte]!;
  return text;
}

/** The bytes, or null when the text is not an even number of hexadecimal digits (of either case). */
export function hexToBytes(text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = hexDigit(text.charCodeAt(i * 2));
    const low = hexDigit(text.charCodeAt(i * 2 + 1));
    if (high < 0 || low < 0) return null;
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
