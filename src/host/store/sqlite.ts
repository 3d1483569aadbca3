/**
 * A store in one file, by SQLite: its log is written ahead and synced at every commit (D1). Every process that opens the file may drive
 * runs in it; each writes for the shortest time, and waits when another does.
 *
 * Whatever is written goes through the writer, which puts what comes together into one transaction.
 */
import type { Database, Statement } from 'better-sqlite3';
import { hexToBytes } from '../../value/hex.ts';
import { isGone as isProcessGone } from './owner.ts';
import {
  type Acquisition, type Batch, type Content, EMPTY_HEAD, type Hash, hasEnded, type Head, type Lease, type Message, type NewRun, type Owner, type RowChange, type RunFilter, type RunRow,
  type SignedHead, type Store, type StoredRecord,
} from './port.ts';
import { checkRunId, leaseLost, notEnded, outOfOrder, runExists, storeClosed, unknownRun } from './problem.ts';
import { limitSize, openDatabase, patiently } from './sqlite-open.ts';
import { damaged } from './sqlite-problem.ts';
import { packRecords, recordHead, unpackRecords } from './sqlite-records.ts';
import { bytesOf, type Complain, hashBlob, hashOf, isRowBehind, LAST_SEQ, ownerOf, type Row, RUN_COLUMNS, runOf, textOf, wholeOf } from './sqlite-rows.ts';
import { RUNNING, STATUSES } from './sqlite-schema.ts';
import { SqliteWriter } from './sqlite-writer.ts';

export interface SqliteStoreOptions {
  /** Whether it is certain that the owner is no more; by the processes of this machine, unless given. */
  readonly isGone?: (owner: Owner) => boolean;
  /** What would make the file larger is refused with the problem `full`; as large as the disk allows, unless given. */
  readonly sizeMaxBytes?: number;
}

/** The store in that file, which is made when it is not there. Rejects with a `StoreProblem`. */
export async function openSqliteStore(path: string, { isGone = isProcessGone, sizeMaxBytes }: SqliteStoreOptions = {}): Promise<Store> {
  const database = await openDatabase(path);
  if (sizeMaxBytes !== undefined) limitSize(database, sizeMaxBytes);
  return patiently(path, () => new SqliteStore(database, isGone));
}

const ALL = 2 ** 32;
/** Content is removed so much at a time, so that others can write in between. */
const SWEEP_AT_ONCE = 1000;

class SqliteStore implements Store {
  private readonly database: Database;
  private readonly writer: SqliteWriter;
  private readonly isGone: (owner: Owner) => boolean;
  private closed = false;
  /** By their text; made when they are first used. */
  private readonly statements = new Map<string, Statement>();
  /** What the records of runs begin with that are driven. */
  private readonly heads = new WeakMap<Lease, Uint8Array>();
  /** By the choice of columns. */
  private readonly advances: Statement[] = [];

  constructor(database: Database, isGone: (owner: Owner) => boolean) {
    this.database = database;
    this.writer = new SqliteWriter(database);
    this.isGone = isGone;
  }

  create(run: NewRun, batch: Batch, owner: Owner): Promise<Lease> {
    return this.write(() => {
      checkRunId(run.id);
      if (this.numberOf(run.id) !== null) throw runExists(run.id);
      const { id, name, createdMs, leaseUntilMs } = run;
      const { lastInsertRowid } = this.statement(INSERT_RUN).run(id, name, createdMs, createdMs, hashBlob(EMPTY_HEAD.hash));
      this.statement(INSERT_LEASE).run(lastInsertRowid, leaseUntilMs, owner.host, owner.processId, owner.token);
      const lease: Lease = { run: id, epoch: 1, owner };
      this.writeBatch(lease, batch);
      return lease;
    });
  }

  acquire(run: string, owner: Owner, nowMs: number, untilMs: number): Promise<Acquisition> {
    return this.write((): Acquisition => {
      const row = this.statement(`SELECT number, ${RUN_COLUMNS} WHERE id = ?`).get(run) as Row | undefined;
      if (row === undefined) return { kind: 'unknown' };
      const complain = this.complain(`the run ${run}`);
      const held = this.holderOf(row, nowMs, complain);
      if (held !== null) return { kind: 'busy', owner: held, untilMs: wholeOf(row['until_ms'], complain) };
      const epoch = wholeOf(row['epoch'], complain) + 1;
      const known = runOf(row, complain);
      this.statement('UPDATE runs SET epoch = ? WHERE number = ?').run(epoch, row['number']);
      this.statement(INSERT_LEASE).run(row['number'], untilMs, owner.host, owner.processId, owner.token);
      return { kind: 'held', lease: { run, epoch, owner }, row: { ...known, owner } };
    });
  }

  renew(lease: Lease, untilMs: number): Promise<boolean> {
    return this.write(() => this.statement(`UPDATE leases SET until_ms = ? WHERE run = (SELECT number ${HELD})`).run(untilMs, ...heldBy(lease)).changes === 1);
  }

  release(lease: Lease): Promise<void> {
    return this.write(() => void this.statement(`DELETE FROM leases WHERE run = (SELECT number ${HELD})`).run(...heldBy(lease)));
  }

  append(lease: Lease, batch: Batch): Promise<void> {
    return this.write(() => this.writeBatch(lease, batch));
  }

  run(id: string): Promise<RunRow | null> {
    return this.read(() => {
      const row = this.statement(`SELECT ${RUN_COLUMNS} WHERE id = ?`).get(id) as Row | undefined;
      return row === undefined ? null : runOf(row, this.complain(`the run ${id}`));
    });
  }

  runs({ status = STATUSES, limit = ALL }: RunFilter = {}): Promise<readonly RunRow[]> {
    return this.read(() => {
      const places = status.map((one) => STATUSES.indexOf(one));
      const rows = this.statement(`SELECT ${RUN_COLUMNS} WHERE status IN (${places.join(', ')}) ORDER BY number DESC LIMIT ?`).all(limit) as Row[];
      return rows.map((row) => runOf(row, this.complain('the list of runs')));
    });
  }

  records(run: string, from: number = 1, limit: number = ALL): Promise<readonly StoredRecord[]> {
    return this.read(() => {
      const records: StoredRecord[] = [];
      const kept = this.statement(SELECT_RUN_RECORDS).get(run) as Row | undefined;
      if (kept === undefined || limit <= 0) return records;
      const head = bytesOf(kept['record_head'], this.complain(`the run ${run}`));
      // The first record may need the hash of the one before it.
      const rows = this.statement(SELECT_RECORDS).all(kept['number'], from - 1, limit + 1) as Row[];
      for (const record of unpackRecords(rows, from, head, (seq) => this.complain(`record ${seq} of the run ${run}`))) if (records.push(record) >= limit) break;
      return records;
    });
  }

  signatures(run: string): Promise<readonly SignedHead[]> {
    return this.read(() => {
      const rows = this.statement(SELECT_SIGNATURES).all(run) as Row[];
      const complain = this.complain(`the signatures of the run ${run}`);
      return rows.map(({ seq, hash, key, signature }) => ({
        seq: wholeOf(seq, complain), hash: hashOf(hash, complain), key: textOf(key, complain), signature: bytesOf(signature, complain),
      }));
    });
  }

  content(hash: Hash): Promise<Uint8Array | null> {
    return this.read(() => this.contentNow(hash));
  }

  /** Reading waits for nobody in this mode of the log. */
  contentNow(hash: Hash): Uint8Array | null {
    if (this.closed) throw storeClosed();
    const name = hexToBytes(hash);
    const row = name === null ? undefined : (this.statement('SELECT bytes FROM content WHERE hash = ?').get(name) as Row | undefined);
    return row === undefined ? null : bytesOf(row['bytes'], this.complain(`the content ${hash}`));
  }

  send(run: string, message: Uint8Array): Promise<void> {
    return this.write(() => {
      const number = this.numberOf(run);
      if (number === null) throw unknownRun(run);
      this.statement('INSERT INTO messages (run, bytes) VALUES (?, ?)').run(number, message);
    });
  }

  messages(run: string): Promise<readonly Message[]> {
    return this.read(() => {
      const rows = this.statement('SELECT messages.id, bytes FROM messages JOIN runs ON run = number WHERE runs.id = ? ORDER BY messages.id').all(run) as Row[];
      const complain = this.complain(`a message to the run ${run}`);
      return rows.map(({ id, bytes }) => ({ id: wholeOf(id, complain), bytes: bytesOf(bytes, complain) }));
    });
  }

  due(nowMs: number, limit: number): Promise<readonly string[]> {
    return this.read(() => {
      const found: string[] = [];
      const complain = this.complain('the list of runs');
      for (const row of this.rowsDue(nowMs)) {
        if (found.length >= limit) break;
        if (this.holderOf(row, nowMs, complain) === null) found.push(textOf(row['id'], complain));
      }
      return found;
    });
  }

  async sweep(keep: ReadonlySet<Hash>): Promise<{ readonly count: number; readonly bytes: number }> {
    const complain = this.complain('the list of content');
    const known = await this.read(() => this.statement('SELECT hash, length(bytes) AS size FROM content').all() as Row[]);
    const gone = known.map(({ hash, size }) => ({ hash: hashOf(hash, complain), size: wholeOf(size, complain) })).filter(({ hash }) => !keep.has(hash));
    for (let at = 0; at < gone.length; at += SWEEP_AT_ONCE) {
      await this.write(() => gone.slice(at, at + SWEEP_AT_ONCE).forEach(({ hash }) => this.statement('DELETE FROM content WHERE hash = ?').run(hashBlob(hash))));
    }
    return { count: gone.length, bytes: gone.reduce((sum, { size }) => sum + size, 0) };
  }

  remove(run: string): Promise<void> {
    return this.write(() => {
      const row = this.statement('SELECT number, status FROM runs WHERE id = ?').get(run) as Row | undefined;
      if (row === undefined) throw unknownRun(run);
      const complain = this.complain(`the run ${run}`);
      if (!hasEnded(STATUSES[wholeOf(row['status'], complain)] ?? complain())) throw notEnded(run);
      for (const table of ['leases', 'records', 'signatures', 'messages']) this.statement(`DELETE FROM ${table} WHERE run = ?`).run(row['number']);
      this.statement('DELETE FROM runs WHERE number = ?').run(row['number']);
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.writer.close();
    await patiently(this.database.name, () => void this.database.close());
  }

  // How.

  private write<T>(task: () => T): Promise<T> {
    return this.closed ? Promise.reject(storeClosed()) : this.writer.write(task);
  }

  private async read<T>(attempt: () => T): Promise<T> {
    if (this.closed) throw storeClosed();
    return patiently(this.database.name, attempt);
  }

  private statement(text: string): Statement {
    let statement = this.statements.get(text);
    if (statement === undefined) this.statements.set(text, (statement = this.database.prepare(text)));
    return statement;
  }

  private complain(what: string): Complain {
    return () => {
      throw damaged(this.database.name, what);
    };
  }

  private numberOf(run: string): number | null {
    const row = this.statement('SELECT number FROM runs WHERE id = ?').get(run) as Row | undefined;
    return row === undefined ? null : wholeOf(row['number'], this.complain(`the run ${run}`));
  }

  private holderOf(row: Row, nowMs: number, complain: Complain): Owner | null {
    const owner = ownerOf(row, complain);
    return owner === null || wholeOf(row['until_ms'], complain) <= nowMs || this.isGone(owner) ? null : owner;
  }

  /** First those whose timers are due, then those that have only messages; each run once, the longest overdue first. */
  private *rowsDue(nowMs: number): IterableIterator<Row> {
    yield* this.statement(DUE_BY_TIME).iterate(nowMs) as IterableIterator<Row>;
    yield* this.statement(DUE_BY_MESSAGE).iterate(nowMs) as IterableIterator<Row>;
  }

  private writeBatch(lease: Lease, batch: Batch): void {
    const { number, head, isRunning } = this.checked(lease, batch);
    const { records, signature, content, taken, change } = batch;
    const isRowAhead = Object.keys(change).length > 0 || (records.length > 0 && !isRunning);
    if (isRowAhead) this.advance(number, records[records.length - 1] ?? head, change);
    if (records.length > 0) this.writeRecords(number, records, head.hash, this.recordHeadOf(lease, number, head.seq, records[0]!));
    if (signature !== null) this.statement(INSERT_SIGNATURE).run(number, signature.seq, hashBlob(signature.hash), signature.key, signature.signature);
    for (const one of content) this.keep(one);
    for (const id of taken) this.statement('DELETE FROM messages WHERE id = ? AND run = ?').run(id, number);
  }

  private writeRecords(number: number, records: readonly StoredRecord[], previous: Hash, head: Uint8Array): void {
    for (const { seq, hash, count, cut, bytes } of packRecords(records, previous, head)) this.statement(INSERT_RECORDS).run(number, seq, hashBlob(hash), count, cut, bytes);
  }

  /** What the records of the run begin with: kept once, when its first one is written. */
  private recordHeadOf(lease: Lease, number: number, seq: number, first: StoredRecord): Uint8Array {
    let head = seq === 0 ? undefined : this.heads.get(lease);
    if (head !== undefined) return head;
    if (seq > 0) head = bytesOf(this.statement('SELECT record_head FROM runs WHERE number = ?').pluck().get(number), this.complain(`the run ${lease.run}`));
    else {
      head = recordHead(first.bytes, EMPTY_HEAD.hash);
      this.statement('UPDATE runs SET record_head = ? WHERE number = ?').run(head, number);
    }
    this.heads.set(lease, head);
    return head;
  }

  /** The run's number and its head, if the lease still holds and the head is where the batch begins. */
  private checked(lease: Lease, { records }: Batch): { readonly number: number; readonly head: Head; readonly isRunning: boolean } {
    const row = this.statement(SELECT_HELD).get(...heldBy(lease)) as Row | undefined;
    if (row === undefined) throw leaseLost(lease.run);
    const complain = this.complain(`the run ${lease.run}`);
    const number = wholeOf(row['number'], complain);
    const isBehind = isRowBehind(row, complain);
    const seq = wholeOf(row[isBehind ? 'last_seq' : 'head_seq'], complain);
    if (records.some((record, i) => record.seq !== seq + i + 1)) throw outOfOrder(lease.run, seq);
    const hash = isBehind ? this.statement(SELECT_HASH).pluck().get(number, seq) : row['head_hash'];
    return { number, head: { seq, hash: hashOf(hash, complain) }, isRunning: row['status'] === RUNNING };
  }

  /** There is one statement for each choice of columns, so that a row is written once whatever changes. */
  private advance(number: number, head: Head, change: RowChange): void {
    const values: unknown[] = [head.seq, hashBlob(head.hash)];
    let choice = 0;
    for (const { name, bit, fields } of CHANGES) {
      if (change[name] === undefined) continue;
      choice |= bit;
      values.push(...fields(change));
    }
    (this.advances[choice] ??= this.database.prepare(advanceText(choice))).run(...values, number);
  }

  private keep({ hash, bytes }: Content): void {
    this.statement('INSERT OR IGNORE INTO content (hash, bytes) VALUES (?, ?)').run(hashBlob(hash), bytes);
  }
}

function advanceText(choice: number): string {
  const columns = CHANGES.filter(({ bit }) => (choice & bit) !== 0).map((change) => change.columns);
  return `UPDATE runs SET ${['head_seq = ?, head_hash = ?', ...columns].join(', ')} WHERE number = ?`;
}

/** The row of a run whose lease holds. */
const HELD = 'FROM runs JOIN leases ON leases.run = number WHERE id = ? AND epoch = ? AND token = ?';
/** Looked up for every batch: made once. */
const SELECT_HELD = `SELECT number, status, head_seq, head_hash, ${LAST_SEQ} ${HELD}`;

function heldBy(lease: Lease): readonly [string, number, string] {
  return [lease.run, lease.epoch, lease.owner.token];
}

const INSERT_RUN = `
  INSERT INTO runs (id, name, status, created_ms, updated_ms, head_seq, head_hash, waits, epoch) VALUES (?, ?, 0, ?, ?, 0, ?, x'', 1)`;
const INSERT_LEASE = 'INSERT OR REPLACE INTO leases (run, until_ms, host, process, token) VALUES (?, ?, ?, ?, ?)';
const SELECT_HASH = 'SELECT hash FROM records WHERE run = ? AND seq = ?';
const SELECT_RUN_RECORDS = 'SELECT number, record_head FROM runs WHERE id = ?';
const SELECT_RECORDS = 'SELECT seq, hash, count, cut, bytes FROM records WHERE run = ? AND seq >= ? ORDER BY seq LIMIT ?';
const SELECT_SIGNATURES = 'SELECT seq, hash, key, signature FROM signatures WHERE run = (SELECT number FROM runs WHERE id = ?) ORDER BY seq';
const INSERT_RECORDS = 'INSERT INTO records (run, seq, hash, count, cut, bytes) VALUES (?, ?, ?, ?, ?, ?)';
const INSERT_SIGNATURE = 'INSERT OR REPLACE INTO signatures (run, seq, hash, key, signature) VALUES (?, ?, ?, ?, ?)';

const OPEN = `status IN (${STATUSES.flatMap((status, place) => (hasEnded(status) ? [] : [place])).join(', ')})`;
const LEASE = 'runs.id AS id, until_ms, host, process, token';
const DUE_BY_TIME = `SELECT ${LEASE} FROM runs LEFT JOIN leases ON leases.run = number WHERE wake_ms <= ? AND ${OPEN} ORDER BY wake_ms, number`;
const DUE_BY_MESSAGE = `
  SELECT ${LEASE}, min(messages.id) AS first FROM messages JOIN runs ON messages.run = number LEFT JOIN leases ON leases.run = number
  WHERE ${OPEN} AND (wake_ms IS NULL OR wake_ms > ?) GROUP BY number ORDER BY first`;

interface ColumnChange {
  readonly name: keyof RowChange;
  readonly bit: number;
  readonly columns: string;
  readonly fields: (change: RowChange) => readonly unknown[];
}

/** How what changes of a row is written, with its head. */
const CHANGES: readonly ColumnChange[] = [
  { name: 'status', bit: 1, columns: 'status = ?', fields: ({ status }) => [STATUSES.indexOf(status!)] },
  { name: 'updatedMs', bit: 2, columns: 'updated_ms = ?', fields: ({ updatedMs }) => [updatedMs] },
  { name: 'wakeMs', bit: 4, columns: 'wake_ms = ?', fields: ({ wakeMs }) => [wakeMs] },
  { name: 'waits', bit: 8, columns: 'waits = ?', fields: ({ waits }) => [waits] },
  { name: 'checkpoint', bit: 16, columns: 'checkpoint_seq = ?, checkpoint_hash = ?', fields: ({ checkpoint }) => [checkpoint?.seq ?? null, checkpoint == null ? null : hashBlob(checkpoint.hash)] },
];
