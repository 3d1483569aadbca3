/** How the content of runs is named and what it needs: for verifying stores, and for removing what nobody needs. */
import { hashBytes } from '../../ir/hash.ts';
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import { chunkChildren, chunkHash } from '../../value/chunk-format.ts';
import { hashValue } from '../../value/hash.ts';
import type { ContentRules } from '../journal/content.ts';
import { WITHOUT_CODE } from '../journal/record.ts';
import type { Hash } from '../store/port.ts';
import { contentOf, Facts } from './facts.ts';
import { programGroups, programHash } from './program.ts';

/** What content is, by what it begins with: a chunk of a state, a program, a large value; else the code of a group. */
export const CONTENT_RULES: ContentRules = {
  contentHash: (bytes) => {
    if (chunkChildren(bytes) !== null) return chunkHash(bytes);
    if (programGroups(bytes) !== null) return programHash(bytes);
    return valueHash(bytes) ?? hashBytes(bytes);
  },
  children: (bytes) => chunkChildren(bytes) ?? programGroups(bytes) ?? [],
  lasting: ({ kind, data }) => {
    const facts = new Facts(data);
    const program = kind === 'run-started' ? facts.text('program') : null;
    return program === null ? contentOf(data) : [program, ...contentOf(data)];
  },
  checkpoint: ({ kind, data }) => (kind === 'checkpoint' ? new Facts(data).text('root') : null),
};

/** Of the bytes of a value as they have to be; null for what is none. */
function valueHash(bytes: Uint8Array): Hash | null {
  const decoded = decodeValue(bytes, WITHOUT_CODE);
  return decoded.ok && encodeValue(decoded.value).length === bytes.length ? hashValue(decoded.value) : null;
}
