/** What the library and quasiquote need of the kernel beyond its public functions. */
import { List } from '../../value/list.ts';
import { Closure, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Meter } from '../limits.ts';
import { chargeCells, type ErrorKind, raise } from '../raise.ts';
import { elementsOf } from './elements.ts';
import { mapOf, setOf } from './building.ts';
import type { Primitive } from './primitive.ts';
import { joined } from './sequence.ts';

const MANY = Number.POSITIVE_INFINITY;

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

/** Whether two functions differ at most in what they captured. */
function haveSameCode(a: Value, b: Value): boolean {
  return a instanceof Closure && b instanceof Closure && a.code.unit === b.code.unit && a.code.group === b.code.group;
}

function fail(kind: Value, message: Value): never {
  return raise(kind as ErrorKind, message as string);
}

export const internal: readonly Primitive[] = [
  { name: '%concat-list', min: 0, max: MANY, rest: (args, meter) => List.adopt(joined('unquote-splicing', args, meter)) },
  { name: '%list->vector', min: 1, max: 1, f1: (value, meter) => elementsOf('quasiquote', value, meter) },
  { name: '%list->map', min: 1, max: 1, f1: listToMap },
  { name: '%list->set', min: 1, max: 1, f1: (value, meter) => setOf(elementsOf('quasiquote', value, meter).toArray(), meter) },
  { name: '%spread', min: 1, max: 1, f1: spread },
  { name: '%same-code?', min: 2, max: 2, f2: haveSameCode },
  { name: '%fail', min: 2, max: 2, f2: fail },
];
