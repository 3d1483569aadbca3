/**
 * `def`, `defn`, `defstruct` and their like, wherever they stand. At the top level the program has already taken out
 * what is a definition (see `program.ts`); what arrives here computes a value and stores it in a variable.
 */
import type { Node, Unit } from '../../ir/node.ts';
import type { Value } from '../../value/value.ts';
import type { Form, ListForm, SymbolForm } from '../form.ts';
import { constant, describe, type Lowering, primitive } from '../lowering.ts';
import { GroupBuilder, inner, type Place, type UnitBuilder } from '../scope.ts';
import { parseStruct, type StructDeclaration } from '../struct-form.ts';
import { buildFunction, labelOf, readFunction } from './function.ts';
import { certainAnnotation, checked } from './pattern.ts';

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
  const unit = buildFunction(lowering, shape, labelOf(shape, place), group, inner(place), null);
  const fn: Node = { kind: 'fn', group: { units: [unit], captures: group.captures }, member: 0, span: form.span };
  return store(lowering, shape.name!, fn, form);
}

export function lowerDefmacro(lowering: Lowering, form: ListForm, _place: Place): Node {
  return lowering.fail('E0217', '`defmacro` must stand at the top level', form.span, ['move it before the form that uses it']);
}

export function lowerDeclare(_lowering: Lowering, form: ListForm, _place: Place): Node {
  return constant(null, form.span);
}

/** A struct below the top level: its type is known from here on. */
export function lowerDefstruct(lowering: Lowering, form: ListForm, place: Place): Node {
  const declaration = readStruct(lowering, form);
  if (declaration === null) return constant(null, form.span);
  const type = parseStruct(declaration, lowering.program.typeEnv(lowering.namespace));
  if (!type.ok) lowering.diagnostics.push(type.error);
  else lowering.namespace.structs.set(declaration.name, type.value);
  const name = form.items[1] as SymbolForm;
  return store(lowering, name, structFunction(name, type.ok ? type.value : null, place.unit), form);
}

/** The constructor: `(fn [fields] (%struct type fields))`. */
function structFunction(name: SymbolForm, type: Value, creator: UnitBuilder): Node {
  return { kind: 'fn', group: { units: [structUnit(name, type)], captures: new GroupBuilder(creator).captures }, member: 0, span: name.span };
}

export function structUnit(name: SymbolForm, type: Value): Unit {
  const { span } = name;
  const body = primitive('%struct', [constant(type, span), { kind: 'local', slot: 0, span }], span);
  return { name: name.name, arms: [{ required: 1, variadic: false, slots: 1, body, span }], span };
}

/** The name and the fields of a `defstruct`, a docstring left out; null after a report. */
export function readStruct(lowering: Lowering, form: ListForm): StructDeclaration | null {
  const [, name, ...rest] = form.items;
  if (name === undefined || name.kind !== 'symbol') {
    lowering.malformed(form, name === undefined ? 'the name is missing' : `${describe(name)} is not a name`, DEFSTRUCT_SHAPE);
    return null;
  }
  const fields = rest[0]?.kind === 'atom' && typeof rest[0].value === 'string' ? rest.slice(1) : rest;
  const bad = fields.find((field, index) => index % 2 === 0 && field.kind !== 'keyword');
  if (bad !== undefined && !fields.some((field) => field.kind === 'keyword' && field.name === '')) {
    lowering.malformed(form, `${describe(bad)} is not a field name`, DEFSTRUCT_SHAPE);
    return null;
  }
  if (fields.length % 2 !== 0 && bad === undefined) {
    lowering.malformed(form, 'a field has no type', DEFSTRUCT_SHAPE);
    return null;
  }
  return { name: name.name, fields, span: form.span };
}

/** `(import …)` and `(module …)` below the top level. */
export function lowerTopLevelOnly(lowering: Lowering, form: ListForm, _place: Place): Node {
  const name = (form.items[0] as SymbolForm).name;
  return lowering.fail('E0223', `\`${name}\` must stand at the top level`, form.span);
}
