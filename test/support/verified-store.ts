/** A small store as the host would make one: two runs with signed heads, states and code as content. */
import { createHash } from 'node:crypto';
import { chainRecords } from '../../src/host/journal/chain.ts';
import type { ContentRules } from '../../src/host/journal/content.ts';
import { nodeSha256 } from '../../src/host/journal/digest.ts';
import { type Signer, signHead } from '../../src/host/journal/signature.ts';
import { type Batch, EMPTY_HEAD, type Store, type StoredRecord } from '../../src/host/store/port.ts';
import { keyword } from '../../src/value/value.ts';
import { draft } from './journal-data.ts';
import { batchOf, newRun, owner } from './store-data.ts';

const testContentHash = (bytes: Uint8Array): string => createHash('sha256').update('content\0').update(bytes).digest('hex');

/** Content of these tests is a text; it needs the content whose hashes stand behind `>` in it. */
export function testContent(text: string, ...children: readonly string[]): { readonly hash: string; readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(Buffer.from([text, ...children].join('>')));
  return { hash: testContentHash(bytes), bytes };
}

export const TEST_RULES: ContentRules = {
  children: (hash, bytes) => (testContentHash(bytes) === hash ? Buffer.from(bytes).toString().split('>').slice(1) : null),
  lasting: ({ data }) => [data.get(keyword('code'))].filter((hash) => typeof hash === 'string'),
  checkpoint: ({ kind, data }) => {
    const hash = data.get(keyword('state'));
    return kind === 'checkpoint' && typeof hash === 'string' ? hash : null;
  },
  link: () => null,
};

export const LEAF = testContent('a large value');
export const STATE = testContent('a state', LEAF.hash);
export const CODE = testContent('some code');
export const GARBAGE = testContent('an older state');

/** `waiting` has five records, the third and the last are signed; `ended` has two and its old state. Content that nobody needs is there, too.
 * `together`: records are written several at a time, as far as signatures allow. */
export async function fillVerifiedStore(store: Store, signer: Signer, together = true): Promise<void> {
  const drafts = [
    draft('run-started', { code: CODE.hash }), draft('call-requested', { call: '0.0' }), draft('call-answered', { call: '0.0', value: 5 }),
    draft('checkpoint', { state: STATE.hash }), draft('run-waiting', { calls: '0.1' }),
  ];
  const records = chainRecords('waiting', EMPTY_HEAD, drafts, nodeSha256);
  const lease = await store.create(newRun('waiting'), batchOf({ content: [CODE, GARBAGE] }), owner(1));
  const append = async (several: readonly StoredRecord[], parts: Partial<Batch>): Promise<void> => {
    if (!together) for (const record of several.slice(0, -1)) await store.append(lease, batchOf({ records: [record] }));
    await store.append(lease, batchOf({ records: together ? several : several.slice(-1), ...parts }));
  };
  await append(records.slice(0, 3), { signature: await signHead(signer, 'waiting', records[2]!) });
  const change = { status: 'waiting', checkpoint: { seq: 4, hash: STATE.hash } } as const;
  await append(records.slice(3), { content: [STATE, LEAF], signature: await signHead(signer, 'waiting', records[4]!), change });
  await store.release(lease);
  const ended = chainRecords('ended', EMPTY_HEAD, [draft('checkpoint', { state: GARBAGE.hash }), draft('run-complete', { value: 1 })], nodeSha256);
  const signature = await signHead(signer, 'ended', ended[1]!);
  const begun = await store.create(newRun('ended'), batchOf({ records: ended.slice(0, together ? 2 : 1) }), owner(1));
  await store.append(begun, batchOf({ records: together ? [] : ended.slice(1), signature, change: { status: 'complete', checkpoint: { seq: 1, hash: GARBAGE.hash } } }));
  await store.release(begun);
}
