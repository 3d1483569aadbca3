/**
 * What the library and quasiquote need of the kernel beyond its public functions, and `reduced`: the word of a
 * reducing function that it has seen enough.
 */
import { List } from '../../value/list.ts';
import { MapValue } from '../../value/map.ts';
import { keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeCells, type ErrorKind, raise } from '../raise.ts';
import { elementsOf } from './elements.ts';
import { mapOf, setOf } from './map-set.ts';
import type { Primitive } from './primitive.ts';
import { joined } from './sequence.ts';

const MANY = Number.POSITIVE_INFINITY;

// --- reduced --------------------------------------------------------------------------------------------------

/** A reduced value is a map of this one key: the values of the language have no other box. */
const REDUCED = keyword('rtfs/reduced');

function reduced(value: Value, meter: Meter): Value {
  chargeCells(meter, 1);
  return MapValue.of(REDUCED, value);
}

function isReduced(value: Value): value is MapValue {
  return value instanceof MapValue && value.size === 1 && value.has(REDUCED);
}

function unreduced(value: Value): Value {
  return isReduced(value) ? value.get(REDUCED)! : value;
}

// --- quasiquote -----------------------------------------------------------------------------------------------

function listToMap(value: Value, meter: Meter): Value {
  const items = elementsOf('quasiquote', value, meter).toArray();
  if (items.length % 2 !== 0) return raise('argument', 'Invalid argument: a map built by a quasiquote has a key without a value');
  return mapOf(
    Array.from({ length: items.length / 2 }, (_, i) => [items[2 * i]!, items[2 * i + 1]!] as const),
    meter,
  );
}

// --- calls ----------------------------------------------------------------------------------------------------

/** The arguments of `(apply f a b more)` from those after `f`: the last one is a sequence of more of them. */
function spread(value: Value, meter: Meter): Value {
  const args = elementsOf('apply', value, meter).toArray();
  const more = elementsOf('apply', args.pop() ?? null, meter);
  chargeCells(meter, more.size);
  for (const item of more) args.push(item);
  return Vector.adopt(args);
}

function fail(kind: Value, message: Value): never {
  return raise(kind as ErrorKind, message as string);
}

export const internal: readonly Primitive[] = [
  { name: 'reduced', min: 1, max: 1, f1: reduced },
  { name: 'reduced?', min: 1, max: 1, f1: isReduced },
  { name: 'unreduced', min: 1, max: 1, f1: unreduced },
  { name: '%concat-list', min: 0, max: MANY, rest: (args, meter) => List.adopt(joined('unquote-splicing', args, meter)) },
  { name: '%list->vector', min: 1, max: 1, f1: (value, meter) => elementsOf('quasiquote', value, meter) },
  { name: '%list->map', min: 1, max: 1, f1: listToMap },
  { name: '%list->set', min: 1, max: 1, f1: (value, meter) => setOf(elementsOf('quasiquote', value, meter).toArray(), meter) },
  { name: '%spread', min: 1, max: 1, f1: spread },
  { name: '%fail', min: 2, max: 2, f2: fail },
];
