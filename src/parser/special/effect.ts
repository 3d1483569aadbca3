/** The forms that look outside: `call`, contexts, references to the host's context, `%apply`. */
import type { Node } from '../../ir/node.ts';
import { keyword } from '../../value/value.ts';
import type { Form, ListForm, SymbolForm } from '../form.ts';
import { optionsForm } from '../hint.ts';
import { constant, describe, type Lowering, primitive } from '../lowering.ts';
import { inner, type Place } from '../scope.ts';

const CALL_SHAPE = '(call :capability argument…)';

export function lowerCall(lowering: Lowering, form: ListForm, place: Place): Node {
  const id = form.items[1];
  if (lowering.program.macroDepth > 0) {
    return lowering.fail('E0218', 'a macro cannot use `call`', form.span, ['macros run before the plan; let the macro produce the `call` form instead']);
  }
  if (id === undefined) return lowering.malformed(form, 'the capability is missing', CALL_SHAPE);
  if (id.kind !== 'keyword' && id.kind !== 'symbol' && id.kind !== 'list' && !(id.kind === 'atom' && typeof id.value === 'string')) {
    return lowering.malformed(form, `${describe(id)} cannot name a capability`, CALL_SHAPE);
  }
  const capability = id.kind === 'keyword' ? constant(id.name, id.span) : lowering.lower(id, inner(place));
  const nodes = lowering.values(form.items, place, form.span, 2);
  const known = optionsForm(form.meta, lowering.hints, form);
  const options = known === null ? null : lowering.lower(known, inner(place));
  return { kind: 'host-call', capability, args: nodes, options, span: form.span };
}

/** `(get key)` reads the context; with more arguments `get` is the library's function. */
export function lowerGet(lowering: Lowering, form: ListForm, place: Place): Node {
  if (form.items.length === 2) {
    const key = form.items[1]!;
    const node = key.kind === 'symbol' ? constant(keyword(key.name), key.span) : lowering.lower(key, inner(place));
    return { kind: 'context-get', key: node, otherwise: null, span: form.span };
  }
  const args = lowering.values(form.items, place, form.span, 1);
  return lowering.callNode({ kind: 'primitive', name: 'get', span: form.items[0]!.span }, args, place, form.span);
}

export function lowerContextGet(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, key, otherwise] = form.items;
  if (key === undefined || form.items.length > 3) return lowering.malformed(form, 'it takes a key and perhaps a default', '(context/get key default?)');
  const here = inner(place);
  return { kind: 'context-get', key: lowering.lower(key, here), otherwise: otherwise === undefined ? null : lowering.lower(otherwise, here), span: form.span };
}

export function lowerContextSet(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, key, value] = form.items;
  if (key === undefined || value === undefined || form.items.length > 3) return lowering.malformed(form, 'it takes a key and a value', '(context/set key value)');
  const here = inner(place);
  return { kind: 'context-set', key: lowering.lower(key, here), value: lowering.lower(value, here), span: form.span };
}

/** `(resource:ref "x")`: the context's `x`, or the text "@x". */
export function lowerResourceRef(lowering: Lowering, form: ListForm, _place: Place): Node {
  const name = form.items[1];
  if (form.items.length !== 2 || name?.kind !== 'atom' || typeof name.value !== 'string') return lowering.malformed(form, 'it takes one string', '(resource:ref "name")');
  return { kind: 'context-get', key: constant(keyword(name.value), name.span), otherwise: constant(`@${name.value}`, name.span), span: form.span };
}

/** `@x`: the context's `x`; absent is an error. */
export function lowerContextRef(lowering: Lowering, form: ListForm, _place: Place): Node {
  const name = form.items[1] as { value: string } | undefined;
  const text = String(name?.value ?? '');
  const missing = primitive('%missing-reference', [constant(`@${text}`, form.span)], form.span);
  return { kind: 'context-get', key: constant(keyword(text), form.span), otherwise: missing, span: form.span };
}

/** `<a/b>`: the context's `:a/b`, or `:b` inside its `:a`; absent is an error. */
export function lowerPathRef(lowering: Lowering, form: ListForm, _place: Place): Node {
  const name = form.items[1] as { value: string } | undefined;
  const path = String(name?.value ?? '');
  const { span } = form;
  const missing = primitive('%missing-reference', [constant(`<${path}>`, span)], span);
  const [first, ...rest] = path.split('/');
  const whole: Node = { kind: 'context-get', key: constant(keyword(first!), span), otherwise: null, span };
  const nested = rest.reduce<Node>((node, part) => primitive('%keyword-get', [node, constant(keyword(part), span)], span), whole);
  const found: Node = { kind: 'or', items: [nested, missing], span };
  return { kind: 'context-get', key: constant(keyword(path), span), otherwise: found, span };
}

/** `(%apply f args)`, for the library only. */
export function lowerApply(lowering: Lowering, form: ListForm, place: Place): Node {
  const [, fn, args] = form.items;
  if (fn === undefined || args === undefined || form.items.length !== 3) return lowering.malformed(form, 'it takes a function and a sequence', '(%apply f args)');
  const here = inner(place);
  return { kind: 'apply', fn: lowering.lower(fn, here), args: lowering.lower(args, here), tail: place.tail, span: form.span };
}

/** `(plan "name" :key value …)` and the other object forms: a map with string keys. */
export function lowerObject(lowering: Lowering, form: ListForm, place: Place): Node {
  const kind = (form.items[0] as SymbolForm).name;
  const [, name, ...rest] = form.items;
  const shape = `(${kind} "name" :key value …)`;
  if (name === undefined || !(name.kind === 'symbol' || (name.kind === 'atom' && typeof name.value === 'string'))) return lowering.malformed(form, 'the name is missing', shape);
  const { span } = form;
  const args: Node[] = [constant('type', span), constant(kind, span), constant('name', span), constant(name.kind === 'symbol' ? name.name : name.value, span)];
  const pairs = rest.flatMap((item) => (isProperty(item) ? item.items.slice(1) : [item]));
  if (pairs.length % 2 !== 0) return lowering.malformed(form, 'a key has no value', shape);
  for (let i = 0; i < pairs.length; i += 2) {
    const key = pairs[i]!;
    if (key.kind !== 'keyword') return lowering.malformed(form, `${describe(key)} is not a key`, shape);
    args.push(constant(key.name, key.span), lowering.lower(pairs[i + 1]!, inner(place)));
  }
  return primitive('hash-map', args, span);
}

function isProperty(form: Form): form is ListForm {
  return form.kind === 'list' && form.items.length === 3 && form.items[0]?.kind === 'symbol' && form.items[0].name === 'property';
}
