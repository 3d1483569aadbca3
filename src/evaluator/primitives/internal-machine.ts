/** Kernel-internal primitives that lowering writes: keyword calls, references to the context, type tests. */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { ErrorValue, Keyword, keyword, makeFloat, type Value } from '../../value/value.ts';
import { MapValue } from '../../value/map.ts';
import { raise, raiseType } from '../raise.ts';
import { asError } from '../thrown.ts';
import type { Primitive } from './primitive.ts';

/** `(:k x)` is nil (or the default) for anything that has no keys. */
function keywordGet(subject: Value, key: Value, otherwise: Value): Value {
  if (subject instanceof MapValue) {
    const found = subject.get(key);
    return found === undefined ? otherwise : found;
  }
  if (subject instanceof ErrorValue) return errorField(subject, key, otherwise);
  return otherwise;
}

export function errorField(error: ErrorValue, key: Value, otherwise: Value): Value {
  if (!(key instanceof Keyword)) return otherwise;
  switch (key.name) {
    case 'type':
      return error.type;
    case 'message':
      return error.message;
    case 'data':
      return error.data;
    case 'span':
      return error.span;
    case 'stack':
      return error.stack;
    default:
      return otherwise;
  }
}

export const internalMachine: readonly Primitive[] = [
  {
    name: '%keyword-get',
    min: 2,
    max: 3,
    f2: (subject, key) => keywordGet(subject, key, null),
    f3: (subject, key, otherwise) => keywordGet(subject, key, otherwise),
  },
  {
    name: '%missing-reference',
    min: 1,
    max: 1,
    f1: (name) => raise('undefined-symbol', `Undefined symbol: ${String(name)} is not in the context`),
  },
  {
    name: '%error',
    min: 2,
    max: 3,
    f2: (type, message) => makeError(type, message, null),
    f3: (type, message, data) => makeError(type, message, data),
  },
  { name: '%chance', min: 1, max: 1, f1: (text) => chance(String(text)) },
  { name: '%error-map', min: 1, max: 1, f1: errorMap },
  { name: '%with-failures', min: 2, max: 2, f2: withFailures },
];

/** A number from 0 up to 1 that the text decides: where chance is wanted and a run must be the same each time. */
function chance(text: string): Value {
  const bytes = sha256(utf8ToBytes(text));
  let number = 0;
  for (let i = 0; i < 6; i++) number = number * 256 + bytes[i]!;
  return makeFloat(number / 2 ** 48);
}

/** Errors as plain data, for who gets them as an answer. */
function errorMap(thrown: Value): Value {
  const { type, message, data } = asError(thrown);
  return MapValue.of(keyword('type'), type, keyword('message'), message, DATA, data);
}

const FAILURES = keyword('compensation-failures');
const DATA = keyword('data');

/** The error, with what went wrong in undoing in its data. */
function withFailures(error: Value, failures: Value): Value {
  if (!(error instanceof ErrorValue)) return new ErrorValue(keyword('error/thrown'), 'A value was thrown, and undoing what was done before failed', MapValue.of(DATA, error, FAILURES, failures), null, null);
  const { type, message, data, span, stack } = error;
  const more = data instanceof MapValue ? data.set(FAILURES, failures) : data === null ? MapValue.of(FAILURES, failures) : MapValue.of(DATA, data, FAILURES, failures);
  return new ErrorValue(type, message, more, span, stack);
}

function makeError(type: Value, message: Value, data: Value): Value {
  if (!(type instanceof Keyword)) return raiseType('error', 'keyword', type);
  return new ErrorValue(type, typeof message === 'string' ? message : 'Assertion failed', data, null, null);
}
