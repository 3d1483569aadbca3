/** `for`, `doseq`, `dotimes`, `while`-like loops: written as loops over indexed elements, so that each may suspend. */
import type { Node } from '../../ir/node.ts';
import type { Form, ListForm, SymbolForm } from '../form.ts';
import { describe, type Lowering } from '../lowering.ts';
import type { Place } from '../scope.ts';
import { library, list, name, NIL, vector } from './control.ts';
import { checkPattern, type PatternBinding, readBindings } from './pattern.ts';

interface Generator {
  readonly binding: PatternBinding;
  readonly modifiers: readonly { readonly word: string; readonly form: Form }[];
}

const INTEGER = (value: number, span: Form['span']): Form => ({ kind: 'atom', value, span });

/** A vector of the body's values; later bindings vary fastest. */
export function lowerFor(lowering: Lowering, form: ListForm, place: Place): Node {
  const generators = readGenerators(lowering, form);
  if (generators === null) return lowering.lower(NIL(form.span), place);
  if (form.items.length !== 3) return lowering.malformed(form, 'it takes exactly one body', '(for [name collection …] body)');
  const { span } = form;
  const result = lowering.fresh('result', span);
  const innermost: Step = (so) => list(span, library('conj', span), so, form.items[2]!);
  const body = generators.length === 0 ? innermost(vector(span)) : loops(lowering, generators, 0, vector(span), result, innermost, form);
  return lowering.lower(body, place);
}

/** The body for its effects, in the same order; nil. */
export function lowerDoseq(lowering: Lowering, form: ListForm, place: Place): Node {
  const generators = readGenerators(lowering, form);
  if (generators === null) return lowering.lower(NIL(form.span), place);
  const { span } = form;
  const result = lowering.fresh('nothing', span);
  const innermost: Step = () => list(span, name('do', span), ...form.items.slice(2), NIL(span));
  const body = generators.length === 0 ? innermost(NIL(span)) : loops(lowering, generators, 0, NIL(span), result, innermost, form);
  return lowering.lower(body, place);
}

/** From the result so far to the form of the next result. */
type Step = (soFar: Form) => Form;

function loops(lowering: Lowering, generators: readonly Generator[], at: number, initial: Form, result: SymbolForm, innermost: Step, form: ListForm): Form {
  const { binding, modifiers } = generators[at]!;
  const { span } = form;
  const elements = lowering.fresh('elements', span);
  const index = lowering.fresh('index', span);
  const next = (value: Form): Form => list(span, name('recur', span), list(span, library('inc', span), index), value);
  const inside = at + 1 === generators.length ? innermost(result) : loops(lowering, generators, at + 1, result, lowering.fresh('result', span), innermost, form);
  const body = modifiers.reduceRight<Form>((rest, { word, form: value }) => {
    if (word === 'let') return list(span, name('let', span), value, rest);
    return list(span, name('if', span), value, rest, word === 'when' ? next(result) : result);
  }, next(inside));
  const element = list(span, library('nth', span), elements, index);
  const annotated = binding.type === null ? [binding.pattern, element] : [binding.pattern, { kind: 'keyword', name: '', span } as Form, binding.type, element];
  const turn = list(span, name('let', span), vector(span, ...annotated), body);
  const test = list(span, library('<', span), index, list(span, library('count', span), elements));
  return list(
    span, name('let', span), vector(span, elements, list(binding.value.span, library('%elements', span), binding.value)),
    list(span, name('loop', span), vector(span, index, INTEGER(0, span), result, initial), list(span, name('if', span), test, turn, result)),
  );
}

const WORDS: ReadonlySet<string> = new Set(['when', 'let', 'while']);

function readGenerators(lowering: Lowering, form: ListForm): Generator[] | null {
  const head = (form.items[0] as SymbolForm).name;
  const shape = `(${head} [name collection :when test :let [name value] :while test …] body)`;
  const bindings = form.items[1];
  if (bindings === undefined || bindings.kind !== 'vector') {
    lowering.malformed(form, `expected a vector of bindings, found ${bindings === undefined ? 'nothing' : describe(bindings)}`, shape);
    return null;
  }
  const generators: { binding: PatternBinding; modifiers: { word: string; form: Form }[] }[] = [];
  const { items } = bindings;
  for (let i = 0; i < items.length; ) {
    const item = items[i]!;
    if (item.kind === 'keyword' && WORDS.has(item.name) && generators.length > 0 && i + 1 < items.length) {
      generators[generators.length - 1]!.modifiers.push({ word: item.name, form: items[i + 1]! });
      i += 2;
      continue;
    }
    const pair = onePair(items, i);
    if (pair === null) {
      lowering.fail('E0204', `malformed \`${head}\`: ${describe(item)} ${item.kind === 'keyword' ? 'is not `:when`, `:let` or `:while`' : 'has no collection'}`, item.span, [`the form is \`${shape}\``]);
      return null;
    }
    if (!checkPattern(lowering, pair.binding.pattern, head)) return null;
    generators.push({ binding: pair.binding, modifiers: [] });
    i += pair.used;
  }
  return generators;
}

/** The pattern (perhaps annotated) and collection at `index`. */
function onePair(items: readonly Form[], index: number): { readonly binding: PatternBinding; readonly used: number } | null {
  for (const used of [2, 3, 4]) {
    if (index + used > items.length) return null;
    const bindings = readBindings(items.slice(index, index + used));
    if (bindings !== null && bindings.length === 1) return { binding: bindings[0]!, used };
  }
  return null;
}

/** `(dotimes [i n] body…)`: i from 0 to n-1; the last body's value, nil when there was no turn. */
export function lowerDotimes(lowering: Lowering, form: ListForm, place: Place): Node {
  const shape = '(dotimes [name count] body…)';
  const bindings = form.items[1];
  if (bindings === undefined || bindings.kind !== 'vector' || bindings.items.length !== 2 || bindings.items[0]!.kind !== 'symbol') {
    return lowering.malformed(form, 'expected a vector of a name and a count', shape);
  }
  const { span } = form;
  const count = lowering.fresh('count', span);
  const index = lowering.fresh('index', span);
  const last = lowering.fresh('last', span);
  const turn = list(span, name('let', span), vector(span, bindings.items[0]!, index), ...form.items.slice(2));
  const body = list(
    span, name('let', span), vector(span, count, bindings.items[1]!),
    list(
      span, name('loop', span), vector(span, index, INTEGER(0, span), last, NIL(span)),
      list(span, name('if', span), list(span, library('<', span), index, count), list(span, name('recur', span), list(span, library('inc', span), index), turn), last),
    ),
  );
  return lowering.lower(body, place);
}

/** `(while test body…)`: without mutable names the test can only change through effects; nil. */
export function lowerWhile(lowering: Lowering, form: ListForm, place: Place): Node {
  const test = form.items[1];
  if (test === undefined) return lowering.malformed(form, 'the test is missing', '(while test body…)');
  const { span } = form;
  const again = list(span, name('do', span), ...form.items.slice(2), list(span, name('recur', span)));
  return lowering.lower(list(span, name('loop', span), vector(span), list(span, library('when', span), test, again)), place);
}
