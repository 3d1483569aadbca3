/**
 * The contexts that a plan runs in: a tree of steps, passes and branches, each with its own data, as immutable records
 * that point to their parents. The root belongs to the run.
 *
 * - Only the context that a fiber stands in is written; what is around it stays as it was when it was entered. So a
 *   record's parents are what they were at the fork and what they are now at once, until the host changes one:
 *   then the records that inherit are made anew, and those that are isolated keep in `seen` what they saw.
 * - A context's data ends with it, unless it is merged into the one around it.
 */
import type { StepForm } from '../ir/step-options.ts';
import type { ErrorValue, Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';
import { Vector } from '../value/vector.ts';
import { childId, keyOf, ROOT_ID } from './context-id.ts';
import { raise, raiseType } from './raise.ts';

export const ISOLATIONS = ['inherit', 'isolated', 'sandboxed'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export type ContextForm = StepForm | 'root' | 'branch';

/** A time by which a step must have ended: the host is asked to answer the call `id` after that time. */
export interface Deadline {
  readonly id: string;
  readonly durationMs: number;
  /** It has passed: what the step will fail with as soon as it waits. */
  readonly passed: ErrorValue | null;
}

/** Whoever makes one lists the fields in this order: engines then give all of them one shape. */
export interface Context {
  /** The path of step names and occurrences: `root`, `root/fetch`, `root/fetch#1/parse`. */
  readonly id: string;
  readonly name: string;
  readonly form: ContextForm;
  /** How many steps of this name were entered before it in the same parent. */
  readonly occurrence: number;
  readonly isolation: Isolation;
  readonly data: MapValue;
  /** Canonical bytes of the keys and values that are open here: its own and its parents'. */
  readonly sizeBytes: number;
  /** How often each step name has been entered here, and how many passes. */
  readonly entered: MapValue;
  /** What the step was told; nil for none. */
  readonly options: MapValue | null;
  readonly parent: Context | null;
  readonly depth: number;
  /** The parent's own data when this was entered: what merging compares with. */
  readonly base: MapValue;
  /** What an isolated context sees of its parents, once they have changed. */
  readonly seen: MapValue | null;
  readonly deadline: Deadline | null;
  /** How to undo it, once it has completed: an entry as in `compensations`. */
  readonly compensation: Value;
  /** How to undo what has completed inside, in order: vectors [id name undo result retries runner sources]; the sources are those of undo and result. */
  readonly compensations: Vector;
  /** They are running: nothing from outside may interrupt that. */
  readonly compensating: boolean;
  /** A function decides what a merge makes of a key: it may not call. */
  readonly deciding: boolean;
}

/** What passes are counted under; steps are counted under their names. */
export const PASSES: Value = null;

/** UTF-16 code units of a path: events and calls carry it. */
export const CONTEXT_ID_LENGTH_MAX = 65_536;

const NO_COMPENSATIONS = Vector.empty();

export function rootContext(data: MapValue, sizeBytes = 0): Context {
  const empty = MapValue.empty();
  return {
    id: ROOT_ID, name: ROOT_ID, form: 'root', occurrence: 0, isolation: 'inherit', data, sizeBytes, entered: empty, options: null, parent: null, depth: 1,
    base: empty, seen: null, deadline: null, compensation: null, compensations: NO_COMPENSATIONS, compensating: false, deciding: false,
  };
}

export type Changing<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] };

/**
 * A copy, to be changed by whoever has it before anybody else sees it. Field by field: what is spread has another shape at each place where that is done,
 * and again when it is spread from such an object, so that engines make and read all of them slowly.
 */
export function contextLike(like: Context): Changing<Context> {
  return {
    id: like.id, name: like.name, form: like.form, occurrence: like.occurrence, isolation: like.isolation, data: like.data, sizeBytes: like.sizeBytes, entered: like.entered,
    options: like.options, parent: like.parent, depth: like.depth, base: like.base, seen: like.seen, deadline: like.deadline, compensation: like.compensation,
    compensations: like.compensations, compensating: like.compensating, deciding: like.deciding,
  };
}

/** Where nothing runs. */
export const NOWHERE: Context = rootContext(MapValue.empty());

export function contextId(parentId: string, form: ContextForm, name: string, occurrence: number): string {
  if (form === 'pass' || form === 'branch') return `${parentId}/${occurrence}`;
  if (isNumber(name)) return contextId(parentId, form, `#${name}`, occurrence);
  return childId({ parent: parentId, name, occurrence });
}

/** A name that would read like the number of a pass or a branch. */
function isNumber(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name[i]! < '0' || name[i]! > '9') return false;
  return name.length > 0;
}

export interface Entry {
  readonly form: ContextForm;
  readonly name: string;
  readonly isolation: Isolation;
  readonly options: MapValue | null;
  readonly deadline: Deadline | null;
}

/** The new child of `parent`, whose own record there remembers the entry. */
export function enterContext(parent: Context, entry: Entry): Changing<Context> {
  const { form, name } = entry;
  const counted = form === 'pass' ? PASSES : name;
  const occurrence = (parent.entered.get(counted) as number | undefined) ?? 0;
  const remembered = contextLike(parent);
  remembered.entered = parent.entered.set(counted, occurrence + 1);
  return childContext(remembered, entry, occurrence);
}

export function childContext(parent: Context, { form, name, isolation, options, deadline }: Entry, occurrence: number): Changing<Context> {
  const id = contextId(parent.id, form, name, occurrence);
  if (id.length > CONTEXT_ID_LENGTH_MAX) raise('overflow', `Limit exceeded: the names of the steps around this one are longer than ${CONTEXT_ID_LENGTH_MAX} characters`);
  const empty = MapValue.empty();
  return {
    id, name, form, occurrence, isolation, data: empty, sizeBytes: parent.sizeBytes, entered: empty, options, parent, depth: parent.depth + 1,
    base: parent.data, seen: null, deadline, compensation: null, compensations: NO_COMPENSATIONS, compensating: false, deciding: parent.deciding,
  };
}

/** Keys are keywords; strings and symbols of the same name mean the same key. */
export function contextKey(key: Value, operation: string): Value {
  return keyOf(key) ?? raiseType(operation, 'keyword, string or symbol', key);
}

/** The value that is visible from the context, or undefined; a stored nil is a value. */
export function readContext(context: Context | null, key: Value): Value | undefined {
  for (let at = context; at !== null; at = at.parent) {
    const value = at.data.get(key);
    if (value !== undefined) return value;
    if (at.isolation === 'sandboxed') return undefined;
    if (at.seen !== null) return at.seen.get(key);
  }
  return undefined;
}

/** The context whose data `readContext` finds the key in. */
export function holderOf(context: Context | null, key: Value): Context | null {
  for (let at = context; at !== null; at = at.parent) {
    if (at.data.get(key) !== undefined || at.isolation === 'sandboxed' || at.seen !== null) return at;
  }
  return null;
}

/** All that is visible from the context. */
export function visibleData(context: Context): MapValue {
  const layers: MapValue[] = [];
  for (let at: Context | null = context; at !== null; at = at.parent) {
    layers.push(at.data);
    if (at.isolation === 'sandboxed') break;
    if (at.seen !== null) {
      layers.push(at.seen);
      break;
    }
  }
  let data = layers.pop() ?? MapValue.empty();
  for (let layer = layers.pop(); layer !== undefined; layer = layers.pop()) for (const [key, value] of layer) data = data.set(key, value);
  return data;
}

/** What the step was told under the option, or null. */
export function optionOf(context: Context, option: Value): Value {
  return context.options?.get(option) ?? null;
}

/** The contexts from this one up to, and with, the one of the depth. */
export function* contextsFrom(context: Context, depth: number): IterableIterator<Context> {
  for (let at: Context | null = context; at !== null && at.depth >= depth; at = at.parent) yield at;
}

/** The chain with the context of that depth changed; the others stay as they are. */
export function changeAt(context: Context, depth: number, change: (context: Changing<Context>) => void): Context {
  const above: Context[] = [];
  let at = context;
  while (at.depth > depth) {
    above.push(at);
    at = at.parent!;
  }
  let changed = contextLike(at);
  change(changed);
  for (let next = above.pop(); next !== undefined; next = above.pop()) {
    const parent = changed;
    changed = contextLike(next);
    changed.parent = parent;
  }
  return changed;
}

/**
 * The context with other data in its root. What is isolated on the way keeps what it has seen so far; everything else
 * sees the change.
 */
export function withRootData(context: Context, change: (root: Context) => Context): Context {
  const chain: Context[] = [];
  for (let at: Context | null = context; at !== null; at = at.parent) chain.push(at);
  const root = chain.pop()!;
  let changed = change(root);
  const grown = changed.sizeBytes - root.sizeBytes;
  for (let at = chain.pop(); at !== undefined; at = chain.pop()) {
    const next = contextLike(at);
    if (at.isolation === 'isolated' && at.seen === null) next.seen = visibleData(at.parent!);
    next.parent = changed;
    next.sizeBytes += grown;
    changed = next;
  }
  return changed;
}
