/**
 * The constitution: rules about single calls, merges, exposures and programs, which stand above every grant. Pure: the
 * same rules and the same subject give the same verdict.
 *
 * - C1 Of the rules that match, one that denies decides, else one that wants an approval, else one that allows, else what
 *   the constitution says of everything `otherwise`, else `allow`: that something is granted at all is the policy's business.
 * - C2 Values are followed, not names: a key counts as every key that its value was made of (`lineage.ts`).
 * - C3 In doubt against the call: an argument that a rule cannot compare (a text where it wants a number) is a match for
 *   rules that deny or ask, and none for rules that allow.
 */
import { List } from '../../value/list.ts';
import { MapValue } from '../../value/map.ts';
import { printBrief } from '../../value/print.ts';
import { SetValue } from '../../value/set.ts';
import { Float, Keyword, SymbolValue, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Isolation } from '../port.ts';
import { overlaps } from './effects.ts';
import { matchesGlob } from './pattern.ts';

export const VERDICTS = ['deny', 'require-approval', 'allow'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const SUBJECTS = ['call', 'merge', 'expose', 'program'] as const;
export type SubjectKind = (typeof SUBJECTS)[number];

/** What an argument must be. `path`: `0.url` (of the first argument), `url` (of a map or of keywords and values among the arguments). */
export interface ArgumentRule {
  readonly path: readonly string[];
  /** A glob over the text, or over how the value prints; null when only the number counts. */
  readonly glob: string | null;
  readonly min: number | null;
  readonly max: number | null;
  /** True: it must be there, false: it must not. */
  readonly present: boolean;
}

/** What is null is not looked at; everything else must match. */
export interface Rule {
  readonly id: string;
  readonly on: SubjectKind;
  readonly then: Verdict;
  /** One sentence, no full stop. */
  readonly reason: string;
  /** For approvals: what people are asked. */
  readonly question: string | null;
  readonly capability: readonly string[] | null;
  readonly effects: readonly string[] | null;
  readonly args: readonly ArgumentRule[] | null;
  /** The path, host or name that the call is about, as the policy sees it. */
  readonly resource: readonly string[] | null;
  readonly isolation: readonly Isolation[] | null;
  /** Keys: globs, or tags (`#secret`). */
  readonly derivedFrom: readonly string[] | null;
  readonly keys: readonly string[] | null;
  /** Ids of contexts: globs. */
  readonly from: readonly string[] | null;
  readonly into: readonly string[] | null;
  readonly hash: readonly string[] | null;
  readonly provenance: readonly string[] | null;
}

export interface Constitution {
  /** As it is called in messages: the path of its file. */
  readonly name: string;
  readonly rules: readonly Rule[];
  /** From tag to globs of keys. */
  readonly tags: ReadonlyMap<string, readonly string[]>;
  readonly otherwise: Readonly<Partial<Record<SubjectKind, Verdict>>>;
}

/** A key of a context, with the keys that its value was made of. */
export interface TracedKey {
  readonly key: string;
  readonly sources: readonly string[];
}

export type Subject =
  | {
      readonly on: 'call';
      readonly capability: string;
      readonly effects: readonly string[];
      readonly args: readonly Value[];
      /** Null when it is about none. */
      readonly resource: string | null;
      readonly isolation: Isolation;
      /** Keys that went into the arguments. */
      readonly derivedFrom: readonly string[];
    }
  | { readonly on: 'merge'; readonly keys: readonly TracedKey[]; readonly isolation: Isolation; readonly from: string; readonly into: string }
  | { readonly on: 'expose'; readonly keys: readonly TracedKey[]; readonly isolation: Isolation; readonly capability: string }
  | { readonly on: 'program'; readonly hash: string; readonly effects: readonly string[]; readonly provenance: string };

export interface Ruling {
  readonly verdict: Verdict;
  /** Null when no rule matched. */
  readonly rule: Rule | null;
  /** The keys because of which it matched, sorted; empty where keys are not looked at. */
  readonly keys: readonly string[];
}

export function ruleOn(constitution: Constitution, subject: Subject): Ruling {
  const matching = constitution.rules.filter((rule) => rule.on === subject.on && matches(constitution, rule, subject));
  for (const verdict of VERDICTS) {
    const rule = matching.find((one) => one.then === verdict);
    if (rule !== undefined) return { verdict, rule, keys: keysOf(constitution, rule, subject) };
  }
  return { verdict: constitution.otherwise[subject.on] ?? 'allow', rule: null, keys: [] };
}

function matches(constitution: Constitution, rule: Rule, subject: Subject): boolean {
  switch (subject.on) {
    case 'call':
      return (
        isAmong(rule.capability, subject.capability) &&
        touches(rule.effects, subject.effects) &&
        isAmong(rule.resource, subject.resource) &&
        (rule.isolation?.includes(subject.isolation) ?? true) &&
        (rule.derivedFrom === null || keysOf(constitution, rule, subject).length > 0) &&
        (rule.args ?? []).every((wanted) => argumentMatches(wanted, subject.args, rule.then !== 'allow'))
      );
    case 'merge':
      return (rule.isolation?.includes(subject.isolation) ?? true) && isAmong(rule.from, subject.from) && isAmong(rule.into, subject.into) && hasKeys(constitution, rule, subject);
    case 'expose':
      return (rule.isolation?.includes(subject.isolation) ?? true) && isAmong(rule.capability, subject.capability) && hasKeys(constitution, rule, subject);
    case 'program':
      return isAmong(rule.hash, subject.hash) && touches(rule.effects, subject.effects) && isAmong(rule.provenance, subject.provenance);
  }
}

function isAmong(globs: readonly string[] | null, text: string | null): boolean {
  return globs === null || (text !== null && globs.some((glob) => matchesGlob(glob, text)));
}

function touches(wanted: readonly string[] | null, effects: readonly string[]): boolean {
  return wanted === null || wanted.some((one) => effects.some((effect) => overlaps(one, effect)));
}

/** Without a rule about keys there need not be any. */
function hasKeys(constitution: Constitution, rule: Rule, subject: Subject): boolean {
  return rule.keys === null || keysOf(constitution, rule, subject).length > 0;
}

function keysOf(constitution: Constitution, rule: Rule, subject: Subject): readonly string[] {
  if (subject.on === 'program') return [];
  if (subject.on === 'call') return rule.derivedFrom === null ? [] : subject.derivedFrom.filter((key) => isKey(constitution, rule.derivedFrom!, key)).sort();
  const matching = subject.keys.filter(({ key, sources }) => rule.keys === null || [key, ...sources].some((name) => isKey(constitution, rule.keys!, name)));
  return matching.map(({ key }) => key).sort();
}

function isKey(constitution: Constitution, patterns: readonly string[], key: string): boolean {
  return patterns.some((pattern) =>
    pattern.startsWith('#') ? (constitution.tags.get(pattern.slice(1)) ?? []).some((glob) => matchesGlob(glob, key)) : matchesGlob(pattern, key),
  );
}

// ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────────

function argumentMatches(rule: ArgumentRule, args: readonly Value[], inDoubt: boolean): boolean {
  const found = valuesAt(args, rule.path);
  if (found.length === 0) return !rule.present;
  const isMatch = (value: Value): boolean => valueMatches(rule, value, inDoubt);
  return rule.present && (inDoubt ? found.some(isMatch) : found.every(isMatch));
}

function valueMatches({ glob, min, max }: ArgumentRule, value: Value, inDoubt: boolean): boolean {
  if (glob !== null && !matchesGlob(glob, textOf(value))) return false;
  if (min === null && max === null) return true;
  const number = numberOf(value);
  return number === null ? inDoubt : number >= (min ?? -Infinity) && number <= (max ?? Infinity);
}

const TEXT_MAX = 10_000;

function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof Keyword || value instanceof SymbolValue ? value.name : printBrief(value, TEXT_MAX);
}

/** NaN compares with nothing. */
function numberOf(value: Value): number | null {
  const number = value instanceof Float ? value.value : typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && !Number.isNaN(number) ? number : null;
}

/** All that stands at the path: a name at its head is looked for in every map of options. */
function valuesAt(args: readonly Value[], [head = '', ...rest]: readonly string[]): readonly Value[] {
  const index = indexOf(head);
  const starts = index === null ? namedAt(args, head) : args.slice(index, index + 1);
  return rest.reduce<readonly Value[]>((values, segment) => values.flatMap((value) => within(value, segment)), starts);
}

function namedAt(args: readonly Value[], name: string): readonly Value[] {
  return args.flatMap((arg, index) => {
    if (arg instanceof Keyword && arg.name === name && index + 1 < args.length) return [args[index + 1]!];
    return within(arg, name);
  });
}

function within(value: Value, segment: string): readonly Value[] {
  if (value instanceof MapValue) return [new Keyword(segment), segment].flatMap((key) => (value.has(key) ? [value.get(key)!] : []));
  const items = value instanceof Vector || value instanceof List || value instanceof SetValue ? value.toArray() : [];
  const index = indexOf(segment);
  return segment === '*' ? items : index === null ? [] : items.slice(index, index + 1);
}

function indexOf(segment: string): number | null {
  return /^(0|[1-9][0-9]{0,8})$/.test(segment) ? Number(segment) : null;
}
