/**
 * The primitives that a kernel cannot do without: those that instructions fall back to, and those that the forms of the
 * language come to when they are compiled (literals, destructuring, matching, catching, quasiquotes), with
 * the rest of arithmetic and comparison. Checked types are not among them: they
 * are large (`check.ts`). The rest is the standard library's (`standard.ts`).
 */
import { arithmetic } from './arithmetic.ts';
import { element } from './collection.ts';
import { comparison } from './comparison.ts';
import { destructure } from './destructure.ts';
import { internal } from './internal.ts';
import { internalMachine } from './internal-machine.ts';
import { literals } from './literals.ts';
import { logic } from './logic.ts';
import type { Primitive } from './primitive.ts';

export const languagePrimitives: readonly Primitive[] = [
  ...arithmetic, ...comparison, ...logic, ...element, ...literals, ...destructure, ...internal, ...internalMachine,
];
