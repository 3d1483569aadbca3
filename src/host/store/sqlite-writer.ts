/**
 * Group commit: what is to be written in one turn of the event loop is written in one transaction, and one sync of the disk makes
 * it all durable. Nobody waits for others: a turn ends when nothing is left to do in it, and then the writing begins.
 *
 * A task may run several times and must then do the same: when a transaction with several tasks fails, each runs again in
 * a transaction of its own, so that only those fail that have to.
 */
import type { Database, Statement } from 'better-sqlite3';
import { storeClosed } from './problem.ts';
import { isBusy, isUncertain, problemOf } from './sqlite-problem.ts';

interface Task {
  readonly run: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (problem: unknown) => void;
  readonly done: Promise<unknown>;
}

/** So long others may hold the file until we give up. */
const PATIENCE_MS = 30_000;
/** Between two attempts, at random up to this, so that two processes do not meet again and again. */
const PAUSE_MS = 10;

export class SqliteWriter {
  private readonly database: Database;
  private readonly begin: Statement;
  private readonly commit: Statement;
  private readonly rollback: Statement;
  private queue: Task[] = [];
  private scheduled = false;
  /** When the file was first found locked, while it is. */
  private busySinceMs: number | null = null;
  private closing = false;
  /** Why nothing can be written any more. */
  private broken: unknown = null;

  constructor(database: Database) {
    this.database = database;
    this.begin = database.prepare('BEGIN IMMEDIATE');
    this.commit = database.prepare('COMMIT');
    this.rollback = database.prepare('ROLLBACK');
  }

  /** Resolves with what the task gives, when all that it wrote is durable. */
  write<T>(run: () => T): Promise<T> {
    if (this.closing) return Promise.reject(storeClosed());
    let resolve!: (value: T) => void;
    let reject!: (problem: unknown) => void;
    const done = new Promise<T>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    this.queue.push({ run, resolve, reject, done });
    this.schedule();
    return done;
  }

  /** Takes nothing more; resolves when what was taken is done. */
  async close(): Promise<void> {
    const rest = this.queue.map((task) => task.done);
    this.closing = true;
    await Promise.allSettled(rest);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const tasks = this.queue;
    this.queue = [];
    if (this.attempt(tasks) !== 'alone') return;
    for (let i = 0; i < tasks.length; i++) {
      if (this.attempt([tasks[i]!]) !== 'later') continue;
      this.queue.push(...tasks.slice(i + 1));
      return;
    }
  }

  /** later: the tasks are back in the queue · alone: one of several failed, and each has to be tried in its own transaction. */
  private attempt(tasks: readonly Task[]): 'done' | 'later' | 'alone' {
    if (this.broken !== null) return this.refuse(tasks, this.broken);
    try {
      this.begin.run();
      const values = tasks.map((task) => task.run());
      this.commit.run();
      this.busySinceMs = null;
      tasks.forEach((task, i) => task.resolve(values[i] as never));
      return 'done';
    } catch (error) {
      if (this.database.inTransaction) this.rollback.run();
      return this.fail(tasks, error);
    }
  }

  private fail(tasks: readonly Task[], error: unknown): 'done' | 'later' | 'alone' {
    if (isBusy(error)) return this.isPatient() ? this.wait(tasks) : this.refuse(tasks, error);
    if (isUncertain(error)) this.broken = problemOf(error, this.database.name);
    return tasks.length > 1 ? 'alone' : this.refuse(tasks, error);
  }

  private wait(tasks: readonly Task[]): 'later' {
    this.queue = [...tasks, ...this.queue];
    this.scheduled = true;
    setTimeout(() => this.flush(), Math.random() * PAUSE_MS);
    return 'later';
  }

  private refuse(tasks: readonly Task[], error: unknown): 'done' {
    const problem = problemOf(error, this.database.name);
    for (const task of tasks) task.reject(problem);
    return 'done';
  }

  private isPatient(): boolean {
    const nowMs = performance.now();
    this.busySinceMs ??= nowMs;
    const patient = nowMs - this.busySinceMs < PATIENCE_MS;
    if (!patient) this.busySinceMs = null;
    return patient;
  }
}
