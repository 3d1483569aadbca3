/**
 * What the tests of types share: types and values from text, arbitrary types with values that fit or nearly fit them,
 * and a model of validation, written straight from the grammar of types without any thought for speed or depth.
 */
import fc from 'fast-check';
import { DEFAULT_LIMITS, type Meter, meterOf } from '../../src/evaluator/limits.ts';
import {
  andType,
  ANY,
  arrayType,
  BOOL,
  enumType,
  FLOAT,
  FUNCTION,
  functionType,
  INT,
  KEYWORD,
  LIST,
  MAP,
  mapOfType,
  mapType,
  NEVER,
  NIL,
  NUMBER,
  optionalType,
  predicate,
  recursiveType,
  resourceType,
  SET,
  setType,
  STRING,
  structRef,
  structType,
  TIMESTAMP,
  tupleType,
  type TypeEntry,
  unionType,
  UUID,
  valType,
  VECTOR,
  vectorType,
} from '../../src/ir/type.ts';
import { readValue } from '../../src/parser/datum.ts';
import type { Form } from '../../src/parser/form.ts';
import { read } from '../../src/parser/reader.ts';
import { parseType } from '../../src/parser/type-form.ts';
import { List } from '../../src/value/list.ts';
import { MapValue } from '../../src/value/map.ts';
import { compare } from '../../src/value/order.ts';
import { printBrief } from '../../src/value/print.ts';
import { SetValue } from '../../src/value/set.ts';
import { Float, Handle, isInteger, isNumber, keyword, makeFloat, PrimitiveFunction, Timestamp, Uuid, type Value } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';

export type StructTable = Readonly<Record<string, Value>>;

/** The only form in the text. */
export function formOf(text: string): Form {
  const { forms, diagnostics } = read(text, 'test');
  if (diagnostics.length > 0 || forms.length !== 1) throw new Error(`not one form: ${text}`);
  return forms[0]!;
}

export function typeOf(text: string, structs: StructTable = {}): Value {
  const result = parseType(formOf(text), { structs: (name) => structs[name] ?? null });
  if (!result.ok) throw new Error(`${result.error.code} ${result.error.message} in ${text}`);
  return result.value;
}

export function valueOf(text: string): Value {
  const result = readValue(text);
  if (!result.ok) throw new Error(`not one value: ${text}`);
  return result.value;
}

export function show(value: Value): string {
  return printBrief(value, 10_000);
}

export function newMeter(fuel: number = DEFAULT_LIMITS.fuel): Meter {
  return meterOf({ ...DEFAULT_LIMITS, fuel });
}

// --- structs ---------------------------------------------------------------------------------------------------------

/** A linked list of integers: `(defstruct Chain :value int :next Chain?)`. */
export const CHAIN: Value = structType('Chain', [entry(':value', INT), entry(':next', optionalType(structRef('Chain')))]);

/** As CHAIN, with its struct written out once more. */
export const UNROLLED_CHAIN: Value = structType('Chain', [entry(':value', INT), entry(':next', optionalType(CHAIN))]);

/** A chain whose values may be any number. */
export const WIDE_CHAIN: Value = structType('Wide', [entry(':value', NUMBER), entry(':next', optionalType(structRef('Wide')))]);

/** Expressions: alternatives that only their fields tell apart, each holding expressions again. */
export const EXPRESSION: Value = recursiveType('Neg', [
  structType('Neg', [entry(':of', unionType([INT, structRef('Neg'), structRef('Sum')]))]),
  structType('Sum', [entry(':of', unionType([INT, structRef('Sum'), structRef('Neg')])), entry(':and', unionType([INT, structRef('Neg'), structRef('Sum')]))]),
]);

function entry(key: string, type: Value, optional: boolean = false): TypeEntry {
  return { key: keyword(key.slice(1)), type, optional };
}

// --- arbitrary literals, types, values -------------------------------------------------------------------------------

const smallNumbers: fc.Arbitrary<Value> = fc.constantFrom<Value>(-1, 0, 1, 2, 3, 0.5, 1.5, makeFloat(1), makeFloat(-0), makeFloat(2), 2n ** 60n, Number.NaN);
const smallStrings: fc.Arbitrary<Value> = fc.constantFrom('', 'a', 'ab', 'abc', '😀', 'a@b.co', 'http://h');
const smallKeywords: fc.Arbitrary<Value> = fc.constantFrom(...['a', 'b', 'c', 'value', 'next', 'of', 'and'].map((name) => keyword(name)));

export const literals: fc.Arbitrary<Value> = fc.oneof(smallNumbers, smallStrings, smallKeywords, fc.constantFrom<Value>(null, true, false));

const keys: fc.Arbitrary<Value> = fc.oneof({ weight: 4, arbitrary: smallKeywords }, { weight: 1, arbitrary: fc.constantFrom<Value>('a', 1) });

const numbersToCompare: fc.Arbitrary<Value> = fc.constantFrom<Value>(-1, 0, 1, 2, 0.5, makeFloat(1));

export const predicates: fc.Arbitrary<Value> = fc.oneof(
  fc.tuple(fc.constantFrom('>' as const, '>=' as const, '<' as const, '<=' as const), numbersToCompare).map(([name, bound]) => predicate(name, [bound])),
  fc.tuple(fc.constantFrom('=' as const, '!=' as const), literals).map(([name, literal]) => predicate(name, [literal])),
  fc.tuple(numbersToCompare, numbersToCompare).map((bounds) => predicate('in-range', bounds)),
  fc
    .tuple(fc.constantFrom('min-length' as const, 'max-length' as const, 'length' as const, 'min-count' as const, 'max-count' as const, 'count' as const), fc.nat(3))
    .map(([name, size]) => predicate(name, [size])),
  fc.constantFrom(predicate('non-empty', []), predicate('is-url', []), predicate('is-email', [])),
  keys.map((key) => predicate('has-key', [key])),
  fc.array(keys, { maxLength: 2 }).map((list) => predicate('required-keys', [Vector.adopt(list)])),
);

const names: fc.Arbitrary<Value> = fc.constantFrom(ANY, NEVER, NIL, BOOL, INT, FLOAT, NUMBER, STRING, KEYWORD, TIMESTAMP, UUID, FUNCTION, VECTOR, LIST, SET, MAP);

function entriesOf(type: fc.Arbitrary<Value>): fc.Arbitrary<TypeEntry[]> {
  const one = fc.record({ key: keys, type, optional: fc.boolean() });
  return fc.uniqueArray(one, { maxLength: 3, comparator: (a, b) => compare(a.key, b.key) === 0 });
}

export const types: fc.Arbitrary<Value> = fc.letrec<{ type: Value }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: names },
    { weight: 1, arbitrary: fc.constantFrom(CHAIN, WIDE_CHAIN, EXPRESSION) },
    { weight: 1, arbitrary: fc.array(literals, { minLength: 1, maxLength: 3 }).map(enumType) },
    { weight: 1, arbitrary: literals.map(valType) },
    { weight: 2, arbitrary: tie('type').map(optionalType) },
    { weight: 2, arbitrary: tie('type').map(vectorType) },
    { weight: 1, arbitrary: tie('type').map(setType) },
    { weight: 1, arbitrary: fc.array(tie('type'), { maxLength: 3 }).map(tupleType) },
    { weight: 1, arbitrary: fc.tuple(tie('type'), fc.array(fc.option(fc.nat(2)), { minLength: 1, maxLength: 2 })).map(([item, lengths]) => arrayType(item, lengths)) },
    { weight: 2, arbitrary: fc.tuple(entriesOf(tie('type')), fc.option(tie('type'))).map(([entries, rest]) => mapType(entries, rest)) },
    { weight: 1, arbitrary: entriesOf(tie('type')).map((entries) => structType('S', entries)) },
    { weight: 1, arbitrary: fc.tuple(tie('type'), tie('type')).map(([key, value]) => mapOfType(key, value)) },
    { weight: 3, arbitrary: fc.array(tie('type'), { minLength: 1, maxLength: 3 }).map(unionType) },
    { weight: 2, arbitrary: fc.tuple(fc.array(tie('type'), { minLength: 1, maxLength: 2 }), fc.array(predicates, { maxLength: 2 })).map(([parts, narrow]) => andType(parts, narrow)) },
    { weight: 1, arbitrary: fc.tuple(fc.array(tie('type'), { maxLength: 2 }), fc.option(tie('type')), tie('type')).map(([parameters, rest, result]) => functionType(parameters, rest, result)) },
    { weight: 1, arbitrary: fc.constant(resourceType('File')) },
  ),
})).type;

const atoms: fc.Arbitrary<Value> = fc.oneof(
  literals,
  fc.constantFrom<Value>(new Timestamp(0), new Uuid('00000000-0000-4000-8000-000000000000'), new Handle('resource://x'), new PrimitiveFunction('+')),
);

/** Small values, built so that they meet the types above often. */
export const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: atoms },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }).map((items) => Vector.adopt(items)) },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }).map((items) => List.adopt(items)) },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }).map((items) => SetValue.from(items)) },
    { weight: 2, arbitrary: fc.array(fc.tuple(fc.oneof(keys, tie('value')), tie('value')), { maxLength: 3 }).map((entries) => MapValue.from(entries)) },
  ),
})).value;

/** Values made after a type: most of them have it. `depth` bounds how far recursive structs are unrolled. */
export function valuesOf(type: Value, depth: number = 4, structs: StructTable = {}): fc.Arbitrary<Value> {
  if (depth === 0) return atoms;
  const inner = (part: Value): fc.Arbitrary<Value> => valuesOf(part, depth - 1, structs);
  if (!(type instanceof Vector)) return atomsNamed((type as { name: string }).name);
  const [head, ...parts] = type.toArray();
  switch ((head as { name: string }).name) {
    case 'optional':
      return fc.oneof(fc.constant(null), inner(parts[0]!));
    case 'vector':
      return fc.tuple(fc.array(inner(parts[0]!), { maxLength: 3 }), fc.boolean()).map(([items, asList]) => (asList ? List.adopt(items) : Vector.adopt(items)));
    case 'set':
      return fc.array(inner(parts[0]!), { maxLength: 3 }).map((items) => SetValue.from(items));
    case 'tuple':
      return fc.tuple(...parts.map(inner)).map((items) => Vector.adopt(items));
    case 'array':
      return arraysOf(parts[0]!, (parts[1] as Vector).toArray(), inner);
    case 'map':
      return recordsOf(parts, inner);
    case 'map-of':
      return fc.array(fc.tuple(inner(parts[0]!), inner(parts[1]!)), { maxLength: 3 }).map((entries) => MapValue.from(entries));
    case 'struct':
      return recordsOf(parts.slice(1), (part) => valuesOf(part, depth - 1, { ...structs, [parts[0] as string]: type }));
    case 'rec': {
      const members = Object.fromEntries(parts.slice(1).map((member) => [(member as Vector).get(1) as string, member]));
      return valuesOf(members[parts[0] as string]!, depth, { ...structs, ...members });
    }
    case 'struct-ref':
      return valuesOf(structs[parts[0] as string]!, depth - 1, structs);
    case 'union':
      return fc.oneof(...parts.map(inner));
    case 'and':
      return inner(parts[0]!);
    case 'enum':
    case 'val':
      return fc.constantFrom(...parts);
    case 'resource':
      return fc.constant(new Handle('resource://x'));
    default:
      return fc.constant(new PrimitiveFunction('+'));
  }
}

function recordsOf(parts: readonly Value[], inner: (type: Value) => fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  const fields = parts.map((part) => {
    const [key, type, mark] = (part as Vector).toArray();
    const isWildcard = (key as { name?: string }).name === '*';
    const entries = inner(type!).map((value): [Value, Value] => [isWildcard ? keyword('other') : key!, value]);
    return isWildcard || mark !== undefined ? fc.option(entries) : entries;
  });
  return fc.tuple(...fields).map((entries) => MapValue.from(entries.filter((each) => each !== null)));
}

function arraysOf(item: Value, dimensions: readonly Value[], inner: (type: Value) => fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  if (dimensions.length === 0) return inner(item);
  const [first, ...rest] = dimensions;
  const length = typeof first === 'number' ? { minLength: first, maxLength: first } : { maxLength: 2 };
  return fc.array(arraysOf(item, rest, inner), length).map((items) => Vector.adopt(items));
}

function atomsNamed(name: string): fc.Arbitrary<Value> {
  switch (name) {
    case 'nil':
      return fc.constant(null);
    case 'bool':
      return fc.boolean();
    case 'int':
      return smallNumbers.filter((value) => isInteger(value));
    case 'float':
    case 'number':
      return smallNumbers;
    case 'string':
      return smallStrings;
    case 'keyword':
      return smallKeywords;
    default:
      return values;
  }
}

// --- the model -------------------------------------------------------------------------------------------------------

type Scope = readonly { readonly name: string; readonly struct: Value; readonly scope: () => Scope }[];

/** Whether the value has the type, by the words of the grammar. Only for small values. */
export function hasType(type: Value, value: Value, scope: Scope = []): boolean {
  if (!(type instanceof Vector)) return hasName((type as { name: string }).name, value);
  const [headValue, ...parts] = type.toArray();
  const head = (headValue as { name: string }).name;
  const inner = (part: Value, item: Value): boolean => hasType(part, item, scope);
  switch (head) {
    case 'optional':
      return value === null || inner(parts[0]!, value);
    case 'vector':
      return sequence(value)?.every((item) => inner(parts[0]!, item)) ?? false;
    case 'set':
      return value instanceof SetValue && value.toArray().every((item) => inner(parts[0]!, item));
    case 'tuple': {
      const items = sequence(value);
      return items !== null && items.length === parts.length && items.every((item, index) => inner(parts[index]!, item));
    }
    case 'array':
      return isArray(parts[0]!, (parts[1] as Vector).toArray(), value, scope);
    case 'map':
      return isRecord(parts, value, scope, false);
    case 'map-of':
      return value instanceof MapValue && [...value].every(([key, item]) => inner(parts[0]!, key) && inner(parts[1]!, item));
    case 'struct': {
      const around: Scope = [{ name: parts[0] as string, struct: type, scope: () => around }, ...scope];
      return isRecord(parts.slice(1), value, around, true);
    }
    case 'rec': {
      const around: Scope = [...parts.slice(1).map((struct) => ({ name: (struct as Vector).get(1) as string, struct, scope: () => around })), ...scope];
      return hasType(structRef(parts[0] as string), value, around);
    }
    case 'struct-ref': {
      const found = scope.find((each) => each.name === parts[0])!;
      return isRecord((found.struct as Vector).toArray().slice(2), value, found.scope(), true);
    }
    case 'union':
      return parts.some((part) => inner(part, value));
    case 'and':
      return parts.every((part) => (isPredicate(part) ? satisfies(part, value) : inner(part, value)));
    case 'enum':
    case 'val':
      return parts.some((part) => compare(part, value) === 0);
    case 'fn':
      return kind(value) === 'function';
    default:
      return kind(value) === 'resource';
  }
}

function hasName(name: string, value: Value): boolean {
  switch (name) {
    case 'any':
      return true;
    case 'never':
      return false;
    case 'nil':
      return value === null;
    case 'bool':
      return value === true || value === false;
    case 'int':
      return isInteger(value);
    case 'float':
    case 'number':
      return isNumber(value);
    case 'string':
      return typeof value === 'string';
    case 'vector':
      return sequence(value) !== null;
    case 'fn':
      return kind(value) === 'function';
    default:
      return kind(value) === name;
  }
}

function isRecord(entries: readonly Value[], value: Value, scope: Scope, isStruct: boolean): boolean {
  if (!(value instanceof MapValue)) return false;
  const known: Value[] = [];
  let rest: Value | null = null;
  for (const part of entries) {
    const [key, type, mark] = (part as Vector).toArray();
    if (!isStruct && (key as { name?: string } | null)?.name === '*') {
      rest = type!;
      continue;
    }
    known.push(key!);
    const item = value.get(key!);
    const mayLack = mark !== undefined || (isStruct && type instanceof Vector && (type.get(0) as { name: string }).name === 'optional');
    if (item === undefined ? !mayLack : !hasType(type!, item, scope)) return false;
  }
  return rest === null || [...value].every(([key, item]) => known.some((each) => compare(each, key) === 0) || hasType(rest, item, scope));
}

function isArray(item: Value, dimensions: readonly Value[], value: Value, scope: Scope): boolean {
  const [length, ...rest] = dimensions;
  if (length === undefined) return hasType(item, value, scope);
  const items = sequence(value);
  if (items === null || (typeof length === 'number' && items.length !== length)) return false;
  return items.every((each) => isArray(item, rest, each, scope));
}

function sequence(value: Value): Value[] | null {
  return value instanceof Vector || value instanceof List ? value.toArray() : null;
}

function kind(value: Value): string | null {
  return typeof value === 'object' && value !== null ? value.kind : null;
}

const PREDICATE_HEADS = /^([<>]=?|=|!=|in-range|(min-|max-)?(length|count)|non-empty|matches-regex|is-.*|has-key|required-keys)$/;

function isPredicate(part: Value): boolean {
  return part instanceof Vector && PREDICATE_HEADS.test((part.get(0) as { name: string }).name);
}

function satisfies(form: Value, value: Value): boolean {
  const [head, a = null, b = null] = (form as Vector).toArray();
  const size = typeof value === 'string' ? null : value instanceof MapValue ? value.size : value instanceof SetValue ? value.size : (sequence(value)?.length ?? null);
  const length = typeof value === 'string' ? [...value].length : null;
  const name = (head as { name: string }).name;
  switch (name) {
    case '>':
    case '>=':
    case '<':
    case '<=':
      return isNumber(value) && numberTest(name, value, a);
    case '=':
      return isNumber(value) && isNumber(a) ? plain(value) == plain(a) : compare(value, a) === 0;
    case '!=':
      return !(isNumber(value) && isNumber(a) ? plain(value) == plain(a) : compare(value, a) === 0);
    case 'in-range':
      return isNumber(value) && numberTest('>=', value, a) && numberTest('<=', value, b);
    case 'min-length':
      return length !== null && length >= (a as number);
    case 'max-length':
      return length !== null && length <= (a as number);
    case 'length':
      return length === a;
    case 'min-count':
      return size !== null && size >= (a as number);
    case 'max-count':
      return size !== null && size <= (a as number);
    case 'count':
      return size === a;
    case 'non-empty':
      return (length ?? size ?? 0) > 0;
    case 'is-url':
      return value === 'http://h';
    case 'is-email':
      return value === 'a@b.co';
    case 'has-key':
      return value instanceof MapValue && value.has(a);
    default:
      return value instanceof MapValue && (a as Vector).toArray().every((key) => value.has(key));
  }
}

function numberTest(name: '>' | '>=' | '<' | '<=', value: Value, bound: Value): boolean {
  const x = plain(value);
  const y = plain(bound);
  return name === '>' ? x > y : name === '>=' ? x >= y : name === '<' ? x < y : x <= y;
}

function plain(value: Value): number | bigint {
  return value instanceof Float ? value.value : (value as number | bigint);
}
