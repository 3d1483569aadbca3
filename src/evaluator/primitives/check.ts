/**
 * The primitives behind annotations and structs. The parser room calls them with a type in normalised form; programs
 * have no names for them.
 */
import type { Value } from '../../value/value.ts';
import { raise } from '../raise.ts';
import type { ValidationServices } from '../validate-flat.ts';
import { Validator } from '../validate.ts';
import type { Primitive } from './primitive.ts';

/**
 * `(%check type value prefix)` gives the value, or raises `Type validation error: PREFIX: …` where PREFIX names the
 * place: `param x`, `let x`, `def x`, `fn return`, `variadic argument n`.
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
      name: '%struct',
      min: 2,
      max: 2,
      f2: (type, fields, meter) => passed(validator.validateStruct(type, fields, meter), fields, null),
    },
  ];
}

function passed(violation: string | null, value: Value, prefix: Value): Value {
  if (violation === null) return value;
  return raise('validation', `Type validation error: ${typeof prefix === 'string' ? `${prefix}: ` : ''}${violation}`);
}
