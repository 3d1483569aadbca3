/**
 * The contexts that a plan runs in: a chain of steps, each with its own data, as immutable records. The root belongs to
 * the run. A child reads its parents' data unless it is sandboxed; writes go to the current context only and end with it.
 */
import { keyword, type Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';
import { raise, raiseType } from './raise.ts';

export type Isolation = 'inherit' | 'isolated' | 'sandboxed';

export interface Context {
  /** The path of step names and occurrences: `root`, `root/fetch`, `root/fetch#1/parse`. */
  readonly id: string;
  readonly name: string;
  /** How many steps of this name were entered before it in the same parent. */
  readonly occurrence: number;
  readonly isolation: Isolation;
  readonly data: MapValue;
  /** How often each step name has been entered here. */
  readonly entered: MapValue;
  readonly parent: Context | null;
  readonly depth: number;
}

/** UTF-16 code units of a path: events and calls carry it. */
export const CONTEXT_ID_LENGTH_MAX = 65_536;

export function rootContext(data: MapValue): Context {
  return { id: 'root', name: 'root', occurrence: 0, isolation: 'inherit', data, entered: MapValue.empty(), parent: null, depth: 1 };
}

export function contextId(parent: Context, name: string, occurrence: number): string {
  return `${parent.id}/${name}${occurrence === 0 ? '' : `#${occurrence}`}`;
}

/** The parent, which remembers the entry, and the new child. */
export function enterContext(parent: Context, name: string, isolation: Isolation): Context {
  const occurrence = (parent.entered.get(name) as number | undefined) ?? 0;
  const remembered: Context = { ...parent, entered: parent.entered.set(name, occurrence + 1) };
  const id = contextId(parent, name, occurrence);
  if (id.length > CONTEXT_ID_LENGTH_MAX) raise('overflow', `Limit exceeded: the names of the steps around this one are longer than ${CONTEXT_ID_LENGTH_MAX} characters`);
  return { id, name, occurrence, isolation, data: MapValue.empty(), entered: MapValue.empty(), parent: remembered, depth: parent.depth + 1 };
}

/** Keys are keywords; strings and symbols of the same name mean the same key. */
export function contextKey(key: Value, operation: string): Value {
  if (typeof key === 'string') return keyword(key);
  if (typeof key === 'object' && key !== null) {
    if (key.kind === 'keyword') return key;
    if (key.kind === 'symbol') return keyword(key.name);
  }
  return raiseType(operation, 'keyword, string or symbol', key);
}

/** The value that is visible from the context, or undefined; a stored nil is a value. */
export function readContext(context: Context, key: Value): Value | undefined {
  for (let at: Context | null = context; at !== null; at = at.parent) {
    const value = at.data.get(key);
    if (value !== undefined) return value;
    if (at.isolation === 'sandboxed') return undefined;
  }
  return undefined;
}
