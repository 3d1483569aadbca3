/** The content of durable runs, for those who verify a store or remove what nobody needs: four kinds, each named with a domain of its own. */
import { hashBytes } from '../../ir/hash.ts';
import { decodeValue } from '../../value/bytes.ts';
import { chunkChildren, chunkHash } from '../../value/chunk-format.ts';
import { hashValue } from '../../value/hash.ts';
import type { ContentRules, RunLink } from '../journal/content.ts';
import { type JournalRecord, WITHOUT_CODE } from '../journal/record.ts';
import type { Hash } from '../store/port.ts';
import { branchOf } from './branch-log.ts';
import { readParent } from './callback.ts';
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
  link: ({ kind, data, run }) => (kind === 'run-started' ? forkIn(new Facts(data)) : kind === 'callback-started' ? callbackIn(run, new Facts(data)) : kind === 'branch-returned' ? logIn(run, new Facts(data)) : null),
};

function forkIn(started: Facts): RunLink | null {
  const [run, seq, hash] = [started.text('from'), started.number('seq'), started.text('hash')];
  return run === null || seq === null || hash === null ? null : { kind: 'fork', run, seq, hash };
}

function callbackIn(caller: string, facts: Facts): RunLink | null {
  const run = facts.text('run');
  if (run === null) return null;
  const isIn = (start: JournalRecord): boolean => {
    const parent = readParent(new Facts(start.data));
    return parent !== null && parent.run === caller && parent.call === facts.text('call') && parent.number === facts.number('number');
  };
  return { kind: 'callback', run, isIn };
}

function logIn(owner: string, facts: Facts): RunLink | null {
  const [run, seq, hash] = [facts.text('run'), facts.number('seq'), facts.text('hash')];
  const differs = facts.text('worker-state') !== null;
  const isIn = (start: JournalRecord): boolean => {
    const branch = branchOf(new Facts(start.data));
    return branch !== null && branch.run === owner && branch.path === facts.text('path') && branch.state === facts.text('given');
  };
  if (run === null || seq === null || hash === null) return differs ? { kind: 'log', run: '', seq: 0, hash: '', differs, isIn } : null;
  return { kind: 'log', run, seq, hash, differs, isIn };
}

/** Of a large value of a record. */
function valueHash(bytes: Uint8Array): Hash | null {
  const decoded = decodeValue(bytes, WITHOUT_CODE);
  return decoded.ok ? hashValue(decoded.value) : null;
}
