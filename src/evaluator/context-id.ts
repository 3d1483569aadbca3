/**
 * The ids of contexts: the path of step names and occurrences, `root/fetch#1/parse`. No two contexts have one id: where a
 * name has one of `/`, `#` and `%`, the id has `%2F`, `%23` and `%25`. So an id tells its parent, and need not be stored
 * beside it.
 */
import { keyword, Keyword, SymbolValue, type Value } from '../value/value.ts';

export const ROOT_ID = 'root';

/** The place of a context below its parent. */
export interface Place {
  readonly parent: string;
  readonly name: string;
  /** How many contexts of this name were entered before it in the same parent. */
  readonly occurrence: number;
}

export function childId({ parent, name, occurrence }: Place): string {
  return `${parent}/${escapeName(name)}${occurrence === 0 ? '' : `#${occurrence}`}`;
}

/** Null for the root and for what is no id. */
export function placeOf(id: string): Place | null {
  const cut = id.lastIndexOf('/');
  if (cut < 0) return null;
  const [escaped, digits = '0', ...more] = id.slice(cut + 1).split('#');
  if (escaped === undefined || more.length > 0 || !Number.isSafeInteger(Number(digits))) return null;
  const place: Place = { parent: id.slice(0, cut), name: unescapeName(escaped), occurrence: Number(digits) };
  return childId(place) === id ? place : null;
}

/** 1 for the root. */
export function depthOf(id: string): number {
  let depth = 1;
  for (let at = id.indexOf('/'); at >= 0; at = id.indexOf('/', at + 1)) depth += 1;
  return depth;
}

/** Whether something may be kept under it: keys are keywords, strings and symbols of the same name mean the same key. */
export function keyOf(value: Value): Keyword | null {
  if (typeof value === 'string') return keyword(value);
  return value instanceof Keyword ? value : value instanceof SymbolValue ? keyword(value.name) : null;
}

function escapeName(name: string): string {
  const isPlain = !name.includes('%') && !name.includes('/') && !name.includes('#');
  return isPlain ? name : name.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('#', '%23');
}

function unescapeName(text: string): string {
  return text.replaceAll('%2F', '/').replaceAll('%23', '#').replaceAll('%25', '%');
}
