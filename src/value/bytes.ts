/**
 * The canonical bytes of values: version 1.
 *
 * Equal bytes, same value; same value, equal bytes (V4). An integer and a float are never the same, nor a list and a
 * vector, nor 0.0 and -0.0; all NaN are. How a value was built does not show: neither the order in which a map was
 * filled, nor which parts of it are one object in memory.
 *
 *   document  = D7 52 56 (magic) 01 (version) varint(number of roots) value…
 *   value     = one of, by its first byte:
 *     00–3f     the integer 0 to 63                      40–4f  the integer -1 to -16
 *     50–6f     a string of 0–31 bytes                   e8     a string: varint(bytes - 32)
 *     70–8f     a keyword of 0–31 bytes                  e9     a keyword: varint(bytes - 32)
 *     90–9f     a vector of 0–15 values                  eb     a vector: varint(values - 16)
 *     a0–af     a map of 0–15 entries                    ec     a map: varint(entries - 16)
 *     b0–b7     a list of 0–7 values                     ed     a list: varint(values - 8)
 *     b8–bf     a set of 0–7 values                      ee     a set: varint(values - 8)
 *     c0–df     the shared value 0 to 31 again           ef     a shared value again: varint(number - 32)
 *     e0 nil    e1 false    e2 true                      f0     the value that follows is shared
 *     e3        an integer ≥ 64: varint(n - 64)          e4     an integer ≤ -17: varint(-17 - n)
 *     e5 e6     an integer ≥ 2^53, ≤ -2^53: varint(count of bytes), magnitude big-endian without a leading zero
 *     e7        a float: double                          ea     a symbol: varint(bytes)
 *     f1        a timestamp: varint(milliseconds since the year 0000)
 *     f2        a uuid: 16 bytes                         f3     a resource handle: varint(bytes)
 *     f4        an error: type (a keyword), message (a string), data, span, stack
 *     f5        a closure: varint(number of the unit), group, captures (a vector)
 *     f6        a kernel function: varint(bytes) of its name
 *     f7        a group: 32 bytes of hash. Stands only inside a closure
 *   varint, double and text are those of `binary.ts`; after a count come that many bytes of text or values. The
 *   entries of a map are key, value, key, value… in canonical order of the keys; the elements of a set likewise; keys
 *   and elements are normal (see `key.ts`).
 *
 * Sharing. A value *can be shared* unless it is nil, a boolean, an integer inside ±(2^53-1), a float, a timestamp, an
 * empty collection, or a string or keyword of fewer than two UTF-16 units; groups and captures can be. What can be
 * shared and occurs more than once is written after f0 the first time, and from then on by number; the numbers are
 * given in order of first occurrence, counting from 0. Occurrences are counted in what is written, so the parts of a
 * shared value count once. This is decided by content, never by identity, so there is one way to write a document,
 * linear in the number of different parts even where the value written out as a tree would be exponential.
 *
 * The decoder accepts exactly what the encoder writes. It yields a value or what is wrong and where; it never throws,
 * never recurses, and needs memory linear in the bytes.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { type DecodeFault, type DecodeOptions, decodeDocument, decodeOne } from './bytes-decode.ts';
import { atomSize, encodeDocument } from './bytes-encode.ts';
import type { Value } from './value.ts';

/** The document with that one root. */
export function encodeValue(value: Value): Uint8Array {
  return encodeDocument([value]);
}

/** The length of `encodeValue`; nothing is written for what has no parts. */
export function encodedSize(value: Value): number {
  return atomSize(value) ?? encodeDocument([value]).length;
}

/** The document with those roots; what they have in common is written once. */
export function encodeMany(roots: readonly Value[]): Uint8Array {
  return encodeDocument(roots);
}

/** The one root of a document. */
export function decodeValue(bytes: Uint8Array, options: DecodeOptions = {}): Result<Value, DecodeFault> {
  return decodeOne(bytes, options);
}

/** The roots of a document. */
export function decodeMany(bytes: Uint8Array, options: DecodeOptions = {}): Result<Value[], DecodeFault> {
  return decodeDocument(bytes, options);
}
