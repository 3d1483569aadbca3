/** Errors as values: making them, and reading them also where something else was thrown. Throwing is a special form. */
import { ErrorValue, keyword, type Keyword, type Value } from '../../value/value.ts';
import { raiseType } from '../raise.ts';
import { stringArgument } from './arguments.ts';
import type { Primitive } from './primitive.ts';

/** The kind of every error that a program makes itself. */
const USER: Keyword = keyword('error/user');

function isMap(value: Value): boolean {
  return typeof value === 'object' && value !== null && value.kind === 'map';
}

function makeInfo(message: Value, data: Value): Value {
  const text = stringArgument('ex-info', message);
  if (data !== null && !isMap(data)) return raiseType('ex-info', 'map', data);
  return new ErrorValue(USER, text, data, null, null);
}

function makeException(message: Value, data: Value): Value {
  return new ErrorValue(USER, stringArgument('Exception.', message), data, null, null);
}

/** A part of an error; nil for any other value, so that a handler may ask whatever it caught. */
function reading(name: string, part: (error: ErrorValue) => Value): Primitive {
  return { name, min: 1, max: 1, f1: (value) => (value instanceof ErrorValue ? part(value) : null) };
}

export const error: readonly Primitive[] = [
  { name: 'ex-info', min: 2, max: 2, f2: makeInfo },
  { name: 'Exception.', min: 1, max: 2, f1: (message) => makeException(message, null), f2: makeException },
  reading('ex-message', (value) => value.message),
  reading('ex-data', (value) => value.data),
  reading('ex-type', (value) => value.type),
];
