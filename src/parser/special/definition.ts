/**
 * `def`, `defn`, `defstruct` and their like, wherever they stand. At the top level the program has already taken out
 * what is a definition (see `program.ts`); what arrives here computes a value and stores it in a variable.
 */
import type { Node } from '../../ir/node.ts';
import { keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Form, ListForm, SymbolForm } from '../form.ts';
import { constant, describe, type Lowering, primitive } from '../lowering.ts';
import { GroupBuilder, inner, type Place } from '../scope.ts';
import { buildFunction, readFunction } from './function.ts';
import { annotationType, certainAnnotation, checked } from './pattern.ts';

const DEF_SHAPE = '(def name value)';
const DEFSTRUCT_SHAPE = '(defstruct Name :field Type …)';

export interface DefShape {
  readonly name: SymbolForm;
  readonly doc: string | null;
  readonly type: Form | null;
  readonly value: Form;
}

/** Reads `(def name value)`, `(def name : T value)`, `(def name "doc" value)`. */
export function readDef(lowering: Lowering, form: ListForm): DefShape | null {
  const [, name, ...rest] = form.items;
  if (name === undefined || name.kind !== 'symbol') {
    lowering.malformed(form, name === undefined ? 'the name is missing' : `${describe(name)} is not a name`, DEF_SHAPE);
    return null;
  }
  let items: readonly Form[] = rest;
  let doc: string | null = null;
  const first = items[0];
  if (items.length > 1 && first?.kind === 'atom' && typeof first.value === 'string') {
    doc = first.value;
    items = items.slice(1);
  }
  const annotation = certainAnnotation(name, items, 0);
  let type: Form | null = null;
  if (annotation !== null) {
    type = annotation.type;
    items = items.slice(annotation.used);
  } else if (items.length === 2 && items[0]!.kind !== 'atom') {
    type = items[0]!;
    items = items.slice(1);
  }
  const value = items[0];
  if (value !== undefined && items.length === 1) return { name, doc, type, value };
  lowering.malformed(form, value === undefined ? `\`${name.name}\` has no value` : 'more than one value', DEF_SHAPE);
  return null;
}

export function lowerDef(lowering: Lowering, form: ListForm, place: Place): Node {
  const shape = readDef(lowering, form);
  if (shape === null) return constant(null, form.span);
  const value = lowering.lower(shape.value, inner(place));
  return store(lowering, shape.name, checked(lowering, value, shape.type, `def ${shape.name.name}`), form);
}

function store(lowering: Lowering, name: SymbolForm, value: Node, form: ListForm): Node {
  const variable = lowering.program.variable(lowering.namespace, name);
  return { kind: 'set-var', name: variable, value, span: form.span };
}

export function lowerDefn(lowering: Lowering, form: ListForm, place: Place): Node {
  const shape = readFunction(lowering, form, 1, true);
  if (shape === null) return constant(null, form.span);
  const group = new GroupBuilder(place.unit);
  const unit = buildFunction(lowering, shape, group, inner(place), null);
  const fn: Node = { kind: 'fn', group: { units: [unit], captures: group.captures }, member: 0, span: form.span };
  return store(lowering, shape.name!, fn, form);
}

export function lowerDefmacro(lowering: Lowering, form: ListForm, _place: Place): Node {
  return lowering.fail('E0217', '`defmacro` must stand at the top level', form.span, ['move it before the form that uses it']);
}

export function lowerDeclare(_lowering: Lowering, form: ListForm, _place: Place): Node {
  return constant(null, form.span);
}

/** A constructor as an expression: `(fn [fields] (%struct type fields))`. */
export function lowerDefstruct(lowering: Lowering, form: ListForm, place: Place): Node {
  const struct = readStruct(lowering, form);
  if (struct === null) return constant(null, form.span);
  return store(lowering, struct.name, structFunction(struct, place), form);
}

export interface StructShape {
  readonly name: SymbolForm;
  readonly type: Value;
}

export function structFunction(struct: StructShape, _place: Place): Node {
  const { span } = struct.name;
  const body = primitive('%struct', [constant(struct.type, span), { kind: 'local', slot: 0, span }], span);
  const arm = { required: 1, variadic: false, slots: 1, body, span };
  return { kind: 'fn', group: { units: [{ name: struct.name.name, arms: [arm], span }], captures: [] }, member: 0, span };
}

/** Reads the fields and registers the name as a type, itself included. */
export function readStruct(lowering: Lowering, form: ListForm): StructShape | null {
  const [, name, ...rest] = form.items;
  const fields = rest[0]?.kind === 'atom' && typeof rest[0].value === 'string' ? rest.slice(1) : rest;
  if (name === undefined || name.kind !== 'symbol') {
    lowering.malformed(form, name === undefined ? 'the name is missing' : `${describe(name)} is not a name`, DEFSTRUCT_SHAPE);
    return null;
  }
  const known = lowering.namespace.structs.get(name.name);
  lowering.namespace.structs.set(name.name, Vector.of(keyword('struct-ref'), name.name));
  const parts: Value[] = [keyword('struct'), name.name];
  for (let i = 0; i < fields.length; ) {
    const field = fields[i]!;
    const colon = fields[i + 1]?.kind === 'keyword' && (fields[i + 1] as { name: string }).name === '';
    const type = fields[i + (colon ? 2 : 1)];
    if (field.kind !== 'keyword' || type === undefined) {
      lowering.malformed(form, field.kind !== 'keyword' ? `${describe(field)} is not a field name` : `the field :${field.name} has no type`, DEFSTRUCT_SHAPE);
      if (known !== undefined) lowering.namespace.structs.set(name.name, known);
      return null;
    }
    const parsed = annotationType(lowering, type);
    if (parsed !== null) parts.push(Vector.of(keyword(field.name), parsed));
    i += colon ? 3 : 2;
  }
  const value = Vector.adopt(parts);
  lowering.namespace.structs.set(name.name, value);
  return { name, type: value };
}

/** `(import …)` and `(module …)` below the top level. */
export function lowerTopLevelOnly(lowering: Lowering, form: ListForm, _place: Place): Node {
  const name = (form.items[0] as SymbolForm).name;
  return lowering.fail('E0223', `\`${name}\` must stand at the top level`, form.span);
}
