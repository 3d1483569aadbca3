/**
 * Values as JSON and back, without loss: plain JSON where a value is JSON, objects with one key that begins with `$` where it is not.
 *
 *   nil, booleans, strings, integers within ±(2^53-1), floats that are not whole: as they are
 *   vector   an array                              map   an object, when its keys are keywords (`":name"`) and strings that begin with neither `:` nor `$`
 *   other    {"$integer": "9007199254740992"} {"$float": "1.0"} (also "##Inf" "##-Inf" "##NaN") {"$keyword": "a/b"} {"$symbol": "x"}
 *            {"$list": […]} {"$set": […]} {"$map": [[key, value], …]} {"$timestamp": "2026-01-31T08:00:00Z"} {"$uuid": "…"} {"$resource": "…"}
 *            {"$error": {"type": "error/host", "message": "…", "data": …, "span": …, "stack": …}}
 *            {"$function": "canonical bytes as hexadecimal digits"}: means something only where its code is
 *
 * Read is more than is written: integers of any size and whole floats as JSON numbers. The JSON here is a value of strings, numbers, vectors and maps with
 * strings as keys, as `parseJson` gives it and `writeJson` takes it. Both ways are iterative.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { decodeValue, encodeValue } from './bytes.ts';
import type { DecodeOptions } from './bytes-decode.ts';
import { bytesToHex, hexToBytes } from './hex.ts';
import { LargeMap } from './large-map.ts';
import { List } from './list.ts';
import { MapValue } from './map.ts';
import { formatNumber, parseNumber } from './numeral.ts';
import { SetValue } from './set.ts';
import { formatTimestamp, parseTimestamp } from './time.ts';
import { ErrorValue, Handle, isFloat, isInteger, Keyword, keyword, symbol, Uuid, type Value } from './value.ts';
import { Vector } from './vector.ts';

export interface TaggedFault {
  /** No full stop: `there is no tag $foo`. */
  readonly message: string;
  /** Where, as one would write it: `.items[2]`; empty for the whole. */
  readonly path: string;
}

/** A collection whose parts are being turned. */
interface Open {
  readonly source: Value;
  readonly parts: readonly Value[];
  readonly done: Value[];
  readonly build: (done: Value[]) => Value;
  /** What leads to a part. */
  readonly step: (index: number) => string;
}

/** A value that is done, or one whose parts come first. */
type Turned = { readonly value: Value } | Open;

/** Depth first; what occurs more than once is turned once. What cannot be read is told its place. */
function turnAll(root: Value, turn: (value: Value) => Turned): Value {
  const known = new LargeMap<Value, Value>();
  const stack: Open[] = [];
  try {
    for (let next = root; ; ) {
      const same = typeof next === 'object' && next !== null ? known.get(next) : undefined;
      const turned: Turned = same === undefined ? turn(next) : { value: same };
      let value: Value;
      if ('value' in turned) ({ value } = turned);
      else if (turned.parts.length === 0) known.set(turned.source, (value = turned.build([])));
      else {
        stack.push(turned);
        next = turned.parts[0]!;
        continue;
      }
      const top = delivered(value, stack, known);
      if (!('parts' in top)) return top.value;
      next = top.parts[top.done.length]!;
    }
  } catch (thrown) {
    if (thrown instanceof Unreadable) thrown.path = stack.filter(({ done, parts }) => done.length < parts.length).map(({ done, step }) => step(done.length)).join('');
    throw thrown;
  }
}

/** Puts the value where it belongs, and what is complete by it where that belongs: gives what still needs parts, or the whole. */
function delivered(value: Value, stack: Open[], known: LargeMap<Value, Value>): Turned {
  for (let whole = value; ; ) {
    const top = stack[stack.length - 1];
    if (top === undefined) return { value: whole };
    top.done.push(whole);
    if (top.done.length < top.parts.length) return top;
    whole = top.build(top.done);
    known.set(top.source, whole);
    stack.pop();
  }
}

class Unreadable {
  readonly message: string;
  path = '';

  constructor(message: string) {
    this.message = message;
  }
}

// ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The JSON of the value. A value whose parts are shared is JSON whose parts are shared: its text may be much longer. */
export function toTaggedJson(value: Value): Value {
  return turnAll(value, tagged);
}

function tagged(value: Value): Turned {
  if (typeof value === 'bigint') return tag('$integer', formatNumber(value));
  if (typeof value === 'number') return { value: Number.isFinite(value) ? value : tagValue('$float', formatNumber(value)) };
  if (typeof value !== 'object' || value === null) return { value };
  const open = (parts: readonly Value[], build: (done: Value[]) => Value): Open => ({ source: value, parts, done: [], build, step: String });
  switch (value.kind) {
    case 'float':
      return tag('$float', formatNumber(value));
    case 'keyword':
      return tag('$keyword', value.name);
    case 'symbol':
      return tag('$symbol', value.name);
    case 'timestamp':
      return tag('$timestamp', formatTimestamp(value.epochMs));
    case 'uuid':
      return tag('$uuid', value.text);
    case 'resource':
      return tag('$resource', value.uri);
    case 'function':
      return tag('$function', bytesToHex(encodeValue(value)));
    case 'vector':
      return open(value.toArray(), (done) => Vector.adopt(done));
    case 'list':
      return open(value.toArray(), (done) => tagValue('$list', Vector.adopt(done)));
    case 'set':
      return open(value.toArray(), (done) => tagValue('$set', Vector.adopt(done)));
    case 'map':
      return mapTurned(value, open);
    case 'error': {
      const { type, message, data, span, stack } = value;
      return open([data, span, stack], ([d, s, t]) => tagValue('$error', MapValue.of('type', type.name, 'message', message, 'data', d!, 'span', s!, 'stack', t!)));
    }
  }
}

function mapTurned(map: MapValue, open: (parts: readonly Value[], build: (done: Value[]) => Value) => Open): Open {
  const texts = map.keys().map(plainKey);
  if (texts.every((text) => text !== null)) return open(map.values(), (done) => MapValue.from(done.map((value, at) => [texts[at]!, value] as const)));
  return open([...map].flat(), (done) => tagValue('$map', Vector.adopt(done.flatMap((key, at) => (at % 2 === 0 ? [Vector.of(key, done[at + 1]!)] : [])))));
}

function plainKey(key: Value): string | null {
  if (key instanceof Keyword) return `:${key.name}`;
  return typeof key === 'string' && !key.startsWith(':') && !key.startsWith('$') ? key : null;
}

function tag(name: string, text: string): Turned {
  return { value: tagValue(name, text) };
}

function tagValue(name: string, content: Value): Value {
  return MapValue.of(name, content);
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `code`: finds what functions are made of; without it they are refused. */
export function fromTaggedJson(json: Value, code: DecodeOptions | null = null): Result<Value, TaggedFault> {
  try {
    const reader = new Reader(code);
    return { ok: true, value: turnAll(json, (one) => reader.turn(one)) };
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { ok: false, error: { message: thrown.message, path: thrown.path } };
    throw thrown;
  }
}

class Reader {
  private readonly code: DecodeOptions | null;

  constructor(code: DecodeOptions | null) {
    this.code = code;
  }

  turn(json: Value): Turned {
    const open = (parts: readonly Value[], build: Open['build'], step: Open['step'] = (index) => `[${index}]`): Open => ({ source: json, parts, done: [], build, step });
    if (json instanceof Vector) return open(json.toArray(), (done) => Vector.adopt(done));
    if (!(json instanceof MapValue)) return { value: json };
    const keys = json.keys() as string[];
    const name = keys.find((key) => key.startsWith('$'));
    if (name === undefined) {
      return open(json.values(), (done) => MapValue.from(keys.map((key, at) => [key.startsWith(':') ? nonEmpty(key.slice(1), keyword) : key, done[at]!] as const)), (index) => `.${keys[index]}`);
    }
    if (keys.length > 1) throw new Unreadable(`${name} must be the only key of its object (other keys that begin with $ stand in a $map)`);
    return this.tagged(name, json.get(name)!, open);
  }

  private tagged(name: string, content: Value, open: (parts: readonly Value[], build: Open['build'], step?: Open['step']) => Open): Turned {
    switch (name) {
      case '$list':
        return open(arrayOf(name, content), (done) => List.adopt(done), (index) => `.$list[${index}]`);
      case '$set':
        return open(arrayOf(name, content), (done) => distinct(done), (index) => `.$set[${index}]`);
      case '$map':
        return open(pairsOf(content), (done) => mapOfPairs(done), (index) => `.$map[${index >> 1}][${index & 1}]`);
      case '$error':
        return errorTurned(content, open);
      default:
        return { value: this.atom(name, textOf(name, content)) };
    }
  }

  private atom(name: string, text: string): Value {
    switch (name) {
      case '$integer':
        return number(name, text, isInteger);
      case '$float':
        return SPECIAL_FLOATS.get(text) ?? number(name, text, isFloat);
      case '$keyword':
        return nonEmpty(text, keyword);
      case '$symbol':
        return nonEmpty(text, symbol);
      case '$timestamp':
        return parseTimestamp(text) ?? refuse('$timestamp must be a time like 2026-01-31T08:00:00Z');
      case '$uuid':
        return isUuid(text) ? new Uuid(text.toLowerCase()) : refuse('$uuid must be 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12');
      case '$resource':
        return new Handle(text);
      case '$function':
        return this.fn(text);
      default:
        return refuse(`there is no tag ${name}; the tags are ${TAGS.join(' ')}`);
    }
  }

  private fn(text: string): Value {
    if (this.code === null) return refuse('a function has no meaning here: it can only be given to a run that has its code');
    const bytes = hexToBytes(text);
    const value = bytes === null ? null : decodeValue(bytes, this.code);
    if (value?.ok === true && typeof value.value === 'object' && value.value?.kind === 'function') return value.value;
    return refuse(value?.ok === false && value.error.missingCode !== undefined ? 'the code of this function is not that of the run' : '$function must be what stood in an answer');
  }
}

const TAGS = ['$integer', '$float', '$keyword', '$symbol', '$list', '$set', '$map', '$timestamp', '$uuid', '$resource', '$error', '$function'];

const SPECIAL_FLOATS: ReadonlyMap<string, number> = new Map([
  ['##Inf', Number.POSITIVE_INFINITY],
  ['##-Inf', Number.NEGATIVE_INFINITY],
  ['##NaN', Number.NaN],
]);

function refuse(message: string): never {
  throw new Unreadable(message);
}

function textOf(name: string, content: Value): string {
  if (!TAGS.includes(name)) return refuse(`there is no tag ${name}; the tags are ${TAGS.join(' ')}`);
  return typeof content === 'string' ? content : refuse(`${name} must be a string`);
}

function arrayOf(name: string, content: Value): readonly Value[] {
  return content instanceof Vector ? content.toArray() : refuse(`${name} must be an array`);
}

function pairsOf(content: Value): readonly Value[] {
  return arrayOf('$map', content).flatMap((pair) => (pair instanceof Vector && pair.size === 2 ? pair.toArray() : refuse('$map must be an array of arrays of a key and a value')));
}

function mapOfPairs(done: readonly Value[]): Value {
  const map = MapValue.from(done.flatMap((key, at) => (at % 2 === 0 ? [[key, done[at + 1]!] as const] : [])));
  return map.size * 2 === done.length ? map : refuse('a key stands twice in a $map');
}

function distinct(done: readonly Value[]): Value {
  const set = SetValue.from(done);
  return set.size === done.length ? set : refuse('an element stands twice in a $set');
}

function errorTurned(content: Value, open: (parts: readonly Value[], build: Open['build'], step?: Open['step']) => Open): Turned {
  if (!(content instanceof MapValue)) return refuse('$error must be an object with type and message');
  const unknown = (content.keys() as string[]).find((key) => !ERROR_FIELDS.includes(key));
  if (unknown !== undefined) return refuse(`$error has no ${unknown}; it has ${ERROR_FIELDS.join(' ')}`);
  const [type, message] = [content.get('type'), content.get('message')];
  if (typeof type !== 'string' || type === '' || typeof message !== 'string') return refuse('$error must have the strings type and message');
  const parts = ERROR_PARTS.map((name) => content.get(name) ?? null);
  return open(parts, ([data, span, stack]) => new ErrorValue(keyword(type), message, data!, span!, stack!), (index) => `.$error.${ERROR_PARTS[index]!}`);
}

const ERROR_PARTS = ['data', 'span', 'stack'];
const ERROR_FIELDS = ['type', 'message', ...ERROR_PARTS];

function number(name: string, text: string, fits: (value: Value) => boolean): Value {
  const parsed = parseNumber(text);
  return parsed.ok && fits(parsed.value) ? parsed.value : refuse(`${name} must be the text of ${name === '$float' ? 'a float: 1.0' : 'an integer: 12'}`);
}

function nonEmpty(text: string, make: (name: string) => Value): Value {
  return text === '' ? refuse('a keyword or symbol must have a name') : make(text);
}

const UUID_LENGTHS = [8, 4, 4, 4, 12];

function isUuid(text: string): boolean {
  const groups = text.split('-');
  return groups.length === UUID_LENGTHS.length && groups.every((group, at) => group.length === UUID_LENGTHS[at] && Array.from(group).every((digit) => '0123456789abcdefABCDEF'.includes(digit)));
}
