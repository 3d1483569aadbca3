/**
 * From floats to the integers near them. All four give an integer, of any size, because what is rounded is mostly
 * counted, indexed or shown; NaN and the infinities have no integer near them and are an error.
 */
import { ceiling, floor, type IntegerValue, type NumberValue, round, truncate } from '../../value/number.ts';
import { raise } from '../raise.ts';
import { numberArgument } from './arguments.ts';
import type { Primitive } from './primitive.ts';

function towards(name: string, nearest: (value: NumberValue) => IntegerValue | null): Primitive {
  return {
    name,
    min: 1,
    max: 1,
    f1: (value) => nearest(numberArgument(name, value)) ?? raise('arithmetic', `${name} of a number that is not finite`),
  };
}

export const rounding: readonly Primitive[] = [
  towards('floor', floor),
  towards('ceil', ceiling),
  towards('round', round),
  towards('trunc', truncate),
];
