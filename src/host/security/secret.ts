/**
 * Secrets. A plan holds a *name*: a handle `resource://secret/NAME`, which is worth nothing by itself, so that it may be
 * printed, saved and sent around. The text behind it exists only between an executor that declares that it takes secrets and
 * the world, and only while the grant `secret=NAME` holds: that is asked for at each call (H5).
 */
import { bytesToHex } from '../../value/hex.ts';
import { List } from '../../value/list.ts';
import { MapValue } from '../../value/map.ts';
import { displayValue } from '../../value/print.ts';
import { SetValue } from '../../value/set.ts';
import { Closure, ErrorValue, Handle, Keyword, keyword, symbol, SymbolValue, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { CallbackFailure } from '../callback/callback.ts';
import { HostFailure } from '../failure.ts';
import type { CallBack, CallContext, WorkCapability } from '../port.ts';

/** The text of a secret by its name; null when there is none. Rejects with a `HostFailure` when it cannot be looked up. */
export type SecretSource = (name: string) => Promise<string | null>;

const SCHEME = 'resource://secret/';

/** A shorter text would be met by chance, and to take it out of answers would tell it. */
const SECRET_LENGTH_MIN = 6;

export function secretHandle(name: string): Handle {
  return new Handle(`${SCHEME}${name}`);
}

/** Null for what is no handle of a secret. */
export function secretName(value: Value): string | null {
  return value instanceof Handle && value.uri.startsWith(SCHEME) ? value.uri.slice(SCHEME.length) : null;
}

/** Letters, digits, `.`, `-` and `_`: what can stand in a URI, a variable and a file alike. */
export function isSecretName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);
}

/** The names of all secrets in the values, sorted; those that functions hold too. */
export function secretNames(values: readonly Value[]): readonly string[] {
  const names = new Set<string>();
  const seen = new Set<Value>();
  const open: Value[] = [...values];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const name = secretName(value);
    if (name !== null) names.add(name);
    for (const part of partsOf(value)) open.push(part);
  }
  return [...names].sort();
}

function partsOf(value: Value): readonly Value[] {
  if (value instanceof MapValue) return [...value.keys(), ...value.values()];
  if (value instanceof Vector || value instanceof List || value instanceof SetValue) return value.toArray();
  if (value instanceof Closure) return value.captures;
  return value instanceof ErrorValue ? [value.message, value.data, value.span, value.stack] : [];
}

/** The values with each secret's text in its place. Rejects with a `HostFailure` for a secret that is not there. */
export async function resolveSecrets(values: readonly Value[], source: SecretSource): Promise<{ readonly values: readonly Value[]; readonly texts: ReadonlyMap<string, string> }> {
  const texts = new Map<string, string>();
  for (const name of secretNames(values)) texts.set(name, await lookUp(name, source));
  if (texts.size === 0) return { values, texts };
  const replace = (value: Value): Value => {
    const name = secretName(value);
    return name === null ? value : texts.get(name)!;
  };
  return { values: values.map((value) => mapLeaves(value, replace)), texts };
}

async function lookUp(name: string, source: SecretSource): Promise<string> {
  const text = isSecretName(name) ? await source(name) : null;
  if (text === null) throw new HostFailure('capability', `There is no secret ${name} (it is looked for in the variable ${secretVariable(name)} and in the secrets file)`);
  checkLength(name, text);
  return text;
}

/** Throws a `HostFailure` for a secret that could not be kept out of answers. */
export function checkLength(name: string, text: string): void {
  if (text.length < SECRET_LENGTH_MIN) throw new HostFailure('capability', `The secret ${name} is too short: at least ${SECRET_LENGTH_MIN} characters, so that it can be kept out of answers`);
}

/** `RTFS_SECRET_API_KEY` for `api-key`. */
export function secretVariable(name: string): string {
  return `RTFS_SECRET_${name.replace(/[.-]/g, '_').toUpperCase()}`;
}

// ── keeping them out of what comes back ──────────────────────────────────────────────────────────────────────────────

/** Puts names in the place of secrets, in every form in which a peer may send one back. */
export class Scrubber {
  /** Longest first: one secret may be a part of another. */
  private readonly forms: readonly (readonly [string, string])[];

  constructor(texts: ReadonlyMap<string, string>) {
    this.forms = [...texts].flatMap(([name, text]) => formsOf(text).map((form) => [form, `‹secret ${name}›`] as const)).sort(([a], [b]) => b.length - a.length);
  }

  text(text: string): string {
    return this.forms.reduce((clean, [form, name]) => clean.replaceAll(form, name), text);
  }

  /** Keys of maps and what errors hold are cleaned too. */
  value(value: Value): Value {
    return this.forms.length === 0 ? value : mapLeaves(value, (leaf) => this.leaf(leaf));
  }

  private leaf(leaf: Value): Value {
    if (typeof leaf === 'string') return this.text(leaf);
    if (leaf instanceof Keyword) return keyword(this.text(leaf.name));
    if (leaf instanceof SymbolValue) return symbol(this.text(leaf.name));
    return leaf instanceof Handle ? new Handle(this.text(leaf.uri)) : leaf;
  }
}

/** As it is, and as URLs, JSON texts, headers of basic authentication and hexadecimal dumps hold it. */
function formsOf(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  // Nearly all secrets are: for them the bytes are the text.
  const isAscii = bytes.length === text.length;
  const base64 = btoa(isAscii ? text : binaryText(bytes));
  const unpadded = base64.replace(/=+$/, '');
  // A half of a pair, which no URL can hold, is sent as what stands in its place among the bytes.
  const sent = isAscii ? text : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return [...new Set([text, encodeURIComponent(sent), JSON.stringify(text).slice(1, -1), base64, unpadded, unpadded.replaceAll('+', '-').replaceAll('/', '_'), bytesToHex(bytes)])];
}

/** A character for each byte, as `btoa` wants it. */
function binaryText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The value with its leaves changed. Iterative, and each shared piece is made once. */
function mapLeaves(root: Value, change: (leaf: Value) => Value): Value {
  const done = new Map<Value, Value>();
  const open: Value[] = [root];
  while (open.length > 0) {
    const value = open[open.length - 1]!;
    const parts = done.has(value) ? [] : collectionParts(value).filter((part) => !done.has(part));
    if (parts.length > 0) {
      for (const part of parts) open.push(part);
      continue;
    }
    open.pop();
    if (!done.has(value)) done.set(value, isCollection(value) ? rebuilt(value, (part) => done.get(part)!) : change(value));
  }
  return done.get(root)!;
}

type Collection = MapValue | Vector | List | SetValue | ErrorValue;

function isCollection(value: Value): value is Collection {
  return value instanceof MapValue || value instanceof Vector || value instanceof List || value instanceof SetValue || value instanceof ErrorValue;
}

function collectionParts(value: Value): readonly Value[] {
  return isCollection(value) ? partsOf(value) : [];
}

function rebuilt(value: Collection, changed: (part: Value) => Value): Value {
  if (value instanceof MapValue) return MapValue.from([...value].map(([key, item]) => [changed(key), changed(item)] as const));
  if (value instanceof SetValue) return SetValue.from(value.toArray().map(changed));
  if (value instanceof ErrorValue) return new ErrorValue(value.type, displayValue(changed(value.message)) ?? '', changed(value.data), changed(value.span), changed(value.stack));
  const items = value.toArray().map(changed);
  return value instanceof Vector ? Vector.adopt(items) : List.adopt(items);
}

// ── around a capability ──────────────────────────────────────────────────────────────────────────────────────────────

/** The capability with secrets in its arguments resolved at each call, and kept out of its answers, its failures and its defects. */
export function withSecrets(capability: WorkCapability, source: SecretSource): WorkCapability {
  return {
    ...capability,
    takesSecrets: true,
    call: async (args, context) => {
      const { values, texts } = await resolveSecrets(args, source);
      return scrubbed(texts, async () => capability.call(values, texts.size === 0 ? context : tellingNames(context, new Scrubber(texts))));
    },
  };
}

/** What a capability calls back with goes to the plan, as its answer does. */
function tellingNames(context: CallContext, scrubber: Scrubber): CallContext {
  const callBack = (): CallBack | undefined => {
    const given = context.callBack;
    return given === undefined ? undefined : (fn, args = []) => given(scrubber.value(fn), args.map((arg) => scrubber.value(arg)));
  };
  return Object.create(context, { callBack: { get: callBack } }) as CallContext;
}

/** What the work gives, or how it fails, with names in the place of secrets; those count that are among `texts` when it is over. */
export async function scrubbed(texts: ReadonlyMap<string, string>, work: () => Promise<Value>): Promise<Value> {
  try {
    const value = await work();
    return new Scrubber(texts).value(value);
  } catch (cause) {
    throw texts.size === 0 ? cause : scrubbedFailure(cause, new Scrubber(texts));
  }
}

function scrubbedFailure(cause: unknown, scrubber: Scrubber): unknown {
  if (cause instanceof CallbackFailure) return new CallbackFailure(scrubber.value(cause.error) as ErrorValue);
  if (cause instanceof HostFailure) return new HostFailure(cause.kind, scrubber.text(cause.message), scrubber.value(cause.data));
  if (!(cause instanceof Error)) return new Error('a capability that was given secrets failed');
  const clean = new Error(scrubber.text(cause.message));
  clean.name = cause.name;
  clean.stack = scrubber.text(cause.stack ?? '');
  return clean;
}
