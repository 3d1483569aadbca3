/**
 * Finding text in text, in linear time whatever the texts are. An engine's own `indexOf` is fast for short needles and
 * quadratic for hostile long ones (15 s were measured for 100 kB in 1 MB), so long needles go through the algorithm of
 * Knuth, Morris and Pratt.
 *
 * A match never cuts a surrogate pair of the text in two: code points are the letters here.
 */
import { widthBefore } from './text.ts';

/** Up to this many code units the engine's own search is trusted: at worst it looks at each unit this many times. */
const ENGINE_NEEDLE_MAX = 32;

export interface Searcher {
  /** The code unit of the first match at or after `from`, or -1. An empty needle matches at `from`. */
  readonly first: (text: string, from: number) => number;
  /** The code unit of the last match that starts at or before `from`, or -1. */
  readonly last: (text: string, from: number) => number;
}

/** A searcher for one needle; worth keeping for many searches. */
export function searcher(needle: string): Searcher {
  return needle.length <= ENGINE_NEEDLE_MAX ? engineSearcher(needle) : linearSearcher(needle);
}

export function containsText(text: string, needle: string): boolean {
  return searcher(needle).first(text, 0) >= 0;
}

export function startsWithText(text: string, start: string): boolean {
  return text.startsWith(start) && isWhole(text, 0, start.length);
}

export function endsWithText(text: string, end: string): boolean {
  return text.endsWith(end) && isWhole(text, text.length - end.length, text.length);
}

/** Whether neither end lies inside a surrogate pair. */
function isWhole(text: string, start: number, end: number): boolean {
  return !isInsidePair(text, start) && !isInsidePair(text, end);
}

function isInsidePair(text: string, unit: number): boolean {
  return unit > 0 && unit < text.length && widthBefore(text, unit + 1) === 2;
}

function engineSearcher(needle: string): Searcher {
  return {
    first: (text, from) => {
      let at = text.indexOf(needle, from);
      while (at >= 0 && !isWhole(text, at, at + needle.length)) at = at < text.length ? text.indexOf(needle, at + 1) : -1;
      return at;
    },
    last: (text, from) => {
      let at = text.lastIndexOf(needle, from);
      while (at >= 0 && !isWhole(text, at, at + needle.length)) at = at > 0 ? text.lastIndexOf(needle, at - 1) : -1;
      return at;
    },
  };
}

function linearSearcher(needle: string): Searcher {
  const borders = bordersOf(needle);
  const search = (text: string, from: number, end: number, all: boolean): number => {
    let found = -1;
    let matched = 0;
    for (let unit = from; unit < end; unit++) {
      const letter = text.charCodeAt(unit);
      while (matched > 0 && needle.charCodeAt(matched) !== letter) matched = borders[matched - 1]!;
      if (needle.charCodeAt(matched) === letter) matched += 1;
      if (matched < needle.length) continue;
      const start = unit + 1 - needle.length;
      matched = borders[matched - 1]!;
      if (!isWhole(text, start, unit + 1)) continue;
      if (!all) return start;
      found = start;
    }
    return found;
  };
  return {
    first: (text, from) => search(text, from, text.length, false),
    last: (text, from) => search(text, 0, Math.min(text.length, from + needle.length), true),
  };
}

/** For each prefix of `needle` the length of the longest proper prefix that also ends it. */
function bordersOf(needle: string): Int32Array {
  const borders = new Int32Array(needle.length);
  let matched = 0;
  for (let unit = 1; unit < needle.length; unit++) {
    const letter = needle.charCodeAt(unit);
    while (matched > 0 && needle.charCodeAt(matched) !== letter) matched = borders[matched - 1]!;
    if (needle.charCodeAt(matched) === letter) matched += 1;
    borders[unit] = matched;
  }
  return borders;
}
