/** How lists are laid out, by the word at their head: the customs of Clojure, and ours for steps and modules. */

/**
 * `'body'`: every line after the first is indented by two.
 * A number n: n arguments, then a body that is indented by two when it begins on a line of its own; otherwise all is
 * aligned under the first argument.
 */
export type HeadRule = 'body' | number;

const BODY = ['def', 'defn', 'defn-', 'defonce', 'defmacro', 'defstruct', 'deftype', 'fn', 'λ', 'lambda', 'letfn'].concat(
  ['step', 'step-if', 'step-loop', 'step-parallel', 'step.if', 'step.loop', 'step.parallel'],
  ['module', 'plan', 'capability', 'resource', 'intent', 'action'],
);
const NO_ARGUMENTS = ['do', 'try', 'finally', 'cond', 'comment'];
const ONE_ARGUMENT = ['let', 'loop', 'if', 'if-not', 'if-let', 'if-some', 'when', 'when-not', 'when-let', 'when-some'].concat(
  ['for', 'doseq', 'dotimes', 'while', 'case', 'match', 'cond->', 'cond->>', 'doto'],
);
const TWO_ARGUMENTS = ['catch', 'condp', 'as->'];

const HEAD_RULES: ReadonlyMap<string, HeadRule> = new Map<string, HeadRule>([
  ...BODY.map((head) => [head, 'body'] as const),
  ...NO_ARGUMENTS.map((head) => [head, 0] as const),
  ...ONE_ARGUMENT.map((head) => [head, 1] as const),
  ...TWO_ARGUMENTS.map((head) => [head, 2] as const),
]);

/** Words that begin with `def` and define nothing. */
const NO_DEFINITION = /^def(?:ault|er|late)/;

/** Null for a head without customs: its arguments are aligned. Other `def…` and `with-…` forms are taken for what they say. */
export function ruleOf(head: string): HeadRule | null {
  const rule = HEAD_RULES.get(head);
  if (rule !== undefined) return rule;
  const looksLikeBody = (head.startsWith('def') && !NO_DEFINITION.test(head)) || head.startsWith('with-');
  return looksLikeBody ? 'body' : null;
}

/** Heads whose first argument is a vector of pairs. */
export const BINDING_HEADS: ReadonlySet<string> = new Set(
  ['let', 'loop', 'if-let', 'if-some', 'when-let', 'when-some', 'for', 'doseq', 'dotimes'],
);

/**
 * Where the lines begin when a list that was on one line does not fit: before the arguments `from`, `from + step`, ….
 * `'parameters'`: after the parameter vector. `'options'`: before each argument from the second on that is neither an
 * option nor its value. Steps have a layout of their own (format-steps.ts).
 */
export type Breaking = { readonly from: number; readonly step: 1 | 2 } | 'parameters' | 'options';

const SPECIAL_BREAKING: ReadonlyMap<string, Breaking> = new Map<string, Breaking>([
  ...['defn', 'defn-', 'defmacro', 'fn', 'λ', 'lambda'].map((head) => [head, 'parameters'] as const),
  ...['module', 'plan', 'capability', 'resource', 'intent', 'action'].map((head) => [head, 'options'] as const),
  ['defstruct', { from: 2, step: 2 }],
  ['cond', { from: 1, step: 2 }],
  ['case', { from: 2, step: 2 }],
  ['cond->', { from: 2, step: 2 }],
  ['cond->>', { from: 2, step: 2 }],
  ['condp', { from: 3, step: 2 }],
]);

export function breakingOf(head: string | null): Breaking {
  if (head === null) return { from: 1, step: 1 };
  const special = SPECIAL_BREAKING.get(head);
  if (special !== undefined) return special;
  const rule = ruleOf(head);
  if (rule === 'body' && !HEAD_RULES.has(head) && head.startsWith('def')) return 'parameters';
  return { from: typeof rule === 'number' ? rule + 1 : 2, step: 1 };
}
