/**
 * JSON text to values: objects become maps with strings as keys (the last of several equal keys counts), arrays
 * vectors, `null` nil. A number without point and exponent is an exact integer of any size, any other a float. Strings
 * come through as they are, surrogates without a partner included. Strictly RFC 8259 otherwise. Iterative.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { MapValue } from './map.ts';
import { NUMERAL_DIGITS_MAX, parseNumber } from './numeral.ts';
import type { Value } from './value.ts';
import { Vector } from './vector.ts';

export interface JsonReadOptions {
  /** Digits of one number. */
  readonly digitsMax?: number;
}

export interface JsonReadFault {
  /** No full stop: `expected a value`. */
  readonly message: string;
  /** In UTF-16 code units. */
  readonly offset: number;
}

export function parseJson(text: string, options: JsonReadOptions = {}): Result<Value, JsonReadFault> {
  const parser = new JsonParser(text, options.digitsMax ?? NUMERAL_DIGITS_MAX);
  const value = parser.run();
  return parser.fault === null ? { ok: true, value } : { ok: false, error: parser.fault };
}

interface OpenArray {
  readonly close: ']';
  readonly items: Value[];
}
interface OpenObject {
  readonly close: '}';
  readonly entries: [Value, Value][];
  key: string;
}

class JsonParser {
  fault: JsonReadFault | null = null;
  private readonly text: string;
  private readonly digitsMax: number;
  private at = 0;
  private readonly stack: (OpenArray | OpenObject)[] = [];

  constructor(text: string, digitsMax: number) {
    this.text = text;
    this.digitsMax = digitsMax;
  }

  run(): Value {
    for (;;) {
      let value = this.begin();
      while (value !== undefined && this.stack.length > 0) value = this.deliver(this.stack[this.stack.length - 1]!, value);
      this.skipBlanks();
      if (this.fault === null && value !== undefined && this.at < this.text.length) this.fail('there is something after the end');
      if (this.fault !== null) return null;
      if (value !== undefined) return value;
    }
  }

  private fail(message: string, offset: number = this.at): undefined {
    this.fault ??= { message: offset >= this.text.length ? `${message}, found the end` : message, offset };
    return undefined;
  }

  private skipBlanks(): void {
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  /** Whether that character comes next; it is skipped then, with the blanks before it. */
  private takes(character: string): boolean {
    this.skipBlanks();
    if (this.text.charAt(this.at) !== character) return false;
    this.at += 1;
    return true;
  }

  /** Reads a value up to its first part: undefined when there are parts to come, or a fault. */
  private begin(): Value | undefined {
    this.skipBlanks();
    const start = this.at;
    switch (this.text.charAt(start)) {
      case '"':
        return this.string();
      case '[':
        this.at += 1;
        if (this.takes(']')) return Vector.empty();
        this.stack.push({ close: ']', items: [] });
        return undefined;
      case '{':
        this.at += 1;
        if (this.takes('}')) return MapValue.empty();
        this.stack.push({ close: '}', entries: [], key: this.key() });
        return undefined;
      case 'n':
        return this.word('null', null);
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      default:
        return this.number();
    }
  }

  /** Puts the value in what is open: the whole when it is closed now, undefined when another value must follow. */
  private deliver(open: OpenArray | OpenObject, value: Value): Value | undefined {
    if (open.close === ']') open.items.push(value);
    else open.entries.push([open.key, value]);
    if (this.takes(',')) {
      if (open.close === '}') open.key = this.key();
      return undefined;
    }
    if (!this.takes(open.close)) return this.fail(`expected \`,\` or \`${open.close}\``);
    this.stack.pop();
    return open.close === ']' ? Vector.adopt(open.items) : MapValue.from(open.entries);
  }

  private key(): string {
    this.skipBlanks();
    if (this.text.charAt(this.at) !== '"') {
      this.fail('expected a string as key');
      return '';
    }
    const key = this.string();
    if (!this.takes(':')) this.fail('expected `:`');
    return key ?? '';
  }

  private word(word: string, value: Value): Value | undefined {
    if (!this.text.startsWith(word, this.at)) return this.fail('expected a value');
    this.at += word.length;
    return value;
  }

  private string(): string | undefined {
    const { text } = this;
    const start = this.at;
    let out = '';
    let from = start + 1;
    for (let i = from; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x22) {
        this.at = i + 1;
        return out + text.slice(from, i);
      }
      if (code < 0x20) return this.fail('a control character must be escaped in a string', i);
      if (code !== 0x5c) continue;
      const escaped = unescape(text, i + 1);
      if (escaped === undefined) return this.fail('there is no such escape', i);
      out += text.slice(from, i) + escaped;
      if (text.charCodeAt(i + 1) === 0x75) i += 4;
      i += 1;
      from = i + 1;
    }
    return this.fail('a string has no end', start);
  }

  private number(): Value | undefined {
    const start = this.at;
    const first = this.text.charAt(start) === '-' ? start + 1 : start;
    const whole = this.digits(first);
    if (whole === first) return this.fail('expected a value');
    if (whole > first + 1 && this.text.charAt(first) === '0') return this.fail('a number must not begin with 0');
    let end = whole;
    if (this.text.charAt(end) === '.') {
      end = this.digits(whole + 1);
      if (end === whole + 1) return this.fail('expected a digit after the point', end);
    }
    if (this.text.charAt(end) === 'e' || this.text.charAt(end) === 'E') {
      const sign = this.text.charAt(end + 1);
      const from = sign === '+' || sign === '-' ? end + 2 : end + 1;
      end = this.digits(from);
      if (end === from) return this.fail('expected a digit in the exponent', end);
    }
    const parsed = parseNumber(this.text.slice(start, end), this.digitsMax);
    if (!parsed.ok) return this.fail(parsed.error === 'too-long' ? 'a number has too many digits' : 'a number is too large for a float');
    this.at = end;
    return parsed.value;
  }

  private digits(from: number): number {
    let i = from;
    for (let code = this.text.charCodeAt(i); code >= 48 && code <= 57; code = this.text.charCodeAt(i)) i += 1;
    return i;
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** What the escape whose letter is at `at` stands for. */
function unescape(text: string, at: number): string | undefined {
  const letter = text.charAt(at);
  if (letter !== 'u') return ESCAPES.get(letter);
  let code = 0;
  for (let i = at + 1; i <= at + 4; i++) {
    const digit = '0123456789abcdef'.indexOf(text.charAt(i).toLowerCase());
    if (digit < 0 || i >= text.length) return undefined;
    code = code * 16 + digit;
  }
  return String.fromCharCode(code);
}
