/**
 * Reading the arguments of a capability. Every function throws a `HostFailure` that names the capability and what is
 * wrong; the policy reads resources with the same functions, so that it and the capability see the same thing.
 */
import { suggest } from '../diagnostic/suggest.ts';
import { MapValue } from '../value/map.ts';
import { isInteger, Keyword, type Value } from '../value/value.ts';
import { argumentFailure, didYouMean, HostFailure, shown, typeFailure } from './failure.ts';

export function checkArity(operation: string, args: readonly Value[], min: number, max: number): void {
  if (args.length >= min && args.length <= max) return;
  const expected = min === max ? `${min}` : max === Infinity ? `at least ${min}` : `${min} to ${max}`;
  throw new HostFailure('arity', `Arity mismatch in ${operation}: expected ${expected}, got ${args.length}`);
}

export function stringArgument(operation: string, args: readonly Value[], index: number): string {
  return asString(operation, args[index] ?? null);
}

export function asString(operation: string, value: Value): string {
  if (typeof value === 'string') return value;
  throw typeFailure(operation, 'string', value);
}

/** A path: not empty, and without the character that ends a path for the system. */
export function pathArgument(operation: string, args: readonly Value[], index: number): string {
  const path = stringArgument(operation, args, index);
  if (path === '') throw argumentFailure(operation, 'the path is empty');
  if (path.includes('\0')) throw argumentFailure(operation, 'the path holds a NUL character');
  return path;
}

/** The options of a call: a map with keyword keys, all of them known; nil and absence mean none. */
export class Options {
  private readonly operation: string;
  private readonly map: MapValue;

  constructor(operation: string, value: Value | undefined, known: readonly string[]) {
    this.operation = operation;
    this.map = asMap(operation, value);
    for (const key of this.map.keys()) this.checkKey(key, known);
  }

  private checkKey(key: Value, known: readonly string[]): void {
    if (!(key instanceof Keyword)) throw typeFailure(`${this.operation} (an option's name)`, 'keyword', key);
    if (known.includes(key.name)) return;
    const meant = suggest(key.name, known).map((name) => `:${name}`);
    const all = known.map((name) => `:${name}`).join(' ');
    throw argumentFailure(this.operation, `there is no option ${shown(key)}${meant.length > 0 ? didYouMean(meant) : `; it takes ${all}`}`);
  }

  /** Undefined when the option is absent or nil. */
  value(name: string): Value | undefined {
    return this.map.get(new Keyword(name)) ?? undefined;
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.value(name) ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw typeFailure(`${this.operation} (:${name})`, 'boolean', value);
  }

  string(name: string): string | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : asString(`${this.operation} (:${name})`, value);
  }

  /** A whole number in [min, max], or `otherwise` when absent. */
  integer(name: string, min: number, max: number, otherwise: number): number {
    const value = this.value(name);
    return value === undefined ? otherwise : integerIn(`${this.operation} (:${name})`, value, min, max);
  }

  /** One of some keywords, by name; the first is meant when the option is absent. */
  choice<Name extends string>(name: string, allowed: readonly [Name, ...Name[]]): Name {
    const value = this.value(name);
    if (value === undefined) return allowed[0];
    if (!(value instanceof Keyword)) throw typeFailure(`${this.operation} (:${name})`, 'keyword', value);
    const found = allowed.find((choice) => choice === value.name);
    if (found !== undefined) return found;
    throw argumentFailure(this.operation, `:${name} is one of ${allowed.map((choice) => `:${choice}`).join(' ')}, not ${shown(value)}`);
  }
}

export function integerIn(operation: string, value: Value, min: number, max: number): number {
  if (!isInteger(value)) throw typeFailure(operation, 'integer', value);
  if (value >= min && value <= max) return Number(value);
  throw argumentFailure(operation, `${shown(value)} is not in [${min}, ${max}]`);
}

/**
 * The options of a call that takes them in one map, or as keywords and values in turn, or as one string that stands
 * for the option `main`: `{:url u}`, `:url u :method "GET"`, `u`.
 */
export function namedArguments(operation: string, args: readonly Value[], main: string): MapValue {
  const first = args[0];
  if (first instanceof Keyword) return pairs(operation, args);
  if (typeof first === 'string') {
    checkArity(operation, args, 1, 2);
    return asMap(operation, args[1]).set(new Keyword(main), first);
  }
  checkArity(operation, args, 1, 1);
  if (first instanceof MapValue) return first;
  throw typeFailure(operation, 'map or string', first ?? null);
}

function pairs(operation: string, args: readonly Value[]): MapValue {
  if (args.length % 2 === 1) throw new HostFailure('arity', `Arity mismatch in ${operation}: expected an even number of arguments, got ${args.length}`);
  return MapValue.of(...args);
}

/** A map; nil and absence are the empty one. */
function asMap(operation: string, value: Value | undefined): MapValue {
  if (value === undefined || value === null) return MapValue.empty();
  if (value instanceof MapValue) return value;
  throw typeFailure(operation, 'map', value);
}

/** An absolute http or https URL without user name or password. */
export function urlArgument(operation: string, value: Value | undefined): URL {
  const text = asString(operation, value ?? null);
  if (!URL.canParse(text)) throw argumentFailure(operation, `not a URL: ${shown(text)}`);
  const url = new URL(text);
  const problem = urlProblem(url);
  if (problem !== null) throw argumentFailure(operation, `${problem}: ${shown(text)}`);
  return url;
}

/** Why a URL cannot be asked for, or null. */
export function urlProblem(url: URL): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'only http and https URLs can be asked for';
  if (url.hostname === '') return 'the URL has no host';
  return url.username !== '' || url.password !== '' ? 'the URL must not hold a user name or password (use a header)' : null;
}
