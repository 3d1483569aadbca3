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
