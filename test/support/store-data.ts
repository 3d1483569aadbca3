/** Owners, records and batches for tests of stores. The records are no real ones: a store does not look inside. */
import { createHash } from 'node:crypto';
import { type Batch, type Content, type Hash, type NewRun, type Owner, type SignedHead, type StoredRecord, StoreProblem } from '../../src/host/store/port.ts';

export function hashOfText(text: string): Hash {
  return createHash('sha256').update(text).digest('hex');
}

export function owner(number: number): Owner {
  return { host: 'somewhere', processId: 1000 + number, token: `driver ${number}` };
}

export function newRun(id: string, leaseUntilMs: number = 1000): NewRun {
  return { id, name: `${id}.rtfs`, createdMs: 10, leaseUntilMs };
}

export function storedRecord(seq: number, text: string = `record ${seq}`): StoredRecord {
  return { seq, hash: hashOfText(text), bytes: bytesOfText(text) };
}

/** `count` records from the number `from` on. */
export function storedRecords(from: number, count: number): readonly StoredRecord[] {
  return Array.from({ length: count }, (_, i) => storedRecord(from + i));
}

export function content(text: string): Content {
  return { hash: hashOfText(text), bytes: bytesOfText(text) };
}

export function signedHead(seq: number, fill: number = 7): SignedHead {
  return { seq, hash: storedRecord(seq).hash, key: 'key-1', signature: new Uint8Array(64).fill(fill) };
}

export function batchOf(parts: Partial<Batch> = {}): Batch {
  return { records: [], content: [], signature: null, change: {}, taken: [], ...parts };
}

export function bytesOfText(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/** What a promise rejects with, when it is a `StoreProblem`; the value as text when it resolves. */
export async function problemKind(promise: Promise<unknown>): Promise<string> {
  try {
    return `resolved: ${JSON.stringify(await promise)}`;
  } catch (problem) {
    if (problem instanceof StoreProblem) return problem.problem;
    throw problem;
  }
}
