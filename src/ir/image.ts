/**
 * A library as data: its names, the code they stand for by hash, and how its primitives are called. Made once when the
 * project is built; code is decoded when it is first needed.
 *
 * Format (JSON, version 1): `primitives` are [name, fewest arguments, most arguments or null]; `aliases` are
 * [alias, name]; `definitions` are [name, number of the group, member, arities as [required, 1 when variadic]];
 * `groups` are [hash, code in base64, names of the units in the order of the code].
 */
import { decodeGroup } from './decode.ts';
import type { Definition, Unit } from './node.ts';

export interface LibraryImage {
  readonly version: 1;
  readonly primitives: readonly (readonly [string, number, number | null])[];
  readonly aliases: readonly (readonly [string, string])[];
  readonly definitions: readonly (readonly [string, number, number, readonly (readonly [number, number])[]])[];
  readonly groups: readonly (readonly [string, string, readonly (string | null)[]])[];
}

export type LoadedEntry =
  | { readonly kind: 'primitive'; readonly name: string; readonly min: number; readonly max: number }
  | { readonly kind: 'definition'; readonly definition: Definition; readonly arities: readonly { readonly required: number; readonly variadic: boolean }[] };

class StoredGroup {
  readonly hash: string;
  readonly definitions: StoredDefinition[] = [];
  private readonly encoded: string;
  private readonly unitNames: readonly (string | null)[];
  private readonly library: LoadedLibrary;
  private units: readonly Unit[] | null = null;

  constructor(library: LoadedLibrary, hash: string, encoded: string, unitNames: readonly (string | null)[]) {
    this.library = library;
    this.hash = hash;
    this.encoded = encoded;
    this.unitNames = unitNames;
  }

  unit(member: number): Unit {
    this.units ??= this.decode();
    return this.units[member]!;
  }

  private decode(): readonly Unit[] {
    const bytes = decodeBase64(this.encoded);
    const decoded = decodeGroup(
      bytes,
      (group, member) => (group === null ? this.member(member) : this.library.member(group, member)),
      this.unitNames,
    );
    if (decoded.ok) return decoded.value;
    throw new Error(`the library's code ${this.hash} cannot be read: ${decoded.error.message}`);
  }

  member(member: number): StoredDefinition {
    let definition = this.definitions[member];
    if (definition === undefined) {
      definition = new StoredDefinition(this, member, '');
      this.definitions[member] = definition;
    }
    return definition;
  }

  /** All members; those without a name of their own included. */
  all(): readonly StoredDefinition[] {
    this.units ??= this.decode();
    return this.units.map((_, member) => this.member(member));
  }
}

class StoredDefinition implements Definition {
  readonly group: string;
  readonly member: number;
  name: string;
  private readonly stored: StoredGroup;

  constructor(stored: StoredGroup, member: number, name: string) {
    this.stored = stored;
    this.group = stored.hash;
    this.member = member;
    this.name = name;
  }

  get members(): readonly Definition[] {
    return this.stored.all();
  }

  get unit(): Unit {
    return this.stored.unit(this.member);
  }
}

export class LoadedLibrary {
  private readonly entries = new Map<string, LoadedEntry>();
  private readonly groups = new Map<string, StoredGroup>();
  private readonly base: LoadedLibrary | null;

  /** `base` is asked for code that the image refers to and does not hold. */
  constructor(image: LibraryImage, base: LoadedLibrary | null = null) {
    this.base = base;
    for (const [name, min, max] of image.primitives) this.entries.set(name, { kind: 'primitive', name, min, max: max ?? Number.POSITIVE_INFINITY });
    const groups = image.groups.map(([hash, encoded, names]) => new StoredGroup(this, hash, encoded, names));
    for (const group of groups) this.groups.set(group.hash, group);
    for (const [name, group, member, arities] of image.definitions) {
      const definition = groups[group]!.member(member);
      definition.name = name;
      this.entries.set(name, {
        kind: 'definition',
        definition,
        arities: arities.map(([required, variadic]) => ({ required, variadic: variadic === 1 })),
      });
    }
    for (const [alias, name] of image.aliases) {
      const entry = this.entries.get(name);
      if (entry !== undefined) this.entries.set(alias, entry);
    }
  }

  lookup(name: string): LoadedEntry | null {
    return this.entries.get(name) ?? null;
  }

  names(): Iterable<string> {
    return this.entries.keys();
  }

  /** The definitions of a group, in order; null when it is not of this library. */
  group(hash: string): readonly Definition[] | null {
    return this.groups.get(hash)?.all() ?? this.base?.group(hash) ?? null;
  }

  member(hash: string, member: number): Definition | null {
    return this.groups.get(hash)?.member(member) ?? this.base?.member(hash, member) ?? null;
  }

}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i]!;
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    text += ALPHABET[a >> 2]! + ALPHABET[((a & 3) << 4) | ((b ?? 0) >> 4)]!;
    text += b === undefined ? '=' : ALPHABET[((b & 15) << 2) | ((c ?? 0) >> 6)]!;
    text += c === undefined ? '=' : ALPHABET[c & 63]!;
  }
  return text;
}

/** The bytes of text that `encodeBase64` made; of other text some bytes, or none. */
export function decodeBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) return new Uint8Array(0);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    const word = (digit(text, i) << 18) | (digit(text, i + 1) << 12) | (digit(text, i + 2) << 6) | digit(text, i + 3);
    bytes[at++] = word >> 16;
    if (at < bytes.length) bytes[at++] = (word >> 8) & 255;
    if (at < bytes.length) bytes[at++] = word & 255;
  }
  return bytes;
}

function digit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 97) return code - 71;
  if (code >= 65) return code - 65;
  if (code >= 48) return code + 4;
  return code === 43 ? 62 : code === 47 ? 63 : 0;
}
