/**
 * Events as JSON: what a program outside reads of a run. One object, one line; `kind`, `at`, `step`, then the fields of
 * the kind, always in the same order.
 *
 * - A value is JSON where it has a JSON form, else a string with its RTFS text; what is longer than a line bears is cut.
 * - A key of a context is its text without the colon.
 * - An error is `kind`, `message`, `data`.
 * - What was written to a context is shown by hash and size only.
 */
import { encodeValue } from '../value/bytes.ts';
import { sha256Hex } from '../value/hash.ts';
import { quoteJson, writeJson } from '../value/json-write.ts';
import { MapValue } from '../value/map.ts';
import { printBrief } from '../value/print.ts';
import { ErrorValue, Keyword, SymbolValue, type Value } from '../value/value.ts';
import type { Event, Origin } from './event.ts';
import type { MergeConflict } from './merge.ts';

/** UTF-16 code units of one value's text. */
const VALUE_TEXT_MAX = 10_000;

type EventOf<Kind> = Event extends infer One ? (One extends { readonly kind: infer Kinds } ? (Kind extends Kinds ? One : never) : never) : never;
type FieldOf<One> = One extends unknown ? Exclude<keyof One, 'kind' | 'at' | 'step'> : never;
type Field = FieldOf<Event>;
type ValueOf<Name extends Field> = Event extends infer One ? (One extends { readonly [Key in Name]: infer Held } ? Held : never) : never;

/** What each kind has besides `kind`, `at` and `step`, in the order in which it is written. */
export const EVENT_FIELDS: { readonly [Kind in Event['kind']]: readonly Field[] } = {
  'step-started': ['name', 'form', 'parent', 'isolation', 'declared'],
  'step-completed': ['name'],
  'step-failed': ['name', 'error'],
  'step-retrying': ['name', 'attempt', 'delayMs', 'error'],
  'step-recovered': ['name', 'by', 'error'],
  'pass-started': ['index'],
  'pass-completed': ['index'],
  'pass-failed': ['index', 'error'],
  'branch-started': ['index'],
  'branch-completed': ['index'],
  'branch-failed': ['index', 'error'],
  'branch-cancelled': ['index', 'error'],
  'context-set': ['key', 'value', 'derivedFrom'],
  merged: ['into', 'policy', 'added', 'kept', 'overwritten', 'merged', 'conflicts'],
  'compensation-started': ['name'],
  'compensation-completed': ['name'],
  'compensation-failed': ['name', 'error'],
  'answer-dropped': ['call'],
} as const satisfies { readonly [Kind in Event['kind']]: readonly FieldOf<EventOf<Kind>>[] };

const WRITERS = {
  name: text('name'),
  form: text('form'),
  parent: (parent) => member('parent', parent === null ? 'null' : quoteJson(parent)),
  isolation: text('isolation'),
  declared: (declared) => member('declared', declaredJson(declared)),
  error: (error) => member('error', errorJson(error)),
  attempt: number('attempt'),
  delayMs: number('delayMs'),
  index: number('index'),
  by: text('by'),
  key: (key) => member('key', keyJson(key)),
  value: fingerprint,
  derivedFrom: (origins) => member('derivedFrom', array(origins, originJson)),
  into: text('into'),
  policy: (policy) => member('policy', valueJson(policy)),
  added: keys('added'),
  kept: keys('kept'),
  overwritten: keys('overwritten'),
  merged: keys('merged'),
  conflicts: (conflicts) => member('conflicts', array(conflicts, conflictJson)),
  call: text('call'),
} satisfies { readonly [Name in Field]: (held: ValueOf<Name>) => string };

/** One JSON object without a line break. */
export function eventToJson(event: Event): string {
  const fields = event as unknown as Readonly<Record<Field, never>>;
  const members = EVENT_FIELDS[event.kind].map((name) => WRITERS[name](fields[name]));
  return `{${[member('kind', quoteJson(event.kind)), member('at', quoteJson(event.at)), member('step', quoteJson(event.step)), ...members].join(',')}}`;
}

/** JSON where the value has such a form, else its RTFS text as a string. */
export function valueJson(value: Value): string {
  const json = writeJson(value, { maxLength: VALUE_TEXT_MAX });
  return json.ok ? json.value : quoteJson(printBrief(value, VALUE_TEXT_MAX));
}

/** Anything that was thrown; what is no error has a kind all the same. */
export function errorJson(error: Value): string {
  const { kind, message, data } = error instanceof ErrorValue ? { kind: error.type.name.replace(/^error\//, ''), message: error.message, data: error.data } : { kind: 'thrown', message: printBrief(error, VALUE_TEXT_MAX), data: error };
  return object([member('kind', quoteJson(kind)), member('message', quoteJson(message)), member('data', valueJson(data))]);
}

/** A key of a context as people write it, without the colon. */
export function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  return key instanceof Keyword || key instanceof SymbolValue ? key.name : printBrief(key, VALUE_TEXT_MAX);
}

function keyJson(key: Value): string {
  return quoteJson(keyText(key));
}

/** Each option for itself, so that one without a JSON form does not hide the others. */
function declaredJson(declared: Value): string {
  if (!(declared instanceof MapValue)) return valueJson(declared);
  return object(declared.keys().map((key) => member(keyText(key), valueJson(declared.get(key) ?? null))));
}

function fingerprint(value: Value): string {
  const bytes = encodeValue(value);
  return `${member('hash', quoteJson(sha256Hex(bytes)))},${member('sizeBytes', String(bytes.length))}`;
}

function originJson(origin: Origin): string {
  return object([member('key', quoteJson(origin.key)), member('context', quoteJson(origin.context)), member('valueHash', quoteJson(origin.valueHash))]);
}

function conflictJson({ key, path, target, source, winner, reason, branches }: MergeConflict): string {
  return object([
    member('key', keyJson(key)),
    member('path', array(path, keyJson)),
    member('target', valueJson(target)),
    member('source', valueJson(source)),
    member('winner', quoteJson(winner)),
    member('reason', quoteJson(reason)),
    member('branches', array(branches, String)),
  ]);
}

function text(name: string): (held: string) => string {
  return (held) => member(name, quoteJson(held));
}

function number(name: string): (held: number) => string {
  return (held) => member(name, String(held));
}

function keys(name: string): (held: readonly Value[]) => string {
  return (held) => member(name, array(held, keyJson));
}

function member(name: string, json: string): string {
  return `${quoteJson(name)}:${json}`;
}

function object(members: readonly string[]): string {
  return `{${members.join(',')}}`;
}

function array<Item>(items: readonly Item[], json: (item: Item) => string): string {
  return `[${items.map(json).join(',')}]`;
}
