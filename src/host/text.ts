/** Bytes of the world as text and back, strictly: what cannot be read or written exactly is refused, never replaced. */
import type { Result } from '../diagnostic/diagnostic.ts';

export type Encoding = 'utf-8' | 'latin1' | 'base64';

/** The error says what is wrong, without a subject: `not valid UTF-8 (byte 0xff at offset 3)`. */
export function decodeText(bytes: Buffer, encoding: Encoding): Result<string, string> {
  if (encoding !== 'utf-8') return { ok: true, value: bytes.toString(encoding) };
  const offset = firstInvalidUtf8(bytes);
  if (offset < 0) return { ok: true, value: bytes.toString('utf8') };
  const byte = bytes[offset];
  const found = byte === undefined ? 'the end' : `byte 0x${byte.toString(16).padStart(2, '0')}`;
  return { ok: false, error: `not valid UTF-8 (${found} at offset ${offset})` };
}

export function encodeText(text: string, encoding: Encoding): Result<Buffer, string> {
  switch (encoding) {
    case 'utf-8': {
      const lone = /\p{Surrogate}/u.exec(text);
      if (lone === null) return { ok: true, value: Buffer.from(text, 'utf8') };
      return { ok: false, error: `the text holds half a surrogate pair at index ${lone.index}, which UTF-8 cannot write` };
    }
    case 'latin1': {
      const wide = /[^\0-\xff]/.exec(text);
      if (wide === null) return { ok: true, value: Buffer.from(text, 'latin1') };
      return { ok: false, error: `the text holds a character beyond Latin-1 at index ${wide.index}` };
    }
    case 'base64': {
      const bytes = Buffer.from(text, 'base64');
      return bytes.toString('base64') === text ? { ok: true, value: bytes } : { ok: false, error: 'the text is not Base64' };
    }
  }
}

/** The offset of the first byte that no valid UTF-8 has there (the length when it stops too soon), or -1. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at]!;
    if (lead < 0x80) {
      at += 1;
      continue;
    }
    const following = lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
    if (following === 0) return at;
    for (let i = 1; i <= following; i++) {
      if (!isFollowing(lead, i, bytes[at + i])) return at + i;
    }
    at += following + 1;
  }
  return -1;
}

/** The second byte is narrower after some leads: no overlong forms, no surrogates, nothing above U+10FFFF. */
function isFollowing(lead: number, index: number, byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const least = index > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = index > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return byte >= least && byte <= most;
}
