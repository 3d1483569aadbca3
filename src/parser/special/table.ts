/** Which names head a special form. */
import { type Node, OPERATIONS } from '../../ir/node.ts';
import type { ListForm } from '../form.ts';
import type { Lowering } from '../lowering.ts';
import type { Place } from '../scope.ts';
import { lowerLet, lowerLetfn, lowerLoop, lowerRecur } from './binding.ts';
import {
  lowerAnd, lowerAssert, lowerCase, lowerComment, lowerCond, lowerCondp, lowerCondThreadFirst, lowerCondThreadLast, lowerDo, lowerDoto,
  lowerIf, lowerIfLet, lowerIfNot, lowerIfSome, lowerOr, lowerSomeThreadFirst, lowerSomeThreadLast, lowerThreadAs, lowerThreadFirst,
  lowerThreadLast, lowerWhen, lowerWhenLet, lowerWhenNot, lowerWhenSome,
} from './control.ts';
import { lowerDeclare, lowerDef, lowerDefmacro, lowerDefn, lowerDefstruct, lowerTopLevelOnly } from './definition.ts';
import {
  lowerApply, lowerCall, lowerContextGet, lowerContextRef, lowerContextSet, lowerGet, lowerObject, lowerPathRef, lowerResourceRef,
} from './effect.ts';
import { lowerMisplaced, lowerThrow, lowerTry } from './failure.ts';
import { lowerFn } from './function.ts';
import { lowerDoseq, lowerDotimes, lowerFor, lowerWhile } from './iteration.ts';
import { lowerMatch } from './match.ts';
import { lowerContextMerge, lowerFork, lowerOperation, lowerPass, lowerPmapStep, lowerStep, lowerStepIf, lowerStepLoop, lowerStepParallel } from './step.ts';
import { lowerMacroexpand, lowerQuasiquote, lowerQuote, lowerUnquoteOutside } from './quoting.ts';

export type SpecialForm = (lowering: Lowering, form: ListForm, place: Place) => Node;

/** These mean the same everywhere: no local name and no definition can take their place at the head of a list. */
export const ALWAYS_SPECIAL: ReadonlyMap<string, SpecialForm> = new Map<string, SpecialForm>([
  ['def', lowerDef],
  ['defn', lowerDefn],
  ['defmacro', lowerDefmacro],
  ['defstruct', lowerDefstruct],
  ['fn', lowerFn],
  ['λ', lowerFn],
  ['lambda', lowerFn],
  ['let', lowerLet],
  ['loop', lowerLoop],
  ['recur', lowerRecur],
  ['if', lowerIf],
  ['do', lowerDo],
  ['quote', lowerQuote],
  ['quasiquote', lowerQuasiquote],
  ['unquote', lowerUnquoteOutside],
  ['unquote-splicing', lowerUnquoteOutside],
  ['try', lowerTry],
  ['catch', lowerMisplaced],
  ['finally', lowerMisplaced],
  ['throw', lowerThrow],
  ['call', lowerCall],
  ['resource:ref', lowerResourceRef],
  ['context-ref', lowerContextRef],
  ['ctx-ref', lowerPathRef],
  ['%apply', lowerApply],
]);

/** These can be shadowed, like Clojure's macros. */
export const SPECIAL_FORMS: ReadonlyMap<string, SpecialForm> = new Map<string, SpecialForm>([
  ['defn-', lowerDefn],
  ['defonce', lowerDef],
  ['declare', lowerDeclare],
  ['letfn', lowerLetfn],
  ['when', lowerWhen],
  ['when-not', lowerWhenNot],
  ['if-not', lowerIfNot],
  ['if-let', lowerIfLet],
  ['when-let', lowerWhenLet],
  ['if-some', lowerIfSome],
  ['when-some', lowerWhenSome],
  ['cond', lowerCond],
  ['condp', lowerCondp],
  ['case', lowerCase],
  ['and', lowerAnd],
  ['or', lowerOr],
  ['->', lowerThreadFirst],
  ['->>', lowerThreadLast],
  ['some->', lowerSomeThreadFirst],
  ['some->>', lowerSomeThreadLast],
  ['cond->', lowerCondThreadFirst],
  ['cond->>', lowerCondThreadLast],
  ['as->', lowerThreadAs],
  ['doto', lowerDoto],
  ['comment', lowerComment],
  ['assert', lowerAssert],
  ['match', lowerMatch],
  ['for', lowerFor],
  ['doseq', lowerDoseq],
  ['dotimes', lowerDotimes],
  ['while', lowerWhile],
  ['macroexpand', lowerMacroexpand],
  ['macroexpand-1', lowerMacroexpand],
  ['get', lowerGet],
  ['context/get', lowerContextGet],
  ['context/set', lowerContextSet],
  ['context/merge!', lowerContextMerge],
  ['step', lowerStep],
  ['step-if', lowerStepIf],
  ['step.if', lowerStepIf],
  ['step-loop', lowerStepLoop],
  ['step.loop', lowerStepLoop],
  ['step-parallel', lowerStepParallel],
  ['step.parallel', lowerStepParallel],
  ['module', lowerTopLevelOnly],
  ['import', lowerTopLevelOnly],
  ['plan', lowerObject],
  ['capability', lowerObject],
  ['resource', lowerObject],
  ['intent', lowerObject],
  ['action', lowerObject],
]);

/** For the library, and for what other forms are lowered to. */
export const INTERNAL_FORMS: ReadonlyMap<string, SpecialForm> = new Map<string, SpecialForm>([
  ['%fork', lowerFork],
  ['%pass', lowerPass],
  ['%pmap-step', lowerPmapStep],
  ...OPERATIONS.map((name) => [name, lowerOperation] as const),
]);
