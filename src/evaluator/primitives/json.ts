/** Values to JSON text and back. What becomes of which kind is decided in the value room; here are limits and errors. */
import { parseJson } from '../../value/json-read.ts';
import { writeJson } from '../../value/json-write.ts';
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { chargeCells, raise, raiseLimit } from '../raise.ts';
import { stringArgument } from './arguments.ts';
import { paidText, room } from './display.ts';
import type { Primitive } from './primitive.ts';
import { chargeText, codePointCount } from './text.ts';
import { weightOf } from './weight.ts';

function parse(value: Value, meter: Meter): Value {
  const text = stringArgument('parse-json', value);
  chargeText(meter, text.length);
  const parsed = parseJson(text, { digitsMax: meter.limits.integerDigits });
  if (!parsed.ok) {
    const { message, offset } = parsed.error;
    return raise('argument', `JSON parsing error: ${message} (at index ${codePointCount(text, offset)})`);
  }
  // n elements take 2n - 1 characters at least.
  if (text.length >= 2 * meter.limits.collectionSize) limitCollections(parsed.value, meter);
  chargeCells(meter, weightOf(parsed.value));
  return parsed.value;
}

/** Parsed JSON has only vectors and maps in it, and shares nothing. */
function limitCollections(root: Value, meter: Meter): void {
  const open: Value[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null || (value.kind !== 'vector' && value.kind !== 'map')) continue;
    if (value.size > meter.limits.collectionSize) raiseLimit('collectionSize', meter.limits.collectionSize);
    for (const part of value.kind === 'map' ? value.values() : value) open.push(part);
  }
}

function serializing(name: string, pretty: boolean): Primitive {
  const serialize = (value: Value, meter: Meter): Value => {
    const written = writeJson(value, { pretty, maxLength: room(meter) });
    if (written.ok) return paidText(written.value, meter);
    if (written.error.tooLong === true) return paidText(null, meter);
    return raise('argument', `JSON serialization error: ${written.error.message}`);
  };
  return { name, min: 1, max: 1, f1: serialize };
}

export const json: readonly Primitive[] = [
  { name: 'parse-json', min: 1, max: 1, f1: parse },
  serializing('serialize-json', false),
  serializing('serialize-json-pretty', true),
];
