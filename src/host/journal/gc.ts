/** Removing content that no run needs any more: what remains is reachable from the last states of runs that have not ended and from what records name for good. */
import { type Hash, type RunRow, type Store, StoreProblem } from '../store/port.ts';
import { type ContentNames, type ContentRules, followContent, gatherNames, recordsOf, rootsOf } from './content.ts';
import { decodeRecord, WITHOUT_CODE } from './record.ts';

export interface Collection {
  /** Pieces of content that are needed, and stay. */
  readonly kept: number;
  readonly removed: number;
  readonly removedBytes: number;
}

/**
 * Nobody may drive a run of the store meanwhile. Rejects with the problem `damaged`, and removes nothing, when a record or a piece of content that is needed cannot
 * be read: what it needs itself would be taken for garbage.
 */
export async function collectGarbage(store: Store, rules: ContentRules): Promise<Collection> {
  const keep = new Set<Hash>();
  for (const row of await store.runs()) {
    const roots = rootsOf(row, await namesOf(store, row, rules));
    const [fault] = await followContent(store, roots, rules, keep);
    if (fault !== undefined) throw unsafe(`content ${fault.hash} of the run ${row.id} is ${fault.reason}`);
  }
  const { count, bytes } = await store.sweep(keep);
  return { kept: keep.size, removed: count, removedBytes: bytes };
}

async function namesOf(store: Store, row: RunRow, rules: ContentRules): Promise<ContentNames> {
  const names: ContentNames = { lasting: [], state: null };
  for await (const { seq, bytes } of recordsOf(store, row.id)) {
    const decoded = decodeRecord(bytes, WITHOUT_CODE);
    if (!decoded.ok) throw unsafe(`record ${seq} of the run ${row.id} cannot be read`);
    gatherNames(names, row, decoded.value, rules);
  }
  if (row.checkpoint !== null && names.state === null) throw unsafe(`the run ${row.id} does not say which state it goes on from`);
  return names;
}

function unsafe(what: string): StoreProblem {
  return new StoreProblem('damaged', `nothing was removed, since ${what}: verify the store, and remove that run or take a copy of the store back`);
}
