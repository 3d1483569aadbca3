/**
 * Checking a chain: is what a store has of a run what was written? From bytes alone, without the code of the run.
 *
 * The chain says that something was changed, dropped, inserted, swapped or repeated, and where it no longer holds together. Of two
 * neighbours that do not fit, the one is bad that its other neighbour does not fit either; so the first bad record is named, not the one
 * after it. Whoever can write the whole store can make a whole new chain: that only signed heads show, since the keys are not in the store.
 */
import { EMPTY_HEAD, type Hash, type Head, type SignedHead, type StoredRecord } from '../store/port.ts';
import { recordHash } from './chain.ts';
import type { Sha256 } from './digest.ts';
import { decodeRecord, WITHOUT_CODE } from './record.ts';

export interface ChainFault {
  /** The first bad record, by the number that it should have. */
  readonly seq: number;
  /**
   * changed: its bytes or its hash · unreadable: it was written so · foreign: it belongs to another run · misnumbered: it is kept under another number,
   * or names one · missing · inserted · repeated · swapped: out of order · unsigned: a signature does not fit · rewritten: signed as another one
   */
  readonly reason: 'changed' | 'unreadable' | 'foreign' | 'misnumbered' | 'missing' | 'inserted' | 'repeated' | 'swapped' | 'unsigned' | 'rewritten';
  readonly message: string;
}

export interface ChainReport {
  readonly count: number;
  readonly fault: ChainFault | null;
  /** The last record that a good signature vouches for; 0 for none. Only meaningful without a fault. */
  readonly signedSeq: number;
  /** Keys that signed heads of the run and that nobody here knows. Their signatures say nothing. */
  readonly unknownKeys: readonly string[];
}

export type SignatureCheck = (run: string, head: SignedHead) => 'good' | 'bad' | 'unknown-key';

export interface ChainCheck {
  /** The records in the order in which the store gives them. */
  readonly add: (record: StoredRecord) => void;
  /** `head` is what the store says of the run. */
  readonly finish: (head: Head, signatures: readonly SignedHead[], checkSignature: SignatureCheck) => ChainReport;
}

/** What is kept of a record. */
interface Link {
  readonly keptSeq: number;
  readonly seq: number;
  readonly previous: Hash;
  readonly hash: Hash;
  /** Of the record alone, whatever its neighbours are. */
  readonly fault: Omit<ChainFault, 'seq'> | null;
}

export function createChainCheck(run: string, sha256: Sha256): ChainCheck {
  const links: Link[] = [];
  return {
    add: (record) => void links.push(linkOf(run, record, sha256)),
    finish: (head, signatures, checkSignature) => {
      const signed = checkSignatures(run, links, signatures, checkSignature);
      return { ...signed, count: links.length, fault: faultInside(links, head) ?? faultAtHead(links, head) ?? signed.fault };
    },
  };
}

function linkOf(run: string, record: StoredRecord, sha256: Sha256): Link {
  const hash = recordHash(record.bytes, sha256);
  const decoded = decodeRecord(record.bytes, WITHOUT_CODE);
  const { seq, previous } = decoded.ok ? decoded.value : { seq: 0, previous: '' };
  return { keptSeq: record.seq, seq, previous, hash, fault: faultAlone() };

  function faultAlone(): Link['fault'] {
    if (hash !== record.hash) return { reason: 'changed', message: 'its bytes do not have its hash' };
    if (!decoded.ok) return { reason: 'unreadable', message: decoded.error.message };
    if (decoded.value.run !== run) return { reason: 'foreign', message: `it belongs to the run ${decoded.value.run}` };
    return null;
  }
}

function faultInside(links: readonly Link[], head: Head): ChainFault | null {
  for (let i = 0; i < links.length; i++) {
    const link = links[i]!;
    const seq = i + 1;
    if (link.fault !== null) return { seq, ...link.fault };
    if (link.previous !== hashAt(links, i - 1)) return brokenLink(links, i, head);
    if (link.seq !== seq) return { seq, reason: 'misnumbered', message: `it says that it is record ${link.seq}` };
    if (link.keptSeq !== seq) return { seq, reason: 'misnumbered', message: `it is kept as record ${link.keptSeq}` };
  }
  return null;
}

function hashAt(links: readonly Link[], index: number): Hash | undefined {
  return index < 0 ? EMPTY_HEAD.hash : links[index]?.hash;
}

/** The record at `index` does not follow the one before it. */
function brokenLink(links: readonly Link[], index: number, head: Head): ChainFault {
  const link = links[index]!;
  const seq = index + 1;
  const twin = links.findIndex((one) => one.hash === link.hash);
  if (twin < index) return { seq, reason: 'repeated', message: `it is record ${twin + 1} again` };
  const before = link.previous === EMPTY_HEAD.hash ? -1 : links.findIndex((one) => one.hash === link.previous);
  if (before > index) return { seq, reason: 'swapped', message: `it follows record ${links[before]!.seq}, which stands behind it` };
  if (before >= 0 || link.previous === EMPTY_HEAD.hash) return { seq: before + 2, reason: 'inserted', message: `what stands behind it, at ${seq}, follows ${before < 0 ? 'nothing' : `record ${before + 1}`}` };
  if (link.seq > seq) return { seq, reason: 'missing', message: `record ${link.seq} stands in its place` };
  const following = links[index + 1]?.previous ?? head.hash;
  if (following === hashAt(links, index - 1)) return { seq, reason: 'inserted', message: 'the record behind it follows the one before it' };
  return index === 0 || following !== link.hash
    ? { seq, reason: 'changed', message: 'it does not follow the record before it' }
    : { seq: seq - 1, reason: 'changed', message: `record ${seq} was written behind another one` };
}

/** What the store says of the run against its records. */
function faultAtHead(links: readonly Link[], head: Head): ChainFault | null {
  const count = links.length;
  if (head.seq > count) return { seq: count + 1, reason: 'missing', message: `the run had ${head.seq} records` };
  if (head.seq < count) return { seq: head.seq + 1, reason: 'inserted', message: `the run had ${head.seq} records` };
  if (head.hash !== hashAt(links, count - 1)) return { seq: Math.max(count, 1), reason: 'changed', message: 'it is not the head of the run' };
  return null;
}

function checkSignatures(run: string, links: readonly Link[], signatures: readonly SignedHead[], check: SignatureCheck): Pick<ChainReport, 'fault' | 'signedSeq' | 'unknownKeys'> {
  const unknownKeys = new Set<string>();
  let signedSeq = 0;
  for (const head of signatures) {
    const verdict = check(run, head);
    if (verdict === 'unknown-key') unknownKeys.add(head.key);
    const fault = verdict === 'unknown-key' ? null : signatureFault(links, head, verdict, signedSeq);
    if (fault !== null) return { fault, signedSeq, unknownKeys: [...unknownKeys] };
    if (verdict === 'good') signedSeq = head.seq;
  }
  return { fault: null, signedSeq, unknownKeys: [...unknownKeys] };
}

function signatureFault(links: readonly Link[], head: SignedHead, verdict: 'good' | 'bad', signedSeq: number): ChainFault | null {
  const { seq } = head;
  if (verdict === 'bad') return { seq, reason: 'unsigned', message: `its signature is not by the key ${head.key}` };
  if (seq > links.length) return { seq: links.length + 1, reason: 'missing', message: `record ${seq} was signed` };
  if (hashAt(links, seq - 1) !== head.hash) return { seq: signedSeq + 1, reason: 'rewritten', message: `record ${seq} is not the one that was signed: this or a later one is another` };
  return null;
}
