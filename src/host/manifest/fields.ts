/**
 * Reading maps that people wrote: every key must be known, every value must be what is asked for, and everything that is wrong is
 * told, with the way to it (`capabilities[0].http.url`) and how to mend it.
 */
import { suggest } from '../../diagnostic/suggest.ts';
import { MapValue } from '../../value/map.ts';
import { isFloat, isNumber, Float, Keyword, kindOf, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { shown } from '../failure.ts';

export interface FieldProblem {
  /** Where: keys and indexes; empty for the whole. */
  readonly path: string;
  /** What, as a sentence without a full stop. */
  readonly message: string;
  readonly help: readonly string[];
}

/** A map whose keys are keywords or strings. Reading never throws: what is wrong is added to the problems, and a default is given. */
export class Fields {
  readonly path: string;
  readonly problems: FieldProblem[];
  private readonly entries: ReadonlyMap<string, Value>;

  constructor(value: Value, path: string, known: readonly string[], problems: FieldProblem[]) {
    this.path = path;
    this.problems = problems;
    this.entries = this.read(value);
    for (const name of this.entries.keys()) if (!known.includes(name)) this.unknown(name, known);
  }

  private read(value: Value): Map<string, Value> {
    const entries = new Map<string, Value>();
    if (!(value instanceof MapValue)) {
      this.say('', `expected a map, found ${describe(value)}`);
      return entries;
    }
    for (const [key, item] of value) {
      const name = key instanceof Keyword ? key.name : key;
      if (typeof name !== 'string') this.say('', `${shown(key)} cannot be a key`, ['keys are keywords, or strings in JSON']);
      else if (entries.has(name)) this.say('', `the key "${name}" stands there twice`, ['remove one of the two']);
      else entries.set(name, item);
    }
    return entries;
  }

  private unknown(name: string, known: readonly string[]): void {
    const meant = suggest(name, known, 1)[0];
    this.say('', `unknown key "${name}"`, [meant === undefined ? `known keys are ${known.join(', ')}` : `did you mean "${meant}"?`]);
  }

  say(name: string, message: string, help: readonly string[] = []): void {
    this.problems.push({ path: joined(this.path, name), message, help });
  }

  has(name: string): boolean {
    return (this.entries.get(name) ?? null) !== null;
  }

  value(name: string): Value {
    return this.entries.get(name) ?? null;
  }

  names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** Text; a keyword or a symbol counts as its name. */
  text(name: string, otherwise: string): string {
    const value = this.value(name);
    if (value === null) return otherwise;
    const text = textOf(value);
    if (text === null) this.say(name, `expected text, found ${describe(value)}`);
    return text ?? otherwise;
  }

  required(name: string): string {
    if (!this.has(name)) this.say('', `the key "${name}" is missing`);
    const text = this.text(name, '');
    if (this.has(name) && text === '' && textOf(this.value(name)) !== null) this.say(name, 'must not be empty');
    return text;
  }

  number(name: string, min: number, max: number, otherwise: number): number {
    const value = this.value(name);
    if (value === null) return otherwise;
    const number = isNumber(value) ? numberOf(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.say(name, `expected a number from ${min} to ${max}, found ${isNumber(value) ? shown(value) : describe(value)}`);
    return otherwise;
  }

  integer(name: string, min: number, max: number, otherwise: number): number {
    const value = this.value(name);
    if (value !== null && isFloat(value)) {
      this.say(name, `expected an integer, found ${shown(value)}`);
      return otherwise;
    }
    return this.number(name, min, max, otherwise);
  }

  choice<Name extends string>(name: string, allowed: readonly Name[], otherwise: Name): Name {
    const value = this.value(name);
    if (value === null) return otherwise;
    const text = textOf(value);
    const found = allowed.find((one) => one === text);
    if (found !== undefined) return found;
    const meant = text === null ? undefined : suggest(text, allowed, 1)[0];
    this.say(name, `expected ${orList(allowed)}, found ${text === null ? describe(value) : shown(value)}`, meant === undefined ? [] : [`did you mean "${meant}"?`]);
    return otherwise;
  }

  /** A vector of texts. */
  texts(name: string): readonly string[] {
    const value = this.value(name);
    if (value === null) return [];
    if (!(value instanceof Vector)) {
      this.say(name, `expected a list of texts, found ${describe(value)}`);
      return [];
    }
    return value.toArray().map((item, index) => {
      const text = textOf(item);
      if (text === null) this.say(`${name}[${index}]`, `expected text, found ${describe(item)}`);
      return text ?? '';
    });
  }

  /** A map from names to texts. */
  pairs(name: string): readonly (readonly [string, string])[] {
    if (!this.has(name)) return [];
    const value = this.value(name);
    const inside = new Fields(value, joined(this.path, name), value instanceof MapValue ? namesIn(value) : [], this.problems);
    return inside.names().map((key) => [key, inside.text(key, '')]);
  }

  inside(name: string, known: readonly string[]): Fields {
    return new Fields(this.value(name), joined(this.path, name), known, this.problems);
  }
}

export function joined(path: string, name: string): string {
  return path === '' || name === '' ? `${path}${name}` : `${path}.${name}`;
}

/** The keys of a map, as far as they are names. */
export function namesIn(map: MapValue): string[] {
  return [...map.keys()].flatMap((key) => textOf(key) ?? []);
}

/** Text that was written as a string, a keyword or a symbol. */
function textOf(value: Value): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null && (value.kind === 'keyword' || value.kind === 'symbol') ? value.name : null;
}

function numberOf(value: number | bigint | Float): number {
  return value instanceof Float ? value.value : Number(value);
}

/** What a value is, for messages: `a string`, `nil`. */
export function describe(value: Value): string {
  const kind = kindOf(value);
  if (kind === 'nil') return 'nil';
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function orList(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)!}`;
}
