import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter, textSize } from '../../../src/value/binary.ts';
import { bytesToHex, hexToBytes } from '../../../src/value/hex.ts';
import { arbitraryText } from '../../support/arbitraries.ts';

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  write(writer);
  const bytes = writer.finish();
  expect(bytes.length).toBe(writer.length);
  return bytes;
}

describe('varints', () => {
  test.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [16_384, '808001'],
    [2 ** 32, '8080808010'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
  ])('%i', (value, hex) => {
    expect(bytesToHex(written((writer) => writer.varint(value)))).toBe(hex);
    expect(new ByteReader(hexToBytes(hex)!).varint()).toBe(value);
  });
});

test('doubles are big-endian', () => {
  expect(bytesToHex(written((writer) => writer.double(1.5)))).toBe('3ff8000000000000');
  expect(bytesToHex(written((writer) => writer.double(Number.NaN)))).toBe('7ff8000000000000');
});

test('what is written is read back, piece by piece, and nothing is left', () => {
  const number = fc.oneof(fc.nat(), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.array(fc.tuple(number, fc.double(), arbitraryText(), fc.uint8Array())), (records) => {
      const bytes = written((writer) => {
        for (const [count, double, text, blob] of records) {
          writer.varint(count);
          writer.double(double);
          writer.varint(textSize(text));
          writer.text(text);
          writer.byte(blob.length);
          writer.bytes(blob);
        }
      });
      const reader = new ByteReader(bytes);
      for (const [count, double, text, blob] of records) {
        expect(reader.varint()).toBe(count);
        expect(reader.double()).toBe(double);
        expect(reader.text(reader.varint())).toBe(text);
        expect([...reader.bytes(reader.byte())]).toEqual([...blob]);
      }
      expect([reader.fault, reader.left]).toEqual([null, 0]);
    }),
  );
});

test('long texts survive, whatever the kind of their characters', () => {
  for (const unit of ['x', 'é', '€', '😀', '\ud800']) {
    const text = unit.repeat(10_000);
    const bytes = written((writer) => writer.text(text));
    expect(bytes.length).toBe(textSize(text));
    expect(new ByteReader(bytes).text(bytes.length)).toBe(text);
  }
});

describe('a reader after a fault', () => {
  test('keeps the first one and yields nothing more', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3, 4));
    expect(reader.byte()).toBe(1);
    expect(reader.bytes(9).length).toBe(0);
    const fault = { message: 'the bytes end too early', offset: 1 };
    expect(reader.fault).toEqual(fault);
    expect([reader.byte(), reader.varint(), reader.double(), reader.text(1)]).toEqual([0, 0, 0, '']);
    reader.fail('something else');
    expect(reader.fault).toEqual(fault);
    expect(reader.offset).toBe(1);
  });

  test('can begin in the middle', () => {
    const reader = new ByteReader(Uint8Array.of(9, 9, 5), 2);
    expect([reader.left, reader.byte(), reader.left]).toEqual([1, 5, 0]);
  });
});
