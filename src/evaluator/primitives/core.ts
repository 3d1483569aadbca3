/**
 * The primitives that the kernel's door brings along: numbers, text, collections, comparison, time, errors, and what the
 * machine and lowering write themselves. Checked types, JSON, patterns and `format` are added by who needs them (`all.ts` has
 * everything), so that a page that only resumes runs does not load what its plans do not use.
 */
import { arithmetic } from './arithmetic.ts';
import { collection } from './collection.ts';
import { comparison } from './comparison.ts';
import { convert } from './convert.ts';
import { destructure } from './destructure.ts';
import { error } from './error.ts';
import { internal } from './internal.ts';
import { internalMachine } from './internal-machine.ts';
import { logic } from './logic.ts';
import { mapSet } from './map-set.ts';
import { predicate } from './predicate.ts';
import type { Primitive } from './primitive.ts';
import { sequence } from './sequence.ts';
import { sorting } from './sorting.ts';
import { string } from './string.ts';
import { time } from './time.ts';

export const corePrimitives: readonly Primitive[] = [
  ...arithmetic, ...comparison, ...logic, ...string, ...convert, ...time, ...predicate, ...error, ...collection, ...sequence, ...mapSet, ...sorting, ...destructure,
  ...internal, ...internalMachine,
];
