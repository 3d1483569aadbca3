/**
 * Opening a file of SQLite as a store needs it. The driver is optional where the package is installed, since it is compiled for the machine;
 * it is loaded when the first store is opened.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import type DatabaseConstructor from 'better-sqlite3';
import { StoreProblem } from './port.ts';
import { isBusy, problemOf } from './sqlite-problem.ts';
import { prepareSchema } from './sqlite-schema.ts';

/** So long SQLite itself waits for other processes, and blocks this one. */
const BLOCKING_MS = 50;
/** So long others may hold the file until we give up. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 20;
/** A store is made of pages of this size. */
const PAGE_BYTES = 4096;

/** The database, ready to be used; throws a `StoreProblem`. */
export async function openDatabase(path: string): Promise<Database> {
  const Driver = await loadDriver();
  const directory = dirname(path);
  if (!existsSync(directory)) throw new StoreProblem('unusable', `the store ${path}: there is no folder ${directory}: make it or name another file`);
  checkSize(path);
  return patiently(path, () => {
    const database = new Driver(path, { timeout: BLOCKING_MS });
    try {
      configure(database);
      prepareSchema(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/**
 * SQLite takes the stump of a file for an empty one, and what is missing of the last page for zeros. While there is a log the end of the
 * file may be unfinished: the log has it.
 */
function checkSize(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const isWhole = size % PAGE_BYTES === 0 || existsSync(`${path}-wal`);
  if (!isWhole && !statSync(path).isDirectory()) throw new StoreProblem('damaged', `the store ${path}: the file is no store, or ends too early: name another file, or take a copy of it back`);
}

async function loadDriver(): Promise<typeof DatabaseConstructor> {
  try {
    return (await import('better-sqlite3')).default;
  } catch {
    throw new StoreProblem('unusable', 'a store in a file needs the package better-sqlite3, which is not installed here or not for this version of node: npm install better-sqlite3 (where there is no compiled one for the machine it takes python3, make and a C++ compiler)');
  }
}

function configure(database: Database): void {
  database.pragma(`page_size = ${PAGE_BYTES}`);
  database.pragma('journal_mode = WAL');
  // Every commit is synced to the disk (D1); on macOS that takes a command of its own.
  database.pragma('synchronous = FULL');
  database.pragma('fullfsync = ON');
  database.pragma('checkpoint_fullfsync = ON');
  // What is damaged is to be found when it is read.
  database.pragma('cell_size_check = ON');
  database.pragma('trusted_schema = OFF');
}

/** For this connection; other processes have their own limits. */
export function limitSize(database: Database, sizeMaxBytes: number): void {
  const pageBytes = database.pragma('page_size', { simple: true }) as number;
  database.pragma(`max_page_count = ${Math.max(1, Math.floor(sizeMaxBytes / pageBytes))}`);
}

/** What the attempt gives, when other processes let it; throws a `StoreProblem`. */
export async function patiently<T>(path: string, attempt: () => T): Promise<T> {
  const startMs = performance.now();
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() - startMs > PATIENCE_MS) throw problemOf(error, path);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MS));
  }
}
