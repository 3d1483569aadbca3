/** `quote`, quasiquotation, `macroexpand`. */
import { List } from '../../value/list.ts';
import { symbol, type Value } from '../../value/value.ts';
import type { Node } from '../../ir/node.ts';
import { formToValue } from '../datum.ts';
import type { Form, ListForm } from '../form.ts';
import { constant, type Lowering, NESTING_MAX, primitive } from '../lowering.ts';
import { expandOnce, expandFully } from '../macro.ts';
import { inner, type Place } from '../scope.ts';

export function lowerQuote(lowering: Lowering, form: ListForm, _place: Place): Node {
  if (form.items.length !== 2) return lowering.malformed(form, 'it takes exactly one form', '(quote form)');
  return constant(formToValue(form.items[1]!), form.span);
}

export function lowerUnquoteOutside(lowering: Lowering, form: ListForm, _place: Place): Node {
  return lowering.fail('E0207', '`~` outside of a quasiquoted form', form.span, ['`~` and `~@` only mean something inside `` `(…) ``']);
}

export function lowerQuasiquote(lowering: Lowering, form: ListForm, place: Place): Node {
  if (form.items.length !== 2) return lowering.malformed(form, 'it takes exactly one form', '`form');
  return new Quasiquote(lowering, inner(place)).template(form.items[1]!, 1, 0);
}

/** One quasiquoted template: `x#` means the same fresh name everywhere in it. */
class Quasiquote {
  private readonly lowering: Lowering;
  private readonly place: Place;
  private readonly generated = new Map<string, Value>();

  constructor(lowering: Lowering, place: Place) {
    this.lowering = lowering;
    this.place = place;
  }

  template(form: Form, level: number, depth: number): Node {
    if (depth > NESTING_MAX) return this.lowering.fail('E0210', `this template is nested more than ${NESTING_MAX} deep`, form.span);
    switch (form.kind) {
      case 'symbol':
        return constant(this.symbol(form.name), form.span);
      case 'atom':
      case 'keyword':
        return constant(formToValue(form), form.span);
      case 'list':
        return this.list(form, level, depth);
      case 'vector':
        return this.collection('%list->vector', form.items, form, level, depth);
      case 'map':
        return this.collection('%list->map', form.items, form, level, depth);
      case 'set':
        return this.collection('%list->set', form.items, form, level, depth);
    }
  }

  private symbol(name: string): Value {
    if (!name.endsWith('#') || name === '#') return symbol(name);
    const known = this.generated.get(name);
    if (known !== undefined) return known;
    // As in Clojure: one fresh name for each template, made when the template is read.
    const fresh = symbol(`${name.slice(0, -1)}__${this.lowering.program.nextFresh()}__auto`);
    this.generated.set(name, fresh);
    return fresh;
  }

  private list(form: ListForm, level: number, depth: number): Node {
    const head = form.items[0];
    if (head?.kind === 'symbol' && form.items.length === 2) {
      if (head.name === 'unquote') return level === 1 ? this.lowering.lower(form.items[1]!, this.place) : this.collection('%as-list', form.items, form, level - 1, depth);
      if (head.name === 'quasiquote') return this.collection('%as-list', form.items, form, level + 1, depth);
      if (head.name === 'unquote-splicing' && level === 1) {
        return this.lowering.fail('E0207', '`~@` must stand inside a list, vector, map or set', form.span);
      }
    }
    return this.collection('%as-list', form.items, form, level, depth);
  }

  private collection(make: string, items: readonly Form[], form: Form, level: number, depth: number): Node {
    const parts: Node[] = [];
    let run: Node[] = [];
    let spliced = false;
    for (const item of items) {
      const splice = splicedForm(item, level);
      if (splice === null) {
        run.push(this.template(item, level, depth + 1));
        continue;
      }
      spliced = true;
      if (run.length > 0) parts.push(primitive('list', run, form.span));
      run = [];
      parts.push(this.lowering.lower(splice, this.place));
    }
    if (run.length > 0 || parts.length === 0) parts.push(primitive('list', run, form.span));
    const list = spliced ? primitive('%concat-list', parts, form.span) : parts[0]!;
    if (make === '%as-list') return allConstant(list) ?? list;
    return primitive(make, [list], form.span);
  }
}

function splicedForm(form: Form, level: number): Form | null {
  if (level !== 1 || form.kind !== 'list' || form.items.length !== 2) return null;
  const head = form.items[0]!;
  return head.kind === 'symbol' && head.name === 'unquote-splicing' ? form.items[1]! : null;
}

/** `(list 1 2)` of constants is a constant list. */
function allConstant(node: Node): Node | null {
  if (node.kind !== 'primitive-call' || node.name !== 'list') return null;
  const values: Value[] = [];
  for (const arg of node.args) {
    if (arg.kind !== 'const') return null;
    values.push(arg.value);
  }
  return constant(List.adopt(values), node.span);
}

export function lowerMacroexpand(lowering: Lowering, form: ListForm, place: Place): Node {
  const name = form.items[0]!.kind === 'symbol' ? form.items[0]!.name : '';
  const quoted = form.items[1];
  if (form.items.length === 2 && (quoted!.kind === 'atom' || quoted!.kind === 'keyword')) return lowering.lower(quoted!, place);
  const isQuote = quoted?.kind === 'list' && quoted.items.length === 2 && quoted.items[0]?.kind === 'symbol' && (quoted.items[0].name === 'quote' || quoted.items[0].name === 'quasiquote');
  if (form.items.length !== 2 || !isQuote) return lowering.malformed(form, 'it takes one quoted form', `(${name} '(macro …))`);
  const target = (quoted as ListForm).items[1]!;
  const expanded = name === 'macroexpand-1' ? expandOnce(lowering, target, place) : expandFully(lowering, target, place);
  return constant(formToValue(expanded), form.span);
}
