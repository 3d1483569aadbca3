/** SHA-256 of values and of bytes. */
import { encodeValue } from './bytes.ts';
import { encodeDocument, type Source } from './bytes-encode.ts';
import { bytesToHex } from './hex.ts';
import { sha256 } from './sha256.ts';
import type { Value } from './value.ts';

/** Keeps hashes of values apart from hashes of anything else that the house hashes. */
const VALUE_DOMAIN = asciiBytes('rtfs/value/1\n');

/** The hash of the canonical bytes: 64 hexadecimal digits. Two values have the same one exactly when they are the same. */
export function hashValue(value: Value): string {
  return sha256Hex(VALUE_DOMAIN, encodeValue(value));
}

/** The same of the value that something stands for. */
export function hashSource(source: Source): string {
  return sha256Hex(VALUE_DOMAIN, encodeDocument([source]));
}

/** The hash of the pieces one after the other: 64 hexadecimal digits. */
export function sha256Hex(...pieces: readonly Uint8Array[]): string {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return bytesToHex(sha256(whole));
}

/** For tags and the like: the text must be ASCII. */
export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
