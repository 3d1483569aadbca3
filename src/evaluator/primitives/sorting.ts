/**
 * Sorting, and finding out which elements are equal, by the canonical order.
 *
 * Both are stable and cost what the elements weigh, times the rounds of a merge sort, however the comparisons fall.
 */
import { compare, compareNumbers } from '../../value/order.ts';
import { isNumber, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeFuel, raise, raiseType } from '../raise.ts';
import { elementsOf, vectorOf } from './elements.ts';
import type { Primitive } from './primitive.ts';
import { chargeKeys } from './weight.ts';

const MANY = Number.POSITIVE_INFINITY;

/** The rounds of a merge sort of `size` elements. */
function roundsFor(size: number): number {
  return size < 2 ? 1 : 32 - Math.clz32(size - 1);
}

function chargeSort(meter: Meter, keys: Iterable<Value>, size: number): void {
  const rounds = roundsFor(size);
  chargeFuel(meter, size * rounds);
  chargeKeys(meter, keys, rounds);
}

/** Only plain JavaScript numbers: equal ones cannot be told apart, so any correct sort gives the same. */
function plainNumbers(items: readonly Value[]): items is readonly number[] {
  return items.every((item) => typeof item === 'number');
}

function sort(value: Value, meter: Meter): Value {
  const items = elementsOf('sort', value, meter).toArray();
  chargeSort(meter, items, items.length);
  const sorted = plainNumbers(items) ? Array.from(Float64Array.from(items).sort()) : items.sort((a, b) => compare(a, b));
  return vectorOf(sorted, meter);
}

function sortByKeys(keysValue: Value, value: Value, meter: Meter): Value {
  const keys = elementsOf('sort-by', keysValue, meter).toArray();
  const items = elementsOf('sort-by', value, meter);
  if (keys.length !== items.size) return raise('internal', 'sort-by: one key for each element');
  chargeSort(meter, keys, keys.length);
  const positions = Array.from(keys.keys()).sort((a, b) => compare(keys[a]!, keys[b]!));
  return vectorOf(
    positions.map((position) => items.get(position)!),
    meter,
  );
}

/** What the answer of a comparison function says: whether its first argument comes before its second. */
function comesBefore(answer: Value): Value {
  if (typeof answer === 'number') return answer < 0;
  if (answer === null) return false;
  if (typeof answer === 'boolean') return answer;
  return isNumber(answer) ? compareNumbers(answer, 0) < 0 : raiseType('sort', 'a number or a boolean from the comparison', answer);
}

/** Elements that are equal: the positions of one group follow each other, from the first on. */
export interface Groups {
  /** The first position of each group, in the canonical order of the groups. */
  readonly heads: Int32Array;
  /** The next position in the same group, or -1. */
  readonly next: Int32Array;
}

/**
 * Groups what `compare` calls one key. A merge sort in which equal elements become one entry, so that few different
 * keys cost little however many elements there are.
 */
export function groupsOf(keys: readonly Value[], meter: Meter): Groups {
  chargeFuel(meter, keys.length);
  chargeKeys(meter, keys, roundsFor(keys.length));
  const grouping = new Grouping(keys);
  while (grouping.runs > 1) grouping.mergeRuns();
  return { heads: grouping.heads, next: grouping.next };
}

/** The state of that sort: sorted runs of group heads, one after the other in one array. */
class Grouping {
  readonly next: Int32Array;
  private readonly keys: readonly Value[];
  /** The last position of the group with that head. */
  private readonly last: Int32Array;
  private from: Int32Array;
  private to: Int32Array;
  /** Where each run ends; the next one starts there. */
  private ends: Int32Array;

  constructor(keys: readonly Value[]) {
    this.keys = keys;
    this.next = new Int32Array(keys.length).fill(-1);
    this.last = Int32Array.from(keys.keys());
    this.from = Int32Array.from(keys.keys());
    this.to = new Int32Array(keys.length);
    this.ends = this.from.map((position) => position + 1);
  }

  get runs(): number {
    return this.ends.length;
  }

  get heads(): Int32Array {
    return this.from.subarray(0, this.ends.at(-1) ?? 0);
  }

  /** Merges neighbours. */
  mergeRuns(): void {
    const { ends } = this;
    const merged = new Int32Array((ends.length + 1) >>> 1);
    let start = 0;
    let written = 0;
    for (let run = 0; run < ends.length; run += 2) {
      const middle = ends[run]!;
      const end = ends[run + 1] ?? middle;
      written = this.merge(start, middle, end, written);
      merged[run >>> 1] = written;
      start = end;
    }
    this.ends = merged;
    [this.from, this.to] = [this.to, this.from];
  }

  /** Every position of the left run is before those of the right one. */
  private merge(start: number, middle: number, end: number, at: number): number {
    const { keys, from, to } = this;
    let i = start;
    let j = middle;
    while (i < middle && j < end) {
      const left = from[i]!;
      const right = from[j]!;
      const order = compare(keys[left]!, keys[right]!);
      to[at++] = order <= 0 ? left : right;
      if (order === 0) this.join(left, right);
      if (order <= 0) i += 1;
      if (order >= 0) j += 1;
    }
    while (i < middle) to[at++] = from[i++]!;
    while (j < end) to[at++] = from[j++]!;
    return at;
  }

  private join(left: number, right: number): void {
    this.next[this.last[left]!] = right;
    this.last[left] = this.last[right]!;
  }
}

/** The positions of the group that starts at `head`. */
export function* membersOf(groups: Groups, head: number): IterableIterator<number> {
  for (let position = head; position >= 0; position = groups.next[position]!) yield position;
}

function distinct(value: Value, meter: Meter): Value {
  const items = elementsOf('distinct', value, meter);
  const heads = groupsOf(items.toArray(), meter).heads.sort();
  return vectorOf(
    Array.from(heads, (position) => items.get(position)!),
    meter,
  );
}

function areDistinct(args: Value[], meter: Meter): Value {
  return groupsOf(args, meter).heads.length === args.length;
}

/** Appends what is left of a run of a merge; `into` is a vector that only the merge knows. */
function appendSlice(into: Value, items: Value, start: Value, end: Value, meter: Meter): Value {
  if (!(into instanceof Vector) || !(items instanceof Vector)) return raise('internal', '%append-slice wants vectors');
  let result = into;
  const from = start as number;
  const to = end as number;
  chargeFuel(meter, to - from);
  for (let i = from; i < to; i++) result = result.push(items.get(i)!);
  return result;
}

export const sorting: readonly Primitive[] = [
  { name: '%sort', min: 1, max: 1, f1: sort },
  { name: '%sort-by-keys', min: 2, max: 2, f2: sortByKeys },
  { name: '%before?', min: 1, max: 1, f1: comesBefore },
  { name: '%append-slice', min: 4, max: 4, rest: (args, meter) => appendSlice(args[0]!, args[1]!, args[2]!, args[3]!, meter) },
  { name: 'distinct', min: 1, max: 1, f1: distinct },
  { name: 'distinct?', min: 1, max: MANY, rest: areDistinct },
];
