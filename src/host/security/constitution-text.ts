/**
 * Constitutions as text, JSON or RTFS data, read strictly:
 *
 *   {"tags": {"secret": ["token", "*-password"]},
 *    "otherwise": {"merge": "allow"},
 *    "rules": [
 *      {"id": "no-deletes", "on": "call", "then": "deny", "capability": "fs.delete", "reason": "files are kept"},
 *      {"id": "large-orders", "on": "call", "then": "require-approval", "capability": "shop.*", "args": {"0.amount": {"min": 1000}},
 *       "reason": "large orders need a person", "question": "Order for that much?"},
 *      {"id": "secrets-stay", "on": "merge", "then": "deny", "keys": ["#secret"], "isolation": ["sandboxed"], "reason": "…"}]}
 *
 * An argument is a glob, or a map of `glob`, `min`, `max` and `present`.
 */
import type { Diagnostic, Result } from '../../diagnostic/diagnostic.ts';
import { MapValue } from '../../value/map.ts';
import { makeFloat, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { type ArgumentRule, type Constitution, type Rule, type SubjectKind, SUBJECTS, type Verdict, VERDICTS } from './constitution.ts';
import { Complaints, Fields, nameOf } from './document.ts';
import { normalEffects } from './effects.ts';
import { ISOLATIONS } from './runtime-context.ts';

const ALWAYS = ['id', 'on', 'then', 'reason', 'question'];
const OF_SUBJECT: Readonly<Record<SubjectKind, readonly string[]>> = {
  call: ['capability', 'effects', 'args', 'resource', 'isolation', 'derived-from'],
  merge: ['keys', 'isolation', 'from', 'into'],
  expose: ['keys', 'capability', 'isolation'],
  program: ['hash', 'effects', 'provenance'],
};
const RULE_KEYS = [...new Set([...ALWAYS, ...SUBJECTS.flatMap((subject) => OF_SUBJECT[subject])])];

export function readConstitution(name: string, document: Value): Result<Constitution, readonly Diagnostic[]> {
  const complaints = new Complaints(name);
  const fields = Fields.read(complaints, '', document, ['rules', 'tags', 'otherwise', 'description']);
  fields.text('description');
  const tags = readTags(fields);
  const rules = fields.maps('rules', RULE_KEYS).map((one) => readRule(one, complaints, tags));
  const ids = new Set<string>();
  for (const [index, { id }] of rules.entries()) {
    if (ids.has(id) && id !== '') complaints.add(`rules[${index}].id`, `there is another rule ${JSON.stringify(id)}`, ['Each rule has an id of its own: denials name it.']);
    ids.add(id);
  }
  if (!fields.has('rules')) complaints.add('', 'there are no rules', ['Write "rules": [{"id": …, "on": "call", "then": "deny", "reason": …}].']);
  const otherwise = readOtherwise(fields);
  return complaints.list.length > 0 ? { ok: false, error: complaints.list } : { ok: true, value: { name, rules, tags, otherwise } };
}

/** The document that `readConstitution` reads back. */
export function constitutionValue({ rules, tags, otherwise }: Constitution): Value {
  return documentOf({
    rules: Vector.adopt(rules.map(ruleValue)),
    tags: MapValue.from([...tags].map(([tag, globs]) => [tag, textsValue(globs)] as const)),
    otherwise: documentOf(otherwise),
  });
}

function ruleValue({ args, derivedFrom, ...plain }: Rule): Value {
  const fields = Object.entries(plain).map(([name, value]) => [name, typeof value === 'string' || value === null ? value : textsValue(value)] as const);
  return documentOf({ ...Object.fromEntries(fields), 'derived-from': derivedFrom === null ? null : textsValue(derivedFrom), args: args === null ? null : argumentsValue(args) });
}

function argumentsValue(args: readonly ArgumentRule[]): Value {
  const number = (bound: number | null): Value => (bound === null || Number.isSafeInteger(bound) ? bound : makeFloat(bound));
  return MapValue.from(args.map(({ path, glob, min, max, present }) => [path.join('.'), documentOf({ glob, min: number(min), max: number(max), present })] as const));
}

/** What is null is not looked at, and left out. */
function documentOf(fields: Readonly<Record<string, Value>>): MapValue {
  return MapValue.from(Object.entries(fields).filter(([, value]) => value !== null));
}

function textsValue(texts: readonly string[]): Value {
  return Vector.adopt([...texts]);
}

function readTags(fields: Fields): ReadonlyMap<string, readonly string[]> {
  const map = fields.map('tags', null);
  return new Map((map?.names() ?? []).map((tag) => [tag, map!.list(tag) ?? []]));
}

function readOtherwise(fields: Fields): Constitution['otherwise'] {
  const map = fields.map('otherwise', SUBJECTS);
  const entries = SUBJECTS.flatMap((subject): [SubjectKind, Verdict][] => {
    const verdict = map?.choice(subject, 'verdict', VERDICTS) ?? null;
    return verdict === null ? [] : [[subject, verdict]];
  });
  return Object.fromEntries(entries);
}

function readRule(fields: Fields, complaints: Complaints, tags: ReadonlyMap<string, readonly string[]>): Rule {
  for (const needed of ['id', 'on', 'then', 'reason']) if (!fields.has(needed)) complaints.add(fields.path, `"${needed}" is missing`, ['A rule says "id", "on", "then" and "reason".']);
  const on = fields.choice('on', 'subject', SUBJECTS) ?? 'call';
  for (const name of fields.names()) {
    if (!ALWAYS.includes(name) && !OF_SUBJECT[on].includes(name) && fields.has('on')) complaints.add(fields.at(name), `a rule on ${on} does not look at it`, [`It may look at ${OF_SUBJECT[on].join(', ')}.`]);
  }
  const effects = fields.list('effects');
  return {
    id: fields.text('id') ?? '',
    on,
    then: fields.choice('then', 'verdict', VERDICTS) ?? 'deny',
    reason: fields.text('reason') ?? '',
    question: fields.text('question'),
    capability: fields.list('capability'),
    effects: effects === null ? null : normalEffects(effects),
    args: readArguments(fields, complaints),
    resource: fields.list('resource'),
    isolation: fields.choices('isolation', 'isolation', ISOLATIONS),
    derivedFrom: readKeys(fields, 'derived-from', complaints, tags),
    keys: readKeys(fields, 'keys', complaints, tags),
    from: fields.list('from'),
    into: fields.list('into'),
    hash: fields.list('hash'),
    provenance: fields.list('provenance'),
  };
}

/** A tag that no key has would protect nothing. */
function readKeys(fields: Fields, name: string, complaints: Complaints, tags: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const patterns = fields.list(name);
  for (const pattern of patterns ?? []) {
    if (pattern.startsWith('#') && !tags.has(pattern.slice(1))) complaints.add(fields.at(name), `there is no tag ${JSON.stringify(pattern)}`, ['Say which keys it means under "tags".']);
  }
  return patterns;
}

function readArguments(fields: Fields, complaints: Complaints): readonly ArgumentRule[] | null {
  const map = fields.map('args', null);
  return map === null ? null : map.names().map((path) => readArgument(map, path, complaints));
}

function readArgument(map: Fields, path: string, complaints: Complaints): ArgumentRule {
  const value = map.value(path)!;
  const glob = nameOf(value);
  const segments = path.split('.');
  if (segments.includes('')) complaints.add(map.at(path), 'there is an empty name in the path of an argument');
  if (glob !== null) return { path: segments, glob, min: null, max: null, present: true };
  const fields = Fields.read(complaints, map.at(path), value, ['glob', 'min', 'max', 'present']);
  return { path: segments, glob: fields.text('glob'), min: bound(fields, 'min', complaints), max: bound(fields, 'max', complaints), present: isPresent(fields, complaints) };
}

function bound(fields: Fields, name: string, complaints: Complaints): number | null {
  const value = fields.value(name);
  if (value === undefined || typeof value === 'number') return value ?? null;
  if (typeof value === 'object' && value !== null && value.kind === 'float') return value.value;
  complaints.add(fields.at(name), 'expected a number');
  return null;
}

function isPresent(fields: Fields, complaints: Complaints): boolean {
  const value = fields.value('present') ?? true;
  if (typeof value === 'boolean') return value;
  complaints.add(fields.at('present'), 'expected true or false');
  return true;
}
