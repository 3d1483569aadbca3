/**
 * Predicates of types: `[:> 0]`, `[:min-length 3]`, `[:has-key :id]` … as records, and whether they hold for a value.
 *
 * A predicate about a kind of value that it does not fit simply does not hold. Numbers compare by value across their
 * kinds (1 and 1.0 are equal here, unlike in `=`), strings by code units, timestamps by time; values of different
 * families do not compare. Lengths of text are in code points. Cost: linear in the text or the keys looked at.
 */
import { compare } from '../value/order.ts';
import { isNumber, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { isPredicateName, type PredicateName } from './type.ts';

export interface Predicate {
  readonly name: PredicateName;
  readonly operands: readonly Value[];
  /** As a value, in normalised form. */
  readonly form: Value;
}

/** Whether `text` contains a match of `pattern`; the engine lives in the evaluator and is handed in. */
export type PatternSearch = (pattern: string, text: string) => boolean;

/** What may stand in types as itself: a value without parts. */
export function isLiteral(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return true;
  switch (value.kind) {
    case 'float':
    case 'keyword':
    case 'symbol':
    case 'timestamp':
    case 'uuid':
    case 'resource':
      return true;
    default:
      return false;
  }
}

/** What the operands of a predicate are; the parser takes its messages from here too. */
export type OperandShape = 'none' | 'comparable' | 'two comparable' | 'literal' | 'count' | 'pattern' | 'keys';

export const PREDICATE_OPERANDS: Readonly<Record<PredicateName, OperandShape>> = {
  '>': 'comparable',
  '>=': 'comparable',
  '<': 'comparable',
  '<=': 'comparable',
  '=': 'literal',
  '!=': 'literal',
  'in-range': 'two comparable',
  'min-length': 'count',
  'max-length': 'count',
  length: 'count',
  'min-count': 'count',
  'max-count': 'count',
  count: 'count',
  'non-empty': 'none',
  'matches-regex': 'pattern',
  'is-url': 'none',
  'is-email': 'none',
  'has-key': 'literal',
  'required-keys': 'keys',
};

export function fitsOperands(shape: OperandShape, operands: readonly Value[]): boolean {
  const [first, second] = operands;
  switch (shape) {
    case 'none':
      return operands.length === 0;
    case 'two comparable':
      return operands.length === 2 && familyOf(first!) !== null && familyOf(first!) === familyOf(second!);
    case 'comparable':
      return operands.length === 1 && familyOf(first!) !== null;
    case 'literal':
      return operands.length === 1 && isLiteral(first!);
    case 'count':
      return operands.length === 1 && typeof first === 'number' && Number.isInteger(first) && first >= 0;
    case 'pattern':
      return operands.length === 1 && typeof first === 'string';
    case 'keys':
      return operands.length === 1 && first instanceof Vector && first.toArray().every(isLiteral);
  }
}

/** The predicate that a value in normalised form means, or null. */
export function readPredicate(form: Value): Predicate | null {
  if (!(form instanceof Vector)) return null;
  const [head, ...operands] = form.toArray();
  if (typeof head !== 'object' || head === null || head.kind !== 'keyword' || !isPredicateName(head.name)) return null;
  if (!fitsOperands(PREDICATE_OPERANDS[head.name], operands)) return null;
  return { name: head.name, operands, form };
}

export function holds(predicate: Predicate, value: Value, search: PatternSearch): boolean {
  const [first, second] = predicate.operands as [Value, Value];
  switch (predicate.name) {
    case '>':
      return ordered(value, first, (order) => order > 0);
    case '>=':
      return ordered(value, first, (order) => order >= 0);
    case '<':
      return ordered(value, first, (order) => order < 0);
    case '<=':
      return ordered(value, first, (order) => order <= 0);
    case '=':
      return isSame(value, first);
    case '!=':
      return !isSame(value, first);
    case 'in-range':
      return ordered(value, first, (order) => order >= 0) && ordered(value, second, (order) => order <= 0);
    case 'min-length':
      return typeof value === 'string' && codePointCount(value) >= (first as number);
    case 'max-length':
      return typeof value === 'string' && codePointCount(value) <= (first as number);
    case 'length':
      return typeof value === 'string' && codePointCount(value) === first;
    case 'min-count':
      return (countOf(value) ?? -1) >= (first as number);
    case 'max-count':
      return (countOf(value) ?? Number.POSITIVE_INFINITY) <= (first as number);
    case 'count':
      return countOf(value) === first;
    case 'non-empty':
      return typeof value === 'string' ? value !== '' : (countOf(value) ?? 0) > 0;
    case 'matches-regex':
      return typeof value === 'string' && search(first as string, value);
    case 'is-url':
      return typeof value === 'string' && isUrl(value);
    case 'is-email':
      return typeof value === 'string' && isEmail(value);
    case 'has-key':
    case 'required-keys':
      return missingKey(predicate, value) === null && isMap(value);
  }
}

/** The first key that `has-key` or `required-keys` asks for and the map lacks; null when there is none. */
function missingKey(predicate: Predicate, value: Value): { readonly key: Value } | null {
  const keys = predicate.name === 'has-key' ? predicate.operands : predicate.name === 'required-keys' ? (predicate.operands[0] as Vector) : [];
  if (!isMap(value)) return null;
  for (const key of keys) if (!value.has(key)) return { key };
  return null;
}

function isMap(value: Value): value is Extract<Value, { kind: 'map' }> {
  return typeof value === 'object' && value !== null && value.kind === 'map';
}

type Family = 'number' | 'string' | 'timestamp';

function familyOf(value: Value): Family | null {
  if (isNumber(value)) return 'number';
  if (typeof value === 'string') return 'string';
  return typeof value === 'object' && value !== null && value.kind === 'timestamp' ? 'timestamp' : null;
}

/** How two values of one family stand to each other, numbers by value alone; null when they do not compare. */
function compareByValue(a: Value, b: Value): number | null {
  const family = familyOf(a);
  if (family === null || family !== familyOf(b)) return null;
  if (family !== 'number') return compare(a, b);
  const x = plain(a);
  const y = plain(b);
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : null; // `==`: a bigint never loosely equals a NaN, and equals no other kind here
}

function plain(value: Value): number | bigint {
  return typeof value === 'object' ? (value as { readonly value: number }).value : (value as number | bigint);
}

function ordered(value: Value, bound: Value, test: (order: number) => boolean): boolean {
  const order = compareByValue(value, bound);
  return order !== null && test(order);
}

function isSame(value: Value, literal: Value): boolean {
  return isNumber(value) && isNumber(literal) ? compareByValue(value, literal) === 0 : compare(value, literal) === 0;
}

function countOf(value: Value): number | null {
  if (typeof value !== 'object' || value === null) return null;
  return value.kind === 'vector' || value.kind === 'list' || value.kind === 'map' || value.kind === 'set' ? value.size : null;
}

function codePointCount(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

// --- shapes of text ------------------------------------------------------------------------------------------------

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function every(text: string, test: (unit: number, index: number) => boolean): boolean {
  for (let i = 0; i < text.length; i++) if (!test(text.charCodeAt(i), i)) return false;
  return true;
}

/** `scheme://host…`: a scheme of letters, digits, `+ - .`; a host that is not empty; no blanks or controls anywhere. */
function isUrl(text: string): boolean {
  const end = text.indexOf('://');
  if (end <= 0 || !isAsciiLetter(text.charCodeAt(0))) return false;
  const isScheme = every(text.slice(0, end), (unit) => isAsciiLetter(unit) || isDigit(unit) || unit === 0x2b || unit === 0x2d || unit === 0x2e);
  const host = text.slice(end + 3);
  const startsWell = host !== '' && !'/?#'.includes(host[0]!);
  return isScheme && startsWell && every(host, (unit) => unit > 0x20 && unit !== 0x7f && !isUnicodeBlank(unit) && unit !== 0x22 && unit !== 0x3c && unit !== 0x3e);
}

function isUnicodeBlank(unit: number): boolean {
  return unit === 0x85 || unit === 0xa0 || unit === 0x1680 || (unit >= 0x2000 && unit <= 0x200a) || unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f || unit === 0x3000;
}

/** Letters of other scripts, more or less: whatever is beyond ASCII and no blank. */
function isBeyondAscii(unit: number): boolean {
  return unit > 0xa0 && !isUnicodeBlank(unit);
}

const LOCAL_PUNCTUATION = "!#$%&'*+/=?^_`{|}~-.";

/** `local@domain`: words joined by single dots before the one `@`; after it labels, the last of two letters or more. */
function isEmail(text: string): boolean {
  const at = text.indexOf('@');
  if (at <= 0 || at !== text.lastIndexOf('@')) return false;
  return isLocalPart(text.slice(0, at)) && isDomain(text.slice(at + 1));
}

function isLocalPart(local: string): boolean {
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return false;
  return every(local, (unit, index) => isAsciiLetter(unit) || isDigit(unit) || isBeyondAscii(unit) || LOCAL_PUNCTUATION.includes(local[index]!));
}

function isDomain(domain: string): boolean {
  const labels = domain.split('.');
  const last = labels[labels.length - 1]!;
  if (labels.length < 2 || last.length < 2 || !every(last, (unit) => isAsciiLetter(unit) || isBeyondAscii(unit))) return false;
  return labels.every((label) => label !== '' && !label.startsWith('-') && !label.endsWith('-') && every(label, isDomainUnit));
}

function isDomainUnit(unit: number): boolean {
  return isAsciiLetter(unit) || isDigit(unit) || unit === 0x2d || isBeyondAscii(unit);
}

// --- implication -----------------------------------------------------------------------------------------------------

/**
 * Whether `wanted` holds for every value for which all `facts` hold. Sound, not complete: it knows bounds of numbers,
 * texts, times, lengths and counts, and keys; any other predicate follows only from itself.
 */
export function isImplied(wanted: Predicate, facts: readonly Predicate[]): boolean {
  if (facts.some((fact) => fact.name === wanted.name && sameOperands(fact, wanted))) return true;
  switch (PREDICATE_OPERANDS[wanted.name]) {
    case 'keys':
      // Even `[:required-keys []]` asks for a map, so some fact must be about one.
      return facts.some(isAboutKeys) && keysOf(wanted).every((key) => facts.some((fact) => keysOf(fact).some((known) => compare(known, key) === 0)));
    case 'none':
      return wanted.name === 'non-empty' && facts.some((fact) => isAtLeast(fact, 'length', 1) || isAtLeast(fact, 'count', 1));
    case 'count':
      return isSizeImplied(wanted, facts);
    case 'literal':
      if (wanted.name === 'has-key') return isImplied({ ...wanted, name: 'required-keys', operands: [Vector.of(wanted.operands[0]!)] }, facts);
      return wanted.name === '!=' && facts.some((fact) => excludes(fact, wanted.operands[0]!));
    case 'comparable':
      return facts.some((fact) => isWithin(fact, wanted));
    case 'two comparable':
      return boundsOf(wanted).every((bound) => facts.some((fact) => isWithin(fact, bound)));
    case 'pattern':
      return false;
  }
}

function sameOperands(a: Predicate, b: Predicate): boolean {
  return a.operands.length === b.operands.length && a.operands.every((operand, index) => compare(operand, b.operands[index]!) === 0);
}

function isAboutKeys({ name }: Predicate): boolean {
  return name === 'has-key' || name === 'required-keys';
}

function keysOf(predicate: Predicate): readonly Value[] {
  if (predicate.name === 'has-key') return predicate.operands;
  return predicate.name === 'required-keys' ? (predicate.operands[0] as Vector).toArray() : [];
}

/** `in-range` and `=` as the two bounds that they are; any other predicate as itself. */
function boundsOf(predicate: Predicate): Predicate[] {
  const { name, operands } = predicate;
  if (name === '=') return [{ ...predicate, name: '>=' }, { ...predicate, name: '<=' }];
  if (name !== 'in-range') return [predicate];
  return [{ ...predicate, name: '>=', operands: [operands[0]!] }, { ...predicate, name: '<=', operands: [operands[1]!] }];
}

/** Whether all that satisfies `fact` satisfies the bound `wanted` (one of `> >= < <=`). */
function isWithin(fact: Predicate, wanted: Predicate): boolean {
  return boundsOf(fact).some(({ name, operands }) => {
    if (name[0] !== wanted.name[0] || (name[0] !== '>' && name[0] !== '<')) return false;
    const order = compareByValue(operands[0]!, wanted.operands[0]!);
    if (order === null) return false;
    if (order === 0) return name === wanted.name || name.length === 1;
    return name[0] === '>' ? order > 0 : order < 0;
  });
}

/** Whether no value equal to `literal` satisfies `fact`. */
function excludes(fact: Predicate, literal: Value): boolean {
  if (fact.name === '=') return !isSame(fact.operands[0]!, literal);
  return boundsOf(fact).some(({ name, operands }) => {
    if (PREDICATE_OPERANDS[name] !== 'comparable') return false;
    const order = compareByValue(literal, operands[0]!);
    if (order === null) return true;
    return name === '>' ? order <= 0 : name === '>=' ? order < 0 : name === '<' ? order >= 0 : order > 0;
  });
}

type SizeKind = 'length' | 'count';

/** A fact about a size says that it is at least so much. */
function isAtLeast(fact: Predicate, kind: SizeKind, size: number): boolean {
  return (fact.name === kind || fact.name === `min-${kind}`) && (fact.operands[0] as number) >= size;
}

function isAtMost(fact: Predicate, kind: SizeKind, size: number): boolean {
  return (fact.name === kind || fact.name === `max-${kind}`) && (fact.operands[0] as number) <= size;
}

function isSizeImplied(wanted: Predicate, facts: readonly Predicate[]): boolean {
  const size = wanted.operands[0] as number;
  const kind: SizeKind = wanted.name.endsWith('length') ? 'length' : 'count';
  const most = wanted.name.startsWith('min-') || facts.some((fact) => isAtMost(fact, kind, size));
  const least = wanted.name.startsWith('max-') || facts.some((fact) => isAtLeast(fact, kind, size));
  return most && least;
}
