/** The decoder against bytes that nobody means well with. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMany, encodeMany } from '../../../src/value/bytes.ts';
import { bytesToHex } from '../../../src/value/hex.ts';
import { MapValue } from '../../../src/value/map.ts';
import type { Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { arbitraryValue, testCode } from '../../support/arbitraries.ts';

const options = { resolveCode: testCode };

/** Any bytes are refused with a reason inside of them, or are exactly what encoding their values gives. */
function expectStrict(bytes: Uint8Array): void {
  const decoded = decodeMany(bytes, options);
  if (decoded.ok) expect(bytesToHex(encodeMany(decoded.value))).toBe(bytesToHex(bytes));
  else {
    expect(decoded.error.message).toMatch(/^[a-z]/);
    expect(decoded.error.offset).toBeGreaterThanOrEqual(0);
    expect(decoded.error.offset).toBeLessThanOrEqual(bytes.length);
  }
}

const header = [0xd7, 0x52, 0x56, 0x01];
/** Bytes with more of those that begin something than chance would give. */
const anyByte = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0x91, 0x92, 0xa1, 0xb1, 0xb9, 0xc0, 0xc1, 0xe7, 0xf0, 0xf0, 0xf4, 0xf5, 0xf7));

describe('arbitrary bytes', () => {
  test('without a header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expectStrict(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('behind a good header', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(anyByte, { maxLength: 40 }), (roots, body) => {
        expectStrict(Uint8Array.from([...header, roots, ...body]));
      }),
      { numRuns: 8000 },
    );
  });
});

type Damage = (bytes: number[], at: number, byte: number) => void;
const damages: readonly Damage[] = [
  (bytes, at, byte) => bytes.splice(at, 1, byte),
  (bytes, at, byte) => bytes.splice(at, 0, byte),
  (bytes, at) => bytes.splice(at, 1),
  (bytes, at) => bytes.splice(at),
  (bytes, at, byte) => bytes.splice(at, 1, bytes[at]! ^ (1 << (byte % 8))),
  (bytes, at, byte) => bytes.splice(at, 0, ...bytes.slice(at, at + (byte % 16))),
  // Two neighbouring stretches change places.
  (bytes, at, byte) => bytes.splice(at, 0, ...bytes.splice(at + (byte % 8), byte % 8)),
];

test('documents with a little damage', () => {
  const damage = fc.record({ kind: fc.constantFrom(...damages), at: fc.nat({ max: 10_000 }), byte: anyByte });
  fc.assert(
    fc.property(fc.array(arbitraryValue(), { minLength: 1, maxLength: 3 }), fc.array(damage, { minLength: 1, maxLength: 3 }), (roots, hits) => {
      const bytes = [...encodeMany(roots)];
      for (const { kind, at, byte } of hits) kind(bytes, 4 + (at % (bytes.length - 3)), byte);
      expectStrict(Uint8Array.from(bytes));
    }),
    { numRuns: 3000 },
  );
});

test('every single changed bit of one document', () => {
  const roots: Value[] = [MapValue.of('key', Vector.of(1, 'text', 'text', 0.5), 'other', -300, Vector.of(1), 10n ** 20n)];
  const bytes = encodeMany(roots);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expectStrict(changed);
  }
});

describe('documents made to be expensive', () => {
  const document = (roots: number, parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from([header, [roots], ...parts].flat());
  const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
  const reference = (n: number): number[] => (n < 32 ? [0xc0 + n] : [0xef, ...varint(n - 32)]);

  test('hundreds of thousands of openings', () => {
    for (const open of [[0x91], [0xf0, 0x91], [0xb1], [0xa1], [0xb9], [0xf4], [0xa1, 0x00]]) {
      expectStrict(document(1, new Array<readonly number[]>(300_000 / open.length).fill(open)));
    }
  });

  test('many maps whose two keys differ only behind a long common part', () => {
    // Two vectors of 20,000 elements that differ in the last, and 20,000 maps with both of them as keys. Comparing the
    // two anew for each map would take 400,000,000 steps.
    const long = (last: number): number[] => [0xf0, 0xeb, ...varint(20_000 - 16), ...new Array<number>(19_999).fill(7), last];
    const maps = Array.from({ length: 20_000 }, (_, i) => [0xa2, ...reference(0), 0xe3, ...varint(i), ...reference(1), 0x00]);
    const bytes = document(1, [[0xeb, ...varint(20_002 - 16)], long(1), long(2), ...maps]);
    const decoded = decodeMany(bytes);
    expect(decoded.ok && (decoded.value[0] as Vector).size).toBe(20_002);
    expectStrict(bytes);
  });

  test('the same one level down: keys that are different vectors holding the long ones', () => {
    const long = (last: number): number[] => [0xf0, 0xeb, ...varint(20_000 - 16), ...new Array<number>(19_999).fill(7), last];
    const maps = Array.from({ length: 10_000 }, (_, i) => [0xa2, 0x92, ...reference(0), 0xe3, ...varint(i), 0, 0x92, ...reference(1), 0xe3, ...varint(i), 0]);
    const bytes = document(1, [[0xeb, ...varint(10_002 - 16)], long(1), long(2), ...maps]);
    expect(decodeMany(bytes).ok).toBe(true);
  });

  test('references to one long vector of captures do not copy it', () => {
    const group = [0xf7, ...new Array<number>(32).fill(0x7f)];
    const captures = [0xeb, ...varint(50_000 - 16), ...new Array<number>(50_000).fill(7)];
    // The same closure cannot be written twice, so they differ in their unit; four of them are known.
    const first = [0xf5, 0x00, 0xf0, ...group, 0xf0, ...captures];
    const more = [1, 2, 3].map((unit) => [0xf5, unit, 0xc0, 0xc1]);
    const decoded = decodeMany(document(4, [first, ...more]), options);
    expect(decoded.ok).toBe(true);
    const arrays = new Set(decoded.ok ? decoded.value.map((closure) => (closure as { captures?: unknown }).captures) : []);
    expect(arrays.size).toBe(1);
  });
});
