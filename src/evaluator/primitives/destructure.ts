/**
 * What lowering calls for patterns, iteration and `catch`: taking values apart, and asking whether they have a shape.
 * Destructuring takes what is missing for nil; only a value of a wholly other kind is an error.
 */
import { List } from '../../value/list.ts';
import { type Entry, MapValue } from '../../value/map.ts';
import { ErrorValue, isInteger, Keyword, keyword, type Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { raise, raiseType } from '../raise.ts';
import { nthOf } from './collection.ts';
import { elementsOf, isSequential, mapFrom } from './elements.ts';
import { mapOf } from './building.ts';
import { without } from './map-set.ts';
import type { Primitive } from './primitive.ts';
import { chargeKey } from './weight.ts';

const OPERATION = 'destructuring';
const MANY = Number.POSITIVE_INFINITY;

// --- destructuring --------------------------------------------------------------------------------------------

function elements(value: Value, operation: Value, meter: Meter): Value {
  return elementsOf(typeof operation === 'string' ? operation : 'iteration', value, meter);
}

function indexArgument(value: Value): number {
  return typeof value === 'number' && isInteger(value) ? value : raise('internal', 'a pattern counts with integers');
}

function nthOrNil(value: Value, index: Value, meter: Meter): Value {
  return value === null ? null : (nthOf(OPERATION, value, indexArgument(index), meter) ?? null);
}

function nthRest(value: Value, index: Value, meter: Meter): Value {
  const start = indexArgument(index);
  if (value === null) return List.empty();
  if (value instanceof List) return dropFront(value, start);
  if (!isSequential(value) && typeof value !== 'string') return raiseType(OPERATION, 'a vector, list or string', value);
  return List.view(elementsOf(OPERATION, value, meter), start);
}

/** Patterns are short: a walk along the first elements beats making a vector of all. */
function dropFront(list: List, count: number): List {
  let at = list;
  for (let i = 0; i < count && at.size > 0; i++) at = at.rest();
  return at;
}

/** A list is taken for keyword arguments: keys and values in turn, and perhaps one map of more of them at the end. */
function asMap(value: Value, meter: Meter): Value {
  if (value instanceof List) return keywordArguments(value.toArray(), meter);
  return mapFrom(value) ?? raiseType(OPERATION, 'map', value);
}

function keywordArguments(args: Value[], meter: Meter): Value {
  const more = args.length % 2 === 1 ? args.pop()! : null;
  const map = mapFrom(more);
  if (map === null) return raise('argument', `Invalid argument: expected a value for each keyword argument, got ${args.length + 1} arguments`);
  const entries: Entry[] = [];
  for (let i = 0; i < args.length; i += 2) entries.push([args[i]!, args[i + 1]!]);
  return mapOf([...entries, ...map], meter);
}

// --- match ----------------------------------------------------------------------------------------------------

function matchesSize(value: Value, size: Value): Value {
  return isSequential(value) && value.size === size;
}

function matchesSizeAtLeast(value: Value, size: Value): Value {
  return isSequential(value) && value.size >= (size as number);
}

/** An error reads like a map, so it can be matched like one. */
function isMap(value: Value): boolean {
  return value instanceof MapValue || value instanceof ErrorValue;
}

function matchesKey(value: Value, key: Value, meter: Meter): Value {
  chargeKey(meter, key);
  return value !== null && mapFrom(value)?.has(key) === true;
}

function noMatch(value: Value): never {
  return raise('match', 'Match error: No matching clause', MapValue.of(keyword('value'), value));
}

// --- catch ----------------------------------------------------------------------------------------------------

/** Kinds that come from the world outside or from checks, and are therefore no `RuntimeError`. */
const HOST_KINDS: readonly string[] = ['host', 'capability', 'security', 'timeout', 'cancelled'];

/** What `catch` may call errors besides their own kinds: names of classes that plans are used to. */
const CLASSES: ReadonlyMap<string, readonly string[]> = new Map([
  ['DivisionByZero', ['arithmetic']],
  ['ArithmeticException', ['arithmetic']],
  ['ArityMismatch', ['arity']],
  ['ArityException', ['arity']],
  ['TypeError', ['type']],
  ['ClassCastException', ['type']],
  ['UndefinedSymbol', ['undefined-symbol']],
  ['SymbolNotFound', ['undefined-symbol']],
  ['IndexOutOfBounds', ['index']],
  ['IndexOutOfBoundsException', ['index']],
  ['KeyNotFound', ['key']],
  ['MatchError', ['match']],
  ['TypeValidationError', ['validation']],
  ['ValidationError', ['validation']],
  ['InvalidArgument', ['argument']],
  ['InvalidArguments', ['argument']],
  ['IllegalArgumentException', ['argument']],
  ['NotImplemented', ['not-implemented']],
  ['NotCallable', ['not-callable']],
  ['StackOverflow', ['stack']],
  ['StackOverflowError', ['stack']],
  ['UnknownCapability', ['capability']],
  ['SecurityViolation', ['security']],
  ['ApplicationError', ['user', 'thrown']],
  ['ExceptionInfo', ['user', 'thrown']],
  ['BudgetExhausted', ['budget']],
  ['Timeout', ['timeout']],
  ['Cancelled', ['cancelled']],
  ['HostError', HOST_KINDS],
]);

const ANY: ReadonlySet<string> = new Set(['_', 'Exception', 'Error', 'Throwable']);
const NOT_RUNTIME: ReadonlySet<string> = new Set([...HOST_KINDS, 'validation', 'user', 'thrown']);
const KERNEL_PREFIX = 'error/';
const TYPE = keyword('type');

/** The `:type` of what was thrown, as text without the colon; null when it has none. */
function typeOf(thrown: Value): string | null {
  const type = thrown instanceof ErrorValue ? thrown.type : thrown instanceof MapValue ? thrown.get(TYPE) : undefined;
  return type instanceof Keyword ? type.name : typeof type === 'string' ? type : null;
}

function catches(thrown: Value, kind: Value): Value {
  const type = typeOf(thrown);
  if (kind instanceof Keyword) return type === kind.name;
  if (typeof kind !== 'string') return raise('internal', 'a catch clause names a keyword or a class');
  const name = kind.slice(kind.lastIndexOf('.') + 1); // `java.lang.Exception`
  return ANY.has(name) || (type !== null && isOfClass(type, name));
}

function isOfClass(type: string, name: string): boolean {
  const kernelKind = type.startsWith(KERNEL_PREFIX) ? type.slice(KERNEL_PREFIX.length) : null;
  if (name === 'RuntimeError' || name === 'RuntimeException') return kernelKind !== null && !NOT_RUNTIME.has(kernelKind);
  const kinds = CLASSES.get(name);
  if (kinds !== undefined) return kernelKind !== null && kinds.includes(kernelKind);
  return type === name || type.slice(type.lastIndexOf('/') + 1) === name;
}

export const destructure: readonly Primitive[] = [
  { name: '%elements', min: 1, max: 2, f1: (value, meter) => elements(value, null, meter), f2: elements },
  { name: '%nth-or-nil', min: 2, max: 2, f2: nthOrNil },
  { name: '%nthrest', min: 2, max: 2, f2: nthRest },
  { name: '%as-map', min: 1, max: 1, f1: asMap },
  { name: '%map-without', min: 1, max: MANY, rest: (args, meter) => without(OPERATION, args[0]!, args.slice(1), meter) },
  { name: '%match-sequential?', min: 2, max: 2, f2: matchesSize },
  { name: '%match-sequential-min?', min: 2, max: 2, f2: matchesSizeAtLeast },
  { name: '%match-map?', min: 1, max: 1, f1: isMap },
  { name: '%match-empty-map?', min: 1, max: 1, f1: (value) => value instanceof MapValue && value.size === 0 },
  { name: '%match-key', min: 2, max: 2, f2: matchesKey },
  { name: '%no-match', min: 1, max: 1, f1: noMatch },
  { name: '%catches?', min: 2, max: 2, f2: catches },
];
