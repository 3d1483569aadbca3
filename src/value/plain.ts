/**
 * Between values and plain JavaScript data, for programs that embed the language.
 *
 * To values: `null` and `undefined` are nil; a whole number is an integer (exact, however large), any other a float;
 * bigints are integers; arrays are vectors; plain objects (of any realm, or without prototype) are maps with strings
 * as keys, in which `__proto__` and `constructor` are keys like any other. What is a value already stays what it is, so
 * `makeFloat(1)` among the data asks for the float 1.0. Everything else is refused: functions, symbols, dates, class
 * instances, cycles.
 *
 * From values: always possible, and lossy: floats become numbers, keywords and symbols their names, lists and sets
 * arrays, maps objects, timestamps, uuids and handles strings, errors objects, functions their printed text. Keys that
 * are neither strings nor keywords become their printed text, and no two keys ever become one (`key-text.ts`).
 * What was shared in the value is shared in the data.
 *
 * Both are iterative.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { keyTexts } from './key-text.ts';
import { LargeMap } from './large-map.ts';
import { List } from './list.ts';
import { MapValue } from './map.ts';
import { integerOfWhole, normaliseInteger } from './number.ts';
import { PRINT_LENGTH_MAX, printBrief } from './print.ts';
import { SetValue } from './set.ts';
import { formatTimestamp } from './time.ts';
import {
  Closure,
  ErrorValue,
  Float,
  type FunctionValue,
  Handle,
  Keyword,
  keyword,
  PrimitiveFunction,
  SymbolValue,
  Timestamp,
  Uuid,
  type Value,
} from './value.ts';
import { Vector } from './vector.ts';

export type Plain = null | boolean | number | bigint | string | readonly Plain[] | PlainObject;
export interface PlainObject {
  readonly [key: string]: Plain;
}

export interface FromPlainOptions {
  /** What the keys of objects become. */
  readonly keys?: 'strings' | 'keywords';
}

export interface FromPlainFault {
  /** No full stop: `a function cannot become a value`. */
  readonly message: string;
  /** Where in the data: `.users[3].name`; empty for the whole. */
  readonly path: string;
}

export function fromPlain(data: unknown, options: FromPlainOptions = {}): Result<Value, FromPlainFault> {
  return new PlainReader(options.keys === 'keywords' ? keyword : (key) => key).run(data);
}

/** An array or object whose parts are being read. */
interface OpenData {
  readonly source: object;
  /** Null for arrays. */
  readonly keys: readonly string[] | null;
  readonly size: number;
  readonly values: Value[];
}

class PlainReader {
  private readonly makeKey: (text: string) => Value;
  private readonly stack: OpenData[] = [];
  /** Arrays and objects read already; null while they are open. */
  private readonly known = new LargeMap<object, Value | null>();
  private fault: string | null = null;

  constructor(makeKey: (text: string) => Value) {
    this.makeKey = makeKey;
  }

  run(data: unknown): Result<Value, FromPlainFault> {
    let value = this.read(data);
    while (this.fault === null) {
      const top = this.stack[this.stack.length - 1];
      if (top === undefined) return { ok: true, value: value! };
      if (value !== undefined) top.values.push(value);
      value = top.values.length === top.size ? this.close() : this.read(part(top, top.values.length));
    }
    return { ok: false, error: { message: this.fault, path: this.path() } };
  }

  /** The value, or undefined when it has parts that must be read first, or cannot be read at all. */
  private read(data: unknown): Value | undefined {
    switch (typeof data) {
      case 'undefined':
        return null;
      case 'boolean':
      case 'string':
        return data;
      case 'number':
        return integerOfWhole(data) ?? data;
      case 'bigint':
        return normaliseInteger(data);
      case 'object':
        return data === null ? null : this.readObject(data);
      default:
        return this.refuse(`a ${typeof data} cannot become a value`);
    }
  }

  private readObject(data: object): Value | undefined {
    if (isValueObject(data)) return data;
    const known = this.known.get(data);
    if (known !== undefined) return known ?? this.refuse('data that contains itself cannot become a value');
    const keys = Array.isArray(data) ? null : isPlainObject(data) ? Object.keys(data) : undefined;
    if (keys === undefined) return this.refuse('only arrays and plain objects can become values, not instances of a class');
    this.known.set(data, null);
    this.stack.push({ source: data, keys, size: keys?.length ?? (data as unknown[]).length, values: [] });
    return undefined;
  }

  private close(): Value {
    const { source, keys, values } = this.stack.pop()!;
    const value = keys === null ? Vector.adopt(values) : MapValue.from(keys.map((key, i) => [this.makeKey(key), values[i]!] as const));
    this.known.set(source, value);
    return value;
  }

  private refuse(message: string): undefined {
    this.fault ??= message;
    return undefined;
  }

  private path(): string {
    return this.stack
      .map(({ keys, values }) => (keys === null ? `[${values.length}]` : `.${keys[values.length] ?? ''}`))
      .join('');
  }
}

function part(open: OpenData, index: number): unknown {
  return open.keys === null ? (open.source as readonly unknown[])[index] : (open.source as Record<string, unknown>)[open.keys[index]!];
}

/** The root prototype of every realm is the object that has none itself. */
function isPlainObject(data: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(data);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isValueObject(data: object): data is Extract<Value, object> {
  return VALUE_CLASSES.some((valueClass) => data instanceof valueClass);
}

const VALUE_CLASSES = [
  Float,
  Keyword,
  SymbolValue,
  List,
  Vector,
  MapValue,
  SetValue,
  Closure,
  PrimitiveFunction,
  Timestamp,
  Uuid,
  Handle,
  ErrorValue,
] as const;

export function toPlain(value: Value): Plain {
  return new PlainWriter(printedText).run(value);
}

/** The same, but functions become what `functionOf` gives for them. */
export function toPlainWith(value: Value, functionOf: (fn: FunctionValue) => unknown): unknown {
  return new PlainWriter(functionOf as (fn: FunctionValue) => Plain).run(value);
}

function printedText(fn: FunctionValue): Plain {
  return printBrief(fn, PRINT_LENGTH_MAX);
}

type ValueCollection = Extract<Value, { kind: 'vector' | 'list' | 'set' | 'map' | 'error' }>;

/** A collection whose parts are being turned. */
interface OpenValue {
  readonly source: ValueCollection;
  readonly keys: readonly string[] | null;
  readonly items: readonly Value[];
  readonly parts: Plain[];
}

class PlainWriter {
  private readonly stack: OpenValue[] = [];
  private readonly known = new LargeMap<ValueCollection, Plain>();
  private readonly functionOf: (fn: FunctionValue) => Plain;

  constructor(functionOf: (fn: FunctionValue) => Plain) {
    this.functionOf = functionOf;
  }

  run(root: Value): Plain {
    let plain = this.turn(root);
    for (;;) {
      const top = this.stack[this.stack.length - 1];
      if (top === undefined) return plain!;
      if (plain !== undefined) top.parts.push(plain);
      plain = top.parts.length === top.items.length ? this.close() : this.turn(top.items[top.parts.length]!);
    }
  }

  /** The plain form, or undefined when it has parts that must be turned first. */
  private turn(value: Value): Plain | undefined {
    if (typeof value !== 'object' || value === null) return value;
    switch (value.kind) {
      case 'vector':
      case 'list':
      case 'set':
        return this.known.get(value) ?? this.open(value, null, value.toArray());
      case 'map':
        return this.known.get(value) ?? this.open(value, keyTexts(value), value.values());
      case 'error':
        return this.known.get(value) ?? this.openError(value);
      case 'float':
        return value.value;
      case 'keyword':
      case 'symbol':
        return value.name;
      case 'timestamp':
        return formatTimestamp(value.epochMs);
      case 'uuid':
        return value.text;
      case 'resource':
        return value.uri;
      case 'function':
        return this.functionOf(value);
    }
  }

  private open(source: ValueCollection, keys: readonly string[] | null, items: readonly Value[]): undefined {
    this.stack.push({ source, keys, items, parts: [] });
  }

  private openError(error: ErrorValue): undefined {
    const names = (['type', 'message', 'data', 'span', 'stack'] as const).filter((name) => error[name] !== null);
    this.open(
      error,
      names,
      names.map((name) => error[name]),
    );
  }

  private close(): Plain {
    const { source, keys, parts } = this.stack.pop()!;
    const plain = keys === null ? parts : objectOf(keys, parts);
    this.known.set(source, plain);
    return plain;
  }
}

/** Every key an own property, `__proto__` too. */
function objectOf(keys: readonly string[], parts: readonly Plain[]): PlainObject {
  const object = {};
  keys.forEach((key, i) => {
    Object.defineProperty(object, key, { value: parts[i], enumerable: true, writable: true, configurable: true });
  });
  return object;
}
