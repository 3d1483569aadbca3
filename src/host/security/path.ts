/**
 * Paths as text, so that what was granted can be decided where there is no system: as `node:path` reads them, of POSIX, and of Windows where
 * the base says so (a drive or a server). Nothing is looked up: no links, no working directory.
 */

/** An absolute path, taken apart: no part is empty, `.` or `..`. */
interface Parts {
  /** `/`, `C:\`, `\\server\share\`. */
  readonly root: string;
  readonly names: readonly string[];
}

const DRIVE = /^[A-Za-z]:/;
const DRIVE_ROOT = /^[A-Za-z]:[\\/]/;
/** Written with backslashes: two slashes are one where there are no drives. */
const SHARE = /^\\\\([^\\/]+)[\\/]+([^\\/]+)/;

function isWindows(base: string): boolean {
  return DRIVE.test(base) || SHARE.test(base);
}

export function isAbsolutePath(path: string, base: string): boolean {
  return path.startsWith('/') || (isWindows(base) && (path.startsWith('\\') || DRIVE_ROOT.test(path)));
}

/** The absolute path that is meant by `path`, seen from the absolute `base`. */
export function resolvePath(base: string, path: string): string {
  return textOf(partsOf(isWindows(base) ? onWindows(base, path) : path.startsWith('/') ? path : `${base}/${path}`));
}

/** The directory that an absolute path lies in; of a root, itself. */
export function directoryOf(path: string): string {
  const { root, names } = partsOf(path);
  return textOf({ root, names: names.slice(0, -1) });
}

/** Whether `inner` is `outer` or lies below it. Both absolute; compares text, follows no links. */
export function isInside(outer: string, inner: string): boolean {
  return namesBelow(outer, inner) !== null;
}

/** The way from `outer` to what lies in it, empty for itself; null for what lies elsewhere. Both absolute. */
export function pathBelow(outer: string, inner: string): string | null {
  const names = namesBelow(outer, inner);
  return names === null ? null : names.join(separatorOf(outer));
}

function namesBelow(outer: string, inner: string): readonly string[] | null {
  const [around, within] = [partsOf(outer), partsOf(inner)];
  const same = (a: string, b: string): boolean => a === b || (isWindows(outer) && a.toLowerCase() === b.toLowerCase());
  if (!same(around.root, within.root) || around.names.length > within.names.length) return null;
  return around.names.every((name, at) => same(name, within.names[at]!)) ? within.names.slice(around.names.length) : null;
}

/** A path without a drive, or relative to one, is seen from the base where that names the drive. */
function onWindows(base: string, path: string): string {
  if (DRIVE_ROOT.test(path)) return path;
  const share = path.replace(/^[\\/]{2}/, '\\\\');
  if (SHARE.test(share)) return share;
  if (path.startsWith('/') || path.startsWith('\\')) return partsOf(base).root + path.slice(1);
  if (!DRIVE.test(path)) return `${base}\\${path}`;
  const drive = path.slice(0, 2);
  return base.slice(0, 2).toLowerCase() === drive.toLowerCase() ? `${base}\\${path.slice(2)}` : `${drive}\\${path.slice(2)}`;
}

function partsOf(path: string): Parts {
  const windows = isWindows(path);
  const share = windows ? SHARE.exec(path) : null;
  const root = share !== null ? `\\\\${share[1]}\\${share[2]}\\` : windows ? `${path.slice(0, 2)}\\` : '/';
  const rest = share !== null ? path.slice(share[0].length) : windows ? path.slice(2) : path;
  const names: string[] = [];
  for (const name of rest.split(windows ? /[\\/]/ : '/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return { root, names };
}

function textOf({ root, names }: Parts): string {
  return root + names.join(separatorOf(root));
}

function separatorOf(path: string): string {
  return isWindows(path) ? '\\' : '/';
}
