/**
 * Making the chain: every record names the hash of the one before (H3). Whoever knows the hash of a head knows the whole run. What
 * was made is checked in `chain-check.ts`.
 */
import type { Hash, Head, StoredRecord } from '../store/port.ts';
import type { Sha256 } from './digest.ts';
import { encodeDraft, RECORD_DOMAIN, type RecordDraft } from './record.ts';

/** The drafts as the records that follow the head, in order. The last of them is the new head. */
export function chainRecords(run: string, head: Head, drafts: readonly RecordDraft[], sha256: Sha256): readonly StoredRecord[] {
  const records: StoredRecord[] = [];
  let { seq, hash: previous } = head;
  for (const { timeMs, kind, data } of drafts) {
    seq += 1;
    const { bytes, hashed } = encodeDraft({ run, seq, previous, timeMs, kind, data });
    previous = sha256(...hashed);
    records.push({ seq, hash: previous, bytes });
  }
  return records;
}

export function recordHash(bytes: Uint8Array, sha256: Sha256): Hash {
  return sha256(RECORD_DOMAIN, bytes);
}
