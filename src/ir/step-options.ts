/**
 * The options of the step forms: which form takes which, and what a value must be. The reader of programs checks what
 * stands in the text with it, and points at the part that is wrong; the machine checks what was computed.
 */
import { Float, isInteger, Keyword, SymbolValue, type Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';
import { printValue } from '../value/print.ts';
import { Vector } from '../value/vector.ts';

/** How a step was written; `pass` is one turn of a `step-loop`. */
export const STEP_FORMS = ['step', 'step-if', 'step-loop', 'step-parallel', 'pmap', 'pass'] as const;
export type StepForm = (typeof STEP_FORMS)[number];

export type StepOption =
  | 'name' | 'params' | 'isolation' | 'merge-policy' | 'on-conflict' | 'expose-context' | 'context-keys' | 'timeout-ms' | 'retries'
  | 'on-fail' | 'compensate' | 'requires' | 'produces' | 'effects' | 'resources' | 'metadata' | 'max-iterations' | 'max-concurrency'
  | 'on-error' | 'min-success';

interface Rule {
  /** The forms that take it; all when absent. */
  readonly forms?: readonly StepForm[];
  /** What the value must be, for messages. */
  readonly wanted: string;
  readonly check: Check;
}

/** What is wrong with a value, or null. */
type Check = (value: Value) => OptionFault | null;

/** One step down into a map or a vector. */
export type PathPart = { readonly key: Value } | { readonly index: number };

/** The part of an option's value that is wrong. */
export interface OptionFault {
  /** What leads to it, outermost first; empty when it is the value itself. */
  readonly path: readonly PathPart[];
  /** Whether the last key of the path is wrong, not what stands beside it. */
  readonly isKey: boolean;
  /** What should stand there. For a key: what keys there are. */
  readonly wanted: string;
  /** The words that may stand there, when there are only these. */
  readonly words: readonly string[];
}

const LARGEST = Number.MAX_SAFE_INTEGER;
const LOOPS: readonly StepForm[] = ['step-loop'];
const BRANCHES: readonly StepForm[] = ['step-parallel', 'pmap'];
/** What is written around a body in the text. */
const WRITTEN: readonly StepForm[] = ['step', 'step-if', 'step-loop', 'step-parallel'];
const AT_LEAST_0 = 'an integer of at least 0';
const ABOVE_0 = 'an integer greater than 0';
const CONTRACT = 'a vector of keys, or a map from key to description';

/** The keys of a map for `:retries`. */
export const RETRY_KEYS = ['max', 'backoff-ms', 'factor', 'max-backoff-ms', 'jitter', 'retry-on'] as const;

const MERGE_POLICY = '`:keep-existing`, `:overwrite`, `:merge`, `:merge3`, a map with `:keys` and `:default`, or a function';
const RETRIES = `an integer of at least 0, or a map with \`${RETRY_KEYS.map((key) => `:${key}`).join(' ')}\``;

export const STEP_OPTIONS: Readonly<Record<StepOption, Rule>> = {
  'name': { forms: ['step-if', 'step-loop', 'step-parallel', 'pmap'], ...plain('a string', (value) => typeof value === 'string') },
  'params': { forms: WRITTEN, ...plain('a map', (value) => value instanceof MapValue) },
  'isolation': oneOf('inherit', 'isolated', 'sandboxed'),
  'merge-policy': { wanted: MERGE_POLICY, check: policyFault },
  'on-conflict': oneOf('record', 'fail'),
  'expose-context': plain('a boolean', (value) => typeof value === 'boolean'),
  'context-keys': { wanted: 'a vector of keys', check: keysFault },
  'timeout-ms': plain(ABOVE_0, (value) => whole(value) > 0),
  'retries': { forms: WRITTEN, wanted: RETRIES, check: retriesFault },
  'on-fail': { forms: WRITTEN, ...anything() },
  'compensate': { forms: WRITTEN, ...anything() },
  'requires': { wanted: CONTRACT, check: contractFault },
  'produces': { wanted: CONTRACT, check: contractFault },
  'effects': anything(),
  'resources': anything(),
  'metadata': anything(),
  'max-iterations': { forms: LOOPS, ...plain(AT_LEAST_0, (value) => whole(value) >= 0) },
  'max-concurrency': { forms: BRANCHES, ...plain(ABOVE_0, (value) => whole(value) > 0) },
  'on-error': { forms: BRANCHES, ...oneOf('fail-fast', 'best-effort') },
  'min-success': { forms: BRANCHES, ...plain(AT_LEAST_0, (value) => whole(value) >= 0) },
};

export function optionsOf(form: StepForm): readonly StepOption[] {
  return (Object.keys(STEP_OPTIONS) as StepOption[]).filter((name) => STEP_OPTIONS[name].forms?.includes(form) ?? true);
}

/** The first thing that is wrong with the value, or null. */
export function optionFault(option: StepOption, value: Value): OptionFault | null {
  return STEP_OPTIONS[option].check(value);
}

/** What the value must be, as the end of `the option … must be`, or null when it is. */
export function optionProblem(option: StepOption, value: Value): string | null {
  const found = optionFault(option, value);
  if (found === null) return null;
  const { path } = found;
  const { wanted } = STEP_OPTIONS[option];
  if (path.length === 0) return wanted;
  return found.isKey ? `${wanted}, not ${pathText(path)}` : `${wanted}, where ${pathText(path)} is ${found.wanted}`;
}

/** The way to a part: `:max`, element 2 of `:retry-on`. */
export function pathText(path: readonly PathPart[]): string {
  const parts = path.map((part) => ('index' in part ? `element ${part.index + 1}` : `\`${printValue(part.key, { maxLength: 60 }) ?? '…'}\``));
  return parts.reverse().join(' of ');
}

// --- rules -------------------------------------------------------------------------------------------------------

function fault(wanted: string, path: readonly PathPart[] = [], words: readonly string[] = []): OptionFault {
  return { path, isKey: false, wanted, words };
}

function wrongKey(key: Value, words: readonly string[]): OptionFault {
  return { path: [{ key }], isKey: true, wanted: words.map((word) => `\`:${word}\``).join(' '), words };
}

function plain(wanted: string, fits: (value: Value) => boolean): Rule {
  return { wanted, check: (value) => (fits(value) ? null : fault(wanted)) };
}

function oneOf(...words: readonly string[]): Rule {
  const shown = words.map((word) => `\`:${word}\``);
  const wanted = `${shown.slice(0, -1).join(', ')} or ${shown[shown.length - 1]!}`;
  return { wanted, check: (value) => (value instanceof Keyword && words.includes(value.name) ? null : fault(wanted, [], words)) };
}

function anything(): Rule {
  return { wanted: 'any value', check: () => null };
}

/** The integer, or -1. */
function whole(value: Value | undefined): number {
  return typeof value === 'number' && isInteger(value) && value <= LARGEST ? value : -1;
}

/** The number, or -1. */
function real(value: Value): number {
  return typeof value === 'number' ? value : value instanceof Float && Number.isFinite(value.value) ? value.value : -1;
}

function isKey(value: Value): boolean {
  return value instanceof Keyword || typeof value === 'string' || value instanceof SymbolValue;
}

function keysFault(value: Value): OptionFault | null {
  if (!(value instanceof Vector)) return fault('a vector of keys');
  return elementFault(value, isKey, 'a keyword, a string or a symbol');
}

function elementFault(vector: Vector, fits: (value: Value) => boolean, wanted: string): OptionFault | null {
  const index = vector.toArray().findIndex((item) => !fits(item));
  return index < 0 ? null : fault(wanted, [{ index }]);
}

function within(key: Value, inner: OptionFault | null): OptionFault | null {
  return inner === null ? null : { ...inner, path: [{ key }, ...inner.path] };
}

/** The fault of the first entry that has one. */
function entryFault(map: MapValue, check: (key: Value, value: Value) => OptionFault | null): OptionFault | null {
  for (const [key, item] of map) {
    const found = check(key, item);
    if (found !== null) return found;
  }
  return null;
}

// --- merge policies ----------------------------------------------------------------------------------------------

const POLICY_NAMES: readonly string[] = [
  'keep-existing', 'keep_existing', 'parent-wins', 'parent_wins', 'overwrite', 'child-wins', 'child_wins', 'merge', 'merge3',
];
const KEY_POLICY = '`:keep-existing`, `:overwrite`, `:merge`, `:merge3`, or a function';

/** A policy for one key. */
function isKeyPolicy(value: Value): boolean {
  const name = value instanceof Keyword ? value.name : typeof value === 'string' ? value : '';
  return POLICY_NAMES.includes(name) || (typeof value === 'object' && value !== null && value.kind === 'function');
}

function keyPolicyFault(value: Value): OptionFault | null {
  return isKeyPolicy(value) ? null : fault(KEY_POLICY, [], POLICY_NAMES);
}

function policyFault(value: Value): OptionFault | null {
  if (isKeyPolicy(value)) return null;
  if (!(value instanceof MapValue)) return fault(MERGE_POLICY, [], POLICY_NAMES);
  return entryFault(value, (key, item) => {
    const name = key instanceof Keyword ? key.name : '';
    if (name === 'default') return within(key, keyPolicyFault(item));
    if (name !== 'keys') return wrongKey(key, ['keys', 'default']);
    return within(key, item instanceof MapValue ? keyPoliciesFault(item) : fault('a map from key to policy'));
  });
}

function keyPoliciesFault(policies: MapValue): OptionFault | null {
  return entryFault(policies, (key, policy) => {
    if (!isKey(key)) return { path: [{ key }], isKey: true, wanted: 'keywords, strings or symbols', words: [] };
    return within(key, keyPolicyFault(policy));
  });
}

// --- retries and contracts -----------------------------------------------------------------------------------------

function retriesFault(value: Value): OptionFault | null {
  if (whole(value) >= 0) return null;
  if (!(value instanceof MapValue)) return fault(RETRIES);
  return entryFault(value, (key, item) => {
    const name = key instanceof Keyword ? key.name : '';
    const known = (RETRY_KEYS as readonly string[]).includes(name);
    return known ? within(key, retryFault(name as RetryKey, item)) : wrongKey(key, RETRY_KEYS);
  });
}

type RetryKey = (typeof RETRY_KEYS)[number];

function retryFault(key: RetryKey, value: Value): OptionFault | null {
  switch (key) {
    case 'max':
    case 'max-backoff-ms':
      return whole(value) >= 0 ? null : fault(AT_LEAST_0);
    case 'backoff-ms':
      if (value instanceof Vector && value.size > 0) return elementFault(value, (wait) => whole(wait) >= 0, AT_LEAST_0);
      return whole(value) >= 0 ? null : fault(`${AT_LEAST_0}, or a vector of some`);
    case 'factor':
      return real(value) >= 1 ? null : fault('a number of at least 1');
    case 'jitter':
      return real(value) >= 0 && real(value) <= 1 ? null : fault('a number from 0 to 1');
    case 'retry-on':
      if (value instanceof Vector) return elementFault(value, isKey, 'a keyword, a string or a symbol');
      return fault(`a vector of kinds, for instance \`[:${value instanceof Keyword ? value.name : 'host'}]\``);
  }
}

function contractFault(value: Value): OptionFault | null {
  if (value instanceof Vector) return elementFault(value, isKey, 'a keyword, a string or a symbol');
  if (!(value instanceof MapValue)) return fault(CONTRACT);
  return entryFault(value, (key, item) => {
    if (!isKey(key)) return { path: [{ key }], isKey: true, wanted: 'keywords, strings or symbols', words: [] };
    const isDescription = item === null || item instanceof MapValue || item instanceof Keyword || item instanceof Vector || item instanceof SymbolValue;
    return isDescription ? null : fault('a map that describes the key, or a type', [{ key }]);
  });
}
