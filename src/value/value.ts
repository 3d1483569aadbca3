/**
 * The closed value domain (V1). Everything a plan can hold is one of these and nothing else is.
 *
 * Representation, chosen for speed and fixed here:
 * - nil is `null`; `undefined` is never a value.
 * - An integer inside ±(2^53-1) is a JavaScript number that `Number.isInteger` accepts and that is never -0;
 *   outside that range it is a bigint. The program cannot see the difference (R2).
 * - A float that is not whole (NaN and the infinities included) is a JavaScript number too; a *whole* float
 *   (1.0, -0.0, 1e300) is boxed in `Float`, so that 1 and 1.0 stay two values. `makeFloat` chooses.
 * - Everything else is an instance of one of the classes below, told apart by `kind`.
 *
 * Values are immutable. No function here mutates a value that somebody else can see.
 */
import type { List } from './list.ts';
import type { MapValue } from './map.ts';
import type { SetValue } from './set.ts';
import type { Vector } from './vector.ts';

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float
  | Keyword
  | SymbolValue
  | List
  | Vector
  | MapValue
  | SetValue
  | FunctionValue
  | Timestamp
  | Uuid
  | Handle
  | ErrorValue;

/** A function: either a closure over a unit of code, or a primitive known by name. */
export type FunctionValue = Closure | PrimitiveFunction;

/** The word for a value's kind, as messages and `type-name` use it. */
export type KindName =
  | 'nil'
  | 'boolean'
  | 'integer'
  | 'float'
  | 'string'
  | 'keyword'
  | 'symbol'
  | 'list'
  | 'vector'
  | 'map'
  | 'set'
  | 'function'
  | 'timestamp'
  | 'uuid'
  | 'resource'
  | 'error';

/** A whole float (finite, integral, possibly -0). Never holds any other number. */
export class Float {
  declare readonly kind: 'float';
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Keyword {
  declare readonly kind: 'keyword';
  /** Without the colon: `a`, `ns/a`, `com.acme:v1.0/f`. */
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class SymbolValue {
  declare readonly kind: 'symbol';
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An instant, in whole milliseconds since 1970-01-01T00:00:00Z (may be negative). */
export class Timestamp {
  declare readonly kind: 'timestamp';
  readonly epochMs: number;
  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }
}

export class Uuid {
  declare readonly kind: 'uuid';
  /** 8-4-4-4-12 lower-case hexadecimal digits. */
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A resource handle, written `resource://…`. */
export class Handle {
  declare readonly kind: 'resource';
  readonly uri: string;
  constructor(uri: string) {
    this.uri = uri;
  }
}

/**
 * An error as a value: reads like a map with `:type :message :data :span :stack`.
 * `span` is nil or a map `{:file :line :column :end-line :end-column}` (1-based);
 * `stack` is nil or a vector of maps `{:function name :code "hash#unit" :span {…}}`, innermost first; `:tail true` where
 * a tail call replaced the callers in between, `{:omitted n}` at the end of a long one.
 */
export class ErrorValue {
  declare readonly kind: 'error';
  /** For instance `:error/arithmetic`. */
  readonly type: Keyword;
  readonly message: string;
  readonly data: Value;
  readonly span: Value;
  readonly stack: Value;
  constructor(type: Keyword, message: string, data: Value, span: Value, stack: Value) {
    this.type = type;
    this.message = message;
    this.data = data;
    this.span = span;
    this.stack = stack;
  }
}

/**
 * What the value room needs to know of a unit of code: its identity. The evaluator's loaded code implements it.
 * `group` is the content hash (64 hex digits) of the definition group, `unit` the number of the unit inside it.
 */
export interface CodeUnit {
  readonly group: string;
  readonly unit: number;
  /** For people only (messages, printing); not part of the identity. */
  readonly name: string | null;
}

/** A function of the program: code by hash plus captured values. Two with equal code and captures are the same value. */
export class Closure {
  declare readonly kind: 'function';
  declare readonly primitive: false;
  readonly code: CodeUnit;
  readonly captures: readonly Value[];
  constructor(code: CodeUnit, captures: readonly Value[]) {
    this.code = code;
    this.captures = captures;
  }
}

/** A function of the kernel, known by its name. */
export class PrimitiveFunction {
  declare readonly kind: 'function';
  declare readonly primitive: true;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

// `kind` lives on the prototypes: one word for every instance, no field to pay for.
function brand(constructor: { readonly prototype: object }, kind: KindName): void {
  Object.defineProperty(constructor.prototype, 'kind', { value: kind });
}
brand(Float, 'float');
brand(Keyword, 'keyword');
brand(SymbolValue, 'symbol');
brand(Timestamp, 'timestamp');
brand(Uuid, 'uuid');
brand(Handle, 'resource');
brand(ErrorValue, 'error');
brand(Closure, 'function');
brand(PrimitiveFunction, 'function');
Object.defineProperty(Closure.prototype, 'primitive', { value: false });
Object.defineProperty(PrimitiveFunction.prototype, 'primitive', { value: true });

/**
 * Keywords of a name are one object while this cache has room, so that comparing them is comparing references.
 * The cache is invisible (equality falls back to names) and bounded, so no program can make it grow for ever.
 */
const INTERNED_KEYWORDS_MAX = 65_536;
const INTERNED_NAME_LENGTH_MAX = 64;
const internedKeywords = new Map<string, Keyword>();

/** The keyword of that name (given without the colon). */
export function keyword(name: string): Keyword {
  const known = internedKeywords.get(name);
  if (known !== undefined) return known;
  const fresh = new Keyword(name);
  const fits = internedKeywords.size < INTERNED_KEYWORDS_MAX && name.length <= INTERNED_NAME_LENGTH_MAX;
  if (fits) internedKeywords.set(name, fresh);
  return fresh;
}

export function symbol(name: string): SymbolValue {
  return new SymbolValue(name);
}

/** The float of that number: boxed exactly when the number is whole. */
export function makeFloat(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}

export function isInteger(value: Value): value is number | bigint {
  return typeof value === 'number' ? Number.isInteger(value) : typeof value === 'bigint';
}

export function isFloat(value: Value): value is number | Float {
  return typeof value === 'number' ? !Number.isInteger(value) : value instanceof Float;
}

export function isNumber(value: Value): value is number | bigint | Float {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Float;
}

/** The one truth rule (R3): only nil and false are false. */
export function isTruthy(value: Value): boolean {
  return value !== null && value !== false;
}

export function kindOf(value: Value): KindName {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'float';
    case 'bigint':
      return 'integer';
    case 'string':
      return 'string';
    default:
      return value === null ? 'nil' : value.kind;
  }
}
