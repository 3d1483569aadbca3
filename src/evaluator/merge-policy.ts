/**
 * Merge policies: what a plan may write, and what it means.
 *
 * P1  Each policy has one normal form, whatever alias or string it was written as; it is what records show.
 * P2  Only the keys of a context have policies of their own. What is below a key follows the policy of the key.
 */
import { type FunctionValue, keyword, Keyword, type Value } from '../value/value.ts';
import { type Entry, MapValue } from '../value/map.ts';
import { printBrief } from '../value/print.ts';
import { contextKey } from './context.ts';
import { keyOf } from './context-id.ts';
import { raise } from './raise.ts';

export type PolicyName = 'keep-existing' | 'overwrite' | 'merge' | 'merge3';

/** How one key is decided. `fn` is null when the function is not one of the language: whoever merges knows it. */
export type KeyPolicy = { readonly kind: PolicyName } | { readonly kind: 'custom'; readonly fn: FunctionValue | null };

export type Policy =
  | KeyPolicy
  /** `keys`: from context key to the normal form of a `KeyPolicy`. */
  | { readonly kind: 'keyed'; readonly keys: MapValue; readonly otherwise: KeyPolicy };

const NAMES: Readonly<Record<string, PolicyName>> = {
  'keep-existing': 'keep-existing',
  keep_existing: 'keep-existing',
  'parent-wins': 'keep-existing',
  parent_wins: 'keep-existing',
  overwrite: 'overwrite',
  'child-wins': 'overwrite',
  child_wins: 'overwrite',
  merge: 'merge',
  merge3: 'merge3',
};

const SIMPLE = ':keep-existing (or :parent-wins), :overwrite (or :child-wins), :merge, :merge3';

/** Raises kind `argument` for what is no policy. */
export function readPolicy(value: Value): Policy {
  const problem = policyProblem(value);
  if (problem !== null) return raise('argument', problem);
  return value instanceof MapValue ? readKeyed(value) : keyPolicy(value)!;
}

/** What is wrong with the policy, or null. Pure, so that it also serves for literals while a program is lowered. */
export function policyProblem(value: Value): string | null {
  if (value instanceof MapValue) return keyedProblem(value);
  return keyPolicy(value) === null ? `${shown(value)} is no merge policy: expected ${SIMPLE}, {:keys {…} :default …} or a function` : null;
}

/** The policy of one key of the context. */
export function policyFor(policy: Policy, key: Value): KeyPolicy {
  if (policy.kind !== 'keyed') return policy;
  const own = policy.keys.get(key);
  return own === undefined ? policy.otherwise : keyPolicy(own)!;
}

/** Whether some key is decided by what the target had when the step was entered. */
export function needsBase(policy: Policy): boolean {
  if (policy.kind !== 'keyed') return policy.kind === 'merge3' || policy.kind === 'custom';
  return needsBase(policy.otherwise) || policy.keys.values().some((own) => needsBase(keyPolicy(own)!));
}

/** Those that decide keys. */
export function functionsOf(policy: Policy): readonly FunctionValue[] {
  if (policy.kind !== 'keyed') return policy.kind === 'custom' && policy.fn !== null ? [policy.fn] : [];
  return [...functionsOf(policy.otherwise), ...policy.keys.values().flatMap((own) => functionsOf(keyPolicy(own)!))];
}

/** The normal form: a keyword, a function, or a map `{:keys {…} :default …}` of these. */
export function policyValue(policy: Policy): Value {
  switch (policy.kind) {
    case 'keyed':
      return MapValue.of(keyword('keys'), policy.keys, keyword('default'), policyValue(policy.otherwise));
    case 'custom':
      return policy.fn ?? keyword('custom');
    default:
      return keyword(policy.kind);
  }
}

function keyPolicy(value: Value): KeyPolicy | null {
  if (typeof value === 'object' && value !== null && value.kind === 'function') return { kind: 'custom', fn: value };
  const name = typeof value === 'string' ? value : value instanceof Keyword ? value.name : '';
  return Object.hasOwn(NAMES, name) ? { kind: NAMES[name]! } : null;
}

function readKeyed(map: MapValue): Policy {
  const keys: Entry[] = [];
  for (const [key, own] of (part(map, 'keys') ?? MapValue.empty()) as MapValue) keys.push([contextKey(key, 'merge policy'), policyValue(keyPolicy(own)!)]);
  return { kind: 'keyed', keys: MapValue.from(keys), otherwise: keyPolicy(part(map, 'default') ?? 'keep-existing')! };
}

function keyedProblem(map: MapValue): string | null {
  const other = map.keys().find((key) => !isNamed(key, 'keys') && !isNamed(key, 'default'));
  if (other !== undefined) return `${shown(other)} is no part of a merge policy: expected :keys and :default`;
  if (map.has('keys') && map.has(keyword('keys'))) return 'The merge policy has :keys twice';
  if (map.has('default') && map.has(keyword('default'))) return 'The merge policy has :default twice';
  const keys = part(map, 'keys') ?? MapValue.empty();
  if (!(keys instanceof MapValue)) return 'The :keys of a merge policy must be a map from key to policy';
  if (map.size === 0) return 'A merge policy for single keys needs :keys, :default, or both';
  return keysProblem(keys) ?? partProblem(part(map, 'default') ?? 'keep-existing', 'for the other keys');
}

function keysProblem(keys: MapValue): string | null {
  const names = new Set<string>();
  for (const [key, own] of keys) {
    const keyed = keyOf(key);
    if (keyed === null) return `${shown(key)} is no key of a context: expected a keyword, a string or a symbol`;
    if (names.has(keyed.name)) return `The merge policy names the key ${shown(keyed)} twice`;
    names.add(keyed.name);
    const problem = partProblem(own, `for the key ${shown(key)}`);
    if (problem !== null) return problem;
  }
  return null;
}

function partProblem(value: Value, place: string): string | null {
  return keyPolicy(value) === null ? `${shown(value)} is no merge policy ${place}: expected ${SIMPLE} or a function` : null;
}

function part(map: MapValue, name: string): Value | undefined {
  return map.get(keyword(name)) ?? map.get(name);
}

function isNamed(key: Value, name: string): boolean {
  return key === name || (key instanceof Keyword && key.name === name);
}

function shown(value: Value): string {
  return printBrief(value, 60);
}
