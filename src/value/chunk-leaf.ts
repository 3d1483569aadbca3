/** Reading what has no parts, strictly: what the encoder would not have written is the reader's fault. */
import type { ByteReader } from './binary.ts';
import * as tag from './bytes-tags.ts';
import { bytesToHex } from './hex.ts';
import { EPOCH_MS_MAX, EPOCH_MS_MIN } from './time.ts';
import { Handle, keyword, makeFloat, PrimitiveFunction, symbol, Timestamp, Uuid, type Value } from './value.ts';

/** The value that begins with the byte, which has been read; undefined when nothing without parts begins so. */
export function readLeaf(reader: ByteReader, first: number): Value | undefined {
  if (first < 0x40) return first;
  if (first < 0x50) return 0x3f - first;
  if (first < 0x70) return reader.text(first - 0x50);
  if (first < 0x90) return keyword(reader.text(first - 0x70));
  switch (first) {
    case tag.NIL:
      return null;
    case tag.FALSE:
      return false;
    case tag.TRUE:
      return true;
    case tag.INTEGER.long:
      return integer(reader, tag.INTEGER.limit, 1);
    case tag.NEGATIVE.long:
      return integer(reader, tag.NEGATIVE.limit + 1, -1);
    case tag.BIG_POSITIVE:
    case tag.BIG_NEGATIVE:
      return big(reader, first === tag.BIG_NEGATIVE);
    case tag.FLOAT:
      return makeFloat(reader.double());
    case tag.STRING.long:
      return reader.text(reader.varint() + tag.STRING.limit);
    case tag.KEYWORD.long:
      return keyword(reader.text(reader.varint() + tag.KEYWORD.limit));
    case tag.SYMBOL:
      return symbol(reader.text(reader.varint()));
    case tag.TIMESTAMP:
      return timestamp(reader);
    case tag.UUID:
      return uuid(reader);
    case tag.HANDLE:
      return new Handle(reader.text(reader.varint()));
    case tag.PRIMITIVE:
      return new PrimitiveFunction(reader.text(reader.varint()));
    default:
      return undefined;
  }
}

function integer(reader: ByteReader, least: number, sign: 1 | -1): number {
  const magnitude = reader.varint() + least;
  if (magnitude > Number.MAX_SAFE_INTEGER) reader.fail('an integer is not in its one form');
  return magnitude * sign;
}

function big(reader: ByteReader, negative: boolean): bigint {
  const digits = bytesToHex(reader.bytes(reader.varint()));
  const magnitude = BigInt(`0x0${digits}`);
  if (digits.startsWith('00') || magnitude <= BigInt(Number.MAX_SAFE_INTEGER)) reader.fail('an integer is not in its one form');
  return negative ? -magnitude : magnitude;
}

function timestamp(reader: ByteReader): Timestamp {
  const epochMs = reader.varint() + EPOCH_MS_MIN;
  if (epochMs > EPOCH_MS_MAX) reader.fail('a timestamp is after the year 9999');
  return new Timestamp(epochMs);
}

function uuid(reader: ByteReader): Uuid {
  const hex = bytesToHex(reader.bytes(16));
  return new Uuid(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
}
