/** What a plan has thrown, seen from outside. */
import { MapValue } from '../value/map.ts';
import { printValue } from '../value/print.ts';
import { ErrorValue, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';

/** A plan may throw any value; what leaves it is an error. */
export function asError(thrown: Value): ErrorValue {
  if (thrown instanceof ErrorValue) return thrown;
  const text = printValue(thrown, { maxLength: 200 }) ?? 'a large value';
  const type = thrown instanceof MapValue ? thrown.get(keyword('type')) : undefined;
  const kind = typeof type === 'object' && type !== null && type.kind === 'keyword' ? type : keyword('error/thrown');
  const message = thrown instanceof MapValue ? thrown.get(keyword('message')) : undefined;
  return new ErrorValue(kind, typeof message === 'string' ? message : `Uncaught: ${text}`, thrown, null, Vector.empty());
}

/** Errors as plain data, for who gets them as an answer. */
export function errorMap(thrown: Value): Value {
  const { type, message, data } = asError(thrown);
  return MapValue.of(keyword('type'), type, keyword('message'), message, DATA, data);
}

const FAILURES = keyword('compensation-failures');
const DATA = keyword('data');

/** What was thrown, with what went wrong in undoing added to its data; a thrown map gets it among its own keys. */
export function withFailures(thrown: Value, failures: readonly Value[]): Value {
  if (failures.length === 0) return thrown;
  if (thrown instanceof MapValue) return addFailures(thrown, failures);
  const { type, message, data, span, stack } = asError(thrown);
  const more = data instanceof MapValue ? data : data === null ? MapValue.empty() : MapValue.of(DATA, data);
  return new ErrorValue(type, message, addFailures(more, failures), span, stack);
}

function addFailures(map: MapValue, failures: readonly Value[]): MapValue {
  const before = map.get(FAILURES);
  return map.set(FAILURES, Vector.adopt([...(before instanceof Vector ? before.toArray() : []), ...failures]));
}

/** The error, with the failures that another one carries. */
export function withFailuresOf(error: ErrorValue, other: Value): ErrorValue {
  const data = other instanceof ErrorValue ? other.data : other;
  const failures = data instanceof MapValue ? data.get(FAILURES) : undefined;
  return failures instanceof Vector ? (withFailures(error, failures.toArray()) as ErrorValue) : error;
}
