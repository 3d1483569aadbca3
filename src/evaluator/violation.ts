/**
 * The texts of violations (§9.2 of the language): "Type mismatch at .a[1]: expected int, got string" and their like.
 * At the root there is no "at". Types, values and paths are cut, so a message stays readable whatever the data.
 */
import { printPredicate, printType } from '../ir/type-text.ts';
import { isLiteral } from '../ir/type-predicate.ts';
import { printBrief } from '../value/print.ts';
import { type Keyword, kindOf, type Value } from '../value/value.ts';
import type { Failure } from './validate-flat.ts';

/** UTF-16 code units. */
const TYPE_MAX = 300;
const VALUE_MAX = 80;
const KEY_MAX = 40;
/** Of a longer path the beginning and the end are shown. */
const PATH_MAX = 200;

/** `segments` lead from the root to the value; `key` names the map key that is itself wrong. */
export function violationText(failure: Failure, segments: Iterable<string>, key: Value | undefined): string {
  const path = joinPath(segments);
  const where = key === undefined ? path : `${path}${path === '' ? '' : ' '}key ${printBrief(key, KEY_MAX)}`;
  const at = where === '' ? '' : ` at ${where}`;
  switch (failure.kind) {
    case 'mismatch':
      return `Type mismatch${at}: expected ${printType(failure.view.type, TYPE_MAX)}, got ${found(failure)}`;
    case 'predicate':
      return `Predicate violation${at}: ${printPredicate(failure.predicate.form, TYPE_MAX)} failed for value ${printBrief(failure.value, VALUE_MAX)}`;
    case 'missing':
      return `Missing required key ${printBrief(failure.key, KEY_MAX)}${at}${stringKeyHint(failure)}`;
    case 'shape':
      return `Shape violation${at}: expected ${failure.expected} ${failure.expected === 1 ? 'element' : 'elements'}, got ${failure.found}`;
  }
}

/** `.name` for a keyword, `["name"]` or `[1]` for any other key. */
export function keySegment(key: Value): string {
  const isKeyword = typeof key === 'object' && key !== null && key.kind === 'keyword';
  return isKeyword ? `.${(key as Keyword).name}` : `[${printBrief(key, KEY_MAX)}]`;
}

/** Where the type names values, the value itself says more than its kind. */
function found({ view, value }: Extract<Failure, { kind: 'mismatch' }>): string {
  const namesValues = view.kind === 'literal' || (view.kind === 'optional' && view.item.kind === 'literal');
  return namesValues && isLiteral(value) ? printBrief(value, VALUE_MAX) : kindOf(value);
}

/** Parsed JSON has strings as keys: the most frequent reason why a keyword is missing. */
function stringKeyHint({ key, value }: Extract<Failure, { kind: 'missing' }>): string {
  if (typeof key !== 'object' || key === null || key.kind !== 'keyword') return '';
  if (typeof value !== 'object' || value === null || value.kind !== 'map' || !value.has(key.name)) return '';
  return ` (the map has the string ${printBrief(key.name, KEY_MAX)} as a key, not the keyword)`;
}

export function requiredField(key: Value): string {
  return `Required field ${fieldName(key)} is missing`;
}

export function failedField(key: Value, violation: string): string {
  return `Field ${fieldName(key)} failed type validation: ${violation}`;
}

function fieldName(key: Value): string {
  return typeof key === 'object' && key !== null && key.kind === 'keyword' ? key.name : printBrief(key, KEY_MAX);
}

function joinPath(segments: Iterable<string>): string {
  let start = '';
  let end = '';
  let cut = false;
  for (const segment of segments) {
    if (!cut && start.length + segment.length <= PATH_MAX / 2) start += segment;
    else {
      cut = true;
      end += segment;
      if (end.length > 2 * PATH_MAX) end = end.slice(-PATH_MAX);
    }
  }
  return end.length <= PATH_MAX / 2 ? start + end : `${start}…${end.slice(-PATH_MAX / 2)}`;
}
