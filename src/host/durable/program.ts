/**
 * Programs in a store: what a run needs to go on in another process, and in a later version of RTFS, without the source.
 *
 *   document = the canonical bytes of one vector: ["rtfs/program" 1 group member groups sources]
 *     group, member = what runs
 *     groups   = a vector of [hash names places] of every group of code that the program needs, the library's included: names of units
 *                (strings or nil, in the order of the code), places (integers, see `ir/places.ts`)
 *     sources  = a vector of [file text]
 *   Its name in the store is the SHA-256 of "rtfs/program\0" and the bytes. The code of a group is content of its own, under the group's hash.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { CodeTable } from '../../evaluator/code.ts';
import { groupBytes, hashBytes } from '../../ir/hash.ts';
import { encodeBase64, LoadedLibrary } from '../../ir/image.ts';
import type { Definition } from '../../ir/node.ts';
import { placesOf, putPlaces } from '../../ir/places.ts';
import { forEachNode } from '../../ir/walk.ts';
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import { asciiBytes, sha256Hex } from '../../value/hash.ts';
import type { Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Environment, Program } from '../compile.ts';
import { unitNames } from '../library-build.ts';
import type { Content, Hash } from '../store/port.ts';

const TAG = 'rtfs/program';
const VERSION = 1;
const DOMAIN = asciiBytes('rtfs/program\0');

/** What runs: all that the kernel needs of a program. */
export type Runnable = Pick<Program, 'main' | 'table'>;

export interface KeptProgram {
  readonly hash: Hash;
  /** The document and the code, to be written when they are not there. */
  readonly content: readonly Content[];
}

/** Many runs are begun with one program. */
const kept = new WeakMap<Runnable, KeptProgram>();

export function keepProgram(program: Runnable): KeptProgram {
  const known = kept.get(program) ?? documentOf(program);
  kept.set(program, known);
  return known;
}

function documentOf(program: Runnable): KeptProgram {
  const definitions = reachable(program.main);
  const files: string[] = [];
  const fileNumber = (file: string): number => {
    const known = files.indexOf(file);
    return known >= 0 ? known : files.push(file) - 1;
  };
  const content: Content[] = [];
  const groups = definitions.map((definition) => {
    content.push({ hash: definition.group, bytes: groupBytes(definition) });
    const units = definition.members.map((member) => member.unit);
    return Vector.of(definition.group, Vector.adopt(units.flatMap(unitNames)), Vector.adopt(placesOf(units, fileNumber)));
  });
  const sources = files.map((file) => Vector.of(file, program.table.sourceText(file) ?? ''));
  const bytes = encodeValue(Vector.of(TAG, VERSION, program.main.group, program.main.member, Vector.adopt(groups), Vector.adopt(sources)));
  const hash = programHash(bytes);
  return { hash, content: [{ hash, bytes }, ...content] };
}

export function programHash(bytes: Uint8Array): Hash {
  return sha256Hex(DOMAIN, bytes);
}

/** One definition of each group, the main one first. */
function reachable(main: Definition): readonly Definition[] {
  const found = new Map<string, Definition>();
  const open: Definition[] = [main];
  for (let definition = open.pop(); definition !== undefined; definition = open.pop()) {
    if (found.has(definition.group)) continue;
    found.set(definition.group, definition);
    for (const member of definition.members) {
      forEachNode(member.unit, (node) => {
        if (node.kind === 'definition') open.push(node.definition);
      });
    }
  }
  return [...found.values()];
}

/** The names of the code that a program's document needs besides itself; null for what is no such document. */
export function programGroups(bytes: Uint8Array): readonly Hash[] | null {
  const document = readDocument(bytes);
  return document.ok ? document.value.groups.map((group) => group.hash) : null;
}

/** The program as it was kept; what is missing or damaged is named. */
export async function loadProgram(environment: Environment, hash: Hash, read: (hash: Hash) => Promise<Uint8Array | null>): Promise<Result<Runnable, string>> {
  const held = new Map<Hash, Uint8Array | null>([[hash, await read(hash)]]);
  const document = held.get(hash) ?? null;
  for (const group of document === null ? [] : (programGroups(document) ?? [])) {
    // What this version's library has as well is one with it.
    if (environment.library.group(group) === null) held.set(group, await read(group));
  }
  return openProgram(environment, hash, (one) => held.get(one) ?? null);
}

/** The same, where everything is at hand. */
export function openProgram(environment: Environment, hash: Hash, read: (hash: Hash) => Uint8Array | null): Result<Runnable, string> {
  const bytes = read(hash);
  if (bytes === null) return { ok: false, error: `the program ${hash} is not in the store` };
  if (programHash(bytes) !== hash) return { ok: false, error: `the program ${hash} is damaged: its bytes have another hash` };
  const document = readDocument(bytes);
  if (!document.ok) return document;
  const { groups, sources, group, member } = document.value;
  const code: [string, string, readonly (string | null)[]][] = [];
  for (const one of groups) {
    if (environment.library.group(one.hash) !== null) continue;
    const held = read(one.hash);
    if (held === null) return { ok: false, error: `the code ${one.hash} is not in the store` };
    if (hashBytes(held) !== one.hash) return { ok: false, error: `the code ${one.hash} is damaged: its bytes have another hash` };
    code.push([one.hash, encodeBase64(held), one.names]);
  }
  const library = new LoadedLibrary({ version: 1, primitives: [], aliases: [], definitions: [], groups: code }, environment.library);
  const files = sources.map(([file]) => file);
  const own = new Set(code.map(([one]) => one));
  for (const one of groups) {
    if (!own.has(one.hash)) continue;
    const units = library.group(one.hash)?.map((definition) => definition.unit);
    if (units === undefined || !putPlaces(units, one.places, files)) return { ok: false, error: `the places of the code ${one.hash} are damaged` };
  }
  const main = library.member(group, member);
  if (main === null) return { ok: false, error: `the code ${group} of what runs is not in the program` };
  const table = new CodeTable(environment.primitives, (wanted) => library.group(wanted), environment.newTier);
  for (const [file, text] of sources) table.addSource(file, text);
  return { ok: true, value: { main, table } };
}

interface ProgramDocument {
  readonly group: Hash;
  readonly member: number;
  readonly groups: readonly { readonly hash: Hash; readonly names: readonly (string | null)[]; readonly places: readonly number[] }[];
  readonly sources: readonly (readonly [string, string])[];
}

function readDocument(bytes: Uint8Array): Result<ProgramDocument, string> {
  const decoded = decodeValue(bytes);
  if (!decoded.ok) return { ok: false, error: `the program cannot be read: ${decoded.error.message}` };
  const [tag, version, group, member, groups, sources] = itemsOf(decoded.value);
  if (tag !== TAG) return { ok: false, error: 'the program cannot be read: it is something else' };
  if (version !== VERSION) return { ok: false, error: `the program has format version ${String(version)}, this RTFS reads ${VERSION}` };
  if (typeof group !== 'string' || typeof member !== 'number') return { ok: false, error: 'the program cannot be read: it does not say what runs' };
  return {
    ok: true,
    value: {
      group,
      member,
      groups: itemsOf(groups).map((one) => {
        const [hash, names, places] = itemsOf(one);
        return { hash: textOf(hash), names: itemsOf(names).map((name) => (typeof name === 'string' ? name : null)), places: itemsOf(places).filter((place) => typeof place === 'number') };
      }),
      sources: itemsOf(sources).map((one) => {
        const [file, text] = itemsOf(one);
        return [textOf(file), textOf(text)] as const;
      }),
    },
  };
}

function itemsOf(value: Value | undefined): readonly Value[] {
  return value instanceof Vector ? value.toArray() : [];
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}
