/** The first bytes of version 1 of the canonical encoding, and what else its two halves agree on. See `bytes.ts`. */
import type { ByteWriter } from './binary.ts';

export const MAGIC: readonly number[] = [0xd7, 0x52, 0x56];
export const VERSION = 1;

/** A kind whose small counts ride in the first byte: `first`+count for counts below `limit`, else `long` varint(count-limit). */
export interface SizedTag {
  readonly first: number;
  readonly limit: number;
  readonly long: number;
}

export const STRING: SizedTag = { first: 0x50, limit: 32, long: 0xe8 };
export const KEYWORD: SizedTag = { first: 0x70, limit: 32, long: 0xe9 };
export const VECTOR: SizedTag = { first: 0x90, limit: 16, long: 0xeb };
export const MAP: SizedTag = { first: 0xa0, limit: 16, long: 0xec };
export const LIST: SizedTag = { first: 0xb0, limit: 8, long: 0xed };
export const SET: SizedTag = { first: 0xb8, limit: 8, long: 0xee };
export const REFERENCE: SizedTag = { first: 0xc0, limit: 32, long: 0xef };
export const INTEGER: SizedTag = { first: 0x00, limit: 64, long: 0xe3 };
export const NEGATIVE: SizedTag = { first: 0x40, limit: 16, long: 0xe4 };

export const NIL = 0xe0;
export const FALSE = 0xe1;
export const TRUE = 0xe2;
export const BIG_POSITIVE = 0xe5;
export const BIG_NEGATIVE = 0xe6;
export const FLOAT = 0xe7;
export const SYMBOL = 0xea;
export const SHARED = 0xf0;
export const TIMESTAMP = 0xf1;
export const UUID = 0xf2;
export const HANDLE = 0xf3;
export const ERROR = 0xf4;
export const CLOSURE = 0xf5;
export const PRIMITIVE = 0xf6;
export const GROUP = 0xf7;

/** The first of the codes that composites are compared by. */
export const COMPOSITES: Readonly<Record<string, number>> = {
  vector: VECTOR.first, list: LIST.first, map: MAP.first, set: SET.first, error: ERROR, function: CLOSURE, closure: CLOSURE,
};

/** Strings and keywords shorter than this, in UTF-16 units, are always written out. */
export const SHARED_TEXT_MIN = 2;
/** Bytes of a group's hash. */
export const GROUP_BYTES = 32;

export function writeSized(writer: ByteWriter, tag: SizedTag, count: number): void {
  if (count < tag.limit) writer.byte(tag.first + count);
  else {
    writer.byte(tag.long);
    writer.varint(count - tag.limit);
  }
}

/** How many bytes `writeSized` writes. */
export function sizedSize(tag: SizedTag, count: number): number {
  if (count < tag.limit) return 1;
  let size = 2;
  for (let rest = count - tag.limit; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}
