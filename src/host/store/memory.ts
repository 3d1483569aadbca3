/** A store that lives as long as the process: for tests, and for runs that need not outlive it. */
import {
  type Acquisition, type Batch, type Content, EMPTY_HEAD, type Hash, hasEnded, type Lease, type Message, type NewRun, type Owner, type RunRow, type SignedHead, type Store,
  type StoredRecord,
} from './port.ts';
import { checkRunId, leaseLost, notEnded, outOfOrder, runExists, storeClosed, unknownRun } from './problem.ts';

export interface MemoryStoreOptions {
  /** Whether it is certain that the owner is no more; never, unless given. */
  readonly isGone?: (owner: Owner) => boolean;
}

interface Entry {
  row: RunRow;
  epoch: number;
  leaseUntilMs: number;
  readonly records: StoredRecord[];
  signatures: readonly SignedHead[];
  messages: readonly Message[];
}

export function createMemoryStore({ isGone = () => false }: MemoryStoreOptions = {}): Store {
  return new MemoryStore(isGone);
}

class MemoryStore implements Store {
  private readonly isGone: (owner: Owner) => boolean;
  private readonly entries = new Map<string, Entry>();
  private readonly contents = new Map<Hash, Uint8Array>();
  private lastMessage = 0;
  private closed = false;

  constructor(isGone: (owner: Owner) => boolean) {
    this.isGone = isGone;
  }

  async create(run: NewRun, batch: Batch, owner: Owner): Promise<Lease> {
    this.checkOpen();
    checkRunId(run.id);
    if (this.entries.has(run.id)) throw runExists(run.id);
    const row: RunRow = {
      id: run.id, name: run.name, status: 'running', createdMs: run.createdMs, updatedMs: run.createdMs, head: EMPTY_HEAD, checkpoint: null, wakeMs: null, waits: new Uint8Array(0), owner,
    };
    const entry: Entry = { row, epoch: 1, leaseUntilMs: run.leaseUntilMs, records: [], signatures: [], messages: [] };
    this.write(entry, batch);
    this.entries.set(run.id, entry);
    return { run: run.id, epoch: 1, owner };
  }

  async acquire(run: string, owner: Owner, nowMs: number, untilMs: number): Promise<Acquisition> {
    this.checkOpen();
    const entry = this.entries.get(run);
    if (entry === undefined) return { kind: 'unknown' };
    const holder = this.holderOf(entry, nowMs);
    if (holder !== null) return { kind: 'busy', owner: holder, untilMs: entry.leaseUntilMs };
    entry.epoch += 1;
    entry.leaseUntilMs = untilMs;
    entry.row = { ...entry.row, owner };
    return { kind: 'held', lease: { run, epoch: entry.epoch, owner }, row: entry.row };
  }

  async renew(lease: Lease, untilMs: number): Promise<boolean> {
    this.checkOpen();
    const entry = this.entries.get(lease.run);
    if (entry === undefined || !isHeldBy(entry, lease)) return false;
    entry.leaseUntilMs = untilMs;
    return true;
  }

  async release(lease: Lease): Promise<void> {
    this.checkOpen();
    const entry = this.entries.get(lease.run);
    if (entry !== undefined && isHeldBy(entry, lease)) entry.row = { ...entry.row, owner: null };
  }

  async append(lease: Lease, batch: Batch): Promise<void> {
    this.checkOpen();
    const entry = this.entries.get(lease.run);
    if (entry === undefined || !isHeldBy(entry, lease)) throw leaseLost(lease.run);
    this.write(entry, batch);
  }

  async run(id: string): Promise<RunRow | null> {
    this.checkOpen();
    return this.entries.get(id)?.row ?? null;
  }

  async runs({ status, limit }: Parameters<Store['runs']>[0] = {}): Promise<readonly RunRow[]> {
    this.checkOpen();
    const rows = [...this.entries.values()].reverse().map((entry) => entry.row);
    return rows.filter((row) => status === undefined || status.includes(row.status)).slice(0, limit);
  }

  async records(run: string, from: number = 1, limit?: number): Promise<readonly StoredRecord[]> {
    this.checkOpen();
    const start = Math.max(0, from - 1);
    return this.entries.get(run)?.records.slice(start, limit === undefined ? undefined : start + limit) ?? [];
  }

  async signatures(run: string): Promise<readonly SignedHead[]> {
    this.checkOpen();
    return this.entries.get(run)?.signatures ?? [];
  }

  contentNow(hash: Hash): Uint8Array | null {
    this.checkOpen();
    return this.contents.get(hash) ?? null;
  }

  async content(hash: Hash): Promise<Uint8Array | null> {
    this.checkOpen();
    return this.contents.get(hash) ?? null;
  }

  async send(run: string, message: Uint8Array): Promise<void> {
    this.checkOpen();
    const entry = this.entries.get(run);
    if (entry === undefined) throw unknownRun(run);
    this.lastMessage += 1;
    entry.messages = [...entry.messages, { id: this.lastMessage, bytes: message }];
  }

  async messages(run: string): Promise<readonly Message[]> {
    this.checkOpen();
    return this.entries.get(run)?.messages ?? [];
  }

  async due(nowMs: number, limit: number): Promise<readonly string[]> {
    this.checkOpen();
    const free = [...this.entries.values()].filter((entry) => !hasEnded(entry.row.status) && this.holderOf(entry, nowMs) === null);
    const isTimed = ({ row }: Entry): boolean => row.wakeMs !== null && row.wakeMs <= nowMs;
    const timed = free.filter(isTimed).sort((a, b) => a.row.wakeMs! - b.row.wakeMs!);
    const addressed = free.filter((entry) => entry.messages.length > 0 && !isTimed(entry)).sort((a, b) => a.messages[0]!.id - b.messages[0]!.id);
    return [...timed, ...addressed].slice(0, limit).map((entry) => entry.row.id);
  }

  async sweep(keep: ReadonlySet<Hash>): Promise<{ readonly count: number; readonly bytes: number }> {
    this.checkOpen();
    const gone = [...this.contents].filter(([hash]) => !keep.has(hash));
    for (const [hash] of gone) this.contents.delete(hash);
    return { count: gone.length, bytes: gone.reduce((sum, [, bytes]) => sum + bytes.length, 0) };
  }

  async remove(run: string): Promise<void> {
    this.checkOpen();
    const entry = this.entries.get(run);
    if (entry === undefined) throw unknownRun(run);
    if (!hasEnded(entry.row.status)) throw notEnded(run);
    this.entries.delete(run);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private checkOpen(): void {
    if (this.closed) throw storeClosed();
  }

  private holderOf({ row, leaseUntilMs }: Entry, nowMs: number): Owner | null {
    return row.owner === null || leaseUntilMs <= nowMs || this.isGone(row.owner) ? null : row.owner;
  }

  private write(entry: Entry, batch: Batch): void {
    const head = entry.records.at(-1) ?? EMPTY_HEAD;
    if (batch.records.some((record, i) => record.seq !== head.seq + i + 1)) throw outOfOrder(entry.row.id, head.seq);
    entry.records.push(...batch.records);
    const { seq, hash } = entry.records.at(-1) ?? EMPTY_HEAD;
    entry.row = { ...entry.row, ...batch.change, head: { seq, hash } };
    const { signature } = batch;
    if (signature !== null) entry.signatures = [...entry.signatures.filter((one) => one.seq !== signature.seq), signature];
    for (const content of batch.content) this.keep(content);
    entry.messages = entry.messages.filter((message) => !batch.taken.includes(message.id));
  }

  private keep({ hash, bytes }: Content): void {
    if (!this.contents.has(hash)) this.contents.set(hash, bytes);
  }
}

function isHeldBy(entry: Entry, lease: Lease): boolean {
  return entry.row.owner?.token === lease.owner.token && entry.epoch === lease.epoch;
}
