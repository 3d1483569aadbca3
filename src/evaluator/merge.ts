/**
 * Merging of context data: which keys of the target change, and the record of what was decided.
 *
 * The policies are in `merge-policy.ts`, what they do below one key in `merge-deep.ts`. Contexts are not known here: a
 * target is a function from key to what is visible there.
 *
 * G1  Sources are merged one after the other, each key in canonical order; what one has written, the next one meets.
 * G2  What is met is the visible value, inherited or not; a stored nil is a value, absence is `undefined`.
 * G3  Only keys that are new or whose visible value is another one afterwards are written.
 * G4  Every key of a source is in exactly one list of the record: what became of it from before the first source to
 *     after the last.
 */
import type { FunctionValue, Value } from '../value/value.ts';
import { type Entry, MapValue } from '../value/map.ts';
import { printBrief } from '../value/print.ts';
import type { Meter } from './limits.ts';
import { combine, type Fate } from './merge-deep.ts';
import { type KeyPolicy, type Policy, policyFor, policyValue } from './merge-policy.ts';
import { sameValue } from './merge-same.ts';
import { chargeKey } from './primitives/weight.ts';
import { chargeCells, chargeFuel, raise } from './raise.ts';
import { need } from './stored.ts';

/** Two values that are not the same met under one key, and one of them was lost. */
export interface MergeConflict {
  readonly key: Value;
  /** The keys below `key` under which they met; empty for the key itself. */
  readonly path: readonly Value[];
  /** What was visible in the target; nil where `merge3` met a removal. */
  readonly target: Value;
  /** Nil where `merge3` met a removal. */
  readonly source: Value;
  readonly winner: 'target' | 'source';
  /** For people: `keep-existing: the target's value stays`. */
  readonly reason: string;
  /** The branches that the two values came from, null for the context itself; empty outside of joins. */
  readonly branches: readonly (number | null)[];
}

/** Keys by what became of them, in canonical order. */
export interface MergeRecord {
  /** The id of the context that was merged into. */
  readonly into: string;
  readonly policy: Value;
  readonly added: readonly Value[];
  readonly kept: readonly Value[];
  readonly overwritten: readonly Value[];
  readonly merged: readonly Value[];
  /** In the order in which they were met. */
  readonly conflicts: readonly MergeConflict[];
}

export type Lookup = (key: Value) => Value | undefined;

export interface MergeSource {
  readonly data: MapValue;
  /** The number of the branch in its join; null outside of joins. */
  readonly branch: number | null;
  /** What was visible in the target when the source's step was entered. */
  readonly base: Lookup;
  /** What functions gave, by key: for each of the source's `questions`. */
  readonly resolved?: MapValue;
}

export interface MergeOptions {
  /** What is visible in the target before the merge. */
  readonly target: Lookup;
  readonly meter: Meter;
}

export interface Merged {
  /** In canonical order of the keys. */
  readonly writes: readonly Entry[];
  readonly record: Omit<MergeRecord, 'into'>;
}

export function mergeInto(policy: Policy, sources: readonly MergeSource[], options: MergeOptions): Merged {
  const work = new Work(policy, options);
  for (const source of sources) mergeSource(work, source);
  return finish(work);
}

/** A call `(fn key base target source)` whose value a merge needs; `base` is nil for what was absent. */
export interface MergeQuestion {
  /** The source that asks, by its index. */
  readonly source: number;
  readonly fn: FunctionValue | null;
  readonly args: readonly [key: Value, base: Value, target: Value, source: Value];
}

/**
 * What functions have to be asked before the first source without `resolved` can be merged; empty when none. A key that
 * only the source has asks nothing. Answer them, put the values in `resolved`, ask again: later sources meet what the
 * earlier ones have written.
 */
export function nextQuestions(policy: Policy, sources: readonly MergeSource[], options: MergeOptions): readonly MergeQuestion[] {
  if (!mayAsk(policy)) return [];
  const work = new Work(policy, options);
  for (const [index, source] of sources.entries()) {
    const questions = source.resolved === undefined ? questionsOf(work, source, index) : [];
    if (questions.length > 0) return questions;
    mergeSource(work, source);
  }
  return [];
}

/** One sentence about the conflicts of a merge, for the error of `:on-conflict :fail`. */
export function conflictMessage(into: string, conflicts: readonly MergeConflict[]): string {
  const [first] = conflicts;
  const shown = first === undefined ? '' : [first.key, ...first.path].map((key) => printBrief(key, 40)).join(' ');
  const [count, place] = conflicts.length === 1 ? ['a conflict', 'at'] : [`${conflicts.length} conflicts`, 'the first at'];
  return `Merging into ${printBrief(into, 200).slice(1, -1)} met ${count}, ${place} ${shown} (${first?.reason ?? ''})`;
}

// --- one key after the other ---------------------------------------------------------------------------------------

/** What has become of one key so far. */
interface Slot {
  readonly before: Value | undefined;
  now: Value;
  /** The branch that the present value came from; null for the context itself. */
  writer: number | null;
  changes: number;
  fate: Fate;
}

/** A merge in progress; owned by one call. */
class Work {
  readonly policy: Policy;
  readonly target: Lookup;
  readonly meter: Meter;
  /** From key to index in `slots`. */
  places: MapValue = MapValue.empty();
  readonly slots: Slot[] = [];
  readonly conflicts: MergeConflict[] = [];
  /** Those that have been merged. */
  readonly done: MergeSource[] = [];

  constructor(policy: Policy, options: MergeOptions) {
    this.policy = policy;
    this.target = options.target;
    this.meter = options.meter;
  }

  /** Undefined for a key that no source has had yet. */
  slot(key: Value): Slot | undefined {
    const place = this.places.get(key) as number | undefined;
    return place === undefined ? undefined : this.slots[place];
  }

  add(key: Value, slot: Slot): void {
    this.places = this.places.set(key, this.slots.length);
    this.slots.push(slot);
  }
}

function mergeSource(work: Work, source: MergeSource): void {
  source.data.forEach((value, key) => {
    chargeFuel(work.meter, 1);
    chargeKey(work.meter, key);
    mergeKey(work, source, key, value);
  });
  work.done.push(source);
}

function mergeKey(work: Work, source: MergeSource, key: Value, value: Value): void {
  const slot = work.slot(key) ?? begin(work, key);
  if (slot === null) {
    chargeCells(work.meter, 1);
    return work.add(key, { before: undefined, now: value, writer: source.branch, changes: 1, fate: 'overwritten' });
  }
  const chosen = choose(work, source, key, slot, value);
  if (chosen.fate === 'kept') return;
  chargeCells(work.meter, 1);
  slot.now = chosen.value;
  slot.fate = chosen.fate;
  slot.writer = source.branch;
  slot.changes += 1;
}

/** The slot of a key that the target has, or null. */
function begin(work: Work, key: Value): Slot | null {
  const before = work.target(key);
  if (before === undefined) return null;
  const slot: Slot = { before, now: before, writer: null, changes: 0, fate: 'kept' };
  work.add(key, slot);
  return slot;
}

interface Choice {
  readonly value: Value;
  readonly fate: Fate;
}

function choose(work: Work, source: MergeSource, key: Value, slot: Slot, value: Value): Choice {
  const policy = policyFor(work.policy, key);
  const base = policy.kind === 'merge3' ? source.base(key) : undefined;
  need([slot.now, value, base]);
  const meet = { key, path: [], target: slot.now, source: value };
  switch (policy.kind) {
    case 'keep-existing':
      if (!sameValue(slot.now, value, work.meter)) record(work, source, slot, { ...meet, winner: 'target', reason: "keep-existing: the target's value stays" });
      return { value: slot.now, fate: 'kept' };
    case 'overwrite':
      if (sameValue(slot.now, value, work.meter)) return { value: slot.now, fate: 'kept' };
      record(work, source, slot, { ...meet, winner: 'source', reason: "overwrite: the source's value replaces the target's" });
      return { value, fate: 'overwritten' };
    case 'merge':
    case 'merge3': {
      const lost = (loss: { path: readonly Value[]; target: Value | undefined; source: Value | undefined; reason: string }): void =>
        record(work, source, slot, { ...loss, key, target: loss.target ?? null, source: loss.source ?? null, winner: 'source' });
      return combine({ mode: policy.kind, meter: work.meter, lost }, base, slot.now, value);
    }
    case 'custom':
      return chooseAnswer(work, source, slot, meet);
  }
}

/** The value that a function gave; it may be one of the two. */
function chooseAnswer(work: Work, source: MergeSource, slot: Slot, meet: Pick<MergeConflict, 'key' | 'path' | 'target' | 'source'>): Choice {
  const value = source.resolved?.get(meet.key);
  if (value === undefined) return raise('internal', 'A merge was made before its function was asked');
  const isTarget = sameValue(meet.target, value, work.meter);
  const isSource = sameValue(meet.source, value, work.meter);
  if (isTarget && !isSource) record(work, source, slot, { ...meet, winner: 'target', reason: "function: it chose the target's value" });
  if (isSource && !isTarget) record(work, source, slot, { ...meet, winner: 'source', reason: "function: it chose the source's value" });
  return { value, fate: isTarget ? 'kept' : isSource ? 'overwritten' : 'merged' };
}

export function mayAsk(policy: Policy): boolean {
  const asks = (one: KeyPolicy): boolean => one.kind === 'custom';
  return policy.kind === 'keyed' ? asks(policy.otherwise) || policy.keys.keys().some((key) => asks(policyFor(policy, key))) : asks(policy);
}

function questionsOf(work: Work, source: MergeSource, index: number): MergeQuestion[] {
  const questions: MergeQuestion[] = [];
  source.data.forEach((value, key) => {
    chargeFuel(work.meter, 1);
    chargeKey(work.meter, key);
    const policy = policyFor(work.policy, key);
    if (policy.kind !== 'custom') return;
    const slot = work.slot(key);
    const target = slot === undefined ? work.target(key) : slot.now;
    if (target === undefined) return;
    const base = source.base(key) ?? null;
    need([base, target, value]);
    questions.push({ source: index, fn: policy.fn, args: [key, base, target, value] });
  });
  return questions;
}

// --- the record ----------------------------------------------------------------------------------------------------

function record(work: Work, source: MergeSource, slot: Slot, conflict: Omit<MergeConflict, 'branches'>): void {
  chargeCells(work.meter, 1);
  const branches = source.branch === null ? [] : [originOf(work, slot, conflict), source.branch];
  work.conflicts.push({ ...conflict, branches });
}

/** The branch that the target's value came from. Below a key several may have had their part in it. */
function originOf(work: Work, slot: Slot, { key, path, target }: Omit<MergeConflict, 'branches'>): number | null {
  if (path.length === 0 || slot.writer === null) return slot.writer;
  for (let i = work.done.length - 1; i >= 0; i--) {
    const { data, branch } = work.done[i]!;
    chargeFuel(work.meter, path.length);
    if (sameValue(valueAt(data.get(key), path), target, work.meter)) return branch;
  }
  return sameValue(valueAt(slot.before, path), target, work.meter) ? null : slot.writer;
}

function valueAt(value: Value | undefined, path: readonly Value[]): Value | undefined {
  let at = value;
  for (const key of path) at = at instanceof MapValue ? at.get(key) : undefined;
  return at;
}

function finish(work: Work): Merged {
  const writes: Entry[] = [];
  const lists: Readonly<Record<Fate | 'added', Value[]>> = { added: [], kept: [], overwritten: [], merged: [] };
  work.places.forEach((place, key) => {
    const slot = work.slots[place as number]!;
    const fate = finalFate(work, slot);
    lists[fate].push(key);
    if (fate !== 'kept') writes.push([key, slot.now]);
  });
  return { writes, record: { policy: policyValue(work.policy), ...lists, conflicts: work.conflicts } };
}

function finalFate(work: Work, slot: Slot): Fate | 'added' {
  if (slot.before === undefined) return 'added';
  if (slot.changes > 1 && sameValue(slot.before, slot.now, work.meter)) return 'kept';
  return slot.changes === 0 ? 'kept' : slot.fate;
}
