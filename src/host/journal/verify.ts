/** Checking a whole store: is everything what was written? The report is data. */
import { type Hash, type RunRow, type Store, type StoredRecord, StoreProblem } from '../store/port.ts';
import { type ChainFault, type ChainReport, createChainCheck } from './chain-check.ts';
import { type ContentFault, type ContentNames, type ContentRules, followContent, gatherNames, recordsOf, rootsOf, type RunLink } from './content.ts';
import type { Sha256 } from './digest.ts';
import { headCheck, type KnownKeys } from './signature.ts';
import { decodeRecord, WITHOUT_CODE } from './record.ts';

export interface VerifyOptions {
  readonly keys: KnownKeys;
  readonly rules: ContentRules;
  readonly sha256: Sha256;
  /** Where runs are looked for as well that runs of the store speak of. */
  readonly others?: readonly Store[];
  /** Called after each run, for people who wait. */
  readonly onRun?: (report: RunReport, done: number, of: number) => void;
}

export interface RunReport {
  readonly run: string;
  readonly records: number;
  /** The first bad record; null when all are good. */
  readonly fault: ChainFault | { readonly seq: number; readonly reason: 'lost' | 'checkpoint' | 'link'; readonly message: string } | null;
  /** The last record that a good signature vouches for; 0 for none. */
  readonly signedSeq: number;
  readonly unknownKeys: readonly string[];
  /** Content that the run needs and that is not there or not good. Content that several runs need is told with the first of them. */
  readonly content: readonly ContentFault[];
}

export interface StoreReport {
  /** Nothing is wrong: no fault of a record or of content. Heads without a signature, and unknown keys, are for the reader to judge. */
  readonly ok: boolean;
  readonly runs: readonly RunReport[];
  /** Pieces of content that are needed. */
  readonly contentCount: number;
}

/** Rejects with a `StoreProblem` only when not even the list of runs can be read. */
export async function verifyStore(store: Store, options: VerifyOptions): Promise<StoreReport> {
  const rows = await store.runs();
  const seen = new Set<Hash>();
  const runs: RunReport[] = [];
  for (const row of rows) {
    const report = await verifyRun(store, row, options, seen);
    runs.push(report);
    options.onRun?.(report, runs.length, rows.length);
  }
  return { ok: runs.every(({ fault, content }) => fault === null && content.length === 0), runs, contentCount: seen.size };
}

async function verifyRun(store: Store, row: RunRow, options: VerifyOptions, seen: Set<Hash>): Promise<RunReport> {
  const { rules, keys, sha256 } = options;
  const chain = createChainCheck(row.id, sha256);
  const names: ContentNames = { lasting: [], state: null };
  const links: (RunLink & { readonly at: number })[] = [];
  const add = (record: StoredRecord): void => {
    chain.add(record);
    const decoded = decodeRecord(record.bytes, WITHOUT_CODE);
    if (!decoded.ok) return; // the chain says so
    gatherNames(names, row, decoded.value, rules);
    const link = rules.link(decoded.value);
    if (link !== null) links.push({ ...link, at: record.seq });
  };
  const lost = await readAll(store, row.id, add);
  const signatures = await orFault(() => store.signatures(row.id), 0);
  const report = chain.finish(row.head, signatures.value ?? [], headCheck(keys));
  const fault = firstOf(report, lost, signatures.fault) ?? checkpointFault(row, names.state) ?? (await linkFault([store, ...(options.others ?? [])], links));
  // What bad records and those behind them name says nothing.
  const good = fault === null ? names : { lasting: names.lasting.filter(({ seq }) => seq < fault.seq), state: null };
  const content = await orFault(() => followContent(store, rootsOf(row, good), rules, seen), 0);
  return { run: row.id, records: report.count, fault: fault ?? content.fault, signedSeq: report.signedSeq, unknownKeys: report.unknownKeys, content: content.value ?? [] };
}

type Lost = { readonly seq: number; readonly reason: 'lost'; readonly message: string };

/** Gives every record that the store can give up to the first that it cannot; then one by one, to find that one. */
async function readAll(store: Store, run: string, add: (record: StoredRecord) => void): Promise<Lost | null> {
  let read = 0;
  const all = await orFault(async () => {
    for await (const record of recordsOf(store, run)) {
      add(record);
      read += 1;
    }
  }, 0);
  if (all.fault === null) return null;
  for (;;) {
    const seq = read + 1;
    const one = await orFault(() => store.records(run, seq, 1), seq);
    const [record] = one.value ?? [];
    if (record === undefined) return one.fault;
    add(record);
    read += 1;
  }
}

/** What the attempt gives, or the store's problem as a fault at the record. */
async function orFault<T>(attempt: () => Promise<T>, seq: number): Promise<{ readonly value: T; readonly fault: null } | { readonly value: null; readonly fault: Lost }> {
  try {
    return { value: await attempt(), fault: null };
  } catch (problem) {
    if (!(problem instanceof StoreProblem)) throw problem;
    return { value: null, fault: { seq, reason: 'lost', message: problem.message } };
  }
}

/** Behind a record that the store cannot give, nothing is missing but that. */
function firstOf({ fault }: ChainReport, lost: Lost | null, signatures: Lost | null): RunReport['fault'] {
  if (lost !== null) return fault !== null && fault.seq < lost.seq ? fault : lost;
  return fault ?? signatures;
}

/** What a run says of others against what those say. */
async function linkFault(stores: readonly Store[], links: readonly (RunLink & { readonly at: number })[]): Promise<RunReport['fault']> {
  for (const link of links) {
    const message = (await orFault(() => misfit(stores, link), 0)).value;
    if (message !== null) return { seq: link.at, reason: 'link', message };
  }
  return null;
}

/** Null where they agree. A run that is in none of the stores, any more or at all, says nothing; what is wrong with it otherwise is told with it. */
async function misfit(stores: readonly Store[], link: RunLink): Promise<string | null> {
  if (link.kind === 'log' && link.differs) return `the worker that wrote down ${link.run === '' ? 'nothing' : `the run ${link.run}`} came to another state of the branch`;
  const store = await storeOf(stores, link.run);
  if (store === null) return null;
  const at = async (seq: number): Promise<StoredRecord | null> => (await store.records(link.run, seq, 1))[0] ?? null;
  if (link.kind === 'fork') return (await at(link.seq))?.hash === link.hash ? null : `it was forked from another record ${link.seq} than the run ${link.run} has`;
  const first = await at(1);
  const start = first === null ? null : decodeRecord(first.bytes, WITHOUT_CODE);
  const isIn = start?.ok !== true || link.isIn(start.value);
  if (link.kind === 'callback') return isIn ? null : `the run ${link.run} is no callback of this call, as its first record says`;
  if (!isIn) return `the run ${link.run} is not of this branch as it was given out, as its first record says`;
  return (await at(link.seq))?.hash === link.hash ? null : `the worker ended with another record ${link.seq} than the run ${link.run} has`;
}

async function storeOf(stores: readonly Store[], run: string): Promise<Store | null> {
  for (const store of stores) if (run !== '' && (await store.run(run)) !== null) return store;
  return null;
}

/** `named` is the state that the record names which the row points to. */
function checkpointFault(row: RunRow, named: Hash | null): RunReport['fault'] {
  if (row.checkpoint === null || named === row.checkpoint.hash) return null;
  return { seq: row.checkpoint.seq, reason: 'checkpoint', message: 'it does not name the state that the run would go on from' };
}
