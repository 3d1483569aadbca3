/** Every primitive. The regular expression engine is given, so that a bundle may leave it out. */
import type { FunctionValue } from '../../value/value.ts';
import { Code } from '../code.ts';
import type { ArityRange } from '../validate-flat.ts';
import { checkPrimitives } from './check.ts';
import { formatPrimitive } from './format.ts';
import { json } from './json.ts';
import { languagePrimitives } from './language.ts';
import type { Primitive } from './primitive.ts';
import { regexPrimitives } from './regex.ts';
import type { RegexEngine } from './regex-engine.ts';
import { PrimitiveTable } from './registry.ts';
import { standardPrimitives } from './standard.ts';

function allPrimitives(engine: RegexEngine): readonly Primitive[] {
  return [
    ...languagePrimitives, ...standardPrimitives, formatPrimitive, ...json, ...regexPrimitives(engine), ...checkPrimitives({ regex: engine, arityOf: closureArity }),
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
