/**
 * The primitives behind annotations and structs. The parser room calls them with a type in normalised form; programs
 * have no names for them.
 */
import { List } from '../../value/list.ts';
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { raise } from '../raise.ts';
import type { ValidationServices } from '../validate-flat.ts';
import { Validator } from '../validate.ts';
import type { Primitive } from './primitive.ts';

/**
 * `(%check type value prefix)` gives the value, or raises `Type validation error: PREFIX: …` where PREFIX names the
 * place: `param x`, `let x`, `def x`, `fn return`, `variadic argument n`.
 * `(%check-rest type rest)` does that for each of the arguments in the list `rest`.
 * `(%is-type? type value)` only tells.
 * `(%struct type fields)` gives the map `fields`, or raises what is wrong with it in the words of structs.
 */
export function checkPrimitives(services: ValidationServices): readonly Primitive[] {
  const validator = new Validator(services);
  return [
    {
      name: '%check',
      min: 3,
      max: 3,
      f3: (type, value, prefix, meter) => passed(validator.validate(type, value, meter), value, prefix),
    },
    {
      name: '%check-rest',
      min: 2,
      max: 2,
      f2: (type, rest, meter) => checkedRest(validator, type, rest, meter),
    },
    {
      name: '%is-type?',
      min: 2,
      max: 2,
      f2: (type, value, meter) => validator.validate(type, value, meter) === null,
    },
    {
      name: '%struct',
      min: 2,
      max: 2,
      f2: (type, fields, meter) => passed(validator.validateStruct(type, fields, meter), fields, null),
    },
  ];
}

/** Each of the arguments that a rest parameter gathered, counted from 1. */
function checkedRest(validator: Validator, type: Value, rest: Value, meter: Meter): Value {
  if (!(rest instanceof List)) return rest;
  let position = 0;
  for (const argument of rest) {
    position += 1;
    passed(validator.validate(type, argument, meter), argument, `variadic argument ${position}`);
  }
  return rest;
}

function passed(violation: string | null, value: Value, prefix: Value): Value {
  if (violation === null) return value;
  return raise('validation', `Type validation error: ${typeof prefix === 'string' ? `${prefix}: ` : ''}${violation}`);
}
