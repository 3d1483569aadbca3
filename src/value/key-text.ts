/** The keys of maps as the keys of JavaScript and JSON objects, where every kind of key has to become a text. */
import { LargeMap } from './large-map.ts';
import type { MapValue } from './map.ts';
import { PRINT_LENGTH_MAX, printBrief } from './print.ts';
import { Keyword } from './value.ts';

/**
 * A text for each key, in the order of the keys, no two alike: strings and keywords without ceremony, other keys as
 * printed. A keyword whose name is taken keeps its colon, and so on; what is taken even then is numbered, `f (2)`.
 */
export function keyTexts(map: MapValue): string[] {
  const keys = map.keys();
  // Strings come as they are, so they are spoken for before anything else is named.
  const taken = new LargeMap<string, number>();
  for (const key of keys) if (typeof key === 'string') taken.set(key, 1);
  return keys.map((key) => {
    if (typeof key === 'string') return key;
    const printed = printBrief(key, PRINT_LENGTH_MAX);
    const plain = key instanceof Keyword ? key.name : printed;
    return claim(taken.get(plain) !== undefined ? printed : plain, taken);
  });
}

/** The text, numbered if it is taken. `taken` counts how often each text has been asked for. */
function claim(text: string, taken: LargeMap<string, number>): string {
  let count = taken.get(text) ?? 0;
  let free = text;
  while (count > 0 && taken.get(free) !== undefined) {
    count += 1;
    free = `${text} (${count})`;
  }
  taken.set(text, Math.max(count, 1));
  taken.set(free, taken.get(free) ?? 1);
  return free;
}
