/** Which content the runs of a store need, and whether it is there and good. */
import { type Hash, hasEnded, type RunRow, type Store, type StoredRecord } from '../store/port.ts';
import type { JournalRecord } from './record.ts';

/** How those who write records and content name content in them. All are functions of their arguments alone. */
export interface ContentRules {
  /** The content that this content needs; null when its bytes are not what the name stands for. */
  readonly children: (hash: Hash, bytes: Uint8Array) => readonly Hash[] | null;
  /** The content that a record names and that is kept as long as its run, as code is. */
  readonly lasting: (record: JournalRecord) => readonly Hash[];
  /** The state that a record names, if it is a checkpoint. */
  readonly checkpoint: (record: JournalRecord) => Hash | null;
  /** What a record says of another run. */
  readonly link: (record: JournalRecord) => RunLink | null;
}

/**
 * fork: the run goes on from that record of the other one · callback: the other one is a callback of this one, as its first record has to say · log: the other one
 * is what a worker has written down of a branch of this one, as its first record has to say; that is its last one. `differs`: the worker came to something else.
 */
export type RunLink =
  | { readonly kind: 'fork'; readonly run: string; readonly seq: number; readonly hash: Hash }
  | { readonly kind: 'callback'; readonly run: string; readonly isIn: (start: JournalRecord) => boolean }
  | { readonly kind: 'log'; readonly run: string; readonly seq: number; readonly hash: Hash; readonly differs: boolean; readonly isIn: (start: JournalRecord) => boolean };

export interface ContentFault {
  readonly hash: Hash;
  readonly reason: 'missing' | 'changed';
}

/** Records are read so many at a time. */
const PAGE_RECORDS = 500;

/** All records of the run, in order, from the number `from` on. */
export async function* recordsOf(store: Store, run: string, from: number = 1): AsyncGenerator<StoredRecord> {
  for (let next = from; ; ) {
    const page = await store.records(run, next, PAGE_RECORDS);
    yield* page;
    if (page.length < PAGE_RECORDS) return;
    next = page[page.length - 1]!.seq + 1;
  }
}

/** What records of a run say of content, gathered one by one. */
export interface ContentNames {
  /** By the record that names it. */
  readonly lasting: { readonly seq: number; readonly hash: Hash }[];
  /** The state that the run goes on from, as the record that its row points to names it. */
  state: Hash | null;
}

export function gatherNames(names: ContentNames, row: RunRow, record: JournalRecord, rules: ContentRules): void {
  for (const hash of rules.lasting(record)) names.lasting.push({ seq: record.seq, hash });
  if (record.seq === row.checkpoint?.seq) names.state = rules.checkpoint(record);
}

/** The content that a run is kept with: what its records name for good, and its last state while it has not ended. */
export function rootsOf(row: RunRow, { lasting, state }: ContentNames): readonly Hash[] {
  const hashes = lasting.map(({ hash }) => hash);
  return state === null || hasEnded(row.status) ? hashes : [...hashes, state];
}

/** Adds to `seen` all content that is needed from the roots on, and gives what of it is not there or not good. What is in `seen` is not looked at again. */
export async function followContent(store: Store, roots: readonly Hash[], rules: ContentRules, seen: Set<Hash>): Promise<readonly ContentFault[]> {
  const faults: ContentFault[] = [];
  const open = [...roots];
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    if (seen.has(hash)) continue;
    seen.add(hash);
    const bytes = await store.content(hash);
    const children = bytes === null ? null : rules.children(hash, bytes);
    if (children === null) faults.push({ hash, reason: bytes === null ? 'missing' : 'changed' });
    else for (const child of children) open.push(child);
  }
  return faults;
}
