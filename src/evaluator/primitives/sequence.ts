/**
 * Whole sequences: parts of them, joining and mixing them, and sequences made from numbers and by repeating. Results
 * are vectors. Nothing is lazy: what would have no end takes a count instead.
 */
import { List } from '../../value/list.ts';
import { equals } from '../../value/order.ts';
import { isInteger, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeCells, chargeFuel, raise, raiseType } from '../raise.ts';
import { raiseIndex } from './arguments.ts';
import { elementsOf, howMany, isSequential, limitSize, positive, sliceOf, vectorOf } from './elements.ts';
import type { Primitive } from './primitive.ts';
import { numbers, range } from './range.ts';
import { chargeElements } from './text.ts';
import { weightOf } from './weight.ts';

const MANY = Number.POSITIVE_INFINITY;

// --- parts ----------------------------------------------------------------------------------------------------

function take(count: Value, value: Value, meter: Meter): Value {
  const most = howMany('take', count);
  if (value instanceof List && most < value.size) return frontOf(value, most, meter);
  return sliceOf(elementsOf('take', value, meter), 0, most, meter);
}

/** The first elements of a long list, without a walk through the rest. */
function frontOf(list: List, count: number, meter: Meter): Vector {
  const items: Value[] = [];
  for (const item of list) {
    if (items.length === count) break;
    items.push(item);
  }
  return vectorOf(items, meter);
}

function drop(count: Value, value: Value, meter: Meter): Value {
  const items = elementsOf('drop', value, meter);
  return sliceOf(items, howMany('drop', count), items.size, meter);
}

function takeLast(count: Value, value: Value, meter: Meter): Value {
  const items = elementsOf('take-last', value, meter);
  return sliceOf(items, items.size - howMany('take-last', count), items.size, meter);
}

function dropLast(count: Value, value: Value, meter: Meter): Value {
  const items = elementsOf('drop-last', value, meter);
  return sliceOf(items, 0, items.size - howMany('drop-last', count), meter);
}

function splitAt(count: Value, value: Value, meter: Meter): Value {
  const items = elementsOf('split-at', value, meter);
  const at = howMany('split-at', count);
  return Vector.of(sliceOf(items, 0, at, meter), sliceOf(items, at, items.size, meter));
}

function takeNth(step: Value, value: Value, meter: Meter): Value {
  const distance = positive('take-nth', step);
  const items = elementsOf('take-nth', value, meter);
  const taken: Value[] = [];
  for (let i = 0; i < items.size; i += distance) taken.push(items.get(i)!);
  return vectorOf(taken, meter);
}

function subvec(value: Value, startValue: Value, endValue: Value | undefined, meter: Meter): Value {
  if (!isSequential(value)) return raiseType('subvec', 'a vector', value);
  const items = elementsOf('subvec', value, meter);
  const start = bound(startValue, 0, items.size);
  const end = endValue === undefined ? items.size : bound(endValue, start, items.size);
  return sliceOf(items, start, end, meter);
}

/** An index between elements: from `least` to `size`. */
function bound(value: Value, least: number, size: number): number {
  if (!isInteger(value)) return raiseType('subvec', 'integer', value);
  if (typeof value === 'bigint' || value < 0 || value > size) return raiseIndex(value, size + 1);
  return value >= least ? value : raise('index', `Index out of bounds: the end ${value} is before the start ${least}`);
}

// --- partitions -----------------------------------------------------------------------------------------------

/** What becomes of the last elements when they do not fill a part: dropped, kept, or filled up from a sequence. */
type Tail = 'drop' | 'keep' | Vector;

function partition(args: Value[], meter: Meter): Value {
  const [size, step, third, fourth] = args as [Value, Value, Value | undefined, Value | undefined];
  if (third === undefined) return parts('partition', size, size, step, 'drop', meter);
  if (fourth === undefined) return parts('partition', size, step, third, 'drop', meter);
  return parts('partition', size, step, fourth, elementsOf('partition', third, meter), meter);
}

function parts(operation: string, sizeValue: Value, stepValue: Value, value: Value, tail: Tail, meter: Meter): Value {
  const size = positive(operation, sizeValue);
  const step = positive(operation, stepValue);
  const items = elementsOf(operation, value, meter);
  const made: Value[] = [];
  for (let start = 0; start < items.size; start += step) {
    const part = items.size - start < size ? lastPart(items, start, size, tail, meter) : sliceOf(items, start, start + size, meter);
    if (part === null) break;
    made.push(part);
    // A short part that was filled up is the last one; short parts that are kept may follow each other.
    if (tail !== 'keep' && items.size - start < size) break;
  }
  return vectorOf(made, meter);
}

function lastPart(items: Vector, start: number, size: number, tail: Tail, meter: Meter): Vector | null {
  if (tail === 'drop') return null;
  const part = sliceOf(items, start, items.size, meter);
  if (tail === 'keep') return part;
  const filling = sliceOf(tail, 0, size - part.size, meter);
  return vectorOf([...part, ...filling], meter);
}

/** Cuts `value` wherever one key differs from the key before it. */
function splitRuns(keysValue: Value, value: Value, meter: Meter): Value {
  const keys = elementsOf('partition-by', keysValue, meter);
  const items = elementsOf('partition-by', value, meter);
  const runs: Value[] = [];
  let start = 0;
  for (let i = 1; i <= items.size; i++) {
    if (i < items.size && sameAsBefore(keys, i, meter)) continue;
    runs.push(sliceOf(items, start, i, meter));
    start = i;
  }
  return vectorOf(runs, meter);
}

function sameAsBefore(items: Vector, index: number, meter: Meter): boolean {
  const item = items.get(index)!;
  chargeFuel(meter, 1 + weightOf(item));
  return equals(items.get(index - 1)!, item);
}

function dedupe(value: Value, meter: Meter): Value {
  const items = elementsOf('dedupe', value, meter);
  const kept: Value[] = [];
  for (let i = 0; i < items.size; i++) if (i === 0 || !sameAsBefore(items, i, meter)) kept.push(items.get(i)!);
  return vectorOf(kept, meter);
}

// --- joining and mixing ---------------------------------------------------------------------------------------

/** The elements of all `sequences`, one after the other; paid for. */
export function joined(operation: string, sequences: Iterable<Value>, meter: Meter): Value[] {
  const items: Value[] = [];
  for (const sequence of sequences) {
    const more = elementsOf(operation, sequence, meter);
    limitSize(meter, items.length + more.size);
    chargeElements(meter, more.size);
    for (const item of more) items.push(item);
    chargeFuel(meter, 1);
  }
  return items;
}

function concat(args: Value[], meter: Meter): Value {
  return Vector.adopt(joined('concat', args, meter));
}

function reverse(value: Value, meter: Meter): Value {
  return vectorOf(elementsOf('reverse', value, meter).toArray().reverse(), meter);
}

/** One row for each position that all sequences have. */
function rows(operation: string, args: Value[], meter: Meter): Value[][] {
  const columns = args.map((arg) => elementsOf(operation, arg, meter));
  const height = columns.reduce((least, column) => Math.min(least, column.size), columns.length === 0 ? 0 : MANY);
  chargeCells(meter, height * columns.length);
  return Array.from({ length: height }, (_, at) => columns.map((column) => column.get(at)!));
}

function zip(args: Value[], meter: Meter): Value {
  return vectorOf(rows('zip', args, meter).map((row) => Vector.adopt(row)), meter);
}

function interleave(args: Value[], meter: Meter): Value {
  const mixed = rows('interleave', args, meter);
  limitSize(meter, mixed.length * args.length);
  return Vector.adopt(mixed.flat());
}

function interpose(separator: Value, value: Value, meter: Meter): Value {
  const items = elementsOf('interpose', value, meter);
  limitSize(meter, items.size * 2);
  const mixed: Value[] = [];
  for (const item of items) {
    if (mixed.length > 0) mixed.push(separator);
    mixed.push(item);
  }
  return vectorOf(mixed, meter);
}

/** All that is in nested lists and vectors, in order; everything else stays as it is. */
function flatten(value: Value, meter: Meter): Value {
  if (!isSequential(value)) return Vector.empty();
  const items: Value[] = [];
  const open: Iterator<Value>[] = [value[Symbol.iterator]()];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const step = top.next();
    chargeFuel(meter, 1);
    if (step.done === true) open.pop();
    else if (isSequential(step.value)) open.push(step.value[Symbol.iterator]());
    else {
      limitSize(meter, items.length + 1);
      items.push(step.value);
    }
  }
  return vectorOf(items, meter);
}

// --- repeating ------------------------------------------------------------------------------------------------

function repeat(count: Value, item: Value, meter: Meter): Value {
  const size = howMany('repeat', count);
  chargeElements(meter, size);
  return Vector.adopt(new Array<Value>(size).fill(item));
}

function cycle(count: Value, value: Value, meter: Meter): Value {
  const items = elementsOf('cycle-n', value, meter);
  const size = items.size === 0 ? 0 : howMany('cycle-n', count);
  chargeElements(meter, size);
  return Vector.adopt(Array.from({ length: size }, (_, at) => items.get(at % items.size)!));
}

export const sequence: readonly Primitive[] = [
  { name: 'take', min: 2, max: 2, f2: take },
  { name: 'drop', min: 2, max: 2, f2: drop },
  { name: 'take-last', min: 2, max: 2, f2: takeLast },
  { name: 'drop-last', min: 1, max: 2, f1: (value, meter) => dropLast(1, value, meter), f2: dropLast },
  { name: 'split-at', min: 2, max: 2, f2: splitAt },
  { name: 'take-nth', min: 2, max: 2, f2: takeNth },
  { name: 'subvec', min: 2, max: 3, f2: (value, start, meter) => subvec(value, start, undefined, meter), f3: subvec },
  { name: 'partition', min: 2, max: 4, rest: partition },
  {
    name: 'partition-all',
    min: 2,
    max: 3,
    f2: (size, value, meter) => parts('partition-all', size, size, value, 'keep', meter),
    f3: (size, step, value, meter) => parts('partition-all', size, step, value, 'keep', meter),
  },
  { name: '%split-runs', min: 2, max: 2, f2: splitRuns },
  { name: 'dedupe', min: 1, max: 1, f1: dedupe },
  { name: 'concat', min: 0, max: MANY, rest: concat },
  { name: '%concat-all', min: 1, max: 1, f1: (sequences, meter) => concat(elementsOf('mapcat', sequences, meter).toArray(), meter) },
  { name: 'reverse', min: 1, max: 1, f1: reverse },
  { name: 'zip', min: 1, max: MANY, rest: zip },
  { name: 'interleave', min: 0, max: MANY, rest: interleave },
  { name: 'interpose', min: 2, max: 2, f2: interpose },
  { name: 'flatten', min: 1, max: 1, f1: flatten },
  {
    name: 'range',
    min: 1,
    max: 3,
    f1: (end, meter) => range(0, end, 1, meter),
    f2: (start, end, meter) => range(start, end, 1, meter),
    f3: range,
  },
  { name: 'numbers', min: 2, max: 2, f2: numbers },
  { name: 'repeat', min: 2, max: 2, f2: repeat },
  { name: 'cycle-n', min: 2, max: 2, f2: cycle },
];
