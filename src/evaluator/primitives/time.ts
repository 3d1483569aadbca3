/** Timestamps as data: instants in whole milliseconds, UTC, years 0000 to 9999. What time it is only the host knows. */
import { formatTimestamp, makeTimestamp, parseTimestamp } from '../../value/time.ts';
import { Timestamp, type Value } from '../../value/value.ts';
import { raise, raiseType } from '../raise.ts';
import { integerArgument, stringArgument } from './arguments.ts';
import type { Primitive } from './primitive.ts';

function timestampArgument(operation: string, value: Value): Timestamp {
  return value instanceof Timestamp ? value : raiseType(operation, 'timestamp', value);
}

function fromMillis(value: Value): Value {
  const millis = integerArgument('millis->timestamp', value);
  const timestamp = typeof millis === 'number' ? makeTimestamp(millis) : null;
  return timestamp ?? raise('argument', 'Invalid argument: millis->timestamp expects an instant in the years 0000 to 9999');
}

function parse(value: Value): Value {
  return value instanceof Timestamp ? value : parseTimestamp(stringArgument('parse-timestamp', value));
}

export const time: readonly Primitive[] = [
  { name: 'timestamp->millis', min: 1, max: 1, f1: (value) => timestampArgument('timestamp->millis', value).epochMs },
  { name: 'millis->timestamp', min: 1, max: 1, f1: fromMillis },
  { name: 'parse-timestamp', min: 1, max: 1, f1: parse },
  { name: 'format-timestamp', min: 1, max: 1, f1: (value) => formatTimestamp(timestampArgument('format-timestamp', value).epochMs) },
];
