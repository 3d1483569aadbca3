/** Truth (R3): only nil and false are false. `and` and `or` are special forms. */
import { isTruthy } from '../../value/value.ts';
import type { Primitive } from './primitive.ts';

export const logic: readonly Primitive[] = [
  { name: 'not', min: 1, max: 1, f1: (value) => !isTruthy(value) },
  { name: 'boolean', min: 1, max: 1, f1: isTruthy },
];
