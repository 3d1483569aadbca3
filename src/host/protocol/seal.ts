/**
 * What a client keeps for us, as text that it cannot read or change: `rtfs1.KIND.KEY.SIGNATURE.PAYLOAD`, the last two in base64url. The
 * signature is over the kind and the payload. Whoever has the public key of the signer believes it: so any of several servers with common
 * keys goes on with what another one gave out.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import type { Keys } from '../journal/signature.ts';

export type SealKind = 'state' | 'code' | 'turn';

const VERSION = 'rtfs1';
const DOMAIN = 'rtfs/protocol-';

/** `version`: of another version of this format. `damaged`: no such text, or changed. `key`: signed by somebody who is not believed here. */
export interface SealFault {
  readonly reason: 'version' | 'damaged' | 'key';
  readonly message: string;
}

export function seal(keys: Pick<Keys, 'key' | 'sign'>, kind: SealKind, payload: Uint8Array): string {
  return [VERSION, kind, keys.key, toBase64Url(keys.sign(DOMAIN + kind, payload)), toBase64Url(payload)].join('.');
}

export function unseal(keys: Pick<Keys, 'verify'>, kind: SealKind, text: string): Result<Uint8Array, SealFault> {
  const parts = text.split('.', 6);
  const [version = '', given = '', key = '', signed = '', body = ''] = parts;
  if (version.startsWith('rtfs') && version !== VERSION) return fault('version', `this ${kind} has another format than ${VERSION}: give it to a server of the version that made it`);
  if (parts.length !== 5 || version !== VERSION || given !== kind) return fault('damaged', `this is no ${kind} that a server gave out`);
  const [signature, payload] = [fromBase64Url(signed), fromBase64Url(body)];
  if (signature === null || payload === null) return fault('damaged', `the ${kind} is damaged: it is not as a server gave it out`);
  switch (keys.verify(key, DOMAIN + kind, payload, signature)) {
    case 'good':
      return { ok: true, value: payload };
    case 'bad':
      return fault('damaged', `the ${kind} was changed: its signature does not fit`);
    case 'unknown-key':
      return fault('key', `the ${kind} was signed with a key that this server does not know: let the servers have their keys in common`);
  }
}

function fault(reason: SealFault['reason'], message: string): { ok: false; error: SealFault } {
  return { ok: false, error: { reason, message } };
}

/** Pieces one after the other, each with its length before it (4 bytes, big-endian). */
export function packBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + 4 + piece.length, 0));
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const piece of pieces) {
    view.setUint32(at, piece.length);
    whole.set(piece, at + 4);
    at += 4 + piece.length;
  }
  return whole;
}

/** Null for what is not packed so. */
export function unpackBytes(whole: Uint8Array): readonly Uint8Array[] | null {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const pieces: Uint8Array[] = [];
  let at = 0;
  while (at < whole.length) {
    if (at + 4 > whole.length) return null;
    const end = at + 4 + view.getUint32(at);
    if (end > whole.length) return null;
    pieces.push(whole.subarray(at + 4, end));
    at = end;
  }
  return pieces;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CODES: Uint8Array = codesOf();

function codesOf(): Uint8Array {
  const codes = new Uint8Array(128).fill(255);
  for (let i = 0; i < DIGITS.length; i++) codes[DIGITS.charCodeAt(i)] = i;
  return codes;
}

export function toBase64Url(bytes: Uint8Array): string {
  const parts: string[] = [];
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += DIGITS[group >> 18]! + DIGITS[(group >> 12) & 63]! + (left > 1 ? DIGITS[(group >> 6) & 63]! : '') + (left > 2 ? DIGITS[group & 63]! : '');
    if (text.length > 8_000) {
      parts.push(text);
      text = '';
    }
  }
  return parts.length === 0 ? text : parts.join('') + text;
}

/** Null for what is no base64url, or not written as `toBase64Url` writes it. */
export function fromBase64Url(text: string): Uint8Array | null {
  const rest = text.length % 4;
  if (rest === 1) return null;
  const bytes = new Uint8Array((text.length >> 2) * 3 + Math.max(0, rest - 1));
  let at = 0;
  let held = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = code < 128 ? CODES[code]! : 255;
    if (digit === 255) return null;
    held = ((held << 6) | digit) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 255;
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null;
}
