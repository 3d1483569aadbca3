/**
 * Confinement: how the fs adapter reaches a file so that nothing outside the granted directories can be touched,
 * whatever links lie about and whoever swaps them meanwhile.
 *
 * 1. All links of the path are resolved (as far as it exists), and so are those of the granted directories; the one
 *    must lie inside the other.
 * 2. The directory of the file is opened, and *what was opened* is checked again. From then on the file is reached
 *    through that open directory and by its last name only, without following a link, so a later swap finds nothing.
 *
 * Step 2 needs `/proc/self/fd` (Linux). Elsewhere the opened directory is compared with the resolved path by device and
 * inode, and so is the opened file; what remains there is a window between this check and the removal or renaming of a
 * name, for somebody who can already change the granted directories from outside.
 */
import { constants } from 'node:fs';
import type * as nodeFiles from 'node:fs/promises';
import path from 'node:path';
import { isInside } from '../security/path.ts';

/** The calls of the system that are used: node's own, unless a test puts itself in between. */
export type Files = Pick<
  typeof nodeFiles,
  'open' | 'realpath' | 'readlink' | 'lstat' | 'stat' | 'mkdir' | 'rename' | 'unlink' | 'rmdir' | 'opendir'
>;
export type FileHandle = Awaited<ReturnType<Files['open']>>;

/** The path leads out of the granted directories. */
export class Escape extends Error {}

/** A file's name in an open directory that is known to be inside. */
export interface Place {
  /** Where to reach the file. */
  readonly path: string;
  /** Opens it without following a link; checked again where the open directory alone is no guarantee. */
  readonly open: (flags: number, mode?: number) => Promise<FileHandle>;
  /** The path of another name in the same directory. */
  readonly sibling: (name: string) => string;
  /** Whether this is a granted directory itself. */
  readonly isRoot: boolean;
  readonly close: () => Promise<void>;
}

// Not all systems have all flags; those that lack one need it least.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const DIRECTORY = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | NO_FOLLOW;

export class Confinement {
  private readonly files: Files;
  /** Granted directories with their links resolved; null when nothing is confined. */
  private readonly roots: readonly string[] | null;

  private constructor(files: Files, roots: readonly string[] | null) {
    this.files = files;
    this.roots = roots;
  }

  /** `scopes` are absolute paths, or `*`. */
  static async to(scopes: readonly string[], files: Files): Promise<Confinement> {
    if (scopes.includes('*')) return new Confinement(files, null);
    const resolved = await Promise.all(scopes.map((scope) => resolveLinks(scope, files)));
    return new Confinement(
      files,
      resolved.map(({ real, missing }) => path.join(real, ...missing)),
    );
  }

  /** The path without links, and whether it is there. Throws `Escape`. */
  async resolve(target: string): Promise<Resolved> {
    const resolved = await resolveLinks(target, this.files);
    this.check(path.join(resolved.real, ...resolved.missing));
    return resolved;
  }

  /** The place of a resolved path; directories in between are made when `create` is true. */
  async place(resolved: Resolved, create: boolean): Promise<Place> {
    const { base, names } = splitLast(resolved);
    let directory = await this.openDirectory(base, names);
    for (const name of names.slice(0, -1)) directory = await this.descend(directory, name, create);
    return this.placeIn(directory, names.at(-1)!);
  }

  /** The place of a name itself: when it is a link, of the link and not of what it points to. */
  async placeOfName(target: string): Promise<Place> {
    const parent = await resolveLinks(path.dirname(target), this.files);
    return this.place({ real: parent.real, missing: [...parent.missing, path.basename(target)] }, false);
  }

  /** A directory, opened and checked. */
  async directory(resolved: Resolved): Promise<Directory> {
    return this.openDirectory(resolved.real, resolved.missing);
  }

  private check(real: string): void {
    if (this.roots !== null && !this.roots.some((root) => isInside(root, real))) throw new Escape();
  }

  /** Opens `real` and makes sure that what was opened, with `rest` below it, is inside. */
  private async openDirectory(real: string, rest: readonly string[]): Promise<Directory> {
    const handle = await this.files.open(real, DIRECTORY);
    try {
      const anchor = `/proc/self/fd/${handle.fd}`;
      const actual = await this.files.readlink(anchor).catch(() => null);
      const now = actual ?? (await this.pathOfOpened(handle, real));
      this.check(path.join(now, ...rest));
      return { handle, real: now, path: actual === null ? now : anchor, anchored: actual !== null };
    } catch (cause) {
      await handle.close();
      throw cause;
    }
  }

  private async descend(from: Directory, name: string, create: boolean): Promise<Directory> {
    try {
      const below = path.join(from.path, name);
      if (create) await this.files.mkdir(below).catch(unlessExists);
      const handle = await this.files.open(below, DIRECTORY);
      const real = path.join(from.real, name);
      return { handle, real, path: from.anchored ? `/proc/self/fd/${handle.fd}` : real, anchored: from.anchored };
    } finally {
      await from.handle.close();
    }
  }

  private placeIn(directory: Directory, name: string): Place {
    const target = path.join(directory.path, name);
    const real = path.join(directory.real, name);
    return {
      path: target,
      open: async (flags, mode) => {
        const handle = await this.files.open(target, flags | NO_FOLLOW, mode);
        if (!directory.anchored) await this.checkOpened(handle, real);
        return handle;
      },
      sibling: (other) => path.join(directory.path, other),
      isRoot: this.roots?.includes(real) ?? false,
      close: () => directory.handle.close(),
    };
  }

  private async checkOpened(handle: FileHandle, real: string): Promise<void> {
    try {
      this.check(await this.pathOfOpened(handle, real));
    } catch (cause) {
      await handle.close();
      throw cause;
    }
  }

  /** Where what was opened as `real` is now; that it still is what stands there is made sure of. */
  private async pathOfOpened(handle: FileHandle, real: string): Promise<string> {
    const now = await this.files.realpath(real);
    const [opened, named] = [await handle.stat({ bigint: true }), await this.files.stat(now, { bigint: true })];
    if (opened.dev !== named.dev || opened.ino !== named.ino) throw new Escape();
    return now;
  }
}

export interface Directory {
  readonly handle: FileHandle;
  readonly real: string;
  /** How to reach what is in it. */
  readonly path: string;
  /** Whether `path` goes through the open handle. */
  readonly anchored: boolean;
}

/** `real` exists and has no links; `missing` are the names below it that do not exist. */
export interface Resolved {
  readonly real: string;
  readonly missing: readonly string[];
}

async function resolveLinks(target: string, files: Files): Promise<Resolved> {
  const missing: string[] = [];
  for (let existing = target; ; existing = path.dirname(existing)) {
    try {
      return { real: await files.realpath(existing), missing };
    } catch (cause) {
      if (!isMissing(cause) || path.dirname(existing) === existing) throw cause;
      missing.unshift(path.basename(existing));
    }
  }
}

/** The directory to open, and the names below it, of which there is at least one. */
function splitLast(resolved: Resolved): { readonly base: string; readonly names: readonly string[] } {
  if (resolved.missing.length > 0) return { base: resolved.real, names: resolved.missing };
  return { base: path.dirname(resolved.real), names: [path.basename(resolved.real)] };
}

export function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

function unlessExists(cause: unknown): void {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
}
