import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText, encodeText, firstInvalidUtf8 } from '../../../src/host/text.ts';

describe('text as bytes', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = encodeText(text, 'utf-8');
        if (!bytes.ok) throw new Error(bytes.error);
        expect(decodeText(bytes.value, 'utf-8')).toEqual({ ok: true, value: text });
      }),
    );
  });

  test('comes back as it was, for any bytes, in Latin-1 and Base64', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('latin1' as const, 'base64' as const), (bytes, encoding) => {
        const text = decodeText(Buffer.from(bytes), encoding);
        if (!text.ok) throw new Error(text.error);
        expect(encodeText(text.value, encoding)).toEqual({ ok: true, value: Buffer.from(bytes) });
      }),
    );
  });

  test.each(['\ud800', 'a\udc00', '\udc00\ud800', '\ud83d\ud83d\ude00'])('is refused when %j holds half a pair', (text) => {
    expect(encodeText(text, 'utf-8').ok).toBe(false);
  });
});

describe('bytes as text', () => {
  test('are refused exactly when the system takes them for no UTF-8', () => {
    // bytes near the borders of the ranges, where mistakes are made
    const byte = fc.constantFrom(0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 6 }), (bytes) => {
        expect(firstInvalidUtf8(Uint8Array.from(bytes)) < 0).toBe(isUtf8(Uint8Array.from(bytes)));
      }),
      { numRuns: 5000 },
    );
  });

  test('keep a byte order mark', () => {
    expect(decodeText(Buffer.from([0xef, 0xbb, 0xbf, 0x61]), 'utf-8')).toEqual({ ok: true, value: '\ufeffa' });
  });
});
