/**
 * Documents of security (policies, constitutions) as text: JSON, or RTFS data where the file's name says so. Read strictly:
 * a key that nobody knows is an error with a suggestion, because a rule with a spelling mistake protects nothing.
 *
 * Names may be strings or keywords (`"fs.read"`, `:fs.read`). Where something stands is told as a path: `rules[2].args`.
 */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { suggest } from '../../diagnostic/suggest.ts';
import { readValue } from '../../parser/datum.ts';
import { parseJson } from '../../value/json-read.ts';
import { MapValue } from '../../value/map.ts';
import { SetValue } from '../../value/set.ts';
import { Float, isInteger, Keyword, kindOf, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { shown } from '../failure.ts';
import { MILLIONTHS, millionths } from '../amounts.ts';

/** RTFS data when the name of the file ends in `.rtfs` or `.edn`, JSON otherwise. */
export function readDocument(text: string, file: string): Result<Value, readonly Diagnostic[]> {
  if (/\.(rtfs|edn)$/.test(file)) return readValue(text, file);
  const json = text.startsWith('\ufeff') ? text.slice(1) : text;
  const value = parseJson(json);
  if (value.ok) return value;
  const { message, offset } = value.error;
  return { ok: false, error: [diagnostic('E0503', `the document is not JSON: ${message}`, { file, start: offset, end: Math.min(json.length, offset + 1) })] };
}

/** What is wrong with one document, gathered while it is read. */
export class Complaints {
  readonly list: Diagnostic[] = [];
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  add(path: string, problem: string, help: readonly string[] = []): void {
    this.list.push(diagnostic('E0508', `${this.file}: ${path === '' ? '' : `${path}: `}${problem}`, null, { help }));
  }

  /** Not one of `known`, which must not be empty. */
  addUnknown(path: string, what: string, wrong: string, known: readonly string[]): void {
    const meant = suggest(wrong, known);
    this.add(path, `there is no ${what} ${shown(wrong)}`, [meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : `There are: ${known.join(', ')}.`]);
  }
}

/** The name that a string or a keyword is; null for anything else. */
export function nameOf(value: Value): string | null {
  return typeof value === 'string' ? value : value instanceof Keyword ? value.name : null;
}

/** A map whose keys are names out of a closed list. What is wrong is told to `complaints`; the reading goes on. */
export class Fields {
  readonly path: string;
  private readonly complaints: Complaints;
  private readonly values: ReadonlyMap<string, Value>;

  private constructor(complaints: Complaints, path: string, values: ReadonlyMap<string, Value>) {
    this.complaints = complaints;
    this.path = path;
    this.values = values;
  }

  /** `known` null: any name. */
  static read(complaints: Complaints, path: string, value: Value, known: readonly string[] | null): Fields {
    const values = new Map<string, Value>();
    if (!(value instanceof MapValue)) complaints.add(path, `expected a map, got ${kindOf(value)}`);
    else {
      for (const [key, item] of value) {
        const name = nameOf(key);
        if (name === null) complaints.add(path, `expected a name as key, got ${shown(key)}`);
        else if (known !== null && !known.includes(name)) complaints.addUnknown(path, 'key', name, known);
        else if (values.has(name)) complaints.add(path, `the key ${shown(name)} stands there twice, as a string and as a keyword`);
        else values.set(name, item);
      }
    }
    return new Fields(complaints, path, values);
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  names(): readonly string[] {
    return [...this.values.keys()];
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  value(name: string): Value | undefined {
    return this.values.get(name);
  }

  /** Null when absent or no text. */
  text(name: string): string | null {
    const value = this.values.get(name);
    if (value === undefined || typeof value === 'string') return value ?? null;
    this.complaints.add(this.at(name), `expected a string, got ${kindOf(value)}`);
    return null;
  }

  /** A list of names, or one name. Null when absent or something else. */
  list(name: string): readonly string[] | null {
    const value = this.values.get(name);
    if (value === undefined) return null;
    const single = nameOf(value);
    const items = single !== null ? [value] : value instanceof Vector || value instanceof SetValue ? value.toArray() : null;
    if (items === null) {
      this.complaints.add(this.at(name), `expected a list of names, got ${kindOf(value)}`);
      return null;
    }
    return items.flatMap((item, index) => {
      const text = nameOf(item);
      if (text !== null && text !== '') return [text];
      this.complaints.add(`${this.at(name)}[${index}]`, `expected a name, got ${shown(item)}`);
      return [];
    });
  }

  /** Names of a closed list. */
  choices<Name extends string>(name: string, what: string, allowed: readonly Name[]): readonly Name[] | null {
    const given = this.list(name);
    if (given === null) return null;
    return given.flatMap((text) => {
      const found = allowed.find((one) => one === text);
      if (found === undefined) this.complaints.addUnknown(this.at(name), what, text, allowed);
      return found === undefined ? [] : [found];
    });
  }

  choice<Name extends string>(name: string, what: string, allowed: readonly Name[]): Name | null {
    const value = this.values.get(name);
    if (value === undefined) return null;
    const text = nameOf(value);
    const found = allowed.find((one) => one === text);
    if (found !== undefined) return found;
    if (text === null) this.complaints.add(this.at(name), `expected one of ${allowed.join(', ')}, got ${kindOf(value)}`);
    else this.complaints.addUnknown(this.at(name), what, text, allowed);
    return null;
  }

  /** A whole number of at least `min`; null when absent or something else. */
  whole(name: string, min: number): number | null {
    const value = this.values.get(name);
    if (value === undefined) return null;
    if (isInteger(value) && value >= min && value <= Number.MAX_SAFE_INTEGER) return Number(value);
    this.complaints.add(this.at(name), `expected a whole number of at least ${min}, got ${shown(value)}`);
    return null;
  }

  /** An amount of money, in millionths; null when absent or something else. */
  money(name: string): number | null {
    const value = this.values.get(name);
    if (value === undefined) return null;
    const amount = value instanceof Float ? value.value : typeof value === 'number' ? value : Number.NaN;
    if (amount >= 0 && amount * MILLIONTHS <= Number.MAX_SAFE_INTEGER) return millionths(amount);
    this.complaints.add(this.at(name), `expected a number of at least 0, got ${shown(value)}`);
    return null;
  }

  /** The maps of a list, each with its path. */
  maps(name: string, known: readonly string[]): readonly Fields[] {
    const value = this.values.get(name);
    if (value === undefined) return [];
    if (value instanceof Vector) return value.toArray().map((item, index) => Fields.read(this.complaints, `${this.at(name)}[${index}]`, item, known));
    this.complaints.add(this.at(name), `expected a list of maps, got ${kindOf(value)}`);
    return [];
  }

  /** Null when absent. */
  map(name: string, known: readonly string[] | null): Fields | null {
    const value = this.values.get(name);
    return value === undefined ? null : Fields.read(this.complaints, this.at(name), value, known);
  }
}
