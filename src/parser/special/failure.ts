/** `try`, `catch`, `finally`, `throw`. */
import type { CondClause, Node } from '../../ir/node.ts';
import { keyword, type Value } from '../../value/value.ts';
import type { Form, ListForm, SymbolForm } from '../form.ts';
import { constant, describe, type Lowering, primitive } from '../lowering.ts';
import { inner, naming, type Place, seeing } from '../scope.ts';

const SHAPE = '(try body… (catch kind? name body…) … (finally body…))';

interface CatchClause {
  /** Null catches everything; a keyword selects by `:type`; a string names a class of errors. */
  readonly kind: Value;
  readonly binding: SymbolForm;
  readonly body: readonly Form[];
  readonly form: ListForm;
}

export function lowerTry(lowering: Lowering, form: ListForm, place: Place): Node {
  const parts = readTry(lowering, form);
  if (parts === null) return constant(null, form.span);
  const within = inner(place);
  const { unit } = place;
  const mark = unit.mark();
  const errorSlot = unit.allocate();
  const pendingSlot = unit.allocate();
  const body = lowering.body(parts.body, within, form.span);
  const handler = parts.catches.length === 0 ? null : lowerCatches(lowering, parts.catches, errorSlot, within, form);
  const cleanup = parts.cleanup === null ? null : lowering.body(parts.cleanup, within, form.span);
  unit.release(mark);
  return { kind: 'try', body, errorSlot, handler, pendingSlot, cleanup, span: form.span };
}

interface TryParts {
  readonly body: readonly Form[];
  readonly catches: readonly CatchClause[];
  readonly cleanup: readonly Form[] | null;
}

function headOf(form: Form): string | null {
  return form.kind === 'list' && form.items[0]?.kind === 'symbol' ? form.items[0].name : null;
}

function readTry(lowering: Lowering, form: ListForm): TryParts | null {
  const body: Form[] = [];
  const catches: CatchClause[] = [];
  let cleanup: readonly Form[] | null = null;
  for (const item of form.items.slice(1)) {
    const head = headOf(item);
    if (cleanup !== null) return malformed(lowering, item, 'nothing may follow `finally`');
    if (head === 'catch') {
      const clause = readCatch(lowering, item as ListForm);
      if (clause === null) return null;
      catches.push(clause);
    } else if (head === 'finally') {
      cleanup = (item as ListForm).items.slice(1);
      if (cleanup.length === 0) return malformed(lowering, item, '`finally` has no body');
    } else if (catches.length > 0) return malformed(lowering, item, 'only `catch` and `finally` may follow a `catch`');
    else body.push(item);
  }
  if (catches.length === 0 && cleanup === null) return malformed(lowering, form, 'a `try` needs a `catch` or a `finally`');
  return { body, catches, cleanup };
}

function malformed(lowering: Lowering, at: Form, problem: string): null {
  lowering.fail('E0220', `malformed \`try\`: ${problem}`, at.span, [`the form is \`${SHAPE}\``]);
  return null;
}

/** A class of errors is written with a capital (`Exception`, `DivisionByZero`) or is `_`. */
function isClassName(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return name === '_' || (last.charCodeAt(0) >= 65 && last.charCodeAt(0) <= 90);
}

function readCatch(lowering: Lowering, form: ListForm): CatchClause | null {
  const [, first, second, ...rest] = form.items;
  if (first === undefined) return malformed(lowering, form, 'a `catch` needs a name for the error');
  if (first.kind === 'keyword') {
    if (second === undefined || second.kind !== 'symbol') return malformed(lowering, form, 'after the kind a `catch` needs a name for the error');
    return { kind: keyword(first.name), binding: second, body: rest, form };
  }
  if (first.kind !== 'symbol') return malformed(lowering, form, `${describe(first)} is neither a kind of error nor a name`);
  if (isClassName(first.name) && second?.kind === 'symbol') return { kind: className(first.name), binding: second, body: rest, form };
  return { kind: null, binding: first, body: form.items.slice(2), form };
}

function className(name: string): Value {
  return name === '_' || name === 'Exception' || name === 'Throwable' || name === 'Error' ? null : name;
}

function lowerCatches(lowering: Lowering, catches: readonly CatchClause[], errorSlot: number, place: Place, form: ListForm): Node {
  const error: Node = { kind: 'local', slot: errorSlot, span: form.span };
  const clauses: CondClause[] = [];
  for (const clause of catches) {
    const body = lowerCatch(lowering, clause, errorSlot, place);
    if (clause.kind === null) return clauses.length === 0 ? body : { kind: 'cond', clauses, otherwise: body, span: form.span };
    clauses.push({ test: primitive('%catches?', [error, constant(clause.kind, clause.form.span)], clause.form.span), body });
  }
  return { kind: 'cond', clauses, otherwise: { kind: 'throw', value: error, span: null }, span: form.span };
}

function lowerCatch(lowering: Lowering, clause: CatchClause, errorSlot: number, place: Place): Node {
  if (clause.binding.name === '_') return lowering.body(clause.body, place, clause.form.span);
  const scope = naming(clause.binding.name, place.unit, errorSlot, place.scope);
  return lowering.body(clause.body, seeing(place, scope), clause.form.span);
}

export function lowerThrow(lowering: Lowering, form: ListForm, place: Place): Node {
  if (form.items.length !== 2) return lowering.malformed(form, 'it takes exactly one value', '(throw value)');
  return { kind: 'throw', value: lowering.lower(form.items[1]!, inner(place)), span: form.span };
}

export function lowerMisplaced(lowering: Lowering, form: ListForm, _place: Place): Node {
  const name = (form.items[0] as SymbolForm).name;
  return lowering.fail('E0223', `\`${name}\` stands outside of \`try\``, form.span, [`the form is \`${SHAPE}\``]);
}
