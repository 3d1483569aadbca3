/**
 * Values as text, in the form that the reader reads (`printValue`) and in the form that people see (`displayValue`).
 *
 * Maps and sets print in canonical order, so equal values print alike. Functions and errors print as `#<…>`, which
 * cannot be read back. Printing is iterative and stops as soon as the text gets longer than allowed, so neither deep
 * values nor values with shared parts (whose text is exponentially longer than they are) can hurt.
 */
import { formatNumber } from './numeral.ts';
import { formatTimestamp } from './time.ts';
import type { Value } from './value.ts';

/** UTF-16 code units. */
export const PRINT_LENGTH_MAX: number = 64 * 1024 * 1024;

export interface PrintOptions {
  /** In UTF-16 code units; `PRINT_LENGTH_MAX` unless given. */
  readonly maxLength?: number;
}

/** The readable form; null when it is longer than `maxLength`. */
export function printValue(value: Value, options: PrintOptions = {}): string | null {
  const maxLength = options.maxLength ?? PRINT_LENGTH_MAX;
  const text = print(value, maxLength);
  return text.length <= maxLength ? text : null;
}

/** What `str` shows: a string as it is, anything else in readable form; null when it is longer than `maxLength`. */
export function displayValue(value: Value, options: PrintOptions = {}): string | null {
  if (typeof value !== 'string') return printValue(value, options);
  return value.length <= (options.maxLength ?? PRINT_LENGTH_MAX) ? value : null;
}

/** The readable form, cut to `maxLength` with `…` at the end when it is longer. For messages. */
export function printBrief(value: Value, maxLength: number): string {
  const text = print(value, maxLength);
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 2);
  const splitsPair = last >= 0xd800 && last < 0xdc00;
  return `${text.slice(0, maxLength - (splitsPair ? 2 : 1))}…`;
}

/** A string as a literal: quoted, with escapes wherever the plain character could be lost or misread. */
export function quoteString(text: string): string {
  let out = '"';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      i += 1;
      continue;
    }
    const escape = escapeOf(code);
    if (escape === null) continue;
    out += text.slice(from, i) + escape;
    from = i + 1;
  }
  return `${out}${text.slice(from)}"`;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

/** Quotes, controls, line separators, the byte order mark and surrogates without a partner need one; null for the rest. */
function escapeOf(code: number): string | null {
  if (code >= 0x20 && code < 0x7f) return code === 0x22 ? '\\"' : code === 0x5c ? '\\\\' : null;
  switch (code) {
    case 0x08:
      return '\\b';
    case 0x09:
      return '\\t';
    case 0x0a:
      return '\\n';
    case 0x0c:
      return '\\f';
    case 0x0d:
      return '\\r';
    default:
      break;
  }
  const hidden = code < 0xa0 || code === 0x2028 || code === 0x2029 || code === 0xfeff || (code >= 0xd800 && code < 0xe000);
  return hidden ? `\\u${code.toString(16).padStart(4, '0')}` : null;
}

/** A collection that is being printed. */
interface Open {
  readonly items: readonly Value[];
  next: number;
  readonly close: string;
}

/** The whole text when it fits in `maxLength`, else a beginning of it that is longer. */
function print(root: Value, maxLength: number): string {
  let out = '';
  const stack: Open[] = [];
  let value = root;
  for (;;) {
    const room = maxLength - out.length;
    const opened = open(value, room);
    if (opened === null) out += printAtom(value, room);
    else {
      out += opening(opened.close, value);
      stack.push(opened);
    }
    let top = stack[stack.length - 1];
    while (top !== undefined && top.next === top.items.length) {
      out += top.close;
      stack.pop();
      top = stack[stack.length - 1];
    }
    if (top === undefined || out.length > maxLength) return out;
    if (top.next > 0) out += ' ';
    value = top.items[top.next++]!;
  }
}

function opening(close: string, value: Value): string {
  if (close === ']') return '[';
  if (close === ')') return '(';
  return typeof value === 'object' && value !== null && value.kind === 'set' ? '#{' : '{';
}

/** Takes no more items than can matter: each needs two characters at least, but for the last. */
function open(value: Value, room: number): Open | null {
  if (typeof value !== 'object' || value === null) return null;
  const most = Math.max(0, Math.ceil(room / 2)) + 1;
  switch (value.kind) {
    case 'vector':
      return { items: value.size <= most ? value.toArray() : value.slice(0, most).toArray(), next: 0, close: ']' };
    case 'list':
      return { items: take(value, most), next: 0, close: ')' };
    case 'map':
      return { items: takeEntries(value, most), next: 0, close: '}' };
    case 'set':
      return { items: take(value, most), next: 0, close: '}' };
    default:
      return null;
  }
}

function take(values: Iterable<Value>, most: number): Value[] {
  const taken: Value[] = [];
  for (const value of values) {
    if (taken.length >= most) break;
    taken.push(value);
  }
  return taken;
}

function takeEntries(entries: Iterable<readonly [Value, Value]>, most: number): Value[] {
  const taken: Value[] = [];
  for (const [key, value] of entries) {
    if (taken.length >= most) break;
    taken.push(key, value);
  }
  return taken;
}

function printAtom(value: Value, room: number): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'string':
      return quoteString(value.length <= room ? value : value.slice(0, room + 1));
    case 'number':
    case 'bigint':
      return formatNumber(value);
    default:
      return value === null ? 'nil' : printObject(value);
  }
}

function printObject(value: Extract<Value, object>): string {
  switch (value.kind) {
    case 'float':
      return formatNumber(value);
    case 'keyword':
      return `:${value.name}`;
    case 'symbol':
      return value.name;
    case 'timestamp':
      return formatTimestamp(value.epochMs);
    case 'uuid':
      return value.text;
    case 'resource':
      return value.uri;
    case 'error':
      return `#<error :${value.type.name} ${quoteString(value.message)}>`;
    case 'function': {
      const name = value.primitive ? value.name : value.code.name;
      return name === null ? '#<fn>' : `#<fn ${name}>`;
    }
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return ''; // opened, never printed as atoms
  }
}
