/**
 * The options of the step forms: which form takes which, and what a value must be. The reader of programs checks what
 * stands in the text with it, the machine what was computed.
 */
import { Float, isInteger, Keyword, type Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';
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
  readonly fits: (value: Value) => boolean;
}

const MERGE_WORDS = '`:keep-existing`, `:overwrite`, `:merge`, `:merge3`';
const LARGEST = Number.MAX_SAFE_INTEGER;
const LOOPS: readonly StepForm[] = ['step-loop'];
const BRANCHES: readonly StepForm[] = ['step-parallel', 'pmap'];
/** What is written around a body in the text. */
const WRITTEN: readonly StepForm[] = ['step', 'step-if', 'step-loop', 'step-parallel'];

export const STEP_OPTIONS: Readonly<Record<StepOption, Rule>> = {
  'name': { forms: ['step-if', 'step-loop', 'step-parallel', 'pmap'], wanted: 'a string', fits: (value) => typeof value === 'string' },
  'params': { forms: WRITTEN, wanted: 'a map', fits: (value) => value instanceof MapValue },
  'isolation': oneOf('inherit', 'isolated', 'sandboxed'),
  'merge-policy': { wanted: `${MERGE_WORDS}, a map with \`:keys\` and \`:default\`, or a function`, fits: isPolicy },
  'on-conflict': oneOf('record', 'fail'),
  'expose-context': { wanted: 'a boolean', fits: (value) => typeof value === 'boolean' },
  'context-keys': { wanted: 'a vector of keys', fits: isKeys },
  'timeout-ms': { wanted: 'an integer greater than 0', fits: (value) => whole(value) > 0 },
  'retries': { forms: WRITTEN, wanted: 'an integer, or a map with `:max :backoff-ms :factor :max-backoff-ms :jitter :retry-on`', fits: isRetries },
  'on-fail': { forms: WRITTEN, ...anything() },
  'compensate': { forms: WRITTEN, ...anything() },
  'requires': { wanted: 'a vector of keys, or a map from key to description', fits: isContract },
  'produces': { wanted: 'a vector of keys, or a map from key to description', fits: isContract },
  'effects': anything(),
  'resources': anything(),
  'metadata': anything(),
  'max-iterations': { forms: LOOPS, wanted: 'an integer of at least 0', fits: (value) => whole(value) >= 0 },
  'max-concurrency': { forms: BRANCHES, wanted: 'an integer greater than 0', fits: (value) => whole(value) > 0 },
  'on-error': { forms: BRANCHES, ...oneOf('fail-fast', 'best-effort') },
  'min-success': { forms: BRANCHES, wanted: 'an integer of at least 0', fits: (value) => whole(value) >= 0 },
};

export function optionsOf(form: StepForm): readonly StepOption[] {
  return (Object.keys(STEP_OPTIONS) as StepOption[]).filter((name) => STEP_OPTIONS[name].forms?.includes(form) ?? true);
}

/** What is wrong with the value, or null. */
export function optionProblem(option: StepOption, value: Value): string | null {
  const { fits, wanted } = STEP_OPTIONS[option];
  return fits(value) ? null : wanted;
}

function oneOf(...words: readonly string[]): Rule {
  const shown = words.map((word) => `\`:${word}\``);
  return { wanted: `${shown.slice(0, -1).join(', ')} or ${shown[shown.length - 1]!}`, fits: (value) => value instanceof Keyword && words.includes(value.name) };
}

function anything(): Rule {
  return { wanted: 'any value', fits: () => true };
}

/** The integer, or -1. */
function whole(value: Value | undefined): number {
  return typeof value === 'number' && isInteger(value) && value <= LARGEST ? value : -1;
}

function isKeys(value: Value): boolean {
  return value instanceof Vector && value.toArray().every(isKey);
}

function isKey(value: Value): boolean {
  return value instanceof Keyword || typeof value === 'string' || isSymbol(value);
}

function isSymbol(value: Value): boolean {
  return typeof value === 'object' && value !== null && value.kind === 'symbol';
}

// --- merge policies ----------------------------------------------------------------------------------------------

const POLICY_NAMES: readonly string[] = [
  'keep-existing', 'keep_existing', 'parent-wins', 'parent_wins', 'overwrite', 'child-wins', 'child_wins', 'merge', 'merge3',
];

function isPolicyName(value: Value | undefined): boolean {
  return POLICY_NAMES.includes(value instanceof Keyword ? value.name : typeof value === 'string' ? value : '');
}

/** A policy for one key. */
function isKeyPolicy(value: Value): boolean {
  return isPolicyName(value) || (typeof value === 'object' && value !== null && value.kind === 'function');
}

function isPolicy(value: Value): boolean {
  if (isKeyPolicy(value)) return true;
  if (!(value instanceof MapValue)) return false;
  for (const [key, item] of value) {
    const name = key instanceof Keyword ? key.name : '';
    if (name === 'default' ? !isKeyPolicy(item) : name !== 'keys' || !(item instanceof MapValue) || ![...item].every(([inner, policy]) => isKey(inner) && isKeyPolicy(policy))) return false;
  }
  return true;
}

// --- retries and contracts -----------------------------------------------------------------------------------------

function isRetries(value: Value): boolean {
  if (whole(value) >= 0) return true;
  if (!(value instanceof MapValue)) return false;
  return [...value].every(([key, item]) => key instanceof Keyword && isRetryEntry(key.name, item));
}

function isRetryEntry(name: string, value: Value): boolean {
  switch (name) {
    case 'max':
    case 'max-backoff-ms':
      return whole(value) >= 0;
    case 'backoff-ms':
      return whole(value) >= 0 || (value instanceof Vector && value.size > 0 && value.toArray().every((wait) => whole(wait) >= 0));
    case 'factor':
      return real(value) >= 1;
    case 'jitter':
      return real(value) >= 0 && real(value) <= 1;
    case 'retry-on':
      return value instanceof Vector && value.toArray().every(isKey);
    default:
      return false;
  }
}

/** The number, or -1. */
function real(value: Value): number {
  return typeof value === 'number' ? value : value instanceof Float && Number.isFinite(value.value) ? value.value : -1;
}

function isContract(value: Value): boolean {
  if (isKeys(value)) return true;
  return value instanceof MapValue && [...value].every(([key, item]) => isKey(key) && (item === null || item instanceof MapValue || item instanceof Keyword || item instanceof Vector || isSymbol(item)));
}
