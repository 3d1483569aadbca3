/**
 * Values to JSON text: entries in canonical order; floats keep their point (`1.0`); keywords and integers as keys become
 * their text; timestamps, uuids and resource handles become strings. What JSON has no form for is refused, unless
 * `lossy` is asked for; then keywords and symbols become their names, sets arrays, NaN and the infinities `null`, errors
 * objects (`type`, `message`, and what else is not nil), functions and other keys their printed text.
 *
 * Iterative; stops when the text gets longer than allowed.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { keyTexts } from './key-text.ts';
import { LargeMap } from './large-map.ts';
import type { MapValue } from './map.ts';
import { formatFloat, formatNumber } from './numeral.ts';
import { PRINT_LENGTH_MAX, printBrief } from './print.ts';
import { formatTimestamp } from './time.ts';
import { type ErrorValue, Keyword, kindOf, type Value } from './value.ts';

export interface JsonWriteOptions {
  /** One entry to a line, indented by two spaces. */
  readonly pretty?: boolean;
  /** Gives everything some form instead of refusing. */
  readonly lossy?: boolean;
  /** In UTF-16 code units. */
  readonly maxLength?: number;
}

export interface JsonWriteFault {
  /** No full stop: `a keyword has no JSON form`. */
  readonly message: string;
  /** The value has a JSON form, but not within `maxLength`. */
  readonly tooLong?: true;
}

export function writeJson(value: Value, options: JsonWriteOptions = {}): Result<string, JsonWriteFault> {
  const { pretty = false, lossy = false, maxLength = PRINT_LENGTH_MAX } = options;
  return new JsonWriter(pretty, lossy, maxLength).run(value);
}

/** A collection that is being written. */
interface OpenItems {
  readonly close: ']' | '}';
  readonly items: readonly Value[];
  /** The text of the key before each item, for objects. */
  readonly keys: readonly string[] | null;
  next: number;
}

class JsonWriter {
  private readonly pretty: boolean;
  private readonly lossy: boolean;
  private readonly maxLength: number;
  private fault: JsonWriteFault | null = null;
  private out = '';

  constructor(pretty: boolean, lossy: boolean, maxLength: number) {
    this.pretty = pretty;
    this.lossy = lossy;
    this.maxLength = maxLength;
  }

  run(root: Value): Result<string, JsonWriteFault> {
    const stack: OpenItems[] = [];
    let value = root;
    for (;;) {
      const opened = this.open(value);
      if (opened === null) this.out += this.atom(value);
      else {
        this.out += opened.close === ']' ? '[' : '{';
        stack.push(opened);
      }
      let top = stack[stack.length - 1];
      while (top !== undefined && top.next === top.items.length) {
        stack.pop();
        if (top.items.length > 0) this.newLine(stack.length);
        this.out += top.close;
        top = stack[stack.length - 1];
      }
      if (this.out.length > this.maxLength) this.tooLong();
      if (this.fault !== null) return { ok: false, error: this.fault };
      if (top === undefined) return { ok: true, value: this.out };
      if (top.next > 0) this.out += ',';
      this.newLine(stack.length);
      if (top.keys !== null) this.out += top.keys[top.next]! + (this.pretty ? ': ' : ':');
      value = top.items[top.next++]!;
    }
  }

  private newLine(depth: number): void {
    if (this.pretty) this.out += `\n${'  '.repeat(depth)}`;
  }

  private fail(message: string): string {
    this.fault ??= { message };
    return '';
  }

  private tooLong(): string {
    this.fault ??= { message: `the text is longer than ${this.maxLength} characters`, tooLong: true };
    return '';
  }

  private open(value: Value): OpenItems | null {
    if (typeof value !== 'object' || value === null) return null;
    switch (value.kind) {
      case 'vector':
      case 'list':
        return { close: ']', items: value.toArray(), keys: null, next: 0 };
      case 'set':
        if (!this.lossy) return null;
        return { close: ']', items: value.toArray(), keys: null, next: 0 };
      case 'map':
        return { close: '}', items: value.values(), keys: this.keys(value), next: 0 };
      case 'error':
        if (!this.lossy) return null;
        return { close: '}', ...errorEntries(value), next: 0 };
      default:
        return null;
    }
  }

  private keys(map: MapValue): string[] {
    if (this.lossy) return keyTexts(map).map(quoteJson);
    const taken = new LargeMap<string, true>();
    return map.keys().map((key) => {
      const text = this.keyText(key);
      if (taken.get(text) === true) this.fail(`two keys have the same JSON form ${quoteJson(text)}`);
      taken.set(text, true);
      return quoteJson(text);
    });
  }

  private keyText(key: Value): string {
    if (typeof key === 'string') return key;
    if (key instanceof Keyword) return key.name;
    if (typeof key === 'bigint' || (typeof key === 'number' && Number.isInteger(key))) return formatNumber(key);
    return this.fail(`a ${kindOf(key)} cannot be a key in JSON`);
  }

  private atom(value: Value): string {
    switch (typeof value) {
      case 'boolean':
        return value ? 'true' : 'false';
      case 'string':
        return value.length > this.maxLength ? this.tooLong() : quoteJson(value);
      case 'bigint':
        return formatNumber(value);
      case 'number':
        if (Number.isFinite(value)) return formatNumber(value);
        return this.lossy ? 'null' : this.fail(`${formatFloat(value)} has no JSON form`);
      default:
        return value === null ? 'null' : this.object(value);
    }
  }

  private object(value: Extract<Value, object>): string {
    switch (value.kind) {
      case 'float':
        return formatNumber(value);
      case 'timestamp':
        return quoteJson(formatTimestamp(value.epochMs));
      case 'uuid':
        return quoteJson(value.text);
      case 'resource':
        return quoteJson(value.uri);
      case 'keyword':
      case 'symbol':
        return this.lossy ? quoteJson(value.name) : this.fail(`a ${value.kind} has no JSON form (${printBrief(value, 60)})`);
      case 'function':
        return this.lossy ? quoteJson(printBrief(value, this.maxLength)) : this.fail('a function has no JSON form');
      default:
        return this.fail(`a value of kind ${value.kind} has no JSON form`);
    }
  }
}

function errorEntries(error: ErrorValue): { items: Value[]; keys: string[] } {
  const keys = ['"type"', '"message"'];
  const items: Value[] = [error.type, error.message];
  for (const name of ['data', 'span', 'stack'] as const) {
    if (error[name] === null) continue;
    keys.push(quoteJson(name));
    items.push(error[name]);
  }
  return { items, keys };
}

/** A JSON string literal. Surrogates without a partner are escaped, so that the text is well-formed Unicode. */
function quoteJson(text: string): string {
  let out = '"';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        i += 1;
        continue;
      }
    } else if (code >= 0x20 && code !== 0x22 && code !== 0x5c && !(code >= 0xdc00 && code < 0xe000)) continue;
    out += text.slice(from, i) + (SHORT_ESCAPES.get(code) ?? `\\u${code.toString(16).padStart(4, '0')}`);
    from = i + 1;
  }
  return `${out}${text.slice(from)}"`;
}

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
]);
