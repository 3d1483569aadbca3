/** Values written as source text. */
import { readValue } from '../../src/parser/datum.ts';
import type { Value } from '../../src/value/value.ts';

export function dataOf(text: string): Value {
  const value = readValue(text);
  if (!value.ok) throw new Error(`no data: ${text}`);
  return value.value;
}
