/** The parameters of a request, read with what each must be; what they should not be is said with its place. */
import { suggest } from '../../diagnostic/suggest.ts';
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { fromTaggedJson } from '../../value/json-tagged.ts';
import { MapValue } from '../../value/map.ts';
import type { Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { RPC_CODES, RpcError } from './rpc.ts';

export class Params {
  private readonly map: MapValue;
  private readonly path: string;

  /** Refuses names that are not among the known ones. */
  constructor(map: MapValue, known: readonly string[], path = '') {
    this.map = map;
    this.path = path;
    const unknown = (map.keys() as string[]).find((name) => !known.includes(name));
    if (unknown === undefined) return;
    const [meant] = suggest(unknown, known, 1);
    throw invalid(`there is no ${this.placeOf(unknown.slice(0, 100))}${meant === undefined ? '' : `; did you mean ${meant}?`} (known: ${known.join(', ')})`);
  }

  has(name: string): boolean {
    const value = this.map.get(name);
    return value !== undefined && value !== null;
  }

  text(name: string): string {
    const value = this.map.get(name);
    return typeof value === 'string' ? value : this.refuse(name, 'must be a string');
  }

  optionalText(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  flag(name: string): boolean {
    const value = this.map.get(name) ?? false;
    return typeof value === 'boolean' ? value : this.refuse(name, 'must be true or false');
  }

  /** A whole number of at least `min`, at most `max`. */
  count(name: string, min: number, max: number): number {
    const value = this.map.get(name);
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.refuse(name, `must be a whole number from ${min} to ${max}`);
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[], otherwise: Choice): Choice {
    const value = this.map.get(name) ?? otherwise;
    return choices.find((choice) => choice === value) ?? this.refuse(name, `must be one of ${choices.join(', ')}`);
  }

  texts(name: string): readonly string[] {
    return this.items(name).map((item, at) => (typeof item === 'string' ? item : this.refuse(`${name}[${at}]`, 'must be a string')));
  }

  /** The elements of an array; none when it is absent. */
  items(name: string): readonly Value[] {
    const value = this.map.get(name) ?? Vector.empty();
    return value instanceof Vector ? value.toArray() : this.refuse(name, 'must be an array');
  }

  /** The objects of an array. */
  objects(name: string, known: readonly string[]): readonly Params[] {
    return this.items(name).map((item, at) => (item instanceof MapValue ? new Params(item, known, this.placeOf(`${name}[${at}]`)) : this.refuse(`${name}[${at}]`, 'must be an object')));
  }

  object(name: string, known: readonly string[]): Params {
    const value = this.map.get(name);
    return value instanceof MapValue ? new Params(value, known, this.placeOf(name)) : this.refuse(name, 'must be an object');
  }

  /** The members of an object whose names are the client's; none when it is absent. */
  entries(name: string): readonly (readonly [string, Value])[] {
    const value = this.map.get(name) ?? MapValue.empty();
    return value instanceof MapValue ? ([...value] as [string, Value][]) : this.refuse(name, 'must be an object');
  }

  /** A value in tagged JSON; nil when it is absent. */
  value(name: string, code: DecodeOptions | null = null): Value {
    return this.untagged(name, this.map.get(name) ?? null, code);
  }

  untagged(name: string, json: Value, code: DecodeOptions | null = null): Value {
    const read = fromTaggedJson(json, code);
    return read.ok ? read.value : this.refuse(`${name}${read.error.path}`, `is no value: ${read.error.message}`);
  }

  refuse(name: string, problem: string): never {
    throw invalid(`${this.placeOf(name)} ${problem}`);
  }

  private placeOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

function invalid(problem: string): RpcError {
  return new RpcError(RPC_CODES.params, `Invalid params: ${problem}`);
}
