/**
 * `:fs.read :fs.write :fs.append :fs.list :fs.exists :fs.delete`, inside granted directories only (see `confine.ts`).
 *
 * Reading is strict (bytes that are not UTF-8 are an error, not replacement characters) and bounded; writing replaces
 * a file in one go, so that nobody ever sees half of it. Only regular files are opened: no devices, no pipes.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Dirent, type Stats } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import path, { dirname as parentOf } from 'node:path';
import type { Value } from '../../value/value.ts';
import { keyword } from '../../value/value.ts';
import { MapValue } from '../../value/map.ts';
import { compare } from '../../value/order.ts';
import { Vector } from '../../value/vector.ts';
import { checkArity, Options, pathArgument, stringArgument } from '../argument.ts';
import { argumentFailure, cancelledFailure, HostFailure, shown, securityFailure, systemCode, systemData } from '../failure.ts';
import type { CallContext, Capability, Determinism } from '../port.ts';
import { decodeText, type Encoding, encodeText } from '../text.ts';
import { Confinement, Escape, type FileHandle, type Files, isMissing, type Place } from './confine.ts';

const SIZE_MAX_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const LIST_MAX = 100_000;
const ENCODINGS: readonly [Encoding, ...Encoding[]] = ['utf-8', 'latin1', 'base64'];

export interface FsOptions {
  /** Absolute; relative paths start here. */
  readonly baseDirectory: string;
  readonly files?: Files;
}

/** One call, its path read and its authority worked out. */
interface Task {
  readonly operation: string;
  /** As the program wrote it. */
  readonly written: string;
  readonly target: string;
  readonly confinement: Confinement;
  readonly files: Files;
  readonly args: readonly Value[];
  readonly signal: AbortSignal;
}

export function fsCapabilities(options: FsOptions): Capability[] {
  const capability = (
    id: string,
    summary: string,
    determinism: Determinism,
    arity: readonly [min: number, max: number],
    perform: (task: Task) => Promise<Value>,
  ): Capability => ({
    id,
    summary,
    determinism,
    call: async (args, context) => {
      checkArity(id, args, ...arity);
      return guarded(id, args, context, options, perform);
    },
  });
  return [
    capability('fs.read', 'path {:encoding :max-bytes}? → the text of the file', 'recorded', [1, 2], read),
    capability('fs.write', 'path text {:encoding :create-dirs}? → nil; replaces the file in one go', 'idempotent', [2, 3], write),
    capability('fs.append', 'path text {:encoding :create-dirs}? → nil', 'live', [2, 3], append),
    capability('fs.list', 'path {:details}? → the names in the directory, sorted', 'recorded', [1, 2], list),
    capability('fs.exists', 'path → boolean', 'recorded', [1, 1], exists),
    capability('fs.delete', 'path → whether there was anything; a file, a link or an empty directory', 'idempotent', [1, 1], remove),
  ];
}

/** Runs the work with its confinement, and turns what the system says into failures of ours. */
async function guarded(
  operation: string,
  args: readonly Value[],
  context: CallContext,
  options: FsOptions,
  perform: (task: Task) => Promise<Value>,
): Promise<Value> {
  const written = pathArgument(operation, args, 0);
  const files = options.files ?? nodeFiles;
  try {
    const confinement = await Confinement.to(scopesOf(context), files);
    const target = path.resolve(options.baseDirectory, written);
    return await perform({ operation, written, target, confinement, files, args, signal: context.signal });
  } catch (cause) {
    throw failureOf(cause, operation, written, context.name);
  }
}

function scopesOf(context: CallContext): string[] {
  return context.grants.flatMap((grant) => (grant.scope === null ? [] : [grant.scope]));
}

// ── The six ────────────────────────────────────────────────────────────────────────────────────────────────────────

async function read(task: Task): Promise<string> {
  const options = new Options(task.operation, task.args[1], ['encoding', 'max-bytes']);
  const encoding = options.choice('encoding', ENCODINGS);
  const maxBytes = options.integer('max-bytes', 0, SIZE_MAX_BYTES, SIZE_MAX_BYTES);
  const resolved = await task.confinement.resolve(task.target);
  if (resolved.missing.length > 0) throw missing(task);
  const bytes = await withPlace(await task.confinement.place(resolved, false), (place) =>
    withFile(task, place, constants.O_RDONLY, (handle) => readAll(task, handle, maxBytes)),
  );
  const text = decodeText(bytes, encoding);
  if (text.ok) return text.value;
  throw new HostFailure('host', `${task.operation}: ${shown(task.written)} is ${text.error}`, systemData('invalid-utf-8', 'path', task.written));
}

async function write(task: Task): Promise<null> {
  const { bytes, createDirectories } = content(task);
  const resolved = await task.confinement.resolve(task.target);
  await withPlace(await task.confinement.place(resolved, createDirectories), async (place) => {
    const before = await task.files.lstat(place.path).catch(nullIfMissing);
    if (before !== null) checkRegular(task, before);
    await replace(task, place, bytes, before);
  });
  return null;
}

async function append(task: Task): Promise<null> {
  const { bytes, createDirectories } = content(task);
  const resolved = await task.confinement.resolve(task.target);
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  await withPlace(await task.confinement.place(resolved, createDirectories), (place) =>
    withFile(task, place, flags, (handle) => handle.writeFile(bytes)),
  );
  return null;
}

async function list(task: Task): Promise<Vector> {
  const details = new Options(task.operation, task.args[1], ['details']).flag('details');
  const resolved = await task.confinement.resolve(task.target);
  if (resolved.missing.length > 0) throw missing(task);
  const directory = await task.confinement.directory(resolved);
  try {
    const entries = await entriesOf(task, directory.path);
    if (!details) return Vector.adopt(entries.map((entry) => entry.name));
    return Vector.adopt(await Promise.all(entries.map((entry) => describe(task.files, directory.path, entry))));
  } finally {
    await directory.handle.close();
  }
}

async function exists(task: Task): Promise<boolean> {
  return (await task.confinement.resolve(task.target)).missing.length === 0;
}

async function remove(task: Task): Promise<boolean> {
  const place = await task.confinement.placeOfName(task.target).catch(nullIfMissing);
  if (place === null) return false;
  return withPlace(place, async () => {
    if (place.isRoot) throw argumentFailure(task.operation, 'a granted directory itself cannot be deleted');
    const found = await task.files.lstat(place.path).catch(nullIfMissing);
    if (found === null) return false;
    await (found.isDirectory() ? task.files.rmdir(place.path) : task.files.unlink(place.path));
    return true;
  });
}

// ── Parts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function content(task: Task): { readonly bytes: Buffer; readonly createDirectories: boolean } {
  const options = new Options(task.operation, task.args[2], ['encoding', 'create-dirs']);
  const bytes = encodeText(stringArgument(task.operation, task.args, 1), options.choice('encoding', ENCODINGS));
  if (!bytes.ok) throw argumentFailure(task.operation, bytes.error);
  return { bytes: bytes.value, createDirectories: options.flag('create-dirs') };
}

async function withPlace<Result>(place: Place, use: (place: Place) => Promise<Result>): Promise<Result> {
  try {
    return await use(place);
  } finally {
    await place.close();
  }
}

/** Opens a regular file, never waiting for the other end of a pipe. */
async function withFile<Result>(task: Task, place: Place, flags: number, use: (handle: FileHandle) => Promise<Result>): Promise<Result> {
  const handle = await place.open(flags | (constants.O_NONBLOCK ?? 0), 0o666);
  try {
    checkRegular(task, await handle.stat());
    return await use(handle);
  } finally {
    await handle.close();
  }
}

function checkRegular(task: Task, stats: Stats): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? 'Is a directory' : stats.isSymbolicLink() ? 'Is a link to nothing' : 'Is not a regular file';
  throw new HostFailure('host', `${task.operation}: ${what}: ${shown(task.written)}`, systemData(stats.isDirectory() ? 'EISDIR' : 'not-a-file', 'path', task.written));
}

/** To the end, whatever size was announced. */
async function readAll(task: Task, handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    if (task.signal.aborted) throw cancelledFailure(task.operation);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    total += bytesRead;
    if (total > maxBytes) {
      throw new HostFailure('host', `${task.operation}: ${shown(task.written)} is larger than ${maxBytes} bytes (limit: max-bytes)`, systemData('too-large', 'path', task.written));
    }
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

/** A new file takes the name of the old one, and its permissions. */
async function replace(task: Task, place: Place, bytes: Buffer, before: Stats | null): Promise<void> {
  const temporary = place.sibling(`.rtfs-${randomBytes(8).toString('hex')}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = await task.files.open(temporary, flags, 0o666);
  try {
    try {
      if (before !== null) await handle.chmod(before.mode & 0o777);
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (task.signal.aborted) throw cancelledFailure(task.operation);
    await task.files.rename(temporary, place.path);
  } catch (cause) {
    await task.files.unlink(temporary).catch(() => undefined);
    throw cause;
  }
}

async function entriesOf(task: Task, directory: string): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  for await (const entry of await task.files.opendir(directory)) {
    if (task.signal.aborted) throw cancelledFailure(task.operation);
    if (entries.length === LIST_MAX) throw new HostFailure('host', `${task.operation}: ${shown(task.written)} holds more than ${LIST_MAX} names`);
    entries.push(entry);
  }
  return entries.sort((a, b) => compare(a.name, b.name));
}

async function describe(files: Files, directory: string, entry: Dirent): Promise<MapValue> {
  const type = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'other';
  const stats = type === 'file' ? await files.lstat(path.join(directory, entry.name)).catch(nullIfMissing) : null;
  return MapValue.of(keyword('name'), entry.name, keyword('type'), keyword(type), keyword('size'), stats?.size ?? null);
}

// ── Failures ───────────────────────────────────────────────────────────────────────────────────────────────────────

const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'Permission denied'],
  ['EPERM', 'Permission denied'],
  ['EISDIR', 'Is a directory'],
  ['ENOTDIR', 'Not a directory'],
  ['EEXIST', 'Already exists'],
  ['ENOTEMPTY', 'Directory is not empty'],
  ['ENOSPC', 'No space left on the device'],
  ['EDQUOT', 'Disk quota exceeded'],
  ['EFBIG', 'File would become too large'],
  ['EROFS', 'The file system is read-only'],
  ['ENAMETOOLONG', 'The name is too long'],
  ['ELOOP', 'Too many links, or a link that leads nowhere'],
  ['EMFILE', 'Too many open files'],
  ['ENFILE', 'Too many open files'],
  ['EBUSY', 'In use by somebody else'],
  ['ETXTBSY', 'In use by somebody else'],
]);

/** For writing it is the directory that is missing: a missing file would have been made. */
function missing(task: Pick<Task, 'operation' | 'written'>): HostFailure {
  const writing = task.operation === 'fs.write' || task.operation === 'fs.append';
  const path = writing ? parentOf(task.written) : task.written;
  const what = writing || task.operation === 'fs.list' ? 'directory' : 'file';
  const cure = writing ? ' ({:create-dirs true} makes it)' : '';
  return new HostFailure('host', `No such ${what}: ${shown(path)}${cure}`, systemData('ENOENT', 'path', path));
}

function failureOf(cause: unknown, operation: string, written: string, name: string): unknown {
  if (cause instanceof Escape) return securityFailure(name, `the path ${shown(written)} leads out of the granted directories`, null);
  if (isMissing(cause)) return missing({ operation, written });
  const code = systemCode(cause);
  if (code === null || cause instanceof HostFailure) return cause;
  const problem = PROBLEMS.get(code) ?? `The system refused (${code})`;
  return new HostFailure('host', `${problem}: ${shown(written)}`, systemData(code, 'path', written));
}

function nullIfMissing(cause: unknown): null {
  if (isMissing(cause)) return null;
  throw cause;
}
