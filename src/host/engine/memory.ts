/**
 * An engine in the memory of this process: what an engine must do, and no more. For tests, and to be read by whoever writes another one.
 *
 * The journal of a segment is the list of what it asked for and the list of what `first` gave. A later attempt asks again and gets the
 * same; after that it waits for what is still to come.
 */
import type { Clock } from '../port.ts';
import type { DriveSegment, Engine, EngineContent, Pending, Segment, Settled } from './port.ts';

export interface MemoryEngine extends Engine {
  /** Drives runs from now on; those that were begun before as well. */
  readonly serve: (drive: DriveSegment) => void;
  /** The process of the worker ends: all attempts are over, and nothing of them is left but what was written down. Nobody drives runs then. */
  readonly crash: () => void;
  /** As an operator does it, with the engine's own means. */
  readonly cancel: (run: string) => void;
  /** Why the last attempt at a segment of the run failed; null when it did not. */
  readonly fault: (run: string) => unknown;
  /** How many attempts at segments there were. */
  readonly attempts: () => number;
}

/** What a segment asked for. */
interface Entry extends Pending {
  /** Of a step its name, of a timer its duration, of a message its number. */
  readonly asked: string | number;
  readonly dueMs: number;
  bytes: Uint8Array | null;
  atMs: number | null;
}

interface Journal {
  readonly input: Uint8Array;
  readonly entries: Entry[];
  /** What `first` gave: the number of the entry, or null when the run was cancelled. */
  readonly given: (number | null)[];
  /** How many things were written. */
  writes: number;
  next: Uint8Array | null;
}

interface Run {
  journal: Journal | null;
  readonly messages: { readonly bytes: Uint8Array; readonly atMs: number }[];
  readonly written: Map<string, Uint8Array>;
  isCancelled: boolean;
  fault: unknown;
  /** Looks again whether something has come. */
  wake: () => void;
}

const RETRY_MS = 5;

export function createMemoryEngine(clock: Clock): MemoryEngine {
  return new InMemory(clock);
}

class InMemory implements MemoryEngine {
  private readonly clock: Clock;
  private readonly all = new Map<string, Run>();
  private readonly held = new Map<string, Uint8Array>();
  private readonly named = new Map<string, string>();
  private worker: { readonly drive: DriveSegment; readonly over: AbortController } | null = null;
  private begun = 0;

  readonly content: EngineContent = {
    read: (hash) => Promise.resolve(this.held.get(hash) ?? null),
    write: (hash, bytes) => Promise.resolve(void this.held.set(hash, bytes)),
  };

  readonly names = {
    read: (name: string): Promise<string | null> => Promise.resolve(this.named.get(name) ?? null),
    write: (name: string, text: string): Promise<void> => Promise.resolve(void this.named.set(name, text)),
  };

  constructor(clock: Clock) {
    this.clock = clock;
  }

  start = (id: string, input: Uint8Array, written: Readonly<Record<string, Uint8Array>>): Promise<boolean> => {
    if (this.all.has(id)) return Promise.resolve(false);
    const run: Run = { journal: newJournal(input), messages: [], written: new Map(Object.entries(written)), isCancelled: false, fault: null, wake: () => undefined };
    this.all.set(id, run);
    if (this.worker !== null) void this.drive(id, run, this.worker);
    return Promise.resolve(true);
  };

  tell = (id: string, message: Uint8Array): Promise<boolean> => {
    const run = this.all.get(id);
    run?.messages.push({ bytes: message, atMs: this.clock.nowMs() });
    run?.wake();
    return Promise.resolve(run !== undefined);
  };

  read = (id: string, name: string): Promise<Uint8Array | null> => Promise.resolve(this.all.get(id)?.written.get(name) ?? null);

  remove = (id: string): Promise<void> => Promise.resolve(void this.all.delete(id));

  runs = (): Promise<readonly string[]> => Promise.resolve([...this.all.keys()]);

  serve = (drive: DriveSegment): void => {
    this.crash();
    const worker = (this.worker = { drive, over: new AbortController() });
    for (const [id, run] of this.all) void this.drive(id, run, worker);
  };

  crash = (): void => {
    this.worker?.over.abort();
    this.worker = null;
  };

  cancel = (id: string): void => {
    const run = this.all.get(id);
    if (run === undefined) return;
    run.isCancelled = true;
    run.wake();
  };

  fault = (id: string): unknown => this.all.get(id)?.fault ?? null;

  attempts = (): number => this.begun;

  private async drive(id: string, run: Run, { drive, over }: { readonly drive: DriveSegment; readonly over: AbortController }): Promise<void> {
    while (run.journal !== null && !over.signal.aborted) {
      const { journal } = run;
      this.begun += 1;
      try {
        await drive(new Attempt({ id, run, journal, clock: this.clock, content: this.content, signal: over.signal }), journal.input);
      } catch (cause) {
        run.fault = cause;
        await this.clock.sleep(RETRY_MS, over.signal);
        continue;
      }
      if (over.signal.aborted) return;
      run.fault = null;
      run.journal = journal.next === null ? null : newJournal(journal.next);
    }
  }
}

function newJournal(input: Uint8Array): Journal {
  return { input, entries: [], given: [], writes: 0, next: null };
}

interface AttemptParts {
  readonly id: string;
  readonly run: Run;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly content: EngineContent;
  readonly signal: AbortSignal;
}

class Attempt implements Segment {
  readonly run: string;
  readonly content: EngineContent;
  readonly signal: AbortSignal;
  private readonly parts: AttemptParts;
  /** How much of the journal this attempt has gone through. */
  private asked = 0;
  private given = 0;
  private writes = 0;
  private readonly work = new Map<Pending, () => Promise<Uint8Array>>();
  private readonly waiting = new Set<Pending>();

  constructor(parts: AttemptParts) {
    this.parts = parts;
    this.run = parts.id;
    this.content = parts.content;
    this.signal = parts.signal;
  }

  step = (name: string, work: () => Promise<Uint8Array>): Pending => {
    const entry = this.ask('step', name, 0);
    this.work.set(entry, work);
    return entry;
  };

  timer = (durationMs: number): Pending => this.ask('timer', durationMs, this.parts.clock.nowMs() + durationMs);

  message = (number: number): Pending => this.ask('message', number, 0);

  first = async (pending: readonly Pending[]): Promise<Settled> => {
    const { journal, run } = this.parts;
    const recorded = journal.given[this.given];
    if (recorded !== undefined) {
      this.given += 1;
      return recorded === null ? { kind: 'cancelled' } : this.settled(journal.entries[recorded]!, pending);
    }
    for (const one of pending) this.begin(one as Entry);
    for (;;) {
      // Whoever drives an attempt that is over never hears of anything again, as when a process ends.
      if (this.signal.aborted) return new Promise(() => undefined);
      const found = pending.find((one) => this.isThere(one as Entry));
      if (!run.isCancelled && found === undefined) {
        await new Promise<void>((resolve) => (run.wake = resolve));
        continue;
      }
      const isCancelled = run.isCancelled;
      run.isCancelled = false;
      journal.given.push(isCancelled ? null : journal.entries.indexOf(found as Entry));
      this.given += 1;
      return isCancelled ? { kind: 'cancelled' } : this.settled(found as Entry, pending);
    }
  };

  write = (name: string, bytes: Uint8Array): void => {
    const { journal, run } = this.parts;
    if (this.signal.aborted || ++this.writes <= journal.writes) return;
    journal.writes = this.writes;
    run.written.set(name, bytes);
  };

  handOver = (input: Uint8Array): void => {
    if (!this.signal.aborted) this.parts.journal.next = input;
  };

  private ask(what: Pending['what'], asked: string | number, dueMs: number): Entry {
    const { entries } = this.parts.journal;
    const before = entries[this.asked];
    if (before === undefined) entries.push({ what, asked, dueMs, bytes: null, atMs: null });
    else if (before.what !== what || before.asked !== asked) throw new Error(`the attempt asks for the ${what} ${asked}, and the one before asked for the ${before.what} ${before.asked}`);
    return entries[this.asked++]!;
  }

  private begin(entry: Entry): void {
    if (this.waiting.has(entry) || entry.bytes !== null) return;
    this.waiting.add(entry);
    if (entry.what === 'step') void this.does(entry, this.work.get(entry)!);
    else if (entry.what === 'timer') void this.sleepUntil(entry.dueMs);
  }

  /** A clock's sleep may be over a little before its time has come. */
  private async sleepUntil(dueMs: number): Promise<void> {
    const { clock, run } = this.parts;
    do await clock.sleep(Math.max(0, dueMs - clock.nowMs()), this.signal);
    while (!this.signal.aborted && clock.nowMs() < dueMs);
    run.wake();
  }

  private async does(entry: Entry, work: () => Promise<Uint8Array>): Promise<void> {
    const bytes = await work();
    if (this.signal.aborted) return;
    entry.bytes = bytes;
    this.parts.run.wake();
  }

  private isThere(entry: Entry): boolean {
    switch (entry.what) {
      case 'step':
        return entry.bytes !== null;
      case 'timer':
        return entry.dueMs <= this.parts.clock.nowMs();
      case 'message':
        return this.parts.run.messages.length >= Number(entry.asked);
    }
  }

  private settled(entry: Entry, pending: readonly Pending[]): Settled {
    if (!pending.includes(entry)) throw new Error('the attempt waits for something else than the one before');
    if (entry.what !== 'message') return { kind: 'settled', pending: entry, bytes: entry.bytes ?? new Uint8Array(0), atMs: null };
    const { bytes, atMs } = this.parts.run.messages[Number(entry.asked) - 1]!;
    return { kind: 'settled', pending: entry, bytes, atMs };
  }
}
