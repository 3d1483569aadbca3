/** What SQLite says, as problems of the store. Its own words are for its authors and stay out of ours. */
import { StoreProblem } from './port.ts';

/** The beginning of a code of SQLite, as finer codes begin like the coarse ones; what it means for the store. The first that fits counts. */
const MEANINGS: readonly (readonly [code: string, problem: StoreProblem['problem'], text: string])[] = [
  ['SQLITE_FULL', 'full', 'there is no room left: make room and go on'],
  // Quotas and limits of size are no full disks for SQLite; what was to be written is not there either way.
  ['SQLITE_IOERR_WRITE', 'full', 'the disk takes no more; it is full, or a quota or a limit of size is reached: make room and go on'],
  ['SQLITE_IOERR_SHORT_READ', 'damaged', 'the file ends too early: take a copy of it back'],
  ['SQLITE_IOERR_CORRUPTFS', 'damaged', 'the file system is damaged: take a copy of the file back'],
  ['SQLITE_CORRUPT', 'damaged', 'the file is damaged: take a copy of it back'],
  ['SQLITE_NOTADB', 'damaged', 'the file is no store, or its beginning is damaged: name another file, or take a copy of it back'],
  ['SQLITE_CONSTRAINT', 'damaged', 'the file holds what should not be in it: take a copy of it back'],
  ['SQLITE_FORMAT', 'damaged', 'the file is damaged: take a copy of it back'],
  ['SQLITE_BUSY', 'unusable', 'other processes keep the file locked'],
  ['SQLITE_LOCKED', 'unusable', 'other processes keep the file locked'],
  ['SQLITE_READONLY', 'unusable', 'the file may not be written: change its permissions or name another'],
  ['SQLITE_PERM', 'unusable', 'the file may not be read or written: change its permissions or name another'],
  ['SQLITE_CANTOPEN', 'unusable', 'the file cannot be opened: look whether its folder is there and may be written'],
  ['SQLITE_IOERR', 'unusable', 'the disk refused to work: look after it, then open the store again'],
  ['SQLITE_NOMEM', 'unusable', 'there is not enough memory'],
  // The schema was checked when the file was opened, so what is missing or odd now was damaged.
  ['SQLITE_', 'damaged', 'the file is damaged: take a copy of it back'],
];

/** The problem that an error of the driver means; what is no error of SQLite is a fault of ours and stays what it is. */
export function problemOf(error: unknown, path: string): unknown {
  const code = codeOf(error);
  const meaning = MEANINGS.find(([start]) => code.startsWith(start));
  if (meaning === undefined) return error;
  const [, problem, text] = meaning;
  return new StoreProblem(problem, `the store ${path}: ${text}`);
}

/** Whether waiting may help: another process has the file. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

/** Whether it is unknown what of a commit has reached the disk: then nothing more may be built on it. */
export function isUncertain(error: unknown): boolean {
  return codeOf(error).endsWith('FSYNC');
}

export function damaged(path: string, what: string): StoreProblem {
  return new StoreProblem('damaged', `the store ${path}: ${what} is damaged: take a copy of the file back`);
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}
