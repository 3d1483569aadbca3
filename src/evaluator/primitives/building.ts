/**
 * Making maps and sets of many entries at once, paid for. Keys are paid for by what they weigh, and the work by sizes
 * alone: how a map came to be must not show in what it costs.
 */
import { normaliseKey } from '../../value/key.ts';
import { type Entry, MapValue } from '../../value/map.ts';
import { compare, preferredKey } from '../../value/order.ts';
import { SetValue } from '../../value/set.ts';
import { Keyword, type Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { chargeCells, chargeFuel } from '../raise.ts';
import { limitSize } from './elements.ts';
import { chargeElements } from './text.ts';
import { chargeKey, chargeKeys } from './weight.ts';

/** Building anew beats adding one by one unless what is added is this much smaller. */
export const BULK_FACTOR = 8;
/** Up to this many keys and values together are put in order by insertion. */
export const SMALL_MAP_MAX = 32;

/** A map of entries, of which the last with a key counts; paid for. */
export function mapOf(entries: readonly Entry[], meter: Meter): MapValue {
  chargeElements(meter, entries.length);
  for (const [key] of entries) chargeKey(meter, key);
  return MapValue.from(entries);
}

export function setOf(items: readonly Value[], meter: Meter): SetValue {
  chargeElements(meter, items.length);
  chargeKeys(meter, items, 1);
  return SetValue.from(items);
}

/** The map with all entries put in, one after the other. */
export function putAll(map: MapValue, entries: readonly Entry[], meter: Meter): MapValue {
  if (map.size === 0) return mapOf(entries, meter);
  chargeCells(meter, entries.length);
  for (const [key] of entries) chargeKey(meter, key);
  let result = map;
  if (entries.length * BULK_FACTOR > map.size) {
    chargeFuel(meter, map.size);
    result = MapValue.from([...map, ...entries]);
  } else for (const [key, value] of entries) result = result.set(key, value);
  limitSize(meter, result.size);
  return result;
}

/** The set with all items added. */
export function addAll(set: SetValue, items: readonly Value[], meter: Meter): SetValue {
  if (set.size === 0) return setOf(items, meter);
  chargeCells(meter, items.length);
  chargeKeys(meter, items, 1);
  let result = set;
  if (items.length * BULK_FACTOR > set.size) {
    chargeFuel(meter, set.size);
    result = SetValue.from([...set.toArray(), ...items]);
  } else for (const item of items) result = result.add(item);
  limitSize(meter, result.size);
  return result;
}

/** Literals come here: keys are put in order one by one, and those of a literal mostly are already. */
export function smallMap(args: readonly Value[], meter: Meter): MapValue {
  chargeElements(meter, args.length / 2);
  const keys: Value[] = [];
  const values: Value[] = [];
  for (let i = 0; i < args.length; i += 2) {
    chargeKey(meter, args[i]!);
    insertEntry(keys, values, normaliseKey(args[i]!), args[i + 1]!);
  }
  return MapValue.fromSorted(keys, values);
}

function insertEntry(keys: Value[], values: Value[], key: Value, value: Value): void {
  let at = keys.length;
  let order = -1;
  while (at > 0 && (order = compareKeys(keys[at - 1]!, key)) > 0) at -= 1;
  if (at > 0 && order === 0) {
    keys[at - 1] = preferredKey(keys[at - 1]!, key);
    values[at - 1] = value;
  }
  else if (at === keys.length) {
    keys.push(key);
    values.push(value);
  } else {
    keys.splice(at, 0, key);
    values.splice(at, 0, value);
  }
}

/** `compare`, with the commonest kind of key first. */
function compareKeys(a: Value, b: Value): number {
  if (a instanceof Keyword && b instanceof Keyword) return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  return compare(a, b);
}
