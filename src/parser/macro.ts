/**
 * Macro expansion: forms in, forms out, by running the macro's function on the evaluator that the program builder was
 * given. Counted limits stop expansions that never end or grow without bound.
 */
import type { Span } from '../diagnostic/span.ts';
import type { Node } from '../ir/node.ts';
import { kindOf, type Value } from '../value/value.ts';
import { formToValue, type Origins, valueToForm } from './datum.ts';
import type { Form, ListForm } from './form.ts';
import { constant, type Lowering } from './lowering.ts';
import type { MacroGlobal } from './namespace.ts';
import { findLocal, type Place } from './scope.ts';
import { ALWAYS_SPECIAL } from './special/table.ts';

/** Counted over one compilation. */
export interface MacroBudget {
  /** Expansions still allowed. */
  expansions: number;
  /** Forms that expansions may still produce. */
  nodes: number;
}

export const MACRO_EXPANSIONS_MAX = 100_000;
export const MACRO_NODES_MAX = 5_000_000;

export function expandMacro(lowering: Lowering, macro: MacroGlobal, form: ListForm, place: Place): Node {
  const expanded = applyMacro(lowering, macro, form);
  return expanded === null ? constant(null, form.span) : lowering.lower(expandFully(lowering, expanded, place), place);
}

/** One expansion when the form is a macro call; else the form itself. */
export function expandOnce(lowering: Lowering, form: Form, place: Place): Form {
  const macro = macroOf(lowering, form, place);
  if (macro === null) return form;
  return applyMacro(lowering, macro, form as ListForm) ?? form;
}

/** Expands the head of the form until it is no macro call. */
export function expandFully(lowering: Lowering, form: Form, place: Place): Form {
  let current = form;
  for (;;) {
    const next = expandOnce(lowering, current, place);
    if (next === current) return current;
    current = next;
  }
}

function macroOf(lowering: Lowering, form: Form, place: Place): MacroGlobal | null {
  if (form.kind !== 'list') return null;
  const head = form.items[0];
  if (head?.kind !== 'symbol' || ALWAYS_SPECIAL.has(head.name) || findLocal(place.scope, head.name) !== null) return null;
  const global = lowering.findGlobal(head.name);
  return global !== null && global.kind === 'macro' ? global : null;
}

/** The expansion as a form, or null after a report at the call. */
export function applyMacro(lowering: Lowering, macro: MacroGlobal, form: ListForm): Form | null {
  const budget = lowering.macroBudget;
  budget.expansions -= 1;
  if (budget.expansions < 0) return limit(lowering, macro, form.span, `more than ${MACRO_EXPANSIONS_MAX} expansions`);
  const origins: Origins = new WeakMap();
  const args: Value[] = form.items.slice(1).map((item) => formToValue(item, origins));
  const result = lowering.program.expand(macro.definition, args, form);
  if (!result.ok) {
    if (result.limit) return limit(lowering, macro, form.span, result.message);
    lowering.fail('E0208', `the macro \`${macro.name}\` failed: ${result.message}`, form.span, [], related(macro));
    return null;
  }
  const expanded = valueToForm(result.value, form.span, origins);
  if ('unreadable' in expanded) {
    lowering.fail('E0208', `the macro \`${macro.name}\` gave something that is not code: a ${kindOf(expanded.unreadable)}`, form.span, [], related(macro));
    return null;
  }
  const nodes = countNodes(expanded, budget.nodes);
  if (nodes === null) return limit(lowering, macro, form.span, `expansions of more than ${MACRO_NODES_MAX} forms`);
  budget.nodes -= nodes;
  return expanded;
}

/** How many forms the tree has (shared parts count each time they occur); null when more than `most`. */
function countNodes(form: Form, most: number): number | null {
  let count = 0;
  const open: Form[] = [form];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    count += 1;
    if (count > most) return null;
    if (at.kind === 'list' || at.kind === 'vector' || at.kind === 'map' || at.kind === 'set') for (const item of at.items) open.push(item);
  }
  return count;
}

function related(macro: MacroGlobal): { readonly related: readonly { readonly span: Span; readonly message: string }[] } {
  return { related: macro.span === null ? [] : [{ span: macro.span, message: 'the macro is defined here' }] };
}

function limit(lowering: Lowering, macro: MacroGlobal, span: Span, what: string): null {
  // Once is enough: what follows would only repeat it.
  if (!lowering.program.macroLimitReported) {
    lowering.program.macroLimitReported = true;
    lowering.fail('E0209', `expanding \`${macro.name}\` hit a limit: ${what}`, span, ['does the macro expand to itself for ever?'], related(macro));
  }
  lowering.macroBudget.expansions = 0;
  return null;
}
