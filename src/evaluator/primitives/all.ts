/** Every primitive of the kernel. The regular expression engine is given, so that a bundle may leave it out. */
import type { FunctionValue } from '../../value/value.ts';
import { Code } from '../code.ts';
import type { ArityRange } from '../validate-flat.ts';
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
    ...internal, ...internalMachine, ...checkPrimitives({ regex: engine, arityOf: closureArity }),
  ];
}

/** How many arguments a function of the program takes; nothing is known of others. */
function closureArity(fn: FunctionValue): ArityRange | null {
  if (fn.primitive || !(fn.code instanceof Code)) return null;
  const arms = fn.code.source.arms;
  const last = arms[arms.length - 1];
  if (last === undefined) return null;
  const fewest = Math.min(...arms.map((arm) => arm.required));
  const most = arms.some((arm) => arm.variadic) ? Number.POSITIVE_INFINITY : last.required;
  return { min: fewest, max: most };
}

export function primitiveTable(engine: RegexEngine): PrimitiveTable {
  return new PrimitiveTable(allPrimitives(engine));
}
