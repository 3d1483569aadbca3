/**
 * The tables of a store in SQLite, and how a file of an older version becomes one of this version. The version of a file is in its
 * `user_version`; versions are never changed, only followed by others. A file of a newer version is refused.
 *
 * - A run is known by its id outside, and by its number in the tables.
 * - A status is its place in `STATUSES`.
 */
import type { Database } from 'better-sqlite3';
import { type RunStatus, StoreProblem } from './port.ts';

export const STATUSES: readonly RunStatus[] = ['running', 'waiting', 'complete', 'failed', 'cancelled'];

/** "RTFS": says whose file it is. */
const APPLICATION_ID = 0x52544653;

const VERSION_1 = `
  CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    checkpoint_seq INTEGER,
    checkpoint_hash BLOB,
    wake_ms INTEGER,
    waits BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL,
    owner_host TEXT,
    owner_process INTEGER,
    owner_token TEXT
  ) STRICT;
  CREATE INDEX runs_by_wake ON runs (wake_ms) WHERE wake_ms IS NOT NULL;
  CREATE TABLE records (
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (run, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE signatures (
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    key TEXT NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (run, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE content (
    hash BLOB PRIMARY KEY,
    bytes BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_run ON messages (run);
`;

/** What makes a file of each version from one of the version before; the first makes it from an empty one. */
const MIGRATIONS: readonly string[] = [VERSION_1];

/** Brings the file to this version, in one transaction. Throws a `StoreProblem` for files of others. */
export function prepareSchema(database: Database, path: string, version: number = MIGRATIONS.length): void {
  if (checkVersion(database, path) === version) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Again, under the lock: another process may have been quicker.
    for (let done = checkVersion(database, path); done < version; done++) {
      database.exec(MIGRATIONS[done]!);
      database.pragma(`user_version = ${done + 1}`);
    }
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.exec('COMMIT');
  } finally {
    if (database.inTransaction) database.exec('ROLLBACK');
  }
}

/** The version of the file; 0 when it is empty. */
function checkVersion(database: Database, path: string): number {
  const version = database.pragma('user_version', { simple: true }) as number;
  const application = database.pragma('application_id', { simple: true }) as number;
  const isEmpty = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  if (isEmpty && version === 0) return 0;
  if (application !== APPLICATION_ID) throw new StoreProblem('damaged', `${path} is a database of something else: name another file for the store`);
  if (version < 1) throw new StoreProblem('damaged', `the store ${path}: its beginning is damaged: take a copy of it back`);
  if (version > MIGRATIONS.length) {
    throw new StoreProblem('version', `the store ${path} has version ${version}, this RTFS knows versions up to ${MIGRATIONS.length}: use the newer RTFS that wrote it`);
  }
  return version;
}
