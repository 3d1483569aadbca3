/** The content of durable runs, for those who verify a store or remove what nobody needs: four kinds, each named with a domain of its own. */
import { hashBytes } from '../../ir/hash.ts';
import { decodeValue } from '../../value/bytes.ts';
import { chunkChildren, chunkHash } from '../../value/chunk-format.ts';
import { hashValue } from '../../value/hash.ts';
import type { ContentRules } from '../journal/content.ts';
import { WITHOUT_CODE } from '../journal/record.ts';
import type { Hash } from '../store/port.ts';
import { contentOf, Facts } from './facts.ts';
import { programGroups, programHash } from './program.ts';

export const CONTENT_RULES: ContentRules = {
  children: (hash, bytes) => {
    if (chunkHash(bytes) === hash) return chunkChildren(bytes);
    if (programHash(bytes) === hash) return programGroups(bytes);
    return hashBytes(bytes) === hash || valueHash(bytes) === hash ? [] : null;
  },
  lasting: ({ kind, data }) => {
    const program = kind === 'run-started' ? new Facts(data).text('program') : null;
    return [...contentOf(data), ...(program === null ? [] : [program])];
  },
  checkpoint: ({ kind, data }) => (kind === 'checkpoint' ? new Facts(data).text('root') : null),
};

/** Of a large value of a record. */
function valueHash(bytes: Uint8Array): Hash | null {
  const decoded = decodeValue(bytes, WITHOUT_CODE);
  return decoded.ok ? hashValue(decoded.value) : null;
}
