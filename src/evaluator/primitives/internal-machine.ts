/** Kernel-internal primitives that lowering writes: keyword calls, references to the context, type tests. */
import { hashValue } from '../../value/hash.ts';
import { ErrorValue, Keyword, makeFloat, type Value } from '../../value/value.ts';
import { MapValue } from '../../value/map.ts';
import { Vector } from '../../value/vector.ts';
import { raise, raiseType } from '../raise.ts';
import { errorMap, withFailures } from '../thrown.ts';
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

function errorField(error: ErrorValue, key: Value, otherwise: Value): Value {
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
  { name: '%not-nil?', min: 1, max: 1, f1: (value) => value !== null },
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
  { name: '%with-failures', min: 2, max: 2, f2: (error, failures) => withFailures(error, failures instanceof Vector ? failures.toArray() : []) },
];

/** A number from 0 up to 1 that the text decides: where chance is wanted and a run must be the same each time. */
function chance(text: string): Value {
  return makeFloat(Number.parseInt(hashValue(text).slice(0, 12), 16) / 2 ** 48);
}

function makeError(type: Value, message: Value, data: Value): Value {
  if (!(type instanceof Keyword)) return raiseType('error', 'keyword', type);
  return new ErrorValue(type, typeof message === 'string' ? message : 'Assertion failed', data, null, null);
}
