/**
 * Two values, or three, into one: the policies `merge` and `merge3` below one key of a context.
 *
 * D1  Maps are walked with frames on the heap: no depth of data can overflow the stack of JavaScript.
 * D2  `merge3` never compares two maps as wholes when a map stands on both sides: walking them key by key, absence being
 *     a value too, comes to the same (where only one side has changed, each key takes that side). So every part is
 *     compared a bounded number of times, however deep it lies.
 * D3  A value that nothing has changed is the target's own object.
 */
import type { Cursor } from '../value/cursor.ts';
import { MapValue } from '../value/map.ts';
import type { Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Meter } from './limits.ts';
import { sameValue } from './merge-same.ts';
import { limitSize } from './primitives/elements.ts';
import { chargeKey } from './primitives/weight.ts';
import { chargeCells, chargeFuel } from './raise.ts';

/** What became of a value that the target had. */
export type Fate = 'kept' | 'overwritten' | 'merged';

export interface Combined {
  readonly value: Value;
  readonly fate: Fate;
}

/** A value of the target that the source's took the place of; undefined where there was none. */
export interface Loss {
  /** The keys below the key of the context. */
  readonly path: readonly Value[];
  readonly target: Value | undefined;
  readonly source: Value | undefined;
  readonly reason: string;
}

export interface DeepMerge {
  readonly mode: 'merge' | 'merge3';
  readonly meter: Meter;
  readonly lost: (loss: Loss) => void;
}

/** Losses deeper than that are told once, as one of the maps at that depth: paths stay short whatever the data. */
export const CONFLICT_PATH_MAX = 16;

const REPLACED = "merge: only two maps or two vectors are combined, the source's value replaces the target's";
const BOTH_CHANGED = "merge3: both have changed, the source's value wins";
const REMOVED_BY_SOURCE = 'merge3: the target has changed what the source has removed, the removal wins';
const REMOVED_BY_TARGET = "merge3: the source has changed what the target has removed, the source's value wins";

/** `base` is what the target had when the source began; undefined when it had nothing. */
export function combine(merge: DeepMerge, base: Value | undefined, target: Value, source: Value): Combined {
  if (target instanceof MapValue && source instanceof MapValue) return walk(merge, new Frame(null, base, target, source));
  const decision = decide(merge, base, target, source);
  if (decision.loss !== null) merge.lost({ path: [], target, source, reason: decision.loss });
  return { value: decision.value!, fate: decision.fate };
}

/** Two maps that are being merged. */
class Frame {
  /** Under which it stands in the frame around it. */
  readonly key: Value;
  readonly base: MapValue | null;
  readonly target: MapValue;
  readonly source: MapValue;
  readonly keys: Cursor;
  /** Of the keys that the source does not have. */
  readonly baseKeys: Cursor | null;
  result: MapValue;
  /** Whether the target differs from the base. */
  targetChanged: boolean;
  /** Keys of the target that have been met. */
  met = 0;
  /** Whether a loss too deep to be told on its own has been told as one of these maps. */
  told = false;

  constructor(key: Value, base: Value | undefined, target: MapValue, source: MapValue) {
    this.key = key;
    this.base = base instanceof MapValue ? base : null;
    this.target = target;
    this.source = source;
    this.keys = source.keyCursor();
    this.baseKeys = this.base?.keyCursor() ?? null;
    this.result = target;
    this.targetChanged = this.base === null;
  }
}

function walk(merge: DeepMerge, root: Frame): Combined {
  const frames = [root];
  for (let top = root; ; top = frames[frames.length - 1]!) {
    const key = nextKey(merge, top);
    if (key !== undefined) {
      const inner = visit(merge, frames, top, key);
      if (inner !== null) frames.push(inner);
      continue;
    }
    frames.pop();
    const combined = close(merge, top);
    const around = frames[frames.length - 1];
    if (around === undefined) return combined;
    around.targetChanged ||= top.targetChanged;
    if (combined.fate !== 'kept') put(merge, around, top.key, combined.value);
  }
}

/** The keys of the source, and with `merge3` those that only the base has: the source has removed them. */
function nextKey(merge: DeepMerge, frame: Frame): Value | undefined {
  const key = frame.keys.next();
  if (key !== undefined || merge.mode === 'merge' || frame.baseKeys === null) return key;
  for (let removed = frame.baseKeys.next(); removed !== undefined; removed = frame.baseKeys.next()) {
    chargeFuel(merge.meter, 1);
    if (!frame.source.has(removed)) return removed;
  }
  return undefined;
}

/** Decides one key, or gives the frame of the two maps that stand there. */
function visit(merge: DeepMerge, frames: readonly Frame[], frame: Frame, key: Value): Frame | null {
  chargeFuel(merge.meter, 1);
  chargeKey(merge.meter, key);
  const base = frame.base?.get(key);
  const target = frame.target.get(key);
  const source = frame.source.get(key);
  if (target !== undefined) frame.met += 1;
  if (target instanceof MapValue && source instanceof MapValue) return new Frame(key, base, target, source);
  const decision = decide(merge, base, target, source);
  frame.targetChanged ||= decision.targetChanged;
  if (decision.loss !== null) tell(merge, frames, { path: [key], target, source, reason: decision.loss });
  if (decision.fate !== 'kept') put(merge, frame, key, decision.value);
  return null;
}

function put(merge: DeepMerge, frame: Frame, key: Value, value: Value | undefined): void {
  chargeCells(merge.meter, 1);
  frame.result = value === undefined ? frame.result.delete(key) : frame.result.set(key, value);
}

function close(merge: DeepMerge, frame: Frame): Combined {
  // Keys that neither source nor base have: the target has added them.
  if (frame.met < frame.target.size) frame.targetChanged = true;
  if (frame.result === frame.target) return { value: frame.target, fate: 'kept' };
  limitSize(merge.meter, frame.result.size);
  return { value: frame.result, fate: merge.mode === 'merge' || frame.targetChanged ? 'merged' : 'overwritten' };
}

function tell(merge: DeepMerge, frames: readonly Frame[], loss: Loss): void {
  const bound = frames[CONFLICT_PATH_MAX];
  if (bound?.told === true) return;
  const around = frames.slice(1, CONFLICT_PATH_MAX + 1).map((frame) => frame.key);
  chargeCells(merge.meter, around.length + 1);
  if (bound === undefined) return merge.lost({ ...loss, path: [...around, ...loss.path] });
  bound.told = true;
  merge.lost({ path: around, target: bound.target, source: bound.source, reason: `${loss.reason} (deeper inside)` });
}

interface Decision {
  readonly value: Value | undefined;
  readonly fate: Fate;
  /** Why the target's value was lost; null when nothing was. */
  readonly loss: string | null;
  readonly targetChanged: boolean;
}

/** Two values that are not both maps. */
function decide(merge: DeepMerge, base: Value | undefined, target: Value | undefined, source: Value | undefined): Decision {
  return merge.mode === 'merge' ? decideTwo(merge.meter, target, source!) : decideThree(merge.meter, base, target, source);
}

function decideTwo(meter: Meter, target: Value | undefined, source: Value): Decision {
  const taken: Decision = { value: source, fate: 'overwritten', loss: null, targetChanged: true };
  if (target === undefined) return taken;
  if (target instanceof Vector && source instanceof Vector) return join(meter, target, source);
  if (sameValue(target, source, meter)) return { ...taken, value: target, fate: 'kept' };
  return { ...taken, loss: REPLACED };
}

function decideThree(meter: Meter, base: Value | undefined, target: Value | undefined, source: Value | undefined): Decision {
  const targetChanged = !sameValue(base, target, meter);
  const same = sameValue(target, source, meter);
  const kept: Decision = { value: target, fate: 'kept', loss: null, targetChanged };
  if (same || (targetChanged && sameValue(base, source, meter))) return kept;
  const loss = source === undefined ? REMOVED_BY_SOURCE : target === undefined ? REMOVED_BY_TARGET : BOTH_CHANGED;
  return { value: source, fate: 'overwritten', loss: targetChanged ? loss : null, targetChanged };
}

/** Pushing costs by what is pushed: a vector copies or turns into a tree at most once. */
function join(meter: Meter, target: Vector, source: Vector): Decision {
  chargeCells(meter, source.size);
  limitSize(meter, target.size + source.size);
  let value = target;
  const items = source.cursor();
  for (let item = items.next(); item !== undefined; item = items.next()) value = value.push(item);
  return { value, fate: source.size === 0 ? 'kept' : 'merged', loss: null, targetChanged: true };
}
