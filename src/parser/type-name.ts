/**
 * The words of types in source text: names of primitives and their other spellings, constructors and predicates and
 * how each is written, and what people from other languages write instead.
 */
import { suggest } from '../diagnostic/suggest.ts';
import { isPrimitiveName, optionalType, type PredicateName, PRIMITIVE_NAMES } from '../ir/type.ts';
import { type OperandShape, PREDICATE_OPERANDS } from '../ir/type-predicate.ts';
import { keyword, type Value } from '../value/value.ts';

/** What names of types mean at a place, beyond the primitives. */
export interface TypeEnv {
  /** The type that a struct's name stands for: closed, or a `[:struct-ref …]` inside the struct itself. */
  readonly structs: (name: string) => Value | null;
  /** For suggestions. */
  readonly structNames?: () => Iterable<string>;
  /** What is wrong with a regular expression, if anything; without it patterns are first read when a value is checked. */
  readonly patternProblem?: (pattern: string) => string | null;
}

export const NO_STRUCTS: TypeEnv = { structs: () => null };

/** Other spellings of primitives, taken as they are. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['boolean', 'bool'],
  ['integer', 'int'],
]);

/** Words of other languages: not taken, but it is known what was meant. */
const FOREIGN_NAMES: ReadonlyMap<string, string> = new Map([
  ['str', 'string'],
  ['text', 'string'],
  ['char', 'string'],
  ['double', 'float'],
  ['decimal', 'float'],
  ['long', 'int'],
  ['num', 'number'],
  ['null', 'nil'],
  ['none', 'nil'],
  ['void', 'nil'],
  ['unit', 'nil'],
  ['object', 'map'],
  ['dict', 'map'],
  ['hash-map', 'map'],
  ['record', 'map'],
  ['array', 'vector'],
  ['seq', 'vector'],
  ['function', 'fn'],
  ['date', 'timestamp'],
  ['datetime', 'timestamp'],
  ['instant', 'timestamp'],
  ['inst', 'timestamp'],
  ['handle', 'resource'],
  ['exception', 'error'],
  ['unknown', 'any'],
]);

/** The type that a name stands for, with or without the `?` of "or nil"; null when there is none. */
export function namedType(name: string, env: TypeEnv): Value | null {
  const plain = nameWithoutMark(name, env);
  if (plain !== null || !name.endsWith('?')) return plain;
  const item = nameWithoutMark(name.slice(0, -1), env);
  return item === null ? null : optionalType(item);
}

function nameWithoutMark(name: string, env: TypeEnv): Value | null {
  return primitiveNamed(name) ?? env.structs(name) ?? capitalised(name);
}

function primitiveNamed(name: string): Value | null {
  const known = ALIASES.get(name) ?? name;
  return isPrimitiveName(known) ? keyword(known) : null;
}

function capitalised(name: string): Value | null {
  if (name === 'UUID') return keyword('uuid');
  const first = name.charCodeAt(0);
  return first >= 0x41 && first <= 0x5a ? primitiveNamed(String.fromCharCode(first + 0x20) + name.slice(1)) : null;
}

/** How each constructor is written. */
export const SHAPES = {
  vector: '[:vector T]',
  set: '[:set T]',
  tuple: '[:tuple T…]',
  array: '[:array T [2 ?]]',
  map: '[:map [:key T] [:key T ?]]',
  record: '[:record [:key T] [:key T ?]]',
  'map-of': '[:map-of K V]',
  dict: '[:dict K V]',
  fn: '[:fn [T…] T]',
  '=>': '[:=> [T…] T]',
  resource: '[:resource Name]',
  enum: '[:enum :a :b]',
  union: '[:union T T]',
  and: '[:and T [:> 0]]',
  val: '[:val 1]',
  optional: '[:optional T]',
  stream: '[:stream T]',
} as const;

export type Constructor = keyof typeof SHAPES;

export const FOREIGN_CONSTRUCTORS: ReadonlyMap<string, Constructor> = new Map([
  ['or', 'union'],
  ['one-of', 'union'],
  ['list', 'vector'],
  ['seq', 'vector'],
  ['sequential', 'vector'],
  ['vec', 'vector'],
  ['coll', 'vector'],
  ['maybe', 'optional'],
  ['nilable', 'optional'],
  ['option', 'optional'],
  ['object', 'map'],
  ['struct', 'map'],
  ['keys', 'map'],
  ['hash-map', 'map-of'],
  ['const', 'val'],
  ['literal', 'val'],
  ['function', 'fn'],
  ['->', 'fn'],
  ['cat', 'tuple'],
]);

/** Predicates that stand without brackets inside `:and`, since they take nothing. */
export const BARE_PREDICATES: ReadonlySet<string> = new Set(['non-empty', 'is-url', 'is-email']);

export const OPERAND_TEXT: Readonly<Record<OperandShape, string>> = {
  none: 'nothing after its name',
  comparable: 'one number, string or timestamp',
  'two comparable': 'two numbers, the least and the greatest that are allowed',
  literal: 'one literal',
  count: 'one integer that is not negative',
  pattern: 'one string',
  keys: 'one vector of keys',
};

export function isConstructor(name: string): name is Constructor {
  return Object.hasOwn(SHAPES, name);
}

export function nameHelp(name: string, env: TypeEnv): string[] {
  const meant = FOREIGN_NAMES.get(name.toLowerCase());
  if (meant !== undefined) return [`did you mean \`${meant}\`?`];
  const candidates = [...PRIMITIVE_NAMES, ...ALIASES.keys(), ...(env.structNames?.() ?? [])];
  return didYouMean(suggest(name, candidates), '', '') ?? [`the types are ${PRIMITIVE_NAMES.join(', ')} and the names of structs`];
}

export function constructorHelp(name: string): string[] {
  const meant = FOREIGN_CONSTRUCTORS.get(name);
  if (meant !== undefined) return [`did you mean \`${SHAPES[meant]}\`?`];
  const known = Object.keys(SHAPES);
  return didYouMean(suggest(name, known), '[:', ' …]') ?? [`the constructors are ${known.map((each) => `:${each}`).join(', ')}`];
}

/** Null when there is nothing to suggest. */
export function didYouMean(names: readonly string[], before: string, after: string): string[] | null {
  return names.length === 0 ? null : [`did you mean ${names.map((name) => `\`${before}${name}${after}\``).join(' or ')}?`];
}

/** A type that goes with a predicate, for an example. */
export function typeFor(name: PredicateName): string {
  switch (PREDICATE_OPERANDS[name]) {
    case 'comparable':
    case 'two comparable':
    case 'literal':
      return name === 'has-key' ? 'map' : 'int';
    case 'keys':
      return 'map';
    case 'count':
      return name.endsWith('length') ? 'string' : 'vector';
    default:
      return 'string';
  }
}
