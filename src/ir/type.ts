/**
 * Types as data. A type is a value of the language, so that it can be a constant in code, be hashed, be written in
 * manifests and be told apart by `compare`. This file owns that *normalised form*: its grammar and its constructors.
 * `type-view.ts` reads it, `type-text.ts` prints it, the parser room writes it from source text.
 *
 *   T := :any | :never | :nil | :bool | :int | :float | :number | :string | :symbol | :keyword | :timestamp | :uuid
 *      | :fn | :vector | :list | :set | :map | :resource | :error
 *      | [:optional T]                     T or nil
 *      | [:vector T]                       a vector or list whose elements are all T
 *      | [:set T]
 *      | [:tuple T…]                       a vector or list of exactly these
 *      | [:array T [dim…]]                 nested vectors or lists, at least one dim;  dim := integer | :?
 *      | [:map ENTRY… [:* T]?]             an open map; with [:* T] the values of all other keys are T
 *      | [:map-of K V]                     a map whose keys are all K and whose values are all V
 *      | [:struct "Name" ENTRY…]           as :map, with a name that can be referred to inside
 *      | [:rec "Name" STRUCT STRUCT…]      that one of several structs that refer to each other, in order of their names
 *      | [:struct-ref "Name"]              the nearest struct around this place that has that name, alone or in a :rec
 *      | [:union T T…] | [:and T… PRED…]   (at least two parts, types first)
 *      | [:enum LITERAL…] | [:val LITERAL]
 *      | [:fn [T… (:& T)?] T]              parameters, the type of further arguments, result
 *      | [:resource "name"] | [:stream T]
 *   ENTRY := [LITERAL T] | [LITERAL T :optional]    the key may be absent; in a struct also when T is [:optional …]
 *   STRUCT := [:struct "Name" ENTRY…]
 *   PRED  := [:> L] [:>= L] [:< L] [:<= L] [:= L] [:!= L] [:in-range L L] [:min-length n] [:max-length n] [:length n]
 *          | [:min-count n] [:max-count n] [:count n] [:non-empty] [:matches-regex "…"] [:is-url] [:is-email]
 *          | [:has-key L] [:required-keys [L…]]
 *   LITERAL := nil, boolean, number, string, keyword, symbol, timestamp, uuid, resource handle
 *
 * Invariants: no optional directly inside an optional, no union inside a union, no alternative twice, no :and inside
 * an :and, and the type is within the limits of `fitsTypeLimits`, so whoever walks it may recurse. A type from outside
 * (a snapshot, a manifest) is trusted only after `viewType` has accepted it.
 */
import { compare } from '../value/order.ts';
import { type Keyword, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';

/** Vectors inside one another, in the value that a type is. */
export const TYPE_DEPTH_MAX = 256;
/** Elements of all vectors of the value, shared ones as often as they are met. */
const TYPE_SIZE_MAX = 50_000;
export const TYPE_DIMENSIONS_MAX = 32;

export const ANY: Keyword = keyword('any');
export const NEVER: Keyword = keyword('never');
export const NIL: Keyword = keyword('nil');
export const BOOL: Keyword = keyword('bool');
export const INT: Keyword = keyword('int');
export const FLOAT: Keyword = keyword('float');
export const NUMBER: Keyword = keyword('number');
export const STRING: Keyword = keyword('string');
export const SYMBOL: Keyword = keyword('symbol');
export const KEYWORD: Keyword = keyword('keyword');
export const TIMESTAMP: Keyword = keyword('timestamp');
export const UUID: Keyword = keyword('uuid');
export const FUNCTION: Keyword = keyword('fn');
export const VECTOR: Keyword = keyword('vector');
export const LIST: Keyword = keyword('list');
export const SET: Keyword = keyword('set');
export const MAP: Keyword = keyword('map');
const RESOURCE: Keyword = keyword('resource');
export const ERROR: Keyword = keyword('error');

export const PRIMITIVE_NAMES = [
  'any',
  'never',
  'nil',
  'bool',
  'int',
  'float',
  'number',
  'string',
  'symbol',
  'keyword',
  'timestamp',
  'uuid',
  'fn',
  'vector',
  'list',
  'set',
  'map',
  'resource',
  'error',
] as const;

export type PrimitiveName = (typeof PRIMITIVE_NAMES)[number];

const PRIMITIVES: ReadonlySet<string> = new Set(PRIMITIVE_NAMES);

export function isPrimitiveName(name: string): name is PrimitiveName {
  return PRIMITIVES.has(name);
}

export const PREDICATE_NAMES = [
  '>',
  '>=',
  '<',
  '<=',
  '=',
  '!=',
  'in-range',
  'min-length',
  'max-length',
  'length',
  'min-count',
  'max-count',
  'count',
  'non-empty',
  'matches-regex',
  'is-url',
  'is-email',
  'has-key',
  'required-keys',
] as const;

export type PredicateName = (typeof PREDICATE_NAMES)[number];

const PREDICATES: ReadonlySet<string> = new Set(PREDICATE_NAMES);

export function isPredicateName(name: string): name is PredicateName {
  return PREDICATES.has(name);
}

/** The words that stand in types beside the names: `[:k T :optional]`, `[:* T]`, `[:fn [:& T] T]`, `[:array T [:?]]`. */
const OPTIONAL_MARK: Keyword = keyword('optional');
const WILDCARD: Keyword = keyword('*');
const REST_MARK: Keyword = keyword('&');
const ANY_LENGTH: Keyword = keyword('?');

const UNION: Keyword = keyword('union');
const AND: Keyword = keyword('and');

export interface TypeEntry {
  readonly key: Value;
  readonly type: Value;
  /** The key may be absent; whether nil is allowed is a matter of `type`. Needless in structs when `type` is optional. */
  readonly optional: boolean;
}

export function optionalType(item: Value): Value {
  if (item === ANY || item === NIL || headOf(item) === OPTIONAL_MARK) return item;
  return Vector.of(OPTIONAL_MARK, item);
}

export function vectorType(item: Value): Value {
  return Vector.of(VECTOR, item);
}

export function setType(item: Value): Value {
  return Vector.of(SET, item);
}

export function tupleType(items: readonly Value[]): Value {
  return Vector.adopt([keyword('tuple'), ...items]);
}

/** `dimensions` has at least one entry; null is any length. */
export function arrayType(item: Value, dimensions: readonly (number | null)[]): Value {
  return Vector.of(keyword('array'), item, Vector.adopt(dimensions.map((length) => length ?? ANY_LENGTH)));
}

/** `rest`: what the values of all other keys are; null when nothing is asked of them. */
export function mapType(entries: readonly TypeEntry[], rest: Value | null): Value {
  const parts = entries.map(entryValue);
  if (rest !== null) parts.push(Vector.of(WILDCARD, rest));
  return Vector.adopt([MAP, ...parts]);
}

export function mapOfType(key: Value, value: Value): Value {
  return Vector.of(keyword('map-of'), key, value);
}

export function structType(name: string, entries: readonly TypeEntry[]): Value {
  return Vector.adopt([keyword('struct'), name, ...entries.map(entryValue)]);
}

export function structRef(name: string): Value {
  return Vector.of(keyword('struct-ref'), name);
}

/** The struct called `name` of a group; the members are struct types whose references stay inside the group. */
export function recursiveType(name: string, members: readonly Value[]): Value {
  return Vector.adopt([keyword('rec'), name, ...[...members].sort(compare)]);
}

/** At least one alternative. */
export function unionType(alternatives: readonly Value[]): Value {
  const parts = distinct(alternatives.flatMap((part) => partsOf(part, UNION)));
  return parts.length === 1 ? parts[0]! : Vector.adopt([UNION, ...parts]);
}

/** At least one type; `predicates` in normalised form. */
export function andType(types: readonly Value[], predicates: readonly Value[]): Value {
  const parts = [...types.flatMap((part) => partsOf(part, AND)), ...predicates];
  const isPredicate = (part: Value): boolean => isPredicateName(headOf(part)?.name ?? '');
  const ordered = distinct([...parts.filter((part) => !isPredicate(part)), ...parts.filter(isPredicate)]);
  return ordered.length === 1 ? ordered[0]! : Vector.adopt([AND, ...ordered]);
}

export function predicate(name: PredicateName, operands: readonly Value[]): Value {
  return Vector.adopt([keyword(name), ...operands]);
}

export function enumType(literals: readonly Value[]): Value {
  return Vector.adopt([keyword('enum'), ...distinct(literals)]);
}

export function valType(literal: Value): Value {
  return Vector.of(keyword('val'), literal);
}

export function functionType(parameters: readonly Value[], rest: Value | null, result: Value): Value {
  const list = rest === null ? [...parameters] : [...parameters, REST_MARK, rest];
  return Vector.of(FUNCTION, Vector.adopt(list), result);
}

export function resourceType(name: string): Value {
  return Vector.of(RESOURCE, name);
}

export function streamType(item: Value): Value {
  return Vector.of(keyword('stream'), item);
}

function entryValue(entry: TypeEntry): Value {
  return entry.optional ? Vector.of(entry.key, entry.type, OPTIONAL_MARK) : Vector.of(entry.key, entry.type);
}

/** Whether a value is small enough to be taken for a type. */
export function fitsTypeLimits(type: Value): boolean {
  const open: { readonly value: Value; readonly depth: number }[] = [{ value: type, depth: 0 }];
  let size = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (!(value instanceof Vector)) continue;
    size += value.size;
    if (depth >= TYPE_DEPTH_MAX || size > TYPE_SIZE_MAX) return false;
    for (const part of value) open.push({ value: part, depth: depth + 1 });
  }
  return true;
}

/** The keyword that a bracketed type starts with; null for names and for what is no type. */
export function headOf(type: Value): Keyword | null {
  if (!(type instanceof Vector)) return null;
  const head = type.get(0);
  return typeof head === 'object' && head !== null && head.kind === 'keyword' ? head : null;
}

/** The parts of a union (or :and) without its head; any other type is its own only part. */
function partsOf(type: Value, head: Keyword): Value[] {
  return type instanceof Vector && headOf(type) === head ? type.toArray().slice(1) : [type];
}

/** The first of each class of values that `compare` ties, in the order given. O(n log n). */
function distinct(values: readonly Value[]): Value[] {
  const order = values.map((_, index) => index).sort((a, b) => compare(values[a]!, values[b]!) || a - b);
  const kept = order.filter((index, at) => at === 0 || compare(values[order[at - 1]!]!, values[index]!) !== 0);
  return kept.sort((a, b) => a - b).map((index) => values[index]!);
}
