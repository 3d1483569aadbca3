/**
 * The primitives of the standard library: numbers, predicates, errors, text, collections, time. Checked types, JSON, patterns and `format` come
 * beside them in `all.ts`; what a kernel cannot do without is in `language.ts`.
 */
import { bits } from './bits.ts';
import { collection } from './collection.ts';
import { convert } from './convert.ts';
import { error } from './error.ts';
import { mapSet } from './map-set.ts';
import { powers } from './powers.ts';
import { predicate } from './predicate.ts';
import type { Primitive } from './primitive.ts';
import { rounding } from './rounding.ts';
import { sequence } from './sequence.ts';
import { sorting } from './sorting.ts';
import { string } from './string.ts';
import { time } from './time.ts';

export const standardPrimitives: readonly Primitive[] = [
  ...rounding, ...powers, ...bits, ...predicate, ...error, ...string, ...convert, ...time, ...collection, ...sequence, ...mapSet, ...sorting,
];
