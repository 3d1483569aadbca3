/**
 * Chunks: a large value cut in pieces that are named by what is in them. Version 1.
 *
 * A value is written down as one long text, and any stretch of that text that holds whole items may be cut out: it
 * becomes a chunk, and where it stood a reference remains. So a value that differs from another in one place has all its
 * chunks in common with it, but for those on the way to that place.
 *
 *   chunk = D7 52 43 (magic) 01 (version) varint(number of children) varint(number of groups)
 *           child… (32 bytes each: the names of the chunks that it refers to, in the order of their first reference)
 *           group… (32 bytes each: the hashes of the groups of code that it names, likewise) item…
 *   name  = SHA-256 of "rtfs/chunk/1", a line feed, and the bytes of the chunk
 *   item  = one of, by its first byte:
 *     00–8f, e0–ea, f1–f3, f6   what has no parts, as in `bytes.ts`
 *     90–bf, eb–ee              vectors, maps, lists and sets, as in `bytes.ts`; a map or set here has at most 32 entries
 *     c0–df, ef                 a reference: all items of child 0 to 31, of child varint(number - 32)
 *     f0                        in the data of contexts, a value that need not be fetched before it is asked for:
 *                               varint(bytes of its document, as in `bytes.ts`), then a reference to it
 *     f4                        an error: type, message, data, span, stack
 *     f5                        a closure: varint(number of the unit), varint(number of its group), varint(captures), capture…
 *     f8 f9                     a larger map, a larger set: its root, a branch
 *     fa fb                     a leaf of a map, of a set: varint(entries), then key, value…, or element…
 *     fc                        a branch: varint(children), then leaves or branches; all leaves of a tree have one depth
 *     fd                        a record: byte (kind), varint(parts), then part…; what it may hold is said by its owner
 *   The items of a reference count as if they stood in its place: the elements of a vector may come from many chunks.
 *
 * How a text is cut is not said by the format, nor is the shape of a tree: equal values may have different chunks. What
 * is read is checked all the same: names, order and kinds of keys, counts, depths, and that tables say what is used.
 * Nothing inside a chunk is shared, for what is large enough to matter is a chunk and has a name.
 */
import { ByteReader } from './binary.ts';
import { asciiBytes, sha256Hex } from './hash.ts';
import { bytesToHex } from './hex.ts';

export const MAGIC: readonly number[] = [0xd7, 0x52, 0x43];
export const VERSION = 1;
export const NAME_BYTES = 32;

export const STORED = 0xf0;
export const TREE_MAP = 0xf8;
export const TREE_SET = 0xf9;
export const LEAF = 0xfa;
export const SET_LEAF = 0xfb;
export const BRANCH = 0xfc;
export const RECORD = 0xfd;

const DOMAIN = asciiBytes('rtfs/chunk/1\n');

/** A stretch of text under its name. */
export interface Chunk {
  /** 64 hexadecimal digits. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** The names of the chunks that it refers to. */
  readonly children: readonly string[];
}

export function chunkHash(bytes: Uint8Array): string {
  return sha256Hex(DOMAIN, bytes);
}

export interface ChunkHead {
  readonly children: readonly string[];
  readonly groups: readonly string[];
}

/** What stands in front of the items; what is wrong is the reader's fault. */
export function readHead(reader: ByteReader): ChunkHead {
  for (const byte of MAGIC) if (reader.byte() !== byte) reader.fail('these are not the bytes of a chunk', 0);
  const version = reader.byte();
  if (version !== VERSION) reader.fail(`format version ${version} is not known here`, MAGIC.length);
  const children = reader.varint();
  const groups = reader.varint();
  if ((children + groups) * NAME_BYTES > reader.left) reader.fail('the bytes end too early');
  return reader.fault === null ? { children: readNames(reader, children), groups: readNames(reader, groups) } : { children: [], groups: [] };
}

function readNames(reader: ByteReader, count: number): readonly string[] {
  const names: string[] = [];
  for (let i = 0; i < count; i++) names.push(bytesToHex(reader.bytes(NAME_BYTES)));
  if (new Set(names).size !== count) reader.fail('a name stands in a table twice');
  return names;
}

/**
 * The names of the chunks that a chunk refers to, null when the bytes do not begin like a chunk. What can be reached
 * from the roots that are wanted is what a store has to keep.
 */
export function chunkChildren(bytes: Uint8Array): readonly string[] | null {
  const reader = new ByteReader(bytes);
  const { children } = readHead(reader);
  return reader.fault === null ? children : null;
}
