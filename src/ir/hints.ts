/**
 * Execution hints: how a host shall carry out the calls inside a form. They are metadata of the form, `^{:runtime.learning.retry {…}} form`;
 * this file says which there are, what is in them, and what must be true of it. The reader of programs checks literals with it, the host
 * what was computed.
 *
 * `true` stands for a hint with nothing but defaults, `false` and nil switch off one that an outer form has set. Where two spellings of a key
 * are in use, both are read.
 */
import { Float, isInteger, Keyword, type Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';

/** The outermost first: each wraps what comes after it, the last the call itself. */
export const HINT_NAMES = ['metrics', 'cache', 'circuit-breaker', 'rate-limit', 'retry', 'timeout', 'fallback'] as const;
export type HintName = (typeof HINT_NAMES)[number];

/** Metadata with such names is for the host. */
export const HINT_FAMILY = 'runtime.';
const PREFIX = 'runtime.learning.';

/** The key of a hint in metadata, without the colon. */
export function hintKey(name: HintName): string {
  return `${PREFIX}${name}`;
}

/** The hint that a key means; null when it means none. */
export function hintNamed(key: string): HintName | null {
  return HINT_NAMES.find((name) => hintKey(name) === key) ?? null;
}

interface Field {
  /** What the value must be, for messages. */
  readonly wanted: string;
  readonly fits: (value: Value) => boolean;
  /** When it is not there; undefined when it must be there. */
  readonly otherwise: Value | undefined;
  readonly spellings?: readonly string[];
}

const LARGEST = Number.MAX_SAFE_INTEGER;

const FIELDS: Readonly<Record<HintName, Readonly<Record<string, Field>>>> = {
  'metrics': { 'label': named(null), 'emit-to-chain': flag(true), 'track-percentiles': flag(false) },
  'cache': { 'ttl-ms': whole(0, 60_000), 'max-entries': whole(1, 100) },
  'circuit-breaker': { 'failure-threshold': whole(1, 5), 'cooldown-ms': whole(0, 30_000), 'success-threshold': whole(1, 2) },
  'rate-limit': { 'requests-per-second': real('a number greater than 0', (number) => number > 0, 10), 'burst': whole(1, 5) },
  'retry': {
    'max-retries': whole(0, 3),
    'backoff-ms': { ...whole(0, 100), spellings: ['initial-delay-ms'] },
    'backoff-multiplier': real('a number of at least 1', (number) => number >= 1, 2),
    'max-backoff-ms': whole(0, 60_000),
  },
  'timeout': { 'absolute-ms': { ...whole(1, 30_000), spellings: ['timeout-ms'] } },
  'fallback': { 'capability': named(undefined), 'reason': { wanted: 'a string', fits: (value) => typeof value === 'string', otherwise: null }, 'pass-original-args': flag(true) },
};

export interface HintReading {
  /** The keys with their values and defaults; null when the hint is switched off, or wrong. */
  readonly fields: ReadonlyMap<string, Value> | null;
  /** What is wrong with the hint, or with one of its keys (null for the whole). */
  readonly fault: { readonly key: string | null; readonly wanted: string } | null;
  /** Keys that mean nothing; they have no effect. */
  readonly unknown: readonly Value[];
}

export function hintFields(name: HintName): readonly string[] {
  return Object.keys(FIELDS[name]);
}

export function readHint(name: HintName, value: Value): HintReading {
  if (value === null || value === false) return { fields: null, fault: null, unknown: [] };
  if (value !== true && !(value instanceof MapValue)) return wrong(null, 'a map, `true` or `false`');
  const given = value === true ? MapValue.empty() : value;
  const fields = FIELDS[name];
  const found = new Map<string, Value>();
  const unknown: Value[] = [];
  for (const [key, item] of given) {
    const field = fieldOf(fields, key);
    if (field === null) unknown.push(key);
    else if (!fields[field]!.fits(item)) return wrong(field, fields[field]!.wanted);
    else found.set(field, item);
  }
  for (const [field, { otherwise, wanted }] of Object.entries(fields)) {
    if (found.has(field)) continue;
    if (otherwise === undefined) return wrong(field, wanted);
    found.set(field, otherwise);
  }
  return { fields: found, fault: null, unknown };
}

function wrong(key: string | null, wanted: string): HintReading {
  return { fields: null, fault: { key, wanted }, unknown: [] };
}

function fieldOf(fields: Readonly<Record<string, Field>>, key: Value): string | null {
  const written = key instanceof Keyword ? key.name : key;
  return Object.keys(fields).find((name) => name === written || fields[name]!.spellings?.includes(String(written)) === true) ?? null;
}

function whole(least: number, otherwise: number): Field {
  return { wanted: `an integer of at least ${least}`, fits: (value) => typeof value === 'number' && isInteger(value) && value >= least && value <= LARGEST, otherwise };
}

function real(wanted: string, fits: (number: number) => boolean, otherwise: number): Field {
  return { wanted, fits: (value) => (typeof value === 'number' ? fits(value) : value instanceof Float && Number.isFinite(value.value) && fits(value.value)), otherwise };
}

function flag(otherwise: boolean): Field {
  return { wanted: '`true` or `false`', fits: (value) => typeof value === 'boolean', otherwise };
}

function named(otherwise: null | undefined): Field {
  return { wanted: 'a keyword or a string', fits: (value) => value instanceof Keyword || (typeof value === 'string' && value !== ''), otherwise };
}
