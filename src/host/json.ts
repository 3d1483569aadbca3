/**
 * JSON of the world as values whose keys are keywords: what capabilities answer with is read by plans as `(:name answer)` and has types
 * with keywords in them. Where keys are data of somebody else, plans read the text themselves.
 */
import { parseJson } from '../value/json-read.ts';
import { MapValue } from '../value/map.ts';
import { keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Result } from '../diagnostic/diagnostic.ts';

/** The error says what is wrong and where, without a subject. */
export function readJson(text: string): Result<Value, string> {
  const parsed = parseJson(text);
  if (parsed.ok) return { ok: true, value: withKeywords(parsed.value) };
  return { ok: false, error: `${parsed.error.message} at offset ${parsed.error.offset}` };
}

interface Open {
  /** The keys of a map; null for a vector. */
  readonly keys: readonly Value[] | null;
  readonly parts: readonly Value[];
  readonly done: Value[];
}

/** Iterative: the text decides how deep it goes. */
function withKeywords(value: Value): Value {
  const root: Open = { keys: null, parts: [value], done: [] };
  const stack = [root];
  for (;;) {
    const top = stack[stack.length - 1]!;
    if (top.done.length < top.parts.length) {
      const part = top.parts[top.done.length]!;
      if (part instanceof MapValue) stack.push({ keys: [...part.keys()], parts: [...part.values()], done: [] });
      else if (part instanceof Vector) stack.push({ keys: null, parts: part.toArray(), done: [] });
      else top.done.push(part);
    } else {
      stack.pop();
      if (top === root) return top.done[0]!;
      stack[stack.length - 1]!.done.push(closed(top));
    }
  }
}

function closed({ keys, done }: Open): Value {
  if (keys === null) return Vector.adopt(done);
  return MapValue.from(keys.map((key, index) => [typeof key === 'string' ? keyword(key) : key, done[index]!] as const));
}
