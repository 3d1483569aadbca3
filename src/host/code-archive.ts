/**
 * The code of a program as data: every group that it needs and the library does not have, by hash. A snapshot names
 * code by hash; whoever has the archive can go on with it without the source (C3).
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { CodeTable } from '../evaluator/code.ts';
import { groupBytes, hashBytes } from '../ir/hash.ts';
import { decodeBase64, encodeBase64, type LibraryImage, LoadedLibrary } from '../ir/image.ts';
import type { Definition } from '../ir/node.ts';
import { forEachNode } from '../ir/walk.ts';
import type { Environment, Program } from './compile.ts';
import { unitNames } from './library-build.ts';

/** [hash, code in base64, names of the units] for each group. JSON as it is. */
export type CodeArchive = LibraryImage['groups'];

export interface ArchiveOptions {
  /** The library's code that the program needs as well, so that the archive is all that a kernel needs. */
  readonly library?: boolean;
}

/** All code of the program that is not the library's; on demand with what it needs of that. */
export function archiveCode(environment: Environment, program: Program, options: ArchiveOptions = {}): CodeArchive {
  const isElsewhere = (group: string): boolean => options.library !== true && environment.library.group(group) !== null;
  const groups: [string, string, readonly (string | null)[]][] = [];
  const seen = new Set<string>();
  const open: Definition[] = [program.main];
  for (let definition = open.pop(); definition !== undefined; definition = open.pop()) {
    if (seen.has(definition.group) || isElsewhere(definition.group)) continue;
    seen.add(definition.group);
    groups.push([definition.group, encodeBase64(groupBytes(definition)), definition.members.flatMap((member) => unitNames(member.unit))]);
    for (const member of definition.members) {
      forEachNode(member.unit, (node) => {
        if (node.kind === 'definition') open.push(node.definition);
      });
    }
  }
  return groups;
}

/** A table that finds the archived code and the library's. Code whose bytes do not have their hash is refused. */
export function openCode(environment: Environment, archive: CodeArchive): Result<CodeTable, string> {
  for (const [hash, encoded] of archive) {
    if (hashBytes(decodeBase64(encoded)) !== hash) return { ok: false, error: `the code ${hash} is damaged: its bytes have another hash` };
  }
  const code = new LoadedLibrary({ version: 1, primitives: [], aliases: [], definitions: [], groups: archive }, environment.library);
  return { ok: true, value: new CodeTable(environment.primitives, (group) => code.group(group), environment.newTier) };
}
