/** Every primitive of the kernel. The regular expression engine is given, so that a bundle may leave it out. */
import { arithmetic } from './arithmetic.ts';
import { checkPrimitives } from './check.ts';
import { collection } from './collection.ts';
import { comparison } from './comparison.ts';
import { convert } from './convert.ts';
import { destructure } from './destructure.ts';
import { error } from './error.ts';
import { internal } from './internal.ts';
import { internalMachine } from './internal-machine.ts';
import { json } from './json.ts';
import { logic } from './logic.ts';
import { mapSet } from './map-set.ts';
import { predicate } from './predicate.ts';
import type { Primitive } from './primitive.ts';
import { regexPrimitives } from './regex.ts';
import type { RegexEngine } from './regex-engine.ts';
import { PrimitiveTable } from './registry.ts';
import { sequence } from './sequence.ts';
import { sorting } from './sorting.ts';
import { string } from './string.ts';
import { time } from './time.ts';

export function allPrimitives(engine: RegexEngine): readonly Primitive[] {
  return [
    ...arithmetic, ...comparison, ...logic, ...string, ...regexPrimitives(engine),
    ...json, ...convert, ...predicate, ...error, ...time, ...collection, ...sequence, ...mapSet, ...sorting, ...destructure,
    ...internal, ...internalMachine, ...checkPrimitives({ regex: engine }),
  ];
}

export function primitiveTable(engine: RegexEngine): PrimitiveTable {
  return new PrimitiveTable(allPrimitives(engine));
}
