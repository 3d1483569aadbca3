/** A text of words as unevenly spread as those of a language: the same on every run and on every engine. */

const SYLLABLES = ['ba', 'do', 'ke', 'li', 'mu', 'na', 'po', 'ri', 'sa', 'tu', 've', 'zi'];
const VOCABULARY = 5_000;

/** Words apart by one space. A word of rank r occurs about 1/r as often as the first. */
export function wordText(count: number): string {
  const ends = cumulativeWeights();
  const total = ends[ends.length - 1]!;
  const words: string[] = [];
  let seed = 12_345;
  for (let i = 0; i < count; i++) {
    seed = (seed * 48_271) % 2_147_483_647;
    words.push(wordOfRank(firstBeyond(ends, (seed / 2_147_483_647) * total) + 1));
  }
  return words.join(' ');
}

function cumulativeWeights(): number[] {
  const ends: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= VOCABULARY; rank++) ends.push((sum += 1 / rank));
  return ends;
}

/** The first place whose number is greater than `wanted`. */
function firstBeyond(ends: readonly number[], wanted: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

function wordOfRank(rank: number): string {
  let word = '';
  for (let left = rank; left > 0; left = Math.floor(left / SYLLABLES.length)) word += SYLLABLES[left % SYLLABLES.length]!;
  return word;
}
