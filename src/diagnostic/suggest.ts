/**
 * `did you mean`: the known names that a wrong one was probably meant to be.
 *
 * A name qualifies when it is a few edits away (insert, delete, replace, swap neighbours), when it begins with the wrong
 * one or is most of it, or when it is what stands behind the wrong name's namespace. Case and inner `-` and `_` do not
 * count, so `parseInt` finds `parse-int`. The answer does not depend on the order of the candidates.
 *
 * Cost: linear in the number of candidates. One that is too long is not looked at; any other is read once and compared
 * in at most (2 × EDITS_MAX + 1) × NAME_MAX steps.
 */

const EDITS_MAX = 3;
/** Longer names (UTF-16 code units) are not typing mistakes. */
const NAME_MAX = 100;
/** A shorter beginning is shared by too many names to mean anything. */
const PREFIX_MIN = 3;

interface Scored {
  readonly name: string;
  /** Smaller is closer. */
  readonly distance: number;
  readonly commonPrefix: number;
}

/** At most `max` candidates, the likeliest first; never `wrong` itself. */
export function suggest(wrong: string, candidates: Iterable<string>, max = 3): string[] {
  if (wrong.length === 0 || wrong.length > NAME_MAX) return [];
  const folded = fold(wrong);
  const local = fold(wrong.slice(wrong.lastIndexOf('/') + 1));
  const found = new Map<string, Scored>();
  for (const name of candidates) {
    if (name === wrong || name.length > NAME_MAX || found.has(name)) continue;
    const other = fold(name);
    const distance = distanceOf(folded, local, other);
    if (distance !== null) found.set(name, { name, distance, commonPrefix: commonPrefixOf(folded, other) });
  }
  return [...found.values()].sort(byLikelihood).slice(0, max).map((scored) => scored.name);
}

function byLikelihood(a: Scored, b: Scored): number {
  return a.distance - b.distance || b.commonPrefix - a.commonPrefix || a.name.length - b.name.length || (a.name < b.name ? -1 : 1);
}

/** 0 for the same name but for case and separators, else the number of edits; null when too far away. */
function distanceOf(wrong: string, local: string, name: string): number | null {
  const edits = editDistance(wrong, name, editsAllowed(wrong.length));
  if (edits !== null) return edits;
  if (local !== wrong && local === name) return 1;
  return wrong.length >= PREFIX_MIN && (name.startsWith(wrong) || isMostOf(name, wrong)) ? EDITS_MAX + 1 : null;
}

/** `str` is not what somebody meant who wrote `string-up`. */
function isMostOf(name: string, wrong: string): boolean {
  return wrong.startsWith(name) && 2 * name.length >= wrong.length;
}

/** One edit in a name of one character leaves nothing of it. */
function editsAllowed(length: number): number {
  return length < 2 ? 0 : length < 6 ? 1 : length < 9 ? 2 : EDITS_MAX;
}

/** Lower case (ASCII only: the same everywhere), without `-` and `_` save a leading one. */
function fold(name: string): string {
  let folded = '';
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (i > 0 && (unit === 0x2d || unit === 0x5f)) continue;
    folded += unit >= 0x41 && unit <= 0x5a ? String.fromCharCode(unit + 0x20) : name[i]!;
  }
  return folded;
}

function commonPrefixOf(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}

/**
 * The Damerau–Levenshtein distance in which no stretch is edited twice, or null when it is greater than `limit`.
 * Only cells within `limit` of the diagonal are computed: all others are greater anyway.
 */
export function editDistance(a: string, b: string, limit: number): number | null {
  if (Math.abs(a.length - b.length) > limit) return null;
  const far = limit + 1;
  let beforeLast = new Array<number>(b.length + 2).fill(far);
  let last = Array.from({ length: b.length + 2 }, (_, j) => Math.min(j, far));
  let row = new Array<number>(b.length + 2).fill(far);
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit);
    const to = Math.min(b.length, i + limit);
    // The next rows read one cell beyond each end of the band.
    row[from - 1] = i <= limit ? i : far;
    row[to + 1] = far;
    for (let j = from; j <= to; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1);
      const cost = Math.min(last[j - 1]! + (same ? 0 : 1), last[j]! + 1, row[j - 1]! + 1);
      row[j] = Math.min(isSwap(a, b, i, j) ? beforeLast[j - 2]! + 1 : far, cost, far);
    }
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  const distance = last[b.length]!;
  return distance <= limit ? distance : null;
}

/** Whether the two characters that end at `i` in `a` are the two that end at `j` in `b`, swapped. */
function isSwap(a: string, b: string, i: number, j: number): boolean {
  if (i < 2 || j < 2) return false;
  return a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1);
}
