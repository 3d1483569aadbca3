/** Making a list, vector, map or set of the elements that are written out: what literals with parts to compute come to. */
import { List } from '../../value/list.ts';
import type { Entry } from '../../value/map.ts';
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { mapOf, setOf, SMALL_MAP_MAX, smallMap } from './building.ts';
import { vectorOf } from './elements.ts';
import type { Primitive } from './primitive.ts';
import { arityError } from './registry.ts';
import { chargeElements } from './text.ts';

const MANY = Number.POSITIVE_INFINITY;

function list(items: Value[], meter: Meter): Value {
  chargeElements(meter, items.length);
  return List.adopt(items);
}

function hashMap(args: Value[], meter: Meter): Value {
  if (args.length % 2 !== 0) return arityError('hash-map', 'an even number of arguments', args.length);
  if (args.length <= SMALL_MAP_MAX) return smallMap(args, meter);
  const entries: Entry[] = [];
  for (let i = 0; i < args.length; i += 2) entries.push([args[i]!, args[i + 1]!]);
  return mapOf(entries, meter);
}

export const literals: readonly Primitive[] = [
  { name: 'list', min: 0, max: MANY, rest: list },
  { name: 'vector', min: 0, max: MANY, rest: vectorOf },
  { name: 'hash-map', min: 0, max: MANY, rest: hashMap },
  { name: 'hash-set', min: 0, max: MANY, rest: setOf },
];
