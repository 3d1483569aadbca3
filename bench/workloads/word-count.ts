/** A persistent map with text keys, changed once for each word of a text. */
import { Map as PersistentMap } from 'immutable';
import { MapValue } from '../../src/value/map.ts';
import type { Value } from '../../src/value/value.ts';
import type { Workload } from './workload.ts';
import { wordText } from './words.ts';

type Counts = PersistentMap<string, number>;

function countWords(text: string): Counts {
  return text.split(' ').reduce((counts, word) => counts.set(word, counts.get(word, 0) + 1), PersistentMap<string, number>());
}

/** Whether both are maps from the same words to the same counts. */
export function sameCounts(answer: Value, expected: unknown): boolean {
  const counts = expected as ReadonlyMap<string, number> | Counts;
  if (!(answer instanceof MapValue) || answer.size !== counts.size) return false;
  for (const [word, count] of answer) if (counts.get(word as string) !== count) return false;
  return true;
}

export const wordCountWorkload: Workload = {
  name: 'word count of 200,000 words',
  source: `
(defn main [text]
  (reduce (fn [counts word] (assoc counts word (inc (get counts word 0))))
          {}
          (split text " ")))
`,
  baseline: (text) => countWords(text as string),
  against: 'Immutable.Map',
  args: () => [wordText(200_000)],
  smallArgs: () => ['the cat and the dog and the bird'],
  agrees: sameCounts,
};
