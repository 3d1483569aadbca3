/** Chains for tests of journals. */
import { chainRecords } from '../../src/host/journal/chain.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import type { RecordDraft, RecordKind } from '../../src/host/journal/record.ts';
import { EMPTY_HEAD, type Head, type StoredRecord } from '../../src/host/store/port.ts';
import { keyword, type Value } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';

export function draft(kind: RecordKind, data: Readonly<Record<string, Value>> = {}, timeMs: number = 1_700_000_000_000): RecordDraft {
  return { kind, data, timeMs };
}

/** A run of `count` records as one might be: a start, requests and answers in turn. */
export function chainOf(run: string, count: number, head: Head = EMPTY_HEAD): readonly StoredRecord[] {
  const drafts = Array.from({ length: count }, (_, i): RecordDraft => {
    if (i === 0) return draft('run-started', { code: 'ab'.repeat(32), args: Vector.empty() });
    const call = `0.${(i + 1) >> 1}`;
    return i % 2 === 1 ? draft('call-requested', { call, capability: keyword('shop/price'), args: Vector.of('bolts', i) }, 1_700_000_000_000 + i) : draft('call-answered', { call, value: i, turn: i >> 1 }, 1_700_000_000_000 + i);
  });
  return chainRecords(run, head, drafts, nodeSha256);
}
