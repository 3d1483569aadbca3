/**
 * JSON Schema, as other systems describe their tools, as types of the language. What the language cannot say becomes `any`: a type that
 * accepts too much is checked again by the tool, one that accepts too little would hide a part of it. Keys are keywords.
 */
import { ANY, andType, BOOL, enumType, INT, mapOfType, mapType, NIL, NUMBER, optionalType, predicate, STRING, TYPE_DEPTH_MAX, type TypeEntry, unionType, valType, vectorType, fitsTypeLimits, KEYWORD, MAP } from '../../ir/type.ts';
import { fromPlain } from '../../value/plain.ts';
import { keyword, type Value } from '../../value/value.ts';

type Schema = Readonly<Record<string, unknown>>;

const DEPTH_MAX = Math.floor(TYPE_DEPTH_MAX / 8);

/** The type of what a schema describes; `any` when it is no schema or too large to be a type. */
export function typeOfSchema(schema: unknown): Value {
  const type = typeOf(schema, isSchema(schema) ? schema : {}, 0);
  return fitsTypeLimits(type) ? type : ANY;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(schema: Schema, key: string): unknown {
  return Object.hasOwn(schema, key) ? schema[key] : undefined;
}

function typeOf(schema: unknown, root: Schema, depth: number): Value {
  if (!isSchema(schema) || depth > DEPTH_MAX) return ANY;
  const ref = own(schema, '$ref');
  if (typeof ref === 'string') return typeOf(referred(root, ref), root, depth + 1);
  if (Object.hasOwn(schema, 'const')) return literalType([schema['const']]);
  const literals = own(schema, 'enum');
  if (Array.isArray(literals)) return literalType(literals);
  const choices = own(schema, 'anyOf') ?? own(schema, 'oneOf');
  if (Array.isArray(choices) && choices.length > 0) return union(choices.map((one) => typeOf(one, root, depth + 1)));
  const kind = own(schema, 'type');
  if (Array.isArray(kind)) return kind.length === 0 ? ANY : union(kind.map((one) => ofKind(one, schema, root, depth)));
  return ofKind(kind, schema, root, depth);
}

function ofKind(kind: unknown, schema: Schema, root: Schema, depth: number): Value {
  switch (kind) {
    case 'string':
      return refined(STRING, [count(schema, 'minLength', 'min-length'), count(schema, 'maxLength', 'max-length')]);
    case 'integer':
      return refined(INT, bounds(schema));
    case 'number':
      return refined(NUMBER, bounds(schema));
    case 'boolean':
      return BOOL;
    case 'null':
      return NIL;
    case 'array':
      return refined(vectorType(typeOf(own(schema, 'items'), root, depth + 1)), [count(schema, 'minItems', 'min-count'), count(schema, 'maxItems', 'max-count')]);
    case 'object':
      return objectType(schema, root, depth);
    default:
      return isSchema(own(schema, 'properties')) ? objectType(schema, root, depth) : ANY;
  }
}

function objectType(schema: Schema, root: Schema, depth: number): Value {
  const properties = own(schema, 'properties');
  const required = own(schema, 'required');
  const more = own(schema, 'additionalProperties');
  if (!isSchema(properties) || Object.keys(properties).length === 0) return isSchema(more) ? mapOfType(KEYWORD, typeOf(more, root, depth + 1)) : MAP;
  const entries = Object.entries(properties).map(([name, one]): TypeEntry => {
    const isRequired = Array.isArray(required) && required.includes(name);
    const type = typeOf(one, root, depth + 1);
    return { key: keyword(name), type: isRequired ? type : optionalType(type), optional: !isRequired };
  });
  return mapType(entries, null);
}

/** Only inside the same schema: nothing is ever fetched. */
function referred(root: Schema, ref: string): unknown {
  if (!ref.startsWith('#/')) return ref === '#' ? root : undefined;
  return ref.slice(2).split('/').reduce<unknown>((at, name) => (isSchema(at) ? own(at, name.replaceAll('~1', '/').replaceAll('~0', '~')) : undefined), root);
}

/** Literals that are numbers are compared with what JSON has: `1` is `1.0`. */
function literalType(literals: readonly unknown[]): Value {
  const values = literals.map((one) => fromPlain(one));
  const simple = values.flatMap((one) => (one.ok && (one.value === null || typeof one.value !== 'object') ? [one.value] : []));
  if (simple.length < literals.length || simple.length === 0) return ANY;
  return simple.length === 1 ? valType(simple[0]!) : enumType(simple);
}

function union(types: readonly Value[]): Value {
  if (types.includes(ANY)) return ANY;
  const others = types.filter((type) => type !== NIL);
  if (others.length < types.length && others.length > 0) return optionalType(unionType(others));
  return unionType(types);
}

function refined(type: Value, predicates: readonly (Value | null)[]): Value {
  const given = predicates.filter((one) => one !== null);
  return given.length === 0 ? type : andType([type], given);
}

function count(schema: Schema, key: string, name: 'min-length' | 'max-length' | 'min-count' | 'max-count'): Value | null {
  const size = own(schema, key);
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? predicate(name, [size]) : null;
}

function bounds(schema: Schema): readonly (Value | null)[] {
  return [bound(schema, 'minimum', '>='), bound(schema, 'maximum', '<='), bound(schema, 'exclusiveMinimum', '>'), bound(schema, 'exclusiveMaximum', '<')];
}

function bound(schema: Schema, key: string, name: '>=' | '<=' | '>' | '<'): Value | null {
  const limit = own(schema, key);
  const value = typeof limit === 'number' ? fromPlain(limit) : null;
  return value !== null && value.ok ? predicate(name, [value.value]) : null;
}
