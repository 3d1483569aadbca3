/**
 * The tables of a store in SQLite, and how a file of an older version becomes one of this version. The version of a file is in its
 * `user_version`; versions are never changed, only followed by others. A file of a newer version is refused.
 *
 * - A run is known by its id outside, and by its number in the tables.
 * - A status is its place in `STATUSES`.
 * - A lease is there while somebody holds it (version 2; in version 1 rows of runs had room for it, and kept the room).
 * - Records lie in the order in which they were written, whatever their run is: runs that write together fill the same pages, and
 *   a commit of many writes few (version 2; in version 1 each run had its own).
 * - A record's bytes hold the hash of the one before as text. It is cut out where it is found, at `cut`, since that hash is there (version 2). Without the record
 *   before it, it cannot be read.
 * - Records that are written together lie in one row, and what all records of a run begin with lies in the row of the run (version 3; see
 *   `sqlite-records.ts`).
 * - Content lies in the order of writing, since a table kept by hashes leaves a third of its room empty (version 2).
 * - While a run is running, its row may say the head of an earlier record: records alone are written without the row, which is a page of its own (version 4; in
 *   version 3 the row was always written). Once it waits or has ended, the row says its head. Until then nothing but the records says that there are those behind it.
 */
import type { Database } from 'better-sqlite3';
import { type RunStatus, StoreProblem } from './port.ts';

export const STATUSES: readonly RunStatus[] = ['running', 'waiting', 'complete', 'failed', 'cancelled'];

/** The place of the status of runs that somebody drives, or did until they died. */
export const RUNNING = STATUSES.indexOf('running');

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

const VERSION_2 = `
  CREATE TABLE leases (
    run INTEGER PRIMARY KEY,
    until_ms INTEGER NOT NULL,
    host TEXT NOT NULL,
    process INTEGER NOT NULL,
    token TEXT NOT NULL
  ) STRICT;
  INSERT INTO leases SELECT number, lease_until_ms, owner_host, owner_process, owner_token FROM runs WHERE owner_token IS NOT NULL;
  ALTER TABLE runs DROP COLUMN lease_until_ms;
  ALTER TABLE runs DROP COLUMN owner_host;
  ALTER TABLE runs DROP COLUMN owner_process;
  ALTER TABLE runs DROP COLUMN owner_token;

  ALTER TABLE records RENAME TO old_records;
  CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    cut INTEGER,
    bytes BLOB NOT NULL
  ) STRICT;
  INSERT INTO records (run, seq, hash, bytes) SELECT run, seq, hash, bytes FROM old_records ORDER BY run, seq;
  DROP TABLE old_records;
  CREATE UNIQUE INDEX records_by_run ON records (run, seq);

  ALTER TABLE content RENAME TO old_content;
  CREATE TABLE content (
    number INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  INSERT INTO content (hash, bytes) SELECT hash, bytes FROM old_content;
  DROP TABLE old_content;
  CREATE UNIQUE INDEX content_by_hash ON content (hash);
`;

/** `seq` and `hash` are those of the last record in the row, of which there are `count`. */
const VERSION_3 = `
  ALTER TABLE runs ADD COLUMN record_head BLOB NOT NULL DEFAULT x'';
  ALTER TABLE records ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
`;

/** The tables are the same: a version that believes what a row says of its head must not open the file. */
const VERSION_4 = '';

/** What makes a file of each version from one of the version before; the first makes it from an empty one. */
const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4];

/** Brings the file to this version, in one transaction. Throws a `StoreProblem` for files of others. */
export function prepareSchema(database: Database, path: string): void {
  const version = MIGRATIONS.length;
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
