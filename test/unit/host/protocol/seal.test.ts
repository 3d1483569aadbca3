import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64Url, packBytes, seal, toBase64Url, unpackBytes, unseal } from '../../../../src/host/protocol/seal.ts';
import { newKeys } from './support.ts';

const bytes = fc.uint8Array({ maxLength: 400 });

test('bytes are written as others write them', () => {
  fc.assert(fc.property(bytes, (one) => {
    const text = Buffer.from(one).toString('base64url');
    expect(toBase64Url(one)).toBe(text);
    expect(fromBase64Url(text)).toEqual(one);
  }));
  const large = new Uint8Array(100_000).map((_, at) => at * 7);
  expect(toBase64Url(large)).toBe(Buffer.from(large).toString('base64url'));
});

test.each(['A', 'AA=', 'A-*A', 'AB', 'ABC/', 'é234', 'AAAAA'])('%s is not how bytes are written', (text) => {
  expect(fromBase64Url(text)).toBe(null);
});

test('pieces come back as they were', () => {
  fc.assert(fc.property(fc.array(bytes, { maxLength: 5 }), (pieces) => {
    expect(unpackBytes(packBytes(pieces))).toEqual(pieces);
  }));
});

test('what is cut off is no pieces', () => {
  const whole = packBytes([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
  // At 7 the first piece ends: what is left is whole by itself.
  for (const at of [1, 3, 4, 6, 8, 11]) expect(unpackBytes(whole.subarray(0, at))).toBe(null);
});

describe('a seal', () => {
  const keys = newKeys();
  const payload = Uint8Array.of(1, 2, 3);

  test('is opened by whoever knows the key, for what it was made for', () => {
    const text = seal(keys, 'state', payload);
    expect(text.startsWith(`rtfs1.state.${keys.key}.`)).toBe(true);
    expect(unseal(keys, 'state', text)).toEqual({ ok: true, value: payload });
    expect(unseal(keys, 'code', text)).toMatchObject({ ok: false, error: { reason: 'damaged' } });
    expect(unseal(newKeys(), 'state', text)).toMatchObject({ ok: false, error: { reason: 'key' } });
  });

  test('of one kind cannot be made one of another', () => {
    const renamed = seal(keys, 'state', payload).replace('.state.', '.code.');
    expect(unseal(keys, 'code', renamed)).toMatchObject({ ok: false, error: { reason: 'damaged', message: 'the code was changed: its signature does not fit' } });
  });

  test.each(['', '.', 'rtfs1', 'rtfs1.state', 'rtfs1.state.k.s', 'rtfs1.state.k.s.p.x', 'x.state.k.s.p'])('is not %j', (text) => {
    expect(unseal(keys, 'state', text)).toMatchObject({ ok: false, error: { reason: 'damaged' } });
  });
});
